"""Reading what lies under a map as vectors, for maps that can ask no server for tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely
from sqlalchemy import text

from geo.store.tiles import MAJOR_KINDS, NARROW_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray
    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    Shapes = NDArray[np.object_]

MAJOR, MIDDLE, NARROW = 0, 1, 2
DIGITS = 6
DEGREE_M = 111_320.0
"""Metres in a degree of longitude at the equator: nowhere is one longer."""
NameKind = Literal["road", "water", "community"]


class BasemapVectors(NamedTuple):
    """Vectors in WGS 84, rounded to a tenth of a metre; the fields are those of a map's basemap.

    Parameters
    ----------
    roads, road_classes
        Lines, joined where they continue each other, and 0 for major roads, 1 for streets, 2 for
        narrow ways (r,).
    water
        Polygons and lines.
    buildings
        Polygons.
    names
        Longitude, latitude, text, and ``road``, ``water`` or ``community``.
    """

    roads: Shapes
    road_classes: NDArray[np.int64]
    water: Shapes
    buildings: Shapes
    names: tuple[tuple[float, float, str, str], ...]


def read_basemap(
    session: Session, jurisdiction: str, *, english: bool = False, tolerance_m: float = 1.0
) -> BasemapVectors:
    """Return the basemap of a jurisdiction; empty where there is no such jurisdiction.

    Parameters
    ----------
    session
        A transaction.
    jurisdiction
        Slug.
    english
        Whether names are English, where there are any.
    tolerance_m
        By how much outlines may be off, in metres.
    """
    values = {"slug": jurisdiction, "tolerance": tolerance_m / DEGREE_M}

    def rows(statement: str) -> Sequence[RowMapping]:
        return session.execute(text(statement), values).mappings().all()

    roads = rows(_ROADS)
    return BasemapVectors(
        roads=_shapes(roads),
        road_classes=np.array([_class_of(one["kind"]) for one in roads], dtype=np.int64),
        water=_shapes(rows(_WATER)),
        buildings=_shapes(rows(_BUILDINGS)),
        names=tuple(_named(one, english=english) for one in rows(_NAMES)),
    )


def _class_of(kind: str) -> int:
    if kind in MAJOR_KINDS:
        return MAJOR
    return NARROW if kind in NARROW_KINDS else MIDDLE


def _shapes(rows: Sequence[RowMapping]) -> Shapes:
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = shapely.from_wkb([bytes(one["wkb"]) for one in rows])
    rounded: Shapes = shapely.transform(shapes, lambda points: points.round(DIGITS))
    return rounded


def _named(row: Any, *, english: bool) -> tuple[float, float, str, str]:
    name = (english and row["name_en"]) or row["name"]
    return round(row["lon"], DIGITS), round(row["lat"], DIGITS), name, row["kind"]


_SIMPLER = "ST_AsBinary(ST_SimplifyPreserveTopology({geom}, :tolerance)) AS wkb"

_ROADS = f"""
    SELECT drawn.kind, {_SIMPLER.format(geom="joined")}
    FROM (
        SELECT road.jurisdiction_id, road.kind, road.name, ST_LineMerge(ST_Collect(geom)) AS joined
        FROM road GROUP BY road.jurisdiction_id, road.kind, road.name
    ) AS drawn
    JOIN jurisdiction AS home ON home.id = drawn.jurisdiction_id
    WHERE home.slug = :slug
    ORDER BY drawn.kind, drawn.name COLLATE "C"
"""  # noqa: S608 - of constants

_WATER = f"""
    SELECT {_SIMPLER.format(geom="water.geom")}
    FROM water JOIN jurisdiction AS home ON home.id = water.jurisdiction_id
    WHERE home.slug = :slug
    ORDER BY water.id
"""  # noqa: S608 - of constants

_BUILDINGS = f"""
    SELECT {_SIMPLER.format(geom="building.geom")}
    FROM building JOIN jurisdiction AS home ON home.id = building.jurisdiction_id
    WHERE home.slug = :slug
    ORDER BY building.code COLLATE "C"
"""  # noqa: S608 - of constants

_NAMES = """
    WITH named AS (
        SELECT 'community' AS kind, community.name, community.name_en,
               ST_PointOnSurface(community.area) AS point
        FROM community JOIN street ON street.id = community.street_id
        JOIN jurisdiction AS home ON home.id = street.jurisdiction_id
        WHERE home.slug = :slug
        UNION ALL
        SELECT 'water', water.name, water.name_en, ST_PointOnSurface(ST_Collect(water.geom))
        FROM water JOIN jurisdiction AS home ON home.id = water.jurisdiction_id
        WHERE home.slug = :slug AND water.name <> ''
        GROUP BY water.name, water.name_en
        UNION ALL
        SELECT 'road', road.name, road.name_en, ST_PointOnSurface(ST_LineMerge(ST_Collect(geom)))
        FROM road JOIN jurisdiction AS home ON home.id = road.jurisdiction_id
        WHERE home.slug = :slug AND road.name <> ''
        GROUP BY road.name, road.name_en
    )
    SELECT kind, name, name_en, ST_X(point) AS lon, ST_Y(point) AS lat
    FROM named ORDER BY kind, name COLLATE "C"
"""

__all__ = ["BasemapVectors", "read_basemap"]
