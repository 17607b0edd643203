"""Numbering, counting and writing down requests."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from http import HTTPMethod
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from api.logs import ACCESS, REQUEST_ID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

NUMBER_HEADER = b"x-request-id"
GIVEN_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
UNKNOWN_ROUTE = "other"
UNKNOWN_METHOD = "OTHER"
METHODS = frozenset(HTTPMethod)
PROCESS = uuid4().hex[:12].encode()

log = logging.getLogger(ACCESS)
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

    The number is the ``X-Request-ID`` of a trusted proxy where it has a sensible form; it is
    returned in the same header. Of the address only the route is written down.

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
        state = scope.setdefault("state", {})
        state["request_id"] = number.decode()
        REQUEST_ID.set(state["request_id"])
        status = 500
        begun = perf_counter()

        async def send_numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (NUMBER_HEADER, number)]
            await send(message)

        try:
            await self.app(scope, receive, send_numbered)
        finally:
            route = getattr(scope.get("route"), "path", UNKNOWN_ROUTE)
            seconds = perf_counter() - begun
            method = scope["method"] if scope["method"] in METHODS else UNKNOWN_METHOD
            self.meters.note(method, route, status, seconds)
            account_id = _account_id(state)
            write_down(Answered(number.decode(), method, route, status, seconds, account_id))


def _account_id(state: Mapping[str, Any]) -> int | None:
    visitor = state.get("visitor")
    found: int | None = visitor.asker.account_id if visitor is not None else None
    return found


class Answered(NamedTuple):
    """What is written down of a request: no query, no names, no path that somebody made up."""

    request_id: str
    method: str
    route: str
    status: int
    seconds: float
    account_id: int | None = None


def write_down(answered: Answered) -> None:
    """Write the line of one request."""
    if log.isEnabledFor(logging.INFO):
        told = answered._asdict()
        told["ms"] = round(told.pop("seconds") * 1000, 1)
        log.info("answered", extra=told)


def request_number(scope: Scope) -> bytes:
    """Return the number of a request: its caller's, or the next of this process."""
    for name, value in scope["headers"]:
        if name == NUMBER_HEADER and GIVEN_ID.fullmatch(value):
            return bytes(value)
    return b"%s-%d" % (PROCESS, next(_numbers))
