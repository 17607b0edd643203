"""Proposals (方案建议) for a draft: whether they are possible, asking, computing, taking one.

What is searched is a draft at one version. The worker reads it in the name of whoever asked: it
sees what that planner may see, and a planner who has lost the role gets nothing computed.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from math import isfinite
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.core.boundary_use import features_of, followed_m, segments_of
from geo.core.cell_figures import figures, grid_figures
from geo.core.crosswalk import crosswalk
from geo.core.drafts import changed, from_json, to_json
from geo.core.planned_territories import changes_of, grid_key, moved_cells, territories_of
from geo.core.proposing_arithmetic import possible, with_grids_called
from geo.core.proposing_values import LABELS, Feasible, Wish
from geo.core.scorecard import scorecard
from geo.core.scorecard_plan import plan_of_state
from geo.errors import HonggeError, InvalidFieldError, NotFoundError, ProposalRefusedError
from geo.flows import plans
from geo.flows.grounds import ground_of
from geo.flows.plans import NotEdited, Written
from geo.flows.scorecards import thresholds
from geo.messages import msg, plain
from geo.settings import settings
from geo.store import plan_jobs
from geo.store.asking import Asker
from geo.store.engine import session as opened_session
from geo.store.plan_jobs import WantedJob
from geo.store.plan_log import NewEntry
from geo.store.plans import NewDraft, codes_used, may_plan, read_draft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol
    from uuid import UUID

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from geo.core.cell_figures import CellFigures
    from geo.core.drafts import Changes, PlanState
    from geo.core.ground import Ground
    from geo.core.proposing_values import Infeasible, Kind, Progress, Proposal, Territory
    from geo.core.territories import Following
    from geo.flows.plans import Outcome
    from geo.messages import Message
    from geo.store.plan_jobs import StoredJob, TakenJob
    from geo.store.plans import Draft

    Assigned = tuple[Territory, NDArray[np.int64]]

    class Watching(Protocol):
        """Whoever wants to know how far a search is, and may end it."""

        def tell(self, progress: Mapping[str, Any]) -> None:
            """Say how far it is."""

        def stopped(self) -> bool:
            """Tell whether it shall end."""


VERB = "proposal"
TELL_S = 0.5
"""So often a search says how far it is, at most."""

UNFINISHED_MAX = 4
"""So many jobs of one draft may wait or run at a time."""


class InfeasibleError(HonggeError):
    """Arithmetic forbids what is wanted."""

    template = "This can't be had: no plan keeps within the bounds."

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        super().__init__()
        self.verdicts = tuple(verdicts)


class TooManyJobsError(ProposalRefusedError):
    """A draft has more proposals under way than are computed at a time."""

    template = "There are proposals under way for this draft already: wait, or call one off."


class NothingToRepairError(ProposalRefusedError):
    """Every grid is within the bounds."""

    template = "There is nothing to repair: every grid is within the bounds and in one piece."


class JobNotDoneError(ProposalRefusedError):
    """A job has no proposals to take: it is not done, failed, or was called off."""

    template = "This proposal has not been computed."


class JobOverError(ProposalRefusedError):
    """A job that is over can't be called off."""

    template = "This proposal is no longer being computed."


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of a search.

    Parameters
    ----------
    kind
        As of :class:`geo.core.proposing.Wish`.
    community
        Code; ``None`` for all where the kind allows that.
    grid
        Key of the grid to split.
    k
        How many grids.
    prefer_roads
        Whether boundaries shall follow roads, rivers and railways.
    seconds
        How long to search at most; ``None`` for as long as the settings allow. A search that has
        the time ends by itself, and then the same seed gives the same answer.
    nearest
        Also search where the bounds can't be kept, and come as near to them as can be.
    """

    kind: Kind
    community: str | None = None
    grid: str | None = None
    k: int | None = None
    prefer_roads: bool = False
    seconds: float | None = None
    nearest: bool = False

    @property
    def search_s(self) -> float:
        """How long to search, in seconds."""
        most = settings().plan_seconds_max
        return min(self.seconds or most, most)


@dataclass(frozen=True, slots=True)
class Branch:
    """A draft that is made of a proposal: its name, its key, and the key of its entry."""

    name: str
    draft: UUID
    entry: UUID


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether what is wanted can be had in one community, with the arithmetic.

    Parameters
    ----------
    community
        Code.
    needed
        Whether anything there is out of bounds.
    possible
        Whether arithmetic allows it.
    k, households
        Grids of the plan, and households of all of them.
    arithmetic, advice
        Sentences.
    """

    community: str
    needed: bool
    possible: bool
    k: int
    households: int
    arithmetic: tuple[Message, ...]
    advice: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A draft at a version with all that a search of it needs."""

    draft: Draft
    state: PlanState
    ground: Ground
    cells: CellFigures
    used: frozenset[str]


def case_of(session: Session, draft_id: UUID, version: int | None = None) -> Case:
    """Read a draft for a search of it.

    Raises
    ------
    NotFoundError
        When there is no such draft that the asker may read.
    """
    draft = plans.draft_of(session, draft_id)
    state = plans.state_of(session, draft_id, version)
    ground = ground_of(session, draft.jurisdiction_id)
    used = frozenset(codes_used(session, draft.jurisdiction_id))
    return Case(draft, state, ground, figures(state, ground), used)


def feasibility(case: Case, request: Request) -> list[Verdict]:
    """Tell of every community concerned whether the wish can be had there.

    Raises
    ------
    InvalidFieldError, NotFoundError
        When the request lacks something, or names what is not there.
    """
    territories = _searched(case, request, roads=False)
    return [_verdict(case.state, one, _wish(one, request)) for one in territories]


def ask(session: Session, draft_id: UUID, request: Request, seed: int) -> UUID | NotEdited:
    """Leave a job for the worker, if its wish can be had; return its key.

    A draft under review, or after it, is not searched: who asks has a hand in it, and could not
    review it any more. Branch from it, and ask there.

    Parameters
    ----------
    session
        Of a planner.
    draft_id
        The draft, which is searched as it is now.
    request, seed
        What is wanted, and what all random choices come from.

    Raises
    ------
    InfeasibleError
        When it can't be had anywhere, with the arithmetic.
    NothingToRepairError
        When all is within the bounds.
    TooManyJobsError
        When the draft has too many under way.
    InvalidFieldError, NotFoundError
        As of :func:`feasibility`.
    """
    case = case_of(session, draft_id)
    if may_plan(session, draft_id) and case.draft.state not in plans.EDITED:
        return NotEdited(case.draft.state)
    verdicts = feasibility(case, request)
    concerned = [one for one in verdicts if one.needed or request.kind != "repair"]
    if not concerned:
        raise NothingToRepairError
    if not request.nearest and not any(one.possible for one in concerned):
        raise InfeasibleError(concerned)
    if plan_jobs.unfinished(session, draft_id) >= UNFINISHED_MAX:
        raise TooManyJobsError
    wanted = WantedJob(
        jurisdiction_id=case.draft.jurisdiction_id,
        draft_id=draft_id,
        version=case.state.version,
        kind=request.kind,
        request=asdict(request),
        seed=seed,
    )
    return plan_jobs.ask_for(session, wanted)


def job_of(session: Session, draft_id: UUID, job_id: UUID) -> StoredJob:
    """Return a job of a draft.

    Raises
    ------
    NotFoundError
        When there is none that the asker may read.
    """
    found = plan_jobs.read_job(session, draft_id, job_id)
    if found is None:
        raise NotFoundError(kind=msg("proposal"), name=str(job_id))
    return found


def call_off(session: Session, draft_id: UUID, job_id: UUID) -> StoredJob:
    """Call a job off; it is over at once, and its worker stops.

    Raises
    ------
    NotFoundError, JobOverError
        When there is none, or it is over already.
    """
    job_of(session, draft_id, job_id)
    if not plan_jobs.cancel(session, draft_id, job_id):
        raise JobOverError
    return job_of(session, draft_id, job_id)


def take_here(session: Session, draft_id: UUID, job_id: UUID, choice: int, key: UUID) -> Outcome:
    """Make a proposal the draft's own, as one entry of its log.

    What somebody changed since the search began is a conflict, as with any other edit.

    Raises
    ------
    NotFoundError, JobNotDoneError, InvalidFieldError
        When there is no such job, nothing came of it, or it has no such choice.
    """
    changes, detail = _chosen(job_of(session, draft_id, job_id), choice)
    return plans.edit(session, draft_id, NewEntry(key, VERB, changes, detail))


def take_as_draft(
    session: Session, draft_id: UUID, job_id: UUID, choice: int, branch: Branch
) -> Outcome:
    """Make a new draft of a proposal, branched from the version that was searched.

    Asked a second time with the same keys, it answers with what was made the first time.

    Raises
    ------
    NotFoundError, JobNotDoneError, InvalidFieldError
        As of :func:`take_here`.
    """
    job = job_of(session, draft_id, job_id)
    changes, detail = _chosen(job, choice)
    point = session.begin_nested()
    if read_draft(session, branch.draft) is None:
        _branch(session, draft_id, job.version, branch)
    entry = NewEntry(branch.entry, VERB, changes, detail)
    outcome = plans.edit(session, branch.draft, entry)
    if isinstance(outcome, Written):
        point.commit()
    else:
        point.rollback()
    return outcome


def _branch(session: Session, draft_id: UUID, version: int, branch: Branch) -> None:
    parent = plans.draft_of(session, draft_id)
    state = plans.state_of(session, draft_id, version)
    new = NewDraft(
        id=branch.draft,
        jurisdiction_id=parent.jurisdiction_id,
        name=branch.name,
        base_id=parent.base_id,
        parent=draft_id,
        parent_version=version,
    )
    plans.store_state(session, new, state)


def _chosen(job: StoredJob, choice: int) -> tuple[Changes, dict[str, Any]]:
    if job.result is None:
        raise JobNotDoneError
    choices = job.result["choices"]
    if not 0 <= choice < len(choices):
        raise InvalidFieldError(field="choice", reason=msg("There is no such proposal."))
    told = {"job": str(job.id), "kind": job.kind, "label": choices[choice]["label"]}
    return from_json(choices[choice]["changes"]), told


def _searched(case: Case, request: Request, *, roads: bool) -> list[Territory]:
    """Return the territories that a request is about."""
    community = request.community
    if request.kind == "split":
        grid = case.state.grids.get(request.grid or "")
        if grid is None or grid.kind != "general":
            raise InvalidFieldError(field="grid", reason=msg("Name the grid that is to be split."))
        community = grid.community
    elif community is None and request.kind in {"add", "count"}:
        raise InvalidFieldError(field="community", reason=msg("Name the community."))
    if request.kind == "count" and request.k is None:
        raise InvalidFieldError(field="k", reason=msg("Say how many grids there shall be."))
    wanted = None if community is None else {community}
    following = _follower(case.ground) if roads else None
    found = territories_of(case.state, case.ground, case.cells, wanted, following)
    if not found:
        raise NotFoundError(kind=msg("community"), name=community or "")
    return found


def _follower(ground: Ground) -> Following:
    """Return what tells how much of boundaries follows roads, railways and rivers."""
    features = features_of(ground)
    chosen = settings()
    return lambda lines: followed_m(
        features,
        segments_of(lines),
        tolerance_m=chosen.score_boundary_tolerance_m,
        angle_deg=chosen.score_boundary_angle_deg,
    )


def _wish(territory: Territory, request: Request) -> Wish:
    chosen = settings()
    row = territory.grids.index(request.grid) if request.kind == "split" and request.grid else None
    return Wish(
        kind=request.kind,
        lower=chosen.grid_households_min,
        upper=chosen.grid_households_max,
        k=request.k if request.kind in {"count", "new"} else None,
        grid=row,
        prefer_roads=request.prefer_roads,
    )


def _verdict(state: PlanState, territory: Territory, wish: Wish) -> Verdict:
    found = possible(territory, wish)
    needed = _out_of_bounds(territory, wish)
    if isinstance(found, Feasible):
        arithmetic = (found.arithmetic,)
        return Verdict(territory.code, needed, True, found.k, found.households, arithmetic)  # noqa: FBT003 - by position, as the field stands
    names = {key: grid.called for key, grid in state.grids.items()}
    return _refused(territory.code, with_grids_called(found, names), needed=needed)


def _refused(code: str, found: Infeasible, *, needed: bool) -> Verdict:
    return Verdict(
        community=code,
        needed=needed,
        possible=False,
        k=found.k,
        households=found.households,
        arithmetic=found.reasons,
        advice=found.advice,
    )


def _out_of_bounds(territory: Territory, wish: Wish) -> bool:
    """Tell whether a grid has too many households or too few or is in pieces, or a cell no grid."""
    if (territory.start < 0).any():
        return True
    count = len(territory.grids)
    households = np.bincount(territory.start, weights=territory.households, minlength=count)
    held = np.bincount(territory.start, minlength=count) > 0
    odd = (households < wish.lower) | (households > wish.upper)
    return bool((held & odd).any()) or _pieces(territory) > int(held.sum())


def _pieces(territory: Territory) -> int:
    """Return in how many pieces the grids of a territory lie together."""
    one, other = territory.edges.T
    same = territory.start[one] == territory.start[other]
    size = len(territory.cells)
    graph = coo_array((np.ones(int(same.sum())), (one[same], other[same])), shape=(size, size))
    found: int = connected_components(graph, directed=False)[0]
    return found


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
    search = _Search.of(case, request)
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
        "verdicts": [_plain_verdict(one) for one in search.verdicts],
        "scorecard": _scored(case, case.state),
        "choices": choices,
        "seconds": round(time.monotonic() - begun, 2),
    }


@dataclass(frozen=True, slots=True)
class _Search:
    """The communities that are searched, and what was found of all."""

    territories: list[Territory]
    wishes: list[Wish]
    verdicts: list[Verdict]

    @classmethod
    def of(cls, case: Case, request: Request) -> _Search:
        known = _searched(case, request, roads=True)
        wishes = [_wish(one, request) for one in known]
        verdicts = [
            _verdict(case.state, one, wish) for one, wish in zip(known, wishes, strict=True)
        ]
        rows = [
            row
            for row, one in enumerate(verdicts)
            if (one.possible or request.nearest) and (one.needed or request.kind != "repair")
        ]
        return cls([known[row] for row in rows], [wishes[row] for row in rows], verdicts)


@dataclass(slots=True)
class _Telling:
    """Puts together what the searches of several communities say, now and then."""

    job: TakenJob
    search: _Search
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


__all__ = [
    "Branch",
    "Case",
    "InfeasibleError",
    "JobNotDoneError",
    "JobOverError",
    "NothingToRepairError",
    "Request",
    "TooManyJobsError",
    "Verdict",
    "ask",
    "call_off",
    "case_of",
    "compute",
    "feasibility",
    "job_of",
    "take_as_draft",
    "take_here",
]
