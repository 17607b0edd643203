"""What one listener is told of issues: what the database lets them see, in their own name."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.streams import CHECKED_S, COMES_AGAIN_MS, until_they_leave
from geo.errors import StoreUnavailableError
from geo.flows.issue_events import missed, seen_by
from geo.store.engine import session
from geo.store.issue_watch import roles_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive

    from api.permissions import Rule
    from api.streams import Proof
    from geo.flows.issue_events import Heard, IssueEvents
    from geo.flows.sign_in import Visitor
    from geo.flows.telling import Line
    from geo.store.issue_watch import Fact

READY, ISSUE, RESET, ENDED = "ready", "issue", "reset", "ended"
LAST_POSITION = 2**63 - 1

Events = list[ServerSentEvent]


class Listener(NamedTuple):
    """Whoever listens.

    Parameters
    ----------
    visitor
        Who.
    proof
        That it is them.
    rule
        Who may listen.
    """

    visitor: Visitor
    proof: Proof
    rule: Rule


async def told(
    events: IssueEvents, listener: Listener, after: int | None, receive: Receive
) -> AsyncIterator[ServerSentEvent]:
    """Yield what happens to the listener's issues.

    The identifier of an event is a position: whoever comes again with it is told all that happened
    since, some of it perhaps twice. Ends with an event ``ended`` when they may listen no longer,
    and without when the service ends or they have fallen behind.

    Parameters
    ----------
    events
        What this process hears.
    listener
        Who listens.
    after
        The position that they come again with; ``None`` to begin now.
    receive
        Of the request: tells when they leave.
    """
    with events.listen() as line:
        async with until_they_leave(receive, line):
            async for one in _told(line, listener, after):
                yield one


async def _told(
    line: Line[Heard], listener: Listener, after: int | None
) -> AsyncIterator[ServerSentEvent]:
    first = await line.next(CHECKED_S)
    while first is None:
        yield ServerSentEvent(comment="waiting for the database")
        first = await line.next(CHECKED_S)
    if first.ended:
        return
    known: frozenset[int] = frozenset()
    if after is None:
        yield ServerSentEvent(event=READY, data={}, id=str(first.position), retry=COMES_AGAIN_MS)
    else:
        found, known = await run_in_threadpool(_missed, listener, after, first.position)
        for one in found:
            yield one
        if _is_over(found):
            return
    async for found in _batches(line, listener, first.position, known):
        for one in found:
            yield one
        if _is_over(found):
            return


def _is_over(found: Events) -> bool:
    return bool(found) and found[-1].event == ENDED


def _missed(listener: Listener, after: int, position: int) -> tuple[Events, frozenset[int]]:
    """Return what somebody is told who comes again, and which of it they may hear once more."""
    facts = missed(min(after, LAST_POSITION), listener.proof.url)
    return _said(listener, facts, position), frozenset(one.id for one in facts or ())


async def _batches(
    line: Line[Heard], listener: Listener, position: int, known: frozenset[int]
) -> AsyncIterator[Events]:
    """Yield what is told together, until nothing more is."""
    checked_s = time.monotonic()
    while True:
        heard = await line.next(max(0.0, checked_s + CHECKED_S - time.monotonic()))
        if heard is not None and heard.ended:
            return
        try:
            if heard is None:
                yield await run_in_threadpool(_still_here, listener, position)
                checked_s = time.monotonic()
            else:
                yield await run_in_threadpool(_found, listener, heard, known)
                position = heard.position
        except StoreUnavailableError:
            # What could not be looked up is told to whoever comes again with the last position.
            return


def _found(listener: Listener, heard: Heard, known: frozenset[int]) -> Events:
    fresh = [one for one in heard.facts if one.id not in known]
    return _said(listener, None if heard.too_much else fresh, heard.position)


def _said(listener: Listener, facts: list[Fact] | None, position: int) -> Events:
    """Return what to say of some facts; the position goes with the last, when all is said."""
    if facts is None:
        found = [ServerSentEvent(event=RESET, data={})]
    else:
        told = seen_by(facts, listener.visitor.asker, listener.proof.url)
        found = [ServerSentEvent(event=ISSUE, data=one) for one in told]
    if not found:
        return []
    if not _may_listen(listener):
        return [ServerSentEvent(event=ENDED, data={})]
    found[-1] = found[-1].model_copy(update={"id": str(position)})
    return found


def _still_here(listener: Listener, position: int) -> Events:
    """Return a sign of life with the position, which browsers remember without telling the page."""
    if not _may_listen(listener):
        return [ServerSentEvent(event=ENDED, data={})]
    return [ServerSentEvent(comment="here", id=str(position))]


def _may_listen(listener: Listener) -> bool:
    """Tell whether the listener is still signed in, and has a role that listens."""
    if not listener.proof.holds():
        return False
    with session(listener.proof.url, listener.visitor.asker) as opened:
        return listener.rule.admits(roles_now(opened), signed_in=True)
