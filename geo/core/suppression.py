"""Suppression (隐匿): which counts of a table may be told, so that the rest gives nobody away.

A table has a count for each of some places, and their total. Counts of too few, and of places where
too few live, are withheld; and where the total would give one of them away, another one with it.

Whoever reads the table may know all rules, and of every withheld count why it is: too few live
there (any count), the count itself is too small (fewer than ``least``), or it is a complement (at
least ``least``). Even so, adding and subtracting narrows nothing: **a withheld small count is
anything from 0 to least - 1, and the count of a place where few live is anything from 0 to
least - 1 and beyond**. Three rules make it so:

1. Whether a count is told follows from that place alone. A zero is a small count.
2. Whether there is a complement follows from which counts are withheld, and which one it is from an
   order that no count decides. A complement chosen by its size, as is usual, tells that size about,
   and with it the small count that it hides.
3. The total is told where all withheld counts together, with ``least`` taken off for a complement,
   come to ``least`` or more, and so many people live where they are: whoever has the total knows
   that sum, which is a count like any other. Where it is not told, the reader knows no more than
   that they come to less, which each may have as 0.

References
----------
Cox, Suppression methodology and statistical disclosure control, JASA 75 (1980); Hundepool et al.,
Statistical Disclosure Control (2012), chapter 4; Wong, Fu, Wang and Pei, Minimality attack in
privacy preserving data publishing, VLDB 2007.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

WITHHELD = -1
"""What stands for a count that is not told."""

SAFE_FEW = 2
"""So many places whose counts have no bound hide each other."""


class Told(NamedTuple):
    """What is told of a table.

    Parameters
    ----------
    counts
        Of each place; :data:`WITHHELD` where it is not told (n,).
    total
        Of all places, withheld ones too; ``None`` where it is not told.
    """

    counts: Ints
    total: int | None


def suppress(counts: ArrayLike, residents: ArrayLike, least: int, order: Sequence[int]) -> Told:
    """Withhold what would give somebody away.

    Parameters
    ----------
    counts
        Of each place (n,).
    residents
        How many people live at each place (n,).
    least
        The fewest that are told, of both.
    order
        All rows, in an order that no count decides: see :func:`order_of`.

    Examples
    --------
    >>> few = suppress([30, 9, 2, 12], [90, 90, 90, 90], 8, (0, 1, 2, 3))
    >>> few.counts.tolist(), few.total
    ([-1, 9, -1, 12], 53)
    >>> suppress([9, 12], [90, 90], 8, (0, 1)).total, suppress([], [], 8, ()).total
    (21, 0)
    >>> suppress([3, 0], [90, 90], 8, (0, 1)).total is None
    True
    """
    given, living = (np.asarray(one, dtype=np.int64) for one in (counts, residents))
    lonely = living < least
    small = ~lonely & (given < least)
    also = _complement(lonely, small, order, enough=_live(living, lonely | small) >= least)
    withheld = lonely | small | also
    told = np.where(withheld, WITHHELD, given)
    spare = int(given[withheld].sum()) - least * int(also.sum())
    many = spare >= least and _live(living, withheld) >= least
    hidden = not withheld.any() or (_covered(lonely, also) and many)
    return Told(told, int(given.sum()) if hidden else None)


def order_of(keys: Sequence[str], table: str) -> tuple[int, ...]:
    """Return the rows of places in the order in which they are taken as complements.

    It is another one for every table, so that it is not always the same place.

    Parameters
    ----------
    keys
        Of the places.
    table
        The table's name.

    Examples
    --------
    >>> order_of(("a", "b", "c"), "2025"), order_of(("a", "b", "c"), "2026"), order_of((), "2025")
    ((2, 1, 0), (1, 0, 2), ())
    """
    digests = [sha256(f"{table}\n{key}".encode()).digest() for key in keys]
    return tuple(sorted(range(len(keys)), key=lambda row: digests[row]))


def _live(living: Ints, rows: Bools) -> int:
    return int(living[rows].sum())


def _complement(lonely: Bools, small: Bools, order: Sequence[int], *, enough: bool) -> Bools:
    """Choose one told count to be withheld too, where withheld ones would not hide each other.

    So it is as well where not ``enough`` people live at all of them together.
    """
    also = np.zeros(len(lonely), dtype=np.bool_)
    withheld = lonely | small
    if withheld.any() and (lonely.sum() < SAFE_FEW or not enough):
        also[[row for row in order if not withheld[row]][:1]] = True
    return also


def _covered(lonely: Bools, also: Bools) -> bool:
    """Tell whether every withheld count has one beside it that may be as large as it likes."""
    return bool(also.any()) or int(lonely.sum()) >= SAFE_FEW


__all__ = ["WITHHELD", "Told", "order_of", "suppress"]
