"""Figures of a board, for whoever asks; and reporters, masked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from geo.store.engine import owner_session
from geo.store.models import IssueDeadline
from tests import town
from tests.visitors import visiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from starlette.testclient import TestClient

    Clients = Callable[..., TestClient]

BOARD = f"/api/v1/issues/board?jurisdiction={town.SLUG}"
REPORTER = {"name": "王小明", "phone": "13800138000"}


@pytest.fixture(scope="module")
def cases(app: FastAPI, database_url: str) -> dict[str, str]:
    """Keys of cases: one in A1, one of a private duty in B1 that is late, one in no grid."""
    resident = visiting(app)
    made = {
        "plain": reported(resident, (0.5, 0.5), town.DUTY),
        "private": reported(resident, (2.2, 0.2), town.PRIVATE_DUTY),
        "outside": reported(resident, (-3, 1), town.DUTY),
    }
    with owner_session(database_url) as session:
        session.execute(
            update(IssueDeadline)
            .where(IssueDeadline.issue_id == made["private"], IssueDeadline.stage == "dispatch")
            .values(
                started_at=datetime.now(UTC) - timedelta(hours=9),
                due_at=datetime.now(UTC) - timedelta(hours=5),
            )
        )
    return made


def reported(client: TestClient, cell: tuple[float, float], duty: str) -> str:
    lon, lat = town.spot(*cell)
    body = {
        "location": {"lon": lon, "lat": lat},
        "duty": duty,
        "text": "私事",
        "jurisdiction": town.SLUG,
        "reporter": REPORTER,
    }
    answer = client.post("/api/v1/issues", json=body)
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["id"]
    return key


def test_the_desk_counts_all_of_its_street(client_of: Clients, cases: dict[str, str]) -> None:
    assert cases
    told = client_of("street_dispatcher").get(BOARD).json()
    assert {one["state"]: one["count"] for one in told["states"]} == {"collected": 2, "triage": 1}
    grids = {one["code"]: (one["open"], one["overdue"]) for one in told["grids"]}
    assert grids == {town.A1: (1, 0), town.B1: (1, 1), None: (1, 0)}
    assert told["today"] == {"received": 3, "closed": 0, "ended": 0}


def test_late_cases_tell_neither_private_duties_nor_words(
    client_of: Clients, cases: dict[str, str]
) -> None:
    assert cases
    answer = client_of("street_dispatcher").get(BOARD)
    (late,) = answer.json()["late"]
    assert (late["withheld"], late["duty"], late["grid"]) == (True, None, town.NAMES[town.B1])
    assert "私事" not in answer.text
    assert str(town.WEST)[:6] not in answer.text


def test_a_worker_counts_the_own_grid_alone(client_of: Clients, cases: dict[str, str]) -> None:
    assert cases
    told = client_of("grid_worker").get(BOARD).json()
    assert [one["code"] for one in told["grids"]] == [town.A1]
    assert told["late"] == []


def test_there_is_no_board_of_a_town_that_is_none(client_of: Clients) -> None:
    missing = client_of("street_dispatcher").get("/api/v1/issues/board?jurisdiction=nowhere")
    assert missing.status_code == 404


def test_reporters_are_masked_and_only_for_those_whose_work_it_is(
    client_of: Clients, app: FastAPI, cases: dict[str, str]
) -> None:
    path = f"/api/v1/issues/{cases['plain']}/reporter"
    told = client_of("street_dispatcher").get(path).json()["reporter"]
    assert told["name"].startswith("王")
    assert REPORTER["name"] != told["name"]
    assert REPORTER["phone"] != told["phone"]
    assert client_of("administrator").get(path).json() == {"reporter": None}
    assert visiting(app).get(path).status_code == 401
    elsewhere = f"/api/v1/issues/{cases['private']}/reporter"
    assert client_of("grid_worker").get(elsewhere).status_code == 404


def test_pages_show_the_queues_of_a_role(client_of: Clients) -> None:
    desk = client_of("street_dispatcher").get("/desk", headers={"Accept": "text/html"})
    handler = client_of("department_handler").get("/desk", headers={"Accept": "text/html"})
    assert 'id="queue-triage"' in desk.text
    assert 'id="queue-accept"' in handler.text
    assert 'id="queue-triage"' not in handler.text
    assert "no-store" in desk.headers["cache-control"]
    planner = client_of("planner").get("/desk", headers={"Accept": "text/html"})
    assert planner.status_code == 403
