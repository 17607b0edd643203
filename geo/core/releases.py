"""Releases (公布): fixed periods, and what was told the public about the issues of one.

A period is a calendar quarter, half or whole year of the place. Periods never overlap, so that no
two tables of a place have an issue in common: there is nothing to subtract.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from geo.core.suppression import WITHHELD
from geo.messages import Message, Name, msg

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

Length = Literal["quarter", "half", "year"]
Geography = Literal["grid", "hexagon", "square"]

MONTHS: dict[Length, int] = {"quarter": 3, "half": 6, "year": 12}
LETTERS = {3: "Q", 6: "H"}
YEAR_MONTHS = 12


class FixedPeriod(NamedTuple):
    """A period of the calendar.

    Parameters
    ----------
    starts_on
        Its first day.
    ends_on
        The first day after it.
    """

    starts_on: date
    ends_on: date

    @property
    def months(self) -> int:
        """How many months it has."""
        years = self.ends_on.year - self.starts_on.year
        return years * YEAR_MONTHS + self.ends_on.month - self.starts_on.month

    @property
    def key(self) -> str:
        """Its stable name.

        Examples
        --------
        >>> FixedPeriod(date(2025, 7, 1), date(2025, 10, 1)).key
        '2025-Q3'
        >>> FixedPeriod(date(2025, 7, 1), date(2026, 1, 1)).key
        '2025-H2'
        >>> FixedPeriod(date(2025, 1, 1), date(2026, 1, 1)).key
        '2025'
        """
        letter = LETTERS.get(self.months)
        return f"{self.starts_on.year}-{letter}{self._number}" if letter else self._year

    @property
    def name(self) -> Message:
        """What people call it."""
        if self.months not in LETTERS:
            return msg("%(year)s, whole year", year=self._year)
        if LETTERS[self.months] == "Q":
            return msg("%(year)s, quarter %(number)s", year=self._year, number=self._number)
        return msg("%(year)s, half-year %(number)s", year=self._year, number=self._number)

    @property
    def _year(self) -> str:
        return str(self.starts_on.year)

    @property
    def _number(self) -> int:
        return (self.starts_on.month - 1) // self.months + 1


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """What was told about one period: stored once, and never computed again.

    Parameters
    ----------
    period
        Which one.
    geography
        What was counted by.
    side_m
        Of a lattice's cells, as of :class:`geo.core.lattice.Lattice`.
    generation
        The label of the grids' generation, in force at the period's end.
    least
        The fewest issues and residents that were told.
    released_at
        When.
    total
        Issues of all places together; ``None`` where it is not told.
    keys
        Of the places, in order: codes of grids, keys of cells (n,).
    names
        What people call them (n,).
    shapes
        Polygons in WGS 84 (n,).
    counts
        Issues of each; :data:`geo.core.suppression.WITHHELD` where they are not told (n,).
    """

    period: FixedPeriod
    geography: Geography
    side_m: float | None
    generation: str
    least: int
    released_at: datetime
    total: int | None
    keys: tuple[str, ...]
    names: tuple[Name, ...]
    shapes: Shapes
    counts: Ints

    @property
    def told(self) -> Bools:
        """Which counts are told (n,)."""
        told: Bools = self.counts != WITHHELD
        return told

    @property
    def ground(self) -> tuple[str, float | None, str, tuple[str, ...]]:
        """What was counted by: the same for releases that can be shown over one map."""
        return self.geography, self.side_m, self.generation, self.keys


def period_of(length: Length, day: date) -> FixedPeriod:
    """Return the period that a day is in.

    Examples
    --------
    >>> period_of("half", date(2026, 11, 24)).key
    '2026-H2'
    """
    months = MONTHS[length]
    start = date(day.year, (day.month - 1) // months * months + 1, 1)
    return FixedPeriod(start, _after(start, months))


def periods_over(length: Length, since: date, until: date) -> tuple[FixedPeriod, ...]:
    """Return the periods that begin on or after a day's own period, and are over by another day.

    Parameters
    ----------
    length
        How long each is.
    since
        A day of the first one.
    until
        Whatever ends on this day or before is over.

    Examples
    --------
    >>> [one.key for one in periods_over("year", date(2024, 5, 1), date(2026, 1, 1))]
    ['2024', '2025']
    >>> periods_over("year", date(2026, 5, 1), date(2026, 12, 31))
    ()
    """
    found = []
    period = period_of(length, since)
    while period.ends_on <= until:
        found.append(period)
        period = FixedPeriod(period.ends_on, _after(period.ends_on, MONTHS[length]))
    return tuple(found)


def _after(day: date, months: int) -> date:
    """Return the first of a month so many months later."""
    years, month = divmod(day.month - 1 + months, YEAR_MONTHS)
    return date(day.year + years, month + 1, 1)


__all__ = ["FixedPeriod", "Geography", "Length", "Release", "period_of", "periods_over"]
