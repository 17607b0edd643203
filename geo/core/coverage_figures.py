"""Figures of coverage maps (覆盖图): what is measured by grid, and who may see it.

Everything is measured with the people, homes and stations there are today, whatever generation's
boundaries they are counted by: so two generations differ by their boundaries alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from geo.core.catchment import homes_within
from geo.core.scorecard_terms import PRINCIPLES
from geo.messages import Message, Name, msg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from geo.core.ground import Ground
    from geo.core.map_origin import GenerationShown, Origin
    from geo.core.scorecard import Scorecard
    from geo.core.scorecard_plan import ScoredPlan
    from geo.core.scorecard_terms import Principle, Thresholds

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Shapes = NDArray[np.object_]

MINUTES = (5, 10, 15)
HUNDRED = 100.0

Unit = Literal["households", "per_worker", "pct", "paired", "buildings"]


@dataclass(frozen=True, slots=True)
class CoverageMeasure:
    """One measure that maps can show.

    Parameters
    ----------
    key
        Stable: addresses and exports name it.
    name
        As the layer switch and the legend call it, with its unit.
    heading
        Of its column, short.
    definition
        What exactly is counted.
    unit
        Of its figures.
    of
        What has a figure: grids, communities or single buildings.
    public
        Whether anybody may see it. Others are for those who plan or staff the jurisdiction: they
        tell how colleagues and neighbours do their duty, and where nobody looks.
    """

    key: str
    name: Message
    heading: Message
    definition: Message
    unit: Unit
    of: Literal["grid", "community", "building"] = "grid"
    public: bool = False


def _walk(minutes: int) -> CoverageMeasure:
    return CoverageMeasure(
        f"walk_{minutes}",
        msg("Households within %(minutes)s minutes of a station, %%", minutes=minutes),
        msg("Within %(minutes)s min, %%", minutes=minutes),
        msg(
            "Share of a grid's households whose walk along roads to the nearest station takes no"
            " longer; households from which no way leads count as farther.",
        ),
        "pct",
        public=True,
    )


MEASURES: dict[str, CoverageMeasure] = {
    one.key: one
    for one in (
        CoverageMeasure(
            "households",
            msg("Households of a grid"),
            msg("Number of households"),
            msg("Households that live in a grid's buildings."),
            "households",
            public=True,
        ),
        CoverageMeasure(
            "per_worker",
            msg("Households for each grid worker"),
            msg("For each worker"),
            msg(
                "Households of a general grid by its full-time grid workers. A worker counts where"
                " the buildings are that they answer for, in parts by households."
            ),
            "per_worker",
        ),
        CoverageMeasure(
            "units_answered",
            msg("Units with a named person, %"),
            msg("Units answered for, %"),
            msg("Share of a grid's units (stairwells) for which a named person answers."),
            "pct",
        ),
        CoverageMeasure(
            "households_answered",
            msg("Households with a named person, %"),
            msg("Households answered for, %"),
            msg("Share of a grid's households for which a named person answers."),
            "pct",
        ),
        *(_walk(minutes) for minutes in MINUTES),
        CoverageMeasure(
            "pairing",
            msg("Units paired with a community"),
            msg("Paired units"),
            msg("Work units that are paired with a community."),
            "paired",
            of="community",
            public=True,
        ),
        CoverageMeasure(
            "principles",
            msg("Measures of the four principles kept, %"),
            msg("Four principles, %"),
            msg(
                "Share of the scorecard's measures whose threshold a grid keeps, of those that it"
                " can be measured by."
            ),
            "pct",
        ),
        CoverageMeasure(
            "unanswered",
            msg("Buildings that nobody answers for"),
            msg("Buildings"),
            msg(
                "Buildings with units for which, as a whole, no named person answers; for some of"
                " their units somebody may."
            ),
            "buildings",
            of="building",
        ),
    )
}
"""All measures by key, in the order in which they are offered."""

PUBLIC = tuple(key for key, one in MEASURES.items() if one.public)
OF_GRIDS = tuple(key for key, one in MEASURES.items() if one.of == "grid")


class CoveredGrid(NamedTuple):
    """A grid on a coverage map: identity, code, names, kind, and where it belongs."""

    key: str
    code: str
    name: Name
    kind: str
    community_code: str
    community: Name


class PairedCommunity(NamedTuple):
    """A community, and the names of the work units (共建单位) that are paired with it."""

    code: str
    name: Name
    units: tuple[Name, ...]


class UnansweredBuilding(NamedTuple):
    """A building that nobody answers for as a whole, with degrees of a point inside.

    ``grid`` is the row of its grid, -1 for none; ``units_answered`` of its ``units`` have somebody.
    """

    code: str
    name: str
    address: str
    community: Name
    grid: int
    lon: float
    lat: float
    units: int
    units_answered: int


@dataclass(frozen=True, slots=True, eq=False)
class GridValues:
    """Figures by grid, in order of code.

    Parameters
    ----------
    values
        By key of the measure; not a number where there is nothing to measure, infinite where
        households have no worker (g,).
    by_principle
        Share of measures kept under each principle, percent (g,).
    people
        Who live there (g,).
    general
        Whether bounds apply: they don't to dedicated grids (g,).
    """

    values: Mapping[str, Floats]
    by_principle: Mapping[Principle, Floats]
    people: Ints
    general: Bools


@dataclass(frozen=True, slots=True, eq=False)
class CoverageFigures:
    """What a coverage map of one generation shows, as far as whoever asked may see it.

    Parameters
    ----------
    origin, generation
        Where and by which boundaries.
    at
        When it was counted.
    measures
        Keys of the measures that there are, in order.
    grids, shapes
        In order of code; shapes in degrees, without what dedicated grids have of general ones.
    figures
        By grid.
    withheld
        Grids whose counts of people are not told (g,).
    communities, community_shapes
        In order of code; shapes in degrees (c,).
    unanswered
        Buildings nobody answers for.
    stations
        Degrees and names.
    thresholds
        What grids are held to.
    m_per_min
        How fast people walk.
    least
        The fewest residents whose number is told to the public; 0: every number is told.
    bounds
        West, south, east, north of the part of the jurisdiction that is shown at first, degrees.
    every_building
        Whether buildings of all communities are told: not to those who staff some of them.
    """

    origin: Origin
    generation: GenerationShown
    at: datetime
    measures: tuple[str, ...]
    grids: tuple[CoveredGrid, ...]
    shapes: Shapes
    figures: GridValues
    withheld: Bools
    communities: tuple[PairedCommunity, ...]
    community_shapes: Shapes
    unanswered: tuple[UnansweredBuilding, ...]
    stations: tuple[tuple[float, float, Name], ...]
    thresholds: Thresholds
    m_per_min: float
    least: int
    bounds: tuple[float, float, float, float]
    every_building: bool = True


class ChangedArea(NamedTuple):
    """Ground that one grid has before and another one after.

    Parameters
    ----------
    before, after
        Rows of the grids in the generations; -1 where no grid has it.
    shape
        In degrees.
    area_m2
        How large.
    households
        Who live there.
    """

    before: int
    after: int
    shape: object
    area_m2: float
    households: int


@dataclass(frozen=True, slots=True, eq=False)
class CoverageCompared:
    """Two generations of a jurisdiction, and the ground that changed hands between them."""

    before: CoverageFigures
    after: CoverageFigures
    changed: tuple[ChangedArea, ...]


def grid_values(plan: ScoredPlan, ground: Ground, card: Scorecard, m_per_min: float) -> GridValues:
    """Return the figures of a plan by grid.

    Parameters
    ----------
    plan, ground, card
        What was measured, on what, and its scorecard: what both tell is told alike.
    m_per_min
        How fast people walk.
    """
    households = plan.figures.totals.households.astype(float)
    return GridValues(
        values={
            "households": households,
            **{
                key: _by_row(plan, card[key].by_grid)
                for key in ("per_worker", "units_answered", "households_answered")
            },
            **_walks(plan, ground, m_per_min),
            "principles": _kept(card, plan, [one.rule.key for one in card.measures]),
        },
        by_principle={
            principle: _kept(card, plan, [one.rule.key for one in card.of(principle)])
            for principle in PRINCIPLES
        },
        people=plan.figures.totals.people,
        general=plan.general,
    )


def withheld_rows(households: Floats, people: Ints, least: int) -> Bools:
    """Return which grids' counts are not told: of few residents, and enough others beside them.

    The total of a jurisdiction is public: a single grid that is left out could be computed from
    it. So the smallest of the others join, until those left out are two and of enough residents
    together.

    Parameters
    ----------
    households, people
        By grid (g,).
    least
        The fewest residents whose number is told.

    Examples
    --------
    >>> withheld_rows(np.array([1.0, 300.0, 90.0]), np.array([3, 700, 200]), 8).tolist()
    [True, False, True]
    >>> withheld_rows(np.array([300.0]), np.array([700]), 8).tolist()
    [False]
    >>> withheld_rows(np.empty(0), np.empty(0, dtype=int), 8).tolist()
    []
    """
    withheld = np.asarray(people < least)
    if not withheld.any():
        return withheld
    for row in np.lexsort((households, people)):
        if withheld.sum() > 1 and people[withheld].sum() >= least:
            break
        withheld[row] = True
    return withheld


def hidden(figures: GridValues, withheld: Bools, keys: Sequence[str]) -> GridValues:
    """Return figures of some measures alone, without the grids that are not told.

    Examples
    --------
    >>> found = GridValues(
    ...     {"households": np.array([3.0, 400.0]), "per_worker": np.array([3.0, 400.0])},
    ...     {}, np.array([7, 900]), np.array([True, True]))
    >>> told = hidden(found, np.array([True, False]), ["households"])
    >>> {key: values.tolist() for key, values in told.values.items()}, told.people.tolist()
    ({'households': [nan, 400.0]}, [0, 900])
    """
    return GridValues(
        {
            key: np.where(withheld, np.nan, values)
            for key, values in figures.values.items()
            if key in keys
        },
        {},
        np.where(withheld, 0, figures.people),
        figures.general,
    )


def _by_row(plan: ScoredPlan, by_grid: Mapping[str, float | None]) -> Floats:
    found = [by_grid[key] for key in plan.keys]
    return np.array([np.nan if one is None else one for one in found], dtype=np.float64)


def _walks(plan: ScoredPlan, ground: Ground, m_per_min: float) -> dict[str, Floats]:
    homes = plan.homes
    limits_m = [minutes * m_per_min for minutes in MINUTES]
    walk_m = ground.walk_m[homes.building]
    counted = homes_within(homes.grid, homes.households, walk_m, limits_m, len(plan.keys))
    whole = counted.households[:-1].astype(float)
    found = {}
    for column, minutes in enumerate(MINUTES):
        share = np.full(len(whole), np.nan)
        np.divide(HUNDRED * counted.inside[:-1, column], whole, out=share, where=whole > 0)
        found[f"walk_{minutes}"] = share
    return found


def _kept(card: Scorecard, plan: ScoredPlan, keys: Sequence[str]) -> Floats:
    """Return the share of measures whose threshold a grid keeps, percent."""
    measured, kept = np.zeros(len(plan.keys)), np.zeros(len(plan.keys))
    for key in keys:
        one = card[key]
        missed = set(one.missed_by)
        known = np.array([one.by_grid[grid] is not None for grid in plan.keys], dtype=bool)
        measured += known
        kept += known & np.array([grid not in missed for grid in plan.keys], dtype=bool)
    share = np.full(len(plan.keys), np.nan)
    np.divide(HUNDRED * kept, measured, out=share, where=measured > 0)
    return share


__all__ = [
    "MEASURES",
    "MINUTES",
    "OF_GRIDS",
    "PUBLIC",
    "ChangedArea",
    "CoverageCompared",
    "CoverageFigures",
    "CoverageMeasure",
    "CoveredGrid",
    "GridValues",
    "PairedCommunity",
    "UnansweredBuilding",
    "grid_values",
    "hidden",
    "withheld_rows",
]
