"""``/api/v1/plans``: drafts of plans, their log, what was said about them, and links to them."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.answering import as_json
from api.deps import PlanEventsDep, SessionDep
from api.plan_answers import answer, entries_out
from api.plan_figures import figures_out
from api.plan_shape import person_out, state_out
from api.schemas.locating import Asked
from api.schemas.plans import (
    NOT_MADE,
    UNKNOWN_PLAN,
    ByLink,
    CodeOut,
    DraftChangesIn,
    DraftIn,
    DraftListOut,
    DraftOut,
    EditIn,
    FiguresOut,
    LogOut,
    RestoreIn,
    SourceIn,
    StateOut,
    TakeBackIn,
    Version,
    WrittenOut,
)
from api.schemas.problems import REFUSED
from api.schemas.values import Code
from geo.errors import InvalidFieldError, NotFoundError
from geo.flows import plans as drafting
from geo.flows.plan_events import PlanEvents
from geo.flows.plan_figures import figures_of
from geo.messages import msg
from geo.store import plan_log, plans
from geo.store.engine import Session, refusing_what_is_not_permitted
from geo.store.plan_log import NewEntry
from geo.store.plans import Draft

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])

EDITING: dict[str, Any] = {
    "status_code": HTTPStatus.CREATED,
    "response_model": WrittenOut,
    "responses": {
        200: {"model": WrittenOut, "description": "It was made before, sent under the same key."},
        **NOT_MADE,
        **REFUSED,
        **UNKNOWN_PLAN,
    },
}
"""What endpoints that edit have in common: they answer with an entry of the log, or why not."""


class Listed(Asked):
    """Which drafts to list."""

    jurisdiction: Code | None = Field(default=None, description="Slug.")


class AtVersion(ByLink):
    """Which version of a draft."""

    version: Version | None = Field(default=None, description="By default the last.")


class Part(ByLink):
    """Which part of a log."""

    after: Version = Field(default=0, description="Entries that follow this one.")
    limit: int = Field(default=200, ge=1, le=1000, description="Most in one answer.")


class InCommunity(Asked):
    """Of which community."""

    community: Code = Field(description="Code.")


@router.get("", response_model=DraftListOut, summary="List drafts, the last changed first")
def get_plans(session: SessionDep, filters: Annotated[Listed, Query()]) -> Response:
    """List the drafts that the reader may see."""
    found = plans.list_drafts(session, filters.jurisdiction)
    people = plans.people_of(session, [draft.id for draft in found])
    return as_json({"plans": [_summary(draft, people) for draft in found]})


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=DraftOut,
    summary="Branch a draft",
    responses={**REFUSED, 404: UNKNOWN_PLAN[404]},
)
def post_plan(draft: DraftIn, session: SessionDep, events: PlanEventsDep) -> Response:
    """Begin a draft with a generation, or with another draft at a version."""
    with refusing_what_is_not_permitted():
        draft_id = drafting.create_draft(
            session, draft.jurisdiction, draft.name, draft.note, _source(draft.source)
        )
    made = as_json(_told(session, drafting.draft_of(session, draft_id), events), HTTPStatus.CREATED)
    made.headers["Location"] = f"{router.prefix}/{draft_id}"
    return made


@router.get("/{plan_id}", response_model=DraftOut, summary="One draft", responses=UNKNOWN_PLAN)
def get_plan(plan_id: UUID, session: SessionDep, events: PlanEventsDep) -> Response:
    """Answer with a draft, without its state."""
    return as_json(_told(session, drafting.draft_of(session, plan_id), events))


@router.patch(
    "/{plan_id}",
    response_model=DraftOut,
    summary="Call it something else",
    responses={**NOT_MADE, **REFUSED, **UNKNOWN_PLAN},
)
def patch_plan(
    request: Request,
    plan_id: UUID,
    given: DraftChangesIn,
    session: SessionDep,
    events: PlanEventsDep,
) -> Response:
    """Change a draft's name or note, as long as it is edited."""
    refused = drafting.rename(session, plan_id, given.model_dump(exclude_none=True))
    if refused is not None:
        return answer(request, session, plan_id, refused)
    return as_json(_told(session, drafting.draft_of(session, plan_id), events))


@router.get(
    "/{plan_id}/state",
    response_model=StateOut,
    summary="Its cells, grids and owners at a version",
    responses={**REFUSED, **UNKNOWN_PLAN},
)
def get_state(plan_id: UUID, session: SessionDep, at: Annotated[AtVersion, Query()]) -> Response:
    """Answer with a draft's state, and with what it began with."""
    state = drafting.state_of(session, plan_id, at.version)
    return as_json(state_out(state, plan_log.read_beginning(session, plan_id)))


@router.get(
    "/{plan_id}/figures",
    response_model=FiguresOut,
    summary="What lies in its cells, and who works in its grids",
    responses={**REFUSED, **UNKNOWN_PLAN},
)
def get_figures(plan_id: UUID, session: SessionDep, at: Annotated[AtVersion, Query()]) -> Response:
    """Answer with figures by cell: sums of cells are those of their grid."""
    drafting.state_of(session, plan_id, at.version)
    found = figures_of(session, drafting.draft_of(session, plan_id), at.version)
    return as_json(figures_out(found))


@router.post("/{plan_id}/edits", summary="Edit it", **EDITING)
def post_edit(plan_id: UUID, given: EditIn, request: Request, session: SessionDep) -> Response:
    """Make an edit, whatever others have edited elsewhere in the meantime."""
    _check_names(given)
    entry = NewEntry(given.key, given.verb, given.changes.changes(), given.detail)
    return answer(request, session, plan_id, drafting.edit(session, plan_id, entry))


@router.post("/{plan_id}/undo", summary="Take an entry back", **EDITING)
def post_undo(plan_id: UUID, given: TakeBackIn, request: Request, session: SessionDep) -> Response:
    """Take back one's own last edit, or the entry that is named."""
    outcome = drafting.undo(session, plan_id, given.key, given.seq)
    return answer(request, session, plan_id, outcome)


@router.post("/{plan_id}/redo", summary="Do again what was taken back", **EDITING)
def post_redo(plan_id: UUID, given: TakeBackIn, request: Request, session: SessionDep) -> Response:
    """Do again what one took back last, or the edit that is named."""
    outcome = drafting.redo(session, plan_id, given.key, given.seq)
    return answer(request, session, plan_id, outcome)


@router.post("/{plan_id}/restore", summary="Come back to a version", **EDITING)
def post_restore(
    plan_id: UUID, given: RestoreIn, request: Request, session: SessionDep
) -> Response:
    """Make the draft what it was at a version; the log goes on."""
    outcome = drafting.restore(session, plan_id, given.key, given.version)
    return answer(request, session, plan_id, outcome)


@router.get("/{plan_id}/log", response_model=LogOut, summary="Its log", responses=UNKNOWN_PLAN)
def get_log(plan_id: UUID, session: SessionDep, part: Annotated[Part, Query()]) -> Response:
    """Answer with entries of a draft's log, the oldest first."""
    draft = drafting.draft_of(session, plan_id)
    found = plan_log.entries_after(session, plan_id, part.after, part.limit)
    return as_json({"entries": entries_out(session, plan_id, found), "last": draft.version})


@router.get(
    "/{plan_id}/next-code",
    response_model=CodeOut,
    summary="A code that no grid has ever had",
    responses={**REFUSED, **UNKNOWN_PLAN},
)
def get_next_code(
    plan_id: UUID, session: SessionDep, where: Annotated[InCommunity, Query()]
) -> Response:
    """Answer with the code for the next grid of a community."""
    draft = drafting.draft_of(session, plan_id)
    return as_json({"code": drafting.free_code(session, draft, where.community)})


def _source(given: SourceIn) -> drafting.FromGeneration | drafting.FromDraft:
    if given.generation is not None:
        return drafting.FromGeneration(given.generation)
    if given.draft is None:
        raise NotFoundError(kind=msg("draft"), name="")
    return drafting.FromDraft(given.draft, given.version)


def _check_names(given: EditIn) -> None:
    """Make sure that grids are called something."""
    for key, (_, becomes) in given.changes.grid.items():
        if becomes is not None and not becomes.name.strip():
            raise InvalidFieldError(
                field=f"changes.grid.{key}.name", reason=msg("This field is required.")
            )


def _summary(draft: Draft, people: dict[int, plans.Person]) -> dict[str, Any]:
    base = {"label": draft.base_label, "number": draft.base_number} if draft.base_label else None
    parent = {"id": str(draft.parent), "version": draft.parent_version} if draft.parent else None
    return {
        "id": str(draft.id),
        "name": draft.name,
        "note": draft.note,
        "state": draft.state,
        "version": draft.version,
        "jurisdiction": draft.jurisdiction,
        "base": base,
        "parent": parent,
        "created_by": person_out(draft.created_by, people),
        "created_at": draft.created_at.isoformat(),
        "changed_at": draft.changed_at.isoformat(),
        "reviewed_version": draft.reviewed_version,
        "generation": draft.generation,
        "starts": draft.starts.isoformat() if draft.starts else None,
    }


def _told(session: Session, draft: Draft, events: PlanEvents) -> dict[str, Any]:
    signed_in = plans.asking_account(session) is not None
    online = events.online(draft.id) if signed_in else []
    people = plans.people_of(session, [draft.id])
    authors = (person_out(one, people) for one in plans.authors_of(session, draft.id))
    return {
        **_summary(draft, people),
        "authors": [one for one in authors if one],
        "may": drafting.allowed(session, draft),
        "online": [{"id": one.id, "name": one.name} for one in online],
    }
