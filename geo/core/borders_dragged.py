"""Dragging a border that cells share: everything that meets there moves with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geo.core.cells import outlines
from geo.core.coverage import LocalPlane
from geo.core.drafts import Refusal
from geo.core.local_metres import metres_per_degree
from geo.core.noding import NOBODY, faces_of, joined, row_at, segments_of
from geo.core.reshaping import REACH_M, SNAP_DEG, redrawn, too_thin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from geo.core.drafts import Changes, PlanState

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]
    Objects = NDArray[np.object_]

AT_VERTEX_M = 0.2
"""How near to a vertex a hand takes hold of it, and not of the border beside it."""

NOISE_M2 = 1e-3
"""Ground that moving may win or lose by rounding."""

_HAND = shapely.Point(0, 0)

Position = tuple[float, float]


class Move(NamedTuple):
    """Where a border is taken hold of, and where it is dragged to: longitudes and latitudes."""

    start: Position
    end: Position


def drag(state: PlanState, moves: Sequence[Move]) -> Changes | Refusal:
    """Drag vertices, or points between them, of borders that cells share.

    All cells that meet there move: on both sides of the border, and at a junction all three.

    Parameters
    ----------
    state
        The draft.
    moves
        All at once. A hand takes hold of a vertex within 20 cm, else of a border within a metre,
        which gets a vertex there. Whoever is dropped within two centimetres of a vertex is on it.

    Returns
    -------
    dict or Refusal
        ``not_on_a_border``; ``on_an_outline`` where the ground of a community ends, for that stays;
        ``cell_folds`` where a cell's outline would cross itself or its neighbour's;
        ``over_another_cell`` (the one that is in the way); ``leaves_community``;
        ``cell_vanishes``. The key is a cell's.
    """
    cells = _Cells.of(state)
    grip = _Grip()
    for move in moves:
        refusal = grip.take(cells, move)
        if refusal is not None:
            return refusal
    rows = np.array(sorted(grip.rows), dtype=np.intp)
    elsewhere = _elsewhere(cells, rows, moves)
    if elsewhere is not None:
        return elsewhere
    made = _moved(cells, rows, grip)
    if isinstance(made, Refusal):
        return made
    return _displaced(cells, rows, made) or _noded(cells, rows, made)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The cells of a draft, and where they are."""

    state: PlanState
    keys: tuple[str, ...]
    polygons: Objects
    tree: Any

    @classmethod
    def of(cls, state: PlanState) -> _Cells:
        keys, polygons = outlines(state.cells)
        return cls(state, keys, polygons, shapely.STRtree(polygons))

    def near(self, point: Any, distance_deg: float) -> Ints:
        """Return rows of the cells near a point."""
        return np.sort(self.tree.query(point, predicate="dwithin", distance=distance_deg))

    def alike(self, rows: Iterable[int]) -> bool:
        """Tell whether cells are of one community."""
        return len({self.state.cells[self.keys[row]].community for row in rows}) == 1


@dataclass(slots=True, eq=False)
class _Grip:
    """What is held: vertices with their new places, new vertices on segments, cells that move."""

    places: dict[Position, Position] = field(default_factory=dict)
    added: dict[tuple[Position, Position], list[tuple[float, Position]]] = field(
        default_factory=dict
    )
    rows: set[int] = field(default_factory=set)

    def take(self, cells: _Cells, move: Move) -> Refusal | None:
        """Take hold of a border where a hand is."""
        hand = shapely.points(move.start)
        degree_m = np.array(metres_per_degree(move.start[1]))
        near = cells.near(hand, REACH_M / degree_m.min())
        if not len(near):
            return Refusal("not_on_a_border", "")
        xy = np.unique(shapely.get_coordinates(cells.polygons[near]), axis=0)
        away_m = np.hypot(*((xy - move.start) * degree_m).T)
        end = _dropped(move.end, cells)
        if away_m.min() <= AT_VERTEX_M:
            return self._take_vertex(cells, _position(xy[away_m.argmin()]), end)
        found = segments_of(cells.polygons[near])
        flat = (found.ends.reshape(-1, 2, 2) - move.start) * degree_m
        lines = np.asarray(shapely.linestrings(flat), dtype=object)
        at = int(np.argmin(shapely.distance(lines, _HAND)))
        if shapely.distance(lines[at], _HAND) > REACH_M:
            return Refusal("not_on_a_border", "")
        sides = [int(near[row]) for row in (found.left[at], found.right[at]) if row != NOBODY]
        along = float(shapely.line_locate_point(lines[at], _HAND))
        return self._take_segment(cells, found.ends[at], sides, (along, end))

    def _take_vertex(self, cells: _Cells, vertex: Position, end: Position) -> Refusal | None:
        point = shapely.points(vertex)
        here = cells.near(point, 0.0)
        around = shapely.coverage_union_all(cells.polygons[here])
        if not (cells.alike(here) and shapely.contains_properly(around, point)):
            return Refusal("on_an_outline", cells.keys[here[0]])
        self.places[vertex] = end
        self.rows.update(here.tolist())
        return None

    def _take_segment(
        self, cells: _Cells, ends: Floats, sides: Sequence[int], added: tuple[float, Position]
    ) -> Refusal | None:
        if len(sides) == 1 or not cells.alike(sides):
            return Refusal("on_an_outline", cells.keys[sides[0]])
        self.added.setdefault((_position(ends[:2]), _position(ends[2:])), []).append(added)
        self.rows.update(sides)
        return None

    def ring(self, xy: Floats) -> Floats:
        """Return a ring's vertices as they are after the moves, without repetition."""
        moved: list[Position] = []
        vertices = [_position(one) for one in xy]
        for here, there in pairwise(vertices):
            moved.append(self.places.get(here, here))
            moved.extend(self._between(here, there))
        distinct = [one for at, one in enumerate(moved) if one != moved[at - 1]]
        return np.array(distinct, dtype=float).reshape(-1, 2)

    def _between(self, here: Position, there: Position) -> list[Position]:
        forth = sorted(self.added.get((here, there), []))
        back = sorted(self.added.get((there, here), []), reverse=True)
        return [place for _, place in (*forth, *back)]


def _position(xy: Floats) -> Position:
    return float(xy[0]), float(xy[1])


def _dropped(end: Position, cells: _Cells) -> Position:
    """Return where a hand lets go: on a vertex that is as good as there, else just there."""
    near = cells.polygons[cells.near(shapely.points(end), SNAP_DEG)]
    xy = shapely.get_coordinates(near)
    away = np.hypot(*(xy - end).T)
    return _position(xy[away.argmin()]) if len(xy) and away.min() <= SNAP_DEG else end


def _elsewhere(cells: _Cells, rows: Ints, moves: Sequence[Move]) -> Refusal | None:
    """Return what is in the way of a move that ends on none of the cells that move."""
    for move in moves:
        there = cells.near(shapely.points(move.end), SNAP_DEG)
        if not len(there) or not cells.alike([*there, *rows]):
            return Refusal("leaves_community", cells.keys[rows[0]])
        if not np.isin(there, rows).any():
            return Refusal("over_another_cell", cells.keys[there[0]])
    return None


def _moved(cells: _Cells, rows: Ints, grip: _Grip) -> Objects | Refusal:
    """Return cells after the moves, if each by itself is one still."""
    made = np.empty(len(rows), dtype=object)
    for at, row in enumerate(rows):
        parts = shapely.get_parts(cells.polygons[row])
        rings = [
            [grip.ring(shapely.get_coordinates(ring)) for ring in (part.exterior, *part.interiors)]
            for part in parts
        ]
        if any(len(ring) < 3 for part in rings for ring in part):  # noqa: PLR2004 - a triangle
            return Refusal("cell_vanishes", cells.keys[row])
        made[at] = shapely.multipolygons([shapely.Polygon(part[0], part[1:]) for part in rings])
        if not shapely.is_valid(made[at]) or _turned(made[at].geoms, parts):
            return Refusal("cell_folds", cells.keys[row])
        if too_thin(made[at]):
            return Refusal("cell_vanishes", cells.keys[row])
    return made


def _turned(parts: Iterable[Any], before: Iterable[Any]) -> bool:
    """Tell whether an outline has been turned inside out."""
    return any(
        shapely.is_ccw(one.exterior) != shapely.is_ccw(other.exterior)
        for one, other in zip(parts, before, strict=True)
    )


def _displaced(cells: _Cells, rows: Ints, made: Objects) -> Refusal | None:
    """Return why moved cells don't have together the ground that they had, if they don't."""
    plane = LocalPlane.of(cells.polygons[rows], degrees=True)
    before, after = shapely.union_all(cells.polygons[rows]), shapely.union_all(made)
    more = shapely.difference(after, before)
    if _area_m2(plane, more) > NOISE_M2:
        others = np.setdiff1d(cells.tree.query(more, predicate="intersects"), rows)
        common = _area_m2(plane, shapely.intersection(cells.polygons[others], more))
        if len(others) and common.max() > NOISE_M2:
            return Refusal("over_another_cell", cells.keys[others[common.argmax()]])
        return Refusal("leaves_community", cells.keys[rows[0]])
    twice = _area_m2(plane, made).sum() - _area_m2(plane, after)
    lost = _area_m2(plane, before) - _area_m2(plane, after)
    return Refusal("cell_folds", cells.keys[rows[0]]) if max(twice, lost) > NOISE_M2 else None


def _area_m2(plane: LocalPlane, geometry: Any) -> Any:
    return shapely.area(plane.flatten(geometry))


def _noded(cells: _Cells, rows: Ints, made: Objects) -> Changes | Refusal:
    """Return the changes; where a border was dropped upon another, both get the vertex."""
    around = np.setdiff1d(cells.tree.query(made, predicate="intersects")[1], rows)
    keys = [cells.keys[row] for row in (*rows, *around)]
    polygons = np.concatenate([made, cells.polygons[around]])
    if not shapely.coverage_is_valid(polygons):
        faces = faces_of(segments_of(polygons).ends)
        cell = row_at(polygons, shapely.point_on_surface(faces))
        faces, cell = faces[cell != NOBODY], cell[cell != NOBODY]
        if len(np.unique(cell)) < len(polygons):
            return Refusal("cell_vanishes", keys[0])
        polygons = joined(faces, cell, shapely.get_coordinates(polygons))
    if not (shapely.coverage_is_valid(polygons) and shapely.is_valid(polygons).all()):
        return Refusal("cell_folds", keys[0])
    return redrawn(cells.state, dict(zip(keys, polygons, strict=True)))
