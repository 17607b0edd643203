"""Moderate size (规模适度): households within bounds, equal grids, a fair load for workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.core.scorecard_plan import grid_spots
from geo.core.scorecard_terms import Found
from geo.messages import msg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.ground import Ground
    from geo.core.scorecard_plan import ScoredPlan
    from geo.core.scorecard_terms import Thresholds
    from geo.messages import Message

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

HUNDRED = 100.0
WORKER = "grid_worker"


def size_measures(plan: ScoredPlan, ground: Ground, thresholds: Thresholds) -> dict[str, Found]:
    """Measure whether the grids of a plan have a moderate size."""
    households = plan.figures.totals.households.astype(float)
    general = plan.general
    return {
        "in_bounds": _in_bounds(plan, households, general, thresholds),
        "deviation": _deviation(plan, households, general, thresholds),
        "variation": _variation(plan, households, general),
        "per_worker": _per_worker(plan, ground, thresholds),
    }


def _in_bounds(
    plan: ScoredPlan, households: Floats, general: Bools, thresholds: Thresholds
) -> Found:
    low, high = thresholds.households_min, thresholds.households_max
    off = np.maximum(low - households, households - high)
    outside = general & (off > 0)
    share = HUNDRED * (1 - outside.sum() / general.sum()) if general.any() else np.nan
    return Found(
        float(share),
        np.where(general, households, np.nan),
        grid_spots(plan, outside, off, lambda row: _households(households[row])),
    )


def _deviation(
    plan: ScoredPlan, households: Floats, general: Bools, thresholds: Thresholds
) -> Found:
    communities = np.array([grid.community for grid in plan.grids])
    by_grid = np.full(len(plan.keys), np.nan)
    for community in np.unique(communities[general]):
        rows = np.flatnonzero(general & (communities == community))
        mean = households[rows].mean()
        if mean > 0:
            by_grid[rows] = HUNDRED * (households[rows] - mean) / mean
    far = np.abs(by_grid)
    return Found(
        float(np.nanmax(far)) if np.isfinite(far).any() else np.nan,
        by_grid,
        grid_spots(
            plan, far > thresholds.deviation_max_pct, far, lambda row: _deviates(by_grid[row])
        ),
    )


def _variation(plan: ScoredPlan, households: Floats, general: Bools) -> Found:
    counted = households[general]
    mean = counted.mean() if len(counted) else 0.0
    share = HUNDRED * counted.std() / mean if mean > 0 else np.nan
    return Found(float(share), np.full(len(plan.keys), np.nan))


def worker_shares(plan: ScoredPlan, ground: Ground) -> tuple[Floats, Floats]:
    """Return how many grid workers every grid has: in parts by households, and heads (n,).

    A worker counts where the buildings are that they answer for; one without buildings in equal
    parts in the grids that they answer for; one whose buildings have no households in equal parts
    where these are.
    """
    parts, heads = np.zeros(len(plan.keys)), np.zeros(len(plan.keys))
    households, grid_of = ground.buildings.households, plan.figures.grid_of_building
    for worker in ground.workers:
        if worker.role != WORKER:
            continue
        rows = np.array(worker.buildings, dtype=np.int64)
        rows = rows[grid_of[rows] >= 0]
        grids, weights = grid_of[rows], households[rows].astype(float)
        if len(grids) == 0:
            known = [plan.figures.row_of[key] for key in worker.grids if key in plan.figures.row_of]
            grids, weights = np.array(known, dtype=np.int64), np.ones(len(known))
        if weights.sum() == 0:
            weights = np.ones(len(grids))
        if len(grids):
            np.add.at(parts, grids, weights / weights.sum())
            heads[np.unique(grids)] += 1
    return parts, heads


def _per_worker(plan: ScoredPlan, ground: Ground, thresholds: Thresholds) -> Found:
    households = plan.figures.totals.households.astype(float)
    counted = plan.general & (households > 0)
    workers = worker_shares(plan, ground)[0]
    if not ground.workers:
        return Found(np.nan, np.full(len(plan.keys), np.nan))
    load = np.full(len(plan.keys), np.inf)
    np.divide(households, workers, out=load, where=workers > 0)
    by_grid = np.where(counted, load, np.nan)
    total = workers[counted].sum()
    value = households[counted].sum() / total if total > 0 else np.inf
    return Found(
        float(value) if counted.any() else np.nan,
        by_grid,
        grid_spots(
            plan,
            counted & (load > thresholds.households_per_worker_max),
            households,
            lambda row: _load(load[row]),
        ),
    )


def _households(households: float) -> Message:
    return msg("%(households)s households", households=int(households))


def _deviates(pct: float) -> Message:
    return msg("%(pct)s %% from the community's mean", pct=f"{pct:+.0f}")


def _load(load: float) -> Message:
    if np.isinf(load):
        return msg("no grid worker")
    return msg("%(households)s households per worker", households=round(load))


__all__ = ["size_measures", "worker_shares"]
