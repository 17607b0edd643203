"""Households for those who look after them: as JSON, and as a page."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.answering import model_as_json
from api.deps import FormDep, SessionDep, VisitorDep
from api.i18n import language_of
from api.routes.personal import NO_STORE, purposes_said, staff_page
from api.schemas.households import (
    HouseholdsOut,
    HouseholdsQuery,
    PurposeIn,
    UnmaskedHouseholdOut,
)
from api.schemas.problems import REFUSED, UNKNOWN
from geo.errors import InvalidFieldError
from geo.flows.sign_in import Visitor
from geo.flows.unmasking import building_households, find_buildings, unmask_household
from geo.messages import msg

api_router = APIRouter(prefix="/api/v1/households", tags=["households"])
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

LONGEST_SEARCH = 200
LARGEST_KEY = 2**63 - 1


@api_router.get(
    "",
    response_model=HouseholdsOut,
    summary="A building's households, residents masked",
    responses={**REFUSED, **UNKNOWN},
)
def get_households(session: SessionDep, asked: Annotated[HouseholdsQuery, Query()]) -> Response:
    """Answer with the households of a building in one's territory."""
    found = building_households(session, asked.building, asked.jurisdiction)
    return model_as_json(HouseholdsOut.model_validate(found), headers=NO_STORE)


@api_router.post(
    "/{household_id}/unmask",
    response_model=UnmaskedHouseholdOut,
    summary="Its residents unmasked; noted in the audit trail",
    responses={**REFUSED, **UNKNOWN},
)
def post_unmask(
    household_id: Annotated[int, Path(ge=1, le=LARGEST_KEY)], given: PurposeIn, session: SessionDep
) -> Response:
    """Answer with a household's residents, and note who looked and what for."""
    found = unmask_household(session, household_id, given.purpose)
    return model_as_json(UnmaskedHouseholdOut.model_validate(found), headers=NO_STORE)


@router.get("/households")
def get_page(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Answer with the search for buildings, or with one building's households."""
    asked = request.query_params
    if asked.get("building"):
        jurisdiction = asked.get("jurisdiction") or None
        found = building_households(session, _plain(asked["building"]), jurisdiction)
        return _building_page(request, visitor, found)
    text = _plain(asked.get("q", "").strip())
    fitting = find_buildings(session, text)
    return staff_page(
        request, "households.html", visitor, found=fitting, wanted=text, building=None
    )


@router.post("/households/unmask")
def post_page(
    request: Request, session: SessionDep, visitor: VisitorDep, form: FormDep
) -> HTMLResponse:
    """Show one household's residents, and note who looked and what for."""
    shown = form.number("household")
    household = unmask_household(session, shown, form["purpose"])
    place = (household["building"], household["jurisdiction"])
    found = building_households(session, *place, shown=shown)
    return _building_page(request, visitor, found, shown=shown, purpose=form["purpose"])


def _building_page(
    request: Request,
    visitor: Visitor,
    found: dict[str, Any],
    shown: int | None = None,
    purpose: str = "",
) -> HTMLResponse:
    units: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for household in found["households"]:
        units.setdefault((household["unit"], household["unit_name"]), []).append(household)
    return staff_page(
        request,
        "households.html",
        visitor,
        building=found["building"],
        units=units,
        shown=shown,
        purpose=purpose,
        purposes=purposes_said(language_of(request)),
        wanted="",
    )


def _plain(text: str) -> str:
    """Return a text that can be looked for."""
    if "\0" in text or len(text) > LONGEST_SEARCH:
        raise InvalidFieldError(field="q", reason=msg("This does not look as it should."))
    return text
