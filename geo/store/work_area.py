"""What a grid worker takes along: the own grids with all that stands in them.

Grids, buildings, units and stations are public; the doors of households are read as far as whoever
asks looks after them. Nothing of it says who lives where. Coordinates are degrees (EPSG:4326) with
seven digits: about a centimetre.
"""

from __future__ import annotations

import json
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from sqlalchemy import text

from geo.store.tiles import data_version

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session


def read_work_area(session: Session) -> dict[str, Any]:
    """Return the asker's grids, their neighbours' outlines, and what is in their own.

    Parameters
    ----------
    session
        On behalf of whoever asks; without a territory there is nothing.

    Returns
    -------
    dict
        Of JSON values: ``version`` of the map's data, ``jurisdictions``, ``grids`` in order of
        precedence (``own`` or a neighbour's), ``compounds``, ``buildings`` with units and doors,
        ``stations`` and ``duties``.
    """
    grids = [_grid(row) for row in session.execute(_GRIDS).mappings()]
    homes = sorted({one["jurisdiction"] for one in grids if one["own"]})
    doors = _doors(session.execute(_DOORS).mappings())
    rows = session.execute(_BUILDINGS).mappings().all()
    buildings = [_building(row, doors.get(row["id"], [])) for row in rows]
    return {
        "version": data_version(session),
        "jurisdictions": _plain(session, _JURISDICTIONS, homes),
        "grids": grids,
        "compounds": _compounds(buildings),
        "buildings": buildings,
        "stations": _plain(session, _STATIONS, homes),
        "duties": [_duty(row) for row in _plain(session, _DUTIES, homes)],
    }


def _plain(session: Session, statement: str, homes: list[str]) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(text(statement), {"homes": homes}).mappings()]


def _named(row: RowMapping | dict[str, Any], prefix: str) -> dict[str, str] | None:
    if row[f"{prefix}_code"] is None:
        return None
    return {name: row[f"{prefix}_{name}"] or "" for name in ("code", "name", "name_en")}


def _grid(row: RowMapping) -> dict[str, Any]:
    named = {name: row[name] for name in ("code", "name", "name_en", "kind", "own", "jurisdiction")}
    branch = row["branch_name"] and {
        "name": row["branch_name"],
        "name_en": row["branch_name_en"] or "",
        "phone": row["branch_phone"],
    }
    return {
        **named,
        "generation": row["generation"],
        "community": _named(row, "community"),
        "street": _named(row, "street"),
        "branch": branch or None,
        "polygons": json.loads(row["polygons"])["coordinates"],
    }


def _building(row: RowMapping, units: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("code", "name", "address", "storeys", "jurisdiction", "grid", "lon", "lat")
    return {
        **{name: row[name] for name in names},
        "community": _named(row, "community"),
        "compound": _named(row, "compound"),
        "polygons": json.loads(row["polygons"])["coordinates"],
        "units": units,
    }


def _compounds(buildings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found = {
        (one["community"]["code"], one["compound"]["code"]): one
        for one in buildings
        if one["compound"]
    }
    return [
        {**one["compound"], "community": one["community"]} for _key, one in sorted(found.items())
    ]


def _doors(rows: Iterable[RowMapping]) -> dict[int, list[dict[str, Any]]]:
    """Return the units of each building with the doors of their households."""
    found: dict[int, list[dict[str, Any]]] = {}
    for (building, number, name), inside in groupby(
        rows, key=itemgetter("building_id", "number", "name")
    ):
        doors = [
            {"id": row["household_id"], "room": row["room"]}
            for row in inside
            if row["household_id"] is not None
        ]
        found.setdefault(building, []).append({"number": number, "name": name, "doors": doors})
    return found


def _duty(row: dict[str, Any]) -> dict[str, Any]:
    names = ("code", "name", "name_en", "kind", "private", "jurisdiction")
    return {**{name: row[name] for name in names}, "department": _named(row, "department")}


_OWN = """
    own AS MATERIALIZED (
        SELECT version.* FROM grid_version AS version
        JOIN generation ON generation.id = version.generation_id
        WHERE generation.validity @> now()
          AND version.grid_id
              = ANY (ARRAY(SELECT asker_grids('grid_worker', 'community_staff'))))
"""

# A neighbour's outline is needed where the circle of a rough fix crosses into it: 0.004° are
# 350 to 450 m in China.
_GRIDS = text(f"""
    WITH {_OWN}
    SELECT version.code, version.name, version.name_en, version.kind,
           EXISTS (SELECT FROM own WHERE own.grid_id = version.grid_id
                   AND own.generation_id = version.generation_id) AS own,
           generation.label AS generation, jurisdiction.slug AS jurisdiction,
           community.code AS community_code, community.name AS community_name,
           community.name_en AS community_name_en,
           street.code AS street_code, street.name AS street_name,
           street.name_en AS street_name_en,
           party_branch.name AS branch_name, party_branch.name_en AS branch_name_en,
           party_branch.phone AS branch_phone, ST_AsGeoJSON(version.geom, 7) AS polygons
    FROM grid_version AS version
    JOIN generation ON generation.id = version.generation_id
    JOIN community ON community.id = version.community_id
    JOIN street ON street.id = community.street_id
    JOIN jurisdiction ON jurisdiction.id = street.jurisdiction_id
    LEFT JOIN party_branch ON party_branch.grid_id = version.grid_id
    WHERE generation.validity @> now()
      AND EXISTS (SELECT FROM own WHERE own.generation_id = version.generation_id
                  AND ST_DWithin(own.geom, version.geom, 0.004))
    ORDER BY version.kind = 'general', version.code COLLATE "C"
""")  # noqa: S608 - made of the constant above

_INSIDE = f"""
    WITH {_OWN},
    inside AS (
        SELECT unit.building_id, min(own.code) AS grid
        FROM own
        JOIN unit_assignment AS assignment
          ON assignment.generation_id = own.generation_id AND assignment.grid_id = own.grid_id
        JOIN unit ON unit.id = assignment.unit_id
        GROUP BY unit.building_id
        UNION
        SELECT building.id, min(own.code)
        FROM own JOIN building ON ST_Covers(own.geom, building.site)
        WHERE NOT EXISTS (SELECT FROM unit WHERE unit.building_id = building.id)
        GROUP BY building.id)
"""  # noqa: S608 - made of the constant above

_BUILDINGS = text(f"""
    {_INSIDE}
    SELECT building.id, building.code, building.name, building.address, building.storeys,
           inside.grid, jurisdiction.slug AS jurisdiction,
           community.code AS community_code, community.name AS community_name,
           community.name_en AS community_name_en,
           compound.code AS compound_code, compound.name AS compound_name,
           compound.name_en AS compound_name_en,
           ST_X(building.site) AS lon, ST_Y(building.site) AS lat,
           ST_AsGeoJSON(building.geom, 6) AS polygons
    FROM inside
    JOIN building ON building.id = inside.building_id
    JOIN block ON block.id = building.block_id
    JOIN community ON community.id = block.community_id
    JOIN jurisdiction ON jurisdiction.id = building.jurisdiction_id
    LEFT JOIN compound ON compound.id = building.compound_id
    ORDER BY jurisdiction.slug, compound.name NULLS LAST, building.code COLLATE "C"
""")  # noqa: S608 - made of the constants above

_DOORS = text(f"""
    WITH {_OWN}
    SELECT unit.building_id, unit.number, unit.name, household.id AS household_id, household.room
    FROM own
    JOIN unit_assignment AS assignment
      ON assignment.generation_id = own.generation_id AND assignment.grid_id = own.grid_id
    JOIN unit ON unit.id = assignment.unit_id
    LEFT JOIN household ON household.unit_id = unit.id
    ORDER BY unit.building_id, unit.number, lpad(household.room, 12), household.id
""")  # noqa: S608 - made of the constant above

_JURISDICTIONS = """
    SELECT slug, name, name_en, timezone, synthetic, source, source_en, review_number
    FROM jurisdiction WHERE slug = ANY (:homes) ORDER BY slug
"""

_STATIONS = f"""
    WITH {_OWN}
    SELECT station.code, station.kind, station.name, station.name_en, station.address,
           station.host, station.phone, ST_X(station.geom) AS lon, ST_Y(station.geom) AS lat
    FROM station JOIN community ON community.id = station.community_id
    JOIN street ON street.id = community.street_id
    JOIN jurisdiction ON jurisdiction.id = street.jurisdiction_id
    WHERE jurisdiction.slug = ANY (:homes)
      AND station.community_id IN (SELECT community_id FROM own)
    ORDER BY station.kind, station.code COLLATE "C"
"""  # noqa: S608 - made of the constant above

_DUTIES = """
    SELECT duty.code, duty.name, duty.name_en, duty.kind, duty.private,
           jurisdiction.slug AS jurisdiction, department.code AS department_code,
           department.name AS department_name, department.name_en AS department_name_en
    FROM duty
    JOIN department ON department.id = duty.department_id
    JOIN jurisdiction ON jurisdiction.id = duty.jurisdiction_id
    WHERE jurisdiction.slug = ANY (:homes) AND duty.retired_at IS NULL
    ORDER BY jurisdiction.slug, duty.code COLLATE "C"
"""
