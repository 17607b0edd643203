"""Households (户) and their residents, as far as whoever asks may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, or_, select

from geo.store.models import Building, Compound, Household, Jurisdiction, Resident, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlalchemy import RowMapping, Select
    from sqlalchemy.orm import Session

ESCAPE = "\\"


def search_buildings(session: Session, wanted: str, limit: int) -> list[RowMapping]:
    """Return buildings with households in reach whose code, name, address or compound fits.

    Parameters
    ----------
    session
        On behalf of whoever asks.
    wanted
        A part of one of these, without regard to case; empty for the first of all.
    limit
        How many at most.
    """
    plain = wanted.strip()
    for special in (ESCAPE, "%", "_"):
        plain = plain.replace(special, ESCAPE + special)
    fitting = [
        column.ilike(f"%{plain}%", escape=ESCAPE)
        for column in (Building.code, Building.name, Building.address, Compound.name)
    ]
    statement = (
        _buildings()
        .where(or_(*fitting), _has_households())
        .order_by(Jurisdiction.slug, Building.code)
        .limit(limit)
    )
    return list(session.execute(statement).mappings())


def read_building(session: Session, code: str, jurisdiction: str | None) -> RowMapping | None:
    """Return a building that has households in reach, if there is one of this code."""
    statement = _buildings().where(Building.code == code, _has_households())
    if jurisdiction is not None:
        statement = statement.where(Jurisdiction.slug == jurisdiction)
    return session.execute(statement.order_by(Jurisdiction.slug).limit(1)).mappings().one_or_none()


def households_of(session: Session, building_id: int) -> list[RowMapping]:
    """Return the households of a building in reach, by unit and room."""
    statement = _households().where(Unit.building_id == building_id)
    rooms = func.lpad(Household.room, 12)
    return list(session.execute(statement.order_by(Unit.number, rooms)).mappings())


def read_household(session: Session, household_id: int) -> RowMapping | None:
    """Return a household with the building it is in, if it is in reach."""
    statement = _households().where(Household.id == household_id)
    return session.execute(statement).mappings().one_or_none()


def residents_of(session: Session, household_ids: Sequence[int]) -> list[RowMapping]:
    """Return the residents of households, unmasked: for those alone who may see them at all."""
    columns = (
        Resident.id,
        Resident.household_id,
        Resident.name,
        Resident.phone,
        Resident.remark,
    )
    statement = select(*columns).where(Resident.household_id.in_(household_ids))
    return list(session.execute(statement.order_by(Resident.id)).mappings())


def _buildings() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Building.id,
            Building.code,
            Building.name,
            Building.address,
            Jurisdiction.slug.label("jurisdiction"),
            func.coalesce(Compound.name, "").label("compound"),
        )
        .join(Jurisdiction, Jurisdiction.id == Building.jurisdiction_id)
        .outerjoin(Compound, Compound.id == Building.compound_id)
    )


def _has_households() -> Any:
    return exists(
        select(Household.id)
        .join(Unit, Unit.id == Household.unit_id)
        .where(Unit.building_id == Building.id)
    )


def _households() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Household.id,
            Household.room,
            Household.people,
            Unit.number.label("unit"),
            Unit.name.label("unit_name"),
            Building.code.label("building"),
            Building.jurisdiction_id,
            Jurisdiction.slug.label("jurisdiction"),
        )
        .join(Unit, Unit.id == Household.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .join(Jurisdiction, Jurisdiction.id == Building.jurisdiction_id)
    )
