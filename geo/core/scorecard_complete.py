"""Complete in every part (要素齐全): a branch, workers, the chain of responsibility, a station."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.core.scorecard_plan import grid_spots
from geo.core.scorecard_size import worker_shares
from geo.core.scorecard_terms import Found, Spot
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geo.core.ground import Ground
    from geo.core.scorecard_plan import ScoredPlan
    from geo.core.scorecard_terms import Thresholds
    from geo.messages import Message

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

HUNDRED = 100.0
MOST = 0.95
"""The share of households that the long walk is told for."""


def complete_measures(plan: ScoredPlan, ground: Ground, thresholds: Thresholds) -> dict[str, Found]:
    """Measure whether the grids of a plan have everything that they need."""
    return {
        "branch": _branch(plan),
        "areas_answered": _areas_answered(plan, ground),
        "workers": _workers(plan, ground),
        **_chain(plan, ground, thresholds),
        **_walks(plan, ground, thresholds),
    }


def _branch(plan: ScoredPlan) -> Found:
    named = np.array([bool(grid.branch_name) for grid in plan.grids], dtype=bool)
    everywhere = np.ones(len(named), dtype=bool)
    return _share_of_grids(plan, everywhere, named, msg("no party branch"))


def _areas_answered(plan: ScoredPlan, ground: Ground) -> Found:
    if not ground.workers:
        return Found(np.nan, np.full(len(plan.keys), np.nan))
    known = {grid for worker in ground.workers for grid in worker.grids}
    answered = np.array([key in known for key in plan.keys], dtype=bool)
    everywhere = np.ones(len(answered), dtype=bool)
    return _share_of_grids(plan, everywhere, answered, msg("nobody answers for the area"))


def _workers(plan: ScoredPlan, ground: Ground) -> Found:
    if not ground.workers:
        return Found(np.nan, np.full(len(plan.keys), np.nan))
    heads = worker_shares(plan, ground)[1]
    counted = plan.general & (plan.figures.totals.households > 0)
    found = _share_of_grids(plan, counted, heads > 0, msg("no grid worker"))
    return Found(found.value, np.where(counted, heads, np.nan), found.spots)


def _share_of_grids(plan: ScoredPlan, counted: Bools, having: Bools, lacking: Message) -> Found:
    share = HUNDRED * having[counted].mean() if counted.any() else np.nan
    by_grid = np.where(counted, HUNDRED * having, np.nan)
    weight = plan.figures.totals.households.astype(float)
    spots = grid_spots(plan, counted & ~having, weight, lambda _: lacking)
    return Found(float(share), by_grid, spots)


def _chain(plan: ScoredPlan, ground: Ground, thresholds: Thresholds) -> dict[str, Found]:
    """Measure how full the chain (责任链) is: buildings, units and households with somebody."""
    totals, lost = plan.figures.totals, plan.figures.lost
    housed = ground.buildings.units > 0
    both = {
        "buildings_answered": (
            _by_grid(plan, housed & ground.buildings.answered),
            _by_grid(plan, housed),
        ),
        "units_answered": (
            np.r_[totals.units_answered, lost.units_answered],
            np.r_[totals.units, lost.units],
        ),
        "households_answered": (
            np.r_[totals.households_answered, lost.households_answered],
            np.r_[totals.households, lost.households],
        ),
    }
    least = {
        "buildings_answered": thresholds.units_answered_min_pct,
        "units_answered": thresholds.units_answered_min_pct,
        "households_answered": thresholds.households_answered_min_pct,
    }
    return {key: _filled(plan, *both[key], least[key]) for key in both}


def _by_grid(plan: ScoredPlan, counted: Bools) -> Ints:
    """Count buildings by grid; what has none is the last."""
    grid = plan.figures.grid_of_building[counted]
    count = len(plan.keys)
    return np.bincount(np.where(grid < 0, count, grid), minlength=count + 1)


def _filled(plan: ScoredPlan, part: Ints, whole: Ints, least_pct: float) -> Found:
    by_grid = np.full(len(plan.keys), np.nan)
    np.divide(HUNDRED * part[:-1], whole[:-1], out=by_grid, where=whole[:-1] > 0)
    missing = (whole[:-1] - part[:-1]).astype(float)
    value = HUNDRED * part.sum() / whole.sum() if whole.sum() else np.nan
    return Found(
        float(value),
        by_grid,
        grid_spots(
            plan,
            by_grid < least_pct,
            missing,
            lambda row: msg(
                "%(missing)s of %(all)s without anybody",
                missing=int(missing[row]),
                all=int(whole[row]),
            ),
        ),
    )


def _walks(plan: ScoredPlan, ground: Ground, thresholds: Thresholds) -> dict[str, Found]:
    homes = plan.homes
    walk_m = ground.walk_m[homes.building]
    grids = range(len(plan.keys))
    order = np.lexsort((walk_m, homes.grid))
    starts = np.searchsorted(homes.grid[order], [*grids, len(plan.keys)])
    rows = [order[starts[row] : starts[row + 1]] for row in grids]
    mean = np.array([mean_walk_m(walk_m[one], homes.households[one]) for one in rows])
    far = np.array([long_walk_m(walk_m[one], homes.households[one]) for one in rows])
    return {
        "unreachable": _unreachable(plan, ground, walk_m),
        "walk_mean": Found(
            mean_walk_m(walk_m, homes.households),
            mean,
            _far(plan, mean, thresholds.walk_mean_max_m),
        ),
        "walk_p95": Found(
            long_walk_m(walk_m, homes.households), far, _far(plan, far, thresholds.walk_p95_max_m)
        ),
    }


def mean_walk_m(walk_m: Floats, households: Ints) -> float:
    """Return the mean walk of the households that have one.

    Examples
    --------
    >>> mean_walk_m(np.array([100.0, 300.0, np.inf]), np.array([3, 1, 9]))
    150.0
    >>> mean_walk_m(np.array([]), np.array([], dtype=int))
    nan
    """
    reached = np.isfinite(walk_m) & (households > 0)
    if not reached.any():
        return np.nan
    return float(np.average(walk_m[reached], weights=households[reached]))


def long_walk_m(walk_m: Floats, households: Ints) -> float:
    """Return the shortest walk that at least 95 % of households do not exceed.

    Examples
    --------
    >>> long_walk_m(np.array([100.0, 300.0, np.inf]), np.array([18, 1, 1]))
    300.0
    >>> long_walk_m(np.array([]), np.array([], dtype=int))
    nan
    """
    lived = households > 0
    if not lived.any():
        return np.nan
    order = np.argsort(walk_m[lived], kind="stable")
    reached = np.cumsum(households[lived][order])
    at = np.searchsorted(reached, MOST * reached[-1] * (1 - np.finfo(float).eps))
    return float(walk_m[lived][order][at])


def _far(plan: ScoredPlan, by_grid: Floats, most_m: float) -> tuple[Spot, ...]:
    return grid_spots(
        plan,
        by_grid > most_m,
        by_grid,
        lambda row: (
            msg("no way to a station")
            if np.isinf(by_grid[row])
            else msg("%(metres)s m on foot", metres=round(by_grid[row]))
        ),
    )


def _unreachable(plan: ScoredPlan, ground: Ground, walk_m: Floats) -> Found:
    homes = plan.homes
    cut_off = np.isinf(walk_m) & (homes.households > 0)
    count = len(plan.keys)
    grid = np.where(homes.grid < 0, count, homes.grid)
    by_grid = np.bincount(grid[cut_off], homes.households[cut_off], minlength=count + 1)
    lived = np.bincount(grid, homes.households, minlength=count + 1) > 0
    return Found(
        float(by_grid.sum()),
        np.where(lived, by_grid, np.nan)[:-1],
        tuple(_cut_off(plan, ground, np.flatnonzero(cut_off))),
    )


def _cut_off(plan: ScoredPlan, ground: Ground, rows: Ints) -> Iterator[Spot]:
    homes = plan.homes
    for row in rows.tolist():
        building, grid = int(homes.building[row]), int(homes.grid[row])
        households = int(homes.households[row])
        text = msg(
            "building %(code)s: %(households)s households",
            code=ground.buildings.codes[building],
            households=households,
        )
        keys = (plan.keys[grid],) if grid >= 0 else ()
        yield Spot(text, keys, ground.buildings.footprints[building], float(households))


__all__ = ["complete_measures", "long_walk_m", "mean_walk_m"]
