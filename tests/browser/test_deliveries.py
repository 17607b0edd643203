"""The page of what is told to reporters, on a phone and on a desk."""

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
DEVICES: list[dict[str, Any]] = [
    {"viewport": {"width": 390, "height": 844}},
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
]
ADD = """
    INSERT INTO delivery (id, jurisdiction_id, issue_id, event_sequence, endpoint, state, attempts,
                          last_error, status, next_at, ended_at)
    SELECT gen_random_uuid(), issue.jurisdiction_id, issue.id, 1, 'feedback', told.state, 3,
           told.error, told.status, now() + interval '1 hour',
           CASE WHEN told.state <> 'pending' THEN now() END
    FROM (VALUES ('pending', 'timed_out', NULL, 1), ('sent', '', 200, 2),
                 ('acknowledged', '', 200, 3), ('failed', 'refused', 400, 4),
                 ('by_link', '', NULL, 5), ('pending', 'not_reached', NULL, 6)
         ) AS told (state, error, status, n)
    JOIN (SELECT issue.*, row_number() OVER (ORDER BY issue.number) AS n
          FROM issue JOIN jurisdiction ON jurisdiction.id = issue.jurisdiction_id
          JOIN grid_version AS version ON version.grid_id = issue.current_grid_id
          JOIN generation ON generation.id = version.generation_id
           AND generation.validity @> now()
          WHERE jurisdiction.slug = :city AND left(version.code, 9) = :street) AS issue USING (n)
"""
NUMBERS = """
    INSERT INTO issue_reporter (issue_id, phone)
    SELECT issue_id, '13900139000' FROM delivery WHERE state <> 'by_link'
    ON CONFLICT (issue_id) DO UPDATE SET phone = excluded.phone
"""
STREET = """
    SELECT left(version.code, 9) FROM issue
    JOIN grid_version AS version ON version.grid_id = issue.current_grid_id
    JOIN generation ON generation.id = version.generation_id AND generation.validity @> now()
    JOIN jurisdiction ON jurisdiction.id = issue.jurisdiction_id
    WHERE jurisdiction.slug = :city GROUP BY 1 ORDER BY count(*) DESC LIMIT 1
"""


@pytest.fixture(scope="module")
def dispatcher(service: Service) -> int:
    """A dispatcher of the street with the most cases, who has something to look after."""
    with owner_session(service.url) as opened:
        street = opened.execute(text(STREET), {"city": CITY}).scalar_one()
        opened.execute(text(ADD), {"city": CITY, "street": street})
        opened.execute(text(NUMBERS))
        return add_account(opened, "told", "street_dispatcher", CITY, street)


@pytest.mark.parametrize("device", DEVICES, ids=["phone", "desktop"])
def test_the_page_is_read_and_used_on_any_screen(
    open_as: Callable[..., Page], dispatcher: int, device: dict[str, Any]
) -> None:
    page = open_as(dispatcher, device, "/desk/deliveries?lang=en")
    expect(page.get_by_text("By the follow link alone").last).to_be_visible()
    assert axe(page) == []
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
    waiting = page.get_by_role("button", name="Try again")
    before = waiting.count()
    assert before > 0
    waiting.first.click()
    expect(waiting).to_have_count(before - 1)
