"""A folium map becomes a page that asks no network for anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import branca.colormap
import folium
import folium.plugins
import pytest

from maps.offline import OutsideAddressError, UnnamedMarkerError, standalone, with_addresses

if TYPE_CHECKING:
    from playwright.sync_api import Page

ASSETS = Path(__file__).resolve().parents[2] / "api" / "static" / "vendor"


def page_of(fmap: folium.Map) -> str:
    return standalone(fmap, assets=ASSETS, language="zh-CN", title="网格 <图>")


def bare_map() -> folium.Map:
    return folium.Map((26.749, 114.279), tiles=None, zoom_start=15, maxZoom=19)


def test_the_page_has_a_language_a_title_and_may_be_zoomed() -> None:
    page = page_of(bare_map())
    assert '<html lang="zh-CN">' in page
    assert "<title>网格 &lt;图&gt;</title>" in page
    assert "user-scalable" not in page
    assert 'src="http' not in page


def test_the_map_s_own_addresses_can_be_told() -> None:
    page = with_addresses(bare_map(), base_url="/static/vendor/", language="en", title="Map")
    assert '<script src="/static/vendor/leaflet/leaflet.js"></script>' in page
    assert '<link rel="stylesheet" href="/static/vendor/leaflet/leaflet.css">' in page
    assert "https://cdn" not in page


def test_one_map_s_page_leaves_the_next_map_alone() -> None:
    page_of(bare_map())
    assert "https://cdn.jsdelivr.net/npm/leaflet" in bare_map().get_root().render()


def test_files_that_the_map_does_not_use_are_left_out() -> None:
    plain = page_of(bare_map())
    assert "jQuery v3" not in plain
    with_popup = bare_map()
    folium.Marker((26.749, 114.279), popup="红格", alt="站点").add_to(with_popup)
    assert "jQuery v3" in page_of(with_popup)


def test_an_unknown_address_is_refused() -> None:
    fmap = bare_map()
    folium.plugins.MarkerCluster().add_to(fmap)
    with pytest.raises(OutsideAddressError, match="markercluster"):
        page_of(fmap)


def test_outside_tiles_are_refused() -> None:
    with pytest.raises(OutsideAddressError, match="openstreetmap"):
        page_of(folium.Map())


@pytest.mark.parametrize(
    "outside",
    [
        folium.WmsTileLayer("https://maps.example/wms", layers="roads"),
        folium.raster_layers.ImageOverlay("https://maps.example/a.png", [[26, 114], [27, 115]]),
        folium.raster_layers.VideoOverlay("https://maps.example/a.mp4", [[26, 114], [27, 115]]),
        folium.TileLayer("//maps.example/{z}/{x}/{y}.png", attr="none"),
        folium.Marker((26, 114), alt="a", icon=folium.CustomIcon("https://maps.example/a.png")),
        folium.Marker((26, 114), alt="a", icon=folium.DivIcon('<img src="//maps.example/a.png">')),
        folium.Element('<style>@import "https://maps.example/a.css";</style>'),
        folium.Element('<script>fetch("https://maps.example/a.json");</script>'),
    ],
)
def test_whatever_would_ask_outside_is_refused(outside: Any) -> None:
    fmap = bare_map()
    inside = fmap.get_root().header if type(outside) is folium.Element else fmap
    inside.add_child(outside)
    with pytest.raises(OutsideAddressError, match=r"maps\.example"):
        page_of(fmap)


def test_an_address_that_is_only_told_is_let_through() -> None:
    fmap = bare_map()
    folium.Marker((26, 114), alt="a", popup="https://city.example/maps").add_to(fmap)
    assert "https://city.example/maps" in page_of(fmap)


def test_icons_that_need_a_font_from_outside_are_refused() -> None:
    fmap = bare_map()
    folium.Marker((26.749, 114.279), icon=folium.Icon(color="red"), alt="站点").add_to(fmap)
    with pytest.raises(OutsideAddressError, match="DivIcon"):
        page_of(fmap)


def test_a_marker_without_a_name_is_refused() -> None:
    fmap = bare_map()
    folium.Marker((26.749, 114.279)).add_to(fmap)
    with pytest.raises(UnnamedMarkerError):
        page_of(fmap)


@pytest.mark.browser
def test_markers_popups_and_colour_scales_work_without_a_network(
    browser_page: Page, tmp_path: Path
) -> None:
    fmap = bare_map()
    folium.Marker((26.749, 114.279), popup="会师路", alt="红色驿站").add_to(fmap)
    branca.colormap.linear.YlOrRd_09.scale(0, 500).add_to(fmap)
    file = tmp_path / "map.html"
    file.write_text(page_of(fmap), encoding="utf-8")
    asked: list[str] = []
    broken: list[str] = []
    browser_page.on("request", lambda one: asked.append(one.url))
    browser_page.on("pageerror", lambda one: broken.append(str(one)))
    browser_page.on("console", lambda one: broken.append(one.text) if one.type == "error" else None)
    browser_page.goto(file.as_uri())
    browser_page.get_by_alt_text("红色驿站").click()
    browser_page.get_by_text("会师路").wait_for()
    assert broken == []
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    width = browser_page.get_by_alt_text("红色驿站").evaluate("image => image.naturalWidth")
    assert width == 25
