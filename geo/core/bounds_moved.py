"""A lower bound on households moved, by integer programming.

The model shares nodes out among grids within bounds and moves fewer households than a plan that
is known; either there is none, and the known plan is the best, or a bound is left. That grids are
one piece is asked only as far as solutions break it, by cuts: where a grid keeps some household of
today's, a node reaches it only over a separator; and two nodes on two sides of one can't be in one
grid without it (Oehrlein, Haunert 2017, A cutting-plane method for contiguity-constrained spatial
aggregation). So the bound holds for every plan that is no further out of bounds.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.core.annealing import label_pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.annealing import Problem
    from geo.core.partition import Watch

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

ROUNDS = 200
NODE_LIMIT = 20_000
OPTIMAL, INFEASIBLE = 0, 2
LEAST_S = 0.05
RINGS, RINGS_OF_MANY, MANY = 3, 1, 600
"""Rings around each node that are asked for at once; fewer where there are many variables."""

STRAYS = 6


class Known(NamedTuple):
    """A plan that is known: its households moved, and by how much it is out of bounds."""

    moved: int
    excess: int


class Bound(NamedTuple):
    """Fewest households that a plan moves, and a plan that moves fewer than the one known."""

    moved: int
    part: Ints | None


class _Model:
    """Variables node in part, by node then part, excess and deficit by part; and constraints."""

    def __init__(self, problem: Problem, moved: Floats, known: Known) -> None:
        self.problem, self.moved = problem, np.rint(moved)
        self.n, self.k = moved.shape
        self.slack = known.excess > 0
        self.rooted = rooted(moved, known)
        self.allowed = allowed(problem, moved, self.rooted, known)
        self.low: list[float] = []
        self.high: list[float] = []
        self.entries: list[tuple[int, int, float]] = []
        self._shares(known)

    @property
    def size(self) -> int:
        """How many variables there are."""
        return int(self.n * self.k + (2 * self.k if self.slack else 0))

    def add(self, entries: list[tuple[int, float]], low: float, high: float) -> None:
        """Add a constraint."""
        row = len(self.low)
        self.entries.extend((row, column, value) for column, value in entries)
        self.low.append(low)
        self.high.append(high)

    def _shares(self, known: Known) -> None:
        n, k, weight = self.n, self.k, self.problem.weight
        for node in range(n):
            self.add([(node * k + part, 1.0) for part in range(k)], 1.0, 1.0)
        for part in range(k):
            load = [(node * k + part, float(weight[node])) for node in range(n)]
            over = [(n * k + part, -1.0)] if self.slack else []
            under = [(n * k + k + part, 1.0)] if self.slack else []
            self.add([*load, *over], -np.inf, float(self.problem.upper[part]))
            self.add([*load, *under], float(self.problem.lower[part]), np.inf)
        if self.slack:
            slacks = [(column, 1.0) for column in range(n * k, n * k + 2 * k)]
            self.add(slacks, 0.0, float(known.excess))
        cost = self.moved.reshape(-1)
        entries = [(int(at), float(cost[at])) for at in np.flatnonzero(cost)]
        self.add(entries, -np.inf, known.moved - 1.0)
        for node in range(n):
            self._rings(node)

    def _at_home(self, nodes: Ints, part: int) -> bool:
        """Tell whether any node has a household at home in a part."""
        return bool((self.moved[nodes, part] < self.moved[nodes].max(axis=1)).any())

    def _rings(self, node: int) -> None:
        """Ask for the rings around a node, in parts that have nothing within them at home."""
        piece = np.array([node])
        for _ in range(RINGS if self.n * self.k <= MANY else RINGS_OF_MANY):
            near = around(self.problem, piece)
            for part in range(self.k):
                if self.allowed[node, part] and not self._at_home(piece, part):
                    self._reached(node, part, len(piece), near)
            piece = np.union1d(piece, near)

    def _reached(self, node: int, part: int, size: int, ring: Ints) -> None:
        """Ask for a node of the ring around a piece that has nothing of a part at home."""
        alone = size > 1 or self.problem.weight[node] >= self.problem.lower[part]
        if self.rooted[part] or not alone:
            near = [(int(one) * self.k + part, -1.0) for one in ring]
            self.add([(node * self.k + part, 1.0), *near], -np.inf, 0.0)

    def separate(self, part: Ints) -> int:
        """Add what a solution in pieces breaks; return how many constraints that is."""
        before = len(self.low)
        piece = label_pieces(self.problem, part)
        for number in range(self.k):
            names = np.unique(piece[part == number])
            pieces = [np.flatnonzero(piece == name) for name in names]
            if len(pieces) > 1:
                self._divide(number, pieces)
        return len(self.low) - before

    def _divide(self, number: int, pieces: list[Ints]) -> None:
        weight = self.problem.weight + 1e-6
        main = max(pieces, key=lambda one: float(weight[one].sum()))
        for stray in pieces:
            if stray is not main:
                self._apart(number, stray, around(self.problem, stray), main)
                self._apart(number, stray, around(self.problem, main), main)

    def _apart(self, number: int, stray: Ints, separator: Ints, main: Ints) -> None:
        """Add what follows from a separator of two pieces, for all parts."""
        side = side_of(self.problem, stray, separator)
        anchor = int(main[self.problem.weight[main].argmax()])
        heavy = stray[np.argsort(-self.problem.weight[stray], kind="stable")][:STRAYS]
        for part in range(self.k):
            near = [(int(one) * self.k + part, -1.0) for one in separator]
            free = self.rooted[part] and not self._at_home(side, part)
            for node in heavy if free or part != number else stray:
                ends = [(int(node) * self.k + part, 1.0), *near]
                if free:
                    self.add(ends, -np.inf, 0.0)
                else:
                    self.add([*ends, (anchor * self.k + part, 1.0)], -np.inf, 1.0)


def side_of(problem: Problem, nodes: Ints, separator: Ints) -> Ints:
    """Return all nodes that some nodes reach without stepping on a separator."""
    reached = np.zeros(len(problem.weight), np.bool_)
    reached[nodes] = True
    waiting = [int(node) for node in nodes]
    barred = set(separator.tolist())
    while waiting:
        here = waiting.pop()
        for near in problem.neighbour[problem.first[here] : problem.first[here + 1]]:
            if not reached[near] and int(near) not in barred:
                reached[near] = True
                waiting.append(int(near))
    return np.flatnonzero(reached)


def rooted(moved: Floats, known: Known) -> Bools:
    """Tell which parts keep some household in every plan that moves fewer than the known one."""
    return np.asarray((moved.max(axis=1)[:, None] - moved).sum(axis=0) >= known.moved)


def allowed(problem: Problem, moved: Floats, roots: Bools, known: Known) -> Bools:
    """Tell which node may be in which part of a plan that moves fewer households.

    A part that keeps a household of its own reaches a node only over nodes that come to it.
    """
    n, k = moved.shape
    may = np.zeros((n, k), np.bool_)
    for part in range(k):
        at_home = moved[:, part] < moved.max(axis=1)
        reach = reach_of(problem, moved[:, part], at_home) if roots[part] else moved[:, part]
        may[:, part] = reach < known.moved
    for node in np.flatnonzero(~problem.movable):
        may[node] = np.arange(k) == moved[node].argmin()
    return may


def reach_of(problem: Problem, cost: Floats, sources: Bools) -> Floats:
    """Return the cheapest way to each node from any source, nodes at both ends counted."""
    found = np.full(len(cost), np.inf)
    waiting = [(float(cost[node]), int(node)) for node in np.flatnonzero(sources)]
    heapq.heapify(waiting)
    while waiting:
        so_far, node = heapq.heappop(waiting)
        if so_far >= found[node]:
            continue
        found[node] = so_far
        for near in problem.neighbour[problem.first[node] : problem.first[node + 1]]:
            if so_far + cost[near] < found[near]:
                heapq.heappush(waiting, (so_far + float(cost[near]), int(near)))
    return found


def around(problem: Problem, nodes: Ints) -> Ints:
    """Return the neighbours of some nodes that are not among them."""
    near = [problem.neighbour[problem.first[one] : problem.first[one + 1]] for one in nodes]
    return np.setdiff1d(np.concatenate(near), nodes)


def bound_of(problem: Problem, moved: Floats, known: Known, watch: Watch) -> Bound:
    """Return a lower bound on the households that a partition moves, and a better one if found.

    Parameters
    ----------
    problem
        Nodes, links, bounds and nodes that can't move; costs are not looked at.
    moved
        Households that move when a node goes to a part, (n, k).
    known
        What is to be surpassed.
    watch
        Ends the search.
    """
    if known.moved == 0:
        return Bound(0, None)
    model = _Model(problem, moved, known)
    least = 0
    for _ in range(ROUNDS):
        if watch.left_s() < LEAST_S or watch.over():
            break
        found = _solved(model, watch.left_s())
        if found.status == INFEASIBLE:
            return Bound(known.moved, None)
        value = found.mip_dual_bound
        if value is not None and np.isfinite(value):
            least = max(least, min(known.moved, int(np.ceil(value - 1e-4))))
        if found.x is None:
            break
        shares = found.x[: model.n * model.k].reshape(model.n, model.k)
        part = shares.argmax(axis=1).astype(np.int64)
        if model.separate(part) == 0:
            return Bound(least, part)
        if found.status != OPTIMAL:
            break
    return Bound(least, None)


def _solved(model: _Model, seconds: float):  # type: ignore[no-untyped-def]  # noqa: ANN202 - scipy's result
    from scipy import sparse  # noqa: PLC0415 - takes a while to import
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - the same

    row, column, value = zip(*model.entries, strict=True)
    matrix = sparse.coo_array((value, (row, column)), shape=(len(model.low), model.size)).tocsr()
    slacks = np.zeros(model.size - model.n * model.k)
    return milp(
        np.concatenate([model.moved.reshape(-1), slacks]),
        integrality=np.concatenate([np.ones(model.n * model.k), slacks]),
        bounds=Bounds(0.0, np.concatenate([model.allowed.reshape(-1), slacks + np.inf])),
        constraints=LinearConstraint(matrix, np.array(model.low), np.array(model.high)),
        options={"node_limit": NODE_LIMIT, "time_limit": min(seconds, 1e6), "mip_rel_gap": 0.0},
    )
