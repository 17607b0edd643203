"""Classes of figures for maps: as mapclassify breaks them, and what it leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mapclassify
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.core.classes import METHODS, NONE, Cut, classify, classify_at, classify_changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.classes import Method

FIGURES = np.array([212, 298, 305, 305, 341, 372, 380, 420, 455, 460, 498, 512, 640], dtype=float)


@pytest.mark.parametrize(
    ("method", "theirs"),
    [
        ("fisher_jenks", mapclassify.FisherJenks),
        ("quantiles", mapclassify.Quantiles),
        ("equal_interval", mapclassify.EqualInterval),
    ],
)
def test_breaks_are_those_of_mapclassify(method: Method, theirs: Any) -> None:
    found = classify(FIGURES, method, 4)
    expected = theirs(FIGURES, k=4)
    assert found.rows.tolist() == expected.yb.tolist()
    assert found.counts.tolist() == expected.counts.tolist()
    assert str(METHODS[method]) in str(found.method)


def test_natural_breaks_keep_little_differences_of_large_figures_apart() -> None:
    values = 1e6 + np.array([0.0, 0.1, 0.2, 5.0, 5.1, 9.0])
    assert classify(values, classes=3).rows.tolist() == [0, 0, 0, 1, 1, 2]


figures = arrays(
    np.float64,
    st.integers(0, 30),
    elements=st.one_of(st.integers(-50, 50).map(float), st.sampled_from([np.nan, np.inf])),
)


@given(figures, st.sampled_from(sorted(METHODS)), st.integers(1, 6))
def test_every_figure_is_in_the_range_of_its_class(
    values: NDArray[np.float64], method: Method, classes: int
) -> None:
    found = classify(values, method, classes)
    assert ((found.rows == NONE) == ~np.isfinite(values)).all()
    assert len(found.ranges) <= min(classes, len(np.unique(values[np.isfinite(values)])))
    assert (found.counts > 0).all()
    for value, row in zip(values, found.rows, strict=True):
        if row != NONE:
            low, high = found.ranges[row]
            assert low - 1e-9 <= value <= high + 1e-9
    known = found.rows != NONE
    order = np.argsort(values[known])
    assert (np.diff(found.rows[known][order]) >= 0).all()


@given(figures)
def test_a_change_is_in_a_class_of_its_own_sign(values: NDArray[np.float64]) -> None:
    found = classify_changes(values)
    for value, row in zip(values, found.rows, strict=True):
        if row != NONE:
            low, high = found.ranges[row]
            assert low <= value <= high
            assert np.sign(low) == np.sign(high) == np.sign(value)


def test_thresholds_belong_where_it_is_said() -> None:
    cuts = [Cut(300), Cut(500, "below")]
    found = classify_at([0, 300, 500, 500.5, np.inf, np.nan], cuts)
    assert found.rows.tolist() == [0, 1, 1, 2, 2, NONE]
