"""``/api/v1/duties``: the catalogue of duties, its versions, and amending it."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.answering import model_as_json
from api.deps import SessionDep
from api.schemas.duties import (
    AmendedDutyIn,
    DutiesOut,
    DutiesQuery,
    DutyIn,
    DutyOut,
    DutyQuery,
    DutyVersionsOut,
    NewDutyIn,
)
from api.schemas.problems import REFUSED, Problem
from api.schemas.values import NoNul
from geo.flows import duty_catalogue as flow
from geo.store.engine import Session

router = APIRouter(prefix="/api/v1/duties", tags=["catalogue"])

Code = Annotated[str, Path(max_length=200), NoNul]
MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such duty or jurisdiction."}
}
AMENDED: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "Somebody else has amended it since."}
}


@router.get(
    "",
    response_model=DutiesOut,
    summary="The catalogue of duties",
    responses={**REFUSED, **MISSING},
)
def get_duties(asked: Annotated[DutiesQuery, Query()], session: SessionDep) -> Response:
    """Answer with the duties as they are now: what counts, who answers first, how long it takes."""
    found = flow.duties(session, asked.jurisdiction, retired=asked.retired)
    return model_as_json(DutiesOut(duties=[DutyOut(**public(one)) for one in found]))


@router.get(
    "/{code}/versions",
    response_model=DutyVersionsOut,
    summary="The versions of a duty",
    responses={**REFUSED, **MISSING},
)
def get_versions(code: Code, asked: Annotated[DutyQuery, Query()], session: SessionDep) -> Response:
    """Answer with the versions, newest first; cases keep the one that they are judged by."""
    found = flow.versions(session, code, asked.jurisdiction)
    hidden = {"made_by"}
    told = [{name: value for name, value in one.items() if name not in hidden} for one in found]
    return model_as_json(DutyVersionsOut.model_validate({"versions": told}))


@router.post(
    "",
    response_model=DutyOut,
    status_code=HTTPStatus.CREATED,
    summary="Add a duty",
    responses=REFUSED,
)
def post_duty(given: NewDutyIn, session: SessionDep) -> Response:
    """Add a duty to the catalogue of a jurisdiction."""
    flow.add(session, given.jurisdiction, given.code, values_of(given))
    return _one(session, given.jurisdiction, given.code, HTTPStatus.CREATED)


@router.put(
    "/{code}",
    response_model=DutyOut,
    summary="Amend a duty, retire it, or bring it back",
    responses={**REFUSED, **MISSING, **AMENDED},
)
def put_duty(code: Code, given: AmendedDutyIn, session: SessionDep) -> Response:
    """Write a further version; cases that came in before keep theirs."""
    flow.amend(session, given.jurisdiction, code, given.version, values_of(given))
    return _one(session, given.jurisdiction, code, HTTPStatus.OK)


def values_of(given: DutyIn) -> dict[str, Any]:
    """Return what a body says of a duty, as the flow takes it."""
    return given.model_dump(exclude={"jurisdiction", "code", "version"})


def public(duty: dict[str, Any]) -> dict[str, Any]:
    """Return a duty without who made its version, when and why."""
    return {name: value for name, value in duty.items() if name in DutyOut.model_fields}


def _one(session: Session, jurisdiction: str | None, code: str, status: HTTPStatus) -> Response:
    latest = flow.versions(session, code, jurisdiction)[0]
    return model_as_json(DutyOut(**public(latest)), status)
