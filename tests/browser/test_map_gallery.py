"""The gallery of maps and what stands under a map's title, as planners and the public use them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from geo.store.engine import owner_session
from geo.store.overview import jurisdictions
from tests.browser.axe import axe
from tests.browser.devices import DESK, PHONE, WIDER_THAN_THE_WINDOW
from tests.people import add_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Service

pytestmark = pytest.mark.browser

ALL_DECODED = """() => Promise.all([...document.querySelectorAll('img.mg-picture')].map(one => {
    one.loading = 'eager';
    return one.decode();
}))"""
NO_PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture(scope="module")
def planner(service: Service) -> int:
    """Key of a planner's account at the first jurisdiction."""
    with owner_session(service.url) as opened:
        return add_account(opened, "mapper", "planner", jurisdictions(opened)[0].slug)


def told(address: str) -> dict[str, list[str]]:
    """Return what an address asks for."""
    return parse_qs(urlsplit(address).query)


def card(page: Page, name: str) -> dict[str, list[str]]:
    """Return what the address of a card asks for."""
    return told(page.get_by_role("link", name=name).first.get_attribute("href") or "")


def opened(page: Page) -> Page:
    page.locator(".leaflet-control-scale-line").first.wait_for()
    return page


def without_pictures(page: Page) -> None:
    """Let the gallery's pictures be empty, where what counts is their addresses."""
    page.route(
        "**/thumbnail.svg*",
        lambda route: route.fulfill(content_type="image/svg+xml", body=NO_PICTURE),
    )


def test_the_public_finds_its_maps_from_the_first_page(open_as: Callable[..., Page]) -> None:
    page = open_as(None, PHONE, "/", locale="en-US")
    page.get_by_role("link", name="Coverage and hot spots").click()
    page.wait_for_url("**/maps?place=*")
    assert page.locator(".mg-card").count() == 4
    page.evaluate(ALL_DECODED)
    assert not page.evaluate(WIDER_THAN_THE_WINDOW)
    assert axe(page) == []


def test_filters_change_the_cards_and_the_address_at_once(
    open_as: Callable[..., Page], planner: int
) -> None:
    page = open_as(planner, DESK, "/maps", locale="en-US", prepare=without_pictures)
    page.evaluate("window.stayed = true")
    first = page.locator("select[name=generation] option").last.get_attribute("value")
    assert first
    page.get_by_label("Generation").select_option(first)
    page.locator(f".mg-card[href*='generation={first}']").first.wait_for()
    page.get_by_label("Counted by").select_option("grid")
    page.locator(".mg-card[href*='by=grid']").first.wait_for()
    assert page.evaluate("window.stayed")
    assert told(page.url)["generation"] == [first]
    assert told(page.url)["by"] == ["grid"]
    assert "from" not in told(page.url)
    assert card(page, "Households of a grid")["generation"] == [first]
    assert page.locator("#mg-status").inner_text() == "The maps have been filtered."
    chinese = page.locator(".header a[hreflang]").get_attribute("href") or ""
    assert told(chinese)["by"] == ["grid"]
    page.reload()
    assert page.get_by_label("Counted by").input_value() == "grid"
    assert axe(page) == []
    assert not page.evaluate(WIDER_THAN_THE_WINDOW)


def test_without_scripts_the_button_does_it(open_as: Callable[..., Page], planner: int) -> None:
    page = open_as(
        planner,
        DESK,
        "/maps",
        java_script_enabled=False,
        locale="en-US",
        prepare=without_pictures,
    )
    page.get_by_label("State").select_option("open")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**state=open**")
    assert card(page, "Density of issues")["state"] == ["open"]


def test_a_filter_of_a_map_keeps_the_view_and_stays_open(
    open_as: Callable[..., Page], planner: int
) -> None:
    page = opened(open_as(planner, PHONE, "/maps/hotspots?statistic=count&by=grid", locale="en-US"))
    page.evaluate("location.hash = '#15/26.74000/114.28000'")
    page.locator("#filters > summary").click()
    assert axe(page) == []
    assert not page.evaluate(WIDER_THAN_THE_WINDOW)
    page.get_by_label("State").select_option("closed")
    page.wait_for_url("**state=closed**")
    opened(page)
    assert "#15/26.74" in page.url
    assert page.get_by_label("State").is_visible()
    assert page.get_by_label("State").input_value() == "closed"
    page.keyboard.press("Escape")
    assert not page.get_by_label("State").is_visible()


def test_what_is_saved_and_shared_is_what_is_shown(
    open_as: Callable[..., Page], planner: int
) -> None:
    page = opened(
        open_as(
            planner,
            DESK,
            "/maps/hotspots?statistic=count&by=grid",
            locale="en-US",
            permissions=["clipboard-read", "clipboard-write"],
        )
    )
    page.get_by_role("radio", name="Issues by month").check()
    page.get_by_role("slider").press("ArrowRight")
    page.get_by_role("slider").press("ArrowRight")
    page.get_by_role("button", name="Share").click()
    page.get_by_text("The link has been copied.").wait_for()
    shared = page.evaluate("navigator.clipboard.readText()")
    assert shared == page.url
    assert "#" in shared
    step = page.locator(".sheet-step").inner_text()
    page.get_by_text("Save as").click()
    picture = page.get_by_role("link", name="Drawing for print (SVG)")
    with page.expect_download() as saved:
        picture.click()
    asked = told(saved.value.url)
    assert asked["step"] == ["1"]
    assert asked["layer"][0] in shared
    assert step in saved.value.path().read_text(encoding="utf-8")
    assert axe(page) == []
    page.goto("about:blank")
    page.goto(shared)
    opened(page)
    assert page.get_by_role("radio", name="Issues by month").is_checked()
    assert page.locator(".sheet-step").inner_text() == step


def test_one_panel_is_open_at_a_time(open_as: Callable[..., Page]) -> None:
    page = opened(open_as(None, PHONE, "/maps/coverage", locale="en-US"))
    page.get_by_text("Filter", exact=True).click()
    page.get_by_text("Save as").click()
    assert page.locator(".sheet-drop[open]").count() == 1
    page.locator("h1").click()
    assert page.locator(".sheet-drop[open]").count() == 0
    assert axe(page) == []


def test_bands_have_no_numbers_and_small_cells_fine_edges(
    open_as: Callable[..., Page], planner: int
) -> None:
    page = opened(open_as(planner, DESK, "/maps/hotspots?statistic=density", locale="en-US"))
    legend = page.locator(".sheet-legend:not([hidden])")
    assert legend.locator("li").count() > 1
    assert legend.locator(".sheet-count:visible").count() == 0
    assert edge_px(page) == 1
    page.get_by_role("radio", name="Issues", exact=True).check()
    shown = page.locator(".sheet-legend:not([hidden]) .sheet-count:visible")
    assert sum(int(one) for one in shown.all_text_contents()) > 100
    assert edge_px(page) < 1


def edge_px(page: Page) -> float:
    """Return how wide the edges of shapes are."""
    drawn = page.locator("path.sheet-shape").first
    return float(drawn.evaluate("one => parseFloat(getComputedStyle(one).strokeWidth)"))
