"""The public page on a phone, at times and places that matter, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests.browser.axe import axe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, CDPSession, Page

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
ENGLISH = "en-GB"
HERE = {"longitude": 114.2796, "latitude": 26.7500, "accuracy": 12}
PLACE = f"lon={HERE['longitude']}&lat={HERE['latitude']}"
MOST_BYTES = 350_000
POINTS_TO_PX = 4 / 3
PATIENCE_MS = 30_000

MONDAY, LUNCH = "2026-03-09T09:40", "2026-03-09T12:40"
SPRING_FESTIVAL, MAKE_UP_SATURDAY = "2026-02-17T12:40", "2026-02-28T11:40"
SATURDAY, MIDNIGHT = "2026-03-07T11:40", "2026-03-10T00:00"
EVENING, REPAIRS = "2026-03-09T20:10", "2026-10-12T09:40"

SAID = {
    MONDAY: {
        "H01": "Open now, around the clock",
        "G14": "Open now, until 12:00",
        "G16": "Open now, until 17:30",
    },
    REPAIRS: {"G13": "Closed until further notice: The house is being repaired"},
    LUNCH: {"H03": "Open now, until 21:00", "G14": "Closed, opens at 14:30"},
    SPRING_FESTIVAL: {
        "H03": "Open now, until 18:00",
        "G16": "Closed on public holidays, opens 2/24 at 08:30",
        "G18": "Closed, opens at 14:30",
        "G12": "Closed for now: Maintenance during Spring Festival. Opens 2/24 at 08:30",
    },
    MAKE_UP_SATURDAY: {"G14": "Open now, closes in 20 minutes", "G16": "Open now, until 17:30"},
    SATURDAY: {"G16": "Open now, closes in 20 minutes"},
    MIDNIGHT: {"H01": "Open now, around the clock", "H03": "Closed, opens at 07:30"},
    EVENING: {"H02": "Open now, closes in 20 minutes"},
}
OBSTACLES = {1: "have not allowed", 2: "can't find its position", 3: "took too long"}
FAILING = """code => { navigator.geolocation.watchPosition =
    (_, failed) => { setTimeout(() => failed({code}), 10); return 1 } }"""
NO_CLIPBOARD = "() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }"
KEPT = """async () => {
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        if (name.startsWith("hongge-public-") && await cache.match("/")) return true;
    }
    return false;
}"""
SMALL = """() => Array.from(document.querySelectorAll("a, button, summary, .chip"))
    .filter(one => one.offsetParent && !one.matches(".skip, .leaflet-marker-icon, .footer a"))
    .map(one => [one.textContent.trim(), one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && (box.height < 59.9 || box.width < 59.9))
    .map(([text, box]) => `${text} ${box.width}x${box.height}`)"""
SMALL_TEXT = """() => Array.from(document.querySelectorAll(".public-panel *, .header *"))
    .filter(one => one.offsetParent && !one.matches(".visually-hidden") && one.textContent.trim())
    .filter(one => parseFloat(getComputedStyle(one).fontSize) < 23.9)
    .map(one => one.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def plain(browser: Browser, server: str) -> Iterator[Page]:
    """A page of a phone without JavaScript."""
    context = browser.new_context(
        **PHONE, locale=ENGLISH, java_script_enabled=False, base_url=server
    )
    yield context.new_page()
    context.close()


def said(page: Page, code: str) -> str:
    return page.locator(f".stop[data-code={code}] .stop-state strong").inner_text()


def minutes(page: Page) -> list[int]:
    told = page.locator(".stop-way > strong").all_inner_texts()
    return [int(one.split()[0]) for one in told if one[0].isdigit()]


@pytest.mark.parametrize("at", SAID)
def test_the_list_says_who_is_open_at_what_time(plain: Page, at: str) -> None:
    plain.goto(f"/?at={at}")
    assert {code: said(plain, code) for code in SAID[at]} == SAID[at]
    expect(plain.locator("#near-status")).to_contain_text(f"as of {at[-5:]}")
    states = plain.locator(".stop").evaluate_all("all => all.map(one => one.className)")
    openings = ["stop--open" in one for one in states]
    assert openings == sorted(openings, reverse=True)
    assert any(openings)


def test_without_scripts_it_answers_with_ways_filters_and_names(plain: Page) -> None:
    plain.goto(f"/?{PLACE}&at={LUNCH}")
    walked = minutes(plain)
    assert walked
    expect(plain.locator(".mine")).to_contain_text("Party branch")
    plain.get_by_label("Warm up food").check()
    plain.get_by_label("Open now").check()
    plain.get_by_role("button", name="Show", exact=True).click()
    asked = parse_qs(urlsplit(plain.url).query)
    assert (asked["facility"], asked["open_now"]) == (["hot_food"], ["1"])
    for tags in plain.locator(".stop .tags").all_inner_texts():
        assert "Microwave" in tags
    plain.get_by_label("Compound or street").fill("康乐苑")
    plain.get_by_role("button", name="Search").click()
    choice = plain.locator(".choices a")
    if choice.count():
        choice.first.click()
    expect(plain.locator("#near-title")).to_contain_text("康乐苑")
    assert minutes(plain) == sorted(minutes(plain))
    assert parse_qs(urlsplit(plain.url).query)["facility"] == ["hot_food"]


def test_a_phone_finds_itself_filters_and_shows_the_way(open_page: Opener) -> None:
    page = open_page(
        PHONE,
        f"/?at={LUNCH}",
        locale=ENGLISH,
        geolocation=HERE,
        permissions=["geolocation", "clipboard-read", "clipboard-write"],
        until="load",
    )
    expect(page.locator("#near-title")).to_have_text("Nearest to you", timeout=PATIENCE_MS)
    expect(page).to_have_url(re.compile(r"lon=114\.279600&lat=26\.750000"))
    expect(page.locator("path.way-line")).to_have_count(1)
    drawn = page.locator("path.way-line").get_attribute("d")
    page.locator(".chip", has_text="Warm up food").click()
    expect(page).to_have_url(re.compile("facility=hot_food"))
    expect(page.locator(".near")).to_have_attribute("data-url", re.compile("hot_food"))
    way = page.locator(".way").nth(1)
    way.locator("summary").click()
    expect(page.locator("path.way-line")).not_to_have_attribute("d", drawn or "")
    expect(page.locator("#route-told")).to_contain_text("is drawn on the map")
    links = way.locator("a.button").evaluate_all("all => all.map(one => one.href)")
    assert [one.split("?")[0].split(":")[0] for one in links] == ["https"] * 3 + ["geo"]
    expect(page.locator("#report-link")).to_have_attribute(
        "href", "/report?place=jinggangshan&lon=114.2796&lat=26.75"
    )
    expect(page.locator("#share")).to_have_attribute("href", re.compile("facility=hot_food"))
    share = page.locator("#share").evaluate("link => link.href")
    assert "lon=114.279600" in share
    assert "facility=hot_food" in share
    assert "&at=" not in share
    assert "accuracy" not in share
    page.locator("#share").click()
    expect(page.locator("#share-told")).to_have_text("The link is copied")
    assert page.evaluate("navigator.clipboard.readText()") == share
    page.evaluate(NO_CLIPBOARD)
    page.locator("#share").click()
    expect(page.locator("#share-field input")).to_have_value(share)


def test_each_obstacle_to_locating_has_its_words_and_ways_on(open_page: Opener) -> None:
    page = open_page(PHONE, f"/?at={LUNCH}", locale=ENGLISH)
    button, note = page.get_by_role("button", name="Locate me"), page.locator("#obstacle")
    button.click()
    expect(note).to_contain_text(OBSTACLES[1])
    for code, words in OBSTACLES.items():
        page.evaluate(FAILING, code)
        button.click()
        expect(note).to_contain_text(words)
    page.evaluate("Object.defineProperty(window, 'isSecureContext', {value: false})")
    button.click()
    expect(note).to_contain_text("http")
    assert axe(page) == []
    note.get_by_role("button", name="Type a place").click()
    expect(page.locator("#words")).to_be_focused()
    note.get_by_role("button", name="Tap the map").click()
    page.locator("#map").tap(position={"x": 150, "y": 200})
    expect(page.locator("#near-title")).to_have_text("Nearest to you")
    assert "lon=" in page.url


def test_without_a_network_the_last_list_stands_with_its_time(
    browser: Browser, server: str
) -> None:
    context = browser.new_context(**PHONE, locale=ENGLISH, base_url=server)
    page = context.new_page()
    page.goto(f"/?{PLACE}&at={LUNCH}")
    page.wait_for_function(KEPT)
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
    first = page.locator(".stop h3").first.inner_text()
    context.set_offline(offline=True)
    page.locator(".chip", has_text="Warm up food").click()
    expect(page.locator("#kept")).to_contain_text("as of 12:40")
    _open_again(page, "/")
    expect(page.locator("#kept")).to_contain_text("as of 12:40")
    expect(page.locator(".stop h3").first).to_have_text(first)
    context.set_offline(offline=False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#kept")).to_be_hidden()
    context.close()


def _open_again(page: Page, path: str) -> None:
    """Open a page, as people do who are told that there is no network: a second time."""
    try:
        page.goto(path)
    except PlaywrightError:
        page.goto(path)


def test_the_elder_view_is_large_and_kept(open_page: Opener) -> None:
    page = open_page(PHONE, f"/?{PLACE}&at={LUNCH}", locale=ENGLISH)
    page.get_by_role("link", name="Elder view").click()
    body = page.locator("body")
    expect(body).to_have_css("font-size", f"{18 * POINTS_TO_PX:.0f}px")
    assert page.evaluate(SMALL) == []
    assert page.evaluate(SMALL_TEXT) == []
    assert axe(page) == []
    for _ in range(3):
        with page.expect_navigation():
            page.get_by_role("link", name="Larger").click()
    expect(body).to_have_css("font-size", f"{30 * POINTS_TO_PX:.0f}px")
    page.wait_for_function(
        "width => document.documentElement.scrollWidth === width", arg=PHONE["viewport"]["width"]
    )
    expect(page.get_by_role("link", name="Larger")).to_have_count(0)
    page.goto(page.url.partition("?")[0])
    expect(body).to_have_css("font-size", f"{30 * POINTS_TO_PX:.0f}px")
    page.get_by_role("link", name="Standard view").click()
    expect(body).to_have_css("font-size", "15px")


def test_it_is_read_in_both_languages_and_by_keyboard(open_page: Opener) -> None:
    page = open_page(PHONE, f"/?{PLACE}&at={LUNCH}", color_scheme="dark")
    name = page.locator(".stop h3").first.inner_text()
    assert re.search(r"[\u4e00-\u9fff]", name)
    assert axe(page) == []
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert not re.search(r"[\u4e00-\u9fff]", page.locator(".stop h3").first.inner_text())
    page.locator("#words").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(".chip input").first).to_be_focused()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("open_now=1"))
    expect(page.locator(".near")).to_have_attribute("data-url", re.compile("open_now"))
    page.locator(".way summary").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".way-links a").first).to_be_focused()
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile(re.escape(PLACE)))
    expect(page.locator("#near")).not_to_have_attribute("aria-busy", "true")


def test_all_that_the_page_needs_is_light(browser: Browser, server: str) -> None:
    context = browser.new_context(**PHONE, geolocation=HERE, permissions=["geolocation"])
    weighed: dict[str, float] = {}
    page = context.new_page()
    listen(context.new_cdp_session(page), weighed)
    page.goto(f"{server}/?at={LUNCH}")
    expect(page.locator("path.way-line")).to_have_count(1)
    expect(page.locator("canvas.leaflet-tile-loaded").nth(3)).to_be_attached()
    page.wait_for_load_state("networkidle")
    context.close()
    assert sum("/tiles/" in url for url in weighed) > 0
    assert MOST_BYTES / 10 < sum(weighed.values()) < MOST_BYTES, weighed


def listen(session: CDPSession, weighed: dict[str, float]) -> None:
    """Note how much comes over the wire, packed and with its headers, for each address."""
    addresses: dict[str, str] = {}

    def asked(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def come(event: dict[str, Any]) -> None:
        url = addresses[event["requestId"]]
        weighed[url] = weighed.get(url, 0) + event["encodedDataLength"]

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", come)
    session.send("Network.enable")


def test_a_station_has_a_page(open_page: Opener) -> None:
    page = open_page(PHONE, f"/stations/jinggangshan/G12?at={SPRING_FESTIVAL}", locale=ENGLISH)
    expect(page.locator("h1")).to_have_text("Hongjun Road Workstation")
    expect(page.locator(".hours tr")).to_have_count(7)
    expect(page.locator(".hours tr").first).to_contain_text("Public holiday")
    expect(page.locator(".hours tr").first).to_contain_text("Maintenance during Spring Festival")
    expect(page.locator(".map-station")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]
    assert axe(page) == []
