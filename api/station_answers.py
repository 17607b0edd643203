"""Stations near a position as JSON; what many answers have in common is kept as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import orjson

from api.i18n import translate
from api.station_words import opening_said
from geo.flows.stations import DECIMALS

if TYPE_CHECKING:
    from datetime import datetime

    from geo.flows.stations import NearStation, Standing
    from geo.store.station_board import KnownStation, StationHome

_stations: WeakKeyDictionary[KnownStation, orjson.Fragment] = WeakKeyDictionary()
_openings: WeakKeyDictionary[Standing, dict[tuple[int, str], orjson.Fragment]] = WeakKeyDictionary()


def render(found: tuple[NearStation, ...], language: str) -> bytes:
    """Return stations as JSON, whether they are open in the reader's language.

    Examples
    --------
    >>> render((), "en")
    b'[]'
    """
    return orjson.dumps([_near(one, language) for one in found], option=orjson.OPT_SERIALIZE_NUMPY)


def _near(one: NearStation, language: str) -> dict[str, Any]:
    reachable = one.walk.reachable
    return {
        "station": _station(one.station, one.area.home),
        "walk_m": round(one.walk.walk_m, 1) if reachable else None,
        "walk_min": one.walk_min,
        "straight_m": round(one.straight_m, 1),
        "reachable": reachable,
        "unreachable": one.obstacle,
        "open": _open(one.standing, one.row, language),
        "staffed": one.staffed,
        "route": _route(one),
    }


def _route(one: NearStation) -> dict[str, Any] | None:
    line = one.route()
    if line is None:
        return None
    return {"type": "LineString", "coordinates": line}


def _station(station: KnownStation, home: StationHome) -> orjson.Fragment:
    kept = _stations.get(station)
    if kept is None:
        kept = _stations[station] = orjson.Fragment(
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
                    "jurisdiction": {
                        "code": home.slug, "name": home.name, "name_en": home.name_en
                    },
                }
            )
        )  # fmt: skip
    return kept


def _named(named: Any) -> dict[str, str]:
    return {"code": named.code, "name": named.name, "name_en": named.name_en}


def _open(standing: Standing, row: int, language: str) -> orjson.Fragment:
    kept = _openings.get(standing)
    if kept is None:
        kept = _openings[standing] = {}
    fragment = kept.get((row, language))
    if fragment is None:
        fragment = kept[row, language] = orjson.Fragment(
            orjson.dumps(_said(standing, row, language))
        )
    return fragment


def _said(standing: Standing, row: int, language: str) -> dict[str, Any]:
    opening = standing.opening(row)
    return {
        "now": opening.now,
        "known": opening.known,
        "reason": opening.reason,
        "until": _instant(opening.until),
        "next": _instant(opening.next),
        "text": translate(opening_said(opening, standing.at), language),
    }


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")
