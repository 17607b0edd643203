"""Grids, communities, stations and blocks as GeoJSON features, written by the database.

Coordinates have seven digits: about a centimetre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from sqlalchemy.orm import Session

Bounds = tuple[float, float, float, float]

LAYERS = ("grids", "communities", "stations", "blocks")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which features are wanted; ``None`` where it doesn't matter.

    Parameters
    ----------
    jurisdiction
        Slug.
    bounds
        West, south, east and north in degrees.
    generation
        Of grids: a label.
    at
        Of grids: in force at this instant, by default now.
    """

    jurisdiction: str | None = None
    bounds: Bounds | None = None
    generation: str | None = None
    at: datetime | None = None


def features(session: Session, layer: str, chosen: Chosen) -> list[str]:
    """Return the features of a layer as texts of GeoJSON, ordered by code.

    Raises
    ------
    KeyError
        When there is no such layer.
    """
    west, south, east, north = chosen.bounds or (None, None, None, None)
    values: dict[str, Any] = {
        "jurisdiction": chosen.jurisdiction,
        "generation": chosen.generation,
        "at": chosen.at,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }
    statement = text(f"""
        SELECT ST_AsGeoJSON(feature.*, 'geom', 7)
        FROM ({_FEATURES[layer]}) AS feature
        WHERE (CAST(:west AS float8) IS NULL
               OR feature.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326))
          AND (CAST(:jurisdiction AS text) IS NULL OR feature.jurisdiction = :jurisdiction)
        ORDER BY feature.code COLLATE "C"
    """)  # noqa: S608 - made of the constants below
    wanted = {name: values[name] for name in values if f":{name}" in statement.text}
    return list(session.scalars(statement, wanted))


def feature_collection(found: list[str]) -> bytes:
    """Put features together.

    Examples
    --------
    >>> feature_collection([])
    b'{"type":"FeatureCollection","features":[]}'
    """
    return f'{{"type":"FeatureCollection","features":[{",".join(found)}]}}'.encode()


_FEATURES = {
    "grids": """
        SELECT version.code, version.name, version.name_en, version.kind,
               community.code AS community_code, community.name AS community_name,
               street.code AS street_code, street.name AS street_name,
               party_branch.name AS branch_name, party_branch.name_en AS branch_name_en,
               generation.label AS generation, jurisdiction.slug AS jurisdiction, version.geom
        FROM grid_version AS version
        JOIN generation ON generation.id = version.generation_id
        JOIN community ON community.id = version.community_id
        JOIN street ON street.id = community.street_id
        JOIN jurisdiction ON jurisdiction.id = street.jurisdiction_id
        LEFT JOIN party_branch ON party_branch.grid_id = version.grid_id
        WHERE CASE WHEN CAST(:generation AS text) IS NOT NULL
                   THEN generation.label = :generation
                   ELSE generation.validity @> COALESCE(
                       CAST(:at AS timestamptz), clock_timestamp())
              END
    """,
    "communities": """
        SELECT community.code, community.name, community.name_en, community.invented,
               street.code AS street_code, street.name AS street_name,
               jurisdiction.slug AS jurisdiction, community.area AS geom
        FROM community JOIN street ON street.id = community.street_id
        JOIN jurisdiction ON jurisdiction.id = street.jurisdiction_id
    """,
    "stations": """
        SELECT station.code, station.kind, station.name, station.name_en, station.address,
               station.host, station.phone, station.zones, station.facilities,
               community.code AS community_code, jurisdiction.slug AS jurisdiction, station.geom
        FROM station JOIN community ON community.id = station.community_id
        JOIN street ON street.id = community.street_id
        JOIN jurisdiction ON jurisdiction.id = street.jurisdiction_id
    """,
    "blocks": """
        SELECT block.code, block.kind, compound.code AS compound_code,
               community.code AS community_code, jurisdiction.slug AS jurisdiction, block.geom
        FROM block
        JOIN community ON community.id = block.community_id
        JOIN street ON street.id = community.street_id
        JOIN jurisdiction ON jurisdiction.id = street.jurisdiction_id
        LEFT JOIN compound ON compound.id = block.compound_id
    """,
}
