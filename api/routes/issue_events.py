"""``/api/v1/issues/events``: issues as they change, as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field

from api.deps import IssueEventsDep, VisitorDep
from api.issue_stream import LAST_POSITION, Listener, told
from api.permissions import ENDPOINTS
from api.schemas.locating import Asked
from api.schemas.problems import REFUSED
from api.streams import proof_of
from geo.errors import TooBusyError

EVENTS = "/api/v1/issues/events"
DIGITS = 18

router = APIRouter(tags=["issues"])

LastEvent = Annotated[
    str | None,
    Header(alias="Last-Event-ID", description="Sent by browsers that come again; over `after`."),
]


class Beginning(Asked):
    """Where to begin."""

    after: int | None = Field(
        default=None,
        ge=0,
        le=LAST_POSITION,
        description="Identifier of the last event that is known; by default, what is to come.",
    )


def get_listener(request: Request, visitor: VisitorDep, events: IssueEventsDep) -> Listener:
    """Return who listens; refuse before anything is answered."""
    if not events.has_room():
        raise TooBusyError
    return Listener(visitor, proof_of(request, visitor), ENDPOINTS["GET", EVENTS])


@router.get(
    EVENTS,
    response_class=EventSourceResponse,
    summary="What happens to issues, as it happens",
    responses=REFUSED,
)
async def get_events(
    request: Request,
    listener: Annotated[Listener, Depends(get_listener)],
    events: IssueEventsDep,
    begin: Annotated[Beginning, Query()],
    last_event: LastEvent = None,
) -> AsyncIterator[ServerSentEvent]:
    """Tell of the issues that whoever asks may see, and of those that leave their territory.

    Events are `ready`, after which a list is to be read; `issue` with `{id, number, version,
    action, state, at}`, or with `{id, gone: true}` when an issue is not theirs any more; `reset`
    when more has happened than is told, so that the list is to be read anew; and `ended` when they
    may listen no longer. Whoever comes again is told what they missed, some of it perhaps twice:
    the version says what is new.
    """
    async for one in told(events, listener, _position(last_event, begin.after), request.receive):
        yield one


def _position(last_event: str | None, after: int | None) -> int | None:
    """Return the position that somebody comes again with."""
    if last_event is not None and last_event.isascii() and last_event.isdigit():
        return int(last_event[:DIGITS])
    return after
