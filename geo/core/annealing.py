"""Simulated annealing (模拟退火) of partitions of a graph, compiled.

A state is a partition of the nodes into parts, each one piece. A move gives one node on the
boundary of its part to a neighbouring part, if the part that gives stays one piece: this is
checked exactly, by a search from all of the node's neighbours at once that ends as soon as they
have met or one of them is cut off.

The energy is the sum of lengths of cut edges, what single nodes cost in their part, what parts
cost for their distance to a station and for their deviation from the mean load, and a price for
each unit of load out of bounds. The price rises while the temperature falls.

Sources: Kirkpatrick, Gelatt, Vecchi (1983), Optimization by simulated annealing, Science 220;
xorshift64*: Vigna (2016), ACM TOMS 42(4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.core.compiling import compiled, making_arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Problem(NamedTuple):
    """A graph with n nodes and m edges, and what its k parts may be and cost.

    Parameters
    ----------
    first
        Where the neighbours of each node begin, (n + 1,) int64.
    neighbour, length
        Node at the other end, and length of the edge, each edge from both of its ends, (2m,).
    weight
        Load of each node, (n,) float64.
    lower, upper
        Bounds of each part's load, (k,) float64.
    movable
        Nodes that may change their part, (n,) bool.
    opened
        Parts that may take nodes, (k,) bool.
    cost
        Of each node in each part, (n, k); or (0, 0) where no node costs anything.
    station
        Of each node for each station, summed over its households, (n, s); s may be 0.
    deviation
        Price of each part's squared deviation from the middle of its bounds, as a share of that.
    """

    first: NDArray[np.int64]
    neighbour: NDArray[np.int64]
    length: NDArray[np.float64]
    weight: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    movable: NDArray[np.bool_]
    opened: NDArray[np.bool_]
    cost: NDArray[np.float64]
    station: NDArray[np.float64]
    deviation: float


class State(NamedTuple):
    """A partition, and what is kept up with it.

    Parameters
    ----------
    part
        Of each node, (n,) int64.
    load, size
        Of each part: weight and number of nodes, (k,).
    distance
        Of each part to each station, (k, s).
    border, place
        Nodes with a neighbour in another part, in any order, and where each node stands there
        or -1; (n,) int64 both.
    tally
        Numbers: of nodes in ``border``; of marks given so far. (2,) int64.
    mark, label, queue, parent, waiting
        Work space of the search, (n,) int64 each.
    random
        State of the random numbers, (1,) uint64.
    """

    part: NDArray[np.int64]
    load: NDArray[np.float64]
    size: NDArray[np.int64]
    distance: NDArray[np.float64]
    border: NDArray[np.int64]
    place: NDArray[np.int64]
    tally: NDArray[np.int64]
    mark: NDArray[np.int64]
    label: NDArray[np.int64]
    queue: NDArray[np.int64]
    parent: NDArray[np.int64]
    waiting: NDArray[np.int64]
    random: NDArray[np.uint64]


def new_state(problem: Problem, part: NDArray[np.int64], seed: int) -> State:
    """Return the state of a partition whose parts are one piece each."""
    n, k, s = len(problem.weight), len(problem.lower), problem.station.shape[1]
    mixed = (seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
    state = State(
        part.astype(np.int64),
        np.zeros(k),
        np.zeros(k, np.int64),
        np.zeros((k, s)),
        np.zeros(n, np.int64),
        np.full(n, -1, np.int64),
        np.zeros(2, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.array([mixed or 1], np.uint64),
    )
    refresh(problem, state)
    return state


@compiled
def refresh(problem: Problem, state: State) -> None:
    """Work out anew all that is kept up with the partition."""
    state.load[:] = 0.0
    state.size[:] = 0
    state.distance[:] = 0.0
    state.tally[0] = 0
    state.place[:] = -1
    for node in range(len(state.part)):
        part = state.part[node]
        state.load[part] += problem.weight[node]
        state.size[part] += 1
        for s in range(problem.station.shape[1]):
            state.distance[part, s] += problem.station[node, s]
        look_at_border(problem, state, node)


@compiled
def look_at_border(problem: Problem, state: State, node: int) -> None:
    """Keep up whether a node is on the border."""
    outside = False
    for at in range(problem.first[node], problem.first[node + 1]):
        if state.part[problem.neighbour[at]] != state.part[node]:
            outside = True
            break
    place = state.place[node]
    if outside and place < 0:
        state.border[state.tally[0]] = node
        state.place[node] = state.tally[0]
        state.tally[0] += 1
    elif not outside and place >= 0:
        state.tally[0] -= 1
        last = state.border[state.tally[0]]
        state.border[place] = last
        state.place[last] = place
        state.place[node] = -1


@compiled
def draw(state: State) -> float:
    """Return the next random number, at least 0 and below 1 (xorshift64*)."""
    x = state.random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state.random[0] = x
    return float((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def root_of(parent: NDArray[np.int64], label: int) -> int:
    """Return the label that stands for all labels joined with this one."""
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


@compiled
def mark_neighbours(problem: Problem, state: State, node: int) -> int:
    """Queue a node's neighbours in its own part, each with its label; return how many."""
    own = state.part[node]
    state.tally[1] += 1
    stamp = state.tally[1]
    state.mark[node] = stamp
    found = 0
    for at in range(problem.first[node], problem.first[node + 1]):
        near = problem.neighbour[at]
        if state.part[near] == own and state.mark[near] != stamp:
            state.mark[near] = stamp
            state.label[near] = found
            state.queue[found] = near
            found += 1
    return found


@compiled
def keeps_whole(problem: Problem, state: State, node: int) -> bool:
    """Tell whether a node's part stays one piece, and not nothing, without the node."""
    found = mark_neighbours(problem, state, node)
    if found <= 1:
        return found == 1
    return all_meet(problem, state, node, found)


@compiled
def all_meet(problem: Problem, state: State, node: int, found: int) -> bool:
    """Search from all marked neighbours at once until they have met, or one can't go on."""
    own, stamp = state.part[node], state.tally[1]
    parent, waiting = state.parent, state.waiting
    for label in range(found):
        parent[label] = label
        waiting[label] = 1
    pieces, head, tail = found, 0, found
    while head < tail:
        here = state.queue[head]
        head += 1
        mine = root_of(parent, state.label[here])
        waiting[mine] -= 1
        for at in range(problem.first[here], problem.first[here + 1]):
            near = problem.neighbour[at]
            if state.part[near] != own or near == node:
                continue
            if state.mark[near] != stamp:
                state.mark[near] = stamp
                state.label[near] = mine
                state.queue[tail] = near
                tail += 1
                waiting[mine] += 1
                continue
            theirs = root_of(parent, state.label[near])
            if theirs != mine:
                parent[theirs] = mine
                waiting[mine] += waiting[theirs]
                pieces -= 1
                if pieces == 1:
                    return True
        if waiting[mine] == 0:
            return False
    return False


@compiled
def excess_of(load: float, lower: float, upper: float) -> float:
    """Return by how much a load is out of bounds."""
    if load > upper:
        return load - upper
    if load < lower:
        return lower - load
    return 0.0


@compiled
def excess(problem: Problem, state: State) -> float:
    """Return by how much loads are out of bounds, all parts together."""
    found = 0.0
    for part in range(len(state.load)):
        found += excess_of(state.load[part], problem.lower[part], problem.upper[part])
    return found


@compiled
def cut(problem: Problem, part: NDArray[np.int64]) -> float:
    """Return the length of all edges between parts."""
    found = 0.0
    for node in range(len(part)):
        for at in range(problem.first[node], problem.first[node + 1]):
            near = problem.neighbour[at]
            if near > node and part[near] != part[node]:
                found += problem.length[at]
    return found


@compiled
def energy(problem: Problem, state: State) -> float:
    """Return what a partition costs, apart from loads out of bounds."""
    found = cut(problem, state.part)
    if problem.cost.shape[0] > 0:
        for node in range(len(state.part)):
            found += problem.cost[node, state.part[node]]
    for part in range(len(state.load)):
        found += part_cost(problem, state, part)
    return found


@compiled
def part_cost(problem: Problem, state: State, part: int) -> float:
    """Return what a part costs for its distance to a station and its deviation."""
    found = 0.0
    if problem.deviation > 0.0:
        found += deviation_cost(problem, state.load[part], part)
    if problem.station.shape[1] > 0:
        found += nearest(problem, state, part)
    return found


@compiled
def nearest(problem: Problem, state: State, part: int) -> float:
    """Return what a part costs for its distance to the station that is nearest."""
    found = np.inf
    for s in range(problem.station.shape[1]):
        found = min(found, state.distance[part, s])
    return found


@compiled
def deviation_cost(problem: Problem, load: float, part: int) -> float:
    """Return what a part costs for its deviation from the middle of its bounds."""
    middle = 0.5 * (problem.lower[part] + problem.upper[part])
    share = (load - middle) / middle
    return float(problem.deviation * share * share)


@compiled
def parts_delta(problem: Problem, state: State, weight: float, node: int, there: int) -> float:
    """Return by how much the two parts' own costs change when a node moves."""
    here = state.part[node]
    found = 0.0
    if problem.deviation > 0.0:
        found += deviation_cost(problem, state.load[here] - weight, here)
        found -= deviation_cost(problem, state.load[here], here)
        found += deviation_cost(problem, state.load[there] + weight, there)
        found -= deviation_cost(problem, state.load[there], there)
    if problem.station.shape[1] > 0:
        here_now = there_now = here_then = there_then = np.inf
        for s in range(problem.station.shape[1]):
            here_now = min(here_now, state.distance[here, s])
            there_now = min(there_now, state.distance[there, s])
            here_then = min(here_then, state.distance[here, s] - problem.station[node, s])
            there_then = min(there_then, state.distance[there, s] + problem.station[node, s])
        found += here_then - here_now
        found += there_then - there_now
    return found


@compiled
def excess_delta(problem: Problem, state: State, weight: float, here: int, there: int) -> float:
    """Return by how much the loads out of bounds change when a weight moves."""
    after = excess_of(state.load[here] - weight, problem.lower[here], problem.upper[here])
    after += excess_of(state.load[there] + weight, problem.lower[there], problem.upper[there])
    before = excess_of(state.load[here], problem.lower[here], problem.upper[here])
    before += excess_of(state.load[there], problem.lower[there], problem.upper[there])
    return after - before


@compiled
def length_delta(problem: Problem, state: State, node: int, there: int) -> float:
    """Return by how much the cut grows when a node moves."""
    here = state.part[node]
    found = 0.0
    for at in range(problem.first[node], problem.first[node + 1]):
        near = state.part[problem.neighbour[at]]
        if near == here:
            found += problem.length[at]
        elif near == there:
            found -= problem.length[at]
    return found


@compiled
def move_delta(problem: Problem, state: State, node: int, there: int) -> float:
    """Return by how much the energy grows when a node moves, loads out of bounds left aside."""
    here, weight = state.part[node], problem.weight[node]
    found = length_delta(problem, state, node, there)
    if problem.cost.shape[0] > 0:
        found += problem.cost[node, there] - problem.cost[node, here]
    if problem.deviation > 0.0 or problem.station.shape[1] > 0:
        found += parts_delta(problem, state, weight, node, there)
    return found


@compiled
def move(problem: Problem, state: State, node: int, there: int) -> None:
    """Give a node to another part."""
    hand_over(problem, state, node, there)
    look_around(problem, state, node)


@compiled
def hand_over(problem: Problem, state: State, node: int, there: int) -> None:
    """Give a node to another part, and leave the border as it was."""
    here = state.part[node]
    weight = problem.weight[node]
    state.part[node] = there
    state.load[here] -= weight
    state.load[there] += weight
    state.size[here] -= 1
    state.size[there] += 1
    for s in range(problem.station.shape[1]):
        state.distance[here, s] -= problem.station[node, s]
        state.distance[there, s] += problem.station[node, s]


@compiled
def look_around(problem: Problem, state: State, node: int) -> None:
    """Keep up whether a node and its neighbours are on the border."""
    look_at_border(problem, state, node)
    for at in range(problem.first[node], problem.first[node + 1]):
        look_at_border(problem, state, problem.neighbour[at])


@compiled
def another_part(problem: Problem, state: State, node: int) -> int:
    """Return the part of a random neighbour, which may be the node's own."""
    begin, end = problem.first[node], problem.first[node + 1]
    there: int = state.part[problem.neighbour[begin + int(draw(state) * (end - begin))]]
    return there


class Schedule(NamedTuple):
    """How hot a search begins and ends.

    Parameters
    ----------
    tries
        How many moves to try.
    warm, cold
        Temperatures at the beginning and at the end, in units of the energy.
    price_warm, price_cold
        Of a unit of load out of bounds, at the beginning and at the end.
    """

    tries: int
    warm: float
    cold: float
    price_warm: float
    price_cold: float


EVERY_TRIES = 256
"""The temperature falls after so many moves tried."""

WALK_STEPS = 12
"""How far apart two nodes that are swapped may be, in neighbours."""


@compiled
def anneal(problem: Problem, state: State, schedule: Schedule) -> None:
    """Try random moves while the temperature falls and the price of excess rises.

    The state is changed. A move that raises the energy by d is made with probability
    exp(-d / temperature) (Metropolis).
    """
    share = EVERY_TRIES / max(schedule.tries, EVERY_TRIES)
    cooling = (schedule.cold / schedule.warm) ** share
    rising = (schedule.price_cold / schedule.price_warm) ** share
    heat, price = schedule.warm, schedule.price_warm
    for turn in range(schedule.tries):
        if turn % EVERY_TRIES == EVERY_TRIES - 1:
            heat *= cooling
            price *= rising
        if state.tally[0] == 0:
            return
        node = state.border[int(draw(state) * state.tally[0])]
        there = another_part(problem, state, node)
        if there == state.part[node] or not problem.movable[node] or not problem.opened[there]:
            continue
        over = price * excess_delta(problem, state, problem.weight[node], state.part[node], there)
        delta = move_delta(problem, state, node, there)
        limit = -heat * np.log(1.0 - draw(state))
        if delta + over <= limit:
            if keeps_whole(problem, state, node):
                move(problem, state, node, there)
        elif delta <= limit:
            swap(problem, state, node, there, limit - delta - over, price)


@compiled
def swap(  # noqa: PLR0913, PLR0917 - two moves and what they may cost
    problem: Problem, state: State, node: int, there: int, limit: float, price: float
) -> None:
    """Move a node, and another one from there back, where both together stay within a limit."""
    here = state.part[node]
    if not problem.opened[here] or not keeps_whole(problem, state, node):
        return
    hand_over(problem, state, node, there)
    other = walk(problem, state, node, here, there)
    if other >= 0:
        delta = move_delta(problem, state, other, here)
        delta += price * excess_delta(problem, state, problem.weight[other], there, here)
        if delta <= limit and keeps_whole(problem, state, other):
            look_around(problem, state, node)
            move(problem, state, other, here)
            return
    hand_over(problem, state, node, here)


@compiled
def walk(problem: Problem, state: State, node: int, here: int, there: int) -> int:
    """Walk at random along the boundary of two parts to a node of one that touches the other.

    Return -1 where the walk ends elsewhere.
    """
    at = node
    for _ in range(1 + int(draw(state) * WALK_STEPS)):
        begin, end = problem.first[at], problem.first[at + 1]
        near = problem.neighbour[begin + int(draw(state) * (end - begin))]
        if state.part[near] == here or state.part[near] == there:
            at = near
    if at == node or state.part[at] != there or not problem.movable[at]:
        return -1
    for edge in range(problem.first[at], problem.first[at + 1]):
        if state.part[problem.neighbour[edge]] == here:
            return at
    return -1


@making_arrays
def label_pieces(problem: Problem, part: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of each node's piece; nodes whose part is below 0 are in no piece, -1."""
    piece = np.full(len(part), -1, np.int64)
    queue = np.zeros(len(part), np.int64)
    found = 0
    for node in range(len(part)):
        if part[node] < 0 or piece[node] >= 0:
            continue
        piece[node] = found
        queue[0] = node
        head, tail = 0, 1
        while head < tail:
            here = queue[head]
            head += 1
            for at in range(problem.first[here], problem.first[here + 1]):
                near = problem.neighbour[at]
                if part[near] == part[node] and piece[near] < 0:
                    piece[near] = found
                    queue[tail] = near
                    tail += 1
        found += 1
    return piece


@making_arrays
def fill(problem: Problem, part: NDArray[np.int64], load: NDArray[np.float64]) -> None:
    """Let parts that may take nodes grow, the lightest first, over nodes whose part is below 0."""
    stuck = np.zeros(len(load), np.bool_)
    while True:
        taker, node = -1, -1
        for one in range(len(load)):
            if problem.opened[one] and not stuck[one] and (taker < 0 or load[one] < load[taker]):
                taker = one
        if taker < 0:
            return
        node = free_neighbour(problem, part, taker)
        if node < 0:
            stuck[taker] = True
            continue
        part[node] = taker
        load[taker] += problem.weight[node]


@compiled
def free_neighbour(problem: Problem, part: NDArray[np.int64], taker: int) -> int:
    """Return the free node that has the longest boundary with a part; -1 where none has any."""
    found, longest = -1, -1.0
    for node in range(len(part)):
        if part[node] >= 0:
            continue
        shared, touching = 0.0, False
        for at in range(problem.first[node], problem.first[node + 1]):
            if part[problem.neighbour[at]] == taker:
                touching = True
                shared += problem.length[at]
        if touching and shared > longest:
            found, longest = node, shared
    return found
