"""The ground that no polygon covers: gaps between neighbours, real holes, enclaves.

From the polygons alone nobody can know whether a space was left out on purpose. What is told here:

- An enclosed space is a ``gap`` when it is narrow, when it is small against the polygons, or when
  it is a thin strip; else a ``hole`` of the outer shape, which may be a lake or another city's
  ground, and is information.
- A space open to the outside is a ``gap`` where it is narrow and runs between two polygons that
  face each other; a bay of the outer shape is not. A wider such strip is information.
- A polygon in another's hole is an ``enclave``, and information.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.coverage_pairs import wide_pieces
from geo.core.coverage_rows import elongation, holds_circle, mean_width
from geo.core.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geo.core.findings import Severity

    Objects = NDArray[np.object_]

GAP_WIDTH_M = 10.0
"""Ten times the metre to which boundaries are usually digitised; narrower than a street of two
lanes with its pavements, which a coverage might leave out."""

SMALL_SHARE = 0.05
"""An enclosed space is small when it is less than a twentieth of a usual polygon across (a four
hundredth of its area): no ground that anybody would leave out on purpose."""

STRIP_SHARE = 0.25
MIN_STRIP_ELONGATION = 4.0
"""An enclosed space four times as long as wide, and less than a quarter of a usual polygon across,
has the shape of a slip between two boundaries, not of a lake or an enclave."""

STRAIT_SHARE = 0.15
"""Up to this share of a usual polygon's size an open strip between two of them is told."""

MIN_CONTACT_SHARE = 0.75
"""How much of an open gap's outline lies on polygons: of a long strip nearly all, of a wedge of
30° three quarters, of the fillet in a right-angled bay 56 %."""

MIN_FACING_SHARE = 0.2
"""How much of it lies on others than the first: else the space is a notch in one polygon alone."""

_NOTHING_SHARE = 0.1
_QUADRANT_SEGMENTS = 8
_GROWTH = 1.01
_CORNER_REACHES, _CORNER_SHARE = 10, 0.05
"""Contact up to that length, in reaches and as a share of the outline, is a touch at a corner."""

_WORTH_SHARE = 0.001
"""Of the rolling circle's square: what is smaller is a crumb at a corner of the outer shape."""


@dataclass(frozen=True, slots=True)
class VoidRule:
    """What counts as narrow in one coverage; lengths in metres.

    Parameters
    ----------
    gap_m
        Width up to which any uncovered space between polygons is a gap.
    small_m
        Width up to which an enclosed space is a gap, whatever its shape.
    strip_m
        Width up to which an enclosed strip is a gap.
    strait_m
        Width up to which an open strip is told as information.
    tolerance_m
        Mean width of noise.
    """

    gap_m: float
    small_m: float
    strip_m: float
    strait_m: float
    tolerance_m: float

    @classmethod
    def of(cls, polygons: Objects, gap_width_m: float | None, tolerance_m: float) -> VoidRule:
        """Make the rule: a width somebody named decides alone, else the polygons' size joins in."""
        areas = shapely.area(polygons[~shapely.is_missing(polygons)])
        usual_m = float(np.sqrt(np.median(areas))) if len(areas) else 0.0
        strait_m = STRAIT_SHARE * usual_m
        if gap_width_m is not None:
            return cls(gap_width_m, gap_width_m, gap_width_m, strait_m, tolerance_m)
        small_m = max(GAP_WIDTH_M, SMALL_SHARE * usual_m)
        strip_m = max(small_m, STRIP_SHARE * usual_m)
        return cls(GAP_WIDTH_M, small_m, strip_m, strait_m, tolerance_m)

    @property
    def narrow_m(self) -> float:
        """Width up to which a long polygon is a sliver."""
        return self.small_m

    @property
    def nothing_m(self) -> float:
        """Width up to which any polygon is a sliver."""
        return _NOTHING_SHARE * self.gap_m


def void_findings(polygons: Objects, rule: VoidRule) -> list[Finding]:
    """Find what no polygon covers.

    Parameters
    ----------
    polygons
        (n,) valid polygons in metres, or ``None``.
    rule
        What counts as narrow.
    """
    rows = np.flatnonzero(~shapely.is_missing(polygons))
    if not len(rows):
        return []
    near = _Neighbours(polygons, rows, rule.tolerance_m)
    enclosed, outside = _uncovered(polygons[rows], rule)
    found = list(_enclaves(polygons, rows, rule))
    for void in enclosed:
        found += _enclosed_findings(void, near, rule)
    found += [
        near.finding("gap", "error", one) for one in _open_gaps(outside, rule.gap_m, near, rule)
    ]
    if rule.strait_m > rule.gap_m:
        gaps = shapely.union_all([one.geometry for one in found if one.kind == "gap"])
        straits = _open_gaps(outside, rule.strait_m, near, rule)
        found += [
            near.finding("gap", "information", one)
            for one in straits
            if not shapely.intersects(one, gaps)
        ]
    return found


def _uncovered(polygons: Objects, rule: VoidRule) -> tuple[Objects, Any]:
    """Return the enclosed uncovered spaces, and the ground outside around all polygons.

    The union snaps to the tolerance, which closes hairline cracks between neighbours.
    """
    margin = rule.gap_m + rule.strait_m + 1.0
    west, south, east, north = shapely.total_bounds(polygons)
    frame = shapely.box(west - margin, south - margin, east + margin, north + margin)
    covered = shapely.union_all(polygons, grid_size=rule.tolerance_m)
    spaces = shapely.get_parts(shapely.difference(frame, covered))
    outer = shapely.intersects(spaces, frame.exterior)
    wide = 2 * shapely.area(spaces) > rule.tolerance_m * shapely.length(spaces)
    return spaces[~outer & wide], shapely.union_all(spaces[outer])


def _enclosed_findings(void: Any, near: _Neighbours, rule: VoidRule) -> Iterator[Finding]:
    """Tell a gap from a hole, and find the narrow arms of a hole."""
    thin = elongation(void) >= MIN_STRIP_ELONGATION
    if not holds_circle(void, rule.strip_m if thin else rule.small_m):
        yield near.finding("gap", "error", void)
        return
    yield near.finding("hole", "information", void)
    for arm in _open_gaps(void, rule.gap_m, near, rule):
        yield near.finding("gap", "error", arm)


def _open_gaps(space: Any, width_m: float, near: _Neighbours, rule: VoidRule) -> list[Any]:
    """Return where a space is narrow between polygons that face each other.

    A circle of that width is rolled through the space (a morphological opening); where it doesn't
    fit the space is narrow. The circle grows by a hundredth on its way back, so that nothing is
    left along plain edges.
    """
    if width_m <= 0:
        return []
    radius = width_m / 2
    core = shapely.buffer(space, -radius, quad_segs=_QUADRANT_SEGMENTS)
    rolled = shapely.buffer(core, radius * _GROWTH, quad_segs=_QUADRANT_SEGMENTS)
    narrow = wide_pieces(shapely.difference(space, rolled), rule.tolerance_m)
    if narrow is None:
        return []
    pieces = shapely.get_parts(narrow)
    worth = pieces[shapely.area(pieces) >= _WORTH_SHARE * width_m * width_m]
    return [one for one in near.between_several(worth) if near.face_each_other(one)]


def _enclaves(polygons: Objects, rows: NDArray[np.intp], rule: VoidRule) -> Iterator[Finding]:
    """Find polygons, or pieces of them, in the holes of others."""
    parts, owners = shapely.get_parts(polygons[rows], return_index=True)
    rings, ringed = shapely.get_rings(parts, return_index=True)
    interior = np.flatnonzero(np.diff(ringed, prepend=-1) == 0)
    holes: Any = shapely.polygons(rings[interior])
    slack = shapely.buffer(holes, 2 * rule.tolerance_m, join_style="mitre")
    hole, part = shapely.STRtree(parts).query(slack, predicate="covers")
    for one in np.unique(hole):
        around = int(rows[owners[ringed[interior[one]]]])
        inside = {int(row) for row in rows[owners[part[hole == one]]]} - {around}
        if inside:
            found = holes[one]
            named = (around, *sorted(inside))
            yield Finding("enclave", "information", named, found, found.area, mean_width(found))


class _Neighbours:
    """The polygons around a space."""

    def __init__(self, polygons: Objects, rows: NDArray[np.intp], tolerance_m: float) -> None:
        self.rows = rows
        self._polygons = polygons
        self._tree = shapely.STRtree(polygons[rows])
        self._reach_m = 5 * tolerance_m

    def between_several(self, spaces: Objects) -> Objects:
        """Return the spaces that touch at least two polygons: one quick look at all."""
        space, _ = self._tree.query(spaces, predicate="dwithin", distance=self._reach_m)
        several: Objects = spaces[np.bincount(space, minlength=len(spaces)) > 1]
        return several

    def contacts(self, space: Any) -> dict[int, float]:
        """Return how many metres of a space's outline lie on each polygon, longest first."""
        outline = shapely.boundary(space)
        reach = shapely.buffer(space, self._reach_m, quad_segs=1)
        rows = self.rows[self._tree.query(reach, predicate="intersects")]
        bounds = shapely.bounds(shapely.buffer(shapely.envelope(space), 1.0))
        nearby = shapely.clip_by_rect(shapely.boundary(self._polygons[rows]), *bounds)
        bands = shapely.buffer(nearby, self._reach_m, quad_segs=1)
        metres = shapely.length(shapely.intersection(bands, outline))
        corner_m = min(_CORNER_REACHES * self._reach_m, _CORNER_SHARE * float(space.length))
        pairs = sorted(zip(rows, metres, strict=True), key=lambda one: (-round(one[1], 1), one[0]))
        return {int(row): float(one) for row, one in pairs if one > corner_m}

    def face_each_other(self, space: Any) -> bool:
        """Tell whether a space lies between at least two polygons rather than in one's bay."""
        metres = list(self.contacts(space).values())
        outline = float(space.length)
        enough = sum(metres) >= MIN_CONTACT_SHARE * outline
        return enough and sum(metres[1:]) >= MIN_FACING_SHARE * outline

    def finding(self, kind: Any, severity: Severity, space: Any) -> Finding:
        """Make a finding of a space, with the polygons around it."""
        rows = tuple(self.contacts(space))
        return Finding(kind, severity, rows, space, float(space.area), mean_width(space))
