"""Queues (队列) of a board: which issues wait for which step, by state and what else is known.

Every open state is in one of the queues of steps; a queue may hold what another holds, too.
"""

from __future__ import annotations

from typing import NamedTuple

from geo.core.lifecycle import COLLECTED, ENDED, ON_OPEN_LIST, OPEN, TRIAGE


class Queue(NamedTuple):
    """One queue.

    Parameters
    ----------
    name
        Of the queue.
    states
        The states of its issues.
    unsure
        States whose issues are in it, too, where the position left the grid in doubt.
    overdue
        Whether a clock of theirs must run that is past its end.
    escalated
        Whether they must be the street's.
    """

    name: str
    states: tuple[str, ...]
    unsure: tuple[str, ...] = ()
    overdue: bool = False
    escalated: bool = False


QUEUES: dict[str, Queue] = {
    one.name: one
    for one in (
        Queue("triage", (TRIAGE,), unsure=(COLLECTED,)),
        Queue("sort", (COLLECTED,)),
        Queue("dispatch", ("sorted", "reopened")),
        Queue("returned", ("returned",)),
        Queue("handling", ("dispatched", "accepted", ON_OPEN_LIST)),
        Queue("accept", ("dispatched",)),
        Queue("in_hand", ("accepted",)),
        Queue("open_list", (ON_OPEN_LIST,)),
        Queue("verify", ("handled",)),
        Queue("feedback", ("verified", "fed_back")),
        Queue("overdue", OPEN, overdue=True),
        Queue("escalated", OPEN, escalated=True),
        Queue("open", OPEN),
        Queue("ended", tuple(sorted(ENDED))),
    )
}
"""Every queue, in the order of the loop."""
