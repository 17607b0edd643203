"""A plan beside the generation that it would follow: whether it can be published, what it does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from geo.core.cells import territories
from geo.core.effects import Affected, Layout, MovedCase, effects
from geo.core.notices import Occasion
from geo.core.plan_checks import Bounds, Place, PlanFinding, plan_findings, size_findings
from geo.errors import PublicationRefusedError
from geo.flows.grounds import ground_of
from geo.flows.plan_cells import planned
from geo.messages import Message, msg
from geo.settings import settings
from geo.store import plan_log, plan_review, plans
from geo.store.generations import read_generation
from geo.store.plan_areas import community_areas
from geo.store.publishing import clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from geo.core.drafts import PlanState
    from geo.core.effects import Effects
    from geo.core.ground import Ground
    from geo.store.generations import StoredGeneration
    from geo.store.plan_review import GenerationRow
    from geo.store.plans import Draft


@dataclass(frozen=True)
class Proposal:
    """A draft at one version beside the generation that it would follow.

    Parameters
    ----------
    draft, state
        The draft, and its state.
    last
        The generation that it follows: the last one of its jurisdiction, or the one before it where
        it has been published.
    before, after
        Its grids, and the draft's.
    ground
        Of the jurisdiction, as whoever asks may see it.
    place
        What a plan is checked against.
    affected
        Who and what may be moved.
    moved
        The cases that moved, where it has come into force.
    """

    draft: Draft
    state: PlanState
    last: GenerationRow
    before: Layout
    after: Layout
    ground: Ground
    place: Place
    affected: Affected
    moved: tuple[MovedCase, ...] | None = None

    @cached_property
    def effects(self) -> Effects:
        """What publishing would do, or has done."""
        found = effects(self.before, self.after, self.affected)
        return found if self.moved is None else replace(found, cases=self.moved)

    @cached_property
    def findings(self) -> list[PlanFinding]:
        """What is wrong with it, and what is worth a look; errors first."""
        chosen = settings()
        bounds = Bounds(chosen.grid_households_min, chosen.grid_households_max)
        households = {one.key: one.households_after for one in self.effects.grids}
        return [
            *self._base_findings(),
            *plan_findings(self.state, self.before, self.after, self.place),
            *size_findings(self.after, households, bounds),
        ]

    def _base_findings(self) -> list[PlanFinding]:
        """Say that the plan was drawn upon another generation than the one it would follow."""
        reason = superseded(self.draft, self.last)
        if reason is None:
            return []
        told = Message(PublicationRefusedError.template, {"reason": reason})
        return [PlanFinding("error", "base_superseded", self.last.label, told)]

    @property
    def errors(self) -> list[PlanFinding]:
        """What forbids publishing."""
        return [one for one in self.findings if one.severity == "error"]


def read_proposal(session: Session, draft: Draft, version: int | None = None) -> Proposal:
    """Read a draft with all that publishing it would touch.

    Parameters
    ----------
    session
        A transaction of a planner or an auditor.
    draft
        The draft.
    version
        At which; by default its last.

    Raises
    ------
    PublicationRefusedError
        When its jurisdiction has no generation that it could follow.
    """
    home = draft.jurisdiction_id
    last = plan_review.last_generation(session, home, before=draft.generation)
    stored = read_generation(session, last.id) if last else None
    if last is None or stored is None:
        raise PublicationRefusedError(reason=msg("there is no generation that it could follow"))
    state = plan_log.read_state(session, draft.id, version)
    ground = ground_of(session, home)
    rows = {key: row for row, key in enumerate(ground.buildings.keys.tolist())}
    affected = Affected(
        ground,
        plan_review.read_homes(session, home, last.id, rows),
        plan_review.read_cases(session, home, last.id),
        plan_review.read_pairing(session, home),
    )
    communities = community_areas(session, home)
    place = Place(
        dict(zip(communities.keys, communities.polygons, strict=True)),
        ground.buildings.codes,
        ground.buildings.sites,
        plans.codes_used(session, home),
    )
    before, after = layout_of(stored), Layout(state.grids, territories(state))
    moved = plan_review.cases_that_moved(session, home, draft.generation)
    return Proposal(draft, state, last, before, after, ground, place, affected, moved)


def superseded(draft: Draft, last: GenerationRow) -> Message | None:
    """Return why a draft can't follow a generation, if it was drawn upon another one."""
    if draft.base_id == last.id:
        return None
    if draft.base_id is None:
        return msg(
            "the generation that it was drawn upon has been withdrawn: make a draft of %(last)s and"
            " draw the changes there",
            last=last.label,
        )
    return msg(
        "it was drawn upon %(base)s, and %(last)s has been published since: make a draft of"
        " %(last)s and draw the changes there",
        base=draft.base_label,
        last=last.label,
    )


def occasion_of(
    session: Session, proposal: Proposal, starts: datetime | None, states: Mapping[str, str]
) -> Occasion:
    """Return what documents of a plan say besides what it does.

    Parameters
    ----------
    session
        A transaction.
    proposal
        The plan.
    starts
        When it comes into force; by default as it was published.
    states
        What states of cases are called.
    """
    draft, home = proposal.draft, proposal.draft.jurisdiction_id
    signs = plan_review.signs_of(session, home)
    zone = ZoneInfo(signs.timezone)
    return Occasion(
        jurisdiction=signs.name,
        plan=draft.name,
        before=proposal.last.label,
        starts=starts.astimezone(zone).date() if starts else None,
        issued=clock(session).astimezone(zone).date(),
        communities={one.code: one.name for one in proposal.ground.communities},
        buildings=plan_review.building_names(session, home),
        compounds={one.code: one.name for one in proposal.ground.compounds},
        stations=plan_review.station_contacts(session, home),
        states=states,
        draft=draft.state != "published",
        remarks=signs.remarks,
    )


def layout_of(stored: StoredGeneration) -> Layout:
    """Return a generation's grids as a plan has them."""
    keys = [str(grid.id) for grid in stored.grids]
    return Layout(
        {key: planned(grid) for key, grid in zip(keys, stored.grids, strict=True)},
        dict(zip(keys, stored.polygons, strict=True)),
    )


__all__ = ["Proposal", "layout_of", "occasion_of", "read_proposal", "superseded"]
