"""The whole loop by the pages' own buttons: phones in a stairwell, and the desks between them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import shapely
from playwright.sync_api import expect
from sqlalchemy import select, text

from geo.store.engine import owner_session
from geo.store.models import Community, Generation, GridVersion, Issue, IssuePhoto, Street
from tests.browser.devices import DESK, PHONE
from tests.browser.test_desk import CITY, DEPARTMENT, do, opened, plain, send
from tests.browser.test_worker import OVERDUE_GRID, kept
from tests.people import add_account
from tests.pictures import encoded, notes, painted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, Request

    from tests.browser.conftest import Planning

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser

ENGLISH = "en-GB"
MATTER = "Street light out"
LOOP = ("collect", "sort", "dispatch", "accept", "handle", "verify", "feed_back", "close")
ANSWER = "您反映的路灯已修好，谢谢"
MOST_TAPS = 4
COUNTING = """() => {
    const done = { taps: 0, characters: 0 };
    addEventListener("pointerdown", ({ isTrusted }) => { done.taps += isTrusted; }, true);
    addEventListener("beforeinput", (event) => {
        done.characters += (event.data || "").length;
    }, true);
    window.done = done;
}"""


class Crew(NamedTuple):
    """Where the story happens, and the photo that is taken there.

    Parameters
    ----------
    lon, lat
        A spot well inside of the worker's grid.
    photo
        File as a phone takes it.
    """

    lon: float
    lat: float
    photo: Path


@pytest.fixture(scope="module")
def crew(planning: Planning, tmp_path_factory: pytest.TempPathFactory) -> Crew:
    """The grid's worker, the street's dispatcher and the department's handler."""
    photo = tmp_path_factory.mktemp("story") / "photo.jpg"
    photo.write_bytes(encoded(painted(size=(600, 400)), exif=notes()))
    with owner_session(planning.url) as session:
        grid, area, street = session.execute(
            select(GridVersion.grid_id, GridVersion.geom.ST_AsBinary(), Street.code)
            .join(Generation, Generation.id == GridVersion.generation_id)
            .join(Community, Community.id == GridVersion.community_id)
            .join(Street, Street.id == Community.street_id)
            .where(Generation.validity.contains(text("now()")), GridVersion.code == OVERDUE_GRID)
        ).one()
        for name, role, place in (
            ("worker", "grid_worker", str(grid)),
            ("dispatcher", "street_dispatcher", street),
            ("handler", "department_handler", DEPARTMENT),
        ):
            planning.accounts[name] = add_account(session, name, role, CITY, place)
    inside = shapely.maximum_inscribed_circle(shapely.from_wkb(bytes(area))).coords[0]
    return Crew(inside[0], inside[1], photo)


@pytest.fixture
def phone_of(browser: Browser, planning: Planning, crew: Crew) -> Iterator[Callable[..., Any]]:
    """Make phones at the spot, whose network the test takes away; of an account or of nobody.

    Whatever they send has a key, so that it counts once however often it is sent.
    """
    contexts = []
    keyless: list[str] = []

    def note(request: Request) -> None:
        writes = request.method == "POST" and not request.url.endswith("/preview")
        if writes and "/api/v1/" in request.url and "idempotency-key" not in request.headers:
            keyless.append(request.url)

    def make(name: str | None) -> BrowserContext:
        here = {"longitude": crew.lon, "latitude": crew.lat, "accuracy": 8}
        context = browser.new_context(
            **PHONE,
            locale=ENGLISH,
            timezone_id="Asia/Shanghai",
            geolocation=here,
            permissions=["geolocation"],
        )
        contexts.append(context)
        context.route("**/tiles/**", lambda route: route.fulfill(body=b""))
        context.on("request", note)
        if name:
            context.add_cookies([planning.cookie(name)])
        return context

    yield make
    for context in contexts:
        context.close()
    assert keyless == []


def reported(planning: Planning, words: str) -> list[tuple[str, str, int]]:
    """Return number, state and count of photos of the issues with these words."""
    with owner_session(planning.url) as session:
        found = session.scalars(select(Issue).where(Issue.text == words)).all()
        photos = select(IssuePhoto.issue_id).where(IssuePhoto.issue_id.in_([i.id for i in found]))
        taken = session.scalars(photos).all()
        return [(one.number, one.state, taken.count(one.id)) for one in found]


def fill_in(page: Page, words: str, photo: Path) -> None:
    """Choose the matter by search, write, and add a photo."""
    page.locator("#duty-search").fill("street light")
    page.locator("#duty-search").press("Enter")
    expect(page.locator(".duty-chosen")).to_contain_text(MATTER)
    page.get_by_label("In your words").fill(words)
    page.locator("#photo-input").set_input_files(photo)
    expect(page.locator(".photo-list li")).to_have_count(1)


def at_the_desk(plan_as: Opener, name: str, queue: str, number: str) -> Page:
    """Open the desk of somebody, and there the case in a queue."""
    desk = opened(plan_as(name, DESK, f"/desk?place={CITY}", locale=ENGLISH, prepare=plain))
    desk.click(f"#queue-{queue}")
    desk.locator("[data-case]", has_text=number).locator(".case-open").click()
    return desk


def walk_the_loop(plan_as: Opener, desk: Page, worker: Page, number: str, photo: Path) -> None:
    """Bring a case to its end: by the desk, the department, the worker, and the desk again."""
    do(desk, "sort", "Sorted out")
    do(desk, "dispatch", "Dispatched")
    handler = at_the_desk(plan_as, "handler", "accept", number)
    do(handler, "accept", "Accepted")
    handler.click(".case-acts [data-action=handle]")
    handler.fill(".act-form textarea", "换了灯泡")
    handler.set_input_files("#photo-input", photo)
    expect(handler.locator(".act-form .photo-list li")).to_have_count(1)
    send(handler, "Handled")

    worker.locator("#go-list").tap()
    worker.locator(".case-card", has_text=number).tap()
    worker.get_by_role("button", name="Verify").tap()
    worker.get_by_role("button", name="Verify").last.tap()
    expect(worker.get_by_role("status").filter(has_text="Done")).to_be_visible()

    state = desk.locator("#desk-case .case-tags .state")
    expect(state).to_have_text("Verified")
    desk.click(".case-acts [data-action=feed_back]")
    desk.fill(".act-form textarea", ANSWER)
    send(desk, "Fed back")
    do(desk, "close", "Closed")


def expect_every_step(page: Page) -> None:
    """See the whole way on the page of a follow link, the latest step first."""
    page.reload()
    steps = page.locator(".way > li")
    expect(steps).to_have_count(len(LOOP))
    for place, action in enumerate(reversed(LOOP)):
        expect(steps.nth(place)).to_have_class(re.compile(rf"\bway-{action}\b"))
    expect(page.locator(".way-said")).to_have_text(ANSWER)
    expect(page.locator(".follow-state")).to_have_text("closed")


def test_what_a_worker_reports_in_a_stairwell_comes_to_a_resident_s_follow_link(
    phone_of: Callable[..., Any], plan_as: Opener, planning: Planning, crew: Crew
) -> None:
    words = "三单元楼道灯不亮"
    phone = phone_of("worker")
    worker = kept(phone.new_page(), f"{planning.address}/worker")
    phone.set_offline(True)
    worker.locator("#go-report").tap()
    expect(worker.locator(".picker-told")).to_contain_text("to about 8 m")
    fill_in(worker, words, crew.photo)
    expect(worker.locator(".goes-guess strong")).to_have_text("Xiangzhou Road Grid 4")
    worker.locator(".send-button").tap()
    done = worker.locator(".report-done")
    expect(done).to_have_attribute("data-state", "kept")
    assert reported(planning, words) == []

    phone.set_offline(False)
    expect(done).to_have_attribute("data-state", "sent")
    expect(done).to_contain_text("It went to Xiangzhou Road Grid 4")
    ((number, state, photos),) = reported(planning, words)
    assert (state, photos) == ("collected", 1)
    expect(done).to_contain_text(number)

    desk = at_the_desk(plan_as, "dispatcher", "sort", number)
    do(desk, "show", "Collected")
    resident = phone_of(None).new_page()
    resident.goto(f"{planning.address}/report")
    near = resident.locator(".near-card", has_text=words)
    expect(near.locator("img")).to_be_visible()
    near.get_by_role("button").tap()
    expect(resident.locator("#thanks")).to_contain_text(number)

    walk_the_loop(plan_as, desk, worker, number, crew.photo)
    expect_every_step(resident)
    assert reported(planning, words) == [(number, "closed", 2)]


def test_what_a_resident_reports_in_a_stairwell_comes_to_their_follow_link(
    phone_of: Callable[..., Any], plan_as: Opener, planning: Planning, crew: Crew
) -> None:
    words = "小区门口的路灯不亮"
    phone = phone_of(None)
    resident = phone.new_page()
    resident.goto(f"{planning.address}/report")
    expect(resident.locator("#goes .goes-grid")).to_be_visible()
    phone.set_offline(True)
    fill_in(resident, words, crew.photo)
    resident.locator("#send").tap()
    expect(resident.locator("#kept")).to_contain_text("No connection")
    assert reported(planning, words) == []

    phone.set_offline(False)
    expect(resident).to_have_url(re.compile(r"/follow/[\w-]{24}$"))
    ((number, state, photos),) = reported(planning, words)
    assert (state, photos) == ("collected", 1)

    worker = phone_of("worker").new_page()
    worker.goto(f"{planning.address}/worker#map")
    desk = at_the_desk(plan_as, "dispatcher", "sort", number)
    walk_the_loop(plan_as, desk, worker, number, crew.photo)
    expect_every_step(resident)


def test_a_report_takes_four_taps_and_its_words(
    phone_of: Callable[..., Any], planning: Planning, crew: Crew
) -> None:
    words = "灯不亮了"
    worker = phone_of("worker").new_page()
    worker.goto(f"{planning.address}/worker#report")
    fill_in(worker, "先报过一次", crew.photo)
    expect(worker.locator(".goes-grid")).to_be_visible()
    worker.locator(".send-button").tap()
    expect(worker.locator(".report-done")).to_have_attribute("data-state", "sent")
    worker.goto(f"{planning.address}/worker?again#map")
    expect(worker.locator(".here-grid")).to_be_visible()
    worker.evaluate(COUNTING)

    worker.locator("#go-report").tap()
    expect(worker.locator(".goes-grid")).to_be_visible()
    recent = worker.locator(".duty-picker .choice").nth(1)
    expect(recent).to_contain_text(MATTER)
    recent.tap()
    worker.locator("#report-words").tap()
    worker.keyboard.type(words)
    worker.locator(".send-button").tap()
    expect(worker.locator(".report-done")).to_have_attribute("data-state", "sent")
    assert worker.evaluate("window.done") == {"taps": MOST_TAPS, "characters": len(words)}
    assert len(reported(planning, words)) == 1
