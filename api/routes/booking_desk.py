"""The day's list of bookings for a station's staff: who comes, what became of it, who helps."""

from datetime import date, timedelta
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.booking_texts import STATES, clock_time, day_named
from api.deps import FormDep, SessionDep, VisitorDep
from api.i18n import language_of, translate_all
from api.routes.bookings import local_day
from api.routes.personal import NO_STORE, purposes_said, staff_page
from api.schemas.bookings import FIRST_DAY, LAST_DAY
from api.schemas.values import MOST_NAME, Code
from geo.errors import InvalidFieldError
from geo.flows.booking import ERRAND
from geo.flows.serving import Deed, masked, serve, unmask_booking
from geo.flows.sign_in import Visitor
from geo.messages import msg
from geo.store import bookings
from geo.store.engine import Session
from geo.store.publishing import clock

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PAGE = "/desk/bookings"
NumberPath = Annotated[Code, Path()]
Action = Literal["done", "missed", "cancelled", "booked", "assign"]


@router.get(PAGE)
def get_page(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Show the bookings of a day at one's own stations, masked."""
    asked = request.query_params
    return _page(request, session, visitor, _day(session, asked.get("day", "")), _station(asked))


@router.post(f"{PAGE}/{{number}}")
def post_action(number: NumberPath, session: SessionDep, form: FormDep) -> Response:
    """Say what became of a booking, or who runs an errand, and come back to the list."""
    if form["action"] not in get_args(Action):
        expected = ", ".join(get_args(Action))
        raise InvalidFieldError(
            field="action", reason=msg("This is none of: %(expected)s.", expected=expected)
        )
    helper = form.number("helper") if form["helper"] else None
    serve(session, number, Deed(form["action"], helper, form["outcome"][:MOST_NAME]))
    kept = {name: form[name] for name in ("day", "station") if form[name]}
    query = f"?{urlencode(kept)}" if kept else ""
    return RedirectResponse(f"{PAGE}{query}#{number}", HTTPStatus.SEE_OTHER, NO_STORE)


@router.post(f"{PAGE}/{{number}}/unmask")
def post_unmask(
    request: Request, number: NumberPath, session: SessionDep, visitor: VisitorDep, form: FormDep
) -> HTMLResponse:
    """Show one booking with its details, and note who looked and what for."""
    shown = unmask_booking(session, number, form["purpose"])
    return _page(
        request, session, visitor, _day(session, form["day"]), form["station"] or None, shown
    )


def _page(  # noqa: PLR0913, PLR0917 - a request, and what it asks for
    request: Request,
    session: Session,
    visitor: Visitor,
    day: date,
    station: str | None,
    shown: dict[str, Any] | None = None,
) -> HTMLResponse:
    language = language_of(request)
    found = bookings.bookings_of_day(session, day, station, None)
    closed = bookings.closed_then(session, [one["id"] for one in found])
    serves = "community_staff" in visitor.roles
    places = {one["community_id"] for one in found if one["way"] == ERRAND}
    helpers = bookings.helpers_of(session, sorted(places)) if places else []
    names = {one["id"]: one["name"] for one in helpers}
    return staff_page(
        request,
        "desk_bookings.html",
        visitor,
        bookings=[
            {
                **(shown if shown and shown["id"] == one["id"] else masked(one)),
                "closed": one["state"] == "booked" and one["id"] in closed,
                "helper": names.get(one["helper_id"], ""),
                "begins": clock_time(one["starts_at"], one["timezone"]),
                "ends": clock_time(one["ends_at"], one["timezone"]) if one["ends_at"] else "",
            }
            for one in found
        ],
        alarms=[
            (day_named(language, one), count, bookings_url(None, one))
            for one, count in bookings.days_closed_then(session, clock(session))
        ],
        day=day,
        day_name=day_named(language, day),
        day_url=partial(bookings_url, station),
        yesterday=day - timedelta(days=1),
        tomorrow=day + timedelta(days=1),
        helpers=helpers,
        purposes=purposes_said(language),
        serves=serves,
        states=translate_all(STATES, language),
        station=station or "",
        stations=bookings.served_stations(session),
    )


def _day(session: Session, text: str) -> date:
    """Return the day that a field names; by default today, where the first station is."""
    if not text.strip():
        return local_day(session)
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidFieldError(field="day", reason=msg("This is no day, such as 2026-01-31."))
    return day


def bookings_url(station: str | None, day: date) -> str:
    """Return the address of a day's bookings, of one station or of all."""
    asked = {"day": day.isoformat()} | ({"station": station} if station else {})
    return f"{PAGE}?{urlencode(asked)}"


def _station(asked: Any) -> str | None:
    text = asked.get("station", "").strip()
    if "\0" in text or len(text) > MOST_NAME:
        raise InvalidFieldError(field="station", reason=msg("This does not look as it should."))
    return text or None
