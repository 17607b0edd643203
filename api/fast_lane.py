"""The question asked most, answered before the framework looks at it.

Routing, validation and encoding take ten times longer than finding the grid of a point. So a
``GET /api/v1/locate`` of a position that some grid owns now is answered here, with the same bytes;
what asks for another time, lies outside or can't be taken goes on to the application.
"""

from __future__ import annotations

import re
from time import perf_counter
from typing import TYPE_CHECKING

from api.headers import KEPT_BY_NOBODY, RAW_HEADERS, tls_only
from api.i18n import LANGUAGES
from api.located import render
from api.observing import NUMBER_HEADER, Answered, request_number, write_down
from api.routes.locate import PATH, inside_answer
from geo.errors import HonggeError
from geo.flows.locate import locate_in, read_position

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.observing import Meters
    from geo.flows.registry import Registry

NUMBER = re.compile(rb"-?[0-9]{1,9}(?:\.[0-9]{1,20})?")
WORD = re.compile(rb"[A-Za-z0-9_-]{1,12}")
FORMS = {b"lon": NUMBER, b"lat": NUMBER, b"accuracy_m": NUMBER, b"datum": WORD, b"lang": WORD}
HEADERS = [(b"content-type", b"application/json"), *RAW_HEADERS, KEPT_BY_NOBODY]
LONGEST_QUERY = 300
OK = 200


class FastLane:
    """ASGI middleware that answers plain questions for a grid itself.

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
        body = _answer(scope) if scope["type"] == "http" and scope["path"] == PATH else None
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
        self.meters.note("GET", PATH, OK, seconds)
        write_down(Answered(number.decode(), "GET", PATH, OK, seconds))


def _answer(scope: Scope) -> bytes | None:
    given = _read(scope["query_string"])
    if given is None or scope["method"] != "GET":
        return None
    try:
        return _owned(scope["app"].state.registry, given)
    except HonggeError:
        return None


def _owned(registry: Registry, given: dict[bytes, bytes]) -> bytes | None:
    lon, lat = float(given[b"lon"]), float(given[b"lat"])
    if len(given) == 2:  # noqa: PLR2004 - longitude and latitude alone
        return inside_answer(registry, lon, lat)
    accuracy_m = float(given[b"accuracy_m"]) if b"accuracy_m" in given else None
    position = read_position(lon, lat, given.get(b"datum", b"wgs84").decode(), accuracy_m)
    answer = locate_in(registry.current(), position.lon, position.lat, position.accuracy_m)
    return None if answer.grid is None else render(answer, LANGUAGES[0])


def _read(query: bytes) -> dict[bytes, bytes] | None:
    """Return the parameters where they are the usual ones in their usual form."""
    if len(query) > LONGEST_QUERY:
        return None
    given = dict([part.partition(b"=")[::2] for part in query.split(b"&")])
    if not (given.keys() <= FORMS.keys() and b"lon" in given and b"lat" in given):
        return None
    usual = all(FORMS[name].fullmatch(text) for name, text in given.items())
    return given if usual else None
