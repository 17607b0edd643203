"""Stations as the public's pages show them: in the reader's language, with links that lead on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from api.i18n import translate
from api.navigation import map_links
from api.rendering import local
from api.station_words import FACILITIES, ZONES, named, opening_said
from geo.flows.station_areas import Standing
from geo.flows.stations import MOST, nearest
from geo.flows.stations import Wanted as Asked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from api.public_asking import Wanted
    from geo.core.opening import Opening
    from geo.flows.station_board import StationBoard
    from geo.flows.stations import NearStation
    from geo.store.station_board import KnownStation

CLOSED_NEAR = 3
"""How many closed stations are listed at least after those that are open."""

DRAWN = 10
"""Ways of so many stations are told point by point."""

DIGITS = 6

ORDER = ("open", "unknown", "closed")


class NamedLink(NamedTuple):
    """A link and what it is called, in the reader's language."""

    code: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a page is.

    Parameters
    ----------
    language
        In which it is.
    browser
        The ``User-Agent``.
    at
        The time it shows, in the place's time zone.
    city, slug
        The jurisdiction that it is of: its name, and its short name.
    bookable
        Keys of the stations that have services.
    """

    language: str
    browser: str
    at: datetime
    city: str
    slug: str
    bookable: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Stop:
    """A station in a list.

    Parameters
    ----------
    state
        ``open``, ``closed`` or ``unknown``.
    said
        The same in a sentence.
    calendar_known
        Whether public holidays are known for the times it speaks of.
    has
        What it has, in words.
    links
        To map applications.
    key
        Tells it from all others on the page.
    city
        Its jurisdiction, where that isn't the reader's.
    walk_m, walk_min, straight_m
        From where the reader is; ``walk_m`` is ``None`` where there is no way on foot, all are
        where the reader's place isn't known.
    route
        Longitudes and latitudes of the way; empty where there is none.
    """

    code: str
    kind: str
    name: str
    address: str
    phone: str | None
    lon: float
    lat: float
    state: str
    said: str
    calendar_known: bool
    staffed: bool
    has: Sequence[str]
    links: Sequence[NamedLink]
    url: str
    book_url: str | None
    key: str
    city: str = ""
    walk_m: float | None = None
    walk_min: int | None = None
    straight_m: float | None = None
    route: Sequence[Sequence[float]] = ()


def state_of(opening: Opening) -> str:
    """Return ``open``, ``closed`` or ``unknown``."""
    if opening.now:
        return "open"
    return "closed" if opening.known else "unknown"


def has_said(zones: Sequence[str], facilities: Sequence[str], language: str) -> list[str]:
    """Return what a station has, in words, each once: rooms first.

    Examples
    --------
    >>> has_said(["rest"], ["microwave"], "en"), has_said([], [], "en")
    (['Rest area', 'Microwave'], [])
    """
    words = [*named(zones, ZONES, language), *named(facilities, FACILITIES, language)]
    return list(dict.fromkeys(words))


def links_to(station: KnownStation, reader: Reader) -> list[NamedLink]:
    """Return the links that open the way to a station in map applications."""
    found = map_links(station.lon, station.lat, station.name, reader.city, reader.browser)
    return [NamedLink(one.code, translate(one.name, reader.language), one.url) for one in found]


def station_url(slug: str, code: str) -> str:
    """Return the address of a station's page.

    Examples
    --------
    >>> station_url("jinggangshan", "H01")
    '/stations/jinggangshan/H01'
    """
    return f"/stations/{quote(slug, safe='')}/{quote(code, safe='')}"


def stop_of(station: KnownStation, opening: Opening, reader: Reader, *, staffed: bool) -> Stop:
    """Return a station as lists show it, without a way to it.

    Parameters
    ----------
    station
        The station.
    opening
        Whether it is open.
    reader
        For whom.
    staffed
        Whether somebody is there.
    """
    language = reader.language
    return Stop(
        code=station.code,
        kind=station.kind,
        name=local(language, station),
        address=station.address,
        phone=station.phone,
        lon=station.lon,
        lat=station.lat,
        state=state_of(opening),
        said=translate(opening_said(opening, reader.at), language),
        calendar_known=opening.calendar_known,
        staffed=staffed,
        has=has_said(station.zones, station.facilities, language),
        links=links_to(station, reader),
        url=station_url(reader.slug, station.code),
        book_url=book_url(reader.slug, station.code) if station.id in reader.bookable else None,
        key=station.code,
    )


def stop_near(near: NearStation, reader: Reader, *, drawn: bool) -> Stop:
    """Return a station as lists show it, with the way to it, whosever jurisdiction it is in.

    Parameters
    ----------
    near
        The station, seen from where the reader is.
    reader
        For whom.
    drawn
        Whether the way is told point by point as well.
    """
    home, staffed = near.area.home, bool(near.staffed)
    if home.slug == reader.slug:
        return with_way(
            stop_of(near.station, near.opening, reader, staffed=staffed), near, drawn=drawn
        )
    there = replace(
        reader, at=reader.at.astimezone(home.calendar.zone), city=home.name, slug=home.slug
    )
    stop = stop_of(near.station, near.opening, there, staffed=staffed)
    named = replace(stop, key=f"{home.slug}/{stop.code}", city=local(reader.language, home))
    return with_way(named, near, drawn=drawn)


def with_way(stop: Stop, near: NearStation, *, drawn: bool) -> Stop:
    """Return a station as lists show it, with the way to it.

    Parameters
    ----------
    stop
        The station.
    near
        The same, seen from where the reader is.
    drawn
        Whether the way is told point by point as well.
    """
    walk = near.walk
    line = near.route() if drawn else None
    return replace(
        stop,
        straight_m=near.straight_m,
        walk_m=walk.walk_m if walk.reachable else None,
        walk_min=near.walk_min,
        route=() if line is None else line.round(DIGITS).tolist(),
    )


def book_url(slug: str, code: str) -> str:
    """Return the address at which a station's services are booked.

    Examples
    --------
    >>> book_url("jinggangshan", "H01")
    '/book/jinggangshan/H01'
    """
    return f"/book/{quote(slug, safe='')}/{quote(code, safe='')}"


def all_stops(board: StationBoard, wanted: Wanted, reader: Reader) -> list[Stop]:
    """Return the stations of a jurisdiction that fit, those that are open first.

    Parameters
    ----------
    board
        The stations in memory.
    wanted
        What is asked for.
    reader
        For whom.
    """
    area = next((one for one in board.areas() if one.home.slug == reader.slug), None)
    if area is None:
        return []
    standing = Standing(area.home, reader.at)
    fits = area.having(frozenset(wanted.facilities))
    found = [
        stop_of(station, standing.opening(row), reader, staffed=bool(standing.staffed(row)))
        for row, station in enumerate(area.home.stations)
        if fits[row]
    ]
    if wanted.open_now:
        found = [one for one in found if one.state == "open"]
    return sorted(found, key=lambda one: ORDER.index(one.state))


class NearStops(NamedTuple):
    """Stations that are listed, and whether there are others farther away that fit as well."""

    stops: list[Stop]
    farther: bool


def near_stops(
    board: StationBoard, place: tuple[float, float], wanted: Wanted, reader: Reader
) -> NearStops:
    """Return the stations nearest to a place on foot: those that are open, then closed ones near.

    Near a border, those of the neighbours as well.

    Parameters
    ----------
    board, wanted, reader
        As of :func:`all_stops`.
    place
        Longitude and latitude, WGS 84.
    """
    own = any(area.near(*place) for area in board.areas() if area.home.slug == reader.slug)
    slug = None if own else reader.slug
    asked = Asked(
        reader.at, wanted.facilities, open_now=True, limit=wanted.limit + 1, jurisdiction=slug
    )
    found = list(nearest(board, *place, asked))
    farther = len(found) > wanted.limit
    found = found[: wanted.limit]
    if not wanted.open_now:
        most = wanted.limit if wanted.more else max(CLOSED_NEAR, wanted.limit - len(found))
        around = nearest(board, *place, asked._replace(open_now=False, limit=MOST))
        closed = [one for one in around if not one.opening.now]
        farther = farther or len(closed) > most
        found += closed[:most]
        found.sort(key=lambda one: not one.walk.reachable)
    stops = [stop_near(one, reader, drawn=number < DRAWN) for number, one in enumerate(found)]
    return NearStops(stops, farther)
