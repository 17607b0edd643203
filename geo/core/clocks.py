"""The clocks of an issue: one a stage, in working time, moved by the table of transitions.

A clock runs from ``started_at`` until ``met_at``. It stands still while the issue is on the open
list (挂账), and keeps the working time that is left. Before its stage begins it is a forecast: what
has not happened yet is taken to happen when it is due.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from geo.core.deadlines import COUNTED_FROM
from geo.core.lifecycle import CLOSED, COLLECTED, ENDED, STAGES, STATE_TABLE, TRIAGE
from geo.core.worktime import due_at, later_by, working_time_between

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from geo.core.deadlines import Allowance
    from geo.core.lifecycle import Transition
    from geo.core.worktime import WorkCalendar

PERCENT = 100.0

Clocks = dict[str, "Clock"]
"""The clocks of an issue by stage; a stage without a deadline has none."""


class Clock(NamedTuple):
    """The clock of one stage.

    Parameters
    ----------
    stage
        Of :data:`geo.core.lifecycle.STAGES`.
    due_at
        When its time is over.
    started_at, met_at, paused_at
        Since when it runs, when the stage was done, since when it stands still.
    amount, unit
        What the catalogue allows; ``None`` where somebody has set a time of their own accord.
    extensions
        How often somebody has set another time.
    remind_at
        When a reminder is due.
    reminded_at, escalated_at
        When somebody was reminded of this time, and when it was passed on to the street.
    """

    stage: str
    due_at: datetime
    started_at: datetime | None = None
    met_at: datetime | None = None
    paused_at: datetime | None = None
    amount: int | None = None
    unit: str | None = None
    extensions: int = 0
    remind_at: datetime | None = None
    reminded_at: datetime | None = None
    escalated_at: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether its time counts: begun and not done; it may stand still."""
        return self.started_at is not None and self.met_at is None

    @property
    def exists(self) -> bool:
        """Whether there is a deadline at all, by the catalogue or by somebody's hand."""
        return self.started_at is not None or self.amount is not None

    def state(self, now: datetime) -> str:
        """Return how it stands.

        ``forecast``, ``running``, ``overdue``, ``paused``, ``met``, or ``missed`` where the stage
        was done late.
        """
        if self.started_at is None:
            return "forecast"
        if self.met_at is not None:
            return "met" if self.met_at <= self.due_at else "missed"
        if self.paused_at is not None:
            return "paused"
        return "overdue" if now > self.due_at else "running"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an issue's clocks go by.

    Parameters
    ----------
    calendar
        When the offices work.
    allowances
        How long each stage may take, by the version of the duty that the issue is judged by.
    received_at
        When it came in.
    remind_left_pct
        Share of a deadline's working time that is left when somebody is reminded, percent.
    """

    calendar: WorkCalendar
    allowances: Mapping[str, Allowance]
    received_at: datetime
    remind_left_pct: float = 25.0


def first_clocks(terms: Terms, state: str) -> Clocks:
    """Return the clocks of an issue that has just come in.

    Examples
    --------
    >>> from datetime import UTC, datetime, time
    >>> from geo.core.deadlines import Allowance
    >>> from geo.core.worktime import WorkCalendar
    >>> calendar = WorkCalendar({day: ((time(9), time(17)),) for day in range(1, 6)})
    >>> monday = datetime(2026, 3, 9, 9, tzinfo=UTC)
    >>> allowed = {"dispatch": Allowance(4, "work_hour"), "handle": Allowance(1, "work_day")}
    >>> clocks = first_clocks(Terms(calendar, allowed, monday), "collected")
    >>> [(one.stage, one.state(monday), f"{one.due_at:%a %H:%M}") for one in clocks.values()]
    [('dispatch', 'running', 'Mon 13:00'), ('handle', 'forecast', 'Tue 17:00')]
    >>> f"{clocks['dispatch'].remind_at:%a %H:%M}"
    'Mon 12:00'
    >>> first_clocks(Terms(calendar, {}, monday), "triage")
    {}
    """
    clocks = _with_forecasts({}, terms.received_at, terms)
    begun = terms.received_at
    return _running(clocks, STATE_TABLE[state].clocks, begun, terms, begun)


def recorded_clocks(
    terms: Terms, state: str, until: datetime, done: Mapping[str, datetime] | None = None
) -> Clocks:
    """Return the clocks of an issue that a file tells of.

    A stage is taken to have been done when it was due, where the file doesn't say when; the last
    one of an issue that has ended, when that was.

    Parameters
    ----------
    terms
        What the clocks go by.
    state
        Of the issue.
    until
        When it ended, or was told of.
    done
        When stages were done, as far as that is recorded.

    Examples
    --------
    >>> from datetime import UTC, datetime, time, timedelta
    >>> from geo.core.deadlines import Allowance
    >>> from geo.core.worktime import WorkCalendar
    >>> calendar = WorkCalendar({day: ((time(9), time(17)),) for day in range(1, 6)})
    >>> monday = datetime(2026, 3, 9, 9, tzinfo=UTC)
    >>> allowed = {"dispatch": Allowance(4, "work_hour"), "handle": Allowance(1, "work_day")}
    >>> terms = Terms(calendar, allowed, monday)
    >>> clocks = recorded_clocks(terms, "closed", monday + timedelta(days=3))
    >>> [(one.stage, one.state(monday), f"{one.met_at:%a %H:%M}") for one in clocks.values()]
    [('dispatch', 'met', 'Mon 13:00'), ('handle', 'missed', 'Thu 09:00')]
    >>> recorded_clocks(Terms(calendar, {}, monday), "closed", monday)
    {}
    """
    clocks = _with_forecasts({}, terms.received_at, terms)
    if state in ENDED - {CLOSED} or not clocks:
        return clocks
    given = dict(done or {})
    by_the_grid = "handle" in given and given.keys().isdisjoint({"dispatch", "accept"})
    if by_the_grid:
        given["dispatch"] = given["handle"]
        clocks.pop("accept", None)
    ends = {"receipt": terms.received_at}
    for stage in _begun_stages(state):
        counted_from = "receipt" if by_the_grid and stage == "handle" else COUNTED_FROM[stage]
        latest = min(
            [until, *(given[one] for one in STAGES[STAGES.index(stage) :] if one in given)]
        )
        begins = min(ends[counted_from], latest)
        clock = clocks.get(stage)
        ends[stage] = given.get(stage, begins)
        if clock is not None:
            clock = _started(clock, begins, terms)
            if stage not in STATE_TABLE[state].clocks:
                ended = state == CLOSED and stage == list(clocks)[-1]
                assumed = until if ended else min(clock.due_at, latest)
                clock = clock._replace(met_at=given.get(stage, assumed))
            clocks[stage] = _paused(clock, begins) if STATE_TABLE[state].paused else clock
            ends[stage] = clock.met_at or clock.due_at
    return _with_forecasts(clocks, terms.received_at, terms)


def _begun_stages(state: str) -> tuple[str, ...]:
    """Return the stages that have begun in a state: those behind, and those that run."""
    running = STATE_TABLE[state].clocks
    return STAGES[: max((STAGES.index(stage) for stage in running), default=len(STAGES) - 1) + 1]


def moved(clocks: Clocks, step: Transition, at: datetime, terms: Terms) -> Clocks:
    """Return the clocks after a step of the table.

    Parameters
    ----------
    clocks
        Before it.
    step
        The transition.
    at
        When it is taken.
    terms
        What the clocks go by from now on; where another duty allows something else, unmet stages
        are judged anew, but for those whose time somebody has set.
    """
    following = STATE_TABLE[step.next]
    after = {stage: _judged(clock, terms) for stage, clock in clocks.items()}
    if not following.paused:
        after = {stage: _resumed(clock, at, terms) for stage, clock in after.items()}
    for stage in step.meets:
        if stage in after:
            after[stage] = _met(stage, after, at, terms)
    for stage in _given_up(step, after):
        after[stage] = _back_to_forecast(after[stage])
    after = _with_forecasts(after, at, terms)
    first = terms.received_at if step.state in {TRIAGE, COLLECTED} else at
    after = _running(after, following.clocks, at, terms, first)
    after = _with_forecasts(after, at, terms)
    if following.paused:
        after = {stage: _paused(clock, at) for stage, clock in after.items()}
    return after


def with_deadline(clocks: Clocks, stage: str, due: datetime, at: datetime, terms: Terms) -> Clocks:
    """Return the clocks with another end of one stage, set by somebody (延期).

    A stage that the catalogue gives no time begins to run with it.
    """
    before = clocks.get(stage) or Clock(stage, due)
    started_at = before.started_at or at
    changed = before._replace(
        due_at=due,
        started_at=started_at,
        extensions=before.extensions + 1,
        remind_at=_remind_at(max(started_at, at), due, terms),
        reminded_at=None,
        escalated_at=None,
    )
    return _with_forecasts({**clocks, stage: changed}, at, terms)


def first_due(clocks: Iterable[Clock]) -> Clock | None:
    """Return the running clock that is due first.

    Examples
    --------
    >>> first_due([]) is None
    True
    """
    running = [clock for clock in clocks if clock.running]
    return min(running, key=lambda clock: clock.due_at, default=None)


def _given_up(step: Transition, clocks: Clocks) -> list[str]:
    """Return the stages that begin anew, are still to come, or nobody waits for any more."""
    following = STATE_TABLE[step.next]
    if following.owner is None:
        return [stage for stage, clock in clocks.items() if clock.running]
    if step.state == step.next or not following.clocks:
        return [stage for stage in step.starts if stage in clocks]
    last = max(STAGES.index(stage) for stage in following.clocks)
    return [stage for stage in clocks if stage in step.starts or STAGES.index(stage) > last]


def _judged(clock: Clock, terms: Terms) -> Clock:
    """Return an unmet clock by what is allowed now."""
    allowed = terms.allowances.get(clock.stage)
    given = (allowed.amount, allowed.unit) if allowed else (None, None)
    if clock.met_at is not None or (clock.amount, clock.unit) == given:
        return clock
    judged = clock._replace(amount=given[0], unit=given[1])
    if not clock.running or clock.extensions:
        return judged
    return judged if clock.started_at is None else _started(judged, clock.started_at, terms)


def _met(stage: str, clocks: Clocks, at: datetime, terms: Terms) -> Clock:
    """Return a clock whose stage is done; if it had not begun, it ran since what it counts from."""
    clock = clocks[stage]
    if not clock.exists or clock.met_at is not None:
        return clock
    before = clocks.get(COUNTED_FROM[stage])
    begun = clock.started_at or (before.started_at if before else None) or terms.received_at
    return clock._replace(started_at=begun, met_at=at, due_at=max(clock.due_at, begun))


def _back_to_forecast(clock: Clock) -> Clock:
    """Return a clock that has not begun, without what somebody set or noted for the last time."""
    return Clock(clock.stage, clock.due_at, amount=clock.amount, unit=clock.unit)


def _started(clock: Clock, begun: datetime, terms: Terms) -> Clock:
    """Return a clock that runs, or one of no deadline where nothing is allowed."""
    allowed = terms.allowances.get(clock.stage)
    due = due_at(terms.calendar, begun, *allowed) if allowed else None
    if due is None:
        return _back_to_forecast(clock)
    return clock._replace(
        started_at=begun,
        met_at=None,
        due_at=due.at,
        remind_at=_remind_at(begun, due.at, terms),
        reminded_at=None,
        escalated_at=None,
    )


def _running(
    clocks: Clocks, stages: Iterable[str], at: datetime, terms: Terms, first: datetime
) -> Clocks:
    """Return the clocks with those of some stages running, the others as they are.

    Dispatch that never was begun runs since ``first``; everything else since now.
    """
    after = dict(clocks)
    for stage in stages:
        clock = after.get(stage)
        if clock is not None and not clock.running:
            never = stage == "dispatch" and clock.met_at is None
            after[stage] = _started(clock, first if never else at, terms)
    return after


def _with_forecasts(clocks: Clocks, at: datetime, terms: Terms) -> Clocks:
    """Return the clocks with a forecast for every stage that has a deadline and has not begun."""
    after, ends = {}, {"receipt": terms.received_at}
    for stage in STAGES:
        clock, begins = clocks.get(stage), ends[COUNTED_FROM[stage]]
        if clock is None or clock.started_at is None:
            clock = _forecast(stage, begins, terms) or clock
        if clock is not None:
            after[stage] = clock
        ends[stage] = _end(clock, begins, at)
    return after


def _forecast(stage: str, begins: datetime, terms: Terms) -> Clock | None:
    allowed = terms.allowances.get(stage)
    due = due_at(terms.calendar, begins, *allowed) if allowed else None
    return (
        Clock(stage, due.at, amount=allowed.amount, unit=allowed.unit) if allowed and due else None
    )


def _end(clock: Clock | None, begins: datetime, at: datetime) -> datetime:
    if clock is None or not clock.exists:
        return begins
    return clock.met_at or max(clock.due_at, at)


def _paused(clock: Clock, at: datetime) -> Clock:
    stands = not clock.running or clock.paused_at is not None
    return clock if stands else clock._replace(paused_at=at)


def _resumed(clock: Clock, at: datetime, terms: Terms) -> Clock:
    """Return a clock that goes on with the working time that was left; what was late stays late."""
    if clock.paused_at is None:
        return clock
    due = _later(clock.due_at, clock.paused_at, at, terms)
    remind = clock.remind_at and _later(clock.remind_at, clock.paused_at, at, terms)
    return clock._replace(paused_at=None, due_at=due, remind_at=remind)


def _later(instant: datetime, paused_at: datetime, at: datetime, terms: Terms) -> datetime:
    """Return an instant as far in working time after resuming as it was after pausing."""
    if instant <= paused_at:
        return instant
    left = working_time_between(terms.calendar, paused_at, instant).worked
    return max(instant, later_by(terms.calendar, at, left))


def _remind_at(begun: datetime, due: datetime, terms: Terms) -> datetime:
    """Return when a share of the working time is left, and at the end where there is none."""
    whole = working_time_between(terms.calendar, begun, due).worked
    used = whole * (1 - terms.remind_left_pct / PERCENT)
    return min(later_by(terms.calendar, begun, used), due) if whole else due
