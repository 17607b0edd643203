"""What stands beside the map of a draft: its log, comments, links, and two people at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from geo.flows.plans import FromGeneration, create_draft
from geo.store.engine import session
from geo.store.history import generation_entries
from geo.store.overview import jurisdictions
from tests.browser.devices import DESK
from tests.people import asker_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Planning

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
EDITOR = "import(document.querySelector('script[src*=\"plan/editor\"]').src)"
GIVE = f"""async ([cell, place]) => {{
    const {{ store }} = await (await {EDITOR}).ready;
    const {{ community }} = store.cells.get(cell);
    const inside = [...store.grids]
        .filter(([key]) => store.communityOf(key) === community)
        .sort(([, one], [, other]) => (one.code < other.code ? -1 : 1));
    store.apply("paint", {{}}, {{ owner: {{ [cell]: [null, inside[place][0]] }} }});
    return inside[place][1].name;
}}"""
"""Give a cell to one of its community's grids, as a brush does."""

A_CELL = f"""async () => {{
    const {{ store }} = await (await {EDITOR}).ready;
    const [first] = [...store.grids].find(([, {{ name }}]) => name === "桐木岭路社区第1网格");
    return [...store.members(first)].find((cell) => store.sums.of(cell).households);
}}"""


@pytest.fixture
def path(planning: Planning) -> str:
    """Path of a fresh draft's page."""
    asker = asker_of(planning.accounts["drawer"])
    with session(planning.url, asker) as opened:
        city = jurisdictions(opened)[0].slug
        label = next(one.label for one in generation_entries(opened, city) if one.ends is None)
        return f"/plan/{create_draft(opened, city, '两人同绘', '', FromGeneration(label))}"


@pytest.fixture
def loose_page(browser: Browser, planning: Planning) -> Iterator[Callable[[str, str], Page]]:
    """Make pages that may lose their connection and be refused something."""
    contexts = []

    def make(name: str, path: str) -> Page:
        context = browser.new_context(**DESK, locale="zh-CN", timezone_id="Asia/Shanghai")
        contexts.append(context)
        context.add_cookies([planning.cookie(name)])
        return opened(context.new_page(), planning.address + path)

    yield make
    for context in contexts:
        context.close()


def opened(page: Page, address: str) -> Page:
    """Open a draft and wait until it is there."""
    page.goto(address)
    page.wait_for_selector("#plan[data-ready]")
    return page


def drawn(page: Page) -> Page:
    """Wait until a draft is there."""
    page.wait_for_selector("#plan[data-ready]")
    return page


def open_tab(page: Page, name: str) -> Any:
    """Open a tab, and return its sheet."""
    page.locator(f"#tab-button-{name}").click()
    return page.locator(f"#tab-{name}")


def test_two_planners_see_each_other_at_work(plan_as: Opener, path: str) -> None:
    one = drawn(plan_as("drawer", DESK, path))
    other = drawn(plan_as("reviewer", DESK, path))
    expect(one.locator("#plan-people")).to_contain_text("reviewer")
    cell = one.evaluate(A_CELL)
    one.evaluate(GIVE, [cell, 1])
    expect(other.locator(".grids .changed").first).to_be_visible()
    told = open_tab(other, "log").locator(".thing").first
    expect(told).to_contain_text("drawer")
    told.get_by_role("button", name="撤销这一步").click()
    expect(one.locator(".grids .changed")).to_have_count(0)


@pytest.mark.parametrize(("button", "place"), [("保留对方的", 1), ("采用我的", 2)])
def test_a_conflict_names_the_other_and_offers_both(
    loose_page: Callable[[str, str], Page], path: str, button: str, place: int
) -> None:
    one, other = loose_page("drawer", path), loose_page("reviewer", path)
    cell = one.evaluate(A_CELL)
    other.context.set_offline(True)
    mine = other.evaluate(GIVE, [cell, 2])
    expect(other.locator("#plan-status")).to_contain_text("暂存")
    theirs = one.evaluate(GIVE, [cell, 1])
    expect(one.locator("#plan-status")).to_have_attribute("data-state", "saved")
    other.context.set_offline(False)
    dialog = other.locator("#plan-dialog")
    expect(dialog).to_be_visible(timeout=15_000)
    for words in ("drawer", theirs, mine):
        expect(dialog).to_contain_text(words)
    dialog.locator(".conflict-map button").last.click()
    shown = f"async (cell) => (await (await {EDITOR}).ready).canvas.reading.owner(cell)"
    named = f"async (key) => (await (await {EDITOR}).ready).store.grids.get(key).name"
    assert other.evaluate(named, other.evaluate(shown, cell)) == mine
    dialog.locator(".conflict-map button").first.click()
    assert other.evaluate(named, other.evaluate(shown, cell)) == theirs
    dialog.get_by_role("button", name=button).click()
    expect(dialog).to_be_hidden()
    expect(other.locator("#plan-status")).to_have_attribute("data-state", "saved")
    owner = f"""async (cell) => {{
        const {{ store }} = await (await {EDITOR}).ready;
        return store.grids.get(store.owner(cell)).name;
    }}"""
    assert other.evaluate(owner, cell) == (theirs if place == 1 else mine)
    one.wait_for_function(
        f"async ([cell, name]) => (await ({owner})(cell)) === name",
        arg=[cell, theirs if place == 1 else mine],
    )


def test_the_log_keeps_marks_and_leads_back(plan_as: Opener, path: str) -> None:
    page = drawn(plan_as("drawer", DESK, path))
    cell = page.evaluate(A_CELL)
    page.evaluate(GIVE, [cell, 1])
    sheet = open_tab(page, "log")
    sheet.get_by_role("button", name="做标记").click()
    page.locator("#plan-dialog input").fill("第一稿")
    page.keyboard.press("Enter")
    expect(sheet.locator(".mark-row")).to_contain_text("第一稿")
    page.evaluate(GIVE, [cell, 2])
    expect(sheet.locator(".thing")).to_have_count(4)
    sheet.locator(".mark-row").get_by_role("button", name="恢复").click()
    page.locator("#plan-dialog").get_by_role("button", name="恢复").click()
    expect(sheet.locator(".thing").first).to_contain_text("恢复到第 1 步的状态")
    sheet.get_by_role("button", name="恢复: 第 0 步").click()
    page.locator("#plan-dialog").get_by_role("button", name="恢复").click()
    expect(sheet.locator(".thing").first).to_contain_text("恢复到第 0 步的状态")
    expect(page.locator(".grids .changed")).to_have_count(0)


def test_comments_are_pinned_answered_and_settled(plan_as: Opener, path: str) -> None:
    one = drawn(plan_as("drawer", DESK, path))
    other = drawn(plan_as("reviewer", DESK, path))
    sheet = open_tab(one, "comments")
    sheet.get_by_role("button", name="在地图上加批注").click()
    one.locator("#map").click(position={"x": 320, "y": 380})
    sheet.locator("textarea").fill("这里的新楼何时入住？<b>急</b>")
    sheet.locator("[type=submit]").click()
    expect(sheet.locator(".thread-words")).to_have_text("这里的新楼何时入住？<b>急</b>")
    expect(one.locator(".plan-pin")).to_have_count(1)
    expect(other.locator(".plan-pin")).to_have_count(1)
    other.locator(".plan-pin").click()
    answers = other.locator("#tab-comments")
    expect(answers.locator(".thread--chosen")).to_be_visible()
    answers.locator(".thread-foot button").first.click()
    answers.locator("textarea").fill("十二月初。")
    answers.locator("[type=submit]").click()
    expect(sheet.locator(".thread-answers")).to_contain_text("十二月初。")
    sheet.get_by_role("button", name="标为已解决").click()
    expect(sheet.locator(".thread--resolved")).to_contain_text("drawer")
    expect(one.locator(".plan-pin--resolved")).to_have_count(1)


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_a_link_lets_anybody_read(
    plan_as: Opener, planning: Planning, path: str, device: dict[str, Any]
) -> None:
    page = drawn(plan_as("drawer", DESK, path))
    page.locator("#plan-share").click()
    dialog = page.locator("#plan-dialog")
    dialog.get_by_role("button", name="生成链接").click()
    link = dialog.locator("input[readonly]").input_value()
    assert link.startswith(planning.address)
    expect(dialog.locator(".facts-list li")).to_contain_text("drawer")
    page.evaluate(GIVE, [page.evaluate(A_CELL), 1])
    expect(page.locator("#plan-status")).to_have_attribute("data-state", "saved")
    reader = drawn(plan_as(None, device, link.removeprefix(planning.address)))
    expect(reader.locator(".grids .changed").first).to_be_visible()
    untold = reader.locator(".grids tr[data-grid] td:nth-child(4)")  # workers
    expect(untold.first).to_have_text("–")
    expect(reader.locator('[data-tool="paint"]')).to_have_count(0)
    expect(reader.locator("#plan-status")).to_have_text("只读")
    expect(reader.locator('meta[name="robots"]')).to_have_attribute(
        "content", re.compile("noindex")
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_tabs_are_in_view_on_a_phone(plan_as: Opener, path: str, language: str) -> None:
    page = drawn(plan_as("drawer", PHONE, f"{path}?lang={language}"))
    tabs = page.locator("#plan-tabs [role=tab]")
    expect(tabs).to_have_count(8)
    for tab in tabs.all():
        expect(tab).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_the_legend_folds(plan_as: Opener, path: str, device: dict[str, Any]) -> None:
    page = drawn(plan_as("watcher", device, path))
    signs = page.locator("#plan-legend li").first
    expect(signs).to_be_visible(visible=device is DESK)
    page.locator("#plan-signs > summary").click()
    expect(signs).to_be_visible(visible=device is PHONE)


def test_those_who_watch_read_all_and_change_nothing(plan_as: Opener, path: str) -> None:
    page = drawn(plan_as("watcher", DESK, path))
    expect(page.locator(".grids tbody tr[data-grid]").first).to_be_visible()
    expect(page.locator("#plan-name")).to_be_disabled()
    expect(open_tab(page, "comments").get_by_role("button", name="在地图上加批注")).to_be_hidden()
    expect(open_tab(page, "review").locator("[data-step]")).to_have_count(0)


def test_the_table_is_sorted_filtered_and_leads_to_the_map(plan_as: Opener, path: str) -> None:
    page = drawn(plan_as("drawer", DESK, path))
    table = page.locator(".grids")
    table.get_by_role("button", name="住户").click()
    expect(table.locator("th[aria-sort=descending]")).to_contain_text("住户")
    figures = table.locator(".grid-homes > span > span:not(.grid-was)").all_inner_texts()
    households = [int(one.replace(",", "")) for one in figures]
    assert households == sorted(households, reverse=True)
    page.locator("#tab-grids select").select_option(label="桐木岭路社区")
    expect(table.locator("tr[data-grid]")).to_have_count(4)
    before = page.evaluate(f"async () => (await (await {EDITOR}).ready).map.leaflet.getZoom()")
    table.locator(".grid-name").first.click()
    expect(table.locator("tr.chosen")).to_have_count(1)
    after = page.evaluate(f"async () => (await (await {EDITOR}).ready).map.leaflet.getZoom()")
    assert after > before
