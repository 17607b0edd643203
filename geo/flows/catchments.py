"""Catchments of stations (服务范围): who lives within, and where one more helps most.

Who asks is told numbers by grid alone. They are counted once for each state of the data, on the
service's own behalf, and kept in memory; whether somebody may read them is asked every time.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geo.core.best_site import best_sites, gains
from geo.core.catchment import catchments, homes_within
from geo.core.crs import WGS84_SRID, transform_geometry
from geo.core.scorecard_plan import homes_of
from geo.core.walk_matrix import walk_matrix
from geo.core.walking import walking_network
from geo.errors import (
    FewHouseholdsError,
    InvalidFieldError,
    NotFoundError,
    NotPermittedError,
)
from geo.flows.grounds import ground_of
from geo.messages import msg
from geo.settings import settings
from geo.store.asking import SERVICE
from geo.store.catchments import building_uses, plans_stations, read_communities
from geo.store.engine import session as opened_session
from geo.store.jurisdictions import jurisdictions
from geo.store.plan_ground import ground_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from geo.core.best_site import Chosen, Objective
    from geo.core.catchment import Catchment, HomesWithin
    from geo.core.ground import Ground
    from geo.core.scorecard_plan import Homes
    from geo.core.walking import WalkingNetwork
    from geo.flows.registry import Index, Registry
    from geo.store.catchments import BuildingUse
    from geo.store.generations import Period, StoredGrid

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Shapes = NDArray[np.object_]

KEPT = 4
KEPT_ANSWERS = 24
MINUTES = (5, 10, 15)
MINUTES_MAX = 60
LIMITS_MAX = 5
SITES_MAX = 5
CANDIDATES_MAX = 400
"""Of so many buildings the best is found while one waits."""

FEW_MINUTES = 5
"""Shorter walks from a building reach so few households that a number tells of single ones."""

FARTHEST_MIN = 60
"""Longer walks count as this long where metres are added up, and so does no way at all."""

UNFIT_KINDS = frozenset(
    {"house", "slab", "tower", "apartments", "residential", "school", "kindergarten"}
    | {"hospital", "industry", "industrial"}
)
"""Kinds of buildings that take no station unless they are asked for: homes, and what has a gate."""


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """A jurisdiction's households and their walks, by the grids of the generation in force.

    Parameters
    ----------
    slug
        Of the jurisdiction.
    period, grids, borders
        The generation, and its grids in order of code, with their polygons in degrees (g,).
    ground, network, uses
        What there is; uses are of the ground's buildings.
    homes
        Whose households are whose (n,).
    walk_m
        The walk of each of them to the nearest station (n,).
    """

    slug: str
    period: Period | None
    grids: tuple[StoredGrid, ...]
    borders: Shapes
    ground: Ground
    network: WalkingNetwork
    uses: tuple[BuildingUse, ...]
    homes: Homes
    walk_m: Floats
    answers: OrderedDict[tuple[Any, ...], Any] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def answer(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return what was made for a key before, or make it."""
        with self.lock:
            if key not in self.answers:
                self.answers[key] = make()
                while len(self.answers) > KEPT_ANSWERS:
                    self.answers.popitem(last=False)
            self.answers.move_to_end(key)
            return self.answers[key]


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """Catchments, and households by grid.

    Parameters
    ----------
    walked
        The jurisdiction.
    minutes
        How long the walks are, ascending (k,).
    m_per_min, width_m
        How fast people walk, and how wide catchments are drawn.
    areas
        Metric (k,).
    outlines
        The same in degrees (k,).
    homes
        Counted; the last row are those in no grid.
    """

    walked: Walked
    minutes: tuple[int, ...]
    m_per_min: float
    width_m: float
    areas: tuple[Catchment, ...]
    outlines: Shapes
    homes: HomesWithin


class Search(NamedTuple):
    """What the best site is to be best at.

    Parameters
    ----------
    minutes
        The walk within which a household counts as served.
    sites
        How many at most.
    objective
        ``covering`` or ``median``.
    community
        The code of the community whose buildings come into question; ``None``: of all.
    buildings
        Codes of the buildings that come into question, whatever they are.
    every_kind
        Whether homes, schools and the like come into question as well.
    """

    minutes: int = MINUTES[0]
    sites: int = 1
    objective: Objective = "covering"
    community: str | None = None
    buildings: tuple[str, ...] = ()
    every_kind: bool = False


class RunnerUp(NamedTuple):
    """Another building: its row, what it gains by grid and for how many households (g + 1,)."""

    row: int
    gains: Ints
    households: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The best sites, and what they change.

    Parameters
    ----------
    walked, search
        Where, and what was asked.
    limit_m
        The walk in metres.
    candidates
        Rows of the buildings that came into question.
    chosen
        The choice.
    rows
        Rows of the buildings that were chosen.
    alone
        Households that each of them alone brings within the walk, by grid (g + 1,).
    before, after
        Households by grid, with one limit.
    saved_m
        Metres that households walk less, added up, by grid (g + 1,).
    nearer
        How many households walk less, by grid (g + 1,).
    runners_up
        For one site: other buildings and what they gain, the best first.
    readable
        Of which grids whoever asks may read the households one by one (g + 1,).
    """

    walked: Walked
    search: Search
    limit_m: float
    candidates: Ints
    chosen: Chosen
    rows: tuple[int, ...]
    alone: tuple[Ints, ...]
    before: HomesWithin
    after: HomesWithin
    saved_m: Floats
    nearer: Ints
    runners_up: tuple[RunnerUp, ...]
    readable: Bools

    @property
    def gained(self) -> Ints:
        """Households by grid that come to be within the walk (g + 1,)."""
        return np.asarray(self.after.inside[:, 0] - self.before.inside[:, 0])


_kept: OrderedDict[tuple[Any, ...], Walked] = OrderedDict()
_shelf = Lock()


def served(
    session: Session,
    registry: Registry,
    jurisdiction: str,
    minutes: Sequence[int] = MINUTES,
    url: str | None = None,
) -> Served:
    """Return the catchments of a jurisdiction's stations, and the households within.

    Parameters
    ----------
    session
        On behalf of whoever asks.
    registry
        The generations of this process.
    jurisdiction
        Slug.
    minutes
        Walks, 1 to 60 minutes each.
    url
        The owner's address of the database; by default ours.

    Raises
    ------
    NotFoundError
        When there is no such jurisdiction.
    NotPermittedError
        When the asker may not count its households.
    InvalidFieldError
        When the walks are none.
    """
    wanted = tuple(sorted(set(minutes)))
    if not 1 <= len(wanted) <= LIMITS_MAX or not all(_in_time(one) for one in wanted):
        reason = msg("Write one to five walks of 1 to 60 minutes, such as 5,10,15.")
        raise InvalidFieldError(field="minutes", reason=reason)
    walked = walked_in(session, registry, jurisdiction, url)
    chosen = settings()
    key = ("areas", wanted, chosen.walk_m_per_min, chosen.catchment_width_m)
    found: Served = walked.answer(key, lambda: _served(walked, wanted))
    return found


def best_site(
    session: Session,
    registry: Registry,
    jurisdiction: str,
    search: Search,
    url: str | None = None,
) -> Found:
    """Return where one or a few more stations help most.

    Parameters
    ----------
    session, registry, jurisdiction, url
        As of :func:`served`.
    search
        What is asked for.

    Raises
    ------
    NotFoundError, NotPermittedError
        As of :func:`served`.
    InvalidFieldError
        When there is no such community or building, or too many buildings come into question.
    FewHouseholdsError
        When the answer would tell of single buildings, and the asker may not read the households of
        all communities that they are in.
    """
    if not _in_time(search.minutes):
        raise InvalidFieldError(field="minutes", reason=msg("This is not between 1 and 60."))
    if not 1 <= search.sites <= SITES_MAX:
        raise InvalidFieldError(field="k", reason=msg("This is not between 1 and 5."))
    walked = walked_in(session, registry, jurisdiction, url)
    rows = _candidates(walked, search)
    if search.buildings or search.minutes < FEW_MINUTES:
        _check_read(session, walked, rows)
    key = ("site", search, settings().walk_m_per_min)
    found: Found = walked.answer(key, lambda: _found(walked, search, rows))
    return replace(found, readable=_readable(session, walked))


def walked_in(
    session: Session, registry: Registry, jurisdiction: str, url: str | None = None
) -> Walked:
    """Return a jurisdiction's households and their walks; see :func:`served`."""
    home = next((one for one in jurisdictions(session) if one.slug == jurisdiction), None)
    if home is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=jurisdiction)
    if not plans_stations(session, home.id):
        raise NotPermittedError
    index = next((one for one in registry.current() if one.period.jurisdiction_id == home.id), None)
    generation = index.period.id if index else None
    place = (str(session.get_bind().engine.url), home.id)
    key = (*place, ground_version(session), generation)
    with _shelf:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
        found = _walked(home.slug, home.id, index, url)
        for known in [one for one in _kept if one[:2] == place]:
            del _kept[known]
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _check_read(session: Session, walked: Walked, rows: Ints) -> None:
    """Make sure that whoever asks may read the households of the buildings' communities."""
    if not {walked.uses[row].community for row in rows.tolist()} <= _known(session, walked):
        raise FewHouseholdsError(minutes=FEW_MINUTES)


def _readable(session: Session, walked: Walked) -> Bools:
    """Return of which grids, and of what is in none, whoever asks may read the households."""
    known = _known(session, walked)
    everywhere = known >= {one.code for one in walked.ground.communities}
    return np.array([*(one.community.code in known for one in walked.grids), everywhere])


def _known(session: Session, walked: Walked) -> frozenset[str]:
    home = next(one for one in jurisdictions(session) if one.slug == walked.slug)
    return read_communities(session, home.id)


def _in_time(minutes: int) -> bool:
    return 1 <= minutes <= MINUTES_MAX


def _walked(slug: str, jurisdiction_id: int, index: Index | None, url: str | None) -> Walked:
    with opened_session(url, SERVICE) as opened:
        ground = ground_of(opened, jurisdiction_id)
        uses = building_uses(opened, jurisdiction_id)
    order = sorted(range(len(index.grids)), key=lambda row: index.grids[row].code) if index else []
    grids = tuple(index.grids[row] for row in order) if index else ()
    homes = homes_of(
        ground,
        _grids_of_buildings(ground, index, order),
        {str(grid.id): row for row, grid in enumerate(grids)},
    )
    roads = ground.roads
    return Walked(
        slug=slug,
        period=index.period if index else None,
        grids=grids,
        borders=index.locator.polygons[order] if index else np.empty(0, dtype=object),
        ground=ground,
        network=walking_network(roads.lines[roads.walkable]),
        uses=uses,
        homes=homes,
        walk_m=ground.walk_m[homes.building],
    )


def _grids_of_buildings(ground: Ground, index: Index | None, order: list[int]) -> Ints:
    sites = ground.buildings.sites
    if index is None or len(sites) == 0 or not order:
        return np.full(len(sites), -1, dtype=np.int64)
    owner = index.locator.assign(sites[:, 0], sites[:, 1], nearest=False).owner
    row_of = np.append(np.argsort(np.array(order)), -1).astype(np.int64)
    return np.asarray(row_of[owner])


def _served(walked: Walked, minutes: tuple[int, ...]) -> Served:
    chosen = settings()
    limits_m = [one * chosen.walk_m_per_min for one in minutes]
    stations = walked.ground.stations.xy
    areas = catchments(walked.network, stations, limits_m, chosen.catchment_width_m)
    homes = homes_within(
        walked.homes.grid, walked.homes.households, walked.walk_m, limits_m, len(walked.grids)
    )
    return Served(
        walked,
        minutes,
        chosen.walk_m_per_min,
        chosen.catchment_width_m,
        areas,
        _outlines(areas, walked.ground.srid),
        homes,
    )


def _outlines(areas: tuple[Catchment, ...], srid: int) -> Shapes:
    """Return areas in degrees, each still valid and within the next: so they are not rounded."""
    metric = np.array([one.area for one in areas], dtype=object)
    moved = transform_geometry(metric, srid, WGS84_SRID)
    mended = shapely.make_valid(moved, method="structure", keep_collapsed=False)
    shapes: Shapes = np.where(shapely.is_valid(moved), moved, mended)
    for row in range(1, len(shapes)):
        shapes[row] = shapely.union(shapes[row - 1], shapes[row])
    for row, shape in enumerate(shapes):
        parts = [one for one in shapely.get_parts(shape) if one.geom_type == "Polygon"]
        shapes[row] = shapely.MultiPolygon(parts)
    return shapes


def _candidates(walked: Walked, search: Search) -> Ints:
    uses = walked.uses
    if search.buildings:
        row_of = {one.code: row for row, one in enumerate(uses)}
        unknown = [code for code in search.buildings if code not in row_of]
        if unknown:
            reason = msg("There is no building %(code)s.", code=unknown[0])
            raise InvalidFieldError(field="building", reason=reason)
        rows = sorted({row_of[code] for code in search.buildings})
    else:
        known = {one.code for one in walked.ground.communities}
        if search.community is not None and search.community not in known:
            reason = msg("There is nothing with this code here.")
            raise InvalidFieldError(field="community", reason=reason)
        rows = [
            row
            for row, one in enumerate(uses)
            if search.community in {None, one.community}
            and (search.every_kind or one.kind not in UNFIT_KINDS)
        ]
    if len(rows) > CANDIDATES_MAX:
        reason = msg(
            "%(count)s buildings come into question, more than %(most)s: choose a community, or"
            " name the buildings.",
            count=len(rows),
            most=CANDIDATES_MAX,
        )
        raise InvalidFieldError(field="community", reason=reason)
    return np.array(rows, dtype=np.int64)


def _found(walked: Walked, search: Search, rows: Ints) -> Found:
    m_per_min = settings().walk_m_per_min
    limits_m = (search.minutes * m_per_min, FARTHEST_MIN * m_per_min)
    homes, xy = walked.homes, walked.ground.buildings.xy
    lived = np.flatnonzero(homes.households > 0)
    to_site_m = walk_matrix(walked.network, xy[homes.building[lived]], xy[rows], limits_m[1])
    households, walk_m = homes.households[lived], walked.walk_m[lived]
    gained = gains(search.objective, households, walk_m, to_site_m, limits_m)
    chosen = best_sites(gained, search.sites)
    columns = list(chosen.sites)
    after_m = walked.walk_m.copy()
    after_m[lived] = np.minimum(walk_m, to_site_m[:, columns].min(axis=1, initial=np.inf))
    covering = gains("covering", households, walk_m, to_site_m[:, columns], limits_m)
    count = len(walked.grids)

    def by_grid(amounts: Ints) -> Ints:
        return _by_grid(homes.grid[lived], amounts, count).astype(np.int64)

    return Found(
        walked=walked,
        search=search,
        limit_m=limits_m[0],
        candidates=rows,
        chosen=chosen,
        rows=tuple(rows[columns].tolist()),
        alone=tuple(by_grid(column) for column in covering.T),
        before=homes_within(homes.grid, homes.households, walked.walk_m, limits_m[:1], count),
        after=homes_within(homes.grid, homes.households, after_m, limits_m[:1], count),
        saved_m=_saved_m(homes, walked.walk_m, after_m, limits_m[1], count),
        nearer=by_grid(households * (after_m[lived] < walk_m)),
        runners_up=tuple(
            RunnerUp(
                int(rows[column]),
                by_grid(gained[:, column]),
                by_grid(households * (gained[:, column] > 0)),
            )
            for column in (_runners_up(gained, chosen) if search.sites == 1 else ())
        ),
        readable=np.zeros(count + 1, dtype=bool),
    )


def _saved_m(homes: Homes, before_m: Floats, after_m: Floats, most_m: float, grids: int) -> Floats:
    """Return metres that households walk less, added up, by grid."""
    saved = np.minimum(before_m, most_m) - np.minimum(after_m, most_m)
    return _by_grid(homes.grid, saved * homes.households, grids)


def _by_grid(grid: Ints, amounts: Floats | Ints, grids: int) -> Floats:
    """Return amounts added up by grid, those in none at the end."""
    row = np.where(grid < 0, grids, grid)
    return np.asarray(np.bincount(row, weights=amounts, minlength=grids + 1), dtype=np.float64)


RUNNERS_UP = 5


def _runners_up(gained: Ints, chosen: Chosen) -> list[int]:
    """Return the columns of the next best buildings that gain something, the best first."""
    alone = gained.sum(axis=0)
    order = [one for one in np.argsort(-alone, kind="stable").tolist() if one not in chosen.sites]
    return [one for one in order[:RUNNERS_UP] if alone[one]]


__all__ = ["MINUTES", "Found", "Search", "Served", "Walked", "best_site", "served", "walked_in"]
