"""``/maps/….png`` and other files of maps, and their small pictures."""

from collections.abc import Callable
from functools import partial
from threading import BoundedSemaphore

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.attachments import file_headers
from api.map_access import city_named, hotspot_sheet_for, or_sign_in
from api.map_asking import read_query
from api.map_deps import ReaderDep
from api.map_files import MEDIA_TYPES, Form, basemap_of, sheet_file
from api.map_sheets import Reader, make_coverage_sheet
from api.routes.personal import NO_STORE
from api.schemas.maps import (
    CoverageFileQuery,
    CoverageMapQuery,
    HotspotFileQuery,
    HotspotMapQuery,
    PictureQuery,
)
from geo.errors import NotFoundError, TooBusyError
from geo.messages import msg
from geo.store.overview import Overview
from maps.sheets import MapSheet
from maps.static_sheets import Print
from maps.thumbnails import thumbnail

router = APIRouter(include_in_schema=False, default_response_class=Response)

FILES_AT_ONCE = 4
"""So many files are made or waited for at a time: each holds a thread, and pictures take turns."""

_places = BoundedSemaphore(FILES_AT_ONCE)


@router.get("/maps/coverage.{form}")
def get_coverage_file(request: Request, reader: ReaderDep, form: Form) -> Response:
    """Answer with a coverage map as a file."""
    asked = read_query(request, CoverageFileQuery)
    city = city_named(reader.session, asked)
    with or_sign_in(request):
        make = partial(make_coverage_sheet, reader, city.slug, asked)
        return _file(reader, city, form, asked, make)


@router.get("/maps/hotspots.{form}")
def get_hotspots_file(request: Request, reader: ReaderDep, form: Form) -> Response:
    """Answer with a map of hot spots as a file."""
    asked = read_query(request, HotspotFileQuery)
    city = city_named(reader.session, asked)
    with or_sign_in(request):
        return _file(reader, city, form, asked, partial(_hotspots, reader, city, asked))


@router.get("/maps/coverage/thumbnail.svg")
def get_coverage_thumbnail(request: Request, reader: ReaderDep) -> Response:
    """Answer with a small picture of a coverage map."""
    asked = read_query(request, CoverageMapQuery)
    city = city_named(reader.session, asked)
    with or_sign_in(request):
        return _small(make_coverage_sheet(reader, city.slug, asked))


@router.get("/maps/hotspots/thumbnail.svg")
def get_hotspots_thumbnail(request: Request, reader: ReaderDep) -> Response:
    """Answer with a small picture of a map of hot spots."""
    asked = read_query(request, HotspotMapQuery)
    city = city_named(reader.session, asked)
    with or_sign_in(request):
        return _small(_hotspots(reader, city, asked))


def _hotspots(reader: Reader, city: Overview, asked: HotspotMapQuery) -> MapSheet:
    """Return the sheet of a map of hot spots; it is not found where nothing was released."""
    _, sheet = hotspot_sheet_for(reader, city, asked)
    if sheet is None:
        raise NotFoundError(kind=msg("released period"), name=asked.period or "")
    return sheet


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
    return Response(thumbnail(sheet), media_type="image/svg+xml", headers=NO_STORE)


__all__ = ["router"]
