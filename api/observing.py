"""Numbering and counting requests."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = b"x-request-id"
GIVEN_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
UNKNOWN_ROUTE = "other"
PROCESS = uuid4().hex[:12].encode()

_numbers = count(1)


class Meters:
    """How many requests were answered, and how long it took, by route and status."""

    def __init__(self) -> None:
        self.count: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self.seconds: defaultdict[tuple[str, str], float] = defaultdict(float)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self.count[method, route, status] += 1
        self.seconds[method, route] += seconds

    def exposition(self) -> list[str]:
        """Return the lines of Prometheus' text format."""
        lines = [
            "# HELP hongge_requests_total Requests answered.",
            "# TYPE hongge_requests_total counter",
        ]
        lines += [
            f'hongge_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
            for (method, route, status), count in sorted(self.count.items())
        ]
        lines += [
            "# HELP hongge_request_seconds_total Time spent answering.",
            "# TYPE hongge_request_seconds_total counter",
        ]
        lines += [
            f'hongge_request_seconds_total{{method="{method}",route="{route}"}} {seconds:.6f}'
            for (method, route), seconds in sorted(self.seconds.items())
        ]
        return lines


class Observed:
    """ASGI middleware that gives every request a number and counts it.

    The number is the caller's ``X-Request-ID`` where it has a sensible form; it is returned in the
    same header.

    Parameters
    ----------
    app
        The application that answers.
    meters
        Where to count.
    """

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app = app
        self.meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with its number."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number = request_number(scope)
        scope.setdefault("state", {})["request_id"] = number.decode()
        status = 500
        begun = perf_counter()

        async def send_numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (REQUEST_ID, number)]
            await send(message)

        try:
            await self.app(scope, receive, send_numbered)
        finally:
            route = getattr(scope.get("route"), "path", UNKNOWN_ROUTE)
            self.meters.note(scope["method"], route, status, perf_counter() - begun)


def request_number(scope: Scope) -> bytes:
    """Return the number of a request: its caller's, or the next of this process."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID and GIVEN_ID.fullmatch(value):
            return bytes(value)
    return b"%s-%d" % (PROCESS, next(_numbers))
