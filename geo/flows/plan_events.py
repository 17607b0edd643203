"""What is new about drafts, told at once to those who have them open, in whichever process.

One thread a process hears what the database tells when transactions commit, and passes it on to
those who follow the draft it is about. It is told that there is something new, not what: whoever
follows reads that as who they are, so nobody hears of what they may not read.

Who has a draft open, each process tells the others.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID, uuid4

from geo.flows.background import Background
from geo.flows.telling import Line
from geo.store.engine import service_address
from geo.store.plan_channel import hear_of_plans
from geo.store.plan_log import forget_state
from geo.store.plans import Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.store.plan_channel import Channel, Told

POLL_S = 0.5
ANNOUNCED_S = 15.0
"""A process tells the others this often who has which draft open …"""

FORGOTTEN_S = 40.0
"""… and one that has told nothing for this long has nobody."""

MOST_FOLLOWERS = 500
"""How many follow drafts in one process at the same time."""

PRESENCE, ENDED, ERASED = "presence", "ended", "erased"


class Heard(NamedTuple):
    """Something new about a draft.

    Parameters
    ----------
    what
        ``entry``, ``comment``, ``mark``, ``step``, ``job``, ``share``, ``presence``, or ``ended``
        when nothing more will be told.
    key
        Of what is new.
    """

    what: str
    key: str = ""


class Following(Line[Heard]):
    """Somebody who follows a draft in this process.

    Parameters
    ----------
    draft_id
        Which.
    person
        Who; ``None`` for the holder of a link.
    """

    def __init__(self, draft_id: UUID, person: Person | None) -> None:
        super().__init__(Heard(ENDED))
        self.draft_id = draft_id
        self.person = person


class PlanEvents(Background):
    """What one process knows of those who have drafts open, and how it tells them what is new.

    Parameters
    ----------
    url
        The owner's address of the database; by default the settings'.
    """

    def __init__(self, url: str | None = None) -> None:
        super().__init__("plans", url)
        self._process = uuid4().hex
        self._lock = Lock()
        self._following: defaultdict[UUID, list[Following]] = defaultdict(list)
        self._elsewhere: defaultdict[UUID, dict[str, tuple[float, list[Person]]]] = defaultdict(
            dict
        )
        self._to_announce: set[UUID] = set()
        self._announced_at = 0.0

    def stop(self) -> None:
        """End the thread, and what everybody here is told."""
        self.end()
        super().stop()

    def _go_on(self) -> None:
        address = service_address(self._url)
        hear_of_plans(address, self.turn, self.end, self._stop, poll_s=POLL_S)

    def end(self) -> None:
        """Tell everybody who follows a draft here that nothing more will be told."""
        with self._lock:
            everybody = [one for those in self._following.values() for one in those]
        for one in everybody:
            one.end()

    @contextmanager
    def follow(self, draft_id: UUID, person: Person | None) -> Iterator[Following]:
        """Follow a draft, in a coroutine."""
        following = Following(draft_id, person)
        with self._lock:
            self._following[draft_id].append(following)
        self._changed(draft_id)
        try:
            yield following
        finally:
            with self._lock:
                self._following[draft_id].remove(following)
            self._changed(draft_id)

    def has_room(self) -> bool:
        """Tell whether one more may follow a draft in this process."""
        with self._lock:
            return sum(map(len, self._following.values())) < MOST_FOLLOWERS

    def online(self, draft_id: UUID) -> list[Person]:
        """Return who has a draft open, in whichever process, by name."""
        fresh = time.monotonic() - FORGOTTEN_S
        with self._lock:
            people = [one.person for one in self._following.get(draft_id, ()) if one.person]
            for at, those in self._elsewhere.get(draft_id, {}).values():
                people.extend(those if at > fresh else ())
        return sorted(set(people), key=lambda one: (one.name, one.id))

    def _changed(self, draft_id: UUID) -> None:
        """Tell those here and, soon, the other processes that somebody came or went."""
        with self._lock:
            self._to_announce.add(draft_id)
        self._tell(draft_id, Heard(PRESENCE))

    def _tell(self, draft_id: UUID, heard: Heard) -> None:
        with self._lock:
            those = list(self._following.get(draft_id, ()))
        for one in those:
            one.tell(heard)

    def turn(self, channel: Channel) -> None:
        """Pass on what the database tells, and tell the other processes who is here."""
        for told in channel.heard():
            self._take(told)
        for message in self._announcements():
            channel.announce(message)

    def _take(self, told: Told) -> None:
        if told.what == ERASED:
            forget_state(told.draft_id)
            return
        if told.what != PRESENCE:
            self._tell(told.draft_id, Heard(told.what, told.key))
            return
        announced = json.loads(told.key)
        process: str = announced["process"]
        if process == self._process:
            return
        people = [Person(int(key), str(name)) for key, name in announced["people"]]
        with self._lock:
            known = self._elsewhere[told.draft_id]
            new = process not in known
            before = known.get(process, (0.0, []))[1]
            known[process] = (time.monotonic(), people)
            if new and self._following.get(told.draft_id):
                self._to_announce.add(told.draft_id)
        if before != people:
            self._tell(told.draft_id, Heard(PRESENCE))

    def _announcements(self) -> Iterator[tuple[UUID, str]]:
        """Yield what the other processes are to be told now: draft, and who has it open here."""
        now = time.monotonic()
        with self._lock:
            drafts, self._to_announce = self._to_announce, set()
            if now - self._announced_at > ANNOUNCED_S:
                self._announced_at = now
                drafts |= {key for key, those in self._following.items() if those}
                self._forget(now - FORGOTTEN_S)
            here = {key: [one.person for one in self._following.get(key, ())] for key in drafts}
        for draft_id, people in here.items():
            named = sorted({(one.id, one.name) for one in people if one})
            yield draft_id, json.dumps({"process": self._process, "people": named})

    def _forget(self, before: float) -> None:
        """Drop processes that have gone silent, and drafts that nobody has open."""
        for draft_id, known in list(self._elsewhere.items()):
            for process in [one for one, (at, _) in known.items() if at <= before]:
                del known[process]
            if not known:
                del self._elsewhere[draft_id]
        for draft_id in [key for key, those in self._following.items() if not those]:
            del self._following[draft_id]
