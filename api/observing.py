"""Numbering and counting requests."""

from __future__ import annotations

import re
from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = b"x-request-id"
GIVEN_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
UNKNOWN_ROUTE = "other"


class Meters:
    """How many requests were answered, and how long it took, by route and status."""

    def __init__(self) -> None:
        self.count: Counter[tuple[str, str, int]] = Counter()
        self.seconds: Counter[tuple[str, str]] = Counter()

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request."""
        route = scope.get("route")
        path = getattr(route, "path", UNKNOWN_ROUTE)
        self.count[scope["method"], path, status] += 1
        self.seconds[scope["method"], path] += seconds  # type: ignore[assignment]

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
        number = _number(scope)
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
            self.meters.note(scope, status, perf_counter() - begun)


def _number(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == REQUEST_ID and GIVEN_ID.fullmatch(value):
            return bytes(value)
    return uuid4().hex.encode()
