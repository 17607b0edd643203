"""Coverage maps (覆盖图): how well the grids of a generation are filled, and what another changes.

Everybody may see what tells of areas and of many people: that, of the generation in force, is the
public map. Whoever plans or staffs the jurisdiction sees all measures of every generation. Figures
are computed once for each state of the data, on the service's own behalf, and kept in memory;
whether somebody may read them is asked every time.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.coverage_figures import (
    MEASURES,
    PUBLIC,
    ChangedArea,
    CoverageCompared,
    CoverageFigures,
    CoveredGrid,
    PairedCommunity,
    UnansweredBuilding,
    grid_values,
    hidden,
    withheld_rows,
)
from geo.core.crs import WGS84_SRID, transform_geometry
from geo.core.map_origin import GenerationShown
from geo.core.plan_comparison import compare
from geo.errors import NotFoundError, NotPermittedError
from geo.flows.scorecards import score_generation, thresholds
from geo.messages import Name, msg
from geo.settings import settings
from geo.store.asking import SERVICE
from geo.store.catchments import building_uses, plans_stations
from geo.store.coverage_maps import communities_in_reach, paired_units
from geo.store.engine import session as opened_session
from geo.store.jurisdictions import jurisdictions
from geo.store.map_origin import read_origin
from geo.store.overview import overview
from geo.store.plan_ground import ground_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from geo.core.coverage_figures import GridValues
    from geo.core.ground import Ground
    from geo.core.scorecard_plan import ScoredPlan
    from geo.flows.registry import Registry
    from geo.flows.scorecards import Scored
    from geo.store.catchments import BuildingUse
    from geo.store.generations import Period
    from geo.store.jurisdictions import JurisdictionKey

    Shapes = NDArray[np.object_]

KEPT = 8
"""Generations whose figures a process keeps: one is about a megabyte for a town of 62 grids."""

KEPT_PAIRS = 4

LEAST_AREA_M2 = 1.0
LEAST_WIDTH_M = 0.05
"""What is smaller, or narrower, is noise of drawing and no ground that changed hands."""


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """A generation, counted: its scorecard, figures by grid, and what has them."""

    scored: Scored
    values: GridValues
    grids: tuple[CoveredGrid, ...]
    shapes: Shapes
    community_shapes: Shapes
    unanswered: tuple[tuple[str, UnansweredBuilding], ...]
    stations: tuple[tuple[float, float, Name], ...]
    bounds: tuple[float, float, float, float]


_kept: OrderedDict[tuple[Any, ...], _Counted] = OrderedDict()
_shelf = Lock()


def coverage(
    session: Session,
    registry: Registry,
    jurisdiction: str,
    generation: str | None = None,
    url: str | None = None,
) -> CoverageFigures:
    """Return the figures of a coverage map.

    Parameters
    ----------
    session
        On behalf of whoever asks: it decides which measures there are.
    registry
        The generations of this process.
    jurisdiction
        Slug.
    generation
        Label; by default that of the generation in force.
    url
        The owner's address of the database; by default ours.

    Raises
    ------
    NotFoundError
        When there is no such jurisdiction or generation, or none is in force.
    NotPermittedError
        When somebody who neither plans nor staffs the jurisdiction asks for another generation than
        that in force: the little differences between two would tell of single buildings.
    """
    home = _home(session, jurisdiction)
    staff = plans_stations(session, home.id)
    period = _period(registry, home, generation)
    if not staff and not period.holds(registry.now()):
        raise NotPermittedError
    return _told(session, registry, home, _counted(session, home, period, url), period, staff=staff)


def coverage_compared(  # noqa: PLR0913, PLR0917 - two generations instead of one
    session: Session,
    registry: Registry,
    jurisdiction: str,
    before: str,
    after: str | None = None,
    url: str | None = None,
) -> CoverageCompared:
    """Return the figures of two generations, and the ground that changed hands between them.

    Parameters
    ----------
    session, registry, jurisdiction, url
        As of :func:`coverage`.
    before, after
        Labels; by default the second is that of the generation in force.

    Raises
    ------
    NotFoundError
        As of :func:`coverage`.
    NotPermittedError
        When whoever asks neither plans nor staffs the jurisdiction.
    """
    home = _home(session, jurisdiction)
    if not plans_stations(session, home.id):
        raise NotPermittedError
    chosen = [_period(registry, home, label) for label in (before, after)]
    counted = [_counted(session, home, one, url) for one in chosen]
    told = [
        _told(session, registry, home, one, period, staff=True)
        for one, period in zip(counted, chosen, strict=True)
    ]
    return CoverageCompared(told[0], told[1], _changed(counted[0], counted[1]))


def sees_all_measures(session: Session, jurisdiction: str) -> bool:
    """Tell whether whoever asks may see all measures of a jurisdiction, and other generations.

    Raises
    ------
    NotFoundError
        When there is no such jurisdiction.
    """
    return plans_stations(session, _home(session, jurisdiction).id)


def warm_coverage(registry: Registry, url: str | None = None) -> None:
    """Count the generations in force, so that nobody waits for the first map."""
    with opened_session(url, SERVICE) as opened:
        for home in jurisdictions(opened):
            for index in registry.current():
                if index.period.jurisdiction_id == home.id:
                    _counted(opened, home, index.period, url)


def _home(session: Session, slug: str) -> JurisdictionKey:
    home = next((one for one in jurisdictions(session) if one.slug == slug), None)
    if home is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=slug)
    return home


def _period(registry: Registry, home: JurisdictionKey, label: str | None) -> Period:
    own = [one for one in registry.periods() if one.jurisdiction_id == home.id]
    now = registry.now()
    fitting = [one for one in own if (one.label == label if label else one.holds(now))]
    if not fitting:
        raise NotFoundError(kind=msg("generation"), name=label or home.slug)
    return fitting[0]


def _counted(session: Session, home: JurisdictionKey, period: Period, url: str | None) -> _Counted:
    chosen = settings()
    place = (str(session.get_bind().engine.url), home.id)
    state = (ground_version(session), chosen.walk_m_per_min, thresholds())
    key = (*place, period.id, state)
    with _shelf:
        found = _kept.get(key)
        if found is None:
            found = _count(home, period, url)
            for known in [one for one in _kept if one[:3] == key[:3]]:
                del _kept[known]
            _kept[key] = found
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
    return found


def _count(home: JurisdictionKey, period: Period, url: str | None) -> _Counted:
    with opened_session(url, SERVICE) as opened:
        scored = score_generation(opened, period.label)
        uses = {one.code: one for one in building_uses(opened, home.id)}
        city = overview(opened, home.slug)
    plan, ground = scored.plan, scored.ground
    communities = {one.code: Name(one.name, one.name_en) for one in ground.communities}
    areas = np.array([one.area for one in ground.communities], dtype=object)
    return _Counted(
        scored=scored,
        values=grid_values(plan, ground, scored.card, settings().walk_m_per_min),
        grids=_grids(plan, communities),
        shapes=_degrees(plan.outlines, ground.srid),
        community_shapes=_degrees(areas, ground.srid),
        unanswered=tuple(_unanswered(plan, ground, uses, communities)),
        stations=_stations(ground),
        bounds=city.main_bounds if city else (0.0, 0.0, 0.0, 0.0),
    )


def _grids(plan: ScoredPlan, communities: dict[str, Name]) -> tuple[CoveredGrid, ...]:
    return tuple(
        CoveredGrid(
            key,
            one.code,
            Name(one.name, one.name_en),
            one.kind,
            one.community,
            communities.get(one.community, Name(one.community)),
        )
        for key, one in zip(plan.keys, plan.grids, strict=True)
    )


def _degrees(shapes: Shapes, srid: int) -> Shapes:
    return np.asarray(transform_geometry(shapes, srid, WGS84_SRID), dtype=object)


def _stations(ground: Ground) -> tuple[tuple[float, float, Name], ...]:
    one = ground.stations
    return tuple(
        (lon, lat, Name(name, name_en))
        for (lon, lat), name, name_en in zip(
            one.sites.tolist(), one.names, one.names_en, strict=True
        )
    )


def _unanswered(
    plan: ScoredPlan, ground: Ground, uses: dict[str, BuildingUse], communities: dict[str, Name]
) -> Iterator[tuple[str, UnansweredBuilding]]:
    """Yield buildings with units that nobody answers for, each with the code of its community."""
    own = ground.buildings
    for row in np.flatnonzero((own.units > 0) & ~own.answered).tolist():
        use = uses.get(own.codes[row])
        community = use.community if use else ""
        lon, lat = own.sites[row].tolist()
        yield (
            community,
            UnansweredBuilding(
                code=own.codes[row],
                name=use.name if use else "",
                address=own.addresses[row],
                community=communities.get(community, Name(community)),
                grid=int(plan.figures.grid_of_building[row]),
                lon=lon,
                lat=lat,
                units=int(own.units[row]),
                units_answered=int(own.units_answered[row]),
            ),
        )


def _told(  # noqa: PLR0913 - what is told, of what, and to whom
    session: Session,
    registry: Registry,
    home: JurisdictionKey,
    counted: _Counted,
    period: Period,
    *,
    staff: bool,
) -> CoverageFigures:
    """Return what may be told of a generation."""
    origin = read_origin(session, home.slug)
    if origin is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=home.slug)
    paired = paired_units(session, home.id)
    communities = counted.scored.ground.communities
    told = CoverageFigures(
        origin=origin,
        generation=GenerationShown(period.label, period.starts, period.ends),
        at=registry.now(),
        measures=tuple(MEASURES),
        grids=counted.grids,
        shapes=counted.shapes,
        figures=counted.values,
        withheld=np.zeros(len(counted.grids), dtype=bool),
        communities=tuple(
            PairedCommunity(one.code, Name(one.name, one.name_en), paired.get(one.code, ()))
            for one in communities
        ),
        community_shapes=counted.community_shapes,
        unanswered=(),
        stations=counted.stations,
        thresholds=counted.scored.thresholds,
        m_per_min=settings().walk_m_per_min,
        least=0,
        bounds=counted.bounds,
    )
    return _for_staff(session, home, counted, told) if staff else _for_all(told)


def _for_staff(
    session: Session, home: JurisdictionKey, counted: _Counted, told: CoverageFigures
) -> CoverageFigures:
    reach = communities_in_reach(session, home.id)
    return replace(
        told,
        unanswered=tuple(one for code, one in counted.unanswered if code in reach),
        every_building=reach >= {one.code for one in told.communities},
    )


def _for_all(told: CoverageFigures) -> CoverageFigures:
    least = settings().public_min
    values = told.figures
    withheld = withheld_rows(values.values["households"], values.people, least)
    return replace(
        told,
        measures=PUBLIC,
        figures=hidden(values, withheld, PUBLIC),
        withheld=withheld,
        least=least,
    )


@lru_cache(maxsize=KEPT_PAIRS)
def _changed(before: _Counted, after: _Counted) -> tuple[ChangedArea, ...]:
    """Return the ground that another grid has than before, by pair of grids."""
    srid = after.scored.ground.srid
    plans = before.scored.plan, after.scored.plan
    moved = compare(
        (plans[0], before.scored.card), (plans[1], after.scored.card), after.scored.ground
    ).households
    households = {(one.before, one.after): one.households for one in moved.passages}
    keys = [(*plan.keys, None) for plan in plans]
    pairs = list(_overlaps(plans[0].outlines, plans[1].outlines, keys))
    shapes = _degrees(np.array([shape for _, _, shape in pairs], dtype=object), srid)
    return tuple(
        ChangedArea(
            was,
            now,
            shape,
            float(shapely.area(metric)),
            households.get((keys[0][was], keys[1][now]), 0),
        )
        for (was, now, metric), shape in zip(pairs, shapes, strict=True)
    )


def _overlaps(
    before: Shapes, after: Shapes, keys: list[tuple[str | None, ...]]
) -> Iterator[tuple[int, int, Any]]:
    """Yield rows of grids and the ground that the second has of the first; -1 for no grid."""
    now, was = shapely.STRtree(before).query(after, predicate="intersects")
    for later, earlier in sorted(zip(now.tolist(), was.tolist(), strict=True)):
        if keys[0][earlier] != keys[1][later]:
            yield from _ground(shapely.intersection(after[later], before[earlier]), earlier, later)
    held = shapely.union_all(before), shapely.union_all(after)
    for later, shape in enumerate(after):
        yield from _ground(shapely.difference(shape, held[0]), -1, later)
    for earlier, shape in enumerate(before):
        yield from _ground(shapely.difference(shape, held[1]), earlier, -1)


def _ground(shape: Any, was: int, now: int) -> Iterator[tuple[int, int, Any]]:
    """Yield a shape's parts that are wide enough to be ground, as one."""
    parts = [
        one
        for one in shapely.get_parts(shape, return_index=False).tolist()
        if one.geom_type == "Polygon"
        and one.area >= LEAST_AREA_M2
        and 2 * one.area >= LEAST_WIDTH_M * one.length
    ]
    if parts:
        yield was, now, shapely.MultiPolygon(parts)


__all__ = ["coverage", "coverage_compared", "sees_all_measures", "warm_coverage"]
