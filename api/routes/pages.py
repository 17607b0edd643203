"""Pages for people: the atlas of grids, its answers, the description of the interface."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.deps import RegistryDep, SessionDep
from api.i18n import html_tag, language_of, translate
from api.questions import Question, Reply, place_url, read_question, reply
from api.rendering import local, page
from geo.messages import Message, msg
from geo.settings import settings
from geo.store.overview import (
    JurisdictionEntry,
    Overview,
    jurisdiction_near,
    jurisdictions,
    overview,
)
from geo.store.tiles import data_version

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

OPENAPI_URL = "/api/openapi.json"
OFFSET_DATUMS = ("gcj02", "bd09")
DATUMS = {
    "wgs84": msg("WGS 84 (GPS)"),
    "cgcs2000": msg("CGCS2000"),
    "gcj02": msg("GCJ-02 (Amap, Tencent)"),
    "bd09": msg("BD-09 (Baidu)"),
}
METHODS = {
    "inside": msg("Inside"),
    "edge": msg("On an edge"),
    "nearest": msg("Nearest"),
    "outside": msg("Outside"),
}
STATION_KINDS = {"red_station": msg("Red stations"), "workstation": msg("Workstations")}
TEXTS = {
    "zoomIn": msg("Zoom in"),
    "zoomOut": msg("Zoom out"),
    "close": msg("Close"),
    "locate": msg("Locate me"),
    "locating": msg("Finding your position…"),
    "noConnection": msg("The server does not answer. Check your connection and try again."),
    "refused": msg(
        "You have not allowed this page to know where you are. Allow it in the browser's settings"
        " for this page, or tap your place on the map."
    ),
    "unavailable": msg(
        "Your device can't find its position just now. Try again near a window or outdoors, or tap"
        " your place on the map."
    ),
    "tooSlow": msg("Finding your position took too long. Try again, or tap your place on the map."),
    "unsupported": msg("This browser can't tell where you are. Tap your place on the map."),
    "insecure": msg(
        "This page was opened without encryption (http), so the browser does not tell where you"
        " are. Open it by https, or tap your place on the map."
    ),
}


@router.get("/grids")
def grids(request: Request, session: SessionDep, registry: RegistryDep) -> HTMLResponse:
    """Answer with the atlas; with ``lon`` and ``lat`` it holds the answer already."""
    known = jurisdictions(session)
    if not known:
        return page(request, "empty.html")
    language = language_of(request)
    question = read_question(request.query_params)
    replied = reply(question, registry, language) if question else None
    slug = request.query_params.get("place")
    if slug is None and replied and replied.position:
        slug = jurisdiction_near(session, replied.position.lon, replied.position.lat)
    city = overview(session, slug or known[0].slug) or overview(session, known[0].slug)
    if city is None:
        return page(request, "empty.html")
    return page(
        request,
        "grids.html",
        **_reply_context(replied, language),
        city=city,
        datums=_said(_datums_offered(), language),
        middle=_middle(city.main_bounds),
        page_data=map_data(city, language, data_version(session)),
        place_url=place_url,
        places=_places(known, city.slug, language),
        station_kinds=_said(STATION_KINDS, language),
    )


@router.get("/answer")
def answer(request: Request, registry: RegistryDep) -> HTMLResponse:
    """Answer a question with the piece of the page that shows its answer."""
    language = language_of(request)
    question = read_question(request.query_params) or Question()
    replied = reply(question, registry, language)
    status = 422 if replied.refusal else 200
    return page(request, "_answer.html", status=status, **_reply_context(replied, language))


@router.get("/api/docs")
def api_docs(request: Request) -> HTMLResponse:
    """Answer with the description of the interface for programs."""
    return page(request, "docs.html", openapi_url=OPENAPI_URL)


def _reply_context(replied: Reply | None, language: str) -> dict[str, Any]:
    notices = replied.answer.notices if replied and replied.answer else ()
    return {
        "method_names": dict(_said(METHODS, language)),
        "reply": replied,
        "warnings": [translate(notice.message, language) for notice in notices],
    }


def _said(messages: dict[str, Message], language: str) -> list[tuple[str, str]]:
    return [(name, translate(message, language)) for name, message in messages.items()]


def _datums_offered() -> dict[str, Message]:
    refused = OFFSET_DATUMS if settings().refuse_offset_datums else ()
    return {datum: name for datum, name in DATUMS.items() if datum not in refused}


def _middle(bounds: tuple[float, float, float, float]) -> tuple[float, float]:
    west, south, east, north = bounds
    return (west + east) / 2, (south + north) / 2


def _places(
    known: list[JurisdictionEntry], current: str, language: str
) -> list[dict[str, str | bool]]:
    return [
        {
            "name": local(language, one),
            "url": f"/grids?place={one.slug}",
            "current": one.slug == current,
        }
        for one in known
    ]


def map_data(city: Overview, language: str, version: str) -> dict[str, Any]:
    """Return what the script of a page with a map needs to know."""
    attribution = [
        translate(msg("Demonstration data, invented"), language) if city.synthetic else "",
        local(language, city, "source"),
        city.review_number or "",
    ]
    return {
        "attribution": " · ".join(part for part in attribution if part),
        "bounds": city.main_bounds,
        "city": city.slug,
        "language": html_tag(language),
        "texts": dict(_said(TEXTS, language)),
        "version": version,
    }
