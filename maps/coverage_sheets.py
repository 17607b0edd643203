"""Sheets of coverage maps (覆盖图): a generation, two beside each other, or their difference.

Everything that is drawn stands in the tables as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.core.coverage_figures import MEASURES
from geo.core.scorecard_terms import PRINCIPLES
from geo.messages import msg
from maps.coverage_classes import (
    DECIMALS,
    Classed,
    Wanted,
    change_said,
    classed,
    classed_changes,
    classed_counts,
    number_said,
)
from maps.coverage_tables import (
    HECTARE_M2,
    change_table,
    changed_keys,
    changed_table,
    changes_of,
    grid_tables,
    place_tables,
    side,
)
from maps.patterns import NO_DATA_LOOK, sequential
from maps.sheet_facts import called, generation_facts, notice_of, origin_facts
from maps.sheets import (
    NO_DATA,
    Fact,
    Legend,
    LegendEntry,
    MapSheet,
    ShownLayer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from geo.core.coverage_figures import (
        CoverageCompared,
        CoverageFigures,
        CoveredGrid,
        Unit,
    )
    from geo.messages import Message

    Floats = NDArray[np.float64]
    Shapes = NDArray[np.object_]
    Say = Callable[[Message], str]

CHANGED = "changed"
"""The key of the layer of ground that changed hands."""


def coverage_sheet(told: CoverageFigures, wanted: Wanted) -> MapSheet:
    """Make the sheet of one generation.

    Parameters
    ----------
    told
        Its figures; a layer for each measure that whoever asked may see.
    wanted
        How it is said and drawn.

    Returns
    -------
    MapSheet
        Layers are called as :data:`geo.core.coverage_figures.MEASURES`; shapes as the codes of
        grids, communities and buildings.
    """
    say = wanted.say
    layers = [layer for key in told.measures for layer in _layers(key, [told], wanted)]
    return MapSheet(
        language=wanted.language,
        title=_title(told, say),
        subtitle=say(msg("Generation %(generation)s", generation=told.generation.label)),
        name=say(msg("Map of the grids of %(generation)s", generation=told.generation.label)),
        layers=_first(layers, wanted.measure),
        tables=(*grid_tables(told, say), *place_tables(told, say)),
        facts=(
            *generation_facts(told.generation, told.origin, say),
            *origin_facts(told.origin, told.at, say),
        ),
        notes=_notes(told, say),
        bounds=told.bounds,
        stations=_stations(told, say),
    )


def coverage_beside_sheet(both: CoverageCompared, wanted: Wanted) -> MapSheet:
    """Make the sheet of two generations beside each other, in the same classes.

    Parameters
    ----------
    both
        The earlier one is the first map.
    wanted
        As of :func:`coverage_sheet`.
    """
    say, told = wanted.say, (both.before, both.after)
    pairs = [
        _layers(key, told, wanted)
        for key in both.after.measures
        if MEASURES[key].of == "grid" and key in both.before.measures
    ]
    labels = [one.generation.label for one in told]
    return MapSheet(
        language=wanted.language,
        title=_title(both.after, say),
        subtitle=say(
            msg("Generations %(before)s and %(after)s", before=labels[0], after=labels[1])
        ),
        name=say(msg("Map of the grids of %(generation)s", generation=labels[0])),
        layers=_first([one[0] for one in pairs], wanted.measure),
        beside=_first([one[1] for one in pairs], wanted.measure),
        beside_name=say(msg("Map of the grids of %(generation)s", generation=labels[1])),
        tables=tuple(table for one in told for table in grid_tables(one, say)),
        facts=_facts_of_two(both, say),
        notes=_notes(both.after, say, compared=True),
        bounds=both.after.bounds,
        stations=_stations(both.after, say),
    )


def coverage_difference_sheet(both: CoverageCompared, wanted: Wanted) -> MapSheet:
    """Make the sheet of what one generation changes of another.

    Figures are compared by the grid's identity, whatever its code; the ground that changed hands
    is a layer of its own.

    Parameters
    ----------
    both
        The difference is the later one without the earlier one.
    wanted
        As of :func:`coverage_sheet`; ``measure`` may be :data:`CHANGED`.
    """
    say = wanted.say
    labels = both.before.generation.label, both.after.generation.label
    row_before = {one.key: row for row, one in enumerate(both.before.grids)}
    earlier = np.array([row_before.get(one.key, -1) for one in both.after.grids], dtype=np.int64)
    layers = [
        _change_layer(key, both, earlier, wanted)
        for key in both.after.measures
        if MEASURES[key].of == "grid" and key in both.before.measures
    ]
    if both.changed:
        layers.append(_changed_layer(both, say))
    return MapSheet(
        language=wanted.language,
        title=_title(both.after, say),
        subtitle=say(
            msg("What %(after)s changes of %(before)s", before=labels[0], after=labels[1])
        ),
        name=say(
            msg(
                "Map of the changes from %(before)s to %(after)s", before=labels[0], after=labels[1]
            )
        ),
        layers=_first(layers, wanted.measure),
        tables=(change_table(both, earlier, say), changed_table(both, say)),
        facts=_facts_of_two(both, say),
        notes=_notes(both.after, say, compared=True),
        bounds=both.after.bounds,
        stations=_stations(both.after, say),
    )


def _title(told: CoverageFigures, say: Say) -> str:
    return say(msg("Coverage of the grids, %(place)s", place=told.origin.name))


def _first(layers: Iterable[ShownLayer], key: str | None) -> tuple[ShownLayer, ...]:
    """Return layers with the one that is asked for before all others."""
    return tuple(sorted(layers, key=lambda one: one.key != key))


def _stations(told: CoverageFigures, say: Say) -> tuple[tuple[float, float, str], ...]:
    return tuple((lon, lat, called(name, say)) for lon, lat, name in told.stations)


def _facts_of_two(both: CoverageCompared, say: Say) -> tuple[Fact, ...]:
    return (
        *generation_facts(both.before.generation, both.before.origin, say),
        *generation_facts(both.after.generation, both.after.origin, say),
        *origin_facts(both.after.origin, both.after.at, say),
    )


def _layers(key: str, told: Sequence[CoverageFigures], wanted: Wanted) -> tuple[ShownLayer, ...]:
    """Return the layer of a measure for each generation, in common classes."""
    if MEASURES[key].of == "community":
        return tuple(_pairing_layer(one, wanted) for one in told)
    if MEASURES[key].of == "building":
        return tuple(_building_layer(one, wanted.say) for one in told)
    found = classed(key, told, wanted)
    ends = np.cumsum([len(one.grids) for one in told])
    parts = np.split(found.rows, ends[:-1])
    return tuple(
        _grid_layer(key, one, replace(found, rows=rows), wanted.say)
        for one, rows in zip(told, parts, strict=True)
    )


def _grid_layer(key: str, told: CoverageFigures, found: Classed, say: Say) -> ShownLayer:
    measure, values = MEASURES[key], told.figures.values[key]
    known = np.isfinite(values)
    return ShownLayer(
        key=key,
        name=say(measure.name),
        shapes=told.shapes,
        classes=found.rows,
        keys=[one.code for one in told.grids],
        titles=[_grid_title(key, told, row, say) for row in range(len(told.grids))],
        labels=[
            number_said(value, measure.unit) if shown else ""
            for value, shown in zip(values.tolist(), known.tolist(), strict=True)
        ],
        legend=_legend(measure.name, measure.definition, found, _missing(told), say),
    )


def _grid_title(key: str, told: CoverageFigures, row: int, say: Say) -> str:
    grid, value = told.grids[row], float(told.figures.values[key][row])
    if np.isfinite(value):
        figure = _figure_said(value, MEASURES[key].unit, say)
    elif np.isposinf(value):
        figure = say(msg("no grid worker"))
    else:
        figure = say(_missing(told))
    text = f"{_grid_said(grid, say)}: {figure}"
    if key == "principles" and np.isfinite(value):
        text = f"{text} ({_principles_said(told, row, say)})"
    return text


def _principles_said(told: CoverageFigures, row: int, say: Say) -> str:
    parts = [
        f"{say(name)} {number_said(float(told.figures.by_principle[key][row]), 'pct')} %"
        for key, name in PRINCIPLES.items()
        if np.isfinite(told.figures.by_principle[key][row])
    ]
    return "; ".join(parts)


def _grid_said(grid: CoveredGrid, say: Say) -> str:
    return say(msg("%(grid)s, %(community)s", grid=grid.name, community=grid.community))


def _figure_said(value: float, unit: Unit, say: Say) -> str:
    number = number_said(value, unit)
    if unit == "households":
        return say(msg("%(count)s households", count=number))
    if unit == "per_worker":
        return say(msg("%(count)s households for each worker", count=number))
    if unit == "paired":
        return say(msg("Paired units: %(count)s", count=number))
    return f"{number} %"


def _missing(told: CoverageFigures) -> Message:
    """Return why a grid has no figure."""
    return msg("Not published") if told.least else msg("Nothing to measure")


def _pairing_layer(told: CoverageFigures, wanted: Wanted) -> ShownLayer:
    say, measure = wanted.say, MEASURES["pairing"]
    counts = np.array([len(one.units) for one in told.communities], dtype=np.int64)
    found = classed_counts(counts, "share", wanted)
    return ShownLayer(
        key=measure.key,
        name=say(measure.name),
        shapes=told.community_shapes,
        classes=found.rows,
        keys=[one.code for one in told.communities],
        titles=[
            f"{called(one.name, say)}: {_figure_said(len(one.units), 'paired', say)}"
            for one in told.communities
        ],
        labels=[str(count) for count in counts.tolist()],
        legend=_legend(measure.name, measure.definition, found, _missing(told), say),
    )


_ANSWERED = (
    msg("Nobody, nor for any of its units"),
    msg("Somebody for some of its units"),
    msg("Somebody for each of its units"),
)


def _building_layer(told: CoverageFigures, say: Say) -> ShownLayer:
    """Return the buildings that nobody answers for, by whether somebody does for their units."""
    measure = MEASURES["unanswered"]
    rows = np.array(
        [
            0 if one.units_answered == 0 else 1 + (one.units_answered == one.units)
            for one in told.unanswered
        ],
        dtype=np.int64,
    )
    found = Classed(
        rows,
        sequential(len(_ANSWERED), "load")[::-1],
        tuple(say(one) for one in _ANSWERED),
        say(msg("By units")),
    )
    points = shapely.points(
        np.array([(one.lon, one.lat) for one in told.unanswered]).reshape(-1, 2)
    )
    return ShownLayer(
        key=measure.key,
        name=say(measure.name),
        shapes=np.asarray(points, dtype=object).reshape(-1),
        classes=rows,
        keys=[one.code for one in told.unanswered],
        titles=[
            f"{one.name or one.address or one.code}, {called(one.community, say)}"
            f": {found.labels[row]}"
            for one, row in zip(told.unanswered, rows.tolist(), strict=True)
        ],
        labels=[""] * len(rows),
        legend=_legend(measure.name, measure.definition, found, _missing(told), say),
    )


def _legend(
    title: Message, definition: Message, found: Classed, missing: Message, say: Say
) -> Legend:
    counts = np.bincount(found.rows[found.rows >= 0], minlength=len(found.labels)).tolist()
    entries = [
        LegendEntry(*look, label, count)
        for look, label, count in zip(found.looks, found.labels, counts, strict=True)
    ]
    without = int((found.rows == NO_DATA).sum())
    if without:
        entries.append(LegendEntry(*NO_DATA_LOOK, say(missing), without))
    method = msg("%(method)s. %(definition)s", method=found.method, definition=definition)
    return Legend(say(title), say(method), tuple(entries))


def _change_layer(
    key: str, both: CoverageCompared, earlier: NDArray[np.int64], wanted: Wanted
) -> ShownLayer:
    measure, say, told = MEASURES[key], wanted.say, both.after
    changes = changes_of(key, both, earlier)
    found = classed_changes(changes, earlier < 0, measure.unit, say)
    changed = np.isfinite(changes) & (changes.round(DECIMALS[measure.unit]) != 0)
    title = msg("Change: %(measure)s", measure=measure.name)
    return ShownLayer(
        key=key,
        name=say(title),
        shapes=told.shapes,
        classes=found.rows,
        keys=[one.code for one in told.grids],
        titles=[
            f"{_grid_said(grid, say)}: {_change_told(key, both, (int(was), row), say)}"
            for row, (grid, was) in enumerate(zip(told.grids, earlier, strict=True))
        ],
        labels=[
            change_said(value, measure.unit) if shown else ""
            for value, shown in zip(changes.tolist(), changed.tolist(), strict=True)
        ],
        legend=_legend(title, measure.definition, found, msg("Nothing to compare"), say),
    )


def _change_told(key: str, both: CoverageCompared, rows: tuple[int, int], say: Say) -> str:
    unit, (was, now) = MEASURES[key].unit, rows
    if was < 0:
        return say(msg("New grid"))
    values = float(both.before.figures.values[key][was]), float(both.after.figures.values[key][now])
    if not np.isfinite(values).all():
        return say(msg("Nothing to compare"))
    before, after = (number_said(one, unit) for one in values)
    return f"{before} → {after} ({change_said(values[1] - values[0], unit)})"


def _changed_layer(both: CoverageCompared, say: Say) -> ShownLayer:
    rows = np.array([int(one.households == 0) for one in both.changed], dtype=np.int64)
    found = Classed(
        rows,
        sequential(2, "load")[::-1],
        (say(msg("With homes")), say(msg("Without homes"))),
        say(msg("By whether anybody lives there")),
    )
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [one.shape for one in both.changed]
    title = msg("Ground that changed hands")
    definition = msg("Ground that belongs to another grid than before, by the grid's identity.")
    return ShownLayer(
        key=CHANGED,
        name=say(title),
        shapes=shapes,
        classes=rows,
        keys=changed_keys(both),
        titles=[
            say(
                msg(
                    "From %(before)s to %(after)s: %(area)s ha, %(households)s households",
                    before=side(both.before, one.before),
                    after=side(both.after, one.after),
                    area=f"{one.area_m2 / HECTARE_M2:.2f}",
                    households=one.households,
                )
            )
            for one in both.changed
        ],
        labels=[""] * len(rows),
        legend=_legend(title, definition, found, msg("Nothing to compare"), say),
    )


def _notes(told: CoverageFigures, say: Say, *, compared: bool = False) -> tuple[str, ...]:
    found = [_today(compared=compared)]
    if any(key.startswith("walk_") for key in told.measures):
        found.append(msg("A minute on foot is %(metres)s m.", metres=f"{told.m_per_min:g}"))
    if told.withheld.any():
        found.append(
            msg(
                "Figures of grids with fewer than %(least)s residents are not published, nor are"
                " those from which they could be worked out.",
                least=told.least,
            )
        )
    if "unanswered" in told.measures and not compared and not told.every_building:
        found.append(msg("Buildings are those of the communities that you work for."))
    return (*(say(one) for one in found), *notice_of(told.origin, say))


def _today(*, compared: bool) -> Message:
    if compared:
        return msg(
            "Both generations are counted by the homes, people and stations of today: what differs"
            " is the boundaries alone."
        )
    return msg("Homes, people and stations are those of today, whatever the generation.")


__all__ = [
    "CHANGED",
    "Wanted",
    "coverage_beside_sheet",
    "coverage_difference_sheet",
    "coverage_sheet",
]
