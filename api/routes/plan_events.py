"""``/api/v1/plans/{id}/events``: a draft as it changes, as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field

from api.deps import PlanEventsDep, UrlDep, VisitorDep
from api.plan_stream import Listener, listener_of, told
from api.schemas.plans import LAST_VERSION, UNKNOWN_PLAN, ByLink, Version
from api.schemas.problems import REFUSED
from geo.errors import TooBusyError
from geo.flows.plans import draft_of
from geo.store.engine import session

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])

LastEvent = Annotated[
    str | None,
    Header(alias="Last-Event-ID", description="Sent by browsers that come again; over `after`."),
]


class Following(ByLink):
    """Where to begin."""

    after: Version | None = Field(
        default=None, description="Entries that follow this one; by default those to come."
    )


def get_listener(
    plan_id: UUID, request: Request, url: UrlDep, visitor: VisitorDep, events: PlanEventsDep
) -> tuple[Listener, int]:
    """Return who listens, and the draft's version; refuse before anything is answered."""
    with session(url, visitor.asker) as opened:
        version = draft_of(opened, plan_id).version
    if not events.has_room():
        raise TooBusyError
    return listener_of(request, plan_id, visitor), version


@router.get(
    "/{plan_id}/events",
    response_class=EventSourceResponse,
    summary="What happens to it, as it happens",
    responses={**REFUSED, **UNKNOWN_PLAN},
)
async def get_events(
    request: Request,
    found: Annotated[tuple[Listener, int], Depends(get_listener)],
    events: PlanEventsDep,
    begin: Annotated[Following, Query()],
    last_event: LastEvent = None,
) -> AsyncIterator[ServerSentEvent]:
    """Tell of entries, comments, marks, steps of the review, proposals and who is there.

    Events are `entry`, whose id is its number, `comment`, `mark`, `step`, `job`, `share`,
    `presence`, and `gone` when there is nothing more to read.
    """
    listener, version = found
    after = _beginning(last_event, begin.after, version)
    async for one in told(events, listener, after, request.receive):
        yield one


def _beginning(last_event: str | None, after: int | None, version: int) -> int:
    """Return after which entry to begin."""
    if last_event is not None and last_event.isascii() and last_event.isdigit():
        return min(int(last_event[:10]), LAST_VERSION)
    return version if after is None else after
