"""Computing proposals (方案建议): what comes of a job, as JSON, for a worker.

The worker reads the draft in the name of whoever asked: it sees what that planner may see, and a
planner who has lost the role gets nothing computed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import isfinite
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.core.cell_figures import grid_figures
from geo.core.crosswalk import crosswalk
from geo.core.drafts import changed, to_json
from geo.core.planned_territories import changes_of, grid_key, moved_cells
from geo.core.proposing_values import LABELS
from geo.core.scorecard import scorecard
from geo.core.scorecard_plan import plan_of_state
from geo.flows.plan_search import Request, Search
from geo.flows.proposals import case_of
from geo.flows.scorecards import thresholds
from geo.messages import plain
from geo.settings import settings
from geo.store.asking import Asker
from geo.store.engine import session as opened_session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol
    from uuid import UUID

    from numpy.typing import NDArray

    from geo.core.drafts import Changes, PlanState
    from geo.core.proposing_values import Progress, Proposal, Territory
    from geo.flows.plan_search import Verdict
    from geo.flows.proposals import Case
    from geo.store.plan_jobs import TakenJob

    Assigned = tuple[Territory, NDArray[np.int64]]

    class Watching(Protocol):
        """Whoever wants to know how far a search is, and may end it."""

        def tell(self, progress: Mapping[str, Any]) -> None:
            """Say how far it is."""

        def stopped(self) -> bool:
            """Tell whether it shall end."""


TELL_S = 0.5
"""So often a search says how far it is, at most."""


def compute(job: TakenJob, watch: Watching, url: str | None = None) -> dict[str, Any]:
    """Search for proposals, and return them as JSON.

    Parameters
    ----------
    job
        What is wanted.
    watch
        Is told of progress; ends the search.
    url
        The owner's address of the database.

    Raises
    ------
    HonggeError
        When the draft is gone, or whoever asked may no longer read it.
    """
    from geo.core.proposing import propose_all  # noqa: PLC0415 - heavy, for workers alone

    begun = time.monotonic()
    request = Request(**job.request)
    with opened_session(url, Asker("account", job.account_id)) as session:
        case = case_of(session, job.draft_id, job.version)
    asked = Search.of(case, request)
    search = asked.worthwhile(request)
    telling = _Telling(job, search, watch)
    found = propose_all(
        search.territories,
        search.wishes,
        seed=job.seed,
        seconds=request.search_s,
        on_better=telling.hear,
        stop=watch.stopped,
    )
    choices = [
        _choice(job, case, search.territories, [plan[number] for plan in found])
        for number in range(len(LABELS))
    ]
    return {
        "version": job.version,
        "bounds": [settings().grid_households_min, settings().grid_households_max],
        "communities": [one.code for one in search.territories],
        "verdicts": [_plain_verdict(one) for one in asked.verdicts],
        "scorecard": _scored(case, case.state),
        "choices": choices,
        "seconds": round(time.monotonic() - begun, 2),
    }


@dataclass(slots=True)
class _Telling:
    """Puts together what the searches of several communities say, now and then."""

    job: TakenJob
    search: Search
    watch: Watching
    _heard: dict[int, Progress] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _told_at: float = 0.0
    _begun: float = field(default_factory=time.monotonic)

    def hear(self, number: int, progress: Progress) -> None:
        """Note how far one search is; tell all of it when it is time."""
        with self._lock:
            self._heard[number] = progress
            now = time.monotonic()
            if now - self._told_at < TELL_S:
                return
            self._told_at = now
            told = self._together(now)
        self.watch.tell(told)

    def _together(self, now: float) -> dict[str, Any]:
        sizes = [len(one.cells) for one in self.search.territories]
        done = sum(sizes[number] * one.share for number, one in self._heard.items())
        plans_so_far = [
            (self.search.territories[number], one.assignment)
            for number, one in sorted(self._heard.items())
        ]
        return {
            "share": round(done / max(sum(sizes), 1), 3),
            "seconds": round(now - self._begun, 1),
            "excess": int(sum(one.excess for one in self._heard.values())),
            "moved_households": int(sum(one.moved_households for one in self._heard.values())),
            "cut_m": round(sum(one.cut_m for one in self._heard.values())),
            "best": moved_cells(self.job.id, plans_so_far),
        }


def _choice(
    job: TakenJob, case: Case, territories: Sequence[Territory], found: Sequence[Proposal]
) -> dict[str, Any]:
    """Return one plan of all communities as JSON: what it changes, measures, and its moves."""
    assigned = [(one, plan.assignment) for one, plan in zip(territories, found, strict=True)]
    changes = changes_of(case.state, job.id, assigned, case.ground, case.used)
    score = _scored(case, changed(case.state, changes))
    bounds = [plan.moved_bound for plan in found]
    known = [one for one in bounds if one is not None]
    moved = sum(plan.moved_households for plan in found)
    bound = sum(known) if len(known) == len(bounds) else None
    return {
        "label": found[0].label,
        "changes": to_json(changes),
        "moved_households": int(moved),
        "moved_cells": int(sum(plan.moved_cells for plan in found)),
        "moved_bound": None if bound is None else int(bound),
        "gap_pct": round(100 * (moved / bound - 1), 2)
        if bound
        else (0.0 if bound == moved else None),
        "cut_m": round(sum(plan.cut_m for plan in found), 1),
        "road_pct": _value(score, "boundary_followed"),
        "compactness": _value(score, "polsby_popper"),
        "station_m": _mean(
            [plan.station_m for plan in found], [int(plan.households.sum()) for plan in found]
        ),
        "grids": int(sum(plan.k for plan in found)),
        "excess": int(sum(plan.excess for plan in found)),
        "hurried": any(plan.hurried for plan in found),
        **_after(case, changes),
        "scorecard": score,
        **_told_moves(job.id, assigned),
    }


def _value(score: Sequence[Mapping[str, Any]], key: str) -> float | None:
    """Return a measure of a scorecard: of the whole draft, not only of what was searched."""
    value: float | None = next(one["value"] for one in score if one["key"] == key)
    return None if value is None else round(value, 4)


def _mean(values: Sequence[float], by: Sequence[float]) -> float:
    total = float(sum(by))
    return round(float(np.dot(values, by)) / total, 4) if total else 0.0


def _told_moves(job: UUID, plans: Sequence[Assigned]) -> dict[str, Any]:
    """Return the moves of a plan, and the sentences that they fill in, each of these once."""
    from geo.core.proposing import sentence, steps  # noqa: PLC0415 - as in :func:`compute`

    templates: dict[str, int] = {}
    moves = []
    for territory, assignment in plans:
        rows = max(int(assignment.max(initial=0)) + 1, len(territory.grids))
        keys = [grid_key(job, territory, row) for row in range(rows)]
        for one in steps(territory, assignment):
            template = sentence(territory, one, keys).template
            moves.append(
                {
                    "template": templates.setdefault(template, len(templates)),
                    "cells": [territory.cells[row] for row in one.cells],
                    "giver": keys[one.giver] if one.giver >= 0 else None,
                    "taker": keys[one.taker],
                    "households": one.households,
                    "giver_before": one.giver_before,
                    "giver_after": one.giver_after,
                    "taker_before": one.taker_before,
                    "taker_after": one.taker_after,
                }
            )
    return {"templates": list(templates), "moves": moves}


def _after(case: Case, changes: Changes) -> dict[str, Any]:
    """Return the households of every grid with a plan, and how it compares with today's."""
    after = changed(case.state, changes)
    now, then = (grid_figures(one, case.ground, case.cells) for one in (case.state, after))
    sides = [
        [one.grids[row] if row >= 0 else None for row in one.grid_of_building.tolist()]
        for one in (now, then)
    ]
    crossing = crosswalk(sides[0], sides[1], case.ground.buildings.households)
    counts = [
        dict(zip(one.grids, one.totals.households.tolist(), strict=True)) for one in (now, then)
    ]
    return {
        "households": {
            key: [counts[0].get(key), counts[1].get(key)]
            for key in sorted({*counts[0], *counts[1]})
            if counts[0].get(key) != counts[1].get(key)
        },
        **_spread(after, counts[1]),
        "touched": len(crossing.touched),
        "variation_of_information": round(crossing.variation_of_information, 4),
        "rand_index": round(crossing.rand_index, 4),
        "passages": [
            [one.before, one.after, one.rows, one.households]
            for one in crossing.passages
            if one.moved
        ],
    }


def _scored(case: Case, state: PlanState) -> list[dict[str, Any]]:
    """Return what the four principles say of a draft: the measures of its scorecard."""
    plan = plan_of_state(state, case.ground, case.cells)
    return [
        {
            "key": one.rule.key,
            "value": one.value if one.value is not None and isfinite(one.value) else None,
            "endless": one.value is not None and not isfinite(one.value),
            "verdict": one.verdict,
            "missed_by": len(one.missed_by),
        }
        for one in scorecard(plan, case.ground, thresholds()).measures
    ]


def _spread(state: PlanState, households: Mapping[str, int]) -> dict[str, Any]:
    """Return how evenly all general grids of a draft are filled."""
    lower, upper = settings().grid_households_min, settings().grid_households_max
    members = state.members()
    counts = np.array(
        [
            households.get(key, 0)
            for key, grid in state.grids.items()
            if grid.kind == "general" and members.get(key)
        ]
    )
    if counts.size == 0:
        return {"out_of_bounds": 0, "max_deviation_pct": 0.0, "variation_pct": 0.0}
    mean = max(float(counts.mean()), 1.0)
    return {
        "out_of_bounds": int(((counts < lower) | (counts > upper)).sum()),
        "max_deviation_pct": round(100 * float(np.abs(counts - mean).max()) / mean, 1),
        "variation_pct": round(100 * float(counts.std()) / mean, 1),
    }


def _plain_verdict(one: Verdict) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in one.__slots__}
    sentences = {name: [plain(each) for each in told[name]] for name in ("arithmetic", "advice")}
    return {**told, **sentences}
