"""The table of transitions as a whole: nothing unreachable, nothing without a way out."""

from __future__ import annotations

from geo.core.lifecycle import (
    ENDED,
    STATES,
    TRANSITIONS,
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


def test_what_has_ended_can_only_be_reopened() -> None:
    assert {state: allowed_actions(state) for state in ENDED} == dict.fromkeys(ENDED, ("reopen",))


def test_a_department_returns_only_with_a_reason() -> None:
    returns = [row for row in TRANSITIONS if row.action == "return"]
    assert returns
    assert all(row.needs == ("reason",) for row in returns)


def test_nothing_closes_without_verification() -> None:
    before_closing = {row.state for row in TRANSITIONS if row.next == "closed"}
    assert before_closing == {"fed_back"}
    leading = [row for row in TRANSITIONS if row.next == "fed_back" != row.state]
    assert {row.state for row in leading} == {"verified"}
