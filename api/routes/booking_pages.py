"""Residents' pages of bookings, without an account: choosing a time, and the page of the link."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from http import HTTPStatus
from itertools import groupby
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.attachments import file_headers
from api.booking_texts import LINK_PAGE, STATES, clock_time, day_named, moment
from api.deps import FormDep, SessionDep, UrlDep, VisitorDep, keep_booking_pace
from api.forms import Form
from api.guarding import LONGEST_SECRET
from api.i18n import language_of, translate, translate_all
from api.rendering import page
from api.routes.public_pages import frame_context, remember_view
from api.routes.report_pages import KEY_BYTES, KEY_LENGTH, PRIVATE
from api.schemas.values import MOST_NAME, MOST_TEXT, Code
from geo.core.calendar_file import Appointment, calendar_file
from geo.errors import HonggeError, InvalidFieldError, NotFoundError, SlotFullError
from geo.flows import booking as flow
from geo.flows.booking import Free, Offer, Wanted, days_of, find_offer, find_station, free_slots
from geo.flows.report import Key
from geo.flows.sign_in import digest
from geo.messages import msg
from geo.settings import settings
from geo.store import bookings
from geo.store.asking import Asker
from geo.store.engine import Session
from geo.store.engine import session as open_session

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

CodePath = Annotated[Code, Path()]
Row = Mapping[Any, Any]
ENGLISH = "en"


class Day(NamedTuple):
    """A day that can be chosen, with its slots."""

    day: date
    name: str
    slots: list[Free]
    free: bool
    url: str


@router.get("/book/{slug}/{station}")
def get_book(request: Request, slug: CodePath, station: CodePath, session: SessionDep) -> Response:
    """Answer with what a station does, or with the times of one service."""
    found = find_station(session, station, slug)
    return _book_page(request, session, found, Form([]))


@router.post("/book/{slug}/{station}", dependencies=[Depends(keep_booking_pace)])
def post_book(  # noqa: PLR0913, PLR0917 - FastAPI hands in each
    request: Request,
    slug: CodePath,
    station: CodePath,
    form: FormDep,
    url: UrlDep,
    visitor: VisitorDep,
) -> Response:
    """Book what the form says, and lead to the booking's page."""
    try:
        service, wanted = _wanted(form)
        told = flow.book(station, service, slug, wanted, visitor.asker, _key(form, station), url)
    except (InvalidFieldError, SlotFullError) as error:
        with open_session(url, visitor.asker) as session:
            found = find_station(session, station, slug)
            return _book_page(request, session, found, form, error)
    answer = RedirectResponse(f"/booking/{told['follow']}?new=1", HTTPStatus.SEE_OTHER)
    answer.headers.update(PRIVATE)
    return answer


@router.get("/booking/{secret}")
def get_booking(request: Request, secret: str, url: UrlDep) -> HTMLResponse:
    """Answer with a booking, for whoever has the link to it."""
    return _link_page(request, secret, url)


@router.get("/booking/{secret}/cancel")
def get_cancel(request: Request, secret: str) -> Response:
    """Lead back to the booking: by this address it is only cancelled when a form says so."""
    query = f"?{request.url.query}" if request.url.query else ""
    answer = RedirectResponse(f"/booking/{quote(secret, safe='')}{query}", HTTPStatus.SEE_OTHER)
    answer.headers.update(PRIVATE)
    return answer


@router.post("/booking/{secret}/cancel")
def post_cancel(request: Request, secret: str, url: UrlDep) -> Response:
    """Cancel a booking until it begins, and come back to its page."""
    try:
        with _holding(secret, url) as session:
            flow.cancel(session)
    except NotFoundError:
        raise
    except HonggeError as error:
        return _link_page(request, secret, url, error)
    answer = RedirectResponse(f"/booking/{secret}", HTTPStatus.SEE_OTHER)
    answer.headers.update(PRIVATE)
    return answer


@router.get("/booking/{secret}/booking.ics")
def get_calendar(request: Request, secret: str, url: UrlDep) -> Response:
    """Answer with the booking for the phone's calendar."""
    with _holding(secret, url) as session:
        row = _held(session)
    language = language_of(request)
    made = calendar_file(
        Appointment(
            uid=f"{row['id']}@hongge",
            stamp=datetime.now(UTC),
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            summary=f"{_name(row, 'service', language)} · {_name(row, 'station', language)}",
            location=row["address"],
            url=_link(request, secret),
            cancelled=row["state"] == "cancelled",
        )
    )
    headers = {**file_headers(f"{row['number']}.ics"), **PRIVATE}
    return Response(made, headers=headers, media_type="text/calendar; charset=utf-8")


@contextmanager
def _holding(secret: str, url: str | None) -> Iterator[Session]:
    key = digest(secret) if len(secret) <= LONGEST_SECRET else b""
    with open_session(url, Asker("resident", follow_sha256=key)) as session:
        yield session


def _held(session: Session) -> Row:
    row = bookings.held_booking(session)
    if row is None:
        raise NotFoundError(kind=msg("booking"), name="")
    return row


def _link(request: Request, secret: str) -> str:
    return f"{settings().public_url or str(request.base_url).rstrip('/')}/booking/{secret}"


def _name(row: Row, part: str, language: str) -> str:
    english: str = row[f"{part}_name_en"] if language == ENGLISH else ""
    return english or str(row[f"{part}_name"])


def _link_page(
    request: Request, secret: str, url: str | None, error: HonggeError | None = None
) -> HTMLResponse:
    with _holding(secret, url) as session:
        row = _held(session)
        closed = row["state"] == "booked" and bool(bookings.closed_then(session, [row["id"]]))
    language, now = language_of(request), datetime.now(UTC)
    answer = page(
        request,
        "booking.html",
        **frame_context(request),
        status=HTTPStatus.CONFLICT if error else HTTPStatus.OK,
        booking=row,
        book_url=f"/book/{row['jurisdiction']}/{row['station_code']}",
        closed=closed,
        coming=row["state"] == "booked" and row["starts_at"] > now,
        error=translate(error.message, language) if error else "",
        is_new=request.query_params.get("new") == "1",
        link=_link(request, secret),
        named=partial(_name, row, language=language),
        reminded=bool(settings().feedback_url and row["remind_at"]),
        secret=secret,
        states=translate_all(STATES, language),
        moment=partial(moment, language, timezone=row["timezone"]),
        clock_time=partial(clock_time, timezone=row["timezone"]),
        page_data={"texts": translate_all(LINK_PAGE, language), "number": row["number"]},
    )
    answer.headers.update(PRIVATE)
    return remember_view(request, answer)


def _book_page(
    request: Request,
    session: Session,
    station: Row,
    form: Form,
    error: InvalidFieldError | SlotFullError | None = None,
) -> HTMLResponse:
    language = language_of(request)
    path = f"/book/{station['jurisdiction']}/{station['station_code']}"
    code = form["service"] or request.query_params.get("service") or ""
    offer = find_offer(session, station, code) if code else None
    days = _days(session, offer, path, language) if offer else []
    asked = form["starts_at"][:10] or request.query_params.get("day") or ""
    first_free = next((one for one in days if one.free), days[0] if days else None)
    answer = page(
        request,
        "book.html",
        **frame_context(request),
        status=_status(error),
        also=_also(session, offer),
        book_url=path,
        chosen=next((one for one in days if one.day.isoformat() == asked), first_free),
        days=days,
        error=translate(error.message.values.get("reason") or error.message, language)
        if error
        else "",
        field=error.message.values.get("field", "") if error else "",
        form=form,
        keep_days=settings().keep_booking_days,
        key=secrets.token_urlsafe(KEY_BYTES),
        next_slots=[
            (moment(language, one, station["timezone"]), _slot_url(path, code, one))
            for one in (error.next if isinstance(error, SlotFullError) else ())
        ],
        offer=offer,
        services=bookings.services_of(session, station["station_id"]),
        station=station,
        named=lambda row, part: _name(row, part, language),
        needs=lambda row: (row["needs_en"] if language == ENGLISH else "") or row["needs"],
        clock_time=partial(clock_time, timezone=station["timezone"]),
        picked=form["starts_at"] or request.query_params.get("at") or "",
        reminds=bool(settings().feedback_url and settings().booking_reminder != "never"),
    )
    answer.headers["Cache-Control"] = "no-store"
    return remember_view(request, answer)


def _also(session: Session, offer: Offer | None) -> list[Row]:
    """Return other stations that do the same, where it is for residents of every community."""
    if offer is None or not offer.service["anywhere"]:
        return []
    code, station_id = offer.service["service_code"], offer.station["station_id"]
    return [*bookings.also_at(session, code, station_id)]


def _status(error: HonggeError | None) -> HTTPStatus:
    if error is None:
        return HTTPStatus.OK
    full = isinstance(error, SlotFullError)
    return HTTPStatus.CONFLICT if full else HTTPStatus.UNPROCESSABLE_ENTITY


def _days(session: Session, offer: Offer, path: str, language: str) -> list[Day]:
    """Return the days that have slots, in order."""
    found = free_slots(session, offer, days_of(offer, None, None))
    service = offer.service["service_code"]
    return [
        Day(
            day,
            day_named(language, day),
            slots := list(group),
            any(one.free != 0 for one in slots),
            f"{path}?{urlencode({'service': service, 'day': day.isoformat()})}#when",
        )
        for day, group in groupby(found, key=lambda one: one.slot.starts_at.date())
    ]


def _slot_url(path: str, service: str, starts_at: datetime) -> str:
    at = starts_at.isoformat()
    return f"{path}?{urlencode({'service': service, 'day': at[:10], 'at': at})}#when"


def _wanted(form: Form) -> tuple[str, Wanted]:
    """Read the form.

    Raises
    ------
    InvalidFieldError
        When no time is chosen, or a field is too long.
    """
    for name, most in (("name", MOST_NAME), ("phone", MOST_NAME), ("note", MOST_TEXT)):
        if len(form[name]) > most:
            raise InvalidFieldError(field=name, reason=msg("This is too long."))
    try:
        starts_at = datetime.fromisoformat(form["starts_at"])
    except ValueError:
        starts_at = None
    if starts_at is None or starts_at.tzinfo is None:
        raise InvalidFieldError(field="starts_at", reason=msg("Choose a time."))
    wanted = Wanted(starts_at, form["name"], form["phone"].strip() or None, form["note"])
    return form["service"], wanted


def _key(form: Form, station: str) -> Key | None:
    """Return the key that came with the form, so that sending it twice counts once."""
    text = form["key"].strip()[:KEY_LENGTH]
    fields = sorted((name, value) for name, value in form.pairs if name != "csrf_token")
    told = repr((station, fields))
    return Key(text, hashlib.sha256(told.encode()).digest()) if text else None
