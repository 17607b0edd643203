"""``/api/v1/responsibility`` and ``/api/v1/members``: who answers for what, and handing over."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.responses import Response

from api.answering import model_as_json
from api.deps import LanguageDep, RegistryDep, SessionDep
from api.i18n import translate
from api.routes.personal import NO_STORE
from api.schemas.problems import REFUSED, Problem
from api.schemas.responsibility import (
    LARGEST_KEY,
    ChainOut,
    GapsOut,
    GapsQuery,
    HandOverIn,
    HandOverOut,
    MemberFullOut,
    MembersOut,
    MembersQuery,
    ResponsibilityQuery,
)
from geo.flows import responsibility as flow
from geo.flows.locate import read_position
from geo.flows.report_places import GivenPlace
from geo.flows.responsibility import Chain, Level

router = APIRouter(prefix="/api/v1", tags=["responsibility"])

MemberKey = Annotated[int, Path(ge=1, le=LARGEST_KEY)]
MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such member in one's territory."}
}
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such issue for whoever asks."}
}
LEFT: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "The member has left, or has not."}
}


@router.get(
    "/responsibility",
    response_model=ChainOut,
    summary="Who answers for a place",
    responses=REFUSED,
)
def get_responsibility(
    asked: Annotated[ResponsibilityQuery, Query()],
    registry: RegistryDep,
    session: SessionDep,
    language: LanguageDep,
) -> Response:
    """Answer with the chain from household to area; where nobody answers, it says what is missing.

    Colleagues of the place get all of it; others names and numbers of those who answer for building
    and area, and of volunteers and neighbours the family name.
    """
    if asked.lon is not None and asked.lat is not None:
        position = read_position(asked.lon, asked.lat, asked.datum)
        chain = flow.chain_at(session, registry, position)
    else:
        given = GivenPlace(asked.building, asked.unit, asked.room)
        chain = flow.chain_of(session, registry, given, asked.jurisdiction)
    return _json(ChainOut.model_validate(told_chain(chain, language)))


@router.get(
    "/issues/{issue_id}/responsibility",
    response_model=ChainOut,
    summary="Who answers for its place",
    responses=UNKNOWN,
)
def get_responsibility_of_issue(
    issue_id: UUID, registry: RegistryDep, session: SessionDep, language: LanguageDep
) -> Response:
    """Answer with the chain for an issue's place in the grid that has it now, gaps in words.

    Nothing is told where a private duty withholds the place from whoever asks.
    """
    chain = flow.chain_of_issue(session, registry, issue_id)
    return _json(ChainOut.model_validate(told_chain(chain, language)))


@router.get(
    "/responsibility/gaps",
    response_model=GapsOut,
    summary="Where nobody answers, by grid",
    responses=REFUSED,
)
def get_gaps(asked: Annotated[GapsQuery, Query()], session: SessionDep) -> Response:
    """Answer with how much of each grid in one's territory nobody answers for."""
    return _json(GapsOut.model_validate({"grids": flow.gaps(session, asked.community)}))


@router.get("/members", response_model=MembersOut, summary="Team members", responses=REFUSED)
def get_members(asked: Annotated[MembersQuery, Query()], session: SessionDep) -> Response:
    """Answer with the members of one's territory by name or code."""
    found = flow.members(session, asked.community, asked.q, left=asked.left)
    return _json(MembersOut.model_validate({"members": found}))


@router.get(
    "/members/{member_id}",
    response_model=MemberFullOut,
    summary="All that a member answers for",
    responses={**REFUSED, **MISSING},
)
def get_member(member_id: MemberKey, session: SessionDep) -> Response:
    """Answer with a member's areas, buildings, units and households."""
    return _json(MemberFullOut.model_validate(flow.member(session, member_id)))


@router.post(
    "/members/{member_id}/hand-over",
    response_model=HandOverOut,
    summary="Hand over what a member who leaves answers for",
    responses={**REFUSED, **MISSING, **LEFT},
)
def post_hand_over(member_id: MemberKey, given: HandOverIn, session: SessionDep) -> Response:
    """Give everything to one successor, or to one a level, in one step; nothing is left alone."""
    successors = given.successors()
    if given.preview:
        told = flow.preview_hand_over(session, member_id, successors)
    else:
        told = flow.hand_over(session, member_id, successors, given.reason)
    return _json(HandOverOut.model_validate(told))


@router.post(
    "/members/{member_id}/hand-back",
    response_model=MemberFullOut,
    summary="Undo a hand-over",
    responses={**REFUSED, **MISSING, **LEFT},
)
def post_hand_back(member_id: MemberKey, session: SessionDep) -> Response:
    """Give everything back to a member who is there again."""
    flow.hand_back(session, member_id)
    return _json(MemberFullOut.model_validate(flow.member(session, member_id)))


def told_chain(chain: Chain, language: str) -> dict[str, Any]:
    """Return a chain as values of JSON, its gaps in the reader's language."""
    grid = chain.grid
    return {
        "grid": grid and {name: getattr(grid, name) for name in ("code", "name", "name_en")},
        "levels": [_level(one, language) for one in chain.levels],
        "units": [_level(one, language) for one in chain.units],
    }


def _level(one: Level, language: str) -> dict[str, Any]:
    gap = translate(one.gap.message, language) if one.gap else None
    return {"level": one.level, **one.what, "people": one.people, "gap": gap}


def _json(body: BaseModel) -> Response:
    return model_as_json(body, headers=NO_STORE)
