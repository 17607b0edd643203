"""What a hot spot map (热点图) is asked for, counted from, and tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from geo.core.density import Bands
    from geo.core.emerging import Emerging
    from geo.core.hotspots import LocalG
    from geo.core.map_origin import GenerationShown, Origin
    from geo.messages import Name

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Shapes = NDArray[np.object_]

By = Literal["grid", "hexagon", "square"]
Value = Literal["count", "per_100_households"]
State = Literal["open", "closed", "all"]
Statistic = Literal["gi", "density", "emerging", "count"]

HOUSEHOLDS_MIN = 20
"""A rate is told where at least so many households live: of fewer it jumps with every issue."""

PER_HOUSEHOLDS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What a hot spot map is to show.

    Parameters
    ----------
    jurisdiction
        Slug.
    by
        Counted by grids, or by cells of a lattice.
    side_m
        Of squares, or between opposite sides of hexagons; by default by the size of the place.
    value
        Issues, or issues per 100 households.
    duties
        Codes; none: all.
    state
        Issues that are open, closed, or both.
    since, until
        Received at or after, and before; ``None`` for no limit.
    statistic
        Hot spots, density, how hot spots emerge, or counts alone.
    order
        How many steps a neighbourhood reaches; by default as far as :data:`REACH_M`.
    bandwidth_m
        Of the density; by default by the points.
    """

    jurisdiction: str
    by: By = "hexagon"
    side_m: float | None = None
    value: Value = "count"
    duties: tuple[str, ...] = ()
    state: State = "all"
    since: datetime | None = None
    until: datetime | None = None
    statistic: Statistic = "gi"
    order: int | None = None
    bandwidth_m: float | None = None


REACH_M = 125.0
"""Neighbourhoods reach about so far, unless cells are larger: a block or two."""

ORDER_MAX = 3

SIDES_M = (50.0, 100.0, 150.0, 200.0, 250.0, 500.0, 1000.0, 2000.0, 5000.0)
CELLS_LIKED = 4000
"""By default cells are as small as they can be with no more than so many."""


def order_of(side_m: float) -> int:
    """Return how many steps a neighbourhood reaches by default.

    Examples
    --------
    >>> [order_of(side_m) for side_m in (25, 50, 100, 500)]
    [3, 2, 1, 1]
    """
    return int(min(max(REACH_M // side_m, 1), ORDER_MAX))


def side_of(area_m2: float) -> float:
    """Return the side of cells by default, for a place of so many square metres.

    Examples
    --------
    >>> side_of(5.5e6), side_of(2e8), side_of(0.0)
    (50.0, 250.0, 50.0)
    """
    fits = (side_m for side_m in SIDES_M if area_m2 / side_m**2 <= CELLS_LIKED)
    return next(fits, SIDES_M[-1])


@dataclass(frozen=True, slots=True, eq=False)
class Issues:
    """Where and when issues were (n,).

    Parameters
    ----------
    lon, lat
        WGS 84 degrees; NaN where nobody knows.
    received_s
        POSIX time.
    month
        Of the place's own calendar: 12 times the year, January as 0.
    duty
        Key; 0 where there is none.
    closed
        Whether it has come to its end.
    by_hand
        Key of the grid that its address was put into by hand (人工改划); empty for nearly all.
    withheld
        How many more there are of private duties, which whoever asks may not read.
    """

    lon: Floats
    lat: Floats
    received_s: Floats
    month: Ints
    duty: Ints
    closed: Flags
    by_hand: NDArray[np.object_]
    withheld: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Homes:
    """Where how many households live: degrees, households, grids by hand (b,)."""

    lon: Floats
    lat: Floats
    households: Ints
    by_hand: NDArray[np.object_]


class LeftOut(NamedTuple):
    """How many issues have no position or are outside; whether there are private ones."""

    unplaced: int
    outside: int
    private: bool


@dataclass(frozen=True, slots=True, eq=False)
class Counting:
    """The areas that issues are counted by (n,).

    Parameters
    ----------
    keys
        Codes of grids, keys of cells.
    names
        Of grids; empty for cells.
    shapes
        In WGS 84.
    share
        Share of a cell's ground inside the area; 1 for grids.
    side_m
        Of cells; 0 for grids.
    order
        How many steps a neighbourhood reaches; 1 for grids: those it touches.
    """

    keys: tuple[str, ...]
    names: tuple[Name, ...]
    shapes: Shapes
    share: Floats
    side_m: float
    order: int


@dataclass(frozen=True, slots=True, eq=False)
class HotspotMap:
    """A hot spot map.

    Parameters
    ----------
    asked
        What was asked for.
    origin
        The jurisdiction as maps name it.
    generation
        The one in force (网格版本); ``None`` where there is none.
    at
        When it was counted, in the place's own time.
    duties
        Names of the duties that were asked for.
    areas
        What is counted by.
    counts, households
        Issues and households (n,).
    values
        What the statistic is of: counts, or rates; NaN where there is none (n,).
    local
        Hot and cold spots; ``None`` unless asked for.
    months, by_month
        The months of the period, as of :attr:`Issues.month` (t,), and issues in them (t, n).
    whole
        Which of the months lie in the period from their first day to their last, and are over.
    emerging
        ``None`` unless asked for; its months are the whole ones.
    bands, bandwidth_m
        Areas of like density in WGS 84, and its bandwidth; ``None`` unless asked for.
    total, left_out
        How many issues are on the map, and how many of those asked for are not.
    bounds
        West, south, east, north in degrees.
    """

    asked: Asked
    origin: Origin
    generation: GenerationShown | None
    at: datetime
    duties: tuple[Name, ...]
    areas: Counting
    counts: Ints
    households: Ints
    values: Floats
    local: LocalG | None
    months: tuple[int, ...]
    by_month: Ints
    whole: slice
    emerging: Emerging | None
    bands: Bands | None
    bandwidth_m: float | None
    total: int
    left_out: LeftOut
    bounds: tuple[float, float, float, float]


def month_name(month: int) -> str:
    """Return a month as ``2025-04``.

    Examples
    --------
    >>> month_name(2025 * 12 + 3)
    '2025-04'
    """
    return f"{month // 12:04}-{month % 12 + 1:02}"


def rates(counts: Ints, households: Ints) -> Floats:
    """Return issues per 100 households (n,); NaN where fewer than 20 live.

    Examples
    --------
    >>> rates(np.array([5, 1]), np.array([200, 3])).tolist()
    [2.5, nan]
    """
    found = np.full(len(counts), np.nan)
    np.divide(PER_HOUSEHOLDS * counts, households, out=found, where=households >= HOUSEHOLDS_MIN)
    return found


__all__ = [
    "HOUSEHOLDS_MIN",
    "Asked",
    "By",
    "Counting",
    "Homes",
    "HotspotMap",
    "Issues",
    "LeftOut",
    "State",
    "Statistic",
    "Value",
    "month_name",
    "order_of",
    "rates",
    "side_of",
]
