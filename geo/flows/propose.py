"""Proposals from the command line: the generation in force, redrawn; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from geo.core.cell_figures import figures
from geo.core.drafts import PlannedGrid, PlanState
from geo.errors import HonggeError, NotFoundError
from geo.flows.grounds import ground_of
from geo.flows.plan_cells import cells_of_generation
from geo.flows.plan_search import Drawn, Search
from geo.flows.searching_apart import Wanted
from geo.messages import msg
from geo.store.engine import owner_session
from geo.store.generations import period_at
from geo.store.jurisdictions import jurisdictions, with_community, with_grid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from geo.core.proposing_values import Proposal, Territory
    from geo.flows.plan_search import Request
    from geo.flows.searching_apart import Found, Searcher
    from geo.store.jurisdictions import JurisdictionKey


class WhichJurisdictionError(HonggeError):
    """Several jurisdictions have what is wanted, and none was named."""

    template = "Several jurisdictions have “%(code)s”: %(slugs)s. Name one with --jurisdiction."


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """Communities of a jurisdiction that are ready to be redrawn, of the generation in force."""

    state: PlanState
    communities: Search

    def names(self, territory: Territory) -> list[str]:
        """Return codes of grids by row; a new one is called by its number after a plus sign."""
        codes = [self.state.grids[key].code for key in territory.grids]
        return [*codes, *(f"{territory.code}+{number}" for number in range(1, len(codes) + 100))]


def search(
    searcher: Searcher, made: Sequence[Ready], seed: int, seconds: float, choice: int
) -> list[list[Found]]:
    """Return three plans of each community of each jurisdiction, and the steps to one of them."""
    territories = [one for city in made for one in city.communities.territories]
    wishes = [one for city in made for one in city.communities.wishes]
    found = iter(searcher.search(Wanted(territories, wishes, seed, seconds, choice)))
    return [list(islice(found, len(city.communities.territories))) for city in made]


def ready(
    request: Request, slug: str | None, instant: datetime, url: str | None = None
) -> list[Ready]:
    """Read the generations in force, and make their communities ready.

    Parameters
    ----------
    request
        What is wanted; a grid to split is named by its code.
    slug
        Of the jurisdiction; ``None`` for the one that has the community or grid that is named, and
        for all where none is.
    instant
        When the generation is in force.
    url
        The owner's address of the database.

    Raises
    ------
    NotFoundError
        When jurisdiction, generation, community or grid is not there.
    WhichJurisdictionError
        When several have the community or grid that is named.
    """
    with owner_session(url) as session:
        return [
            _ready(_in_force(session, home, instant), request)
            for home in _jurisdictions(session, slug, request)
        ]


def _ready(drawn: Drawn, request: Request) -> Ready:
    if request.grid is not None:
        request = replace(request, grid=_key(drawn.state, request.grid))
    return Ready(drawn.state, Search.of(drawn, request))


def _jurisdictions(
    session: Session, slug: str | None, request: Request
) -> tuple[JurisdictionKey, ...]:
    known = jurisdictions(session)
    if slug is not None or not known:
        found = tuple(one for one in known if one.slug == slug)
        if not found:
            raise NotFoundError(kind=msg("jurisdiction"), name=slug or "")
        return found
    if len(known) == 1 or (request.grid is None and request.community is None):
        return known
    return (_having(session, known, request),)


def _having(
    session: Session, known: tuple[JurisdictionKey, ...], request: Request
) -> JurisdictionKey:
    """Return the jurisdiction that has the grid or community of a request."""
    if request.grid is not None:
        kind, code, keys = msg("general grid"), request.grid, with_grid(session, request.grid)
    else:
        code = request.community or ""
        kind, keys = msg("community"), with_community(session, code)
    found = [one for one in known if one.id in keys]
    if not found:
        raise NotFoundError(kind=kind, name=code)
    if len(found) > 1:
        raise WhichJurisdictionError(code=code, slugs=", ".join(one.slug for one in found))
    return found[0]


def _in_force(session: Session, home: JurisdictionKey, instant: datetime) -> Drawn:
    period = period_at(session, home.id, instant)
    if period is None:
        raise NotFoundError(kind=msg("generation"), name=home.slug)
    state = PlanState.of(*cells_of_generation(session, home.id, period.id))
    ground = ground_of(session, home.id)
    return Drawn(state, ground, figures(state, ground))


def _key(state: PlanState, code: str) -> str:
    """Return the key of a general grid."""
    for key, grid in state.grids.items():
        if grid.code == code and grid.kind == "general":
            return key
    raise NotFoundError(kind=msg("general grid"), name=code)


def rows_of_plan(made: Ready, plans: list[Proposal]) -> list[dict[str, object]]:
    """Return one row a cell: what it is, its grid today and in a plan, and its outline.

    Cells of dedicated grids (专属网格) are as they are today.
    """
    grid_of: dict[str, str] = {}
    households: dict[str, int] = {}
    for territory, plan in zip(made.communities.territories, plans, strict=True):
        names = made.names(territory)
        grid_of.update(
            (cell, names[row]) for cell, row in zip(territory.cells, plan.assignment, strict=True)
        )
        households.update(zip(territory.cells, territory.households.tolist(), strict=True))
    communities = {one.code for one in made.communities.territories}
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
