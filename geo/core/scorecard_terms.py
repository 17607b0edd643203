"""What the scorecard measures: names, definitions, sources, units and thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from geo.messages import Message, msg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Principle = Literal["clear", "full", "moderate", "complete"]
Unit = Literal["pct", "ratio", "m", "m2", "count", "households", "per_worker"]
Limit = str | float | None
"""A threshold by its name in :class:`Thresholds`, or as a number; ``None`` where there is none."""

PRINCIPLES: dict[Principle, Message] = {
    "clear": msg("Clear boundaries"),
    "full": msg("Full coverage"),
    "moderate": msg("Moderate size"),
    "complete": msg("Complete in every part"),
}
"""In the order in which they are told: 边界清晰、全域覆盖、规模适度、要素齐全."""

HUNDRED = 100.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a plan is held to.

    Parameters
    ----------
    households_min, households_max
        Bounds of a general grid's households.
    boundary_tolerance_m, boundary_angle_deg
        When a boundary follows a line: how far from it, and how parallel.
    boundary_min_pct
        Share of the boundary that should follow roads, railways or water.
    polsby_popper_min, reock_min, hull_min
        Compactness.
    deviation_max_pct, variation_max_pct
        How unequal grids may be.
    households_per_worker_max
        Load of a grid worker.
    units_answered_min_pct, households_answered_min_pct
        For how many a named person should answer.
    walk_mean_max_m, walk_p95_max_m
        How far the station may be.
    """

    households_min: float = 300.0
    households_max: float = 500.0
    boundary_tolerance_m: float = 10.0
    boundary_angle_deg: float = 20.0
    boundary_min_pct: float = 80.0
    polsby_popper_min: float = 0.3
    reock_min: float = 0.3
    hull_min: float = 0.7
    deviation_max_pct: float = 25.0
    variation_max_pct: float = 15.0
    households_per_worker_max: float = 500.0
    units_answered_min_pct: float = 90.0
    households_answered_min_pct: float = 20.0
    walk_mean_max_m: float = 500.0
    walk_p95_max_m: float = 1000.0


class Spot(NamedTuple):
    """Something that is wrong, in metres: text, keys of its grids, shape, how much."""

    text: Message
    grids: tuple[str, ...]
    shape: Any
    amount: float


class Found(NamedTuple):
    """What was measured: of the plan, by row of the grid, and where it is wrong.

    Not a number means that there is nothing to measure.
    """

    value: float
    by_grid: NDArray[np.float64]
    spots: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One measure: what it is, and what it is held to.

    Parameters
    ----------
    key, principle
        Which, and under which principle.
    name, definition, source
        Texts; ``source`` is the standard or paper that it is from.
    unit, grid_unit
        Of the plan's value and of a grid's.
    least, most
        What the plan's value is held to.
    grid_least, grid_most
        What a grid's value is held to, whatever its sign.
    """

    key: str
    principle: Principle
    name: Message
    definition: Message
    source: Message
    unit: Unit
    grid_unit: Unit
    least: Limit = None
    most: Limit = None
    grid_least: Limit = None
    grid_most: Limit = None

    def keeps(self, value: float, thresholds: Thresholds) -> bool:
        """Tell whether a plan's value keeps its threshold."""
        return _keeps(value, limit(self.least, thresholds), limit(self.most, thresholds))

    def keeps_in_grid(self, value: float, thresholds: Thresholds) -> bool:
        """Tell whether a grid's value keeps its threshold."""
        least, most = limit(self.grid_least, thresholds), limit(self.grid_most, thresholds)
        return _keeps(abs(value), least, most)

    @property
    def more_is_better(self) -> bool:
        """Whether a larger value of the plan is a better one."""
        return self.least is not None


def limit(given: Limit, thresholds: Thresholds) -> float | None:
    """Return a threshold as a number.

    Examples
    --------
    >>> limit("hull_min", Thresholds()), limit(0.0, Thresholds()), limit(None, Thresholds())
    (0.7, 0.0, None)
    """
    return float(getattr(thresholds, given)) if isinstance(given, str) else given


ROUNDING = 1e-9
"""What is off by less keeps a threshold: shares are sums of floating point numbers."""


def _keeps(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least - ROUNDING) and (
        most is None or value <= most + ROUNDING
    )


_PRINCIPLE = msg("The principles that grids are drawn by: clear, full, moderate, complete.")
_PLAN = msg("Practice of this software: what a coverage has to be, to be published.")
_GUIDE = msg("Grid rules of the city: the bounds in the settings.")
_CHAIN = msg("The chain of responsibility: area, building, unit, household.")
_LIFE_CIRCLE = msg("GB 50180-2018, walking distances of residential life circles: 300–1000 m.")

RULES: tuple[Rule, ...] = (
    Rule(
        "boundary_followed",
        "clear",
        msg("Boundary on roads, railways or water"),
        msg(
            "Share of the length of boundaries inside communities, each counted once, that runs"
            " within the tolerance of a road, a railway or a bank, or inside water, and parallel"
            " to it within the angle; both are in the settings."
        ),
        _PRINCIPLE,
        "pct",
        "pct",
        least="boundary_min_pct",
        grid_least="boundary_min_pct",
    ),
    Rule(
        "polsby_popper",
        "clear",
        msg("Compactness (Polsby–Popper)"),
        msg(
            "4π times the area by the square of the perimeter; a circle is 1. Of the plan: the"
            " mean of its grids."
        ),
        msg("Polsby and Popper, Yale Law & Policy Review 9 (1991)."),
        "ratio",
        "ratio",
        least="polsby_popper_min",
        grid_least="polsby_popper_min",
    ),
    Rule(
        "reock",
        "clear",
        msg("Compactness (Reock)"),
        msg(
            "Area by that of the smallest circle around the grid; a circle is 1. Of the plan: the"
            " mean of its grids."
        ),
        msg("Reock, Midwest Journal of Political Science 5 (1961)."),
        "ratio",
        "ratio",
        least="reock_min",
        grid_least="reock_min",
    ),
    Rule(
        "hull",
        "clear",
        msg("Compactness (convex hull)"),
        msg(
            "Area by that of the convex hull; a convex shape is 1. Of the plan: the mean of its"
            " grids."
        ),
        msg("Niemi, Grofman, Carlucci and Hofeller, Journal of Politics 52 (1990)."),
        "ratio",
        "ratio",
        least="hull_min",
        grid_least="hull_min",
    ),
    Rule(
        "pieces",
        "clear",
        msg("Grids in several pieces"),
        msg("Grids that are not one connected piece; of a grid: its pieces beyond the first."),
        _PLAN,
        "count",
        "count",
        most=0.0,
        grid_most=0.0,
    ),
    Rule(
        "buildings_cut",
        "clear",
        msg("Buildings cut"),
        msg(
            "Buildings of which a boundary leaves at least 1 m² to each of two grids; of a grid:"
            " those it shares."
        ),
        _PLAN,
        "count",
        "count",
        most=0.0,
        grid_most=0.0,
    ),
    Rule(
        "compounds_cut",
        "clear",
        msg("Compounds cut"),
        msg(
            "Residential compounds and campuses of which at least one hundredth of the ground lies"
            " in each of two general grids; of a grid: those it shares."
        ),
        _PLAN,
        "count",
        "count",
        most=0.0,
        grid_most=0.0,
    ),
    Rule(
        "gaps",
        "full",
        msg("Gaps"),
        msg(
            "Ground of communities that no grid has, in square metres; strips narrower than 5 cm"
            " are noise. Of a grid: the gaps that it borders on."
        ),
        _PLAN,
        "m2",
        "m2",
        most=0.0,
        grid_most=0.0,
    ),
    Rule(
        "overlaps",
        "full",
        msg("Overlaps"),
        msg(
            "Ground that two grids of the same kind have, in square metres; strips narrower than"
            " 5 cm are noise. Dedicated grids may lie over general ones."
        ),
        _PLAN,
        "m2",
        "m2",
        most=0.0,
        grid_most=0.0,
    ),
    Rule(
        "unassigned_cells",
        "full",
        msg("Blocks without a grid"),
        msg("Blocks, or pieces of blocks, of a draft that no grid has."),
        _PLAN,
        "count",
        "count",
        most=0.0,
    ),
    Rule(
        "unassigned_households",
        "full",
        msg("Households without a grid"),
        msg("Households of buildings that lie in no grid and were put into none by hand."),
        _PLAN,
        "households",
        "households",
        most=0.0,
    ),
    Rule(
        "outside",
        "full",
        msg("Outside the community"),
        msg(
            "Ground of grids outside their own community, in square metres; strips narrower than"
            " 5 cm are noise."
        ),
        _PRINCIPLE,
        "m2",
        "m2",
        most=0.0,
        grid_most=0.0,
    ),
    Rule(
        "in_bounds",
        "moderate",
        msg("Grids within the bounds"),
        msg(
            "Share of general grids whose households are within the bounds in the settings; of a"
            " grid: its households. Dedicated grids have no bounds."
        ),
        _GUIDE,
        "pct",
        "households",
        least=HUNDRED,
        grid_least="households_min",
        grid_most="households_max",
    ),
    Rule(
        "deviation",
        "moderate",
        msg("Largest deviation from the community's mean"),
        msg(
            "How far a general grid's households are from the mean of the general grids of its"
            " community, in percent of the mean; of the plan: the largest."
        ),
        msg("As in the apportionment of districts: maximum deviation from the mean."),
        "pct",
        "pct",
        most="deviation_max_pct",
        grid_most="deviation_max_pct",
    ),
    Rule(
        "variation",
        "moderate",
        msg("Coefficient of variation"),
        msg("Standard deviation of the households of all general grids by their mean, in percent."),
        msg("Pearson, Philosophical Transactions of the Royal Society A 187 (1896)."),
        "pct",
        "pct",
        most="variation_max_pct",
    ),
    Rule(
        "per_worker",
        "moderate",
        msg("Households per worker"),
        msg(
            "Households of general grids by their full-time grid workers. A worker counts where"
            " the buildings are that they answer for, in parts by households."
        ),
        _GUIDE,
        "per_worker",
        "per_worker",
        most="households_per_worker_max",
        grid_most="households_per_worker_max",
    ),
    Rule(
        "branch",
        "complete",
        msg("Grids with a party branch"),
        msg("Share of grids whose party branch is named."),
        _CHAIN,
        "pct",
        "pct",
        least=HUNDRED,
        grid_least=HUNDRED,
    ),
    Rule(
        "areas_answered",
        "complete",
        msg("Grids with somebody for the area"),
        msg("Share of grids for whose area a named person answers."),
        _CHAIN,
        "pct",
        "pct",
        least=HUNDRED,
        grid_least=HUNDRED,
    ),
    Rule(
        "workers",
        "complete",
        msg("Grids with a grid worker"),
        msg(
            "Share of general grids with households in which a full-time grid worker answers for"
            " a building or for the area; of a grid: how many do."
        ),
        _CHAIN,
        "pct",
        "count",
        least=HUNDRED,
        grid_least=1.0,
    ),
    Rule(
        "buildings_answered",
        "complete",
        msg("Buildings answered for"),
        msg("Share of buildings with units for which a named person answers."),
        _CHAIN,
        "pct",
        "pct",
        least="units_answered_min_pct",
        grid_least="units_answered_min_pct",
    ),
    Rule(
        "units_answered",
        "complete",
        msg("Units answered for"),
        msg("Share of units (stairwells) for which a named person answers."),
        _CHAIN,
        "pct",
        "pct",
        least="units_answered_min_pct",
        grid_least="units_answered_min_pct",
    ),
    Rule(
        "households_answered",
        "complete",
        msg("Households answered for"),
        msg("Share of households for which a named person answers."),
        _CHAIN,
        "pct",
        "pct",
        least="households_answered_min_pct",
        grid_least="households_answered_min_pct",
    ),
    Rule(
        "unreachable",
        "complete",
        msg("Households without a way to a station"),
        msg("Households from which no walkable road leads to a station."),
        _LIFE_CIRCLE,
        "households",
        "households",
        most=0.0,
        grid_most=0.0,
    ),
    Rule(
        "walk_mean",
        "complete",
        msg("Mean walk to the station"),
        msg(
            "Mean over households of the way on foot along roads to the nearest station, in"
            " metres; households without a way are counted apart."
        ),
        _LIFE_CIRCLE,
        "m",
        "m",
        most="walk_mean_max_m",
        grid_most="walk_mean_max_m",
    ),
    Rule(
        "walk_p95",
        "complete",
        msg("Walk of 95 of 100 households"),
        msg(
            "The shortest distance that at least 95 of 100 households do not exceed on foot to the"
            " nearest station; households without a way are infinitely far."
        ),
        _LIFE_CIRCLE,
        "m",
        "m",
        most="walk_p95_max_m",
        grid_most="walk_p95_max_m",
    ),
)
"""All measures, in the order in which they are told."""


__all__ = [
    "PRINCIPLES",
    "ROUNDING",
    "RULES",
    "Found",
    "Limit",
    "Principle",
    "Rule",
    "Spot",
    "Thresholds",
    "Unit",
    "limit",
]
