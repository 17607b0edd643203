"""Tests of the sheets of hot spot maps: everything found is drawn, named and in the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely

from geo.core.density import Bands, bands, kernel_density
from geo.core.emerging import emerging
from geo.core.hotspot_map import Asked, Counting, HotspotMap, LeftOut, rates
from geo.core.hotspots import local_g
from geo.core.lattice import Lattice
from geo.core.map_origin import GenerationShown, Origin
from geo.messages import Message, Name
from maps.hotspot_sheets import hotspot_sheet
from maps.patterns import PATTERNS
from maps.sheets import NO_DATA, MapSheet

AREA = shapely.box(500_000, 2_960_000, 501_000, 2_961_000)
ORIGIN = Origin(
    slug="town",
    name=Name("小镇", "Town"),
    source=Name("测试", "tests"),
    licence="CC0",
    review_number="",
    notice=Name("虚构", "Invented"),
    timezone="Asia/Shanghai",
)
AT = datetime(2026, 1, 5, tzinfo=UTC)
MONTHS = tuple(range(2025 * 12, 2025 * 12 + 12))
MIDDLE = np.array([500_500.0, 2_960_500.0])


def town(asked: Asked, heap: slice = slice(4, 12)) -> HotspotMap:
    """Return a map of a town with a heap in its middle in some months, whatever is asked for."""
    cells = Lattice("hexagon", 100, 4547).cells_over(AREA)
    random = np.random.default_rng(4)
    by_month = random.poisson(0.2, (12, len(cells)))
    x, y = cells.lattice.middles(cells.column, cells.row)
    by_month[heap, np.hypot(*(np.array([x, y]).T - MIDDLE).T) < 130] += 5
    counts = by_month.sum(axis=0)
    households = np.full(len(cells), 30)
    households[0] = 3
    rate = asked.value == "per_100_households"
    values = rates(counts, households) if rate else counts.astype(float)
    taking = np.isfinite(values) & (cells.share >= 0.5)
    summed, total = cells.summing(1, taking), int(counts.sum())
    drawn = bands(kernel_density(*random.normal(MIDDLE, 100, (300, 2)).T, AREA, 100.0), AREA)
    return HotspotMap(
        asked=asked,
        origin=ORIGIN,
        generation=GenerationShown("town-2026", AT, None),
        at=AT,
        duties=(Name("占道经营", "Street vending"),) if asked.duties else (),
        areas=Counting(cells.keys, (), cells.clipped, cells.share, 100.0, 1),
        counts=counts,
        households=households,
        values=values,
        local=local_g(values, summed, cells.share, total=total)
        if asked.statistic == "gi"
        else None,
        months=MONTHS,
        by_month=by_month,
        whole=slice(0, 12),
        emerging=(
            emerging(by_month.astype(float), summed, cells.share, total=total)
            if asked.statistic == "emerging"
            else None
        ),
        bands=drawn if asked.statistic == "density" else None,
        bandwidth_m=100.0,
        total=total,
        left_out=LeftOut(2, 3, private=True),
        bounds=(114.0, 26.7, 114.1, 26.8),
    )


def drawn(told: HotspotMap) -> MapSheet:
    """Return a map's sheet in English."""
    return hotspot_sheet(told, "en", Message.english)


ASKED = {
    "gi": Asked("town"),
    "rates": Asked("town", value="per_100_households"),
    "emerging": Asked("town", statistic="emerging", duties=("D34",)),
    "density": Asked("town", statistic="density"),
    "count": Asked("town", statistic="count"),
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=list(ASKED))
def test_layers_are_whole(asked: Asked) -> None:
    sheet = drawn(town(asked))
    assert len({one.key for one in sheet.layers}) == len(sheet.layers)
    for layer in sheet.layers:
        entries = layer.legend.entries
        size = len(layer.shapes)
        assert all(one.pattern in PATTERNS for one in entries)
        looks = {(one.color, one.pattern) for one in entries}
        assert len(looks) == len(entries)
        assert len(layer.keys) == len(layer.titles) == len(layer.labels) == size
        assert sum(one.shape_count for one in entries) == size
        for classes, titles in [(layer.classes, layer.titles)] + [
            (step.classes, step.titles) for step in layer.steps
        ]:
            assert len(classes) == len(titles) == size
            assert ((classes >= NO_DATA) & (classes < len(entries))).all()
    table = sheet.tables[0]
    assert len(table.keys) == len(table.rows)
    assert {len(one) for one in table.rows} == {len(table.columns)}
    keys = set(sheet.layers[-1].keys)
    assert set(table.keys) <= keys


def test_what_was_asked_for_is_shown_first() -> None:
    first = {name: drawn(town(asked)).layers[0].key for name, asked in ASKED.items()}
    assert first == {
        "gi": "hotspots",
        "rates": "hotspots",
        "emerging": "emerging",
        "density": "density",
        "count": "issues",
    }


def test_hot_spots_that_came_and_went_are_not_passed_over_in_silence() -> None:
    said = "Those that came and went are shown month by month."
    gone = drawn(town(ASKED["emerging"], heap=slice(3, 6))).notes
    there = drawn(town(ASKED["emerging"])).notes
    assert [any(said in one for one in notes) for notes in (gone, there)] == [True, False]


def test_every_hot_spot_stands_in_the_table_the_hottest_first() -> None:
    told = town(ASKED["gi"])
    assert told.local is not None
    sheet = drawn(told)
    table = sheet.tables[0]
    hot = {told.areas.keys[row] for row in np.flatnonzero(told.local.classes > 0)}
    assert hot
    assert hot <= set(table.keys[: len(hot) + 5])
    column = [one.heading for one in table.columns].index("Gi* z")
    z = [row[column] for row in table.rows if row[column] is not None]
    assert z == sorted(z, reverse=True)
    with_issues = {told.areas.keys[row] for row in np.flatnonzero(told.counts)}
    assert with_issues <= set(table.keys)


def test_months_can_be_stepped_through() -> None:
    told = town(ASKED["gi"])
    months = next(one for one in drawn(told).layers if one.key == "months")
    assert [one.name for one in months.steps][:2] == ["2025-01", "2025-02"]
    busiest = int(told.by_month[5].argmax())
    assert months.steps[5].titles[busiest] == f"{told.by_month[5].max()} issues"


def test_what_is_left_out_is_said() -> None:
    notes = " ".join(drawn(town(ASKED["gi"])).notes)
    for words in ("private duties", "2 issues without a position", "3 issues outside", "Invented"):
        assert words in notes


def test_the_facts_name_the_method_and_the_neighbourhood() -> None:
    facts = {one.name: one.value for one in drawn(town(ASKED["emerging"])).facts}
    assert facts["Neighbourhood"] == "The cell itself and all that touch it, as far as 100 m"
    assert "Benjamini" in facts["Significance"]
    assert facts["Duties"] == "Street vending"
    assert facts["Generation"] == "town-2026"
    assert facts["Data source"] == "tests"
    density = drawn(town(ASKED["density"])).layers[0]
    assert "100 m" in density.legend.method


def test_too_little_is_called_so() -> None:
    told = town(ASKED["gi"])
    cells = len(told.areas.keys)
    nothing = np.zeros(cells)
    summed = Lattice("hexagon", 100, 4547).cells_over(AREA).summing(1, told.areas.share >= 0.5)
    empty = replace(
        told,
        counts=nothing.astype(np.int64),
        local=local_g(nothing, summed, told.areas.share, total=0),
        months=(),
        by_month=np.empty((0, cells), dtype=np.int64),
        total=0,
    )
    sheet = drawn(empty)
    assert (sheet.layers[0].classes == NO_DATA).all()
    assert [one.label for one in sheet.layers[0].legend.entries] == ["Not enough data"]
    assert any("Not enough data" in one for one in sheet.notes)


def test_no_issues_have_no_density() -> None:
    told = town(ASKED["density"])
    none = Bands(np.empty(0), np.empty(0, dtype=object))
    assert [one.key for one in drawn(replace(told, bands=none)).layers] == ["issues", "months"]


def test_grids_are_called_by_their_names() -> None:
    told = town(ASKED["count"])
    names = tuple(Name(f"{row}格", f"Grid {row}") for row in range(len(told.areas.keys)))
    sheet = drawn(replace(told, areas=replace(told.areas, names=names, side_m=0.0)))
    assert sheet.layers[0].titles[3].startswith("Grid 3: ")
    assert [one.heading for one in sheet.tables[0].columns][:2] == ["Grid", "Code"]
    assert len(sheet.tables[0].rows) == len(names)
