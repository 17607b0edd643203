"""An issue that comes in: what is stored of it, and what is told without reading it again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from geo.core.lifecycle import actions_of, allowed_actions
from geo.files.photos import MEDIA_TYPE
from geo.flows.grids_told import branch_told, grid_told, named_told
from geo.flows.issue_answers import plain_candidates, plain_notices
from geo.flows.locate import OWNED
from geo.flows.photos import kept_photo
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any
    from uuid import UUID

    from geo.files.photos import CleanPhoto
    from geo.flows.report import Decided, Report
    from geo.store.asking import Asker


def asked_of(issue_id: UUID, given: Report, decided: Decided, asker: Asker) -> dict[str, Any]:
    """Return what the store is asked to keep; see ``sql/intake.sql``."""
    home = decided.judged.catalogue.home
    zone = ZoneInfo(home.timezone)
    in_force = decided.present.period
    return {
        "asker": asker.context(),
        "timezone": home.timezone,
        "slug": home.slug,
        "minute": decided.minute,
        "ahead_s": settings().clock_skew_s,
        "in_force": in_force.id if in_force else None,
        "around": _around(decided),
        "issue": {
            "id": issue_id,
            "jurisdiction_id": home.id,
            "state": decided.state,
            "text": given.text,
            "occurred_at": given.occurred_at,
            "follow_sha256": _bytes(asker.follow_sha256),
            "source": given.source,
            "public": False,
            "transfers": 0,
            **_given_columns(decided),
            **_routing_columns(decided),
        },
        "clocks": [
            {
                "stage": one.stage,
                "due_at": one.due_at,
                "runs": one.running,
                "amount": one.amount,
                "unit": one.unit,
                "remind_at": one.remind_at,
            }
            for one in decided.deadlines.clocks
        ],
        "detail": _detail(decided),
        "reporter": _reporter(given),
        "photos": [_photo_columns(photo, zone) for photo in given.photos],
    }


def told_of(issue_id: UUID, given: Report, decided: Decided, asker: Asker) -> dict[str, Any]:
    """Return what is told of the issue, but for what only the store knows."""
    judged, answer = decided.judged, decided.routed.answer
    duty, period = judged.duty, decided.routed.period
    # Whoever reports by an account has had a hand in it, and reads what a private duty withholds.
    withheld = duty is not None and duty.private and asker.account_id is None
    position = given.position
    return {
        "id": str(issue_id),
        "jurisdiction": judged.catalogue.home.slug,
        "timezone": judged.catalogue.home.timezone,
        "state": decided.state,
        "closed_at": None,
        "duty": {**named_told(duty.duty), "version": duty.version} if duty else None,
        "text": None if withheld else given.text,
        "location": None
        if withheld or position is None
        else {"lon": position.lon, "lat": position.lat, "accuracy_m": position.accuracy_m},
        "withheld": withheld,
        "routing": {
            "generation": period.label if period else None,
            "generation_number": period.number if period else None,
            "method": answer.method,
            "grid": grid_told(answer.grid),
            "current_grid": _current_grid(decided),
            "branch": branch_told(answer.grid.branch) if answer.grid else None,
            "department": named_told(duty.department) if duty else None,
            "nearest": named_told(answer.nearest) if answer.nearest else None,
            "distance_m": None if answer.distance_m is None else round(answer.distance_m, 3),
            "candidates": plain_candidates(answer.candidates),
            "confident": answer.confident,
        },
        "source": given.source,
        "public": False,
        "version": 1,
        "transfers": 0,
        "escalated_at": None,
        "due": _due(decided),
        "photos_count": 0 if withheld else len(given.photos),
        "duplicate_of": None,
        "deadlines": decided.deadlines.told,
        "photos": []
        if withheld
        else [_photo(place, one) for place, one in enumerate(given.photos, 1)],
        "warnings": _notices(decided),
        "actions": list(allowed_actions(decided.state)),
        "followers": 0,
    }


def finished(told: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole answer: what was known beforehand, with what the store says."""
    zone = ZoneInfo(told["timezone"])
    received_at, occurred_at = (
        datetime.fromisoformat(stored[name]).astimezone(zone).isoformat()
        for name in ("received_at", "occurred_at")
    )
    deadlines = [
        {**one, "started_at": received_at} if one["state"] == "running" else one
        for one in told["deadlines"]
    ]
    whole = {
        **told,
        "number": stored["number"],
        "received_at": received_at,
        "occurred_at": occurred_at,
        "deadlines": deadlines,
        "routing": {**told["routing"], "responsible": stored["responsible"]},
        "my_actions": list(actions_of(told["state"], stored["roles"], escalated=False)),
    }
    del whole["timezone"]
    return whole


def _around(decided: Decided) -> dict[str, Any] | None:
    """Return how sure the position is, where the building that it lies in is to be found out."""
    target = decided.judged.target
    if target.place or target.position is None or decided.routed.answer.method not in OWNED:
        return None
    return {"accuracy_m": target.position.accuracy_m or 0.0}


def _given_columns(decided: Decided) -> dict[str, Any]:
    target, duty = decided.judged.target, decided.judged.duty
    position = target.position
    return {
        "duty_id": duty.id if duty else None,
        "duty_version": duty.version if duty else None,
        "department_id": duty.department_id if duty else None,
        "location": _point(position.lon, position.lat) if position else None,
        "given_datum": position.datum if position else None,
        "accuracy_m": position.accuracy_m if position else None,
        "unit_id": target.place.unit_id if target.place else None,
    }


def _routing_columns(decided: Decided) -> dict[str, Any]:
    routed = decided.routed
    answer = routed.answer
    grid_now = decided.present.grid or routed.grid
    return {
        "method": answer.method,
        "distance_m": answer.distance_m,
        "confident": answer.confident,
        "reported_generation_id": routed.period.id if routed.period else None,
        "reported_grid_id": answer.grid.id if answer.grid else None,
        "current_grid_id": grid_now.id if grid_now and routed.grid else None,
        "nearest_grid_id": answer.nearest.id if answer.nearest else None,
    }


def _detail(decided: Decided) -> dict[str, Any]:
    place = decided.judged.target.place
    return {
        "candidates": plain_candidates(decided.routed.answer.candidates),
        "notices": _notices(decided),
        "building_id": place.building_id if place else None,
        "household_id": place.household_id if place else None,
    }


def _notices(decided: Decided) -> list[dict[str, Any]]:
    return plain_notices(
        (*decided.routed.notices, *decided.judged.notices, *decided.deadlines.notices)
    )


def _reporter(given: Report) -> dict[str, Any] | None:
    if not given.reporter_name and not given.reporter_phone:
        return None
    return {"name": given.reporter_name, "phone": given.reporter_phone}


def _due(decided: Decided) -> dict[str, Any] | None:
    running = [one for one in decided.deadlines.told if one["state"] == "running"]
    if not running:
        return None
    first = min(running, key=lambda one: datetime.fromisoformat(one["due_at"]))
    return {
        "stage": first["stage"],
        "due_at": first["due_at"],
        "overdue": False,
        "paused": False,
    }


def _current_grid(decided: Decided) -> dict[str, str] | None:
    """Return the grid that has the issue, by the names that it has now; or had, if it is gone."""
    routed, present = decided.routed, decided.present
    if routed.grid is None:
        return None
    return named_told(present.grid or routed.grid)


def _photo(place: int, photo: CleanPhoto) -> dict[str, Any]:
    return {
        "number": place,
        "media_type": MEDIA_TYPE,
        "width_px": photo.width_px,
        "height_px": photo.height_px,
        "event": 1,
    }


def _photo_columns(photo: CleanPhoto, zone: ZoneInfo) -> dict[str, Any]:
    kept = kept_photo(photo, zone)
    return {
        "media_type": kept.media_type,
        "width_px": kept.width_px,
        "height_px": kept.height_px,
        "taken_at": kept.taken_at,
        "location": None if kept.lon is None else _point(kept.lon, kept.lat),
    }


def _point(lon: float, lat: float | None) -> str:
    return f"SRID=4326;POINT({lon!r} {lat!r})"


def _bytes(value: bytes | None) -> str | None:
    """Return bytes as PostgreSQL reads them."""
    return None if value is None else f"\\x{value.hex()}"
