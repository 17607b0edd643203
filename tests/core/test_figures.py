"""Figures: rows add up to the total, and stages take the time that their states were held."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from geo.core.clocks import Clock
from geo.core.figures import (
    COUNTS,
    GROUPINGS,
    Case,
    History,
    judge,
    kept,
    received_by_month,
    table,
)
from geo.core.lifecycle import STAGES, STATE_TABLE, TRANSITIONS
from geo.core.stage_times import StageTimes, Step, stage_times
from geo.core.worktime import WorkCalendar

MONDAY = datetime(2026, 3, 9, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOURS = ((time(9), time(12)), (time(14), time(17)))
CALENDAR = WorkCalendar(dict.fromkeys(range(1, 6), HOURS))

keys = st.fixed_dictionaries({by: st.sampled_from([None, "a", "b"]) for by in GROUPINGS})
cases = st.builds(
    Case,
    keys,
    st.dictionaries(st.sampled_from(COUNTS), st.integers(0, 3)),
    st.dictionaries(st.sampled_from(STAGES), st.floats(0, 100)),
)


@given(st.lists(cases))
def test_rows_add_up_to_the_total(given_cases: list[Case]) -> None:
    for by in GROUPINGS:
        found = table(given_cases, by)
        for name in COUNTS:
            told = [row.counts[name] for row in found.rows.values()]
            assert sum(told) == found.total.counts[name]
            assert found.total.counts[name] == sum(one.counts.get(name, 0) for one in given_cases)
        months = received_by_month(given_cases, by)
        assert {key: sum(one.values()) for key, one in months.items()} == {
            key: row.counts["received"] for key, row in found.rows.items()
        }
        for stage in STAGES:
            hours = [one.hours[stage] for one in given_cases if stage in one.hours]
            assert found.total.median_hours[stage] == (median(hours) if hours else None)
            assert found.total.measured[stage] == len(hours)


@st.composite
def ways(draw: st.DrawFn) -> list[Step]:
    """Make a way of an issue by the table of transitions, in quarters of an hour."""
    at, state = MONDAY, draw(st.sampled_from(["collected", "dispatched", "accepted"]))
    steps = [Step(at, "report", None, state)]
    for _ in range(draw(st.integers(0, 14))):
        stays = draw(st.integers(0, 9)) == 0
        rows = [one for one in TRANSITIONS if one.state == state]
        moves = [one for one in rows if (one.next == state) == stays] or rows
        row = draw(st.sampled_from(moves))
        at += QUARTER * draw(st.integers(0, 150))
        steps.append(Step(at, row.action, state, row.next))
        state = row.next
    return steps


def slowly(steps: list[Step]) -> dict[str, timedelta]:
    """Look at every quarter of an hour: which state it was, and whether the offices worked."""
    spent = dict.fromkeys(STAGES, timedelta())
    this_pass = timedelta()
    done = set()
    for before, after in zip(steps, [*steps[1:], None], strict=True):
        state = STATE_TABLE[before.to_state]
        if "dispatch" not in state.clocks:
            this_pass = timedelta()
        at = before.at
        while after and at < after.at:
            if not state.paused and _works(at):
                this_pass += QUARTER * ("dispatch" in state.clocks)
                for stage in state.clocks:
                    spent[stage] += QUARTER
            at += QUARTER
        if after and (before.to_state, after.action) == ("sorted", "handle"):
            spent["handle"] += this_pass
        if after and after.from_state != after.to_state:
            row = next(
                one
                for one in TRANSITIONS
                if (one.state, one.action) == (after.from_state, after.action)
            )
            done |= set(row.meets)
    running = STATE_TABLE[steps[-1].to_state].clocks
    return {stage: spent[stage] for stage in STAGES if stage in done and stage not in running}


def _works(at: datetime) -> bool:
    return at.isoweekday() <= 5 and any(opens <= at.time() < closes for opens, closes in HOURS)


@given(ways())
def test_a_stage_takes_the_time_that_its_states_were_held(steps: list[Step]) -> None:
    found = stage_times(CALENDAR, MONDAY, steps).worked
    running = STATE_TABLE[steps[-1].to_state].clocks
    assert {stage: one for stage, one in found.items() if stage not in running} == slowly(steps)


@given(ways(), st.integers(1, 14))
def test_what_nobody_recorded_is_not_measured(steps: list[Step], lost: int) -> None:
    """The stage that a step without a time ends has no time, and nothing else has more."""
    told = [step._replace(recorded=at != lost) for at, step in enumerate(steps)]
    whole, partly = (stage_times(CALENDAR, MONDAY, one) for one in (steps, told))
    assert partly.worked.keys() <= whole.worked.keys()
    assert all(partly.worked[stage] <= whole.worked[stage] for stage in partly.worked)
    assert partly.known <= whole.known


def clock(stage: str, late: bool) -> Clock:
    due = MONDAY + timedelta(hours=10)
    return Clock(stage, due, started_at=MONDAY, met_at=due + timedelta(hours=1 if late else -1))


def test_an_issue_is_late_only_by_what_is_recorded() -> None:
    early, late = clock("dispatch", late=False), clock("handle", late=True)
    known = StageTimes({}, frozenset({"dispatch", "handle"}))
    assert kept([early, late], known) == "late"
    assert kept([early], known) == "on_time"
    assert kept([early, late], StageTimes({}, frozenset({"dispatch"}))) == "not_recorded"
    assert kept([late], StageTimes()) == "not_recorded"
    assert kept([late], StageTimes({}, frozenset({"handle"}))) == "late"
    assert kept([late._replace(met_at=None, started_at=None)], known) == "no_deadline"


def test_one_in_hand_is_overdue_by_a_running_clock_alone() -> None:
    steps = [Step(MONDAY, "report", None, "collected")]
    running = Clock("dispatch", MONDAY + timedelta(hours=1), started_at=MONDAY)
    now = MONDAY + timedelta(days=1)
    overdue = judge(History("collected", MONDAY, steps, [running]), CALENDAR, now)[0]
    assert overdue == {"received": 1, "in_hand": 1, "overdue": 1}
    paused = running._replace(paused_at=MONDAY)
    assert "overdue" not in judge(History("collected", MONDAY, steps, [paused]), CALENDAR, now)[0]
    assert "overdue" not in judge(History("closed", MONDAY, steps, [running]), CALENDAR, now)[0]


def test_what_was_known_before_reopening_is_not_known_of_what_follows() -> None:
    """The first pass is measured; whether the second kept its deadlines, nobody knows."""
    way = ["collected", "sorted", "dispatched", "accepted", "handled", "verified", "fed_back"]
    names = ["report", "sort", "dispatch", "accept", "handle", "verify", "feed_back"]
    before = [None, *way]
    hours = [MONDAY + timedelta(hours=9 + at / 4) for at in range(9)]
    steps = [Step(*one) for one in zip(hours, names, before, way, strict=False)]
    steps += [
        Step(hours[7], "close", "fed_back", "closed"),
        Step(hours[8], "reopen", "closed", "reopened"),
    ]
    assert stage_times(CALENDAR, MONDAY, steps[:-1]).known == set(STAGES)
    again = [*steps, Step(hours[8], "close", "reopened", "closed", recorded=False)]
    found = stage_times(CALENDAR, MONDAY, again)
    assert found.worked.keys() == set(STAGES)
    assert found.known == frozenset()
