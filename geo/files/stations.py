"""What the rows of a folder say about stations: hours twice or half, times the wrong way round."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from geo.core.opening import MIDNIGHT
from geo.core.public_holidays import published_days
from geo.core.worktime import WorkCalendar
from geo.files.opening_hours import read_opening_hours
from geo.files.problems import RowProblem
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from geo.files.folder import Folder
    from geo.files.rows import ClosureRow, OpeningRuleRow, ServiceRow

Odd = tuple[str, Message]
"""A field and what is wrong with it."""


def check_stations(folder: Folder) -> None:
    """Add to a folder's problems what is odd about its stations, and read their opening hours."""
    _read_hours(folder)
    checks: dict[str, Callable[[Any], Iterator[Odd]]] = {
        "opening_rules": _odd_rule,
        "closures": _odd_closure,
        "services": _odd_service,
    }
    for name, check in checks.items():
        layer = folder.layers[name]
        folder.problems += [
            RowProblem(layer.place(row, field), message)
            for row in layer.rows
            for field, message in check(row)
        ]
    _refuse_closed_and_open(folder)


def _read_hours(folder: Folder) -> None:
    layer = folder.layers["stations"]
    zone = folder.manifest.timezone if folder.manifest else "UTC"
    days = {row.day: row.kind for row in folder.rows("calendar")}
    calendar = WorkCalendar({}, days, zone, published_days(zone))
    ruled = {row.station_code for row in folder.rows("opening_rules")}
    for row in layer.rows:
        if row.opening_hours is None:
            continue
        found = read_opening_hours(row.opening_hours, calendar.make_up_days)
        if isinstance(found, Message):
            problem = found
        elif row.code in ruled:
            problem = msg("The layer opening_rules has rules for this station as well.")
        else:
            row.week = found
            continue
        folder.problems.append(RowProblem(layer.place(row, "opening_hours"), problem))


def _odd_rule(row: OpeningRuleRow) -> Iterator[Odd]:
    if row.opens is None and row.closes is not None:
        yield "opens", msg("It is empty, but closes isn't.")
    elif row.closes is None and row.opens is not None:
        yield "closes", msg("It is empty, but opens isn't.")
    elif row.opens is not None and row.opens == row.closes != MIDNIGHT:
        yield "closes", msg("It closes when it opens; a whole day is 00:00 to 24:00.")


def _odd_closure(row: ClosureRow) -> Iterator[Odd]:
    if row.ends_at is not None and row.ends_at <= row.starts_at:
        yield "ends_at", msg("It is not after starts_at.")


def _odd_service(row: ServiceRow) -> Iterator[Odd]:
    if row.way == "appointment" and row.slot_minutes is None:
        yield "slot_minutes", msg("It is empty; appointments need it.")
    elif row.way == "errand" and row.slot_minutes is not None:
        yield "slot_minutes", msg("It should be empty: errands have no slots.")


def _refuse_closed_and_open(folder: Folder) -> None:
    """Refuse that a station is closed on a kind of day, and has hours on it."""
    layer = folder.layers["opening_rules"]
    said: dict[tuple[str, str], list[OpeningRuleRow]] = defaultdict(list)
    for row in layer.rows:
        said[row.station_code, row.day].append(row)
    for rows in said.values():
        closed = next((row for row in rows if row.opens is None and row.closes is None), None)
        other = next((row for row in rows if row.opens is not None), None)
        if closed and other:
            message = msg("It is closed on such days, but row %(row)s has hours.", row=other.line)
            folder.problems.append(RowProblem(layer.place(closed, "opens"), message))
