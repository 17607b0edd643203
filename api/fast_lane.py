"""The two questions asked most, answered before the framework looks at them.

Routing, validation and encoding take ten times longer than finding the grid of a point, or the way
to a station. So a ``GET /api/v1/locate`` of a position that some grid owns now, and a ``GET
/api/v1/stations/nearest`` for now, are answered here, with the same bytes; what asks for another
time, lies outside or can't be taken goes on to the application.
"""

from __future__ import annotations

import re
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from starlette.requests import HTTPConnection

from api import station_answers
from api.headers import KEPT_BY_NOBODY, RAW_HEADERS, tls_only
from api.i18n import LANGUAGES, language_of
from api.located import render
from api.observing import NUMBER_HEADER, Answered, request_number, write_down
from api.routes import stations_near
from api.routes.locate import PATH, inside_answer
from geo.errors import HonggeError
from geo.flows.locate import locate_in, read_position
from geo.flows.stations import USUAL_LIMIT, Wanted, check_wanted, nearest, told
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.observing import Meters
    from geo.flows.registry import Registry

NUMBER = re.compile(rb"-?[0-9]{1,9}(?:\.[0-9]{1,20})?")
WORD = re.compile(rb"[A-Za-z0-9_-]{1,12}")
SLUG = re.compile(rb"[A-Za-z0-9_-]{1,60}")
FORMS = {b"lon": NUMBER, b"lat": NUMBER, b"accuracy_m": NUMBER, b"datum": WORD, b"lang": WORD}
PLACE = re.compile(rb"lon=(%b)&lat=(%b)(?:&|$)" % (NUMBER.pattern, NUMBER.pattern))
NEAR_FORMS = {
    b"datum": WORD,
    b"facility": WORD,
    b"open_now": re.compile(rb"true|false|1|0"),
    b"limit": re.compile(rb"[1-9][0-9]?"),
    b"jurisdiction": SLUG,
    b"lang": WORD,
}
USUAL = str(USUAL_LIMIT).encode()
AGAIN = b"facility"
"""The one parameter that may come more than once."""

HEADERS = [(b"content-type", b"application/json"), *RAW_HEADERS, KEPT_BY_NOBODY]
LONGEST_QUERY = 300
OK = 200


class FastLane:
    """ASGI middleware that answers plain questions for a grid or a station itself.

    Parameters
    ----------
    app
        The application that answers the rest.
    meters
        Where to count.
    tls_for_s
        How long a browser keeps to TLS; 0: it isn't told.
    """

    def __init__(self, app: ASGIApp, meters: Meters, tls_for_s: int = 0) -> None:
        self.app = app
        self.meters = meters
        self.headers = {"http": HEADERS, "https": [*HEADERS, *tls_only(tls_for_s)]}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        begun = perf_counter()
        body = _answer(scope) if scope["type"] == "http" and scope["path"] in LANES else None
        if body is None:
            await self.app(scope, receive, send)
            return
        number = request_number(scope)
        headers = [
            *self.headers[scope["scheme"]],
            (b"content-length", str(len(body)).encode()),
            (NUMBER_HEADER, number),
        ]
        await send({"type": "http.response.start", "status": OK, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        seconds = perf_counter() - begun
        self.meters.note("GET", scope["path"], OK, seconds)
        write_down(Answered(number.decode(), "GET", scope["path"], OK, seconds))


def _answer(scope: Scope) -> bytes | None:
    if scope["method"] != "GET":
        return None
    try:
        return LANES[scope["path"]](scope)
    except HonggeError:
        return None


def _located(scope: Scope) -> bytes | None:
    given = dict(_read(scope["query_string"], FORMS) or ())
    if b"lon" not in given or b"lat" not in given:
        return None
    return _owned(scope["app"].state.registry, given)


def _owned(registry: Registry, given: dict[bytes, bytes]) -> bytes | None:
    lon, lat = float(given[b"lon"]), float(given[b"lat"])
    if len(given) == 2:  # noqa: PLR2004 - longitude and latitude alone
        return inside_answer(registry, lon, lat)
    accuracy_m = float(given[b"accuracy_m"]) if b"accuracy_m" in given else None
    position = read_position(lon, lat, given.get(b"datum", b"wgs84").decode(), accuracy_m)
    answer = locate_in(registry.current(), position.lon, position.lat, position.accuracy_m)
    return None if answer.grid is None else render(answer, LANGUAGES[0])


class _Asked(NamedTuple):
    """What is asked for beside a position, and in which datum and language."""

    wanted: Wanted
    datum: str
    lang: bytes


def _near(scope: Scope) -> bytes | None:
    query, board = scope["query_string"], scope["app"].state.stations
    place = PLACE.match(query)
    if place is None or len(query) > LONGEST_QUERY or not board.ready:
        return None
    asked = _asked(query[place.end() :])
    if asked is None:
        return None
    wanted, datum, lang = asked
    lon, lat = float(place[1]), float(place[2])
    if datum or not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - degrees
        lon, lat = read_position(lon, lat, datum or "wgs84")[:2]
    check_wanted(board, wanted)
    language = _language(scope, lang)
    found = told(board, lon, lat, wanted)
    if found is not None:
        return station_answers.render_told(found, language)
    return station_answers.render(nearest(board, lon, lat, wanted), language)


@lru_cache(maxsize=1024)
def _asked(query: bytes) -> _Asked | None:
    """Return what the parameters after a position say, where they are the usual ones."""
    pairs = _read(query, NEAR_FORMS) if query else []
    if pairs is None:
        return None
    given = dict(pairs)
    wanted = Wanted(
        facilities=tuple([text.decode() for name, text in pairs if name == AGAIN]),
        open_now=given.get(b"open_now") in {b"true", b"1"},
        limit=int(given.get(b"limit", USUAL)),
        jurisdiction=given[b"jurisdiction"].decode() if b"jurisdiction" in given else None,
    )
    return _Asked(wanted, given.get(b"datum", b"").decode(), given.get(b"lang", b""))


def _language(scope: Scope, lang: bytes) -> str:
    known: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        known.setdefault(name, value)
    cookie = known.get(b"cookie", b"")
    return _language_of(
        lang,
        known.get(b"accept-language", b""),
        cookie if b"lang=" in cookie else b"",
        settings().language,
    )


@lru_cache(maxsize=1024)
def _language_of(lang: bytes, accept: bytes, cookie: bytes, _usual: str) -> str:
    headers = [(b"accept-language", accept), (b"cookie", cookie)]
    query = b"lang=" + lang if lang else b""
    return language_of(HTTPConnection({"type": "http", "query_string": query, "headers": headers}))


def _read(query: bytes, forms: dict[bytes, re.Pattern[bytes]]) -> list[tuple[bytes, bytes]] | None:
    """Return the parameters where they are the usual ones in their usual form."""
    if len(query) > LONGEST_QUERY:
        return None
    given, names = [], set()
    for part in query.split(b"&"):
        name, _, text = part.partition(b"=")
        form = forms.get(name)
        if form is None or (name in names and name != AGAIN) or not form.fullmatch(text):
            return None
        given.append((name, text))
        names.add(name)
    return given


LANES: dict[str, Callable[[Scope], bytes | None]] = {PATH: _located, stations_near.PATH: _near}
