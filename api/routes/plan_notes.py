"""``/api/v1/plans/…``: marks on a draft's log, comments on places, links for readers."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.answering import as_json
from api.deps import SessionDep
from api.plan_shape import comment_out, person_out
from api.schemas.issues import LARGEST_KEY
from api.schemas.plan_notes import (
    CommentIn,
    CommentOut,
    CommentsOut,
    MarkIn,
    MarkOut,
    MarksOut,
    ResolvedIn,
    ShareIn,
    ShareMadeOut,
    SharesOut,
)
from api.schemas.plans import UNKNOWN_PLAN
from api.schemas.problems import REFUSED
from geo.flows import plan_notes as noting
from geo.flows.plans import draft_of
from geo.settings import settings
from geo.store import plan_notes
from geo.store.engine import Session
from geo.store.plan_notes import Comment, Mark, Share
from geo.store.plans import Person, people_of

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])

REFUSING: dict[int | str, dict[str, Any]] = {**REFUSED, **UNKNOWN_PLAN}
SHARED_PAGE = "/plan/shared/"
MarkKey = Annotated[int, Path(ge=1, le=LARGEST_KEY)]
ShareKey = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.get("/{plan_id}/marks", response_model=MarksOut, summary="Marks", responses=UNKNOWN_PLAN)
def get_marks(plan_id: UUID, session: SessionDep) -> Response:
    """Answer with the named versions of a draft."""
    draft_of(session, plan_id)
    people = people_of(session, [plan_id])
    found = plan_notes.list_marks(session, plan_id)
    return as_json({"marks": [_mark(one, people) for one in found]})


@router.post(
    "/{plan_id}/marks",
    status_code=HTTPStatus.CREATED,
    response_model=MarkOut,
    summary="Mark a version",
    responses=REFUSING,
)
def post_mark(plan_id: UUID, given: MarkIn, session: SessionDep) -> Response:
    """Give a version a name, to come back to it."""
    made = noting.mark(session, plan_id, given.name, given.version)
    return as_json(_mark(made, people_of(session, [plan_id])), HTTPStatus.CREATED)


@router.delete(
    "/{plan_id}/marks/{mark_id}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Take a mark away",
    responses=REFUSING,
)
def delete_mark(plan_id: UUID, mark_id: MarkKey, session: SessionDep) -> None:
    """Take a mark away; its version stays."""
    noting.unmark(session, plan_id, mark_id)


@router.get(
    "/{plan_id}/comments", response_model=CommentsOut, summary="Comments", responses=UNKNOWN_PLAN
)
def get_comments(plan_id: UUID, session: SessionDep) -> Response:
    """Answer with the comments on a draft, the oldest first."""
    draft_of(session, plan_id)
    people = people_of(session, [plan_id])
    found = plan_notes.list_comments(session, plan_id)
    return as_json({"comments": [comment_out(one, people) for one in found]})


@router.post(
    "/{plan_id}/comments",
    status_code=HTTPStatus.CREATED,
    response_model=CommentOut,
    summary="Comment on a place",
    responses=REFUSING,
)
def post_comment(plan_id: UUID, given: CommentIn, session: SessionDep) -> Response:
    """Comment on a position, or answer a comment."""
    made = noting.comment(session, plan_id, given.place(), given.text)
    return as_json(_comment(session, plan_id, made), HTTPStatus.CREATED)


@router.patch(
    "/{plan_id}/comments/{comment_id}",
    response_model=CommentOut,
    summary="Close a comment",
    responses=REFUSING,
)
def patch_comment(
    plan_id: UUID, comment_id: UUID, given: ResolvedIn, session: SessionDep
) -> Response:
    """Close a comment, or open it again."""
    changed = noting.resolve(session, plan_id, comment_id, resolved=given.resolved)
    return as_json(_comment(session, plan_id, changed))


@router.get("/{plan_id}/shares", response_model=SharesOut, summary="Links", responses=UNKNOWN_PLAN)
def get_shares(plan_id: UUID, session: SessionDep) -> Response:
    """Answer with the links to a draft, without their secrets."""
    found = noting.shares_of(session, plan_id)
    people = people_of(session, [plan_id])
    return as_json({"shares": [_share(one, people) for one in found]})


@router.post(
    "/{plan_id}/shares",
    status_code=HTTPStatus.CREATED,
    response_model=ShareMadeOut,
    summary="Make a link",
    responses=REFUSING,
)
def post_share(plan_id: UUID, given: ShareIn, session: SessionDep) -> Response:
    """Make a link by which anybody may read the draft; its secret is told this once."""
    made = noting.share(session, plan_id, given.days)
    home = (settings().public_url or "").rstrip("/")
    told = {
        **_share(made.share, people_of(session, [plan_id])),
        "secret": made.secret,
        "url": f"{home}{SHARED_PAGE}{made.secret}",
    }
    return as_json(told, HTTPStatus.CREATED)


@router.delete(
    "/{plan_id}/shares/{key}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Take a link back",
    responses=REFUSING,
)
def delete_share(plan_id: UUID, key: ShareKey, session: SessionDep) -> None:
    """End a link at once, also for those who are reading."""
    noting.unshare(session, plan_id, key)


def _mark(mark: Mark, people: dict[int, Person]) -> dict[str, Any]:
    return {
        "id": mark.id,
        "version": mark.version,
        "name": mark.name,
        "by": person_out(mark.account_id, people),
        "at": mark.at.isoformat(),
    }


def _comment(session: Session, plan_id: UUID, comment: Comment) -> dict[str, Any]:
    return comment_out(comment, people_of(session, [plan_id]))


def _share(share: Share, people: dict[int, Person]) -> dict[str, Any]:
    return {
        "key": share.key,
        "by": person_out(share.created_by, people),
        "created_at": share.created_at.isoformat(),
        "expires_at": share.expires_at.isoformat(),
        "revoked_at": share.revoked_at.isoformat() if share.revoked_at else None,
        "holds": share.revoked_at is None and share.expires_at > datetime.now(UTC),
    }
