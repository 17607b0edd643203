"""Proposals beside their peers on the same instance: ``python -m bench.proposals [town]``.

Peers divide every community into as many grids as it has, within the same bounds: pymetis (best of
40), GerryChain's short bursts, spopt's Skater. They weigh boundaries by length, as ours does.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.proposal_towns import demonstration, made_up
from geo.core.graphs import adjacency_of
from geo.core.proposing import Wish, propose_all
from geo.core.proposing_figures import proposal_of
from geo.core.proposing_nodes import nodes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geo.core.proposing import Proposal, Territory

    Plan = NDArray[np.int64] | None
    Peer = Callable[[Territory, Wish], Plan]

RUNS = 40
BURSTS, STEPS = 30, 10


class Row(NamedTuple):
    """One line of the table."""

    name: str
    seconds: float
    plans: list[Proposal | None]


def pymetis_best(territory: Territory, wish: Wish) -> Plan:
    """Return METIS' shortest cut of 40 that keeps the bounds and is in one piece each."""
    import pymetis  # noqa: PLC0415 - as for all peers: only where it is asked for

    k = len(territory.grids)
    nodes = nodes_of(territory, wish)
    graph = adjacency_of(len(nodes), nodes.links.pairs)
    lengths = np.maximum(1, np.rint(nodes.links.length_m * 10)).astype(np.int64)[graph.edge]
    mean = territory.households.sum() / k
    best: Plan = None
    shortest = np.inf
    for seed in range(RUNS):
        slack = min(wish.upper / mean - 1.0, 1.0 - wish.lower / mean)
        _, part = pymetis.part_graph(
            k,
            pymetis.CSRAdjacency(graph.first, graph.neighbour),
            vweights=nodes.households,
            eweights=lengths,
            recursive=False,
            options=pymetis.Options(
                seed=seed, contig=1, ufactor=max(1, int(1000 * slack * (1 + seed % 4) / 4))
            ),
        )
        plan = np.asarray(part, np.int64)[nodes.node_of_cell]
        made = proposal_of(territory, wish, "compact", plan)
        if made.excess == 0 and not made.in_pieces and made.k == k and made.cut_m < shortest:
            best, shortest = plan, made.cut_m
    return best


def short_bursts(territory: Territory, wish: Wish) -> Plan:
    """Return what GerryChain's short bursts of ReCom find."""
    import random  # noqa: PLC0415

    import networkx as nx  # noqa: PLC0415
    from gerrychain import Graph, Partition, accept, constraints, proposals, updaters  # noqa: PLC0415
    from gerrychain.optimization import SingleMetricOptimizer  # noqa: PLC0415
    from gerrychain.tree import recursive_tree_part  # noqa: PLC0415

    del accept
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 - GerryChain's own
    k, mean = len(territory.grids), territory.households.sum() / len(territory.grids)
    graph = nx.Graph()
    for row, households in enumerate(territory.households):
        graph.add_node(row, households=int(households))
    for (one, other), length in zip(territory.edges, territory.length_m, strict=True):
        graph.add_edge(int(one), int(other), length=float(length))
    slack = min(wish.upper / mean - 1.0, 1.0 - wish.lower / mean)
    source = Graph.from_networkx(graph)
    start = recursive_tree_part(source, range(k), mean, "households", slack, 1)

    def cut(partition: Any) -> float:
        return sum(graph.edges[edge]["length"] for edge in partition["cut_edges"])

    first = Partition(source, start, {"households": updaters.Tally("households"), "cut": cut})

    def step(partition: Any) -> Any:
        return proposals.recom(
            partition, pop_col="households", pop_target=mean, epsilon=slack, node_repeats=1
        )

    within = constraints.within_percent_of_ideal_population(first, slack, "households")
    search = SingleMetricOptimizer(step, [within], first, lambda one: one["cut"], maximize=False)
    for _ in search.short_bursts(STEPS, BURSTS):
        pass
    assignment = search.best_part.assignment
    return np.array([assignment[row] for row in range(len(territory.cells))], np.int64)


def skater(territory: Territory, wish: Wish) -> Plan:
    """Return what spopt's Skater makes of a community."""
    import geopandas  # noqa: PLC0415
    from libpysal.weights import W  # noqa: PLC0415
    from spopt.region import Skater  # noqa: PLC0415

    del wish
    graph = adjacency_of(len(territory.cells), territory.edges)
    near = {row: graph.around(row).tolist() for row in range(len(territory.cells))}
    frame = geopandas.GeoDataFrame({"households": territory.households, "one": 1.0})
    model = Skater(frame, W(near), ["households"], n_clusters=len(territory.grids), floor=1)
    model.solve()
    return np.asarray(model.labels_, np.int64)


PEERS: dict[str, Peer] = {
    "pymetis, best of 40": pymetis_best,
    "GerryChain, short bursts": short_bursts,
    "spopt, Skater": skater,
}


def peer_row(name: str, peer: Peer, territories: Sequence[Territory]) -> Row:
    """Run a peer on every community."""
    begun = time.perf_counter()
    plans: list[Proposal | None] = []
    for territory in territories:
        try:
            plan = peer(territory, Wish("new"))
        except Exception as error:  # noqa: BLE001 - a peer may fail in any way of its own
            print(f"  {name} on {territory.code}: {type(error).__name__}: {error}")
            plan = None
        if plan is None:
            plans.append(None)
            continue
        plans.append(proposal_of(territory, Wish("new"), "compact", plan))
    return Row(name, time.perf_counter() - begun, plans)


def our_rows(territories: Sequence[Territory], wish: Wish, seconds: float) -> list[Row]:
    """Run ours, and return a row for each of the three plans."""
    begun = time.perf_counter()
    found = propose_all(territories, [wish] * len(territories), seed=1, seconds=seconds)
    took = time.perf_counter() - begun
    name = f"{wish.kind}{', roads preferred' if wish.prefer_roads else ''}"
    return [
        Row(f"hongge {name}: {found[0][at].label}", took, [three[at] for three in found])
        for at in range(3)
    ]


def shown(row: Row, peer: Row | None) -> str:
    """Return one line of the table; its cut against a peer's where both have a plan."""
    plans = [plan for plan in row.plans if plan is not None]
    grids = sum(plan.k for plan in plans)
    cut = sum(plan.cut_m for plan in plans)
    road = sum(plan.cut_road_m for plan in plans)
    bounds = [plan.moved_bound for plan in plans]
    known = [bound for bound in bounds if bound is not None]
    moved = sum(plan.moved_households for plan in plans)
    ratio = moved / sum(known) if len(known) == len(plans) and sum(known) else float("nan")
    compact = sum(plan.compactness * plan.k for plan in plans) / max(grids, 1)
    return (
        f"{row.name:42} {row.seconds:7.1f} {sum(plan.excess for plan in plans):6d}"
        f" {sum(len(plan.in_pieces) for plan in plans):6d} {cut / 1000:8.2f}"
        f" {against(row, peer):7.3f} {compact:6.3f} {100 * road / max(cut, 1e-9):6.1f}"
        f" {moved:7d} {ratio:6.3f} {len(row.plans) - len(plans):6d}"
    )


def against(row: Row, peer: Row | None) -> float:
    """Return a row's cut as a share of another's, over the communities where both have plans."""
    both = [
        (mine.cut_m, theirs.cut_m)
        for mine, theirs in zip(row.plans, (peer or row).plans, strict=True)
        if mine is not None and theirs is not None
    ]
    mine_m, theirs_m = np.array(both).reshape(-1, 2).sum(axis=0)
    return float(mine_m / theirs_m) if theirs_m else float("nan")


def main() -> None:
    """Print the table of one instance."""
    territories = made_up() if "town" in sys.argv else demonstration()
    print(
        f"{len(territories)} communities, {sum(len(one.cells) for one in territories)} blocks,"
        f" {sum(int(one.households.sum()) for one in territories)} households,"
        f" {sum(len(one.grids) for one in territories)} grids"
    )
    print(
        f"{'method':42} {'s':>7} {'excess':>6} {'pieces':>6} {'cut km':>8} {'/metis':>7} {'PP':>6}"
        f" {'road %':>6} {'moved':>7} {'/bound':>6} {'failed':>6}"
    )
    first = peer_row("pymetis, best of 40", pymetis_best, territories)
    print(shown(first, None), flush=True)
    our_rows(territories, Wish("repair"), 0.2)
    for wish in (Wish("repair"), Wish("new"), Wish("new", prefer_roads=True)):
        for row in our_rows(territories, wish, 60.0 if wish.kind == "new" else 15.0):
            print(shown(row, first), flush=True)
    if "alone" in sys.argv:
        return
    for name, peer in list(PEERS.items())[1:]:
        print(shown(peer_row(name, peer, territories), first), flush=True)


if __name__ == "__main__":
    main()
