"""The way of an issue that a file tells of, as steps of the table of transitions.

A file knows when stages were done (派单, 受理, 处理, 反馈), and leaves out what lies between. Steps
whose time nobody wrote down are there all the same, and say so: they never count as late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geo.core.lifecycle import CLOSED, COLLECTED, ON_OPEN_LIST, STAGES, TRIAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

NOT_RECORDED = "steps_recorded"
"""In an event's detail, and false there: that a file doesn't tell when the step was taken."""

UNKNOWN_STEP = "load"
"""The action of a step of which only its end is known."""

_ENDING = {CLOSED: "close", "duplicate": "mark_duplicate", "cancelled": "cancel"}
_ONWARD = {
    COLLECTED: ("sort", "sorted"),
    "sorted": ("dispatch", "dispatched"),
    "dispatched": ("accept", "accepted"),
    "accepted": ("handle", "handled"),
    "handled": ("verify", "verified"),
    "verified": ("feed_back", "fed_back"),
    "fed_back": ("close", CLOSED),
}
_LAST_STEP = {
    "returned": ("return", "dispatched"),
    ON_OPEN_LIST: ("carry_openly", "accepted"),
    "duplicate": ("mark_duplicate", COLLECTED),
}
_STAGES_BEHIND = {
    "dispatched": 1,
    "returned": 2,
    "accepted": 2,
    ON_OPEN_LIST: 2,
    "duplicate": 2,
    "handled": 3,
    "verified": 3,
    "fed_back": 4,
    CLOSED: 4,
}


class RecordedStep(NamedTuple):
    """One step of an issue's way.

    Parameters
    ----------
    at
        When; of a step that isn't recorded, the time of the one that follows it.
    action
        What was done; :data:`UNKNOWN_STEP` where that isn't known.
    from_state, to_state
        The states before and after.
    recorded
        Whether its time was written down.
    """

    at: datetime
    action: str
    from_state: str
    to_state: str
    recorded: bool


class Told(NamedTuple):
    """What a file tells of an issue's way.

    Parameters
    ----------
    first_state, state
        In which it came in, and in which it is.
    received_at, ended_at
        When it came in, and when it ended, if it has.
    done
        When stages were done, as far as that is written down.
    reopened_at
        When it was reopened: the stages were done before.
    """

    first_state: str
    state: str
    received_at: datetime
    ended_at: datetime | None = None
    done: Mapping[str, datetime] = {}
    reopened_at: datetime | None = None

    @property
    def by_the_grid(self) -> bool:
        """Whether the grid handled it itself: without sending it to a department."""
        return "handle" in self.done and not {"dispatch", "accept"} & self.done.keys()


def stages_behind(state: str) -> tuple[str, ...]:
    """Return the stages that may have been done in a state.

    Examples
    --------
    >>> stages_behind("accepted"), stages_behind("collected")
    (('dispatch', 'accept'), ())
    """
    return STAGES[: _STAGES_BEHIND.get(state, 0)]


def recorded_steps(told: Told) -> list[RecordedStep]:
    """Return the steps after the first, which is that the issue came in.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> nine, ten = (datetime(2026, 3, 9, hour, tzinfo=UTC) for hour in (9, 10))
    >>> recorded_steps(Told("collected", "collected", nine))
    []
    >>> [(one.action, one.recorded) for one in recorded_steps(
    ...     Told("collected", "dispatched", nine, done={"dispatch": ten}))]
    [('sort', False), ('dispatch', True)]
    """
    if told.reopened_at is None:
        return _timed(_pass(told, told.state), told, told.ended_at, _latest(told))
    steps = [
        *_timed(_pass(told, CLOSED), told, None, _latest(told)),
        RecordedStep(told.reopened_at, "reopen", CLOSED, "reopened", recorded=True),
    ]
    if told.state != "reopened":
        action = _ENDING.get(told.state, UNKNOWN_STEP)
        until = told.ended_at or told.reopened_at
        steps.append(RecordedStep(until, action, "reopened", told.state, recorded=False))
    return steps


def _latest(told: Told) -> datetime:
    return max(told.done.values(), default=told.received_at)


def _pass(told: Told, goal: str) -> Iterator[tuple[str, str, str]]:
    """Yield action, state before and state after, from the first state to another."""
    state = told.first_state
    if state == goal:
        return
    if not told.done:
        yield _ENDING.get(goal, UNKNOWN_STEP), state, goal
        return
    if state == TRIAGE:
        yield UNKNOWN_STEP, TRIAGE, COLLECTED
        state = COLLECTED
    last, before = _LAST_STEP.get(goal, ("", goal))
    if last:
        before = "accepted" if "accept" in told.done or goal == ON_OPEN_LIST else "dispatched"
    while state != before:
        action, following = _ONWARD[state]
        if state == "sorted" and told.by_the_grid:
            action, following = "handle", "handled"
        yield action, state, following
        state = following
    if last:
        yield last, state, goal


def _timed(
    steps: Iterator[tuple[str, str, str]], told: Told, ended_at: datetime | None, latest: datetime
) -> list[RecordedStep]:
    """Return steps with their times: those that nobody wrote down when the next one was taken."""
    found: list[RecordedStep] = []
    at = ended_at or latest
    for action, before, after in reversed(list(steps)):
        known = told.done.get(action) or (ended_at if action in _ENDING.values() else None)
        at = known or at
        whole = known is not None and bool(told.done)
        found.append(RecordedStep(at, action, before, after, recorded=whole))
    return found[::-1]
