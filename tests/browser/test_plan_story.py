"""A grid has outgrown its bounds: the way of a plan from the map to its publication.

Told twice, with the mouse and with the keyboard alone: a planner sees a grid with 612 households
and its neighbour with 241, moves blocks across, watches the figures, looks at what is proposed and
submits; another planner approves, and it is published for the first of the next month.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from geo.flows.plans import FromGeneration, create_draft
from geo.store.engine import owner_session, session
from geo.store.history import generation_entries
from geo.store.overview import jurisdictions
from tests.browser.axe import axe
from tests.browser.devices import DESK
from tests.people import asker_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import Planning

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser

TABLET = {"viewport": {"width": 1024, "height": 768}}
PHONE = {"viewport": {"width": 390, "height": 844}}
COMMUNITY = "桐木岭路社区"
FULL, SPARE = f"{COMMUNITY}第1网格", f"{COMMUNITY}第2网格"
BOUNDS = range(300, 501)
MOST_TABS = 60
ZONE = ZoneInfo("Asia/Shanghai")

EDITOR = "import(document.querySelector('script[src*=\"plan/editor\"]').src)"

BLOCKS_TO_MOVE = f"""async ([full, spare]) => {{
    const {{ store }} = await (await {EDITOR}).ready;
    const key = (name) => [...store.grids].find(([, grid]) => grid.name === name)[0];
    const [from, to] = [key(full), key(spare)];
    const [kept, given, moved] = [new Set(store.members(from)), new Set(store.members(to)), []];
    const whole = (cells) => store.adjacency.pieces(cells).length === 1;
    const homesOf = (cell) => store.sums.of(cell).households;
    const homes = (cells) => [...cells].reduce((sum, cell) => sum + homesOf(cell), 0);
    while (homes(kept) > 500 || homes(given) < 300) {{
        const next = [...kept]
            .filter((cell) => whole(new Set([...given, cell])) && homesOf(cell))
            .filter((cell) => whole(new Set([...kept].filter((one) => one !== cell))))
            .filter((cell) => homes(given) + homesOf(cell) <= 500)
            .sort((one, other) => homesOf(other) - homesOf(one))[0];
        kept.delete(next);
        given.add(next);
        moved.push(next);
    }}
    return {{ moved, kept: homes(kept), given: homes(given) }};
}}"""
"""Blocks at the border that bring both grids into bounds and leave each in one piece."""

PLACE_OF = f"""async (cell) => {{
    const {{ canvas, shapes }} = await (await {EDITOR}).ready;
    const [lon, lat] = shapes.toDegrees(...shapes.all.get(cell).inner);
    const map = document.querySelector("#map").getBoundingClientRect();
    const at = canvas.stage.leaflet.latLngToContainerPoint([lat, lon]);
    return [map.left + at.x, map.top + at.y];
}}"""

ARROWS_TO = f"""async (target) => {{
    const source = document.querySelector('script[src*="plan/editor"]').src;
    const {{ DIRECTIONS, nextCell }} = await import(source.replace("editor.js", "cursor.js"));
    const {{ bench, shapes, store }} = await (await {EDITOR}).ready;
    const ways = new Map([[bench.cursor, []]]);
    for (const [cell, way] of ways) {{
        if (cell === target) return way;
        for (const [arrow, direction] of Object.entries(DIRECTIONS)) {{
            const beside = store.adjacency.neighbours(cell).keys();
            const next = nextCell(shapes, beside, cell, direction);
            if (!ways.has(next)) ways.set(next, [...way, arrow]);
        }}
    }}
    return null;
}}"""
"""The arrow keys that lead the cursor to a block."""


class ByMouse:
    """How a planner with a mouse does things."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, control: Locator) -> None:
        """Press a button, a tab, a link."""
        control.click()

    def write(self, field: Locator, words: str) -> None:
        """Fill a field in."""
        field.click()
        self.page.keyboard.insert_text(words)

    def take(self, tool: str) -> None:
        """Take a tool of the editor."""
        self.page.locator(f'[data-tool="{tool}"]').click()

    def paint(self, blocks: list[str]) -> None:
        """Paint blocks into the chosen grid, each with a click."""
        for block in blocks:
            x, y = self.page.evaluate(PLACE_OF, block)
            self.page.mouse.click(x, y)


class ByKeys(ByMouse):
    """How a planner without a mouse does things: nothing but keys is pressed."""

    def press(self, control: Locator) -> None:
        self._reach(control)
        self.page.keyboard.press("Enter")

    def write(self, field: Locator, words: str) -> None:
        self._reach(field)
        self.page.keyboard.insert_text(words)

    def take(self, tool: str) -> None:
        keys = self.page.locator(f'[data-tool="{tool}"]').get_attribute("aria-keyshortcuts")
        assert keys
        self._reach(self.page.locator("#map"))
        self.page.keyboard.press(keys.split()[0].lower())

    def paint(self, blocks: list[str]) -> None:
        self._reach(self.page.locator("#map"))
        self.page.keyboard.press("ArrowDown")
        for block in blocks:
            for arrow in self.page.evaluate(ARROWS_TO, block):
                self.page.keyboard.press(arrow)
            self.page.keyboard.press("Enter")

    def _reach(self, control: Locator) -> None:
        """Press Tab, and arrows among tabs and rows, until the control has the focus."""
        if control.get_attribute("role") == "tab":
            self._among(control, '[role="tab"][aria-selected="true"]', "ArrowDown")
        elif "grid-name" in (control.get_attribute("class") or ""):
            self._among(control, ".grids tbody .grid-name", "ArrowDown")
        else:
            self._tab_to(control)

    def _among(self, control: Locator, first: str, arrow: str) -> None:
        self._tab_to(self.page.locator(first).first)
        for _ in range(200):
            if focused(control):
                return
            self.page.keyboard.press(arrow)
        pytest.fail("no arrow key leads there")

    def _tab_to(self, control: Locator) -> None:
        for step in ("Tab", "Shift+Tab"):
            for _ in range(MOST_TABS):
                if focused(control):
                    return
                self.page.keyboard.press(step)
        pytest.fail(f"Tab does not lead to {control}")


def focused(control: Locator) -> bool:
    """Tell whether a control has the focus."""
    return bool(control.evaluate("one => one === document.activeElement"))


@pytest.mark.parametrize("hand", [ByMouse, ByKeys], ids=["mouse", "keyboard"])
def test_a_plan_from_the_map_to_its_publication(
    plan_as: Opener, planning: Planning, hand: type[ByMouse]
) -> None:
    page = plan_as("drawer", DESK, "/")
    page.wait_for_load_state("networkidle")
    planner = hand(page)
    name = f"{COMMUNITY}调整（{hand.__name__}）"
    make_draft(planner, name)
    figures = move_blocks(planner)
    look_at_proposals(planner)
    submit(planner, "第1网格新增两栋高层，划出部分街块。")
    link = page.url.removeprefix(planning.address)
    page.context.close()
    reviewer = hand(plan_as("reviewer", DESK, link))
    approve_and_publish(reviewer)
    published_for_next_month(planning, name, figures)
    withdraw(reviewer, name)


def make_draft(planner: ByMouse, name: str) -> None:
    """From the map to the list of plans, and from there into a new draft."""
    page = planner.page
    planner.press(page.locator(".me-work"))
    expect(page.locator("h1")).to_have_text("方案")
    planner.write(page.locator("#new-plan [name=name]"), name)
    planner.press(page.locator("#new-plan [type=submit]"))
    page.wait_for_selector("#plan[data-ready]")
    expect(page.locator("#plan-name")).to_have_text(name)
    expect(row(page, FULL).locator(".changed")).to_have_count(0)
    expect(homes(page, FULL)).to_contain_text("612")
    expect(homes(page, FULL)).to_contain_text("▲112")
    expect(homes(page, SPARE)).to_contain_text("241")
    expect(homes(page, SPARE)).to_contain_text("▼59")
    expect(page.locator("#tab-problems")).to_contain_text(re.compile(f"{FULL}.*612"))


def move_blocks(planner: ByMouse) -> dict[str, int]:
    """Move blocks from the full grid to the spare one, and watch both rows."""
    page = planner.page
    planner.press(row(page, SPARE).locator(".grid-name"))
    planner.take("paint")
    plan = page.evaluate(BLOCKS_TO_MOVE, [FULL, SPARE])
    assert plan["kept"] in BOUNDS
    assert plan["given"] in BOUNDS
    before = (cells(page, FULL), cells(page, SPARE))
    planner.paint(plan["moved"])
    expect(homes(page, FULL)).to_contain_text(re.compile(rf"612 →.*{plan['kept']}", re.DOTALL))
    expect(homes(page, SPARE)).to_contain_text(re.compile(rf"241 →.*{plan['given']}", re.DOTALL))
    for grid in (FULL, SPARE):
        expect(homes(page, grid)).not_to_contain_text(re.compile("[▲▼]"))
    assert (cells(page, FULL), cells(page, SPARE)) != before
    assert_figures(page, plan)
    expect(page.locator("#plan-status")).to_have_attribute("data-state", "saved")
    return {"full": plan["kept"], "spare": plan["given"]}


def assert_figures(page: Page, plan: dict[str, Any]) -> None:
    """People, load of workers and open cases follow the blocks."""
    for grid, households in ((FULL, plan["kept"]), (SPARE, plan["given"])):
        told = page.evaluate(
            f"""async (name) => {{
                const {{ store }} = await (await {EDITOR}).ready;
                const [key] = [...store.grids].find(([, grid]) => grid.name === name);
                return store.totals(key);
            }}""",
            grid,
        )
        shown = cells(page, grid)
        assert shown["people"] == f"{told['people']:,}"
        assert shown["issues"] == str(told["issues"])
        assert shown["workers"] == str(told["workers"])
        assert told["households"] == households
        assert shown["per worker"] == f"{households / told['workers']:.0f}"
        assert shown["pieces"] == "1"


def look_at_proposals(planner: ByMouse) -> None:
    """Have the machine repair what else is out of bounds, and compare that with the draft."""
    page = planner.page
    planner.press(page.locator("#tab-button-proposals"))
    expect(page.locator(".proposal-verdict .proposal-yes").first).to_be_visible(timeout=20_000)
    planner.press(page.locator(".proposal-go button"))
    expect(page.locator(".proposal-card")).to_have_count(3, timeout=150_000)
    expect(page.locator(".proposal-moves .thing").first).to_contain_text("网格")
    planner.press(page.locator(".proposal-acts button").last)
    expect(page.locator("#tab-compare")).to_be_visible()
    expect(page.locator("#tab-compare .thing").first).to_be_visible(timeout=20_000)
    planner.press(page.locator("#tab-button-grids"))
    expect(homes(page, FULL)).to_contain_text("612 →")


def submit(planner: ByMouse, remark: str) -> None:
    """Submit the draft with a remark; it is not edited any more."""
    page = planner.page
    planner.press(page.locator("#plan-next-step"))
    expect(page.locator("#tab-review .passed")).to_be_visible(timeout=20_000)
    expect(page.locator("#tab-review .effects")).to_contain_text("户更换网格")
    planner.write(page.locator("#tab-review textarea"), remark)
    planner.press(page.locator('[data-step="submit"]'))
    expect(page.locator("#plan-state")).to_have_attribute("data-state", "submitted")
    expect(page.locator("#plan.plan--reading")).to_be_visible()
    expect(page.locator('[data-step="approve"]')).to_have_count(0)


def approve_and_publish(reviewer: ByMouse) -> None:
    """Somebody else reads the remark, approves, and publishes for the first of next month."""
    page = reviewer.page
    page.wait_for_selector("#plan[data-ready]")
    expect(homes(page, FULL)).to_contain_text("612 →")
    reviewer.press(page.locator("#plan-next-step"))
    expect(page.locator("#tab-review .steps")).to_contain_text("两栋高层")
    reviewer.press(page.locator('[data-step="approve"]'))
    expect(page.locator("#plan-state")).to_have_attribute("data-state", "approved")
    starts = next_month()
    expect(page.locator("#tab-review [type=date]")).to_have_value(f"{starts:%Y-%m-%d}")
    documents = page.locator("#tab-review .documents a")
    expect(documents).to_have_count(4)
    reviewer.press(page.locator('[data-step="publish"]'))
    expect(page.locator("#plan-dialog")).to_contain_text(f"{starts.year}年{starts.month}月1日")
    page.keyboard.press("Enter")
    expect(page.locator("#plan-state")).to_have_attribute("data-state", "published", timeout=30_000)
    page.goto(page.url.partition("/plan/")[0] + "/plan")
    expect(page.locator(".plans-generations .later")).to_contain_text("待生效")


def published_for_next_month(planning: Planning, name: str, figures: dict[str, int]) -> None:
    """The generation is there, and starts on the first."""
    starts = next_month()
    with owner_session(planning.url) as opened:
        found = opened.execute(
            text(
                "SELECT lower(validity) AS starts, plan_draft.state,"
                " (SELECT count(*) FROM grid_version WHERE generation_id = generation.id) AS grids"
                " FROM generation JOIN plan_draft ON plan_draft.generation_id = generation.id"
                " WHERE plan_draft.name = :name"
            ),
            {"name": name},
        ).one()
    assert found.starts == starts
    assert found.state == "published"
    assert found.grids > 0
    assert all(count in BOUNDS for count in figures.values())


def withdraw(reviewer: ByMouse, name: str) -> None:
    """Take back what was published, as long as it is not in force."""
    page = reviewer.page
    reviewer.press(page.locator(".plans-name", has_text=name))
    page.wait_for_selector("#plan[data-ready]")
    reviewer.press(page.locator("#plan-next-step"))
    reviewer.press(page.locator('[data-step="withdraw"]'))
    expect(page.locator("#plan-state")).to_have_attribute("data-state", "approved")


def next_month() -> datetime:
    """Return the midnight with which the next month begins in the city."""
    first = (
        datetime.now(UTC).astimezone(ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    )
    return (first + timedelta(days=32)).replace(day=1)


def row(page: Page, name: str) -> Locator:
    """Return the row of a grid in the table."""
    return page.locator("tr[data-grid]", has=page.locator(f'.grid-name[title="{name}"]'))


def homes(page: Page, name: str) -> Locator:
    """Return the cell that tells a grid's households."""
    return row(page, name).locator(".grid-homes")


def cells(page: Page, name: str) -> dict[str, str]:
    """Return what a grid's row tells beside its households, without what was before."""
    told = (
        row(page, name)
        .locator("td:not(.grid-homes)")
        .evaluate_all("all => all.map((one) => one.firstChild.textContent)")
    )
    columns = ("people", "workers", "per worker", "issues", "walk", "pieces")
    return dict(zip(columns, told, strict=True))


@pytest.fixture(scope="module")
def draft(planning: Planning) -> str:
    """Key of a draft that nobody has edited."""
    asker = asker_of(planning.accounts["drawer"])
    with session(planning.url, asker) as opened:
        city = jurisdictions(opened)[0].slug
        label = next(one.label for one in generation_entries(opened, city) if one.ends is None)
        return str(create_draft(opened, city, "无障碍检查", "", FromGeneration(label)))


@pytest.mark.parametrize(
    ("device", "colours"), [(DESK, "light"), (TABLET, "dark")], ids=["desk", "tablet"]
)
def test_axe_finds_nothing_serious(
    plan_as: Opener, draft: str, device: dict[str, Any], colours: str
) -> None:
    page = plan_as("drawer", device, "/plan", color_scheme=colours)
    assert axe(page) == []
    page.goto(f"{page.url}/{draft}")
    page.wait_for_selector("#plan[data-ready]")
    assert axe(page) == []
    for tab in page.locator('[role="tab"]').all()[1:]:
        tab.click()
        if tab.get_attribute("id") == "tab-button-review":
            expect(page.locator("#tab-review .documents a")).to_have_count(4)
        assert axe(page, f"#{tab.get_attribute('aria-controls')}") == []
    page.locator("#plan-share").click()
    expect(page.locator("#plan-dialog")).to_be_visible()
    assert axe(page, "#plan-dialog") == []


@pytest.mark.parametrize("device", [DESK, TABLET, PHONE], ids=["desk", "tablet", "phone"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_reaches_over_the_side(
    plan_as: Opener, draft: str, device: dict[str, Any], lang: str
) -> None:
    for path in ("/plan", f"/plan/{draft}"):
        page = plan_as("drawer", device, f"{path}?lang={lang}")
        if path != "/plan":
            page.wait_for_selector("#plan[data-ready]")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width == device["viewport"]["width"]
        page.context.close()
