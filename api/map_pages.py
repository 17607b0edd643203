"""Pages with a map sheet, and files of one: folium's map in the frame of every other page."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from api.headers import policy_with
from api.i18n import language_of, translate_all
from api.rendering import answer, fragment
from api.static_files import STATIC_FOLDER, static_version
from geo.settings import settings
from maps.folium_sheets import Frame, Tiles, page, standalone
from maps.sheet_words import WORDS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import HTMLResponse

    from maps.sheets import Basemap, MapSheet

NONCE_BYTES = 16


def map_page(
    request: Request, sheet: MapSheet, *, version: str, tools: str = "", **context: Any
) -> HTMLResponse:
    """Answer with a sheet as a page of the service.

    Parameters
    ----------
    request
        What is answered; decides on the language.
    sheet
        What is shown, in that language.
    version
        Of the service's own tiles: :func:`geo.store.tiles.data_version`.
    tools
        Name of the template of what stands under the title, such as filters and exports; empty:
        nothing.
    context
        Values for the templates: those of ``tools``, and ``places``, ``city``, ``work`` of every
        page.
    """
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    tiles = tiles_asked(version)
    html = page(
        sheet,
        base_url=f"/static/{static_version()}",
        tiles=tiles,
        nonce=nonce,
        words=translate_all(WORDS, language_of(request)),
        frame=_frame(request, sheet, tools, context),
    )
    answered = answer(request, html)
    answered.headers["Content-Security-Policy"] = policy_with(nonce, tiles.origins)
    return answered


def map_file(sheet: MapSheet, basemap: Basemap | None, language: str) -> str:
    """Return a sheet as one file that opens from a disk, with everything inside.

    Parameters
    ----------
    sheet
        What is shown, in the language.
    basemap
        What lies underneath.
    language
        Of the words around it.
    """
    words = translate_all(WORDS, language)
    return standalone(sheet, basemap, assets=STATIC_FOLDER, words=words)


def tiles_asked(version: str) -> Tiles:
    """Return what lies under maps: the service's own tiles, or those that a setting names."""
    given = settings()
    return Tiles(
        version=version,
        addresses=tuple(given.tile_url.split()),
        subdomains=given.tile_subdomains,
        attribution=given.tile_attribution,
        max_zoom=given.tile_max_zoom,
    )


def _frame(request: Request, sheet: MapSheet, tools: str, context: dict[str, Any]) -> Frame:
    given = {"work": ()} | context
    return Frame(
        head=fragment(request, "_sheet_head.html", subtitle=sheet.subtitle),
        header=fragment(request, "_sheet_header.html", **given),
        tools=fragment(request, tools, **given) if tools else "",
        footer=fragment(request, "_footer.html", **given),
    )
