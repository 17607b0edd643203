"""What is answered when something is wrong on our side, or much too large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.headers import HEADERS
from api.permissions import ENDPOINTS, OPEN
from geo.errors import StoreUnavailableError
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

PROBLEM = "application/problem+json"


@pytest.fixture
def faulty(
    database_url: str, grids: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """Client of a service that takes small requests only and breaks at two addresses."""
    assert grids
    monkeypatch.setattr(settings(), "photos_max", 0)
    app = create_app(database_url)

    def broken() -> None:
        message = "secret"
        raise RuntimeError(message)

    def away() -> None:
        raise StoreUnavailableError(reason="secret socket")

    for path in ("/broken", "/away"):
        monkeypatch.setitem(ENDPOINTS, ("GET", path), OPEN)
    app.add_api_route("/broken", broken)
    app.add_api_route("/away", away)
    with TestClient(
        app,
        headers={"Accept-Language": "en"},
        raise_server_exceptions=False,
        client=("127.0.0.1", 1),
    ) as client:
        yield client


def test_a_fault_tells_its_number_and_nothing_else(faulty: TestClient) -> None:
    answer = faulty.get("/broken", headers={"X-Request-ID": "n-1"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "n-1"
    assert "secret" not in answer.text


def test_a_fault_has_every_security_header(faulty: TestClient) -> None:
    answer = faulty.get("/broken")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_a_database_that_is_away_asks_for_patience(faulty: TestClient) -> None:
    answer = faulty.get("/away")
    assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
    assert answer.headers["retry-after"] == "5"
    assert "secret" not in answer.text


def test_what_is_much_too_large_is_not_read(faulty: TestClient) -> None:
    answer = faulty.post("/api/v1/issues", content=b"x" * 2_000_000)
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
    assert answer.json()["title"] == "The request is too large"
