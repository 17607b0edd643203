"""``/api/v1/plans/…/proposals``: asking for proposals, following them, taking one."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID, uuid5

from fastapi import APIRouter, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from api.answering import as_json
from api.deps import ForemanDep, LanguageDep, SessionDep
from api.i18n import language_of
from api.plan_answers import answer, entries_out
from api.proposal_answers import infeasible, job_out, moves_out, summary_out, verdict_out
from api.schemas.locating import Asked
from api.schemas.plans import NOT_MADE, UNKNOWN_PLAN
from api.schemas.problems import REFUSED
from api.schemas.proposals import (
    FeasibilityOut,
    InfeasibleProblem,
    JobListOut,
    JobOut,
    MovesOut,
    TakeIn,
    TakenOut,
    WishIn,
    WishQuery,
)
from geo.errors import InvalidFieldError
from geo.flows import plans as drafting
from geo.flows import proposals
from geo.flows.plan_search import Request as Wanted
from geo.flows.plans import NotEdited, Written
from geo.flows.proposals import Branch
from geo.messages import msg
from geo.store import plan_jobs, plans
from geo.store.engine import Session, refusing_what_is_not_permitted

router = APIRouter(prefix="/api/v1/plans/{plan_id}", tags=["proposals"])

NOT_NOW: dict[int | str, dict[str, Any]] = {
    409: {"description": "Not in this state: over, not computed yet, not edited, or nothing to do."}
}


class ChosenQuery(Asked):
    """Which proposal."""

    choice: Annotated[int, Query(ge=0, le=2)] = 0


@router.get(
    "/feasibility",
    response_model=FeasibilityOut,
    summary="Whether a proposal is possible, with the arithmetic",
    responses={**REFUSED, **UNKNOWN_PLAN},
)
def get_feasibility(
    plan_id: UUID,
    session: SessionDep,
    asked: Annotated[WishQuery, Query()],
    language: LanguageDep,
    foreman: ForemanDep,
) -> Response:
    """Answer whether a wish can be had, before anything is computed."""
    wanted = Wanted(**asked.model_dump(exclude={"lang"}))
    found = proposals.feasibility(proposals.case_of(session, plan_id), wanted)
    concerned = [one for one in found if wanted.concerns(one)]
    told = {
        "possible": any(one.possible for one in concerned),
        "needed": bool(concerned),
        "seconds": wanted.search_s,
        "communities": [verdict_out(one, language) for one in found],
    }
    answered = as_json(told)
    answered.background = BackgroundTask(foreman.expect)
    return answered


@router.post(
    "/proposals",
    status_code=HTTPStatus.ACCEPTED,
    response_model=JobOut,
    summary="Ask for proposals",
    responses={
        **UNKNOWN_PLAN,
        **NOT_NOW,
        422: {"model": InfeasibleProblem, "description": "It can't be had, or a field is wrong."},
    },
)
def post_proposal(
    plan_id: UUID, wish: WishIn, request: Request, session: SessionDep, foreman: ForemanDep
) -> Response:
    """Leave a job; it is computed in the background."""
    wanted = Wanted(**wish.model_dump(exclude={"seed"}))
    try:
        with refusing_what_is_not_permitted():
            asked = proposals.ask(session, plan_id, wanted, wish.seed)
    except proposals.InfeasibleError as error:
        return infeasible(request, error)
    if isinstance(asked, NotEdited):
        return answer(request, session, plan_id, asked)
    made = _job(session, request, plan_id, asked, HTTPStatus.ACCEPTED)
    made.headers["Location"] = f"{request.url.path}/{asked}"
    made.background = BackgroundTask(foreman.wake)
    return made


@router.get(
    "/proposals", response_model=JobListOut, summary="Proposals asked for", responses=UNKNOWN_PLAN
)
def get_proposals(plan_id: UUID, session: SessionDep, language: LanguageDep) -> Response:
    """List the jobs of a draft, the last one first."""
    drafting.draft_of(session, plan_id)
    people = plans.people_of(session, [plan_id])
    found = plan_jobs.jobs_of(session, plan_id)
    return as_json({"jobs": [summary_out(one, people, language) for one in found]})


@router.get(
    "/proposals/{job_id}",
    response_model=JobOut,
    summary="How far one is, and what came of it",
    responses=UNKNOWN_PLAN,
)
def get_proposal(plan_id: UUID, job_id: UUID, request: Request, session: SessionDep) -> Response:
    """Answer with a job."""
    return _job(session, request, plan_id, job_id)


@router.get(
    "/proposals/{job_id}/moves",
    response_model=MovesOut,
    summary="What a proposal moves, in sentences",
    responses={**REFUSED, **UNKNOWN_PLAN, **NOT_NOW},
)
def get_moves(
    plan_id: UUID,
    job_id: UUID,
    session: SessionDep,
    language: LanguageDep,
    asked: Annotated[ChosenQuery, Query()],
) -> Response:
    """Answer with the moves of one of a job's proposals."""
    job = proposals.job_of(session, plan_id, job_id)
    if job.result is None:
        raise proposals.JobNotDoneError
    grids = drafting.state_of(session, plan_id, job.version).grids
    return as_json({"moves": moves_out(job, asked.choice, grids, language)})


@router.post(
    "/proposals/{job_id}/cancel",
    response_model=JobOut,
    summary="Call one off",
    responses={**UNKNOWN_PLAN, **NOT_NOW},
)
def post_cancel(plan_id: UUID, job_id: UUID, request: Request, session: SessionDep) -> Response:
    """Call a job off: it is over at once."""
    proposals.call_off(session, plan_id, job_id)
    return _job(session, request, plan_id, job_id)


@router.post(
    "/proposals/{job_id}/take",
    status_code=HTTPStatus.CREATED,
    response_model=TakenOut,
    summary="Take a proposal",
    responses={
        200: {"model": TakenOut, "description": "It was taken before, under the same key."},
        **REFUSED,
        **UNKNOWN_PLAN,
        **NOT_MADE,
    },
)
def post_take(
    plan_id: UUID, job_id: UUID, given: TakeIn, request: Request, session: SessionDep
) -> Response:
    """Make a proposal a new draft, or an entry in this one."""
    target = plan_id
    with refusing_what_is_not_permitted():
        if given.into == "here":
            outcome = proposals.take_here(session, plan_id, job_id, given.choice, given.key)
        else:
            if given.name is None:
                raise InvalidFieldError(field="name", reason=msg("This field is required."))
            target = uuid5(given.key, "draft")
            branch = Branch(given.name, target, given.key)
            outcome = proposals.take_as_draft(session, plan_id, job_id, given.choice, branch)
    if not isinstance(outcome, Written):
        return answer(request, session, plan_id, outcome)
    (entry,) = entries_out(session, target, [outcome.entry])
    status = HTTPStatus.OK if outcome.again else HTTPStatus.CREATED
    return as_json({"plan": str(target), "entry": entry}, status)


def _job(
    session: Session,
    request: Request,
    plan_id: UUID,
    job_id: UUID,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    job = proposals.job_of(session, plan_id, job_id)
    people = plans.people_of(session, [plan_id])
    return as_json(job_out(job, people, language_of(request)), status)
