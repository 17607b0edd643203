"""What a search for proposals needs: the communities concerned, and whether a wish can be had.

A draft in the editor and a generation at the terminal are redrawn by the same search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.core.boundary_use import features_of, followed_m, segments_of
from geo.core.planned_territories import territories_of
from geo.core.proposing_arithmetic import possible, with_grids_called
from geo.core.proposing_figures import out_of_order
from geo.core.proposing_values import Feasible, Wish
from geo.errors import InvalidFieldError, NotFoundError
from geo.messages import msg
from geo.settings import settings

if TYPE_CHECKING:
    from geo.core.cell_figures import CellFigures
    from geo.core.drafts import PlanState
    from geo.core.ground import Ground
    from geo.core.proposing_values import Kind, Territory
    from geo.core.territories import Following
    from geo.messages import Message


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What is redrawn: a plan, the ground under it, and what lies in its cells."""

    state: PlanState
    ground: Ground
    cells: CellFigures


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

    def concerns(self, verdict: Verdict) -> bool:
        """Tell whether there is anything to do in a community."""
        return verdict.needed or self.kind != "repair"

    @property
    def of_one_community(self) -> bool:
        """Whether it makes sense in one community alone."""
        return self.kind in {"add", "count"} or (self.kind == "new" and self.k is not None)


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


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """The communities that a request is about, a wish and a verdict for each."""

    territories: list[Territory]
    wishes: list[Wish]
    verdicts: list[Verdict]

    @classmethod
    def of(cls, drawn: Drawn, request: Request, *, roads: bool = True) -> Search:
        """Make ready what a request is about.

        Parameters
        ----------
        drawn, request
            What is redrawn, and how.
        roads
            Whether to find out which boundaries follow roads: verdicts alone don't need it.

        Raises
        ------
        InvalidFieldError, NotFoundError
            When the request lacks something, or names what is not there.
        """
        community = _community(drawn.state, request)
        wanted = None if community is None else {community}
        following = _follower(drawn.ground) if roads else None
        found = territories_of(drawn.state, drawn.ground, drawn.cells, wanted, following)
        if not found:
            raise NotFoundError(kind=msg("community"), name=community or "")
        wishes = [_wish(one, request) for one in found]
        verdicts = [_verdict(drawn.state, *each) for each in zip(found, wishes, strict=True)]
        return cls(found, wishes, verdicts)

    def worthwhile(self, request: Request) -> Search:
        """Return the communities where there is something to do that can be done."""
        rows = [
            row
            for row, one in enumerate(self.verdicts)
            if (one.possible or request.nearest) and request.concerns(one)
        ]
        return Search(
            [self.territories[row] for row in rows],
            [self.wishes[row] for row in rows],
            [self.verdicts[row] for row in rows],
        )


def _community(state: PlanState, request: Request) -> str | None:
    """Return the code of the community that a request is about; ``None`` for all."""
    if request.kind == "split":
        grid = state.grids.get(request.grid or "")
        if grid is None or grid.kind != "general":
            raise InvalidFieldError(field="grid", reason=msg("Name the grid that is to be split."))
        return grid.community
    if request.community is None and request.of_one_community:
        raise InvalidFieldError(field="community", reason=msg("Name the community."))
    if request.kind == "count" and request.k is None:
        raise InvalidFieldError(field="k", reason=msg("Say how many grids there shall be."))
    return request.community


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
    return Wish(
        kind=request.kind,
        lower=chosen.grid_households_min,
        upper=chosen.grid_households_max,
        k=request.k if request.kind in {"count", "new"} else None,
        grid=territory.grids.index(request.grid or "") if request.kind == "split" else None,
        prefer_roads=request.prefer_roads,
    )


def _verdict(state: PlanState, territory: Territory, wish: Wish) -> Verdict:
    found = possible(territory, wish)
    if isinstance(found, Feasible):
        reasons: tuple[Message, ...] = (found.arithmetic,)
        advice: tuple[Message, ...] = ()
    else:
        names = {key: grid.called for key, grid in state.grids.items()}
        named = with_grids_called(found, names)
        reasons, advice = named.reasons, named.advice
    return Verdict(
        community=territory.code,
        needed=out_of_order(territory, wish),
        possible=isinstance(found, Feasible),
        k=found.k,
        households=found.households,
        arithmetic=reasons,
        advice=advice,
    )


__all__ = ["Drawn", "Request", "Search", "Verdict"]
