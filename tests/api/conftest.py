"""The service on a small town, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from geo.store.engine import owner_session
from tests import town
from tests.people import add_account, make_accounts
from tests.visitors import session_headers, started, visiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from fastapi import FastAPI


@pytest.fixture(scope="module")
def grids(database_url: str) -> dict[str, UUID]:
    """Keys of the town's grids, by code."""
    with owner_session(database_url) as opened:
        return town.build(opened)


@pytest.fixture(scope="module")
def client(database_url: str, grids: dict[str, UUID]) -> Iterator[TestClient]:
    """Client of the service, reading English."""
    assert grids
    with TestClient(create_app(database_url), headers={"Accept-Language": "en"}) as opened:
        yield opened


@pytest.fixture(scope="module")
def accounts(database_url: str, grids: dict[str, UUID]) -> dict[str, int]:
    """Keys of an account of every role, of another planner, and of one of another town."""
    assert grids
    with owner_session(database_url) as opened:
        made = make_accounts(opened)
        made["other"] = add_account(opened, "other", "planner", town.SLUG)
        made["elsewhere"] = add_account(opened, "elsewhere", "planner", "another-town")
        return made


@pytest.fixture(scope="module")
def app(database_url: str, accounts: dict[str, int]) -> Iterator[FastAPI]:
    """Return the service with its background work."""
    assert accounts
    with started(database_url) as running:
        yield running


@pytest.fixture(scope="module")
def client_of(
    app: FastAPI, database_url: str, accounts: dict[str, int]
) -> Callable[..., TestClient]:
    """Return what makes a client of somebody who signed in, by the account's name."""

    def client(name: str, language: str = "en") -> TestClient:
        signed_in = session_headers(database_url, accounts[name])
        return visiting(app, {**signed_in, "Accept-Language": language})

    return client


@pytest.fixture(scope="module")
def planner(client_of: Callable[..., TestClient]) -> TestClient:
    """Client of a planner."""
    return client_of("planner")
