"""What is told about an issue: values of JSON, without anybody's personal data.

The reporter is never part of it. The text, place, notes and photos of issues of private duties are
withheld from all but those whose work they are. Messages stay values (``template`` and ``values``)
until the reader's language is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from geo.core.deadlines import COUNTED_FROM
from geo.core.lifecycle import ENDED, STAGES, STATE_TABLE, actions_of, allowed_actions
from geo.errors import NotFoundError
from geo.messages import msg
from geo.store.clocks import read_clocks
from geo.store.duties import work_calendar
from geo.store.issues import (
    count_followers,
    handled_by_asker,
    read_events,
    read_issue,
    read_photo,
    read_photos,
    roles_on,
)
from geo.store.models import AT_WORK
from geo.store.people import responsible
from geo.store.publishing import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    from geo.core.clocks import Clock
    from geo.core.worktime import WorkCalendar
    from geo.flows.locate import Notice, Share

TOLD_OF_EVENTS = (
    *("generation", "duplicate_of", "duty", "department", "department_before"),
    *("grid", "grid_before", "stage", "due_at", "due_before", "transfers", "escalated"),
)
"""Details of events that are told; the others are keys and evidence."""

READERS_OF_PRIVATE = frozenset({*AT_WORK, "auditor"})
"""Roles whose work on an issue needs what a private duty withholds from others."""


class IssuePhotoFile(NamedTuple):
    """A photo with the name it is saved under."""

    name: str
    media_type: str
    content: bytes


def issue_answer(
    opened: Session, issue_id: UUID, calendar: WorkCalendar | None = None
) -> dict[str, Any]:
    """Return all that is told about one issue.

    Parameters
    ----------
    opened
        A transaction.
    issue_id
        The issue's key.
    calendar
        Its jurisdiction's, where it is at hand.

    Raises
    ------
    NotFoundError
        When there is no such issue.
    """
    row = read_issue(opened, issue_id)
    if row is None:
        raise NotFoundError(kind=msg("issue"), name=str(issue_id))
    first = next(iter(read_events(opened, issue_id)), None)
    detail: Mapping[str, Any] = first["detail"] if first else {}
    people = responsible(
        opened,
        row["current_grid_id"],
        row["building_id"] or detail.get("building_id"),
        row["unit_id"],
        detail.get("household_id"),
    )
    summary = issue_summary(opened, row)
    summary["routing"] |= {
        "nearest": _named(row, "nearest"),
        "distance_m": None if row["distance_m"] is None else round(row["distance_m"], 3),
        "candidates": detail.get("candidates", []),
        "confident": row["confident"],
        "responsible": [
            {"level": one.level, "role": one.role, "name": one.name, "phone": one.phone}
            for one in people
        ],
    }
    escalated = row["escalated_at"] is not None
    mine = actions_of(row["state"], roles_on(opened, issue_id), escalated=escalated)
    duty = summary["duty"]
    return {
        **summary,
        "duty": duty and {**duty, "version": row["duty_version"]},
        "deadlines": _deadlines(opened, row, calendar),
        "photos": [] if summary["withheld"] else _photos(opened, issue_id),
        "warnings": detail.get("notices", []),
        "actions": list(allowed_actions(row["state"])),
        "my_actions": list(mine),
        "followers": count_followers(opened, issue_id),
    }


def is_withheld(opened: Session, row: RowMapping) -> bool:
    """Tell whether a private duty keeps an issue's text, place, notes and photos from the reader.

    Parameters
    ----------
    opened
        On behalf of whoever asks.
    row
        Of :func:`geo.store.issues.read_issue`, or of a list, which knows already.
    """
    if "withheld" in row:
        return bool(row["withheld"])
    if not row["private"]:
        return False
    at_work = not roles_on(opened, row["id"]).isdisjoint(READERS_OF_PRIVATE)
    return not (at_work or handled_by_asker(opened, row["id"]))


def issue_summary(opened: Session, row: RowMapping) -> dict[str, Any]:
    """Return what a list tells about an issue."""
    zone = ZoneInfo(row["timezone"])
    private = is_withheld(opened, row)
    return {
        "id": str(row["id"]),
        "number": row["number"],
        "jurisdiction": row["jurisdiction"],
        "state": row["state"],
        "occurred_at": _local(row["occurred_at"], zone),
        "received_at": _local(row["received_at"], zone),
        "closed_at": _local(row["closed_at"], zone),
        "duty": _named(row, "duty"),
        "text": None if private else row["text"],
        "location": None if private else _location(row),
        "withheld": private,
        "routing": {
            "generation": row["generation"],
            "generation_number": row["generation_number"],
            "method": row["method"],
            "grid": _grid(row),
            "current_grid": _named(row, "current"),
            "branch": _branch(row),
            "department": _named(row, "department"),
        },
        "source": row["source"],
        "public": row["public"],
        "version": row["version"],
        "transfers": row["transfers"],
        "escalated_at": _local(row["escalated_at"], zone),
        "due": _due(row, zone),
        "photos_count": 0 if private else row["photos_count"],
        "duplicate_of": _original(row),
    }


def issue_history(opened: Session, issue_id: UUID) -> list[dict[str, Any]]:
    """Return what happened to an issue, oldest first.

    Raises
    ------
    NotFoundError
        When there is no such issue.
    """
    row = read_issue(opened, issue_id)
    if row is None:
        raise NotFoundError(kind=msg("issue"), name=str(issue_id))
    zone = ZoneInfo(row["timezone"])
    private = is_withheld(opened, row)
    return [
        {
            "sequence": event["sequence"],
            "at": _local(event["at"], zone),
            "action": event["action"],
            "from_state": event["from_state"],
            "to_state": event["to_state"],
            "actor": event["actor"],
            "note": "" if private else event["note"],
            "detail": {
                name: event["detail"][name] for name in TOLD_OF_EVENTS if name in event["detail"]
            },
        }
        for event in read_events(opened, issue_id)
    ]


def issue_photo(opened: Session, issue_id: UUID, position: int) -> IssuePhotoFile:
    """Return an issue's photo, counted from 1.

    Raises
    ------
    NotFoundError
        When there is no such issue or photo for whoever asks.
    """
    row = read_issue(opened, issue_id)
    if row is None:
        raise NotFoundError(kind=msg("issue"), name=str(issue_id))
    found = None if is_withheld(opened, row) else read_photo(opened, issue_id, position)
    if found is None:
        raise NotFoundError(kind=msg("photo"), name=str(position))
    suffix = found["media_type"].rpartition("/")[2]
    return IssuePhotoFile(
        f"{row['number']}-{position}.{suffix}", found["media_type"], found["content"]
    )


def plain_notices(notices: Iterable[Notice]) -> list[dict[str, Any]]:
    """Return notices as values of JSON, in no language yet."""
    return [
        {
            "code": notice.code,
            "template": notice.message.template,
            "values": notice.message.values,
        }
        for notice in notices
    ]


def plain_candidates(candidates: Iterable[Share]) -> list[dict[str, Any]]:
    """Return candidates as values of JSON."""
    return [{"code": one.grid.code, "share": round(one.share, 6)} for one in candidates]


def _due(row: RowMapping, zone: ZoneInfo) -> dict[str, Any] | None:
    if row["due_stage"] is None or row["state"] in ENDED:
        return None
    return {
        "stage": row["due_stage"],
        "due_at": _local(row["due_at"], zone),
        "overdue": row["due_overdue"],
        "paused": row["due_paused_at"] is not None,
    }


def _original(row: RowMapping) -> dict[str, Any] | None:
    if row["original_id"] is None:
        return None
    return {"id": str(row["original_id"]), "number": row["original_number"]}


def _deadlines(
    opened: Session, row: RowMapping, known: WorkCalendar | None
) -> list[dict[str, Any]]:
    clocks = [one for one in read_clocks(opened, row["id"]).values() if _counts(one, row["state"])]
    if not clocks:
        return []
    calendar = known or work_calendar(opened, row["jurisdiction_id"])
    received_on = row["received_at"].astimezone(calendar.zone).date()
    now = clock(opened)
    return [
        {
            "stage": one.stage,
            "state": one.state(now),
            "due_at": _local(one.due_at, calendar.zone),
            "started_at": _local(one.started_at, calendar.zone),
            "met_at": _local(one.met_at, calendar.zone),
            "paused_at": _local(one.paused_at, calendar.zone),
            "extensions": one.extensions,
            "amount": one.amount,
            "unit": one.unit,
            "counted_from": COUNTED_FROM[one.stage],
            "calendar_known": calendar.knows(
                received_on, one.due_at.astimezone(calendar.zone).date()
            ),
        }
        for one in clocks
    ]


def _counts(one: Clock, state: str) -> bool:
    """Tell whether a clock is told: one that has begun, or whose stage is still to come."""
    if one.started_at is not None:
        return True
    running = STATE_TABLE[state].clocks
    ahead = bool(running) and STAGES.index(one.stage) > min(STAGES.index(at) for at in running)
    return one.exists and ahead


def _photos(opened: Session, issue_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            "number": photo["position"],
            "media_type": photo["media_type"],
            "width_px": photo["width_px"],
            "height_px": photo["height_px"],
            "event": photo["event_sequence"],
        }
        for photo in read_photos(opened, issue_id)
    ]


def _local(instant: datetime | None, zone: ZoneInfo) -> str | None:
    return instant.astimezone(zone).isoformat() if instant else None


def _named(row: RowMapping, prefix: str) -> dict[str, Any] | None:
    if row[f"{prefix}_code"] is None:
        return None
    return {name: row[f"{prefix}_{name}"] for name in ("code", "name", "name_en")}


def _location(row: RowMapping) -> dict[str, Any] | None:
    if row["lon"] is None:
        return None
    return {"lon": row["lon"], "lat": row["lat"], "accuracy_m": row["accuracy_m"]}


def _branch(row: RowMapping) -> dict[str, Any] | None:
    if row["branch_name"] is None:
        return None
    return {name: row[f"branch_{name}"] for name in ("name", "name_en", "phone")}


def _grid(row: RowMapping) -> dict[str, Any] | None:
    grid = _named(row, "grid")
    if grid is None:
        return None
    return {
        **grid,
        "kind": row["grid_kind"],
        "community": _named(row, "community"),
        "street": _named(row, "street"),
        "branch": _branch(row),
    }
