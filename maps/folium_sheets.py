"""Drawing map sheets with folium: as a page of the service, and as one file that stands alone.

folium makes the map, its layers, their switch and the markers; the page's own module, in
``api/static/maps``, puts the basemap underneath, colours the layer that is chosen, and joins map,
legend, slider and table. Nothing is asked of any network but what is said to be: the service
itself, and tiles that were chosen by a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from maps.folium_maps import Brush, Tiles, add_markup, empty_map, fill_map
from maps.modules import joined
from maps.offline import Extras, for_script, script_text, style_text, with_addresses
from maps.offline import standalone as one_file
from maps.sheet_data import basemap_data
from maps.sheet_markup import (
    fills_markup,
    heading_markup,
    looks_of,
    panel_markup,
    slider_markup,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import folium

    from maps.sheets import Basemap, MapSheet

    Words = Mapping[str, str]

SCRIPT = "maps/sheet.js"
STYLES = ("hongge.css", "dark.css", "maps/sheet.css")
DARK = {"dark.css": "(prefers-color-scheme: dark)"}
VECTOR_SCRIPT = "vendor/protomaps-leaflet/protomaps-leaflet.js"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page of the service has around the sheet, as markup that asks no address outside.

    Parameters
    ----------
    head
        For the page's head, such as its icon.
    header
        Before everything, such as the way to other pages.
    tools
        Under the title: filters, exports, links to share.
    footer
        At the end of the panel.
    """

    head: str = ""
    header: str = ""
    tools: str = ""
    footer: str = ""


NO_FRAME = Frame()


def page(  # noqa: PLR0913 - each by its name
    sheet: MapSheet,
    *,
    base_url: str,
    tiles: Tiles,
    nonce: str,
    words: Words,
    frame: Frame = NO_FRAME,
) -> str:
    """Return a sheet as a page that asks the service for scripts, styles and tiles.

    Parameters
    ----------
    sheet
        What is shown.
    base_url
        The address of the folder of static files, such as ``/static/v-1234``.
    tiles
        What lies underneath.
    nonce
        Of the answer's content security policy: every script and style of the page has it.
    words
        :data:`maps.sheet_words.WORDS` in the reader's language.
    frame
        What the service's pages have around their content.

    Raises
    ------
    maps.offline.OutsideAddressError
        When something in the page would ask an address outside that was not chosen.
    """
    base = escape(base_url.rstrip("/"))
    drawn = _drawn(sheet, words, frame, tiles)
    marked = f' nonce="{escape(nonce)}"' if nonce else ""
    vectors = "" if tiles.addresses else f'<script{marked} src="{base}/{VECTOR_SCRIPT}"></script>'
    styles = "".join(
        f'<link rel="stylesheet" href="{base}/{name}"{_media(name)}>' for name in STYLES
    )
    data = {"ground": "tiles" if not tiles.addresses else "", "version": tiles.version}
    script = f'<script type="module"{marked} src="{base}/{SCRIPT}"></script>'
    extras = Extras(
        head=f"{_METAS}{frame.head}{vectors}{styles}",
        tail=drawn.tail(data) + script,
        nonce=nonce,
        tiles=tiles.addresses,
    )
    return with_addresses(
        drawn.fmap,
        base_url=f"{base_url.rstrip('/')}/vendor",
        language=sheet.language,
        title=sheet.title,
        extras=extras,
    )


def standalone(sheet: MapSheet, basemap: Basemap | None, *, assets: Path, words: Words) -> str:
    """Return a sheet as one file with everything inside, which opens from a disk.

    Parameters
    ----------
    sheet, words
        See :func:`page`.
    basemap
        What lies underneath, if anything.
    assets
        The folder of static files, with ``maps`` and ``vendor`` in it.

    Raises
    ------
    maps.offline.OutsideAddressError
        When something in the page would ask an address outside.
    """
    drawn = _drawn(sheet, words, NO_FRAME, None)
    styles = "".join(f"<style{_media(name)}>{style_text(assets / name)}</style>" for name in STYLES)
    data = {"ground": "vectors", "basemap": basemap_data(basemap)} if basemap else {"ground": ""}
    script = f'<script type="module">{script_text(joined(assets / SCRIPT))}</script>'
    extras = Extras(head=f"{_METAS}{styles}", tail=drawn.tail(data) + script)
    return one_file(
        drawn.fmap,
        assets=assets / "vendor",
        language=sheet.language,
        title=sheet.title,
        extras=extras,
    )


_METAS = (
    '<meta name="color-scheme" content="light dark">'
    '<meta name="theme-color" content="#fffdf9" media="(prefers-color-scheme: light)">'
    '<meta name="theme-color" content="#211d1a" media="(prefers-color-scheme: dark)">'
)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A folium map, and what the page's module is told of it."""

    fmap: folium.Map
    data: dict[str, Any]

    def tail(self, more: dict[str, Any]) -> str:
        """Return the data as an element that runs nothing."""
        written = for_script(self.data | more)
        return f'<script type="application/json" id="sheet-data">{written}</script>'


def _drawn(sheet: MapSheet, words: Words, frame: Frame, tiles: Tiles | None) -> _Drawn:
    """Draw a sheet with folium: one map, or two beside each other."""
    import folium  # noqa: PLC0415 - 0.3 s, when a map is drawn

    brush = Brush(words, looks_of(sheet))
    figure = folium.Figure()
    add_markup(figure, _before(sheet, brush, frame))
    sides = [(sheet.name, sheet.layers), (sheet.beside_name, sheet.beside)]
    maps = []
    for name, layers in sides if sheet.beside else sides[:1]:
        told = f"<h2>{escape(name)}</h2>" if sheet.beside else ""
        add_markup(figure, f'<div class="sheet-map">{told}')
        fmap = empty_map(sheet, tiles)
        figure.add_child(fmap)
        maps.append({"title": name} | fill_map(fmap, sheet, layers, brush))
        add_markup(figure, "</div>")
    add_markup(figure, _after(sheet, brush, frame))
    data = {
        "bounds": sheet.bounds,
        "language": sheet.language,
        "maps": maps,
        "strings": brush.strings.all(),
        "words": dict(words),
    }
    return _Drawn(fmap, data)


def _before(sheet: MapSheet, brush: Brush, frame: Frame) -> str:
    two = " sheet-maps--two" if sheet.beside else ""
    return (
        f"{frame.header}{fills_markup(brush.looks)}"
        f'<main class="sheet" id="content" tabindex="-1">{heading_markup(sheet, frame.tools)}'
        f'<div class="sheet-stage"><div class="sheet-maps{two}">'
    )


def _after(sheet: MapSheet, brush: Brush, frame: Frame) -> str:
    panel = panel_markup(sheet, brush.words, brush.looks, frame.footer)
    told = '<p class="sheet-chosen" role="status"></p>'
    return f"{told}</div>{slider_markup(brush.words)}</div>{panel}</main>"


def _media(name: str) -> str:
    return f' media="{DARK[name]}"' if name in DARK else ""


__all__ = ["NO_FRAME", "Frame", "Tiles", "page", "standalone"]
