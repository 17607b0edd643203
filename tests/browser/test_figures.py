"""The page of figures in a real browser: on a desk and on a phone, without scripts."""

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

YEAR = "from=2026-01-01&to=2026-12-31"


@pytest.mark.parametrize(
    ("device", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk"]
)
def test_the_page_is_for_everybody(plan_as: Opener, device: dict[str, object], scheme: str) -> None:
    """Nothing is too pale, unnamed or beside the window."""
    page = plan_as("watcher", device, f"/figures?{YEAR}", color_scheme=scheme)
    assert axe(page) == []
    assert not page.evaluate(WIDER_THAN_THE_WINDOW)
    expect(page.locator(".fg-sentence")).to_contain_text("73")


def test_another_generation_is_chosen_without_scripts(plan_as: Opener) -> None:
    """The sentence stays, the grids are others, and the page says which."""
    page = plan_as("watcher", DESK, f"/figures?{YEAR}&lang=en", java_script_enabled=False)
    page.get_by_label("Which grids").select_option("jinggangshan-2024")
    page.get_by_role("button", name="Count").click()
    expect(page.locator(".fg-basis")).to_contain_text("Recast on generation jinggangshan-2024")
    expect(page.locator(".fg-sentence")).to_contain_text("73 received, 69 closed, 4 in hand")
    page.get_by_role("link", name="By month").click()
    expect(page.locator(".fg-basis")).to_contain_text("jinggangshan-2024")
    expect(page.locator("tfoot td").first).to_have_text("73")
