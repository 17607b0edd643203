"""The review of drafts: what publishing would do, its documents, steps; and generations again."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.answering import as_json
from api.deps import AskerDep, LanguageDep, SessionDep, UrlDep
from api.errors import problem
from api.i18n import language_of, translate
from api.labels import STATES
from api.plan_effects import effects_out, findings_out
from api.plan_shape import person_out
from api.routes.plans import AtVersion
from api.schemas.plan_review import (
    STEP_REFUSED,
    ChecksOut,
    DocumentAsked,
    EffectsOut,
    PublishedOut,
    RepublishIn,
    ReviewOut,
    StepIn,
    WithdrawIn,
    WithdrawnOut,
)
from api.schemas.plans import UNKNOWN_PLAN
from api.schemas.problems import REFUSED, Problem
from geo.core.effects import Effects
from geo.core.ground import Ground
from geo.core.notices import Notice, Occasion, notices
from geo.errors import (
    InvalidFieldError,
    PlanNotReadyError,
    PublicationRefusedError,
    StepRefusedError,
)
from geo.files.filing import filing_xlsx
from geo.files.notices import notices_docx, notices_pdf
from geo.files.printing import to_pdf
from geo.flows.plan_effects import Proposal, occasion_of, read_proposal
from geo.flows.plan_publish import (
    Publication,
    publish_draft,
    republish,
    take_step,
    withdraw,
)
from geo.flows.plans import draft_of, state_of
from geo.messages import msg
from geo.store import plan_review, plans
from geo.store.asking import Asker
from geo.store.engine import Session, session
from geo.store.plans import Draft
from maps.plan_maps import maps_html

router = APIRouter(prefix="/api/v1", tags=["plans"])

CHINESE = "zh_CN"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
UNKNOWN_GENERATION: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such generation."}
}

DocumentName = Literal["notices.docx", "notices.pdf", "filing.xlsx", "maps.pdf"]


class Document(NamedTuple):
    """A kind of document: its media type, and what writes it."""

    media_type: str
    write: Callable[[Effects, Ground, Occasion, str | None], bytes]


def _all_of_it(write: Callable[[Effects, Ground, Occasion], bytes]) -> Any:
    """Return what writes a document of the whole plan, whichever community is asked for."""
    return lambda found, ground, told, _: write(found, ground, told)


def _of_doors(write: Callable[[list[Notice], Occasion], bytes]) -> Any:
    """Return what writes the notices of a community, or of all."""
    return lambda found, ground, told, code: write(notices(found, ground, told, code), told)


def _maps_pdf(found: Effects, ground: Ground, occasion: Occasion) -> bytes:
    return to_pdf(maps_html(found, ground, occasion))


DOCUMENTS: dict[str, Document] = {
    "notices.docx": Document(DOCX, _of_doors(notices_docx)),
    "notices.pdf": Document(PDF, _of_doors(notices_pdf)),
    "filing.xlsx": Document(XLSX, _all_of_it(filing_xlsx)),
    "maps.pdf": Document(PDF, _all_of_it(_maps_pdf)),
}


@router.get(
    "/plans/{plan_id}/effects",
    response_model=EffectsOut,
    summary="What publishing it would do",
    responses={**REFUSED, **UNKNOWN_PLAN, **STEP_REFUSED},
)
def get_effects(plan_id: UUID, session: SessionDep, at: Annotated[AtVersion, Query()]) -> Response:
    """Answer with the households, cases, workers and stations that a draft would move."""
    return as_json(effects_out(_proposal(session, plan_id, at.version)))


@router.get(
    "/plans/{plan_id}/checks",
    response_model=ChecksOut,
    summary="Whether it can be published",
    responses={**REFUSED, **UNKNOWN_PLAN, **STEP_REFUSED},
)
def get_checks(
    plan_id: UUID, session: SessionDep, at: Annotated[AtVersion, Query()], language: LanguageDep
) -> Response:
    """Answer with what forbids publishing a draft, and with what is worth a look."""
    proposal = _proposal(session, plan_id, at.version)
    return as_json(
        {
            "version": proposal.state.version,
            "ready": not proposal.errors,
            "findings": findings_out(proposal.findings, language),
        }
    )


@router.get(
    "/plans/{plan_id}/documents/{name}",
    response_class=Response,
    summary="Notices for doors, the filing table, maps; in Chinese",
    responses={
        200: {"content": {one: {} for one in (DOCX, PDF, XLSX)}, "description": "The document."},
        **REFUSED,
        **UNKNOWN_PLAN,
        **STEP_REFUSED,
    },
)
def get_document(
    plan_id: UUID,
    name: DocumentName,
    session: SessionDep,
    asked: Annotated[DocumentAsked, Query()],
) -> Response:
    """Answer with a document for the doors of buildings, or for the district's files."""
    proposal = _proposal(session, plan_id, asked.version)
    published = _generation(session, proposal.draft)
    starts = asked.starts or (published.starts if published else None)
    states = {code: translate(label, CHINESE) for code, label in STATES.items()}
    told = occasion_of(session, proposal, starts, states)
    kind = DOCUMENTS[name]
    headers = {
        "Content-Disposition": f'attachment; filename="{plan_id}-{name}"',
        "Cache-Control": "no-store",
    }
    _check_community(proposal, asked.community)
    written = kind.write(proposal.effects, proposal.ground, told, asked.community)
    return Response(written, 200, headers, kind.media_type)


@router.get(
    "/plans/{plan_id}/steps",
    response_model=ReviewOut,
    summary="Its review",
    responses=UNKNOWN_PLAN,
)
def get_steps(plan_id: UUID, session: SessionDep) -> Response:
    """Answer with where a draft stands in its review, and the steps that led there."""
    return as_json(_review(session, draft_of(session, plan_id)))


@router.post(
    "/plans/{plan_id}/steps",
    response_model=ReviewOut,
    summary="Submit, recall, return, approve, publish, withdraw or archive it",
    responses={**REFUSED, **UNKNOWN_PLAN, **STEP_REFUSED},
)
def post_step(
    request: Request, plan_id: UUID, step: StepIn, asker: AskerDep, url: UrlDep
) -> Response:
    """Take a step of a draft's review, as somebody who may.

    Whoever had a hand in a draft can't approve or return it. Publishing carries out all that
    `effects` tells, or nothing.
    """
    try:
        _take(plan_id, step, asker, url)
    except (StepRefusedError, PublicationRefusedError) as error:
        return _not_taken(request, error)
    with session(url, asker) as opened:
        return as_json(_review(opened, draft_of(opened, plan_id)))


@router.post(
    "/generations/{label}/republish",
    response_model=PublishedOut,
    status_code=201,
    summary="Publish an earlier generation again, as a new one",
    responses={**REFUSED, **UNKNOWN_GENERATION, **STEP_REFUSED},
)
def post_republish(
    request: Request, label: str, given: RepublishIn, asker: AskerDep, url: UrlDep
) -> Response:
    """Let the grids of an earlier generation come into force again, their outlines to the bit."""
    try:
        written = republish(label, given.starts, given.note, asker, url)
    except PublicationRefusedError as error:
        return _not_taken(request, error)
    return as_json(_published(written), 201)


@router.post(
    "/generations/{label}/withdraw",
    response_model=WithdrawnOut,
    summary="Withdraw a generation that has not started",
    responses={**REFUSED, **UNKNOWN_GENERATION, **STEP_REFUSED},
)
def post_withdraw(
    request: Request, label: str, given: WithdrawIn, asker: AskerDep, url: UrlDep
) -> Response:
    """Take back a generation that is still to come; what is in force goes on."""
    try:
        draft = withdraw(label, given.remark, asker, url)
    except StepRefusedError as error:
        return _not_taken(request, error)
    return as_json({"label": label, "plan": str(draft) if draft else None})


def _proposal(opened: Session, plan_id: UUID, version: int | None) -> Proposal:
    draft = draft_of(opened, plan_id)
    state_of(opened, plan_id, version)
    return read_proposal(opened, draft, version)


def _check_community(proposal: Proposal, code: str | None) -> None:
    known = {one.code for one in proposal.ground.communities}
    if code is not None and code not in known:
        raise InvalidFieldError(field="community", reason=msg("There is no such community."))


def _take(plan_id: UUID, step: StepIn, asker: Asker, url: str | None) -> None:
    if step.action != "publish" and (step.starts or step.label):
        field = "starts" if step.starts else "label"
        raise InvalidFieldError(
            field=field, reason=msg("This goes with the step “%(step)s” alone.", step="publish")
        )
    if step.action == "publish":
        publication = Publication(step.version, step.starts, step.remark, step.label)
        publish_draft(plan_id, publication, asker, url)
    elif step.action == "withdraw":
        with session(url, asker) as opened:
            label = draft_of(opened, plan_id).generation
        if label is None:
            raise StepRefusedError(reason=msg("The draft has not been published."))
        withdraw(label, step.remark, asker, url)
    else:
        take_step(plan_id, plan_review.NewStep(step.action, step.version, step.remark), asker, url)


def _not_taken(request: Request, error: StepRefusedError | PublicationRefusedError) -> Response:
    """Answer 409 with what stands in the way."""
    if isinstance(error, PlanNotReadyError):
        found = findings_out(error.findings, language_of(request))
        more: dict[str, Any] = {"type": "plan-findings", "findings": found}
    elif isinstance(error, PublicationRefusedError):
        more = {"type": "plan-publication"}
    else:
        more = {"type": "plan-step"}
    return problem(request, 409, error.message, more=more)


def _review(opened: Session, draft: Draft) -> dict[str, Any]:
    people = plans.people_of(opened, [draft.id])
    published = _generation(opened, draft)
    return {
        "state": draft.state,
        "version": draft.version,
        "reviewed_version": draft.reviewed_version,
        "generation": _published(published) if published else None,
        "steps": [
            {
                "id": one.id,
                "action": one.action,
                "account": person_out(one.account_id, people),
                "at": one.at.isoformat(),
                "version": one.version,
                "remark": one.remark,
                "starts": one.starts.isoformat() if one.starts else None,
            }
            for one in plan_review.read_steps(opened, draft.id)
        ],
    }


def _generation(opened: Session, draft: Draft) -> plan_review.GenerationRow | None:
    if draft.generation is None:
        return None
    return plan_review.generation_of(opened, draft.generation)


def _published(one: plan_review.GenerationRow) -> dict[str, Any]:
    return {"label": one.label, "number": one.number, "starts": one.starts.isoformat()}
