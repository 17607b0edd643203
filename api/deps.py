"""What endpoints ask for: who asks, a transaction, the generations in memory, the language.

Those that don't wait are coroutines: FastAPI runs plain functions in a thread, which takes longer
than what they do.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request

from api.forms import Form, read_form
from api.guarding import guard, place_of
from api.i18n import language_of
from api.pacing import check_pace
from geo.errors import BookingsTooFastError
from geo.flows.issue_events import IssueEvents
from geo.flows.plan_events import PlanEvents
from geo.flows.plan_worker import Foreman
from geo.flows.registry import Registry
from geo.flows.sign_in import Place, Visitor
from geo.flows.station_board import StationBoard
from geo.store.asking import Asker
from geo.store.engine import Session, session


async def get_url(request: Request) -> str | None:
    """Return the address of the database; ``None`` for the settings'."""
    url: str | None = request.app.state.database_url
    return url


async def get_visitor(request: Request) -> Visitor:
    """Let the request through, and return who asks."""
    return await guard(request)


async def keep_pace(request: Request, visitor: Annotated[Visitor, Depends(get_visitor)]) -> None:
    """Let reports without an account through, as fast as one address may send them."""
    check_pace(request, visitor)


async def keep_booking_pace(
    request: Request, visitor: Annotated[Visitor, Depends(get_visitor)]
) -> None:
    """Let bookings without an account through, as fast as one address may make them."""
    check_pace(request, visitor, BookingsTooFastError)


async def get_asker(visitor: Annotated[Visitor, Depends(get_visitor)]) -> Asker:
    """Return who asks, as the database is told."""
    return visitor.asker


def get_session(
    url: Annotated[str | None, Depends(get_url)], asker: Annotated[Asker, Depends(get_asker)]
) -> Iterator[Session]:
    """Open a transaction for one request; it is committed before the answer is sent."""
    with session(url, asker) as opened:
        yield opened


async def get_registry(request: Request) -> Registry:
    """Return the generations that this process keeps in memory."""
    registry: Registry = request.app.state.registry
    return registry


async def get_board(request: Request) -> StationBoard:
    """Return the stations that this process keeps in memory."""
    board: StationBoard = request.app.state.stations
    return board


async def get_plan_events(request: Request) -> PlanEvents:
    """Return what this process hears of drafts of plans."""
    events: PlanEvents = request.app.state.plan_events
    return events


async def get_issue_events(request: Request) -> IssueEvents:
    """Return what this process hears of issues."""
    events: IssueEvents = request.app.state.issue_events
    return events


async def get_language(request: Request) -> str:
    """Return the reader's language."""
    return language_of(request)


async def get_form(request: Request) -> Form:
    """Return the fields of the form that was sent."""
    return await read_form(request)


async def get_place(request: Request) -> Place:
    """Return where the request comes from."""
    return place_of(request)


async def get_foreman(request: Request) -> Foreman:
    """Return who has proposals computed."""
    foreman: Foreman = request.app.state.foreman
    return foreman


UrlDep = Annotated[str | None, Depends(get_url)]
VisitorDep = Annotated[Visitor, Depends(get_visitor)]
AskerDep = Annotated[Asker, Depends(get_asker)]
SessionDep = Annotated[Session, Depends(get_session, scope="function")]
ForemanDep = Annotated[Foreman, Depends(get_foreman)]
RegistryDep = Annotated[Registry, Depends(get_registry)]
BoardDep = Annotated[StationBoard, Depends(get_board)]
PlanEventsDep = Annotated[PlanEvents, Depends(get_plan_events)]
IssueEventsDep = Annotated[IssueEvents, Depends(get_issue_events)]
LanguageDep = Annotated[str, Depends(get_language)]
FormDep = Annotated[Form, Depends(get_form)]
PlaceDep = Annotated[Place, Depends(get_place)]
