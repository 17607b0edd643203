"""How long each stage of an issue took, in working time, by replaying what happened to it.

A stage (派单 dispatch, 受理 accept, 处理 handle, 反馈 feed back) takes time while its clock runs by
the table of transitions; on the open list (挂账) it stands still. What nobody recorded is not
measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from geo.core.deadlines import COUNTED_FROM
from geo.core.lifecycle import STAGES, STATE_TABLE, transition
from geo.core.worktime import working_time_between

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from geo.core.worktime import WorkCalendar


class Step(NamedTuple):
    """One thing that happened to an issue.

    Parameters
    ----------
    at
        When.
    action
        What was done.
    from_state, to_state
        The states before and after; the first step has none before.
    recorded
        Whether its time was written down.
    """

    at: datetime
    action: str
    from_state: str | None
    to_state: str
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class StageTimes:
    """What is known of an issue's stages.

    Parameters
    ----------
    worked
        Working time of each stage that was done and recorded, all passes together: where an issue
        was returned, rejected or reopened, a stage is passed again.
    known
        Stages whose last pass began, and ended if it has, when somebody recorded it.
    """

    worked: dict[str, timedelta] = field(default_factory=dict)
    known: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Pass:
    """A stage that runs: how long by now, and whether its beginning is known."""

    worked: timedelta
    known: bool


def stage_times(calendar: WorkCalendar, received_at: datetime, steps: Iterable[Step]) -> StageTimes:
    """Return how long the stages of an issue took.

    Parameters
    ----------
    calendar
        When the offices work.
    received_at
        When it came in.
    steps
        In order; the first is that it came in.

    Examples
    --------
    >>> from datetime import UTC, datetime, time
    >>> from geo.core.worktime import WorkCalendar
    >>> calendar = WorkCalendar({day: ((time(9), time(17)),) for day in range(1, 6)})
    >>> nine, ten = (datetime(2026, 3, 9, hour, tzinfo=UTC) for hour in (9, 10))
    >>> came = Step(nine, "report", None, "sorted")
    >>> sent = Step(ten, "dispatch", "sorted", "dispatched")
    >>> stage_times(calendar, nine, [came, sent]).worked
    {'dispatch': datetime.timedelta(seconds=3600)}
    >>> sorted(stage_times(calendar, nine, [came, sent]).known)
    ['accept', 'dispatch', 'handle']
    >>> stage_times(calendar, nine, []).worked
    {}
    """
    replay = _Replay(calendar, received_at)
    for step in steps:
        replay.take(step)
    return StageTimes(
        {stage: replay.total[stage] for stage in replay.total if stage in replay.done},
        frozenset(stage for stage, known in {**replay.last, **replay.begun()}.items() if known),
    )


class _Replay:
    """The stages of an issue while its steps are taken one after the other."""

    def __init__(self, calendar: WorkCalendar, received_at: datetime) -> None:
        self.calendar, self.at = calendar, received_at
        self.running: dict[str, _Pass] = {}
        self.total: dict[str, timedelta] = {}
        self.last: dict[str, bool] = {}
        self.done: set[str] = set()
        self.state: str | None = None

    def begun(self) -> dict[str, bool]:
        """Return of every stage that runs whether its beginning is known."""
        return {stage: one.known for stage, one in self.running.items()}

    def take(self, step: Step) -> None:
        """Let time pass until a step, and take it."""
        self._pass_until(step.at)
        before = STATE_TABLE[self.state].clocks if self.state in STATE_TABLE else ()
        after = STATE_TABLE[step.to_state].clocks if step.to_state in STATE_TABLE else ()
        row = transition(step.from_state or "", step.action)
        # A step that the table doesn't have ends and begins what the two states say.
        starts = row.starts if row else [stage for stage in after if stage not in before]
        stops = row.stops if row else [stage for stage in before if stage not in after]
        known = step.recorded and (row is not None or step.from_state is None)
        met: dict[str, _Pass] = {}
        for stage in row.meets if row else ():
            self._meet(stage, met, known=known)
        for stage in (*stops, *starts):
            self._stop(stage, known=known)
        for stage in starts:
            self.running[stage] = _Pass(timedelta(), known)
        if after and self.state != step.to_state:
            self._forget([*starts, *STAGES[max(STAGES.index(one) for one in after) + 1 :]])
        self.state = step.to_state

    def _pass_until(self, at: datetime) -> None:
        paused = self.state in STATE_TABLE and STATE_TABLE[self.state].paused
        if self.running and not paused and at > self.at:
            worked = working_time_between(self.calendar, self.at, at).worked
            for one in self.running.values():
                one.worked += worked
        self.at = max(self.at, at)

    def _meet(self, stage: str, met: dict[str, _Pass], *, known: bool) -> None:
        """End a stage that is done; one that had not begun ran since what it counts from."""
        ended = self.running.pop(stage, None) or met.get(COUNTED_FROM[stage])
        self.last[stage] = known and ended is not None and ended.known
        if ended is not None:
            met[stage] = ended
        if ended is not None and self.last[stage]:
            self.total[stage] = self.total.get(stage, timedelta()) + ended.worked
            self.done.add(stage)

    def _forget(self, stages: Iterable[str]) -> None:
        """Forget how stages ended that are to be passed again."""
        for stage in stages:
            self.last.pop(stage, None)

    def _stop(self, stage: str, *, known: bool) -> None:
        """End a pass that leads nowhere: its time counts once the stage is done after all."""
        ended = self.running.pop(stage, None)
        if ended is not None and ended.known and known:
            self.total[stage] = self.total.get(stage, timedelta()) + ended.worked
