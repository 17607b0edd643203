"""Boundary segments seen once: which polygon lies left of them and which lies right.

In a plan without gaps nearly every segment bounds two polygons and is found twice, once in either
direction. Seen once, with both its neighbours, it costs half the work and says more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.boundary import Boundary

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]

NOBODY = -1

_MULTIPLIERS = (
    (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F),
    (0xD6E8FEB86659FD93, 0xA0761D6478BD642F),
)
"""Odd numbers for two multiplicative hashes (Knuth, The Art of Computer Programming 3, 6.4)."""


@dataclass(frozen=True, slots=True)
class Borders:
    """Segments with the polygons on both their sides.

    Parameters
    ----------
    x1, y1, x2, y2
        Their ends, degrees (b,).
    left, right
        Rows of the polygons left and right of the way from the first end to the second, or −1;
        at least one is a polygon. Two polygons that overlap here have a segment each.
    """

    x1: Floats
    y1: Floats
    x2: Floats
    y2: Floats
    left: Ints
    right: Ints

    def __getitem__(self, part: slice | NDArray[np.intp] | Ints) -> Borders:
        """Return some of the segments."""
        return Borders(
            self.x1[part],
            self.y1[part],
            self.x2[part],
            self.y2[part],
            self.left[part],
            self.right[part],
        )

    @property
    def size(self) -> int:
        """Number of segments."""
        return len(self.x1)


def borders_of(boundary: Boundary) -> Borders:
    """Join the two directions of segments that bound two polygons, one on either side.

    A pair that isn't found, which chance allows for one in some hundred, stays two segments with
    one polygon each: all that is built on the borders holds for these too.

    Examples
    --------
    >>> import shapely
    >>> from geo.core.boundary import boundary_of
    >>> halves = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> borders = borders_of(boundary_of(halves))
    >>> borders.size, int(((borders.left >= 0) & (borders.right >= 0)).sum())
    (7, 1)
    >>> borders_of(boundary_of(np.array([], dtype=object))).size
    0
    """
    start = boundary.start
    x1, y1 = boundary.x[start], boundary.y[start]
    x2, y2 = boundary.x[start + 1], boundary.y[start + 1]
    twin = _twins(x1, y1, x2, y2, boundary.sense)
    both = np.flatnonzero(twin >= 0)
    other = np.full(len(start), NOBODY, dtype=np.int32)
    other[both] = boundary.owner[twin[both]]
    keep = np.ones(len(start), dtype=bool)
    keep[twin[both]] = False
    own, other = boundary.owner[keep], other[keep]
    ahead = boundary.sense[keep] > 0
    left, right = np.where(ahead, own, other), np.where(ahead, other, own)
    return Borders(x1[keep], y1[keep], x2[keep], y2[keep], left, right)


def exposed(borders: Borders) -> Borders:
    """Return the segments that can be nearest to a position outside all polygons.

    Those with a polygon on one side only, and those that touch one of them at an end: there a
    polygon that precedes may be equally near.

    Examples
    --------
    >>> import shapely
    >>> from geo.core.boundary import boundary_of
    >>> halves = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> exposed(borders_of(boundary_of(halves))).size
    7
    """
    alone = (borders.left < 0) | (borders.right < 0)
    bits = int(alone.sum()).bit_length() + 4
    ends = [
        _hash((x.view(np.uint64), y.view(np.uint64)), slice(None), _MULTIPLIERS[0], bits)
        for x, y in ((borders.x1, borders.y1), (borders.x2, borders.y2))
    ]
    touched = np.zeros(1 << bits, dtype=bool)
    for end in ends:
        touched[end[alone]] = True
    return borders[np.flatnonzero(touched[ends[0]] | touched[ends[1]])]


def by_precedence(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Return the polygons on both sides, the preceding one first, a missing one last."""
    high = np.maximum(left, right)
    low = np.minimum(left, right)
    return np.where(low < 0, high, low), np.where(low < 0, NOBODY, high)


def _twins(
    x1: Floats, y1: Floats, x2: Floats, y2: Floats, sense: NDArray[np.int8]
) -> NDArray[np.intp]:
    """Return for segments that run eastward the one that runs back on them, else −1.

    Only pairs with an interior on either side are twins.
    """
    eastward = (x1 < x2) | ((x1 == x2) & (y1 < y2))
    # Sums of ends are the same in both directions, to the bit.
    twin = np.full(len(x1), -1, dtype=np.intp)
    there, back = np.flatnonzero(eastward), np.flatnonzero(~eastward)
    sums = (x1 + x2).view(np.uint64), (y1 + y2).view(np.uint64)
    for multipliers in _MULTIPLIERS:
        if not (len(there) and len(back)):
            break
        bits = len(there).bit_length() + 2
        spot = [_hash(sums, part, multipliers, bits) for part in (there, back)]
        table = np.full(1 << bits, -1, dtype=np.int32)
        table[spot[0]] = there
        found = table[spot[1]]
        same = (found >= 0) & (x1[found] == x2[back]) & (y1[found] == y2[back])
        same &= (x2[found] == x1[back]) & (y2[found] == y1[back]) & (sense[found] == sense[back])
        twin[found[same]] = back[same]
        taken = np.zeros(len(x1), dtype=bool)
        taken[twin[there[twin[there] >= 0]]] = True
        there, back = there[twin[there] < 0], back[~taken[back]]
    return twin


def _hash(
    sums: tuple[NDArray[np.uint64], NDArray[np.uint64]],
    part: NDArray[np.intp] | slice,
    multipliers: tuple[int, int],
    bits: int,
) -> NDArray[np.intp]:
    """Hash pairs of numbers to ``bits`` bits."""
    mixed = sums[0][part] * np.uint64(multipliers[0])
    mixed ^= mixed >> np.uint64(29)
    mixed += sums[1][part] * np.uint64(multipliers[1])
    mixed *= np.uint64(multipliers[0])
    return (mixed >> np.uint64(64 - bits)).astype(np.intp)
