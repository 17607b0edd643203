"""Pages of responsibility: who answers for a place, where nobody does, members, handing over."""

from collections.abc import Mapping
from http import HTTPStatus
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from starlette.responses import RedirectResponse, Response

from api.deps import FormDep, RegistryDep, SessionDep, VisitorDep
from api.duty_words import LEVELS, ROLES
from api.forms import Form
from api.i18n import language_of, translate, translate_all
from api.routes.pages import map_data
from api.routes.personal import staff_page
from api.routes.responsibility import told_chain
from api.schemas.responsibility import LARGEST_KEY, LARGEST_NUMBER, MOST_REASON
from geo.errors import InvalidFieldError, StepRefusedError
from geo.flows import responsibility as flow
from geo.flows.locate import read_position
from geo.flows.registry import Registry
from geo.flows.report_places import GivenPlace
from geo.flows.sign_in import Visitor
from geo.messages import msg
from geo.store.board import time_zone_of
from geo.store.engine import Session
from geo.store.overview import jurisdictions, overview
from geo.store.place_search import Sought, buildings_within, find_places
from geo.store.responsibilities import asker_communities, successors
from geo.store.tiles import data_version
from geo.store.zones import read_zones

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PAGE = "/responsibility"
MOST_WORDS = 6
MOST_FOUND = 12
MOST_BUILDINGS = 200
LONGEST = 60

MemberKey = Annotated[int, Path(ge=1, le=LARGEST_KEY)]


@router.get(PAGE)
def get_page(
    request: Request, session: SessionDep, registry: RegistryDep, visitor: VisitorDep
) -> HTMLResponse:
    """Show who answers for a place, and where nobody does."""
    language = language_of(request)
    asked = {name: value.replace("\0", "") for name, value in request.query_params.items()}
    communities = asker_communities(session)
    slugs = {one.slug for one in jurisdictions(session)}
    home = next((one["jurisdiction"] for one in communities), next(iter(sorted(slugs)), ""))
    home = asked["place"] if asked.get("place") in slugs else home
    city = overview(session, home)
    error, chain = None, None
    try:
        chain = _chain(session, registry, asked, home)
    except InvalidFieldError as refused:
        error = translate(refused.message.values["reason"], language)
    grids = flow.gaps(session, asked.get("community") or None)
    wanted = asked.get("q", "").strip()[:LONGEST]
    return staff_page(
        request,
        "responsibility.html",
        visitor,
        tab="place",
        asked=asked,
        wanted=wanted,
        city=city,
        chain=told_chain(chain, language) if chain else None,
        place=chain.place if chain else None,
        error=error,
        found=_found(session, asked, wanted, home),
        communities=communities,
        gaps=_by_community(grids),
        gap_places=flow.gap_places(session, asked["grid"]) if asked.get("grid") else [],
        page_data=map_data(city, language, data_version(session)) | {"place": _pin(asked, chain)}
        if city
        else {},
        **_words(language),
    )


@router.get(f"{PAGE}/members")
def get_members(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """List members by name or code."""
    asked = {name: value.replace("\0", "") for name, value in request.query_params.items()}
    wanted = asked.get("q", "").strip()[:LONGEST]
    communities = asker_communities(session)
    first = communities[0]["code"] if communities else None
    community = asked.get("community", first if not wanted else "") or None
    left = bool(asked.get("left"))
    return staff_page(
        request,
        "members.html",
        visitor,
        tab="members",
        members=flow.members(session, community, wanted, left=left),
        most=flow.MOST_MEMBERS,
        communities=communities,
        community=community,
        wanted=wanted,
        left=left,
        **_words(language_of(request)),
    )


@router.get(f"{PAGE}/members/{{member_id}}")
def get_member(
    member_id: MemberKey, request: Request, session: SessionDep, visitor: VisitorDep
) -> HTMLResponse:
    """Show all that a member answers for."""
    return _member_page(request, session, visitor, member_id)


@router.post(f"{PAGE}/members/{{member_id}}/hand-over")
def post_hand_over(
    member_id: MemberKey,
    request: Request,
    session: SessionDep,
    visitor: VisitorDep,
    form: FormDep,
) -> Response:
    """Show what would move, or hand it over."""
    language = language_of(request)
    more: dict[str, Any] = {"form": {name: form[name] for name in ("all", "reason", *LEVELS)}}
    try:
        given = _successors(form)
        if form["step"] == "do":
            flow.hand_over(session, member_id, given, form["reason"][:MOST_REASON])
            return _back(member_id, "handed")
        more["preview"] = flow.preview_hand_over(session, member_id, given)
    except InvalidFieldError as error:
        values = error.message.values
        field = str(values["field"]).removeprefix("to.")
        more["error"] = {"field": field, "message": translate(values["reason"], language)}
        more["preview"] = flow.preview_hand_over(session, member_id, {}) if field == "to" else None
        if field in {"to", "reason"}:
            more["preview"] = flow.preview_hand_over(session, member_id, _successors(form))
    except StepRefusedError as error:
        more["error"] = {"field": "", "message": translate(error.message, language)}
    answer = _member_page(request, session, visitor, member_id, **more)
    if more.get("error"):
        answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer


@router.post(f"{PAGE}/members/{{member_id}}/hand-back")
def post_hand_back(
    member_id: MemberKey, request: Request, session: SessionDep, visitor: VisitorDep
) -> Response:
    """Undo a hand-over."""
    try:
        flow.hand_back(session, member_id)
    except StepRefusedError as error:
        message = translate(error.message, language_of(request))
        return _member_page(
            request, session, visitor, member_id, error={"field": "", "message": message}
        )
    return _back(member_id, "back")


def _member_page(
    request: Request, session: Session, visitor: Visitor, member_id: int, **more: Any
) -> HTMLResponse:
    language = language_of(request)
    told = flow.member(session, member_id)
    communities = asker_communities(session)
    own = {one["code"] for one in communities if one["own"]}
    code = told["community"]["code"]
    home = next((one["jurisdiction"] for one in communities if one["code"] == code), "")
    by_role = groupby(successors(session, member_id), key=lambda one: one["role"])
    names = {one["id"]: one["name"] for one in successors(session, member_id)}
    context: dict[str, Any] = {
        "form": {},
        "preview": None,
        "error": None,
        "done": request.query_params.get("done", ""),
    }
    return staff_page(
        request,
        "member.html",
        visitor,
        tab="members",
        member=told,
        own=code in own,
        candidates=[(role, list(people)) for role, people in by_role],
        names=names,
        zone=time_zone_of(session, home) or read_zones(session).reader,
        **context | more,
        **_words(language),
    )


def _chain(
    session: Session, registry: Registry, asked: Mapping[str, str], home: str
) -> flow.Chain | None:
    if asked.get("building"):
        unit = asked.get("unit", "")
        room = asked.get("room", "").strip() or None
        given = GivenPlace(asked["building"], _number(unit) if unit else None, room)
        return flow.chain_of(session, registry, given, asked.get("jurisdiction") or home)
    if asked.get("lon") and asked.get("lat"):
        position = read_position(_degrees(asked, "lon"), _degrees(asked, "lat"))
        return flow.chain_at(session, registry, position)
    return None


def _number(unit: str) -> int:
    if not (unit.isascii() and unit.isdigit() and int(unit) <= LARGEST_NUMBER):
        raise InvalidFieldError(field="unit", reason=msg("This is not a whole number."))
    return int(unit)


def _degrees(asked: Mapping[str, str], name: str) -> float:
    try:
        return float(asked[name])
    except ValueError:
        raise InvalidFieldError(field=name, reason=msg("This is not a number.")) from None


def _pin(asked: Mapping[str, str], chain: flow.Chain | None) -> dict[str, float] | None:
    if chain and chain.place:
        return {"lon": chain.place.lon, "lat": chain.place.lat, "accuracyM": 0.0}
    try:
        return {"lon": float(asked["lon"]), "lat": float(asked["lat"]), "accuracyM": 0.0}
    except (KeyError, ValueError):
        return None


def _found(session: Session, asked: Mapping[str, str], wanted: str, home: str) -> list[Any]:
    """Return the compounds and buildings that are sought, or a compound's buildings."""
    if asked.get("compound") and asked.get("of"):
        return buildings_within(session, asked["of"], asked["compound"], home, MOST_BUILDINGS)
    return find_places(session, Sought(tuple(wanted.split()[:MOST_WORDS]), home, MOST_FOUND))


def _by_community(grids: list[dict[str, Any]]) -> list[dict[str, Any]]:
    told = []
    for community, of in groupby(grids, key=lambda one: one["community"]):
        listed = list(of)
        told.append(
            {
                **community,
                "grids": listed,
                "areas": sum(one["area"] for one in listed),
                "buildings": sum(one["buildings"]["alone"] for one in listed),
                "units": sum(one["units"]["alone"] for one in listed),
            }
        )
    return told


def _successors(form: Form) -> dict[str, int]:
    """Return who takes over: one for all, or one for each level."""
    everything = form["all"]
    chosen = {level: form[level] or everything for level in LEVELS}
    return {
        level: form.number(level) if form[level] else form.number("all")
        for level, one in chosen.items()
        if one
    }


def _words(language: str) -> dict[str, Any]:
    return {"levels": translate_all(LEVELS, language), "roles": translate_all(ROLES, language)}


def _back(member_id: int, done: str) -> Response:
    where = f"{PAGE}/members/{member_id}?{urlencode({'done': done})}"
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)
