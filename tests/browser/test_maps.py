"""Map sheets as people use them: on pages of the service, and in files from a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from api.map_pages import map_file, map_page
from tests.browser.axe import axe
from tests.browser.devices import DESK, PHONE, WIDER_THAN_THE_WINDOW
from tests.sheets import made_basemap, made_sheet, two_maps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

    from maps.sheets import MapSheet

pytestmark = pytest.mark.browser

SHOWN = ".sheet-side[data-side='0'] .sheet-legend:not([hidden])"
CENTRE = "map => { const {lat, lng} = window[map].getCenter(); return [lat, lng]; }"
MAP_NAMES = "JSON.parse(document.getElementById('sheet-data').textContent).maps.map(m => m.name)"


def serve(sheet: MapSheet, path: str = "/maps/made-up") -> Callable[[Page], None]:
    """Let a page of the service be a sheet, with the headers it has."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"accept-language", sheet.language.encode())],
        "server": ("localhost", 80),
        "scheme": "http",
    }
    answered = map_page(Request(scope), sheet, version="made-up")

    def fulfil(route: Route) -> None:
        route.fulfill(
            status=answered.status_code,
            headers=dict(answered.headers),
            body=bytes(answered.body).decode(),
        )

    return lambda page: page.route(f"**{path}*", fulfil)


def counts(page: Page) -> list[str]:
    return page.locator(f"{SHOWN} .sheet-count").all_text_contents()


@pytest.mark.parametrize(
    ("device", "language"), [(PHONE, "zh-CN"), (DESK, "en")], ids=["phone", "desk"]
)
def test_a_sheet_is_a_page_of_the_service(
    open_page: Callable[..., Page], device: dict[str, Any], language: str
) -> None:
    tiles: list[str] = []

    def prepare(page: Page) -> None:
        serve(made_sheet(language))(page)
        page.on("request", lambda one: tiles.append(one.url))

    page = open_page(device, "/maps/made-up", prepare=prepare)
    assert page.locator("html").get_attribute("lang") == language
    assert page.title() == "Coverage <of> grids"
    assert page.locator("h1").inner_text() == "Coverage <of> grids"
    assert any("/tiles/basemap/" in one for one in tiles)
    assert page.locator("path.sheet-shape").count() == 9
    assert page.locator(".leaflet-control-scale-line").count() == 1
    assert page.locator(".sheet-north").is_visible()
    assert "user-scalable" not in page.content()
    assert not page.evaluate(WIDER_THAN_THE_WINDOW)
    assert axe(page) == []


def test_the_switch_changes_all_and_is_remembered(open_page: Callable[..., Page]) -> None:
    page = open_page(DESK, "/maps/made-up", prepare=serve(made_sheet()))
    assert counts(page) == ["3", "2", "3", "1"]
    page.get_by_role("radio", name="Hot spots").check()
    assert page.locator(SHOWN).get_by_text("Hot spots of cases").is_visible()
    assert "/hotspots" in page.url
    page.goto(page.url.split("#")[0])
    assert page.get_by_role("radio", name="Hot spots").is_checked()
    page.get_by_role("radio", name="Buildings").check()
    assert page.locator("path.sheet-shape").count() == 4


def test_the_address_brings_back_what_was_seen(open_page: Callable[..., Page]) -> None:
    page = open_page(
        DESK, "/maps/made-up#16/26.7441/114.2731/hotspots/2", prepare=serve(made_sheet())
    )
    (name,) = page.evaluate(MAP_NAMES)
    assert page.evaluate(CENTRE, name) == pytest.approx([26.7441, 114.2731], abs=1e-4)
    assert page.locator(".sheet-step").inner_text() == "2026-06"
    assert counts(page) == ["0", "7", "2"]
    english = page.locator("a[hreflang]").first.get_attribute("href")
    assert english
    assert english.endswith("#16/26.74410/114.27310/hotspots/2")
    page.evaluate("location.hash = '#15/26.75/114.28/households'")
    page.locator(".sheet-slider").wait_for(state="hidden")
    assert page.evaluate(CENTRE, name) == pytest.approx([26.75, 114.28], abs=1e-4)


def test_the_slider_goes_by_keys_and_by_itself(open_page: Callable[..., Page]) -> None:
    page = open_page(DESK, "/maps/made-up#15/26.749/114.279/hotspots", prepare=serve(made_sheet()))
    slider = page.get_by_role("slider")
    assert counts(page) == ["1", "7", "1"]
    slider.press("ArrowRight")
    assert counts(page) == ["0", "9", "0"]
    assert slider.get_attribute("aria-valuetext") == "2026-05"
    slider.press("End")
    assert counts(page) == ["0", "7", "2"]
    page.locator(".sheet-play").click()
    page.locator(".sheet-step").get_by_text("2026-06").wait_for()
    page.locator(".sheet-previous").click()
    assert page.locator(".sheet-step").inner_text() == "2026-05"


def test_keys_go_past_shapes_to_the_rows_that_tell_of_them(open_page: Callable[..., Page]) -> None:
    page = open_page(DESK, "/maps/made-up", prepare=serve(made_sheet()))
    page.locator(".sheet-switch label").nth(1).click()
    page.locator(".brand").focus()
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.className.baseVal ?? 'html'"))
        if page.evaluate("document.activeElement.matches('.sheet-find')"):
            break
    else:
        pytest.fail("no key led to the table")
    assert reached == {"html"}


def test_rows_and_shapes_find_each_other(open_page: Callable[..., Page]) -> None:
    page = open_page(DESK, "/maps/made-up", prepare=serve(made_sheet()))
    page.get_by_role("button", name="Grid 11", exact=True).click()
    told = page.get_by_role("status")
    assert told.inner_text() == "Grid 11: 4 <b>households</b>"
    assert page.locator("path.sheet-outline--line").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("path.sheet-outline--line").count() == 0
    page.locator("path.sheet-shape").nth(8).click()
    assert told.inner_text().startswith("Grid 22")
    assert page.locator("tr[aria-current]").get_attribute("data-key") == "22"
    page.get_by_role("button", name="Sort by Households").click()
    first = page.locator(".sheet-table tbody tr").first
    assert first.get_attribute("data-key") == "21"
    page.get_by_role("button", name="Sort by Share").click()
    assert page.locator(".sheet-table tbody tr").last.get_attribute("data-key") == "11"


def test_two_maps_move_together(open_page: Callable[..., Page]) -> None:
    page = open_page(DESK, "/maps/made-up", prepare=serve(two_maps()))
    first, second = page.evaluate(MAP_NAMES)
    page.evaluate("map => window[map].setView([26.75, 114.28], 16.5, {animate: false})", second)
    assert page.evaluate(CENTRE, first) == pytest.approx([26.75, 114.28], abs=1e-4)
    assert page.locator(".sheet-side").count() == 2
    assert axe(page) == []


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_a_file_needs_nothing_but_itself(
    browser: Browser, tmp_path: Path, device: dict[str, Any]
) -> None:
    file = tmp_path / "map.html"
    file.write_text(map_file(made_sheet("zh-CN"), made_basemap(), "zh_CN"), encoding="utf-8")
    context = browser.new_context(**device, offline=True)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.on("console", lambda one: said.append(one.text))
    page.on("pageerror", lambda one: said.append(str(one)))
    page.goto(file.as_uri())
    assert page.locator("path.sheet-shape").count() == 9
    assert page.get_by_text("会师路").count() == 1
    page.get_by_role("radio", name="Hot spots").check()
    page.get_by_role("slider").press("End")
    assert "/hotspots/2" in page.url
    page.reload()
    assert page.locator(".sheet-step").inner_text() == "2026-06"
    assert axe(page) == []
    assert not page.evaluate(WIDER_THAN_THE_WINDOW)
    assert said == []
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    context.close()
