"""The page of the scorecard in a real browser: for everybody, on a desk and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from geo.flows.plans import FromGeneration, create_draft
from geo.store.engine import session
from geo.store.history import generation_entries
from geo.store.overview import jurisdictions
from tests.browser.axe import axe
from tests.browser.devices import DESK, SIZES, WIDER_THAN_THE_WINDOW
from tests.people import asker_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Planning

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser


@SIZES
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_for_everybody(plan_as: Opener, device: dict[str, object], scheme: str) -> None:
    """Nothing is too pale, unnamed or beside the window."""
    page = plan_as("watcher", device, "/scorecard", color_scheme=scheme)
    assert axe(page) == []
    assert not page.evaluate(WIDER_THAN_THE_WINDOW)
    expect(page.get_by_role("img")).to_be_visible()


def test_a_draft_is_chosen_from_a_list(plan_as: Opener, planning: Planning) -> None:
    """Without scripts; drafts of one name are told apart by their last change."""
    with session(planning.url, asker_of(planning.accounts["drawer"])) as opened:
        city = jurisdictions(opened)[0].slug
        label = next(one.label for one in generation_entries(opened, city) if one.ends is None)
        draft = create_draft(opened, city, "同名方案", "", FromGeneration(label))
    page = plan_as("drawer", DESK, "/scorecard", java_script_enabled=False)
    page.locator(".sc-drafts select").select_option(str(draft))
    page.locator(".sc-drafts button").click()
    expect(page.locator(".sc-drafts option:checked")).to_have_attribute("value", str(draft))
    expect(page.locator("h1 small")).to_contain_text("同名方案")


def test_a_grid_out_of_bounds_is_found_by_its_place(plan_as: Opener) -> None:
    """From the measure to the list, from the list to the spot, and back; without scripts."""
    page = plan_as("watcher", DESK, "/scorecard?lang=en", java_script_enabled=False)
    page.locator("a[href*='measure=in_bounds']").first.click()
    places = page.locator(".sc-places a")
    expect(places).to_have_count(10)
    worst = places.first.inner_text()
    assert "663" in worst
    places.first.click()
    expect(page.locator(".sc-places a[aria-current]")).to_contain_text("663")
    expect(page.locator(".sc-mark--chosen")).to_have_count(1)
    expect(page.locator(".sc-building")).to_have_count(1)
    page.locator(".sc-beside a[href$='#map']").first.click()
    expect(page.locator(".sc-mark--chosen")).to_have_count(0)


def test_the_table_is_sorted_by_what_is_chosen(plan_as: Opener) -> None:
    """By households, upward and then downward; the column says so."""
    page = plan_as("watcher", DESK, "/scorecard?lang=en", java_script_enabled=False)
    heading = page.locator(".sc-wide thead a[href*='sort=in_bounds']")
    heading.click()
    expect(page.locator("th[aria-sort='ascending']")).to_have_count(1)
    first = page.locator(".sc-wide tbody tr").first
    expect(first).to_contain_text("220")
    page.locator(".sc-wide thead a[href*='sort=in_bounds']").click()
    expect(page.locator("th[aria-sort='descending']")).to_have_count(1)
    expect(page.locator(".sc-wide tbody tr").first).to_contain_text("663")
