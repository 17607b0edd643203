"""``/api/v1/plans/import`` and its page: plans that somebody drew elsewhere."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.answering import as_json
from api.deps import SessionDep, VisitorDep
from api.errors import problem
from api.i18n import language_of
from api.plan_import_shape import imported_out
from api.plan_import_texts import plan_import_texts
from api.rendering import local, page
from api.routes.personal import staff_page
from api.schemas.plan_import import PlanImportIn, PlanImportOut
from api.schemas.problems import REFUSED, Problem
from geo.errors import InvalidFieldError
from geo.files.uploads import ENDINGS
from geo.flows.plan_import import ERROR_M, import_plan
from geo.messages import msg
from geo.settings import settings
from geo.store.history import generation_entries
from geo.store.overview import jurisdictions

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
page_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

IMPORT = "/api/v1/plans/import"


@router.post(
    "/import",
    status_code=HTTPStatus.CREATED,
    response_model=PlanImportOut,
    summary="Import a plan as a draft",
    responses={
        200: {"model": PlanImportOut, "description": "What would come of it (`dry_run`)."},
        404: {"model": Problem, "description": "There is no such jurisdiction or generation."},
        **REFUSED,
    },
)
def post_import(given: PlanImportIn, request: Request, session: SessionDep) -> Response:
    """Make a draft of a file of polygons, or of a table of blocks and grids.

    All or nothing: while anything in the file is refused there is no draft, and the answer, 422 of
    type `plan-import-refused`, names rows and fields.
    """
    wanted = given.wanted()
    if wanted is None:
        raise InvalidFieldError(field="content_base64", reason=msg("This is not base64."))
    told = import_plan(session, wanted, given.key, dry_run=given.dry_run)
    body = imported_out(told, language_of(request), repaired=given.repair)
    if told.refused and not given.dry_run:
        more: dict[str, Any] = {"type": "plan-import-refused", **body}
        detail = msg(
            "Nothing was taken: %(count)s places in the file have to be put right first.",
            count=len(told.refused),
        )
        return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, more=more)
    made = as_json(body, HTTPStatus.OK if given.dry_run else HTTPStatus.CREATED)
    if told.draft:
        made.headers["Location"] = f"{router.prefix}/{told.draft}"
    return made


@page_router.get("/plan/import")
def get_import(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Answer with the form for importing a plan."""
    known = jurisdictions(session)
    if not known:
        return page(request, "empty.html")
    asked = request.query_params.get("place")
    chosen = next((one for one in known if one.slug == asked), known[0])
    language = language_of(request)
    return staff_page(
        request,
        "plan_import.html",
        visitor,
        place=local(language, chosen),
        slug=chosen.slug,
        generations=generation_entries(session, chosen.slug)[::-1],
        error_m=ERROR_M,
        endings=", ".join(ENDINGS),
        page_data={
            "jurisdiction": chosen.slug,
            "url": IMPORT,
            "most_mb": settings().plan_file_max_mb,
            "language": language.replace("_", "-"),
            "texts": plan_import_texts(language),
        },
    )
