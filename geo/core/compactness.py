"""How compact polygons are (紧凑度): three measures, each between 0 and 1.

A circle is 1 in all of them. They see different things: Polsby–Popper a ragged outline, Reock a
long shape, the convex hull a shape with arms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]


def polsby_popper(polygons: Shapes) -> Floats:
    """Return 4π × area ÷ perimeter²; not a number for empty polygons.

    Polsby and Popper, "The Third Criterion: Compactness as a Procedural Safeguard Against Partisan
    Gerrymandering", Yale Law & Policy Review 9 (1991).

    Examples
    --------
    >>> polsby_popper(np.array([shapely.box(0, 0, 2, 2), shapely.Polygon()])).round(3).tolist()
    [0.785, nan]
    """
    return _share(4 * np.pi * shapely.area(polygons), shapely.length(polygons) ** 2)


def reock(polygons: Shapes) -> Floats:
    """Return area ÷ area of the smallest circle around; not a number for empty polygons.

    Reock, "A Note: Measuring Compactness as a Requirement of Legislative Apportionment", Midwest
    Journal of Political Science 5 (1961).

    Examples
    --------
    >>> reock(np.array([shapely.box(0, 0, 2, 2), shapely.Polygon()])).round(3).tolist()
    [0.637, nan]
    """
    radius = shapely.minimum_bounding_radius(polygons)
    return _share(shapely.area(polygons), np.pi * radius**2)


def hull_ratio(polygons: Shapes) -> Floats:
    """Return area ÷ area of the convex hull; not a number for empty polygons.

    Niemi, Grofman, Carlucci and Hofeller, "Measuring Compactness and the Role of a Compactness
    Standard in a Test for Partisan and Racial Gerrymandering", Journal of Politics 52 (1990).

    Examples
    --------
    >>> ell = shapely.box(0, 0, 2, 2).difference(shapely.box(1, 1, 2, 2))
    >>> hull_ratio(np.array([ell, shapely.Polygon()])).round(3).tolist()
    [0.857, nan]
    """
    return _share(shapely.area(polygons), shapely.area(shapely.convex_hull(polygons)))


def _share(part: Floats, whole: Floats) -> Floats:
    found = np.full(np.shape(part), np.nan)
    return np.asarray(np.divide(part, whole, out=found, where=np.asarray(whole) > 0))


__all__ = ["hull_ratio", "polsby_popper", "reock"]
