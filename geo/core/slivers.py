"""Slivers: pieces of ground so thin that they are a difference in digitising, given to a neighbour.

Two people who draw one street differ by decimetres, and between their lines lie strips that nobody
meant. Each goes, the smallest first, to the rest of its own block, else to the neighbour with which
it shares the longest border; never across a community's outline, which is nobody's to move.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from geo.core.noding import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Pieces of ground that touch; rows are pieces.

    Parameters
    ----------
    block, community
        (n,) the block and the community each lies in, :data:`NOBODY` where there is none.
    area_m2, outline_m
        (n,) areas, and lengths of their outlines.
    first, second, border_m
        (b,) pairs of pieces that touch, and for how long.
    """

    block: Ints
    community: Ints
    area_m2: Floats
    outline_m: Floats
    first: Ints
    second: Ints
    border_m: Floats


def absorbed(pieces: Pieces, width_m: float) -> Ints:
    """Return for every piece the one it becomes a part of; most stay what they are.

    Parameters
    ----------
    pieces
        Of an arrangement.
    width_m
        Mean width (twice the area by the outline) below which a piece is a sliver. A block that is
        all one piece is none, however narrow.

    Returns
    -------
    ndarray
        (n,) rows.

    Examples
    --------
    >>> two = np.array([0, 0])
    >>> strip = Pieces(two, two, np.array([50.0, 1.0]), np.array([40.0, 21.0]), np.array([0]),
    ...     np.array([1]), np.array([10.0]))
    >>> absorbed(strip, 1.0).tolist(), absorbed(strip, 0.01).tolist()
    ([0, 0], [0, 1])
    """
    work = _Absorption.of(pieces)
    waiting = [(float(work.area_m2[row]), row) for row in work.thin(width_m)]
    heapq.heapify(waiting)
    while waiting:
        area_m2, row = heapq.heappop(waiting)
        if work.into[row] != row or area_m2 != work.area_m2[row] or not work.is_thin(row, width_m):
            continue
        taker = work.taker(row, width_m)
        if taker is None:
            continue
        work.give(row, taker)
        heapq.heappush(waiting, (float(work.area_m2[taker]), taker))
    return work.roots()


@dataclass(slots=True, eq=False)
class _Absorption:
    """Pieces while slivers are given away."""

    pieces: Pieces
    into: list[int]
    area_m2: Floats
    outline_m: Floats
    near: list[dict[int, float]]
    siblings: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, pieces: Pieces) -> _Absorption:
        count = len(pieces.block)
        near: list[dict[int, float]] = [{} for _ in range(count)]
        for one, other, metres in zip(
            pieces.first.tolist(), pieces.second.tolist(), pieces.border_m.tolist(), strict=True
        ):
            near[one][other] = near[one].get(other, 0.0) + metres
            near[other][one] = near[other].get(one, 0.0) + metres
        blocks, counts = np.unique(pieces.block, return_counts=True)
        siblings = dict(zip(blocks.tolist(), counts.tolist(), strict=True))
        area_m2, outline_m = pieces.area_m2.copy(), pieces.outline_m.copy()
        return cls(pieces, list(range(count)), area_m2, outline_m, near, siblings)

    def thin(self, width_m: float) -> Iterator[int]:
        return (row for row in range(len(self.into)) if self.is_thin(row, width_m))

    def is_thin(self, row: int, width_m: float) -> bool:
        block = int(self.pieces.block[row])
        if block != NOBODY and self.siblings[block] == 1:
            return False
        return bool(2 * self.area_m2[row] < width_m * self.outline_m[row])

    def taker(self, row: int, width_m: float) -> int | None:
        """Return who a sliver goes to."""
        near = self.near[row]
        home = [one for one in near if self._shares(row, one)]
        return max(home, key=lambda one: self._claim(row, one, width_m), default=None)

    def _shares(self, row: int, other: int) -> bool:
        return bool(self.pieces.community[row] == self.pieces.community[other])

    def _claim(self, row: int, other: int, width_m: float) -> tuple[bool, bool, float, int]:
        block = self.pieces.block[row]
        own = bool(block != NOBODY and block == self.pieces.block[other])
        return own, not self.is_thin(other, width_m), self.near[row][other], -other

    def give(self, row: int, taker: int) -> None:
        shared_m = self.near[row].pop(taker)
        del self.near[taker][row]
        for one, metres in self.near[row].items():
            del self.near[one][row]
            self.near[one][taker] = self.near[one].get(taker, 0.0) + metres
            self.near[taker][one] = self.near[one][taker]
        self.near[row] = {}
        self.into[row] = taker
        self.area_m2[taker] += self.area_m2[row]
        self.outline_m[taker] += self.outline_m[row] - 2 * shared_m
        self.siblings[int(self.pieces.block[row])] -= 1

    def roots(self) -> Ints:
        found = np.array(self.into, dtype=np.intp)
        while (found != found[found]).any():
            found = found[found]
        return found
