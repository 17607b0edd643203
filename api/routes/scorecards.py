"""Scorecards of plans, for programs, and as reports to be passed round."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from api.answering import as_json
from api.attachments import file_headers
from api.deps import LanguageDep, SessionDep
from api.schemas.locating import Asked
from api.schemas.plans import UNKNOWN_PLAN, Version
from api.schemas.problems import REFUSED
from api.schemas.scorecards import ComparisonOut, ScorecardOut
from api.schemas.values import Code
from api.scorecard_report import report_name, report_pdf, report_xlsx
from api.scorecard_shape import card_out, comparison_out
from geo.errors import NotFoundError
from geo.flows import scorecards
from geo.flows.scorecards import Scored
from geo.messages import msg
from geo.store.engine import Session
from geo.store.overview import overview

router = APIRouter(prefix="/api/v1", tags=["plans"])

Form = Literal["pdf", "xlsx"]
MEDIA_TYPES: dict[Form, str] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
REPORTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The report.", "content": {kind: {} for kind in MEDIA_TYPES.values()}}
}
UNKNOWN_GENERATION: dict[int | str, dict[str, Any]] = {
    404: UNKNOWN_PLAN[404] | {"description": "There is no such generation."}
}


class AtVersion(Asked):
    """Which version of a draft."""

    version: Version | None = Field(default=None, description="By default the last.")


class ComparedWith(AtVersion):
    """What a draft is compared with."""

    other: Code = Field(alias="with", description="`generation:LABEL` or `draft:ID`.")


@router.get(
    "/plans/{plan_id}/scorecard",
    response_model=ScorecardOut,
    summary="The scorecard of a draft",
    responses={**REFUSED, **UNKNOWN_PLAN},
)
def get_plan_scorecard(
    plan_id: UUID, session: SessionDep, language: LanguageDep, at: Annotated[AtVersion, Query()]
) -> Response:
    """Measure a draft by the four principles, with every place that misses one."""
    return as_json(card_out(scorecards.score_draft(session, plan_id, at.version), language))


@router.get(
    "/plans/{plan_id}/scorecard.{form}",
    response_class=Response,
    summary="The scorecard of a draft as a report",
    responses={**REPORTS, **REFUSED, **UNKNOWN_PLAN},
)
def get_plan_report(
    plan_id: UUID,
    form: Form,
    session: SessionDep,
    language: LanguageDep,
    at: Annotated[AtVersion, Query()],
) -> Response:
    """Answer with a document (PDF) or a workbook (XLSX)."""
    scored = scorecards.score_draft(session, plan_id, at.version)
    return _report(session, scored, form, language)


@router.get(
    "/plans/{plan_id}/compare",
    response_model=ComparisonOut,
    summary="A draft beside a generation or another draft",
    responses={**REFUSED, **UNKNOWN_PLAN},
)
def get_comparison(
    plan_id: UUID,
    session: SessionDep,
    language: LanguageDep,
    asked: Annotated[ComparedWith, Query()],
) -> Response:
    """Tell who moves, how far apart the plans are, and what becomes of every measure."""
    found = scorecards.compare_draft(session, plan_id, asked.other, asked.version)
    return as_json(comparison_out(found, language))


@router.get(
    "/generations/{label}/scorecard",
    response_model=ScorecardOut,
    summary="The scorecard of a generation",
    responses=UNKNOWN_GENERATION,
)
def get_generation_scorecard(
    label: Code, session: SessionDep, language: LanguageDep, _: Annotated[Asked, Query()]
) -> Response:
    """Measure a generation by the four principles, with every place that misses one."""
    return as_json(card_out(scorecards.score_generation(session, label), language))


@router.get(
    "/generations/{label}/scorecard.{form}",
    response_class=Response,
    summary="The scorecard of a generation as a report",
    responses={**REPORTS, **REFUSED, **UNKNOWN_GENERATION},
)
def get_generation_report(
    label: Code,
    form: Form,
    session: SessionDep,
    language: LanguageDep,
    _: Annotated[Asked, Query()],
) -> Response:
    """Answer with a document (PDF) or a workbook (XLSX)."""
    return _report(session, scorecards.score_generation(session, label), form, language)


def _report(session: Session, scored: Scored, form: Form, language: str) -> Response:
    city = overview(session, scored.subject.jurisdiction)
    if city is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=scored.subject.jurisdiction)
    write = report_pdf if form == "pdf" else report_xlsx
    return Response(
        write(scored, city, language),
        media_type=MEDIA_TYPES[form],
        headers=file_headers(report_name(scored, form, language), "attachment"),
    )
