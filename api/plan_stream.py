"""What one follower of a draft is told: read anew as who they are, whenever there is something new.

So whoever loses the right to read is told no more, and neither is a browser that has signed out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.plan_answers import entries_out
from api.plan_shape import comment_out
from api.streams import CHECKED_S, COMES_AGAIN_MS, proof_of, until_they_leave
from geo.errors import StoreUnavailableError
from geo.flows.plan_events import ENDED, PRESENCE, Heard
from geo.store import plan_log, plans
from geo.store.engine import session
from geo.store.plan_notes import read_comment
from geo.store.plans import Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import Receive

    from api.streams import Proof
    from geo.flows.plan_events import Following, PlanEvents
    from geo.flows.sign_in import Visitor
    from geo.store.engine import Session

AT_ONCE = 200
GONE = "gone"

Events = list[ServerSentEvent]


@dataclass(frozen=True, slots=True)
class Listener:
    """Whoever listens, to which draft, and by what they prove who they are.

    Parameters
    ----------
    plan_id
        Which draft.
    visitor
        Who.
    proof
        That it is them.
    """

    plan_id: UUID
    visitor: Visitor
    proof: Proof

    @property
    def person(self) -> Person | None:
        """Who it is, for the others; ``None`` for the holder of a link."""
        holder = self.visitor.holder
        return Person(holder.account_id, holder.display_name or holder.name) if holder else None


def listener_of(request: Request, plan_id: UUID, visitor: Visitor) -> Listener:
    """Return who listens."""
    return Listener(plan_id, visitor, proof_of(request, visitor))


async def told(
    events: PlanEvents, listener: Listener, after: int, receive: Receive
) -> AsyncIterator[ServerSentEvent]:
    """Yield what is new about a draft: first the entries that follow one, then whatever happens.

    Ends with an event ``gone`` when the listener may read no longer, and without when the service
    ends or the listener has fallen behind: then they come again.

    Parameters
    ----------
    events
        What this process hears.
    listener
        Who listens.
    after
        Number of the last entry that they know.
    receive
        Of the request: tells when they leave.
    """
    with events.follow(listener.plan_id, listener.person) as following:
        async with until_they_leave(receive, following):
            async for one in _told(events, listener, after, following):
                yield one


async def _told(
    events: PlanEvents, listener: Listener, after: int, following: Following
) -> AsyncIterator[ServerSentEvent]:
    yield _presence(events, listener, retry=COMES_AGAIN_MS)
    heard: Heard | None = Heard("entry")
    while heard is None or heard.what != ENDED:
        found, after = await _found(events, listener, heard, after)
        for one in found:
            yield one
        if found and found[-1].event == GONE:
            return
        heard = await following.next(CHECKED_S)


async def _found(
    events: PlanEvents, listener: Listener, heard: Heard | None, after: int
) -> tuple[Events, int]:
    if heard is not None and heard.what == PRESENCE:
        return [_presence(events, listener)], after
    try:
        return await run_in_threadpool(_read, listener, heard, after)
    except StoreUnavailableError:
        # Whoever follows is told to come again when the database is back.
        return [], after


def _read(listener: Listener, heard: Heard | None, after: int) -> tuple[Events, int]:
    """Read what is new as the listener may read it, if they still are who they were."""
    if not listener.proof.holds():
        return [ServerSentEvent(event=GONE, data={})], after
    with session(listener.proof.url, listener.visitor.asker) as opened:
        draft = plans.read_draft(opened, listener.plan_id)
        if draft is None:
            return [ServerSentEvent(event=GONE, data={})], after
        found: Events = []
        while after < draft.version:
            entries = plan_log.entries_after(opened, draft.id, after, AT_ONCE)
            if not entries:
                break
            found += [
                ServerSentEvent(event="entry", id=str(one["seq"]), data=one)
                for one in entries_out(opened, draft.id, entries)
            ]
            after = entries[-1].seq
        if heard is not None and heard.what != "entry":
            found.append(ServerSentEvent(event=heard.what, data=_data(opened, draft, heard)))
        return found, after


def _data(opened: Session, draft: plans.Draft, heard: Heard) -> dict[str, Any]:
    """Return what there is to say of something new that is no entry."""
    if heard.what == "comment":
        comment = read_comment(opened, draft.id, UUID(heard.key))
        if comment is not None:
            return comment_out(comment, plans.people_of(opened, [draft.id]))
    if heard.what == "step":
        return {"action": heard.key, "state": draft.state, "version": draft.version}
    return {"id": heard.key}


def _presence(events: PlanEvents, listener: Listener, retry: int | None = None) -> ServerSentEvent:
    """Return who has the draft open; the holder of a link learns no names."""
    people = events.online(listener.plan_id) if listener.person else []
    online = [{"id": one.id, "name": one.name} for one in people]
    return ServerSentEvent(event=PRESENCE, data={"online": online}, retry=retry)
