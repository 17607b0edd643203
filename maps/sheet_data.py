"""A sheet as values for the script of its page: compact, and nothing in it twice."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from maps.sheets import Basemap, ShownLayer

    Shapes = NDArray[np.object_]

DECIMALS = 6
"""Of degrees in a page: a tenth of a metre, a fifth of a pixel at the closest zoom."""

INNERMOST = 500
"""So many labels are set in the innermost place of their shape; more, merely inside it."""

LABEL_TOLERANCE = 0.02
SIMPLER_DEG = 4e-6


@dataclass(slots=True)
class Strings:
    """Texts, each of them once, by their number."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """Return the number of a text, which is kept from now on."""
        return self.numbers.setdefault(text, len(self.numbers))

    def all(self) -> list[str]:
        """Return the texts in the order of their numbers."""
        return list(self.numbers)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Shapes that several layers share.

    Parameters
    ----------
    shapes
        In WGS 84 (n,).
    places
        Where a label stands in each: longitudes and latitudes (n, 2).
    """

    shapes: Shapes
    places: NDArray[np.float64]

    def features(self) -> dict[str, Any]:
        """Return the shapes as GeoJSON whose features are numbered from 0."""
        return {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "id": row, "properties": {}, "geometry": geometry}
                for row, geometry in enumerate(geometries(self.shapes))
            ],
        }


def sources_of(layers: Sequence[ShownLayer]) -> tuple[list[Source], list[int]]:
    """Return the different shapes of layers, and for each layer the row of its own."""
    rows: dict[bytes, int] = {}
    sources: list[Source] = []
    used = []
    for layer in layers:
        known = rows.setdefault(_fingerprint(layer.shapes), len(sources))
        if known == len(sources):
            labelled = any(any(one.labels) for one in layers if len(one.labels) == len(layer.keys))
            sources.append(Source(layer.shapes, label_places(layer.shapes, exact=labelled)))
        used.append(known)
    return sources, used


def geometries(shapes: Shapes) -> list[dict[str, Any]]:
    """Return shapes as GeoJSON geometries with coordinates of :data:`DECIMALS` decimals.

    Examples
    --------
    >>> geometries(np.array([shapely.Point(114.27912345, 26.5)], dtype=object))
    [{'type': 'Point', 'coordinates': [114.279123, 26.5]}]
    >>> geometries(np.array([], dtype=object))
    []
    """
    rounded = shapely.transform(shapes, lambda points: np.round(points, DECIMALS))
    return [json.loads(one) for one in shapely.to_geojson(rounded).tolist()]


def label_places(shapes: Shapes, *, exact: bool) -> NDArray[np.float64]:
    """Return a point inside each shape (n, 2): where most room is for a label, or anywhere."""
    if exact and len(shapes) <= INNERMOST:
        points = np.array([_innermost(one) for one in shapes], dtype=object)
    else:
        points = shapely.point_on_surface(shapes)
    lon_lat = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    return np.round(lon_lat.astype(float), DECIMALS)


def layer_data(layer: ShownLayer, source: int, strings: Strings) -> dict[str, Any]:
    """Return what a layer says of its shapes."""
    return {
        "key": layer.key,
        "source": source,
        "keys": list(layer.keys),
        "labels": [strings.number(one) for one in layer.labels],
        "states": [
            _state("", layer.classes, layer.titles, strings),
            *(_state(one.name, one.classes, one.titles, strings) for one in layer.steps),
        ],
    }


def basemap_data(basemap: Basemap) -> dict[str, Any]:
    """Return what lies underneath, its coordinates as differences in steps of 10⁻⁶ degrees."""
    return {
        "roads": [
            _chains(basemap.roads[basemap.road_classes == one]) for one in _road_classes(basemap)
        ],
        "classes": _road_classes(basemap),
        "water": _chains(basemap.water, closed=True),
        "streams": _chains(basemap.water, closed=False),
        "buildings": _chains(basemap.buildings, closed=True),
        "names": [[round(lon, 5), round(lat, 5), *rest] for lon, lat, *rest in basemap.names],
    }


def _state(
    name: str, classes: NDArray[np.int64], titles: Sequence[str], strings: Strings
) -> dict[str, Any]:
    return {
        "name": name,
        "classes": [int(one) for one in classes],
        "titles": [strings.number(one) for one in titles],
    }


def _fingerprint(shapes: Shapes) -> bytes:
    digest = hashlib.sha256()
    for one in shapely.to_wkb(shapes).tolist():
        digest.update(one or b"-")
    return digest.digest()


def _innermost(shape: Any) -> Any:
    """Return the centre of the largest circle in a polygon's largest part."""
    largest = max(shapely.get_parts(shape).tolist(), key=shapely.area, default=None)
    if largest is None or largest.is_empty or not isinstance(largest, shapely.Polygon):
        return shapely.point_on_surface(shape)
    west, south, east, north = largest.bounds
    # A degree of longitude is shorter than one of latitude: the circle is one on the ground.
    narrow = float(np.cos(np.radians((south + north) / 2)))
    ground = shapely.transform(largest, lambda points: points * (narrow, 1.0))
    tolerance = LABEL_TOLERANCE * max(east - west, north - south)
    centre = shapely.get_coordinates(shapely.maximum_inscribed_circle(ground, tolerance))[0]
    return shapely.Point(centre[0] / narrow, centre[1])


def _road_classes(basemap: Basemap) -> list[int]:
    return sorted({int(one) for one in basemap.road_classes})


def _chains(shapes: Shapes, *, closed: bool | None = None) -> list[list[int]]:
    """Return the lines and rings of shapes, each as whole numbers: a start, then differences."""
    return [_differences(points) for points in _lines(shapes, closed)]


def _lines(shapes: Shapes, closed: bool | None) -> Iterable[NDArray[np.float64]]:
    parts = shapely.get_parts(shapely.get_parts(shapes))
    kinds = shapely.get_type_id(parts)
    polygons = parts[kinds == shapely.GeometryType.POLYGON]
    lines = parts[kinds == shapely.GeometryType.LINESTRING]
    if closed is not False:
        simpler = shapely.simplify(polygons, SIMPLER_DEG)
        yield from (shapely.get_coordinates(one) for one in shapely.get_rings(simpler))
    if not closed:
        yield from (shapely.get_coordinates(one) for one in shapely.simplify(lines, SIMPLER_DEG))


def _differences(points: NDArray[np.float64]) -> list[int]:
    whole = np.round(points * 10**DECIMALS).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64))
    return [int(one) for one in steps.ravel()]
