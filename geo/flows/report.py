"""Taking in an issue (收集) and routing it to its grid."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from geo.core.lifecycle import first_state
from geo.errors import KeyReusedError, StoreUnavailableError, TooBusyError
from geo.flows.instants import in_the_future
from geo.flows.judging import deadlines_of, judge, occurred
from geo.flows.received import asked_of, finished, told_of
from geo.flows.report_places import find_place
from geo.flows.routing import route_by
from geo.store.asking import RESIDENT, Asker
from geo.store.engine import direct, session
from geo.store.idempotency import digest, seal, unseal
from geo.store.intake import holding, take_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from psycopg import Connection
    from sqlalchemy.orm import Session

    from geo.files.photos import CleanPhoto
    from geo.flows.judging import Deadlines, Judged
    from geo.flows.locate import Position
    from geo.flows.registry import Registry
    from geo.flows.report_places import GivenPlace
    from geo.flows.routing import Routed
    from geo.flows.sign_in import Visitor
    from geo.store.idempotency import Remembered
    from geo.store.places import Place

MOST_TRIES = 3
"""How often an issue is decided anew when a generation, a duty or the minute has changed."""


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports.

    Parameters
    ----------
    text
        In their words.
    position
        Where it is, if they have a position.
    place
        The building, unit or household it concerns; decides over the position.
    duty
        The code of a duty.
    occurred_at
        When, by default now.
    jurisdiction
        The slug of the jurisdiction it is for, where neither place nor position tells.
    reporter_name, reporter_phone
        Who.
    photos
        In order, encoded anew; see :func:`geo.flows.photos.take_photos`.
    source
        Whom it comes from; see :data:`geo.store.models.SOURCES`.
    """

    text: str
    position: Position | None = None
    place: GivenPlace | None = None
    duty: str | None = None
    occurred_at: datetime | None = None
    jurisdiction: str | None = None
    reporter_name: str | None = None
    reporter_phone: str | None = None
    photos: tuple[CleanPhoto, ...] = ()
    source: str = "resident"


class Key(NamedTuple):
    """An idempotency key, and the digest of the body that came with it."""

    text: str
    sha256: bytes


class Decided(NamedTuple):
    """Where an issue goes and when it is due, as far as this process knows.

    Parameters
    ----------
    judged
        What it is judged by.
    routed, present
        By the generation in force when it occurred, and by the one in force now.
    state
        In which it comes in.
    deadlines
        When it is due.
    minute
        In which it comes in.
    """

    judged: Judged
    routed: Routed
    present: Routed
    state: str
    deadlines: Deadlines
    minute: datetime


def report(
    registry: Registry,
    given: Report,
    key: Key | None = None,
    url: str | None = None,
    asker: Asker = RESIDENT,
) -> dict[str, Any]:
    """Store an issue, its first event, deadlines, photos and side effects in one transaction.

    It is routed in memory by the generation in force when it occurred; the transaction makes sure
    that the database has the same one, and that none can be published in between.

    Parameters
    ----------
    registry
        The generations of this process.
    given
        What was reported.
    key
        The same key again gives the same answer, and stores nothing.
    url
        The database; by default the settings'.
    asker
        Who reports.

    Returns
    -------
    dict
        The answer, of JSON values; see :func:`geo.flows.issue_answers.issue_answer`. Its ``follow``
        is the secret by which its holder reads this issue from now on, without an account; the
        store keeps its digest alone.

    Raises
    ------
    InvalidFieldError
        When a field names what isn't there, or a time that can't be.
    KeyReusedError
        When the key came with another body before.
    NotPermittedError
        When the asker may not report.
    """
    follow = new_follow_secret()
    asker = replace(asker, follow_sha256=follow_digest(follow))
    sending = _Sending(registry, given, asker, url, uuid4(), follow, key)
    stored = sending.send_once()
    for _ in range(MOST_TRIES):
        if stored is not None:
            return stored
        stored = sending.send_holding()
    raise TooBusyError


@dataclass
class _Sending:
    """A report on its way to the store, under one key however often it is sent."""

    registry: Registry
    given: Report
    asker: Asker
    url: str | None
    issue_id: UUID
    follow: str
    key: Key | None
    tried: bool = False
    home: int = 0

    def send_once(self) -> dict[str, Any] | None:
        """Decide by what this process knows, and store; ``None`` where that is out of date.

        Where the database is lost meanwhile, it is sent again: nobody knows whether it was stored.
        """
        try:
            with direct(self.url) as connection:
                return self._send(connection)
        except StoreUnavailableError:
            self.tried = True
        with direct(self.url) as connection:
            return self._send(connection)

    def send_holding(self) -> dict[str, Any] | None:
        """Let nobody publish, read what is in force now, then decide and store."""
        with holding(self.home, self.url) as connection:
            self.registry.refresh()
            return self._send(connection)

    def _send(self, connection: Connection) -> dict[str, Any] | None:
        now = self.registry.now()
        decided = decide(self.registry, self.given, now, self.url, self.asker)
        self.home = decided.judged.catalogue.home.id
        told = told_of(self.issue_id, self.given, decided, self.asker)
        asked = asked_of(self.issue_id, self.given, decided, self.asker)
        asked["tried"] = self.tried
        if self.key:
            kept = {"told": told, "follow": seal(self.key.text, self.follow)}
            asked |= {"key": digest(self.key.text), "request_sha256": self.key.sha256.hex()}
            asked["kept"] = kept
        found = take_in(connection, asked, [photo.content for photo in self.given.photos])
        if found["outcome"] == "stored":
            return finished(told, found) | {"follow": self.follow}
        if found["outcome"] == "kept" and self.key:
            return _given_before(self.key, found)
        if found["outcome"] == "future":
            raise in_the_future(field="occurred_at")
        return None


def decide(
    registry: Registry, given: Report, now: datetime, url: str | None, asker: Asker
) -> Decided:
    """Find out where a report goes, and when it would be due if it came in at an instant.

    Raises
    ------
    InvalidFieldError
        When a field names what isn't there, or a time that can't be.
    """
    with _reading(given, url, asker) as opened:
        place = _place(given, opened)
        judged = judge(registry, given, place)
        occurred_at = occurred(given.occurred_at, now)
        home = judged.catalogue.home.id
        in_force, then = registry.period_at(home, now), registry.period_at(home, occurred_at)
        routed = route_by(registry, judged.target, occurred_at, then, opened)
        present = (
            routed if then is in_force else route_by(registry, judged.target, now, in_force, opened)
        )
    state = first_state(routed=routed.grid is not None, sorted_out=judged.duty is not None)
    minute = now.replace(second=0, microsecond=0)
    deadlines = deadlines_of(judged.catalogue, judged.duty, minute, state)
    return Decided(judged, routed, present, state, deadlines, minute)


@contextmanager
def _reading(given: Report, url: str | None, asker: Asker) -> Iterator[Session | None]:
    """Open a transaction where a place has to be looked up; a position is looked up in memory."""
    if given.place is None:
        yield None
        return
    with session(url, asker) as opened:
        yield opened


def _place(given: Report, opened: Session | None) -> Place | None:
    if given.place is None or opened is None:
        return None
    return find_place(opened, given.place, given.jurisdiction)


def _given_before(key: Key, found: dict[str, Any]) -> dict[str, Any]:
    before = found["response"]
    if found["request_sha256"] != key.sha256.hex():
        raise KeyReusedError(key=key.text)
    return finished(before["told"], before) | {"follow": unseal(key.text, before["follow"])}


def again(key: Key, before: Remembered) -> dict[str, Any]:
    """Return the answer that was given under a key, its secret readable again.

    Raises
    ------
    KeyReusedError
        When the key came with another body before.
    """
    if before.request_sha256 != key.sha256:
        raise KeyReusedError(key=key.text)
    sealed = before.response["follow"]
    return before.response | {"follow": unseal(key.text, sealed) if sealed else None}


def new_follow_secret() -> str:
    """Return a secret nobody can guess: 24 characters of 144 random bits."""
    return secrets.token_urlsafe(18)


def follow_digest(secret: str) -> bytes:
    """Return what the store keeps of a follow secret."""
    return sha256(secret.encode()).digest()


def source_of(visitor: Visitor) -> str:
    """Return whom a report comes from: a program, a grid worker, other staff, or a resident."""
    if visitor.holder is None:
        return "resident"
    if visitor.scopes is not None:
        return "program"
    return "worker" if "grid_worker" in visitor.roles else "staff"
