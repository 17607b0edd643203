"""A scorecard as tables: what its page, its report and its workbook show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from api.i18n import translate
from api.rendering import local
from api.scorecard_shape import measure_out
from geo.core.scorecard_terms import PRINCIPLES
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.core.scorecard import ScoredGrid
    from geo.flows.scorecards import Scored

BY_GRID = (
    "in_bounds",
    "deviation",
    "boundary_followed",
    "polsby_popper",
    "reock",
    "hull",
    "per_worker",
    "buildings_answered",
    "units_answered",
    "households_answered",
    "walk_mean",
    "walk_p95",
)
"""Measures that have a column in the table by grid; the others are counts, mostly of nothing."""

SHORT = {
    "in_bounds": msg("Households"),
    "deviation": msg("Deviation"),
    "boundary_followed": msg("On roads or water"),
    "polsby_popper": msg("Polsby–Popper"),
    "reock": msg("Reock"),
    "hull": msg("Convex hull"),
    "per_worker": msg("Per worker"),
    "buildings_answered": msg("Buildings answered"),
    "units_answered": msg("Units answered"),
    "households_answered": msg("Households answered"),
    "walk_mean": msg("Mean walk"),
    "walk_p95": msg("Walk, 95 of 100"),
}
"""Headings of the columns."""


class Row(NamedTuple):
    """A grid in the table by grid.

    Parameters
    ----------
    grid
        The grid.
    name, community
        Names in the reader's language.
    figures
        One a column: value, shown, met.
    missed
        Names of the measures that it misses.
    """

    grid: ScoredGrid
    name: str
    community: str
    figures: tuple[dict[str, Any], ...]
    missed: tuple[str, ...]


class Part(NamedTuple):
    """A principle with its measures, as they are answered."""

    key: str
    name: str
    measures: tuple[dict[str, Any], ...]

    @property
    def missed(self) -> int:
        """How many of them miss their threshold."""
        return sum(one["met"] is False for one in self.measures)


def parts_of(scored: Scored, language: str) -> tuple[Part, ...]:
    """Return the principles with their measures."""
    return tuple(
        Part(
            key,
            translate(name, language),
            tuple(measure_out(one, scored.thresholds, language) for one in scored.card.of(key)),
        )
        for key, name in PRINCIPLES.items()
    )


def rows_of(scored: Scored, parts: Iterable[Part], language: str) -> list[Row]:
    """Return the table by grid, in order of code."""
    measures = [one for part in parts for one in part.measures]
    by_key = {one["key"]: one for one in measures}
    communities = {one.code: local(language, one) for one in scored.ground.communities}
    nothing = {"value": None, "shown": "–", "met": None}
    return [
        Row(
            grid,
            local(language, grid),
            communities.get(grid.community, grid.community),
            tuple(by_key[key]["grids"].get(grid.key, nothing) for key in BY_GRID),
            tuple(
                one["name"]
                for one in measures
                if one["grids"].get(grid.key, nothing)["met"] is False
            ),
        )
        for grid in scored.card.grids
    ]


def columns(language: str) -> list[tuple[str, str]]:
    """Return keys and headings of the columns of the table by grid."""
    return [(key, translate(SHORT[key], language)) for key in BY_GRID]


__all__ = ["BY_GRID", "Part", "Row", "columns", "parts_of", "rows_of"]
