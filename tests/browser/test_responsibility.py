"""Pages of the catalogue and of responsibility in a real browser, on a desk and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from geo.store.engine import owner_session
from tests.browser.axe import axe
from tests.browser.devices import DESK, PHONE, SIZES, WIDER_THAN_THE_WINDOW
from tests.people import add_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Planning

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser

COMMUNITY = "360881002001"
ALONE = """
    SELECT member.id FROM member JOIN community ON community.id = member.community_id
    WHERE community.code = :code AND member.role = 'volunteer'
      AND EXISTS (SELECT FROM responsibility WHERE member_id = member.id)
    ORDER BY member.id LIMIT 1
"""


@pytest.fixture(scope="module")
def staff(planning: Planning) -> int:
    """Add accounts of a community's staff and of an administrator; return one of its volunteers."""
    with owner_session(planning.url) as opened:
        for name, role, place in (
            ("neighbour", "community_staff", COMMUNITY),
            ("keeper", "administrator", None),
        ):
            planning.accounts[name] = add_account(opened, name, role, "jinggangshan", place)
        found: int = opened.execute(text(ALONE), {"code": COMMUNITY}).scalar_one()
    return found


@SIZES
def test_the_pages_are_for_everybody(
    plan_as: Opener, staff: int, device: dict[str, object]
) -> None:
    """Nothing is too pale, unnamed or beside the window."""
    visits = (
        (None, "/catalogue?q=路灯"),
        ("keeper", "/admin/catalogue/duties/D03?jurisdiction=jinggangshan"),
        ("neighbour", "/responsibility?q=1栋"),
        ("neighbour", f"/responsibility/members/{staff}"),
    )
    for number, (name, path) in enumerate(visits):
        scheme = ("light", "dark")[number % 2]
        page = plan_as(name, device, path, color_scheme=scheme)
        assert axe(page) == [], path
        assert not page.evaluate(WIDER_THAN_THE_WINDOW), path


def test_a_duty_is_amended_and_everybody_reads_it(plan_as: Opener, staff: int) -> None:
    assert staff
    page = plan_as("keeper", DESK, "/admin/catalogue?lang=en")
    page.get_by_role("link", name="Street light out").click()
    page.get_by_label("Name of the duty").fill("路灯故障")
    page.get_by_label("Why it is amended").fill("wider")
    page.get_by_role("button", name="Save as a further version").click()
    expect(page.get_by_role("status")).to_have_text("Saved as version 2.")
    expect(page.locator(".changes ins")).to_have_text("路灯故障")
    read = plan_as(None, PHONE, "/catalogue?q=路灯故障")
    expect(read.get_by_role("heading", name="路灯故障")).to_be_visible()


def test_who_leaves_hands_over_by_keyboard(plan_as: Opener, staff: int) -> None:
    page = plan_as("neighbour", DESK, f"/responsibility/members/{staff}?lang=en")
    page.get_by_text("Hand over, because this member leaves").press("Enter")
    page.get_by_role("button", name="Look at what moves").press("Enter")
    expect(page.locator(".move--alone").first).to_be_visible()
    page.get_by_label("Successor for everything").select_option(index=1)
    page.get_by_role("button", name="Look at what moves").press("Enter")
    expect(page.locator(".move--moves, .move--merges").first).to_be_visible()
    page.locator("#moving").get_by_label("Reason").fill("moved away")
    page.get_by_role("button", name="Hand over now").press("Enter")
    expect(page.get_by_role("status")).to_have_text("All has been handed over.")
    page.get_by_role("button", name="Hand all of it back").press("Enter")
    expect(page.get_by_role("status")).to_have_text("All has been handed back.")
    expect(page.get_by_role("heading", name="Unit", exact=False).first).to_be_visible()
