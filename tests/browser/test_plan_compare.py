"""Old and new beside each other, searches called off and taken, generations on a slider."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from geo.flows.plans import FromGeneration, Written, create_draft, edit, state_of
from geo.store.engine import session
from geo.store.history import generation_entries
from geo.store.overview import jurisdictions
from geo.store.plan_log import NewEntry
from tests.browser.axe import axe
from tests.browser.devices import DESK, PHONE
from tests.people import asker_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Planning

    Opener = Callable[..., Page]

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000
COMMUNITY = "桐木岭路社区"

EDITOR = "import(document.querySelector('script[src*=\"plan/editor\"]').src)"
MIDDLES = f"""async () => {{
    const {{ map }} = await (await {EDITOR}).ready;
    const {{ lng, lat }} = map.leaflet.getCenter();
    return [lng, lat, map.leaflet.getZoom()];
}}"""
CUTS = """() => [...document.querySelectorAll("#map .plan-stage")]
    .map((one) => one.style.clipPath)"""


@pytest.fixture(scope="module")
def draft(planning: Planning) -> str:
    """Key of a draft in which one block has gone to the grid next to it."""
    asker = asker_of(planning.accounts["drawer"])
    with session(planning.url, asker) as opened:
        city = jurisdictions(opened)[0].slug
        label = next(one.label for one in generation_entries(opened, city) if one.ends is None)
        key = create_draft(opened, city, "对比检查", "", FromGeneration(label))
        state = state_of(opened, key)
        full = next(key for key, grid in state.grids.items() if grid.name.endswith("路社区第6网格"))
        home = state.grids[full].community
        spare = next(
            key
            for key, grid in state.grids.items()
            if grid.community == home and key != full and grid.kind == "general"
        )
        cell = state.members()[full][0]
        entry = NewEntry(uuid4(), "paint", {"owner": {cell: (full, spare)}}, {})
        assert isinstance(edit(opened, key, entry), Written)
        return str(key)


def opened(plan_as: Opener, draft: str, tab: str) -> Page:
    page = plan_as("drawer", DESK, f"/plan/{draft}")
    page.wait_for_selector("#plan[data-ready]")
    page.locator(f"#tab-button-{tab}").click()
    return page


def test_a_change_is_read_by_letter_and_list(plan_as: Opener, draft: str) -> None:
    page = opened(plan_as, draft, "compare")
    line = page.locator("#tab-compare .thing")
    expect(line).to_have_count(1)
    expect(line.locator(".thing-sign")).to_have_text("A")
    expect(line).to_contain_text(re.compile("第6网格 → .*网格"))
    expect(page.locator(".compare-letter")).to_have_text("A")
    expect(page.locator(".compare-grids tbody tr")).to_have_count(2)
    page.locator('[data-mode="difference"]').press("ArrowLeft")
    expect(page.locator('[data-mode="off"]')).to_be_focused()
    expect(page.locator(".compare-letter")).to_have_count(0)


def test_the_bar_between_old_and_new_is_moved_by_keys(plan_as: Opener, draft: str) -> None:
    page = opened(plan_as, draft, "compare")
    page.locator('[data-mode="swipe"]').click()
    bar = page.locator(".compare-bar")
    expect(bar).to_have_attribute("aria-valuenow", "50")
    half = page.evaluate(CUTS)
    assert len(half) == 2
    assert all(one.startswith("polygon") for one in half)
    bar.press("ArrowRight")
    expect(bar).to_have_attribute("aria-valuenow", "52")
    assert page.evaluate(CUTS) != half
    box = bar.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, 300)
    page.mouse.down()
    page.mouse.move(box["x"] - 200, 300)
    page.mouse.up()
    assert int(bar.get_attribute("aria-valuenow") or 0) < 40
    assert axe(page, "#plan-map") == []
    page.locator('[data-mode="off"]').click()
    expect(bar).to_have_count(0)
    assert page.evaluate(CUTS) == [""]


def test_both_maps_show_the_same_place(plan_as: Opener, draft: str) -> None:
    page = opened(plan_as, draft, "compare")
    page.locator('[data-mode="side"]').click()
    old, new = (page.locator(one).bounding_box() for one in ("#plan-map-old", "#map"))
    assert old
    assert new
    assert old["x"] + old["width"] <= new["x"] + 1
    assert abs(old["width"] - new["width"]) <= 2
    before = page.evaluate(MIDDLES)
    page.locator("#plan-map-old").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"async (lon) => (await ({MIDDLES})())[0] !== lon", arg=before[0])
    assert axe(page, "#content") == []
    page.locator('[data-mode="difference"]').click()
    expect(page.locator("#plan-map-old")).to_have_count(0)


def test_a_search_is_called_off(plan_as: Opener, draft: str) -> None:
    page = opened(plan_as, draft, "proposals")
    page.locator('[name="kind"][value="new"]').check()
    start = page.locator(".proposal-go button")
    expect(page.locator(".proposal-verdict .proposal-yes").first).to_be_visible(timeout=PATIENCE_MS)
    start.click()
    page.locator(".proposal-running button").click()
    expect(start).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".proposal-result p")).to_be_visible()
    expect(page.locator(".proposal-earlier .thing-sign").first).to_have_text("×")
    expect(page.locator(".proposal-banner")).to_be_hidden()
    page.wait_for_timeout(1_500)  # the server has told of it once more by then
    expect(start).to_be_visible()


def test_a_proposal_is_taken_and_taken_back(plan_as: Opener, draft: str) -> None:
    page = opened(plan_as, draft, "proposals")
    page.locator('[name="community"]').select_option(label=COMMUNITY)
    expect(page.locator(".proposal-verdict li")).to_contain_text(COMMUNITY, timeout=PATIENCE_MS)
    page.locator(".proposal-go button").click()
    expect(page.locator(".proposal-card")).to_have_count(3, timeout=PATIENCE_MS)
    expect(page.locator(".proposal-banner")).to_be_visible()
    page.locator('[name="choice"][value="2"]').check()
    expect(page.locator(".proposal-table thead th").last).to_have_class("chosen")
    expect(page.locator(".proposal-moves .thing").first).to_be_visible(timeout=PATIENCE_MS)
    page.locator(".proposal-scores summary").click()
    assert axe(page, "#tab-proposals") == []
    problems = page.locator("#tab-button-problems .tab-count")
    before = problems.inner_text()
    page.locator(".proposal-acts button").first.click()
    expect(problems).not_to_have_text(before, timeout=PATIENCE_MS)
    assert int(problems.inner_text()) < int(before)
    expect(page.locator(".proposal-banner")).to_be_hidden()
    page.locator('[data-tool="undo"]').click()
    expect(problems).to_have_text(before, timeout=PATIENCE_MS)


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_generations_slide_by_keys(plan_as: Opener, device: dict[str, Any]) -> None:
    page = plan_as(None, device, "/plan/generations")
    page.wait_for_selector("#map path.era-grid")
    slider, title = page.locator("#era"), page.locator("#chosen-title")
    now = title.inner_text()
    expect(page.locator(".era-grid--redrawn[fill^=url]")).not_to_have_count(0)
    slider.press("ArrowLeft")
    expect(title).not_to_have_text(now)
    expect(page.locator(".era-grid--redrawn")).to_have_count(0)
    expect(page).to_have_url(re.compile(f"generation={re.escape(title.inner_text())}$"))
    page.locator("#era-later").click()
    expect(title).to_have_text(now)
    row = page.locator('#chosen [data-change="redrawn"]').first
    row.click()
    expect(page.locator("#history li")).to_have_count(2)
    expect(page.locator("#history")).to_contain_text(row.get_attribute("data-code") or "")
    assert page.evaluate("document.documentElement.scrollWidth") == device["viewport"]["width"]
    assert axe(page) == []
    expect(page.locator("#era-figures")).to_have_count(0)


def test_what_a_grid_was_on_a_day_and_figures_recast(plan_as: Opener) -> None:
    page = plan_as("drawer", DESK, "/plan/generations")
    page.wait_for_selector("#map path.era-grid")
    code = page.locator('#chosen [data-change="redrawn"]').first.get_attribute("data-code") or ""
    page.locator("#era-code").fill(code)
    page.locator("#era-day").fill("2025-06-01")
    page.locator("#era-ask button").click()
    expect(page.locator("#history li")).to_have_count(1)
    expect(page.locator("#era")).to_have_value("0")
    rows = page.locator("#era-figures tbody tr")
    expect(rows).not_to_have_count(0)
    page.locator("#era-as").select_option("now")
    expect(page.locator("#era-figures thead th")).to_have_count(5)
    assert axe(page) == []
