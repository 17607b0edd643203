"""The stream of events of issues: what a listener is told, from the first moment to the last."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import text

from api import issue_stream
from api.issue_stream import Listener, told
from api.permissions import ENDPOINTS
from api.streams import Proof
from geo.flows import issue_events
from geo.flows.issue_events import IssueEvents
from geo.flows.sign_in import sign_out, visitor_of_session
from geo.store.engine import owner_session
from tests import town
from tests.api.test_processes import running
from tests.listening import SOON_S, listening
from tests.loops import in_a_loop
from tests.people import add_account
from tests.visitors import session_headers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from fastapi.sse import ServerSentEvent
    from starlette.testclient import TestClient

ISSUES = "/api/v1/issues"
NEVER = "http.request"


@pytest.fixture(scope="module")
def report(client_of: Callable[..., TestClient]) -> Callable[..., str]:
    """Return what reports an issue."""
    worker = client_of("grid_worker")

    def reported(column: float = 0.5, row: float = 0.5) -> str:
        lon, lat = town.spot(column, row)
        told = {"text": "路灯不亮", "duty": town.DUTY, "location": {"lon": lon, "lat": lat}}
        issue: dict[str, Any] = worker.post(ISSUES, json=told).json()
        key: str = issue["id"]
        return key

    return reported


@pytest.fixture(scope="module")
def listener_named(database_url: str, accounts: dict[str, int]) -> Callable[[str], Listener]:
    """Return what signs somebody in who listens."""

    def listener(name: str) -> Listener:
        headers = session_headers(database_url, accounts[name])
        token = headers["Cookie"].partition("=")[2]
        visitor = visitor_of_session(token, database_url)
        assert visitor is not None
        rule = ENDPOINTS["GET", f"{ISSUES}/events"]
        return Listener(visitor, Proof(token, None, database_url), rule)

    return listener


class Heard:
    """A stream that is read step by step."""

    def __init__(self, events: IssueEvents, stream: AsyncIterator[ServerSentEvent]) -> None:
        self.events = events
        self.stream = stream

    async def next(self) -> ServerSentEvent:
        """Return the next event, while what happens is read."""
        coming = asyncio.ensure_future(anext(self.stream))
        while not (await asyncio.wait([coming], timeout=0.02))[0]:
            await asyncio.to_thread(self.events.turn)
        return coming.result()

    async def wait_for(self, name: str) -> ServerSentEvent:
        """Return the next event of a name; signs of life are passed over, and nothing else."""
        found = await self.next()
        while found.event is None:
            found = await self.next()
        assert found.event == name
        return found

    async def is_over(self) -> bool:
        """Tell whether nothing more comes."""
        return [one async for one in self.stream] == []


@asynccontextmanager
async def hearing(url: str, listener: Listener, after: int | None = None) -> AsyncIterator[Heard]:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    events = IssueEvents(url)
    stream = told(events, listener, after, receive)  # type: ignore[arg-type]
    try:
        yield Heard(events, stream)
    finally:
        await stream.aclose()  # type: ignore[attr-defined]


def test_a_listener_is_told_and_comes_again_without_a_loss(
    database_url: str,
    report: Callable[..., str],
    listener_named: Callable[[str], Listener],
    client_of: Callable[..., TestClient],
) -> None:
    listener, desk = listener_named("community_staff"), client_of("street_dispatcher")

    async def work() -> None:
        async with hearing(database_url, listener) as ear:
            ready = await ear.next()
            assert (ready.event, ready.data) == ("ready", {})
            key = await asyncio.to_thread(report)
            await asyncio.to_thread(report, 3.2, 1.8)
            first = await ear.next()
            assert (first.event, first.data["id"], first.data["version"]) == ("issue", key, 1)
            assert first.data["action"] == "collect"
            assert int(first.id or 0) > int(ready.id or 0)
        away = {"action": "transfer_grid", "grid": town.B1, "reason": "在那边"}
        desk.post(f"{ISSUES}/{key}/actions", json={"action": "sort"})
        desk.post(f"{ISSUES}/{key}/actions", json=away)
        async with hearing(database_url, listener, int(first.id or 0)) as ear:
            told = [await ear.next() for _ in range(2)]
            assert [one.data for one in told] == [{"id": key, "gone": True}] * 2
            assert (told[0].id, told[1].event) == (None, "issue")
            other = await asyncio.to_thread(report)
            last = await ear.next()
            assert last.data["id"] == other
            assert int(last.id or 0) > int(told[1].id or 0)

    in_a_loop(work)


def test_who_has_missed_much_reads_anew(
    database_url: str,
    report: Callable[..., str],
    listener_named: Callable[[str], Listener],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(issue_events, "MOST_TOLD", 0)
    listener = listener_named("street_dispatcher")
    report()

    async def work() -> None:
        async with hearing(database_url, listener, 0) as ear:
            again = await ear.next()
            assert (again.event, again.data) == ("reset", {})
            assert int(again.id or 0) > 0

    in_a_loop(work)


def test_a_sign_of_life_carries_the_position(
    database_url: str, listener_named: Callable[[str], Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issue_stream, "CHECKED_S", 0.1)
    listener = listener_named("auditor")

    async def work() -> None:
        async with hearing(database_url, listener) as ear:
            ready, life = await ear.wait_for("ready"), await ear.next()
            assert (life.event, life.data, life.id) == (None, None, ready.id)

    in_a_loop(work)


@pytest.mark.parametrize("how", ["leaver", "loser"])
def test_whoever_may_listen_no_longer_is_told_so(
    database_url: str,
    accounts: dict[str, int],
    listener_named: Callable[[str], Listener],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    monkeypatch.setattr(issue_stream, "CHECKED_S", 0.1)
    with owner_session(database_url) as opened:
        accounts[how] = add_account(opened, how, "street_dispatcher", town.SLUG, town.STREET)
    listener = listener_named(how)

    async def work() -> None:
        async with hearing(database_url, listener) as ear:
            await ear.wait_for("ready")
            if how == "leaver":
                sign_out(listener.proof.session_token or "", database_url)
            else:
                with owner_session(database_url) as opened:
                    gone = {"id": accounts[how]}
                    opened.execute(text("DELETE FROM account_role WHERE account_id = :id"), gone)
            assert (await ear.wait_for("ended")).data == {}
            assert await ear.is_over()

    in_a_loop(work)


def test_streams_over_real_connections_end_with_the_service(
    database_url: str,
    accounts: dict[str, int],
    report: Callable[..., str],
    client_of: Callable[..., TestClient],
) -> None:
    headers = session_headers(database_url, accounts["community_staff"])
    assert client_of("planner").get(f"{ISSUES}/events").status_code == 403
    with running(database_url) as (base, process):
        assert httpx2.get(f"{base}{ISSUES}/events", timeout=60).status_code == 401
        with listening(base, ISSUES, headers) as ear:
            ear.wait_for("ready", lambda data: data == {})
            key = report()
            heard = ear.wait_for("issue")
            assert (heard.data["id"], heard.data["state"]) == (key, "collected")
            assert json.loads(heard.id) > 0
            process.send_signal(signal.SIGTERM)
            assert ear.is_over()
        assert process.wait(SOON_S) in {0, -signal.SIGTERM}
