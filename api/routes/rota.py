"""``/api/v1/stations/{code}/rota``: the duty rota of a station, proposed, changed, published."""

from datetime import date, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.attachments import file_headers
from api.booking_texts import day_named
from api.deps import LanguageDep, SessionDep
from api.i18n import translate
from api.rota_shape import conflicts_out, proposed_out, rota_xlsx, shift_out, table_out
from api.routes.personal import NO_STORE
from api.schemas.problems import REFUSED, Problem
from api.schemas.rota import (
    LARGEST_KEY,
    CountOut,
    DraftIn,
    EditedOut,
    PeriodIn,
    ProposalIn,
    ProposedOut,
    RotaOut,
    RotaQuery,
    RulesIn,
    ShiftIn,
)
from api.schemas.station_details import StationQuery, read_clock
from api.schemas.values import MOST_NAME, NoNul
from geo.core.rota import KINDS, Rules, week_of
from geo.errors import NotFoundError, NotPermittedError
from geo.flows import rota as flow
from geo.flows.rota import Absence, Asked
from geo.flows.station_details import find_station
from geo.messages import msg
from geo.store.engine import Session
from geo.store.publishing import clock
from geo.store.rota import find_shift, watched_stations
from geo.store.station_details import kept_stations

router = APIRouter(prefix="/api/v1/stations/{code}/rota", tags=["stations"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Code = Annotated[str, Path(min_length=1, max_length=MOST_NAME), NoNul]
ShiftKey = Annotated[int, Path(ge=1, le=LARGEST_KEY)]
Which = Annotated[StationQuery, Query()]
MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such station, or no such shift of it."}
}
NOT_NOW: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "It can't be done; the answer says why."}
}
WORKBOOK: dict[int | str, dict[str, Any]] = {
    200: {"description": "The workbook.", "content": {XLSX: {}}}
}
ANSWERS = {**REFUSED, **MISSING}
CHANGES = {**ANSWERS, **NOT_NOW}


@router.get("", response_model=RotaOut, summary="The rota of a station", responses=ANSWERS)
def get_rota(
    code: Code, asked: Annotated[RotaQuery, Query()], session: SessionDep, language: LanguageDep
) -> Response:
    """Answer with the shifts of some days, to those who work there."""
    station = find_watched(session, code, asked.jurisdiction)
    first = asked.first_day or this_week(session, station)
    table = flow.table(session, station, first, asked.days)
    return _json(RotaOut.model_validate(table_out(table, first, asked.days, language)))


def get_workbook(
    code: Code, asked: Annotated[RotaQuery, Query()], session: SessionDep, language: LanguageDep
) -> Response:
    """Answer with the shifts of some days, and hours by person, as a workbook."""
    station = find_watched(session, code, asked.jurisdiction)
    first = asked.first_day or this_week(session, station)
    table = flow.table(session, station, first, asked.days)
    last = first + timedelta(days=asked.days - 1)
    period = f"{first} {day_named(language, first)} – {last} {day_named(language, last)}"
    name = f"{translate(msg('Duty rota'), language)}-{station['code']}-{first:%Y%m%d}.xlsx"
    return Response(
        rota_xlsx(table, station, period, language),
        media_type=XLSX,
        headers=file_headers(name, "attachment"),
    )


router.add_api_route(
    ".xlsx",
    get_workbook,
    response_class=Response,
    summary="The rota of a station as a workbook",
    responses=WORKBOOK | ANSWERS,
)


@router.post(
    "/propose", response_model=ProposedOut, summary="Propose a fair rota", responses=CHANGES
)
def post_proposal(
    code: Code, asked: Which, given: ProposalIn, session: SessionDep, language: LanguageDep
) -> Response:
    """Answer with the fairest rota that fills every shift, or with who is missing; keep nothing."""
    station = find_station(session, code, asked.jurisdiction)
    check_kept(session, station)
    proposed = flow.propose(session, station, asked_of(given))
    return _json(ProposedOut.model_validate(proposed_out(proposed, language)))


@router.put("/draft", response_model=CountOut, summary="Keep a rota as a draft", responses=CHANGES)
def put_draft(code: Code, asked: Which, given: DraftIn, session: SessionDep) -> Response:
    """Put shifts in the place of the draft of that time; published shifts stay."""
    station = flow.find_held(session, code, asked.jurisdiction)
    shifts = [(one.member, (one.starts_at, one.ends_at)) for one in given.shifts]
    count = flow.keep(session, station, given.first_day, given.days, shifts)
    return _json(CountOut(shifts=count))


@router.post(
    "/shifts",
    response_model=EditedOut,
    status_code=HTTPStatus.CREATED,
    summary="Add a shift",
    responses=CHANGES,
)
def post_shift(
    code: Code, asked: Which, given: ShiftIn, session: SessionDep, language: LanguageDep
) -> Response:
    """Add a shift to the draft, and name what doesn't go together with it."""
    station = flow.find_held(session, code, asked.jurisdiction)
    key = flow.add_shift(session, station, given.member, (given.starts_at, given.ends_at))
    return _edited(session, station, key, language, HTTPStatus.CREATED)


@router.put(
    "/shifts/{shift_id}", response_model=EditedOut, summary="Change a shift", responses=CHANGES
)
def put_shift(  # noqa: PLR0913, PLR0917 - which, what, and what an answer needs
    code: Code,
    shift_id: ShiftKey,
    asked: Which,
    given: ShiftIn,
    session: SessionDep,
    language: LanguageDep,
) -> Response:
    """Give a shift to somebody else or change its times; a published one stays published."""
    station = flow.find_held(session, code, asked.jurisdiction)
    span = given.starts_at, given.ends_at
    flow.change_shift(session, station, shift_id, given.member, span)
    return _edited(session, station, shift_id, language, HTTPStatus.OK)


@router.delete(
    "/shifts/{shift_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Remove a shift",
    responses=ANSWERS,
)
def delete_shift(code: Code, shift_id: ShiftKey, asked: Which, session: SessionDep) -> Response:
    """Remove a shift, published or not."""
    station = flow.find_held(session, code, asked.jurisdiction)
    flow.remove_shift(session, station, shift_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/publish", response_model=CountOut, summary="Publish the draft", responses=CHANGES)
def post_publication(code: Code, asked: Which, given: PeriodIn, session: SessionDep) -> Response:
    """Publish the draft of some days: everybody learns when somebody is there, and not who."""
    station = flow.find_held(session, code, asked.jurisdiction)
    count = flow.publish(session, station, given.first_day, given.days)
    return _json(CountOut(shifts=count))


def find_watched(session: Session, code: str, jurisdiction: str | None) -> Any:
    """Return a station whose rota whoever asks may read.

    Raises
    ------
    NotPermittedError
        When it is not theirs.
    """
    station = find_station(session, code, jurisdiction)
    if station["id"] not in watched_stations(session):
        raise NotPermittedError
    return station


def check_kept(session: Session, station: Any) -> None:
    """Refuse those who don't keep a station.

    Raises
    ------
    NotPermittedError
        When it is not theirs.
    """
    if station["id"] not in kept_stations(session):
        raise NotPermittedError


def this_week(session: Session, station: Any) -> date:
    """Return the Monday of the week it is at a station."""
    return week_of(clock(session).astimezone(ZoneInfo(station["timezone"])).date())


def asked_of(given: ProposalIn) -> Asked:
    """Return what a body asks for."""
    return Asked(
        given.first_day,
        given.days,
        None if given.members is None else tuple(given.members),
        tuple(Absence(one.member, one.first_day, one.last_day) for one in given.absences),
        rules_of(given.rules),
        given.seed,
    )


def rules_of(given: RulesIn) -> Rules:
    """Return the rules of a body."""
    begins, ends = (read_clock(one) if one else time(0) for one in (given.begins, given.ends))
    people = {kind: getattr(given, kind) for kind in KINDS}
    return Rules(
        given.day_max, given.week_max, given.rest_min, given.longest_min, people, begins, ends
    )


def _edited(
    session: Session, station: Any, key: int, language: str, status: HTTPStatus
) -> Response:
    zone = ZoneInfo(station["timezone"])
    row = find_shift(session, station["id"], key)
    if row is None:
        raise NotFoundError(kind=msg("shift"), name=str(key))
    table = flow.table(session, station, row["starts_at"].astimezone(zone).date(), 1)
    conflicts = [
        one for one in conflicts_out(table, language) if key in {one["shift"], one["other"]}
    ]
    told = {"shift": shift_out(row, zone), "conflicts": conflicts}
    return _json(EditedOut.model_validate(told), status)


def _json(told: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(told.model_dump_json(), status, headers=NO_STORE, media_type="application/json")
