"""Reminders before a deadline and passing on after it: each once, whoever runs the clocks."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select

from geo.flows import clockwork
from geo.flows.act import Action, act
from geo.flows.clockwork import Clockwork, run_clocks
from geo.store.engine import owner_session
from geo.store.models import Issue, IssueEvent, OutboxMessage
from tests.cases import Ahead, People, reported, settle

if TYPE_CHECKING:
    from uuid import UUID

LONG_H = 24.0 * 30


@pytest.fixture(scope="module")
def people(database_url: str) -> People:
    return settle(database_url)


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch, database_url: str, people: People) -> Ahead:
    """Clock that is put forward, with nothing of other tests to run out."""
    assert people
    with owner_session(database_url) as opened:
        opened.execute(delete(Issue))
    return Ahead(monkeypatch)


def events(url: str, case: UUID) -> list[IssueEvent]:
    with owner_session(url) as opened:
        chosen = select(IssueEvent).where(
            IssueEvent.issue_id == case, IssueEvent.action.in_(("remind", "escalate"))
        )
        return list(opened.scalars(chosen.order_by(IssueEvent.sequence)))


def until_reminded(url: str, ahead: Ahead) -> int:
    """Put the clock forward by quarters of an hour until something is due."""
    for _ in range(4 * 24 * 20):
        ahead.hours += 0.25
        if done := run_clocks(url):
            return done
    pytest.fail("nobody was reminded")


def test_a_reminder_comes_first_and_then_it_is_the_street_s(
    database_url: str, ahead: Ahead
) -> None:
    case = reported(database_url)
    assert run_clocks(database_url) == 0
    assert until_reminded(database_url, ahead) == 1
    assert run_clocks(database_url) == 0
    ahead.hours += LONG_H
    assert run_clocks(database_url) == 1
    assert run_clocks(database_url) == 0
    remind, escalate = events(database_url, case)
    assert (remind.action, escalate.action) == ("remind", "escalate")
    assert {remind.actor, escalate.actor} == {"service"}
    assert remind.detail["stage"] == escalate.detail["stage"] == "dispatch"
    assert remind.from_state == remind.to_state == "collected"
    with owner_session(database_url) as opened:
        assert opened.get_one(Issue, case).escalated_at == escalate.at
        told = [one.payload for one in opened.scalars(select(OutboxMessage)).all()]
    mine = [one["action"] for one in told if one["issue_id"] == str(case) and "action" in one]
    assert mine == ["remind", "escalate"]


def test_what_is_found_overdue_is_passed_on_without_a_reminder(
    database_url: str, ahead: Ahead
) -> None:
    case = reported(database_url)
    ahead.hours = LONG_H
    assert run_clocks(database_url) == 1
    assert [one.action for one in events(database_url, case)] == ["escalate"]


def test_each_stage_is_reminded_of_by_itself(
    database_url: str, ahead: Ahead, people: People
) -> None:
    case = reported(database_url)
    ahead.hours = LONG_H
    run_clocks(database_url)
    for asker, action in ((people.worker, "sort"), (people.desk, "dispatch")):
        act(case, Action(action), asker, database_url)
    assert run_clocks(database_url) == 0
    ahead.hours += LONG_H
    assert run_clocks(database_url) == 1
    assert [one.detail["stage"] for one in events(database_url, case)] == ["dispatch", "handle"]


def test_nobody_is_told_of_what_stands_still_or_has_ended(
    database_url: str, ahead: Ahead, people: People
) -> None:
    carried, cancelled = reported(database_url), reported(database_url)
    for asker, action in (
        (people.worker, "sort"),
        (people.desk, "dispatch"),
        (people.road, "accept"),
        (people.road, "carry_openly"),
    ):
        act(carried, Action(action, reason="等材料"), asker, database_url)
    act(cancelled, Action("cancel", reason="误报"), people.desk, database_url)
    ahead.hours = LONG_H
    assert run_clocks(database_url) == 0


def test_of_many_processes_at_once_one_writes(database_url: str, ahead: Ahead) -> None:
    cases = [reported(database_url) for _ in range(12)]
    ahead.hours = LONG_H
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(run_clocks, [database_url] * 4))
    run_clocks(database_url)
    assert sum(done) <= len(cases)
    assert Counter(len(events(database_url, case)) for case in cases) == {1: len(cases)}


def test_what_breaks_off_is_done_after_the_restart_and_once(
    database_url: str, ahead: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = reported(database_url)
    ahead.hours = LONG_H

    def die(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(clockwork, "add_to_outbox", die)
        with pytest.raises(SystemExit):
            run_clocks(database_url)
    assert events(database_url, case) == []
    for _ in range(2):
        Clockwork(database_url).look()
    assert [one.action for one in events(database_url, case)] == ["escalate"]


def test_whoever_acts_meanwhile_is_not_waited_for(database_url: str, ahead: Ahead) -> None:
    held, free = reported(database_url), reported(database_url)
    ahead.hours = LONG_H
    with owner_session(database_url) as acting:
        acting.scalars(select(Issue).where(Issue.id == held).with_for_update()).one()
        assert run_clocks(database_url) == 1
    assert len(events(database_url, free)) == 1
    assert run_clocks(database_url) == 1
    assert len(events(database_url, held)) == 1
