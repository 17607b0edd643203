"""Plans for bare graphs: connected parts within bounds, and as short a cut as can be found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.core.annealing import Problem, cut, excess, label_pieces, new_state
from geo.core.graphs import adjacency_of, pieces_of
from geo.core.partition import NOTHING, Found, Heat, Watch, metis, run, typical_weight, whole
from geo.messages import Message, msg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

HEATS = (
    Heat(3.0, 0.1, 0.1, 3.0),
    Heat(3.0, 0.1, 0.3, 10.0),
    Heat(5.0, 0.2, 0.3, 3.0),
    Heat(1.5, 0.1, 0.3, 10.0),
)
"""Races show which of these fits a graph."""

REHEAT = Heat(0.8, 0.1, 0.5, 10.0)
HURRIED_HEAT = Heat(0.6, 0.1, 0.5, 10.0)
TRIES_PER_SECOND = 2_000_000
"""Moves that a thread tries in a second on a slow machine: budgets are counted by them."""

DEFAULT_SECONDS = 20.0
FEW_TRIES_PER_NODE = 300
RACE, LONG, AGAIN = 0.25, 0.5, 0.25
"""Shares of the budget: races, long runs, reheating of the best."""

WORKERS = 2
RESCUES = 6


@dataclass(frozen=True, slots=True, eq=False)
class Bare:
    """A bare graph: weights of n nodes, edges (m, 2) and their lengths (m,)."""

    weight: Floats
    edges: Ints
    length: Floats


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many parts, and how heavy each may be."""

    k: int
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, eq=False)
class GraphPlan:
    """A plan for a graph.

    Parameters
    ----------
    part
        Of each node, 0 to k - 1.
    cut
        Summed length of the edges between parts.
    bounds_ok, connected
        Whether all parts are within bounds, and k pieces in all.
    hurried
        The time limit ended the search: another run may answer otherwise.
    """

    part: Ints
    cut: float
    bounds_ok: bool
    connected: bool
    hurried: bool


def impossible(bare: Bare, bounds: Bounds, names: tuple[str, ...]) -> list[Message]:
    """Return what forbids a plan by arithmetic alone; nothing where nothing does.

    Examples
    --------
    >>> two = Bare(np.array([3.0, 4.0]), np.array([[0, 1]]), np.ones(1))
    >>> print(impossible(two, Bounds(2, 4, 5), ("a", "b"))[0])
    The graph weighs 7, too little for 2 parts of at least 4: they need 8.
    >>> impossible(two, Bounds(2, 3, 4), ("a", "b"))
    []
    """
    total, k = float(bare.weight.sum()), bounds.k
    slack = NOTHING * max(1.0, total / max(k, 1))
    found = []
    if k > len(bare.weight):
        found.append(
            msg("%(k)s parts need as many nodes; there are %(nodes)s.", k=k, nodes=len(bare.weight))
        )
    if total < k * bounds.lower - slack:
        found.append(
            msg(
                "The graph weighs %(total)s, too little for %(k)s parts of at least %(lower)s:"
                " they need %(need)s.",
                total=_shown(total),
                k=k,
                lower=_shown(bounds.lower),
                need=_shown(k * bounds.lower),
            )
        )
    if total > k * bounds.upper + slack:
        found.append(
            msg(
                "The graph weighs %(total)s, too much for %(k)s parts of at most %(upper)s: they"
                " hold %(room)s.",
                total=_shown(total),
                k=k,
                upper=_shown(bounds.upper),
                room=_shown(k * bounds.upper),
            )
        )
    found.extend(
        msg(
            "Node “%(node)s” weighs %(weight)s, more than the %(upper)s of a part.",
            node=names[row],
            weight=_shown(float(bare.weight[row])),
            upper=_shown(bounds.upper),
        )
        for row in np.flatnonzero(bare.weight > bounds.upper + slack)[:10]
    )
    return found or _disconnected(bare, bounds)


def _disconnected(bare: Bare, bounds: Bounds) -> list[Message]:
    pieces = components(bare)
    if len(pieces) <= 1 or shares(bare, bounds, pieces) is not None:
        return []
    loads = sorted((float(bare.weight[piece].sum()) for piece in pieces), reverse=True)
    shown = ", ".join(_shown(load) for load in loads[:10]) + (", …" if len(loads) > 10 else "")  # noqa: PLR2004 - as many as a line holds
    return [
        msg(
            "The graph is not connected: its %(pieces)s pieces weigh %(loads)s, and %(k)s connected"
            " parts of %(lower)s to %(upper)s can't share them out.",
            pieces=len(loads),
            loads=shown,
            k=bounds.k,
            lower=_shown(bounds.lower),
            upper=_shown(bounds.upper),
        )
    ]


def _shown(value: float) -> str:
    return f"{value:.12g}"


def components(bare: Bare) -> list[Ints]:
    """Return the nodes of each connected piece."""
    graph = adjacency_of(len(bare.weight), bare.edges)
    piece = pieces_of(graph, np.arange(len(bare.weight)))
    order = np.argsort(piece, kind="stable")
    if len(order) == 0:
        return []
    return np.split(order, np.flatnonzero(np.diff(piece[order])) + 1)


def shares(bare: Bare, bounds: Bounds, pieces: list[Ints]) -> list[int] | None:
    """Return a number of parts for each piece that sums to k; ``None`` where none does."""
    reachable: list[dict[int, int]] = [{0: 0}]
    for piece in pieces:
        load = float(bare.weight[piece].sum())
        slack = NOTHING * max(1.0, load)
        least = max(1, int(np.ceil((load - slack) / bounds.upper)) if bounds.upper > 0 else 1)
        most = len(piece)
        if bounds.lower > 0:
            most = min(most, int((load + slack) // bounds.lower))
        following: dict[int, int] = {}
        for so_far in reachable[-1]:
            for count in range(least, min(most, bounds.k - so_far) + 1):
                following.setdefault(so_far + count, count)
        reachable.append(following)
    if bounds.k not in reachable[-1]:
        return None
    counts, left = [], bounds.k
    for table in reversed(reachable[1:]):
        counts.append(table[left])
        left -= table[left]
    return counts[::-1]


def divide(  # noqa: PLR0913 - a search is all of this
    bare: Bare,
    bounds: Bounds,
    *,
    seed: int = 0,
    seconds: float | None = None,
    tries: int | None = None,
    start: Ints | None = None,
) -> GraphPlan:
    """Return the plan with the shortest cut that was found.

    Parameters
    ----------
    bare, bounds
        What is to be divided; :func:`impossible` has nothing against it.
    seed
        Of all random choices.
    seconds
        How much to search; never longer. Without it, as much as 20 s on a slow machine, however
        long that takes.
    tries
        Moves that each of two threads tries; by default what the seconds allow a slow machine.
    start
        Part of each node to begin with, -1 where there is none; METIS is tried as well.
    """
    watch = Watch(seconds)
    pieces = components(bare)
    counts = shares(bare, bounds, pieces) or [bounds.k]
    if len(counts) < len(pieces):
        pieces = [np.arange(len(bare.weight))]
    budget = tries or TRIES_PER_SECOND * (seconds or DEFAULT_SECONDS)
    part = np.zeros(len(bare.weight), np.int64)
    first = 0
    for piece, k in zip(pieces, counts, strict=True):
        problem = problem_of(bare, bounds, piece, k)
        begin = None if start is None or len(pieces) > 1 else start[piece]
        mine = int(budget * len(piece) / len(bare.weight))
        part[piece] = first + search(problem, seed, mine, begin, watch).part
        first += k
    return plan_of(bare, bounds, part, hurried=watch.hurried)


def problem_of(bare: Bare, bounds: Bounds, members: Ints, k: int) -> Problem:
    """Return the annealing's problem of a connected piece."""
    place = np.full(len(bare.weight), -1, np.int64)
    place[members] = np.arange(len(members))
    pairs = place[bare.edges].reshape(-1, 2)
    both = (pairs >= 0).all(axis=1)
    graph = adjacency_of(len(members), pairs[both])
    return Problem(
        graph.first,
        graph.neighbour,
        bare.length[both][graph.edge],
        bare.weight[members],
        np.full(k, float(bounds.lower)),
        np.full(k, float(bounds.upper)),
        np.ones(len(members), np.bool_),
        np.ones(k, np.bool_),
        np.zeros((0, 0)),
        np.zeros((len(members), 0)),
        0.0,
    )


def plan_of(bare: Bare, bounds: Bounds, part: Ints, *, hurried: bool) -> GraphPlan:
    """Return a plan with its figures, all worked out from the assignment."""
    everything = problem_of(bare, bounds, np.arange(len(bare.weight)), bounds.k)
    state = new_state(everything, part, 0)
    piece = label_pieces(everything, part)
    over = float(excess(everything, state))
    return GraphPlan(
        part,
        float(cut(everything, part)),
        over <= NOTHING * typical_weight(everything),
        int(piece.max(initial=-1)) + 1 == bounds.k == len(np.unique(part)),
        hurried,
    )


def search(problem: Problem, seed: int, tries: int, begin: Ints | None, watch: Watch) -> Found:
    """Return the best partition found: races, long runs, then reheating of the best."""
    k = len(problem.lower)
    if k == 1:
        return Found(0.0, 0.0, np.zeros(len(problem.weight), np.int64))
    starts = [metis(problem, k, seed * len(HEATS) + at) for at in range(len(HEATS))]
    if begin is not None:
        starts[0] = whole(problem, np.where(begin < k, begin, -1), k)
    scarce = tries < FEW_TRIES_PER_NODE * len(problem.weight)
    heats = (HURRIED_HEAT,) * len(HEATS) if scarce else HEATS
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:

        def runs(tasks: list[tuple[Ints, Heat]], share: float, turn: int) -> list[Found]:
            each = max(int(tries * WORKERS * share / len(tasks)), 20_000)
            own = Watch(watch.left_s() * share_left[turn] if watch.seconds else None, watch.stop)
            made = [
                pool.submit(run, problem, part, (seed * 9 + turn) * 99 + at, each, heat, own)
                for at, (part, heat) in enumerate(tasks)
            ]
            found = [one.result() for one in made]
            watch.hurried |= own.hurried
            return found

        share_left = (0.3, 0.6, 0.8)
        raced = runs(list(zip(starts, heats, strict=True)), RACE, 0)
        order = sorted(range(len(raced)), key=lambda at: (raced[at].excess, raced[at].energy, at))
        ahead = order[:WORKERS]
        long = runs([(starts[at], heats[at]) for at in ahead], LONG, 1)
        top = best_found([*raced, *long])
        again = runs([(top.part, REHEAT)] * WORKERS, AGAIN, 2)
        top = best_found([top, *again])
        for turn in range(RESCUES):
            if top.excess == 0.0 or watch.over():
                break
            heat = Heat(0.5 * 1.6**turn, 0.1, 3.0, 300.0)
            rescue = [
                pool.submit(
                    run, problem, part, seed + 7919 * (turn + 1) + at, tries // 10, heat, watch
                )
                for at, part in enumerate((top.part, starts[turn % len(starts)]))
            ]
            top = best_found([top, *(one.result() for one in rescue)])
    return top


def best_found(found: list[Found]) -> Found:
    """Return the best of several partitions, the first of equals."""
    return min(found, key=lambda one: (one.excess, one.energy))
