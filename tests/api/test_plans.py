"""Drafts of plans through HTTP: branching, editing side by side, taking back, links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from geo.store.engine import owner_session
from tests import town
from tests.people import add_account, make_accounts
from tests.visitors import session_headers, started, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from fastapi import FastAPI
    from starlette.testclient import TestClient

PLANS = "/api/v1/plans"


@pytest.fixture(scope="module")
def accounts(database_url: str, grids: dict[str, UUID]) -> dict[str, int]:
    assert grids
    with owner_session(database_url) as opened:
        made = make_accounts(opened)
        made["other"] = add_account(opened, "other", "planner", town.SLUG)
        return made


@pytest.fixture(scope="module")
def app(database_url: str, accounts: dict[str, int]) -> Iterator[FastAPI]:
    assert accounts
    with started(database_url) as running:
        yield running


@pytest.fixture(scope="module")
def planner(app: FastAPI, database_url: str, accounts: dict[str, int]) -> TestClient:
    return visiting(app, session_headers(database_url, accounts["planner"]))


@pytest.fixture(scope="module")
def other(app: FastAPI, database_url: str, accounts: dict[str, int]) -> TestClient:
    return visiting(app, session_headers(database_url, accounts["other"]))


@pytest.fixture
def plan(planner: TestClient) -> str:
    """Address of a fresh draft of the town's second generation."""
    return branch(planner)


def branch(client: TestClient, **source: Any) -> str:
    told = {
        "jurisdiction": town.SLUG,
        "name": "方案一",
        "from": source or {"generation": town.SECOND_LABEL},
    }
    answer = client.post(PLANS, json=told)
    assert answer.status_code == 201, answer.text
    return f"{PLANS}/{answer.json()['id']}"


def edit(client: TestClient, plan: str, **changes: Any) -> Any:
    told = {"key": str(uuid4()), "verb": "paint", "changes": changes}
    return client.post(f"{plan}/edits", json=told)


def test_a_draft_begins_with_its_generation(planner: TestClient, plan: str) -> None:
    state = planner.get(f"{plan}/state").json()
    assert state["version"] == 0
    assert {grid["code"] for grid in state["grids"].values()} == {
        town.A1,
        town.A2,
        town.B1,
        town.D,
    }
    assert state["owner"] == state["base"]["owner"]
    assert set(state["owner"].values()) <= set(state["grids"])
    assert all(cell["rings"] for cell in state["cells"].values())


def test_figures_add_up_by_cell(planner: TestClient, plan: str) -> None:
    figures = planner.get(f"{plan}/figures").json()
    state = planner.get(f"{plan}/state").json()
    assert figures["cells"].keys() == state["cells"].keys()
    assert sum(one["households"] for one in figures["cells"].values()) == 3
    assert sum(one["people"] for one in figures["cells"].values()) == 9
    assert {one[5] for one in figures["buildings"]} == {"大街 A-1", "大街 B-1"}
    assert figures["bounds"] == {"min": 300, "max": 500}
