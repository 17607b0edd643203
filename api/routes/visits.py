"""``/api/v1/visits``: visits to households (走访)."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.answering import model_as_json
from api.deps import SessionDep, VisitorDep
from api.routes.personal import NO_STORE
from api.schemas.issues import LARGEST_KEY
from api.schemas.problems import REFUSED, UNKNOWN
from api.schemas.visits import KeptVisitOut, VisitIn, VisitsOut
from geo.errors import SignInNeededError
from geo.flows.visits import GivenVisit, household_visits, record_visit

router = APIRouter(prefix="/api/v1", tags=["households"])


@router.post(
    "/visits",
    status_code=HTTPStatus.CREATED,
    response_model=KeptVisitOut,
    summary="Write down a visit to a household",
    responses={**REFUSED, **UNKNOWN},
)
def post_visit(given: VisitIn, session: SessionDep, visitor: VisitorDep) -> Response:
    """Keep a visit to a household of one's territory, once however often it is sent."""
    if visitor.holder is None:
        raise SignInNeededError
    visit = GivenVisit(given.id, given.household, given.visited_at, given.remark)
    holder = visitor.holder
    kept = record_visit(session, visit, holder.account_id, holder.display_name)
    body = KeptVisitOut.model_validate(kept)
    return model_as_json(body, HTTPStatus.CREATED, NO_STORE)


@router.get(
    "/households/{household_id}/visits",
    response_model=VisitsOut,
    summary="Visits to it; noted in the audit trail",
    responses=UNKNOWN,
)
def get_visits(
    household_id: Annotated[int, Path(ge=1, le=LARGEST_KEY)], session: SessionDep
) -> Response:
    """Answer with the latest visits to a household, and note who looked."""
    body = VisitsOut.model_validate(household_visits(session, household_id))
    return model_as_json(body, headers=NO_STORE)
