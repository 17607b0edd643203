"""Checking polygons that should cover an area without gap and overlap.

Everything here works in a plane whose unit is the metre, and in which the edges of the polygons
are straight: polygons drawn in degrees are laid flat by :class:`LocalPlane`, not projected, for
a projection bends an edge between two vertices away from a neighbour's vertex upon it (one
centimetre on a kilometre), which would then look like a gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.coverage_pairs import pair_findings
from geo.core.coverage_rows import mean_width, row_findings, usable_polygons
from geo.core.coverage_voids import VoidRule, void_findings
from geo.core.findings import KINDS, Finding
from geo.core.local_metres import metres_per_degree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Objects = NDArray[np.object_]

TOLERANCE_M = 0.001
"""What is on average narrower than this is positional noise, and no finding."""


def coverage_findings(
    polygons: Objects,
    *,
    gap_width_m: float | None = None,
    tolerance_m: float = TOLERANCE_M,
    allow_multipart: bool = False,
) -> list[Finding]:
    """Find what is wrong or remarkable in a coverage.

    Parameters
    ----------
    polygons
        (n,) polygons or multipolygons in metres; ``None`` and empty ones are findings.
    gap_width_m
        Up to which width an uncovered space between polygons is a gap. Without it
        :data:`geo.core.coverage_voids.GAP_WIDTH_M`, and enclosed spaces are judged by the size of
        the polygons as well.
    tolerance_m
        Mean width below which an overlap or gap is noise.
    allow_multipart
        Whether a polygon of several pieces is information only.

    Returns
    -------
    list of Finding
        Errors before information, kinds in the order of :data:`geo.core.findings.KINDS`, larger
        ones first.

    Examples
    --------
    >>> found = coverage_findings(np.array([shapely.box(0, 0, 9, 9), shapely.box(8, 0, 20, 9)]))
    >>> [(one.kind, one.rows, one.area_m2) for one in found]
    [('overlap', (0, 1), 9.0)]
    >>> coverage_findings(np.array([], dtype=object))
    []
    """
    polygons = np.asarray(polygons, dtype=object)
    usable = usable_polygons(polygons)
    rule = VoidRule.of(usable, gap_width_m, tolerance_m)
    pairs = pair_findings(usable, tolerance_m)
    found = [
        *row_findings(polygons, rule, allow_multipart=allow_multipart),
        *pairs,
        *void_findings(usable, rule),
    ]
    return sorted(found, key=_order)


def _order(finding: Finding) -> tuple[bool, int, float, tuple[int, ...]]:
    kind = KINDS.index(finding.kind)
    return finding.severity != "error", kind, -finding.area_m2, finding.rows


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """A place's degrees, or another system's units, laid flat in metres by scaling alone.

    Straight edges stay straight, and what is one point stays one. East-west lengths are exact on
    the middle parallel only: over 50 km in latitude they are up to 0.4 % off.

    Parameters
    ----------
    x0, y0
        Origin, in the units of the file.
    x_m, y_m
        Metres per unit.
    """

    x0: float
    y0: float
    x_m: float
    y_m: float

    @classmethod
    def of(cls, geometries: Objects, *, degrees: bool, unit_m: float = 1.0) -> LocalPlane:
        """Make the plane around geometries.

        Parameters
        ----------
        geometries
            Where it is needed; at least one must have an extent.
        degrees
            Whether coordinates are longitudes and latitudes.
        unit_m
            Otherwise the length of the system's unit.
        """
        west, south, east, north = (float(one) for one in shapely.total_bounds(geometries))
        x0, y0 = (west + east) / 2, (south + north) / 2
        if not degrees:
            return cls(x0, y0, unit_m, unit_m)
        x_m, y_m = metres_per_degree(y0)
        return cls(x0, y0, float(x_m), float(y_m))

    def flatten(self, geometries: Any) -> Any:
        """Lay geometries flat; their heights are dropped."""
        return shapely.transform(
            geometries, lambda xy: (xy - (self.x0, self.y0)) * (self.x_m, self.y_m)
        )

    def unflatten(self, geometries: Any) -> Any:
        """Return to the units of the file."""
        return shapely.transform(
            geometries, lambda xy: xy / (self.x_m, self.y_m) + (self.x0, self.y0)
        )


def mean_width_m(polygon: Any) -> float:
    """Return the mean width, in metres, of a polygon in degrees.

    See :func:`geo.core.coverage_rows.mean_width`.

    Examples
    --------
    >>> round(mean_width_m(shapely.box(114.0, 27.0, 114.1, 27.00002)), 1)
    2.2
    >>> mean_width_m(shapely.Polygon())
    0.0
    """
    plane = LocalPlane.of(np.array([polygon], dtype=object), degrees=True)
    return mean_width(plane.flatten(polygon))
