"""Arithmetic of a wish: whether bounds can be kept at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geo.core.graphs import adjacency_of, pieces_of
from geo.core.proposing_nodes import Nodes, nodes_of
from geo.core.proposing_puzzle import rows_of, shared_out, wanted_k
from geo.core.proposing_values import Feasible, Infeasible, Territory, Wish
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray


def possible(territory: Territory, wish: Wish) -> Feasible | Infeasible:
    """Tell by arithmetic whether a wish can be had.

    k grids hold H households within bounds only if ⌈H / upper⌉ ≤ k ≤ ⌊H / lower⌋; no group of
    cells may be heavier than a grid; cells that touch no others need a grid of their own. What
    passes may still be impossible, where few large compounds don't add up.

    Examples
    --------
    >>> import shapely
    >>> from geo.core.territories import CellRows, GridRows, territory_of
    >>> boxes, free = shapely.box([0, 1], 0, [1, 2], 1), np.zeros(2, bool)
    >>> rows = CellRows(("a", "b"), boxes, np.array([400, 250]), ("", ""), ("g", "g"), free)
    >>> one = territory_of("9", rows, GridRows(("g",), free[:1]), np.zeros((0, 2)))
    >>> print(possible(one, Wish("repair")).reasons[0])
    650 households don't fit into 1 grid of at most 500: that would hold 500.
    >>> print(possible(one, Wish("new", k=2, lower=250)).arithmetic)
    650 households in 2 grids of 250 to 500: 2 grids hold them.
    """
    nodes = nodes_of(territory, wish)
    rows = rows_of(territory, wish)
    households = int(nodes.households.sum())
    reasons = [
        *_totals(households, len(rows), wish),
        *_heavy(territory, nodes, wish),
        *_bound_together(territory, nodes, wish),
        *_disconnected(nodes, rows, wish),
        *_locked(territory, wish),
    ]
    k = wanted_k(territory, wish)
    if not reasons:
        return Feasible(k, households, _arithmetic(households, len(rows), wish))
    advice = tuple(_advice(households, len(rows), wish))
    return Infeasible(k, households, tuple(reasons), advice)


def with_grids_called(found: Infeasible, names: Mapping[str, Message]) -> Infeasible:
    """Return reasons that call grids by what people know them by, not by their keys.

    Parameters
    ----------
    found
        One of :func:`possible`.
    names
        What grids are called, by key.

    Examples
    --------
    >>> locked = Infeasible(1, 2, (msg("%(grid)s is locked.", grid="a1"), msg("Too few.")), ())
    >>> [str(reason) for reason in with_grids_called(locked, {"a1": msg("23")}).reasons]
    ['23 is locked.', 'Too few.']
    """
    reasons = (
        Message(one.template, {**one.values, "grid": names.get(one.values["grid"], "")})
        if "grid" in one.values
        else one
        for one in found.reasons
    )
    return replace(found, reasons=tuple(reasons))


def fewest_grids(households: int, upper: int) -> int:
    """Return ⌈households / upper⌉."""
    return -(-households // upper)


def most_grids(households: int, lower: int) -> int:
    """Return ⌊households / lower⌋; as many as there are households where nothing is asked."""
    return households // lower if lower > 0 else households


def _arithmetic(households: int, k: int, wish: Wish) -> Message:
    return msg(
        "%(households)s households in %(k)s grids of %(lower)s to %(upper)s: %(numbers)s grids"
        " hold them.",
        households=households,
        k=k,
        lower=wish.lower,
        upper=wish.upper,
        numbers=_numbers(fewest_grids(households, wish.upper), most_grids(households, wish.lower)),
    )


def _numbers(fewest: int, most: int) -> str:
    return str(fewest) if fewest == most else f"{fewest}–{most}"


def _totals(households: int, k: int, wish: Wish) -> Iterator[Message]:
    if k * wish.upper < households:
        template = (
            msg(
                "%(households)s households don't fit into 1 grid of at most %(upper)s: that would"
                " hold %(room)s."
            )
            if k == 1
            else msg(
                "%(households)s households don't fit into %(k)s grids of at most %(upper)s: they"
                " would hold %(room)s."
            )
        )
        values = {"households": households, "k": k, "upper": wish.upper, "room": k * wish.upper}
        yield Message(template.template, values)
    if k * wish.lower > households:
        yield msg(
            "%(households)s households are too few for %(k)s grids of at least %(lower)s: they"
            " need %(need)s.",
            households=households,
            k=k,
            lower=wish.lower,
            need=k * wish.lower,
        )


def _heavy(territory: Territory, nodes: Nodes, wish: Wish) -> Iterator[Message]:
    for node in np.flatnonzero(nodes.households > wish.upper):
        yield msg(
            "What stays together with %(cell)s has %(households)s households, more than the"
            " %(upper)s of a grid.",
            cell=territory.cells[int(np.flatnonzero(nodes.node_of_cell == node)[0])],
            households=int(nodes.households[node]),
            upper=wish.upper,
        )


def _bound_together(territory: Territory, nodes: Nodes, wish: Wish) -> Iterator[Message]:
    """Tell of locked cells that are too many for their grid, or bound to two grids."""
    for row in np.unique(nodes.pinned[nodes.pinned >= 0]):
        held = int(nodes.households[nodes.pinned == row].sum())
        if held > wish.upper:
            yield msg(
                "Locked cells bind %(households)s households to the grid %(grid)s, more than the"
                " %(upper)s of a grid.",
                households=held,
                grid=territory.grids[row],
                upper=wish.upper,
            )
    free = territory.locked & (nodes.node_of_cell >= 0)
    asked = np.append(nodes.pinned, -1)[nodes.node_of_cell]
    for cell in np.flatnonzero(free & (territory.start >= 0) & (asked != territory.start)):
        yield msg(
            "%(cell)s is locked to the grid %(grid)s, but its compound is locked to another one.",
            cell=territory.cells[cell],
            grid=territory.grids[territory.start[cell]],
        )


def _disconnected(nodes: Nodes, rows: NDArray[np.int64], wish: Wish) -> Iterator[Message]:
    if len(nodes) == 0 or len(rows) == 0:
        return
    piece = pieces_of(adjacency_of(len(nodes), nodes.links.pairs), np.arange(len(nodes)))
    if shared_out(nodes, piece, rows, wish) is None:
        loads = np.bincount(piece, weights=nodes.households).astype(np.int64)
        yield msg(
            "The cells lie in %(pieces)s parts that don't touch, with %(loads)s households:"
            " %(k)s grids of one piece each can't share them out.",
            pieces=len(loads),
            loads=", ".join(str(load) for load in np.sort(loads)[::-1]),
            k=len(rows),
        )


def _locked(territory: Territory, wish: Wish) -> Iterator[Message]:
    for row in np.flatnonzero(territory.locked_grids):
        held = int(territory.households[territory.start == row].sum())
        if wish.kind != "split" and not wish.lower <= held <= wish.upper:
            yield msg(
                "The grid %(grid)s is locked with %(households)s households, outside %(lower)s to"
                " %(upper)s.",
                grid=territory.grids[row],
                households=held,
                lower=wish.lower,
                upper=wish.upper,
            )


def _advice(households: int, k: int, wish: Wish) -> Iterator[Message]:
    fewest, most = fewest_grids(households, wish.upper), most_grids(households, wish.lower)
    if fewest > most:
        yield msg(
            "No number of grids of %(lower)s to %(upper)s holds %(households)s households: choose"
            " other bounds.",
            lower=wish.lower,
            upper=wish.upper,
            households=households,
        )
    elif wish.kind in {"count", "add", "split"} and not fewest <= k <= most:
        yield msg(
            "%(numbers)s grids hold them within the bounds.",
            numbers=_numbers(fewest, most),
        )
    elif k < fewest:
        yield msg(
            "Split a grid: with %(numbers)s grids it fits, %(more)s more than now.",
            numbers=_numbers(fewest, most),
            more=fewest - k,
        )
    elif k > most:
        yield msg(
            "Merge grids: with %(numbers)s grids it fits, %(less)s fewer than now.",
            numbers=_numbers(fewest, most),
            less=k - most,
        )
    else:
        yield msg("Unlock cells or grids, or cut what is too large, and try again.")
