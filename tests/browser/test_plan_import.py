"""Importing a plan through its page: compared first, then made a draft."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import axe
from tests.browser.devices import DESK
from tests.conftest import BOUNDARIES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}}
OLD_PLAN = BOUNDARIES / "jinggangshan" / "grids-2024.geojson"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Return a file of one community's grids as they were before the last redraw."""
    told: dict[str, Any] = json.loads(OLD_PLAN.read_text("utf-8"))
    community = told["features"][0]["properties"]["code"][:12]
    told["features"] = [
        one for one in told["features"] if one["properties"]["code"].startswith(community)
    ]
    path = tmp_path / "上一期.geojson"
    path.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    return path


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_a_plan_is_compared_and_becomes_a_draft(
    plan_as: Callable[..., Page], plan: Path, device: dict[str, Any]
) -> None:
    page = plan_as("drawer", device, "/plan/import?place=jinggangshan")
    page.get_by_label("文件", exact=True).or_(
        page.get_by_label("File", exact=True)
    ).set_input_files(plan)
    page.locator("[name=name]").fill("恢复上一期")
    page.locator("button[name=dry]").click()
    result = page.locator("#plan-import-result")
    expect(result.locator("table").first).to_be_visible(timeout=20_000)
    assert result.locator("tbody tr").count() > 2
    assert axe(page) == []
    page.locator("button[name=make]").click()
    link = result.locator("a[href^='/plan/']")
    expect(link).to_be_visible(timeout=20_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
