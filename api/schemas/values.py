"""Kinds of values that requests are made of."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

MOST_TEXT = 5000
MOST_NAME = 200
BLANK_OFFSET = re.compile(r"(T[0-9:.,]+) ([0-9:]+)$")
NO_TIME = "datetime_parsing"


def without_nul(text: str) -> str:
    """Return a text, unless it holds the one character that PostgreSQL can't store.

    Examples
    --------
    >>> without_nul("")
    ''
    """
    if "\0" in text:
        kind = "string_pattern_mismatch"
        raise PydanticCustomError(kind, "NUL")
    return text


def iso_text(given: Any) -> Any:
    """Return a time as text, its ``+`` mended where an address has turned it into a blank.

    Numbers, which pydantic would take for seconds since 1970, are refused.

    Examples
    --------
    >>> iso_text("2026-03-09T08:00:00 08:00")
    '2026-03-09T08:00:00+08:00'
    """
    if isinstance(given, datetime):
        return given
    if not isinstance(given, str) or "-" not in given.lstrip("-"):
        raise PydanticCustomError(NO_TIME, "ISO 8601")
    return BLANK_OFFSET.sub(r"\1+\2", given)


NoNul = AfterValidator(without_nul)
Text = Annotated[str, StringConstraints(max_length=MOST_TEXT), NoNul]
Name = Annotated[str, StringConstraints(max_length=MOST_NAME, strip_whitespace=True), NoNul]
Code = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_NAME, strip_whitespace=True), NoNul
]
Instant = Annotated[AwareDatetime, BeforeValidator(iso_text)]
