"""The service on a small town, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from geo.store.engine import owner_session
from tests import town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID


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
