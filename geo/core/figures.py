"""Figures (统计) of issues: rows in, counts and medians out, by whatever they are grouped by.

Every count is of issues that were received in the period, so that the parts add up: received are
those that are closed, those in hand, and those that ended otherwise (duplicates, cancelled).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Literal, NamedTuple

from geo.core.lifecycle import CLOSED, ENDED, STAGES
from geo.core.stage_times import stage_times

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from datetime import datetime

    from geo.core.clocks import Clock
    from geo.core.stage_times import StageTimes, Step
    from geo.core.worktime import WorkCalendar

By = Literal["grid", "community", "duty", "department", "month"]
GROUPINGS: tuple[By, ...] = ("grid", "community", "duty", "department", "month")

Kept = Literal["on_time", "late", "not_recorded", "no_deadline"]

COUNTS = (
    *("received", "closed", "in_hand", "ended_otherwise", "on_time", "late", "not_recorded"),
    *("no_deadline", "overdue", "reopened", "returned", "transfers"),
)
"""What is counted, in the order of tables; each is a sum over issues."""

SECONDS_IN_HOUR = 3600
PERCENT = 100.0


class History(NamedTuple):
    """What is known of one issue.

    Parameters
    ----------
    state
        In which it is.
    received_at
        When it came in.
    steps
        What happened to it, in order.
    clocks
        Of its stages.
    transfers
        How often it was sent elsewhere.
    """

    state: str
    received_at: datetime
    steps: Sequence[Step]
    clocks: Sequence[Clock]
    transfers: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One issue as it is counted.

    Parameters
    ----------
    keys
        By what it may be grouped: the key of its row in each grouping; ``None`` where it has none.
    counts
        What it adds to each of :data:`COUNTS`; what isn't there is 0.
    hours
        Working hours of the stages that were done and recorded.
    """

    keys: Mapping[By, Hashable]
    counts: Mapping[str, int]
    hours: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of some issues.

    Parameters
    ----------
    counts
        Every one of :data:`COUNTS`.
    median_hours
        Median working hours by stage; ``None`` where no issue has it recorded.
    measured
        Of how many issues each median is.
    """

    counts: dict[str, int]
    median_hours: dict[str, float | None]
    measured: dict[str, int]

    @property
    def on_time_pct(self) -> float | None:
        """Share of what was closed on time in what is known to have been on time or late."""
        known = self.counts["on_time"] + self.counts["late"]
        return PERCENT * self.counts["on_time"] / known if known else None


@dataclass(frozen=True, slots=True)
class Table:
    """Figures by the rows of one grouping, and of all together.

    Parameters
    ----------
    by
        What the rows are.
    rows
        By key; ``None`` holds the issues that have none.
    total
        Of all issues, counted once more and not added up.
    """

    by: By
    rows: dict[Hashable, Figures] = field(default_factory=dict)
    total: Figures = field(default_factory=lambda: figures_of(()))


def judge(
    history: History, calendar: WorkCalendar, now: datetime
) -> tuple[dict[str, int], dict[str, float]]:
    """Return what an issue adds to each count, and how long its stages took.

    Parameters
    ----------
    history
        Of the issue.
    calendar
        When the offices work.
    now
        By which a clock is late that still runs.

    Returns
    -------
    tuple
        Counts by name, only those that aren't 0, and working hours by stage.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from geo.core.worktime import WorkCalendar
    >>> now = datetime(2026, 3, 9, tzinfo=UTC)
    >>> judge(History("collected", now, [], []), WorkCalendar({}), now)
    ({'received': 1, 'in_hand': 1}, {})
    """
    times = stage_times(calendar, history.received_at, history.steps)
    actions = {step.action for step in history.steps}
    counts = {
        "received": 1,
        _outcome(history.state): 1,
        "overdue": int(history.state not in ENDED and _is_overdue(history.clocks, times, now)),
        "reopened": int("reopen" in actions),
        "returned": int("return" in actions),
        "transfers": history.transfers,
    }
    if history.state == CLOSED:
        counts[kept(history.clocks, times)] = 1
    hours = {
        stage: worked.total_seconds() / SECONDS_IN_HOUR for stage, worked in times.worked.items()
    }
    return {name: count for name, count in counts.items() if count}, hours


def kept(clocks: Iterable[Clock], times: StageTimes) -> Kept:
    """Tell whether an issue that was closed kept its deadlines.

    It was late when a stage is recorded to have ended after its deadline. It was on time when every
    stage that had a deadline is recorded to have kept it.

    Examples
    --------
    >>> from geo.core.stage_times import StageTimes
    >>> kept([], StageTimes())
    'no_deadline'
    """
    met = [one for one in clocks if one.started_at is not None and one.met_at is not None]
    if any(one.met_at > one.due_at for one in met if one.met_at and one.stage in times.known):
        return "late"
    if not met:
        return "no_deadline"
    return "on_time" if all(one.stage in times.known for one in met) else "not_recorded"


def table(cases: Sequence[Case], by: By) -> Table:
    """Return the figures by the rows of a grouping; see :class:`Table`.

    Examples
    --------
    >>> table([], "grid").total.counts["received"]
    0
    """
    groups: defaultdict[Hashable, list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.keys[by]].append(case)
    return Table(by, {key: figures_of(group) for key, group in groups.items()}, figures_of(cases))


def received_by_month(cases: Iterable[Case], by: By) -> dict[Hashable, Counter[Hashable]]:
    """Return how many issues of each row were received in each month.

    Examples
    --------
    >>> received_by_month([Case({"duty": "D1", "month": "2026-03"}, {"received": 1}, {})], "duty")
    {'D1': Counter({'2026-03': 1})}
    >>> received_by_month([], "duty")
    {}
    """
    found: defaultdict[Hashable, Counter[Hashable]] = defaultdict(Counter)
    for case in cases:
        found[case.keys[by]][case.keys["month"]] += case.counts.get("received", 0)
    return dict(found)


def figures_of(cases: Iterable[Case]) -> Figures:
    """Return the figures of some issues.

    Examples
    --------
    >>> cases = [Case({}, {"received": 1}, {"handle": 3.0}), Case({}, {}, {"handle": 5.0})]
    >>> found = figures_of(cases)
    >>> found.counts["received"], found.median_hours["handle"], found.measured["handle"]
    (1, 4.0, 2)
    >>> figures_of([]).on_time_pct is None
    True
    """
    counts = dict.fromkeys(COUNTS, 0)
    hours: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for case in cases:
        for name, count in case.counts.items():
            counts[name] += count
        for stage, worked in case.hours.items():
            hours[stage].append(worked)
    medians = {stage: median(found) if found else None for stage, found in hours.items()}
    return Figures(counts, medians, {stage: len(found) for stage, found in hours.items()})


def _outcome(state: str) -> str:
    if state == CLOSED:
        return "closed"
    return "ended_otherwise" if state in ENDED else "in_hand"


def _is_overdue(clocks: Iterable[Clock], times: StageTimes, now: datetime) -> bool:
    """Tell whether a clock is past its end that is recorded to have begun."""
    return any(one.state(now) == "overdue" and one.stage in times.known for one in clocks)
