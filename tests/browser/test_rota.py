"""The duty rota on the page of a station's staff: proposed, kept, changed, published, printed."""

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
WEEK = "2026-06-01"
"""A Monday that begins five days of work: whatever the day is on which this is tried."""
STAFFED = """
    SELECT station.code, community.code
    FROM station
    JOIN community ON community.id = station.community_id
    JOIN street ON street.id = community.street_id
    JOIN jurisdiction ON jurisdiction.id = street.jurisdiction_id
    WHERE jurisdiction.slug = :city
      AND EXISTS (SELECT FROM opening_rule AS rule
                  WHERE rule.station_id = station.id AND rule.day = '1' AND rule.opens IS NOT NULL)
    ORDER BY (SELECT count(*) FROM member WHERE member.community_id = community.id
              AND role IN ('committee_member', 'grid_worker')) DESC, station.code
    LIMIT 1
"""


def check(page: Page) -> None:
    """Make sure that a page is read by everybody, and fits."""
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_from_proposal_to_publication(open_as: Callable[..., Page], service: Service) -> None:
    with owner_session(service.url) as opened:
        station, community = opened.execute(text(STAFFED), {"city": CITY}).one()
        clerk = add_account(opened, "rota-clerk", "community_staff", CITY, community)
    path = f"/desk/rota?station={CITY}/{station}&from={WEEK}&weeks=1&lang=en"
    page = open_as(clerk, PHONE, path)
    check(page)
    assert page.locator("[type=checkbox][name=member_of_rota]:checked").count() > 1
    page.get_by_label("Shifts a day, at most").fill("2")
    page.get_by_label("Shifts a week, at most").fill("14")
    page.get_by_label("Minutes of rest between shifts").fill("0")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Every shift is filled")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.get_by_text("Kept as a draft.")).to_be_visible()
    check(page)

    desk = open_as(clerk, DESK, path)
    check(desk)
    first = desk.get_by_role("link", name="Change:").first
    first.focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Change a shift")).to_be_visible()
    check(desk)
    desk.get_by_role("button", name="Remove").press("Enter")
    expect(desk.get_by_text("The shift is removed.")).to_be_visible()
    expect(desk.get_by_text("Open, and nobody is on duty").first).to_be_visible()
    desk.get_by_role("button", name="Publish").click()
    expect(desk.get_by_text("Published. Everybody sees")).to_be_visible()
    with desk.expect_download() as told:
        desk.get_by_role("link", name="Workbook").click()
    assert told.value.suggested_filename.endswith(".xlsx")
    desk.emulate_media(media="print")
    expect(desk.get_by_role("button", name="Propose", exact=True)).to_be_hidden()
    expect(desk.locator(".rota-day").first).to_be_visible()
