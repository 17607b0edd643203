"""Scorecards through HTTP: who may read them, what they say, comparisons, the page, reports."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from api.guarding import FOLLOW_HEADER
from geo.store.engine import owner_session
from geo.store.models import Household, Unit
from tests import town
from tests.visitors import visiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from starlette.testclient import TestClient

PLANS = "/api/v1/plans"
GENERATION = f"/api/v1/generations/{town.SECOND_LABEL}/scorecard"


@pytest.fixture
def plan(planner: TestClient) -> str:
    """Address of a fresh draft of the town's second generation."""
    told = {
        "jurisdiction": town.SLUG,
        "name": "方案一",
        "from": {"generation": town.SECOND_LABEL},
    }
    return f"{PLANS}/{planner.post(PLANS, json=told).json()['id']}"


def paint(client: TestClient, plan: str, code: str | None) -> None:
    """Give the block that the first building stands in to another grid."""
    state = client.get(f"{plan}/state").json()
    key = {grid["code"]: key for key, grid in state["grids"].items()}
    change = [state["owner"]["A-1-block"], key[code] if code else None]
    told = {"key": str(uuid4()), "verb": "paint", "changes": {"owner": {"A-1-block": change}}}
    assert client.post(f"{plan}/edits", json=told).status_code == 201


def measures(client: TestClient, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return {one["key"]: one for one in answer.json()["measures"]}


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("planner", 200),
        ("auditor", 200),
        ("administrator", 200),
        ("street_dispatcher", 403),
        ("grid_worker", 403),
        ("elsewhere", 403),
    ],
)
def test_who_may_read_a_generations_scorecard(
    client_of: Callable[[str], TestClient], who: str, status: int
) -> None:
    client = client_of(who)
    assert client.get(GENERATION).status_code == status
    assert client.get(f"{GENERATION}.xlsx").status_code == status


def test_a_generation_and_its_draft_have_the_same_figures(planner: TestClient, plan: str) -> None:
    generation, draft = measures(planner, GENERATION), measures(planner, f"{plan}/scorecard")
    assert generation.keys() == draft.keys()
    for key, one in generation.items():
        if key != "unassigned_cells":
            assert one["value"] == pytest.approx(draft[key]["value"], abs=1e-3), key
    assert {one["principle"] for one in draft.values()} == {"clear", "full", "moderate", "complete"}
    assert all(one["definition"] and one["source"] for one in draft.values())


def test_every_grid_has_its_figures(planner: TestClient) -> None:
    answer = planner.get(GENERATION).json()
    grids = {grid["code"]: grid for grid in answer["grids"]}
    assert grids[town.A1]["households"] + grids[town.B1]["households"] == 3
    bounds = next(one for one in answer["measures"] if one["key"] == "in_bounds")
    assert bounds["grids"][grids[town.A1]["id"]]["met"] is False
    assert bounds["grids"][grids[town.D]["id"]] == {"value": None, "shown": "–", "met": None}
    assert bounds["grid_threshold"] == {"least": 300, "most": 500}


def test_a_block_without_a_grid_is_told_where_it_is(planner: TestClient, plan: str) -> None:
    paint(planner, plan, None)
    found = measures(planner, f"{plan}/scorecard")
    (place,) = found["unassigned_cells"]["places"]
    assert found["unassigned_cells"]["met"] is False
    assert town.WEST < place["lon"] < town.WEST + 4 * town.STEP
    assert place["shape"]["type"] in {"Polygon", "MultiPolygon"}
    assert found["unassigned_households"]["value"] > 0
    assert measures(planner, f"{plan}/scorecard?version=0")["unassigned_cells"]["value"] == 0
    assert planner.get(f"{plan}/scorecard?version=9").status_code == 422


def test_a_comparison_tells_who_moves(planner: TestClient, plan: str) -> None:
    other = f"{plan}/compare?with=generation:{town.SECOND_LABEL}"
    still = planner.get(other).json()
    assert still["moved_households"] == still["moved_cells"] == 0
    assert still["rand_index"] == 1
    paint(planner, plan, town.A2)
    found = planner.get(other).json()
    assert found["moved_cells"] == 1
    assert {grid["code"] for grid in found["grids_touched"]} == {town.A1, town.A2}
    moved = [one for one in found["crosswalk"] if one["before"] != one["after"]]
    assert [(one["before"]["code"], one["after"]["code"]) for one in moved] == [(town.A1, town.A2)]
    assert found["moved_households"] == moved[0]["households"] > 0
    assert {one["change"] for one in found["measures"]} <= {"better", "worse", "same", "unknown"}
    itself = planner.get(f"{plan}/compare?with=draft:{plan.rpartition('/')[2]}").json()
    assert itself["moved_cells"] == 0


@pytest.mark.parametrize("other", ["draft:nothing", "generation", "x:y"])
def test_what_is_no_plan_is_refused(planner: TestClient, plan: str, other: str) -> None:
    answer = planner.get(f"{plan}/compare", params={"with": other})
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_household_more_is_counted_at_once(planner: TestClient, database_url: str) -> None:
    """What is kept in memory is read again when anything about the ground changes."""
    before = sum(one["households"] for one in planner.get(GENERATION).json()["grids"])
    with owner_session(database_url) as opened:
        unit = opened.scalars(select(Unit.id).limit(1)).one()
        opened.add(Household(unit_id=unit, room="999", people=2))
    after = sum(one["households"] for one in planner.get(GENERATION).json()["grids"])
    assert after == before + 1
    with owner_session(database_url) as opened:
        opened.delete(opened.scalars(select(Household).where(Household.room == "999")).one())


def test_whoever_has_a_link_sees_sums_and_no_names(
    app: FastAPI, planner: TestClient, plan: str
) -> None:
    """No worker is counted for them, and no building told with its households."""
    paint(planner, plan, None)
    link = planner.post(f"{plan}/shares", json={"days": 1}).json()["url"].rpartition("/")[2]
    assert visiting(app).get(f"{plan}/scorecard").status_code in {401, 403, 404}
    found = measures(visiting(app, {FOLLOW_HEADER: link}), f"{plan}/scorecard")
    assert found["unassigned_households"]["value"] > 0
    assert found["unassigned_households"]["places"] == []
    assert found["per_worker"]["met"] is None
    assert measures(planner, f"{plan}/scorecard")["unassigned_households"]["places"]


def test_reports_hold_what_was_measured(planner: TestClient, plan: str) -> None:
    paper = planner.get(f"{plan}/scorecard.pdf?lang=zh")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    sheet = planner.get(f"{plan}/scorecard.xlsx")
    book = load_workbook(BytesIO(sheet.content))
    assert book.sheetnames == ["Summary", "By grid", "Where to look", "Definitions"]
    codes = [str(cell.value) for cell in book["By grid"]["A"]]
    assert {town.A1, town.A2, town.B1, town.D} <= set(codes)
    assert planner.get(f"{plan}/scorecard.docx").status_code == 422


def test_what_begins_like_a_formula_is_text(planner: TestClient) -> None:
    told = {
        "jurisdiction": town.SLUG,
        "name": "=1+1",
        "from": {"generation": town.SECOND_LABEL},
    }
    plan = planner.post(PLANS, json=told).json()["id"]
    book = load_workbook(BytesIO(planner.get(f"{PLANS}/{plan}/scorecard.xlsx").content))
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value]
    assert all(cell.data_type != "f" for cell in cells)


def test_the_page_is_useful_without_scripts(planner: TestClient, plan: str) -> None:
    key = plan.rpartition("/")[2]
    told = planner.get("/scorecard").text
    assert town.A1 in told
    assert "<script" not in told.partition("</head>")[2]
    paint(planner, plan, None)
    zoomed = planner.get(f"/scorecard?plan={key}&measure=unassigned_cells&spot=0").text
    assert "sc-mark--chosen" in zoomed
    order = [planner.get(f"/scorecard?sort=code&order={one}").text for one in ("up", "down")]
    first, last = (text.partition('id="by-grid"')[2] for text in order)
    assert first.index(town.A1) < first.index(town.B1)
    assert last.index(town.B1) < last.index(town.A1)


@pytest.mark.parametrize("query", ["plan=x", f"plan={UUID(int=7)}", "generation=none"])
def test_a_page_of_nothing_says_so(planner: TestClient, query: str) -> None:
    assert planner.get(f"/scorecard?{query}").status_code == 404


@pytest.mark.parametrize(
    "query", ["spot=99", "spot=-1", "part=x", "measure=x", "sort=x", "place=x"]
)
def test_fields_that_mean_nothing_are_overlooked(planner: TestClient, query: str) -> None:
    assert planner.get(f"/scorecard?{query}").status_code == 200
