"""Edits of shapes through HTTP: cutting, dragging, splitting, and their taking back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests import town

if TYPE_CHECKING:
    from starlette.testclient import TestClient

PLANS = "/api/v1/plans"


@pytest.fixture
def plan(planner: TestClient) -> str:
    told = {"jurisdiction": town.SLUG, "name": "方案", "from": {"generation": town.SECOND_LABEL}}
    return f"{PLANS}/{planner.post(PLANS, json=told).json()['id']}"


def send(planner: TestClient, plan: str, what: str, **told: Any) -> Any:
    return planner.post(f"{plan}/{what}", json={"key": str(uuid4()), **told})


def state(planner: TestClient, plan: str) -> Any:
    return planner.get(f"{plan}/state").json()


def at(column: float, row: float) -> list[float]:
    return [round(one, 7) for one in town.spot(column, row)]


def corners(told: Any, cell: str) -> set[tuple[int, int]]:
    rings = [ring for polygon in told["cells"][cell]["rings"] for ring in polygon]
    return {(x, y) for ring in rings for x, y in zip(ring[::2], ring[1::2], strict=True)}


def wire(column: float, row: float) -> tuple[int, int]:
    lon, lat = at(column, row)
    return round(lon * 1e7), round(lat * 1e7)


BLOCK = f"{town.BUILDING}-block"
BELOW, ABOVE = f"~{town.A}/1", f"~{town.A}/2"


def test_cutting_a_block_and_taking_it_back(planner: TestClient, plan: str) -> None:
    before = state(planner, plan)
    told = {"key": str(uuid4()), "line": [at(0.3, 0.05), at(0.3, 0.55)]}
    answer = planner.post(f"{plan}/cut", json=told)
    assert answer.status_code == 201, answer.text
    assert answer.json()["entry"]["verb"] == "cut"
    after = state(planner, plan)
    assert set(after["cells"]) - set(before["cells"]) == {f"{BLOCK}/1", f"{BLOCK}/2"}
    assert set(before["cells"]) - set(after["cells"]) == {BLOCK}
    for piece in (f"{BLOCK}/1", f"{BLOCK}/2"):
        assert after["owner"][piece] == before["owner"][BLOCK]
        assert after["cells"][piece]["block"] == BLOCK
        assert {wire(0.3, 0.1), wire(0.3, 0.5)} <= corners(after, piece)
    assert {wire(0.3, 0.1), wire(0.3, 0.5)} <= corners(after, BELOW)
    assert planner.post(f"{plan}/cut", json=told).status_code == 200
    assert planner.post(f"{plan}/undo", json={"key": str(uuid4())}).status_code == 201
    undone = state(planner, plan)
    assert {**undone, "version": 0} == {**before, "version": 0}
    again = send(planner, plan, "cut", line=[at(0.3, 0.05), at(0.3, 0.55)])
    assert set(again.json()["entry"]["changes"]["owner"]) == {BLOCK, f"{BLOCK}/3", f"{BLOCK}/4"}


def test_dragging_a_border_moves_both_sides(planner: TestClient, plan: str) -> None:
    moves = [{"from": at(1, 1), "to": at(1, 1.4)}]
    answer = send(planner, plan, "border", moves=moves)
    assert answer.status_code == 201, answer.text
    assert set(answer.json()["entry"]["changes"]["shape"]) == {BELOW, ABOVE}
    after = state(planner, plan)
    assert wire(1, 1.4) in corners(after, BELOW) & corners(after, ABOVE)


@pytest.mark.parametrize(
    ("what", "told", "refused"),
    [
        (
            "cut",
            {"line": [at(0.2, 0.2), at(0.3, 0.3)]},
            ("line_crosses_nothing", "border to border"),
        ),
        (
            "cut",
            {"line": [at(0.3, 0.05), at(0.3, 0.55)], "cells": [BLOCK, ABOVE]},
            ("line_does_not_cross", f"{ABOVE} stays"),
        ),
        ("border", {"moves": [{"from": at(0.3, 0.3), "to": at(1, 1)}]}, ("not_on_a_border", "no")),
        ("border", {"moves": [{"from": at(2, 0.5), "to": at(1, 1)}]}, ("on_an_outline", "outline")),
        ("border", {"moves": [{"from": at(1, 1), "to": at(1, 3)}]}, ("leaves_community", "out of")),
        (
            "border",
            {"moves": [{"from": at(1, 1), "to": at(0.3, 0.3)}]},
            ("over_another_cell", BLOCK),
        ),
        ("border", {"moves": [{"from": at(1, 1), "to": at(0.3, 0.05)}]}, ("cell_folds", "cross")),
    ],
)
def test_what_can_not_be_is_refused_with_its_reason(
    planner: TestClient, plan: str, what: str, told: dict[str, Any], refused: tuple[str, str]
) -> None:
    reason, said = refused
    answer = send(planner, plan, what, **told)
    assert answer.status_code == 409, answer.text
    assert answer.json()["type"].endswith("plan-refused")
    assert answer.json()["refusals"][0]["reason"] == reason
    assert said in answer.json()["refusals"][0]["text"]


def test_locked_cells_keep_their_shape(planner: TestClient, plan: str) -> None:
    lock = {"lock": {BLOCK: [False, True]}}
    told = {"key": str(uuid4()), "verb": "lock", "changes": lock}
    assert planner.post(f"{plan}/edits", json=told).status_code == 201
    answer = send(planner, plan, "cut", line=[at(0.3, 0.05), at(0.3, 0.55)])
    assert answer.json()["refusals"][0]["reason"] == "cell_locked"
    beside = send(planner, plan, "cut", line=[at(0.3, 0.05), at(0.3, -0.1)])
    assert beside.json()["refusals"][0]["reason"] == "line_crosses_nothing"
    around = send(planner, plan, "cut", line=[at(0.3, 0.1), at(0.3, -0.1)], cells=[BELOW])
    assert around.json()["refusals"][0]["reason"] == "line_does_not_cross"
    through = [at(0.3, -0.1), at(0.3, 0.1), at(0.5, 0.1), at(0.5, -0.1)]
    assert send(planner, plan, "cut", line=through).status_code == 201


def test_splitting_along_a_line_keeps_the_fuller_side(planner: TestClient, plan: str) -> None:
    before = state(planner, plan)
    grid = before["owner"][BLOCK]
    answer = send(planner, plan, "split", grid=grid, line=[at(1, -0.1), at(1, 1.1)], name="新格")
    assert answer.status_code == 201, answer.text
    after = state(planner, plan)
    (made,) = set(after["grids"]) - set(before["grids"])
    assert after["grids"][made]["code"] == f"{town.A}003"
    assert after["grids"][made]["name"] == "新格"
    assert after["owner"][BLOCK] == grid
    assert sorted(after["owner"].values()).count(made) == 1
    again = send(planner, plan, "split", grid=grid, line=[at(3, -0.1), at(3, 1.1)])
    assert again.json()["refusals"][0]["reason"] == "line_does_not_divide"
