"""Rotas as answers, pages and workbooks show them, and what is said of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from api.booking_texts import day_named
from api.i18n import translate
from geo.core.rota_solving import Infeasible
from geo.files.workbooks import Cell, Sheet, workbook
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from geo.core.rota import Conflict, Load, Shift
    from geo.core.rota_solving import Shortage
    from geo.flows.rota import Proposed, Table

HOUR_MIN = 60
KINDS: dict[str, Message] = {
    "ordinary": msg("Ordinary hours"),
    "lunch": msg("Lunch duty"),
    "weekend": msg("Weekend duty"),
    "holiday": msg("Holiday duty"),
}
MARKS: dict[str, Message] = {
    "ordinary": msg("ordinary"),
    "lunch": msg("lunch"),
    "weekend": msg("weekend"),
    "holiday": msg("holiday"),
}
"""Of a shift, in a word."""

LOADS: dict[str, Message] = {
    "weekend": KINDS["weekend"],
    "holiday": KINDS["holiday"],
    "lunch": KINDS["lunch"],
    "all": msg("All duty"),
}
FAULTS: dict[str, Message] = {
    "overlap": msg("%(name)s is on duty twice at one time: %(this)s and %(other)s."),
    "rest": msg("%(name)s has less than 10 hours of rest between %(other)s and %(this)s."),
    "day": msg("%(name)s has more than one shift a day: %(other)s and %(this)s."),
    "week": msg("%(name)s has more than 6 shifts in the week of %(this)s."),
}


def hours_of(minutes: int) -> float:
    """Return minutes as hours.

    Examples
    --------
    >>> hours_of(210), hours_of(0)
    (3.5, 0.0)
    """
    return round(minutes / HOUR_MIN, 2)


def span_said(starts_at: datetime, ends_at: datetime, zone: ZoneInfo, language: str) -> str:
    """Return a time with its day, in the place's time."""
    begins, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    return f"{day_named(language, begins.date())} {clocks_said(begins, ends)}"


def clocks_said(begins: datetime, ends: datetime) -> str:
    """Return from when to when; midnight at the end of the day is 24:00.

    Examples
    --------
    >>> from datetime import datetime
    >>> clocks_said(datetime(2026, 3, 9, 20), datetime(2026, 3, 10, 0))
    '20:00–24:00'
    """
    over = ends.date() > begins.date() and not (ends.hour or ends.minute)
    return f"{begins:%H:%M}–{'24:00' if over else f'{ends:%H:%M}'}"


def shift_out(row: Any, zone: ZoneInfo) -> dict[str, Any]:
    """Return a stored shift for an answer."""
    return {
        "id": row["id"],
        "member": {"id": row["member_id"], "code": row["member_code"], "name": row["member_name"]},
        "starts_at": row["starts_at"].astimezone(zone),
        "ends_at": row["ends_at"].astimezone(zone),
        "kind": row["kind"],
        "published": row["published_at"] is not None,
    }


def proposed_shift_out(one: Shift, people: Mapping[int, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return a shift that is not kept for an answer."""
    return {
        "id": None,
        "member": member_out(people[one.person]),
        "starts_at": one.starts_at.astimezone(zone),
        "ends_at": one.ends_at.astimezone(zone),
        "kind": one.kind,
        "published": False,
    }


def member_out(row: Any) -> dict[str, Any]:
    """Return who somebody is."""
    return {"id": row["id"], "code": row["code"], "name": row["name"]}


def load_out(load: Load) -> dict[str, int]:
    """Return minutes by kind."""
    return {f"{kind}_min": minutes for kind, minutes in load._asdict().items()}


def loads_out(loads: Mapping[int, Load], people: Iterable[Any]) -> list[dict[str, Any]]:
    """Return everybody's minutes, in the order of codes."""
    return [
        {"member": member_out(one), **load_out(loads[one["id"]])}
        for one in people
        if one["id"] in loads
    ]


def people_of(table: Table) -> list[dict[str, Any]]:
    """Return those on duty, also those who have left since, in the order of codes."""
    found = {
        one["member_id"]: {
            "id": one["member_id"],
            "code": one["member_code"],
            "name": one["member_name"],
        }
        for one in table.shifts
    }
    return sorted(found.values(), key=lambda one: str(one["code"]))


def conflict_said(table: Table, one: Conflict, language: str) -> str:
    """Return what doesn't go together."""
    this, other = table.around[one.row], table.around[one.other]
    say = partial(span_said, zone=table.calendar.zone, language=language)
    told = Message(
        FAULTS[one.fault].template,
        {
            "name": this["member_name"],
            "this": say(this["starts_at"], this["ends_at"]),
            "other": say(other["starts_at"], other["ends_at"]),
        },
    )
    return translate(told, language)


def conflicts_out(table: Table, language: str) -> list[dict[str, Any]]:
    """Return all that doesn't go together."""
    return [
        {
            "fault": one.fault,
            "shift": table.around[one.row]["id"],
            "other": table.around[one.other]["id"],
            "text": conflict_said(table, one, language),
        }
        for one in table.conflicts
    ]


def table_out(table: Table, first: date, days: int, language: str) -> dict[str, Any]:
    """Return a kept rota for an answer."""
    zone = table.calendar.zone
    return {
        "first_day": first,
        "days": days,
        "timezone": zone.key,
        "shifts": [shift_out(one, zone) for one in table.shifts],
        "loads": loads_out(table.loads, people_of(table)),
        "spread": load_out(table.spread),
        "conflicts": conflicts_out(table, language),
        "gaps": [
            {"starts_at": begins.astimezone(zone), "ends_at": ends.astimezone(zone)}
            for begins, ends in table.gaps
        ],
    }


def proposed_out(proposed: Proposed, language: str) -> dict[str, Any]:
    """Return a proposal for an answer."""
    found, zone = proposed.outcome, proposed.calendar.zone
    people = {one["id"]: one for one in proposed.people}
    told: dict[str, Any] = {
        "feasible": False,
        "proven": False,
        "shifts": [],
        "loads": [],
        "spread": None,
        "shortages": [],
        "published_days": proposed.published,
        "text": proposed_said(proposed, language),
    }
    if isinstance(found, Infeasible):
        return told | {"shortages": [_shortage_out(one, zone, language) for one in found.shortages]}
    return told | {
        "feasible": True,
        "proven": found.proven,
        "shifts": [proposed_shift_out(one, people, zone) for one in found.shifts],
        "loads": loads_out(found.loads, proposed.people),
        "spread": load_out(found.spread),
    }


def _shortage_out(one: Shortage, zone: ZoneInfo, language: str) -> dict[str, Any]:
    return {
        "scope": one.scope,
        "first_day": one.first,
        "last_day": one.last,
        "starts_at": one.starts_at.astimezone(zone) if one.starts_at else None,
        "ends_at": one.ends_at.astimezone(zone) if one.ends_at else None,
        "needed": one.needed,
        "most": one.most,
        "missing": one.missing,
        "text": shortage_said(one, zone, language),
    }


def proposed_said(proposed: Proposed, language: str) -> str:
    """Return what came of the search, in a sentence."""
    found = proposed.outcome
    if isinstance(found, Infeasible):
        if not found.shortages:
            told = msg("No rota was found in the time there is. Relax a rule or add people.")
        else:
            told = msg("With these people and rules not every shift can be filled:")
    elif found.proven:
        told = msg("Every shift is filled, and no rota within these rules is fairer.")
    else:
        told = msg("Every shift is filled. A fairer rota may exist; none was found in the time.")
    return translate(told, language)


def shortage_said(one: Shortage, zone: ZoneInfo, language: str) -> str:
    """Return where people are missing, and how many."""
    first, last = day_named(language, one.first), day_named(language, one.last)
    if one.starts_at and one.ends_at:
        when = span_said(one.starts_at, one.ends_at, zone, language)
    else:
        when = first if one.scope == "day" else f"{first} – {last}"
    told = msg(
        "%(when)s: %(needed)s needed, %(most)s can be filled, %(missing)s missing.",
        when=when,
        needed=one.needed,
        most=one.most,
        missing=one.missing,
    )
    return translate(told, language)


def rota_xlsx(table: Table, station: Any, period: str, language: str) -> bytes:
    """Return a kept rota as a workbook: shift by shift, and hours by person."""
    say = partial(translate, language=language)
    name = (station["name_en"] if language == "en" else "") or station["name"]
    title = f"{name} · {say(msg('Duty rota'))}"
    people = people_of(table)
    return workbook(
        [
            Sheet(
                say(msg("Duty rota")),
                [title, period],
                [
                    say(one)
                    for one in (
                        *(msg("Day"), msg("Begins at"), msg("Ends at"), msg("Kind"), msg("Name")),
                        *(msg("Code"), msg("State")),
                    )
                ],
                [_shift_cells(one, table.calendar.zone, language) for one in table.shifts],
                ruled=True,
            ),
            Sheet(
                say(msg("Hours by person")),
                [title, period],
                [say(one) for one in (msg("Name"), msg("Code"), msg("Shifts"), *LOADS.values())],
                [_load_cells(one, table) for one in people],
                kept=2,
            ),
        ],
        title,
    )


def _shift_cells(row: Any, zone: ZoneInfo, language: str) -> list[Cell]:
    begins, ends = row["starts_at"].astimezone(zone), row["ends_at"].astimezone(zone)
    clocks = clocks_said(begins, ends).split("–")
    state = msg("Published") if row["published_at"] else msg("Draft")
    texts = [
        f"{begins:%Y-%m-%d} · {day_named(language, begins.date())}",
        *clocks,
        translate(KINDS[row["kind"]], language),
        row["member_name"],
        row["member_code"],
        translate(state, language),
    ]
    return [Cell(one) for one in texts]


def _load_cells(person: Mapping[str, Any], table: Table) -> list[Cell]:
    load = table.loads[person["id"]]
    count = sum(one["member_id"] == person["id"] for one in table.shifts)
    return [
        Cell(person["name"]),
        Cell(person["code"]),
        Cell(count),
        *(Cell(hours_of(minutes), "0.0#") for minutes in load),
    ]
