"""Clear boundaries (边界清晰): boundaries that people can see, compact grids, nothing cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geo.core.boundary_use import features_of, followed_m, segments_of
from geo.core.compactness import hull_ratio, polsby_popper, reock
from geo.core.scorecard_plan import grid_spots
from geo.core.scorecard_terms import Found, Spot
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from geo.core.ground import Ground
    from geo.core.scorecard_plan import ScoredPlan
    from geo.core.scorecard_terms import Thresholds

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

NODING_M = 0.001
"""Vertices of neighbours this near are one."""

ON_OUTLINE_M = 0.1
"""A boundary this near to a community's outline is that outline: 0.1 m is what surveys allow."""

TOLD_M = 20.0
"""Shorter stretches that follow nothing are no place to go to."""

CUT_M2 = 1.0
CUT_SHARE = 0.01

HUNDRED = 100.0


class Borders(NamedTuple):
    """Boundaries inside communities as straight pieces, each once.

    Parameters
    ----------
    pieces
        x1, y1, x2, y2 in metres (n, 4).
    length_m
        How long each is (n,).
    piece, grid
        Which pieces bound which grid: rows, pair by pair.
    """

    pieces: Floats
    length_m: Floats
    piece: Ints
    grid: Ints


def clear_measures(plan: ScoredPlan, ground: Ground, thresholds: Thresholds) -> dict[str, Found]:
    """Measure how clear the boundaries of a plan are."""
    borders = inner_borders(plan, ground)
    return {
        "boundary_followed": _followed(plan, ground, borders, thresholds),
        "polsby_popper": _compact(plan, polsby_popper, thresholds.polsby_popper_min),
        "reock": _compact(plan, reock, thresholds.reock_min),
        "hull": _compact(plan, hull_ratio, thresholds.hull_min),
        "pieces": _pieces(plan),
        "buildings_cut": _buildings_cut(plan, ground),
        "compounds_cut": _compounds_cut(plan, ground),
    }


def inner_borders(plan: ScoredPlan, ground: Ground) -> Borders:
    """Return the boundaries of a plan without those that are a community's outline."""
    rims = shapely.boundary(np.array([one.area for one in ground.communities], dtype=object))
    lines = shapely.boundary(plan.outlines)
    noded = shapely.union_all(np.concatenate([lines, rims]), grid_size=NODING_M)
    pieces = segments_of(np.array([noded], dtype=object))
    middle = np.asarray(shapely.points((pieces[:, :2] + pieces[:, 2:]) / 2))
    own = _near(middle, rims, ON_OUTLINE_M)[0]
    inner = np.setdiff1d(np.arange(len(pieces)), own)
    pieces, middle = pieces[inner], middle[inner]
    piece, grid = _near(middle, lines, 2 * NODING_M)
    bounding = np.unique(piece)
    renumbered = np.searchsorted(bounding, piece)
    pieces = pieces[bounding]
    length_m = np.hypot(pieces[:, 2] - pieces[:, 0], pieces[:, 3] - pieces[:, 1])
    return Borders(pieces, length_m, renumbered, grid)


def _near(points: Shapes, lines: Shapes, distance_m: float) -> tuple[Ints, Ints]:
    """Return the points and the lines that are within a distance of each other, pair by pair."""
    segments, line = _short(lines)
    if len(segments) == 0 or len(points) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    tree = shapely.STRtree(segments)
    point, segment = tree.query(points, predicate="dwithin", distance=distance_m)
    pairs = np.unique(np.column_stack([point, line[segment]]), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _short(lines: Shapes) -> tuple[Shapes, Ints]:
    """Return lines as straight pieces, and the row of the line that each is of."""
    parts, part_of = shapely.get_parts(lines, return_index=True)
    parts, row = shapely.get_parts(parts, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    follows = np.flatnonzero(part[1:] == part[:-1])
    pieces = shapely.linestrings(np.stack([xy[follows], xy[follows + 1]], axis=1))
    return np.asarray(pieces), part_of[row[part[follows]]]


def _followed(plan: ScoredPlan, ground: Ground, borders: Borders, thresholds: Thresholds) -> Found:
    followed = followed_m(
        features_of(ground),
        borders.pieces,
        tolerance_m=thresholds.boundary_tolerance_m,
        angle_deg=thresholds.boundary_angle_deg,
    )
    count = len(plan.keys)
    along, whole = np.zeros(count), np.zeros(count)
    np.add.at(along, borders.grid, followed[borders.piece])
    np.add.at(whole, borders.grid, borders.length_m[borders.piece])
    return Found(
        _pct(followed.sum(), borders.length_m.sum()),
        _pcts(along, whole),
        tuple(_unseen(plan, borders, followed)),
    )


def _unseen(plan: ScoredPlan, borders: Borders, followed: Floats) -> Iterator[Spot]:
    """Yield the stretches that follow nothing, joined where they meet."""
    left = borders.length_m - followed
    bare = np.flatnonzero(left > borders.length_m / 2)
    lines = np.asarray(shapely.linestrings(borders.pieces[bare].reshape(-1, 2, 2)))
    joined = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    if len(bare) == 0:
        return
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    place = shapely.STRtree(joined).query_nearest(middle, all_matches=False)[1]
    amount = np.bincount(place, left[bare], minlength=len(joined))
    order = np.argsort(borders.piece, kind="stable")
    piece, grid = borders.piece[order], borders.grid[order]
    for row in np.flatnonzero(amount >= TOLD_M):
        mine = np.isin(piece, bare[place == row])
        keys = tuple(plan.keys[one] for one in np.unique(grid[mine]))
        text = msg("%(length_m)s m of boundary follow nothing", length_m=round(float(amount[row])))
        yield Spot(text, keys, joined[row], float(amount[row]))


def _compact(plan: ScoredPlan, measure: Callable[[Shapes], Floats], least: float) -> Found:
    values = measure(plan.outlines)
    known = values[~np.isnan(values)]
    spots = grid_spots(
        plan,
        values < least,
        least - values,
        lambda row: msg("compactness %(value)s", value=f"{values[row]:.2f}"),
    )
    return Found(float(known.mean()) if len(known) else np.nan, values, spots)


def _pieces(plan: ScoredPlan) -> Found:
    """Count pieces that touch at most at a point: what isn't connected is not one grid."""
    counts = shapely.get_num_geometries(plan.outlines)
    drawn = ~shapely.is_empty(plan.outlines)
    extra = np.where(drawn, np.maximum(counts - 1, 0), np.nan).astype(float)
    spots = []
    for row in np.flatnonzero(extra > 0):
        parts = shapely.get_parts(plan.outlines[row])
        areas = shapely.area(parts)
        for part in np.flatnonzero(np.arange(len(parts)) != np.argmax(areas)):
            text = msg("a piece of %(area_m2)s m² apart", area_m2=round(float(areas[part])))
            spots.append(Spot(text, (plan.keys[row],), parts[part], float(areas[part])))
    return Found(float((extra > 0).sum()), extra, tuple(spots))


def _buildings_cut(plan: ScoredPlan, ground: Ground) -> Found:
    footprints = ground.buildings.footprints
    lines = shapely.boundary(plan.outlines)
    near = np.unique(shapely.STRtree(footprints).query(lines, predicate="intersects")[1])
    building, grid = _shares(footprints[near], plan.outlines, lambda _: CUT_M2)
    spots = tuple(
        Spot(
            msg("building %(code)s", code=ground.buildings.codes[near[row]]),
            tuple(plan.keys[one] for one in grid[building == row]),
            footprints[near[row]],
            float(ground.buildings.households[near[row]]),
        )
        for row in np.unique(building)
    )
    return Found(float(len(spots)), _counted(plan, grid), spots)


def _compounds_cut(plan: ScoredPlan, ground: Ground) -> Found:
    areas = np.array([one.area for one in ground.compounds], dtype=object)
    outlines = plan.outlines.copy()
    outlines[~plan.general] = shapely.MultiPolygon()
    compound, grid = _shares(areas, outlines, lambda area_m2: CUT_SHARE * area_m2)
    spots = tuple(
        Spot(
            msg("compound %(name)s", name=ground.compounds[row].name),
            tuple(plan.keys[one] for one in grid[compound == row]),
            areas[row],
            float(areas[row].area),
        )
        for row in np.unique(compound)
    )
    return Found(float(len(spots)), _counted(plan, grid), spots)


def _shares(
    shapes: Shapes, outlines: Shapes, least_m2: Callable[[Floats], Floats | float]
) -> tuple[Ints, Ints]:
    """Return which shapes are shared by several grids, and those grids, pair by pair."""
    grid, shape = shapely.STRtree(shapes).query(outlines, predicate="intersects")
    common = shapely.area(shapely.intersection(shapes[shape], outlines[grid]))
    held = common >= np.maximum(least_m2(shapely.area(shapes[shape])), np.finfo(float).tiny)
    shape, grid = shape[held], grid[held]
    several = np.bincount(shape, minlength=len(shapes))[shape] > 1
    order = np.lexsort((grid[several], shape[several]))
    return shape[several][order], grid[several][order]


def _counted(plan: ScoredPlan, grid: Ints) -> Floats:
    drawn = ~shapely.is_empty(plan.outlines)
    return np.where(drawn, np.bincount(grid, minlength=len(plan.keys)), np.nan)


def _pct(part: float, whole: float) -> float:
    return HUNDRED * float(part) / float(whole) if whole > 0 else np.nan


def _pcts(part: Floats, whole: Floats) -> Floats:
    found = np.full(len(whole), np.nan)
    return np.asarray(np.divide(HUNDRED * part, whole, out=found, where=whole > 0))


__all__ = ["Borders", "clear_measures", "inner_borders"]
