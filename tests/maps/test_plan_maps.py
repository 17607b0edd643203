"""Maps of a plan: everything can be read, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import shapely

from geo.core.crosswalk import Crosswalk
from geo.core.drafts import PlannedGrid
from geo.core.effects import Effects, GridEffect, Layout
from geo.core.notices import Occasion
from maps.plan_maps import maps_html

SRID = 4547
HATCHED = '<path class="hatch"'
X, Y = 500_000.0, 2_960_000.0


def ground() -> Any:
    area = shapely.MultiPolygon([shapely.box(X, Y, X + 400, Y + 200)])
    nothing = np.array([], dtype=object)
    return SimpleNamespace(
        srid=SRID,
        communities=(SimpleNamespace(code="9" * 12, name="大街社区", name_en="", area=area),),
        roads=SimpleNamespace(lines=np.array([shapely.LineString([(X, Y), (X + 400, Y)])])),
        waters=SimpleNamespace(shapes=nothing),
    )


def layout(border: float) -> Layout:
    from geo.core.crs import transform_geometry  # noqa: PLC0415 - for this alone

    names = {"a": "大街社区第1<网格>", "b": "大街社区第2网格"}
    boxes = np.array(
        [shapely.box(X, Y, X + border, Y + 200), shapely.box(X + border, Y, X + 400, Y + 200)]
    )
    polygons = transform_geometry(boxes, SRID, 4326)
    grids = {key: PlannedGrid("9" * 12 + f"00{row}", names[key]) for row, key in enumerate("ab")}
    return Layout(grids, dict(zip("ab", polygons, strict=True)))


def drawn(border: float) -> str:
    before, after = layout(200), layout(border)
    change = "same" if border == 200 else "redrawn"
    grids = tuple(
        GridEffect(key, change, before.grids[key], after.grids[key], 3, 4) for key in "ab"
    )
    found = Effects(before, after, grids, (), (), (), (), (), Crosswalk(()))
    occasion = Occasion(
        "小镇", "方案", "town-2026", None, date(2026, 11, 1), {"9" * 12: "大街社区"}
    )
    return maps_html(found, ground(), occasion)


def test_a_plan_that_changes_nothing_has_two_maps() -> None:
    page = drawn(200)
    assert page.count("<section>") == 2
    assert page.count("大街社区") >= 2


def test_what_changes_is_hatched_and_shown_side_by_side() -> None:
    page = drawn(260)
    assert page.count("<section>") == 3
    assert page.count("<figure>") == 2
    assert "第1&lt;网格&gt;" in page
    assert "3户" in page
    assert "4户" in page
    assert "未发布" in page
    assert HATCHED in page
    outlines = re.findall(r' d="([^"]*)"', page)
    assert not any(re.search(r"M(?![\d-])", one) for one in outlines)
    assert HATCHED not in drawn(200)


def test_nothing_comes_from_elsewhere() -> None:
    page = drawn(260)
    addresses = set(re.findall(r"(?:https?:)?//[^\s\"'<>]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "url(" not in page
