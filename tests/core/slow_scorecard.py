"""The measures of a scorecard computed slowly: loops over shapes, by their definitions alone.

Nothing of the scorecard's own code is used; what takes part is geometry, statistics and text.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter
from typing import TYPE_CHECKING

import shapely

from geo.core.crs import transform_geometry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry

    from geo.core.drafts import PlanState
    from geo.core.ground import Ground

Values = dict[str, float]
NOISE_M = 0.05


class SlowPlan:
    """A draft, cell by cell and building by building."""

    def __init__(self, state: PlanState, ground: Ground) -> None:
        self.state, self.ground = state, ground
        self.keys = sorted(state.grids, key=lambda key: state.grids[key].code)
        self.shapes = {
            key: transform_geometry(shapely.from_wkb(cell.wkb), 4326, ground.srid)
            for key, cell in state.cells.items()
        }
        self.outlines = {
            grid: shapely.union_all(
                [shape for key, shape in self.shapes.items() if state.owner(key) == grid]
            )
            for grid in self.keys
        }
        self.homes = list(self._homes())

    def _homes(self) -> Iterable[tuple[int, str | None, int, int]]:
        """Yield building, grid, households, and households that somebody answers for."""
        buildings = self.ground.buildings
        for row in range(len(buildings)):
            grid = self.grid_at(row)
            count, answered = buildings.households[row], buildings.households_answered[row]
            for unit in self.ground.by_hand:
                if unit.building == row and unit.grid in self.state.grids:
                    yield row, unit.grid, unit.households, unit.households_answered
                    count, answered = count - unit.households, answered - unit.households_answered
            yield row, grid, int(count), int(answered)

    def grid_at(self, row: int) -> str | None:
        """Return the grid whose cell holds a building's site."""
        point = shapely.Point(self.ground.buildings.xy[row])
        for key, shape in self.shapes.items():
            if shape.covers(point):
                return self.state.owner(key)
        return None

    def households(self, grid: str) -> int:
        """Return the households of a grid."""
        return sum(count for _, owner, count, _ in self.homes if owner == grid)

    @property
    def general(self) -> list[str]:
        """The general grids."""
        return [key for key in self.keys if self.state.grids[key].kind == "general"]


def compactness(plan: SlowPlan) -> dict[str, Values]:
    """Return the measures of shape, by grid."""
    drawn = {key: shape for key, shape in plan.outlines.items() if not shape.is_empty}
    return {
        "polsby_popper": {
            key: 4 * math.pi * shape.area / shape.length**2 for key, shape in drawn.items()
        },
        "reock": {key: shape.area / smallest_circle_area(shape) for key, shape in drawn.items()},
        "hull": {key: shape.area / shape.convex_hull.area for key, shape in drawn.items()},
        "pieces": {key: float(len(list(parts(shape))) - 1) for key, shape in drawn.items()},
    }


def cut(plan: SlowPlan) -> Values:
    """Return how many buildings and compounds are cut."""
    general = [plan.outlines[key] for key in plan.general]
    return {
        "buildings_cut": float(
            sum(
                sum(one.intersection(shape).area >= 1 for shape in plan.outlines.values()) > 1
                for one in plan.ground.buildings.footprints
            )
        ),
        "compounds_cut": float(
            sum(
                sum(one.area.intersection(shape).area >= 0.01 * one.area.area for shape in general)
                > 1
                for one in plan.ground.compounds
            )
        ),
    }


def followed_pct(plan: SlowPlan, tolerance_m: float, angle_deg: float) -> float:
    """Return the share of inner boundary near a parallel road, piece by piece, by buffers."""
    rims = shapely.union_all([one.area.boundary for one in plan.ground.communities])
    lines = shapely.union_all([one.boundary for one in plan.outlines.values()])
    inner = shapely.difference(lines, rims.buffer(0.2))
    near = total = 0.0
    roads = list(straight(plan.ground.roads.lines))
    roads.extend(straight([one.boundary for one in plan.ground.waters.shapes]))
    for piece in straight([inner]):
        total += piece.length
        beside = [one.buffer(tolerance_m, 32) for one in roads if turn(one, piece) <= angle_deg]
        wet = []
        for water in plan.ground.waters.shapes:
            for part in straight([piece.intersection(water)]):
                middle = part.interpolate(0.5, normalized=True)
                bank = min(straight([water.boundary]), key=middle.distance)
                if turn(bank, piece) <= angle_deg:
                    wet.append(part.buffer(1e-6))
        near += piece.intersection(shapely.union_all([*beside, *wet])).length
    return 100 * near / total if total else math.nan


def straight(lines: Iterable[BaseGeometry]) -> Iterable[shapely.LineString]:
    """Yield the straight pieces of lines."""
    for line in lines:
        for part in parts(line):
            if isinstance(part, shapely.LineString):
                for ends in itertools.pairwise(part.coords):
                    yield shapely.LineString(ends)


def parts(shape: BaseGeometry) -> Iterable[BaseGeometry]:
    """Yield the simple parts of a shape."""
    for part in getattr(shape, "geoms", [shape]):
        if not part.is_empty:
            yield part


def turn(one: shapely.LineString, other: shapely.LineString) -> float:
    """Return the angle between two straight lines, in degrees."""
    bearings = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in (one.coords, other.coords)]
    apart = abs(math.degrees(bearings[0] - bearings[1])) % 180
    return min(apart, 180 - apart)


def smallest_circle_area(shape: BaseGeometry) -> float:
    """Return the area of the smallest circle around, by trying every two and three points."""
    points = list(set(shape.convex_hull.boundary.coords))
    circles = [
        ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, math.dist(a, b) / 2)
        for a, b in itertools.combinations(points, 2)
    ]
    circles.extend(
        found for three in itertools.combinations(points, 3) if (found := through(*three))
    )
    fitting = [
        radius
        for x, y, radius in circles
        if all(math.dist((x, y), point) <= radius * (1 + 1e-9) for point in points)
    ]
    return math.pi * min(fitting) ** 2


def through(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]
) -> tuple[float, float, float] | None:
    """Return the circle through three points."""
    bx, by, cx, cy = b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]
    twice = 2 * (bx * cy - by * cx)
    if abs(twice) < 1e-6:
        return None
    x = (cy * (bx**2 + by**2) - by * (cx**2 + cy**2)) / twice
    y = (bx * (cx**2 + cy**2) - cx * (bx**2 + by**2)) / twice
    return a[0] + x, a[1] + y, math.hypot(x, y)


def covering(plan: SlowPlan) -> dict[str, float]:
    """Return the measures of full coverage."""
    covered = shapely.union_all(list(plan.outlines.values()))
    gaps = sum(
        part.area
        for one in plan.ground.communities
        for part in parts(one.area.difference(covered))
        if not part.buffer(-NOISE_M / 2).is_empty
    )
    loose = [key for key in plan.shapes if plan.state.owner(key) is None]
    return {
        "gaps": gaps,
        "overlaps": 0.0,
        "unassigned_cells": float(len(loose)),
        "unassigned_households": float(
            sum(count for _, grid, count, _ in plan.homes if grid is None)
        ),
        "outside": 0.0,
    }


def sizes(plan: SlowPlan, low: float, high: float) -> dict[str, float]:
    """Return the measures of moderate size."""
    counts = {key: plan.households(key) for key in plan.general}
    by_community: dict[str, list[int]] = {}
    for key, count in counts.items():
        by_community.setdefault(plan.state.grids[key].community, []).append(count)
    deviations = [
        100 * abs(count - statistics.fmean(each)) / statistics.fmean(each)
        for each in by_community.values()
        if sum(each)
        for count in each
    ]
    mean = statistics.fmean(counts.values())
    within = sum(low <= count <= high for count in counts.values())
    return {
        "in_bounds": 100 * within / len(counts),
        "deviation": max(deviations, default=math.nan),
        "variation": 100 * statistics.pstdev(counts.values()) / mean if mean else math.nan,
        "per_worker": per_worker(plan, counts),
    }


def per_worker(plan: SlowPlan, counts: dict[str, int]) -> float:
    """Return households per worker."""
    if not plan.ground.workers or not sum(counts.values()):
        return math.nan
    present = sum(
        share
        for worker in plan.ground.workers
        for grid, share in shares(plan, worker.buildings, worker.grids).items()
        if counts.get(grid, 0) > 0
    )
    return sum(counts.values()) / present if present else math.inf


def shares(plan: SlowPlan, buildings: Iterable[int], grids: Iterable[str]) -> dict[str, float]:
    """Return in which grids a worker counts, and how much."""
    weights: Counter[str] = Counter()
    houses: Counter[str] = Counter()
    for row in buildings:
        grid = plan.grid_at(row)
        if grid is not None:
            weights[grid] += int(plan.ground.buildings.households[row])
            houses[grid] += 1
    if not houses:
        houses.update(grid for grid in grids if grid in plan.state.grids)
    chosen = weights if sum(weights.values()) else houses
    return {grid: weight / sum(chosen.values()) for grid, weight in chosen.items()}


def completeness(plan: SlowPlan) -> dict[str, float]:
    """Return the measures of what a grid needs."""
    walks = sorted(
        float(plan.ground.walk_m[row]) for row, _, count, _ in plan.homes for _ in range(count)
    )
    reached = [one for one in walks if math.isfinite(one)]
    households = sum(count for _, _, count, _ in plan.homes)
    answered = sum(each for _, _, _, each in plan.homes)
    buildings = plan.ground.buildings
    units = int(buildings.units.sum())
    named = [bool(plan.state.grids[key].branch_name) for key in plan.keys]
    return {
        "branch": 100 * statistics.fmean(named),
        "units_answered": 100 * int(buildings.units_answered.sum()) / units if units else math.nan,
        "households_answered": 100 * answered / households if households else math.nan,
        "unreachable": float(len(walks) - len(reached)),
        "walk_mean": statistics.fmean(reached) if reached else math.nan,
        "walk_p95": walks[math.ceil(0.95 * len(walks) - 1e-9) - 1] if walks else math.nan,
    }
