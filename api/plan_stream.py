"""What one follower of a draft is told: read anew as who they are, whenever there is something new.

So whoever loses the right to read is told no more, and neither is a browser that has signed out.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.cookies import SESSION, read_cookie
from api.plan_answers import entries_out
from api.plan_shape import comment_out
from geo.errors import StoreUnavailableError, TokenRefusedError
from geo.flows.plan_events import ENDED, PRESENCE, Heard
from geo.flows.sign_in import still_signed_in, visitor_of_token
from geo.store import plan_log, plans
from geo.store.engine import session
from geo.store.plan_notes import read_comment
from geo.store.plans import Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import Receive

    from geo.flows.plan_events import Following, PlanEvents
    from geo.flows.sign_in import Visitor
    from geo.store.engine import Session

CHECKED_S = 20.0
"""How often it is checked that whoever listens still may."""

COMES_AGAIN_MS = 2000
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
    session_token, program_token
        What the request came with.
    url
        The database; ``None`` for the settings'.
    """

    plan_id: UUID
    visitor: Visitor
    session_token: str | None
    program_token: str | None
    url: str | None

    @property
    def person(self) -> Person | None:
        """Who it is, for the others; ``None`` for the holder of a link."""
        holder = self.visitor.holder
        return Person(holder.account_id, holder.display_name or holder.name) if holder else None


def listener_of(request: Request, plan_id: UUID, visitor: Visitor) -> Listener:
    """Return who listens."""
    given = request.headers.get("authorization", "").partition(" ")[2].strip()
    return Listener(
        plan_id,
        visitor,
        read_cookie(request, SESSION) if visitor.csrf_token is not None else None,
        given if visitor.scopes is not None else None,
        request.app.state.database_url,
    )


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
        leaving = asyncio.create_task(_leave(receive, following))
        try:
            async for one in _told(events, listener, after, following):
                yield one
        finally:
            leaving.cancel()


async def _leave(receive: Receive, following: Following) -> None:
    """End what a listener is told as soon as they have gone, not when the next thing is said."""
    while (await receive())["type"] != "http.disconnect":
        pass
    following.tell(Heard(ENDED))


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


def _still_there(listener: Listener) -> bool:
    """Tell whether the session or the token that the listener came with still holds."""
    if listener.session_token is not None:
        return still_signed_in(listener.session_token, listener.url)
    if listener.program_token is not None:
        try:
            visitor_of_token(listener.program_token, listener.url)
        except TokenRefusedError:
            return False
    return True


def _read(listener: Listener, heard: Heard | None, after: int) -> tuple[Events, int]:
    """Read what is new as the listener may read it, if they still are who they were."""
    if not _still_there(listener):
        return [ServerSentEvent(event=GONE, data={})], after
    with session(listener.url, listener.visitor.asker) as opened:
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
