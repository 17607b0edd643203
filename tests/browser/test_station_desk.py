"""The page on which staff keep a station, on a phone and on a desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from geo.store.engine import owner_session
from tests.browser.axe import axe
from tests.people import add_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, ViewportSize

    from tests.browser.conftest import Service

pytestmark = pytest.mark.browser

CITY = "jinggangshan"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
WIDE: ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def keeper(service: Service) -> int:
    """An administrator of the city, who keeps all of its stations."""
    with owner_session(service.url) as opened:
        return add_account(opened, "keeper", "administrator", CITY)


def test_hours_and_closures_are_set_on_any_screen(
    open_as: Callable[..., Page], keeper: int
) -> None:
    page = open_as(keeper, PHONE, "/desk/stations?lang=en")
    assert axe(page) == []
    page.locator(f'a[href="/desk/stations/{CITY}/G18"]').click()
    monday = page.get_by_label("Hours: Monday")
    monday.fill("8:30-12:00, 13:00-17:30")
    page.get_by_role("button", name="Save hours").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.get_by_label("Hours: Monday")).to_have_value("08:30–12:00, 13:00–17:30")
    for one in page.locator("details").all():
        one.evaluate("details => { details.open = true }")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.set_viewport_size(WIDE)
    assert axe(page) == []
    page.get_by_label("Reason", exact=True).fill("停水")
    page.get_by_role("button", name="Close the station then").click()
    expect(page.locator("#closures")).to_contain_text("until further notice")
    page.get_by_role("button", name="End the closure: 停水").click()
    expect(page.locator("#closures")).to_contain_text("No closure is announced.")
