"""Visits to households, and what a worker takes along: in one's own territory, once, on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from shapely.geometry import Point, shape
from sqlalchemy import select, text

from api.schemas.visits import MOST_REMARK
from geo.store.engine import owner_session
from geo.store.models import Building, Household, Unit, Visit
from tests import town
from tests.town import A1, BUILDING, LONE_BUILDING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).isoformat()


@pytest.fixture(scope="module")
def worker(client_of: Callable[..., TestClient]) -> TestClient:
    """Client of the worker of grid A1."""
    return client_of("grid_worker")


@pytest.fixture(scope="module")
def doors(database_url: str) -> dict[str, int]:
    """Keys of a household of each building, by the building's code."""
    with owner_session(database_url) as opened:
        rows = opened.execute(
            select(Building.code, Household.id)
            .join(Unit, Unit.building_id == Building.id)
            .join(Household, Household.unit_id == Unit.id)
            .order_by(Unit.number.desc())
        )
        return {code: key for code, key in rows}  # noqa: C416 - rows are no tuples to dict()


def visit(client: TestClient, status: int = 201, **body: object) -> dict[str, Any]:
    given = {"id": str(uuid4()), "visited_at": YESTERDAY, "remark": "独居老人"} | body
    answer = client.post("/api/v1/visits", json=given)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_visit_that_comes_again_is_kept_once(
    worker: TestClient, doors: dict[str, int], database_url: str
) -> None:
    body = {"id": str(uuid4()), "household": doors[BUILDING]}
    first = visit(worker, **body)
    assert visit(worker, **body) == first
    assert (first["visitor"], first["remark"]) == ("grid_worker", "独居老人")
    assert first["household"]["room"] == "101"
    with owner_session(database_url) as opened:
        kept = opened.scalars(select(Visit).where(Visit.id == body["id"])).all()
    assert len(kept) == 1


def test_a_key_of_another_visit_is_refused(
    worker: TestClient, client_of: Callable[..., TestClient], doors: dict[str, int]
) -> None:
    key = str(uuid4())
    visit(worker, id=key, household=doors[BUILDING])
    visit(worker, 422, id=key, household=doors[BUILDING], remark="别的")
    visit(client_of("community_staff"), 422, id=key, household=doors[BUILDING])


def test_whoever_was_signed_in_is_not_taken_for_a_resident(
    client: TestClient, worker: TestClient
) -> None:
    token = {"X-CSRF-Token": worker.headers["X-CSRF-Token"]}
    lon, lat = town.spot(0.5, 0.5)
    body = {"text": "会话已过期", "location": {"lon": lon, "lat": lat}}
    assert client.post("/api/v1/issues", json=body, headers=token).status_code == 401
    assert client.post("/api/v1/issues", json=body).status_code == 201


def test_a_clock_that_runs_ahead_brings_the_visit_to_its_arrival(
    worker: TestClient, doors: dict[str, int]
) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()
    body = {"id": str(uuid4()), "household": doors[BUILDING], "visited_at": soon}
    first = visit(worker, **body)
    assert datetime.fromisoformat(first["visited_at"]) <= datetime.now(UTC)
    assert visit(worker, **body) == first


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("visited_at", (datetime.now(UTC) + timedelta(days=1)).isoformat()),
        ("visited_at", "1970-01-01T00:00:00Z"),
        ("visited_at", "2026-01-01T00:00:00"),
        ("remark", "长" * (MOST_REMARK + 1)),
        ("household", 0),
        ("id", "1"),
    ],
    ids=["future", "long ago", "no zone", "long", "no key", "no uuid"],
)
def test_what_can_not_be_is_refused_at_its_field(
    worker: TestClient, doors: dict[str, int], field: str, value: object
) -> None:
    told = visit(worker, 422, **({"household": doors[BUILDING]} | {field: value}))
    assert [one["field"] for one in told["errors"]] == [field]


def test_households_elsewhere_are_none_of_a_workers_business(
    worker: TestClient, doors: dict[str, int]
) -> None:
    visit(worker, 404, household=doors[LONE_BUILDING])
    visit(worker, 404, household=10**9)
    answer = worker.get(f"/api/v1/households/{doors[LONE_BUILDING]}/visits")
    assert answer.status_code == 404


def test_reading_visits_is_on_record_and_for_few(
    worker: TestClient,
    client_of: Callable[..., TestClient],
    doors: dict[str, int],
    database_url: str,
) -> None:
    household = doors[BUILDING]
    visit(worker, household=household, visited_at="2026-01-05T09:00:00+08:00", remark="早")
    visit(worker, household=household, remark="晚")
    answer = worker.get(f"/api/v1/households/{household}/visits")
    times = [one["visited_at"] for one in answer.json()["visits"]]
    assert times == sorted(times, reverse=True)
    assert "no-store" in answer.headers["Cache-Control"]
    with owner_session(database_url) as opened:
        noted = opened.execute(
            text(
                "SELECT row_key, detail ->> 'purpose' FROM audit_entry"
                " WHERE action = 'read' AND table_name = 'household' ORDER BY id DESC LIMIT 1"
            )
        ).one()
    assert noted == (str(household), "visit")
    assert client_of("auditor").get(answer.url.path).status_code == 200
    for role in ("planner", "street_dispatcher", "department_handler"):
        assert client_of(role).get(answer.url.path).status_code == 403


def test_a_worker_takes_the_own_grid_along(worker: TestClient) -> None:
    answer = worker.get("/api/v1/worker/area")
    area = answer.json()
    assert [one["code"] for one in area["grids"] if one["own"]] == [A1]
    (own,) = (one for one in area["grids"] if one["own"])
    outline = shape({"type": "MultiPolygon", "coordinates": own["polygons"]})
    assert outline.covers(Point(town.spot(0.5, 0.5)))
    assert {one["code"] for one in area["grids"] if not one["own"]} >= {town.A2, town.B1}
    (building,) = area["buildings"]
    assert (building["code"], building["grid"]) == (BUILDING, A1)
    assert [unit["number"] for unit in building["units"]] == [1, 2]
    assert {door["room"] for unit in building["units"] for door in unit["doors"]} == {"101"}
    assert [one["code"] for one in area["stations"]] == ["S1"]
    assert {one["code"] for one in area["duties"]} == {town.DUTY, town.PRIVATE_DUTY}


def test_an_area_that_is_known_is_not_sent_again(
    worker: TestClient, client_of: Callable[..., TestClient]
) -> None:
    tag = worker.get("/api/v1/worker/area").headers["ETag"]
    again = worker.get("/api/v1/worker/area", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    other = client_of("community_staff").get("/api/v1/worker/area", headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert len([one for one in other.json()["grids"] if one["own"]]) > 1


def test_the_page_that_phones_keep_is_of_nobody(
    worker: TestClient, client_of: Callable[..., TestClient]
) -> None:
    own = worker.get("/worker")
    assert "csrf-token" in own.text
    assert "no-store" in own.headers["Cache-Control"]
    bare = {"Cookie": "", "X-CSRF-Token": ""}
    kept = worker.get("/worker/shell", headers=bare)
    assert kept.status_code == 200
    assert "csrf-token" not in kept.text
    assert "grid_worker" not in kept.text
    assert client_of("planner").get("/worker").status_code == 403


def test_the_service_worker_keeps_all_that_the_page_is_made_of(worker: TestClient) -> None:
    answer = worker.get("/worker/sw.js")
    assert answer.headers["Service-Worker-Allowed"] == "/worker"
    assert answer.headers["Cache-Control"].endswith(("no-cache", "no-store"))
    page = worker.get("/worker").text
    for part in ("worker/main.js", "worker/worker.css", "issues/issues.css", "leaflet.js"):
        assert part in answer.text
        assert part in page
