"""Full coverage (全域覆盖): no gap, no overlap, nothing without a grid, nothing outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.scorecard_terms import Found, Spot
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geo.core.ground import Ground
    from geo.core.scorecard_plan import ScoredPlan

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

NOISE_M = 0.05
"""Narrower strips are what projecting and rounding make of borders that are the same."""

BESIDE_M = 0.1


def coverage_measures(plan: ScoredPlan, ground: Ground) -> dict[str, Found]:
    """Measure how fully a plan covers its communities."""
    return {
        "gaps": _gaps(plan, ground),
        "overlaps": _overlaps(plan),
        "unassigned_cells": _unassigned_cells(plan),
        "unassigned_households": _unassigned_households(plan, ground),
        "outside": _outside(plan, ground),
    }


def wide_parts(shapes: Any) -> Shapes:
    """Return the parts of shapes without strips narrower than :data:`NOISE_M`.

    Examples
    --------
    >>> strip = shapely.box(0, 0, 100, 0.01)
    >>> wide_parts(strip).size, wide_parts(shapely.union(strip, shapely.box(0, 0, 2, 2))).size
    (0, 1)
    """
    parts = shapely.get_parts(shapely.get_parts(shapes))
    parts = parts[shapely.get_dimensions(parts) == 2]  # noqa: PLR2004 - surfaces
    core = shapely.buffer(parts, -NOISE_M / 2, join_style="mitre")
    core = shapely.get_parts(core)
    core = core[~shapely.is_empty(core)]
    return np.asarray(shapely.buffer(core, NOISE_M / 2, join_style="mitre"))


def _gaps(plan: ScoredPlan, ground: Ground) -> Found:
    by_grid = np.zeros(len(plan.keys))
    spots: list[Spot] = []
    total = 0.0
    tree = shapely.STRtree(plan.drawn)
    loose = shapely.union_all(plan.cells.shapes[plan.cells.grid < 0]) if plan.cells else None
    for community in ground.communities:
        near = tree.query(community.area, predicate="intersects")
        left = shapely.difference(community.area, shapely.union_all(plan.drawn[near]))
        for part in wide_parts(left):
            total += part.area
            beside = near[shapely.dwithin(plan.drawn[near], part, BESIDE_M)]
            by_grid[beside] += part.area
            spots.extend(_gap_spots(plan, part, beside, loose))
    return Found(total, by_grid, tuple(spots))


def _gap_spots(plan: ScoredPlan, part: Any, beside: Ints, loose: Any) -> Iterator[Spot]:
    """Yield where to look for a gap; blocks without a grid are told under their own measure."""
    keys = tuple(plan.keys[row] for row in np.sort(beside))
    left = part if loose is None else shapely.difference(part, loose)
    for rest in wide_parts(left):
        text = msg("a gap of %(area_m2)s m²", area_m2=_rounded(rest.area))
        yield Spot(text, keys, rest, float(rest.area))


def _overlaps(plan: ScoredPlan) -> Found:
    by_grid = np.zeros(len(plan.keys))
    spots = []
    total = 0.0
    one, other = shapely.STRtree(plan.drawn).query(plan.drawn, predicate="intersects")
    general = plan.general
    paired = (one < other) & (general[one] == general[other])
    one, other = one[paired], other[paired]
    shared = shapely.intersection(plan.drawn[one], plan.drawn[other])
    for pair in np.flatnonzero(shapely.area(shared) > 0):
        for part in wide_parts(shared[pair]):
            total += part.area
            by_grid[[one[pair], other[pair]]] += part.area
            text = msg("an overlap of %(area_m2)s m²", area_m2=_rounded(part.area))
            keys = tuple(plan.keys[row] for row in sorted((one[pair], other[pair])))
            spots.append(Spot(text, keys, part, float(part.area)))
    return Found(total, by_grid, tuple(spots))


def _unassigned_cells(plan: ScoredPlan) -> Found:
    nothing = np.full(len(plan.keys), np.nan)
    if plan.cells is None:
        return Found(np.nan, nothing)
    spots = tuple(
        Spot(
            msg(
                "block %(key)s: %(households)s households",
                key=plan.cells.keys[row],
                households=int(plan.cells.households[row]),
            ),
            (),
            plan.cells.shapes[row],
            float(plan.cells.households[row]),
        )
        for row in np.flatnonzero(plan.cells.grid < 0)
    )
    return Found(float(len(spots)), nothing, spots)


def _unassigned_households(plan: ScoredPlan, ground: Ground) -> Found:
    homes, buildings = plan.homes, ground.buildings
    lost = np.bincount(
        homes.building[homes.grid < 0], homes.households[homes.grid < 0], minlength=len(buildings)
    )
    spots = tuple(
        Spot(
            msg(
                "building %(code)s: %(households)s households",
                code=buildings.codes[row],
                households=int(lost[row]),
            ),
            (),
            buildings.footprints[row],
            float(lost[row]),
        )
        for row in np.flatnonzero(lost)
    )
    return Found(float(lost.sum()), np.full(len(plan.keys), np.nan), spots)


def _outside(plan: ScoredPlan, ground: Ground) -> Found:
    area_of = {one.code: one.area for one in ground.communities}
    by_grid = np.zeros(len(plan.keys))
    spots = []
    for row, grid in enumerate(plan.grids):
        home = area_of.get(grid.community, shapely.MultiPolygon())
        if shapely.covers(home, plan.drawn[row]):
            continue
        for part in wide_parts(shapely.difference(plan.drawn[row], home)):
            by_grid[row] += part.area
            text = msg("%(area_m2)s m² outside the community", area_m2=_rounded(part.area))
            spots.append(Spot(text, (plan.keys[row],), part, float(part.area)))
    return Found(float(by_grid.sum()), by_grid, tuple(spots))


def _rounded(area_m2: float) -> float:
    return round(area_m2) if area_m2 >= 1 else round(area_m2, 2)


__all__ = ["NOISE_M", "coverage_measures", "wide_parts"]
