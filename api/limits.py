"""Refusing requests that are too large, slow, deep or oddly addressed, before they cost much.

What is wrong with a body is raised where the application reads it, so that it is answered like any
other error; the rest is answered here.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

from starlette.requests import Request

from api.errors import RefusedRequestError, problem
from api.json_shape import JsonShape
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from geo.messages import Message as Text

WITHOUT_BODY = {"GET", "HEAD", "OPTIONS"}
UUIDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
KILOBYTE = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may be.

    Parameters
    ----------
    hosts
        Names the service answers to; none: to every name.
    headers_bytes, address_bytes
        Of all headers, and of path and query.
    body_bytes
        Of a body, and of what is not text in a larger one of JSON.
    body_bytes_of
        Of the bodies of some endpoints, by method and path; ``*`` stands for a UUID.
    large_at_once
        How many bodies larger than `body_bytes` are read at the same time.
    depth
        How deep lists and objects may be nested.
    pause_s, body_s
        How long a body may pause, and take altogether.
    """

    hosts: frozenset[str] = frozenset()
    headers_bytes: int = 32 * KILOBYTE
    address_bytes: int = 8 * KILOBYTE
    body_bytes: int = 1000 * KILOBYTE
    body_bytes_of: Mapping[tuple[str, str], int] = field(default_factory=dict)
    large_at_once: int = 8
    depth: int = 32
    pause_s: float = 20.0
    body_s: float = 300.0


class RequestLimits:
    """ASGI middleware that holds requests to limits.

    Parameters
    ----------
    app
        The application that answers.
    limits
        What a request may be.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app = app
        self.limits = limits
        self.large = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            answer = problem(Request(scope), *refusal)
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)
            return
        if scope["method"] in WITHOUT_BODY:
            await self.app(scope, receive, send)
            return
        body = _Body(self, scope, receive)
        try:
            await self.app(scope, body.receive, send)
        finally:
            body.release()

    def _refusal(self, scope: Scope) -> tuple[HTTPStatus, Text | None] | None:
        limits = self.limits
        headers = scope["headers"]
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > limits.address_bytes:
            return HTTPStatus.REQUEST_URI_TOO_LONG, None
        if sum(len(name) + len(value) for name, value in headers) > limits.headers_bytes:
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, None
        known = {name: value for name, value in headers if name in {b"host", b"content-encoding"}}
        if limits.hosts and _host_name(known.get(b"host", b"")) not in limits.hosts:
            return HTTPStatus.BAD_REQUEST, msg("This service does not answer to that name.")
        if known.get(b"content-encoding", b"identity").strip().lower() not in {b"", b"identity"}:
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, msg("Compressed bodies are not taken.")
        return None


class _Body:
    """A body while it is read: counted, looked at and timed."""

    def __init__(self, owner: RequestLimits, scope: Scope, receive: Receive) -> None:
        limits = owner.limits
        self.owner = owner
        self.given = receive
        endpoint = (scope["method"], UUIDS.sub("*", scope["path"]))
        self.most = limits.body_bytes_of.get(endpoint, limits.body_bytes)
        self.shape = JsonShape(limits.depth, limits.body_bytes) if _is_json(scope) else None
        self.read = 0
        self.ends_at = monotonic() + limits.body_s
        self.complete = False
        self.counted = False

    async def receive(self) -> Message:
        """Return the next message of the server, or raise what is wrong with it."""
        if self.complete:
            return await self.given()
        message = await self._in_time()
        chunk: bytes = message.get("body", b"")
        self.complete = not message.get("more_body", False)
        self.read += len(chunk)
        if self.read > self.most:
            raise RefusedRequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                msg("More than %(most_kb)s kB are not taken here.", most_kb=self.most // KILOBYTE),
            )
        if self.read > self.owner.limits.body_bytes and not self.counted:
            self._count()
        if self.shape is not None:
            self.shape.feed(chunk)
        return message

    async def _in_time(self) -> Message:
        left_s = min(self.owner.limits.pause_s, self.ends_at - monotonic())
        try:
            async with asyncio.timeout(max(left_s, 0)):
                return await self.given()
        except TimeoutError:
            raise RefusedRequestError(HTTPStatus.REQUEST_TIMEOUT) from None

    def _count(self) -> None:
        if self.owner.large >= self.owner.limits.large_at_once:
            raise RefusedRequestError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                msg("There is too much to do just now. Try again in a few seconds."),
            )
        self.owner.large += 1
        self.counted = True

    def release(self) -> None:
        """Give the place of a large body free."""
        self.owner.large -= self.counted


def _is_json(scope: Scope) -> bool:
    types = [value for name, value in scope["headers"] if name == b"content-type"]
    return not types or any(b"json" in one.lower() for one in types)


def _host_name(host: bytes) -> str:
    """Return a Host header's name without its port."""
    text = host.decode("latin1").lower()
    return text.partition("]")[0] + "]" if text.startswith("[") else text.partition(":")[0]
