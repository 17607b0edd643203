"""``/api/v1/issues``: lists by queue and filter, how many wait, and acting on many at once."""

import hashlib
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.answering import model_as_json
from api.cursors import cursor_of, read_cursor
from api.deps import LanguageDep, SessionDep, UrlDep, VisitorDep
from api.errors import TITLES, status_of
from api.i18n import translate
from api.routes.issues import KeyHeader
from api.schemas.issue_lists import Counted, CountsOut, Filters, ManyIn, ResultsOut
from api.schemas.issues import IssueListOut
from api.schemas.problems import REFUSED
from geo.core.lifecycle import STATES, may_act
from geo.errors import ActionRefusedError, HonggeError, InvalidFieldError, NotPermittedError
from geo.flows.act import Action
from geo.flows.bulk import Item, Outcome, act_on_each
from geo.flows.issue_answers import issue_summary
from geo.flows.report import Key
from geo.messages import msg
from geo.store.asking import Asker
from geo.store.issue_lists import Wanted, count_queues, list_issues, place_of

router = APIRouter(prefix="/api/v1/issues", tags=["issues"])

NOT_DONE = msg("This one could not be carried out just now. Try it again.")


@router.get("", response_model=IssueListOut, summary="List issues by queue and filter")
def get_issues(session: SessionDep, filters: Annotated[Filters, Query()]) -> Response:
    """List the issues that whoever asks may see, page by page."""
    if filters.state is not None and filters.state not in STATES:
        raise InvalidFieldError(
            field="state",
            reason=msg("This is none of: %(expected)s.", expected=", ".join(STATES)),
        )
    limit = filters.limit
    wanted = Wanted(
        **filters.model_dump(exclude={"lang", "limit", "cursor"}),
        after=read_cursor(filters.cursor) if filters.cursor else None,
        limit=limit + 1,
    )
    rows = list_issues(session, wanted)
    last = place_of(rows[limit - 1], wanted.order) if len(rows) > limit else None
    body = IssueListOut.model_validate(
        {
            "issues": [issue_summary(session, row) for row in rows[:limit]],
            "next": cursor_of(last) if last else None,
        }
    )
    return model_as_json(body)


@router.get("/counts", response_model=CountsOut, summary="How many issues are in each queue")
def get_counts(session: SessionDep, asked: Annotated[Counted, Query()]) -> Response:
    """Count the issues that whoever asks may see."""
    body = CountsOut(counts=count_queues(session, asked.jurisdiction))
    return model_as_json(body)


@router.post(
    "/actions", response_model=ResultsOut, summary="Act on many at once", responses=REFUSED
)
def post_actions(
    given: ManyIn,
    url: UrlDep,
    visitor: VisitorDep,
    language: LanguageDep,
    idempotency_key: KeyHeader = None,
) -> Response:
    """Carry out one action on each of many issues, and say of each what became of it.

    Each is a transaction of its own: those that refuse keep nothing from the others.
    """
    if not may_act(given.action, visitor.roles):
        raise NotPermittedError
    _check_named_once([one.id for one in given.items])
    fields = given.model_dump(exclude={"action", "items"})
    items = [
        Item(one.id, one.version, _key(idempotency_key, given, one.id, visitor.asker))
        for one in given.items
    ]
    outcomes = act_on_each(items, Action(given.action, **fields), visitor.asker, url)
    body = ResultsOut.model_validate({"results": [_result(one, language) for one in outcomes]})
    return model_as_json(body)


def _check_named_once(ids: list[UUID]) -> None:
    for place, issue_id in enumerate(ids):
        if issue_id in ids[:place]:
            raise InvalidFieldError(
                field=f"items.{place}.id", reason=msg("This issue is named twice.")
            )


def _key(text: str | None, given: ManyIn, issue_id: UUID, asker: Asker) -> Key | None:
    """Return the key of one item: that of the request, for this issue."""
    if text is None:
        return None
    step = given.model_dump_json(exclude={"items"})
    version = next(one.version for one in given.items if one.id == issue_id)
    told = f"{issue_id} {version} {asker.account_id} {step}"
    return Key(f"{text} {issue_id}", hashlib.sha256(told.encode()).digest())


def _result(outcome: Outcome, language: str) -> dict[str, Any]:
    error = outcome.error
    return {
        "id": outcome.id,
        "ok": error is None,
        "state": outcome.state,
        "version": outcome.version,
        "problem": _problem(error, language) if error else None,
    }


def _problem(error: Exception, language: str) -> dict[str, Any]:
    """Return problem details as an answer about the one issue would have them."""
    status = status_of(error)
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    message = NOT_DONE if ours or not isinstance(error, HonggeError) else error.message
    said: dict[str, Any] = {
        "type": "about:blank",
        "title": translate(TITLES[status], language),
        "status": int(status),
        "detail": translate(message, language),
    }
    if isinstance(error, InvalidFieldError):
        values = error.message.values
        reason = translate(values["reason"], language)
        said["errors"] = [{"field": values["field"], "message": reason}]
        said["detail"] = f"{values['field']}: {reason}"
    if isinstance(error, ActionRefusedError):
        said |= {"state": error.state, "version": error.version, "allowed": list(error.allowed)}
    return said
