"""Two plans side by side: who moves, what each measure becomes, how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from geo.core.crosswalk import crosswalk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.crosswalk import Crosswalk
    from geo.core.ground import Ground
    from geo.core.scorecard import Measure, Scorecard
    from geo.core.scorecard_plan import ScoredPlan
    from geo.core.scorecard_terms import Unit

    Ints = NDArray[np.int64]

Change = Literal["better", "worse", "same", "unknown"]
TELLING: dict[Unit, float] = {"ratio": 0.01, "pct": 0.1}
"""The least change that is told, by unit: it shows in the figures. Of all others it is 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One measure of two plans.

    Parameters
    ----------
    before, after
        Of the plan that is compared with, and of the plan that is compared.
    change
        Whether the plan that is compared is better.
    """

    before: Measure
    after: Measure
    change: Change


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What becomes of one plan in another.

    Parameters
    ----------
    households
        Where households go, building by building; rows are buildings with households, and units
        that were put into a grid by hand.
    moved_cells, cells
        How many blocks, or pieces of blocks, have another grid, and how many there are; ``None``
        between two generations, which have none.
    measures
        In the order in which they are told.
    """

    households: Crosswalk
    moved_cells: int | None
    cells: int | None
    measures: tuple[Compared, ...]


def compare(
    before: tuple[ScoredPlan, Scorecard], after: tuple[ScoredPlan, Scorecard], ground: Ground
) -> Comparison:
    """Compare a plan with another one on the same ground.

    Parameters
    ----------
    before
        What is compared with.
    after
        What is compared: its cells are those that are counted.
    ground
        Of their jurisdiction.
    """
    plans = before[0], after[0]
    weights = _weights(ground)
    lived = np.flatnonzero(weights)
    grids = [_grids_of_homes(plan, ground) for plan in plans]
    keys = [
        [plan.keys[row] if row >= 0 else None for row in rows[lived]]
        for plan, rows in zip(plans, grids, strict=True)
    ]
    moved, cells = _moved_cells(*plans)
    return Comparison(
        households=crosswalk(keys[0], keys[1], weights[lived]),
        moved_cells=moved,
        cells=cells,
        measures=tuple(
            Compared(one, other, _change(one, other))
            for one, other in zip(before[1].measures, after[1].measures, strict=True)
        ),
    )


def _weights(ground: Ground) -> Ints:
    """Return households by building, those in units put into a grid by hand apart at the end."""
    households = ground.buildings.households.copy()
    by_hand = np.array([unit.households for unit in ground.by_hand], dtype=np.int64)
    for unit in ground.by_hand:
        households[unit.building] -= unit.households
    return np.asarray(np.r_[households, by_hand], dtype=np.int64)


def _grids_of_homes(plan: ScoredPlan, ground: Ground) -> Ints:
    """Return the grid's row of every row of :func:`_weights`; -1 where there is none."""
    of_building = plan.figures.grid_of_building
    by_hand = [
        plan.figures.row_of.get(unit.grid, int(of_building[unit.building]))
        for unit in ground.by_hand
    ]
    return np.asarray(np.r_[of_building, by_hand], dtype=np.int64)


def _moved_cells(before: ScoredPlan, after: ScoredPlan) -> tuple[int | None, int | None]:
    """Count the cells of a draft whose ground had another grid; a cell is told by its inside."""
    if after.cells is None:
        return None, None
    inside = shapely.point_on_surface(after.cells.shapes)
    general = before.general
    # Dedicated grids have their ground alone in these outlines: at most one holds a point inside.
    cell, row = shapely.STRtree(inside).query(before.outlines, predicate="intersects")[::-1]
    held = np.full(len(inside), -1, dtype=np.int64)
    order = np.argsort(general[row], kind="stable")[::-1]
    held[cell[order]] = row[order]
    was = np.array([*before.keys, ""], dtype=object)[held]
    now = np.array([*after.keys, ""], dtype=object)[after.cells.grid]
    return int((was != now).sum()), len(inside)


def _change(before: Measure, after: Measure) -> Change:
    if before.value is None or after.value is None:
        return "unknown"
    least = TELLING.get(after.rule.unit, 1.0)
    if before.value == after.value or abs(after.value - before.value) < least / 2:
        return "same"
    return "better" if (after.value > before.value) == after.rule.more_is_better else "worse"


__all__ = ["Change", "Compared", "Comparison", "compare"]
