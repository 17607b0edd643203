"""Generations side by side: which there are, what became of a grid, how many people lived where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

LEAST_SHARE = 0.01
"""Grids that a grid has less of than this share are not among those that it came from."""


@dataclass(frozen=True, slots=True)
class GenerationEntry:
    """A generation (网格方案的一期) in a list: when it is in force, and how many grids it has.

    ``ends`` is ``None`` while nothing follows it.
    """

    id: int
    jurisdiction_id: int
    jurisdiction: str
    number: int
    label: str
    starts: datetime
    ends: datetime | None
    published_at: datetime
    published_by: str
    note: str
    grids: int


@dataclass(frozen=True, slots=True)
class Origin:
    """A grid of the generation before, and which share (0 to 1) of the later one was its own."""

    code: str
    name: str
    name_en: str
    share: float


@dataclass(frozen=True, slots=True)
class GridSpell:
    """A grid (网格) as it was in one generation.

    Parameters
    ----------
    generation, number
        Label and number.
    starts, ends
        When it was in force.
    code, name, name_en, kind
        Of the grid then.
    community, community_name, community_name_en
        Where it lay.
    area_m2
        Of its own ground, without what dedicated grids lie over, in square metres.
    redrawn
        Whether it has other ground than in the generation before, without what dedicated grids
        lie over; ``None`` where it was not there.
    origins
        Whose ground it was in the generation before, the largest share first.
    """

    generation: str
    number: int
    starts: datetime
    ends: datetime | None
    code: str
    name: str
    name_en: str
    kind: str
    community: str
    community_name: str
    community_name_en: str
    area_m2: float
    redrawn: bool | None
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class GridFigures:
    """How much there is in a grid; ``code`` is empty for what lies in none.

    Parameters
    ----------
    code, name, name_en, kind
        Of the grid.
    buildings, units, households, people
        How many.
    issues
        How many occurred under the generation that is looked at.
    """

    code: str
    name: str
    name_en: str
    kind: str
    buildings: int
    units: int
    households: int
    people: int
    issues: int


@dataclass(frozen=True, slots=True)
class GridChange:
    """A grid of a generation, or one that is gone in it, against the generation before.

    Parameters
    ----------
    code, name, name_en, kind, community, community_name, community_name_en
        Of the grid; as it was before where it is gone.
    change
        ``new``, ``gone``, ``redrawn`` (it has other ground), ``renamed`` or ``kept``.
    old_code
        Its code before, where that was another one.
    lon, lat
        A point inside, in degrees.
    """

    code: str
    name: str
    name_en: str
    kind: str
    community: str
    community_name: str
    community_name_en: str
    change: str
    old_code: str | None
    lon: float
    lat: float


def grid_changes(session: Session, generation: GenerationEntry) -> list[GridChange]:
    """Return the grids of a generation and those that it no longer has, by code.

    Against none before, all of them are ``kept``.
    """
    rows = session.execute(
        text(_CHANGES),
        {
            "id": generation.id,
            "jurisdiction": generation.jurisdiction_id,
            "number": generation.number,
        },
    )
    return [GridChange(**row) for row in rows.mappings()]


def generation_entries(
    session: Session, jurisdiction: str | None = None, label: str | None = None
) -> list[GenerationEntry]:
    """Return the generations by number: of all jurisdictions, of one (slug), or one (label)."""
    rows = session.execute(text(_GENERATIONS), {"jurisdiction": jurisdiction, "label": label})
    return [GenerationEntry(**row) for row in rows.mappings()]


def grid_spells(session: Session, code: str) -> list[GridSpell]:
    """Return what a grid was in every generation that had it, the first one first.

    Parameters
    ----------
    session
        A transaction.
    code
        That it has in any generation; a code is never given to another grid.
    """
    rows = session.execute(text(_SPELLS), {"code": code, "least": LEAST_SHARE})
    return [_spell(row) for row in rows.mappings()]


def statistics(
    session: Session, generation: GenerationEntry, recast_on: GenerationEntry | None = None
) -> list[GridFigures]:
    """Return what lay in each grid of a generation, as it was stored then.

    Units (单元) count in the grid that they were assigned to while the generation was in force, and
    issues in the one that they were reported in. Units that were built later are in none of it.

    Parameters
    ----------
    session
        Of somebody who may read households.
    generation
        Which units and issues count.
    recast_on
        Another generation: the same units and issues are counted in its grids instead, by where
        the unit belongs or the position lies there.
    """
    shown = recast_on or generation
    values = {
        "jurisdiction": generation.jurisdiction_id,
        "past": generation.id,
        "shown": shown.id,
        "recast": recast_on is not None,
    }
    return [GridFigures(**row) for row in session.execute(text(_FIGURES), values).mappings()]


def _spell(row: RowMapping) -> GridSpell:
    given: dict[str, Any] = dict(row)
    origins = tuple(Origin(**one) for one in given.pop("origins"))
    return GridSpell(**given, origins=origins)


_GENERATIONS = """
    SELECT generation.id, generation.jurisdiction_id, jurisdiction.slug AS jurisdiction,
           generation.number, generation.label, lower(generation.validity) AS starts,
           upper(generation.validity) AS ends, generation.published_at,
           generation.published_by, generation.note,
           (SELECT count(*) FROM grid_version WHERE generation_id = generation.id) AS grids
    FROM generation JOIN jurisdiction ON jurisdiction.id = generation.jurisdiction_id
    WHERE (CAST(:jurisdiction AS text) IS NULL OR jurisdiction.slug = :jurisdiction)
      AND (CAST(:label AS text) IS NULL OR generation.label = :label)
    ORDER BY jurisdiction.slug, generation.number
"""

_SPELLS = """
    SELECT generation.label AS generation, generation.number,
           lower(generation.validity) AS starts, upper(generation.validity) AS ends,
           version.code, version.name, version.name_en, version.kind,
           community.code AS community, community.name AS community_name,
           community.name_en AS community_name_en,
           ST_Area(own.ground::geography) AS area_m2,
           grid_redrawn(version.grid_id, generation.id, previous.id) AS redrawn,
           COALESCE(origins.found, '[]'::jsonb) AS origins
    FROM grid_version AS version
    JOIN generation ON generation.id = version.generation_id
    JOIN community ON community.id = version.community_id
    CROSS JOIN LATERAL (
        SELECT own_ground(version.grid_id, version.generation_id) AS ground OFFSET 0
    ) AS own
    LEFT JOIN generation AS previous
      ON previous.jurisdiction_id = generation.jurisdiction_id
     AND previous.number = (
         SELECT max(one.number) FROM generation AS one
         WHERE one.jurisdiction_id = generation.jurisdiction_id
           AND one.number < generation.number)
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('code', code, 'name', name, 'name_en', name_en,
                                            'share', share) ORDER BY share DESC, code) AS found
        FROM (
            SELECT other.code, other.name, other.name_en,
                   COALESCE(ST_Area(ST_Intersection(
                       own_ground(other.grid_id, other.generation_id), own.ground))
                       / NULLIF(ST_Area(own.ground), 0), 0) AS share
            FROM grid_version AS other
            WHERE other.generation_id = previous.id AND other.geom && own.ground
        ) AS shared
        WHERE share >= :least
    ) AS origins ON true
    WHERE version.grid_id IN (SELECT grid_id FROM grid_version WHERE code = :code)
    ORDER BY generation.number
"""

_CHANGES = """
    WITH previous AS (
        SELECT id FROM generation
        WHERE jurisdiction_id = :jurisdiction AND number < :number
        ORDER BY number DESC LIMIT 1
    ),
    now AS (SELECT * FROM grid_version WHERE generation_id = :id),
    before AS (
        SELECT * FROM grid_version WHERE generation_id = (SELECT id FROM previous)
    )
    SELECT shown.code, shown.name, shown.name_en, shown.kind, community.code AS community,
           community.name AS community_name, community.name_en AS community_name_en,
           shown.change, shown.old_code,
           ST_X(shown.inside) AS lon, ST_Y(shown.inside) AS lat
    FROM (
        SELECT COALESCE(now.code, before.code) AS code, COALESCE(now.name, before.name) AS name,
               COALESCE(now.name_en, before.name_en) AS name_en,
               COALESCE(now.kind, before.kind) AS kind,
               COALESCE(now.community_id, before.community_id) AS community_id,
               ST_PointOnSurface(COALESCE(now.geom, before.geom)) AS inside,
               NULLIF(before.code, now.code) AS old_code,
               CASE WHEN NOT EXISTS (SELECT FROM previous) THEN 'kept'
                    WHEN before.grid_id IS NULL THEN 'new'
                    WHEN now.grid_id IS NULL THEN 'gone'
                    WHEN grid_redrawn(now.grid_id, now.generation_id, before.generation_id)
                        THEN 'redrawn'
                    WHEN (now.code, now.name) <> (before.code, before.name) THEN 'renamed'
                    ELSE 'kept' END AS change
        FROM now FULL JOIN before ON before.grid_id = now.grid_id
    ) AS shown
    JOIN community ON community.id = shown.community_id
    ORDER BY shown.code COLLATE "C", shown.change
"""

_FIGURES = """
    WITH homes AS MATERIALIZED (
        SELECT unit_id, building_id, households, people FROM planned_units(:jurisdiction)
    ),
    placed AS (
        SELECT CASE WHEN :recast THEN shown.grid_id ELSE past.grid_id END AS grid_id,
               count(DISTINCT homes.building_id) AS buildings, count(*) AS units,
               COALESCE(sum(homes.households), 0)::bigint AS households,
               COALESCE(sum(homes.people), 0)::bigint AS people
        FROM unit_assignment AS past
        JOIN homes ON homes.unit_id = past.unit_id
        LEFT JOIN unit_assignment AS shown
          ON shown.generation_id = :shown AND shown.unit_id = past.unit_id
        WHERE past.generation_id = :past
        GROUP BY 1
    ),
    occurred AS (
        SELECT CASE WHEN NOT :recast THEN issue.reported_grid_id
                    ELSE COALESCE(shown.grid_id, grid_at(
                        :shown, ST_X(issue.location), ST_Y(issue.location))) END AS grid_id,
               count(*) AS issues
        FROM issue
        LEFT JOIN unit_assignment AS shown
          ON shown.generation_id = :shown AND shown.unit_id = issue.unit_id
        WHERE issue.reported_generation_id = :past
        GROUP BY 1
    ),
    grids AS (
        SELECT grid_id, code, name, name_en, kind FROM grid_version WHERE generation_id = :shown
        UNION ALL SELECT NULL, '', '', '', ''
    )
    SELECT grids.code, grids.name, grids.name_en, grids.kind,
           COALESCE(placed.buildings, 0) AS buildings, COALESCE(placed.units, 0) AS units,
           COALESCE(placed.households, 0) AS households, COALESCE(placed.people, 0) AS people,
           COALESCE(occurred.issues, 0) AS issues
    FROM grids
    LEFT JOIN placed ON placed.grid_id IS NOT DISTINCT FROM grids.grid_id
    LEFT JOIN occurred ON occurred.grid_id IS NOT DISTINCT FROM grids.grid_id
    WHERE grids.code <> '' OR placed.units > 0 OR occurred.issues > 0
    ORDER BY grids.code COLLATE "C"
"""
