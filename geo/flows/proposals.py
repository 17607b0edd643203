"""Proposals (方案建议) for a draft: whether they are possible, asking, taking one.

What is searched is a draft at one version.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from geo.core.cell_figures import figures
from geo.core.drafts import from_json
from geo.errors import HonggeError, InvalidFieldError, NotFoundError, ProposalRefusedError
from geo.flows import plans
from geo.flows.grounds import ground_of
from geo.flows.plan_search import Drawn, Request, Search, Verdict
from geo.flows.plans import NotEdited, Written
from geo.messages import msg
from geo.store import plan_jobs
from geo.store.plan_jobs import WantedJob
from geo.store.plan_log import NewEntry
from geo.store.plans import NewDraft, codes_used, may_plan, read_draft

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.core.drafts import Changes
    from geo.flows.plans import Outcome
    from geo.store.plan_jobs import StoredJob
    from geo.store.plans import Draft

VERB = "proposal"
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
class Branch:
    """A draft that is made of a proposal: its name, its key, and the key of its entry."""

    name: str
    draft: UUID
    entry: UUID


@dataclass(frozen=True, slots=True, eq=False)
class Case(Drawn):
    """A draft at a version with all that a search of it needs, and the codes in use."""

    draft: Draft
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
    return Case(state, ground, figures(state, ground), draft, used)


def feasibility(case: Case, request: Request) -> list[Verdict]:
    """Tell of every community concerned whether the wish can be had there.

    Raises
    ------
    InvalidFieldError, NotFoundError
        When the request lacks something, or names what is not there.
    """
    return Search.of(case, request, roads=False).verdicts


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
    concerned = [one for one in verdicts if request.concerns(one)]
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
    "feasibility",
    "job_of",
    "take_as_draft",
    "take_here",
]
