"""The atlas of grids in a real browser that has no network but the service."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import axe
from tests.browser.devices import DESK, PHONE, SIZES

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.store.overview import GridEntry, Overview

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser


PIN_STANDS_IN_THE_MIDDLE = """() => {
    const pin = document.querySelector(".map-pin");
    if (!pin) return false;
    const map = document.querySelector("#map").getBoundingClientRect();
    const { left, width, bottom } = pin.ownerSVGElement.getBoundingClientRect();
    const east = left + width / 2 - (map.left + map.width / 2);
    const south = bottom - (map.top + map.height / 2);
    return Math.abs(east) < 2 && Math.abs(south) < 4;
}"""


def first_grid(city: Overview) -> GridEntry:
    return city.streets[0].communities[0].grids[0]


def located(server: str, lon: float, lat: float) -> dict[str, Any]:
    with urlopen(f"{server}/api/v1/locate?lon={lon}&lat={lat}", timeout=60) as answer:  # noqa: S310
        return json.load(answer)


def painted_colours(page: Page) -> int:
    """Count the colours of the map's tiles: one tells that nothing was drawn."""
    return page.evaluate(
        """() => {
            const colours = new Set();
            for (const tile of document.querySelectorAll("#map canvas.leaflet-tile")) {
                if (!tile.width) continue;
                const all = tile.getContext("2d").getImageData(0, 0, tile.width, tile.height).data;
                for (let i = 0; i < all.length; i += 4 * 31)
                    colours.add(all[i] << 16 | all[i + 1] << 8 | all[i + 2]);
            }
            return colours.size;
        }"""
    )


@SIZES
def test_map_lists_and_figures_stand_on_the_page(
    open_page: Opener, city: Overview, device: dict[str, Any]
) -> None:
    page = open_page(device, "/grids")
    page.wait_for_function("document.querySelectorAll('canvas.leaflet-tile-loaded').length > 3")
    assert painted_colours(page) > 20
    expect(page.locator(".row[data-code]")).to_have_count(city.grids)
    expect(page.locator(".map-station")).to_have_count(len(city.stations))
    expect(page.locator(".tally")).to_contain_text(f"{city.households:,}")
    expect(page.locator(".footer")).to_contain_text("虚构")


@SIZES
def test_nothing_reaches_over_the_side(open_page: Opener, device: dict[str, Any]) -> None:
    page = open_page(device, "/grids?lang=en")
    for disclosure in page.locator("details").all():
        disclosure.evaluate("one => { one.open = true }")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == device["viewport"]["width"]


@SIZES
def test_click_answers_with_the_grid_of_that_place(
    open_page: Opener, server: str, city: Overview, device: dict[str, Any]
) -> None:
    grid = first_grid(city)
    page = open_page(device, f"/grids?lon={grid.lon:.6f}&lat={grid.lat:.6f}")
    expect(page.locator("#answer .answer")).to_have_attribute("data-code", grid.code)
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.wait_for_function(PIN_STANDS_IN_THE_MIDDLE)
    east_px = 90
    with page.expect_response("**/answer?*"):
        page.mouse.click(box["x"] + box["width"] / 2 + east_px, box["y"] + box["height"] / 2)
    expect(page.locator("#answer")).not_to_have_attribute("aria-busy", "true")
    answer = page.locator("#answer .answer")
    lon, lat = (float(answer.get_attribute(f"data-{name}") or "nan") for name in ("lon", "lat"))
    degrees_a_pixel = 360 / (256 * 2**16)
    assert lon - grid.lon == pytest.approx(east_px * degrees_a_pixel, abs=2 * degrees_a_pixel)
    assert lat == pytest.approx(grid.lat, abs=2 * degrees_a_pixel)
    truth = located(server, lon, lat)
    assert answer.get_attribute("data-code") == (truth["grid"] and truth["grid"]["code"])
    expect(page).to_have_url(re.compile(f"lon={lon:.6f}"))
    asked = parse_qs(urlsplit(page.url).query)
    assert float(asked["lat"][0]) == pytest.approx(lat, abs=1e-6)


def test_enter_asks_about_the_middle_of_the_map(open_page: Opener, city: Overview) -> None:
    page = open_page(DESK, "/grids")
    with page.expect_response("**/answer?*") as response:
        page.locator("#map").focus()
        page.keyboard.press("Enter")
    assert response.value.status == 200
    expect(page).to_have_url(re.compile(r"lon="))
    west, south, east, north = city.main_bounds
    asked = parse_qs(urlsplit(page.url).query)
    assert math.isclose(float(asked["lon"][0]), (west + east) / 2, abs_tol=1e-4)
    assert math.isclose(float(asked["lat"][0]), (south + north) / 2, abs_tol=1e-3)


def test_a_grid_in_the_list_is_shown(open_page: Opener, city: Overview) -> None:
    grid = first_grid(city)
    page = open_page(DESK, "/grids")
    page.locator("details[data-bounds] summary").first.click()
    row = page.locator(f".row[data-code='{grid.code}']")
    row.click()
    expect(page.locator("#answer .answer")).to_have_attribute("data-code", grid.code)
    expect(row).to_have_attribute("aria-current", "true")


def test_language_is_switched_and_remembered(open_page: Opener, city: Overview) -> None:
    grid = first_grid(city)
    page = open_page(DESK, f"/grids?lon={grid.lon:.6f}&lat={grid.lat:.6f}")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("#answer h2")).to_have_text(grid.name)
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#answer h2")).to_have_text(grid.name_en)
    expect(page.get_by_role("button", name="Zoom in")).to_be_visible()
    page.goto(page.url.partition("?")[0])
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_device_says_where_it_is(open_page: Opener, city: Overview) -> None:
    grid = first_grid(city)
    here = {"longitude": grid.lon, "latitude": grid.lat, "accuracy": 5}
    page = open_page(PHONE, "/grids", geolocation=here, permissions=["geolocation"])
    page.get_by_role("button", name="定位我").click()
    answer = page.locator("#answer .answer")
    expect(answer).to_have_attribute("data-code", grid.code)
    expect(answer).to_have_attribute("data-accuracy", "5.0")


def test_a_position_in_another_city_opens_its_page(open_page: Opener, city: Overview) -> None:
    grid = first_grid(city)
    here = {"longitude": grid.lon, "latitude": grid.lat, "accuracy": 5}
    page = open_page(PHONE, "/grids?place=qianjin", geolocation=here, permissions=["geolocation"])
    page.get_by_role("button", name="定位我").click()
    expect(page.locator(".places [aria-current]")).to_have_text(city.name)
    expect(page.locator("#answer .answer")).to_have_attribute("data-code", grid.code)
    expect(page.locator(".map-station")).to_have_count(len(city.stations))


@SIZES
def test_the_map_explains_its_signs(open_page: Opener, device: dict[str, Any]) -> None:
    page = open_page(device, "/grids")
    legend = page.get_by_role("list", name="图例")
    expect(legend.locator("li")).to_have_text(["社区界", "网格界", "红色驿站", "工作站"])
    legend_box = legend.bounding_box()
    zoom_box = page.locator(".leaflet-control-zoom").bounding_box()
    assert legend_box is not None
    assert zoom_box is not None
    assert legend_box["x"] + legend_box["width"] < zoom_box["x"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_source_is_read_in_full(open_page: Opener, city: Overview, lang: str) -> None:
    page = open_page(PHONE, f"/grids?lang={lang}")
    note = page.locator(".leaflet-control-attribution")
    expect(note).to_contain_text(city.source_en if lang == "en" else city.source)
    hidden = note.evaluate("one => one.scrollWidth - one.clientWidth")
    assert hidden == 0


def test_the_crosshair_is_for_keys_alone(open_page: Opener) -> None:
    page = open_page(DESK, "/grids")
    crosshair = page.locator(".map-crosshair")
    with page.expect_response("**/answer?*"):
        page.locator("#map").click(position={"x": 300, "y": 300})
    expect(crosshair).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(crosshair).to_be_visible()


def test_a_rough_position_names_the_grids_that_are_possible(
    open_page: Opener, city: Overview
) -> None:
    grid = first_grid(city)
    here = {"longitude": grid.lon, "latitude": grid.lat, "accuracy": 700}
    page = open_page(PHONE, "/grids", geolocation=here, permissions=["geolocation"])
    page.get_by_role("button", name="定位我").click()
    expect(page.locator(".candidates li").nth(1)).to_be_visible()


@pytest.mark.parametrize(
    ("code", "words"),
    [(1, "没有允许"), (2, "暂时无法定位"), (3, "定位超时")],
    ids=["refused", "unavailable", "too slow"],
)
def test_each_failure_to_locate_has_its_own_words(open_page: Opener, code: int, words: str) -> None:
    page = open_page(PHONE, "/grids")
    page.evaluate(
        """code => { navigator.geolocation.getCurrentPosition =
            (_, failed) => setTimeout(() => failed({code}), 10) }""",
        code,
    )
    page.get_by_role("button", name="定位我").click()
    expect(page.locator("#locate-message")).to_contain_text(words)
    expect(page.get_by_role("button", name="定位我")).to_be_enabled()


def test_a_refused_permission_is_explained(open_page: Opener) -> None:
    page = open_page(PHONE, "/grids")
    page.get_by_role("button", name="定位我").click()
    expect(page.locator("#locate-message")).to_contain_text("没有允许")


def test_a_page_without_encryption_says_so(open_page: Opener) -> None:
    page = open_page(PHONE, "/grids")
    page.evaluate("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page.get_by_role("button", name="定位我").click()
    expect(page.locator("#locate-message")).to_contain_text("https")


def test_a_lost_connection_is_said(browser_page: Page, server: str) -> None:
    browser_page.goto(f"{server}/grids")
    browser_page.wait_for_load_state("networkidle")
    browser_page.context.set_offline(True)
    browser_page.locator("#map").focus()
    browser_page.keyboard.press("Enter")
    expect(browser_page.locator("#map-message")).to_contain_text("没有响应")


@SIZES
def test_a_link_answers_without_script(
    open_page: Opener, city: Overview, device: dict[str, Any]
) -> None:
    grid = first_grid(city)
    page = open_page(
        device, f"/grids?lon={grid.lon:.6f}&lat={grid.lat:.6f}", java_script_enabled=False
    )
    expect(page.locator("#answer h2")).to_have_text(grid.name)
    expect(page.locator("#answer")).to_contain_text(grid.code)
    expect(page.locator("#answer")).to_contain_text(grid.branch)
    page.get_by_text("输入坐标查询").click()
    page.get_by_label("经度").fill(str(grid.lon))
    page.get_by_label("纬度").fill("north")
    page.get_by_role("button", name="查询").click()
    expect(page.locator("#answer")).to_contain_text("纬度")


@SIZES
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["/grids", "/grids?lon={lon}&lat={lat}&lang=en"], ids=["plain", "answer"]
)
def test_axe_finds_nothing_serious(
    open_page: Opener, city: Overview, device: dict[str, Any], colours: str, path: str
) -> None:
    grid = first_grid(city)
    page = open_page(device, path.format(lon=grid.lon, lat=grid.lat), color_scheme=colours)
    for disclosure in page.locator("details").all():
        disclosure.evaluate("one => { one.open = true }")
    assert axe(page) == []


def test_controls_are_large_enough_for_a_thumb(open_page: Opener, city: Overview) -> None:
    grid = first_grid(city)
    page = open_page(PHONE, f"/grids?lon={grid.lon:.6f}&lat={grid.lat:.6f}")
    small = page.evaluate(
        """() => Array.from(document.querySelectorAll("a, button, summary, select"))
            .filter(one => one.offsetParent && !one.matches(".skip, .leaflet-marker-icon"))
            .map(one => [one.textContent.trim(), one.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && (box.height < 43.9 || box.width < 43.9))
            .map(([text, box]) => `${text} ${box.width}×${box.height}`)"""
    )
    assert small == []


def test_stations_have_names_and_shapes_of_their_own(open_page: Opener, city: Overview) -> None:
    page = open_page(DESK, "/grids")
    names = page.locator(".map-station").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert sorted(name.split(" ", 1)[1] for name in names) == sorted(
        station.name for station in city.stations
    )
    shapes = page.locator(".map-station").evaluate_all(
        "all => new Set(all.map(one => one.querySelector('svg').innerHTML)).size"
    )
    assert shapes == len({station.kind for station in city.stations})


def test_the_interface_is_described_from_our_own_files(open_page: Opener) -> None:
    page = open_page(DESK, "/api/docs")
    expect(page.locator(".opblock").first).to_be_visible()
    expect(page.locator("#api-docs")).to_contain_text(re.compile("locate"))
