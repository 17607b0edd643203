"""The search for three plans: fewest households moved, balanced, most compact."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.core.annealing import Problem, new_state
from geo.core.bounds_moved import Known, bound_of
from geo.core.graphs import adjacency_of
from geo.core.partition import (
    Heat,
    Watch,
    metis,
    run,
    typical_length,
    typical_weight,
    whole,
    worth,
)
from geo.core.proposing_figures import (
    excess_households,
    in_pieces,
    loads,
    proposal_of,
)
from geo.core.proposing_puzzle import Puzzle, puzzles_of
from geo.core.proposing_values import LABELS, Label, Progress, Proposal, Territory, Wish

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

OPEN_GROUND = 2.5
"""A metre of boundary over open ground costs as much as 2.5 on a road, river or railway."""

OPEN_GROUND_SHUNNED, OPEN_GROUND_SHUNNED_AFRESH = 6.0, 2.7
"""The same where boundaries are to follow roads: in a plan near today's, and in one drawn afresh,
where more makes boundaries longer by a tenth and puts hardly more of them on roads."""

STATION = 0.5
"""A typical node a mean distance further from its grid's station costs half a typical edge."""

CELL_MOVED = 0.02
"""A cell that moves costs this share of a typical node's households, besides its own."""

RUNS = 4
KEEN_ROUNDS, NEAR_ROUNDS = 6, 2
TASKS = 100
TRIES_PER_NODE = 800
FEWEST_TRIES, MOST_TRIES = 50_000, 2_000_000


BOUNDED = frozenset({"repair", "add"})
"""Kinds of wishes with a lower bound on households moved."""

PROOFS, MUCH_BETTER = 3, 0.95
"""A plan that moves so much less than the one before is proved anew, a few times."""

FAR_OFF = 1.1
"""A plan that moves so much more than is proved is looked for from today's grids once more."""

PROVING_S = 1.0
"""A search that ends by its time limit still has this long for its lower bound."""


class Taste(NamedTuple):
    """What a plan of the three makes of it, in typical edges.

    Parameters
    ----------
    moved
        Price of a typical node that moves.
    deviation
        Price of a grid that is wholly off the middle of its bounds, squared.
    """

    moved: float
    deviation: float


TASTES: dict[Label, Taste] = {
    "fewest_moved": Taste(20.0, 1.0),
    "balanced": Taste(2.0, 150.0),
    "compact": Taste(0.7, 1.0),
}


def propose(  # noqa: PLR0913 - a search is all of this
    territory: Territory,
    wish: Wish,
    *,
    seed: int = 0,
    seconds: float = 15.0,
    on_better: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    workers: int = 2,
) -> list[Proposal]:
    """Return three plans: fewest households moved, balanced, most compact.

    The answer is the same for the same seed unless the search was ``hurried``. Where bounds can't
    be kept, plans come as near to them as was found.

    Parameters
    ----------
    territory, wish
        What is to be redrawn, and how.
    seed
        Of all random choices.
    seconds
        The search ends by then, wherever it is.
    on_better
        Is told now and then of progress and of better plans, in a thread of the search.
    stop
        Is asked now and then whether to end at once, with the best plans so far.
    workers
        Threads that search.
    """
    watch = Watch(seconds, stop)
    return searched(territory, wish, seed, watch, on_better=on_better, workers=workers)


def searched(  # noqa: PLR0913 - a search is all of this
    territory: Territory,
    wish: Wish,
    seed: int,
    watch: Watch,
    *,
    on_better: Callable[[Progress], None] | None = None,
    workers: int = 1,
) -> list[Proposal]:
    """Return three plans, as :func:`propose` does, while a watch allows it."""
    if nothing_to_do(territory, wish):
        today = [proposal_of(territory, wish, label, territory.start.copy()) for label in LABELS]
        return [replace(plan, moved_bound=0) for plan in today]
    puzzles = puzzles_of(territory, wish)
    plans = {label: territory.start.copy() for label in LABELS}
    bound = 0 if wish.kind in BOUNDED else None
    for number, puzzle in enumerate(puzzles):
        found = solve(territory, wish, puzzle, seed, watch, workers)
        if bound is not None:
            least, part = proved(territory, wish, puzzle, found[LABELS[0]], seed, watch)
            found[LABELS[0]] = part
            bound += least
        for label, part in found.items():
            write(plans[label], puzzle, part)
        if on_better is not None:
            on_better(_progress(territory, wish, plans[LABELS[0]], (number + 1) / len(puzzles)))
    made = [
        proposal_of(territory, wish, label, named(territory, wish, plan), hurried=watch.hurried)
        for label, plan in plans.items()
    ]
    return [replace(plan, moved_bound=bound) for plan in made]


def proved(  # noqa: PLR0913, PLR0917 - a search is all of this
    territory: Territory, wish: Wish, puzzle: Puzzle, part: Ints, seed: int, watch: Watch
) -> tuple[int, Ints]:
    """Return the fewest households that move as far as is proved, and the best partition.

    Where that is not proved to be the best, what the proof came upon is made whole, and both are
    annealed at a high price of moves. What is much better then is proved anew, as that is easier.
    """
    problem = problem_of(territory, wish, puzzle, LABELS[0])
    moved = moved_cost(puzzle, problem, typical_weight(problem), cells=False)
    late, least = Watch(max(watch.left_s(), PROVING_S), watch.stop), 0
    for turn in range(PROOFS):
        known = known_of(problem, moved, part)
        bound = bound_of(problem, moved, known, late)
        least = max(least, bound.moved)
        if bound.part is None:
            break
        begins = [part, whole(problem, bound.part, len(puzzle.rows))]
        far_off = known.moved > FAR_OFF * bound.moved
        part = nearer(wish, puzzle, problem, begins, seed + turn, watch, far_off=far_off)
        now = known_of(problem, moved, part)
        if now.moved <= least or (now.moved > MUCH_BETTER * known.moved):
            break
    watch.hurried |= late.hurried
    return least, part


def known_of(problem: Problem, moved: NDArray[np.float64], part: Ints) -> Known:
    """Return a partition with the households that it moves and those that are out of bounds."""
    out = worth(problem, new_state(problem, part, 0)).excess
    return Known(part, round(float(moved[np.arange(len(part)), part].sum())), round(out))


def nearer(  # noqa: PLR0913, PLR0917 - a search is all of this
    wish: Wish,
    puzzle: Puzzle,
    problem: Problem,
    parts: list[Ints],
    seed: int,
    watch: Watch,
    *,
    far_off: bool,
) -> Ints:
    """Return the best of some partitions and of what annealing makes of them.

    Where they are far off what is proved, also of what it makes of today's.
    """
    label, tries = LABELS[0], tries_of(len(puzzle.members))
    price, begins = TASTES[label].moved, parts
    for _ in range(NEAR_ROUNDS):
        known = best(puzzle, wish, problem, parts, label)
        heats = (*near_heats(price), Heat(1.5 * price, 0.1, 15 * price, 50 * price))
        tasks = [*product(begins, heats)]
        if far_off:
            tasks.extend((today_of(puzzle, problem), heat) for heat in keen_heats(price))
        parts = parts + [
            run(problem, begin, seed * TASKS + len(parts) + at, tries, heat, watch).part
            for at, (begin, heat) in enumerate(tasks)
        ]
        found = best(puzzle, wish, problem, parts, label)
        if found[0] == known[0]:
            break
        begins = [found[1]]
    return best(puzzle, wish, problem, parts, label)[1]


def nothing_to_do(territory: Territory, wish: Wish) -> bool:
    """Tell whether a repair finds nothing out of order."""
    if wish.kind != "repair" or (territory.start < 0).any():
        return False
    rows = np.flatnonzero(~territory.locked_grids)
    if excess_households(loads(territory, territory.start), rows, wish) > 0:
        return False
    return not in_pieces(territory, territory.start) and not _divided(territory)


def _divided(territory: Territory) -> bool:
    """Tell whether a compound is in two grids."""
    pairs = np.unique(np.stack([territory.groups, territory.start], axis=1), axis=0)
    return len(pairs) > len(np.unique(territory.groups))


def _progress(territory: Territory, wish: Wish, assignment: Ints, share: float) -> Progress:
    made = proposal_of(territory, wish, LABELS[0], assignment.copy())
    return Progress(share, made.assignment, made.excess, made.moved_households, made.cut_m)


def write(assignment: Ints, puzzle: Puzzle, part: Ints) -> None:
    """Write a puzzle's solution into the rows of a territory's cells."""
    row_of_node = np.full(len(puzzle.nodes), -1, np.int64)
    row_of_node[puzzle.members] = puzzle.rows[part]
    node = puzzle.nodes.node_of_cell
    mine = (node >= 0) & (row_of_node[node] >= 0)
    assignment[mine] = row_of_node[node[mine]]


def problem_of(territory: Territory, wish: Wish, puzzle: Puzzle, label: Label) -> Problem:
    """Return the annealing's problem for one of the three plans."""
    nodes, members, k = puzzle.nodes, puzzle.members, len(puzzle.rows)
    graph = adjacency_of(len(members), puzzle.links.pairs)
    length = boundary_cost(puzzle, wish)
    weight = nodes.households[members].astype(np.float64)
    pinned = nodes.pinned[members]
    bare = Problem(
        graph.first,
        graph.neighbour,
        length[graph.edge],
        weight,
        np.full(k, float(wish.lower)),
        np.full(k, float(wish.upper)),
        (pinned < 0) | ~np.isin(pinned, puzzle.rows),
        np.ones(k, np.bool_),
        np.zeros((0, 0)),
        np.zeros((len(members), 0)),
        0.0,
    )
    taste = TASTES[label]
    unit = typical_length(bare)
    return bare._replace(
        cost=moved_cost(puzzle, bare, taste.moved * unit)
        if counts_moves(wish, label)
        else bare.cost,
        station=station_cost(territory, puzzle, unit, typical_weight(bare)),
        deviation=taste.deviation * unit,
    )


def counts_moves(wish: Wish, label: Label) -> bool:
    """Tell whether a plan keeps to today's grids; a new plan does so only as the first of three."""
    return wish.kind in {"repair", "add", "count"} or (wish.kind == "new" and label == LABELS[0])


def boundary_cost(puzzle: Puzzle, wish: Wish) -> NDArray[np.float64]:
    """Return what each link costs where grids part."""
    links = puzzle.links
    off_road = links.length_m - links.road_m
    if wish.kind == "new":
        return links.road_m + (OPEN_GROUND_SHUNNED_AFRESH if wish.prefer_roads else 1.0) * off_road
    if wish.prefer_roads:
        return links.road_m + OPEN_GROUND_SHUNNED * off_road
    return links.road_m + OPEN_GROUND * off_road


def moved_cost(
    puzzle: Puzzle, problem: Problem, price: float, *, cells: bool = True
) -> NDArray[np.float64]:
    """Return what each node costs in each part for the households, and cells, that move.

    ``price`` is that of a typical node's households.
    """
    nodes, members = puzzle.nodes, puzzle.members
    weight = typical_weight(problem)
    households = nodes.households[:, None] - nodes.staying(puzzle.rows)
    found = households / weight
    if cells:
        found += CELL_MOVED * (nodes.cells[:, None] - nodes.staying_cells(puzzle.rows))
    return np.ascontiguousarray(price * found[members])


def station_cost(
    territory: Territory, puzzle: Puzzle, unit: float, weight: float
) -> NDArray[np.float64]:
    """Return what each node costs at each station; nothing where there is no choice."""
    nodes, count = puzzle.nodes, territory.station_m.shape[1]
    if count < 2:  # noqa: PLR2004 - one station is every grid's
        return np.zeros((len(puzzle.members), 0))
    sums = np.zeros((len(nodes), count))
    mine = nodes.node_of_cell >= 0
    weighted = territory.station_m * territory.households[:, None]
    np.add.at(sums, nodes.node_of_cell[mine], weighted[mine])
    mean = max(float(territory.station_m.mean()), 1.0)
    return np.ascontiguousarray(sums[puzzle.members] * (STATION * unit / (weight * mean)))


def today_of(puzzle: Puzzle, problem: Problem) -> Ints:
    """Return today's grids as a partition whose parts are one piece each."""
    k = len(puzzle.rows)
    place = np.full(int(max(puzzle.rows.max(), puzzle.nodes.today().max())) + 2, -1, np.int64)
    place[puzzle.rows] = np.arange(k)
    return whole(problem, place[puzzle.nodes.today()[puzzle.members]], k)


def tries_of(count: int) -> int:
    """Return how many moves a run tries for so many nodes."""
    return min(max(TRIES_PER_NODE * count, FEWEST_TRIES), MOST_TRIES)


def heats_of(wish: Wish, label: Label) -> tuple[Heat, ...]:
    """Return temperatures of several runs that fit what moves cost.

    Where moves are dear there are two kinds of runs: one that finds what is near today's plan, and
    one that cares for bounds before all, for the few large compounds that hardly add up.
    """
    price = TASTES[label].moved if counts_moves(wish, label) else 0.0
    several = 1 if wish.kind in BOUNDED else RUNS // 2
    if price <= 1.0:
        cool = (Heat(3.0, 0.1, 0.3, 10.0), Heat(3.0, 0.1, 1.0, 30.0))
        return cool if counts_moves(wish, label) else cool * (RUNS // 2)
    if label != LABELS[0]:
        return (Heat(3.0 * price, 0.1, price, 30.0 * price),) * several
    hot = Heat(3.0 * price, 0.3, 0.15 * price, 30.0 * price)
    if wish.kind == "new":
        return (hot, keen_heats(price)[1])
    return (hot, hot, *keen_heats(price), *keen_heats(price))


def keen_heats(price: float) -> tuple[Heat, ...]:
    """Return temperatures of runs that care for bounds before all."""
    return (
        Heat(5.0 * price, 0.05 * price, 5.0 * price, 30.0 * price),
        Heat(2.5 * price, 0.05 * price, 5.0 * price, 30.0 * price),
    )


def near_heats(price: float) -> tuple[Heat, ...]:
    """Return temperatures of runs that bring a plan within bounds nearer to today's."""
    return (
        Heat(0.5 * price, 0.1, 5.0 * price, 50.0 * price),
        Heat(3.0 * price, 0.1, 15.0 * price, 50.0 * price),
    )


def solve(  # noqa: PLR0913, PLR0917 - a search is all of this
    territory: Territory, wish: Wish, puzzle: Puzzle, seed: int, watch: Watch, workers: int
) -> dict[Label, Ints]:
    """Return the best partition of a puzzle for each of the three plans.

    All plans are judged for all three. While bounds are not kept, keener runs follow; then the
    best is annealed again by what moves cost, until that finds nothing better.
    """
    if len(puzzle.rows) == 1:
        return dict.fromkeys(LABELS, np.zeros(len(puzzle.members), np.int64))
    first = LABELS[0]
    problems = {label: problem_of(territory, wish, puzzle, label) for label in LABELS}
    parts = [today_of(puzzle, problems[first])]
    price = TASTES[first].moved if counts_moves(wish, first) else 1.0

    def one(task: tuple[int, Label, Ints | None, Heat]) -> Ints:
        number, label, begin, heat = task
        problem = problems[label]
        if begin is None:
            begin = start_of(wish, puzzle, problem, label, seed + number)
        tries = tries_of(len(puzzle.members)) // (2 if wish.kind in BOUNDED else 1)
        return run(problem, begin, seed * TASKS + number, tries, heat, watch).part

    def chosen(label: Label) -> tuple[tuple[float, ...], Ints]:
        return best(puzzle, wish, problems[label], parts, label)

    with ThreadPoolExecutor(max_workers=workers) as pool:

        def follow(tasks: list[tuple[Label, Ints | None, Heat]]) -> None:
            numbered = [(len(parts) + at, *task) for at, task in enumerate(tasks)]
            parts.extend(pool.map(one, numbered))

        follow([(label, None, heat) for label in LABELS for heat in heats_of(wish, label)])
        for _ in range(KEEN_ROUNDS):
            value, part = chosen(first)
            if value[0] == 0.0 or watch.over():
                break
            keen = keen_heats(price)
            follow([(first, begin, heat) for begin in (part, parts[0]) for heat in keen])
        rounds = {"new": 1, "count": NEAR_ROUNDS}.get(wish.kind, 0)
        for _ in range(rounds):
            value, part = chosen(first)
            begins = [part, chosen(LABELS[2])[1]]
            again = [(first, begin, heat) for begin in begins for heat in near_heats(price)]
            follow([*again, (first, parts[0], keen_heats(price)[1])])
            if chosen(first)[0] == value or watch.over():
                break
    return {label: chosen(label)[1] for label in LABELS}


def start_of(wish: Wish, puzzle: Puzzle, problem: Problem, label: Label, seed: int) -> Ints:
    """Return where a run begins: at today's plan, or with METIS where nothing holds it."""
    if counts_moves(wish, label) or not problem.movable.all():
        return today_of(puzzle, problem)
    return metis(problem, len(puzzle.rows), seed)


def best(
    puzzle: Puzzle, wish: Wish, problem: Problem, parts: list[Ints], label: Label
) -> tuple[tuple[float, ...], Ints]:
    """Return the best of several partitions by the order of one plan's aims, and its worth."""
    values = []
    for number, part in enumerate(parts):
        found = worth(problem, new_state(problem, part, 0))
        moved = 0.0
        if label == LABELS[0] and counts_moves(wish, label):
            moved = float(moved_cost(puzzle, problem, 1.0)[np.arange(len(part)), part].sum())
        values.append((found.excess, moved, found.energy, number))
    value = min(values)
    return value[:3], parts[value[-1]]


def named(territory: Territory, wish: Wish, assignment: Ints) -> Ints:
    """Return a plan drawn afresh with the grids so named that most households keep theirs."""
    if wish.kind not in {"new", "count", "split"}:
        return assignment
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - takes a while to import

    free = ~np.append(territory.locked_grids, False)[territory.start]
    free &= assignment >= 0
    if wish.kind == "split":
        free &= territory.start == wish.grid
    rows, drawn = np.unique(assignment[free], return_inverse=True)
    kept = np.zeros((len(rows), len(rows)))
    place = {int(row): at for at, row in enumerate(rows)}
    for part, start, weight, fixed in zip(
        drawn.reshape(-1),
        territory.start[free],
        territory.households[free],
        territory.locked[free],
        strict=True,
    ):
        if int(start) in place:
            kept[part, place[int(start)]] += weight + 1e-3 + 1e9 * fixed
    _, column = linear_sum_assignment(-kept)
    result = assignment.copy()
    result[free] = rows[column][drawn.reshape(-1)]
    return result
