"""Responsibility (责任链): who answers for a place, for what somebody answers, and handing over."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from geo.errors import InvalidFieldError, NotFoundError, StepRefusedError
from geo.flows.issue_answers import is_withheld
from geo.flows.locate import locate
from geo.flows.report_places import GivenPlace, find_place
from geo.messages import Message, msg
from geo.store import responsibilities as store
from geo.store.issues import read_events, read_issue
from geo.store.places import building_of_key, building_of_unit, grid_of_place, room_of
from geo.store.publishing import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    from geo.flows.locate import Position
    from geo.flows.registry import Registry
    from geo.store.generations import StoredGrid
    from geo.store.places import Place

LEVELS = ("household", "unit", "building", "area")
"""From the nearest to the widest: 包户, 包单元, 包栋, 包片."""

MOST_MEMBERS = 200
MOST_PLACES = 500

FATES = ("moves", "merges", "ends", "alone")

RULES: dict[str, Message] = {
    "hand_over_left": msg("This member has left already."),
    "hand_back_nothing": msg("This member has handed nothing over that could be handed back."),
}


class Gap(NamedTuple):
    """A level of a chain at which nobody answers: in words."""

    message: Message


class Level(NamedTuple):
    """One level of a chain: what it is about, and who answers; a gap where nobody does."""

    level: str
    what: dict[str, Any]
    people: list[dict[str, Any]]
    gap: Gap | None


class Chain(NamedTuple):
    """Who answers for a place, from household to area.

    ``units`` are those of a building none of which was named; ``grid`` is ``None`` outside.
    """

    grid: StoredGrid | None
    place: Place | None
    levels: tuple[Level, ...]
    units: tuple[Level, ...]


def chain_at(opened: Session, registry: Registry, position: Position) -> Chain:
    """Return who answers for a position, and for the building that it is in.

    Examples
    --------
    >>> chain_at(opened, registry, position).levels[-1].level  # doctest: +SKIP
    'area'
    """
    grid = locate(registry, position).grid
    found = store.building_at(opened, position.lon, position.lat)
    place = None
    if found is not None:
        place = find_place(opened, GivenPlace(building=found["code"]), found["jurisdiction"])
    return _chain(opened, grid, place)


def chain_of(
    opened: Session, registry: Registry, given: GivenPlace, jurisdiction: str | None
) -> Chain:
    """Return who answers for a building, unit or household.

    Raises
    ------
    InvalidFieldError
        When there is no such place, or several.
    """
    try:
        place = find_place(opened, given, jurisdiction)
    except InvalidFieldError as error:
        values = error.message.values
        field = str(values["field"]).removeprefix("unit.")
        raise InvalidFieldError(field=field, reason=values["reason"]) from error
    period = registry.period_at(place.jurisdiction_id, clock(opened))
    if period is None:
        return _chain(opened, None, place)
    grid_id = grid_of_place(opened, period.id, place)
    grids = registry.index(period.id).grids
    return _chain(opened, next((one for one in grids if one.id == grid_id), None), place)


def chain_of_issue(opened: Session, registry: Registry, issue_id: UUID) -> Chain:
    """Return who answers for the place of an issue, in the grid that has it now.

    Nothing is told of a place that a private duty withholds from the asker.

    Raises
    ------
    NotFoundError
        When there is no such issue, or none that the asker may see.
    """
    row = read_issue(opened, issue_id)
    if row is None:
        raise NotFoundError(kind=msg("issue"), name=str(issue_id))
    if is_withheld(opened, row):
        return Chain(None, None, (), ())
    period = registry.period_at(row["jurisdiction_id"], clock(opened))
    grids = registry.index(period.id).grids if period else ()
    grid = next((one for one in grids if one.id == row["current_grid_id"]), None)
    first = next(iter(read_events(opened, issue_id)), None)
    return _chain(opened, grid, _place_of(opened, row, first["detail"] if first else {}))


def _place_of(opened: Session, row: RowMapping, detail: Mapping[str, Any]) -> Place | None:
    """Return the building of an issue, with unit and household as far as they were named."""
    unit_id, household_id = row["unit_id"], detail.get("household_id")
    if unit_id is None:
        building_id = row["building_id"] or detail.get("building_id")
        return building_of_key(opened, building_id) if building_id else None
    found = building_of_unit(opened, unit_id)
    if found is None:
        return None
    place = replace(found[0], unit_id=unit_id, unit=found[1])
    room = room_of(opened, household_id) if household_id else None
    return replace(place, household_id=household_id, room=room) if room else place


def _chain(opened: Session, grid: StoredGrid | None, place: Place | None) -> Chain:
    known = _by_level(store.chain_of(opened, grid.id if grid else None, place))
    wanted = {
        "household": place is not None and place.household_id is not None,
        "unit": place is not None and place.unit_id is not None,
        "building": place is not None,
        "area": grid is not None,
    }
    levels = tuple(
        _level(level, _what(level, grid, place), known.get(level, []))
        for level in LEVELS
        if wanted[level]
    )
    whole = place is not None and place.unit_id is None
    return Chain(grid, place, levels, _units(opened, place) if place and whole else ())


def _units(opened: Session, place: Place) -> tuple[Level, ...]:
    units: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in store.units_of(opened, place.building_id):
        people = units.setdefault((row["number"], row["name"]), [])
        if row["role"] is not None:
            people.append(_person({**row, "name": row["person"]}))
    return tuple(
        _level("unit", {"unit": number, "name": name}, people)
        for (number, name), people in units.items()
    )


def _by_level(rows: Iterable[RowMapping]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["level"], []).append(_person(row))
    return found


def _person(row: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    return {
        "id": row["member_id"],
        **{name: row[name] for name in ("role", "name", "phone")},
    }


def _level(level: str, what: dict[str, Any], people: list[dict[str, Any]]) -> Level:
    return Level(level, what, people, None if people else Gap(_gap(level, what)))


def _gap(level: str, what: Mapping[str, Any]) -> Message:
    if level == "household":
        return msg("Nobody answers for household %(room)s.", room=what["room"])
    if level == "unit":
        return msg("No volunteer for unit %(unit)s.", unit=what["unit"])
    if level == "building":
        return msg("Nobody answers for this building.")
    return msg("Nobody answers for this grid.")


def _what(level: str, grid: StoredGrid | None, place: Place | None) -> dict[str, Any]:
    if level == "area" and grid:
        return {"grid": grid.code, "name": grid.name, "name_en": grid.name_en}
    told: dict[str, Any] = {}
    if place:
        told = {"building": place.building, "address": place.address}
        told |= {"unit": place.unit} if level in {"unit", "household"} else {}
        told |= {"room": place.room} if level == "household" else {}
    return told


def members(
    opened: Session, community: str | None, wanted: str, *, left: bool = False
) -> list[dict[str, Any]]:
    """Return members in reach by name or code; at most :data:`MOST_MEMBERS`."""
    found = store.search_members(opened, community, wanted, MOST_MEMBERS, left=left)
    return [_member(row) for row in found]


def member(opened: Session, member_id: int) -> dict[str, Any]:
    """Return a member with all that they answer for.

    Raises
    ------
    NotFoundError
        When there is none in reach.
    """
    row = store.read_member(opened, member_id)
    if row is None:
        raise NotFoundError(kind=msg("team member"), name=str(member_id))
    links = [dict(link) for link in store.links_of(opened, member_id)]
    told: dict[str, Any] = {
        name: [link for link in links if link["level"] == level]
        for level, name in (
            ("area", "areas"),
            ("building", "buildings"),
            ("unit", "units"),
            ("household", "households"),
        )
    }
    handed = store.last_hand_over(opened, member_id) if row["left_at"] else None
    return _member(row) | {"answers_for": told, "handed_over": handed and dict(handed)}


def _member(row: RowMapping) -> dict[str, Any]:
    same = ("id", "code", "name", "role", "phone", "left_at")
    counts = ("areas", "buildings", "units", "households")
    return {
        **{name: row[name] for name in same},
        "community": {name: row[f"community_{name}"] for name in ("code", "name", "name_en")},
        "paired_unit": row["paired_name"]
        and {"name": row["paired_name"], "name_en": row["paired_name_en"] or ""},
        "counts": {name: row[name] for name in counts},
    }


def preview_hand_over(
    opened: Session, member_id: int, successors: Mapping[str, int]
) -> dict[str, Any]:
    """Return what would become of all that a member answers for; nothing is done.

    Parameters
    ----------
    opened
        On behalf of whoever asks.
    member_id
        Who leaves.
    successors
        Level → key of the member that takes over what is on that level.

    Raises
    ------
    InvalidFieldError
        When somebody named can't take over.
    NotFoundError
        When there is no such member in reach.
    StepRefusedError
        When the member has left already.
    """
    row = store.read_member(opened, member_id)
    if row is None:
        raise NotFoundError(kind=msg("team member"), name=str(member_id))
    if row["left_at"] is not None:
        raise StepRefusedError(reason=RULES["hand_over_left"])
    _check_successors(opened, member_id, successors)
    plan = store.plan_hand_over(opened, member_id, successors)
    fates = Counter(one["fate"] for one in plan)
    return {
        **{fate: fates[fate] for fate in FATES if fate != "alone"},
        "alone": [dict(one) for one in plan if one["fate"] == "alone"],
        "links": [dict(one) for one in plan],
        "done": False,
    }


def hand_over(
    opened: Session, member_id: int, successors: Mapping[str, int], reason: str
) -> dict[str, Any]:
    """Give all that a member answers for to successors, in one step; the member has left then.

    Raises
    ------
    InvalidFieldError
        When something would be left without anyone (``to`` names what), somebody named can't take
        over, or there is no reason.
    NotFoundError
        When there is no such member in reach.
    StepRefusedError
        When the member has left already.
    """
    if not reason.strip():
        raise InvalidFieldError(field="reason", reason=msg("This field is required."))
    told = preview_hand_over(opened, member_id, successors)
    if told["alone"]:
        raise InvalidFieldError(field="to", reason=_alone(told["alone"]))
    try:
        store.hand_over(opened, member_id, successors, reason)
    except store.HandOverRuleError as error:
        raise _refusal(error.rule) from error
    return told | {"done": True}


def hand_back(opened: Session, member_id: int) -> None:
    """Undo the last hand-over of a member, who is back then.

    Raises
    ------
    NotFoundError
        When there is no such member in reach.
    StepRefusedError
        When there is nothing to hand back.
    """
    if store.read_member(opened, member_id) is None:
        raise NotFoundError(kind=msg("team member"), name=str(member_id))
    try:
        store.hand_back(opened, member_id)
    except store.HandOverRuleError as error:
        raise _refusal(error.rule) from error


def gaps(opened: Session, community: str | None = None) -> list[dict[str, Any]]:
    """Return, of each grid in reach, how much of it nobody answers for."""
    told = []
    for row in store.gaps(opened, community):
        area, households = row["area"], None
        if row["households_total"] is not None:
            households = {"total": row["households_total"], "kept": row["households_kept"]}
        told.append(
            {
                **{name: row[name] for name in ("code", "name", "name_en")},
                "community": {
                    name: row[f"community_{name}"] for name in ("code", "name", "name_en")
                },
                "area": area,
                "buildings": {"total": row["buildings_total"], "alone": row["buildings"]},
                "units": {"total": row["units_total"], "alone": row["units"]},
                "households": households,
            }
        )
    return told


def gap_places(opened: Session, grid: str) -> list[dict[str, Any]]:
    """Return the buildings and units of a grid for which nobody answers."""
    return [dict(row) for row in store.gap_places(opened, grid, MOST_PLACES)]


def _check_successors(opened: Session, member_id: int, successors: Mapping[str, int]) -> None:
    present = store.members_exist(opened, list(successors.values()))
    for level, key in successors.items():
        if key == member_id or key not in present:
            raise InvalidFieldError(
                field=f"to.{level}", reason=msg("Nobody by this key can take over.")
            )


def _alone(links: list[dict[str, Any]]) -> Message:
    counts = Counter(one["level"] for one in links)
    return msg(
        "Without a successor nobody would answer for %(areas)s areas, %(buildings)s buildings,"
        " %(units)s units and %(households)s households.",
        areas=counts["area"],
        buildings=counts["building"],
        units=counts["unit"],
        households=counts["household"],
    )


def _refusal(rule: str) -> InvalidFieldError | StepRefusedError:
    """Return what the database's rule means to whoever asked."""
    if rule in RULES:
        return StepRefusedError(reason=RULES[rule])
    if rule == "hand_over_alone":
        reason = msg("Something would be left without anyone; look at what moves once more.")
        return InvalidFieldError(field="to", reason=reason)
    return InvalidFieldError(field="to", reason=msg("Nobody by this key can take over."))
