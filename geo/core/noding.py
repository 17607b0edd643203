"""Arrangements: lines cut wherever they meet, the faces between them, and faces joined again.

Everything that changes the shape of cells goes this way: all outlines concerned are noded together,
so that two neighbours can't get two different vertices where one line meets
their border; what is not needed is taken out again for both. Coordinates are those of the input,
degrees in general; only vertices that a crossing makes are new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.core.borders import NOBODY
from geo.core.boundary import boundary_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]
    Objects = NDArray[np.object_]

STRAIGHT_DEG = 1e-11
"""How far from a straight line a vertex lies upon it: a micrometre, a hundred times the rounding
of a crossing and less than any vertex that somebody set."""


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Straight pieces of outlines, each seen once, in the order of their coordinates.

    Parameters
    ----------
    ends
        (s, 4) the end that comes first by x and then by y, and the other.
    left, right
        (s,) two polygons that the segment bounds, the smaller row first; ``right`` is
        :data:`NOBODY` where there is one alone.
    """

    ends: Floats
    left: Ints
    right: Ints


def segments_of(polygons: Objects) -> Segments:
    """Return the segments of polygons with their rows.

    Of more than two polygons on one segment, which are no coverage, the first and last are told.

    Examples
    --------
    >>> halves = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> found = segments_of(halves)
    >>> len(found.ends), found.right.tolist().count(NOBODY)
    (7, 6)
    >>> len(segments_of(np.array([], dtype=object)).ends)
    0
    """
    boundary = boundary_of(np.asarray(polygons, dtype=object))
    start, owner = boundary.start, boundary.owner.astype(np.intp)
    here = np.column_stack([boundary.x[start], boundary.y[start]])
    there = np.column_stack([boundary.x[start + 1], boundary.y[start + 1]])
    ends, which = unique_rows(_forward(np.hstack([here, there])))
    left = np.full(len(ends), len(polygons), dtype=np.intp)
    right = np.full(len(ends), NOBODY, dtype=np.intp)
    np.minimum.at(left, which, owner)
    np.maximum.at(right, which, owner)
    return Segments(ends, left, np.where(right == left, NOBODY, right))


def _forward(ends: Floats) -> Floats:
    """Put the ends of segments into the order of their coordinates."""
    here, there = ends[:, :2], ends[:, 2:]
    back = (here[:, 0] > there[:, 0]) | ((here[:, 0] == there[:, 0]) & (here[:, 1] > there[:, 1]))
    swapped = back[:, None]
    return np.hstack([np.where(swapped, there, here), np.where(swapped, here, there)])


def unique_rows(rows: Floats) -> tuple[Floats, Ints]:
    """Return the different rows in order, and which of them each row is.

    Examples
    --------
    >>> rows, which = unique_rows(np.array([[2.0, 0.0], [1.0, 0.0], [2.0, 0.0]]))
    >>> rows.tolist(), which.tolist()
    ([[1.0, 0.0], [2.0, 0.0]], [1, 0, 1])
    """
    rows = np.add(rows, 0.0)  # there is one nought only
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    which = np.empty(len(rows), dtype=np.intp)
    which[order] = np.cumsum(fresh) - 1
    return ordered[fresh], which


def lines_of(ends: Floats) -> Objects:
    """Return segments as lines.

    Examples
    --------
    >>> lines_of(np.array([[0.0, 0.0, 1.0, 0.0]]))[0].length, len(lines_of(np.empty((0, 4))))
    (1.0, 0)
    """
    return np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2)), dtype=object)


def faces_of(*ends: Floats) -> Objects:
    """Cut segments wherever they meet, and return the faces between them, in a fixed order.

    Vertices within :data:`STRAIGHT_DEG` of each other become one: that of the segments named first.

    Examples
    --------
    >>> square = segments_of(np.array([shapely.box(0, 0, 2, 2)])).ends
    >>> [face.area for face in faces_of(square, np.array([[0.0, 0.0, 2.0, 2.0]]))]
    [2.0, 2.0]
    >>> faces_of(np.empty((0, 4))).size
    0
    """
    given = np.vstack(ends)
    found = _noded(unique_rows(given)[0])
    tidy = _passing_through(_merged(found, given.reshape(-1, 2)))
    if not np.array_equal(tidy, _distinct(found)):
        found = _noded(tidy)
    faces = shapely.polygonize(lines_of(found))
    parts: Objects = shapely.normalize(shapely.get_parts(faces))
    return in_place(parts)


def _noded(ends: Floats) -> Floats:
    """Cut segments where they meet; where plain noding doesn't come to an end, as overlays do."""
    lines = shapely.multilinestrings(lines_of(ends))
    try:
        parts = shapely.get_parts(shapely.node(lines))
    except shapely.GEOSException:
        parts = shapely.get_parts(shapely.union_all(lines))
    xy, line = shapely.get_coordinates(parts, return_index=True)
    onward = line[1:] == line[:-1]
    return np.hstack([xy[:-1][onward], xy[1:][onward]])


def _merged(ends: Floats, given: Floats) -> Floats:
    """Make vertices one that are the same but for rounding: the one that was given first."""
    _, first = np.unique(unique_rows(given)[1], return_index=True)
    ranked = np.vstack([given[np.sort(first)], ends.reshape(-1, 2)])
    vertices, which = unique_rows(ranked)
    pairs = cKDTree(vertices).query_pairs(STRAIGHT_DEG, output_type="ndarray")
    group = connected(len(vertices), pairs[:, 0], pairs[:, 1])
    rank = np.full(len(vertices), len(ranked))
    np.minimum.at(rank, which, np.arange(len(ranked)))
    chosen = np.full(len(vertices), len(ranked))
    np.minimum.at(chosen, group, rank)
    return _distinct(ranked[chosen[group]][which[-2 * len(ends) :]].reshape(-1, 4))


def _passing_through(ends: Floats) -> Floats:
    """Let segments pass through vertices that lie on them but for rounding."""
    vertices = unique_rows(ends.reshape(-1, 2))[0]
    tree = shapely.STRtree(lines_of(ends))
    vertex, row = tree.query(shapely.points(vertices), predicate="dwithin", distance=STRAIGHT_DEG)
    inside = (vertices[vertex] != ends[row, :2]).any(axis=1)
    inside &= (vertices[vertex] != ends[row, 2:]).any(axis=1)
    vertex, row = vertex[inside], row[inside]
    if not len(row):
        return ends
    along = ((vertices[vertex] - ends[row, :2]) * (ends[row, 2:] - ends[row, :2])).sum(axis=1)
    order = np.lexsort([along, row])
    broken, chains = np.unique(row), []
    for one, points in zip(
        broken,
        np.split(vertices[vertex[order]], np.cumsum(np.bincount(row)[broken])[:-1]),
        strict=True,
    ):
        chain = np.vstack([ends[one, :2], points, ends[one, 2:]])
        chains.append(np.hstack([chain[:-1], chain[1:]]))
    return _distinct(np.vstack([np.delete(ends, broken, axis=0), *chains]))


def _distinct(ends: Floats) -> Floats:
    """Return segments that have a length, each once and forward."""
    return unique_rows(_forward(ends[(ends[:, :2] != ends[:, 2:]).any(axis=1)]))[0]


def in_place(polygons: Objects) -> Objects:
    """Return polygons by where they are: from the west, then from the south, smaller ones first."""
    west, south, _, _ = shapely.bounds(polygons).T
    return polygons[np.lexsort([shapely.area(polygons), south, west])]


def row_at(polygons: Objects, points: Objects) -> Ints:
    """Return for points the first polygon that contains each, or :data:`NOBODY`.

    Examples
    --------
    >>> row_at(np.array([shapely.box(0, 0, 1, 1)]), np.array([shapely.Point(2, 2)])).tolist()
    [-1]
    """
    found = np.full(len(points), len(polygons), dtype=np.intp)
    row, point = shapely.STRtree(points).query(polygons, predicate="intersects")
    np.minimum.at(found, point, row)
    return np.where(found == len(polygons), NOBODY, found)


def connected(count: int, first: Ints, second: Ints) -> Ints:
    """Return for every row the number of the piece that it is in, by pairs of rows that touch.

    Examples
    --------
    >>> connected(3, np.array([0]), np.array([2])).tolist()
    [0, 1, 0]
    """
    links = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.intp)


def joined(faces: Objects, labels: Ints, protected: Floats) -> Objects:
    """Join the faces of every label, and take out vertices that joining left without a purpose.

    Parameters
    ----------
    faces
        (n,) an arrangement's.
    labels
        (n,) from 0, without omissions.
    protected
        (v, 2) vertices that stay.

    Returns
    -------
    ndarray
        A polygon or multipolygon for every label. They share all vertices of their borders.

    Examples
    --------
    >>> halves = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> corners = shapely.get_coordinates(shapely.box(0, 0, 2, 1))
    >>> whole = joined(halves, np.array([0, 0]), corners)
    >>> whole[0].area, shapely.get_num_coordinates(whole).tolist()
    (2.0, [5])
    """
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    groups = np.split(faces[order], starts[1:])
    unions = [one[0] if len(one) == 1 else shapely.coverage_union_all(one) for one in groups]
    whole = np.empty(len(unions), dtype=object)
    whole[:] = unions
    needless = _purposeless(faces, labels, protected)
    if not len(needless):
        return whole
    lean = _without(whole, needless)
    return lean if shapely.coverage_is_valid(lean) and shapely.is_valid(lean).all() else whole


def _purposeless(faces: Objects, labels: Ints, protected: Floats) -> Floats:
    """Return vertices at which two segments of borders meet, and that nobody set."""
    found = segments_of(faces)
    inner = found.right != NOBODY
    border = ~inner | (labels[found.left] != labels[np.where(inner, found.right, 0)])
    ends = found.ends[border].reshape(-1, 2)
    vertices, which = unique_rows(np.vstack([ends, protected]))
    degree = np.bincount(which[: len(ends)], minlength=len(vertices))
    kept = np.zeros(len(vertices), dtype=bool)
    kept[which[len(ends) :]] = True
    needless: Floats = vertices[(degree == 2) & ~kept]  # noqa: PLR2004 - one segment comes, one goes
    return needless


def _without(polygons: Objects, vertices: Floats) -> Objects:
    """Take vertices out of polygons where these run straight on."""
    coordinates = shapely.get_coordinates(polygons)
    _, which = unique_rows(np.vstack([vertices, coordinates]))
    listed = np.zeros(len(which), dtype=bool)
    listed[which[: len(vertices)]] = True
    candidate = listed[which[len(vertices) :]]
    touched = np.unique(shapely.get_coordinates(polygons, return_index=True)[1][candidate])
    lean = polygons.copy()
    known = {tuple(vertex) for vertex in vertices.tolist()}
    for row in touched:
        lean[row] = _lean(polygons[row], known)
    return lean


def _lean(polygon: Any, needless: set[tuple[float, ...]]) -> Any:
    parts = [
        shapely.Polygon(
            _straightened(part.exterior, needless),
            [_straightened(hole, needless) for hole in part.interiors],
        )
        for part in shapely.get_parts(polygon)
    ]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _straightened(ring: Any, needless: set[tuple[float, ...]]) -> Any:
    xy = shapely.get_coordinates(ring)[:-1]
    candidate = np.fromiter((tuple(one) in needless for one in xy.tolist()), bool, len(xy))
    fixed = np.flatnonzero(~candidate)
    if not candidate.any() or len(fixed) < 2:  # noqa: PLR2004 - a line has two ends
        return ring
    at = np.flatnonzero(candidate)
    after = np.searchsorted(fixed, at)
    start, end = xy[fixed[after - 1]], xy[fixed[after % len(fixed)]]
    keep = np.ones(len(xy), dtype=bool)
    keep[at[_off_line(xy[at], start, end) <= STRAIGHT_DEG]] = False
    left = xy[keep]
    return shapely.linearrings(left) if len(left) > 2 else ring  # noqa: PLR2004 - a triangle


def _off_line(points: Floats, start: Floats, end: Floats) -> Floats:
    """Return how far points lie from the lines through two others."""
    along, off = end - start, points - start
    length = np.hypot(along[:, 0], along[:, 1])
    cross = np.abs(along[:, 0] * off[:, 1] - along[:, 1] * off[:, 0])
    return np.where(length > 0, cross / np.where(length > 0, length, 1.0), np.inf)


def same_outline(one: Any, other: Any) -> bool:
    """Tell whether two polygons have the same vertices in the same rings, wherever these begin.

    Examples
    --------
    >>> same_outline(shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1, ccw=False))
    True
    """
    return bool(shapely.equals_identical(*(_standard(polygon) for polygon in (one, other))))


def _standard(polygon: Any) -> Any:
    return shapely.normalize(shapely.multipolygons(shapely.get_parts(polygon)))


__all__ = [
    "NOBODY",
    "STRAIGHT_DEG",
    "Segments",
    "connected",
    "faces_of",
    "in_place",
    "joined",
    "lines_of",
    "row_at",
    "same_outline",
    "segments_of",
    "unique_rows",
]
