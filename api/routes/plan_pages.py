"""The pages of the planner: all plans, one draft in the editor, one by a link for readers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.deps import SessionDep, UrlDep, VisitorDep
from api.guarding import LONGEST_SECRET
from api.i18n import language_of, translate
from api.plan_texts import PLAN_STATES, TABS, TOOL_GROUPS, texts_said
from api.rendering import local, page
from api.routes.pages import map_data
from api.routes.personal import NO_STORE, staff_page
from geo.errors import NotFoundError
from geo.flows.sign_in import Visitor, digest
from geo.messages import msg
from geo.store.asking import Asker
from geo.store.board import time_zone_of
from geo.store.engine import Session
from geo.store.engine import session as open_session
from geo.store.history import generation_entries
from geo.store.overview import jurisdictions, overview
from geo.store.plan_review import timezone_of
from geo.store.plans import Draft, last_hands, list_drafts, people_of, read_draft
from geo.store.tiles import data_version

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

API = "/api/v1/plans"
NOT_LISTED = {"X-Robots-Tag": "noindex, nofollow"}


@router.get("/plan")
def get_plans(request: Request, session: SessionDep, visitor: VisitorDep) -> HTMLResponse:
    """Answer with the drafts and generations of a jurisdiction."""
    known = jurisdictions(session)
    if not known:
        return page(request, "empty.html")
    language = language_of(request)
    asked = request.query_params.get("place")
    drafts = list_drafts(session)
    first = drafts[0].jurisdiction if drafts else known[0].slug
    slug = next((one.slug for one in known if one.slug == asked), first)
    own = [draft for draft in drafts if draft.jurisdiction == slug]
    return staff_page(
        request,
        "plans.html",
        visitor,
        slug=slug,
        plan_places=[
            {"name": local(language, one), "url": f"/plan?place={one.slug}", "slug": one.slug}
            for one in known
        ],
        drafts=_told(session, own),
        generations=generation_entries(session, slug)[::-1],
        now=datetime.now(UTC),
        states={code: translate(name, language) for code, name in PLAN_STATES.items()},
        may_plan="planner" in visitor.roles,
        zone=time_zone_of(session, slug),
        page_data={"jurisdiction": slug, "texts": texts_said(language, "common")},
    )


@router.get("/plan/{plan_id:uuid}")
def get_plan(
    request: Request, plan_id: UUID, session: SessionDep, visitor: VisitorDep
) -> HTMLResponse:
    """Answer with the editor of one draft."""
    return _editor(request, session, _found(session, plan_id), visitor)


@router.get("/plan/shared/{secret}")
def get_shared(request: Request, secret: str, url: UrlDep) -> HTMLResponse:
    """Answer with a draft for whoever has a link to it."""
    key = digest(secret) if len(secret) <= LONGEST_SECRET else b""
    with open_session(url, Asker("resident", follow_sha256=key)) as session:
        shared = list_drafts(session)
        if len(shared) != 1:
            raise NotFoundError(kind=msg("plan"), name="…")
        answer = _editor(request, session, shared[0], secret=secret)
    answer.headers.update(NOT_LISTED)
    return answer


def _found(session: Session, plan_id: UUID) -> Draft:
    draft = read_draft(session, plan_id)
    if draft is None:
        raise NotFoundError(kind=msg("plan"), name=str(plan_id))
    return draft


def _told(session: Session, drafts: list[Draft]) -> list[dict[str, Any]]:
    """Return drafts with the names of those who last had a hand in them."""
    keys = [draft.id for draft in drafts]
    people, hands = people_of(session, keys), last_hands(session, keys)
    names = {draft.id: draft.name for draft in drafts}
    return [
        {
            "draft": draft,
            "by": getattr(people.get(hands.get(draft.id, draft.created_by or 0)), "name", ""),
            "parent": names.get(draft.parent) if draft.parent else None,
        }
        for draft in drafts
    ]


def _editor(
    request: Request,
    session: Session,
    draft: Draft,
    visitor: Visitor | None = None,
    secret: str | None = None,
) -> HTMLResponse:
    language = language_of(request)
    city = overview(session, draft.jurisdiction)
    if city is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=draft.jurisdiction)
    may_edit = visitor is not None and "planner" in visitor.roles
    answer = page(
        request,
        "plan.html",
        base_label=draft.base_label,
        city=city,
        may_edit=may_edit,
        page_data=map_data(city, language, data_version(session))
        | _plan_data(session, draft, visitor, secret)
        | {"texts": texts_said(language) | texts_said(language, "map")["map"], "mayEdit": may_edit},
        plan=draft,
        shared=secret is not None,
        state_name=translate(PLAN_STATES[draft.state], language),
        tabs=_tabs(language, secret),
        tool_groups=_tools(language),
    )
    answer.headers.update(NO_STORE)
    return answer


def _plan_data(
    session: Session, draft: Draft, visitor: Visitor | None, secret: str | None
) -> dict[str, Any]:
    """Return what the editor's scripts need to know of the draft and of who looks at it."""
    zone = timezone_of(session, draft.jurisdiction_id)
    holder = visitor.holder if visitor else None
    return {
        "plan": {"id": str(draft.id), "name": draft.name, "url": f"{API}/{draft.id}"},
        "me": {"id": holder.account_id, "name": holder.display_name} if holder else None,
        "secret": secret,
        "timeZone": zone,
        "nextMonth": first_of_next_month(datetime.now(ZoneInfo(zone))).date().isoformat(),
    }


def first_of_next_month(instant: datetime) -> datetime:
    """Return the midnight with which the next month begins, in the instant's own time zone.

    Examples
    --------
    >>> first_of_next_month(datetime(2026, 12, 31, 23, 59)).isoformat()
    '2027-01-01T00:00:00'
    """
    midnight = instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (midnight + timedelta(days=32)).replace(day=1)


def _tabs(language: str, secret: str | None) -> list[tuple[str, str]]:
    hidden = {"review", "proposals"} if secret else set()
    return [
        (name, translate(label, language)) for name, label in TABS.items() if name not in hidden
    ]


def _tools(language: str) -> list[tuple[str, list[dict[str, str]]]]:
    return [
        (
            translate(name, language),
            [tool._asdict() | {"label": translate(tool.label, language)} for tool in tools],
        )
        for name, tools in TOOL_GROUPS
    ]
