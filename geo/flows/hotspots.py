"""Hot spot maps (热点图): where issues gather, by grids or by cells, and how sure that is.

Who asks is told numbers by area alone. They are counted once for each state of the data and kept in
memory; whether somebody may count here, and whether private duties count for them, is asked of the
database every time.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geo.core.crs import WGS84_SRID, transform, transform_geometry
from geo.core.density import Bands, bands, bandwidth_of, kernel_density
from geo.core.emerging import emerging
from geo.core.hotspot_map import (
    ORDER_MAX,
    Counting,
    HotspotMap,
    LeftOut,
    order_of,
    rates,
    side_of,
)
from geo.core.hotspots import local_g, taking_part
from geo.core.lattice import Lattice
from geo.core.map_origin import GenerationShown
from geo.errors import InvalidFieldError, NotFoundError, NotPermittedError
from geo.messages import Name, msg
from geo.store.hotspots import (
    area_and_zone,
    duties_named,
    leave_to_count,
    places_version,
    read_homes,
    read_issues,
)
from geo.store.jurisdictions import jurisdictions
from geo.store.map_origin import read_origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy.orm import Session

    from geo.core.emerging import Emerging
    from geo.core.hotspot_map import Asked, Homes, Issues
    from geo.core.hotspots import LocalG
    from geo.core.map_origin import Origin
    from geo.flows.registry import Index, Registry
    from geo.store.generations import Period
    from geo.store.hotspots import CountingLeave, DutyNamed
    from geo.store.jurisdictions import JurisdictionKey

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Shapes = NDArray[np.object_]
    Texts = NDArray[np.object_]
    Summing = Callable[[Flags], Callable[[Floats], Floats]]

KEPT = 4
KEPT_ANSWERS = 24
SIDE_M = (50.0, 5000.0)
BANDWIDTH_M = (25.0, 5000.0)
RATE_SIDE_LEAST_M = 100.0
"""By default cells for rates are at least so large: smaller ones have few households."""

CELLS_MAX = 30_000
MONTHS_MAX = 120
TOUCHING_M = 1.0
"""Grids that are no farther apart are neighbours."""


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """A jurisdiction with its issues and homes, in degrees and in metres.

    ``outline`` is its area in degrees, ``area`` the same in metres.
    """

    origin: Origin
    outline: BaseGeometry
    area: BaseGeometry
    srid: int
    issues: Issues
    xy: Floats
    homes: Homes
    home_xy: Floats
    duties: tuple[DutyNamed, ...]
    answers: OrderedDict[Any, HotspotMap] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True, slots=True, eq=False)
class _Areas:
    """What is counted by: the row of a place, and sums over neighbourhoods."""

    counting: Counting
    rows_at: Callable[[Floats, Floats, Texts], Ints]
    summing: Summing


_kept: OrderedDict[Any, _Place] = OrderedDict()
_shelf = Lock()


def hotspots(session: Session, registry: Registry, asked: Asked) -> HotspotMap:
    """Return a hot spot map.

    Parameters
    ----------
    session
        On behalf of whoever asks.
    registry
        The generations of this process.
    asked
        What is to be shown.

    Raises
    ------
    NotFoundError
        When there is no such jurisdiction, or it is to be counted by grids and has none in force.
    NotPermittedError
        When whoever asks may not count its issues by place.
    InvalidFieldError
        When there is no such duty, the period ends before it begins, or sizes are out of bounds.
    """
    home = next((one for one in jurisdictions(session) if one.slug == asked.jurisdiction), None)
    if home is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=asked.jurisdiction)
    leave = leave_to_count(session, home.id)
    if not leave.counts:
        raise NotPermittedError
    _refuse_bad(asked)
    index = next((one for one in registry.current() if one.period.jurisdiction_id == home.id), None)
    if index is None and asked.by == "grid":
        raise NotFoundError(kind=msg("generation"), name=asked.jurisdiction)
    now = registry.now().astimezone(ZoneInfo(home.timezone))
    place = _place(session, home, leave)
    key = (asked, index.period.id if index else None, now.date())
    with place.lock:
        found = place.answers.get(key)
        if found is None:
            found = place.answers[key] = _made(place, index, asked, now)
            while len(place.answers) > KEPT_ANSWERS:
                place.answers.popitem(last=False)
        place.answers.move_to_end(key)
    return replace(found, at=now)


def duties_counted(session: Session, jurisdiction: str) -> tuple[DutyNamed, ...]:
    """Return the duties that whoever asks may choose from; private ones where they may be counted.

    Raises
    ------
    NotFoundError, NotPermittedError
        As of :func:`hotspots`.
    """
    home = next((one for one in jurisdictions(session) if one.slug == jurisdiction), None)
    if home is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=jurisdiction)
    leave = leave_to_count(session, home.id)
    if not leave.counts:
        raise NotPermittedError
    return _to_choose(session, home, leave)


def _to_choose(
    session: Session, home: JurisdictionKey, leave: CountingLeave
) -> tuple[DutyNamed, ...]:
    return tuple(one for one in duties_named(session, home.id) if leave.private or not one.private)


def _refuse_bad(asked: Asked) -> None:
    """Refuse sizes that are out of bounds, and a period that ends before it begins."""
    for name, value, (least, most) in (
        ("side_m", asked.side_m, SIDE_M),
        ("bandwidth_m", asked.bandwidth_m, BANDWIDTH_M),
        ("order", asked.order, (1, ORDER_MAX)),
    ):
        if value is not None and not least <= value <= most:
            reason = msg(
                "This is not between %(least)s and %(most)s.", least=f"{least:g}", most=f"{most:g}"
            )
            raise InvalidFieldError(field=name, reason=reason)
    if asked.since and asked.until and asked.until <= asked.since:
        raise InvalidFieldError(field="until", reason=msg("It is not after the beginning."))


def _place(session: Session, home: JurisdictionKey, leave: CountingLeave) -> _Place:
    """Return a jurisdiction's issues as they are now, from memory where nothing has changed."""
    where = (str(session.get_bind().engine.url), home.id)
    key = (*where, leave, places_version(session, home.id))
    with _shelf:
        found = _kept.get(key)
        if found is None:
            found = _read(session, home, leave)
            for known in [one for one in _kept if one[:3] == key[:3]]:
                del _kept[known]
            _kept[key] = found
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
    return found


def _read(session: Session, home: JurisdictionKey, leave: CountingLeave) -> _Place:
    area, srid = area_and_zone(session, home.id)
    issues, homes = read_issues(session, home.id), read_homes(session, home.id)
    origin = read_origin(session, home.slug)
    if origin is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=home.slug)
    shapely.prepare(area)
    return _Place(
        origin=origin,
        outline=area,
        area=transform_geometry(area, WGS84_SRID, srid),
        srid=srid,
        issues=issues,
        xy=np.column_stack(transform(issues.lon, issues.lat, WGS84_SRID, srid)),
        homes=homes,
        home_xy=np.column_stack(transform(homes.lon, homes.lat, WGS84_SRID, srid)),
        duties=_to_choose(session, home, leave),
    )


def _made(place: _Place, index: Index | None, asked: Asked, now: datetime) -> HotspotMap:
    """Count, and find what was asked for."""
    chosen = _chosen(place, asked)
    areas = _by_grids(place, index) if asked.by == "grid" and index else _by_cells(place, asked)
    rows, homes = (
        areas.rows_at(*columns)
        for columns in (
            (place.issues.lon[chosen], place.issues.lat[chosen], place.issues.by_hand[chosen]),
            (place.homes.lon, place.homes.lat, place.homes.by_hand),
        )
    )
    size, there = len(areas.counting.keys), rows >= 0
    counts = np.bincount(rows[there], minlength=size)
    living = homes >= 0
    households = np.bincount(homes[living], place.homes.households[living], size).astype(np.int64)
    rate = asked.value == "per_100_households"
    values = rates(counts, households) if rate else counts.astype(np.float64)
    months, whole = _months(place, asked, chosen[there], now)
    at = (place.issues.month[chosen[there]] - (months[0] if months else 0)) * size + rows[there]
    at = at[at >= 0]
    by_month = np.bincount(at, minlength=len(months) * size).reshape(len(months), size)
    total = int(counts.sum())
    unplaced = int(np.isnan(place.issues.lon[chosen]).sum())
    drawn = _density(place, asked, chosen[there]) if asked.statistic == "density" else None
    return HotspotMap(
        asked=asked,
        origin=place.origin,
        generation=_shown(index.period) if index else None,
        at=now,
        duties=tuple(one.name for one in place.duties if one.code in asked.duties),
        areas=areas.counting,
        counts=counts,
        households=households,
        values=values,
        local=_local(areas, values, total) if asked.statistic == "gi" else None,
        months=months,
        by_month=by_month,
        whole=whole,
        emerging=(
            _emerging(areas, by_month[whole], values, households, rate=rate)
            if asked.statistic == "emerging"
            else None
        ),
        bands=drawn[0] if drawn else None,
        bandwidth_m=drawn[1] if drawn else None,
        total=total,
        left_out=LeftOut(unplaced, len(rows) - total - unplaced, place.issues.withheld > 0),
        bounds=_bounds(areas.counting.shapes, place),
    )


def _shown(period: Period) -> GenerationShown:
    return GenerationShown(period.label, period.starts, period.ends)


def _bounds(shapes: Shapes, place: _Place) -> tuple[float, float, float, float]:
    drawn = shapes if len(shapes) else transform_geometry(place.area, place.srid, WGS84_SRID)
    west, south, east, north = (float(one) for one in shapely.total_bounds(drawn))
    return west, south, east, north


def _chosen(place: _Place, asked: Asked) -> Ints:
    """Return the rows of the issues that were asked for."""
    issues = place.issues
    held = np.ones(len(issues.lon), dtype=bool)
    if asked.duties:
        known = {one.code: one.id for one in place.duties}
        unknown = [code for code in asked.duties if code not in known]
        if unknown:
            reason = msg("There is no duty %(code)s.", code=unknown[0])
            raise InvalidFieldError(field="duty", reason=reason)
        held &= np.isin(issues.duty, [known[code] for code in asked.duties])
    if asked.state != "all":
        held &= issues.closed == (asked.state == "closed")
    if asked.since:
        held &= issues.received_s >= asked.since.timestamp()
    if asked.until:
        held &= issues.received_s < asked.until.timestamp()
    return np.flatnonzero(held)


def _by_cells(place: _Place, asked: Asked) -> _Areas:
    side_m = asked.side_m or side_of(place.area.area)
    if asked.side_m is None and asked.value == "per_100_households":
        side_m = max(side_m, RATE_SIDE_LEAST_M)
    order = asked.order or order_of(side_m)
    lattice = Lattice("square" if asked.by == "square" else "hexagon", side_m, place.srid)
    if lattice.count_over(place.area) > CELLS_MAX:
        reason = msg("There would be more than %(most)s cells: choose larger ones.", most=CELLS_MAX)
        raise InvalidFieldError(field="side_m", reason=reason)
    cells = lattice.cells_over(place.area)
    shapes = transform_geometry(cells.clipped, place.srid, WGS84_SRID)

    def rows_at(lon: Floats, lat: Floats, _: Texts) -> Ints:
        found = np.full(len(lon), -1, dtype=np.int64)
        known = shapely.intersects_xy(place.outline, lon, lat)
        found[known] = cells.rows_at(*transform(lon[known], lat[known], WGS84_SRID, place.srid))
        return found

    counting = Counting(cells.keys, (), shapes, cells.share, side_m, order)
    return _Areas(counting, rows_at, lambda taking: cells.summing(order, taking))


def _by_grids(place: _Place, index: Index) -> _Areas:
    order = sorted(range(len(index.grids)), key=lambda row: index.grids[row].code)
    grids = [index.grids[row] for row in order]
    shapes = index.locator.polygons[order]
    row_of = np.append(np.argsort(order), -1).astype(np.int64)

    row_by_key = {str(one.id): row for row, one in enumerate(grids)}

    def rows_at(lon: Floats, lat: Floats, by_hand: Texts) -> Ints:
        found = np.full(len(lon), -1, dtype=np.int64)
        known = np.isfinite(lon)
        found[known] = row_of[index.locator.assign(lon[known], lat[known], nearest=False).owner]
        for row in np.flatnonzero(by_hand != "").tolist():
            found[row] = row_by_key.get(by_hand[row], int(found[row]))
        return found

    counting = Counting(
        keys=tuple(one.code for one in grids),
        names=tuple(Name(one.name, one.name_en) for one in grids),
        shapes=shapes,
        share=np.ones(len(grids)),
        side_m=0.0,
        order=1,
    )
    near = _touching(transform_geometry(shapes, WGS84_SRID, place.srid))
    return _Areas(counting, rows_at, lambda taking: _summing_touching(near, taking))


def _touching(shapes: Shapes) -> tuple[Ints, Ints]:
    """Return pairs of polygons that touch, each with itself too."""
    first, second = shapely.STRtree(shapes).query(shapes, "dwithin", distance=TOUCHING_M)
    return first, second


def _summing_touching(near: tuple[Ints, Ints], taking: Flags) -> Callable[[Floats], Floats]:
    """Return a function that sums values (…, n) over each polygon and those it touches."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - few need it

    first, second = near
    held = taking[first] & taking[second]
    ones = np.ones(int(held.sum()))
    size = len(taking)
    weights = csr_array((ones, (first[held], second[held])), shape=(size, size))
    return lambda values: np.asarray((weights @ np.atleast_2d(values).T).T).reshape(values.shape)


def _local(areas: _Areas, values: Floats, total: int) -> LocalG:
    share = areas.counting.share
    return local_g(values, areas.summing(taking_part(values, share)), share, total=total)


def _emerging(
    areas: _Areas, by_month: Ints, values: Floats, households: Ints, *, rate: bool
) -> Emerging:
    """Find how hot spots emerge in the whole months; where there is no rate nothing is told."""
    share = areas.counting.share
    summed = areas.summing(taking_part(values, share))
    counts = by_month.astype(np.float64)
    if rate:
        counts = np.stack([rates(one, households) for one in by_month]) if len(by_month) else counts
    return emerging(counts, summed, share, total=int(by_month.sum()))


def _density(place: _Place, asked: Asked, rows: Ints) -> tuple[Bands, float]:
    x, y = place.xy[rows].T
    bandwidth_m = asked.bandwidth_m or bandwidth_of(x, y, SIDE_M[0])
    found = bands(kernel_density(x, y, place.area, bandwidth_m), place.area)
    return replace(
        found, shapes=transform_geometry(found.shapes, place.srid, WGS84_SRID)
    ), bandwidth_m


def _months(
    place: _Place, asked: Asked, rows: Ints, now: datetime
) -> tuple[tuple[int, ...], slice]:
    """Return the months of the period, and which of them are whole."""
    zone = now.tzinfo
    known = place.issues.month[rows]
    if not asked.since and not len(known):
        return (), slice(0, 0)
    since = _month(asked.since.astimezone(zone)) if asked.since else int(known.min())
    end = min(asked.until or now, now).astimezone(zone)
    until = max(_month(end), int(known.max(initial=since)))
    months = tuple(range(max(since, until - MONTHS_MAX + 1), until + 1))
    if not months:
        return (), slice(0, 0)
    starts = [datetime(one // 12, one % 12 + 1, 1, tzinfo=zone) for one in (*months, until + 1)]
    if starts[-2] == end:
        months, starts = months[:-1], starts[:-1]
    first = int(bool(asked.since and starts[0] < asked.since))
    last = len(months) if starts[-1] <= end else len(months) - 1
    return months, slice(first, max(first, last))


def _month(instant: datetime) -> int:
    return instant.year * 12 + instant.month - 1


__all__ = ["duties_counted", "hotspots"]
