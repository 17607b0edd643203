"""Tests of hot spots: against published figures, against esda, and against chance itself."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.core.hotspots import (
    NOT_ENOUGH,
    discovery_rates,
    gi,
    gi_star,
    gi_star_lattice,
    local_g,
)
from geo.core.lattice import Cells, Lattice
from geo.core.sum_tails import sum_tails

# The remotely sensed values of Getis and Ord (1996), Local spatial statistics: an overview, p. 266,
# 16 rows of 16 cells, 30 m apart, from the bottom left.
REMOTE = """
40 41 42 43 49 54 47 44 42 44 43 46 52 56 56 61
40 42 41 40 43 49 46 42 42 43 43 49 59 62 53 62
43 42 40 42 42 42 41 42 42 43 42 53 66 61 51 62
44 41 39 42 44 43 42 42 42 43 43 49 56 53 53 61
42 43 44 43 42 41 42 44 43 43 44 47 58 59 55 61
52 59 61 56 41 40 43 44 46 48 50 52 68 69 60 61
62 62 86 85 55 59 64 72 75 70 70 62 66 61 55 57
65 62 68 72 102 94 90 83 74 81 96 69 52 50 51 54
62 59 55 61 99 97 93 80 65 87 107 80 59 60 67 66
62 55 56 56 80 90 99 88 64 91 112 94 76 91 100 85
63 57 58 58 77 92 82 71 59 90 105 92 79 98 110 83
59 58 60 64 88 99 82 81 71 80 89 89 89 102 104 75
55 54 53 61 82 102 88 93 96 94 110 114 109 103 92 68
55 55 56 60 91 95 86 98 115 105 110 107 101 89 85 68
62 63 64 59 85 88 95 106 110 99 89 82 79 84 97 79
55 56 54 58 65 75 82 77 74 74 69 61 62 71 73 63
"""
VALUES = np.array(REMOTE.split(), dtype=float)
NORTH, EAST = (30.0 * one.ravel() for one in np.mgrid[:16, :16])
MIDDLE = 119
SRID = 4547


def near(reach_m: float) -> np.ndarray:
    """Return which cells are within a distance of each other, themselves included."""
    return (np.hypot(EAST[:, None] - EAST, NORTH[:, None] - NORTH) <= reach_m + 1e-6).astype(float)


@pytest.mark.parametrize(
    ("reach_m", "published"),
    [(30, 1.221979), (60, 1.748098), (90, 1.986135), (120, 1.893374), (150, 1.237454)],
)
def test_gi_is_the_published_one(reach_m: float, published: float) -> None:
    assert gi(VALUES, near(reach_m))[MIDDLE] == pytest.approx(published, abs=5e-7)


def test_gi_star_is_the_published_one() -> None:
    assert gi_star(VALUES, near(30))[MIDDLE] == pytest.approx(1.45078, abs=5e-6)


def test_gi_star_is_the_same_in_any_unit() -> None:
    assert np.allclose(gi_star(VALUES * 1e-9, near(30)), gi_star(VALUES, near(30)))


def field(side: int, kind: str = "square") -> Cells:
    """Return a lattice of whole cells."""
    reach = 100.0 * side
    lattice = Lattice(kind, 100, SRID)  # type: ignore[arg-type]
    return lattice.cells_over(shapely.box(-50, -50, reach - 50, reach - 50))


def test_gi_star_is_that_of_esda() -> None:
    from esda.getisord import G_Local  # noqa: PLC0415 - heavy
    from libpysal.weights import W, fill_diagonal  # noqa: PLC0415 - heavy

    cells = field(20)
    values = np.random.default_rng(1).poisson(2.0, len(cells)).astype(float)
    taking = np.ones(len(cells), dtype=bool)
    dense = np.stack([cells.summing(2, taking)(one) for one in np.eye(len(cells))])
    neighbours = {row: np.flatnonzero(one).tolist() for row, one in enumerate(dense)}
    without = W({row: [one for one in to if one != row] for row, to in neighbours.items()})
    theirs = G_Local(values, fill_diagonal(without, 1.0), star=True, transform="B", permutations=0)
    others = G_Local(values, without, star=False, transform="B", permutations=0)
    ours = gi_star_lattice(values, cells.summing(2, taking), taking)
    assert np.abs(ours - theirs.Zs).max() < 1e-9
    assert np.abs(gi_star(values, dense) - theirs.Zs).max() < 1e-9
    assert np.abs(gi(values, dense) - others.Zs).max() < 1e-9
    found = local_g(values, cells.summing(2, taking), cells.share, total=int(values.sum()))
    assert np.abs(found.p_normal - 2 * theirs.p_norm).max() < 1e-9


@given(
    values=st.lists(st.integers(0, 6), min_size=1, max_size=9),
    data=st.data(),
)
def test_tails_are_those_of_all_samples(values: list[int], data: st.DataObject) -> None:
    cells = data.draw(st.integers(0, len(values)))
    observed = data.draw(st.integers(-1, sum(values) + 1))
    sums = [sum(one) for one in combinations(values, cells)]
    found = sum_tails(np.array(values), np.array([cells]), np.array([observed]))
    assert found.lower[0] == pytest.approx(np.mean([one <= observed for one in sums]))
    assert found.upper[0] == pytest.approx(np.mean([one >= observed for one in sums]))


def test_tails_are_those_of_shuffled_cells() -> None:
    random = np.random.default_rng(3)
    values = random.negative_binomial(0.3, 0.05, 2000)
    drawn = np.stack([random.choice(values, 19, replace=False).sum() for _ in range(20_000)])
    sums = np.array([20, 60, 120, 200, 350])
    found = sum_tails(values, np.full(5, 19), sums)
    error = 4 * np.sqrt(0.25 / len(drawn))
    assert np.abs(found.upper - [(drawn >= one).mean() for one in sums]).max() < error
    assert np.abs(found.lower - [(drawn <= one).mean() for one in sums]).max() < error


def test_small_tails_keep_their_digits() -> None:
    values = np.r_[np.zeros(990, dtype=np.int64), np.ones(10, dtype=np.int64)]
    found = sum_tails(values, np.array([10]), np.array([10])).upper[0]
    exact = 1 / float(np.prod([(1000 - one) / (10 - one) for one in range(10)]))
    assert found == pytest.approx(exact, rel=1e-9)


@given(p=st.lists(st.floats(0, 1), max_size=30), level=st.sampled_from([0.01, 0.05, 0.1]))
def test_discovery_rates_find_what_the_step_up_procedure_finds(
    p: list[float], level: float
) -> None:
    ordered = np.sort(p)
    passing = np.flatnonzero(ordered <= level * np.arange(1, len(p) + 1) / max(len(p), 1))
    threshold = ordered[passing[-1]] if len(passing) else -1.0
    found = discovery_rates(np.array(p))
    assert (found <= level * (1 - 1e-12)).sum() <= (np.array(p) <= threshold).sum()
    assert (found <= level * (1 + 1e-12)).sum() >= (np.array(p) <= threshold).sum()


def planted(seed: int) -> tuple[Cells, np.ndarray]:
    """Return a city with a background of one issue a cell, and a heap of a hundred."""
    cells = field(30, "hexagon")
    random = np.random.default_rng(seed)
    values = random.poisson(1.0, len(cells))
    heap = random.normal((1500, 1200), 80, (100, 2))
    rows = cells.rows_at(*heap.T)
    return cells, values + np.bincount(rows, minlength=len(cells))


def hot_of(cells: Cells, values: np.ndarray) -> np.ndarray:
    """Return which cells are hot spots at a false discovery rate of 5 %."""
    taking = cells.share >= 0.5
    found = local_g(
        values.astype(float), cells.summing(1, taking), cells.share, total=int(values.sum())
    )
    return np.asarray(found.classes >= 2)


def test_a_planted_heap_is_found_and_nothing_else() -> None:
    cells, values = planted(1)
    x, y = cells.lattice.middles(cells.column, cells.row)
    far_m = np.hypot(x - 1500, y - 1200)
    hot = hot_of(cells, values)
    assert hot[far_m < 100].all()
    assert hot[far_m > 450].mean() < 0.01


def test_the_same_figures_elsewhere_are_no_hot_spot() -> None:
    """A false alarm anywhere in the city is as rare as the rate says; the same heaps scattered."""
    cells, values = planted(2)
    taking = np.flatnonzero(cells.share >= 0.5)
    alarms = 0
    for seed in range(60):
        shuffled = np.zeros(len(cells))
        shuffled[taking] = np.random.default_rng(seed).permutation(values[taking])
        alarms += bool(hot_of(cells, shuffled).any())
    assert alarms <= 8


def test_the_rim_is_not_cold_for_being_cut() -> None:
    """Issues strewn evenly over a ragged area: cells that are cut have fewer of them."""
    area = shapely.Point(0, 0).buffer(1000)
    cells = Lattice("hexagon", 100, SRID).cells_over(area)
    for seed in range(20):
        points = np.random.default_rng(seed).uniform(-1000, 1000, (4000, 2))
        points = points[shapely.intersects_xy(area, *points.T)]
        counts = np.bincount(cells.rows_at(*points.T), minlength=len(cells)).astype(float)
        taking = cells.share >= 0.5
        found = local_g(counts, cells.summing(1, taking), cells.share, total=len(points))
        assert set(np.unique(found.classes[taking]).tolist()) <= {-1, 0, 1}
        assert (found.classes[~taking] == NOT_ENOUGH).all()


@pytest.mark.parametrize(
    ("side", "values", "reason"),
    [(5, 3, "cells"), (10, 0, "total"), (10, 2, "constant")],
)
def test_nothing_is_said_of_too_little(side: int, values: int, reason: str) -> None:
    cells = field(side)
    given_values = np.full(len(cells), float(values))
    taking = np.ones(len(cells), dtype=bool)
    found = local_g(given_values, cells.summing(1, taking), cells.share, total=values * side**2)
    assert found.reason == reason
    assert (found.classes == NOT_ENOUGH).all()
    assert np.isnan(found.z).all()


def test_nothing_is_said_of_a_neighbourhood_that_covers_much_of_the_city() -> None:
    cells = field(6)
    values = np.random.default_rng(0).poisson(2.0, len(cells)).astype(float)
    taking = np.ones(len(cells), dtype=bool)
    found = local_g(values, cells.summing(2, taking), cells.share, total=int(values.sum()))
    assert ((found.classes == NOT_ENOUGH) == (found.cells > 9)).all()
    assert (found.classes == NOT_ENOUGH).any()
    assert (found.classes != NOT_ENOUGH).any()


def test_a_little_ground_outside_costs_little_certainty() -> None:
    cells = field(14)
    values = np.zeros(len(cells))
    values[:: len(cells) // 30] = 1.0
    heap = np.hypot(cells.column - 7, cells.row - 7) < 1.5
    values[heap] = 1.0
    summed = cells.summing(1, np.ones(len(cells), dtype=bool))
    whole, cut = (
        local_g(values, summed, np.full(len(cells), share), total=int(values.sum())).p[heap].min()
        for share in (1.0, 0.95)
    )
    assert whole <= cut < 2 * whole
