"""Finding every text for people in our Python sources, for Babel's extraction."""

from __future__ import annotations

import ast
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

Found = tuple[int, str | None, str | tuple[str, ...], list[str]]
PLURAL = "ngettext"


def extract_python(
    source: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Mapping[str, Any],
) -> Iterator[Found]:
    """Yield the texts of one Python file: ``msg("…")`` and ``template = "…"`` of error classes.

    Of ``ngettext("…", "…", count)`` it yields both, as a text that depends on a number.

    The signature is that of Babel's extraction methods.

    Parameters
    ----------
    source
        The file, opened in binary.
    keywords
        Names of the functions whose first argument is a text.
    comment_tags, options
        Not used here.

    Examples
    --------
    >>> import io
    >>> list(extract_python(io.BytesIO(b'msg("Ready.")'), {"msg": None}, (), {}))
    [(1, None, 'Ready.', [])]
    >>> list(extract_python(io.BytesIO(b'ngettext("a day", "days", 2)'), {}, (), {}))
    [(1, 'ngettext', ('a day', 'days'), [])]
    >>> list(extract_python(io.BytesIO(b""), {}, (), {}))
    []
    """
    del comment_tags, options
    for node in ast.walk(ast.parse(source.read())):
        if plural := _plural_texts(node):
            yield node.lineno, PLURAL, plural, []  # type: ignore[attr-defined]
            continue
        text = _called_text(node, keywords) or _template_text(node)
        if text:
            yield node.lineno, None, text, []  # type: ignore[attr-defined]


def _called_text(node: ast.AST, keywords: Collection[str]) -> str | None:
    if not isinstance(node, ast.Call) or not node.args:
        return None
    return _constant(node.args[0]) if _name_of(node) in keywords else None


def _plural_texts(node: ast.AST) -> tuple[str, ...] | None:
    if not isinstance(node, ast.Call) or _name_of(node) != PLURAL:
        return None
    texts = tuple(text for one in node.args[:2] if (text := _constant(one)))
    return texts if len(texts) == len(("one", "many")) else None


def _name_of(call: ast.Call) -> str | None:
    return getattr(call.func, "id", getattr(call.func, "attr", None))


def _template_text(node: ast.AST) -> str | None:
    match node:
        case ast.Assign(targets=[ast.Name(id="template")], value=value):
            return _constant(value)
        case ast.AnnAssign(target=ast.Name(id="template"), value=ast.expr() as value):
            return _constant(value)
        case _:
            return None


def _constant(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case _:
            return None
