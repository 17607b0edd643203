"""Reading a growing table by its numbers without losing rows that are committed late.

Rows get their numbers when they are written, and are seen when their transactions commit: a row may
appear below others that have been read already. A number that is missing is a *gap* until every
transaction has ended that may still hold it; then it was rolled back.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GRACE_S = 10.0
"""A transaction has its number for so long at most before the database counts it as running."""


class Horizon(NamedTuple):
    """Which transactions were running when a snapshot was taken.

    Parameters
    ----------
    oldest
        The number of the oldest of them: all before have ended.
    next
        The number that the next one will have.
    """

    oldest: int
    next: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of rows that may still appear.

    Parameters
    ----------
    first, last
        The numbers.
    seen_at_s
        When it was seen that they are missing.
    before
        Whoever holds them is a transaction before this one; ``None`` while that isn't known.
    """

    first: int
    last: int
    seen_at_s: float
    before: int | None = None

    def is_settled(self, horizon: Horizon, now_s: float) -> bool:
        """Tell whether nobody holds these numbers any longer."""
        return (
            self.before is not None
            and self.before <= horizon.oldest
            and now_s - self.seen_at_s >= GRACE_S
        )


@dataclass
class Watermark:
    """How far a table has been read.

    Parameters
    ----------
    top
        The highest number that has been read.
    gaps
        What is missing below, the lowest first.

    Examples
    --------
    >>> mark = Watermark(7)
    >>> mark.take([8, 10], Horizon(100, 101), 0.0)
    >>> mark.wanted(), mark.position
    ([(9, 9)], 8)
    >>> mark.take([], Horizon(101, 101), 20.0)
    >>> mark.take([], Horizon(101, 101), 40.0)
    >>> mark.wanted(), mark.position
    ([], 10)
    """

    top: int
    gaps: list[Gap] = field(default_factory=list)

    @property
    def position(self) -> int:
        """The highest number up to which no row will appear any more."""
        return self.gaps[0].first - 1 if self.gaps else self.top

    def wanted(self) -> list[tuple[int, int]]:
        """Return first and last numbers of the gaps: what to read beside all above the top."""
        return [(one.first, one.last) for one in self.gaps]

    def take(self, found: Sequence[int], horizon: Horizon, now_s: float) -> None:
        """Note what has been read.

        Parameters
        ----------
        found
            The numbers of all rows that there are now in :meth:`wanted` and above :attr:`top`,
            ascending.
        horizon
            Of a snapshot that was taken before they were read.
        now_s
            The time, in seconds of a clock that is never set back.
        """
        known = [self._looked_at(one, horizon) for one in self.gaps]
        open_gaps = [one for one in known if not one.is_settled(horizon, now_s)]
        below = [number for number in found if number <= self.top]
        gaps = [part for gap in open_gaps for part in _without(gap, below)]
        for number in found:
            if number > self.top + 1:
                gaps.append(Gap(self.top + 1, number - 1, now_s))
            self.top = max(self.top, number)
        self.gaps = gaps

    @staticmethod
    def _looked_at(gap: Gap, horizon: Horizon) -> Gap:
        """Note of a gap that was seen before this horizon who may hold it."""
        return gap if gap.before is not None else replace(gap, before=horizon.next)


def _without(gap: Gap, found: Iterable[int]) -> list[Gap]:
    """Return what is left of a gap when some numbers have appeared in it."""
    left, first = [], gap.first
    for number in found:
        if first <= number <= gap.last:
            if number > first:
                left.append(replace(gap, first=first, last=number - 1))
            first = number + 1
    if first <= gap.last:
        left.append(replace(gap, first=first))
    return left
