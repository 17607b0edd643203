"""The monthly report (月报): coverage and the loop's figures, by street and community.

Two months are told side by side, each as it stood at its own end. Nobody's words, names or homes
are in it. Cases of private duties count in sums of places, where they can't be told apart; by duty
they stand in one line together, and in none where they are few.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geo.core.hotspot_map import Asked
from geo.core.month_figures import (
    MonthCase,
    MonthFigures,
    by_key,
    company,
    month_case,
    month_figures,
)
from geo.errors import InvalidFieldError, NotFoundError
from geo.flows.coverage_maps import coverage
from geo.flows.figures import history_of
from geo.flows.hotspots import duties_counted, hotspots
from geo.messages import Name, msg
from geo.settings import settings
from geo.store.duties import work_calendar
from geo.store.figures import read_cases_of_period
from geo.store.jurisdictions import jurisdictions
from geo.store.overview import overview
from geo.store.publishing import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    from geo.core.coverage_figures import CoverageFigures
    from geo.core.hotspot_map import HotspotMap
    from geo.core.months import Month
    from geo.flows.registry import Registry
    from geo.store.jurisdictions import JurisdictionKey
    from geo.store.overview import Overview

WALK_MINUTES = 15
SURE = 2
"""Hot at a false discovery rate of 5 %."""


class Covered(NamedTuple):
    """How well some grids are filled, with the people and stations there are today.

    Parameters
    ----------
    grids, households
        How many.
    measured, fitting
        Of general grids, to which bounds apply: how many, and how many keep them.
    answered_pct
        Households for which a named person answers; ``None`` where that isn't told.
    walk_pct
        Households within 15 minutes' walk of a station.
    paired
        Work units that are paired with the communities.
    """

    grids: int
    households: int
    measured: int
    fitting: int
    answered_pct: float | None
    walk_pct: float | None
    paired: int


class PlaceRow(NamedTuple):
    """A street or community: code, name, figures of this month and the one before, coverage.

    ``street`` is the code of a community's street; ``code`` is empty for what lies in no grid.
    """

    code: str
    street: str
    name: Name
    now: MonthFigures
    before: MonthFigures
    covered: Covered | None


class HotGrid(NamedTuple):
    """Hot cells in a grid: its row in the coverage, how many cells, how many issues in them."""

    row: int
    cells: int
    issues: int


class WorkRow(NamedTuple):
    """A duty or department: code, name, figures of this month and the one before."""

    code: str
    name: Name
    now: MonthFigures
    before: MonthFigures


WorkRows = tuple[tuple[WorkRow, ...], WorkRow | None]


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Where something is missing (缺口).

    Parameters
    ----------
    small, large
        Rows of general grids with fewer or more households than the bounds, in the coverage.
    unpaired
        Communities with which no work unit is paired.
    unanswered
        How many buildings nobody answers for, by the name of their community.
    """

    small: tuple[int, ...]
    large: tuple[int, ...]
    unpaired: tuple[Name, ...]
    unanswered: tuple[tuple[Name, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class MonthlyReport:
    """A month of a jurisdiction.

    Parameters
    ----------
    month
        Which.
    until
        How things stood then: its end, or when it was counted where it isn't over.
    at
        When it was counted, in the place's time.
    coverage
        Of the generation in force at the end.
    now, before
        Figures of all issues, in this month and in the one before.
    covered
        All grids together.
    streets, communities
        By code; what lies in no grid comes last.
    duties, departments
        Those of which cases came in, most first, and a row of all other cases, if there are any:
        private ones, those without, and what is in their company.
    gaps
        What is missing.
    spots
        Where the month's issues gather; ``None`` where no duty may be told of.
    hot
        Grids with hot cells, most issues first.
    """

    month: Month
    until: datetime
    at: datetime
    coverage: CoverageFigures
    now: MonthFigures
    before: MonthFigures
    covered: Covered
    streets: tuple[PlaceRow, ...]
    communities: tuple[PlaceRow, ...]
    duties: WorkRows
    departments: WorkRows
    gaps: Gaps
    spots: HotspotMap | None
    hot: tuple[HotGrid, ...]

    @property
    def over(self) -> bool:
        """Whether the month is over."""
        return self.until <= self.at and self.until.day == 1 and self.until.hour == 0


def monthly_report(
    session: Session,
    registry: Registry,
    jurisdiction: str,
    month: Month,
    url: str | None = None,
) -> MonthlyReport:
    """Count a month.

    Parameters
    ----------
    session
        On behalf of whoever asks: only the issues there are for them count.
    registry
        The generations of this process.
    jurisdiction
        Slug.
    month
        Which.
    url
        The owner's address of the database; by default ours.

    Raises
    ------
    NotFoundError
        When there is no such jurisdiction.
    InvalidFieldError
        When the month has not begun, or no generation was in force at its end.
    NotPermittedError
        When whoever asks may not see the coverage of the generation in force then.
    """
    home = next((one for one in jurisdictions(session) if one.slug == jurisdiction), None)
    city = overview(session, jurisdiction)
    if home is None or city is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=jurisdiction)
    zone, at = ZoneInfo(home.timezone), clock(session)
    if month.starts(zone) >= at:
        raise InvalidFieldError(field="month", reason=msg("This month has not begun."))
    until = min(month.ends(zone), at).astimezone(zone)
    shown = coverage(session, registry, jurisdiction, _label(registry, home, until), url)
    counting = _Counting(session, home, month, until)
    places = _Places(city, shown)
    spots = _spots(session, registry, jurisdiction, (month.starts(zone), until))
    return MonthlyReport(
        month=month,
        until=until,
        at=at.astimezone(zone),
        coverage=shown,
        now=month_figures(case for _, case in counting.cases["now"]),
        before=month_figures(case for _, case in counting.cases["before"]),
        covered=places.covered(lambda _: True),
        streets=tuple(_place_rows(counting, places.streets, places.street_of, places)),
        communities=tuple(_place_rows(counting, places.communities, str, places)),
        duties=_work_rows(counting, "duty"),
        departments=_work_rows(counting, "department"),
        gaps=_gaps(shown),
        spots=spots,
        hot=_hot_grids(spots, shown) if spots else (),
    )


def _label(registry: Registry, home: JurisdictionKey, until: datetime) -> str:
    """Return the label of the generation in force in a month's last instant."""
    own = [one for one in registry.periods() if one.jurisdiction_id == home.id]
    last = [one for one in own if one.starts < until and (one.ends is None or one.ends >= until)]
    if not last:
        raise InvalidFieldError(field="month", reason=msg("No grids were in force at its end."))
    return last[0].label


class _Counting:
    """The issues of two months: what each adds, and its rows in tables."""

    def __init__(
        self, session: Session, home: JurisdictionKey, month: Month, until: datetime
    ) -> None:
        zone = ZoneInfo(home.timezone)
        self.calendar = work_calendar(session, home.id)
        spans = {
            "now": (month.starts(zone), until),
            "before": (month.before.starts(zone), month.starts(zone)),
        }
        rows = read_cases_of_period(session, home.id, spans["before"][0], until)
        histories = [history_of(row) for row in rows]
        self.cases: dict[str, list[tuple[RowMapping, MonthCase]]] = {
            name: [
                (row, case)
                for row, history in zip(rows, histories, strict=True)
                if (case := month_case(history, self.calendar, *span)) and case.counts
            ]
            for name, span in spans.items()
        }

    def by(
        self, key: Callable[[RowMapping], Hashable]
    ) -> tuple[dict[Hashable, MonthFigures], dict[Hashable, MonthFigures]]:
        """Return figures by key, of the month and of the one before."""
        now, before = (
            by_key([(key(row), case) for row, case in self.cases[name]])
            for name in ("now", "before")
        )
        return now, before

    def names(self, column: str) -> dict[Hashable, Name]:
        """Return the names of duties or departments by code."""
        return {
            row[column]: Name(row[f"{column}_name"] or "", row[f"{column}_name_en"] or "")
            for name in ("before", "now")
            for row, _case in self.cases[name]
        }


class _Places:
    """Streets and communities, and the grids in each."""

    def __init__(self, city: Overview, shown: CoverageFigures) -> None:
        self.shown = shown
        self.streets = {one.code: Name(one.name, one.name_en) for one in city.streets}
        self.communities = {one.code: one.name for one in shown.communities}
        self.street = {
            community.code: street.code
            for street in city.streets
            for community in street.communities
        }

    def street_of(self, community: str) -> str:
        """Return the code of a community's street."""
        return self.street.get(community, "")

    def covered(self, wanted: Callable[[str], bool]) -> Covered:
        """Return how well the grids of some communities are filled."""
        shown = self.shown
        rows = np.array([wanted(one.community_code) for one in shown.grids], dtype=bool)
        values = shown.figures.values
        households = values["households"]
        fit, measured = _fitting(shown)
        weights = np.where(rows, np.nan_to_num(households), 0.0)
        return Covered(
            grids=int(rows.sum()),
            households=int(weights.sum()),
            measured=int((measured & rows).sum()),
            fitting=int((fit & rows).sum()),
            answered_pct=_mean(values.get("households_answered"), weights),
            walk_pct=_mean(values.get(f"walk_{WALK_MINUTES}"), weights),
            paired=sum(len(one.units) for one in shown.communities if wanted(one.code)),
        )


def _fitting(shown: CoverageFigures) -> tuple[np.ndarray, np.ndarray]:
    """Return which grids keep the bounds, and to which they apply."""
    households, bounds = shown.figures.values["households"], shown.thresholds
    measured = np.asarray(shown.figures.general) & ~np.isnan(households)
    fit = (households >= bounds.households_min) & (households <= bounds.households_max)
    return fit & measured, measured


def _mean(values: np.ndarray | None, weights: np.ndarray) -> float | None:
    """Return the mean of what is known, by households."""
    if values is None:
        return None
    known = np.where(np.isnan(values), 0.0, weights)
    return float(np.nansum(values * known) / known.sum()) if known.sum() > 0 else None


def _place_rows(
    counting: _Counting,
    names: Mapping[str, Name],
    of_community: Callable[[str], str],
    places: _Places,
) -> Iterator[PlaceRow]:
    def key(row: RowMapping) -> str:
        community = row["then_community"]
        found = of_community(community) if community else ""
        return found if found in names else ""

    now, before = counting.by(key)
    nothing = MonthFigures()
    for code in sorted(names):
        covered = places.covered(lambda community, own=code: of_community(community) == own)  # type: ignore[misc]
        yield PlaceRow(
            code,
            places.street_of(code),
            names[code],
            now.get(code, nothing),
            before.get(code, nothing),
            covered,
        )
    if "" in now or "" in before:
        yield PlaceRow("", "", Name(""), now.get("", nothing), before.get("", nothing), None)


def _work_rows(counting: _Counting, column: str) -> tuple[tuple[WorkRow, ...], WorkRow | None]:
    """Return duties or departments, most received first, and what isn't told by itself."""
    names = counting.names(column)
    shown: dict[str, list[int]] = {}
    hidden = [0, 0]
    for month, rows in enumerate(counting.cases.values()):
        for row, case in rows:
            received = case.counts.get("received", 0)
            if row["private"]:
                hidden[month] += received
            else:
                shown.setdefault(row[column] or "", [0, 0])[month] += received
    joined = company(hidden, shown, settings().public_min)

    def key(row: RowMapping) -> str:
        code = row[column] or ""
        return "" if row["private"] or code in joined else code

    now, before = counting.by(key)
    nothing = MonthFigures()
    found = [
        WorkRow(code, names.get(code, Name("")), now.get(code, nothing), before.get(code, nothing))
        for code in sorted({str(one) for one in (*now, *before)})
    ]
    found.sort(key=lambda one: (-one.now.counts["received"], -one.before.counts["received"]))
    told = tuple(one for one in found if one.code and _received(one))
    return told, next((one for one in found if not one.code), None)


def _received(row: WorkRow) -> int:
    return row.now.counts["received"] + row.before.counts["received"]


def _gaps(shown: CoverageFigures) -> Gaps:
    households, bounds = shown.figures.values["households"], shown.thresholds
    _fit, measured = _fitting(shown)
    counts: dict[Name, int] = {}
    for one in shown.unanswered:
        counts[one.community] = counts.get(one.community, 0) + 1
    return Gaps(
        small=_rows(measured & (households < bounds.households_min)),
        large=_rows(measured & (households > bounds.households_max)),
        unpaired=tuple(one.name for one in shown.communities if not one.units),
        unanswered=tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0].name))),
    )


def _spots(
    session: Session, registry: Registry, slug: str, span: tuple[datetime, datetime]
) -> HotspotMap | None:
    """Return where issues gather, by cells that no redraw moves; private duties never count."""
    known = duties_counted(session, slug)
    told = tuple(one.code for one in known if not one.private)
    if not told:
        return None
    every = len(told) == len(known)
    asked = Asked(slug, duties=() if every else told, since=span[0], until=span[1])
    found = hotspots(session, registry, asked)
    left_out = found.left_out._replace(private=found.left_out.private or not every)
    return replace(found, asked=replace(asked, duties=()), duties=(), left_out=left_out)


def _hot_grids(spots: HotspotMap, shown: CoverageFigures) -> tuple[HotGrid, ...]:
    """Return the grids in which hot cells lie, by a point in each cell."""
    if spots.local is None:
        return ()
    hot = np.flatnonzero(spots.local.classes >= SURE)
    points = shapely.point_on_surface(spots.areas.shapes[hot])
    cells, grids = shapely.STRtree(shown.shapes).query(points, predicate="intersects")
    _, first = np.unique(cells, return_index=True)
    issues = spots.counts[hot[cells[first]]]
    found = [
        HotGrid(int(row), int((grids[first] == row).sum()), int(issues[grids[first] == row].sum()))
        for row in np.unique(grids[first])
    ]
    return tuple(sorted(found, key=lambda one: (-one.issues, -one.cells, one.row)))


def _rows(which: np.ndarray) -> tuple[int, ...]:
    return tuple(np.flatnonzero(which).tolist())


__all__ = [
    "Covered",
    "Gaps",
    "HotGrid",
    "MonthlyReport",
    "PlaceRow",
    "WorkRow",
    "monthly_report",
]
