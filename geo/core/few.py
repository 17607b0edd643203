"""Figures of few households, which are not told to who may not read the households themselves.

A cell of a table that counts fewer than a threshold is withheld, and a sum from which it could be
told by subtraction as well (threshold rule with complementary suppression: Hundepool et al. 2012,
Statistical Disclosure Control, 4.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ToldSum(NamedTuple):
    """A sum, or where a part of it is not to be told, the rest: then it is so much at least."""

    value: float
    at_least: bool


def few(counts: NDArray[np.int64], readable: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Return which cells count so few households that they are not told.

    Parameters
    ----------
    counts
        Households of each cell (n,).
    readable
        Whether the reader may read them one by one (n,).
    least
        Fewer households are told as few.

    Examples
    --------
    >>> few(np.array([0, 7, 8, 7]), np.array([False, False, False, True]), 8).tolist()
    [False, True, False, False]
    >>> few(np.array([], dtype=int), np.array([], dtype=bool), 8).tolist()
    []
    """
    return np.asarray((counts > 0) & (counts < least) & ~readable)


def told_sum(
    values: NDArray[np.float64] | NDArray[np.int64],
    counts: NDArray[np.int64],
    readable: NDArray[np.bool_],
    least: int,
) -> ToldSum:
    """Return the sum of cells, without those that would be told by it.

    Parameters
    ----------
    values
        What is added up (n,).
    counts, readable, least
        As of :func:`few`: how many households each value is of.

    Examples
    --------
    >>> nobody = np.array([False, False, False])
    >>> told_sum(np.array([3, 20, 0]), np.array([3, 20, 0]), nobody, 8)
    ToldSum(value=20.0, at_least=True)
    >>> told_sum(np.array([3, 20, 6]), np.array([3, 20, 6]), nobody, 8)
    ToldSum(value=29.0, at_least=False)
    >>> told_sum(np.array([]), np.array([]), np.array([], dtype=bool), 8)
    ToldSum(value=0.0, at_least=False)
    """
    hidden = few(counts, readable, least)
    if 0 < counts[hidden].sum() < least:
        return ToldSum(float(values[~hidden].sum()), at_least=True)
    return ToldSum(float(values.sum()), at_least=False)
