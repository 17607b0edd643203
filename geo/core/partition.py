"""Searches for partitions: where they start, how long they anneal, when they stop.

Starts come from METIS (Karypis, Kumar 1998, A fast and high quality multilevel scheme for
partitioning irregular graphs) or from a partition that there is. Each is annealed by itself,
runs side by side; what is out of bounds at the end is annealed again at a higher price.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.core.annealing import (
    Problem,
    Schedule,
    State,
    anneal,
    energy,
    excess,
    fill,
    keeps_whole,
    label_pieces,
    new_state,
    refresh,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Part = NDArray[np.int64]

CHUNKS = 40
"""A run looks at the clock, and keeps the best it has seen, so many times."""

SETTLING_ROUNDS, SETTLING_TRIES = 8, 5_000
QUENCHING_TRIES = 20_000
RESERVE = 0.9
"""Share of a run's time in which it anneals."""
METIS_WEIGHTS = 1_000_000_000
METIS_LENGTH = 1_000
METIS_SLACK = 0.03
NOTHING = 1e-6
"""Sums of loads that differ by less than this share of the mean weight are the same."""


@dataclass(slots=True)
class Watch:
    """Tells a search when to end.

    Parameters
    ----------
    seconds
        From now on; ``None`` for as long as it takes.
    stop
        Is asked whether to end at once.
    clock
        Seconds that only go forward.
    """

    seconds: float | None = None
    stop: Callable[[], bool] | None = None
    clock: Callable[[], float] = monotonic
    hurried: bool = False
    _end: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self._end = None if self.seconds is None else self.clock() + self.seconds

    def left_s(self) -> float:
        """Return the seconds that are left."""
        return np.inf if self._end is None else max(0.0, self._end - self.clock())

    def due(self, begun_s: float, chunks: int) -> int:
        """Return how many chunks are due by now of a run that began with some seconds left."""
        if not np.isfinite(begun_s) or begun_s <= 0.0:
            return 0
        late = int(chunks * (1.0 - self.left_s() / begun_s) / RESERVE)
        self.hurried |= late >= chunks
        return late

    def over(self) -> bool:
        """Tell whether to end, and keep in mind that it was so."""
        if self.left_s() <= 0.0 or (self.stop is not None and self.stop()):
            self.hurried = True
        return self.hurried


class Found(NamedTuple):
    """A partition with what it is worth: less excess first, then less energy."""

    excess: float
    energy: float
    part: Part

    def better_than(self, other: Found | None) -> bool:
        """Tell whether this is worth more than another."""
        return other is None or (self.excess, self.energy) < (other.excess, other.energy)


class Heat(NamedTuple):
    """Temperatures in typical edges, and prices of a typical node's weight in typical edges."""

    warm: float = 3.0
    cold: float = 0.1
    price_warm: float = 0.1
    price_cold: float = 3.0


def typical_length(problem: Problem) -> float:
    """Return the mean length of an edge; 1 where there is none."""
    return float(problem.length.mean()) if problem.length.any() else 1.0


def typical_weight(problem: Problem) -> float:
    """Return the mean weight of a node; 1 where there is none."""
    return float(problem.weight.mean()) if problem.weight.any() else 1.0


def schedule(problem: Problem, heat: Heat, tries: int) -> Schedule:
    """Return temperatures and prices in the problem's own units."""
    length, weight = typical_length(problem), typical_weight(problem)
    return Schedule(
        tries,
        heat.warm * length,
        heat.cold * length,
        heat.price_warm * length / weight,
        heat.price_cold * length / weight,
    )


def worth(problem: Problem, state: State) -> Found:
    """Return a state's partition with what it is worth, free of rounding errors."""
    refresh(problem, state)
    over = excess(problem, state)
    if over > 0.0 and over < NOTHING * typical_weight(problem):
        over = 0.0
    return Found(over, energy(problem, state), state.part.copy())


def run(  # noqa: PLR0913, PLR0917 - a run is all of this
    problem: Problem, part: Part, seed: int, tries: int, heat: Heat, watch: Watch
) -> Found:
    """Anneal a partition once, then settle what is out of bounds; return the best of it.

    A run that is late by its watch leaves out some of the cooling, and is hurried.
    """
    state = new_state(problem, part, seed)
    best = worth(problem, state)
    whole = schedule(problem, heat, tries)
    begun_s, chunk = watch.left_s(), 0
    while chunk < CHUNKS:
        if watch.over():
            quench(problem, state, heat)
            break
        anneal(problem, state, part_of(whole, chunk, CHUNKS))
        now = worth(problem, state)
        best = now if now.better_than(best) else best
        chunk = max(chunk + 1, watch.due(begun_s, CHUNKS))
    now = settle(problem, state, tries, watch)
    return now if now.better_than(best) else best


def quench(problem: Problem, state: State, heat: Heat) -> None:
    """Cool down at once what has no time to anneal."""
    cold = Heat(4.0 * heat.cold, heat.cold, heat.price_cold, heat.price_cold)
    anneal(problem, state, schedule(problem, cold, QUENCHING_TRIES))


def part_of(whole: Schedule, chunk: int, chunks: int) -> Schedule:
    """Return one chunk of a schedule."""

    def between(begin: float, end: float, at: int) -> float:
        return float(begin * (end / begin) ** (at / chunks))

    return Schedule(
        whole.tries // chunks,
        between(whole.warm, whole.cold, chunk),
        between(whole.warm, whole.cold, chunk + 1),
        between(whole.price_warm, whole.price_cold, chunk),
        between(whole.price_warm, whole.price_cold, chunk + 1),
    )


def settle(problem: Problem, state: State, tries: int, watch: Watch) -> Found:
    """Bring loads into bounds by short anneals at a high price, each a little warmer."""
    best = worth(problem, state)
    for turn in range(SETTLING_ROUNDS):
        if best.excess == 0.0 or watch.over():
            break
        heat = Heat(0.2 * 1.4**turn, 0.1, 3.0, 1000.0)
        anneal(problem, state, schedule(problem, heat, max(tries // 20, SETTLING_TRIES)))
        now = worth(problem, state)
        best = now if now.better_than(best) else best
    return best


def metis(problem: Problem, k: int, seed: int, slack: float = METIS_SLACK) -> Part:
    """Return a partition by METIS, its parts made whole.

    Parameters
    ----------
    problem
        Bounds and costs are not looked at.
    k
        Parts.
    seed
        Of METIS' random choices.
    slack
        Share of the mean load by which a part may be heavier.
    """
    import pymetis  # noqa: PLC0415 - a bare repair needs no start

    load = max(float(problem.weight.sum()), 1.0)
    scale = METIS_LENGTH / typical_length(problem)
    _, part = pymetis.part_graph(
        k,
        pymetis.CSRAdjacency(problem.first, problem.neighbour),
        vweights=np.rint(problem.weight * min(1.0, METIS_WEIGHTS / load)).astype(np.int64),
        eweights=np.maximum(np.rint(problem.length * scale), 1).astype(np.int64),
        recursive=False,
        options=pymetis.Options(seed=seed, contig=1, ufactor=max(1, round(1000 * slack))),
    )
    return whole(problem, np.asarray(part, np.int64), k)


def whole(problem: Problem, part: Part, k: int) -> Part:
    """Return a partition into k parts of one piece each that differs as little as is simple.

    Of each part the heaviest piece stays, or the one with most weight that can't move; all other
    nodes go to parts nearby, the lightest first. Parts without a node get one.

    Parameters
    ----------
    problem
        Its graph is connected; parts that may not take nodes have theirs already.
    part
        Of each node, -1 where there is none.
    """
    part = part.copy()
    piece = label_pieces(problem, part)
    fixed = ~problem.movable
    for number in range(k):
        mine = np.flatnonzero(part == number)
        if len(mine) == 0:
            continue
        weight = problem.weight[mine] + np.where(fixed[mine], problem.weight.sum() + 1.0, 0.0)
        heavy = np.bincount(piece[mine], weights=weight + NOTHING)
        stray = mine[(piece[mine] != heavy.argmax()) & ~fixed[mine]]
        part[stray] = -1
    seed_empty(problem, part, k)
    load = np.bincount(part[part >= 0], weights=problem.weight[part >= 0], minlength=k)
    fill(problem, part, load.astype(np.float64))
    return part


def seed_empty(problem: Problem, part: Part, k: int) -> None:
    """Give each part without a node one: a free one, or one whose part stays whole without it."""
    for number in range(k):
        if (part == number).any() or not problem.opened[number]:
            continue
        free = np.flatnonzero(part < 0)
        if len(free):
            part[free[problem.weight[free].argmax()]] = number
            continue
        load = np.bincount(part, weights=problem.weight, minlength=k)
        for giver in np.argsort(-load, kind="stable"):
            node = far_node(problem, part, int(giver))
            if node >= 0:
                part[node] = number
                break


def far_node(problem: Problem, part: Part, giver: int) -> int:
    """Return the heaviest node without which a part stays whole; -1 where there is none."""
    mine = np.flatnonzero((part == giver) & problem.movable)
    if np.count_nonzero(part == giver) <= 1 or len(mine) == 0 or not problem.opened[giver]:
        return -1
    state = new_state(problem, part, 0)
    heavy = mine[np.argsort(-problem.weight[mine], kind="stable")]
    return next((int(node) for node in heavy if keeps_whole(problem, state, node)), -1)


def best_of(
    runs: Sequence[Callable[[], Found]], workers: int, seen: Callable[[Found], None] | None = None
) -> Found:
    """Return the best of several runs, side by side; the first of equals, whichever ends first."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        best: Found | None = None
        for future in [pool.submit(one) for one in runs]:
            found = future.result()
            if found.better_than(best):
                best = found
                if seen is not None:
                    seen(found)
    if best is None:
        message = "there is nothing to run"
        raise ValueError(message)
    return best
