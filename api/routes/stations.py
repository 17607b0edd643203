"""``/api/v1/stations/{code}``: all of a station, and what its staff change of it."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.deps import LanguageDep, SessionDep
from api.schemas.problems import REFUSED, Problem
from api.schemas.station_details import (
    ClosureIn,
    ClosureOut,
    EndIn,
    HoursIn,
    RoomIn,
    StationOut,
    StationQuery,
    StationServiceIn,
)
from api.schemas.values import MOST_NAME, NoNul
from api.station_details import closure_out, details_out
from geo.errors import InvalidFieldError
from geo.flows import station_details as flow
from geo.messages import msg
from geo.store.engine import Session

router = APIRouter(prefix="/api/v1/stations", tags=["stations"])

LARGEST_KEY = 2**63 - 1
Code = Annotated[str, Path(min_length=1, max_length=MOST_NAME), NoNul]
ClosureKey = Annotated[int, Path(ge=1, le=LARGEST_KEY)]
Asked = Annotated[StationQuery, Query()]
MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such station, or nothing such at it."}
}
OVER: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "The closure is over."}
}
ANSWERS = {**REFUSED, **MISSING}


@router.get("/{code}", response_model=StationOut, summary="All of a station", responses=ANSWERS)
def get_station(code: Code, asked: Asked, session: SessionDep, language: LanguageDep) -> Response:
    """Answer with a station: hours, closures, rooms and what they are used for, services."""
    return _station(session, code, asked, language)


@router.put(
    "/{code}/hours",
    response_model=StationOut,
    summary="Set a station's hours",
    responses=ANSWERS,
)
def put_hours(
    code: Code, asked: Asked, given: HoursIn, session: SessionDep, language: LanguageDep
) -> Response:
    """Replace the hours by an OpenStreetMap expression, or by rules; for the station's staff."""
    station = flow.find_kept(session, code, asked.jurisdiction)
    set_hours(session, station, given)
    return _station(session, code, asked, language)


@router.post(
    "/{code}/closures",
    response_model=ClosureOut,
    status_code=HTTPStatus.CREATED,
    summary="Announce a closure",
    responses=ANSWERS,
)
def post_closure(code: Code, asked: Asked, given: ClosureIn, session: SessionDep) -> Response:
    """Close the station against its hours, with an end or until further notice."""
    station = flow.find_kept(session, code, asked.jurisdiction)
    key = flow.announce_closure(session, station, given.model_dump())
    return _closure(session, station, key, HTTPStatus.CREATED)


@router.post(
    "/{code}/closures/{closure_id}/end",
    response_model=StationOut,
    summary="End a closure",
    responses={**ANSWERS, **OVER},
)
def post_end(  # noqa: PLR0913, PLR0917 - which, when, and what an answer needs
    code: Code,
    closure_id: ClosureKey,
    asked: Asked,
    given: EndIn,
    session: SessionDep,
    language: LanguageDep,
) -> Response:
    """End a closure now or later; one that hasn't begun doesn't take place."""
    station = flow.find_kept(session, code, asked.jurisdiction)
    flow.end_closure(session, station, closure_id, given.ends_at)
    return _station(session, code, asked, language)


@router.put(
    "/{code}/rooms/{room}", response_model=StationOut, summary="Write a room", responses=ANSWERS
)
def put_room(  # noqa: PLR0913, PLR0917 - which, what, and what an answer needs
    code: Code,
    room: Code,
    asked: Asked,
    given: RoomIn,
    session: SessionDep,
    language: LanguageDep,
) -> Response:
    """Add a room, or change the one of this code."""
    station = flow.find_kept(session, code, asked.jurisdiction)
    flow.put_room(session, station, room, given.model_dump())
    return _station(session, code, asked, language)


@router.delete(
    "/{code}/rooms/{room}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Remove a room",
    responses=ANSWERS,
)
def delete_room(code: Code, room: Code, asked: Asked, session: SessionDep) -> Response:
    """Remove a room."""
    station = flow.find_kept(session, code, asked.jurisdiction)
    flow.remove_room(session, station, room)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.put(
    "/{code}/services/{service}",
    response_model=StationOut,
    summary="Write a service",
    responses=ANSWERS,
)
def put_service(  # noqa: PLR0913, PLR0917 - which, what, and what an answer needs
    code: Code,
    service: Code,
    asked: Asked,
    given: StationServiceIn,
    session: SessionDep,
    language: LanguageDep,
) -> Response:
    """Add a service, change the one of this code, retire it, or bring it back."""
    station = flow.find_kept(session, code, asked.jurisdiction)
    flow.put_service(session, station, service, given.model_dump())
    return _station(session, code, asked, language)


def set_hours(session: Session, station: Any, given: HoursIn) -> None:
    """Give a station the hours of a body.

    Raises
    ------
    InvalidFieldError
        When it has neither or both of an expression and rules, or rules can't be like that.
    """
    if given.opening_hours is not None and given.rules is None:
        flow.set_opening_hours(session, station, given.opening_hours)
    elif given.rules is not None and given.opening_hours is None:
        flow.set_rules(session, station, [one.rule for one in given.rules])
    else:
        raise InvalidFieldError(
            field="opening_hours", reason=msg("Give either this or rules, and not both.")
        )


def _station(session: Session, code: str, asked: StationQuery, language: str) -> Response:
    station = flow.find_station(session, code, asked.jurisdiction)
    told = StationOut.model_validate(details_out(flow.details(session, station), language))
    return Response(told.model_dump_json(), media_type="application/json")


def _closure(session: Session, station: Any, key: int, status: HTTPStatus) -> Response:
    now = flow.details(session, station).now
    found = next(one for one in now.closures if one["id"] == key)
    told = ClosureOut.model_validate(closure_out(found, now.at))
    return Response(told.model_dump_json(), status, media_type="application/json")
