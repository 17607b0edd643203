"""Reminders before a deadline (催办), and passing on after it (超期上报), each exactly once.

The row of a clock, with its times, is the queue: a process takes it under a lock, and writes the
event and the note that it was written in the same transaction. What breaks off was never done, and
what was done is not found again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geo.core.lifecycle import SERVICE, transition
from geo.flows.background import Recurring
from geo.store.acting import last_event
from geo.store.clockwork import note_escalated, note_reminded, take_overdue, take_to_remind
from geo.store.engine import owner_session
from geo.store.issues import add_event, add_to_outbox
from geo.store.publishing import clock

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from geo.store.clockwork import Taken

BATCH = 50
FIRST_LOOK_S = 3.0
LOOK_S = 15.0


def run_clocks(url: str | None = None) -> int:
    """Remind of every clock that is about to run out, pass on those that have, and count both.

    Any number of processes may do so at a time.

    Parameters
    ----------
    url
        The owner's address of the database; by default ours.
    """
    done = 0
    while True:
        with owner_session(url, SERVICE) as opened:
            now = clock(opened)
            overdue = take_overdue(opened, now, BATCH)
            soon = [] if overdue else take_to_remind(opened, now, BATCH)
            for taken in (*overdue, *soon):
                _note(opened, taken, "escalate" if overdue else "remind", now)
        done += len(overdue) + len(soon)
        if not overdue and not soon:
            return done


def _note(opened: Session, taken: Taken, action: str, now: datetime) -> None:
    """Write the event of a clock that has come to a time, and that it was written."""
    step = transition(taken.state, action)
    _, last_at = last_event(opened, taken.issue_id)
    at = max(now, last_at or now)
    field = "escalated_at" if action == "escalate" else "reminded_at"
    detail = {"stage": taken.stage, "due_at": taken.due_at.isoformat()}
    event = {
        "at": at,
        "action": action,
        "from_state": taken.state,
        "to_state": step.next if step else taken.state,
        "actor": SERVICE,
        "detail": {**detail, "noted": {field: at.isoformat()}},
    }
    sequence = add_event(opened, taken.issue_id, event)
    (note_escalated if action == "escalate" else note_reminded)(opened, taken, at)
    told = {"issue_id": str(taken.issue_id), "action": action, "state": taken.state}
    add_to_outbox(opened, "issue.changed", {**told, "event": sequence})


class Clockwork(Recurring):
    """Runs the clocks in a thread of the service.

    Parameters
    ----------
    url
        The owner's address of the database; by default the settings'.

    Attributes
    ----------
    looked_at
        When it last did what was due; ``None`` before that.
    """

    def __init__(self, url: str | None = None) -> None:
        fault = "reminders could not be written; they will be at the next look"
        super().__init__("clockwork", fault, first_s=FIRST_LOOK_S, every_s=LOOK_S, url=url)
        self.looked_at: datetime | None = None

    def turn(self) -> None:
        """Do what is due now."""
        run_clocks(self._url)
        self.looked_at = datetime.now(UTC)
