"""The crosswalk against slow, independent computations."""

from __future__ import annotations

from itertools import combinations
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.core.crosswalk import crosswalk, grouped

ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abcd"), st.integers(0, 4)), max_size=12
)


def everybody(rows: list[tuple[str, str, int]]) -> list[tuple[str, str]]:
    """Return one pair a household."""
    return [(one, other) for one, other, weight in rows for _ in range(weight)]


@given(rows=ROWS)
def test_measures_are_those_of_all_households(rows: list[tuple[str, str, int]]) -> None:
    found = crosswalk(
        [one for one, _, _ in rows], [two for _, two, _ in rows], [n for *_, n in rows]
    )
    people = everybody(rows)
    assert found.households == len(people)
    assert found.moved_households == sum(one != other for one, other in people)
    assert found.moved_rows == sum(one != other for one, other, _ in rows)
    pairs = list(combinations(people, 2))
    alike = sum((a[0] == b[0]) == (a[1] == b[1]) for a, b in pairs)
    assert found.rand_index == pytest.approx(alike / len(pairs) if pairs else 1.0)
    vi = 0.0
    for pair in set(people):
        share, before, after = (
            sum(test(one) for one in people) / len(people)
            for test in (
                lambda one, pair=pair: one == pair,
                lambda one, pair=pair: one[0] == pair[0],
                lambda one, pair=pair: one[1] == pair[1],
            )
        )
        vi -= share * (log2(share / before) + log2(share / after))
    assert found.variation_of_information == pytest.approx(vi, abs=1e-9)


@given(rows=ROWS)
def test_what_is_grouped_is_all(rows: list[tuple[str, str, int]]) -> None:
    found = crosswalk(
        [one for one, _, _ in rows], [two for _, two, _ in rows], [n for *_, n in rows]
    )
    parts = [one for _, passages in grouped(found) for one in passages]
    assert sorted(parts) == sorted(found.passages)
    assert all(one.before == grid for grid, passages in grouped(found) for one in passages)


def test_what_has_no_grid_comes_last() -> None:
    found = crosswalk(["b", None, "a"], [None, "a", "a"], [1, 2, 3])
    assert [one[:2] for one in found.passages] == [("a", "a"), ("b", None), (None, "a")]
    assert found.touched == ("a", "b")
    with pytest.raises(ValueError, match="zip"):
        crosswalk(["a"], [], [1])
