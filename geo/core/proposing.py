"""Proposals (方案建议): grids of a community redrawn by machine.

A :class:`Territory` is one community's cells as a graph, a :class:`Wish` says what is wanted.
:func:`possible` tells by arithmetic whether it can be had, :func:`propose` answers with three
plans along the trade-off. In every plan a cell has one grid, a group (a compound, 小区) is whole,
a grid is one piece, and locks hold; households are within bounds wherever that can be.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from geo.core.partition import Watch
from geo.core.proposing_arithmetic import possible
from geo.core.proposing_search import propose, searched
from geo.core.proposing_sentences import sentence
from geo.core.proposing_steps import steps
from geo.core.proposing_values import (
    LABELS,
    Feasible,
    Infeasible,
    Kind,
    Label,
    Progress,
    Proposal,
    Step,
    Territory,
    Wish,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def propose_all(  # noqa: PLR0913 - a search is all of this
    territories: Sequence[Territory],
    wishes: Sequence[Wish],
    *,
    seed: int = 0,
    seconds: float = 15.0,
    workers: int = 2,
    on_better: Callable[[int, Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[list[Proposal]]:
    """Solve several territories side by side; as :func:`propose` for each, in their order.

    ``on_better`` is told the number of the territory as well, from the threads of the search.

    Examples
    --------
    >>> propose_all([], [])
    []
    """
    watch = Watch(seconds, stop)
    heaviest = sorted(range(len(wishes)), key=lambda at: (-len(territories[at].cells), at))

    def search(number: int) -> list[Proposal]:
        tell = None if on_better is None else partial(on_better, number)
        return searched(territories[number], wishes[number], seed, watch, on_better=tell)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        found = dict(zip(heaviest, pool.map(search, heaviest), strict=True))
    return [found[number] for number in range(len(wishes))]


__all__ = [
    "LABELS",
    "Feasible",
    "Infeasible",
    "Kind",
    "Label",
    "Progress",
    "Proposal",
    "Step",
    "Territory",
    "Wish",
    "possible",
    "propose",
    "propose_all",
    "sentence",
    "steps",
]
