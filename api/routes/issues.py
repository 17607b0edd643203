"""``/api/v1/issues``: reporting, reading, acting."""

import hashlib
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Path
from starlette.responses import Response

from api.answering import model_as_json
from api.attachments import file_headers
from api.deps import LanguageDep, RegistryDep, SessionDep, UrlDep, VisitorDep, keep_pace
from api.i18n import translate
from api.schemas.issues import (
    ActionIn,
    HistoryOut,
    IssueIn,
    IssueOut,
    IssueReportedOut,
    LocationIn,
    PhotoIn,
    UnitIn,
)
from api.schemas.problems import PACED, REFUSED, UNKNOWN, Problem
from geo.core.lifecycle import may_act
from geo.errors import (
    DatumRefusedError,
    InvalidFieldError,
    NotPermittedError,
    UnknownDatumError,
)
from geo.files.photos import CleanPhoto
from geo.flows.act import Action, act
from geo.flows.issue_answers import issue_answer, issue_history, issue_photo
from geo.flows.locate import Position, read_position
from geo.flows.photos import GivenPhoto, take_photos
from geo.flows.report import Key, Report, report, source_of
from geo.flows.report_places import GivenPlace
from geo.messages import Message, msg
from geo.store.asking import Asker

router = APIRouter(prefix="/api/v1/issues", tags=["issues"])

MOST_PHOTOS = 1000

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key again gives the same answer and stores nothing. Send one, made"
        " anew for each thing you send: without it, what is sent again after 502, 503, 504 or no"
        " answer at all may be stored twice.",
    ),
]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=IssueReportedOut,
    summary="Report an issue",
    responses={**REFUSED, **PACED},
    dependencies=[Depends(keep_pace)],
)
def post_issue(  # noqa: PLR0913, PLR0917 - FastAPI hands in each
    issue: IssueIn,
    registry: RegistryDep,
    url: UrlDep,
    visitor: VisitorDep,
    language: LanguageDep,
    idempotency_key: KeyHeader = None,
) -> Response:
    """Take in an issue and route it; whatever can't be routed waits for triage.

    A report that was answered with 503, or not at all, may have been stored. Who sends it again
    with the same `Idempotency-Key` gets the answer to the first one; without a key it counts as
    another report.
    """
    key = Key(idempotency_key, _digest(issue)) if idempotency_key else None
    told = report(registry, _report(issue, source_of(visitor)), key, url, visitor.asker)
    place = f"{router.prefix}/{told['id']}"
    told["follow"] = f"{place}?follow={told['follow']}"
    # Not looked at again by the model: that takes as long as deciding where it goes. In the order
    # of names, so that a repeated answer is the same byte by byte.
    body = orjson.dumps(_for_reader(told, language), option=orjson.OPT_SORT_KEYS)
    answer = Response(body, HTTPStatus.CREATED, media_type="application/json")
    answer.headers["Location"] = place
    return answer


@router.get("/{issue_id}", response_model=IssueOut, summary="One issue", responses=UNKNOWN)
def get_issue(issue_id: UUID, session: SessionDep, language: LanguageDep) -> Response:
    """Answer with an issue as it is now."""
    return _answer(issue_answer(session, issue_id), language, HTTPStatus.OK)


@router.get(
    "/{issue_id}/history", response_model=HistoryOut, summary="Its history", responses=UNKNOWN
)
def get_history(issue_id: UUID, session: SessionDep) -> Response:
    """Answer with what happened to an issue, oldest first."""
    body = HistoryOut.model_validate({"events": issue_history(session, issue_id)})
    return model_as_json(body)


@router.get(
    "/{issue_id}/photos/{number}",
    response_class=Response,
    summary="One of its photos",
    responses={200: {"content": {"image/jpeg": {}}, "description": "The photo."}, **UNKNOWN},
)
def get_photo(
    issue_id: UUID, number: Annotated[int, Path(ge=1, le=MOST_PHOTOS)], session: SessionDep
) -> Response:
    """Answer with a photo, which holds no metadata, to those who may see its issue."""
    photo = issue_photo(session, issue_id, number)
    return Response(photo.content, media_type=photo.media_type, headers=file_headers(photo.name))


@router.post(
    "/{issue_id}/actions",
    response_model=IssueOut,
    summary="Act on it",
    responses={
        409: {"model": Problem, "description": "Not allowed; `allowed` says what is."},
        **REFUSED,
        **UNKNOWN,
    },
)
def post_action(  # noqa: PLR0913, PLR0917 - FastAPI hands in each
    issue_id: UUID,
    action: ActionIn,
    url: UrlDep,
    visitor: VisitorDep,
    language: LanguageDep,
    idempotency_key: KeyHeader = None,
) -> Response:
    """Carry out an action of one's role, and answer with the issue as it is then."""
    if not may_act(action.action, visitor.roles):
        raise NotPermittedError
    who = visitor.asker
    key = Key(idempotency_key, digest_of(action, issue_id, who)) if idempotency_key else None
    told = act(issue_id, read_action(action), who, url, key)
    return _answer(told, language, HTTPStatus.OK)


def read_action(given: ActionIn) -> Action:
    """Return an action as it came in, its photos encoded anew.

    Raises
    ------
    InvalidFieldError
        When a photo can't be taken.
    """
    fields = given.model_dump(exclude={"action", "photos"})
    return Action(given.action, **fields, photos=taken(given.photos))


def taken(photos: list[PhotoIn]) -> tuple[CleanPhoto, ...]:
    """Return photos that came in, encoded anew."""
    return take_photos([_photo(place, photo) for place, photo in enumerate(photos)])


def digest_of(action: ActionIn, issue_id: UUID, asker: Asker) -> bytes:
    """Return a digest of an action, of what it is on and of who takes it."""
    told = f"{issue_id} {asker.account_id} {action.model_dump_json()}"
    return hashlib.sha256(told.encode()).digest()


def _answer(told: dict[str, Any], language: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return an issue with its warnings in the reader's language."""
    body = IssueOut.model_validate(_for_reader(told, language))
    return model_as_json(body, status)


def _for_reader(told: dict[str, Any], language: str) -> dict[str, Any]:
    """Return what is told of an issue, in the reader's language and with addresses of photos."""
    warnings = [
        {
            "code": one["code"],
            "message": translate(Message(one["template"], one["values"]), language),
        }
        for one in told["warnings"]
    ]
    photos = [
        {**one, "url": f"{router.prefix}/{told['id']}/photos/{one['number']}"}
        for one in told.get("photos", ())
    ]
    return {**told, "warnings": warnings, "photos": photos}


def _digest(issue: IssueIn) -> bytes:
    return hashlib.sha256(issue.model_dump_json().encode()).digest()


def _report(issue: IssueIn, source: str) -> Report:
    photos = taken(issue.photos)
    reporter = issue.reporter
    return Report(
        text=issue.text,
        position=read_report_position(issue.location) if issue.location else None,
        place=read_place(issue.unit) if issue.unit else None,
        duty=issue.duty,
        occurred_at=issue.occurred_at,
        jurisdiction=issue.jurisdiction,
        reporter_name=reporter.name if reporter else None,
        reporter_phone=reporter.phone if reporter else None,
        photos=photos,
        source=source,
    )


def read_report_position(location: LocationIn) -> Position:
    """Return a report's position; what is wrong with it is named by its path in the body.

    Raises
    ------
    InvalidFieldError
        When it is no position, or its datum is not known or not taken.
    """
    try:
        return read_position(location.lon, location.lat, location.datum, location.accuracy_m)
    except InvalidFieldError as error:
        values = error.message.values
        raise InvalidFieldError(
            field=f"location.{values['field']}", reason=values["reason"]
        ) from None
    except (UnknownDatumError, DatumRefusedError) as error:
        raise InvalidFieldError(field="location.datum", reason=error.message) from None


def read_place(unit: UnitIn) -> GivenPlace:
    """Return a report's building, unit or household as it is named."""
    return GivenPlace(building=unit.building, unit=unit.unit, room=unit.room, unit_id=unit.key)


def _photo(place: int, photo: PhotoIn) -> GivenPhoto:
    content = photo.content()
    if content is None:
        raise InvalidFieldError(
            field=f"photos.{place}.content_base64", reason=msg("This is not base64.")
        )
    return GivenPhoto(photo.media_type, content)
