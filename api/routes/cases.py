"""Cases for those whose work they are: a list, one of them, and its reporter on purpose."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.answering import model_as_json
from api.cursors import cursor_of, read_cursor
from api.deps import FormDep, SessionDep, VisitorDep
from api.i18n import language_of, translate
from api.labels import ISSUE_ACTIONS, STAGES, STATES
from api.queries import day_of, without
from api.routes.personal import NO_STORE, purposes_said, staff_page
from api.schemas.households import PurposeIn, ReporterOut
from api.schemas.problems import REFUSED, UNKNOWN
from api.trail import actor_said
from geo.errors import InvalidFieldError
from geo.flows.issue_answers import issue_answer, issue_history, issue_summary
from geo.flows.sign_in import Visitor
from geo.flows.unmasking import masked_reporter, unmask_reporter
from geo.messages import Message, msg
from geo.store.engine import Session
from geo.store.issue_lists import Wanted, list_issues, place_of
from geo.store.zones import read_zones

api_router = APIRouter(prefix="/api/v1/issues", tags=["issues"])
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PAGE = 30


@api_router.post(
    "/{issue_id}/reporter/unmask",
    response_model=ReporterOut,
    summary="Its reporter; noted in the audit trail",
    responses={**REFUSED, **UNKNOWN},
)
def post_unmask(issue_id: UUID, given: PurposeIn, session: SessionDep) -> Response:
    """Answer with who reported an issue, and note who looked and what for."""
    body = ReporterOut.model_validate(unmask_reporter(session, issue_id, given.purpose))
    return model_as_json(body, headers=NO_STORE)


@router.get("/cases")
def get_cases(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Answer with the cases of one's territory, the latest first."""
    asked = request.query_params
    state = asked.get("state") or None
    if state is not None and state not in STATES:
        raise InvalidFieldError(
            field="state", reason=msg("This is none of: %(expected)s.", expected=", ".join(STATES))
        )
    cursor, zones = asked.get("cursor"), read_zones(session)
    wanted = Wanted(
        state=state,
        since=day_of(asked, "since", zones),
        until=day_of(asked, "until", zones, after=True),
        after=read_cursor(cursor) if cursor else None,
        limit=PAGE + 1,
    )
    rows = list_issues(session, wanted)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    following = cursor_of(place_of(last, "latest")) if last else None
    return staff_page(
        request,
        "cases.html",
        visitor,
        asked=asked,
        cases=[_times(issue_summary(session, row)) for row in rows[:PAGE]],
        states=_said(STATES, request),
        next_url=without(request, "cursor", cursor=following) if following else None,
        first_url=without(request, "cursor") if cursor else None,
    )


@router.get("/cases/{issue_id}")
def get_case(
    request: Request, issue_id: UUID, session: SessionDep, visitor: VisitorDep
) -> HTMLResponse:
    """Answer with one case, its reporter masked."""
    return _case_page(request, session, visitor, issue_id)


@router.post("/cases/{issue_id}/reporter")
def post_reporter(
    request: Request, issue_id: UUID, session: SessionDep, visitor: VisitorDep, form: FormDep
) -> HTMLResponse:
    """Show a case with its reporter, and note who looked and what for."""
    shown = unmask_reporter(session, issue_id, form["purpose"])
    return _case_page(request, session, visitor, issue_id, shown)


def _case_page(
    request: Request,
    session: Session,
    visitor: Visitor,
    issue_id: UUID,
    shown: dict[str, str] | None = None,
) -> HTMLResponse:
    told = issue_answer(session, issue_id)
    stages = dict(_said(STAGES, request))
    deadlines = [
        {
            "stage": stages.get(one["stage"], one["stage"]),
            "due_at": datetime.fromisoformat(one["due_at"]),
            "late": one["state"] in {"overdue", "missed"},
        }
        for one in told["deadlines"]
    ]
    return staff_page(
        request,
        "case.html",
        visitor,
        case=_times(told),
        states=dict(_said(STATES, request)),
        actions=dict(_said(ISSUE_ACTIONS, request)),
        deadlines=deadlines,
        history=[
            {**_times(event), "actor": actor_said(event["actor"], language_of(request))}
            for event in issue_history(session, issue_id)
        ],
        photo_urls=[f"/api/v1/issues/{issue_id}/photos/{one['number']}" for one in told["photos"]],
        purposes=purposes_said(language_of(request)),
        reporter=shown or masked_reporter(session, issue_id),
        shown=shown is not None,
    )


def _times(told: dict[str, Any]) -> dict[str, Any]:
    """Return what is told with its times as times."""
    return {
        name: datetime.fromisoformat(value) if value and name.endswith("at") else value
        for name, value in told.items()
    }


def _said(labels: dict[str, Message], request: Request) -> list[tuple[str, str]]:
    language = language_of(request)
    return [(code, translate(label, language)) for code, label in labels.items()]
