"""How likely a sum over cells is when values are put into cells by chance (置换分布), exactly.

Under random relabelling the cells of a neighbourhood hold a sample, without replacement, of all
values. The distribution of the sample's sum follows from how often each value occurs: from the
generating function of all samples, the product over values v of (1 + y t^v) to the power of how
often v occurs, of which the coefficient of y^m t^s counts the samples of m cells with the sum s
(Pagano and Tritchler 1983, On obtaining permutation distributions in polynomial time). All terms
are positive: nothing cancels, and small probabilities are as exact as large ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LEVELS = 1000
"""Values that are no whole numbers are rounded to so many steps of the largest one."""


class Tails(NamedTuple):
    """Probabilities of sums at most, and at least, so large (k,), (k,)."""

    lower: Floats
    upper: Floats


def sum_tails(values: Ints, cells: Ints, sums: Ints) -> Tails:
    """Return how likely sums of values of randomly drawn cells are.

    Parameters
    ----------
    values
        Of all cells, whole numbers of at least 0 (n,).
    cells
        How many cells each sum is of, 0 to n (k,).
    sums
        What is compared (k,).

    Raises
    ------
    ValueError
        When more cells are drawn than there are, or a value is negative.

    Examples
    --------
    >>> values, two = np.array([0, 0, 1, 5]), np.array([2])
    >>> sum_tails(values, two, np.array([6]))
    Tails(lower=array([1.]), upper=array([0.16666667]))
    >>> sum_tails(values, np.array([], dtype=int), np.array([], dtype=int)).upper.size
    0
    """
    if not len(cells):
        return Tails(np.empty(0), np.empty(0))
    if values.min(initial=0) < 0 or int(cells.max()) > len(values):
        text = "there are fewer cells than are drawn, or values below 0"
        raise ValueError(text)
    chance = _distribution(values, int(cells.max()), int(sums.max()))
    at = np.clip(sums, -1, chance.shape[1])
    lower = np.cumsum(chance, axis=1)
    upper = np.cumsum(chance[:, ::-1], axis=1)[:, ::-1]
    end = chance.shape[1] - 1
    return Tails(
        np.where(at < 0, 0.0, np.minimum(lower[cells, np.clip(at, 0, end)], 1.0)),
        np.where(at > end, 0.0, np.minimum(upper[cells, np.clip(at, 0, end)], 1.0)),
    )


def whole_steps(values: Floats) -> tuple[Ints, float]:
    """Return values as whole numbers of steps, and the size of a step.

    Whole numbers stay what they are; others are rounded to :data:`LEVELS` steps of the largest.

    Examples
    --------
    >>> whole_steps(np.array([0.0, 2.0]))
    (array([0, 2]), 1.0)
    >>> whole_steps(np.array([0.5, 2.5]))
    (array([ 200, 1000]), 0.0025)
    """
    if bool(np.all(values == np.floor(values))):
        return values.astype(np.int64), 1.0
    step = float(values.max()) / LEVELS
    return np.rint(values / step).astype(np.int64), step


def _distribution(values: Ints, most: int, largest: int) -> Floats:
    """Return the probability of every sum (s) of every number of cells up to ``most`` (m, s).

    Every value is first drawn by a coin of its own; given how many cells were drawn altogether,
    that is a sample without replacement, and no number on the way is too large or too small.
    All sums above the ``largest`` one that is asked for are kept as one, the last.
    """
    known, often = np.unique(values, return_counts=True)
    highest = min(int(np.sort(values)[::-1][:most].sum()), max(largest, 0) + 1)
    share = min(most / len(values), 0.5)
    chance = np.zeros((most + 1, highest + 1))
    chance[0, 0] = 1.0
    drawn = reached = 0
    for value, count in zip(known.tolist(), often.tolist(), strict=True):
        coins = _binomial(count, share, most)
        before = chance[: drawn + 1, : reached + 1].copy()
        chance[: drawn + 1, : reached + 1] *= coins[0]
        for taken in range(1, len(coins)):
            high, wide = min(drawn, most - taken), min(reached, highest - 1 - taken * value)
            more = coins[taken] * before[: high + 1]
            if wide >= 0:
                low = taken * value
                chance[taken : taken + high + 1, low : low + wide + 1] += more[:, : wide + 1]
            above = max(wide + 1, 0)
            chance[taken : taken + high + 1, highest] += more[:, above:].sum(axis=1)
        drawn = min(most, drawn + count)
        reached = min(highest, reached + value * min(count, most))
    return np.asarray(chance / chance.sum(axis=1, keepdims=True))


def _binomial(count: int, share: float, most: int) -> Floats:
    """Return how likely 0, 1, … of some coins fall on their head, up to ``most``."""
    taken = np.arange(1, min(count, most) + 1)
    ratio = (count - taken + 1) / taken * (share / (1 - share))
    return np.asarray((1 - share) ** count * np.cumprod(np.append(1.0, ratio)))


__all__ = ["LEVELS", "Tails", "sum_tails", "whole_steps"]
