"""Whether a plan can be published (发布前检查): what forbids it, and what is worth a look.

What was so before is told and forbids nothing: a grid on both banks of a river stays what it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely

from geo.core.coverage import TOLERANCE_M, mean_width_m
from geo.core.effects import Layout, grids_at, own_ground
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import MultiPolygon, Polygon
    from shapely.geometry.base import BaseGeometry

    from geo.core.drafts import PlanState

SHARE_AN_AREA = "2********"
"""DE-9IM: interiors that meet in an area."""

PIECE_M = 1.0
"""What is on average narrower is no piece of a grid, but two sources that differ."""


class PlanFinding(NamedTuple):
    """Something about a plan.

    Parameters
    ----------
    severity
        ``error`` where it forbids publishing, else ``warning``.
    reason
        A name: ``base_superseded``, ``unassigned``, ``empty_grid``, ``in_pieces``,
        ``other_community``, ``gap``, ``overlap``, ``building_without_grid``, ``code_taken``,
        ``code_retired``, ``households_few``, ``households_many``, ``compound_cut`` or
        ``no_branch``.
    key
        Of the grid, cell, community, compound or building that it is about.
    message
        In words.
    at
        Longitude and latitude in degrees, where it has a place.
    """

    severity: Literal["error", "warning"]
    reason: str
    key: str
    message: Message
    at: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a plan is drawn.

    Parameters
    ----------
    communities
        Areas by code, WGS 84.
    building_codes, building_sites
        Row by row; sites (n, 2) in degrees.
    codes_used
        Every code that a generation has given, with the keys of the grids that had it.
    """

    communities: Mapping[str, Polygon | MultiPolygon]
    building_codes: Sequence[str]
    building_sites: NDArray[np.float64]
    codes_used: Mapping[str, Collection[str]]


class Bounds(NamedTuple):
    """How many households a general grid is to have; what lies outside is a warning."""

    least: int
    most: int


def plan_findings(
    state: PlanState,
    before: Layout,
    after: Layout,
    place: Place,
) -> list[PlanFinding]:
    """Return what is wrong with a plan's ground and its codes, errors first.

    Parameters
    ----------
    state
        The plan.
    before
        The generation that it follows.
    after
        The plan's grids and their ground.
    place
        Where it is drawn.

    Examples
    --------
    >>> from geo.core.drafts import Cell, PlanState
    >>> square = shapely.box(114, 27, 114.01, 27.01)
    >>> state = PlanState.of({"a": Cell(square.wkb_hex, "9")}, {}, {})
    >>> place = Place({"9": square}, (), np.empty((0, 2)), {})
    >>> nothing = Layout({}, {})
    >>> [one.reason for one in plan_findings(state, nothing, nothing, place)]
    ['unassigned', 'gap']
    >>> nowhere = Place({}, (), np.empty((0, 2)), {})
    >>> plan_findings(PlanState.of({}, {}, {}), nothing, nothing, nowhere)
    []
    """
    found = [
        *_unassigned(state),
        *_foreign(state),
        *_empty(state),
        *_overlaps(after),
        *_gaps(after, place.communities),
        *_pieces(before, after),
        *_homeless(before, after, place),
        *_codes(state, place.codes_used),
        *_compounds(state),
        *_without_branch(state),
    ]
    return sorted(found, key=lambda one: one.severity)


def size_findings(
    layout: Layout, households: Mapping[str, int], bounds: Bounds
) -> list[PlanFinding]:
    """Return which general grids have too few or too many households.

    Parameters
    ----------
    layout
        The plan's grids.
    households
        By grid.
    bounds
        Within which they should be.

    Examples
    --------
    >>> size_findings(Layout({}, {}), {}, Bounds(300, 500))
    []
    """
    found = []
    for key in _by_code(layout):
        grid, count = layout.grids[key], households.get(key, 0)
        if grid.kind != "general" or bounds.least <= count <= bounds.most:
            continue
        few = count < bounds.least
        text = (
            msg(
                "%(grid)s has %(count)s households, fewer than %(least)s.",
                grid=grid.called,
                count=count,
                least=bounds.least,
            )
            if few
            else msg(
                "%(grid)s has %(count)s households, more than %(most)s.",
                grid=grid.called,
                count=count,
                most=bounds.most,
            )
        )
        reason = "households_few" if few else "households_many"
        found.append(PlanFinding("warning", reason, key, text, _inside(layout.polygons.get(key))))
    return found


def _unassigned(state: PlanState) -> Iterator[PlanFinding]:
    for key in sorted(state.cells.keys() - state.owners.keys()):
        cell = state.cells[key]
        text = msg("Cell %(cell)s belongs to no grid.", cell=key)
        yield PlanFinding("error", "unassigned", key, text, _inside(shapely.from_wkb(cell.wkb)))


def _foreign(state: PlanState) -> Iterator[PlanFinding]:
    for key, owner in sorted(state.owners.items()):
        cell, grid = state.cells[key], state.grids[owner]
        if cell.community != grid.community:
            text = msg(
                "Cell %(cell)s of community %(community)s is in %(grid)s, a grid of another one.",
                cell=key,
                community=cell.community,
                grid=grid.called,
            )
            at = _inside(shapely.from_wkb(cell.wkb))
            yield PlanFinding("error", "other_community", key, text, at)


def _empty(state: PlanState) -> Iterator[PlanFinding]:
    for key, cells in state.members().items():
        if not cells:
            called = state.grids[key].called
            text = msg("%(grid)s has no ground: retire it, or give it some.", grid=called)
            yield PlanFinding("error", "empty_grid", key, text)


def _overlaps(after: Layout) -> Iterator[PlanFinding]:
    keys = _by_code(after)
    polygons = np.array([after.polygons[key] for key in keys], dtype=object)
    if not keys:
        return
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    sharing = shapely.relate_pattern(polygons[one], polygons[other], SHARE_AN_AREA)
    for first, second in zip(one[sharing].tolist(), other[sharing].tolist(), strict=True):
        common = shapely.intersection(polygons[first], polygons[second])
        text = msg(
            "%(first)s and %(second)s overlap.",
            first=after.grids[keys[first]].called,
            second=after.grids[keys[second]].called,
        )
        yield PlanFinding("error", "overlap", keys[first], text, _inside(common))


def _gaps(
    after: Layout, communities: Mapping[str, Polygon | MultiPolygon]
) -> Iterator[PlanFinding]:
    by_community = defaultdict(list)
    for key, polygon in after.polygons.items():
        by_community[after.grids[key].community].append(polygon)
    for code, area in sorted(communities.items()):
        covered = shapely.union_all(by_community[code])
        for part in shapely.get_parts(shapely.difference(area, covered)):
            if mean_width_m(part) > TOLERANCE_M:
                text = msg("No grid covers a part of community %(code)s.", code=code)
                yield PlanFinding("error", "gap", code, text, _inside(part))


def _pieces(before: Layout, after: Layout) -> Iterator[PlanFinding]:
    grounds = own_ground(before)
    for key in _by_code(after):
        count = len(shapely.get_parts(after.polygons[key]))
        if count == 1:
            continue
        had = sum(mean_width_m(part) > PIECE_M for part in shapely.get_parts(grounds.get(key)))
        called = after.grids[key].called
        at = _inside(min(shapely.get_parts(after.polygons[key]), key=shapely.area))
        if count <= had:
            text = msg("%(grid)s is in %(count)s pieces, as before.", grid=called, count=count)
            yield PlanFinding("warning", "in_pieces", key, text, at)
        else:
            text = msg("%(grid)s is in %(count)s pieces.", grid=called, count=count)
            yield PlanFinding("error", "in_pieces", key, text, at)


def _homeless(before: Layout, after: Layout, place: Place) -> Iterator[PlanFinding]:
    goes = grids_at(after, place.building_sites)
    lost = [row for row, grid in enumerate(goes) if grid is None]
    had = grids_at(before, place.building_sites[lost])
    for row, was in zip(lost, had, strict=True):
        lon, lat = place.building_sites[row].tolist()
        code = place.building_codes[row]
        text = msg("Building %(code)s lies in no grid.", code=code)
        severity: Literal["error", "warning"] = "warning" if was is None else "error"
        yield PlanFinding(severity, "building_without_grid", code, text, (lon, lat))


def _codes(state: PlanState, used: Mapping[str, Collection[str]]) -> Iterator[PlanFinding]:
    times = Counter(grid.code for grid in state.grids.values())
    for key, grid in sorted(state.grids.items(), key=lambda pair: (pair[1].code, pair[0])):
        if times[grid.code] > 1:
            text = msg("Several grids have the code %(code)s.", code=grid.code)
            yield PlanFinding("error", "code_taken", key, text)
        if set(used.get(grid.code, ())) - {key}:
            text = msg(
                "The code %(code)s was another grid's: it is not used again.", code=grid.code
            )
            yield PlanFinding("error", "code_retired", key, text)


def _compounds(state: PlanState) -> Iterator[PlanFinding]:
    grids = defaultdict(set)
    for key, cell in state.cells.items():
        if cell.compound and state.owner(key):
            grids[cell.compound].add(state.owner(key))
    for compound, owners in sorted(grids.items()):
        if len(owners) > 1:
            text = msg(
                "Compound %(compound)s is divided among %(count)s grids.",
                compound=compound,
                count=len(owners),
            )
            yield PlanFinding("warning", "compound_cut", compound, text)


def _without_branch(state: PlanState) -> Iterator[PlanFinding]:
    for key, grid in sorted(state.grids.items(), key=lambda pair: (pair[1].code, pair[0])):
        if not grid.branch_name:
            text = msg("%(grid)s has no party branch.", grid=grid.called)
            yield PlanFinding("warning", "no_branch", key, text)


def _by_code(layout: Layout) -> list[str]:
    return sorted(layout.polygons, key=lambda key: (layout.grids[key].code, key))


def _inside(geometry: BaseGeometry | None) -> tuple[float, float] | None:
    if geometry is None or geometry.is_empty:
        return None
    point = shapely.point_on_surface(geometry)
    return point.x, point.y


__all__ = ["Bounds", "Place", "PlanFinding", "plan_findings", "size_findings"]
