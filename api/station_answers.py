"""Stations near a position as JSON; what many answers have in common is kept as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from api.station_details import open_out
from geo.flows.stations import DECIMALS

if TYPE_CHECKING:
    from geo.flows.stations import NearStation
    from geo.store.station_board import KnownStation, StationHome


def render(found: tuple[NearStation, ...], language: str) -> bytes:
    """Return stations as JSON, whether they are open in the reader's language.

    Examples
    --------
    >>> render((), "en")
    b'[]'
    """
    return orjson.dumps([_near(one, language) for one in found], option=orjson.OPT_SERIALIZE_NUMPY)


def _near(one: NearStation, language: str) -> dict[str, Any]:
    walk_m, kept = one.walk.walk_m, one.standing.kept
    station, opened, staffed = kept.get((one.row, language)) or _keep(one, language)
    route = one.route()
    return {
        "station": station,
        "walk_m": None if route is None else round(walk_m, 1),
        "walk_min": one.walk_min,
        "straight_m": round(one.straight_m, 1),
        "reachable": route is not None,
        "unreachable": one.obstacle,
        "open": opened,
        "staffed": staffed,
        "route": None if route is None else {"type": "LineString", "coordinates": route},
    }


def _keep(one: NearStation, language: str) -> tuple[orjson.Fragment, orjson.Fragment, bool | None]:
    """Return what is the same for everybody in this minute, and keep it."""
    opened = orjson.Fragment(orjson.dumps(open_out(one.opening, one.standing.at, language)))
    told = (_station(one.station, one.area.home), opened, one.staffed)
    one.standing.kept[one.row, language] = told
    return told


def _station(station: KnownStation, home: StationHome) -> orjson.Fragment:
    return orjson.Fragment(
        orjson.dumps(
            {
                "code": station.code,
                "name": station.name,
                "name_en": station.name_en,
                "kind": station.kind,
                "address": station.address,
                "phone": station.phone,
                "zones": station.zones,
                "facilities": station.facilities,
                "lon": round(station.lon, DECIMALS),
                "lat": round(station.lat, DECIMALS),
                "community": _named(station.community),
                "jurisdiction": {"code": home.slug, "name": home.name, "name_en": home.name_en},
            }
        )
    )


def _named(named: Any) -> dict[str, str]:
    return {"code": named.code, "name": named.name, "name_en": named.name_en}
