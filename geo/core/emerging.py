"""Emerging hot spots (新兴热点): how hot and cold spots come, stay and go, month by month.

Months and cells are one block of bins. Gi* is taken over a bin's neighbourhood in space, in its own
month and the one before, and compared with all bins of all months. A cell's months are then told
in one word, after the categories of Esri's Emerging Hot Spot Analysis, with the trend of Gi* by
Mann (1945) and Kendall (1975).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from geo.core.hotspots import NOT_ENOUGH, local_g

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geo.core.hotspots import LocalG

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

Pattern = Literal[
    "new",
    "consecutive",
    "intensifying",
    "persistent",
    "diminishing",
    "sporadic",
    "oscillating",
    "historical",
]

PATTERNS: tuple[Pattern, ...] = (
    "new",
    "consecutive",
    "intensifying",
    "persistent",
    "diminishing",
    "sporadic",
    "oscillating",
    "historical",
)
"""What may be told of a cell; a category is the row here plus 1, and below 0 for cold spots."""

NO_PATTERN = 0
MONTHS_MIN = 10
"""Of fewer months no pattern is told."""

MOST_OF = 0.9
"""A spot that is there in at least this share of the months is there most of the time."""

TREND_P = 0.05
SURE = 2
"""Months count as hot or cold at a false discovery rate of 5 %."""


@dataclass(frozen=True, slots=True, eq=False)
class Emerging:
    """Months and cells as one block.

    Parameters
    ----------
    local
        Gi* and the rest of each bin (t, n).
    categories
        Of each cell: a row of :data:`PATTERNS` plus 1, negative for cold spots,
        :data:`NO_PATTERN`, or :data:`geo.core.hotspots.NOT_ENOUGH` (n,).
    trend, trend_p
        Kendall's tau of the cell's Gi* over the months, and its two-sided probability (n,).
    reason
        Why nothing can be said: ``months``, or as of :class:`geo.core.hotspots.LocalG`.
    """

    local: LocalG
    categories: Ints
    trend: Floats
    trend_p: Floats
    reason: str = ""


def emerging(
    counts: Floats, summed: Callable[[Floats], Floats], share: Floats, *, total: int
) -> Emerging:
    """Return how hot and cold spots came and went.

    Parameters
    ----------
    counts
        By month and cell (t, n).
    summed
        Sums values of cells (…, n) over neighbourhoods in space.
    share
        Share of each cell's ground inside the area (n,).
    total
        How many issues there are altogether.
    """
    shares = np.broadcast_to(share, counts.shape)
    found = local_g(
        counts,
        lambda values: _with_month_before(summed(values)),
        shares,
        total=total,
        reached=lambda some: _reached(summed, some),
    )
    cells = counts.shape[1]
    none = np.full(cells, np.nan)
    told = np.isfinite(found.z).all(axis=0) if len(counts) else np.zeros(cells, dtype=bool)
    reason = found.reason or ("months" if len(counts) < MONTHS_MIN else "")
    if reason:
        return Emerging(found, np.full(cells, NOT_ENOUGH), none, none, reason)
    trend, p = mann_kendall(found.z)
    patterns = _patterns(found.classes, trend, p)
    categories = np.where(told, patterns, NOT_ENOUGH)
    return Emerging(found, categories, np.where(told, trend, np.nan), np.where(told, p, np.nan))


def _with_month_before(sums: Floats) -> Floats:
    total = sums.copy()
    total[1:] += sums[:-1]
    return total


def _reached(summed: Callable[[Floats], Floats], some: Flags) -> Flags:
    """Tell which bins lie in the neighbourhoods of some: theirs, and those of the month before."""
    here = summed(some.astype(np.float64)) > 0.5  # noqa: PLR2004 - rounding
    before = np.zeros_like(here)
    before[:-1] = here[1:]
    return np.asarray(here | before)


def _patterns(classes: Ints, trend: Floats, p: Floats) -> Ints:
    hot = _one_way(classes >= SURE, _cold(classes), trend, p)
    cold = _one_way(_cold(classes), classes >= SURE, -trend, p)
    return np.where(hot != NO_PATTERN, hot, -cold)


def _cold(classes: Ints) -> Flags:
    return np.asarray((classes <= -SURE) & (classes != NOT_ENOUGH))


def _one_way(spot: Flags, other: Flags, trend: Floats, p: Floats) -> Ints:
    """Return categories of one direction; see :data:`PATTERNS` and the page on hot spots.

    The first that holds: *new* in the last month alone; *consecutive* in an unbroken run of at
    least two months up to the last, and never before; of spots that are there most of the time and
    in the last month *intensifying*, *diminishing* or *persistent* by their trend; *historical* of
    those that are not there in the last month; *oscillating* in the last month, on and off before,
    after having been of the other kind; *sporadic* the same, never of the other kind.
    """
    times = spot.sum(axis=0)
    last = spot[-1]
    run = np.cumprod(spot[::-1], axis=0).sum(axis=0)
    most = times >= MOST_OF * len(spot)
    rising, falling = (p <= TREND_P) & (trend > 0), (p <= TREND_P) & (trend < 0)
    was_other = other.any(axis=0)
    holds: dict[Pattern, Flags] = {
        "new": last & (times == 1),
        "consecutive": last & (run > 1) & (run == times) & ~most,
        "intensifying": last & most & rising,
        "diminishing": last & most & falling,
        "persistent": last & most,
        "historical": ~last & most,
        "oscillating": last & was_other,
        "sporadic": last,
    }
    found = np.full(len(times), NO_PATTERN)
    for pattern in reversed(holds):
        found[holds[pattern]] = PATTERNS.index(pattern) + 1
    return found


def mann_kendall(series: Floats) -> tuple[Floats, Floats]:
    """Return Kendall's tau-b of columns over time, and its two-sided probability (n,), (n,).

    Without ties the probability is exact; with ties it is that of the normal distribution with
    the variance that ties leave (Kendall 1975). Columns without any change have neither.

    Parameters
    ----------
    series
        (t, n); NaN spoils its column.

    Examples
    --------
    >>> tau, p = mann_kendall(np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0], [4.0, 1.0]]))
    >>> tau.round(3).tolist(), p.round(4).tolist()
    ([1.0, nan], [0.0833, nan])
    >>> mann_kendall(np.empty((0, 0)))[0].size
    0
    """
    steps, columns = series.shape
    signs, alike = np.zeros(columns), np.ones(series.shape)
    for lag in range(1, steps):
        change = np.sign(series[lag:] - series[:-lag])
        signs += change.sum(axis=0)
        alike[lag:] += change == 0
        alike[:-lag] += change == 0
    pairs = steps * (steps - 1) / 2
    tied = ((alike - 1) / 2).sum(axis=0)
    uneven = ((alike - 1) * (2 * alike + 5)).sum(axis=0)
    variance = (steps * (steps - 1) * (2 * steps + 5) - uneven) / 18
    with np.errstate(divide="ignore", invalid="ignore"):
        tau = signs / np.sqrt(pairs * (pairs - tied))
        score = np.abs(signs) / np.sqrt(variance)
    p = np.where(tied == 0, _exact(steps, signs), _two_sided(score))
    return tau, np.where(np.isfinite(tau), p, np.nan)


def _exact(steps: int, signs: Floats) -> Floats:
    """Return two-sided probabilities by the number of orders with so many inversions."""
    chance = np.ones(1)
    for size in range(2, steps + 1):
        chance = np.convolve(chance, np.full(size, 1 / size))
    pairs = steps * (steps - 1) // 2
    concordant = (pairs + np.abs(np.nan_to_num(signs))) / 2
    upper = np.append(np.cumsum(chance[::-1])[::-1], 0.0)
    found: Floats = np.minimum(2 * upper[np.ceil(concordant).astype(np.int64)], 1.0)
    return found


def _two_sided(score: Floats) -> Floats:
    from scipy.special import ndtr  # noqa: PLC0415 - few need it

    found: Floats = 2 * ndtr(-np.abs(score))
    return found


__all__ = [
    "MONTHS_MIN",
    "MOST_OF",
    "NO_PATTERN",
    "PATTERNS",
    "Emerging",
    "Pattern",
    "emerging",
    "mann_kendall",
]
