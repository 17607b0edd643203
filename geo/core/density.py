"""Kernel density (核密度) of points on the ground: how many a square kilometre, smoothly.

Points are shared out to the four nearest nodes of a raster (linear binning: Wand 1994, Fast
computation of multivariate kernel estimators) and the raster is blurred; what binning itself blurs
is taken off the kernel. At the rim a place has fewer points near for being cut off: its density is
divided by the share of a kernel around it that lies inside the area (Diggle 1985, A kernel method
for smoothing point process data), so that points strewn evenly are as dense there as elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

NODES_A_BANDWIDTH = 5.0
"""The raster has so many nodes a bandwidth each way, unless that were too many altogether."""

NODES_MAX = 2_000_000
REACH = 5.0
"""The kernel is cut off at so many bandwidths: a millionth of it."""

BINNING_VARIANCE = 1 / 6
"""Linear binning adds so much to the kernel's variance, in squared distances of nodes."""

SHARE_LEAST = 0.05
"""Where less of a kernel lies inside the area, it counts as if this much did."""

SAMPLED = 1000
KM2_M2 = 1e6
LEVELS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4)
"""Where bands end, in shares of the peak."""


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """A raster of densities.

    Parameters
    ----------
    per_km2
        At the nodes, from south to north and west to east (r, c); outside the area as well, where
        nothing is told by it.
    west_m, south_m
        The first node.
    step_m
        Between nodes.
    bandwidth_m
        Standard deviation of the kernel.
    """

    per_km2: Floats
    west_m: float
    south_m: float
    step_m: float
    bandwidth_m: float


def bandwidth_of(x: Floats, y: Floats, least_m: float) -> float:
    """Return a bandwidth for points: half their points have that many near.

    The median distance, over a sample of the points, to the k-th nearest other one, where k is the
    square root of their number (Loftsgaarden and Quesenberry 1965): unlike rules by the spread of
    all points it is the same for one town and for two far apart. Rounded to two digits.

    Parameters
    ----------
    x, y
        Metres (n,).
    least_m
        Never less.

    Examples
    --------
    >>> line = np.arange(100.0)
    >>> bandwidth_of(line, np.zeros(100), 1.0), bandwidth_of(line[:0], line[:0], 50.0)
    (5.0, 50.0)
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 - few need it

    points = np.column_stack([x, y])
    near = math.ceil(math.sqrt(len(points)))
    if len(points) <= near:
        return least_m
    sample = points[:: math.ceil(len(points) / SAMPLED)]
    far = cKDTree(points).query(sample, k=[near + 1])[0]
    return max(least_m, rounded(float(np.median(far))))


def rounded(value: float) -> float:
    """Return a number above 0 with two digits, and others as they are.

    Examples
    --------
    >>> rounded(1234.0), rounded(0.0567), rounded(0.0)
    (1200.0, 0.057, 0.0)
    """
    return float(f"{value:.1e}") if value > 0 else value


def kernel_density(
    x: Floats,
    y: Floats,
    area: BaseGeometry,
    bandwidth_m: float,
    nodes_a_bandwidth: float = NODES_A_BANDWIDTH,
) -> Density:
    """Return the density of points by a Gaussian kernel, corrected at the rim of the area.

    Parameters
    ----------
    x, y
        Metres (n,); points outside the area are left out.
    area
        Polygon or multipolygon in metres.
    bandwidth_m
        Standard deviation of the kernel.
    nodes_a_bandwidth
        How fine the raster is.
    """
    raster = _Raster.over(area, bandwidth_m, nodes_a_bandwidth)
    shapely.prepare(area)
    held = shapely.intersects_xy(area, x, y)
    x, y = x[held], y[held]
    inside = np.maximum(raster.blurred(raster.filled(area)), SHARE_LEAST)
    per_km2 = raster.blurred(raster.binned(x, y)) / inside * (KM2_M2 / raster.step_m**2)
    return Density(per_km2, raster.west_m, raster.south_m, raster.step_m, bandwidth_m)


@dataclass(frozen=True, slots=True)
class _Raster:
    """Nodes around an area, far enough for a whole kernel."""

    west_m: float
    south_m: float
    step_m: float
    shape: tuple[int, int]
    bandwidth_m: float

    @classmethod
    def over(cls, area: BaseGeometry, bandwidth_m: float, nodes_a_bandwidth: float) -> _Raster:
        west, south, east, north = area.bounds
        margin = 2 * bandwidth_m
        wide, high = east - west + 2 * margin, north - south + 2 * margin
        step_m = max(bandwidth_m / nodes_a_bandwidth, math.sqrt(wide * high / NODES_MAX))
        shape = math.ceil(high / step_m) + 2, math.ceil(wide / step_m) + 2
        return cls(west - margin, south - margin, step_m, shape, bandwidth_m)

    def binned(self, x: Floats, y: Floats) -> Floats:
        """Share points out to the nodes around each."""
        column, row, right, up = self._places(x, y)
        found = np.zeros(self.shape[0] * self.shape[1])
        for along, above in ((0, 0), (1, 0), (0, 1), (1, 1)):
            part = (right if along else 1 - right) * (up if above else 1 - up)
            at = (row + above) * self.shape[1] + column + along
            found += np.bincount(at, part, minlength=len(found))
        return found.reshape(self.shape)

    def filled(self, area: BaseGeometry) -> Floats:
        """Return how much of the square around each node is in the area."""
        found = np.zeros(self.shape)
        for part in shapely.get_parts(area):
            rows, columns = self._window(part)
            found[rows, columns] += self._share_of(part, rows, columns)
        return np.minimum(found, 1.0)

    def _share_of(self, part: BaseGeometry, rows: slice, columns: slice) -> Floats:
        from scipy.ndimage import maximum_filter, minimum_filter  # noqa: PLC0415 - few need it

        east = self.west_m + np.arange(columns.start, columns.stop) * self.step_m
        north = self.south_m + np.arange(rows.start, rows.stop) * self.step_m
        x, y = np.meshgrid(east, north)
        shapely.prepare(part)
        found = shapely.intersects_xy(part, x, y).astype(np.float64)
        crossed = maximum_filter(found, size=3) != minimum_filter(found, size=3)
        half = self.step_m / 2
        x, y = x[crossed], y[crossed]
        squares = shapely.box(x - half, y - half, x + half, y + half)
        found[crossed] = shapely.area(shapely.intersection(squares, part)) / self.step_m**2
        return found

    def blurred(self, raster: Floats) -> Floats:
        """Blur a raster with the kernel, less what binning has blurred already."""
        from scipy.ndimage import gaussian_filter  # noqa: PLC0415 - few need it

        wide = (self.bandwidth_m / self.step_m) ** 2
        sigma = math.sqrt(max(wide - BINNING_VARIANCE, BINNING_VARIANCE))
        found = gaussian_filter(raster, sigma, mode="constant", truncate=REACH)
        return np.asarray(found, dtype=np.float64)

    def _places(self, x: Floats, y: Floats) -> tuple[Ints, Ints, Floats, Floats]:
        column, row = (x - self.west_m) / self.step_m, (y - self.south_m) / self.step_m
        west, south = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
        return west, south, column - west, row - south

    def _window(self, part: BaseGeometry) -> tuple[slice, slice]:
        west, south, east, north = part.bounds
        columns = (west - self.west_m) / self.step_m, (east - self.west_m) / self.step_m
        rows = (south - self.south_m) / self.step_m, (north - self.south_m) / self.step_m
        return _widened(*rows), _widened(*columns)


def _widened(low: float, high: float) -> slice:
    return slice(math.floor(low) - 1, math.ceil(high) + 2)


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """Areas between levels of density, the thinnest first.

    Parameters
    ----------
    levels
        Lower ends, per square kilometre (b,).
    shapes
        Multipolygons in metres (b,); together with the ground below the first level the area.
    """

    levels: Floats
    shapes: Shapes


def bands(density: Density, area: BaseGeometry) -> Bands:
    """Return areas of like density within an area; none where there are no points.

    Parameters
    ----------
    density
        The raster.
    area
        Polygon or multipolygon in metres.
    """
    peak = float(density.per_km2.max(initial=0.0))
    if peak <= 0:
        return Bands(np.empty(0), np.empty(0, dtype=object))
    levels = np.array(sorted({rounded(peak * share) for share in LEVELS}))
    above = [_above(density, level, area) for level in levels]
    shapes = [
        shapely.difference(lower, higher)
        for lower, higher in zip(above, [*above[1:], shapely.MultiPolygon()], strict=True)
    ]
    held = np.array([not one.is_empty for one in shapes])
    return Bands(levels[held], np.array(shapes, dtype=object)[held])


def _above(density: Density, level: float, area: BaseGeometry) -> BaseGeometry:
    """Return the part of an area where the density is at least so high."""
    from contourpy import contour_generator  # noqa: PLC0415 - few need it

    height, width = density.per_km2.shape
    lines = contour_generator(
        x=density.west_m + np.arange(width) * density.step_m,
        y=density.south_m + np.arange(height) * density.step_m,
        z=density.per_km2,
        fill_type="OuterOffset",
    ).filled(level, np.inf)
    found = [
        shapely.Polygon(rings[0], rings[1:])
        for points, offsets in zip(*lines, strict=True)
        for rings in [[points[start:end] for start, end in pairwise(offsets.tolist())]]
    ]
    drawn = shapely.union_all(shapely.make_valid(np.array(found, dtype=object)))
    drawn = shapely.simplify(drawn, density.step_m / 10)
    return shapely.intersection(drawn, area)


__all__ = ["Bands", "Density", "bands", "bandwidth_of", "kernel_density", "rounded"]
