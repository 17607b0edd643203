"""Finding compounds (小区), buildings (楼栋) and streets by what people call them.

All of it is public.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from geo.store.models.places import SEARCHED

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for.

    Parameters
    ----------
    words
        Each has to occur, in whatever case.
    jurisdiction
        Slug; ``None`` for any.
    most
        How many compounds, and how many buildings, at most.
    """

    words: tuple[str, ...]
    jurisdiction: str | None = None
    most: int = 20


def find_places(session: Session, sought: Sought) -> list[RowMapping]:
    """Return compounds, then buildings, in which all words occur; the shorter names first.

    A building is found by its address, name, code and compound. The words' characters choose from
    an index; whether they stand together is looked at in what that leaves.
    """
    if not sought.words:
        return []
    values: dict[str, Any] = {
        "words": [word.lower() for word in sought.words],
        "typed": " ".join(" ".join(word) for word in sought.words),
        "slug": sought.jurisdiction,
        "most": sought.most,
    }
    compounds = session.execute(_COMPOUNDS, values).mappings().all()
    buildings = session.execute(_BUILDINGS, values).mappings().all()
    return [*compounds, *buildings]


def find_streets(session: Session, sought: Sought) -> list[RowMapping]:
    """Return roads, communities (社区), then streets (街道) in whose names all words occur.

    A road, however many pieces it has, is where it passes nearest to its middle.
    """
    if not sought.words:
        return []
    words = [word.lower() for word in sought.words]
    values = {"words": words, "slug": sought.jurisdiction, "most": sought.most}
    return list(session.execute(_STREETS, values).mappings())


def buildings_within(
    session: Session, community: str, compound: str, jurisdiction: str | None, most: int
) -> list[RowMapping]:
    """Return the buildings of a compound, by number.

    Parameters
    ----------
    session
        A transaction.
    community, compound
        Codes.
    jurisdiction
        Slug; ``None`` for any.
    most
        How many at most.
    """
    values = {"community": community, "compound": compound, "slug": jurisdiction, "most": most}
    return list(session.execute(_WITHIN, values).mappings())


_COMMUNITY = """
    community.code AS community_code, community.name AS community_name,
    community.name_en AS community_name_en
"""

_COMPOUND_NAME = "lower(compound.name || ' ' || compound.name_en)"

_OF_JURISDICTION = "(CAST(:slug AS text) IS NULL OR jurisdiction.slug = :slug)"

_COMPOUND_HOMES = """
    FROM compound
    JOIN community ON community.id = compound.community_id
    JOIN street ON street.id = community.street_id
    JOIN jurisdiction ON jurisdiction.id = street.jurisdiction_id
"""

_COMPOUNDS = text(f"""
    SELECT 'compound' AS kind, compound.code, compound.name, compound.name_en,
           street.name AS address, {_COMMUNITY},
           ST_X(middle) AS lon, ST_Y(middle) AS lat,
           (SELECT count(*) FROM building WHERE building.compound_id = compound.id) AS buildings
    {_COMPOUND_HOMES}
    CROSS JOIN LATERAL ST_PointOnSurface(compound.geom) AS middle
    WHERE {_OF_JURISDICTION}
      AND NOT EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS word
                      WHERE strpos({_COMPOUND_NAME}, word) = 0)
      AND EXISTS (SELECT FROM building WHERE building.compound_id = compound.id)
    ORDER BY length(compound.name), compound.name, community.code
    LIMIT :most
""")  # noqa: S608 - of constants

_STREETS = text(f"""
    WITH named AS (
        SELECT 'road' AS kind, road.jurisdiction_id, road.name, max(road.name_en) AS name_en,
               ST_ClosestPoint(ST_Collect(road.geom), ST_Centroid(ST_Collect(road.geom))) AS middle
        FROM road
        WHERE road.name <> ''
          AND NOT EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS word
                          WHERE strpos(lower(road.name || ' ' || road.name_en), word) = 0)
        GROUP BY road.jurisdiction_id, road.name
        UNION ALL
        SELECT 'community', street.jurisdiction_id, community.name, community.name_en,
               ST_PointOnSurface(community.area)
        FROM community JOIN street ON street.id = community.street_id
        WHERE NOT EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS word
                          WHERE strpos(lower(community.name || ' ' || community.name_en), word) = 0)
        UNION ALL
        SELECT 'street', street.jurisdiction_id, street.name, street.name_en,
               ST_PointOnSurface(ST_Collect(community.area))
        FROM street JOIN community ON community.street_id = street.id
        WHERE NOT EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS word
                          WHERE strpos(lower(street.name || ' ' || street.name_en), word) = 0)
        GROUP BY street.id
    )
    SELECT named.name, named.name_en, jurisdiction.name AS city,
           jurisdiction.name_en AS city_en, ST_X(middle) AS lon, ST_Y(middle) AS lat
    FROM named JOIN jurisdiction ON jurisdiction.id = named.jurisdiction_id
    WHERE {_OF_JURISDICTION}
    ORDER BY array_position(ARRAY['road', 'community', 'street'], named.kind),
             length(named.name), named.name, jurisdiction.slug
    LIMIT :most
""")  # noqa: S608 - of constants

_BUILDING_COLUMNS = f"""
    SELECT 'building' AS kind, building.code, building.name, building.address, {_COMMUNITY},
           compound.code AS compound_code, compound.name AS compound_name,
           compound.name_en AS compound_name_en,
           ST_X(building.site) AS lon, ST_Y(building.site) AS lat,
           ARRAY(SELECT jsonb_build_object('number', unit.number, 'name', unit.name)
                 FROM unit WHERE unit.building_id = building.id ORDER BY unit.number) AS units
    FROM building
    JOIN block ON block.id = building.block_id
    JOIN community ON community.id = block.community_id
    JOIN jurisdiction ON jurisdiction.id = building.jurisdiction_id
    LEFT JOIN compound ON compound.id = building.compound_id
"""  # noqa: S608 - of constants

_BUILDINGS = text(f"""
    WITH named AS MATERIALIZED (
        SELECT compound.id {_COMPOUND_HOMES}
        WHERE {_OF_JURISDICTION}
          AND EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS word
                      WHERE strpos({_COMPOUND_NAME}, word) > 0
                         OR strpos(word, lower(compound.name)) > 0)
    ), likely AS (
        SELECT id FROM building
        WHERE {SEARCHED} @@ plainto_tsquery('simple', :typed)
        UNION
        SELECT building.id FROM building JOIN named ON named.id = building.compound_id
    )
    {_BUILDING_COLUMNS} JOIN likely ON likely.id = building.id
    WHERE {_OF_JURISDICTION}
      AND NOT EXISTS (
          SELECT FROM unnest(CAST(:words AS text[])) AS word
          WHERE strpos(lower(concat_ws(' ',
              building.address, concat(compound.name, building.name), compound.name_en,
              building.code)), word) = 0)
    ORDER BY length(building.address), building.address, building.code COLLATE "C"
    LIMIT :most
""")  # noqa: S608 - of constants

_WITHIN = text(f"""
    {_BUILDING_COLUMNS}
    WHERE compound.code = :compound AND community.code = :community AND {_OF_JURISDICTION}
    ORDER BY length(building.name), building.name, building.code COLLATE "C"
    LIMIT :most
""")
