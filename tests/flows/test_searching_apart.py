"""A search in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys

import numpy as np
import pytest
import shapely

from geo.core.proposing import LABELS, Territory, Wish, propose_all, steps
from geo.core.territories import CellRows, GridRows, territory_of
from geo.flows.searching_apart import Wanted, searching_apart
from tests.conftest import PROJECT

REPAIR = Wish("repair", lower=20, upper=40)

LEAVING = """
from geo.flows.searching_apart import searching_apart
with searching_apart():
    raise SystemExit({status})
"""


def line_of_cells() -> Territory:
    """Return ten cells in a row, of two grids of which one holds too many households."""
    x, free = np.arange(10) * 100.0, np.zeros(10, np.bool_)
    rows = CellRows(
        tuple(f"c{number}" for number in range(10)),
        shapely.box(x, 0, x + 100, 100),
        np.full(10, 6),
        ("",) * 10,
        ("g0",) * 8 + ("g1",) * 2,
        free,
    )
    return territory_of("360881002001", rows, GridRows(("g0", "g1"), free[:2]), np.zeros((0, 2)))


def test_plans_and_steps_are_those_of_a_search_in_this_process() -> None:
    territory = line_of_cells()
    here = propose_all([territory] * 2, [REPAIR] * 2, seed=3, seconds=60)
    with searching_apart() as searcher:
        there = searcher.search(Wanted([territory] * 2, [REPAIR] * 2, 3, 60.0, 1))
    for one, plans in zip(there, here, strict=True):
        assert [plan.label for plan in one.plans] == list(LABELS)
        for mine, theirs in zip(plans, one.plans, strict=True):
            assert mine.assignment.tolist() == theirs.assignment.tolist()
            assert mine.moved_bound == theirs.moved_bound
        assert one.steps == steps(territory, plans[1].assignment)
        assert one.steps


@pytest.mark.parametrize("status", [0, 1])
def test_it_ends_with_whoever_started_it(status: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVING.format(status=status)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (status, "")


def test_it_ends_when_whoever_started_it_is_killed() -> None:
    waiting = LEAVING.format(status="input('ready')")
    with subprocess.Popen(
        [sys.executable, "-c", waiting],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as asker:
        assert asker.stdin is not None
        assert asker.stdout is not None
        assert asker.stdout.read(5) == b"ready"
        asker.kill()
        assert asker.wait() == -signal.SIGKILL
        assert asker.stdout.read() == b""  # nobody has it open any more
