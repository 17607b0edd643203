"""``/api/v1/bookings`` and the services of ``/api/v1/stations``: booking, cancelling, serving."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel
from starlette.responses import Response

from api.deps import SessionDep, UrlDep, VisitorDep, keep_booking_pace
from api.routes.issues import KeyHeader
from api.routes.personal import NO_STORE
from api.schemas.bookings import (
    BookedOut,
    BookingActionIn,
    BookingIn,
    BookingOut,
    BookingsOut,
    BookingsQuery,
    ServicesOut,
    SlotsOut,
    SlotsQuery,
    StationQuery,
    UnmaskedBookingOut,
)
from api.schemas.households import PurposeIn
from api.schemas.problems import PACED, REFUSED, Problem
from api.schemas.values import Code
from geo.errors import NotFoundError
from geo.flows import booking as flow
from geo.flows.booking import Free, Wanted, days_of, find_offer, find_station, free_slots
from geo.flows.report import Key
from geo.flows.serving import Deed, masked, serve, unmask_booking
from geo.messages import msg
from geo.store import bookings
from geo.store.engine import Session
from geo.store.publishing import clock

router = APIRouter(tags=["bookings"])

STATIONS = "/api/v1/stations"
BOOKINGS = "/api/v1/bookings"
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is none of this name."}
}
FULL: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "Fully booked; `next` are slots that are free."}
}
NOT_NOW: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "Its state does not allow that."}
}
CodePath = Annotated[Code, Path(description="Code.")]
NumberPath = Annotated[Code, Path(description="Such as B-2026-000123.")]
SERVICE_FIELDS = (
    *("way", "anywhere", "one_window", "needs", "needs_en"),
    *("slot_minutes", "capacity", "days_ahead"),
)


@router.get(
    f"{STATIONS}/{{code}}/services",
    response_model=ServicesOut,
    summary="What a station does for residents",
    responses={**REFUSED, **UNKNOWN},
)
def get_services(
    code: CodePath, asked: Annotated[StationQuery, Query()], session: SessionDep
) -> Response:
    """Answer with the services that can be booked, in the order of codes."""
    station = find_station(session, code, asked.jurisdiction)
    services = bookings.services_of(session, station["station_id"])
    told = {
        "station": named(station, "station"),
        "community": named(station, "community"),
        "jurisdiction": station["jurisdiction"],
        "timezone": station["timezone"],
        "services": [
            {**named(one, "service"), **{name: one[name] for name in SERVICE_FIELDS}}
            for one in services
        ],
    }
    return _json(ServicesOut.model_validate(told))


@router.get(
    f"{STATIONS}/{{code}}/services/{{service}}/slots",
    response_model=SlotsOut,
    summary="Times of a service that can be booked",
    responses={**REFUSED, **UNKNOWN},
)
def get_slots(
    code: CodePath,
    service: CodePath,
    asked: Annotated[SlotsQuery, Query()],
    session: SessionDep,
) -> Response:
    """Answer with the slots of some days, each with how many more can book it."""
    offer = find_offer(session, find_station(session, code, asked.jurisdiction), service)
    found = free_slots(session, offer, days_of(offer, asked.since, asked.until))
    told = {
        "timezone": offer.station["timezone"],
        "first_day": offer.today,
        "last_day": offer.last_day,
        "slots": [_slot(one) for one in found],
    }
    return _json(SlotsOut.model_validate(told))


@router.post(
    f"{STATIONS}/{{code}}/services/{{service}}/bookings",
    status_code=HTTPStatus.CREATED,
    response_model=BookedOut,
    summary="Book a slot, or ask for an errand",
    responses={**REFUSED, **UNKNOWN, **FULL, **PACED},
    dependencies=[Depends(keep_booking_pace)],
)
def post_booking(  # noqa: PLR0913, PLR0917 - FastAPI hands in each
    code: CodePath,
    service: CodePath,
    given: BookingIn,
    asked: Annotated[StationQuery, Query()],
    url: UrlDep,
    visitor: VisitorDep,
    idempotency_key: KeyHeader = None,
) -> Response:
    """Book for whoever asks, without an account."""
    body = f"{code} {service} {asked.jurisdiction} {given.model_dump_json()}"
    digest = hashlib.sha256(body.encode()).digest()
    key = Key(idempotency_key, digest) if idempotency_key else None
    wanted = Wanted(**given.model_dump())
    told = flow.book(code, service, asked.jurisdiction, wanted, visitor.asker, key, url)
    told["follow"] = f"/booking/{told['follow']}"
    return _json(BookedOut.model_validate(told), HTTPStatus.CREATED)


@router.get(
    BOOKINGS,
    response_model=BookingsOut,
    summary="The bookings of a day",
    responses={**REFUSED},
)
def get_bookings(asked: Annotated[BookingsQuery, Query()], session: SessionDep) -> Response:
    """Answer with the bookings of one's own stations; names and numbers are masked."""
    day = asked.day or local_day(session)
    rows = bookings.bookings_of_day(session, day, asked.station, asked.jurisdiction)
    told = {"day": day, "bookings": [_booking(masked(row)) for row in rows]}
    return _json(BookingsOut.model_validate(told))


@router.get(
    f"{BOOKINGS}/{{number}}",
    response_model=BookingOut,
    summary="One booking",
    responses={**REFUSED, **UNKNOWN},
)
def get_booking(number: NumberPath, session: SessionDep) -> Response:
    """Answer to the station's staff, masked, and to whoever holds its link."""
    row = bookings.read_booking(session, number)
    if row is None:
        raise NotFoundError(kind=msg("booking"), name=number)
    return _json(BookingOut.model_validate(_booking(masked(row))))


@router.post(
    f"{BOOKINGS}/{{number}}/cancel",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    summary="Cancel it",
    responses={**REFUSED, **UNKNOWN, **NOT_NOW},
)
def post_cancel(number: NumberPath, session: SessionDep, visitor: VisitorDep) -> Response:
    """Cancel a booking until it begins, by its link; or as the station's staff."""
    held = bookings.held_booking(session) if visitor.asker.follow_sha256 else None
    if held is not None and held["number"] == number:
        flow.cancel(session)
    elif visitor.asker.account_id is None:
        raise NotFoundError(kind=msg("booking"), name=number)
    else:
        serve(session, number, Deed("cancelled"))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post(
    f"{BOOKINGS}/{{number}}/actions",
    response_model=BookingOut,
    summary="Say what became of it",
    responses={**REFUSED, **UNKNOWN, **NOT_NOW},
)
def post_action(number: NumberPath, given: BookingActionIn, session: SessionDep) -> Response:
    """Mark a booking of one's own station, or name the helper of an errand."""
    serve(session, number, Deed(**given.model_dump()))
    return get_booking(number, session)


@router.post(
    f"{BOOKINGS}/{{number}}/unmask",
    response_model=UnmaskedBookingOut,
    summary="Who has booked; noted in the audit trail",
    responses={**REFUSED, **UNKNOWN},
)
def post_unmask(number: NumberPath, given: PurposeIn, session: SessionDep) -> Response:
    """Answer with the name and number of a booking, and note who looked and what for."""
    shown = unmask_booking(session, number, given.purpose)
    told = {name: shown[name] for name in ("id", "number", "name", "phone")}
    return _json(UnmaskedBookingOut.model_validate(told))


def named(row: Mapping[Any, Any], part: str) -> dict[str, str]:
    """Return a part of a row, such as its station, as a code with its names."""
    return {
        "code": row[f"{part}_code"],
        "name": row[f"{part}_name"],
        "name_en": row[f"{part}_name_en"],
    }


def local_day(session: Session) -> date:
    """Return the day it is at the asker's first station; else in UTC."""
    served = bookings.served_stations(session)
    return clock(session).astimezone(ZoneInfo(served[0]["timezone"]) if served else UTC).date()


def _slot(one: Free) -> dict[str, Any]:
    ends_at = None if one.free is None else one.slot.ends_at.isoformat()
    return {"starts_at": one.slot.starts_at.isoformat(), "ends_at": ends_at, "free": one.free}


def _booking(row: Mapping[Any, Any]) -> dict[str, Any]:
    zone = ZoneInfo(row["timezone"])

    def local(instant: datetime | None) -> str | None:
        return instant.astimezone(zone).isoformat() if instant else None

    times = ("starts_at", "ends_at", "remind_at", "created_at", "ended_at")
    return {
        **{name: row[name] for name in ("number", "state", "way", "name", "phone")},
        **{name: row[name] for name in ("note", "outcome")},
        **{name: local(row[name]) for name in times},
        "station": named(row, "station"),
        "service": named(row, "service"),
        "helper": row["helper_id"],
    }


def _json(body: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(body.model_dump_json(), status, NO_STORE, media_type="application/json")
