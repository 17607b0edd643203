"""Tests of best sites, against every choice there is."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.core.best_site import best_sites, gains, greedy_sites, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

tables = st.tuples(st.integers(1, 7), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.sampled_from([0, 0, 1, 2, 5]))
)


def choices(count: int, most: int) -> Iterator[tuple[int, ...]]:
    """Yield every choice of candidates."""
    for size in range(most + 1):
        yield from combinations(range(count), size)


@settings(max_examples=60, deadline=None)
@given(tables, st.integers(1, 3))
def test_no_choice_is_better(gained: Ints, count: int) -> None:
    """The solver's choice is as good as the best of all, and that is proven."""
    found = best_sites(gained, count)
    best = max(value_of(gained, one) for one in choices(gained.shape[1], count))
    assert found.value == best == value_of(gained, found.sites)
    assert found.proven
    assert len(found.sites) <= count


@given(tables)
def test_of_equal_sites_the_first_in_order_is_chosen(gained: Ints) -> None:
    """One site: the first of those that gain most; none where nothing is gained."""
    found = best_sites(gained, 1)
    alone = gained.sum(axis=0)
    assert found.sites == ((int(alone.argmax()),) if alone.any() else ())


@settings(max_examples=60, deadline=None)
@given(tables, st.integers(2, 3))
def test_no_site_adds_nothing(gained: Ints, count: int) -> None:
    """Every chosen site is needed, and the choice is the same each time."""
    found = best_sites(gained, count)
    assert best_sites(gained, count) == found
    for site in found.sites:
        rest = tuple(one for one in found.sites if one != site)
        assert value_of(gained, rest) < found.value


def test_choosing_one_by_one_can_miss_the_best() -> None:
    """The best site alone is in the way of the two that are best together."""
    gained = np.array([[3, 3, 0], [3, 3, 0], [4, 0, 4], [4, 0, 4], [0, 2, 0], [0, 0, 2]])
    assert value_of(gained, greedy_sites(gained, 2)) == best_sites(gained, 1).value + 2
    assert best_sites(gained, 2).sites == (1, 2)


def test_a_household_without_any_way_counts_as_far_away() -> None:
    """What can't be told from farther counts so, and covering counts it like any other."""
    walk_m, to_site_m = np.array([np.inf, 500.0]), np.array([[100.0], [np.inf]])
    households = np.array([3, 4])
    assert gains("median", households, walk_m, to_site_m, (200.0, 4800.0)).tolist() == [
        [3 * 47000],
        [0],
    ]
    assert gains("covering", households, walk_m, to_site_m, (200.0, 4800.0)).tolist() == [[3], [0]]


def test_a_solver_out_of_time_tells_the_gap() -> None:
    """Without time for the solver the choice made one by one stands, with its distance."""
    rng = np.random.default_rng(4)
    gained = rng.integers(0, 900, (30, 20))
    found = best_sites(gained, 3, seconds=0.0)
    assert found.value == value_of(gained, found.sites)
    assert found.bound >= best_sites(gained, 3).value >= found.value
    assert found.proven or found.gap_pct == pytest.approx(
        100 * (found.bound - found.value) / found.bound
    )
