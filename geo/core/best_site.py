"""Where one more station helps most (驿站选址): maximal covering, and p-median.

Maximal covering counts the households that come to have a station within a walk (Church, ReVelle
1974, The maximal covering location problem); p-median sums up the metres that households walk less
(Hakimi 1964, Optimum locations of switching centers). In both, every household takes the best of
the chosen sites, so one model serves: what a place gains is the largest gain that any chosen site
gives it. It is written by levels of gain, each of which some chosen site has to give (Cornuéjols,
Nemhauser, Wolsey 1980, A canonical representation of simple plant location problems), and solved
by HiGHS, a solver of mixed-integer programmes; one site alone is found by looking at each. Of
choices that are equally good, no site that adds nothing is taken, and of two sites that will do
the first in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Objective = Literal["covering", "median"]

STEPS_PER_M = 10
"""Walks are weighed in whole decimetres, so that ties are ties."""

HUNDRED = 100.0
HALF = 0.5
SECONDS = 20.0
"""So long the solver may look for more than one site; then the gap is told."""


class Chosen(NamedTuple):
    """Sites, and how good they are.

    Parameters
    ----------
    sites
        Rows of candidates, ascending; none where no site gains anything.
    value
        What they gain: households, or households times decimetres.
    bound
        What no choice exceeds.
    """

    sites: tuple[int, ...]
    value: int
    bound: int

    @property
    def proven(self) -> bool:
        """Whether nothing is better."""
        return self.value == self.bound

    @property
    def gap_pct(self) -> float:
        """How much better another choice may be at most, percent of the bound.

        Examples
        --------
        >>> Chosen((3,), 75, 100).gap_pct, Chosen((), 0, 0).gap_pct
        (25.0, 0.0)
        """
        return HUNDRED * (self.bound - self.value) / self.bound if self.bound else 0.0


def gains(
    objective: Objective,
    households: Ints,
    walk_m: Floats,
    to_site_m: Floats,
    limits_m: tuple[float, float],
) -> Ints:
    """Return what every place gains by every site, were it the only one.

    Parameters
    ----------
    objective
        ``covering`` counts households; ``median`` households times decimetres.
    households
        How many live at each place (n,).
    walk_m
        Metres to the nearest station there is; infinite where no way leads (n,).
    to_site_m
        Metres to each candidate (n, c).
    limits_m
        The walk within which a household is covered; and the longest that is told from a longer
        one, so that a place without any way counts as that far away.

    Examples
    --------
    >>> walk_m, to_site_m = np.array([900.0, np.inf]), np.array([[300.0], [700.0]])
    >>> gains("covering", np.array([5, 2]), walk_m, to_site_m, (400.0, 1000.0)).tolist()
    [[5], [0]]
    >>> gains("median", np.array([5, 2]), walk_m, to_site_m, (400.0, 1000.0)).tolist()
    [[30000], [6000]]
    >>> gains("median", np.array([5]), np.array([9.0]), np.empty((1, 0)), (4.0, 9.0)).shape
    (1, 0)
    """
    limit_m, most_m = limits_m
    if objective == "covering":
        gained = (walk_m > limit_m)[:, None] & (to_site_m <= limit_m)
        return np.asarray(gained * households[:, None], dtype=np.int64)
    before = np.rint(np.minimum(walk_m, most_m) * STEPS_PER_M)
    after = np.rint(np.minimum(to_site_m, most_m) * STEPS_PER_M)
    saved = np.maximum(before[:, None] - after, 0).astype(np.int64)
    return np.asarray(saved * households[:, None], dtype=np.int64)


def value_of(gained: Ints, sites: tuple[int, ...]) -> int:
    """Return what sites gain together: every place takes the best of them.

    Examples
    --------
    >>> value_of(np.array([[5, 2], [0, 4]]), (0, 1)), value_of(np.array([[5, 2]]), ())
    (9, 0)
    """
    return int(gained[:, list(sites)].max(axis=1).sum()) if sites else 0


def best_sites(gained: Ints, count: int, seconds: float = SECONDS) -> Chosen:
    """Return the sites that gain most together.

    Parameters
    ----------
    gained
        Of :func:`gains` (n, c); candidates in the order in which ties are decided.
    count
        How many sites at most; 1 or more.
    seconds
        So long the solver may look, for more than one site.

    Examples
    --------
    >>> best_sites(np.array([[5, 2, 0], [0, 4, 4]]), 1)
    Chosen(sites=(1,), value=6, bound=6)
    >>> best_sites(np.array([[5, 2, 0], [0, 4, 4]]), 2)
    Chosen(sites=(0, 1), value=9, bound=9)
    >>> best_sites(np.empty((2, 0), dtype=np.int64), 2)
    Chosen(sites=(), value=0, bound=0)
    """
    alone = gained.sum(axis=0)
    if not alone.any():
        return Chosen((), 0, 0)
    if count == 1:
        best = int(alone.argmax())
        return Chosen((best,), int(alone[best]), int(alone[best]))
    _, first = np.unique(gained, axis=1, return_index=True)
    rows = np.sort(first)
    useful = rows[alone[rows] > 0]
    found = _solved(gained[:, useful], min(count, len(useful)), seconds)
    return found._replace(sites=tuple(useful[list(found.sites)].tolist()))


def greedy_sites(gained: Ints, count: int) -> tuple[int, ...]:
    """Return sites chosen one by one, each the best beside those before it.

    Examples
    --------
    >>> greedy_sites(np.array([[5, 2, 0], [0, 4, 4]]), 2)
    (0, 1)
    >>> greedy_sites(np.empty((0, 3), dtype=np.int64), 2)
    ()
    """
    had = np.zeros(len(gained), dtype=np.int64)
    sites: list[int] = []
    for _ in range(count):
        more = np.maximum(gained - had[:, None], 0).sum(axis=0)
        if not more.any():
            break
        sites.append(int(more.argmax()))
        had = np.maximum(had, gained[:, sites[-1]])
    return tuple(sorted(sites))


def _solved(gained: Ints, count: int, seconds: float) -> Chosen:
    """Solve the model; what is known before counts where the solver finds nothing better."""
    solved = _milp(gained, count, seconds)
    known = greedy_sites(gained, count)
    sites = known
    if solved.x is not None:
        found = tuple(np.flatnonzero(solved.x[: gained.shape[1]] > HALF).tolist())
        sites = max(known, found, key=lambda one: value_of(gained, one))
    value, ceiling = value_of(gained, sites), int(gained.max(axis=1).sum())
    told = solved.mip_dual_bound
    bound = ceiling if told is None else min(ceiling, int(np.floor(HALF - told)))
    return Chosen(_first_alike(gained, sites), value, max(value, bound))


def _milp(gained: Ints, count: int, seconds: float) -> Any:
    """Solve: literals of the sites come first, then one for every level of gain of every place.

    A place has a level if it has the next higher one, or a site gives it.
    """
    sites = gained.shape[1]
    rows: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int64]] = []
    worth: list[NDArray[np.int64]] = []
    row = 0
    for gain in gained:
        levels, level = np.unique(-gain[gain > 0], return_inverse=True)
        own = np.arange(row, row + len(levels))
        rows += [own, own[1:], row + level]
        columns += [sites + own, sites + own[:-1], np.flatnonzero(gain > 0)]
        worth.append(np.diff(np.r_[levels, 0]))
        row += len(levels)
    at, variable = np.concatenate(rows), np.concatenate(columns)
    value = np.where((variable >= sites) & (variable - sites == at), 1.0, -1.0)
    at, variable = np.r_[at, np.full(sites, row)], np.r_[variable, np.arange(sites)]
    model = coo_array((np.r_[value, np.ones(sites)], (at, variable)), shape=(row + 1, sites + row))
    return milp(
        np.r_[np.zeros(sites), -np.concatenate(worth).astype(float)],
        constraints=LinearConstraint(model.tocsr(), -np.inf, np.r_[np.zeros(row), count]),
        bounds=Bounds(0, 1),
        integrality=np.r_[np.ones(sites), np.zeros(row)],
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )


def _first_alike(gained: Ints, sites: tuple[int, ...]) -> tuple[int, ...]:
    """Return sites as good: without those that add nothing, and each the first one that will do."""
    value, chosen = value_of(gained, sites), list(sites)
    for site in sites[::-1]:
        rest = [one for one in chosen if one != site]
        had = gained[:, rest].max(axis=1, initial=0)
        if had.sum() == value:
            chosen = rest
            continue
        alike = np.maximum(gained, had[:, None]).sum(axis=0) == value
        chosen = [*rest, int(np.flatnonzero(alike)[0])]
    return tuple(sorted(chosen))


__all__ = ["Chosen", "Objective", "best_sites", "gains", "greedy_sites", "value_of"]
