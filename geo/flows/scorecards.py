"""Scorecards (评分表) of drafts and generations, and two of them side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from geo.core.plan_comparison import compare
from geo.core.scorecard import Scorecard, scorecard
from geo.core.scorecard_plan import plan_of_polygons, plan_of_state
from geo.core.scorecard_terms import Thresholds
from geo.errors import InvalidFieldError, NotFoundError, NotPermittedError
from geo.flows.grounds import ground_of
from geo.flows.plan_cells import planned
from geo.flows.plans import draft_of, state_of
from geo.messages import msg
from geo.settings import settings
from geo.store.generations import periods, read_generation
from geo.store.plan_ground import leave_to_weigh

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from geo.core.ground import Ground
    from geo.core.plan_comparison import Comparison
    from geo.core.scorecard_plan import ScoredPlan
    from geo.store.generations import Period

BY_BUILDING = frozenset({"unassigned_households", "unreachable"})
"""Measures whose places tell how many households a building has: for those who work there."""


class Subject(NamedTuple):
    """What was scored.

    Parameters
    ----------
    kind
        ``generation`` or ``draft``.
    key
        The generation's label, or the draft's key as text.
    name
        The generation's label, or the draft's name.
    version
        Of the draft.
    jurisdiction_id, jurisdiction
        Key and slug.
    """

    kind: str
    key: str
    name: str
    version: int | None
    jurisdiction_id: int
    jurisdiction: str


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A scorecard, and what it is of.

    Parameters
    ----------
    subject
        Which draft or generation.
    plan, ground
        What was measured, on what.
    thresholds
        What it was held to.
    card
        The scorecard.
    """

    subject: Subject
    plan: ScoredPlan
    ground: Ground
    thresholds: Thresholds
    card: Scorecard


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """A draft and what it is compared with."""

    before: Scored
    after: Scored
    comparison: Comparison


def thresholds() -> Thresholds:
    """Return what plans are held to, by the settings."""
    chosen = settings()
    return Thresholds(
        households_min=chosen.grid_households_min,
        households_max=chosen.grid_households_max,
        boundary_tolerance_m=chosen.score_boundary_tolerance_m,
        boundary_angle_deg=chosen.score_boundary_angle_deg,
        boundary_min_pct=chosen.score_boundary_min_pct,
        polsby_popper_min=chosen.score_polsby_popper_min,
        reock_min=chosen.score_reock_min,
        hull_min=chosen.score_hull_min,
        deviation_max_pct=chosen.score_deviation_max_pct,
        variation_max_pct=chosen.score_variation_max_pct,
        households_per_worker_max=chosen.score_households_per_worker_max,
        units_answered_min_pct=chosen.score_units_answered_min_pct,
        households_answered_min_pct=chosen.score_households_answered_min_pct,
        walk_mean_max_m=chosen.score_walk_mean_max_m,
        walk_p95_max_m=chosen.score_walk_p95_max_m,
    )


def score_draft(session: Session, draft_id: UUID, version: int | None = None) -> Scored:
    """Return the scorecard of a draft at a version; by default the last.

    Raises
    ------
    NotFoundError
        When there is no such draft that the asker may read.
    InvalidFieldError
        When it has no such version.
    """
    draft = draft_of(session, draft_id)
    state = state_of(session, draft_id, version)
    ground = ground_of(session, draft.jurisdiction_id)
    subject = Subject(
        "draft",
        str(draft.id),
        draft.name,
        state.version,
        draft.jurisdiction_id,
        draft.jurisdiction,
    )
    return _scored(session, subject, plan_of_state(state, ground), ground)


def score_generation(session: Session, label: str) -> Scored:
    """Return the scorecard of a generation.

    Raises
    ------
    NotFoundError
        When there is no such generation.
    NotPermittedError
        When the asker may not weigh the grids of its jurisdiction.
    """
    period = _period(session, label)
    if not leave_to_weigh(session, period.jurisdiction_id).counts:
        raise NotPermittedError
    stored = read_generation(session, period.id)
    if stored is None:
        raise NotFoundError(kind=msg("generation"), name=label)
    ground = ground_of(session, period.jurisdiction_id)
    plan = plan_of_polygons(
        {str(grid.id): planned(grid) for grid in stored.grids},
        {
            str(grid.id): polygon
            for grid, polygon in zip(stored.grids, stored.polygons, strict=True)
        },
        ground,
    )
    subject = Subject("generation", label, label, None, period.jurisdiction_id, period.jurisdiction)
    return _scored(session, subject, plan, ground)


def compare_draft(
    session: Session, draft_id: UUID, other: str, version: int | None = None
) -> SideBySide:
    """Compare a draft with a generation or with another draft.

    Parameters
    ----------
    session
        A transaction.
    draft_id, version
        The draft that is compared; by default its last version.
    other
        ``generation:LABEL`` or ``draft:ID``.

    Raises
    ------
    NotFoundError
        When there is no such draft or generation that the asker may read.
    InvalidFieldError
        When ``other`` is neither, or of another jurisdiction.
    """
    after = score_draft(session, draft_id, version)
    before = score_named(session, other)
    if before.subject.jurisdiction_id != after.subject.jurisdiction_id:
        raise InvalidFieldError(field="with", reason=msg("It is of another jurisdiction."))
    compared = compare((before.plan, before.card), (after.plan, after.card), after.ground)
    return SideBySide(before, after, compared)


def score_named(session: Session, name: str) -> Scored:
    """Return the scorecard of ``generation:LABEL`` or ``draft:ID``.

    Raises
    ------
    NotFoundError, InvalidFieldError
        As of :func:`compare_draft`.
    """
    kind, _, key = name.partition(":")
    if kind == "generation":
        return score_generation(session, key)
    draft_id = _uuid(key) if kind == "draft" else None
    if draft_id is None:
        raise InvalidFieldError(
            field="with", reason=msg("Write generation:LABEL or draft:ID, with the draft's key.")
        )
    return score_draft(session, draft_id)


def label_in_force(session: Session, jurisdiction: str, instant: datetime) -> str | None:
    """Return the label of the generation in force in a jurisdiction (by slug) that may be scored.

    ``None`` where there is none, or the asker may not weigh its grids.
    """
    for period in periods(session):
        if period.jurisdiction == jurisdiction and period.holds(instant):
            allowed = leave_to_weigh(session, period.jurisdiction_id).counts
            return period.label if allowed else None
    return None


def _period(session: Session, label: str) -> Period:
    for period in periods(session):
        if period.label == label:
            return period
    raise NotFoundError(kind=msg("generation"), name=label)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _scored(session: Session, subject: Subject, plan: ScoredPlan, ground: Ground) -> Scored:
    held_to = thresholds()
    card = scorecard(plan, ground, held_to)
    if not leave_to_weigh(session, subject.jurisdiction_id).names:
        card = _without_buildings(card)
    return Scored(subject, plan, ground, held_to, card)


def _without_buildings(card: Scorecard) -> Scorecard:
    """Leave out what tells of single buildings."""
    return replace(
        card,
        measures=tuple(
            replace(one, places=()) if one.rule.key in BY_BUILDING else one for one in card.measures
        ),
    )
