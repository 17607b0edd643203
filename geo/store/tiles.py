"""Vector tiles of the map: public attributes only, drawn by PostGIS.

A tile holds several layers in the Mapbox Vector Tile format, version 2.1. What a tile shows
depends on its zoom; polygons and lines reach a little over its edge, so that strokes do not end
there, and labels stand in the one tile that holds their point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from geo.errors import UnknownTileError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MAX_ZOOM = 22
EXTENT = 4096
BUFFER = 96

MAJOR_KINDS = ("motorway", "trunk", "primary")
MIDDLE_KINDS = (
    *("secondary", "tertiary", "bridge"),
    *("motorway_link", "trunk_link", "primary_link"),
)
NARROW_KINDS = (
    *("alley", "path", "footway", "pedestrian", "steps", "service", "track", "cycleway"),
    *("bridleway", "corridor", "platform", "elevator"),
)
"""Kinds of roads, the widest first; all others are streets."""


@dataclass(frozen=True, slots=True)
class Sublayer:
    """One layer inside a tile.

    Parameters
    ----------
    name
        As the map's drawing rules know it.
    columns
        What a feature carries besides its geometry, as SQL.
    source
        Tables and conditions, as SQL after ``FROM``; ``:z`` is the tile's zoom.
    geometry
        The geometry in EPSG:4326, as SQL; the column that the search in ``source`` uses.
    min_zoom
        The first zoom at which a tile holds the layer.
    label
        Whether the geometry is a point that belongs to one tile alone.
    """

    name: str
    columns: str
    source: str
    geometry: str
    min_zoom: int = 0
    label: bool = False


@dataclass(frozen=True, slots=True)
class TileAddress:
    """Which tile.

    Parameters
    ----------
    layer
        ``basemap``, ``grids``, ``communities`` or ``stations``.
    z, x, y
        Zoom, column and row, in the XYZ scheme of EPSG:3857.
    """

    layer: str
    z: int
    x: int
    y: int


_IN_FORCE = "generation g JOIN grid_version v ON v.generation_id = g.id"
_NOW = "g.validity @> now()"

# A road's pieces between junctions are too short for its name: they are joined, and straightened
# by a few pixels of the screen, since names are set on straight stretches.
_NAMED_ROADS = """(
    SELECT piece.name, piece.name_en, mode() WITHIN GROUP (ORDER BY piece.kind) AS kind,
           ST_Simplify(ST_LineMerge(ST_Collect(piece.geom)), 4 * 360 / (512 * 2.0 ^ :z)) AS geom
    FROM road piece, tile
    WHERE piece.name <> '' AND piece.geom && tile.outer_area
    GROUP BY piece.name, piece.name_en
) r WHERE true"""

LAYERS: dict[str, tuple[Sublayer, ...]] = {
    "basemap": (
        Sublayer("water", "w.kind, w.name, w.name_en", "water w WHERE true", "w.geom", 8),
        Sublayer("land", "b.kind", "block b WHERE true", "b.geom", 12),
        Sublayer("compounds", "c.kind", "compound c WHERE true", "c.geom", 13),
        Sublayer("buildings", "b.kind, b.storeys", "building b WHERE true", "b.geom", 14),
        Sublayer(
            "roads",
            "r.kind",
            f"road r WHERE :z >= CASE WHEN r.kind IN {MAJOR_KINDS} THEN 9"
            f" WHEN r.kind IN {MIDDLE_KINDS} THEN 11"
            f" WHEN r.kind IN {NARROW_KINDS} THEN 14 ELSE 13 END",
            "r.geom",
            9,
        ),
        Sublayer(
            "water_labels",
            "w.kind, w.name, w.name_en",
            "water w WHERE w.name <> ''",
            "w.geom",
            12,
            label=True,
        ),
        Sublayer("road_labels", "r.kind, r.name, r.name_en", _NAMED_ROADS, "r.geom", 13),
        Sublayer(
            "compound_labels",
            "c.kind, c.name, c.name_en",
            "compound c WHERE c.name <> ''",
            "c.geom",
            14,
            label=True,
        ),
        Sublayer(
            "building_labels",
            "coalesce(substring(b.name FROM '[0-9]+号$'), b.name) AS name",
            "building b WHERE b.name <> ''",
            "b.site",
            15,
            label=True,
        ),
    ),
    "grids": (
        Sublayer(
            "grids",
            "v.code, v.kind",
            f"{_IN_FORCE} WHERE {_NOW}",
            "v.geom",
            9,
        ),
        Sublayer(
            "grid_labels",
            "v.code, v.name, v.name_en, v.kind",
            f"{_IN_FORCE} WHERE {_NOW}",
            "v.geom",
            12,
            label=True,
        ),
    ),
    "communities": (
        Sublayer("communities", "c.code", "community c WHERE true", "c.area", 7),
        Sublayer(
            "community_labels",
            "c.code, c.name, regexp_replace(c.name_en, ' Community$', '') AS name_en",
            "community c WHERE true",
            "c.area",
            10,
            label=True,
        ),
    ),
    "stations": (
        Sublayer(
            "stations",
            "s.code, s.kind, s.name, s.name_en",
            "station s WHERE true",
            "s.geom",
            9,
            label=True,
        ),
    ),
}


def data_version(session: Session) -> str:
    """Return a short name of what the map shows now: it changes with every load and generation.

    Returns
    -------
    str
        Twelve hexadecimal digits; the same in every process.
    """
    return str(session.execute(text(_VERSION)).scalar_one())


_VERSION = """
    SELECT left(md5(coalesce(string_agg(
        concat_ws(':', j.id, extract(epoch FROM j.loaded_at), g.id), ',' ORDER BY j.id, g.id
    ), '')), 12)
    FROM jurisdiction j
    LEFT JOIN generation g ON g.jurisdiction_id = j.id AND g.validity @> now()
"""


def check_tile(address: TileAddress) -> None:
    """Refuse a tile that can't exist.

    Raises
    ------
    UnknownTileError
        When the layer is not ours, or the place lies outside the pyramid of its zoom.
    """
    side = 1 << min(max(address.z, 0), MAX_ZOOM)
    if (
        address.layer not in LAYERS
        or not 0 <= address.z <= MAX_ZOOM
        or not (0 <= address.x < side and 0 <= address.y < side)
    ):
        raise UnknownTileError(layer=address.layer, z=address.z, x=address.x, y=address.y)


def tile(session: Session, address: TileAddress) -> bytes:
    """Draw a tile.

    Returns
    -------
    bytes
        Protocol buffers; empty where there is nothing to draw.

    Raises
    ------
    UnknownTileError
        When there is no such tile.
    """
    check_tile(address)
    layers = [one for one in LAYERS[address.layer] if address.z >= one.min_zoom]
    if not layers:
        return b""
    statement = f"{_TILE} SELECT {' || '.join(_sublayer_sql(one) for one in layers)}"
    values = {"z": address.z, "x": address.x, "y": address.y}
    return bytes(session.execute(text(statement), values).scalar_one())


_TILE = f"""
    WITH tile AS MATERIALIZED (
        SELECT ST_TileEnvelope(:z, :x, :y) AS bounds,
               ST_Transform(ST_TileEnvelope(:z, :x, :y), 4326) AS inner_area,
               ST_Transform(
                   ST_TileEnvelope(:z, :x, :y, margin => {BUFFER / EXTENT}), 4326
               ) AS outer_area
    )
"""


def _sublayer_sql(layer: Sublayer) -> str:
    if layer.label:
        shape = f"ST_PointOnSurface({layer.geometry})"
        kept = f"AND {shape} && tile.inner_area"
    else:
        shape, kept = layer.geometry, ""
    return f"""(
        SELECT coalesce(ST_AsMVT(feature, '{layer.name}', {EXTENT}, 'geom'), '')
        FROM tile, LATERAL (
            SELECT ST_AsMVTGeom(
                       ST_Transform({shape}, 3857), tile.bounds, {EXTENT}, {BUFFER}
                   ) AS geom, {layer.columns}
            FROM {layer.source} AND {layer.geometry} && tile.outer_area {kept}
        ) AS feature
        WHERE feature.geom IS NOT NULL
    )"""  # noqa: S608 - built of constants
