"""What becomes of whom between two plans: the crosswalk (新旧网格对照) and how far apart they are.

A plan is told by the grid of every row, be a row a cell, a building or a unit; rows weigh as many
households as they hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray


class Passage(NamedTuple):
    """What passes from one grid to another, or stays.

    Parameters
    ----------
    before, after
        Keys of grids; ``None`` where there is none.
    rows, households
        How many.
    """

    before: str | None
    after: str | None
    rows: int
    households: int

    @property
    def moved(self) -> bool:
        """Whether its grid is another one."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """Where the rows of one plan are in another.

    Parameters
    ----------
    passages
        In order of the grids before, then of those after; what has no grid is last.
    """

    passages: tuple[Passage, ...]

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(one.rows for one in self.passages)

    @property
    def households(self) -> int:
        """All households."""
        return sum(one.households for one in self.passages)

    @property
    def moved_rows(self) -> int:
        """Rows whose grid is another one."""
        return sum(one.rows for one in self.passages if one.moved)

    @property
    def moved_households(self) -> int:
        """Households whose grid is another one."""
        return sum(one.households for one in self.passages if one.moved)

    @property
    def touched(self) -> tuple[str, ...]:
        """Grids that give or take anything, in order."""
        found = {grid for one in self.passages if one.moved for grid in (one.before, one.after)}
        return tuple(sorted(grid for grid in found if grid is not None))

    @property
    def variation_of_information(self) -> float:
        """How far apart the plans are, in bits of a household's grid; 0 when they are the same.

        Meilă, Comparing clusterings: an information based distance, 2007. Zero without households.
        """
        counts, before, after = _counts(self.passages)
        if not counts.size:
            return 0.0
        share = counts / counts.sum()
        sides = [np.bincount(side, weights=share)[side] for side in (before, after)]
        return abs(float(sum(share @ np.log2(side / share) for side in sides)))

    @property
    def rand_index(self) -> float:
        """Share of pairs of households that both plans put together, or both apart.

        Rand, Objective criteria for the evaluation of clustering methods, 1971. One where there
        are no two households.
        """
        counts, before, after = _counts(self.passages)
        pairs = _pairs(counts.sum())
        if pairs == 0:
            return 1.0
        sides = [_pairs(np.bincount(side, counts)) for side in (before, after)]
        return (pairs + 2 * _pairs(counts) - sum(sides)) / pairs


def crosswalk(
    before: Sequence[str | None], after: Sequence[str | None], households: ArrayLike
) -> Crosswalk:
    """Return what passes from which grid to which.

    Parameters
    ----------
    before, after
        The grid of every row in two plans.
    households
        Of every row.

    Raises
    ------
    ValueError
        When they differ in length.

    Examples
    --------
    >>> found = crosswalk(["a", "a", "b"], ["a", "b", "b"], [30, 10, 40])
    >>> [tuple(one) for one in found.passages]
    [('a', 'a', 1, 30), ('a', 'b', 1, 10), ('b', 'b', 1, 40)]
    >>> found.moved_households, found.touched, round(found.rand_index, 2)
    (10, ('a', 'b'), 0.78)
    >>> crosswalk([], [], []).variation_of_information
    0.0
    """
    weights = np.asarray(households, dtype=np.int64)
    sums: dict[tuple[str | None, str | None], list[int]] = {}
    for one, other, weight in zip(before, after, weights.tolist(), strict=True):
        known = sums.setdefault((one, other), [0, 0])
        known[0] += 1
        known[1] += weight
    order = sorted(sums, key=lambda pair: tuple((key is None, key or "") for key in pair))
    return Crosswalk(tuple(Passage(*pair, *sums[pair]) for pair in order))


def grouped(found: Crosswalk) -> Iterator[tuple[str | None, tuple[Passage, ...]]]:
    """Yield every grid before with its passages, those that stay first.

    Examples
    --------
    >>> [(grid, len(parts)) for grid, parts in grouped(crosswalk(["a", "a"], ["b", "a"], [1, 1]))]
    [('a', 2)]
    >>> list(grouped(crosswalk([], [], [])))
    []
    """
    starts = [
        row
        for row, one in enumerate(found.passages)
        if row == 0 or one.before != found.passages[row - 1].before
    ]
    for start, end in pairwise([*starts, len(found.passages)]):
        parts = found.passages[start:end]
        yield parts[0].before, tuple(sorted(parts, key=lambda one: (one.moved, -one.households)))


def _counts(
    passages: tuple[Passage, ...],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return households of passages that have some, and rows of their grids before and after."""
    some = [one for one in passages if one.households]
    counts = np.array([one.households for one in some], dtype=np.float64)
    rows = []
    for side in ([one.before for one in some], [one.after for one in some]):
        known = {grid: row for row, grid in enumerate(dict.fromkeys(side))}
        rows.append(np.array([known[grid] for grid in side], dtype=np.int64))
    return counts, rows[0], rows[1]


def _pairs(counts: ArrayLike) -> float:
    """Return how many pairs there are inside of all groups."""
    sizes = np.asarray(counts, dtype=np.float64)
    return float((sizes * (sizes - 1) / 2).sum())
