"""Lists of issues by queue and filter, how many wait, and acting on many at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from geo.core.lifecycle import OPEN
from geo.core.queues import QUEUES
from geo.store.engine import owner_session
from tests import town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.testclient import TestClient

    Clients = Callable[..., TestClient]

ISSUES = "/api/v1/issues"
COUNTS = f"{ISSUES}/counts"
ACTIONS = f"{ISSUES}/actions"


@pytest.fixture(scope="module")
def desk(client_of: Clients) -> TestClient:
    return client_of("street_dispatcher")


@pytest.fixture
def reported(client_of: Clients, database_url: str) -> Iterator[Callable[..., dict[str, Any]]]:
    """Return what reports an issue; all are gone when the test ends."""
    worker = client_of("grid_worker")

    def report(column: float = 0.5, row: float = 0.5, **body: object) -> dict[str, Any]:
        lon, lat = town.spot(column, row)
        told = {"text": "路灯不亮", "duty": town.DUTY, "location": {"lon": lon, "lat": lat}} | body
        answer = worker.post(ISSUES, json={name: one for name, one in told.items() if one})
        assert answer.status_code == 201, answer.text
        issue: dict[str, Any] = answer.json()
        return issue

    yield report
    with owner_session(database_url) as opened:
        opened.execute(text("DELETE FROM issue"))


def change(url: str, statement: str, **values: object) -> None:
    with owner_session(url) as opened:
        opened.execute(text(statement), values)


def listed(client: TestClient, **asked: object) -> list[str]:
    """Return the keys of all pages."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        again = {"cursor": cursor} if cursor else {}
        answer = client.get(ISSUES, params=asked | again)
        assert answer.status_code == 200, answer.text
        found += [one["id"] for one in answer.json()["issues"]]
        cursor = answer.json()["next"]
        if cursor is None:
            return found


def test_every_open_state_waits_in_a_queue() -> None:
    steps = [one for one in QUEUES.values() if one.name not in {"overdue", "escalated", "open"}]
    waiting = {state for one in steps for state in one.states}
    assert waiting >= set(OPEN)


def test_queues_hold_what_waits_for_their_step(
    desk: TestClient, reported: Callable[..., dict[str, Any]], database_url: str
) -> None:
    outside = reported(-3, -3, jurisdiction=town.SLUG)["id"]
    no_duty = reported(duty=None)["id"]
    doubtful = reported(0.99, 0.99)["id"]
    change(database_url, "UPDATE issue SET state = 'sorted' WHERE id = :id", id=no_duty)
    plain = reported()["id"]
    with owner_session(database_url) as opened:
        opened.execute(text("ALTER TABLE issue DISABLE TRIGGER issue_updated"))
        opened.execute(text("UPDATE issue SET confident = false WHERE id = :id"), {"id": doubtful})
        opened.execute(text("ALTER TABLE issue ENABLE TRIGGER issue_updated"))
    assert set(listed(desk, queue="triage")) == {outside, doubtful}
    assert set(listed(desk, queue="sort")) == {doubtful, plain}
    assert listed(desk, queue="dispatch") == [no_duty]
    assert set(listed(desk, queue="open")) == {outside, no_duty, doubtful, plain}
    assert listed(desk, queue="ended") == []
    counts = desk.get(COUNTS).json()["counts"]
    assert list(counts) == list(QUEUES)
    for name, count in counts.items():
        assert len(listed(desk, queue=name)) == count
    assert desk.get(COUNTS, params={"jurisdiction": "elsewhere"}).json()["counts"]["open"] == 0


def test_what_is_due_comes_first_page_by_page(
    desk: TestClient, reported: Callable[..., dict[str, Any]], database_url: str
) -> None:
    keys = [reported()["id"] for _ in range(7)]
    now = datetime.now(UTC)
    starts = now - timedelta(days=9)
    clocks = "UPDATE issue_deadline SET started_at = :starts, due_at = :due, paused_at = :paused"
    clocks += " WHERE issue_id = :id AND stage = 'dispatch'"
    due = {keys[3]: -2, keys[1]: 5, keys[5]: 5, keys[0]: 9}
    for key, hours in due.items():
        at = now + timedelta(hours=hours)
        change(database_url, clocks, id=key, starts=starts, due=at, paused=None)
    paused = now - timedelta(days=1)
    change(database_url, clocks, id=keys[2], starts=starts, due=now - timedelta(1), paused=paused)
    for key in (keys[4], keys[6]):
        change(database_url, "DELETE FROM issue_deadline WHERE issue_id = :id", id=key)
    in_order = [keys[3], keys[5], keys[1], keys[0], keys[6], keys[4], keys[2]]
    for limit in (1, 2, 3, 50):
        assert listed(desk, order="due", limit=limit) == in_order
        assert listed(desk, order="latest", limit=limit) == keys[::-1]
    assert listed(desk, queue="overdue") == [keys[3]]
    soon = (now + timedelta(hours=6)).isoformat()
    assert listed(desk, order="due", due_before=soon) == [keys[3], keys[5], keys[1]]
    first = desk.get(ISSUES, params={"order": "due", "limit": 1}).json()["issues"][0]
    assert (first["due"]["stage"], first["due"]["overdue"]) == ("dispatch", True)


def test_filters(desk: TestClient, reported: Callable[..., dict[str, Any]]) -> None:
    below, above = reported(0.5, 0.5, text="100%_真的"), reported(0.5, 1.5)
    home = reported(location=None, unit={"building": town.BUILDING, "unit": 1})
    house = reported(0.3, 0.3)
    assert listed(desk, grid=town.A2) == [above["id"]]
    assert len(listed(desk, community=town.A)) == 4
    assert listed(desk, community=town.B) == []
    assert len(listed(desk, department=town.DEPARTMENT)) == 4
    assert listed(desk, department="none") == []
    assert listed(desk, building=town.BUILDING) == [house["id"], home["id"]]
    assert listed(desk, q=below["number"]) == [below["id"]]
    assert listed(desk, q="0%_") == [below["id"]]
    assert listed(desk, q="路灯", duty=town.DUTY, state="collected") == [
        house["id"],
        home["id"],
        above["id"],
    ]


def test_words_that_are_withheld_are_not_searched(
    desk: TestClient, client_of: Clients, reported: Callable[..., dict[str, Any]]
) -> None:
    private = reported(duty=town.PRIVATE_DUTY, text="秘密")["id"]
    assert listed(desk, q="秘密") == [private]
    administrator = client_of("administrator")
    assert listed(administrator, q="秘密") == []
    [row] = administrator.get(ISSUES).json()["issues"]
    assert (row["id"], row["withheld"], row["text"]) == (private, True, None)
    assert desk.get(ISSUES).json()["issues"][0]["text"] == "秘密"


def test_a_list_is_of_ones_own_territory(
    client_of: Clients, reported: Callable[..., dict[str, Any]]
) -> None:
    mine, theirs = reported(0.5, 0.5)["id"], reported(3.2, 1.8)["id"]
    staff = client_of("community_staff")
    assert listed(staff) == [mine]
    assert staff.get(COUNTS).json()["counts"]["open"] == 1
    assert set(listed(client_of("street_dispatcher"))) == {mine, theirs}
    assert listed(client_of("department_handler"), order="due") == listed(
        client_of("auditor"), order="due"
    )


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"queue": "nobody"}, "queue"),
        ({"state": "lost"}, "state"),
        ({"order": "odd"}, "order"),
        ({"cursor": "bm90IGEgY3Vyc29y"}, "cursor"),
        ({"cursor": "LSAyMDI2LTAxLTAxIDAwMDA="}, "cursor"),
        ({"due_before": "tomorrow"}, "due_before"),
        ({"q": "\0"}, "q"),
    ],
)
def test_odd_wishes_are_named(desk: TestClient, asked: dict[str, str], field: str) -> None:
    answer = desk.get(ISSUES, params=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_many_are_acted_on_each_by_itself(
    desk: TestClient, reported: Callable[..., dict[str, Any]]
) -> None:
    fresh, gone, changed, last = reported()["id"], str(uuid4()), reported()["id"], reported()["id"]
    other = reported(-3, -3, jurisdiction=town.SLUG)["id"]
    items = [{"id": key, "version": 1} for key in (fresh, gone, changed, other, last)]
    items[2]["version"] = 7
    told = desk.post(ACTIONS, json={"items": items, "action": "sort"})
    assert told.status_code == 200, told.text
    results = told.json()["results"]
    assert [one["id"] for one in results] == [one["id"] for one in items]
    assert [one["ok"] for one in results] == [True, False, False, False, True]
    assert (results[0]["state"], results[0]["version"]) == ("sorted", 2)
    assert [one["problem"]["status"] for one in results if not one["ok"]] == [404, 409, 409]
    assert results[2]["problem"]["version"] == 1
    assert results[2]["problem"]["allowed"][0] == "sort"
    assert set(listed(desk, queue="dispatch")) == {fresh, last}


def test_a_missing_field_is_said_of_each(
    desk: TestClient, reported: Callable[..., dict[str, Any]]
) -> None:
    told = {"items": [{"id": reported()["id"]}], "action": "cancel", "reason": "  "}
    [result] = desk.post(ACTIONS, json=told).json()["results"]
    assert result["problem"]["errors"][0]["field"] == "reason"
    assert result["state"] is None


def test_the_same_key_again_does_nothing(
    desk: TestClient, reported: Callable[..., dict[str, Any]]
) -> None:
    keys = [reported()["id"] for _ in range(2)]
    told = {"items": [{"id": key} for key in keys], "action": "remark", "note": "记下"}
    again = {"Idempotency-Key": str(uuid4())}
    first = desk.post(ACTIONS, json=told, headers=again).json()
    assert [one["version"] for one in first["results"]] == [2, 2]
    assert desk.post(ACTIONS, json=told, headers=again).json() == first
    other = desk.post(ACTIONS, json=told | {"note": "另记"}, headers=again).json()
    assert [one["problem"]["status"] for one in other["results"]] == [422, 422]


def test_who_may_not_act_acts_on_none(
    client_of: Clients, reported: Callable[..., dict[str, Any]]
) -> None:
    issue = {"id": reported()["id"]}
    worker = client_of("grid_worker")
    assert worker.post(ACTIONS, json={"items": [issue], "action": "close"}).status_code == 403
    twice = {"items": [issue, issue], "action": "sort"}
    assert worker.post(ACTIONS, json=twice).json()["errors"][0]["field"] == "items.1.id"
    assert worker.post(ACTIONS, json={"items": [], "action": "sort"}).status_code == 422
    crowd = {"items": [{"id": str(uuid4())} for _ in range(201)], "action": "sort"}
    assert worker.post(ACTIONS, json=crowd).status_code == 422
    del worker.headers["X-CSRF-Token"]
    told = {"items": [issue], "action": "sort"}
    assert worker.post(ACTIONS, json=told).status_code == 403
