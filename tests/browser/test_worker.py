"""The worker's page in a real browser: with and without a network, position and encryption."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import expect
from sqlalchemy import select, text

from api.routes.worker_pages import ICON_SIDES_PX
from api.static_files import STATIC_FOLDER
from geo.store.engine import owner_session
from geo.store.models import Generation, GridVersion, Issue, IssuePhoto, Visit
from tests.browser.axe import axe
from tests.browser.devices import DESK, FAILING, OBSTACLES, PHONE
from tests.people import add_account
from tests.pictures import encoded, notes, painted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.browser.conftest import Planning

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser

ENGLISH = "en"
TABS = ("map", "list", "report", "homes", "drafts")
MOST_DIFFERENCE = 2
"""Mean of a channel, of 255, between a picture of few colours and one of all."""

OVERDUE_GRID = "360881002004004"
"""A grid of the demonstration with open cases."""

FULL = """() => {
    const { put } = IDBObjectStore.prototype;
    window.full = true;
    IDBObjectStore.prototype.put = function (...given) {
        const asked = put.apply(this, given);
        if (window.full) {
            const error = new DOMException("no room", "QuotaExceededError");
            Object.defineProperty(this.transaction, "error", { value: error });
            this.transaction.abort();
        }
        return asked;
    };
}"""
"""Lets every transaction that writes end as on a phone without room: aborted, some time later."""

MODULES = "document.querySelector('script[src*=\"worker/main\"]').src"
DRAFTS_OF = f"""async account => {{
    const {{ openStore }} = await import({MODULES}.replace("main.js", "store.js"));
    return (await (await openStore()).drafts(account)).length;
}}"""


@dataclass(frozen=True)
class Walk:
    """Somebody who walks a grid.

    Parameters
    ----------
    account
        Key.
    inside, edge
        Longitude and latitude of a spot well inside of the grid, and of one 5 m from its border.
    """

    account: int
    inside: tuple[float, float]
    edge: tuple[float, float]


@pytest.fixture(scope="module")
def walk(planning: Planning) -> Walk:
    """A worker of one grid of the demonstration, known as ``worker``; ``other`` has the next."""
    with owner_session(planning.url) as opened:
        found = opened.execute(
            select(GridVersion.grid_id, GridVersion.code, GridVersion.geom.ST_AsBinary())
            .join(Generation, Generation.id == GridVersion.generation_id)
            .where(Generation.validity.contains(text("now()")), GridVersion.code >= OVERDUE_GRID)
            .order_by(GridVersion.code)
            .limit(2)
        ).all()
        for name, (grid, _code, _geom) in zip(("worker", "other"), found, strict=True):
            planning.accounts[name] = add_account(
                opened, name, "grid_worker", "jinggangshan", str(grid)
            )
    area, neighbour = (shapely.from_wkb(bytes(row[2])) for row in found)
    inside = shapely.maximum_inscribed_circle(area).coords[0]
    border = shapely.intersection(area.boundary, neighbour.boundary)
    beside = border.interpolate(0.5, normalized=True).buffer(0.00005).intersection(area)
    return Walk(
        planning.accounts["worker"],
        (inside[0], inside[1]),
        (beside.centroid.x, beside.centroid.y),
    )


@pytest.fixture
def walking(plan_as: Opener, walk: Walk) -> Opener:
    """Make pages of the worker, whose phone says where it is."""

    def page_of(device: dict[str, Any], tab: str = "map", **options: Any) -> Page:
        lon, lat = options.pop("at", walk.inside)
        here = {"longitude": lon, "latitude": lat, "accuracy": options.pop("accuracy", 8)}
        given = {"geolocation": here, "permissions": ["geolocation"], "locale": ENGLISH} | options
        return plan_as("worker", device, f"/worker#{tab}", **given)

    return page_of


@pytest.fixture
def phone(browser: Browser, planning: Planning, walk: Walk) -> Iterator[BrowserContext]:
    """A worker's phone, whose network the test takes away."""
    context = browser.new_context(
        **PHONE,
        locale=ENGLISH,
        timezone_id="Asia/Shanghai",
        geolocation={"longitude": walk.inside[0], "latitude": walk.inside[1], "accuracy": 8},
        permissions=["geolocation"],
    )
    context.add_cookies([planning.cookie("worker")])
    yield context
    context.close()


def kept(page: Page, address: str) -> Page:
    """Open the page, and wait until the phone has it, in the reader's language."""
    page.goto(address)
    page.wait_for_selector("body[data-kept]")
    page.wait_for_function(
        """async () => {
            const names = await caches.keys();
            const found = await Promise.all(names.map(async (name) =>
                (await caches.open(name)).match("/worker/shell")));
            const told = await Promise.all(found.filter(Boolean).map((one) => one.text()));
            const mine = `lang="${document.documentElement.lang}"`;
            return told.some((html) => html.includes(mine))
                && navigator.serviceWorker.controller?.state === "activated";
        }"""
    )
    return page


def say(page: Page, words: str, photo: Path | None = None) -> None:
    """Fill the form of a report in, at the phone's place, and send it."""
    page.locator("#go-report").click()
    expect(page.locator(".picker-told")).to_contain_text("to about 8 m")
    page.locator(".choice input[type=radio]").nth(1).press("Enter")
    page.locator("#report-words").fill(words)
    if photo:
        page.locator("#photo-input").set_input_files(photo)
        expect(page.locator("#tab-report .photo-list li")).to_have_count(1)
    page.locator(".send-button").click()
    expect(page.locator(".report-done")).to_be_visible()


def issues(planning: Planning, words: str) -> list[Issue]:
    with owner_session(planning.url) as opened:
        return list(opened.scalars(select(Issue).where(Issue.text == words)))


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo as a phone takes it."""
    file = tmp_path_factory.mktemp("photos") / "photo.jpg"
    file.write_bytes(encoded(painted(size=(600, 400)), exif=notes()))
    return file


def test_what_is_reported_without_a_network_arrives_once(
    phone: BrowserContext, planning: Planning, picture: Path
) -> None:
    page = kept(phone.new_page(), f"{planning.address}/worker")
    phone.set_offline(True)
    say(page, "楼道灯不亮，离线上报", picture)
    expect(page.locator(".report-done")).to_have_attribute("data-state", "kept")
    say_again = page.get_by_role("button", name="Report something else")
    say_again.click()
    say(page, "井盖松动，离线上报")
    page.goto(f"{planning.address}/worker#drafts")
    page.reload()
    expect(page.locator("#drafts-count")).to_have_text("2")
    expect(page.locator(".draft")).to_have_count(2)
    expect(page.locator(".draft").first).to_contain_text("photos: 1")
    expect(page.locator("#net")).to_have_text("Offline")
    second = phone.new_page()
    second.goto(f"{planning.address}/worker#map")
    expect(second.locator("#drafts-count")).to_have_text("2")
    assert issues(planning, "楼道灯不亮，离线上报") == []
    phone.set_offline(False)
    expect(page.locator(".draft")).to_have_count(0)
    expect(page.locator(".arrived-row")).to_have_count(2)
    for words, photos in (("楼道灯不亮，离线上报", 1), ("井盖松动，离线上报", 0)):
        (issue,) = issues(planning, words)
        assert issue.source == "worker"
        assert issue.method == "inside"
        assert issue.occurred_at < issue.received_at
        with owner_session(planning.url) as opened:
            found = opened.scalars(select(IssuePhoto).where(IssuePhoto.issue_id == issue.id))
            assert len(list(found)) == photos


def test_a_draft_is_changed_and_deleted_before_it_goes(
    phone: BrowserContext, planning: Planning
) -> None:
    page = kept(phone.new_page(), f"{planning.address}/worker")
    phone.set_offline(True)
    say(page, "先写的")
    page.get_by_role("link", name="See what is unsent").click()
    page.get_by_role("button", name="Change").click()
    expect(page.locator("#report-words")).to_have_value("先写的")
    page.locator("#report-words").fill("后改的")
    page.locator(".send-button").click()
    page.get_by_role("button", name="Report something else").click()
    say(page, "不要了")
    page.locator("#go-drafts").click()
    unwanted = page.locator(".draft", has_text="不要了")
    unwanted.get_by_role("button", name="Delete").click()
    unwanted.get_by_role("button", name="Delete it").click()
    expect(page.locator(".draft")).to_have_count(1)
    phone.set_offline(False)
    expect(page.locator(".draft")).to_have_count(0)
    assert len(issues(planning, "后改的")) == 1
    assert issues(planning, "先写的") == issues(planning, "不要了") == []


def test_a_refused_draft_stays_with_its_reason_at_its_field(
    phone: BrowserContext, planning: Planning
) -> None:
    page = kept(phone.new_page(), f"{planning.address}/worker")
    wrong = {"detail": "x", "errors": [{"field": "location.lon", "message": "Not on earth."}]}
    page.route("**/api/v1/issues", lambda route: route.fulfill(status=422, json=wrong))
    say(page, "被退回的")
    expect(page.locator(".report-done")).to_have_attribute("data-state", "refused")
    page.locator("#go-drafts").click()
    expect(page.locator(".draft-wrong")).to_have_text("Not on earth.")
    page.get_by_role("button", name="Change").click()
    expect(page.locator(".picker-locate")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#report-wrong")).to_have_text("Not on earth.")


def test_an_answer_that_is_lost_doubles_nothing(phone: BrowserContext, planning: Planning) -> None:
    page = kept(phone.new_page(), f"{planning.address}/worker")
    lost = []

    def lose(route: Any) -> None:
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/issues", lose)
    say(page, "答复丢失的")
    page.locator("#go-drafts").click()
    expect(page.locator(".draft")).to_contain_text("may have arrived")
    expect(page.get_by_role("button", name="Change")).to_have_count(0)
    page.get_by_role("button", name="Send now").click()
    expect(page.locator(".draft")).to_have_count(0)
    assert lost == [201]
    assert len(issues(planning, "答复丢失的")) == 1


def test_signed_out_nothing_is_lost_and_another_account_sees_none_of_it(
    phone: BrowserContext, planning: Planning, walk: Walk
) -> None:
    page = kept(phone.new_page(), f"{planning.address}/worker")
    phone.set_offline(True)
    say(page, "换人之前写的")
    phone.clear_cookies()
    phone.set_offline(False)
    expect(page.get_by_role("alert").filter(has_text="not signed in")).to_be_visible()
    phone.add_cookies([planning.cookie("other")])
    page.goto(f"{planning.address}/worker?other#drafts")
    expect(page.locator("#me")).to_have_text("other")
    expect(page.locator(".draft")).to_have_count(0)
    assert page.evaluate(DRAFTS_OF, walk.account) == 1
    phone.add_cookies([planning.cookie("worker")])
    page.goto(f"{planning.address}/worker?again#drafts")
    expect(page.locator(".arrived-row")).to_have_count(1)
    assert len(issues(planning, "换人之前写的")) == 1


def test_signing_out_takes_away_what_was_kept(phone: BrowserContext, planning: Planning) -> None:
    page = kept(phone.new_page(), f"{planning.address}/worker")
    page.goto(f"{planning.address}/account")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url(f"{planning.address}/")
    # The public page, where one lands, keeps itself for everyone.
    page.wait_for_function(
        """async () => (await caches.keys()).every((name) => name.startsWith("hongge-public-"))"""
    )
    page.wait_for_function(
        """() => new Promise((done) => {
            const opened = indexedDB.open("hongge-worker");
            opened.onsuccess = () => {
                const asked = opened.result.transaction("kept").objectStore("kept").getAllKeys();
                asked.onsuccess = () => {
                    opened.result.close();
                    done(asked.result.length === 0);
                };
            };
        })"""
    )


def test_a_visit_is_written_down_without_a_network(
    phone: BrowserContext, planning: Planning
) -> None:
    page = kept(phone.new_page(), f"{planning.address}/worker#homes")
    expect(page.locator(".door").first).to_be_visible()
    phone.set_offline(True)
    page.locator(".door").first.click()
    page.get_by_label("Remark").fill("老人独居，需要换灯泡")
    page.get_by_role("button", name="Write a visit down").click()
    expect(page.locator(".visit")).to_contain_text("waits on this phone")
    phone.set_offline(False)
    expect(page.locator("#drafts-count")).to_be_hidden(timeout=15_000)
    page.locator(".door").first.click()
    expect(page.locator(".visit")).to_contain_text("worker")
    with owner_session(planning.url) as opened:
        (visit,) = opened.scalars(select(Visit)).all()
    assert visit.remark == "老人独居，需要换灯泡"


def test_the_map_says_which_grid_the_phone_is_in(walking: Opener, walk: Walk) -> None:
    page = walking(PHONE)
    expect(page.locator(".here-grid")).to_have_text("You are in Xiangzhou Road Grid 4")
    expect(page.locator(".here-near")).to_have_count(0)
    expect(page.locator("#map .here-dot")).to_be_visible()
    lon, lat = walk.edge
    page.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": 40})
    expect(page.locator(".here-near")).to_contain_text("Xiangzhou Road Grid 5")
    expect(page.locator(".here-grid")).to_contain_text("Grid 4")


def test_each_reason_for_no_position_has_its_words_and_a_way_on(walking: Opener) -> None:
    page = walking(PHONE, prepare=lambda fresh: fresh.add_init_script(f"({FAILING})(1)"))
    expect(page.locator("#here [role=alert]")).to_contain_text(OBSTACLES[1])
    for code in (2, 3):
        page.evaluate(FAILING, code)
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("#here [role=alert]")).to_contain_text(OBSTACLES[code])
    page.get_by_role("button", name="Find a building in the list").click()
    expect(page.locator("#things-search")).to_be_focused()


def test_without_encryption_the_page_says_what_is_missing_and_works(
    browser: Browser, planning: Planning, walk: Walk
) -> None:
    assert walk
    context = browser.new_context(**PHONE, locale=ENGLISH)
    address = planning.address.replace("127.0.0.1", "localhost")
    cookie = planning.cookie("worker") | {"url": address}
    context.add_cookies([cookie])
    page = context.new_page()
    page.add_init_script(
        """Object.defineProperty(window, "isSecureContext", { value: false });
        delete Object.getPrototypeOf(navigator).serviceWorker;
        delete Object.getPrototypeOf(navigator).locks;
        delete Crypto.prototype.randomUUID;"""
    )
    page.goto(f"{address}/worker#report")
    expect(page.get_by_role("alert").filter(has_text="without encryption").first).to_be_visible()
    page.locator("#place-search").fill("丽景苑")
    page.locator(".found-row", has_text="1栋").first.click()
    page.locator("#report-words").fill("未加密时上报")
    page.locator(".send-button").click()
    expect(page.locator(".report-done")).to_have_attribute("data-state", "sent")
    assert len(issues(planning, "未加密时上报")) == 1
    context.close()


def test_a_phone_without_room_says_so_and_loses_nothing(
    phone: BrowserContext, planning: Planning, picture: Path
) -> None:
    page = kept(phone.new_page(), f"{planning.address}/worker")
    page.locator("#go-report").click()
    expect(page.locator(".picker-told")).to_contain_text("to about 8 m")
    page.evaluate(FULL)
    page.locator("#report-words").fill("手机存满了")
    page.locator("#photo-input").set_input_files(picture)
    expect(page.locator("#tab-report .photo-list li")).to_have_count(1)
    page.locator(".send-button").click()
    said = page.locator(".send-bar [role=alert]")
    expect(said).to_contain_text("no room left, so it was not kept")
    expect(page.locator("#banners [data-name=full]")).to_be_visible()
    expect(page.locator("#report-words")).to_have_value("手机存满了")
    expect(page.locator("#tab-report .photo-list li")).to_have_count(1)
    assert issues(planning, "手机存满了") == []
    with page.expect_event("dialog") as asked:
        page.evaluate("setTimeout(() => location.reload(), 0)")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    expect(page.locator("#report-words")).to_have_value("手机存满了")
    page.evaluate("window.full = false")
    page.locator(".send-button").click()
    expect(page.locator(".report-done")).to_have_attribute("data-state", "sent")
    assert len(issues(planning, "手机存满了")) == 1


def test_a_browser_that_keeps_nothing_says_so_and_sends_all_the_same(
    phone: BrowserContext, planning: Planning
) -> None:
    page = phone.new_page()
    page.add_init_script(
        """IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError") }"""
    )
    page.goto(f"{planning.address}/worker")
    expect(page.locator("#banners [data-name=memory]")).to_contain_text("keeps nothing")
    expect(page.locator(".here-grid")).to_be_visible()
    phone.set_offline(True)
    say(page, "浏览器不保存")
    expect(page.locator("#drafts-count")).to_have_text("1")
    assert page.evaluate("!dispatchEvent(new Event('beforeunload', { cancelable: true }))")
    phone.set_offline(False)
    expect(page.locator(".report-done")).to_have_attribute("data-state", "sent")
    assert len(issues(planning, "浏览器不保存")) == 1
    assert page.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))")


def test_the_list_marks_what_is_overdue_and_leads_to_its_steps(walking: Opener) -> None:
    page = walking(PHONE, "list")
    late = page.locator(".case-card--late")
    expect(late.first).to_contain_text("Overdue")
    late.first.click()
    page.get_by_role("button", name="Add a remark").click()
    page.get_by_role("button", name="Add a remark").last.click()
    expect(page.locator("#tab-list [role=alert]")).to_be_visible()
    page.get_by_label("What was done or found").fill("现场看过")
    page.get_by_role("button", name="Add a remark").last.click()
    expect(page.get_by_role("status").filter(has_text="Done: Remark")).to_be_visible()


@pytest.mark.parametrize(
    ("device", "colours"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk"]
)
def test_axe_finds_nothing_serious_on_any_tab(
    walking: Opener, device: dict[str, Any], colours: str
) -> None:
    page = walking(device, color_scheme=colours)
    expect(page.locator(".here-grid")).to_be_visible()
    for tab in TABS:
        page.locator(f"#go-{tab}").click()
        expect(page.locator(f"#tab-{tab}")).to_be_visible()
        if tab == "report":
            expect(page.locator(".goes-grid")).to_be_visible()
        if tab == "homes":
            page.locator(".door").first.click()
        assert axe(page) == [], tab
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide == device["viewport"]["width"], tab


def test_the_application_can_be_installed(walking: Opener, planning: Planning) -> None:
    page = walking(PHONE)
    manifest = page.evaluate(
        "fetch(document.querySelector('[rel=manifest]').href).then(a => a.json())"
    )
    assert manifest["start_url"] == manifest["scope"] == "/worker"
    given = {(icon["sizes"], icon["type"], icon["purpose"]) for icon in manifest["icons"]}
    assert given == {
        (*form, purpose)
        for form in (
            ("192x192", "image/png"),
            ("512x512", "image/png"),
            ("any", "image/svg+xml"),
        )
        for purpose in ("any", "maskable")
    }
    for icon in manifest["icons"]:
        answer = page.request.get(planning.address + icon["src"])
        assert answer.ok
        assert answer.headers["content-type"].startswith(icon["type"])


@pytest.mark.parametrize("name", ["icon", "icon-maskable"])
@pytest.mark.parametrize("side", ICON_SIDES_PX)
def test_an_icon_as_png_is_its_svg(browser: Browser, name: str, side: int) -> None:
    folder = STATIC_FOLDER / "worker"
    page = browser.new_page(viewport={"width": side, "height": side})
    drawing = (folder / f"{name}.svg").read_text("utf-8")
    style = f"<style>* {{ margin: 0 }} svg {{ display: block; width: {side}px; height: auto }}"
    page.set_content(f"{style}</style>{drawing}")
    drawn = Image.open(BytesIO(page.screenshot(omit_background=True))).convert("RGBA")
    page.close()
    kept_one = Image.open(folder / f"{name}-{side}.png").convert("RGBA")
    assert kept_one.size == (side, side)
    assert max(ImageStat.Stat(ImageChops.difference(drawn, kept_one)).mean) < MOST_DIFFERENCE
