"""Tables beside coverage maps (覆盖图): all that is drawn, as figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geo.core.coverage_figures import MEASURES, OF_GRIDS
from geo.core.scorecard_terms import PRINCIPLES
from geo.messages import Message, msg
from maps.coverage_classes import DECIMALS
from maps.sheet_facts import called
from maps.sheets import Column, FigureTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geo.core.coverage_figures import CoverageCompared, CoverageFigures

    Floats = NDArray[np.float64]
    Say = Callable[[Message], str]

HECTARE_M2 = 10_000.0


def changes_of(key: str, both: CoverageCompared, earlier: NDArray[np.int64]) -> Floats:
    """Return the changes of a measure; not a number where there is nothing to compare."""
    before = np.append(both.before.figures.values[key], np.nan)[earlier]
    after = both.after.figures.values[key]
    known = np.isfinite(before) & np.isfinite(after)
    changes = np.full(len(after), np.nan)
    changes[known] = after[known] - before[known]
    return changes


def side(told: CoverageFigures, row: int) -> Message:
    """Return what a side of a change is called: the grid of a row, or none."""
    if row < 0:
        return msg("no grid")
    return msg("%(place)s", place=told.grids[row].name)


def changed_keys(both: CoverageCompared) -> list[str]:
    """Return a key for each piece of ground that changed hands: the codes of its grids."""

    def code(told: CoverageFigures, row: int) -> str:
        return told.grids[row].code if row >= 0 else ""

    return [
        f"{code(both.before, one.before)}>{code(both.after, one.after)}" for one in both.changed
    ]


def _measures(told: CoverageFigures) -> list[str]:
    return [key for key in told.measures if key in OF_GRIDS]


def _columns(told: CoverageFigures, say: Say) -> tuple[Column, ...]:
    return tuple(
        Column(say(MEASURES[key].heading), decimals=DECIMALS[MEASURES[key].unit])
        for key in _measures(told)
    )


def grid_tables(told: CoverageFigures, say: Say) -> tuple[FigureTable, ...]:
    """Return the figures of grids as a table, those of the principles in columns of their own."""
    principles = [key for key in PRINCIPLES if key in told.figures.by_principle]
    values = [told.figures.values[key] for key in _measures(told)]
    values += [told.figures.by_principle[key] for key in principles]
    rows = tuple(
        (
            called(grid.name, say),
            grid.code,
            called(grid.community, say),
            *(_known(float(column[row])) for column in values),
        )
        for row, grid in enumerate(told.grids)
    )
    table = FigureTable(
        caption=say(msg("Figures by grid, %(generation)s", generation=told.generation.label)),
        columns=(
            Column(say(msg("Grid")), number=False),
            Column(say(msg("Code")), number=False),
            Column(say(msg("Community")), number=False),
            *_columns(told, say),
            *(
                Column(say(msg("%(principle)s, %%", principle=PRINCIPLES[key])), decimals=1)
                for key in principles
            ),
        ),
        rows=rows,
        missing=say(msg("Not published")) if told.least else "–",
        keys=tuple(one.code for one in told.grids),
    )
    return (table,)


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def place_tables(told: CoverageFigures, say: Say) -> tuple[FigureTable, ...]:
    """Return the figures of communities and the buildings nobody answers for as tables."""
    tables = []
    if "pairing" in told.measures:
        tables.append(_pairing_table(told, say))
    if "unanswered" in told.measures:
        tables.append(_building_table(told, say))
    return tuple(tables)


def _pairing_table(told: CoverageFigures, say: Say) -> FigureTable:
    return FigureTable(
        caption=say(MEASURES["pairing"].name),
        columns=(
            Column(say(msg("Community")), number=False),
            Column(say(msg("Code")), number=False),
            Column(say(MEASURES["pairing"].heading)),
            Column(say(msg("Which")), number=False),
        ),
        rows=tuple(
            (
                called(one.name, say),
                one.code,
                len(one.units),
                "; ".join(called(unit, say) for unit in one.units) or None,
            )
            for one in told.communities
        ),
        keys=tuple(one.code for one in told.communities),
    )


def _building_table(told: CoverageFigures, say: Say) -> FigureTable:
    return FigureTable(
        caption=say(MEASURES["unanswered"].name),
        columns=(
            Column(say(msg("Building")), number=False),
            Column(say(msg("Code")), number=False),
            Column(say(msg("Address")), number=False),
            Column(say(msg("Community")), number=False),
            Column(say(msg("Grid")), number=False),
            Column(say(msg("Units"))),
            Column(say(msg("Units with a named person"))),
        ),
        rows=tuple(
            (
                one.name or one.code,
                one.code,
                one.address or None,
                called(one.community, say),
                called(told.grids[one.grid].name, say) if one.grid >= 0 else None,
                one.units,
                one.units_answered,
            )
            for one in told.unanswered
        ),
        keys=tuple(one.code for one in told.unanswered),
    )


def change_table(both: CoverageCompared, earlier: NDArray[np.int64], say: Say) -> FigureTable:
    """Return the changes by grid; grids that are no longer there stand at the end."""
    keys = [key for key in _measures(both.after) if key in both.before.measures]
    changes = [changes_of(key, both, earlier) for key in keys]
    rows: list[tuple[str | float | None, ...]] = [
        (
            called(grid.name, say),
            grid.code,
            both.before.grids[was].code if was >= 0 else None,
            say(msg("Remains") if was >= 0 else msg("New grid")),
            *(_known(float(column[row])) for column in changes),
        )
        for row, (grid, was) in enumerate(zip(both.after.grids, earlier.tolist(), strict=True))
    ]
    remaining = {one.key for one in both.after.grids}
    ended = [one for one in both.before.grids if one.key not in remaining]
    rows += [
        (called(one.name, say), None, one.code, say(msg("No longer there")), *([None] * len(keys)))
        for one in ended
    ]
    return FigureTable(
        caption=say(msg("Changes by grid")),
        columns=(
            Column(say(msg("Grid")), number=False),
            Column(say(msg("Code")), number=False),
            Column(say(msg("Code before")), number=False),
            Column(say(msg("What became of it")), number=False),
            *_columns(replace(both.after, measures=tuple(keys)), say),
        ),
        rows=tuple(rows),
        keys=(*(one.code for one in both.after.grids), *([""] * len(ended))),
    )


def changed_table(both: CoverageCompared, say: Say) -> FigureTable:
    """Return the ground that changed hands, by pair of grids."""
    return FigureTable(
        caption=say(msg("Ground that changed hands")),
        columns=(
            Column(say(msg("Grid before")), number=False),
            Column(say(msg("Grid after")), number=False),
            Column(say(msg("Hectares")), decimals=2),
            Column(say(msg("Number of households"))),
        ),
        rows=tuple(
            (
                say(side(both.before, one.before)),
                say(side(both.after, one.after)),
                one.area_m2 / HECTARE_M2,
                one.households,
            )
            for one in both.changed
        ),
        keys=tuple(changed_keys(both)),
    )


__all__ = [
    "HECTARE_M2",
    "change_table",
    "changed_keys",
    "changed_table",
    "changes_of",
    "grid_tables",
    "place_tables",
    "side",
]
