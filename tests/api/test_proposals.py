"""Proposals over HTTP: whether they can be had, what comes of them, who may ask and take."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from geo.flows.plan_worker import do_next
from geo.settings import settings
from geo.store.engine import owner_session
from tests import planned, town
from tests.people import add_account
from tests.visitors import session_headers, started, visiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from tests.planned import Settled

PLANS = "/api/v1/plans"
LOWER, UPPER = 22, 28
"""Community A has 50 households: two grids have room. B has 49, in a single grid."""

LOW_ROWS = 1.5
"""Grid A1 reaches up to here: 30 households, and 20 for A2."""


@pytest.fixture(scope="module", autouse=True)
def bounds() -> Iterator[None]:
    """Bounds that suit the town; nobody computes but the tests."""
    given = {
        "HONGGE_GRID_HOUSEHOLDS_MIN": str(LOWER),
        "HONGGE_GRID_HOUSEHOLDS_MAX": str(UPPER),
        "HONGGE_PLAN_WORKERS": "0",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="module")
def known(database_url: str) -> Settled:
    return planned.settle(database_url)


@pytest.fixture(scope="module")
def app(known: Settled) -> Iterator[FastAPI]:
    with started(known.url) as running:
        yield running


@pytest.fixture(scope="module")
def as_who(app: FastAPI, known: Settled) -> Callable[[str], TestClient]:
    with owner_session(known.url) as opened:
        elsewhere = add_account(opened, "elsewhere", "planner", "elsewhere")
    accounts = {**known.accounts, "elsewhere": elsewhere}
    return lambda who: visiting(app, session_headers(known.url, accounts[who]))


@pytest.fixture(scope="module")
def planner(as_who: Callable[[str], TestClient]) -> TestClient:
    return as_who("planner")


def uneven(known: Settled) -> str:
    """Return the address of a new draft in which grid A1 has two households too many."""
    a1, a2, b1 = (str(known.grids[code]) for code in (town.A1, town.A2, town.B1))
    state = planned.chessboard(
        lambda column, row: b1 if column > 2 else a1 if row < LOW_ROWS else a2,
        planned.planned(known.grids, town.A1, town.A2, town.B1),
    )
    return f"{PLANS}/{planned.draft(known, state)}"


@pytest.fixture
def plan(known: Settled) -> str:
    return uneven(known)


def ask(client: TestClient, plan: str, **wish: Any) -> Any:
    told = {"kind": "repair", "community": town.A, "seed": 7, **wish}
    return client.post(f"{plan}/proposals", json=told)


def computed(client: TestClient, known: Settled, plan: str, **wish: Any) -> dict[str, Any]:
    answer = ask(client, plan, **wish)
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "waiting"
    assert do_next(known.url, threading.Event())
    job: dict[str, Any] = client.get(answer.headers["location"]).json()
    assert job["state"] == "done", job["error"]
    return job


@pytest.fixture(scope="module")
def repaired(planner: TestClient, known: Settled) -> tuple[str, dict[str, Any]]:
    """A draft and the proposals to repair it, for tests that leave both as they are."""
    plan = uneven(known)
    return plan, computed(planner, known, plan)


def take(client: TestClient, plan: str, job: dict[str, Any], **given: Any) -> Any:
    told = {"key": str(uuid4()), "choice": 0, "into": "here", **given}
    return client.post(f"{plan}/proposals/{job['id']}/take", json=told)


def households(client: TestClient, plan: str) -> dict[str, int]:
    """Count the households of every grid, by code, from cells and figures."""
    state, figures = (client.get(f"{plan}/{name}").json() for name in ("state", "figures"))
    found: dict[str, int] = {}
    for cell, grid in state["owner"].items():
        code = state["grids"][grid]["code"]
        found[code] = found.get(code, 0) + figures["cells"][cell]["households"]
    return found


def test_three_plans_bring_grids_into_bounds(
    planner: TestClient, known: Settled, repaired: tuple[str, dict[str, Any]]
) -> None:
    plan, job = repaired
    assert households(planner, plan) == {town.A1: 30, town.A2: 20, town.B1: 49}
    assert [one["label"] for one in job["choices"]] == ["fewest_moved", "balanced", "compact"]
    fewest = job["choices"][0]["measures"]
    assert (fewest["moved_households"], fewest["moved_bound"], fewest["gap_pct"]) == (2, 2, 0)
    assert fewest["excess"] == 0
    assert fewest["touched"] == 2
    a1, a2 = (str(known.grids[code]) for code in (town.A1, town.A2))
    assert fewest["households"] == {a1: [30, 28], a2: [20, 22]}


def test_each_plan_has_its_scorecard(repaired: tuple[str, dict[str, Any]]) -> None:
    _, job = repaired
    told = {one["key"]: one for one in job["scorecard"]}
    assert told["pieces"]["met"] is True
    for choice in job["choices"]:
        assert [one["key"] for one in choice["scorecard"]] == list(told)


def test_every_move_has_its_sentence(
    planner: TestClient, repaired: tuple[str, dict[str, Any]]
) -> None:
    plan, job = repaired
    address = f"{plan}/proposals/{job['id']}/moves?choice=0"
    chinese = {"Accept-Language": "zh-CN"}
    moves = planner.get(address, headers=chinese).json()["moves"]
    moved = [cell for one in moves for cell in one["cells"]]
    assert sorted(moved) == sorted(job["choices"][0]["owner"])
    assert sum(one["households"] for one in moves) == 2
    assert "二格" in moves[0]["text"]
    assert "30" in planner.get(address).json()["moves"][0]["text"]


def test_the_same_seed_gives_the_same_plans(planner: TestClient, known: Settled, plan: str) -> None:
    one, other = (computed(planner, known, plan, kind="new") for _ in range(2))
    assert [choice["owner"] for choice in one["choices"]] == [
        choice["owner"] for choice in other["choices"]
    ]


def test_new_grids_get_codes_that_were_never_given(
    planner: TestClient, known: Settled, plan: str
) -> None:
    job = computed(planner, known, plan, kind="add", community=town.B)
    for choice in job["choices"]:
        (made,) = (grid for grid in choice["grids"].values() if grid)
        assert made["code"] == f"{town.B}003"
        assert made["name"].endswith("第3网格")
    assert take(planner, plan, job).status_code == 201
    after = households(planner, plan)
    assert after[town.B1] + after[f"{town.B}003"] == 49
    assert LOWER <= after[town.B1] <= UPPER


def test_taking_is_one_step_that_undo_takes_back(
    planner: TestClient, known: Settled, plan: str
) -> None:
    job = computed(planner, known, plan)
    key = str(uuid4())
    first = take(planner, plan, job, key=key)
    assert first.status_code == 201, first.text
    assert first.json()["entry"]["verb"] == "proposal"
    assert take(planner, plan, job, key=key).status_code == 200
    assert households(planner, plan) == {town.A1: 28, town.A2: 22, town.B1: 49}
    assert planner.post(f"{plan}/undo", json={"key": str(uuid4())}).status_code == 201
    assert households(planner, plan) == {town.A1: 30, town.A2: 20, town.B1: 49}


def test_taking_into_a_new_draft_leaves_this_one(
    planner: TestClient, repaired: tuple[str, dict[str, Any]]
) -> None:
    plan, job = repaired
    key = str(uuid4())
    taken = take(planner, plan, job, into="draft", name="建议", key=key)
    assert taken.status_code == 201, taken.text
    branch = f"{PLANS}/{taken.json()['plan']}"
    told = planner.get(branch).json()
    assert (told["name"], told["version"], told["parent"]["id"]) == ("建议", 1, plan[-36:])
    assert households(planner, branch) == {town.A1: 28, town.A2: 22, town.B1: 49}
    assert planner.get(plan).json()["version"] == 0
    assert take(planner, plan, job, into="draft", name="建议", key=key).status_code == 200
    assert take(planner, plan, job, into="draft").status_code == 422


def test_what_somebody_changed_meanwhile_is_a_conflict(
    planner: TestClient, as_who: Callable[[str], TestClient], known: Settled, plan: str
) -> None:
    job = computed(planner, known, plan)
    cell = next(iter(job["choices"][0]["owner"]))
    state = planner.get(f"{plan}/state").json()
    edit = {"owner": {cell: [state["owner"][cell], None]}}
    told = {"key": str(uuid4()), "verb": "erase", "changes": edit}
    assert as_who("reviewer").post(f"{plan}/edits", json=told).status_code == 201
    refused = take(planner, plan, job)
    assert refused.status_code == 409
    assert refused.json()["type"] == "plan-conflict"
    assert refused.json()["conflicts"][0]["by"]["name"] == "reviewer"
    assert planner.get(plan).json()["version"] == 1


def test_locked_blocks_stay(planner: TestClient, known: Settled, plan: str) -> None:
    locked = ["0-2", "1-2", "2-2"]
    lock = {"lock": {cell: [False, True] for cell in locked}}
    told = {"key": str(uuid4()), "verb": "lock", "changes": lock}
    assert planner.post(f"{plan}/edits", json=told).status_code == 201
    job = computed(planner, known, plan, nearest=True)
    for choice in job["choices"]:
        assert not set(locked) & set(choice["owner"])


def test_what_cannot_be_is_refused_with_the_arithmetic(planner: TestClient, plan: str) -> None:
    refused = ask(planner, plan, community=town.B)
    assert refused.status_code == 422
    told = refused.json()
    assert told["type"] == "infeasible"
    (verdict,) = told["communities"]
    assert (verdict["households"], verdict["possible"]) == (49, False)
    assert "49" in verdict["arithmetic"][0]
    assert verdict["advice"]
    asked = planner.get(f"{plan}/feasibility", params={"kind": "repair"}).json()
    assert (asked["possible"], asked["needed"]) == (True, True)
    assert [one["possible"] for one in asked["communities"]] == [True, False]


def test_a_locked_grid_in_the_arithmetic_is_called_by_its_name_and_code(
    planner: TestClient, plan: str
) -> None:
    state = planner.get(f"{plan}/state").json()
    asked = planner.get(f"{plan}/feasibility", params={"kind": "repair"}).json()
    before = [one["possible"] for one in asked["communities"]]
    homes = {key: grid for key, grid in state["grids"].items() if grid["code"].startswith(town.A)}
    told = {"grid_lock": {key: [False, True] for key in homes}}
    edit = {"key": str(uuid4()), "verb": "lock", "changes": told}
    assert planner.post(f"{plan}/edits", json=edit).status_code == 201
    for language, field in (("en", "name_en"), ("zh", "name")):
        params = {"kind": "repair", "lang": language}
        asked = planner.get(f"{plan}/feasibility", params=params).json()
        assert [one["possible"] for one in asked["communities"]] != before
        said = " ".join(line for one in asked["communities"] for line in one["arithmetic"])
        assert any(grid[field] in said and grid["code"] in said for grid in homes.values())
        assert not any(key in said for key in homes)
        called = [f"The grid {one['name_en']} ({one['code']}) is locked" for one in homes.values()]
        assert any(one in said for one in called) == (language == "en")


def test_what_is_in_order_needs_no_repair(planner: TestClient, known: Settled) -> None:
    plan = f"{PLANS}/{planned.draft(known, planned.across(known.grids))}"
    assert ask(planner, plan).status_code == 409
    told = planner.get(f"{plan}/feasibility", params={"kind": "repair", "community": town.A})
    assert told.json()["needed"] is False


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"kind": "split"}, "grid"),
        ({"kind": "count", "k": None}, "k"),
        ({"kind": "add", "community": None}, "community"),
        ({"kind": "other"}, "kind"),
    ],
)
def test_what_is_missing_is_named(
    planner: TestClient, plan: str, wish: dict[str, Any], field: str
) -> None:
    refused = ask(planner, plan, **wish)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field


def test_calling_off(planner: TestClient, known: Settled, plan: str) -> None:
    job = ask(planner, plan).json()
    address = f"{plan}/proposals/{job['id']}"
    assert take(planner, plan, job).status_code == 409
    assert planner.post(f"{address}/cancel").json()["state"] == "cancelled"
    assert planner.post(f"{address}/cancel").status_code == 409
    assert not do_next(known.url, threading.Event())
    listed = planner.get(f"{plan}/proposals").json()["jobs"]
    assert [(one["id"], one["state"]) for one in listed] == [(job["id"], "cancelled")]
    assert listed[0]["created_by"]["name"] == "planner"


def test_a_draft_has_so_many_under_way_and_no_more(planner: TestClient, plan: str) -> None:
    answers = [ask(planner, plan) for _ in range(5)]
    assert [one.status_code for one in answers] == [202] * 4 + [409]
    for one in answers[:4]:
        planner.post(f"{plan}/proposals/{one.json()['id']}/cancel")


def test_what_is_under_review_is_not_searched(
    planner: TestClient, as_who: Callable[[str], TestClient], known: Settled, plan: str
) -> None:
    job = computed(planner, known, plan)
    step = {"action": "submit", "version": 0}
    assert planner.post(f"{plan}/steps", json=step).status_code == 200
    for who in ("planner", "reviewer"):
        refused = ask(as_who(who), plan)
        assert refused.status_code == 409
        assert (refused.json()["type"], refused.json()["state"]) == ("plan-state", "submitted")
    assert take(planner, plan, job).json()["type"] == "plan-state"
    assert take(planner, plan, job, into="draft", name="另一稿").status_code == 201
    assert "approve" in as_who("reviewer").get(plan).json()["may"]


def test_others_see_and_do_what_they_may(
    planner: TestClient,
    as_who: Callable[[str], TestClient],
    repaired: tuple[str, dict[str, Any]],
) -> None:
    plan, job = repaired
    address = f"{plan}/proposals/{job['id']}"
    auditor, elsewhere = as_who("auditor"), as_who("elsewhere")
    assert auditor.get(address).json()["state"] == "done"
    assert ask(auditor, plan).status_code == 403
    assert take(auditor, plan, job).status_code == 403
    for path in (address, f"{address}/moves", f"{plan}/proposals", f"{plan}/feasibility?kind=new"):
        assert elsewhere.get(path).status_code == 404, path
    assert ask(elsewhere, plan).status_code == 404
    assert elsewhere.post(f"{address}/cancel").status_code == 404
    assert take(elsewhere, plan, job).status_code == 404
    assert as_who("grid_worker").get(address).status_code == 403
    missing = f"{plan}/proposals/{UUID(int=1)}"
    assert planner.get(missing).status_code == 404
