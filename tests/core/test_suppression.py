"""What may be told of a table, and what somebody who knows all rules makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.core.suppression import WITHHELD, Told, order_of, suppress
from tests.attacker import COMPLEMENT, SMALL, kinds, narrowed

LEAST = 8

tables = st.integers(1, 6).flatmap(
    lambda size: st.tuples(
        st.lists(st.one_of(st.integers(0, 12), st.integers(0, 40)), min_size=size, max_size=size),
        st.lists(st.sampled_from((0, 3, 7, 8, 90)), min_size=size, max_size=size),
        st.permutations(range(size)),
    )
)


@given(tables)
def test_no_withheld_count_is_narrowed(table: tuple[list[int], list[int], list[int]]) -> None:
    counts, living, order = table
    told = suppress(counts, living, LEAST, order)
    why = kinds(told, counts, living, LEAST)
    for row, (low, high) in narrowed(told, why, LEAST).items():
        assert low <= counts[row] <= high
        if why[row] != COMPLEMENT:
            assert low == 0
            assert high >= LEAST - 1


@given(tables)
def test_what_is_told_is_true_and_enough(table: tuple[list[int], list[int], list[int]]) -> None:
    counts, living, order = table
    told = suppress(counts, living, LEAST, order)
    shown = told.counts != WITHHELD
    assert (told.counts[shown] == np.array(counts)[shown]).all()
    assert (told.counts[shown] >= LEAST).all()
    assert (np.array(living)[shown] >= LEAST).all()
    assert told.total in {None, sum(counts)}
    assert sum(why == COMPLEMENT for why in kinds(told, counts, living, LEAST).values()) <= 1


@given(tables)
def test_what_is_withheld_decides_nothing_but_its_own_place(
    table: tuple[list[int], list[int], list[int]],
) -> None:
    counts, living, order = table
    first = suppress(counts, living, LEAST, order)
    why = kinds(first, counts, living, LEAST)
    other = [LEAST - 1 - one if why.get(row) == SMALL else one for row, one in enumerate(counts)]
    assert (suppress(other, living, LEAST, order).counts == first.counts).all()


def test_the_attack_finds_a_lone_small_count() -> None:
    naive = Told(np.array([30, WITHHELD, 12]), 45)
    assert narrowed(naive, {1: SMALL}, LEAST) == {1: (3, 3)}


def test_a_zero_is_withheld_like_any_small_count() -> None:
    told = suppress([0, 40, 40], [90, 90, 90], LEAST, (1, 2, 0))
    assert told.counts.tolist() == [WITHHELD, WITHHELD, 40]


def test_where_few_live_nothing_is_told() -> None:
    told = suppress([400, 40, 40], [7, 8, 9], LEAST, (2, 1, 0))
    assert told.counts.tolist() == [WITHHELD, 40, WITHHELD]


def test_the_total_stays_away_when_all_that_is_withheld_is_next_to_nothing() -> None:
    living = [90, 90, 0, 0]
    assert suppress([40, 6, 0, 0], living, LEAST, (0, 1, 2, 3)).total is None
    assert suppress([40, 6, 1, 0], living, LEAST, (0, 1, 2, 3)).total is None
    assert suppress([40, 6, 2, 0], living, LEAST, (0, 1, 2, 3)).total == 48


def test_withheld_places_together_are_a_place_where_many_live() -> None:
    joined = suppress([400, 40, 40], [3, 3, 90], LEAST, (2, 1, 0))
    assert joined.counts.tolist() == [WITHHELD] * 3
    assert joined.total == 480
    assert suppress([30, 18], [1, 1], LEAST, (0, 1)).total is None


@given(tables)
def test_what_the_total_tells_of_the_withheld_is_a_count_as_any(
    table: tuple[list[int], list[int], list[int]],
) -> None:
    counts, living, order = table
    told = suppress(counts, living, LEAST, order)
    withheld = told.counts == WITHHELD
    if told.total is not None and withheld.any():
        assert np.array(counts)[withheld].sum() >= LEAST
        assert np.array(living)[withheld].sum() >= LEAST


def test_a_complement_is_another_place_in_another_period() -> None:
    keys = [f"h300:{one}:0" for one in range(40)]
    firsts = {order_of(keys, f"{year}")[0] for year in range(2000, 2040)}
    assert len(firsts) > 20


@pytest.mark.parametrize("least", [3, 8, 12])
def test_the_least_is_that_of_residents_and_of_issues(least: int) -> None:
    counts = np.arange(30)
    told = suppress(counts, counts[::-1], least, range(30))
    shown = np.flatnonzero(told.counts != WITHHELD)
    assert (shown.min(), shown.max()) == (least, 29 - least)
