"""Looking at the shape of JSON while it comes in, before anything is made of it."""

from __future__ import annotations

import re
from http import HTTPStatus

from api.errors import RefusedRequestError
from geo.messages import msg

IN_TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
STRUCTURE = re.compile(rb"[\[\]{}]|N(?=a|\Z)|I(?=n|\Z)")
QUOTE, BACKSLASH = 0x22, 0x5C


class JsonShape:
    """A count of what lies outside texts: it becomes objects, which take much more room.

    ``NaN`` and ``Infinity``, which RFC 8259 doesn't know and many readers take, are refused by
    their first letters, which no other word outside a text has.

    Parameters
    ----------
    depth
        How deep lists and objects may be nested.
    bytes_outside
        How many bytes may lie outside of texts, their quotation marks included.

    Examples
    --------
    >>> shape = JsonShape(depth=1, bytes_outside=100)
    >>> shape.feed(b'{"a": "[[[')
    >>> shape.feed(b'"}')
    """

    def __init__(self, depth: int, bytes_outside: int) -> None:
        self._most = depth
        self._left = bytes_outside
        self._depth = 0
        self._in_text = False
        self._escaped = False

    def feed(self, chunk: bytes) -> None:
        """Look at the next piece.

        Raises
        ------
        RefusedRequestError
            When it is too deep, too much, or no JSON.
        """
        place = 0
        while place < len(chunk):
            place = self._text(chunk, place) if self._in_text else self._outside(chunk, place)

    def _text(self, chunk: bytes, place: int) -> int:
        if self._escaped:
            self._escaped = False
            return place + 1
        found = IN_TEXT.match(chunk, place)
        end = found.end() if found else place
        if end < len(chunk):
            self._in_text = chunk[end] != QUOTE
            self._escaped = chunk[end] == BACKSLASH
        return end + 1

    def _outside(self, chunk: bytes, place: int) -> int:
        quote = chunk.find(b'"', place)
        end = len(chunk) if quote < 0 else quote
        self._in_text = quote >= 0
        self._left -= end - place + 2
        if self._left < 0:
            raise RefusedRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        for found in STRUCTURE.findall(chunk, place, end):
            self._note(found)
        return end + 1

    def _note(self, found: bytes) -> None:
        if found in b"NI":
            raise RefusedRequestError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                msg("NaN and infinite numbers are not valid JSON."),
                field="body",
            )
        self._depth += 1 if found in b"[{" else -1
        if self._depth > self._most:
            raise RefusedRequestError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                msg("Lists and objects are nested deeper than %(most)s.", most=self._most),
                field="body",
            )
