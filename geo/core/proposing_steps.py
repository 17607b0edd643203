"""Steps from today to a plan: which cells move, in an order in which they can be moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.core.annealing import Problem, State, keeps_whole, move, new_state
from geo.core.graphs import adjacency_of
from geo.core.proposing_values import Step, Territory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


def steps(territory: Territory, assignment: Ints) -> tuple[Step, ...]:
    """Return the moves that lead from today to a plan, in an order in which they can be done.

    After every step every grid is one piece, wherever some order of steps allows that; among
    those that can be done, the grid with most households gives first.

    Examples
    --------
    >>> import shapely
    >>> from geo.core.proposing_sentences import sentence
    >>> from geo.core.territories import CellRows, GridRows, territory_of
    >>> boxes, free = shapely.box([0, 1, 2], 0, [1, 2, 3], 1), np.zeros(3, bool)
    >>> rows = CellRows(("a", "b", "c"), boxes, np.array([9, 4, 2]), ("",) * 3, ("g",) * 3, free)
    >>> line = territory_of("9", rows, GridRows(("g",), free[:1]), np.zeros((0, 2)))
    >>> for step in steps(line, np.array([0, 1, 1])):
    ...     print(sentence(line, step, ("23", "24")))
    c moves 2 households to 24: 23 falls from 15 to 13, 24 rises from 0 to 2.
    b moves 4 households to 24: 23 falls from 13 to 9, 24 rises from 2 to 6.
    >>> steps(line, line.start)
    ()
    """
    walk = _Walk(territory, assignment)
    waiting = _moves(territory, assignment)
    done = []
    while waiting:
        order = sorted(range(len(waiting)), key=lambda at: (-walk.load(waiting[at]), at))
        chosen = next((at for at in order if walk.allows(waiting[at])), order[0])
        done.append(walk.take(waiting.pop(chosen)))
    return tuple(done)


def _moves(territory: Territory, assignment: Ints) -> list[tuple[int, ...]]:
    """Return the cells that change their grid, those of one compound together."""
    together: dict[tuple[int, int, int], list[int]] = {}
    for row in np.flatnonzero(assignment != territory.start):
        key = (int(territory.groups[row]), int(territory.start[row]), int(assignment[row]))
        together.setdefault(key, []).append(int(row))
    return [tuple(cells) for cells in together.values()]


class _Walk:
    """A plan on its way from today's to another: cells without a grid are in a row of their own."""

    def __init__(self, territory: Territory, assignment: Ints) -> None:
        self.territory = territory
        self.goal = assignment
        self.nowhere = max(len(territory.grids), int(assignment.max(initial=-1)) + 1)
        graph = adjacency_of(len(assignment), territory.edges)
        k, n = self.nowhere + 1, len(assignment)
        self.problem = Problem(
            graph.first,
            graph.neighbour,
            np.ones(len(graph.neighbour)),
            territory.households.astype(np.float64),
            np.zeros(k),
            np.full(k, np.inf),
            np.ones(n, np.bool_),
            np.ones(k, np.bool_),
            np.zeros((0, 0)),
            np.zeros((n, 0)),
            0.0,
        )
        start = np.where(territory.start < 0, self.nowhere, territory.start)
        self.state: State = new_state(self.problem, start, 0)

    def load(self, cells: tuple[int, ...]) -> float:
        """Return the households of the grid that gives; least of all for none."""
        giver = int(self.state.part[cells[0]])
        return -1.0 if giver == self.nowhere else float(self.state.load[giver])

    def allows(self, cells: tuple[int, ...]) -> bool:
        """Tell whether giver and taker stay whole when some cells move; nothing moves yet."""
        giver, taker = int(self.state.part[cells[0]]), int(self.goal[cells[0]])
        moved: list[int] = []
        waiting = list(cells)
        while waiting:
            fit = next((cell for cell in waiting if self._fits(cell, giver, taker)), None)
            if fit is None:
                break
            move(self.problem, self.state, fit, taker)
            moved.append(fit)
            waiting.remove(fit)
        for cell in reversed(moved):
            move(self.problem, self.state, cell, giver)
        return not waiting

    def _fits(self, cell: int, giver: int, taker: int) -> bool:
        near = self.problem.neighbour[self.problem.first[cell] : self.problem.first[cell + 1]]
        if self.state.size[taker] > 0 and not (self.state.part[near] == taker).any():
            return False
        last = giver == self.nowhere or self.state.size[giver] == 1
        return last or bool(keeps_whole(self.problem, self.state, cell))

    def take(self, cells: tuple[int, ...]) -> Step:
        """Move some cells, and return what that was."""
        giver, taker = int(self.state.part[cells[0]]), int(self.goal[cells[0]])
        before = int(self.state.load[giver]), int(self.state.load[taker])
        for cell in cells:
            move(self.problem, self.state, cell, taker)
        known = giver != self.nowhere
        return Step(
            cells=cells,
            giver=giver if known else -1,
            taker=taker,
            households=int(self.territory.households[list(cells)].sum()),
            giver_before=before[0] if known else 0,
            giver_after=int(self.state.load[giver]) if known else 0,
            taker_before=before[1],
            taker_after=int(self.state.load[taker]),
        )
