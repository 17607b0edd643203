"""The question asked most, answered before the framework looks at it.

Routing, validation and encoding take ten times longer than finding the grid of a point. So a plain
``GET /api/v1/locate?lon=…&lat=…`` whose point lies inside a grid is answered here, with the same
bytes; everything else goes on to the application.
"""

from __future__ import annotations

import re
from time import perf_counter
from typing import TYPE_CHECKING

from api.headers import RAW_HEADERS
from api.observing import REQUEST_ID, request_number
from api.routes.locate import PATH, inside_answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.observing import Meters

PLAIN = re.compile(rb"lon=(-?[0-9]{1,3}(?:\.[0-9]{1,20})?)&lat=(-?[0-9]{1,2}(?:\.[0-9]{1,20})?)")
HEADERS = [(b"content-type", b"application/json"), *RAW_HEADERS]
OK = 200


class FastLane:
    """ASGI middleware that answers plain questions for a grid itself.

    Parameters
    ----------
    app
        The application that answers the rest.
    meters
        Where to count.
    """

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app = app
        self.meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        begun = perf_counter()
        body = _answer(scope) if scope["type"] == "http" and scope["path"] == PATH else None
        if body is None:
            await self.app(scope, receive, send)
            return
        headers = [
            *HEADERS,
            (b"content-length", str(len(body)).encode()),
            (REQUEST_ID, request_number(scope)),
        ]
        await send({"type": "http.response.start", "status": OK, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        self.meters.note("GET", PATH, OK, perf_counter() - begun)


def _answer(scope: Scope) -> bytes | None:
    asked = PLAIN.fullmatch(scope["query_string"])
    if asked is None or scope["method"] != "GET":
        return None
    return inside_answer(scope["app"].state.registry, float(asked[1]), float(asked[2]))
