"""The review of a draft, and publishing it as a generation (审核与发布).

A draft is published in one transaction: it is checked again, becomes the generation that follows
the last one, and moves what is to be moved, or nothing of that happens.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from geo.errors import (
    InvalidFieldError,
    NotFoundError,
    NotPermittedError,
    PlanNotReadyError,
    PublicationRefusedError,
    StepRefusedError,
)
from geo.flows.plan_effects import read_proposal, superseded
from geo.flows.plans import held_draft
from geo.messages import Message, msg
from geo.store import plan_review, publishing
from geo.store.engine import refusing_what_is_not_permitted, session
from geo.store.generations import hold_generations
from geo.store.issues import account_name
from geo.store.loading import LoadRefusedByRuleError, refusing_by_rule
from geo.store.plan_areas import is_planner_of
from geo.store.plan_review import NewStep
from geo.store.publishing import DrawnGrid, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from geo.flows.plan_effects import Proposal
    from geo.store.asking import Asker
    from geo.store.plan_review import GenerationRow, Labelled
    from geo.store.plans import Draft

RULES: dict[str, Message] = {
    "plan_step_version": msg(
        "The draft has been edited since you read it: look at it again before you decide."
    ),
    "plan_step_state": msg("The draft is not in a state in which this can be done."),
    "plan_step_own": msg(
        "You had a hand in this draft: somebody else has to approve or return it."
    ),
    "plan_step_others": msg("Only those who had a hand in the draft recall it."),
    "withdraw_started": msg(
        "The generation has come into force: it can't be withdrawn, but an earlier one can be"
        " published again."
    ),
    "withdraw_succeeded": msg("Another generation is to follow this one: withdraw that one first."),
}
"""What is said where a rule of the database refuses a step."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be published, and when.

    Parameters
    ----------
    version
        Of the draft, as it was approved.
    starts
        When it comes into force; by default at once.
    remark
        What there is to say, kept with the generation.
    label
        The generation's name; by default the jurisdiction's with the day on which it starts.
    """

    version: int
    starts: datetime | None = None
    remark: str = ""
    label: str | None = None


def take_step(draft_id: UUID, step: NewStep, asker: Asker, url: str | None = None) -> str:
    """Submit a draft, recall, return, approve or archive it; return its state then.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft, or the asker only reads it.
    StepRefusedError
        When it has been edited since, its state does not allow the step, or who had a hand in it
        may not take it.
    InvalidFieldError
        When it is returned without a word.
    """
    with _opened(url, asker) as opened:
        held_draft(opened, draft_id)
        state = plan_review.write_step(opened, draft_id, step)
        if step.action == "return" and not step.remark.strip():
            raise InvalidFieldError(
                field="remark", reason=msg("Say what is to be changed: the author reads it.")
            )
        return state


def publish_draft(
    draft_id: UUID, publication: Publication, asker: Asker, url: str | None = None
) -> GenerationRow:
    """Publish an approved draft as the generation that follows the last one.

    Parameters
    ----------
    draft_id
        Key.
    publication
        Which version, and when.
    asker
        A planner of the jurisdiction.
    url
        The owner's address of the database; by default ours.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft, or the asker only reads it.
    StepRefusedError
        When it is not approved, or has been edited since it was.
    PlanNotReadyError
        When the checks found faults.
    PublicationRefusedError
        When another generation has been published since it was drawn, or the start is not in the
        future.
    """
    with _opened(url, asker) as opened:
        draft = held_draft(opened, draft_id)
        _check_approved(draft, publication)
        proposal = read_proposal(opened, draft, draft.version)
        _check_ready(proposal)
        hold_generations(opened, draft.jurisdiction_id, publishing=True)
        _check_base(draft, plan_review.last_generation(opened, draft.jurisdiction_id))
        published = _write(opened, draft, _drawn(proposal), publication, asker)
        _check_nobody_left_out(opened, published.id, proposal.last.id)
        plan_review.write_step(
            opened,
            draft_id,
            NewStep(
                "publish",
                draft.version,
                publication.remark,
                publication.starts,
                published.id,
            ),
        )
        return published


def republish(
    label: str,
    starts: datetime | None,
    note: str,
    asker: Asker,
    url: str | None = None,
) -> GenerationRow:
    """Publish the grids of an earlier generation again, as a new one: their outlines to the bit.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such generation, or the asker is no planner there.
    PublicationRefusedError
        When it is the last one anyway, the start is not in the future, or a household would have
        no grid that has one.
    """
    with _opened(url, asker) as opened:
        known = _labelled(opened, label)
        if not is_planner_of(opened, known.jurisdiction_id):
            raise NotPermittedError
        hold_generations(opened, known.jurisdiction_id, publishing=True)
        last = plan_review.last_generation(opened, known.jurisdiction_id)
        if last is not None and last.id == known.id:
            raise PublicationRefusedError(
                reason=msg("%(label)s is the last generation as it is", label=label)
            )
        grids = plan_review.drawn_grids(opened, known.id)
        written = _write(opened, known, grids, Publication(0, starts, note), asker)
        if last is not None:
            _check_nobody_left_out(opened, written.id, last.id)
        return written


def withdraw(label: str, remark: str, asker: Asker, url: str | None = None) -> UUID | None:
    """Take back a generation that has not started; return the draft that it came of, if it did.

    The draft is approved as before, and can be published for another day, or returned.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such generation, or the asker is no planner there.
    StepRefusedError
        When it has started, or another one is to follow it.
    """
    with _opened(url, asker) as opened:
        known = _labelled(opened, label)
        draft = held_draft(opened, known.draft) if known.draft else None
        hold_generations(opened, known.jurisdiction_id, publishing=True)
        plan_review.withdraw(opened, known.id)
        if draft is not None:
            step = NewStep("withdraw", draft.version, remark)
            plan_review.write_step(opened, draft.id, step)
        return known.draft


@contextmanager
def _opened(url: str | None, asker: Asker) -> Iterator[Session]:
    """Open a transaction, and say of the rules that it breaks which they are."""
    try:
        with refusing_what_is_not_permitted(), refusing_by_rule(), session(url, asker) as opened:
            yield opened
    except plan_review.StepRefusedError as error:
        reason = RULES.get(error.rule, RULES["plan_step_state"])
        raise StepRefusedError(reason=reason) from error
    except LoadRefusedByRuleError as error:
        reason = msg("the database refuses it: %(reason)s", reason=error.message.values["reason"])
        raise PublicationRefusedError(reason=reason) from error


def _labelled(opened: Session, label: str) -> Labelled:
    known = plan_review.generation_labelled(opened, label)
    if known is None:
        raise NotFoundError(kind=msg("generation"), name=label)
    return known


def _check_approved(draft: Draft, publication: Publication) -> None:
    if draft.state != "approved":
        raise StepRefusedError(reason=msg("Only a draft that is approved can be published."))
    if not draft.version == draft.reviewed_version == publication.version:
        raise StepRefusedError(reason=RULES["plan_step_version"])


def _check_ready(proposal: Proposal) -> None:
    _check_base(proposal.draft, proposal.last)
    errors = proposal.errors
    if errors:
        first = errors[0].message
        reason = (
            msg("The checks found a fault: %(first)s", first=first)
            if len(errors) == 1
            else msg(
                "The checks found %(count)s faults, the first: %(first)s",
                count=len(errors),
                first=first,
            )
        )
        raise PlanNotReadyError(reason, errors)


def _check_base(draft: Draft, last: GenerationRow | None) -> None:
    """Refuse a plan that was drawn upon another generation than the last one."""
    reason = superseded(draft, last) if last else None
    if reason is not None:
        raise PublicationRefusedError(reason=reason)


def _drawn(proposal: Proposal) -> list[DrawnGrid]:
    return [
        DrawnGrid(
            grid.code,
            grid.name,
            grid.name_en,
            proposal.after.polygons[key],
            grid.kind,
            UUID(key),
            grid.branch_name or None,
            grid.branch_name_en or None,
            grid.branch_phone or None,
        )
        for key, grid in sorted(proposal.after.grids.items(), key=lambda pair: pair[1].code)
    ]


def _write(
    opened: Session,
    home: Draft | Labelled,
    grids: list[DrawnGrid],
    publication: Publication,
    asker: Asker,
) -> GenerationRow:
    """Write a generation while nobody else does."""
    now = publishing.clock(opened)
    zone = ZoneInfo(plan_review.timezone_of(opened, home.jurisdiction_id))
    day = (publication.starts or now).astimezone(zone).date()
    if publication.label and plan_review.generation_of(opened, publication.label):
        raise PublicationRefusedError(
            reason=msg("there is a generation “%(label)s” already", label=publication.label)
        )
    label = publication.label or _free_label(opened, f"{home.jurisdiction}-{day.isoformat()}")
    by = account_name(opened, asker) or ""
    plan = Plan(label, grids, by, publication.starts, publication.remark)
    key = publishing.publish(opened, home.jurisdiction, plan)
    last = plan_review.last_generation(opened, home.jurisdiction_id)
    if last is None or last.id != key:
        raise LookupError(key)
    return last


def _free_label(opened: Session, wanted: str) -> str:
    """Return a label that no generation has: the one that is wanted, or with a number."""
    taken = plan_review.labels_like(opened, wanted)
    if wanted not in taken:
        return wanted
    return next(
        label for number in range(2, len(taken) + 3) if (label := f"{wanted}-{number}") not in taken
    )


def _check_nobody_left_out(opened: Session, generation_id: int, previous_id: int) -> None:
    """Refuse a generation in which a household has no grid that had one before."""
    buildings = plan_review.units_left_out(opened, generation_id, previous_id)
    if buildings:
        reason = msg(
            "households of %(count)s buildings would have no grid, the first: %(first)s",
            count=len(buildings),
            first=buildings[0],
        )
        raise PublicationRefusedError(reason=reason)


__all__ = [
    "RULES",
    "Publication",
    "publish_draft",
    "republish",
    "take_step",
    "withdraw",
]
