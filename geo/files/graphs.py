"""Graphs as networkx writes them in JSON (adjacency data), and plans for them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.errors import FileRefusedError
from geo.messages import Message, msg

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class WeightedGraph:
    """A graph from a file.

    Parameters
    ----------
    names
        Of the n nodes: strings as they are, anything else as JSON text.
    weight
        Of each node, (n,).
    edges, length
        Pairs of rows of nodes, each once and none to itself, (m, 2); their lengths (m,).
    """

    names: tuple[str, ...]
    weight: NDArray[np.float64]
    edges: NDArray[np.int64]
    length: NDArray[np.float64]


def read_graph(file: Path, weight: str, length: str | None = None) -> WeightedGraph:
    """Read networkx adjacency JSON: ``nodes`` with ``id``, and ``adjacency`` in the same order.

    Parameters
    ----------
    file
        To read.
    weight
        The attribute of nodes that parts are balanced by.
    length
        The attribute of edges that is summed over the cut; without it, every edge counts 1.

    Raises
    ------
    FileRefusedError
        When it is no such file, or a node or an edge lacks the attribute or has no number there.
    """
    document = _document(file)
    try:
        nodes, adjacency = document["nodes"], document["adjacency"]
        keys = [_name(node["id"]) for node in nodes]
    except (KeyError, TypeError):
        raise _refused(
            file, msg("this is no networkx adjacency JSON: “nodes” with “id”, and “adjacency”.")
        ) from None
    row_of = {key: row for row, key in enumerate(keys)}
    if len(row_of) < len(keys) or len(adjacency) != len(nodes):
        raise _refused(file, msg("“nodes” and “adjacency” don't fit together, or ids repeat."))
    weights = [_number(file, node, weight, key) for node, key in zip(nodes, keys, strict=True)]
    edges, lengths = _edges(file, adjacency, keys, row_of, length)
    return WeightedGraph(tuple(keys), np.array(weights, np.float64), edges, lengths)


def read_parts(file: Path, names: tuple[str, ...]) -> NDArray[np.int64]:
    """Read a plan, ``{"assignment": {id: part}}`` or the assignment alone; -1 for who has none.

    Raises
    ------
    FileRefusedError
        When it is no such file, or names nodes that are not in the graph.
    """
    document = _document(file)
    given = document.get("assignment", document) if isinstance(document, dict) else None
    if not isinstance(given, dict):
        raise _refused(file, msg('this is no plan: {"assignment": {id: part}} is expected.'))
    row_of = {name: row for row, name in enumerate(names)}
    labels = sorted({_name(part) for part in given.values()}, key=lambda one: (len(one), one))
    number_of = {label: number for number, label in enumerate(labels)}
    parts = np.full(len(names), -1, np.int64)
    for name, part in given.items():
        if name not in row_of:
            raise _refused(file, msg("the graph has no node “%(node)s”.", node=name))
        parts[row_of[name]] = number_of[_name(part)]
    return parts


def _document(file: Path) -> Any:
    try:
        with file.open(encoding="utf-8-sig") as opened:
            return json.load(opened)
    except (OSError, ValueError) as error:
        raise _refused(file, msg("it can't be read as JSON: %(reason)s", reason=error)) from None


def _name(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _number(file: Path, holder: Any, attribute: str, node: str) -> float:
    value = holder.get(attribute)
    if value is None:
        reason = msg(
            "node “%(node)s” has no attribute “%(attribute)s”.", node=node, attribute=attribute
        )
        raise _refused(file, reason)
    return _checked(file, value, attribute, node)


def _checked(file: Path, value: Any, attribute: str, node: str) -> float:
    number = math.nan
    if not isinstance(value, bool):
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
    if not math.isfinite(number) or number < 0.0:
        reason = msg(
            "node “%(node)s”: “%(attribute)s” is %(value)s, which is no number of 0 or more.",
            node=node,
            attribute=attribute,
            value=json.dumps(value),
        )
        raise _refused(file, reason)
    return number


def _edges(
    file: Path, adjacency: Any, keys: list[str], row_of: dict[str, int], length: str | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    found: dict[tuple[int, int], float] = {}
    for here, (key, neighbours) in enumerate(zip(keys, adjacency, strict=True)):
        for one in neighbours:
            there = row_of.get(_name(one["id"]))
            if there is None:
                reason = msg(
                    "node “%(node)s” has a neighbour “%(other)s” that is not among the nodes.",
                    node=key,
                    other=_name(one["id"]),
                )
                raise _refused(file, reason)
            pair = (min(here, there), max(here, there))
            if here == there or pair in found:
                continue
            found[pair] = 1.0 if length is None else _length(file, one, length, (key, keys[there]))
    edges = np.array(list(found), np.int64).reshape(-1, 2)
    return edges, np.array(list(found.values()), np.float64)


def _length(file: Path, edge: Any, attribute: str, ends: tuple[str, str]) -> float:
    if edge.get(attribute) is None:
        reason = msg(
            "the edge from node “%(node)s” to “%(other)s” has no attribute “%(attribute)s”.",
            node=ends[0],
            other=ends[1],
            attribute=attribute,
        )
        raise _refused(file, reason)
    return _checked(file, edge[attribute], attribute, ends[0])


def _refused(file: Path, reason: Message) -> FileRefusedError:
    return FileRefusedError(file=file.name, reason=reason)
