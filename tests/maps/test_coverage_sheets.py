"""Sheets of coverage maps: common classes, what is missing, what differs, all of it in tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest
import shapely

from geo.core.coverage_figures import (
    MEASURES,
    PUBLIC,
    ChangedArea,
    CoverageCompared,
    CoverageFigures,
    CoveredGrid,
    GridValues,
    PairedCommunity,
    UnansweredBuilding,
    hidden,
    withheld_rows,
)
from geo.core.map_origin import GenerationShown, Origin
from geo.core.scorecard_terms import PRINCIPLES, Thresholds
from geo.messages import Message, Name
from maps.coverage_sheets import (
    CHANGED,
    Wanted,
    coverage_beside_sheet,
    coverage_difference_sheet,
    coverage_sheet,
)
from maps.patterns import PATTERNS
from maps.sheets import NO_DATA, Legend, MapSheet, ShownLayer

ORIGIN = Origin(
    "town",
    Name("小镇", "Town"),
    Name("统计局", "Office"),
    "CC0",
    "GS(2026)1",
    Name(""),
    "Asia/Shanghai",
)
HOUSEHOLDS = [212.0, 300.0, 400.0, 500.0, 663.0, 0.0]
PER_WORKER = [212.0, np.inf, 200.0, 250.0, 331.5, np.nan]
GENERAL = [True] * 5 + [False]
"""The last grid is a market: a dedicated one, in which nobody lives."""


def english(message: Message) -> str:
    return message.english()


WANTED = Wanted(english, "en")


def town(label: str = "town-2026", households: list[float] | None = None) -> CoverageFigures:
    lived = np.array(HOUSEHOLDS if households is None else households)
    count = len(lived)
    shares = np.linspace(40, 100, count)
    shares[lived == 0] = np.nan
    values = {key: shares for key, one in MEASURES.items() if one.of == "grid"}
    values |= {"households": lived, "per_worker": np.array(PER_WORKER[:count])}
    shapes = np.array([shapely.box(row, 0, row + 1, 1) for row in range(count)], dtype=object)
    community = Name("甲社区", "Community A")
    return CoverageFigures(
        origin=ORIGIN,
        generation=GenerationShown(label, datetime(2026, 1, 1, tzinfo=UTC), None),
        at=datetime(2026, 3, 31, 20, tzinfo=UTC),
        measures=tuple(MEASURES),
        grids=tuple(
            CoveredGrid(
                str(UUID(int=row)),
                f"99900200100100{row}",
                Name(f"{row}格", f"Grid {row}"),
                "general" if GENERAL[row] else "dedicated",
                "999002001001",
                community,
            )
            for row in range(count)
        ),
        shapes=shapes,
        figures=GridValues(
            values,
            dict.fromkeys(PRINCIPLES, shares),
            (lived * 2).astype(int),
            np.array(GENERAL[:count], dtype=bool),
        ),
        withheld=np.zeros(count, dtype=bool),
        communities=(PairedCommunity("999002001001", community, (Name("学校", "School"),)),),
        community_shapes=np.array([shapely.box(0, 0, count, 1)], dtype=object),
        unanswered=(
            UnansweredBuilding("B1", "一栋", "一号", community, 0, 0.5, 0.5, 3, 0),
            UnansweredBuilding("B2", "", "二号", community, -1, 1.5, 0.5, 2, 2),
        ),
        stations=((0.5, 0.5, Name("驿站", "Station")),),
        thresholds=Thresholds(),
        m_per_min=80.0,
        least=0,
        bounds=(0.0, 0.0, 6.0, 1.0),
    )


def public() -> CoverageFigures:
    told = town()
    withheld = withheld_rows(told.figures.values["households"], told.figures.people, 8)
    return replace(
        told,
        measures=PUBLIC,
        figures=hidden(told.figures, withheld, PUBLIC),
        withheld=withheld,
        unanswered=(),
        least=8,
    )


def layer(sheet: MapSheet, key: str) -> ShownLayer:
    return next(one for one in sheet.layers if one.key == key)


def counted(legend: Legend) -> dict[str, int]:
    return {one.label: one.shape_count for one in legend.entries}


def test_households_are_held_against_the_bounds() -> None:
    shown = layer(coverage_sheet(town(), WANTED), "households")
    assert shown.classes.tolist() == [0, 1, 1, 1, 2, 3]
    assert counted(shown.legend) == {
        "Less than 300": 1,
        "300–500": 3,
        "More than 500": 1,
        "Dedicated grid, without bounds": 1,
    }
    assert "Fixed thresholds: 300 / 500" in shown.legend.method


def test_what_is_not_there_is_no_class_of_the_scale() -> None:
    sheet = coverage_sheet(town(), WANTED)
    shown = layer(sheet, "per_worker")
    assert shown.classes[5] == NO_DATA
    assert counted(shown.legend)["No grid worker"] == 1
    assert counted(shown.legend)["Nothing to measure"] == 1
    assert shown.labels[1] == shown.labels[5] == ""
    assert shown.titles[1].endswith("no grid worker")
    table = sheet.tables[0]
    column = [one.heading for one in table.columns].index("For each worker")
    assert [row[column] for row in table.rows] == [212.0, None, 200.0, 250.0, 331.5, None]


@pytest.mark.parametrize("breaks", ["fisher_jenks", "quantiles", "equal_interval"])
def test_the_method_is_the_one_that_was_asked_for_and_named(breaks: str) -> None:
    wanted = WANTED._replace(breaks=breaks, classes=3, measure="walk_5")
    sheet = coverage_sheet(town(), wanted)
    assert sheet.layers[0].key == "walk_5"
    words = {"fisher_jenks": "Fisher–Jenks", "quantiles": "Quantiles", "equal_interval": "Equal"}
    assert words[breaks] in sheet.layers[0].legend.method
    assert "classes: 3" in sheet.layers[0].legend.method


def test_every_layer_is_whole(both: CoverageCompared) -> None:
    sheets = [
        coverage_sheet(town(), WANTED),
        coverage_sheet(public(), WANTED),
        coverage_beside_sheet(both, WANTED),
        coverage_difference_sheet(both, WANTED),
    ]
    for sheet in sheets:
        for one in (*sheet.layers, *sheet.beside):
            assert len(one.shapes) == len(one.classes) == len(one.keys) == len(one.titles)
            assert len(one.labels) == len(one.shapes)
            rows = one.classes[one.classes != NO_DATA]
            assert rows.size == 0 or rows.max() < len(one.legend.entries)
            assert sum(entry.shape_count for entry in one.legend.entries) == len(one.shapes)
            assert all(entry.pattern in PATTERNS for entry in one.legend.entries)
            looks = [(entry.color, entry.pattern) for entry in one.legend.entries]
            assert len(set(looks)) == len(looks)
        for table in sheet.tables:
            assert all(len(row) == len(table.columns) for row in table.rows)
            assert len(table.keys) in {0, len(table.rows)}


def test_the_public_is_told_that_something_is_left_out() -> None:
    told = public()
    sheet = coverage_sheet(told, WANTED)
    assert [one.key for one in sheet.layers] == list(PUBLIC)
    assert told.withheld.tolist() == [True, False, False, False, False, True]
    shown = layer(sheet, "households")
    assert shown.classes[[0, 5]].tolist() == [NO_DATA, NO_DATA]
    assert counted(shown.legend)["Not published"] == 2
    assert "212" not in str(sheet.tables) + str(shown.titles) + str(shown.labels)
    assert sheet.tables[0].missing == "Not published"
    assert any("fewer than 8 residents" in one for one in sheet.notes)


def test_what_must_stand_under_a_map_stands_there() -> None:
    facts = {one.name: one.value for one in coverage_sheet(town(), WANTED).facts}
    assert facts["Generation"] == "town-2026"
    assert facts["Date"] == "2026-04-01"
    assert facts["Data source"] == "Office"
    assert facts["Review number"] == "GS(2026)1"


@pytest.fixture(scope="module")
def both() -> CoverageCompared:
    """Grid 4 loses twelve households to grid 0, and the market is new."""
    before = town("town-2024", [*HOUSEHOLDS[:4], 675.0])
    after = town("town-2026", [224.0, *HOUSEHOLDS[1:]])
    changed = (
        ChangedArea(4, 0, shapely.MultiPolygon([shapely.box(0, 0, 0.1, 1)]), 12_000.0, 12),
        ChangedArea(-1, 5, shapely.MultiPolygon([shapely.box(5, 0, 6, 1)]), 9_000.0, 0),
    )
    return CoverageCompared(before, after, changed)


def test_two_generations_have_common_classes(both: CoverageCompared) -> None:
    sheet = coverage_beside_sheet(both, WANTED._replace(breaks="fisher_jenks"))
    for one, other in zip(sheet.layers, sheet.beside, strict=True):
        assert one.key == other.key
        labels = [entry.label for entry in one.legend.entries if entry.color != "#e4e1da"]
        others = [entry.label for entry in other.legend.entries if entry.color != "#e4e1da"]
        assert labels == others
    assert [len(one.keys) for one in (sheet.layers[0], sheet.beside[0])] == [5, 6]
    assert sheet.name != sheet.beside_name


def test_a_difference_is_told_by_grid_and_by_ground(both: CoverageCompared) -> None:
    sheet = coverage_difference_sheet(both, WANTED)
    shown = layer(sheet, "households")
    assert shown.labels == ["+12", "", "", "", "−12", ""]
    assert counted(shown.legend) == {"−12": 1, "Unchanged": 3, "+12": 1, "New grid": 1}
    ground = layer(sheet, CHANGED)
    assert ground.titles[0] == "From Grid 4 to Grid 0: 1.20 ha, 12 households"
    assert ground.titles[1] == "From no grid to Grid 5: 0.90 ha, 0 households"
    assert ground.classes.tolist() == [0, 1]


def test_a_grid_that_ended_stands_in_the_table(both: CoverageCompared) -> None:
    turned = CoverageCompared(both.after, both.before, ())
    sheet = coverage_difference_sheet(turned, WANTED)
    assert CHANGED not in [one.key for one in sheet.layers]
    assert sheet.tables[0].rows[-1][:4] == ("Grid 5", None, "999002001001005", "No longer there")


def test_nothing_at_all_makes_a_sheet() -> None:
    none = np.array([], dtype=object)
    empty = replace(town(households=[]), communities=(), community_shapes=none, unanswered=())
    sheet = coverage_sheet(empty, WANTED)
    assert not any(len(one.shapes) for one in sheet.layers)
    assert not sheet.tables[0].rows
