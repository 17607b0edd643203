"""Calendar months (月份) of a place, in its own time."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from geo.errors import InvalidFieldError
from geo.messages import msg

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

WRITTEN = re.compile(r"([0-9]{4})-([0-9]{2})")
MONTHS = 12
FIRST_YEAR, LAST_YEAR = 1990, 2200


class Month(NamedTuple):
    """A month of a year.

    Examples
    --------
    >>> str(Month(2026, 1)), Month(2026, 1).before, Month(2026, 12).after
    ('2026-01', Month(year=2025, month=12), Month(year=2027, month=1))
    """

    year: int
    month: int

    def __str__(self) -> str:
        """Return it as ISO 8601 writes it."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def before(self) -> Month:
        """The month before."""
        first = self.month == 1
        return Month(self.year - first, MONTHS if first else self.month - 1)

    @property
    def after(self) -> Month:
        """The month after."""
        last = self.month == MONTHS
        return Month(self.year + last, 1 if last else self.month + 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return date.fromordinal(date(*self.after, 1).toordinal() - 1)

    def starts(self, zone: ZoneInfo) -> datetime:
        """Return its first instant at a place."""
        return datetime(self.year, self.month, 1, tzinfo=zone)

    def ends(self, zone: ZoneInfo) -> datetime:
        """Return the first instant after it at a place."""
        return self.after.starts(zone)


def parse_month(written: str) -> Month:
    """Read a month as ``2026-03``.

    Raises
    ------
    InvalidFieldError
        When it is none.

    Examples
    --------
    >>> parse_month("2026-03")
    Month(year=2026, month=3)
    >>> parse_month("")
    Traceback (most recent call last):
    ...
    geo.errors.InvalidFieldError: month: Write a month as 2026-03.
    """
    found = WRITTEN.fullmatch(written)
    month = Month(*map(int, found.groups())) if found else None
    if month is None or not (1 <= month.month <= MONTHS and FIRST_YEAR <= month.year <= LAST_YEAR):
        raise InvalidFieldError(field="month", reason=msg("Write a month as 2026-03."))
    return month


__all__ = ["Month", "parse_month"]
