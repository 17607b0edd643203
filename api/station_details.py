"""One station (驿站) as values of JSON, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.i18n import translate
from api.station_words import opening_said
from geo.core.opening import MIDNIGHT
from geo.core.space import space_use
from geo.core.walk_told import DECIMALS

if TYPE_CHECKING:
    from datetime import datetime

    from geo.core.opening import DayHours, Opening
    from geo.flows.station_details import StationDetails

PLAIN = ("code", "name", "name_en", "kind", "address", "host", "phone", "zones", "facilities")
CLOSURE = ("id", "starts_at", "ends_at", "reason", "reason_en")
SERVICE = (
    *("code", "name", "name_en", "way", "anywhere", "one_window", "needs", "needs_en"),
    *("slot_minutes", "capacity", "days_ahead"),
)


def details_out(found: StationDetails, language: str) -> dict[str, Any]:
    """Return all of a station as :class:`api.schemas.station_details.StationOut` has it."""
    now, station = found.now, found.now.station
    return {
        **{name: station[name] for name in PLAIN},
        "lon": round(station["lon"], DECIMALS),
        "lat": round(station["lat"], DECIMALS),
        "community": _named(station, "community_code", "community"),
        "jurisdiction": _named(station, "jurisdiction", "jurisdiction"),
        "opening_hours": now.opening_hours,
        "open": open_out(now.opening, now.at, language),
        "staffed": found.staffed,
        "service": found.service._asdict(),
        "hours": [_day(one) for one in found.hours],
        "closures": [closure_out(one, now.at) for one in now.closures],
        "rooms": [dict(one) for one in found.rooms],
        "space": _space(found),
        "services": [{name: one[name] for name in SERVICE} for one in found.services],
    }


def open_out(opening: Opening, at: datetime, language: str) -> dict[str, Any]:
    """Return whether a station is open, as :class:`api.schemas.stations.OpenOut` has it."""
    return {
        "now": opening.now,
        "known": opening.known,
        "reason": opening.reason,
        "until": _instant(opening.until),
        "next": _instant(opening.next),
        "text": translate(opening_said(opening, at), language),
    }


def closure_out(closure: Any, at: datetime) -> dict[str, Any]:
    """Return a closure, its instants in the time zone of another one."""
    local = {
        name: one and one.astimezone(at.tzinfo)
        for name in ("starts_at", "ends_at")
        for one in [closure[name]]
    }
    return {name: closure[name] for name in CLOSURE} | local


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")


def _named(station: Any, code: str, what: str) -> dict[str, str]:
    names = {name: station[f"{what}_{name}"] for name in ("name", "name_en")}
    return {"code": station[code], **names}


def _day(day: DayHours) -> dict[str, Any]:
    intervals = [
        {
            "opens": f"{opens:%H:%M}",
            "closes": "24:00" if closes == MIDNIGHT else f"{closes:%H:%M}",
        }
        for opens, closes in day.intervals
    ]
    return {"day": day.day, "kind": day.kind, "known": day.known, "intervals": intervals}


def _space(found: StationDetails) -> dict[str, Any]:
    space = space_use((one["zone"], one["area_m2"]) for one in found.rooms)
    return {**space._asdict(), "by_zone": [one._asdict() for one in space.by_zone]}
