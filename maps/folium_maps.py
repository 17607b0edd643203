"""The pieces of a sheet's page that folium draws: maps with layers, their switch, stations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import shapely

from maps.sheet_data import Strings, layer_data, sources_of
from maps.sheet_markup import fill_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import folium

    from maps.sheet_data import Source
    from maps.sheets import MapSheet, ShownLayer

MAX_ZOOM = 19
ZOOM_STEP = 0.25
FRAME_PX = 12
POINT_PX = 5


@dataclass(frozen=True, slots=True)
class Tiles:
    """What lies under a sheet that a service serves.

    Parameters
    ----------
    version
        Of the service's own tiles, a part of their addresses; they are drawn where no addresses
        are given.
    addresses
        Of tiles elsewhere, with ``{z}``, ``{x}``, ``{y}`` and, where there are several servers,
        ``{s}``; drawn over each other in order, such as 天地图's map and its names.
    subdomains
        What stands for ``{s}``, a letter each.
    attribution
        Who made the tiles, as plain text; said on the map.
    max_zoom
        The closest zoom that there are tiles for; closer, they are enlarged.
    """

    version: str = ""
    addresses: tuple[str, ...] = ()
    subdomains: str = ""
    attribution: str = ""
    max_zoom: int = MAX_ZOOM

    @property
    def origins(self) -> tuple[str, ...]:
        """Return whom a browser asks for the tiles, for a content security policy.

        Examples
        --------
        >>> Tiles(addresses=("https://t{s}.example.cn/{z}/{x}/{y}",), subdomains="01").origins
        ('https://t0.example.cn', 'https://t1.example.cn')
        >>> Tiles(addresses=("/own/{z}/{x}/{y}.png",)).origins
        ()
        """
        found = [re.match(r"https?://[^/?#]+", one) for one in self.addresses]
        hosts = [match[0] for match in found if match]
        told = [one.replace("{s}", letter) for one in hosts for letter in self.subdomains or " "]
        return tuple(dict.fromkeys(one.strip() for one in told))


@dataclass(frozen=True, slots=True)
class Brush:
    """What all maps of a page are drawn with.

    Parameters
    ----------
    words
        :data:`maps.sheet_words.WORDS` in the reader's language.
    looks
        Ids of fills by colour and pattern.
    strings
        Texts of the page's data, gathered while maps are drawn.
    """

    words: Mapping[str, str]
    looks: Mapping[tuple[str, str], str]
    strings: Strings = field(default_factory=Strings)


def import_folium() -> None:
    """Import folium, which takes a second the first time: better before somebody waits for it."""
    import folium  # noqa: F401, PLC0415 - for its being imported


def add_markup(figure: folium.Figure, text: str) -> None:
    """Put markup into a page, before what is added to the page after it."""
    from branca.element import MacroElement  # noqa: PLC0415 - with folium
    from folium.template import Template  # noqa: PLC0415 - with folium

    element: Any = MacroElement()  # type: ignore[no-untyped-call]
    element.text = text
    element._template = Template(  # noqa: SLF001 - folium's own way
        "{% macro html(this, kwargs) %}{{ this.text }}{% endmacro %}"
    )
    figure.add_child(element)


def empty_map(sheet: MapSheet, tiles: Tiles | None) -> folium.Map:
    """Return a map of a sheet's bounds with nothing on it but tiles from elsewhere, if any."""
    import folium  # noqa: PLC0415 - 0.3 s, when a map is drawn

    west, south, east, north = sheet.bounds
    fmap = folium.Map(
        location=((south + north) / 2, (west + east) / 2),
        tiles=None,
        zoom_control=False,
        control_scale=False,
        maxZoom=MAX_ZOOM,
        zoomSnap=ZOOM_STEP,
    )
    fmap.fit_bounds([[south, west], [north, east]], padding=(FRAME_PX, FRAME_PX))
    if tiles is not None:
        _add_tiles(fmap, tiles)
    return fmap


def fill_map(
    fmap: folium.Map, sheet: MapSheet, layers: Sequence[ShownLayer], brush: Brush
) -> dict[str, Any]:
    """Put layers, their switch and stations on a map; return what the page's module is told."""
    import folium  # noqa: PLC0415 - 0.3 s, when a map is drawn

    sources, used = sources_of(layers)
    shapes = [
        _shapes(source, layers[used.index(row)], shown=row == used[0]).add_to(fmap)
        for row, source in enumerate(sources)
    ]
    switched = len(layers) > 1
    groups = [
        folium.FeatureGroup(escape(one.name), overlay=False, control=switched, show=row == 0)
        for row, one in enumerate(layers)
    ]
    for group in groups:
        group.add_to(fmap)
    stations = _stations(sheet, brush)
    if stations is not None:
        stations.add_to(fmap)
    if switched or stations is not None:
        folium.LayerControl(collapsed=False).add_to(fmap)
    return {
        "name": fmap.get_name(),
        "stations": stations.get_name() if stations else "",
        "sources": [
            {"name": one.get_name(), "places": source.places.ravel().tolist()}
            for one, source in zip(shapes, sources, strict=True)
        ],
        "layers": [
            layer_data(one, source, brush.strings)
            | {"group": group.get_name(), "fills": _fills(one, brush)}
            for one, source, group in zip(layers, used, groups, strict=True)
        ],
    }


def _add_tiles(fmap: folium.Map, tiles: Tiles) -> None:
    import folium  # noqa: PLC0415 - with its caller

    for address in tiles.addresses:
        folium.TileLayer(
            tiles=address,
            attr=escape(tiles.attribution) or " ",
            control=False,
            max_zoom=MAX_ZOOM,
            max_native_zoom=tiles.max_zoom,
            subdomains=tiles.subdomains or "abc",
        ).add_to(fmap)


def _shapes(source: Source, layer: ShownLayer, *, shown: bool) -> folium.GeoJson:
    """Return shapes in the colours of a layer, before the module comes to draw them."""
    import folium  # noqa: PLC0415 - with its caller

    colors = [entry.color for entry in layer.legend.entries]

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        one = int(layer.classes[feature["id"]])
        return {
            "className": "sheet-shape",
            "fillColor": colors[one] if colors else "none",
            "fillOpacity": 1,
            "weight": 1,
        }

    # folium asks the style of a first feature, which nothing at all doesn't have.
    return folium.GeoJson(
        source.features(),
        style_function=style if len(source.shapes) else None,
        smooth_factor=0.4,
        control=False,
        show=shown,
        marker=folium.CircleMarker(radius=POINT_PX, fill=True),
    )


def _fills(layer: ShownLayer, brush: Brush) -> list[str]:
    """Return what each class is filled with; last, what has no value.

    Points are too small for patterns.
    """
    legend = layer.legend
    if len(layer.shapes) and (shapely.get_dimensions(layer.shapes) == 0).all():
        return [one.color for one in legend.entries]
    return [fill_of((one.color, one.pattern), brush.looks) for one in legend.entries]


def _stations(sheet: MapSheet, brush: Brush) -> folium.FeatureGroup | None:
    """Return the stations as markers with names; ``None`` where there are none."""
    import folium  # noqa: PLC0415 - with its caller

    if not sheet.stations:
        return None
    group = folium.FeatureGroup(name=escape(brush.words["stations"]))
    for lon, lat, name in sheet.stations:
        icon = folium.DivIcon(
            html=_STATION, icon_size=(28, 28), icon_anchor=(14, 14), class_name="sheet-station"
        )
        folium.Marker((lat, lon), icon=icon, title=name, alt=name).add_to(group)
    return group


_STATION = (
    '<svg viewBox="0 0 28 28" aria-hidden="true" focusable="false">'
    '<circle class="glyph-edge glyph-red_station" cx="14" cy="14" r="12"/>'
    '<path class="glyph-sign" d="M7.5 14 14 8l6.5 6M9.5 12.5V20h9v-7.5M14 20v-4"/></svg>'
)

__all__ = ["Brush", "Tiles", "add_markup", "empty_map", "fill_map", "import_folium"]
