"""The scorecard (评分表) of a plan: four principles, the measures under each, and where to look.

The principles are those that grids are drawn by: clear boundaries (边界清晰), full coverage
(全域覆盖), moderate size (规模适度), and everything that a grid needs (要素齐全). A measure has a
value for the plan and, where that makes sense, for every grid; what misses its threshold is named
with its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely

from geo.core.crs import WGS84_SRID, transform_geometry
from geo.core.scorecard_clear import clear_measures
from geo.core.scorecard_complete import complete_measures
from geo.core.scorecard_coverage import coverage_measures
from geo.core.scorecard_size import size_measures
from geo.core.scorecard_terms import RULES, Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from geo.core.ground import Ground
    from geo.core.scorecard_plan import ScoredPlan
    from geo.core.scorecard_terms import Found, Principle, Rule
    from geo.messages import Message

Verdict = Literal["met", "missed", "unknown"]


class Place(NamedTuple):
    """Something that is wrong, where it is.

    Parameters
    ----------
    kind
        The key of the measure.
    text
        What is wrong there.
    grids
        Keys of the grids concerned.
    lon, lat
        A point to go to, degrees.
    shape
        In WGS 84 degrees.
    amount
        How much: metres, square metres, households, as the measure counts.
    """

    kind: str
    text: Message
    grids: tuple[str, ...]
    lon: float
    lat: float
    shape: Any
    amount: float


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """One measure of a plan.

    Parameters
    ----------
    rule
        What is measured, and what it is held to.
    value
        Of the plan; ``None`` where there is nothing to measure, infinite where no way leads.
    verdict
        Whether the plan's value keeps the threshold.
    by_grid
        Value by key of the grid; ``None`` where there is nothing to measure.
    missed_by
        Keys of the grids whose value misses the threshold, in order of code.
    places
        Where to look, the worst first.
    """

    rule: Rule
    value: float | None
    verdict: Verdict
    by_grid: Mapping[str, float | None]
    missed_by: tuple[str, ...]
    places: tuple[Place, ...]


class ScoredGrid(NamedTuple):
    """A grid of a scorecard and what it comes to; its area without what dedicated grids have."""

    key: str
    code: str
    name: str
    name_en: str
    kind: str
    community: str
    households: int
    people: int
    buildings: int
    issues: int
    area_m2: float


@dataclass(frozen=True, slots=True, eq=False)
class Scorecard:
    """All measures of one plan, in the order in which they are told.

    Parameters
    ----------
    grids
        In order of code.
    measures
        By principle.
    """

    grids: tuple[ScoredGrid, ...]
    measures: tuple[Measure, ...]

    def __getitem__(self, key: str) -> Measure:
        """Return a measure by its key."""
        return next(one for one in self.measures if one.rule.key == key)

    def of(self, principle: Principle) -> tuple[Measure, ...]:
        """Return the measures of a principle."""
        return tuple(one for one in self.measures if one.rule.principle == principle)


def scorecard(plan: ScoredPlan, ground: Ground, thresholds: Thresholds) -> Scorecard:
    """Measure a plan.

    Parameters
    ----------
    plan
        Of :mod:`geo.core.scorecard_plan`.
    ground
        Of its jurisdiction.
    thresholds
        What it is held to.
    """
    found: dict[str, Found] = {}
    for part in (
        clear_measures(plan, ground, thresholds),
        coverage_measures(plan, ground),
        size_measures(plan, ground, thresholds),
        complete_measures(plan, ground, thresholds),
    ):
        found.update(part)
    measures = [_measure(rule, found[rule.key], plan, thresholds) for rule in RULES]
    return Scorecard(_grids(plan), tuple(_placed(measures, found, ground.srid)))


def _measure(rule: Rule, found: Found, plan: ScoredPlan, thresholds: Thresholds) -> Measure:
    by_grid = {key: _known(value) for key, value in zip(plan.keys, found.by_grid, strict=True)}
    missed = tuple(
        key
        for key, value in by_grid.items()
        if value is not None and not rule.keeps_in_grid(value, thresholds)
    )
    value = _known(found.value)
    verdict: Verdict = "unknown"
    if value is not None:
        verdict = "met" if rule.keeps(value, thresholds) else "missed"
    return Measure(rule, value, verdict, by_grid, missed, ())


def _placed(measures: list[Measure], found: dict[str, Found], srid: int) -> Iterator[Measure]:
    """Yield the measures with their places, in degrees; all are converted at once."""
    spots = [(one, spot) for one in measures for spot in found[one.rule.key].spots]
    shapes = np.array([spot.shape for _, spot in spots], dtype=object)
    points = shapely.point_on_surface(shapes)
    shapes, points = (transform_geometry(each, srid, WGS84_SRID) for each in (shapes, points))
    placed: dict[str, list[Place]] = {one.rule.key: [] for one in measures}
    for (measure, spot), shape, point in zip(spots, shapes, points, strict=True):
        key = measure.rule.key
        placed[key].append(Place(key, spot.text, spot.grids, point.x, point.y, shape, spot.amount))
    for one in measures:
        worst = sorted(placed[one.rule.key], key=lambda place: -place.amount)
        yield Measure(one.rule, one.value, one.verdict, one.by_grid, one.missed_by, tuple(worst))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _grids(plan: ScoredPlan) -> tuple[ScoredGrid, ...]:
    totals = plan.figures.totals
    areas = shapely.area(plan.outlines)
    return tuple(
        ScoredGrid(
            key,
            grid.code,
            grid.name,
            grid.name_en,
            grid.kind,
            grid.community,
            int(totals.households[row]),
            int(totals.people[row]),
            int(totals.buildings[row]),
            int(totals.issues[row]),
            float(areas[row]),
        )
        for row, (key, grid) in enumerate(zip(plan.keys, plan.grids, strict=True))
    )


__all__ = ["Measure", "Place", "Scorecard", "ScoredGrid", "Thresholds", "Verdict", "scorecard"]
