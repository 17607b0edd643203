"""Finding the building, unit or household that a reporter names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geo.errors import InvalidFieldError
from geo.messages import msg
from geo.store.places import (
    building_of_unit,
    buildings_of_code,
    household_key,
    unit_numbers,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from geo.store.places import Place


@dataclass(frozen=True, slots=True)
class GivenPlace:
    """A place as a reporter names it.

    Parameters
    ----------
    building
        The building's code; ``None`` where ``unit_id`` says it.
    unit
        The unit's number in the building.
    room
        The household's door.
    unit_id
        The key of a unit, instead of building and unit.
    """

    building: str | None = None
    unit: int | None = None
    room: str | None = None
    unit_id: int | None = None


def find_place(opened: Session, given: GivenPlace, jurisdiction: str | None) -> Place:
    """Return the place that is meant.

    A building with a single unit needs no unit.

    Raises
    ------
    InvalidFieldError
        When there is no such place, or several, with the field that has to change.
    """
    if given.unit_id is not None:
        found, its_number = _by_key(opened, given.unit_id, jurisdiction)
        unit = replace(found, unit_id=given.unit_id, unit=its_number)
        return _with_room(opened, unit, given.room)
    place = _building(opened, given.building or "", jurisdiction)
    units = unit_numbers(opened, place.building_id)
    number = next(iter(units)) if given.unit is None and len(units) == 1 else given.unit
    if number is None:
        if given.room is not None:
            raise InvalidFieldError(field="unit.unit", reason=msg("A room needs its unit."))
        return place
    if number not in units:
        raise InvalidFieldError(
            field="unit.unit",
            reason=msg(
                "Building “%(building)s” has no unit %(unit)s.",
                building=place.building,
                unit=number,
            ),
        )
    return _with_room(opened, replace(place, unit_id=units[number], unit=number), given.room)


def _by_key(opened: Session, unit_id: int, jurisdiction: str | None) -> tuple[Place, int]:
    found = building_of_unit(opened, unit_id)
    if found is None or jurisdiction not in {None, found[0].jurisdiction}:
        raise InvalidFieldError(
            field="unit", reason=msg("There is no unit with the key %(key)s.", key=unit_id)
        )
    return found


def _building(opened: Session, code: str, jurisdiction: str | None) -> Place:
    found = buildings_of_code(opened, code, jurisdiction)
    if not found:
        raise InvalidFieldError(
            field="unit.building",
            reason=msg("There is no building with the code “%(code)s”.", code=code),
        )
    if len(found) > 1:
        raise InvalidFieldError(
            field="jurisdiction",
            reason=msg(
                "Several jurisdictions have a building with the code “%(code)s”; name one.",
                code=code,
            ),
        )
    return found[0]


def _with_room(opened: Session, place: Place, room: str | None) -> Place:
    if room is None or place.unit_id is None:
        return place
    household = household_key(opened, place.unit_id, room)
    if household is None:
        raise InvalidFieldError(
            field="unit.room",
            reason=msg(
                "Unit %(unit)s of building “%(building)s” has no room “%(room)s”.",
                unit=place.unit,
                building=place.building,
                room=room,
            ),
        )
    return replace(place, household_id=household, room=room)
