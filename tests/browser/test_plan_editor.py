"""The tools of the planner's editor, by mouse, touch and keys; what they do is with the server."""

from __future__ import annotations

import re
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from geo.flows.plans import FromGeneration, create_draft
from geo.store.engine import session
from tests.browser.axe import axe
from tests.browser.devices import DESK
from tests.people import asker_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from playwright.sync_api import Browser

    from tests.browser.conftest import Planning

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser

TABLET = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}
CITY = "jinggangshan"
LABEL = "jinggangshan-2026"
SAVING_MS = 30_000

READY = """async () => {
    const script = document.querySelector('script[src*="plan/editor"]').src;
    window.editor = await (await import(script)).ready;
}"""
PLACE = """(cell) => {
    const { canvas, shapes } = window.editor;
    const [lon, lat] = shapes.toDegrees(...shapes.all.get(cell).inner);
    const map = document.querySelector("#map").getBoundingClientRect();
    const at = canvas.stage.leaflet.latLngToContainerPoint([lat, lon]);
    return [map.left + at.x, map.top + at.y];
}"""
BOX = """(cells) => {
    const { canvas, store } = window.editor;
    const [west, south, east, north] = store.boxOf(cells);
    const map = document.querySelector("#map").getBoundingClientRect();
    const low = canvas.stage.leaflet.latLngToContainerPoint([south, west]);
    const high = canvas.stage.leaflet.latLngToContainerPoint([north, east]);
    return [map.left + low.x, map.top + high.y, map.left + high.x, map.top + low.y];
}"""
BESIDE = """() => {
    // Two grids of one community side by side, with the blocks of the second at their border.
    const { store } = window.editor;
    for (const [one, grid] of store.grids) {
        for (const [other, beside] of store.grids) {
            if (one === other || grid.code.slice(0, 12) !== beside.code.slice(0, 12)) continue;
            if (grid.kind !== "general" || beside.kind !== "general") continue;
            const beyond = (cell) => [...store.adjacency.neighbours(cell).keys()];
            const cells = [...store.members(other)].filter((cell) => store.sums.of(cell).households
                && beyond(cell).some((next) => store.owner(next) === one));
            if (cells.length > 2) return [one, other, cells];
        }
    }
    return null;
}"""
SHOW = """(grids) => {
    const { bench, store } = window.editor;
    bench.goTo(store.boxOf(grids.flatMap((grid) => [...store.members(grid)])));
}"""
BORDER = """() => {
    // A vertex inside the border of two grids of a community, between two cells; it is shown.
    const { bench, canvas, store } = window.editor;
    for (const [cell, { community }] of store.cells) {
        for (const { neighbour, sides } of store.adjacency.seams(cell)) {
            if (!neighbour || store.owner(neighbour) === store.owner(cell)) continue;
            if (store.cells.get(neighbour).community !== community) continue;
            if (sides[2] !== sides[4] || sides[3] !== sides[5]) continue;
            bench.goTo(store.boxOf([cell, neighbour]));
            const map = document.querySelector("#map").getBoundingClientRect();
            const place = [sides[3] / 1e7, sides[2] / 1e7];
            const at = canvas.stage.leaflet.latLngToContainerPoint(place);
            return [cell, neighbour, map.left + at.x, map.top + at.y];
        }
    }
    return null;
}"""

SMALL = """() => [...document.querySelectorAll("#plan-tools button")].filter((one) => {
    const { width, height } = one.getBoundingClientRect();
    return width < 44 || height < 44;
}).map(({ dataset }) => dataset.tool)"""
"""Tools that a finger would miss."""

SCRIBBLE = """(seed) => {
    // Thirty edits at random, among them the taking back of some, without waiting for the server.
    const { store } = window.editor;
    let state = seed;
    const below = (most) => {
        state = (state * 48271) % 2147483647;
        return state % most;
    };
    const home = store.communities[0].code;
    const cells = [...store.cells].filter(([, { community }]) => community === home);
    const grids = [...store.grids].filter(([, { code }]) => code.startsWith(home));
    const step = (left) => {
        const [cell] = cells[below(cells.length)];
        const [grid] = grids[below(grids.length)];
        const what = below(10);
        if (what < 6) store.apply("paint", {}, { owner: { [cell]: [null, grid] } });
        else if (what < 7) store.apply("erase", {}, { owner: { [cell]: [null, null] } });
        else if (what < 9) store.undo();
        else store.redo();
        if (left) setTimeout(() => step(left - 1), below(30));
        else window.scribbled = true;
    };
    step(30);
}"""
OWNERS = "() => Object.fromEntries(window.editor.store.values.owner)"
SUMS_OFF = """() => {
    // Grids whose sums, kept edit by edit, are not those of their cells.
    const { store } = window.editor;
    return [...store.grids.keys()].filter((grid) => {
        const cells = [...store.cells.keys()].filter((cell) => store.owner(cell) === grid);
        const extra = store.sums.extra.get(grid) || { households: 0 };
        const sum = cells.reduce((all, one) => all + store.sums.of(one).households, 0);
        const { households, cells: count, pieces } = store.totals(grid);
        return sum + extra.households !== households || count !== cells.length
            || pieces !== store.adjacency.pieces(cells).length;
    });
}"""


class Editor:
    """A page with a draft in the editor."""

    def __init__(self, page: Page, planning: Planning, draft: UUID) -> None:
        self.page = page
        self.url = f"{planning.address}/api/v1/plans/{draft}"
        page.wait_for_selector("#plan[data-ready]")
        page.evaluate(READY)
        self.one, self.other, self.border = page.evaluate(BESIDE)
        page.evaluate(SHOW, [self.one, self.other])

    def take(self, tool: str, into: str | None = None) -> None:
        """Take a tool; choose the grid that it works into."""
        if into:
            self.page.evaluate("(grid) => window.editor.bench.choose(grid)", into)
        self.page.locator(f'[data-tool="{tool}"]').click()

    def place(self, cell: str) -> tuple[float, float]:
        """Return where a block is in the window."""
        x, y = self.page.evaluate(PLACE, cell)
        return x, y

    def click(self, cell: str) -> None:
        """Click on a block."""
        self.page.mouse.click(*self.place(cell))

    def drag(self, *places: tuple[float, float]) -> None:
        """Draw a line with the mouse."""
        mouse = self.page.mouse
        mouse.move(*places[0])
        mouse.down()
        for place in places[1:]:
            mouse.move(*place, steps=6)
        mouse.up()

    def saved(self) -> None:
        """Wait until everything is with the server."""
        status = self.page.locator("#plan-status")
        expect(status).to_have_attribute("data-state", "saved", timeout=SAVING_MS)

    def ask(self, path: str) -> Any:
        """Ask the server about the draft, when all edits are there."""
        self.saved()
        return self.page.request.get(f"{self.url}/{path}").json()

    def owners(self) -> dict[str, str]:
        """Return the grid of every cell, as the server has it."""
        owners: dict[str, str] = self.ask("state")["owner"]
        return owners

    def log(self) -> list[dict[str, Any]]:
        """Return the log, as the server has it."""
        entries: list[dict[str, Any]] = self.ask("log?limit=1000")["entries"]
        return entries

    def owner(self, cell: str) -> str:
        """Return the grid of a cell, as the page has it."""
        owner: str = self.page.evaluate("(cell) => window.editor.store.owner(cell)", cell)
        return owner

    def households(self, grid: str) -> int:
        """Return a grid's households, as the page has them."""
        count: int = self.page.evaluate(
            "(grid) => window.editor.store.totals(grid).households", grid
        )
        return count


@pytest.fixture
def draft(planning: Planning) -> UUID:
    """A draft of the generation in force."""
    asker = asker_of(planning.accounts["drawer"])
    with session(planning.url, asker) as opened:
        return create_draft(opened, CITY, "draft", "", FromGeneration(LABEL))


@pytest.fixture
def editor(plan_as: Opener, planning: Planning, draft: UUID) -> Editor:
    return Editor(plan_as("drawer", DESK, f"/plan/{draft}"), planning, draft)


@pytest.fixture
def complaining(
    browser: Browser, planning: Planning, draft: UUID
) -> Iterator[Callable[[str], Editor]]:
    """Make editors whose browser may complain: of conflicts, or of a network that is gone."""
    with ExitStack() as stack:

        def made(name: str) -> Editor:
            context = stack.enter_context(browser.new_context(locale="zh-CN", **DESK))
            context.add_cookies([planning.cookie(name)])
            page = context.new_page()
            page.goto(f"{planning.address}/plan/{draft}")
            return Editor(page, planning, draft)

        yield made


@pytest.fixture
def troubled(complaining: Callable[[str], Editor]) -> Editor:
    return complaining("reviewer")


def test_a_stroke_is_one_edit_that_can_be_taken_back(editor: Editor) -> None:
    before = {grid: editor.households(grid) for grid in (editor.one, editor.other)}
    editor.take("paint", editor.one)
    editor.drag(*(editor.place(cell) for cell in editor.border))
    owners = editor.owners()
    moved = [cell for cell in editor.border if owners[cell] == editor.one]
    assert moved == editor.border
    assert [entry["verb"] for entry in editor.log()] == ["paint"]
    assert editor.households(editor.one) > before[editor.one]
    told = f"{before[editor.one]} → {editor.households(editor.one)}"
    expect(editor.page.locator("#plan-announce")).to_contain_text(told)
    editor.page.keyboard.press("Control+z")
    assert {grid: editor.households(grid) for grid in before} == before
    assert all(editor.owners()[cell] == editor.other for cell in editor.border)
    editor.page.keyboard.press("Control+Shift+Z")
    assert all(editor.owners()[cell] == editor.one for cell in editor.border)
    assert [entry["verb"] for entry in editor.log()] == ["paint", "undo", "redo"]


def test_keys_alone_choose_a_grid_and_paint(editor: Editor) -> None:
    page = editor.page
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    cursor = page.evaluate("() => window.editor.bench.cursor")
    page.keyboard.press("i")
    chosen = page.evaluate("() => window.editor.bench.grid")
    assert chosen == editor.owner(cursor)
    page.keyboard.press("p")
    for arrow in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp") * 12:
        page.keyboard.press(arrow)
        page.keyboard.press(arrow)
        here = page.evaluate("() => window.editor.bench.cursor")
        if editor.owner(here) not in {chosen, ""}:
            break
    expect(page.locator("#plan-announce")).to_contain_text(here)
    community = page.evaluate("(cell) => window.editor.store.cells.get(cell).community", here)
    number = next(
        int(grid["code"][12:])
        for key, grid in editor.ask("state")["grids"].items()
        if grid["code"].startswith(community) and key != editor.owner(here)
    )
    page.evaluate("(grid) => window.editor.bench.choose(grid)", editor.owner(here))
    page.keyboard.type(str(number))
    target = page.evaluate("() => window.editor.bench.grid")
    page.keyboard.press("Enter")
    assert editor.owners()[here] == target
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    assert here not in editor.owners()


def test_box_and_lasso_give_what_they_hold(editor: Editor) -> None:
    west, north, east, south = editor.page.evaluate(BOX, editor.border)
    editor.take("box", editor.one)
    editor.drag((west - 5, north - 5), (east + 5, south + 5))
    owners = editor.owners()
    assert all(owners[cell] == editor.one for cell in editor.border)
    editor.page.keyboard.down("Shift")
    editor.drag((west - 5, north - 5), (east + 5, south + 5))
    editor.page.keyboard.up("Shift")
    assert not editor.owners().keys() & set(editor.border)
    editor.take("lasso", editor.other)
    ring = [(west - 5, north - 5), (east + 5, north - 5), (east + 5, south + 5)]
    editor.drag(*ring, (west - 5, south + 5))
    owners = editor.owners()
    assert all(owners[cell] == editor.other for cell in editor.border)
    assert [entry["verb"] for entry in editor.log()] == ["paint", "erase", "paint"]


def test_what_is_locked_stays(editor: Editor) -> None:
    first, second = editor.border[:2]
    editor.take("lock")
    editor.click(first)
    editor.take("paint", editor.one)
    editor.drag(editor.place(first), editor.place(second))
    owners = editor.owners()
    assert owners[first] == editor.other
    assert owners[second] == editor.one
    expect(editor.page.locator("#map-message")).to_be_visible()
    editor.take("lock_grid")
    editor.click(second)
    editor.take("erase")
    editor.click(second)
    assert editor.owners()[second] == editor.one
    assert editor.ask("state")["grid_lock"] == {editor.one: True}


def test_a_stroke_beyond_the_one_community_says_why(editor: Editor) -> None:
    page = editor.page
    beyond = page.evaluate(
        """(grid) => {
            const { store } = window.editor;
            const home = store.communityOf(grid);
            return [...store.cells].find(([, { community }]) => community !== home)[0];
        }""",
        editor.one,
    )
    owner = editor.owner(beyond)
    page.evaluate(SHOW, [editor.one, owner])
    page.locator("#plan-only-community").check()
    editor.take("paint", editor.one)
    editor.click(beyond)
    expect(page.locator("#map-message")).to_be_visible()
    assert editor.owner(beyond) == owner


def test_grids_are_made_merged_and_retired(editor: Editor) -> None:
    cell = editor.border[0]
    editor.take("create")
    editor.click(cell)
    expect(editor.page.locator('[data-tool="paint"]')).to_have_attribute("aria-pressed", "true")
    state = editor.ask("state")
    made = state["owner"][cell]
    assert made not in {editor.one, editor.other}
    codes = [grid["code"] for key, grid in state["grids"].items() if key != made]
    assert state["grids"][made]["code"] not in codes
    editor.take("merge")
    editor.click(
        editor.page.evaluate("(grid) => [...editor.store.members(grid)].pop()", editor.one)
    )
    state = editor.ask("state")
    assert state["owner"][cell] == editor.one
    assert made not in state["grids"]
    editor.take("retire")
    editor.click(cell)
    state = editor.ask("state")
    assert editor.one not in state["grids"]
    assert editor.one not in state["owner"].values()
    editor.page.keyboard.press("Control+z")
    assert editor.owners()[cell] == editor.one


def test_a_block_is_cut_along_a_line(editor: Editor) -> None:
    cell = max(editor.border, key=lambda one: editor.page.evaluate(BOX, [one])[2:])
    west, north, east, south = editor.page.evaluate(BOX, [cell])
    middle = editor.place(cell)[1]
    editor.take("cut")
    editor.drag((west - 6, middle), (east + 6, middle))
    told = editor.page.locator("#map-message")
    expect(told).to_contain_text(re.compile(r"\d"))
    state = editor.ask("state")
    assert cell not in state["cells"]
    pieces = [key for key, one in state["cells"].items() if one["block"] == cell]
    assert len(pieces) > 1
    expect(told).to_contain_text(f" {len(pieces)} ")
    assert {state["owner"][key] for key in pieces} == {editor.other}
    sums = "(cells) => cells.reduce((sum, one) => sum + editor.store.sums.of(one).households, 0)"
    assert editor.page.evaluate(sums, pieces) == editor.page.evaluate(sums, [cell])
    assert (
        editor.page.evaluate("(cells) => cells.some((one) => editor.store.isChanged(one))", pieces)
        is False
    )
    assert north < middle < south


def test_a_grid_is_split_by_a_line(editor: Editor) -> None:
    editor.take("split", editor.other)
    cells = editor.page.evaluate("(grid) => [...editor.store.members(grid)]", editor.other)
    west, north, east, south = editor.page.evaluate(BOX, cells)
    editor.drag(((west + east) / 2, north - 8), ((west + east) / 2 + 1, south + 8))
    told = editor.page.locator("#map-message")
    expect(told).to_contain_text("网格")
    state = editor.ask("state")
    parts = {
        state["owner"][key]
        for key in state["owner"]
        if state["owner"][key] not in state["base"]["grids"]
    }
    assert len(parts) == 1
    expect(told).to_contain_text(state["grids"][parts.pop()]["name"])
    assert [entry["verb"] for entry in editor.log()] == ["split"]


def test_tools_are_taken_with_the_focus_on_a_button_or_a_box(editor: Editor) -> None:
    page = editor.page
    page.keyboard.press("s")
    page.locator("#plan-split-proposed").focus()
    page.keyboard.press("m")
    expect(page.locator('[data-tool="merge"]')).to_have_attribute("aria-pressed", "true")
    page.locator("#plan-only-community").focus()
    page.keyboard.press("p")
    expect(page.locator('[data-tool="paint"]')).to_have_attribute("aria-pressed", "true")
    page.locator("#plan-target").focus()
    page.keyboard.press("e")
    expect(page.locator('[data-tool="paint"]')).to_have_attribute("aria-pressed", "true")


def test_both_sides_of_a_dragged_border_move(editor: Editor) -> None:
    here, beyond, x, y = editor.page.evaluate(BORDER)
    before = editor.ask("state")["cells"]
    editor.take("border")
    editor.drag((x, y), (x + 7, y + 5))
    expect(editor.page.locator("#map-message")).to_be_hidden()
    after = editor.ask("state")["cells"]
    assert after[here]["rings"] != before[here]["rings"]
    assert after[beyond]["rings"] != before[beyond]["rings"]
    mine, theirs = sides(after[here]["rings"]), sides(after[beyond]["rings"])
    assert len(mine & theirs) >= len(sides(before[here]["rings"]) & sides(before[beyond]["rings"]))


def sides(rings: list[list[list[int]]]) -> set[frozenset[tuple[int, int]]]:
    """Return the sides of an outline, whichever way they run."""
    found = set()
    for polygon in rings:
        for ring in polygon:
            places = list(zip(ring[::2], ring[1::2], strict=True))
            found |= {frozenset(side) for side in pairwise(places)}
    return found


def test_edits_of_others_come_in_and_meet(editor: Editor, troubled: Editor) -> None:
    cell, second = editor.border[:2]
    editor.take("paint", editor.one)
    editor.click(cell)
    grid_of = "([cell, grid]) => window.editor.store.owner(cell) === grid"
    troubled.page.wait_for_function(grid_of, arg=[cell, editor.one])
    assert troubled.households(editor.one) == editor.households(editor.one)
    troubled.page.evaluate("() => window.editor.store.close()")
    editor.click(second)
    editor.saved()
    troubled.take("erase")
    troubled.click(second)
    dialog = troubled.page.locator("#plan-dialog")
    expect(dialog).to_contain_text("drawer")
    assert troubled.owner(second) == editor.other
    dialog.get_by_role("button").last.click()
    troubled.saved()
    assert second in editor.owners()


def test_two_editors_at_once_end_with_what_the_server_has(
    complaining: Callable[[str], Editor],
) -> None:
    editors = [complaining("drawer"), complaining("reviewer")]
    for seed, editor in enumerate(editors):
        editor.page.evaluate(SCRIBBLE, seed + 1)
    for editor in editors:
        editor.page.wait_for_function("() => window.scribbled")
        editor.saved()
    log = editors[0].log()
    assert {entry["account"]["name"] for entry in log} == {"drawer", "reviewer"}
    assert {"paint", "erase", "undo"} <= {entry["verb"] for entry in log}
    owners = editors[0].owners()
    for editor in editors:
        editor.page.wait_for_function(
            "(last) => window.editor.store.version === last", arg=log[-1]["seq"]
        )
        assert editor.page.evaluate(OWNERS) == owners
        assert editor.page.evaluate(SUMS_OFF) == []


def test_edits_wait_for_the_network(troubled: Editor) -> None:
    cell = troubled.border[0]
    status = troubled.page.locator("#plan-status")
    troubled.take("paint", troubled.one)
    troubled.page.context.set_offline(True)
    troubled.click(cell)
    expect(status).to_have_attribute("data-state", "waiting")
    assert troubled.owner(cell) == troubled.one
    troubled.page.context.set_offline(False)
    assert troubled.owners()[cell] == troubled.one
    assert len(troubled.log()) == 1


def test_an_edit_outlives_the_page(troubled: Editor) -> None:
    cell = troubled.border[0]
    troubled.take("paint", troubled.one)
    troubled.page.route("**/edits", lambda route: route.abort())
    troubled.click(cell)
    expect(troubled.page.locator("#plan-status")).to_have_attribute("data-state", "waiting")
    troubled.page.unroute("**/edits")
    troubled.page.on("dialog", lambda dialog: dialog.accept())
    troubled.page.reload()
    troubled.page.wait_for_selector("#plan[data-ready]")
    assert troubled.owners()[cell] == troubled.one


def test_fingers_paint_and_move_the_map(plan_as: Opener, planning: Planning, draft: UUID) -> None:
    tablet = Editor(plan_as("drawer", TABLET, f"/plan/{draft}"), planning, draft)
    tablet.take("paint", tablet.one)
    touch = tablet.page.context.new_cdp_session(tablet.page)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    first, second = (tablet.place(cell) for cell in tablet.border[:2])
    fingers("Start", first)
    fingers("Move", ((first[0] + second[0]) / 2, (first[1] + second[1]) / 2))
    fingers("Move", second)
    fingers("End")
    owners = tablet.owners()
    assert {owners[cell] for cell in tablet.border[:2]} == {tablet.one}
    zoom = "() => window.editor.map.leaflet.getZoom()"
    before = tablet.page.evaluate(zoom)
    x, y = first
    fingers("Start", (x, y))
    fingers("Start", (x, y), (x + 60, y))
    for apart in (80, 110, 150, 190):
        fingers("Move", (x - (apart - 60) / 2, y), (x + 60 + (apart - 60) / 2, y))
    fingers("End")
    tablet.page.wait_for_function(f"(before) => ({zoom})() > before", arg=before)
    assert len(tablet.log()) == 1
    assert tablet.page.evaluate(SMALL) == []


def test_the_sheet_tells_every_key_and_problems_are_visited(editor: Editor) -> None:
    page = editor.page
    page.keyboard.press("?")
    sheet = page.locator("#plan-dialog")
    expect(sheet.locator("kbd", has_text=re.compile("^Ctrl$"))).not_to_have_count(0)
    tools = page.locator("#plan-tools [data-tool]").count()
    assert sheet.locator("dl > div").count() > tools
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    count = page.evaluate("() => window.editor.store.problems().length")
    assert count > 0
    view = "() => window.editor.map.leaflet.getCenter().toString()"
    before = page.evaluate(view)
    page.keyboard.press("n")
    expect(page.locator("#map-message")).to_contain_text(f"{count}")
    assert page.evaluate(view) != before
    assert axe(page) == []
