"""Somebody who adds and subtracts what was told, and knows by which rules the rest was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import LinearConstraint, milp

from geo.core.suppression import WITHHELD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.core.suppression import Told

UNBOUNDED = 3
"""What the solver says of a number that may be as large as it likes."""

LONELY, SMALL, COMPLEMENT = range(3)


def kinds(told: Told, counts: Sequence[int], living: Sequence[int], least: int) -> dict[int, int]:
    """Return why each withheld count is: more than a reader is told."""
    return {
        row: LONELY if living[row] < least else SMALL if counts[row] < least else COMPLEMENT
        for row in range(len(counts))
        if told.counts[row] == WITHHELD
    }


def narrowed(told: Told, why: dict[int, int], least: int) -> dict[int, tuple[float, float]]:
    """Return the least and the most that each withheld count can be, by integer programming."""
    rows = sorted(why)
    low = np.array([least if why[row] == COMPLEMENT else 0 for row in rows], dtype=float)
    high = np.array([least - 1 if why[row] == SMALL else np.inf for row in rows])
    known = []
    if told.total is not None:
        rest = told.total - int(told.counts[told.counts != WITHHELD].sum())
        known = [LinearConstraint(np.ones((1, len(rows))), rest, rest)]
    found = {}
    for at, row in enumerate(rows):
        one = np.zeros(len(rows))
        one[at] = 1.0
        ends = []
        for sign in (1, -1):
            solved = milp(
                sign * one, integrality=np.ones(len(rows)), bounds=(low, high), constraints=known
            )
            ends.append(np.inf if solved.status >= UNBOUNDED else solved.x[at])
        found[row] = (round(ends[0]), ends[1])
    return found
