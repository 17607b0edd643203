"""Proposals from the command line: the generation in force, redrawn; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.core.boundary_use import features_of, followed_m, segments_of
from geo.core.cell_figures import figures
from geo.core.drafts import PlannedGrid, PlanState
from geo.core.planned_territories import territories_of
from geo.core.proposing import Infeasible, Wish, possible, propose_all
from geo.core.proposing_arithmetic import with_grids_called
from geo.errors import NotFoundError
from geo.flows.grounds import ground_of
from geo.flows.plan_cells import cells_of_generation
from geo.messages import msg
from geo.settings import settings
from geo.store.engine import owner_session
from geo.store.generations import period_at
from geo.store.jurisdictions import jurisdictions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from geo.core.ground import Ground
    from geo.core.proposing import Feasible, Kind, Proposal, Territory
    from geo.core.territories import Following


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked at the terminal.

    Parameters
    ----------
    kind
        As of :class:`geo.core.proposing.Wish`.
    jurisdiction
        Slug; ``None`` for the only one there is.
    community
        Code; ``None`` for all.
    grid
        Code of the grid to split.
    k
        How many grids.
    prefer_roads
        Whether boundaries shall follow roads, rivers and railways.
    """

    kind: Kind
    jurisdiction: str | None = None
    community: str | None = None
    grid: str | None = None
    k: int | None = None
    prefer_roads: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """Communities that are ready to be redrawn.

    Parameters
    ----------
    state
        The generation in force as cells and grids.
    territories, wishes, verdicts
        One a community.
    """

    state: PlanState
    territories: list[Territory]
    wishes: list[Wish]
    verdicts: list[Feasible | Infeasible]

    def search(self, seed: int, seconds: float) -> list[list[Proposal]]:
        """Return three plans of each community."""
        return propose_all(self.territories, self.wishes, seed=seed, seconds=seconds)

    def names(self, territory: Territory) -> list[str]:
        """Return codes of grids by row; a new one is called by its number after a plus sign."""
        codes = [self.state.grids[key].code for key in territory.grids]
        return [*codes, *(f"{territory.code}+{number}" for number in range(1, len(codes) + 100))]


def ready(asked: Asked, instant: datetime, url: str | None = None) -> Ready:
    """Read the generation in force, and make its communities ready.

    Raises
    ------
    NotFoundError
        When jurisdiction, generation, community or grid is not there.
    """
    with owner_session(url) as session:
        state, ground = _in_force(session, asked.jurisdiction, instant)
    community = asked.community
    keys = {grid.code: key for key, grid in state.grids.items() if grid.kind == "general"}
    if asked.grid is not None:
        if asked.grid not in keys:
            raise NotFoundError(kind=msg("grid"), name=asked.grid)
        community = state.grids[keys[asked.grid]].community
    wanted = None if community is None else {community}
    cells = figures(state, ground)
    territories = territories_of(state, ground, cells, wanted, _follower(ground))
    if not territories:
        raise NotFoundError(kind=msg("community"), name=community or "")
    wishes = [_wish(one, asked, keys.get(asked.grid or "")) for one in territories]
    names = {key: grid.called for key, grid in state.grids.items()}
    found = [possible(one, wish) for one, wish in zip(territories, wishes, strict=True)]
    verdicts = [
        with_grids_called(one, names) if isinstance(one, Infeasible) else one for one in found
    ]
    return Ready(state, territories, wishes, verdicts)


def _in_force(session: Session, slug: str | None, instant: datetime) -> tuple[PlanState, Ground]:
    known = {one.slug: one.id for one in jurisdictions(session)}
    if slug is None and len(known) == 1:
        slug = next(iter(known))
    if slug is None or slug not in known:
        raise NotFoundError(kind=msg("jurisdiction"), name=slug or ", ".join(sorted(known)))
    period = period_at(session, known[slug], instant)
    if period is None:
        raise NotFoundError(kind=msg("generation"), name=slug)
    state = PlanState.of(*cells_of_generation(session, known[slug], period.id))
    return state, ground_of(session, known[slug])


def _follower(ground: Ground) -> Following:
    features, chosen = features_of(ground), settings()
    return lambda lines: followed_m(
        features,
        segments_of(lines),
        tolerance_m=chosen.score_boundary_tolerance_m,
        angle_deg=chosen.score_boundary_angle_deg,
    )


def _wish(territory: Territory, asked: Asked, grid: str | None) -> Wish:
    return Wish(
        kind=asked.kind,
        lower=settings().grid_households_min,
        upper=settings().grid_households_max,
        k=asked.k,
        grid=territory.grids.index(grid) if grid is not None else None,
        prefer_roads=asked.prefer_roads,
    )


def rows_of_plan(made: Ready, plans: list[Proposal]) -> list[dict[str, object]]:
    """Return one row a cell: what it is, its grid today and in a plan, and its outline.

    Cells of dedicated grids (专属网格) are as they are today.
    """
    grid_of: dict[str, str] = {}
    households: dict[str, int] = {}
    for territory, plan in zip(made.territories, plans, strict=True):
        names = made.names(territory)
        grid_of.update(
            (cell, names[row]) for cell, row in zip(territory.cells, plan.assignment, strict=True)
        )
        households.update(zip(territory.cells, territory.households.tolist(), strict=True))
    communities = {one.code for one in made.territories}
    return [
        {
            "cell": key,
            "block": cell.block,
            "compound": cell.compound,
            "community": cell.community,
            "grid": grid_of.get(key, today),
            "grid_today": today,
            "households": households.get(key, 0),
            "wkb": cell.wkb,
        }
        for key, cell in sorted(made.state.cells.items())
        if cell.community in communities
        for today in (_code(made.state, key),)
    ]


def _code(state: PlanState, cell: str) -> str:
    grid: PlannedGrid | None = state.grids.get(state.owner(cell) or "")
    return grid.code if grid is not None else ""


def changes_nothing(plans: list[Proposal], territories: list[Territory]) -> bool:
    """Tell whether every cell keeps its grid."""
    return all(
        np.array_equal(plan.assignment, one.start)
        for plan, one in zip(plans, territories, strict=True)
    )
