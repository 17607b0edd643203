"""Residents' pages, without an account: reporting something, and following what becomes of it."""

import hashlib
import secrets
from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.deps import FormDep, RegistryDep, SessionDep, UrlDep, VisitorDep, keep_pace
from api.form_texts import STATES_SAID, form_texts
from api.forms import Form
from api.guarding import LONGEST_SECRET
from api.i18n import language_of, translate, translate_all
from api.rendering import local, local_time, page
from api.report_texts import FOLLOW_PAGE, PHASES, REPORT_PAGE, STEPS_SAID
from api.routes.pages import map_data
from api.routes.public_pages import frame_context, remember_view
from api.schemas.values import MOST_NAME, MOST_TEXT
from geo.errors import HonggeError, InvalidFieldError, NotFoundError
from geo.flows.delivering import follow_digest_by_message
from geo.flows.progress import Progress, progress_by_link
from geo.flows.registry import Registry
from geo.flows.report import Key, Report, report, source_of
from geo.flows.report_places import GivenPlace
from geo.flows.sign_in import digest
from geo.messages import msg
from geo.settings import settings
from geo.store.asking import Asker
from geo.store.engine import Session
from geo.store.engine import session as open_session
from geo.store.overview import Overview, jurisdictions, overview
from geo.store.place_search import Sought, find_places
from geo.store.tiles import data_version

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

KEY_BYTES = 16
KEY_LENGTH = 64
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@router.get("/report")
def get_report(request: Request, session: SessionDep, registry: RegistryDep) -> HTMLResponse:
    """Answer with the page on which anybody reports something."""
    return _report_page(request, session, registry, Form([]))


@router.post("/report", dependencies=[Depends(keep_pace)])
def post_report(  # noqa: PLR0913, PLR0917 - FastAPI hands in each
    request: Request,
    form: FormDep,
    session: SessionDep,
    registry: RegistryDep,
    url: UrlDep,
    visitor: VisitorDep,
) -> Response:
    """Take in a report that was sent without scripts, and lead to its page."""
    try:
        given = _given(form, session, source_of(visitor))
        key = _key(form)
        told = report(registry, given, key, url, visitor.asker)
    except InvalidFieldError as error:
        return _report_page(request, session, registry, form, error)
    answer = RedirectResponse(f"/follow/{told['follow']}?new=1", HTTPStatus.SEE_OTHER)
    answer.headers.update(PRIVATE)
    return answer


@router.get("/follow/{secret}")
def get_follow(request: Request, secret: str, url: UrlDep) -> HTMLResponse:
    """Answer with what became of a report, for whoever has the link to it."""
    by_message = follow_digest_by_message(secret, url)
    key = by_message or (digest(secret) if len(secret) <= LONGEST_SECRET else b"")
    with open_session(url, Asker("resident", follow_sha256=key)) as session:
        first, other = progress_by_link(session, by_message=by_message is not None)
        city = overview(session, first.told["jurisdiction"])
    language = language_of(request)
    answer = page(
        request,
        "follow.html",
        **frame_context(request),
        city=city,
        first=first,
        other=other,
        is_new=request.query_params.get("new") == "1",
        link=f"{settings().public_url or str(request.base_url).rstrip('/')}/follow/{secret}",
        photo_urls=_photo_urls(first, secret),
        local_time=partial(local_time, language),
        phases=[translate(one, language) for one in PHASES],
        states=translate_all(STATES_SAID, language),
        steps=translate_all(STEPS_SAID, language),
        page_data={"texts": translate_all(FOLLOW_PAGE, language), "number": first.told["number"]},
    )
    answer.headers.update(PRIVATE)
    return remember_view(request, answer)


def _photo_urls(progress: Progress, secret: str) -> list[str]:
    place = f"/api/v1/issues/{progress.told['id']}/photos"
    return [f"{place}/{number}?follow={secret}" for number in progress.photos]


def _report_page(
    request: Request,
    session: Session,
    registry: Registry,
    form: Form,
    error: HonggeError | None = None,
) -> HTMLResponse:
    known = jurisdictions(session)
    if not known:
        return page(request, "empty.html")
    language = language_of(request)
    asked = request.query_params.get("place") or form["place"]
    slug = next((one.slug for one in known if one.slug == asked), known[0].slug)
    city = overview(session, slug)
    if city is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=slug)
    catalogue = registry.catalogues.known()[slug]
    duties = [
        {**asdict(one.duty), "department": asdict(one.department)}
        for one in catalogue.duties.values()
        if not one.retired
    ]
    answer = page(
        request,
        "report.html",
        **frame_context(request),
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        city=city,
        city_url=f"/?place={slug}",
        duties=duties,
        error=translate(error.message, language) if error else "",
        form=form,
        keep_days=settings().keep_reporter_days,
        key=form["key"] or secrets.token_urlsafe(KEY_BYTES),
        page_data=_page_data(city, language, data_version(session))
        | {
            "duties": duties,
            "timeZone": catalogue.home.timezone,
            "others": [asdict(one) for one in known if one.slug != slug],
        },
        places=[
            {
                "name": local(language, one),
                "url": f"/report?place={one.slug}",
                "current": one.slug == slug,
            }
            for one in known
        ],
    )
    answer.headers["Cache-Control"] = "no-store"
    return remember_view(request, answer)


def _page_data(city: Overview, language: str, version: str) -> dict[str, Any]:
    """Return what the page's script needs to know."""
    data = map_data(city, language, version)
    page_texts = translate_all(REPORT_PAGE, language)
    texts = {**form_texts(language), "page": page_texts, "map": data["texts"]}
    return {**data, "texts": texts, "photosMax": settings().photos_max}


def _key(form: Form) -> Key | None:
    """Return the key that came with the form, so that sending it twice counts once."""
    text = form["key"].strip()[:KEY_LENGTH]
    fields = sorted((name, value) for name, value in form.pairs if name != "csrf_token")
    return Key(text, hashlib.sha256(repr(fields).encode()).digest()) if text else None


def _given(form: Form, session: Session, source: str) -> Report:
    """Read the form; an address that is no single building stands in the words instead.

    Raises
    ------
    InvalidFieldError
        When words or place are missing, or a field is too long.
    """
    words, where = form["text"].strip(), form["where"].strip()
    for name, most in (("text", MOST_TEXT), ("where", MOST_NAME), ("name", MOST_NAME)):
        if len(form[name]) > most:
            raise InvalidFieldError(field=name, reason=msg("This is too long."))
    if not where:
        raise InvalidFieldError(field="where", reason=msg("Say where it is."))
    if not words:
        raise InvalidFieldError(field="text", reason=msg("Say in a few words what is wrong."))
    building = _building(session, where, form["place"])
    return Report(
        text=f"{words}\n{where}",
        place=GivenPlace(building=building) if building else None,
        duty=form["duty"] or None,
        jurisdiction=form["place"] or None,
        reporter_name=form["name"].strip()[:MOST_NAME] or None,
        reporter_phone=form["phone"].strip()[:MOST_NAME] or None,
        source=source,
    )


def _building(session: Session, where: str, slug: str) -> str | None:
    """Return the code of the one building that an address means; ``None`` where that isn't sure."""
    found = find_places(session, Sought(tuple(where.split()), slug or None, most=2))
    buildings = [row["code"] for row in found if row["kind"] == "building"]
    return buildings[0] if len(buildings) == 1 else None
