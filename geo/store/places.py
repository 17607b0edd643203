"""Buildings, units and households as a reporter names them, and their grids."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Float, Uuid, func, select

from geo.store.models import Building, Household, Jurisdiction, Unit, UnitAssignment

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Place:
    """A building (楼栋), and the unit (单元) and household (户) in it where those are known.

    ``lon`` and ``lat`` are the building's site, in WGS 84 degrees.
    """

    jurisdiction_id: int
    jurisdiction: str
    building_id: int
    building: str
    address: str
    lon: float
    lat: float
    unit_id: int | None = None
    unit: int | None = None
    household_id: int | None = None
    room: str | None = None


def buildings_of_code(session: Session, code: str, jurisdiction: str | None) -> list[Place]:
    """Return the buildings of a code: at most one in every jurisdiction."""
    statement = _buildings().where(Building.code == code)
    if jurisdiction is not None:
        statement = statement.where(Jurisdiction.slug == jurisdiction)
    return [_place(row) for row in session.execute(statement)]


def building_of_unit(session: Session, unit_id: int) -> tuple[Place, int] | None:
    """Return the building of a unit's key and the unit's number, if there is such a unit."""
    statement = _buildings().add_columns(Unit.number).join(Unit).where(Unit.id == unit_id)
    row = session.execute(statement).one_or_none()
    return (_place(row), row.number) if row else None


def building_of_key(session: Session, building_id: int) -> Place | None:
    """Return the building of a key, if there is one."""
    row = session.execute(_buildings().where(Building.id == building_id)).one_or_none()
    return _place(row) if row else None


def unit_numbers(session: Session, building_id: int) -> dict[int, int]:
    """Return the keys of a building's units, by number."""
    rows = session.execute(select(Unit.number, Unit.id).where(Unit.building_id == building_id))
    return {row.number: row.id for row in rows}


def household_key(session: Session, unit_id: int, room: str) -> int | None:
    """Return the key of the household behind a door, if there is one."""
    return session.scalar(select(func.household_behind(unit_id, room, type_=BigInteger())))


def grid_of_place(session: Session, generation_id: int, place: Place) -> UUID | None:
    """Return the grid of a unit in a generation, or of a building none of whose units is named.

    A building counts to the grid of all its units where they agree; otherwise its site decides.
    """
    statement = select(UnitAssignment.grid_id).where(UnitAssignment.generation_id == generation_id)
    if place.unit_id is not None:
        statement = statement.where(UnitAssignment.unit_id == place.unit_id)
    else:
        statement = statement.join(Unit, Unit.id == UnitAssignment.unit_id).where(
            Unit.building_id == place.building_id
        )
    grids = session.scalars(statement.distinct()).all()
    if len(grids) == 1:
        return grids[0]
    at_site = func.grid_at(generation_id, place.lon, place.lat, type_=Uuid())
    return session.scalar(select(at_site))


def room_of(session: Session, household_id: int) -> str | None:
    """Return the door of a household's key, if the asker may know it."""
    return session.scalar(select(Household.room).where(Household.id == household_id))


@lru_cache(maxsize=1)
def _buildings() -> Select[*tuple[Any, ...]]:
    return select(
        Building.jurisdiction_id,
        Jurisdiction.slug,
        Building.id,
        Building.code,
        Building.address,
        func.ST_X(Building.site, type_=Float()).label("lon"),
        func.ST_Y(Building.site, type_=Float()).label("lat"),
    ).join(Jurisdiction, Jurisdiction.id == Building.jurisdiction_id)


def _place(row: Any) -> Place:
    return Place(row.jurisdiction_id, row.slug, row.id, row.code, row.address, row.lon, row.lat)
