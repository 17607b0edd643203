"""The public's map of hot spots: what is on it, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from api.i18n import translate
from geo.core.crs import WGS84_SRID, transform_geometry
from geo.core.hotspots import NOT_ENOUGH
from geo.core.lattice import Lattice
from geo.core.map_origin import Origin
from geo.core.released_spots import released_spots
from geo.core.releases import FixedPeriod, Release
from geo.core.suppression import WITHHELD
from geo.messages import Name
from maps.public_hotspot_sheets import public_hotspot_sheet
from maps.sheets import NO_DATA, MapSheet

if TYPE_CHECKING:
    from collections.abc import Sequence

SIDE = 12
SAY = partial(translate, language="en")
ORIGIN = Origin(
    slug="town",
    name=Name("小镇", "Town"),
    source=Name("tests"),
    licence="CC0",
    review_number="GS(2026)1",
    notice=Name("虚构", "Invented"),
    timezone="Asia/Shanghai",
)


@pytest.fixture(scope="module")
def release() -> Release:
    """A year over hexagons: a cluster, some small counts withheld, a rim where nobody lives."""
    lattice = Lattice("hexagon", 300, 4547)
    row, column = (one.ravel() for one in np.mgrid[0:SIDE, 0:SIDE])
    counts = np.random.default_rng(7).poisson(14, SIDE * SIDE)
    middle = (abs(row - 6) <= 1) & (abs(column - 6) <= 1)
    counts[middle] += 90
    counts[(counts < 8) | (row == 0)] = WITHHELD
    shapes = transform_geometry(
        lattice.polygons(column + 1700, row + 9500), lattice.srid, WGS84_SRID
    )
    return Release(
        period=FixedPeriod(date(2025, 1, 1), date(2026, 1, 1)),
        geography="hexagon",
        side_m=300.0,
        generation="",
        least=8,
        released_at=datetime(2026, 1, 14, 20, tzinfo=UTC),
        total=3000,
        keys=tuple(f"h300:{one}" for one in range(len(counts))),
        names=tuple(Name(f"格子{one}", f"Cell {one}") for one in range(len(counts))),
        shapes=shapes,
        counts=counts.astype(np.int64),
    )


def sheet_of(release: Release, comparable: Sequence[Release] = ()) -> MapSheet:
    return public_hotspot_sheet(release, comparable or (release,), ORIGIN, "en", SAY)


def test_withheld_places_are_told_nowhere(release: Release) -> None:
    sheet = sheet_of(release)
    hidden = np.flatnonzero(~release.told)
    assert len(hidden)
    for layer in sheet.layers:
        assert (layer.classes[hidden] == NO_DATA).all()
        for row in hidden:
            assert layer.titles[row] == f"Cell {row}: Not published"
            assert layer.labels[row] == ""
        counted = [one.shape_count for one in layer.legend.entries]
        assert sum(counted) == len(release.keys)
        assert counted[-1] == len(hidden)
    [table] = sheet.tables
    rows = dict(zip(table.keys, table.rows, strict=True))
    assert all(rows[release.keys[row]][1:] == (None, None) for row in hidden)
    assert rows[""][1] == 3000


def test_a_total_that_is_not_told(release: Release) -> None:
    [table] = sheet_of(replace(release, total=None)).tables
    assert table.rows[-1] == ("All together", None, None)
    assert table.missing == "Not published"


def test_the_cluster_is_hot(release: Release) -> None:
    spots = released_spots(release)
    middle = [row * SIDE + column for row in (5, 6, 7) for column in (5, 6, 7)]
    assert (spots.classes[middle] > 0).all()
    assert (spots.classes[middle] == 3).sum() > 5
    assert (spots.classes[~release.told] == NOT_ENOUGH).all()
    far = np.delete(np.arange(SIDE * SIDE), middle).reshape(-1)
    assert (spots.classes[far] > 0).mean() < 0.15
    labels = [one.label for one in sheet_of(release).layers[1].legend.entries]
    assert labels[0] == "Hot spot, 99 %"
    assert labels[-1] == "Not published: fewer than 8, or to protect others"


def test_periods_side_by_side_have_the_same_classes(release: Release) -> None:
    before = replace(
        release,
        period=FixedPeriod(date(2024, 1, 1), date(2025, 1, 1)),
        counts=np.where(release.told, release.counts + 200, WITHHELD),
    )
    both = (before, release)
    first, second = (sheet_of(one, both) for one in both)
    ranges = [[one.label for one in sheet.layers[0].legend.entries] for sheet in (first, second)]
    assert ranges[0] == ranges[1]
    [table] = second.tables
    assert [one.heading for one in table.columns[1:3]] == ["2024, whole year", "2025, whole year"]


def test_facts_and_notes(release: Release) -> None:
    sheet = sheet_of(release)
    facts = dict(sheet.facts)
    assert facts["Counted by"] == "Hexagonal cells, 300 m across"
    assert facts["Published from"] == "8 issues and 8 residents"
    assert facts["Date"] == "2026-01-15"
    assert facts["Review number"] == "GS(2026)1"
    assert sheet.notes[-1] == "Invented"
    assert any("count as 3.5" in one for one in sheet.notes)


def test_a_place_where_next_to_nothing_is_told(release: Release) -> None:
    nothing = replace(release, counts=np.full(len(release.keys), WITHHELD), total=None)
    sheet = sheet_of(nothing)
    assert all((layer.classes == NO_DATA).all() for layer in sheet.layers)
    assert "Too few numbers are published to tell hot spots from chance." in sheet.notes
