"""Clients of the service as those who are signed in have them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from httpx2 import ASGITransport, BaseTransport, ByteStream, Response
from starlette.testclient import TestClient

from api.app import create_app
from geo.flows.sign_in import Place, admit, visitor_of_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.from_thread import BlockingPortal
    from fastapi import FastAPI
    from httpx2 import Request


ENDLESS = {"/api/v1/issues/events": "after=never"}
"""What goes on for ever once it is let through, and how to ask for it in a way that can't be."""


_portals: WeakKeyDictionary[FastAPI, BlockingPortal] = WeakKeyDictionary()
"""The loop of every started application: all of its clients are answered there, as by a server."""


def ending(address: str) -> str:
    """Return an address, with what makes the service answer at once where it would go on."""
    path, _, query = address.partition("?")
    whole = "&".join(one for one in (query, ENDLESS.get(path)) if one)
    return f"{path}?{whole}" if whole else path


def session_headers(url: str, account_id: int) -> dict[str, str]:
    """Sign an account in, and return the headers that its browser sends from then on."""
    token = admit(account_id, Place("127.0.0.1"), None, url).session
    visitor = visitor_of_session(token, url)
    csrf_token = visitor.csrf_token if visitor else None
    return {"Cookie": f"hongge_session={token}", "X-CSRF-Token": csrf_token or ""}


@contextmanager
def started(url: str) -> Iterator[FastAPI]:
    """Start an application; :func:`visiting` makes clients of it."""
    app = create_app(url)
    with TestClient(app) as first:
        assert first.portal
        _portals[app] = first.portal
        yield app
        del _portals[app]


class Visitor(TestClient):
    """A client whose requests, bodies and answers go whole to the application's loop and back.

    Parameters
    ----------
    app
        The application; when it isn't :func:`started`, every request has a loop of its own.
    headers
        Are sent with every request.
    address
        Where the client asks from.
    """

    def __init__(self, app: FastAPI, headers: dict[str, str], address: str) -> None:
        client = (address, 50000)
        super().__init__(
            app,
            headers=headers,
            follow_redirects=False,
            raise_server_exceptions=False,
            client=client,
        )
        if app in _portals:
            self._transport = _Way(app, _portals[app], client)


class _Way(BaseTransport):
    """One hop to the application's thread and back a request, where starlette's needs eight."""

    def __init__(self, app: FastAPI, portal: BlockingPortal, client: tuple[str, int]) -> None:
        self._inside = ASGITransport(app, raise_app_exceptions=False, client=client)
        self._portal = portal

    def handle_request(self, request: Request) -> Response:
        return self._portal.call(self._answer, request)

    async def _answer(self, request: Request) -> Response:
        answer = await self._inside.handle_async_request(request)
        body = b"".join([part async for part in answer.stream])  # type: ignore[union-attr]
        return Response(answer.status_code, headers=answer.headers, stream=ByteStream(body))


def visiting(
    app: FastAPI, headers: dict[str, str] | None = None, address: str = "testclient"
) -> TestClient:
    """Return a client, of a started application, that sends some headers with every request."""
    return Visitor(app, {"Accept-Language": "en"} | (headers or {}), address)
