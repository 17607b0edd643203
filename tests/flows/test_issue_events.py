"""Who is told what of issues in one process, however late a transaction commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from geo.flows import issue_events
from geo.flows.act import Action, act
from geo.flows.issue_events import Heard, IssueEvents, missed, seen_by
from geo.store.engine import owner_session, session
from tests import town
from tests.loops import in_a_loop
from tests.people import asker_of, make_accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from geo.store.issue_watch import Fact

ADD = """
    INSERT INTO issue (id, jurisdiction_id, number, state, text, occurred_at, method, confident,
                       current_grid_id, reported_grid_id, reported_generation_id, duty_id)
    SELECT :id, generation.jurisdiction_id, :number, :state, '', now(), 'inside', true,
           version.grid_id, version.grid_id, generation.id,
           (SELECT id FROM duty WHERE NOT private LIMIT 1)
    FROM grid_version AS version JOIN generation ON generation.id = version.generation_id
    WHERE upper_inf(generation.validity) AND version.code = :grid
"""
TELL = """
    INSERT INTO issue_event (issue_id, sequence, at, action, to_state, actor)
    SELECT CAST(:id AS uuid), COALESCE(max(sequence), 0) + 1, now(), 'remark', 'collected', 'tests'
    FROM issue_event WHERE issue_id = CAST(:id AS uuid)
"""


@pytest.fixture(scope="module")
def people(database_url: str) -> dict[str, int]:
    with owner_session(database_url) as opened:
        town.build(opened)
    with owner_session(database_url) as opened:
        return make_accounts(opened)


@pytest.fixture
def add(database_url: str, people: dict[str, int]) -> Callable[..., str]:
    """Return what stores an issue with its first event."""
    assert people

    def added(grid: str = town.A1, state: str = "collected") -> str:
        key = str(uuid4())
        with owner_session(database_url) as opened:
            opened.execute(text(ADD), {"id": key, "number": key[:8], "state": state, "grid": grid})
            tell(opened, key)
        return key

    return added


@pytest.fixture
def slow(database_url: str) -> Iterator[Session]:
    """A transaction that takes its time."""
    with owner_session(database_url) as opened:
        yield opened


def tell(opened: Session, key: str) -> None:
    opened.execute(text(TELL), {"id": key})


def keys(heard: Heard | None) -> list[str]:
    assert heard is not None
    return [str(one.issue_id) for one in heard.facts]


def test_what_commits_late_is_told_too(
    database_url: str, add: Callable[..., str], slow: Session
) -> None:
    first, second, third = add(), add(), add()

    async def work() -> None:
        events = IssueEvents(database_url)
        with events.listen() as line:
            events.turn()
            begun = await line.next(1)
            assert begun is not None
            assert begun.facts == ()
            tell(slow, first)
            with owner_session(database_url) as opened:
                tell(opened, second)
            events.turn()
            heard = await line.next(1)
            assert keys(heard) == [second]
            assert heard is not None
            assert heard.position == begun.position < heard.top
            events.turn()
            assert await line.next(0.01) is None
            with owner_session(database_url) as opened:
                tell(opened, third)
            slow.commit()
            events.turn()
            assert keys(await line.next(1)) == [first, third]
            again = missed(heard.position, database_url)
            assert again is not None
            assert {str(one.issue_id) for one in again} == {first, second, third}

    in_a_loop(work)


def test_what_was_under_way_before_anybody_listened_is_told(
    database_url: str, add: Callable[..., str], slow: Session
) -> None:
    late, other = add(), add()
    tell(slow, late)
    with owner_session(database_url) as opened:
        tell(opened, other)

    async def work() -> None:
        events = IssueEvents(database_url)
        with events.listen() as line:
            events.turn()
            begun = await line.next(1)
            slow.commit()
            events.turn()
            assert keys(await line.next(1)) == [late]
            assert begun is not None
            assert missed(begun.position, database_url)
        events.turn()
        with events.listen() as line:
            events.turn()
            assert await line.next(1) is not None

    in_a_loop(work)


def test_too_much_is_told_as_that(
    database_url: str, add: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = add()
    monkeypatch.setattr(issue_events, "MOST_TOLD", 2)

    async def work() -> None:
        events = IssueEvents(database_url)
        with events.listen() as line:
            events.turn()
            begun = await line.next(1)
            assert begun is not None
            for _ in range(3):
                with owner_session(database_url) as opened:
                    tell(opened, key)
            events.turn()
            heard = await line.next(1)
            assert heard is not None
            assert (heard.facts, heard.too_much) == ((), True)
            assert missed(begun.position, database_url) is None

    in_a_loop(work)


def test_at_the_end_everybody_is_told(database_url: str) -> None:
    async def work() -> None:
        events = IssueEvents(database_url)
        with events.listen() as line:
            events.end()
            assert await line.next(1) == Heard(ended=True)

    in_a_loop(work)


def facts_since(url: str, position: int) -> list[Fact]:
    facts = missed(position, url)
    assert facts is not None
    return facts


def last_event(url: str) -> int:
    with owner_session(url) as opened:
        found: int = opened.execute(
            text("SELECT COALESCE(max(id), 0) FROM issue_event")
        ).scalar_one()
        return found


def told_to(url: str, people: dict[str, int], name: str, facts: list[Fact]) -> list[dict[str, Any]]:
    return seen_by(facts, asker_of(people[name]), url)


def test_each_is_told_of_their_own_territory_alone(
    database_url: str, people: dict[str, int], add: Callable[..., str]
) -> None:
    before = last_event(database_url)
    mine, elsewhere = add(town.A1), add(town.B1)
    facts = facts_since(database_url, before)
    [told] = told_to(database_url, people, "grid_worker", facts)
    assert told["id"] == mine
    assert (told["version"], told["action"], told["state"]) == (1, "remark", "collected")
    assert told["at"].endswith("+08:00")
    desk = told_to(database_url, people, "street_dispatcher", facts)
    assert {one["id"] for one in desk} == {mine, elsewhere}
    assert told_to(database_url, people, "department_handler", facts) == []
    assert told_to(database_url, people, "disabled", facts) == []
    assert seen_by([], asker_of(people["auditor"]), database_url) == []


def test_who_loses_an_issue_is_told_that_alone(
    database_url: str, people: dict[str, int], add: Callable[..., str]
) -> None:
    key = add(town.A1)
    before = last_event(database_url)
    away = Action("transfer_grid", grid=town.B1, reason="在那边")
    act(UUID(key), away, asker_of(people["street_dispatcher"]), database_url)
    act(UUID(key), Action("remark", note="x"), asker_of(people["street_dispatcher"]), database_url)
    facts = facts_since(database_url, before)
    assert told_to(database_url, people, "grid_worker", facts) == [{"id": key, "gone": True}]
    assert told_to(database_url, people, "community_staff", facts) == [{"id": key, "gone": True}]
    seen = told_to(database_url, people, "street_dispatcher", facts)
    assert [one["action"] for one in seen] == ["transfer_grid", "remark"]
    assert told_to(database_url, people, "department_handler", facts) == []
    remark = [one for one in facts if one.action == "remark"]
    assert told_to(database_url, people, "grid_worker", remark) == []


def test_a_department_loses_what_goes_to_another(
    database_url: str, people: dict[str, int], add: Callable[..., str]
) -> None:
    key = add(town.A1, "sorted")
    desk = asker_of(people["street_dispatcher"])
    act(UUID(key), Action("dispatch", department=town.DEPARTMENT), desk, database_url)
    before = last_event(database_url)
    with session(database_url, desk) as opened:
        opened.execute(
            text(
                "INSERT INTO issue_event (issue_id, sequence, at, action, to_state, actor,"
                " account_id) SELECT :id, 9, now(), 'sort', 'sorted', 'x', :desk"
            ),
            {"id": key, "desk": desk.account_id},
        )
        opened.execute(text("UPDATE issue SET department_id = NULL WHERE id = :id"), {"id": key})
    facts = facts_since(database_url, before)
    told = told_to(database_url, people, "department_handler", facts)
    assert told == [{"id": key, "gone": True}]
