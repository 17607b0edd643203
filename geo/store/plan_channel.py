"""The channel on which the database tells what is new about drafts, when transactions commit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg

from geo.store.engine import plain_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event
    from typing import Any

CHANNEL = "hongge_plan"


@dataclass(frozen=True, slots=True)
class Told:
    """Something new about a draft: ``entry``, ``comment`` … and its key."""

    draft_id: UUID
    what: str
    key: str


class Channel:
    """An open channel.

    Parameters
    ----------
    connection
        That listens, and commits by itself.
    poll_s
        How long to wait for something new, in seconds.
    """

    def __init__(self, connection: psycopg.Connection[Any], poll_s: float) -> None:
        self._connection = connection
        self._poll_s = poll_s

    def heard(self) -> Iterator[Told]:
        """Yield what has been told since the last time, or is within ``poll_s`` seconds."""
        for notice in self._connection.notifies(timeout=self._poll_s, stop_after=1):
            told = json.loads(notice.payload)
            if told["draft_id"] is not None:
                yield Told(UUID(told["draft_id"]), told["what"], told["key"])

    def announce(self, message: tuple[UUID, str]) -> None:
        """Tell every process who has a draft open."""
        draft_id, key = message
        self._connection.execute("SELECT tell_of_plan(%s, 'presence', %s)", [draft_id, key])


def hear_of_plans(
    url: str,
    turn: Callable[[Channel], None],
    missed: Callable[[], None],
    stop: Event,
    *,
    poll_s: float,
) -> None:
    """Call ``turn`` with the open channel again and again, until ``stop`` is set.

    Parameters
    ----------
    url
        Where to sign in.
    turn
        Reads the channel; called in this thread.
    missed
        Called when the channel is open again after it was lost: what was told meanwhile was missed.
    stop
        Ends it, within ``poll_s`` seconds.
    poll_s
        How long to wait for something new, and before trying again.
    """
    lost = False
    while not stop.is_set():
        try:
            with psycopg.connect(
                plain_url(url), autocommit=True, application_name="hongge-plans", connect_timeout=5
            ) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                if lost:
                    missed()
                channel = Channel(connection, poll_s)
                while not stop.is_set():
                    turn(channel)
        except psycopg.OperationalError:
            lost = True
            stop.wait(poll_s)
