"""Stations near a position as JSON; what many answers have in common is kept as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from api.station_details import open_out
from geo.core.walk_told import DECIMALS
from geo.flows.stations import minutes

if TYPE_CHECKING:
    from geo.flows.stations import NearStation, Told
    from geo.store.station_board import KnownStation, StationHome


def render(found: tuple[NearStation, ...], language: str) -> bytes:
    """Return stations as JSON, whether they are open in the reader's language.

    Examples
    --------
    >>> render((), "en")
    b'[]'
    """
    return orjson.dumps([_near(one, language) for one in found], option=orjson.OPT_SERIALIZE_NUMPY)


def render_told(told: Told, language: str) -> bytes:
    """Return the same of stations whose ways are text, as bytes put together."""
    kept, stations = told.standing.kept, []
    for row, walk_m, straight_m, way in told.walks:
        begin, middle = kept.get((row, language)) or _keep_told(told, row, language)
        stations.append(
            b'%b"walk_m":%.1f,"walk_min":%d,"straight_m":%.1f,%b%b}}'
            % (begin, walk_m, minutes(walk_m), straight_m, middle, way)
        )
    return b"[%b]" % b",".join(stations)


def _near(one: NearStation, language: str) -> dict[str, Any]:
    walk_m, standing = one.walk.walk_m, one.standing
    route = one.route()
    return {
        "station": _station(one.station, one.area.home),
        "walk_m": None if route is None else round(walk_m, 1),
        "walk_min": one.walk_min,
        "straight_m": round(one.straight_m, 1),
        "reachable": route is not None,
        "unreachable": one.obstacle,
        "open": open_out(one.opening, standing.at, language),
        "staffed": one.staffed,
        "route": None if route is None else {"type": "LineString", "coordinates": route},
    }


def _keep_told(told: Told, row: int, language: str) -> tuple[bytes, bytes]:
    """Return what is the same for everybody in this minute, and keep it: before and between."""
    standing, home = told.standing, told.area.home
    station = orjson.dumps({"station": _station(home.stations[row], home)})
    same = {
        "reachable": True,
        "unreachable": None,
        "open": open_out(standing.opening(row), standing.at, language),
        "staffed": standing.staffed(row),
    }
    route = b',"route":{"type":"LineString","coordinates":'
    found = (station[:-1] + b",", orjson.dumps(same)[1:-1] + route)
    standing.kept[row, language] = found
    return found


def _station(station: KnownStation, home: StationHome) -> dict[str, Any]:
    return {
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


def _named(named: Any) -> dict[str, str]:
    return {"code": named.code, "name": named.name, "name_en": named.name_en}
