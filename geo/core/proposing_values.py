"""What a proposal (方案建议) is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geo.messages import Message

Kind = Literal["repair", "new", "split", "add", "count"]
"""Repair what is out of bounds; draw afresh; split one grid in two; add a grid; k grids."""

Label = Literal["fewest_moved", "balanced", "compact"]
LABELS: tuple[Label, ...] = ("fewest_moved", "balanced", "compact")
"""The three plans, in this order."""


@dataclass(frozen=True, slots=True, eq=False)
class Territory:
    """One community (社区) as a graph of cells; cells of dedicated grids (专属网格) are left out.

    Parameters
    ----------
    code
        Of the community.
    cells
        Keys of the n cells; all arrays are by cell row in this order.
    households
        Of each cell, (n,) int64.
    groups
        Which cells stay together, (n,) int64: the same number for all cells of a compound, and a
        number of its own for every other cell. Numbers need not be consecutive.
    edges
        Pairs of rows of cells that share a boundary of positive length, (m, 2) int64, each once.
    length_m, road_m
        Of each shared boundary, and how much of that follows roads, rivers or railways, (m,).
    outer_m, outer_road_m
        Outline of each cell that borders no other cell of the territory, and how much of that
        follows roads, rivers or railways, (n,).
    area_m2
        Of each cell, (n,).
    station_m
        Distance from each cell's households to each of the s stations it may belong to, (n, s);
        s may be 0.
    start
        Row of today's grid in ``grids``, -1 where there is none, (n,) int64.
    grids
        Keys of today's general grids (综合网格), also of those without a cell.
    locked
        Cells that keep their grid, (n,) bool. A locked cell needs a grid.
    locked_grids
        Grids that neither give nor take, by row of ``grids``, bool.
    """

    code: str
    cells: tuple[str, ...]
    households: NDArray[np.int64]
    groups: NDArray[np.int64]
    edges: NDArray[np.int64]
    length_m: NDArray[np.float64]
    road_m: NDArray[np.float64]
    outer_m: NDArray[np.float64]
    outer_road_m: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    station_m: NDArray[np.float64]
    start: NDArray[np.int64]
    grids: tuple[str, ...]
    locked: NDArray[np.bool_]
    locked_grids: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a territory.

    Parameters
    ----------
    kind
        ``repair`` moves as few households as bounds allow; ``new`` draws all grids that are not
        locked afresh; ``split`` makes two grids of the one in row ``grid``; ``add`` is a repair
        with one grid more; ``count`` draws ``k`` grids and keeps to today's where it can.
    lower, upper
        Fewest and most households of a grid, both allowed.
    k
        Grids in all, the locked ones included: needed for ``count``, may be given for ``new``.
    grid
        Row of the grid to split: needed for ``split``.
    prefer_roads
        Boundaries follow roads, rivers and railways wherever that can be.
    """

    kind: Kind
    lower: int = 300
    upper: int = 500
    k: int | None = None
    grid: int | None = None
    prefer_roads: bool = False


@dataclass(frozen=True, slots=True)
class Feasible:
    """Arithmetic forbids nothing.

    Parameters
    ----------
    k
        Grids of the plan, the locked ones included.
    households
        Of the whole territory.
    arithmetic
        One sentence with the numbers.
    """

    k: int
    households: int
    arithmetic: Message


@dataclass(frozen=True, slots=True)
class Infeasible:
    """Arithmetic forbids it: some grid will stay out of bounds whatever is drawn.

    Parameters
    ----------
    k, households
        As in :class:`Feasible`.
    reasons
        What forbids it, with the numbers; at least one.
    advice
        What would help: to split, merge or unlock.
    """

    k: int
    households: int
    reasons: tuple[Message, ...]
    advice: tuple[Message, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A plan for a territory.

    Parameters
    ----------
    label
        ``fewest_moved``, ``balanced`` or ``compact``.
    assignment
        Row of each cell's grid, (n,) int64. Rows from ``len(territory.grids)`` on are new grids.
        With ``split``, the part with more households keeps the row, the other is the new row.
    k
        Grids that have cells.
    households
        Of each grid row, int64.
    excess
        Households above ``upper`` and below ``lower``, summed over the grids that take part; 0 is
        in bounds.
    in_pieces
        Rows of grids that are not one piece.
    moved_households, moved_cells
        Whose grid is another than today's; cells without a grid today don't count.
    moved_bound
        No plan within the bounds moves fewer households; ``None`` where that is not known
        (kinds ``new`` and ``split``).
    cut_m, cut_road_m
        Boundary between grids, and how much of it follows roads, rivers or railways.
    road_pct
        Share of all boundaries of grids, outer ones too, on roads, rivers or railways.
    compactness
        Mean Polsby-Popper of the grids: 4π·area / perimeter².
    station_m
        Mean distance of a household to its grid's station; 0 without stations.
    hurried
        The time limit or ``stop`` ended the search: another run may answer otherwise.
    """

    label: Label
    assignment: NDArray[np.int64]
    k: int
    households: NDArray[np.int64]
    excess: int
    in_pieces: tuple[int, ...]
    moved_households: int
    moved_cells: int
    moved_bound: int | None
    cut_m: float
    cut_road_m: float
    road_pct: float
    compactness: float
    station_m: float
    hurried: bool

    @property
    def gap_pct(self) -> float | None:
        """How many percent more households move than the lower bound; ``None`` if unknown."""
        if self.moved_bound is None:
            return None
        if self.moved_bound == 0:
            return 0.0 if self.moved_households == 0 else None
        return 100.0 * (self.moved_households / self.moved_bound - 1.0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is.

    Parameters
    ----------
    share
        Of the work done, 0 to 1.
    assignment
        The best plan so far, as in :class:`Proposal`.
    excess, moved_households, cut_m
        Of that plan.
    """

    share: float
    assignment: NDArray[np.int64]
    excess: int
    moved_households: int
    cut_m: float


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a plan: a cell, or all cells of a compound, to another grid.

    Parameters
    ----------
    cells
        Rows of the cells that move together.
    giver, taker
        Rows of the grids; ``giver`` is -1 for cells that had none.
    households
        That move.
    giver_before, giver_after, taker_before, taker_after
        Households of the two grids before and after this step; 0 for a giver of -1.
    """

    cells: tuple[int, ...]
    giver: int
    taker: int
    households: int
    giver_before: int
    giver_after: int
    taker_before: int
    taker_after: int
