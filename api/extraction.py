"""Finding every text for people in our Python sources, for Babel's extraction."""

from __future__ import annotations

import ast
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

Found = tuple[int, str | None, str, list[str]]


def extract_python(
    source: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Mapping[str, Any],
) -> Iterator[Found]:
    """Yield the texts of one Python file: ``msg("…")`` and ``template = "…"`` of error classes.

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
    >>> list(extract_python(io.BytesIO(b""), {}, (), {}))
    []
    """
    del comment_tags, options
    for node in ast.walk(ast.parse(source.read())):
        text = _called_text(node, keywords) or _template_text(node)
        if text:
            yield node.lineno, None, text, []  # type: ignore[attr-defined]


def _called_text(node: ast.AST, keywords: Collection[str]) -> str | None:
    if not isinstance(node, ast.Call) or not node.args:
        return None
    name = getattr(node.func, "id", getattr(node.func, "attr", None))
    return _constant(node.args[0]) if name in keywords else None


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
