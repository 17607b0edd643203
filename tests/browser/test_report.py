"""Reporting and following in a real browser, on a phone and at a desk, as residents do it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select, update

from geo.store.engine import owner_session
from geo.store.models import GridVersion, Issue, IssuePhoto
from geo.store.place_search import Sought, find_places
from tests.browser.axe import axe
from tests.browser.devices import DESK, FAILING, OBSTACLES, PHONE, SIZES
from tests.pictures import encoded, notes, painted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

    from tests.browser.conftest import Planning

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser

ENGLISH = "en-GB"
COMPOUND = "康乐苑"
SIDEWAYS = 6
"""Exif's orientation of a camera that was held upright: 90 degrees clockwise."""


@pytest.fixture(scope="module")
def building(planning: Planning) -> dict[str, Any]:
    """A building of a compound, with several units."""
    with owner_session(planning.url) as opened:
        found = find_places(opened, Sought((COMPOUND, "1栋")))
        return dict(next(row for row in found if len(row["units"]) > 1))


@pytest.fixture
def standing(plan_as: Opener, building: dict[str, Any]) -> Opener:
    """Make pages of somebody who stands at that building, and lets pages know."""
    here = {"longitude": building["lon"], "latitude": building["lat"], "accuracy": 12}

    def page_of(device: dict[str, Any], path: str = "/report", **options: Any) -> Page:
        given = {"geolocation": here, "permissions": ["geolocation"], "locale": ENGLISH}
        return plan_as(None, device, path, **given, **options)

    return page_of


@pytest.fixture
def unsteady(browser: Browser, planning: Planning, building: dict[str, Any]) -> Iterator[Page]:
    """A page whose connection the test breaks, and which may complain about that."""
    context = browser.new_context(**PHONE, locale=ENGLISH, permissions=["geolocation"])
    context.set_geolocation(
        {"longitude": building["lon"], "latitude": building["lat"], "accuracy": 12}
    )
    page = context.new_page()
    page.goto(f"{planning.address}/report")
    yield page
    context.close()


def reported(planning: Planning, words: str) -> list[Issue]:
    with owner_session(planning.url) as opened:
        return list(opened.scalars(select(Issue).where(Issue.text == words)))


def test_the_place_that_is_shown_is_in_sight_among_many(plan_as: Opener) -> None:
    """On a phone the names of many places are wider than the window."""
    others = "".join(f'<a href="/report?place=p{one}">Another place {one}</a>' for one in range(9))

    def crowd(route: Route) -> None:
        answer = route.fetch()
        begin = re.compile(r'(<nav class="places"[^>]*>)')
        route.fulfill(response=answer, body=begin.sub(rf"\1{others}", answer.text()))

    def crowded(page: Page) -> None:
        page.route("**/report", crowd)

    page = plan_as(None, PHONE, "/report", locale=ENGLISH, prepare=crowded)
    expect(page.locator(".header .places a")).to_have_count(11)
    expect(page.locator(".header .places [aria-current]")).to_be_in_viewport(ratio=0.99)
    assert page.evaluate("scrollY") == 0


def write(page: Page, words: str) -> None:
    """Wait until the place is known, and write."""
    expect(page.locator("#goes .goes-grid")).to_be_visible()
    page.locator("#text").fill(words)


def goes_over_the_side(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@SIZES
def test_a_report_is_made_and_followed(
    standing: Opener, planning: Planning, device: dict[str, Any], tmp_path: Path
) -> None:
    page = standing(device)
    words = f"路灯不亮 {device['viewport']['width']}"
    write(page, words)
    page.locator("#duty-search").fill("street light")
    page.locator("#duty-search").press("Enter")
    expect(page.locator(".duty-chosen")).to_contain_text("Street light out")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(encoded(painted(size=(2400, 1600)), exif=notes(orientation=SIDEWAYS)))
    page.locator("#photo-input").set_input_files(photo)
    expect(page.locator(".photo-list li")).to_have_count(1)
    expect(page.locator("#goes")).to_contain_text("Urban Management")
    assert axe(page) == []
    assert not goes_over_the_side(page)
    page.locator("#send").click()
    expect(page).to_have_url(re.compile(r"/follow/[\w-]{24}$"))
    (issue,) = reported(planning, words)
    expect(page.locator("#thanks")).to_contain_text(issue.number)
    expect(page.locator("#link")).to_have_value(page.url)
    assert axe(page) == []
    assert not goes_over_the_side(page)
    assert (issue.source, issue.public, issue.accuracy_m) == ("resident", False, 12)
    with owner_session(planning.url) as opened:
        kept = opened.scalars(select(IssuePhoto).where(IssuePhoto.issue_id == issue.id)).one()
        grid = opened.scalars(
            select(GridVersion.name_en).where(GridVersion.grid_id == issue.current_grid_id)
        ).first()
    assert (kept.width_px, kept.height_px) == (1067, 1600)
    assert (kept.location, kept.taken_at) == (None, None)
    page.reload()
    expect(page.locator("#thanks")).to_have_count(0)
    expect(page.locator(".follow-head")).to_contain_text(str(grid))
    expect(page.locator(".photos img")).to_have_js_property("naturalHeight", 1600)


def test_what_is_sent_offline_arrives_once_when_the_connection_is_back(
    unsteady: Page, planning: Planning
) -> None:
    words = "offline at first"
    write(unsteady, words)
    unsteady.context.set_offline(offline=True)
    unsteady.locator("#send").click()
    expect(unsteady.locator("#kept")).to_contain_text("No connection")
    assert reported(planning, words) == []
    unsteady.context.set_offline(offline=False)
    expect(unsteady.locator("#thanks")).to_be_visible()
    assert len(reported(planning, words)) == 1


def test_an_answer_that_is_lost_and_a_reload_double_nothing(
    unsteady: Page, planning: Planning
) -> None:
    words = "answered into the void"
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.request.headers["idempotency-key"])
            route.fetch()
            route.abort()
        else:
            route.continue_()

    write(unsteady, words)
    unsteady.route("**/api/v1/issues", lose)
    unsteady.locator("#send").click()
    expect(unsteady.locator("#kept")).to_contain_text("No connection")
    (issue,) = reported(planning, words)
    unsteady.reload()
    expect(unsteady.locator("#thanks")).to_contain_text(issue.number)
    assert len(reported(planning, words)) == 1
    unsteady.goto(f"{planning.address}/report")
    expect(unsteady.locator("#goes .goes-grid")).to_be_visible()
    expect(unsteady.locator("#kept")).to_be_hidden()


def test_each_obstacle_to_locating_has_its_words_and_ways_on(
    plan_as: Opener, building: dict[str, Any]
) -> None:
    page = plan_as(None, PHONE, "/report", locale=ENGLISH)
    button, message = page.locator(".picker-locate"), page.locator(".picker-message")
    for code, words in OBSTACLES.items():
        page.evaluate(FAILING, code)
        button.click()
        expect(message).to_contain_text(words)
    assert axe(page) == []
    page.evaluate("Object.defineProperty(window, 'isSecureContext', {value: false})")
    button.click()
    expect(message).to_contain_text("http")
    message.get_by_role("button", name="Search an address").click()
    search = page.locator("#place-search")
    expect(search).to_be_focused()
    search.fill(COMPOUND)
    expect(page.locator(".found-row").first).to_contain_text("buildings")
    assert axe(page, ".place-search") == []
    search.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".found-row").first).to_be_focused()
    expect(page.locator(".found-row").first).to_contain_text(building["address"])
    page.keyboard.press("Enter")
    page.get_by_role("button", name="2单元").click()
    expect(page.locator(".picker-told")).to_contain_text(
        f"{building['compound_name_en']} 1栋 2单元"
    )
    expect(message).to_be_hidden()
    expect(page.locator("#goes .goes-grid")).to_be_visible()


def test_the_map_moves_under_the_pin_by_keys(plan_as: Opener) -> None:
    page = plan_as(None, DESK, "/report", locale=ENGLISH)
    page.locator("#send").click()
    expect(page.locator("#problem")).to_contain_text("Say where")
    expect(page.locator(".picker-map .map")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".picker-told")).to_contain_text("Place set on the map")
    expect(page.locator("#goes .goes-grid")).to_be_visible()
    page.locator("#send").click()
    expect(page.locator("#text")).to_be_focused()


def test_what_is_known_is_followed_instead(standing: Opener, planning: Planning) -> None:
    words = "unlit since Monday"
    page = standing(PHONE)
    write(page, words)
    expect(page.locator("#near")).to_be_hidden()
    page.locator("#send").click()
    expect(page.locator("#thanks")).to_be_visible()
    with owner_session(planning.url) as opened:
        opened.execute(update(Issue).where(Issue.text == words).values(public=True))
    other = standing(PHONE)
    expect(other.locator(".near-text")).to_have_text(words)
    assert axe(other, "#near") == []
    other.get_by_role("button", name=f"This one: {words}").click()
    expect(other.locator("#thanks")).to_contain_text(reported(planning, words)[0].number)
    with owner_session(planning.url) as opened:
        same = select(func.count()).select_from(Issue).where(Issue.text == words)
        assert opened.scalar(same) == 1


def test_it_works_without_scripts(plan_as: Opener, building: dict[str, Any]) -> None:
    page = plan_as(None, PHONE, "/grids", java_script_enabled=False, locale=ENGLISH)
    page.locator(".ask-report a").click()
    page.locator("[name=where]").fill(building["address"])
    page.locator("[name=text]").fill("没有脚本也可以")
    assert not goes_over_the_side(page)
    page.locator("#send").click()
    expect(page.locator("#thanks")).to_be_visible()
    expect(page.locator(".follow-head")).to_contain_text("Grid")
