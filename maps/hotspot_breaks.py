"""Breaking the figures of hot spot maps into classes, without waiting for any library."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from maps.hotspot_kinds import NOTHING
from maps.patterns import sequential
from maps.sheets import NO_DATA, LegendEntry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

DOUBLINGS = 4
RATE_CLASSES = 5


class Doubling(NamedTuple):
    """Classes of whole numbers, each twice as wide as the one before: their upper ends."""

    ends: tuple[int, ...]

    @classmethod
    def up_to(cls, highest: int) -> Doubling:
        """Return classes for numbers up to one: 0, then at most five of others.

        Examples
        --------
        >>> Doubling.up_to(3).ends, Doubling.up_to(60).ends, Doubling.up_to(0).ends
        ((0, 1, 2), (0, 4, 8, 16, 32), (0,))
        """
        first = 1
        while first * 2**DOUBLINGS < highest:
            first *= 2
        ends = [first * 2**step for step in range(DOUBLINGS)]
        return cls((0, *(one for one in ends if one < highest)))

    def rows(self, values: Floats) -> Ints:
        """Return the class of each value (n,)."""
        return np.asarray(np.searchsorted(self.ends, values), dtype=np.int64)

    def names(self) -> list[str]:
        """Return what the classes are called: ``0``, ``1``, ``2``, ``3–4``, ``> 8``."""
        lows = [low + 1 for low in self.ends[:-1]]
        middle = [
            f"{low}" if low == high else f"{low}–{high}"
            for low, high in zip(lows, self.ends[1:], strict=True)
        ]
        return ["0", *middle, f"> {self.ends[-1]}"]

    def entries(self, rows: Ints) -> tuple[LegendEntry, ...]:
        """Return the legend's entries."""
        names = self.names()
        looks = (NOTHING, *sequential(len(names) - 1))
        return tuple(
            LegendEntry(*look, name, int((rows == row).sum()))
            for row, (look, name) in enumerate(zip(looks, names, strict=True))
        )


def quantiles(values: Floats) -> tuple[Ints, list[tuple[float, float]]]:
    """Break rates into classes of like many areas; numpy alone does it without any wait."""
    known = np.isfinite(values)
    rows = np.full(len(values), NO_DATA, dtype=np.int64)
    if not known.any():
        return rows, []
    inner = np.quantile(values[known], np.arange(1, RATE_CLASSES) / RATE_CLASSES)
    found = np.searchsorted(np.unique(inner), values[known], side="left")
    rows[known] = np.unique(found, return_inverse=True)[1]
    members = [values[rows == row] for row in range(int(rows.max()) + 1)]
    return rows, [(float(one.min()), float(one.max())) for one in members]


__all__ = ["Doubling", "quantiles"]
