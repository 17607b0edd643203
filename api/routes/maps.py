"""``/maps``: the gallery of maps, and the maps themselves."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.deps import VisitorDep
from api.i18n import translate
from api.map_access import Leave, city_named, hotspot_sheet_for, leave_of, or_sign_in
from api.map_asking import check_period, city_of, read_query
from api.map_deps import ReaderDep
from api.map_files import FORMS
from api.map_gallery import CARDS, COMPARED, COUNTED, card_url, earlier_label
from api.map_pages import map_page
from api.map_sheets import Reader, make_coverage_sheet
from api.rendering import local, page, visitor_of
from api.routes.personal import NO_STORE, work_links
from api.schemas.maps import CoverageMapQuery, GalleryQuery, HotspotMapQuery
from geo.errors import InvalidFieldError
from geo.flows.hotspots import duties_counted
from geo.flows.releases import public_hotspots
from geo.flows.sign_in import Visitor
from geo.messages import msg
from geo.store.overview import Overview, jurisdictions
from geo.store.tiles import data_version
from maps.sheet_facts import called
from maps.sheets import MapSheet

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/maps")
def get_gallery(request: Request, reader: ReaderDep, visitor: VisitorDep) -> HTMLResponse:
    """Answer with all maps that there are for whoever asks, as they are filtered."""
    asked = read_query(request, GalleryQuery)
    if asked.place is None and city_of(reader.session, None) is None:
        return page(request, "empty.html")
    city = city_named(reader.session, asked)
    leave = leave_of(reader.session, city.slug)
    generations = _labels(reader, city.slug)
    duties = _duties(reader, city.slug) if leave.counter else []
    filters = _filters(asked, leave, generations, duties)
    answer = page(
        request,
        "maps.html",
        cards=_cards(reader, city, leave, filters, generations),
        filters=filters,
        planner=leave.planner,
        counter=leave.counter,
        generations=generations,
        duties=duties,
        city=city,
        **_page_context(request, reader, visitor, city),
    )
    if visitor_of(request):
        answer.headers.update(NO_STORE)
    return answer


@router.get("/maps/coverage")
def get_coverage(request: Request, reader: ReaderDep, visitor: VisitorDep) -> Response:
    """Answer with a coverage map: of one generation, or of two."""
    asked = read_query(request, CoverageMapQuery)
    city = city_named(reader.session, asked)
    with or_sign_in(request):
        sheet = make_coverage_sheet(reader, city.slug, asked)
    planner = leave_of(reader.session, city.slug).planner
    return _shown(
        request,
        reader,
        visitor,
        (city, sheet),
        kind="coverage",
        asked=asked,
        generations=_labels(reader, city.slug) if planner else [],
    )


@router.get("/maps/hotspots")
def get_hotspots(request: Request, reader: ReaderDep, visitor: VisitorDep) -> Response:
    """Answer with a map of hot spots: of all issues for staff, else what was released."""
    asked = read_query(request, HotspotMapQuery)
    city = city_named(reader.session, asked)
    with or_sign_in(request):
        audience, sheet = hotspot_sheet_for(reader, city, asked)
    if sheet is None:
        context = _page_context(request, reader, visitor, city)
        return page(request, "maps_none.html", city=city, **context)
    counter = leave_of(reader.session, city.slug).counter
    return _shown(
        request,
        reader,
        visitor,
        (city, sheet),
        kind="hotspots",
        asked=asked,
        audience=audience,
        counter=counter,
        duties=_duties(reader, city.slug) if counter else [],
        periods=public_hotspots(reader.session, city.slug).releases[::-1],
    )


def _filters(
    asked: GalleryQuery,
    leave: Leave,
    generations: list[tuple[str, str]],
    duties: list[tuple[str, str]],
) -> dict[str, list[str]]:
    """Return what the gallery is filtered by, of what whoever asks may filter by."""
    mine = COMPARED * leave.planner + COUNTED * leave.counter
    told = asked.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
    filters = {
        name: value if isinstance(value, list) else [value]
        for name, value in told.items()
        if name in mine
    }
    for name, options in (("generation", generations), ("against", generations), ("duty", duties)):
        known = {value for value, _ in options}
        unknown = [one for one in filters.get(name, ()) if one not in known]
        if unknown:
            reason = msg("There is no %(name)s here.", name=unknown[0])
            raise InvalidFieldError(field=name, reason=reason)
    check_period(asked.since, asked.until)
    return filters


def _cards(
    reader: Reader,
    city: Overview,
    leave: Leave,
    filters: dict[str, list[str]],
    generations: list[tuple[str, str]],
) -> list[dict[str, str]]:
    """Return the cards of the maps that there are for whoever asks."""
    labels = [value for value, _ in generations]
    chosen = next(iter(filters.get("generation", ())), city.generation)
    against = filters.get("against") or [one for one in (earlier_label(labels, chosen),) if one]
    there = {"coverage": chosen is not None, "hotspots": True}
    allowed = {"coverage": leave.planner, "hotspots": leave.counter}
    released = bool(public_hotspots(reader.session, city.slug).releases)
    return [
        {
            "kind": one.kind,
            "name": translate(one.name, reader.language),
            "sentence": translate(one.sentence, reader.language),
            "url": card_url(one, city.slug, filters | {"against": against}),
            "picture": card_url(one, city.slug, filters | {"against": against}, "/thumbnail.svg")
            if one.staff or one.kind == "coverage" or released
            else "",
        }
        for one in CARDS
        if there[one.kind]
        and (allowed[one.kind] or not one.staff)
        and (against or "against" not in one.follows)
    ]


def _labels(reader: Reader, slug: str) -> list[tuple[str, str]]:
    """Return the generations of a jurisdiction to choose from, the latest first."""
    labels = [one.label for one in reader.registry.periods() if one.jurisdiction == slug]
    return [(one, one) for one in reversed(labels)]


def _duties(reader: Reader, slug: str) -> list[tuple[str, str]]:
    say = partial(translate, language=reader.language)
    return [(one.code, called(one.name, say)) for one in duties_counted(reader.session, slug)]


def _page_context(
    request: Request, reader: Reader, visitor: Visitor, city: Overview
) -> dict[str, Any]:
    """Return what every page of maps is told."""
    places = jurisdictions(reader.session)
    return {
        "area": city,
        "areas": [(one.slug, local(reader.language, one)) for one in places],
        "work": work_links(request, visitor) if visitor_of(request) else [],
    }


def _shown(
    request: Request,
    reader: Reader,
    visitor: Visitor,
    shown: tuple[Overview, MapSheet],
    **context: Any,
) -> Response:
    """Answer with a sheet as a page, with its filters and the ways to save it."""
    city, sheet = shown
    say = partial(translate, language=reader.language)
    fields = [(name, one) for name, one in request.query_params.multi_items() if one.strip()]
    told = urlencode([one for one in fields if one[0] != "place"] + [("place", city.slug)])
    answer = map_page(
        request,
        sheet,
        version=data_version(reader.session),
        tools="_sheet_tools.html",
        query=told,
        forms=[(form, say(said)) for form, said in FORMS.items()],
        said=say,
        **_page_context(request, reader, visitor, city),
        **context,
    )
    if visitor_of(request):
        answer.headers.update(NO_STORE)
    return answer


__all__ = ["router"]
