"""The board of those who work on cases: the desk, its wall, and what both ask for beside cases."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.answering import model_as_json
from api.deps import SessionDep, VisitorDep
from api.desk_texts import ACTION_KEYS, QUEUE_NAMES, SHEET, texts_said
from api.i18n import language_of, translate, translate_all
from api.labels import ACTORS, ISSUE_ACTIONS, STAGES, STATES
from api.rendering import local, page
from api.routes.pages import map_data
from api.routes.personal import NO_STORE, purposes_said, staff_page
from api.schemas.board import BoardOut, MaskedReporterOut
from api.schemas.locating import Asked
from api.schemas.problems import UNKNOWN
from api.schemas.values import Code
from geo.core.lifecycle import ACTIONS, STATE_TABLE, TRANSITIONS, actions_of
from geo.errors import NotFoundError
from geo.flows.sign_in import Visitor
from geo.flows.unmasking import masked_reporter
from geo.messages import msg
from geo.settings import settings
from geo.store.board import (
    count_by,
    count_today,
    departments_of,
    duties_of,
    late_cases,
    place_of_case,
    place_of_work,
    time_zone_of,
)
from geo.store.engine import Session
from geo.store.issues import read_issue
from geo.store.models import AT_WORK
from geo.store.overview import Overview, jurisdictions, overview
from geo.store.tiles import data_version

api_router = APIRouter(prefix="/api/v1/issues", tags=["issues"])
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

QUEUES_OF_ROLES: dict[str, tuple[str, ...]] = {
    "department_handler": ("accept", "in_hand", "open_list", "overdue", "open", "ended"),
    "grid_worker": ("sort", "verify", "feedback", "handling", "overdue", "open", "ended"),
    "community_staff": (
        *("sort", "returned", "verify", "feedback", "handling"),
        *("overdue", "open", "ended"),
    ),
}
"""Queues that the board of a role shows; every other role's shows those of the desk."""

QUEUES_OF_DESK = (
    *("triage", "sort", "dispatch", "returned", "handling", "verify", "feedback"),
    *("overdue", "escalated", "open", "ended"),
)


class BoardQuery(Asked):
    """Whose board."""

    jurisdiction: Code


@api_router.get("/board", response_model=BoardOut, summary="Figures of a board", responses=UNKNOWN)
def get_board(session: SessionDep, asked: Annotated[BoardQuery, Query()]) -> Response:
    """Answer with open cases by state and grid, what is late, and today: nobody's words or place.

    It counts what whoever asks may see.
    """
    slug = asked.jurisdiction
    if time_zone_of(session, slug) is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=slug)
    body = BoardOut.model_validate(
        {
            **count_by(session, slug),
            "late": [_late(row) for row in late_cases(session, slug)],
            "today": count_today(session, slug),
        }
    )
    return model_as_json(body, headers=NO_STORE)


@api_router.get(
    "/{issue_id}/reporter",
    response_model=MaskedReporterOut,
    summary="Its reporter, masked",
    responses=UNKNOWN,
)
def get_reporter(issue_id: UUID, session: SessionDep) -> Response:
    """Answer with who reported an issue, masked; null where that isn't known or to be known."""
    if read_issue(session, issue_id) is None:
        raise NotFoundError(kind=msg("issue"), name=str(issue_id))
    body = MaskedReporterOut.model_validate({"reporter": masked_reporter(session, issue_id)})
    return model_as_json(body, headers=NO_STORE)


@router.get("/desk")
def get_desk(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Answer with the desk of a jurisdiction; its scripts fetch the cases."""
    city = _city(request, session)
    if city is None:
        return page(request, "empty.html")
    language = language_of(request)
    names = queues_of(visitor.roles)
    return staff_page(
        request,
        "desk.html",
        visitor,
        city=city,
        desk_places=_places(request, session, city.slug, "/desk"),
        queues=_named(names, language),
        action_keys=ACTION_KEYS,
        sheet=[
            (translate(title, language), [(keys, translate(what, language)) for keys, what in rows])
            for title, rows in SHEET
        ],
        page_data=map_data(city, language, data_version(session))
        | _desk_data(session, city, visitor, language)
        | {"queues": names},
        purposes=purposes_said(language),
    )


@router.get("/desk/wall")
def get_wall(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Answer with the board for a wall: figures alone, nobody's words, names or homes."""
    city = _city(request, session)
    if city is None:
        return page(request, "empty.html")
    language = language_of(request)
    return staff_page(
        request,
        "desk_wall.html",
        visitor,
        city=city,
        wall_dark=request.query_params.get("theme") != "device",
        queues=_named((one for one in QUEUES_OF_DESK if one not in {"open", "ended"}), language),
        page_data=map_data(city, language, data_version(session))
        | _board_data(session, city, language),
    )


def queues_of(roles: frozenset[str]) -> list[str]:
    """Return the names of the queues that somebody's board shows, in the order of the desk.

    Examples
    --------
    >>> queues_of(frozenset({"department_handler"}))[:3]
    ['accept', 'in_hand', 'open_list']
    """
    shown = [QUEUES_OF_ROLES.get(role, QUEUES_OF_DESK) for role in sorted(roles)]
    wanted = {name for names in shown for name in names} or set(QUEUES_OF_DESK)
    return [name for name in QUEUE_NAMES if name in wanted]


def _named(queues: Iterable[str], language: str) -> list[tuple[str, str]]:
    return [(name, translate(QUEUE_NAMES[name], language)) for name in queues]


def _late(row: Any) -> dict[str, Any]:
    private = row["private"]
    return {
        "number": row["number"],
        "state": row["state"],
        "stage": row["stage"],
        "due_at": row["due_at"].astimezone(ZoneInfo(row["timezone"])).isoformat(),
        "withheld": private,
        "duty": None if private or row["duty"] is None else row["duty"],
        "duty_en": None if private or row["duty"] is None else row["duty_en"],
        "grid": row["grid"],
        "grid_en": row["grid_en"],
    }


def _city(request: Request, session: Session) -> Overview | None:
    """Return the jurisdiction that is asked for, that of the case, or that of the visitor."""
    asked = request.query_params
    slugs = [asked.get("place")]
    case = _uuid(asked.get("case"))
    if case and not slugs[0]:
        slugs.append(place_of_case(session, str(case)))
    slugs.append(place_of_work(session, *AT_WORK))
    slugs += [one.slug for one in jurisdictions(session)[:1]]
    found = (overview(session, slug) for slug in slugs if slug)
    return next((one for one in found if one), None)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _places(request: Request, session: Session, slug: str, path: str) -> list[dict[str, Any]]:
    language = language_of(request)
    return [
        {
            "name": local(language, one),
            "url": f"{path}?place={one.slug}",
            "current": one.slug == slug,
        }
        for one in jurisdictions(session)
    ]


def _board_data(session: Session, city: Overview, language: str) -> dict[str, Any]:
    """Return what the scripts of the desk and of its wall need: places and words."""
    return _place_data(session, city) | {
        "states": translate_all(STATES, language),
        "stages": translate_all(STAGES, language),
        "words": texts_said(language),
    }


def _place_data(session: Session, city: Overview) -> dict[str, Any]:
    """Return communities and grids as scripts know them."""
    return {
        "communities": [
            {
                "code": one.code,
                "name": one.name,
                "name_en": one.name_en,
                "street": street.name,
                "street_en": street.name_en,
                "bounds": one.bounds,
            }
            for street in city.streets
            for one in street.communities
        ],
        "grids": [
            {
                "code": grid.code,
                "name": grid.name,
                "name_en": grid.name_en,
                "community": one.code,
                "lon": grid.lon,
                "lat": grid.lat,
            }
            for street in city.streets
            for one in street.communities
            for grid in one.grids
        ],
        "timeZone": time_zone_of(session, city.slug),
    }


def _desk_data(session: Session, city: Overview, visitor: Visitor, language: str) -> dict[str, Any]:
    """Return what the desk's scripts need beside the map: who may do what, and the words for it."""
    at_work = visitor.roles & set(AT_WORK)
    holder = visitor.holder
    return _board_data(session, city, language) | {
        "me": holder.display_name if holder else "",
        "photosMax": settings().photos_max,
        "departments": departments_of(session, city.slug),
        "duties": duties_of(session, city.slug),
        "done": translate_all(ISSUE_ACTIONS, language),
        "actors": translate_all(ACTORS, language),
        "owners": {name: state.owner for name, state in STATE_TABLE.items()},
        "actions": list(ACTIONS),
        "keys": ACTION_KEYS,
        "needs": _needs(),
        "mine": {state: list(actions_of(state, at_work)) for state in STATE_TABLE},
    }


def _needs() -> dict[str, dict[str, list[str]]]:
    """Return what each action needs, by state."""
    told: dict[str, dict[str, list[str]]] = {state: {} for state in STATE_TABLE}
    for row in TRANSITIONS:
        if row.action in ACTION_KEYS:
            told[row.state][row.action] = list(row.needs)
    return told
