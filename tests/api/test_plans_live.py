"""Two planners in one draft, each at another process of the service: what they are told, and when.

Over real connections, for a stream of events is never over in a client that waits for the whole.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from geo.flows.sign_in import sign_out
from geo.store.engine import owner_session
from tests import town
from tests.api.test_processes import running, serving
from tests.listening import SOON_S, listening
from tests.people import add_account
from tests.visitors import session_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLANS = "/api/v1/plans"


@pytest.fixture(scope="module")
def services(database_url: str, accounts: dict[str, int]) -> Iterator[tuple[str, str]]:
    assert accounts
    with serving(database_url) as one, serving(database_url) as other:
        yield one, other


@pytest.fixture
def headers_of(database_url: str, accounts: dict[str, int]) -> Callable[[str], dict[str, str]]:
    return lambda name: session_headers(database_url, accounts[name])


class Room(NamedTuple):
    """A draft, and two planners who each reach it at a process of their own."""

    plan: str
    first: httpx2.Client
    second: httpx2.Client
    grids: dict[str, str]


@pytest.fixture
def room(services: tuple[str, str], headers_of: Callable[[str], dict[str, str]]) -> Iterator[Room]:
    with (
        httpx2.Client(base_url=services[0], headers=headers_of("planner"), timeout=60) as first,
        httpx2.Client(base_url=services[1], headers=headers_of("other"), timeout=60) as second,
    ):
        told = {
            "jurisdiction": town.SLUG,
            "name": "方案",
            "from": {"generation": town.SECOND_LABEL},
        }
        plan = f"{PLANS}/{first.post(PLANS, json=told).json()['id']}"
        grids = first.get(f"{plan}/state").json()["grids"]
        yield Room(plan, first, second, {one["code"]: key for key, one in grids.items()})


def paint(client: httpx2.Client, room: Room, was: str, becomes: str) -> int:
    owner = {"A-1-block": [room.grids[was], room.grids[becomes]]}
    told = {"key": str(uuid4()), "verb": "paint", "changes": {"owner": owner}}
    answer = client.post(f"{room.plan}/edits", json=told)
    assert answer.status_code == 201, answer.text
    seq: int = answer.json()["entry"]["seq"]
    return seq


def test_each_sees_what_the_other_does(room: Room) -> None:
    first, second = room.first, room.second
    with (
        listening(str(first.base_url), room.plan, dict(first.headers)) as one,
        listening(str(second.base_url), room.plan, dict(second.headers)) as other,
    ):
        both = [{"planner", "other"}]
        for ear in (one, other):
            ear.wait_for("presence", lambda data: [{p["name"] for p in data["online"]}] == both)
        assert {one["name"] for one in first.get(room.plan).json()["online"]} == both[0]
        paint(second, room, town.A1, town.A2)
        heard = one.wait_for("entry")
        assert (heard.id, heard.data["account"]["name"]) == ("1", "other")
        assert heard.data["changes"]["owner"]["A-1-block"][1] == room.grids[town.A2]
        assert other.wait_for("entry").data == heard.data
        second.post(f"{room.plan}/undo", json={"key": str(uuid4())})
        assert one.wait_for("entry").data["undoes"] == 1
        pinned = {"lon": 114.27, "lat": 26.74, "text": "看这里"}
        first.post(f"{room.plan}/comments", json=pinned)
        assert other.wait_for("comment").data["text"] == "看这里"
        first.post(f"{room.plan}/marks", json={"name": "一"})
        other.wait_for("mark")
    with listening(str(first.base_url), room.plan, dict(first.headers)) as one:
        one.wait_for("presence", lambda data: [p["name"] for p in data["online"]] == ["planner"])


def test_whoever_comes_again_misses_nothing(room: Room) -> None:
    first = room.first
    paint(first, room, town.A1, town.A2)
    paint(first, room, town.A2, town.A1)
    again = dict(first.headers) | {"Last-Event-ID": "1"}
    with listening(str(first.base_url), room.plan, again, "?after=0") as ear:
        assert ear.wait_for("entry").id == "2"
        paint(room.second, room, town.A1, town.A2)
        assert ear.wait_for("entry").id == "3"
    with listening(str(first.base_url), room.plan, dict(first.headers), "?after=0") as ear:
        assert [ear.wait_for("entry").id for _ in range(3)] == ["1", "2", "3"]


def test_a_link_is_told_what_happens_and_not_by_whom_until_it_ends(room: Room) -> None:
    made = room.first.post(f"{room.plan}/shares", json={"days": 1}).json()
    base = str(room.second.base_url)
    with listening(base, room.plan, {}, f"?follow={made['secret']}") as ear:
        assert ear.wait_for("presence").data == {"online": []}
        paint(room.first, room, town.A1, town.A2)
        assert ear.wait_for("entry").data["account"] is None
        assert room.first.delete(f"{room.plan}/shares/{made['key']}").status_code == 204
        ear.wait_for("gone", lambda data: data == {})
        assert ear.is_over()


def test_who_loses_the_role_is_told_no_more(room: Room, database_url: str) -> None:
    with owner_session(database_url) as opened:
        for_a_while = add_account(opened, "guest", "planner", town.SLUG)
    headers = session_headers(database_url, for_a_while)
    with listening(str(room.first.base_url), room.plan, headers) as ear:
        ear.wait_for("presence")
        with owner_session(database_url) as opened:
            opened.execute(
                text("DELETE FROM account_role WHERE account_id = :id"), {"id": for_a_while}
            )
        paint(room.first, room, town.A1, town.A2)
        ear.wait_for("gone", lambda data: data == {})


def test_who_signs_out_is_told_no_more(
    room: Room, headers_of: Callable[[str], dict[str, str]], database_url: str
) -> None:
    headers = headers_of("auditor")
    with listening(str(room.first.base_url), room.plan, headers) as ear:
        ear.wait_for("presence")
        sign_out(headers["Cookie"].partition("=")[2], database_url)
        paint(room.first, room, town.A1, town.A2)
        ear.wait_for("gone", lambda data: data == {})


def test_a_lost_connection_to_the_database_loses_nothing(room: Room, database_url: str) -> None:
    base, headers = str(room.first.base_url), dict(room.first.headers)
    with listening(base, room.plan, headers) as ear:
        ear.wait_for("presence")
        with owner_session(database_url) as opened:
            opened.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'hongge-plans' AND datname = current_database()"
                )
            )
        paint(room.second, room, town.A1, town.A2)
        assert ear.is_over()
    with listening(base, room.plan, headers, "?after=0") as ear:
        assert ear.wait_for("entry").id == "1"
        paint(room.second, room, town.A2, town.A1)
        assert ear.wait_for("entry").id == "2"


def test_open_streams_do_not_keep_the_service_from_ending(
    room: Room, database_url: str, headers_of: Callable[[str], dict[str, str]]
) -> None:
    with (
        running(database_url) as (base, process),
        listening(base, room.plan, headers_of("planner")) as ear,
    ):
        ear.wait_for("presence")
        process.send_signal(signal.SIGTERM)
        assert ear.is_over()
        assert process.wait(SOON_S) in {0, -signal.SIGTERM}
