"""Drafts of plans through HTTP: branching, editing side by side, taking back, links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from geo.store.engine import owner_session, session
from tests import town
from tests.people import add_account, asker_of
from tests.visitors import session_headers, visiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from starlette.testclient import TestClient

PLANS = "/api/v1/plans"


@pytest.fixture(scope="module")
def other(client_of: Callable[[str], TestClient]) -> TestClient:
    return client_of("other")


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


def key() -> dict[str, str]:
    return {"key": str(uuid4())}


class Drawn:
    """A draft as one of its editors has read it: grids by code, a block of each community."""

    def __init__(self, client: TestClient, plan: str) -> None:
        state = client.get(f"{plan}/state").json()
        self.owner = state["owner"]
        self.grid = {grid["code"]: key for key, grid in state["grids"].items()}
        self.left, self.right = "A-1-block", "B-1-block"

    def paint(self, cell: str, code: str | None) -> dict[str, Any]:
        """Return the change that gives a block to another grid."""
        becomes = self.grid[code] if code else None
        return {cell: [self.owner.get(cell), becomes]}


def test_a_draft_begins_with_its_generation(planner: TestClient, plan: str) -> None:
    state = planner.get(f"{plan}/state").json()
    codes = {grid["code"] for grid in state["grids"].values()}
    assert state["version"] == 0
    assert codes == {town.A1, town.A2, town.B1, town.D}
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


def test_edits_of_different_blocks_merge(planner: TestClient, other: TestClient, plan: str) -> None:
    drawn = Drawn(planner, plan)
    first = edit(planner, plan, owner=drawn.paint(drawn.left, town.A2))
    second = edit(other, plan, owner=drawn.paint(drawn.right, town.D))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["entry"]["account"]["name"] == "other"
    state = planner.get(f"{plan}/state").json()
    assert state["version"] == 2
    assert state["owner"][drawn.left] == drawn.grid[town.A2]
    assert state["owner"][drawn.right] == drawn.grid[town.D]
    assert planner.get(f"{plan}/state?version=1").json()["owner"] == {
        **drawn.owner,
        drawn.left: drawn.grid[town.A2],
    }
    assert [one["name"] for one in planner.get(plan).json()["authors"]] == ["planner", "other"]


def test_edits_of_the_same_block_say_who_and_offer_both(
    planner: TestClient, other: TestClient, plan: str
) -> None:
    drawn = Drawn(planner, plan)
    assert edit(planner, plan, owner=drawn.paint(drawn.left, town.A2)).status_code == 201
    answer = edit(other, plan, owner=drawn.paint(drawn.left, None))
    assert answer.status_code == 409
    problem = answer.json()
    (conflict,) = problem["conflicts"]
    assert problem["type"] == "plan-conflict"
    assert problem["detail"] == "planner has changed this in the meantime."
    assert (conflict["subject"], conflict["key"]) == ("owner", drawn.left)
    assert conflict["found"] == drawn.grid[town.A2]
    assert conflict["wanted"] is None
    assert (conflict["by"]["name"], conflict["seq"]) == ("planner", 1)
    mine = {drawn.left: [conflict["found"], conflict["wanted"]]}
    assert edit(other, plan, owner=mine).status_code == 201


def test_an_edit_that_is_sent_twice_is_one(planner: TestClient, plan: str) -> None:
    drawn = Drawn(planner, plan)
    told = {
        **key(),
        "verb": "paint",
        "changes": {"owner": drawn.paint(drawn.left, town.A2)},
    }
    first, again = (planner.post(f"{plan}/edits", json=told) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert planner.get(plan).json()["version"] == 1
    told["changes"] = {"owner": {drawn.left: [drawn.grid[town.A2], None]}}
    assert planner.post(f"{plan}/edits", json=told).status_code == 422


def test_locks_hold_and_say_whose_they_are(
    planner: TestClient, other: TestClient, plan: str
) -> None:
    drawn = Drawn(planner, plan)
    locked = edit(
        planner,
        plan,
        lock={drawn.left: [False, True]},
        grid_lock={drawn.grid[town.D]: [False, True]},
    )
    assert locked.status_code == 201
    answer = edit(
        other,
        plan,
        owner=drawn.paint(drawn.left, town.A2) | drawn.paint(drawn.right, town.D),
    )
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "plan-refused")
    told = {one["reason"]: one for one in problem["refusals"]}
    assert told.keys() == {"cell_locked", "grid_locked"}
    assert told["cell_locked"]["text"] == "Block A-1-block is locked."
    assert told["grid_locked"]["text"] == f"Grid {town.D} ({town.D}) is locked."
    assert {one["by"]["name"] for one in told.values()} == {"planner"}
    assert planner.get(plan).json()["version"] == 1


def test_blocks_stay_in_their_community(planner: TestClient, plan: str) -> None:
    drawn = Drawn(planner, plan)
    problem = edit(planner, plan, owner=drawn.paint(drawn.left, town.B1)).json()
    assert [one["reason"] for one in problem["refusals"]] == ["other_community"]


def grid(code: str, name: str = "新格") -> dict[str, str]:
    return {"code": code, "name": name}


def test_a_code_is_given_once_and_never_again(planner: TestClient, plan: str) -> None:
    asked = planner.get(f"{plan}/next-code", params={"community": town.A})
    free = asked.json()["code"]
    assert free == f"{town.A}003"
    assert planner.get(f"{plan}/next-code", params={"community": "1"}).status_code == 404
    for code, reason in (
        (town.A1, "code_taken"),
        (f"{town.A[:-1]}9001", "no_such_community"),
    ):
        refused = edit(planner, plan, grid={str(uuid4()): [None, grid(code)]}).json()
        assert [one["reason"] for one in refused["refusals"]] == [reason]
        assert code in refused["detail"]
    assert edit(planner, plan, grid={str(uuid4()): [None, grid(free, " ")]}).status_code == 422
    assert edit(planner, plan, grid={str(uuid4()): [None, grid(free)]}).status_code == 201
    following = planner.get(f"{plan}/next-code", params={"community": town.A}).json()["code"]
    assert following == f"{town.A}004"


def test_a_retired_code_stays_retired(planner: TestClient) -> None:
    old = branch(planner, generation=town.FIRST_LABEL)
    answer = edit(planner, old, grid={str(uuid4()): [None, grid(town.D)]})
    assert [one["reason"] for one in answer.json()["refusals"]] == ["code_retired"]
    free = planner.get(f"{old}/next-code", params={"community": town.B}).json()["code"]
    assert free == f"{town.B}003"


def test_undo_and_redo_go_all_the_way(planner: TestClient, plan: str) -> None:
    drawn = Drawn(planner, plan)
    start = planner.get(f"{plan}/state").json()
    edit(planner, plan, owner=drawn.paint(drawn.left, town.A2))
    edit(planner, plan, owner=drawn.paint(drawn.right, town.D))
    end = planner.get(f"{plan}/state").json()
    undone = [planner.post(f"{plan}/undo", json=key()) for _ in range(3)]
    assert [one.status_code for one in undone] == [201, 201, 409]
    assert undone[2].json()["refusals"][0]["reason"] == "nothing_to_undo"
    assert planner.get(f"{plan}/state").json()["owner"] == start["owner"]
    redone = [planner.post(f"{plan}/redo", json=key()) for _ in range(3)]
    assert [one.status_code for one in redone] == [201, 201, 409]
    assert planner.get(f"{plan}/state").json()["owner"] == end["owner"]
    log = planner.get(f"{plan}/log").json()
    assert [one["undoes"] for one in log["entries"]] == [None, None, 2, 1, 4, 3]
    assert [one["undone_by"] for one in log["entries"]] == [None, None, 6, 5, None, None]
    assert [one["seq"] for one in planner.get(f"{plan}/log?after=4&limit=1").json()["entries"]] == [
        5
    ]


def test_everybody_takes_back_their_own(planner: TestClient, other: TestClient, plan: str) -> None:
    drawn = Drawn(planner, plan)
    edit(planner, plan, owner=drawn.paint(drawn.left, town.A2))
    edit(other, plan, owner=drawn.paint(drawn.right, town.D))
    assert planner.post(f"{plan}/undo", json=key()).json()["entry"]["undoes"] == 1
    assert planner.get(f"{plan}/state").json()["owner"] == {
        **drawn.owner,
        drawn.right: drawn.grid[town.D],
    }
    assert planner.post(f"{plan}/undo", json=key() | {"seq": 2}).status_code == 201
    assert other.post(f"{plan}/undo", json=key()).status_code == 409


def test_what_others_have_built_upon_is_not_taken_back(
    planner: TestClient, other: TestClient, plan: str
) -> None:
    drawn = Drawn(planner, plan)
    edit(planner, plan, owner=drawn.paint(drawn.left, town.A2))
    edit(other, plan, owner={drawn.left: [drawn.grid[town.A2], None]})
    answer = planner.post(f"{plan}/undo", json=key())
    assert answer.status_code == 409
    assert answer.json()["conflicts"][0]["by"]["name"] == "other"


def test_a_version_is_restored(planner: TestClient, plan: str) -> None:
    drawn = Drawn(planner, plan)
    edit(planner, plan, owner=drawn.paint(drawn.left, town.A2))
    edit(planner, plan, owner=drawn.paint(drawn.right, town.D))
    wanted = key() | {"version": 1}
    first, again = (planner.post(f"{plan}/restore", json=wanted) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["entry"]["verb"], first.json()["entry"]["seq"]) == ("restore", 3)
    state = planner.get(f"{plan}/state").json()
    assert state["owner"] == planner.get(f"{plan}/state?version=1").json()["owner"]
    assert planner.post(f"{plan}/restore", json=key() | {"version": 99}).status_code == 422
    assert planner.get(f"{plan}/state?version=99").status_code == 422


def test_a_draft_branches_from_a_draft(planner: TestClient, plan: str) -> None:
    drawn = Drawn(planner, plan)
    edit(planner, plan, owner=drawn.paint(drawn.left, town.A2))
    edit(planner, plan, lock={drawn.left: [False, True]})
    edit(planner, plan, owner=drawn.paint(drawn.right, town.D))
    child = branch(planner, draft=plan.rpartition("/")[2], version=2)
    told = planner.get(child).json()
    state = planner.get(f"{child}/state").json()
    assert told["parent"] == {"id": plan.rpartition("/")[2], "version": 2}
    assert told["base"]["label"] == town.SECOND_LABEL
    assert state["owner"] == planner.get(f"{plan}/state?version=2").json()["owner"]
    assert state["base"]["owner"] == state["owner"]
    assert state["lock"] == {drawn.left: True}
    edit(planner, child, owner=drawn.paint(drawn.right, town.D))
    assert planner.get(plan).json()["version"] == 3


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ({}, 422),
        ({"generation": town.SECOND_LABEL, "draft": str(uuid4())}, 422),
        ({"generation": town.SECOND_LABEL, "version": 1}, 422),
        ({"generation": "no such"}, 404),
        ({"draft": str(uuid4())}, 404),
    ],
)
def test_a_draft_begins_with_one_thing_that_is_there(
    planner: TestClient, source: dict[str, Any], status: int
) -> None:
    told = {"jurisdiction": town.SLUG, "name": "x", "from": source}
    assert planner.post(PLANS, json=told).status_code == status


def test_outlines_are_not_changed_by_an_edit(planner: TestClient, plan: str) -> None:
    answer = edit(planner, plan, shape={"A-1-block": [None, None]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "changes.shape"


def test_unreadable_links_to_nothing_open_nothing(app: FastAPI, plan: str) -> None:
    for secret in ("", "x", "x" * 201, "\x00"):
        answer = visiting(app).get(f"{plan}/state", params={"follow": secret})
        assert answer.status_code in {401, 404}


def test_a_draft_in_review_is_not_edited(
    planner: TestClient, plan: str, database_url: str, accounts: dict[str, int]
) -> None:
    drawn = Drawn(planner, plan)
    assert "edit" in planner.get(plan).json()["may"]
    with session(database_url, asker_of(accounts["planner"])) as opened:
        opened.execute(
            text("SELECT take_plan_step(:id, 'submit', 0)"), {"id": plan.rpartition("/")[2]}
        )
    answer = edit(planner, plan, owner=drawn.paint(drawn.left, town.A2))
    assert (answer.status_code, answer.json()["type"]) == (409, "plan-state")
    assert answer.json()["state"] == "submitted"
    assert planner.get(plan).json()["may"] == ["comment", "share", "recall"]
    renamed = planner.patch(plan, json={"name": "别的方案"})
    assert (renamed.status_code, renamed.json()["type"]) == (409, "plan-state")
    assert planner.get(plan).json()["name"] != "别的方案"


def test_a_draft_is_called_something_else(planner: TestClient, plan: str) -> None:
    told = planner.patch(plan, json={"name": "方案二", "note": "东片"}).json()
    assert (told["name"], told["note"]) == ("方案二", "东片")
    assert planner.patch(plan, json={"name": " "}).status_code == 422
    listed = planner.get(PLANS, params={"jurisdiction": town.SLUG}).json()["plans"]
    assert plan.endswith(listed[0]["id"])
    assert planner.get(PLANS, params={"jurisdiction": "elsewhere"}).json() == {"plans": []}


@pytest.mark.parametrize(
    ("role", "reads"), [("auditor", 200), ("administrator", 200), ("grid_worker", 403)]
)
def test_others_read_or_are_sent_away(
    client_of: Callable[[str], TestClient], plan: str, role: str, reads: int
) -> None:
    client = client_of(role)
    assert client.get(f"{plan}/state").status_code == reads
    assert client.get(f"{plan}/shares").status_code == 403
    assert edit(client, plan, owner={"x": [None, None]}).status_code == 403
    if reads == 200:
        assert client.get(plan).json()["may"] == []


def test_planners_of_another_town_find_nothing(app: FastAPI, database_url: str, plan: str) -> None:
    with owner_session(database_url) as opened:
        stranger = add_account(opened, "stranger", "planner", "elsewhere")
    client = visiting(app, session_headers(database_url, stranger))
    assert client.get(PLANS).json() == {"plans": []}
    for address in (plan, f"{plan}/state", f"{plan}/log", f"{plan}/comments", f"{plan}/events"):
        assert client.get(address).status_code == 404
    assert client.post(f"{plan}/undo", json=key()).status_code == 404
    told = {"jurisdiction": town.SLUG, "name": "x", "from": {"generation": town.SECOND_LABEL}}
    assert client.post(PLANS, json=told).status_code == 403


def test_marks_name_versions(planner: TestClient, plan: str) -> None:
    drawn = Drawn(planner, plan)
    edit(planner, plan, owner=drawn.paint(drawn.left, town.A2))
    made = planner.post(f"{plan}/marks", json={"name": "送审前"})
    begin = planner.post(f"{plan}/marks", json={"name": "起点", "version": 0})
    assert (made.status_code, made.json()["version"], begin.json()["version"]) == (201, 1, 0)
    assert planner.post(f"{plan}/marks", json={"name": "起点"}).status_code == 422
    assert planner.post(f"{plan}/marks", json={"name": "以后", "version": 9}).status_code == 422
    address = f"{plan}/marks/{begin.json()['id']}"
    assert [planner.delete(address).status_code for _ in range(2)] == [204, 404]
    (left,) = planner.get(f"{plan}/marks").json()["marks"]
    assert (left["name"], left["by"]["name"]) == ("送审前", "planner")


def test_comments_are_pinned_answered_and_closed(
    planner: TestClient, other: TestClient, plan: str
) -> None:
    lon, lat = town.spot(0.5, 0.5)
    pinned = planner.post(f"{plan}/comments", json={"lon": lon, "lat": lat, "text": "这里?"})
    assert pinned.status_code == 201
    root = pinned.json()
    reply = other.post(f"{plan}/comments", json={"answers": root["id"], "text": "好"}).json()
    second = planner.post(f"{plan}/comments", json={"answers": reply["id"], "text": "谢"}).json()
    assert (reply["answers"], second["answers"]) == (root["id"], root["id"])
    closed = other.patch(f"{plan}/comments/{root['id']}", json={"resolved": True}).json()
    assert (closed["resolved"], closed["resolved_by"]["name"]) == (True, "other")
    again = other.patch(f"{plan}/comments/{root['id']}", json={"resolved": False}).json()
    assert (again["resolved"], again["resolved_by"]) == (False, None)
    listed = planner.get(f"{plan}/comments").json()["comments"]
    assert [one["text"] for one in listed] == ["这里?", "好", "谢"]
    assert (listed[0]["lon"], listed[0]["lat"]) == (lon, lat)


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": " ", "lon": 1, "lat": 1},
        {"text": "x"},
        {"text": "x", "lon": 1},
        {"text": "x", "lon": 1, "lat": 91},
        {"text": "x", "lon": 1, "lat": 1, "answers": str(uuid4())},
    ],
)
def test_a_comment_has_one_place(planner: TestClient, plan: str, wrong: dict[str, Any]) -> None:
    assert planner.post(f"{plan}/comments", json=wrong).status_code == 422


def test_a_link_lets_anybody_read_one_draft_until_it_ends(
    app: FastAPI, planner: TestClient, plan: str, client_of: Callable[[str], TestClient]
) -> None:
    edit(planner, plan, owner=Drawn(planner, plan).paint("A-1-block", town.A2))
    planner.post(f"{plan}/comments", json={"lon": 1, "lat": 1, "text": "x"})
    made = planner.post(f"{plan}/shares", json={"days": 7}).json()
    anybody = visiting(app)
    follow = {"follow": made["secret"]}
    assert made["url"].endswith(f"/plan/shared/{made['secret']}")
    assert anybody.get(f"{plan}/state").status_code == 401
    assert anybody.get(f"{plan}/state", params=follow).json()["version"] == 1
    assert anybody.get(plan, params=follow).json()["may"] == []
    figures = anybody.get(f"{plan}/figures", params=follow).json()
    assert sum(one["households"] for one in figures["cells"].values()) == 3
    assert figures["buildings"] == []
    named = "planner"
    for part in ("", "/log", "/comments", "/marks"):
        answer = anybody.get(f"{plan}{part}", params=follow)
        assert answer.status_code == 200
        assert named not in answer.text
    another = branch(planner)
    assert anybody.get(f"{another}/state", params=follow).status_code == 404
    assert anybody.post(f"{plan}/undo", params=follow, json=key()).status_code == 401
    worker = client_of("grid_worker").get(f"{plan}/log", params=follow)
    assert worker.status_code == 200
    assert named not in worker.text
    assert client_of("grid_worker").get(f"{plan}/log", params={"follow": "x"}).status_code == 404
    (listed,) = planner.get(f"{plan}/shares").json()["shares"]
    assert listed["holds"]
    assert made["secret"] not in str(listed)
    ended = planner.delete(f"{plan}/shares/{listed['key']}")
    assert ended.status_code == 204
    assert anybody.get(f"{plan}/state", params=follow).status_code == 404
    assert not planner.get(f"{plan}/shares").json()["shares"][0]["holds"]


def test_a_link_expires(app: FastAPI, planner: TestClient, plan: str, database_url: str) -> None:
    made = planner.post(f"{plan}/shares", json={"days": 1}).json()
    with owner_session(database_url) as opened:
        opened.execute(
            text("UPDATE plan_share SET expires_at = now() WHERE draft_id = :id"),
            {"id": plan.rpartition("/")[2]},
        )
    follow = {"follow": made["secret"]}
    assert visiting(app).get(f"{plan}/state", params=follow).status_code == 404
    assert planner.post(f"{plan}/shares", json={"days": 0}).status_code == 422
