"""The page of findings: what it shows, without a network, to eyes, keys and screen readers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from geo.core.findings import KINDS
from maps.findings import LOOKS, FindingsMap, MapFinding, MapWords, render

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROJECT = Path(__file__).resolve().parents[2]
ASSETS = PROJECT / "api" / "static" / "vendor"
AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"

WORDS = MapWords(
    language="zh-CN",
    title="网格.geojson 的覆盖检查",
    summary="错误 1 处，提示 1 处。",
    list_name="检查结果",
    map_name="多边形与检查结果地图",
    nothing="没有发现问题。",
    zoom_in="放大",
    zoom_out="缩小",
    whole="显示全部",
)
LEFT, RIGHT = shapely.box(114.20, 26.70, 114.21, 26.71), shapely.box(114.209, 26.70, 114.22, 26.71)


def finding(kind: str, sentence: str, geometry: Any, *, error: bool = True) -> MapFinding:
    return MapFinding(kind, error, f"种类 {kind}", sentence, "100 m²", geometry)


OVERLAP = finding("overlap", "“<b>一</b>”与“二”重叠。", LEFT.intersection(RIGHT))
PLACE = finding("invalid", "轮廓自相交。", shapely.Point(114.205, 26.705))
NOWHERE = finding("empty", "“三”没有面积。", None)
HOLE = finding("hole", "一处空洞。", shapely.box(114.203, 26.703, 114.204, 26.704), error=False)
ALL = (PLACE, NOWHERE, OVERLAP, HOLE)


def written(findings: tuple[MapFinding, ...]) -> str:
    polygons = np.array([LEFT, RIGHT, None], dtype=object)
    shown = FindingsMap(["<i>一</i>", "{{ 二 }}", "三"], polygons, findings)
    return render(shown, WORDS, assets=ASSETS)


@pytest.fixture
def page(browser_page: Page, tmp_path: Path) -> Page:
    (tmp_path / "map.html").write_text(written(ALL), encoding="utf-8")
    browser_page.goto((tmp_path / "map.html").as_uri())
    return browser_page


def test_every_kind_has_a_look_of_its_own() -> None:
    assert set(LOOKS) == set(KINDS)
    assert len(set(LOOKS.values())) == len(KINDS)


def test_texts_from_the_file_stay_texts() -> None:
    html = written(ALL)
    assert "“&lt;b&gt;一&lt;/b&gt;”" in html
    assert "<b>一</b>" not in html
    assert "{{ 二 }}" in html


def test_a_clean_coverage_says_so() -> None:
    assert "没有发现问题。" in written(())


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_asked_and_nothing_breaks(
    browser_page: Page, tmp_path: Path, width: int
) -> None:
    (tmp_path / "map.html").write_text(written(ALL), encoding="utf-8")
    asked: list[str] = []
    broken: list[str] = []
    browser_page.on("request", lambda one: asked.append(one.url))
    browser_page.on("pageerror", lambda one: broken.append(str(one)))
    browser_page.on("console", lambda one: broken.append(one.text) if one.type == "error" else None)
    browser_page.set_viewport_size({"width": width, "height": 844})
    browser_page.goto((tmp_path / "map.html").as_uri())
    browser_page.locator(".leaflet-tooltip.label").first.wait_for()
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    assert broken == []
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser_page.evaluate(overflow) == 0


@pytest.mark.browser
def test_choosing_a_finding_brings_it_into_sight(page: Page) -> None:
    before = page.locator(".leaflet-control-scale-line").inner_text()
    page.locator(".finding", has_text="一处空洞。").click()
    page.locator(".leaflet-popup").get_by_text("一处空洞。").wait_for()
    assert page.locator('.finding[aria-pressed="true"]').count() == 1
    assert page.locator(".leaflet-control-scale-line").inner_text() != before
    page.get_by_role("button", name="显示全部").click()
    page.locator(".leaflet-popup").wait_for(state="detached")


@pytest.mark.browser
def test_a_badge_on_the_map_finds_its_line(page: Page) -> None:
    page.get_by_role("button", name="4. 一处空洞。").focus()
    page.keyboard.press("Enter")
    chosen = page.locator('.finding[aria-pressed="true"]')
    assert "一处空洞。" in chosen.inner_text()


@pytest.mark.browser
def test_errors_and_kinds_differ_without_colour(page: Page) -> None:
    paths = page.locator("path.leaflet-interactive")
    fills = paths.evaluate_all("all => all.map(one => one.getAttribute('fill'))")
    dashes = paths.evaluate_all("all => all.map(one => one.getAttribute('stroke-dasharray'))")
    assert sorted(fills) == ["url(#look-hole)", "url(#look-invalid)", "url(#look-overlap)"]
    assert sorted(one or "" for one in dashes) == ["", "", "6 4"]


@pytest.mark.browser
def test_axe_finds_nothing(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
