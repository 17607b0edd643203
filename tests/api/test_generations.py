"""Generations side by side: their grids, what a grid was on a day, figures then and recast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from geo.store.engine import owner_session
from geo.store.generations import periods
from geo.store.history import grid_spells
from geo.store.models import Issue, Jurisdiction
from geo.store.plan_review import drawn_grids
from geo.store.publishing import Plan, publish
from tests import town
from tests.people import add_account, make_accounts
from tests.town import A1, A2, B1, FIRST_LABEL, SECOND_LABEL, D
from tests.visitors import session_headers

if TYPE_CHECKING:
    from uuid import UUID

    from starlette.testclient import TestClient

BOTH = [FIRST_LABEL, SECOND_LABEL]


@pytest.fixture(scope="module")
def headers(database_url: str, grids: dict[str, UUID]) -> dict[str, dict[str, str]]:
    assert grids
    with owner_session(database_url) as opened:
        accounts = make_accounts(opened)
    return {
        role: session_headers(database_url, key)
        for role, key in accounts.items()
        if role != "disabled"
    }


@pytest.fixture(scope="module")
def issue(database_url: str, grids: dict[str, UUID], client: TestClient) -> UUID:
    """An issue of 2025, reported in the right half of community A, low down."""
    assert client
    lon, lat = town.spot(1.5, 0.5)
    with owner_session(database_url) as opened:
        home = opened.query(Jurisdiction).one()
        first = opened.query(town.Generation).filter_by(label=FIRST_LABEL).one()
        found = Issue(
            jurisdiction_id=home.id,
            number="20250101-1",
            state="closed",
            text="路灯",
            location=f"SRID=4326;POINT({lon} {lat})",
            occurred_at=town.datetime(2025, 1, 1, tzinfo=town.UTC),
            closed_at=town.datetime(2025, 2, 1, tzinfo=town.UTC),
            method="inside",
            confident=True,
            reported_generation_id=first.id,
            reported_grid_id=grids[A2],
            current_grid_id=grids[A2],
        )
        opened.add(found)
        opened.flush()
        return found.id


def get(client: TestClient, path: str, **parameters: Any) -> Any:
    answer = client.get(f"/api/v1{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_generations_say_when_they_are_in_force(client: TestClient) -> None:
    told = get(client, "/generations", jurisdiction=town.SLUG)
    assert [one["label"] for one in told] == BOTH
    assert [one["grids"] for one in told] == [3, 4]
    assert [one["now"] for one in told] == [False, True]
    assert told[0]["ends"] == told[1]["starts"]
    assert get(client, "/generations", jurisdiction="elsewhere") == []


def test_grids_of_a_generation_are_those_that_it_drew(client: TestClient) -> None:
    first = get(client, f"/generations/{FIRST_LABEL}/grids")
    assert [one["properties"]["code"] for one in first["features"]] == [A1, A2, B1]
    assert client.get("/api/v1/generations/none/grids").status_code == 404


def test_a_grid_has_a_history(client: TestClient) -> None:
    spells = get(client, f"/grids/{A1}/history")
    assert [one["generation"] for one in spells] == BOTH
    assert [one["redrawn"] for one in spells] == [None, True]
    origins = {one["code"]: round(one["share"], 3) for one in spells[1]["origins"]}
    assert origins == {A1: 0.5, A2: 0.5}
    assert [one["redrawn"] for one in get(client, f"/grids/{B1}/history")] == [None, True]
    assert [one["generation"] for one in get(client, f"/grids/{D}/history")] == [SECOND_LABEL]
    assert client.get("/api/v1/grids/999999999999999/history").status_code == 404


def test_ground_under_a_dedicated_grid_is_counted_once(
    client: TestClient, database_url: str
) -> None:
    (market,) = get(client, f"/grids/{D}/history")
    first, second = get(client, f"/grids/{B1}/history")
    assert first["area_m2"] == pytest.approx(second["area_m2"] + market["area_m2"], rel=1e-6)
    with owner_session(database_url) as opened:
        grids = drawn_grids(opened, periods(opened)[-1].id)
        key = publish(opened, town.SLUG, Plan("town-again", grids, "tests"))
        drawn = grid_spells(opened, B1)[-1]
        opened.rollback()
    assert key
    assert [one.code for one in drawn.origins] == [B1]
    assert drawn.origins[0].share == pytest.approx(1)
    assert drawn.area_m2 == pytest.approx(second["area_m2"])


def test_what_a_grid_was_on_a_day(client: TestClient) -> None:
    then = get(client, f"/grids/{A1}/history", at="2025-06-01T00:00:00+08:00")
    assert [one["generation"] for one in then] == [FIRST_LABEL]
    assert get(client, f"/grids/{A1}/history", at="2020-06-01T00:00:00+08:00") == []


def test_which_grid_a_place_was_in(client: TestClient) -> None:
    lon, lat = town.spot(0.5, 1.5)
    through = get(client, "/history", lon=lon, lat=lat)
    assert [(one["generation"], one["grid"]["code"]) for one in through] == [
        (FIRST_LABEL, A1),
        (SECOND_LABEL, A2),
    ]
    then = get(client, "/history", lon=lon, lat=lat, at="2025-06-01T00:00:00Z")
    assert [one["grid"]["code"] for one in then] == [A1]


def test_figures_as_they_were_and_recast(
    client: TestClient, headers: dict[str, dict[str, str]], issue: UUID
) -> None:
    assert issue

    def figures(role: str, counted: str) -> dict[str, tuple[int, int, int]]:
        path = f"/api/v1/generations/{FIRST_LABEL}/statistics?as={counted}"
        answer = client.get(path, headers=headers[role])
        assert answer.status_code == 200, answer.text
        return {
            one["code"]: (one["households"], one["people"], one["issues"])
            for one in answer.json()["grids"]
        }

    expected = {A1: (2, 6, 0), A2: (0, 0, 1), B1: (1, 3, 0)}
    assert figures("planner", "then") == expected
    assert figures("auditor", "then") == expected
    recast = {A1: (2, 6, 1), A2: (0, 0, 0), B1: (1, 3, 0), D: (0, 0, 0)}
    assert figures("planner", "now") == recast


def test_figures_by_grid_are_not_for_everybody(
    client: TestClient, headers: dict[str, dict[str, str]]
) -> None:
    path = f"/api/v1/generations/{FIRST_LABEL}/statistics"
    assert client.get(path).status_code == 401
    for role in ("grid_worker", "street_dispatcher", "administrator"):
        assert client.get(path, headers=headers[role]).status_code == 403


def test_figures_of_another_city_are_not_answered(client: TestClient, database_url: str) -> None:
    with owner_session(database_url) as opened:
        other = add_account(opened, "next-planner", "planner", "next-door")
    path = f"/api/v1/generations/{FIRST_LABEL}/statistics"
    for counted in ("then", "now"):
        answer = client.get(f"{path}?as={counted}", headers=session_headers(database_url, other))
        assert answer.status_code == 403, answer.text
