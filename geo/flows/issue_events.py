"""What happens to issues, told at once to those who watch, in whichever process it happened.

One thread a process reads the events as they are committed, while anybody listens, and passes them
on. Whether a listener may know of one is decided by the database, in the listener's own name; see
:func:`seen_by`. Nothing is told by notifications of the database: they make all who act commit one
after the other.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from geo.core.watermark import Gap, Watermark
from geo.flows.background import Recurring
from geo.flows.telling import Line
from geo.store import issue_watch
from geo.store.engine import owner_session, session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from geo.store.asking import Asker
    from geo.store.issue_watch import Fact

ACTOR = "events"
POLL_S = 0.7
MOST_LISTENERS = 500
"""How many listen in one process at the same time."""

MOST_TOLD = 1000
"""How much is told one by one: who has missed more reads their list anew."""


class Heard(NamedTuple):
    """Something that listeners are told.

    Parameters
    ----------
    facts
        What happened, in order.
    position
        Whoever comes again with it is told whatever happened since.
    top
        Number of the last event that was read.
    too_much
        Whether more happened than is told one by one.
    ended
        Whether nothing more will be told.
    """

    facts: tuple[Fact, ...] = ()
    position: int = 0
    top: int = 0
    too_much: bool = False
    ended: bool = False


class IssueEvents(Recurring):
    """What one process hears of issues, and how it tells those who listen.

    Parameters
    ----------
    url
        The owner's address of the database; by default the settings'.
    """

    def __init__(self, url: str | None = None) -> None:
        fault = "what happens to issues could not be read"
        super().__init__("issue-events", fault, first_s=0.0, every_s=POLL_S, url=url)
        self._lock = Lock()
        self._lines: list[Line[Heard]] = []
        self._new: list[Line[Heard]] = []
        self._mark: Watermark | None = None

    def stop(self) -> None:
        """End the thread, and what everybody here is told."""
        self.end()
        super().stop()

    def end(self) -> None:
        """Tell everybody who listens here that nothing more will be told."""
        with self._lock:
            everybody = [*self._lines, *self._new]
        for one in everybody:
            one.end()

    def has_room(self) -> bool:
        """Tell whether one more may listen in this process."""
        with self._lock:
            return len(self._lines) + len(self._new) < MOST_LISTENERS

    @contextmanager
    def listen(self) -> Iterator[Line[Heard]]:
        """Listen, in a coroutine. What is told first has no facts: it says where one begins."""
        line: Line[Heard] = Line(Heard(ended=True))
        with self._lock:
            self._new.append(line)
        self.wake()
        try:
            yield line
        finally:
            with self._lock:
                for lines in (self._lines, self._new):
                    if line in lines:
                        lines.remove(line)

    def turn(self) -> None:
        """Read what is new and pass it on; then let those begin who have come meanwhile.

        Whoever begins is told a position that was reached before: what they read by themselves
        afterwards, and what they are told from then on, leave nothing out.
        """
        if not self._anybody():
            self._mark = None
            return
        facts = self._read()
        mark = self._mark
        if mark is None:
            return
        too_much = len(facts) > MOST_TOLD
        heard = Heard(() if too_much else tuple(facts), mark.position, mark.top, too_much)
        with self._lock:
            listening, beginning = list(self._lines), self._new
            self._lines.extend(beginning)
            self._new = []
        if facts:
            for one in listening:
                one.tell(heard)
        for one in beginning:
            one.tell(Heard((), mark.position, mark.top))

    def _read(self) -> list[Fact]:
        with owner_session(self._url, ACTOR) as opened:
            running = issue_watch.horizon(opened)
            now_s = time.monotonic()
            if self._mark is None:
                top = issue_watch.highest(opened)
                missing = issue_watch.missing_below(opened, top)
                self._mark = Watermark(top, [Gap(*one, now_s) for one in missing])
                return []
            facts = [
                *issue_watch.facts_between(opened, self._mark.wanted()),
                *issue_watch.facts_above(opened, self._mark.top),
            ]
        self._mark.take([one.id for one in facts], running, now_s)
        return facts

    def _anybody(self) -> bool:
        with self._lock:
            return bool(self._lines or self._new)

    def _pause_s(self) -> float | None:
        return super()._pause_s() if self._anybody() else None


def missed(after: int, url: str | None = None) -> list[Fact] | None:
    """Return what happened since a position, in order; ``None`` when it is too much to tell."""
    with owner_session(url, ACTOR) as opened:
        facts = issue_watch.facts_above(opened, after, MOST_TOLD + 1)
    return None if len(facts) > MOST_TOLD else facts


def seen_by(facts: Sequence[Fact], asker: Asker, url: str | None = None) -> list[dict[str, Any]]:
    """Return what somebody is told of what happened, in order.

    Parameters
    ----------
    facts
        What happened.
    asker
        Who is told. Of issues that there are not for them they learn nothing, but that one is gone
        which they could read until then.
    url
        The database; by default the settings'.

    Returns
    -------
    list of dict
        Of JSON values: ``id``, ``number``, ``version``, ``action``, ``state`` and ``at``, or ``id``
        and ``gone``.
    """
    if not facts:
        return []
    with session(url, asker) as opened:
        seen = issue_watch.seen_issues(opened, {one.issue_id for one in facts})
        unseen = [one.id for one in facts if one.issue_id not in seen]
        lost = issue_watch.had(opened, unseen) if unseen else set()
    told = []
    for one in facts:
        issue = seen.get(one.issue_id)
        if issue is not None:
            at = one.at.astimezone(ZoneInfo(issue.timezone)).isoformat()
            named = {"id": str(one.issue_id), "number": issue.number, "version": one.version}
            told.append({**named, "action": one.action, "state": one.state, "at": at})
        elif one.id in lost:
            told.append({"id": str(one.issue_id), "gone": True})
    return told
