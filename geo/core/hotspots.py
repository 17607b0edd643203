"""Hot and cold spots (热点与冷点): local statistics of Getis and Ord, and how sure they are.

The statistic is the sum of values over a cell and its neighbours, against what it would be if the
same values lay elsewhere: Gi* with the cell itself, Gi without it (Getis and Ord 1992, 1996; Ord
and Getis 1995). Its normal approximation is poor where most cells are empty and a few are not; the
probability that decides here is the one of a random relabelling of the cells, exactly
(:mod:`geo.core.sum_tails`). Many cells are tested at once: the false discovery rate is held
(Benjamini and Hochberg 1995; for local statistics Caldas de Castro and Singer 2006).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geo.core.sum_tails import sum_tails, whole_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

LEVELS = (0.01, 0.05, 0.10)
"""False discovery rates of the three classes either way: 99, 95 and 90 %."""

NOT_ENOUGH = -9
"""The class of a cell of which nothing can be said: not enough data."""

CELLS_MIN = 30
"""Fewer cells can't be compared with each other."""

TOTAL_MIN = 10
"""Of fewer issues altogether nothing is said."""

SHARE_MIN = 0.5
"""A cell takes part when at least this share of its ground is inside the area."""

COVERED_MAX = 0.25
"""A neighbourhood of more than this share of all cells has too little to be compared with."""

NEIGHBOURS_MAX = 200

FOUND = 0.05
"""The false discovery rate at which a hot spot is taken out before the others are tested again."""

STEPS_MAX = 4000
PARTS_MAX = 16
"""Figures of cells at the rim are rounded up to parts of a step, as small as this allows."""

TINY = 1e-9
EMPTY = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class LocalG:
    """What is found of each cell (n,).

    Parameters
    ----------
    z
        Gi*, in standard deviations; NaN where nothing can be said.
    p_normal
        Its two-sided probability by the normal approximation.
    p
        The two-sided probability by random relabelling: twice the smaller tail.
    q
        The smallest false discovery rate at which the cell is still found.
    classes
        3, 2, 1 for hot at 99, 95 and 90 %; 0; -1, -2, -3 for cold; :data:`NOT_ENOUGH`.
    cells
        How many cells its neighbourhood has, itself included.
    reason
        Why nothing can be said of any cell: ``cells``, ``total``, ``constant``; else empty.
    """

    z: Floats
    p_normal: Floats
    p: Floats
    q: Floats
    classes: Ints
    cells: Ints
    reason: str = ""


def gi_star(values: Floats, weights: Any) -> Floats:
    """Return Gi* for any weights, in standard deviations (n,).

    Parameters
    ----------
    values
        Of cells (n,).
    weights
        A matrix (n, n), sparse or not; what is on its diagonal is the weight of the cell itself.

    Returns
    -------
    ndarray
        NaN where all values are the same, or a cell has all others as neighbours.

    Examples
    --------
    >>> gi_star(np.array([1.0, 0.0, 0.0]), np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]])).round(3)
    array([ 0.707,    nan, -1.414])
    >>> gi_star(np.array([]), np.empty((0, 0))).size
    0
    """
    ones = np.ones(len(values))
    squared = weights.power(2) if hasattr(weights, "power") else np.square(weights)
    return standardised(
        np.asarray(weights @ values),
        np.asarray(weights @ ones),
        np.asarray(squared @ ones),
        _Moments.of(values),
    )


def gi(values: Floats, weights: Any) -> Floats:
    """Return Gi, of the neighbours without the cell itself, in standard deviations (n,).

    Mean and variance are those of all other cells. What is on the diagonal doesn't count.

    Parameters
    ----------
    values, weights
        As of :func:`gi_star`.

    Examples
    --------
    >>> lines = np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]])
    >>> gi(np.array([0.0, 3.0, 0.0, 0.0]), lines).round(3)
    array([ 1.414,    nan,  0.707, -0.707])
    """
    own = np.asarray(weights.diagonal())
    squared = weights.power(2) if hasattr(weights, "power") else np.square(weights)
    ones = np.ones(len(values))
    others = len(values) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (values.sum() - values) / others
        variance = (np.square(values).sum() - np.square(values)) / others - mean**2
    return standardised(
        np.asarray(weights @ values) - own * values,
        np.asarray(weights @ ones) - own,
        np.asarray(squared @ ones) - own**2,
        _Moments(others, mean, variance),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """How many values there are, their mean and variance; for each cell of its own, or of all."""

    count: int
    mean: Any
    variance: Any

    @classmethod
    def of(cls, values: Floats) -> _Moments:
        if not len(values):
            return cls(0, np.nan, np.nan)
        mean = values.mean()
        off = values - mean
        return cls(len(values), mean, off @ off / len(values))


def standardised(sums: Floats, weight: Floats, squared: Floats, moments: _Moments) -> Floats:
    """Return sums as deviations from what is expected of them (n,); NaN where none is possible."""
    count = moments.count
    spread = moments.variance * (count * squared - weight**2) / max(count - 1, 1)
    scale = moments.variance + np.square(moments.mean)
    possible = np.broadcast_to(spread > TINY**1.5 * scale, sums.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = (sums - weight * moments.mean) / np.sqrt(np.abs(spread))
    return found if possible.all() else np.where(possible, found, np.nan)


def gi_star_lattice(
    values: Floats,
    summed: Callable[[Floats], Floats],
    taking: Flags,
    cells: Floats | None = None,
) -> Floats:
    """Return Gi* of cells whose neighbourhoods are all alike, in standard deviations (n,).

    Parameters
    ----------
    values
        Of cells (n,).
    summed
        Sums values over neighbourhoods; see :meth:`geo.core.lattice.Cells.summing`.
    taking
        Which cells take part (n,); the others are NaN.
    cells
        How many cells each neighbourhood has, where that is known already (n,).
    """
    if cells is None:
        cells = summed(taking.astype(np.float64))
    whole = bool(taking.all())
    moments = _Moments.of(values.ravel() if whole else values[taking])
    found = standardised(summed(values), cells, cells, moments)
    if not whole:
        found[~taking] = np.nan
    return found


def local_g(
    values: Floats,
    summed: Callable[[Floats], Floats],
    share: Floats,
    *,
    total: int,
    reached: Callable[[Flags], Flags] | None = None,
) -> LocalG:
    """Return Gi* of cells with its exact probability, and classes at false discovery rates.

    Cells at the rim, of which a part is outside, would look cold by that alone. So what is
    compared with is never easier on them: for a hot spot the values of all cells count as if each
    was as dense outside, for a cold one only the ground inside, in whole cells, is drawn.

    Parameters
    ----------
    values
        Counts or rates (n,); NaN where there is none.
    summed
        Sums values over neighbourhoods of the cells that take part, :func:`taking_part`.
    share
        Share of each cell's ground inside the area (n,).
    total
        How many issues there are altogether.
    reached
        Tells which cells lie in the neighbourhoods of some; by default those are theirs in turn.
    """
    taking = taking_part(values, share)
    held = np.where(taking, values, 0.0)
    cells = np.rint(summed(taking.astype(np.float64))).astype(np.int64)
    reason = lack(held[taking], total)
    if reason:
        return _nothing(cells, reason)
    z = gi_star_lattice(held, summed, taking, cells.astype(np.float64))
    few = cells <= min(COVERED_MAX * taking.sum(), NEIGHBOURS_MAX)
    told = taking & few & (cells > 0) & np.isfinite(z)
    z = np.where(told, z, np.nan)
    steps = whole_steps(held)[0]
    sure = _Relabelling(steps, share, summed, reached or _mutual(summed), taking, told).sure()
    classes = _classes(sure, told)
    return LocalG(z, _two_sided(z), sure.p, sure.q, classes, cells)


def taking_part(values: Floats, share: Floats) -> Flags:
    """Tell which cells take part: those with a value and enough ground inside the area (n,)."""
    return np.asarray(np.isfinite(values) & (share >= SHARE_MIN))


def lack(values: Floats, total: int) -> str:
    """Return why nothing can be said of any cell, by the values of those that take part.

    Examples
    --------
    >>> lack(np.ones(40), 40), lack(np.ones(9), 40), lack(np.arange(40.0), 780)
    ('constant', 'cells', '')
    """
    if len(values) < CELLS_MIN:
        return "cells"
    if total < TOTAL_MIN:
        return "total"
    return "constant" if float(np.ptp(values)) == 0.0 else ""


def _mutual(summed: Callable[[Floats], Floats]) -> Callable[[Flags], Flags]:
    return lambda some: np.asarray(summed(some.astype(np.float64)) > EMPTY)


class _Sure(NamedTuple):
    """Probabilities, false discovery rates, and which cells are hot rather than cold (n,)."""

    p: Floats
    q: Floats
    hot: Flags


@dataclass(frozen=True, slots=True, eq=False)
class _Relabelling:
    """Values in whole steps, whose cells are relabelled by chance."""

    steps: Ints
    share: Floats
    summed: Callable[[Floats], Floats]
    reached: Callable[[Flags], Flags]
    taking: Flags
    told: Flags

    def sure(self) -> _Sure:
        """Test all cells, then those that are left without the hot spots already found.

        A few very hot spots would else hide the next ones: a sample that has one of them by chance
        is as large as a neighbourhood that is hot in itself. Where there is no hot spot at all,
        there is no second round either, so that a city without any shows none as often as before.
        """
        cold = self._lower()
        left = np.ones(self.taking.shape, dtype=bool)
        best = self._round(left, self.told, cold)
        found = best.q <= FOUND
        new = found & best.hot
        while new.any():
            left = left & ~self.reached(new)
            again = self._round(left, self.told & ~found, cold)
            later = np.maximum(again.q, FOUND)
            better = later < best.q
            best = _Sure(
                np.where(better, again.p, best.p),
                np.where(better, later, best.q),
                np.where(better, again.hot, best.hot),
            )
            new = again.hot & (again.q <= FOUND) & ~found
            found |= new
        return best

    def _lower(self) -> Floats:
        """Return how likely as little is, drawn for the ground inside the area alone (n,)."""
        ground = np.floor(
            self.summed(np.where(self.taking, np.minimum(self.share, 1.0), 0.0)) + TINY
        )
        sums = np.rint(self.summed(self.steps.astype(np.float64)))
        found = np.ones(self.taking.shape)
        found[self.told] = sum_tails(
            self.steps[self.taking], _whole(ground[self.told]), _whole(sums[self.told])
        ).lower
        return found

    def _round(self, left: Flags, tested: Flags, cold: Floats) -> _Sure:
        """Test cells by what is left, each cell of it as dense outside the area as inside."""
        use = self.taking & left
        cells = np.rint(self.summed(use.astype(np.float64)))
        sums = np.rint(self.summed(np.where(use, self.steps, 0).astype(np.float64)))
        tested = tested & (cells > 0)
        parts = int(np.clip(STEPS_MAX // max(sums.max(initial=0), 1), 1, PARTS_MAX))
        dense = _whole(np.ceil(parts * self.steps[use] / self.share[use] - TINY))
        upper = sum_tails(dense, _whole(cells[tested]), _whole(parts * sums[tested])).upper
        p, q = (np.full(use.shape, np.nan) for _ in range(2))
        hot = np.zeros(use.shape, dtype=bool)
        p[tested] = np.minimum(2 * np.minimum(upper, cold[tested]), 1.0)
        q[tested] = discovery_rates(p[tested])
        hot[tested] = upper < cold[tested]
        return _Sure(p, q, hot)


def _whole(values: Floats) -> Ints:
    return values.astype(np.int64)


def _two_sided(z: Floats) -> Floats:
    from scipy.special import ndtr  # noqa: PLC0415 - few need it

    found: Floats = 2 * ndtr(-np.abs(z))
    return found


def discovery_rates(p: Floats) -> Floats:
    """Return the smallest false discovery rate at which each of many tests is found (n,).

    Benjamini and Hochberg's step-up procedure as adjusted probabilities.

    Examples
    --------
    >>> discovery_rates(np.array([0.01, 0.04, 0.03])).round(3)
    array([0.03, 0.04, 0.04])
    >>> discovery_rates(np.array([])).size
    0
    """
    order = np.argsort(p)[::-1]
    ranks = np.arange(len(p), 0, -1)
    found = np.empty(len(p))
    found[order] = np.minimum.accumulate(p[order] * len(p) / np.maximum(ranks, 1))
    return np.minimum(found, 1.0)


def _classes(sure: _Sure, told: Flags) -> Ints:
    """Return classes by direction and false discovery rate."""
    q = np.nan_to_num(sure.q, nan=1.0)
    steps = np.sum([q <= level for level in LEVELS], axis=0)
    return np.asarray(np.where(told, np.where(sure.hot, steps, -steps), NOT_ENOUGH))


def _nothing(cells: Ints, reason: str) -> LocalG:
    none = np.full(cells.shape, np.nan)
    return LocalG(none, none, none, none, np.full(cells.shape, NOT_ENOUGH), cells, reason)


__all__ = [
    "CELLS_MIN",
    "COVERED_MAX",
    "LEVELS",
    "NOT_ENOUGH",
    "SHARE_MIN",
    "TOTAL_MIN",
    "LocalG",
    "discovery_rates",
    "gi",
    "gi_star",
    "gi_star_lattice",
    "lack",
    "local_g",
    "standardised",
    "taking_part",
]
