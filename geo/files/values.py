"""Readers of single values: each takes what a file holds and returns a value, or says why not.

A reader gets stripped text, or what JSON holds, and is never given an empty value.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[Any], Any]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
_SPAN = re.compile(r"([0-9]{1,4}) ?([hd])")
_BLANKS = " \t\r\n\u3000\xa0\ufeff"
_MIDNIGHT = 24
MAX_RADIUS_M = 100_000
MAX_AREA_M2 = 100_000
FIRST_YEAR, LAST_YEAR = 1900, 2199
_SPAN_UNITS = {"h": "work_hour", "d": "work_day"}
TRUE, FALSE = {"true", "1", "yes", "y", "是"}, {"false", "0", "no", "n", "否"}


def cleaned(value: Any) -> Any:
    """Return a value without blanks around it; lists as text with semicolons between.

    Examples
    --------
    >>> cleaned(" 会师路\u3000"), cleaned(["a", "b"]), cleaned(None)
    ('会师路', 'a;b', '')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, list):
        return ";".join(str(cleaned(one)) for one in value)
    return value.strip(_BLANKS) if isinstance(value, str) else value


def text(value: Any) -> str | Message:
    """Read text; numbers as they are written, for codes are text.

    Examples
    --------
    >>> text(360881001), text(2.5).english()
    ('360881001', '“2.5” should be text.')
    """
    if isinstance(value, str) and not _UNSTORABLE.search(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return msg("“%(found)s” should be text.", found=_UNSTORABLE.sub("�", str(value)))


def digits(count: int) -> Reader:
    """Make a reader of codes of so many digits.

    Examples
    --------
    >>> digits(9)("360881001"), digits(9)("3.6E+08").english()
    ('360881001', '“3.6E+08” should be 9 digits.')
    """
    pattern = re.compile(f"[0-9]{{{count}}}")

    def read(value: Any) -> str | Message:
        found = text(value)
        if isinstance(found, str) and pattern.fullmatch(found):
            return found
        return msg("“%(found)s” should be %(count)s digits.", found=value, count=count)

    return read


def one_of(*choices: str) -> Reader:
    """Make a reader of a choice.

    Examples
    --------
    >>> one_of("holiday", "workday")("Holiday").english()
    '“Holiday” is none of: holiday, workday.'
    """

    def read(value: Any) -> str | Message:
        found = text(value)
        if found in choices:
            return found
        listed = ", ".join(choices)
        return msg("“%(found)s” is none of: %(choices)s.", found=value, choices=listed)

    return read


def whole(low: int, high: int) -> Reader:
    """Make a reader of whole numbers between two bounds, both included.

    Examples
    --------
    >>> whole(0, 9)("7"), whole(0, 9)("7.5").english()
    (7, '“7.5” should be a whole number from 0 to 9.')
    """

    def read(value: Any) -> int | Message:
        found = _as_whole(value)
        if found is not None and low <= found <= high:
            return found
        return msg(
            "“%(found)s” should be a whole number from %(low)s to %(high)s.",
            found=value,
            low=low,
            high=high,
        )

    return read


def _as_whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else None


def number(value: Any) -> float | Message:
    """Read a finite number.

    Examples
    --------
    >>> number("114.2"), number("１１４").english(), number("nan").english()
    (114.2, '“１１４” should be a number.', '“nan” should be a number.')
    """
    wrong = msg("“%(found)s” should be a number.", found=value)
    if isinstance(value, bool) or (isinstance(value, str) and not value.isascii()):
        return wrong
    try:
        found = float(value)
    except (TypeError, ValueError):
        return wrong
    return found if math.isfinite(found) else wrong


def radius_m(value: Any) -> float | Message:
    """Read a radius of accuracy in metres.

    Examples
    --------
    >>> radius_m("12.5"), radius_m("-3").english()
    (12.5, '“-3” should be a radius from 0 to 100000 m.')
    """
    found = number(value)
    if isinstance(found, float) and 0 <= found <= MAX_RADIUS_M:
        return found
    return msg(
        "“%(found)s” should be a radius from 0 to %(high)s m.", found=value, high=MAX_RADIUS_M
    )


def area_m2(value: Any) -> float | Message:
    """Read a floor area in square metres.

    Examples
    --------
    >>> area_m2("12.5"), area_m2("0").english()
    (12.5, '“0” should be an area above 0 and up to 100000 m².')
    """
    found = number(value)
    if isinstance(found, float) and 0 < found <= MAX_AREA_M2:
        return found
    return msg(
        "“%(found)s” should be an area above 0 and up to %(high)s m².",
        found=value,
        high=MAX_AREA_M2,
    )


def truth(value: Any) -> bool | Message:
    """Read yes or no.

    Examples
    --------
    >>> truth(True), truth("否"), truth("maybe").english()
    (True, False, '“maybe” should be true or false.')
    """
    if isinstance(value, bool):
        return value
    lowered = str(value).lower()
    if lowered in TRUE | FALSE:
        return lowered in TRUE
    return msg("“%(found)s” should be true or false.", found=value)


def day(value: Any) -> date | Message:
    """Read a day as ``2026-10-01``; a spreadsheet's ``2026/10/1`` is understood too."""
    try:
        year, month, of_month = (int(one) for one in re.split(r"[-/]", str(value)))
        found = date(year, month, of_month) if _is_near(year) else None
    except ValueError:
        found = None
    return found or msg("“%(found)s” should be a day such as 2026-10-01.", found=value)


def _is_near(year: int) -> bool:
    """Tell whether a year is one that people who keep grids may mean."""
    return FIRST_YEAR <= year <= LAST_YEAR


def instant(value: Any) -> datetime | Message:
    """Read an instant in ISO 8601; without an offset it is the jurisdiction's local time.

    Examples
    --------
    >>> instant("2026-03-01T08:30:00+08:00").isoformat()
    '2026-03-01T08:30:00+08:00'
    >>> instant("yesterday").english()
    '“yesterday” should be a time such as 2026-10-01T08:30:00+08:00.'
    """
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        found = None
    if found and _is_near(found.year):
        return found
    return msg("“%(found)s” should be a time such as 2026-10-01T08:30:00+08:00.", found=value)


def clock(value: Any) -> time | Message:
    """Read a time of the day; ``24:00`` is midnight at its end, kept as 00:00.

    Examples
    --------
    >>> clock("8:30"), clock("24:00"), clock("25:00").english()
    (datetime.time(8, 30), datetime.time(0, 0), '“25:00” should be a time such as 08:30.')
    """
    found = _CLOCK.fullmatch(str(value))
    hour, minute = (int(found[1]), int(found[2])) if found else (-1, 0)
    if (hour, minute) == (_MIDNIGHT, 0):
        return time(0, 0)
    try:
        return time(hour, minute)
    except ValueError:
        return msg("“%(found)s” should be a time such as 08:30.", found=value)


def working_time(value: Any) -> tuple[int, str] | Message:
    """Read an amount of working time: hours as ``2h``, days as ``5d``.

    Examples
    --------
    >>> working_time("2h"), working_time("5d")
    ((2, 'work_hour'), (5, 'work_day'))
    >>> working_time("0d").english()
    '“0d” should be working hours such as 2h, or working days such as 5d.'
    """
    found = _SPAN.fullmatch(str(value).lower())
    if found and int(found[1]):
        return int(found[1]), _SPAN_UNITS[found[2]]
    return msg(
        "“%(found)s” should be working hours such as 2h, or working days such as 5d.", found=value
    )


def names(value: Any) -> list[str] | Message:
    """Read names with semicolons between.

    Examples
    --------
    >>> names("wifi; water；"), names("")
    (['wifi', 'water'], [])
    """
    found = text(value)
    if isinstance(found, Message):
        return found
    return [one for part in re.split("[;；]", found) if (one := part.strip(_BLANKS))]


def identity(value: Any) -> UUID | Message:
    """Read a UUID."""
    try:
        return UUID(str(value))
    except ValueError:
        return msg("“%(found)s” should be a UUID.", found=value)
