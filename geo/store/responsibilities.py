"""Who answers for what: chains, members and all they answer for, gaps, and handing over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb
from sqlalchemy import text

from geo.store.engine import refusing_what_is_not_permitted
from geo.store.rules import BrokenRuleError, naming_the_rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    from geo.store.places import Place

ESCAPE = "\\"


class HandOverRuleError(BrokenRuleError):
    """A hand-over breaks a rule of the database."""


def chain_of(session: Session, grid_id: UUID | None, place: Place | None) -> list[RowMapping]:
    """Return who answers for a place, from household to area, as far as the asker may know.

    Parameters
    ----------
    session
        On behalf of whoever asks.
    grid_id
        The grid that the place is in.
    place
        The building, unit or household; ``None`` for a position in the open.
    """
    return _rows(
        session,
        _CHAIN,
        grid=grid_id,
        building=place.building_id if place else None,
        unit=place.unit_id if place else None,
        household=place.household_id if place else None,
    )


def units_of(session: Session, building_id: int) -> list[RowMapping]:
    """Return the units of a building, by number, each with those who answer for it."""
    return _rows(session, _UNITS, building=building_id)


def building_at(session: Session, lon: float, lat: float) -> RowMapping | None:
    """Return code and jurisdiction of the building that a position (WGS 84) is in, if any."""
    return next(iter(_rows(session, _BUILDING_AT, lon=lon, lat=lat)), None)


def asker_communities(session: Session) -> list[RowMapping]:
    """Return the communities whose members the asker may see, and whether they hand over there."""
    return _rows(session, _COMMUNITIES)


def search_members(
    session: Session, community: str | None, wanted: str, limit: int, *, left: bool = False
) -> list[RowMapping]:
    """Return members in reach by name or code, each with how much they answer for.

    Parameters
    ----------
    session
        On behalf of whoever asks.
    community
        Code; ``None`` for all in reach.
    wanted
        A part of name or code; empty for all.
    limit
        How many at most.
    left
        Whether those who have left are among them.
    """
    plain = wanted.strip()
    for special in (ESCAPE, "%", "_"):
        plain = plain.replace(special, ESCAPE + special)
    return _rows(
        session,
        _MEMBERS,
        community=community,
        wanted=f"%{plain}%",
        left=left,
        limit=limit,
        key=None,
    )


def read_member(session: Session, member_id: int) -> RowMapping | None:
    """Return a member in reach."""
    found = _rows(session, _MEMBERS, community=None, wanted="%", left=True, limit=1, key=member_id)
    return next(iter(found), None)


def links_of(session: Session, member_id: int) -> list[RowMapping]:
    """Return all that a member answers for, from areas to households.

    A household has its room where the asker may see it.
    """
    return _rows(session, _LINKS, member=member_id)


def successors(session: Session, member_id: int) -> list[RowMapping]:
    """Return the members of the same community who have not left, by role and name."""
    return _rows(session, _SUCCESSORS, member=member_id)


def members_exist(session: Session, member_ids: list[int]) -> set[int]:
    """Return which of some members are in reach and have not left."""
    return {row["id"] for row in _rows(session, _PRESENT, keys=member_ids)}


def plan_hand_over(
    session: Session, member_id: int, successors: Mapping[str, int]
) -> list[RowMapping]:
    """Return what would become of each link of a member: ``moves, merges, ends, alone``.

    Raises
    ------
    NotPermittedError
        When the asker may not hand over for this community.
    """
    with refusing_what_is_not_permitted():
        return _rows(session, _PLAN, member=member_id, successors=Jsonb(dict(successors)))


def hand_over(session: Session, member_id: int, successors: Mapping[str, int], reason: str) -> int:
    """Give all that a member answers for to others and note that they have left; return a key.

    Raises
    ------
    HandOverRuleError
        By the rules ``hand_over_alone``, ``hand_over_left``, ``hand_over_reason`` and
        ``hand_over_successor``.
    NotPermittedError
        When the asker may not hand over for this community.
    """
    values = {"member": member_id, "successors": Jsonb(dict(successors)), "reason": reason}
    with (
        naming_the_rule(HandOverRuleError),
        refusing_what_is_not_permitted(),
        session.begin_nested(),
    ):
        key: int = session.execute(_HAND_OVER, values).scalar_one()
    return key


def hand_back(session: Session, member_id: int) -> None:
    """Undo the last hand-over of a member who has left.

    Raises
    ------
    HandOverRuleError
        By the rule ``hand_back_nothing``.
    """
    with (
        naming_the_rule(HandOverRuleError),
        refusing_what_is_not_permitted(),
        session.begin_nested(),
    ):
        session.execute(_HAND_BACK, {"member": member_id})


def last_hand_over(session: Session, member_id: int) -> RowMapping | None:
    """Return when and why a member handed over, if that stands."""
    return next(iter(_rows(session, _LAST, member=member_id)), None)


def gaps(session: Session, community: str | None) -> list[RowMapping]:
    """Return, of each grid in force in reach, how much of it nobody answers for.

    ``households`` are ``None`` where the asker may not see them.
    """
    return _rows(session, _GAPS, community=community)


def gap_places(session: Session, grid: str, limit: int) -> list[RowMapping]:
    """Return the buildings and units of a grid in force for which nobody answers."""
    return _rows(session, _GAP_PLACES, grid=grid, limit=limit)


def _rows(session: Session, statement: Any, **values: Any) -> list[RowMapping]:
    return list(session.execute(statement, values).mappings())


_CHAIN = text(
    "SELECT * FROM chain_of(CAST(:grid AS uuid), CAST(:building AS bigint),"
    " CAST(:unit AS bigint), CAST(:household AS bigint))"
)

_UNITS = text("""
    SELECT unit.number, unit.name, chain.member_id, chain.role, chain.name AS person, chain.phone
    FROM unit LEFT JOIN LATERAL chain_of(NULL, NULL, unit.id, NULL) AS chain ON true
    WHERE unit.building_id = :building ORDER BY unit.number
""")

_BUILDING_AT = text("""
    SELECT building.code, jurisdiction.slug AS jurisdiction
    FROM building JOIN jurisdiction ON jurisdiction.id = building.jurisdiction_id
    WHERE ST_Intersects(building.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))
    ORDER BY building.id LIMIT 1
""")

_COMMUNITIES = text("""
    SELECT community.code, community.name, community.name_en,
           jurisdiction.slug AS jurisdiction, asker_hands_over(community.id) AS own
    FROM community
    JOIN street ON street.id = community.street_id
    JOIN jurisdiction ON jurisdiction.id = street.jurisdiction_id
    WHERE community.id IN (SELECT asker_communities(
        '{auditor,administrator}', '{grid_worker,community_staff,street_dispatcher}'))
    ORDER BY community.code
""")

_MEMBERS = text("""
    SELECT member.id, member.code, member.name, member.role, member.phone, member.left_at,
           community.code AS community_code, community.name AS community_name,
           community.name_en AS community_name_en,
           paired_unit.name AS paired_name, paired_unit.name_en AS paired_name_en,
           counted.areas, counted.buildings, counted.units, counted.households
    FROM member
    JOIN community ON community.id = member.community_id
    LEFT JOIN paired_unit ON paired_unit.id = member.paired_unit_id
    CROSS JOIN LATERAL (
        SELECT count(grid_id) AS areas, count(building_id) AS buildings,
               count(unit_id) AS units, count(household_id) AS households
        FROM responsibility WHERE member_id = member.id) AS counted
    WHERE (CAST(:key AS bigint) IS NULL OR member.id = :key)
      AND (CAST(:community AS text) IS NULL OR community.code = :community)
      AND (member.left_at IS NULL OR :left)
      AND (member.name ILIKE :wanted OR member.code ILIKE :wanted)
    ORDER BY community.code, member.code LIMIT :limit
""")

_LINKS = text("""
    SELECT link.level,
           version.code AS grid, version.name AS grid_name, version.name_en AS grid_name_en,
           building.code AS building, building.name AS building_name, building.address,
           compound.name AS compound, compound.name_en AS compound_en,
           unit.number AS unit, unit.name AS unit_name, household.id AS household, household.room,
           ST_X(building.site) AS lon, ST_Y(building.site) AS lat
    FROM responsibility AS link
    LEFT JOIN household ON household.id = link.household_id
    LEFT JOIN unit ON unit.id = COALESCE(link.unit_id, household.unit_id)
    LEFT JOIN building ON building.id = COALESCE(link.building_id, unit.building_id)
    LEFT JOIN compound ON compound.id = building.compound_id
    LEFT JOIN LATERAL (
        SELECT drawn.code, drawn.name, drawn.name_en
        FROM grid_version AS drawn JOIN generation ON generation.id = drawn.generation_id
        WHERE drawn.grid_id = link.grid_id
        ORDER BY generation.number DESC LIMIT 1) AS version ON true
    WHERE link.member_id = :member
    ORDER BY array_position('{area,building,unit,household}', link.level), version.code,
             building.code, unit.number, lpad(household.room, 12)
""")

_SUCCESSORS = text("""
    SELECT other.id, other.code, other.name, other.role
    FROM member JOIN member AS other ON other.community_id = member.community_id
    WHERE member.id = :member AND other.id <> member.id AND other.left_at IS NULL
    ORDER BY other.role, other.code
""")

_PRESENT = text("SELECT id FROM member WHERE id = ANY (:keys) AND left_at IS NULL")

_PLAN = text("""
    SELECT plan.level, plan.successor, plan.fate,
           version.name AS grid_name, version.name_en AS grid_name_en,
           building.name AS building_name, building.code AS building, building.address,
           compound.name AS compound, compound.name_en AS compound_en, unit.number AS unit,
           household.room
    FROM hand_over_plan(:member, :successors) AS plan
    JOIN responsibility AS link ON link.id = plan.link_id
    LEFT JOIN household ON household.id = link.household_id
    LEFT JOIN unit ON unit.id = COALESCE(link.unit_id, household.unit_id)
    LEFT JOIN building ON building.id = COALESCE(link.building_id, unit.building_id)
    LEFT JOIN compound ON compound.id = building.compound_id
    LEFT JOIN LATERAL (
        SELECT drawn.name, drawn.name_en
        FROM grid_version AS drawn JOIN generation ON generation.id = drawn.generation_id
        WHERE drawn.grid_id = link.grid_id
        ORDER BY generation.number DESC LIMIT 1) AS version ON true
    ORDER BY array_position('{area,building,unit,household}', plan.level), building.code,
             unit.number, lpad(household.room, 12)
""")

_HAND_OVER = text("SELECT hand_over(:member, :successors, :reason)")
_HAND_BACK = text("SELECT hand_back(:member)")
_LAST = text("""
    SELECT id, handed_at, reason FROM hand_over
    WHERE member_id = :member AND undone_at IS NULL ORDER BY id DESC LIMIT 1
""")

_MINE = """
    WITH mine AS (
        SELECT version.generation_id, version.grid_id, version.code, version.name, version.name_en,
               community.code AS community_code, community.name AS community_name,
               community.name_en AS community_name_en
        FROM generation
        JOIN grid_version AS version ON version.generation_id = generation.id
        JOIN community ON community.id = version.community_id
        WHERE generation.validity @> now()
          AND community.id IN (SELECT asker_communities(
              '{auditor,administrator}', '{grid_worker,community_staff,street_dispatcher}'))
    ), home AS (
        SELECT mine.grid_id, mine.code, unit.id, unit.number, unit.building_id,
               EXISTS (SELECT FROM responsibility WHERE unit_id = unit.id) AS kept
        FROM mine
        JOIN unit_assignment AS assignment
          ON assignment.generation_id = mine.generation_id AND assignment.grid_id = mine.grid_id
        JOIN unit ON unit.id = assignment.unit_id
    ), house AS (
        SELECT home.grid_id, home.code, home.building_id,
               EXISTS (SELECT FROM responsibility
                       WHERE responsibility.building_id = home.building_id) AS kept
        FROM home GROUP BY home.grid_id, home.code, home.building_id
    )
"""

_GAPS = text(f"""
    {_MINE}
    SELECT mine.code, mine.name, mine.name_en, mine.community_code, mine.community_name,
           mine.community_name_en,
           NOT EXISTS (SELECT FROM responsibility WHERE grid_id = mine.grid_id) AS area,
           COALESCE(houses.alone, 0) AS buildings, COALESCE(houses.total, 0) AS buildings_total,
           COALESCE(homes.alone, 0) AS units, COALESCE(homes.total, 0) AS units_total,
           doors.total AS households_total, doors.kept AS households_kept
    FROM mine
    LEFT JOIN (SELECT grid_id, count(*) FILTER (WHERE NOT kept) AS alone, count(*) AS total
               FROM house GROUP BY grid_id) AS houses ON houses.grid_id = mine.grid_id
    LEFT JOIN (SELECT grid_id, count(*) FILTER (WHERE NOT kept) AS alone, count(*) AS total
               FROM home GROUP BY grid_id) AS homes ON homes.grid_id = mine.grid_id
    LEFT JOIN (SELECT home.grid_id, count(*) AS total, count(link.household_id) AS kept
               FROM home JOIN household ON household.unit_id = home.id
               LEFT JOIN (SELECT DISTINCT household_id FROM responsibility
                          WHERE household_id IS NOT NULL) AS link
                 ON link.household_id = household.id
               GROUP BY home.grid_id) AS doors ON doors.grid_id = mine.grid_id
    WHERE CAST(:community AS text) IS NULL OR mine.community_code = :community
    ORDER BY mine.code
""")  # noqa: S608 - of constants

_GAP_PLACES = text(f"""
    {_MINE}
    SELECT * FROM (
        SELECT 'building' AS level, house.building_id, NULL::integer AS unit
        FROM house WHERE NOT kept AND code = :grid
        UNION ALL
        SELECT 'unit', home.building_id, home.number FROM home WHERE NOT kept AND code = :grid
    ) AS gap
    JOIN LATERAL (
        SELECT building.code AS building, building.name AS building_name, building.address,
               compound.name AS compound, compound.name_en AS compound_en
        FROM building LEFT JOIN compound ON compound.id = building.compound_id
        WHERE building.id = gap.building_id) AS place ON true
    ORDER BY gap.level, place.building, gap.unit LIMIT :limit
""")  # noqa: S608 - of constants
