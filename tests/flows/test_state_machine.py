"""Any sequence of actions by anybody: one owner, no event lost, history replays, clocks run on."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from geo.core.clocks import Clock
from geo.core.lifecycle import ACTIONS, ENDED, STAGES, STATE_TABLE, actions_of, transition
from geo.errors import (
    ActionRefusedError,
    InvalidFieldError,
    NotFoundError,
    NotPermittedError,
)
from geo.flows.act import Action, act
from geo.flows.clockwork import run_clocks
from geo.store.asking import RESIDENT, Asker
from geo.store.clocks import read_clocks
from geo.store.engine import owner_session, session
from geo.store.issues import roles_on
from geo.store.models import Department, Duty, GridVersion, Issue, IssueEvent
from tests import town
from tests.cases import LEAK, WATER, Ahead, People, reported, settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    import pytest
    from sqlalchemy.orm import Session

    from geo.core.clocks import Clocks


EXPECTED = (ActionRefusedError, InvalidFieldError, NotFoundError, NotPermittedError)
GRIDS = (town.A1, town.A2, town.B1, town.D)
DEPARTMENTS = (town.DEPARTMENT, WATER)
DUTIES = (town.DUTY, town.PRIVATE_DUTY, LEAK)
EXAMPLES, STEPS = 10, 20


class Cases(RuleBasedStateMachine):
    """One case, and everybody who may have to do with it."""

    url: str
    people: People
    ahead: Ahead
    original: UUID

    @initialize(duty=st.sampled_from((None, *DUTIES)), where=st.sampled_from(("A1", "nowhere")))
    def report(self, duty: str | None, where: str) -> None:
        """Somebody reports it, with or without a place."""
        self.ahead.hours = 0.0
        more = {} if where == "A1" else {"position": None, "jurisdiction": town.SLUG}
        self.case = reported(self.url, duty=duty, **more)
        self.acted = 1
        with owner_session(self.url) as opened:
            self.first = present(opened, self.case)
        self.seen = self.first

    @precondition(lambda self: hasattr(self, "case"))
    @rule(data=st.data())
    def do_what_may_be_done(self, data: st.DataObject) -> None:
        """Somebody who may does it, with all that it needs: it is done."""
        free = []
        for name in People._fields:
            asker: Asker = getattr(self.people, name)
            with session(self.url, asker) as opened:
                roles = roles_on(opened, self.case)
            mine = actions_of(self.seen["state"], roles, escalated=self.seen["escalated"])
            free += [(action, asker) for action in mine]
        action, asker = data.draw(st.sampled_from(free), "who does what")
        given = self.fields(data, action)
        if given is None or (action == "mark_duplicate" and not self.sees_original(asker)):
            return
        told = act(self.case, Action(action, **given), asker, self.url)
        step = transition(self.seen["state"], action)
        assert step is not None
        assert told["state"] == step.next
        self.acted += 1

    @precondition(lambda self: hasattr(self, "case"))
    @rule(
        action=st.sampled_from(ACTIONS),
        who=st.sampled_from((*People._fields, "nobody")),
        version=st.sampled_from((None, 1, 2)),
        data=st.data(),
    )
    def try_anything(self, action: str, who: str, version: int | None, data: st.DataObject) -> None:
        """Anybody tries anything: it is done or refused, and nothing in between."""
        asker = RESIDENT if who == "nobody" else getattr(self.people, who)
        given = self.fields(data, action) or {}
        left_out = data.draw(st.sampled_from((None, *given)), "left out")
        given.pop(str(left_out), None)
        try:
            act(self.case, Action(action, version=version, **given), asker, self.url)
        except EXPECTED:
            with owner_session(self.url) as opened:
                assert present(opened, self.case) == self.seen
        else:
            self.acted += 1

    @precondition(lambda self: hasattr(self, "case"))
    @rule(hours=st.sampled_from((1, 5, 30, 200)))
    def wait(self, hours: int) -> None:
        """Time passes, and the service reminds and passes on."""
        self.ahead.hours += hours
        with owner_session(self.url) as opened:
            now = self.ahead.now(opened)
        self.acted += sum(is_due(one, now) for one in self.seen["clocks"].values())
        run_clocks(self.url)
        assert run_clocks(self.url) == 0

    def sees_original(self, asker: Asker) -> bool:
        """Tell whether somebody may read the issue that would stay."""
        with session(self.url, asker) as opened:
            return opened.get(Issue, self.original) is not None

    def fields(self, data: st.DataObject, action: str) -> dict[str, Any] | None:
        """Return what an action needs; ``None`` where nothing else is left to choose."""
        step = transition(self.seen["state"], action)
        needs = step.needs if step else ("reason",)
        with owner_session(self.url) as opened:
            now = self.ahead.now(opened)
        stages = STATE_TABLE[self.seen["state"]].clocks or STAGES
        choices = {
            "grid": [one for one in GRIDS if one != self.seen["grid"]],
            "department": [one for one in DEPARTMENTS if one != self.seen["department"]],
            "duty": DUTIES,
            "reason": ["理由"],
            "note": ["说明"],
            "duplicate_of": [self.original],
            "stage": stages,
            "due_at": [now + timedelta(hours=hours) for hours in (1, 50, 900)],
        }
        given = {name: data.draw(st.sampled_from(choices[name]), name) for name in needs}
        private = action == "show" and self.seen["duty"] == town.PRIVATE_DUTY
        return None if private else given

    @precondition(lambda self: hasattr(self, "case"))
    @invariant()
    def holds(self) -> None:
        """Hold the case as it is now against its history and against what it was before."""
        with owner_session(self.url) as opened:
            now = present(opened, self.case)
            events = opened.scalars(
                select(IssueEvent)
                .where(IssueEvent.issue_id == self.case)
                .order_by(IssueEvent.sequence)
            ).all()
        one_owner(now)
        assert [event.sequence for event in events] == [*range(1, self.acted + 1)]
        assert replayed({**self.first, "clocks": begun(events[0])}, events[1:]) == now
        assert all(one.at <= after.at for one, after in pairwise(events))
        for stage, before in self.seen["clocks"].items():
            runs_on(before, now["clocks"][stage])
        self.seen = now


def present(opened: Session, case: UUID) -> dict[str, Any]:
    """Return all that a case is: codes, and the clocks."""
    issue = opened.get_one(Issue, case, populate_existing=True)
    grid = select(GridVersion.code).where(GridVersion.grid_id == issue.current_grid_id).limit(1)
    duty = select(Duty.code).where(Duty.id == issue.duty_id)
    department = select(Department.code).where(Department.id == issue.department_id)
    return {
        "state": issue.state,
        "grid": opened.scalar(grid),
        "duty": opened.scalar(duty),
        "department": opened.scalar(department),
        "duplicate_of": issue.duplicate_of_id and str(issue.duplicate_of_id),
        "public": issue.public,
        "transfers": issue.transfers,
        "escalated": issue.escalated_at is not None,
        "closed_at": issue.closed_at,
        "clocks": read_clocks(opened, case),
    }


def one_owner(now: dict[str, Any]) -> None:
    """Make sure that exactly one has to act, and is there."""
    owner = STATE_TABLE[now["state"]].owner
    assert (owner is None) == (now["state"] in ENDED) == (now["closed_at"] is not None)
    if owner == "department":
        assert now["department"] is not None
    if owner == "grid":
        assert now["grid"] is not None
        assert now["duty"] is not None
    running = {stage for stage, one in now["clocks"].items() if one.running}
    assert running <= set(STATE_TABLE[now["state"]].clocks)
    paused = {stage for stage, one in now["clocks"].items() if one.paused_at}
    assert paused == (running if STATE_TABLE[now["state"]].paused else set())
    roles = {"desk": "street_dispatcher", "grid": "grid_worker", "department": "department_handler"}
    assert owner is None or actions_of(now["state"], {roles[owner]})


def begun(report: IssueEvent) -> Clocks:
    """Return the first clocks, as the first event keeps them."""
    return {
        stage: Clock(stage, **{name: read(one) for name, one in told.items()})
        for stage, told in report.detail.get("clocks", {}).items()
    }


def replayed(first: dict[str, Any], events: Sequence[IssueEvent]) -> dict[str, Any]:
    """Return what the history makes of a case."""
    now = {**first, "clocks": dict(first["clocks"])}
    for event in events:
        assert event.from_state == now["state"]
        now["state"] = event.to_state
        if event.to_state not in ENDED:
            now["closed_at"] = None
        elif event.from_state not in ENDED:
            now["closed_at"] = event.at
        detail = event.detail
        for name in ("grid", "duty", "department", "duplicate_of", "transfers"):
            assert detail.get(f"{name}_before", now.get(name)) == now.get(name)
            now[name] = detail.get(name, now[name])
        if event.from_state == "duplicate":
            now["duplicate_of"] = None
        now["public"] = {"show": True, "hide": False}.get(event.action, now["public"])
        now["escalated"] |= event.action == "escalate" or detail.get("escalated", False)
        for stage, told in detail.get("clocks", {}).items():
            now["clocks"][stage] = Clock(stage, **{name: read(one) for name, one in told.items()})
        if "noted" in detail:
            noted = {name: read(one) for name, one in detail["noted"].items()}
            stage = detail["stage"]
            now["clocks"][stage] = now["clocks"][stage]._replace(**noted)
    return now


def is_due(one: Clock, now: datetime) -> bool:
    """Tell whether somebody is to be told of a clock now."""
    if not one.running or one.paused_at is not None or one.escalated_at is not None:
        return False
    soon = one.remind_at is not None and one.remind_at <= now and one.reminded_at is None
    return one.due_at <= now or soon


def read(told: Any) -> Any:
    return datetime.fromisoformat(told) if isinstance(told, str) and "T" in told else told


def runs_on(before: Clock, after: Clock) -> None:
    """Make sure that a clock was not set back."""
    if before.started_at is None or after.started_at is None:
        return
    assert after.started_at >= before.started_at
    assert after.met_at is None or after.met_at >= after.started_at
    same = after.started_at == before.started_at
    if same and before.met_at is not None:
        assert after == before
    if same and (after.amount, after.extensions) == (before.amount, before.extensions):
        assert after.due_at >= before.due_at


def test_any_sequence_by_any_roles_keeps_a_case_whole(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Cases.url = database_url
    Cases.people = settle(database_url)
    Cases.ahead = Ahead(monkeypatch)
    Cases.original = reported(database_url)
    run_state_machine_as_test(
        Cases,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate),  # short enough to read as it is
        ),
    )
