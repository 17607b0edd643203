"""``/maps``: the gallery of maps, the maps themselves, and files of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import BoundedSemaphore
from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.attachments import file_headers
from api.deps import RegistryDep, SessionDep, UrlDep, VisitorDep
from api.i18n import language_of, translate
from api.map_asking import check_period, city_of, read_query
from api.map_files import MEDIA_TYPES, basemap_of, sheet_file
from api.map_gallery import CARDS, COMPARED, COUNTED, card_url, earlier_label
from api.map_pages import map_page
from api.map_sheets import Reader, make_coverage_sheet, make_hotspot_sheet, make_public_sheet
from api.rendering import local, page, visitor_of
from api.routes.personal import NO_STORE, work_links
from api.schemas.maps import (
    CoverageFileQuery,
    CoverageMapQuery,
    GalleryQuery,
    HotspotFileQuery,
    HotspotMapQuery,
    MapQuery,
    PictureQuery,
)
from geo.errors import (
    InvalidFieldError,
    NotFoundError,
    NotPermittedError,
    SignInNeededError,
    TooBusyError,
)
from geo.flows.hotspots import duties_counted
from geo.flows.registry import Registry
from geo.flows.releases import public_hotspots
from geo.flows.sign_in import Visitor
from geo.messages import Message, msg
from geo.store.catchments import plans_stations
from geo.store.engine import Session
from geo.store.hotspots import leave_to_count
from geo.store.jurisdictions import jurisdictions as keys_of
from geo.store.overview import Overview, jurisdictions
from geo.store.tiles import data_version
from maps.sheet_facts import called
from maps.sheets import MapSheet
from maps.static_sheets import Print
from maps.thumbnails import thumbnail

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Form = Literal["png", "svg", "html", "gpkg", "xlsx"]
SVG = "image/svg+xml"
FORMS: dict[Form, Message] = {
    "png": msg("Picture for print (PNG)"),
    "svg": msg("Drawing for print (SVG)"),
    "html": msg("Page that opens from a disk (HTML)"),
    "gpkg": msg("Layers for QGIS (GeoPackage)"),
    "xlsx": msg("Figures (XLSX)"),
}
FILES_AT_ONCE = 4
"""So many files are made or waited for at a time: each holds a thread, and pictures take turns."""

_places = BoundedSemaphore(FILES_AT_ONCE)


@router.get("/maps")
def get_gallery(
    request: Request, session: SessionDep, registry: RegistryDep, visitor: VisitorDep
) -> HTMLResponse:
    """Answer with all maps that there are for whoever asks, as they are filtered."""
    asked = read_query(request, GalleryQuery)
    city = city_of(session, asked.place)
    if city is None and asked.place is None:
        return page(request, "empty.html")
    city = city or _city(session, asked)
    planner, counter = leave = _leave(session, city.slug)
    context = _page_context(request, session, visitor, city)
    generations = _labels(registry, city.slug)
    duties = _duties(session, city.slug, context["language"]) if counter else []
    filters = _filters(asked, leave, generations, duties)
    answer = page(
        request,
        "maps.html",
        cards=_cards(session, city, leave, filters, generations, context["language"]),
        filters=filters,
        planner=planner,
        counter=counter,
        generations=generations,
        duties=duties,
        city=city,
        **context,
    )
    if visitor_of(request):
        answer.headers.update(NO_STORE)
    return answer


@router.get("/maps/coverage")
def get_coverage(
    request: Request,
    session: SessionDep,
    registry: RegistryDep,
    url: UrlDep,
    visitor: VisitorDep,
) -> Response:
    """Answer with a coverage map: of one generation, or of two."""
    asked = read_query(request, CoverageMapQuery)
    city = _city(session, asked)
    reader = Reader(session, registry, language_of(request), url)
    with _for(request):
        sheet = make_coverage_sheet(reader, city.slug, asked)
    planner, _ = _leave(session, city.slug)
    return _shown(
        request,
        session,
        visitor,
        (city, sheet),
        kind="coverage",
        asked=asked,
        generations=_labels(registry, city.slug) if planner else [],
    )


@router.get("/maps/hotspots")
def get_hotspots(
    request: Request,
    session: SessionDep,
    registry: RegistryDep,
    url: UrlDep,
    visitor: VisitorDep,
) -> Response:
    """Answer with a map of hot spots: of all issues for staff, else what was released."""
    asked = read_query(request, HotspotMapQuery)
    city = _city(session, asked)
    language = language_of(request)
    with _for(request):
        audience, sheet = _hotspot_sheet(Reader(session, registry, language, url), city, asked)
    if sheet is None:
        context = _page_context(request, session, visitor, city)
        return page(request, "maps_none.html", city=city, **context)
    _, counter = _leave(session, city.slug)
    return _shown(
        request,
        session,
        visitor,
        (city, sheet),
        kind="hotspots",
        asked=asked,
        audience=audience,
        counter=counter,
        duties=_duties(session, city.slug, language) if counter else [],
        periods=public_hotspots(session, city.slug).releases[::-1],
    )


@router.get("/maps/coverage.{form}")
def get_coverage_file(
    request: Request, session: SessionDep, registry: RegistryDep, url: UrlDep, form: Form
) -> Response:
    """Answer with a coverage map as a file."""
    asked = read_query(request, CoverageFileQuery)
    city = _city(session, asked)
    reader = Reader(session, registry, language_of(request), url)
    make = partial(make_coverage_sheet, reader, city.slug, asked)
    with _for(request):
        return _file(reader, city, form, asked, make)


@router.get("/maps/hotspots.{form}")
def get_hotspots_file(
    request: Request, session: SessionDep, registry: RegistryDep, url: UrlDep, form: Form
) -> Response:
    """Answer with a map of hot spots as a file."""
    asked = read_query(request, HotspotFileQuery)
    city = _city(session, asked)
    reader = Reader(session, registry, language_of(request), url)

    def make() -> MapSheet:
        _, sheet = _hotspot_sheet(reader, city, asked)
        if sheet is None:
            raise NotFoundError(kind=msg("released period"), name=asked.period or "")
        return sheet

    with _for(request):
        return _file(reader, city, form, asked, make)


@router.get("/maps/coverage/thumbnail.svg")
def get_coverage_thumbnail(
    request: Request, session: SessionDep, registry: RegistryDep, url: UrlDep
) -> Response:
    """Answer with a small picture of a coverage map."""
    asked = read_query(request, CoverageMapQuery)
    city = _city(session, asked)
    reader = Reader(session, registry, language_of(request), url)
    with _for(request):
        return _small(make_coverage_sheet(reader, city.slug, asked))


@router.get("/maps/hotspots/thumbnail.svg")
def get_hotspots_thumbnail(
    request: Request, session: SessionDep, registry: RegistryDep, url: UrlDep
) -> Response:
    """Answer with a small picture of a map of hot spots."""
    asked = read_query(request, HotspotMapQuery)
    city = _city(session, asked)
    reader = Reader(session, registry, language_of(request), url)
    with _for(request):
        _, sheet = _hotspot_sheet(reader, city, asked)
    if sheet is None:
        raise NotFoundError(kind=msg("released period"), name=asked.period or "")
    return _small(sheet)


def _filters(
    asked: GalleryQuery,
    leave: tuple[bool, bool],
    generations: list[tuple[str, str]],
    duties: list[tuple[str, str]],
) -> dict[str, list[str]]:
    """Return what the gallery is filtered by, of what whoever asks may filter by."""
    planner, counter = leave
    mine = COMPARED * planner + COUNTED * counter
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


def _cards(  # noqa: PLR0913, PLR0917 - of what is there, for whom, in which language
    session: Session,
    city: Overview,
    leave: tuple[bool, bool],
    filters: dict[str, list[str]],
    generations: list[tuple[str, str]],
    language: str,
) -> list[dict[str, str]]:
    """Return the cards of the maps that there are for whoever asks."""
    labels = [value for value, _ in generations]
    chosen = next(iter(filters.get("generation", ())), city.generation)
    against = filters.get("against") or [one for one in (earlier_label(labels, chosen),) if one]
    there = {"coverage": chosen is not None, "hotspots": True}
    allowed = dict(zip(("coverage", "hotspots"), leave, strict=True))
    released = bool(public_hotspots(session, city.slug).releases)
    return [
        {
            "kind": one.kind,
            "name": translate(one.name, language),
            "sentence": translate(one.sentence, language),
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


def _city(session: Session, asked: MapQuery) -> Overview:
    found = city_of(session, asked.place)
    if found is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=asked.place or "")
    return found


def _hotspot_sheet(
    reader: Reader, city: Overview, asked: HotspotMapQuery
) -> tuple[str, MapSheet | None]:
    """Return for whom a map of hot spots is, and its sheet; none where nothing was released."""
    _, counter = _leave(reader.session, city.slug)
    audience = asked.audience or ("staff" if counter and not asked.period else "public")
    if audience == "public":
        return audience, make_public_sheet(reader, city.slug, asked.period)
    if not counter:
        raise NotPermittedError
    return audience, make_hotspot_sheet(reader, city.slug, asked)


@contextmanager
def _for(request: Request) -> Iterator[None]:
    """Send those who may not see a map to sign in, where they have not."""
    try:
        yield
    except NotPermittedError:
        if visitor_of(request) is None:
            raise SignInNeededError from None
        raise


def _leave(session: Session, slug: str) -> tuple[bool, bool]:
    """Tell whether whoever asks plans or staffs a jurisdiction, and may count issues by place."""
    home = next(one for one in keys_of(session) if one.slug == slug)
    return plans_stations(session, home.id), leave_to_count(session, home.id).counts


def _labels(registry: Registry, slug: str) -> list[tuple[str, str]]:
    """Return the generations of a jurisdiction to choose from, the latest first."""
    labels = [one.label for one in registry.periods() if one.jurisdiction == slug]
    return [(one, one) for one in reversed(labels)]


def _duties(session: Session, slug: str, language: str) -> list[tuple[str, str]]:
    say = partial(translate, language=language)
    return [(one.code, called(one.name, say)) for one in duties_counted(session, slug)]


def _page_context(
    request: Request, session: Session, visitor: Visitor, city: Overview
) -> dict[str, Any]:
    """Return what every page of maps is told."""
    language = language_of(request)
    return {
        "area": city,
        "areas": [(one.slug, local(language, one)) for one in jurisdictions(session)],
        "language": language,
        "work": work_links(request, visitor) if visitor_of(request) else [],
    }


def _shown(
    request: Request,
    session: Session,
    visitor: Visitor,
    shown: tuple[Overview, MapSheet],
    **context: Any,
) -> Response:
    """Answer with a sheet as a page, with its filters and the ways to save it."""
    city, sheet = shown
    language = language_of(request)
    fields = [(name, one) for name, one in request.query_params.multi_items() if one.strip()]
    told = urlencode([one for one in fields if one[0] != "place"] + [("place", city.slug)])
    answer = map_page(
        request,
        sheet,
        version=data_version(session),
        tools="_sheet_tools.html",
        query=told,
        forms=[(form, translate(said, language)) for form, said in FORMS.items()],
        said=partial(translate, language=language),
        **_page_context(request, session, visitor, city),
        **context,
    )
    if visitor_of(request):
        answer.headers.update(NO_STORE)
    return answer


def _file(
    reader: Reader, city: Overview, form: Form, how: PictureQuery, make: Callable[[], MapSheet]
) -> Response:
    """Answer with a file of a sheet, unless too many are being made."""
    if not _places.acquire(blocking=False):
        raise TooBusyError
    try:
        sheet = make()
        under = form in {"png", "svg", "html"}
        basemap = basemap_of(reader.session, city.slug, reader.language) if under else None
        paper = Print("svg" if form == "svg" else "png", how.size, how.dpi, how.layer, how.step)
        content = sheet_file(sheet, form, basemap, reader.language, paper)
    finally:
        _places.release()
    headers = file_headers(f"{sheet.title}-{sheet.subtitle}.{form}", "attachment")
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)


def _small(sheet: MapSheet) -> Response:
    return Response(thumbnail(sheet), media_type=SVG, headers=NO_STORE)


__all__ = ["router"]
