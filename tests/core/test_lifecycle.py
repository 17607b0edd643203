"""The table of transitions as a whole: nothing unreachable, nothing without a way out."""

from __future__ import annotations

from geo.core.lifecycle import (
    ACTIONS,
    ENDED,
    SERVICE,
    STATE_TABLE,
    STATES,
    TRANSFERS,
    TRANSITIONS,
    actions_of,
    allowed_actions,
    first_state,
    transition,
)


def reachable_from(state: str) -> set[str]:
    found, waiting = {state}, [state]
    while waiting:
        current = waiting.pop()
        for action in allowed_actions(current):
            step = transition(current, action)
            assert step is not None
            if step.next not in found:
                found.add(step.next)
                waiting.append(step.next)
    return found


def test_every_state_is_reached_from_intake_and_can_end() -> None:
    entries = {
        first_state(routed=routed, sorted_out=known)
        for routed in (False, True)
        for known in (False, True)
    }
    assert set().union(*(reachable_from(state) for state in entries)) == set(STATES)
    assert all("closed" in reachable_from(state) for state in STATES)


def test_the_table_names_known_states_once() -> None:
    assert {row.state for row in TRANSITIONS} | {row.next for row in TRANSITIONS} == set(STATES)
    pairs = [(row.state, row.action) for row in TRANSITIONS]
    assert len(pairs) == len(set(pairs))


def test_what_has_ended_can_only_be_reopened_and_shown_or_hidden() -> None:
    left = ("reopen", "show", "hide")
    assert {state: allowed_actions(state) for state in ENDED} == dict.fromkeys(ENDED, left)
    leading = {row.action for row in TRANSITIONS if row.state in ENDED and row.next != row.state}
    assert leading == {"reopen"}


def test_what_residents_see_is_moderated_in_every_state() -> None:
    for state in STATES:
        assert {"show", "hide"} <= set(actions_of(state, {"street_dispatcher"})), state
        assert {"show", "hide"}.isdisjoint(actions_of(state, {"department_handler"})), state


def test_a_department_returns_only_with_a_reason() -> None:
    returns = [row for row in TRANSITIONS if row.action == "return"]
    assert returns
    assert all(row.needs == ("reason",) for row in returns)


def test_nothing_closes_without_verification() -> None:
    before_closing = {row.state for row in TRANSITIONS if row.next == "closed" != row.state}
    assert before_closing == {"fed_back"}
    leading = [row for row in TRANSITIONS if row.next == "fed_back" != row.state]
    assert {row.state for row in leading} == {"verified"}


def test_every_step_is_somebody_s_and_the_one_to_act_has_one() -> None:
    acts = {"desk": "street_dispatcher", "grid": "grid_worker", "department": "department_handler"}
    assert all(row.who for row in TRANSITIONS)
    for state in STATE_TABLE.values():
        leading = [row for row in TRANSITIONS if row.state == state.name != row.next]
        if state.owner:
            assert any(acts[state.owner] in row.who for row in leading), state
        else:
            assert state.clocks == ()


def test_clocks_start_and_end_with_the_states_in_which_they_run() -> None:
    for row in TRANSITIONS:
        before, after = set(STATE_TABLE[row.state].clocks), set(STATE_TABLE[row.next].clocks)
        assert after == (before - set(row.meets) - set(row.stops)) | set(row.starts), row
        assert set(row.stops).isdisjoint(row.meets)


def test_one_state_alone_pauses() -> None:
    assert [state.name for state in STATE_TABLE.values() if state.paused] == ["on_open_list"]


def test_the_service_s_own_steps_are_nobody_else_s() -> None:
    own = {row.action for row in TRANSITIONS if SERVICE in row.who}
    assert own == {"remind", "escalate"}
    assert own.isdisjoint(ACTIONS)
    assert all(row.state == row.next for row in TRANSITIONS if row.action in own)
    everybody = {"grid_worker", "community_staff", "street_dispatcher", "department_handler"}
    assert all(set(actions_of(state, everybody)) == set(allowed_actions(state)) for state in STATES)


def test_what_is_the_street_s_is_transferred_by_the_desk_alone() -> None:
    handler, desk = {"department_handler"}, {"street_dispatcher"}
    assert "transfer_department" in actions_of("dispatched", handler)
    assert "transfer_department" not in actions_of("dispatched", handler, escalated=True)
    assert set(actions_of("dispatched", desk, escalated=True)) >= TRANSFERS
