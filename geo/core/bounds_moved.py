"""A lower bound on households moved, by constraint programming (CP-SAT of OR-Tools).

The model shares nodes out among grids within bounds and moves as few households as can be. That
grids are one piece is asked only as far as solutions break it, by cuts: where a grid keeps some
household of today's, a node reaches it only over a separator; and two nodes on two sides of one
can't be in one grid without it (Oehrlein, Haunert 2017, A cutting-plane method for
contiguity-constrained spatial aggregation). So the bound holds for every plan that is no further
out of bounds than the one that is known, also where a grid moves away from where it was.

The solver's effort is counted in its own deterministic time: a problem has the same bound on every
machine, unless the time limit ends the search.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.core.annealing import label_pieces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from ortools.sat.python.cp_model_helper import CpModelProto, CpSolverResponse

    from geo.core.annealing import Problem
    from geo.core.partition import Watch

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

EFFORT = 2e-4
"""Deterministic seconds of the solver for each node and part."""

STRAYS = 6
"""So many nodes of a stray piece, the heaviest, are barred from parts that it is not in."""


class Known(NamedTuple):
    """A plan that is known: its parts, its households moved, and those out of bounds."""

    part: Ints
    moved: int
    excess: int


class Bound(NamedTuple):
    """Fewest households that a plan moves; and unless the known one is the best, a partition.

    That one may be in pieces, and then moves fewer than any plan whose parts are whole.
    """

    moved: int
    part: Ints | None


class _Model:
    """Literals node in part, by node then part; and excess and deficit by part, in households."""

    def __init__(self, problem: Problem, moved: Floats, known: Known) -> None:
        from ortools.sat.python.cp_model_helper import CpModelProto  # noqa: PLC0415 - heavy

        self.problem, self.known = problem, known
        self.moved = np.rint(moved).astype(np.int64)
        self.n, self.k = moved.shape
        self.rooted = rooted(self.moved, known)
        self.allowed = allowed(problem, self.moved, self.rooted, known)
        self.proto: CpModelProto = CpModelProto()
        for may in self.allowed.reshape(-1):
            self._variable(int(may))
        self._shares()
        self._loads()
        self._moves()
        for node in range(self.n):
            self._ring(node)

    def _variable(self, most: int) -> int:
        self.proto.variables.add().domain.extend([0, most])
        return len(self.proto.variables) - 1

    def _sum(self, terms: list[tuple[int, int]], low: int, high: int) -> None:
        """Ask for a sum of variables by coefficients within bounds."""
        linear = self.proto.constraints.add().linear
        linear.vars.extend([variable for variable, _ in terms])
        linear.coeffs.extend([coefficient for _, coefficient in terms])
        linear.domain.extend([low, high])

    def _shares(self) -> None:
        for node in range(self.n):
            parts = node * self.k + np.flatnonzero(self.allowed[node])
            self.proto.constraints.add().exactly_one.literals.extend(parts.tolist())

    def _loads(self) -> None:
        weight = np.rint(self.problem.weight).astype(np.int64)
        slacks: list[tuple[int, int]] = []
        for part in range(self.k):
            nodes = np.flatnonzero(self.allowed[:, part] & (weight > 0))
            load = [(int(node) * self.k + part, int(weight[node])) for node in nodes]
            if self.known.excess:
                over, under = (self._variable(self.known.excess) for _ in range(2))
                slacks += [(over, 1), (under, 1)]
                load += [(over, -1), (under, 1)]
            low, high = self.problem.lower[part], self.problem.upper[part]
            self._sum(load, int(np.ceil(low)), int(np.floor(high)))
        if slacks:
            self._sum(slacks, 0, self.known.excess)

    def _moves(self) -> None:
        cost = np.where(self.allowed, self.moved, 0).reshape(-1)
        at = np.flatnonzero(cost)
        self.proto.objective.vars.extend(at.tolist())
        self.proto.objective.coeffs.extend(cost[at].tolist())
        self._sum([(int(one), int(cost[one])) for one in at], 0, self.known.moved)

    def _needs(self, nodes: Iterable[int], part: int, separator: Ints) -> None:
        """Ask for a node of a separator in a part that has some nodes."""
        through = [int(one) * self.k + part for one in separator if self.allowed[one, part]]
        having = [-1 - (int(node) * self.k + part) for node in nodes]
        self.proto.constraints.add().bool_or.literals.extend(having + through)

    def _at_home(self, nodes: Ints, part: int) -> bool:
        """Tell whether any node has a household at home in a part."""
        return bool((self.moved[nodes, part] < self.moved[nodes].max(axis=1)).any())

    def _ring(self, node: int) -> None:
        """Ask for a neighbour of a node, in parts that it can't be or have been by itself."""
        alone, ring = np.array([node]), around(self.problem, np.array([node]))
        for part in np.flatnonzero(self.allowed[node]).tolist():
            light = self.problem.weight[node] < self.problem.lower[part] - self.known.excess
            if light or (self.rooted[part] and not self._at_home(alone, part)):
                self._needs([node], part, ring)

    def separate(self, part: Ints) -> bool:
        """Ask for what a solution in pieces breaks; tell whether there was any such thing."""
        before = len(self.proto.constraints)
        piece = label_pieces(self.problem, part)
        for number in range(self.k):
            names = np.unique(piece[part == number])
            pieces = [np.flatnonzero(piece == name) for name in names]
            if len(pieces) > 1:
                self._divide(number, pieces)
        return len(self.proto.constraints) > before

    def _divide(self, number: int, pieces: list[Ints]) -> None:
        weight = self.problem.weight + 1e-6
        main = max(pieces, key=lambda one: float(weight[one].sum()))
        for stray in pieces:
            if stray is not main:
                self._apart(number, stray, around(self.problem, stray), main)
                self._apart(number, stray, around(self.problem, main), main)

    def _apart(self, number: int, stray: Ints, separator: Ints, main: Ints) -> None:
        """Ask for what follows from a separator of two pieces, in all parts."""
        side = side_of(self.problem, stray, separator)
        anchor = int(main[self.problem.weight[main].argmax()])
        heavy = stray[np.argsort(-self.problem.weight[stray], kind="stable")][:STRAYS]
        for part in range(self.k):
            free = self.rooted[part] and not self._at_home(side, part)
            for node in heavy if free or part != number else stray:
                if self.allowed[node, part]:
                    self._needs([node] if free else [node, anchor], part, separator)

    def solve(self, hint: Ints, effort: float, seconds: float) -> CpSolverResponse:
        """Solve the model as it is, within deterministic seconds and those of the clock."""
        from ortools.sat.python import cp_model_helper as cp  # noqa: PLC0415 - heavy

        at = np.arange(self.n * self.k)
        self.proto.solution_hint.vars.clear()
        self.proto.solution_hint.values.clear()
        self.proto.solution_hint.vars.extend(at.tolist())
        values = (at % self.k == np.repeat(hint, self.k)).astype(np.int64)
        self.proto.solution_hint.values.extend(values.tolist())
        parameters = cp.SatParameters()
        parameters.num_workers = 1
        parameters.random_seed = 0
        parameters.cp_model_probing_level = 0
        parameters.max_deterministic_time = effort
        if np.isfinite(seconds):
            parameters.max_time_in_seconds = seconds
        wrapper = cp.SolveWrapper()
        wrapper.set_parameters(parameters)
        solved: CpSolverResponse = wrapper.solve(self.proto)  # type: ignore[no-untyped-call]
        return solved

    def part_of(self, solved: CpSolverResponse) -> Ints | None:
        """Return the partition that a solution is, if there is one."""
        values = np.array(list(solved.solution)[: self.n * self.k], np.int64)
        if len(values) == 0:
            return None
        part: Ints = values.reshape(self.n, self.k).argmax(axis=1).astype(np.int64)
        return part


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


def rooted(moved: Ints, known: Known) -> Bools:
    """Tell which parts keep some household in every plan that moves no more than the known one."""
    return np.asarray((moved.max(axis=1)[:, None] - moved).sum(axis=0) > known.moved)


def allowed(problem: Problem, moved: Ints, roots: Bools, known: Known) -> Bools:
    """Tell which node may be in which part of a plan that moves no more households.

    A part that keeps a household of its own reaches a node only over nodes that come to it.
    """
    n, k = moved.shape
    may = np.zeros((n, k), np.bool_)
    for part in range(k):
        at_home = moved[:, part] < moved.max(axis=1)
        reach = reach_of(problem, moved[:, part], at_home) if roots[part] else moved[:, part]
        may[:, part] = reach <= known.moved
    for node in np.flatnonzero(~problem.movable):
        may[node] = np.arange(k) == known.part[node]
    return may


def reach_of(problem: Problem, cost: Ints, sources: Bools) -> Floats:
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
    """Return a lower bound on the households that a partition moves.

    Parameters
    ----------
    problem
        Nodes, links, bounds and nodes that can't move; costs are not looked at.
    moved
        Households that move when a node goes to a part, (n, k).
    known
        A plan: the bound is for all that are no further out of bounds.
    watch
        Ends the search.
    """
    if known.moved == 0 or watch.over():
        return Bound(0, None)
    model = _Model(problem, moved, known)
    least, found, effort = 0, known.part, EFFORT * moved.size
    while effort > 0.0 and not watch.over():
        solved = model.solve(found, effort, watch.left_s())
        effort -= solved.deterministic_time
        if np.isfinite(solved.best_objective_bound):
            least = max(least, int(np.ceil(solved.best_objective_bound - 1e-4)))
        part = model.part_of(solved)
        if part is None or least >= known.moved:
            break
        found = part
        if not model.separate(part):
            break
    proved = least >= known.moved or found is known.part
    return Bound(min(least, known.moved), None if proved else found)
