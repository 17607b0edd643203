"""The page of catchments in a real browser: on a desk and on a phone, without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.axe import axe
from tests.browser.devices import DESK, PHONE, WIDER_THAN_THE_WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser

COMMUNITY = "360881002002"


@pytest.mark.parametrize(
    ("device", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk"]
)
def test_the_best_site_is_found_and_shown(
    plan_as: Opener, device: dict[str, object], scheme: str
) -> None:
    """A planner chooses a community, and sees what its grids gain; nothing is too pale."""
    page = plan_as("drawer", device, "/catchments?lang=en", color_scheme=scheme)
    expect(page.locator(".fg-sentence")).to_contain_text("24991 households")
    page.get_by_label("In a building of").select_option(COMMUNITY)
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".ct-result")).to_contain_text("No other choice")
    expect(page.locator(".ct-map .ct-site")).to_have_count(1)
    expect(page.locator(".ct-legend li")).to_have_count(6)
    assert axe(page) == []
    assert not page.evaluate(WIDER_THAN_THE_WINDOW)
