"""Joining modules of scripts into one text, for a page that may load no files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_IMPORT = re.compile(r"^import \{([^}]+)\} from \"(\.[^\"]+)\";$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_ANY = re.compile(r"^(import|export)\b.*", re.MULTILINE)


class UnjoinableModuleError(ValueError):
    """A module imports or exports in a way that can't be joined."""


def joined(entry: Path) -> str:
    """Return a module with all that it imports as one script.

    Each module becomes a function that gives back what it exports, so that names don't meet.
    What is understood are ``import { a, b as c } from "./file.js";`` on one line or several, and
    ``export`` before a function, a constant or a class.

    Parameters
    ----------
    entry
        The module's file.

    Raises
    ------
    UnjoinableModuleError
        When a module imports or exports in another way, or imports itself.
    """
    order: list[Path] = []
    _collect(entry.resolve(), order, ())
    names = {path: f"module{row}" for row, path in enumerate(order)}
    return "\n".join(f"const {names[path]} = {_wrapped(path, names)};" for path in order)


def _collect(path: Path, order: list[Path], above: tuple[Path, ...]) -> None:
    if path in above:
        raise UnjoinableModuleError(str(path.name))
    if path in order:
        return
    for _, other in _IMPORT.findall(path.read_text(encoding="utf-8")):
        _collect((path.parent / other).resolve(), order, (*above, path))
    order.append(path)


def _wrapped(path: Path, names: dict[Path, str]) -> str:
    text = path.read_text(encoding="utf-8")
    exported = [match[1] for match in _EXPORT.finditer(text)]

    def taken(match: re.Match[str]) -> str:
        wanted = re.sub(r"\s+as\s+", ": ", " ".join(match[1].split()))
        return f"const {{ {wanted} }} = {names[(path.parent / match[2]).resolve()]};"

    body = _EXPORT.sub("", _IMPORT.sub(taken, text))
    left = _ANY.search(body)
    if left is not None:
        text = f"{path.name}: {left[0]}"
        raise UnjoinableModuleError(text)
    return f"(() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})()"
