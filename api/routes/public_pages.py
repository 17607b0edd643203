"""The public page: the nearest station that is open now, and what stands around it."""

import gzip
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.deps import BoardDep, RegistryDep, SessionDep
from api.i18n import language_of, translate
from api.public_asking import (
    ELDER,
    SIZES_PT,
    STANDARD,
    VIEW_COOKIE,
    Wanted,
    elder_size_pt,
    read_instant,
    read_wanted,
)
from api.public_stops import NearStops, Reader, Stop, all_stops, near_stops
from api.public_texts import public_texts
from api.questions import Question, Reply, reply
from api.rendering import YEAR_S, local, page, visitor_of
from api.routes.pages import map_data
from api.shelf import Shelf
from api.static_files import static_url, static_version, takes_gzip
from geo.core.facilities import CHIPS, OPEN_NOW
from geo.errors import InvalidFieldError
from geo.flows.locate import Position
from geo.flows.registry import Registry
from geo.flows.station_board import StationBoard
from geo.messages import Message
from geo.settings import settings
from geo.store.engine import Session
from geo.store.overview import (
    Overview,
    jurisdiction_near,
    jurisdictions,
    overview,
)
from geo.store.place_search import Sought, find_places, find_streets
from geo.store.public_stations import stations_with_services
from geo.store.tiles import data_version

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

CITIES: Shelf[Overview | None] = Shelf(8)
MOST_CHOICES = 8
MOST_SEARCHED = 6
LEVEL = 6
KEPT_FILES = (
    *("public/frame.css", "public/public.css", "public/public.js", "public/public_map.js"),
    "issues/here.js",
    *("favicon.svg", "dark.css", "hongge.css", "map.js"),
    *("vendor/leaflet/leaflet.css", "vendor/leaflet/leaflet.js"),
    "vendor/protomaps-leaflet/protomaps-leaflet.js",
)
"""Static files that the page needs without a network."""


@router.get("/")
def get_public(
    request: Request, session: SessionDep, registry: RegistryDep, stations: BoardDep
) -> Response:
    """Answer with the public page, its list written already."""
    context = _context(request, session, registry, stations)
    if context is None:
        return page(request, "empty.html")
    return packed(request, remember_view(request, page(request, "public.html", **context)))


@router.get("/nearest")
def get_nearest(
    request: Request, session: SessionDep, registry: RegistryDep, stations: BoardDep
) -> Response:
    """Answer with the piece of the page that depends on place and filters."""
    context = _context(request, session, registry, stations)
    if context is None:
        return page(request, "empty.html")
    return packed(request, page(request, "_nearest.html", **context))


@router.get("/elder")
def get_elder() -> RedirectResponse:
    """Lead to the public page in large."""
    return RedirectResponse(f"/?view={ELDER}", HTTPStatus.SEE_OTHER)


@router.get("/sw.js", response_class=Response)
def get_service_worker() -> Response:
    """Answer with the service worker, which changes whenever a file that it keeps does."""
    kept = {"version": static_version(), "files": [static_url(path) for path in KEPT_FILES]}
    script = (
        f'import {{ serve }} from "{static_url("public/service.js")}";\n'
        f"serve({json.dumps(kept, separators=(',', ':'))});\n"
    )
    return Response(script, headers={"Cache-Control": "no-cache"}, media_type="text/javascript")


def packed(request: Request, answer: HTMLResponse) -> HTMLResponse:
    """Return a page packed, where the browser reads that.

    Pages of those who are signed in hold a secret beside what the address says, and lengths would
    tell of it (BREACH); they stay as they are.
    """
    if visitor_of(request) is not None or not takes_gzip(request.headers):
        return answer
    answer.body = gzip.compress(bytes(answer.body), LEVEL, mtime=0)
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Content-Length"] = str(len(answer.body))
    answer.headers["Vary"] = f"{answer.headers['Vary']}, Accept-Encoding"
    return answer


def remember_view(request: Request, answer: HTMLResponse) -> HTMLResponse:
    """Let the browser remember which view was asked for."""
    if "view" in request.query_params or "size" in request.query_params:
        size_pt = elder_size_pt(request.query_params, request.cookies)
        value = f"{ELDER}-{size_pt}" if size_pt else STANDARD
        answer.set_cookie(VIEW_COOKIE, value, max_age=YEAR_S, samesite="lax", httponly=True)
    return answer


def frame_context(request: Request) -> dict[str, Any]:
    """Return what the frame of the public's pages shows: the view and the ways to others."""
    size_pt = elder_size_pt(request.query_params, request.cookies)
    to_view = partial(_view_url, request)
    step = SIZES_PT.index(size_pt) if size_pt else 0
    last = len(SIZES_PT) - 1
    return {
        "elder_pt": size_pt,
        "elder_url": to_view(ELDER),
        "larger_url": to_view(ELDER, SIZES_PT[step + 1]) if size_pt and step < last else "",
        "smaller_url": to_view(ELDER, SIZES_PT[step - 1]) if size_pt and step else "",
        "standard_url": to_view(STANDARD),
    }


def _view_url(request: Request, view: str, size_pt: int | None = None) -> str:
    asked = request.url.remove_query_params(["view", "size"])
    chosen = {"view": view} | ({"size": str(size_pt)} if size_pt else {})
    changed = asked.include_query_params(**chosen)
    return f"{changed.path}?{changed.query}"


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody looks at: a city, a time, and a place in it where one is said.

    Parameters
    ----------
    wanted
        What is asked for.
    choices
        The places that words may mean; ``None`` where that is clear.
    replied
        Which grid the place is in.
    city
        The jurisdiction.
    at
        The time, in the jurisdiction's zone.
    refusal
        What of it can't be read, in the reader's language.
    """

    wanted: Wanted
    choices: list[dict[str, str]] | None
    replied: Reply | None
    city: Overview
    at: datetime
    refusal: str

    @property
    def position(self) -> Position | None:
        """Where the reader is, where that is known."""
        return self.replied.position if self.replied else None

    @property
    def warnings(self) -> list[Message]:
        """What the reader should know of the position."""
        answer = self.replied.answer if self.replied else None
        return [notice.message for notice in answer.notices] if answer else []


def _look(request: Request, session: Session, registry: Registry) -> Look | None:
    """Return what is looked at; ``None`` where nothing is loaded."""
    language = language_of(request)
    wanted, choices = _looked_up(session, read_wanted(request.query_params), language)
    replied = reply(wanted.question, registry, language) if wanted.question else None
    city = _city(session, wanted, replied)
    if city is None:
        return None
    zone = registry.catalogues.known()[city.slug].calendar.zone
    at, refused = time_of(wanted.at, zone, language)
    refusals = [refused, replied.refusal if replied else ""]
    return Look(wanted, choices, replied, city, at, " ".join(filter(None, refusals)))


def time_of(text: str, zone: ZoneInfo, language: str) -> tuple[datetime, str]:
    """Return the time that an address names, or now and why it can't be read."""
    try:
        return read_instant(text, zone), ""
    except InvalidFieldError as error:
        return read_instant("", zone), translate(error.message, language)


def _context(
    request: Request, session: Session, registry: Registry, board: StationBoard
) -> dict[str, Any] | None:
    """Return what the page shows; ``None`` where nothing is loaded."""
    look = _look(request, session, registry)
    if look is None:
        return None
    language, city, wanted = language_of(request), look.city, look.wanted
    reader = reader_of(request, session, city, look.at)
    position = look.position
    stops, farther = (
        near_stops(board, position[:2], wanted, reader)
        if position
        else NearStops(all_stops(board, wanted, reader), farther=False)
    )
    return {
        **frame_context(request),
        **_addresses(look, farther=farther),
        "asked_ms": int(datetime.now(UTC).timestamp() * 1000),
        "calendar_known": all(one.calendar_known for one in stops),
        "chips": _chips(wanted, language),
        "choices": look.choices,
        "city": city,
        "near_data": _near_data(stops),
        "others": _others(session, city.slug, language),
        "page_data": page_data(city, language, data_version(session)),
        "position": position,
        "refusal": look.refusal,
        "reply": look.replied,
        "stops": stops,
        "time": f"{look.at:%H:%M}",
        "wanted": wanted,
        "warnings": [translate(one, language) for one in look.warnings],
    }


def reader_of(request: Request, session: Session, city: Overview, at: datetime) -> Reader:
    """Return for whom a page about a city is."""
    browser = request.headers.get("user-agent", "")
    bookable = stations_with_services(session)
    return Reader(language_of(request), browser, at, city.name, city.slug, bookable)


def page_data(city: Overview, language: str, version: str) -> dict[str, Any]:
    """Return what the scripts of the public's pages need to know."""
    own = {"public": public_texts(language), "serviceWorker": "/sw.js"}
    return map_data(city, language, version) | own


def _addresses(look: Look, *, farther: bool) -> dict[str, Any]:
    """Return where links and forms of the page lead; farther away only where there is more."""
    wanted = look.wanted
    return {
        "chips_kept": [*wanted.position, *replace(wanted, chips=(), more=False).rest],
        "more_url": wanted.address(more=True) if farther and not wanted.more else "",
        "search_kept": replace(wanted, words="", more=False).rest,
        "share_url": (settings().public_url or "").rstrip("/") + wanted.shared.address(),
    }


def _looked_up(
    session: Session, wanted: Wanted, language: str
) -> tuple[Wanted, list[dict[str, str]] | None]:
    """Return what is wanted with the place of its words, and the places where there are several."""
    if not wanted.words:
        return wanted, None
    words = tuple(wanted.words.split()[:MOST_SEARCHED])
    sought = Sought(words, wanted.place or None, MOST_CHOICES)
    choices = [
        *(
            (_at(wanted, row, _name(row)), row["community_name"])
            for row in find_places(session, sought)
        ),
        *(
            (_at(wanted, row, _said(row, "name", language)), _said(row, "city", language))
            for row in find_streets(session, sought)
        ),
    ]
    if len(choices) == 1:
        return choices[0][0], None
    return wanted, [
        {"name": one.near, "where": where, "url": one.address()} for one, where in choices
    ]


def _at(wanted: Wanted, row: Any, name: str) -> Wanted:
    """Return the same, asked from a place that was found."""
    place = Question(f"{row['lon']:.6f}", f"{row['lat']:.6f}")
    return replace(wanted, question=place, near=name, words="", place="")


def _name(row: Any) -> str:
    compound = row.get("compound_name") or ""
    name = f"{compound}{row['name']}" if row["kind"] == "building" else row["name"]
    return str(name or row["address"])


def _said(row: Any, part: str, language: str) -> str:
    english = row[f"{part}_en"] if language == "en" else ""
    return str(english or row[part])


def _city(session: Session, wanted: Wanted, replied: Reply | None) -> Overview | None:
    slug = wanted.place
    if replied and replied.position:
        slug = jurisdiction_near(session, replied.position.lon, replied.position.lat) or slug
    known = [one.slug for one in jurisdictions(session)]
    return city_of(session, slug if slug in known else known[0]) if known else None


def city_of(session: Session, slug: str) -> Overview | None:
    """Return a jurisdiction at a glance, read once for each state of the data."""
    return CITIES.take((data_version(session), slug), lambda: overview(session, slug))


def _chips(wanted: Wanted, language: str) -> list[dict[str, Any]]:
    return [
        {
            "field": OPEN_NOW if code == OPEN_NOW else "facility",
            "value": "1" if code == OPEN_NOW else code,
            "name": translate(chip.name, language),
            "chosen": code in wanted.chips,
        }
        for code, chip in CHIPS.items()
    ]


def _others(session: Session, current: str, language: str) -> list[dict[str, str]]:
    return [
        {"name": local(language, one), "url": f"/?place={one.slug}"}
        for one in jurisdictions(session)
        if one.slug != current
    ]


def home_address(request: Request) -> str:
    """Return the service's address as others reach it, without a slash at the end."""
    return (settings().public_url or str(request.base_url)).rstrip("/")


def _near_data(stops: list[Stop]) -> dict[str, Any]:
    """Return what the map shows of the stations in the list."""
    names = ("name", "kind", "state", "said", "lon", "lat", "route")
    return {
        "stations": [
            {"code": stop.key, **{name: getattr(stop, name) for name in names}} for stop in stops
        ],
        "way": next((stop.key for stop in stops if stop.route), ""),
    }
