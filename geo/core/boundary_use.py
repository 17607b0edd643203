"""How much of a boundary follows roads, railways and rivers (边界清晰): what people can see.

A boundary follows a line wherever it is within a tolerance of it and turns away from it by no more
than an angle. Inside water it follows the water wherever it runs along the nearest bank, however
wide the water is: a boundary across a river does not follow it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.ground import Ground

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What boundaries may follow.

    Parameters
    ----------
    segments
        Roads, railways and banks as straight pieces: x1, y1, x2, y2 in metres (n, 4).
    banks
        Those of them that are banks, in the order of ``segments`` (k, 4).
    waters
        Surfaces of water (w,).
    """

    segments: Floats
    banks: Floats
    waters: Shapes


def features_of(ground: Ground) -> Features:
    """Return what boundaries may follow on a ground: every road, railway, river and lake."""
    areal = shapely.get_dimensions(ground.waters.shapes) == 2  # noqa: PLR2004 - surfaces
    waters = ground.waters.shapes[areal]
    banks = segments_of(shapely.boundary(waters))
    lines = segments_of(np.concatenate([ground.roads.lines, ground.waters.shapes[~areal]]))
    return Features(np.concatenate([lines, banks]), banks, waters)


def segments_of(lines: Shapes) -> Floats:
    """Return the straight pieces of lines: x1, y1, x2, y2 (n, 4), none of them without length.

    Examples
    --------
    >>> segments_of(shapely.from_wkt(["LINESTRING (0 0, 1 0, 1 0, 1 2)"])).tolist()
    [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 2.0]]
    >>> segments_of(np.array([], dtype=object)).shape
    (0, 4)
    """
    parts = shapely.get_parts(shapely.get_parts(np.asarray(lines, dtype=object)))
    xy, line = shapely.get_coordinates(parts, return_index=True)
    follows = line[1:] == line[:-1]
    found = np.concatenate([xy[:-1], xy[1:]], axis=1)[follows]
    return np.asarray(found[(found[:, :2] != found[:, 2:]).any(axis=1)])


def followed_m(
    features: Features, pieces: Floats, *, tolerance_m: float, angle_deg: float
) -> Floats:
    """Return how many metres of each straight piece of boundary follow a feature (n,).

    Parameters
    ----------
    features
        Of :func:`features_of`.
    pieces
        x1, y1, x2, y2 in metres (n, 4), each with a length.
    tolerance_m
        How far from a line a boundary that follows it may be.
    angle_deg
        By how much it may turn away.

    Examples
    --------
    >>> road = Features(np.array([[0.0, 0.0, 50.0, 0.0]]), np.empty((0, 4)), np.array([]))
    >>> pieces = np.array([[20.0, 3.0, 80.0, 3.0], [30.0, 0.0, 30.0, 40.0]])
    >>> followed_m(road, pieces, tolerance_m=5, angle_deg=20).tolist()
    [34.0, 0.0]
    >>> followed_m(road, pieces[:0], tolerance_m=5, angle_deg=20).tolist()
    []
    """
    if len(pieces) == 0:
        return np.zeros(0)
    length_m = np.hypot(pieces[:, 2] - pieces[:, 0], pieces[:, 3] - pieces[:, 1])
    along = _beside(features.segments, pieces, length_m, tolerance_m, angle_deg)
    inside = _afloat(features, pieces, length_m, angle_deg)
    piece, begin, end = (np.concatenate(both) for both in zip(along, inside, strict=True))
    return np.minimum(_covered(piece, begin, end, len(pieces)), length_m)


Stretches = tuple["Ints", "Floats", "Floats"]
"""Of which piece, from how far along it, to how far, in metres."""


def _beside(
    segments: Floats, pieces: Floats, length_m: Floats, tolerance_m: float, angle_deg: float
) -> Stretches:
    """Return the stretches of pieces within a tolerance of segments that they run along."""
    nothing = np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
    if len(segments) == 0:
        return nothing
    tree = shapely.STRtree(_lines(segments))
    piece, segment = tree.query(_lines(pieces), predicate="dwithin", distance=tolerance_m)
    parallel = _turn_deg(pieces[piece], segments[segment]) <= angle_deg
    piece, segment = piece[parallel], segment[parallel]
    begin, end = _within(pieces[piece], length_m[piece], segments[segment], tolerance_m)
    held = end > begin
    return piece[held], begin[held], end[held]


def _afloat(features: Features, pieces: Floats, length_m: Floats, angle_deg: float) -> Stretches:
    """Return the stretches of pieces that run along water inside it."""
    nothing = np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
    if len(features.waters) == 0:
        return nothing
    lines = _lines(pieces)
    shapely.prepare(features.waters)
    piece, water = shapely.STRtree(features.waters).query(lines, predicate="intersects")
    wet = shapely.intersection(lines[piece], features.waters[water])
    parts, row = shapely.get_parts(wet, return_index=True)
    drawn = shapely.length(parts) > 0
    parts, row = parts[drawn], row[drawn]
    if len(parts) == 0:
        return nothing
    middle = shapely.line_interpolate_point(parts, 0.5, normalized=True)
    bank = shapely.STRtree(_lines(features.banks)).query_nearest(middle, all_matches=False)[1]
    parallel = _turn_deg(pieces[piece[row]], features.banks[bank]) <= angle_deg
    parts, owner = parts[parallel], piece[row[parallel]]
    ends = [shapely.get_coordinates(shapely.get_point(parts, end)) for end in (0, -1)]
    near, far = (_along(pieces[owner], length_m[owner], xy) for xy in ends)
    return owner, np.minimum(near, far), np.maximum(near, far)


def _lines(segments: Floats) -> Shapes:
    return np.asarray(shapely.linestrings(segments.reshape(-1, 2, 2)))


def _turn_deg(one: Floats, other: Floats) -> Floats:
    """Return the angles between straight lines, whichever way they are drawn."""
    dx, dy = one[:, 2] - one[:, 0], one[:, 3] - one[:, 1]
    ex, ey = other[:, 2] - other[:, 0], other[:, 3] - other[:, 1]
    cross, dot = np.abs(dx * ey - dy * ex), np.abs(dx * ex + dy * ey)
    return np.asarray(np.degrees(np.arctan2(cross, dot)))


def _along(pieces: Floats, length_m: Floats, xy: Floats) -> Floats:
    """Return how far along pieces positions are, in metres."""
    way = (pieces[:, 2:] - pieces[:, :2]) / length_m[:, None]
    return np.asarray(np.einsum("ij,ij->i", xy - pieces[:, :2], way))


def _within(
    pieces: Floats, length_m: Floats, segments: Floats, tolerance_m: float
) -> tuple[Floats, Floats]:
    """Return from where to where pieces are within a tolerance of segments.

    What is that near to a segment is a rectangle with a round cap at either end. It is convex, so
    a straight line is inside from the first to the last place where it is inside any of the three.
    """
    way = (pieces[:, 2:] - pieces[:, :2]) / length_m[:, None]
    parts = [_in_circle(pieces, way, segments[:, side], tolerance_m) for side in (_HEAD, _TAIL)]
    parts.append(_in_rectangle(pieces, way, segments, tolerance_m))
    begin = np.min([low for low, _ in parts], axis=0)
    end = np.max([high for _, high in parts], axis=0)
    return np.maximum(begin, 0.0), np.minimum(end, length_m)


_HEAD, _TAIL = slice(0, 2), slice(2, 4)


def _in_circle(
    pieces: Floats, way: Floats, centre: Floats, radius_m: float
) -> tuple[Floats, Floats]:
    out = centre - pieces[:, :2]
    along = np.einsum("ij,ij->i", out, way)
    across = out[:, 0] * way[:, 1] - out[:, 1] * way[:, 0]
    square = radius_m**2 - across**2
    half = np.sqrt(np.maximum(square, 0.0))
    missed = square < 0
    return np.where(missed, np.inf, along - half), np.where(missed, -np.inf, along + half)


def _in_rectangle(
    pieces: Floats, way: Floats, segments: Floats, half_width_m: float
) -> tuple[Floats, Floats]:
    axis = segments[:, 2:] - segments[:, :2]
    reach = np.hypot(axis[:, 0], axis[:, 1])
    axis = axis / reach[:, None]
    out = pieces[:, :2] - segments[:, :2]
    low, high = np.full(len(pieces), -np.inf), np.full(len(pieces), np.inf)
    aside = np.column_stack([-axis[:, 1], axis[:, 0]])
    bounds = ((axis, np.zeros(len(pieces)), reach), (aside, -half_width_m, half_width_m))
    for direction, least, most in bounds:
        at = np.einsum("ij,ij->i", out, direction)
        speed = np.einsum("ij,ij->i", way, direction)
        first, last = _between(at, speed, least, most)
        low, high = np.maximum(low, first), np.minimum(high, last)
    missed = low > high
    return np.where(missed, np.inf, low), np.where(missed, -np.inf, high)


def _between(
    at: Floats, speed: Floats, least: Floats | float, most: Floats | float
) -> tuple[Floats, Floats]:
    """Return from when to when ``at + speed × t`` is between bounds."""
    still = np.abs(speed) < np.finfo(float).eps
    moving = np.where(still, 1.0, speed)
    one, other = (least - at) / moving, (most - at) / moving
    stays = still & (at >= least) & (at <= most)
    first = np.where(still, np.where(stays, -np.inf, np.inf), np.minimum(one, other))
    last = np.where(still, np.where(stays, np.inf, -np.inf), np.maximum(one, other))
    return first, last


def _covered(piece: Ints, begin: Floats, end: Floats, count: int) -> Floats:
    """Return how much of every piece its stretches cover together."""
    total = np.zeros(count)
    order = np.lexsort((begin, piece))
    piece, begin, end = piece[order], begin[order], end[order]
    # Each piece gets a range of its own, so that the furthest end so far never is another's.
    shift = piece * (end.max(initial=0.0) + 1.0)
    furthest = np.maximum.accumulate(np.r_[-1.0, end + shift])[:-1]
    new = np.maximum(end + shift - np.maximum(begin + shift, furthest), 0.0)
    np.add.at(total, piece, new)
    return total


__all__ = ["Features", "features_of", "followed_m", "segments_of"]
