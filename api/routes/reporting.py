"""``/api/v1/issues``: what surrounds a report — where it would go, what is near, following it."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from api.answering import model_as_json
from api.attachments import file_headers
from api.deps import LanguageDep, RegistryDep, SessionDep, UrlDep, VisitorDep, keep_pace
from api.i18n import translate
from api.routes.issues import MOST_PHOTOS, KeyHeader, read_place, read_report_position
from api.schemas.problems import PACED, REFUSED, UNKNOWN
from api.schemas.reporting import (
    FollowIn,
    FollowOut,
    NearbyOut,
    NearbyQuery,
    PreviewIn,
    PreviewOut,
)
from geo.flows.following import Follower, follow
from geo.flows.locate import read_position
from geo.flows.nearby import nearby, shown_photo
from geo.flows.preview import preview
from geo.flows.report import Key, Report
from geo.messages import Message
from geo.store.models import AT_WORK

ISSUES = "/api/v1/issues"
PUBLIC_ISSUES = "/api/v1/public/issues"

router = APIRouter(tags=["issues"])


@router.post(
    f"{ISSUES}/preview",
    response_model=PreviewOut,
    summary="Where a report would go",
    responses=REFUSED,
)
def post_preview(
    given: PreviewIn, registry: RegistryDep, session: SessionDep, language: LanguageDep
) -> Response:
    """Answer with grid, branch, department and deadlines; nothing is stored."""
    report = Report(
        text="",
        position=read_report_position(given.location) if given.location else None,
        place=read_place(given.unit) if given.unit else None,
        duty=given.duty,
        occurred_at=given.occurred_at,
        jurisdiction=given.jurisdiction,
    )
    told = preview(session, registry, report)
    told["warnings"] = [
        {
            "code": one["code"],
            "message": translate(Message(one["template"], one["values"]), language),
        }
        for one in told["warnings"]
    ]
    body = PreviewOut.model_validate(told)
    return model_as_json(body)


@router.get(
    f"{ISSUES}/nearby",
    response_model=NearbyOut,
    summary="Open issues near a position",
    responses=REFUSED,
)
def get_nearby(
    asked: Annotated[NearbyQuery, Query()], session: SessionDep, visitor: VisitorDep
) -> Response:
    """Answer with what is open there, so that nobody reports it again.

    People at work get all that they may see, 50 m around; residents what somebody at work has made
    public, 250 m around.
    """
    at_work = not visitor.roles.isdisjoint(AT_WORK)
    position = read_position(asked.lon, asked.lat, asked.datum)
    told = nearby(session, position, asked.duty, asked.jurisdiction, at_work=at_work)
    place = ISSUES if at_work else PUBLIC_ISSUES
    for one in told["issues"]:
        one["photos"] = [f"{place}/{one['id']}/photos/{number}" for number in one["photos"]]
    body = NearbyOut.model_validate(told)
    return model_as_json(body)


@router.post(
    f"{ISSUES}/{{issue_id}}/follow",
    response_model=FollowOut,
    summary="Follow it in place of reporting it again",
    responses={**REFUSED, **PACED, **UNKNOWN},
    dependencies=[Depends(keep_pace)],
)
def post_follow(
    issue_id: UUID,
    given: FollowIn,
    url: UrlDep,
    visitor: VisitorDep,
    idempotency_key: KeyHeader = None,
) -> Response:
    """Follow an issue that is public, or that one's work is on."""
    digest = hashlib.sha256(f"{issue_id} follow {given.model_dump_json()}".encode()).digest()
    key = Key(idempotency_key, digest) if idempotency_key else None
    told = follow(issue_id, Follower(**given.model_dump()), visitor.asker, key, url)
    if told["follow"]:
        told["follow"] = f"{ISSUES}/{issue_id}?follow={told['follow']}"
    body = FollowOut.model_validate(told)
    return model_as_json(body)


@router.get(
    f"{PUBLIC_ISSUES}/{{issue_id}}/photos/{{number}}",
    response_class=Response,
    summary="A photo of a public issue",
    responses={200: {"content": {"image/jpeg": {}}, "description": "The photo."}, **UNKNOWN},
)
def get_shown_photo(
    issue_id: UUID, number: Annotated[int, Path(ge=1, le=MOST_PHOTOS)], session: SessionDep
) -> Response:
    """Answer with a photo, which holds no metadata, of an issue that everybody may see."""
    photo = shown_photo(session, issue_id, number)
    return Response(photo.content, media_type=photo.media_type, headers=file_headers(photo.name))
