"""Booking on a phone from beginning to end, and the day's list of the station's staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from geo.store.engine import owner_session
from tests.browser.axe import axe
from tests.people import add_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Service

pytestmark = pytest.mark.browser

CITY = "jinggangshan"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"}
BOOKABLE = """
    SELECT station.code, service.code, service.name_en, community.code
    FROM station_service AS service
    JOIN station ON station.id = service.station_id
    JOIN community ON community.id = station.community_id
    JOIN street ON street.id = community.street_id
    JOIN jurisdiction ON jurisdiction.id = street.jurisdiction_id
    WHERE jurisdiction.slug = :city AND service.way = 'appointment'
      AND EXISTS (SELECT FROM opening_rule AS rule
                  WHERE rule.station_id = station.id AND rule.opens IS NOT NULL)
    ORDER BY station.code, service.code LIMIT 1
"""


def check(page: Page) -> None:
    """Make sure that a page is read by everybody, and fits."""
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def choose(page: Page, service: str) -> None:
    """Choose a service, a day that isn't today, its first free time, and book it."""
    page.get_by_role("link", name=service).click()
    page.locator(".book-days a").nth(1).click()
    page.locator(".book-slot input:enabled").first.check(force=True)


def test_from_booking_to_done(open_as: Callable[..., Page], service: Service) -> None:
    with owner_session(service.url) as opened:
        station, _, name, community = opened.execute(text(BOOKABLE), {"city": CITY}).one()
        clerk = add_account(opened, "clerk", "community_staff", CITY, community)
    page = open_as(None, PHONE, f"/book/{CITY}/{station}?lang=en")
    check(page)
    choose(page, name)
    check(page)
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_role("heading", name="It is booked.")).to_be_visible()
    check(page)
    link = page.get_by_label("Your link").input_value()
    page.goto(link)
    page.get_by_text("Cancel this booking").click()
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.get_by_text("Called off")).to_be_visible()
    page.get_by_role("link", name="Book again").click()
    page.locator(".book-days a").nth(1).click()
    page.locator(".book-slot input:enabled").first.check(force=True)
    page.get_by_label("Name").fill("王小明")
    page.get_by_label("Telephone").fill("13900139000")
    page.get_by_role("button", name="Book").click()
    number = page.locator("#number-title").inner_text()
    day = page.locator("time").first.get_attribute("datetime")
    assert day is not None
    with owner_session(service.url) as opened:
        local = opened.execute(
            text(
                "SELECT (starts_at AT TIME ZONE 'Asia/Shanghai')::date FROM booking"
                " WHERE number = :number"
            ),
            {"number": number},
        ).scalar_one()
    desk = open_as(clerk, DESK, f"/desk/bookings?day={local}&lang=en")
    check(desk)
    assert "13900139000" not in desk.content()
    desk.get_by_role("button", name=f"Done: {number}").click()
    expect(desk.get_by_role("button", name=f"Take back: {number}")).to_be_visible()
    page.goto(page.url)
    expect(page.get_by_text("Done")).to_be_visible()


def test_it_is_booked_without_scripts(open_as: Callable[..., Page], service: Service) -> None:
    with owner_session(service.url) as opened:
        station, _, name, _ = opened.execute(text(BOOKABLE), {"city": CITY}).one()
    page = open_as(None, PHONE, f"/book/{CITY}/{station}?lang=en", java_script_enabled=False)
    choose(page, name)
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_role("heading", name="It is booked.")).to_be_visible()
