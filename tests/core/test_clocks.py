"""The clocks of an issue: by the catalogue, by hand, standing still, and along any way."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.core.clocks import (
    Clock,
    Terms,
    first_clocks,
    first_due,
    moved,
    recorded_clocks,
    with_deadline,
)
from geo.core.deadlines import Allowance, staged
from geo.core.lifecycle import (
    ENDED,
    STAGES,
    STATE_TABLE,
    STATES,
    TRANSITIONS,
    Transition,
    transition,
)
from geo.core.worktime import WorkCalendar, working_time_between

if TYPE_CHECKING:
    from geo.core.clocks import Clocks

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEK = dict.fromkeys(range(1, 6), ((time(9), time(12)), (time(14), time(17))))
CALENDAR = WorkCalendar(WEEK, {date(2026, 1, 1): "holiday"}, "Asia/Shanghai")
ALLOWED = {
    "dispatch": Allowance(2, "work_hour"),
    "accept": Allowance(4, "work_hour"),
    "handle": Allowance(5, "work_day"),
    "feed_back": Allowance(1, "work_day"),
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


MONDAY = at("2026-03-09T09:00")
TERMS = Terms(CALENDAR, ALLOWED, MONDAY)


def step(state: str, action: str) -> Transition:
    found = transition(state, action)
    assert found is not None
    return found


def along(*steps: tuple[str, str, str], terms: Terms = TERMS) -> Clocks:
    """Return the clocks after steps (state, action, when)."""
    clocks = first_clocks(terms, steps[0][0])
    for state, action, when in steps:
        clocks = moved(clocks, step(state, action), at(when), terms)
    return clocks


DISPATCHED = (("collected", "sort", "2026-03-09T09:30"), ("sorted", "dispatch", "2026-03-09T10:00"))
ACCEPTED = (*DISPATCHED, ("dispatched", "accept", "2026-03-09T14:00"))


def test_forecasts_at_intake_are_the_staged_deadlines() -> None:
    clocks = first_clocks(TERMS, "collected")
    assert [(one.stage, one.due_at) for one in clocks.values()] == [
        (one.stage, one.due_at) for one in staged(CALENDAR, MONDAY, ALLOWED)
    ]
    assert {one.stage: one.state(MONDAY) for one in clocks.values()} == {
        "dispatch": "running",
        **dict.fromkeys(("accept", "handle", "feed_back"), "forecast"),
    }


def test_a_reminder_is_due_while_a_quarter_of_the_working_time_is_left() -> None:
    assert first_clocks(TERMS, "collected")["dispatch"].remind_at == at("2026-03-09T10:30")
    never = first_clocks(Terms(CALENDAR, ALLOWED, MONDAY, remind_left_pct=0), "collected")
    assert never["dispatch"].remind_at == never["dispatch"].due_at


def test_dispatch_is_met_and_the_department_s_clocks_start() -> None:
    clocks = along(*DISPATCHED)
    now = at("2026-03-09T10:00")
    assert [one.state(now) for one in clocks.values()] == ["met", "running", "running", "forecast"]
    assert clocks["accept"].due_at == at("2026-03-09T16:00")
    assert clocks["handle"].due_at == at("2026-03-16T17:00")
    assert clocks["feed_back"].due_at == at("2026-03-17T17:00")


def test_late_is_overdue_then_missed() -> None:
    late = at("2026-03-10T09:00")
    clocks = along(*DISPATCHED)
    assert clocks["accept"].state(late) == "overdue"
    accepted = moved(clocks, step("dispatched", "accept"), late, TERMS)
    assert accepted["accept"].state(late) == "missed"


def test_the_open_list_keeps_the_working_time_that_is_left() -> None:
    carried = along(*ACCEPTED, ("accepted", "carry_openly", "2026-03-10T10:00"))
    assert carried["handle"].state(at("2026-05-01T09:00")) == "paused"
    assert carried["accept"].met_at is not None
    left = working_time_between(CALENDAR, at("2026-03-10T10:00"), carried["handle"].due_at).worked
    back = at("2026-04-01T14:00")
    resumed = moved(carried, step("on_open_list", "resume"), back, TERMS)["handle"]
    assert resumed.state(back) == "running"
    assert working_time_between(CALENDAR, back, resumed.due_at).worked == left
    assert resumed.remind_at is not None
    assert back < resumed.remind_at < resumed.due_at
    handled = moved(carried, step("on_open_list", "handle"), back, TERMS)
    assert handled["handle"].state(back) == "met"
    assert handled["feed_back"].state(back) == "running"


def test_what_was_late_before_the_open_list_stays_late() -> None:
    carried = along(*ACCEPTED, ("accepted", "carry_openly", "2026-04-10T10:00"))
    resumed = moved(carried, step("on_open_list", "resume"), at("2026-04-20T10:00"), TERMS)
    assert resumed["handle"].due_at == at("2026-03-16T17:00")


def test_returned_goes_back_to_dispatching_anew() -> None:
    clocks = along(*ACCEPTED, ("accepted", "return", "2026-03-11T09:00"))
    now = at("2026-03-11T09:00")
    assert [one.state(now) for one in clocks.values()] == ["running", *["forecast"] * 3]
    assert clocks["dispatch"].started_at == now
    assert clocks["dispatch"].due_at == at("2026-03-11T11:00")


def test_another_department_accepts_anew_while_handling_goes_on() -> None:
    clocks = along(*ACCEPTED, ("accepted", "transfer_department", "2026-03-11T09:00"))
    assert clocks["accept"].started_at == at("2026-03-11T09:00")
    assert clocks["accept"].met_at is None
    assert clocks["handle"].started_at == at("2026-03-09T10:00")


def test_rejected_work_is_handled_anew() -> None:
    handled = (*ACCEPTED, ("accepted", "handle", "2026-03-10T10:00"))
    clocks = along(*handled, ("handled", "reject", "2026-03-11T10:00"))
    now = at("2026-03-11T10:00")
    assert [one.state(now) for one in clocks.values()] == ["met", "met", "running", "forecast"]
    assert clocks["handle"].started_at == now


def test_what_the_grid_handles_itself_counts_from_receipt() -> None:
    clocks = along(
        ("collected", "sort", "2026-03-09T09:30"), ("sorted", "handle", "2026-03-09T10:30")
    )
    now = at("2026-03-09T10:30")
    assert clocks["handle"].started_at == MONDAY
    assert [one.state(now) for one in clocks.values()] == ["met", "forecast", "met", "running"]


def test_a_duty_that_becomes_known_counts_from_receipt() -> None:
    nothing = first_clocks(Terms(CALENDAR, {}, MONDAY), "triage")
    assert nothing == {}
    routed = moved(nothing, step("triage", "route"), at("2026-03-09T10:00"), TERMS)
    assert routed["dispatch"].started_at == MONDAY


def test_another_duty_judges_anew_what_is_not_done_nor_set_by_hand() -> None:
    other = Terms(CALENDAR, {"dispatch": Allowance(1, "work_day")}, MONDAY)
    first = first_clocks(TERMS, "collected")
    now = at("2026-03-09T09:30")
    judged = moved(first, step("collected", "sort"), now, other)
    assert (judged["dispatch"].started_at, judged["dispatch"].due_at) == (
        MONDAY,
        at("2026-03-10T17:00"),
    )
    assert not judged["handle"].exists
    by_hand = with_deadline(first, "dispatch", at("2026-03-20T10:00"), now, TERMS)
    kept = moved(by_hand, step("collected", "sort"), now, other)
    assert kept["dispatch"].due_at == at("2026-03-20T10:00")


def test_a_deadline_set_by_hand_counts_and_is_reminded_of_anew() -> None:
    noted = first_clocks(TERMS, "collected")
    noted["dispatch"] = noted["dispatch"]._replace(reminded_at=MONDAY, escalated_at=MONDAY)
    now, until = at("2026-03-10T09:00"), at("2026-03-10T17:00")
    changed = with_deadline(noted, "dispatch", until, now, TERMS)["dispatch"]
    assert (changed.due_at, changed.extensions, changed.started_at) == (until, 1, MONDAY)
    assert (changed.reminded_at, changed.escalated_at) == (None, None)
    assert changed.remind_at == at("2026-03-10T15:30")
    fresh = with_deadline({}, "dispatch", until, now, Terms(CALENDAR, {}, MONDAY))["dispatch"]
    assert (fresh.started_at, fresh.state(now)) == (now, "running")


def test_without_working_hours_nothing_is_due() -> None:
    assert first_clocks(Terms(WorkCalendar({}), ALLOWED, MONDAY), "collected") == {}


def test_the_first_to_run_out_is_named() -> None:
    soon = first_due(along(*DISPATCHED).values())
    assert soon is not None
    assert soon.stage == "accept"
    assert first_due(along(("collected", "cancel", "2026-03-09T10:00")).values()) is None


@pytest.mark.parametrize("state", STATES)
def test_recorded_clocks_stand_as_the_state_says(state: str) -> None:
    until = MONDAY + timedelta(days=1)
    clocks = recorded_clocks(TERMS, state, until, {"dispatch": MONDAY + timedelta(hours=1)})
    told = {stage for stage, one in clocks.items() if one.running}
    assert told == set(STATE_TABLE[state].clocks)
    assert all(
        (one.paused_at is not None) == (state == "on_open_list")
        for one in clocks.values()
        if one.running
    )
    for one in clocks.values():
        _check(one)
    if state == "closed":
        assert all(one.met_at is not None for one in clocks.values())
        assert clocks["feed_back"].met_at == until
    assert list(clocks) == list(STAGES)


def test_what_is_recorded_is_kept_and_what_lies_before_is_taken_to_fit() -> None:
    early, until = MONDAY + timedelta(minutes=30), MONDAY + timedelta(days=3)
    accepted = recorded_clocks(TERMS, "closed", until, {"accept": early})
    assert accepted["accept"].met_at == early
    assert accepted["dispatch"].met_at == early
    assert accepted["handle"].started_at == early
    grid = recorded_clocks(TERMS, "closed", until, {"handle": early})
    assert [grid[one].met_at for one in ("dispatch", "handle")] == [early, early]
    assert grid["handle"].started_at == MONDAY
    assert grid["accept"].started_at is None
    for one in (*accepted.values(), *grid.values()):
        _check(one)


PEOPLE = [row for row in TRANSITIONS if row.action not in {"set_deadline", "remind", "escalate"}]
WALKS = st.lists(st.tuples(st.integers(0, 30), st.floats(0, 400)), max_size=25)


@given(WALKS, st.sets(st.sampled_from(STAGES)), st.booleans())
def test_along_any_way_the_clocks_of_the_state_run_and_none_runs_backwards(
    walk: list[tuple[int, float]],
    stages: set[str],
    known: bool,
) -> None:
    terms = Terms(CALENDAR, {stage: ALLOWED[stage] for stage in stages}, MONDAY)
    state, now = "collected" if known else "triage", MONDAY
    clocks = first_clocks(terms if known else Terms(CALENDAR, {}, MONDAY), state)
    for choice, hours in walk:
        rows = [row for row in PEOPLE if row.state == state]
        taken = rows[choice % len(rows)]
        now += timedelta(hours=hours)
        # A duty is known from the first step that needs one.
        duty = known or "duty" in taken.needs
        before, known = clocks, duty
        clocks = moved(clocks, taken, now, terms if duty else Terms(CALENDAR, {}, MONDAY))
        state = taken.next
        running = {stage for stage, one in clocks.items() if one.running}
        expected = set(STATE_TABLE[state].clocks) & stages if duty else set()
        assert running == expected, (taken, clocks)
        for stage, one in clocks.items():
            _check(one)
            _check_forward(before.get(stage), one)
        if state in ENDED:
            assert first_due(clocks.values()) is None


def _check(one: Clock) -> None:
    started = one.started_at
    assert started is not None or (one.met_at, one.paused_at, one.remind_at) == (None,) * 3
    if started is not None:
        assert started <= one.due_at
        assert one.met_at is None or started <= one.met_at
        assert one.paused_at is None or started <= one.paused_at


def _check_forward(before: Clock | None, after: Clock) -> None:
    if before is None or before.started_at is None or after.started_at is None:
        return
    assert after.started_at >= before.started_at
    if after.started_at == before.started_at:
        assert after.due_at >= before.due_at
        assert before.met_at in {None, after.met_at}
