"""Booking on a phone from beginning to end, and the day's list of the station's staff."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from playwright.sync_api import expect
from sqlalchemy import text

from api.app import create_app
from geo.store.engine import owner_session
from tests import town
from tests.bookable import STATION, make_bookable
from tests.browser.axe import axe
from tests.browser.conftest import Service
from tests.browser.test_public import POINTS_TO_PX, SMALL
from tests.people import add_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"}
BOOK = f"/book/{town.SLUG}/{STATION}?lang=en"
NAME = "Certificates"
LOCAL_DAY = """
    SELECT (starts_at AT TIME ZONE 'Asia/Shanghai')::date FROM booking WHERE number = :number
"""


@pytest.fixture(scope="module")
def service(database_url: str) -> Iterator[Service]:
    """The service on the small town, whose station can be booked, in a thread."""
    with owner_session(database_url) as opened:
        town.build(opened)
    with owner_session(database_url) as opened:
        make_bookable(opened)
    config = uvicorn.Config(create_app(database_url), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Service(f"http://127.0.0.1:{port}", database_url)
    server.should_exit = True
    thread.join()


def check(page: Page) -> None:
    """Make sure that a page is read by everybody, and fits."""
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def choose(page: Page) -> None:
    """Choose a service and a time."""
    page.get_by_role("link", name=NAME).click()
    choose_time(page)


def choose_time(page: Page) -> None:
    """Choose the second day that there is, and its first free time."""
    page.locator(".book-days a").nth(1).click()
    expect(page.locator(".book-days a").nth(1)).to_have_attribute("aria-current", "date")
    page.locator(".book-slot input:enabled").first.check()


def test_from_booking_to_done(open_as: Callable[..., Page], service: Service) -> None:
    with owner_session(service.url) as opened:
        clerk = add_account(opened, "clerk", "community_staff", town.SLUG, town.A)
    page = open_as(None, PHONE, BOOK)
    check(page)
    choose(page)
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
    choose_time(page)
    page.get_by_label("Name").fill("王小明")
    page.get_by_label("Telephone").fill("13900139000")
    page.get_by_role("button", name="Book").click()
    number = page.locator("#number-title").inner_text()
    with owner_session(service.url) as opened:
        day = opened.execute(text(LOCAL_DAY), {"number": number}).scalar_one()
    desk = open_as(clerk, DESK, f"/desk/bookings?day={day}&lang=en")
    check(desk)
    assert "13900139000" not in desk.content()
    desk.get_by_role("button", name=f"Done: {number}").click()
    expect(desk.get_by_role("button", name=f"Take back: {number}")).to_be_visible()
    page.goto(page.url)
    expect(page.get_by_text("Done")).to_be_visible()


def test_it_is_booked_without_scripts(open_as: Callable[..., Page]) -> None:
    page = open_as(None, PHONE, BOOK, java_script_enabled=False)
    choose(page)
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_role("heading", name="It is booked.")).to_be_visible()


def test_the_elder_view_stays_from_booking_to_reporting(
    open_as: Callable[..., Page], service: Service
) -> None:
    page = open_as(None, PHONE, BOOK)
    page.get_by_role("link", name="Elder view").click()
    large(page, 18)
    choose(page)
    large(page, 18)
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_role("heading", name="It is booked.")).to_be_visible()
    large(page, 18)
    page.goto(page.url.replace("?new=1", "/cancel"))
    page.goto(f"{page.url}?view=elder&size=30")
    large(page, 30)
    page.goto(f"{service.address}/report?place={town.SLUG}")
    large(page, 30)


def large(page: Page, size_pt: int) -> None:
    """Make sure that a page is in large, and everything to press with it."""
    expect(page.locator("body")).to_have_css("font-size", f"{size_pt * POINTS_TO_PX:.0f}px")
    assert page.evaluate(SMALL) == []
    check(page)
