"""Clients of the service as those who are signed in have them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from api.app import create_app
from geo.flows.sign_in import Place, admit, visitor_of_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI


ENDLESS = {"/api/v1/issues/events": "after=never"}
"""What goes on for ever once it is let through, and how to ask for it in a way that can't be."""


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
    with TestClient(app):
        yield app


def visiting(app: FastAPI, headers: dict[str, str] | None = None) -> TestClient:
    """Return a client, of a started application, that sends some headers with every request."""
    given = {"Accept-Language": "en"} | (headers or {})
    return TestClient(app, headers=given, follow_redirects=False, raise_server_exceptions=False)
