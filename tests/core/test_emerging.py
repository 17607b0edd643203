"""Tests of emerging hot spots: each kind told from months made for it, and the trend's test."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from geo.core.emerging import MONTHS_MIN, PATTERNS, emerging, mann_kendall
from geo.core.hotspots import NOT_ENOUGH
from geo.core.lattice import Lattice

CELLS = Lattice("hexagon", 100, 4547).cells_over(shapely.box(-50, -50, 2950, 2950))
SPOT = 300
MONTHS = 20
NONE, SOME, MUCH = 0, 12, 40

X, Y = CELLS.lattice.middles(CELLS.column, CELLS.row)
FAR_M = np.hypot(X - X[SPOT], Y - Y[SPOT])

STORIES = {
    "new": [NONE] * 19 + [MUCH],
    "consecutive": [NONE] * 16 + [MUCH] * 4,
    "intensifying": [10 + 4 * month for month in range(20)],
    "persistent": [MUCH, MUCH - 9, MUCH, MUCH - 7] * 5,
    "diminishing": [90 - 4 * month for month in range(20)],
    "sporadic": [MUCH, NONE, NONE, NONE] * 4 + [NONE, NONE, NONE, MUCH],
    "historical": [MUCH] * 18 + [NONE] * 2,
}


def told(story: list[int], background: float = 1.0) -> tuple[int, np.ndarray]:
    """Return what is told of a place with so many issues a month, and all categories."""
    random = np.random.default_rng(7)
    counts = random.poisson(background, (len(story), len(CELLS))).astype(float)
    counts[:, FAR_M < 130] += np.array(story)[:, None]
    taking = CELLS.share >= 0.5
    found = emerging(counts, CELLS.summing(1, taking), CELLS.share, total=int(counts.sum()))
    return int(found.categories[SPOT]), found.categories


@pytest.mark.parametrize("pattern", list(STORIES))
def test_each_kind_of_hot_spot_is_told_from_its_months(pattern: str) -> None:
    category, others = told(STORIES[pattern])
    assert PATTERNS[category - 1] == pattern
    assert np.isin(others, [0, NOT_ENOUGH]).mean() > 0.95


@pytest.mark.parametrize(
    ("hot_months", "pattern"),
    [([10, -1], "oscillating"), ([-3, -2, -1], "consecutive"), ([-1], "new")],
)
def test_a_hot_spot_that_was_cold_and_hot_before_oscillates(
    hot_months: list[int], pattern: str
) -> None:
    counts = np.random.default_rng(5).poisson(6.0, (MONTHS, len(CELLS))).astype(float)
    near = np.flatnonzero(FAR_M < 260)
    counts[:6, near] = 0.0
    counts[np.ix_(hot_months, near)] += 25.0
    taking = CELLS.share >= 0.5
    found = emerging(counts, CELLS.summing(1, taking), CELLS.share, total=int(counts.sum()))
    assert (found.local.classes[:6, SPOT] <= -2).any()
    assert PATTERNS[found.categories[SPOT] - 1] == pattern


def test_a_cold_spot_is_the_twin_of_a_hot_one() -> None:
    counts = np.random.default_rng(5).poisson(6.0, (MONTHS, len(CELLS))).astype(float)
    near = FAR_M < 260
    counts[-4:, near] = 0.0
    taking = CELLS.share >= 0.5
    found = emerging(counts, CELLS.summing(1, taking), CELLS.share, total=int(counts.sum()))
    category = int(found.categories[SPOT])
    assert category < 0
    assert PATTERNS[-category - 1] == "consecutive"


def test_nothing_is_told_of_few_months() -> None:
    category, others = told([MUCH] * (MONTHS_MIN - 1))
    assert category == NOT_ENOUGH
    assert (others == NOT_ENOUGH).all()


@given(st.lists(st.integers(0, 5), min_size=4, max_size=30).filter(lambda one: len(set(one)) > 1))
def test_the_trend_is_kendalls(series: list[int]) -> None:
    tau, p = mann_kendall(np.array(series, dtype=float)[:, None])
    tied = len(set(series)) < len(series)
    theirs = kendalltau(np.arange(len(series)), series, method="asymptotic" if tied else "exact")
    assert tau[0] == pytest.approx(theirs.statistic)
    assert p[0] == pytest.approx(theirs.pvalue)


@given(st.permutations(range(12)))
def test_the_trend_without_ties_is_exact(series: list[int]) -> None:
    tau, p = mann_kendall(np.array(series, dtype=float)[:, None])
    theirs = kendalltau(np.arange(12), series, method="exact")
    assert tau[0] == pytest.approx(theirs.statistic)
    assert p[0] == pytest.approx(theirs.pvalue)
