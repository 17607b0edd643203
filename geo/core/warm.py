"""Compile what is compiled, so that the first question does not wait: ``python -m geo.core.warm``.

The results are kept beside the modules, or in the user's cache where that folder can't be written
to; where neither can be, every process compiles for itself.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geo.core.annealing import Schedule, anneal, new_state
from geo.core.graph_plans import Bare, Bounds, plan_of, problem_of
from geo.core.metric_zones import zone_of
from geo.core.partition import metis, worth
from geo.core.walk_index import WalkIndex
from geo.core.walk_told import WalkTeller
from geo.core.walking import WalkingNetwork


def warm() -> None:
    """Run every function that is compiled."""
    warm_search()
    warm_walks()


def warm_walks() -> None:
    """Walk along a tiny network."""
    xy = np.array([[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [5.0, 3.0]])
    ends = np.array([[0, 1], [1, 2], [1, 3]], np.int64)
    network = WalkingNetwork(xy, ends, np.hypot(*(xy[ends[:, 1]] - xy[ends[:, 0]]).T))
    index = WalkIndex.build(network, xy[2:])
    found = index.nearest(1.0, 1.0)
    index.routes((1.0, 1.0), found, (xy, xy[2:]))
    zone = zone_of(4547)
    if zone is not None:
        WalkTeller(index, zone, (xy, xy[2:])).tell(1.0, 1.0, np.ones(2, np.bool_), 1)


def warm_search() -> None:
    """Divide a tiny graph."""
    edges = np.array([[0, 1], [1, 2], [2, 3], [3, 0]], np.int64)
    bare, bounds = Bare(np.ones(4), edges, np.ones(4)), Bounds(2, 2.0, 2.0)
    problem = problem_of(bare, bounds, np.arange(4), 2)
    state = new_state(problem, metis(problem, 2, 0), 0)
    anneal(problem, state, Schedule(1000, 1.0, 0.1, 1.0, 1.0))
    worth(problem, state)
    plan_of(bare, bounds, state.part, hurried=False)


def forget() -> None:
    """Drop what was compiled before one of these modules changed, beside them.

    What is kept is looked at for changes of the module that it is of, and not of those whose
    functions and tables are compiled into it.
    """
    here = Path(__file__).parent
    changed_s = max(file.stat().st_mtime for file in here.glob("*.py"))
    kept = list(here.glob("__pycache__/*.nb[ci]"))
    if any(file.stat().st_mtime < changed_s for file in kept):
        for file in kept:
            file.unlink(missing_ok=True)


if __name__ == "__main__":
    forget()
    warm()
