"""Sheets of hot spot maps (热点图): hot and cold spots, densities, and how spots emerge.

Everything that is drawn stands in the table as well, but for areas without any issue of which
nothing is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.core.classes import METHODS
from geo.core.emerging import MONTHS_MIN, NO_PATTERN, PATTERNS
from geo.core.hotspot_map import HOUSEHOLDS_MIN, month_name
from geo.core.hotspots import CELLS_MIN, NOT_ENOUGH, SHARE_MIN, TOTAL_MIN
from geo.messages import Message, msg
from maps.patterns import NO_DATA_LOOK, Look, diverging, sequential
from maps.sheet_facts import called, day, generation_facts, notice_of, origin_facts
from maps.sheets import (
    NO_DATA,
    Column,
    Fact,
    FigureTable,
    Legend,
    LegendEntry,
    MapSheet,
    ShownLayer,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geo.core.emerging import Emerging, Pattern
    from geo.core.hotspot_map import By, HotspotMap, State, Statistic
    from geo.core.hotspots import LocalG

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Say = Callable[[Message], str]

SPOTS: tuple[tuple[int, Message], ...] = (
    (3, msg("Hot spot, 99 %")),
    (2, msg("Hot spot, 95 %")),
    (1, msg("Hot spot, 90 %")),
    (0, msg("Not significant")),
    (-1, msg("Cold spot, 90 %")),
    (-2, msg("Cold spot, 95 %")),
    (-3, msg("Cold spot, 99 %")),
)
NOT_ENOUGH_DATA = msg("Not enough data")
TITLES: dict[Statistic, Message] = {
    "gi": msg("Hot spots of issues, %(place)s"),
    "emerging": msg("Emerging hot spots of issues, %(place)s"),
    "density": msg("Density of issues, %(place)s"),
    "count": msg("Issues, %(place)s"),
}
COUNTED_BY: dict[By, Message] = {
    "grid": msg("Grids"),
    "hexagon": msg("Hexagonal cells, %(side)s m across"),
    "square": msg("Square cells, %(side)s m wide"),
}
STATES: dict[State, Message] = {
    "open": msg("Open issues"),
    "closed": msg("Closed issues"),
    "all": msg("Open and closed issues"),
}
HOT_PATTERNS: dict[Pattern, Message] = {
    "new": msg("New hot spot"),
    "consecutive": msg("Consecutive hot spot"),
    "intensifying": msg("Intensifying hot spot"),
    "persistent": msg("Persistent hot spot"),
    "diminishing": msg("Diminishing hot spot"),
    "sporadic": msg("Sporadic hot spot"),
    "oscillating": msg("Oscillating hot spot"),
    "historical": msg("Historical hot spot"),
}
COLD_PATTERNS: dict[Pattern, Message] = {
    "new": msg("New cold spot"),
    "consecutive": msg("Consecutive cold spot"),
    "intensifying": msg("Intensifying cold spot"),
    "persistent": msg("Persistent cold spot"),
    "diminishing": msg("Diminishing cold spot"),
    "sporadic": msg("Sporadic cold spot"),
    "oscillating": msg("Oscillating cold spot"),
    "historical": msg("Historical cold spot"),
}
LACKS: dict[str, Message] = {
    "cells": msg(
        "Not enough data: hot spots are told of at least %(cells)s areas.", cells=CELLS_MIN
    ),
    "total": msg(
        "Not enough data: hot spots are told of at least %(total)s issues.", total=TOTAL_MIN
    ),
    "constant": msg("Not enough data: all areas have the same figure."),
    "months": msg(
        "Not enough data: how hot spots emerge is told of at least %(months)s whole months.",
        months=MONTHS_MIN,
    ),
}
PATTERN_LOOKS: dict[Pattern, tuple[str, str]] = {
    "new": ("#fdae61", "dots"),
    "consecutive": ("#f46d43", "rising-2"),
    "intensifying": ("#a50026", "rising-5"),
    "persistent": ("#d73027", "rising-4"),
    "diminishing": ("#fc8d59", "falling-4"),
    "sporadic": ("#fee090", "level"),
    "oscillating": ("#e0a3c6", "upright"),
    "historical": ("#d9b38c", "falling-2"),
}
"""Hot spots: colours of ColorBrewer's RdYlBu, two of our own, and a pattern each."""

COLD_LOOKS: dict[Pattern, tuple[str, str]] = {
    "new": ("#abd9e9", "dots"),
    "consecutive": ("#74add1", "rising-2"),
    "intensifying": ("#313695", "rising-5"),
    "persistent": ("#4575b4", "rising-4"),
    "diminishing": ("#91bfdb", "falling-4"),
    "sporadic": ("#e0f3f8", "level"),
    "oscillating": ("#b3a7d6", "upright"),
    "historical": ("#9fb8ad", "falling-2"),
}
NOTHING = Look("#f7f7f7", "plain")
DOUBLINGS = 4
RATE_CLASSES = 5


def hotspot_sheet(told: HotspotMap, language: str, say: Say) -> MapSheet:
    """Make the sheet of a hot spot map.

    Parameters
    ----------
    told
        What was counted and found.
    language
        BCP 47 tag of what ``say`` speaks.
    say
        Says a message in the reader's language.

    Returns
    -------
    MapSheet
        The first layer is what was asked for: ``hotspots``, ``emerging``, ``density``; then the
        figures themselves, ``issues`` or ``rates``, and ``months`` with a step for each month.
        Shapes are called by the codes of grids and the keys of cells.
    """
    said = _Said(told, say)
    return MapSheet(
        language=language,
        title=say(_filled(TITLES[told.asked.statistic], place=told.origin.name)),
        subtitle=_subtitle(said),
        name=say(msg("Map of issues")),
        layers=_layers(said),
        tables=(_table(said),),
        facts=_facts(said),
        notes=_notes(said),
        bounds=told.bounds,
    )


def _filled(message: Message, **values: object) -> Message:
    return Message(message.template, {**message.values, **values})


@dataclass(frozen=True)
class _Said:
    """What is told, and how to say it."""

    told: HotspotMap
    say: Say

    @cached_property
    def names(self) -> list[str]:
        """What areas are called: grids by name, cells by key (n,)."""
        areas = self.told.areas
        if not areas.names:
            return list(areas.keys)
        return [called(name, self.say) for name in areas.names]

    @cached_property
    def counted(self) -> list[str]:
        """How many issues each area has, in words (n,)."""
        return self.issues(self.told.counts)

    def issues(self, counts: Ints) -> list[str]:
        """Say numbers of issues."""
        known = {one: self.say(msg("%(count)s issues", count=one)) for one in set(counts.tolist())}
        return [known[one] for one in counts.tolist()]

    @property
    def by_rate(self) -> bool:
        """Whether figures are rates."""
        return self.told.asked.value == "per_100_households"


class _Kind(NamedTuple):
    """A class that is not a range: its number in the core, name and look."""

    number: int
    name: str
    look: Look


def _layers(said: _Said) -> tuple[ShownLayer, ...]:
    told, found = said.told, []
    if told.local is not None:
        found.append(_spots(said, told.local))
    if told.emerging is not None:
        found += _emerging(said, told.emerging)
    if told.bands is not None:
        found.append(_density(said))
    found.append(_rates(said) if said.by_rate else _counts(said))
    if told.months:
        found.append(_months(said))
    return tuple(found)


def _spot_kinds(say: Say) -> list[_Kind]:
    looks = reversed(diverging(3, 3))
    found = [_Kind(one, say(name), look) for (one, name), look in zip(SPOTS, looks, strict=True)]
    return [*found, _Kind(NOT_ENOUGH, say(NOT_ENOUGH_DATA), NO_DATA_LOOK)]


def _pattern_kinds(say: Say) -> list[_Kind]:
    hot = [
        _Kind(row, say(HOT_PATTERNS[one]), Look(*PATTERN_LOOKS[one]))
        for row, one in enumerate(PATTERNS, start=1)
    ]
    cold = [
        _Kind(-row, say(COLD_PATTERNS[one]), Look(*COLD_LOOKS[one]))
        for row, one in enumerate(PATTERNS, start=1)
    ]
    nothing = _Kind(NO_PATTERN, say(msg("No pattern")), NOTHING)
    return [*hot, nothing, *cold, _Kind(NOT_ENOUGH, say(NOT_ENOUGH_DATA), NO_DATA_LOOK)]


class _Classed(NamedTuple):
    """Rows of the legend for areas (…, n), its entries, and the name of each area's class."""

    rows: Ints
    entries: tuple[LegendEntry, ...]
    names: list[str]


def _classed(numbers: Ints, kinds: Sequence[_Kind], shown: Ints | None = None) -> _Classed:
    """Put areas into classes; of classes that no area is in the legend has none.

    ``shown`` are the numbers that the map first shows and the legend counts; by default the same.
    """
    first = numbers if shown is None else shown
    there = set(np.unique(numbers).tolist()) | set(first.tolist())
    held = [one for one in kinds if one.number in there and one.number != NOT_ENOUGH]
    row_of = {one.number: row for row, one in enumerate(held)} | {NOT_ENOUGH: NO_DATA}
    entries = [LegendEntry(*one.look, one.name, int((first == one.number).sum())) for one in held]
    missing = kinds[-1]
    if NOT_ENOUGH in there:
        count = int((first == NOT_ENOUGH).sum())
        entries.append(LegendEntry(*missing.look, missing.name, count))
    name_of = {one.number: one.name for one in kinds}
    look_up = np.vectorize(row_of.__getitem__, otypes=[np.int64])
    rows = look_up(first) if first.size else first
    return _Classed(rows, tuple(entries), [name_of[one] for one in first.tolist()])


def _spots(said: _Said, local: LocalG) -> ShownLayer:
    say, areas = said.say, said.told.areas
    found = _classed(local.classes, _spot_kinds(say))
    titles = [
        f"{kind}; {count}" if np.isnan(z) else f"{kind}; {count}; Gi* {z:.1f}"
        for kind, count, z in zip(found.names, said.counted, local.z.tolist(), strict=True)
    ]
    method = msg("Gi* with the neighbourhood; false discovery rate of 1, 5 and 10 %")
    return ShownLayer(
        key="hotspots",
        name=say(msg("Hot spots")),
        shapes=areas.shapes,
        classes=found.rows,
        keys=areas.keys,
        titles=_named(said, titles),
        labels=[""] * len(areas.keys),
        legend=Legend(say(msg("Hot and cold spots")), say(method), found.entries),
    )


def _named(said: _Said, titles: Sequence[str]) -> list[str]:
    """Put the names of grids before what is told; cells have none that tells people anything."""
    if not said.told.areas.names:
        return list(titles)
    return [f"{name}: {title}" for name, title in zip(said.names, titles, strict=True)]


def _emerging(said: _Said, found: Emerging) -> list[ShownLayer]:
    say, areas, told = said.say, said.told.areas, said.told
    classed = _classed(found.categories, _pattern_kinds(say))
    titles = [f"{kind}; {count}" for kind, count in zip(classed.names, said.counted, strict=True)]
    method = msg("Gi* of months and areas together; trend by Mann and Kendall")
    layers = [
        ShownLayer(
            key="emerging",
            name=say(msg("Emerging hot spots")),
            shapes=areas.shapes,
            classes=classed.rows,
            keys=areas.keys,
            titles=_named(said, titles),
            labels=[""] * len(areas.keys),
            legend=Legend(say(msg("How hot spots emerge")), say(method), classed.entries),
        )
    ]
    if len(found.local.classes):
        months = told.months[told.whole]
        layers.append(_spots_by_month(said, found.local, months))
    return layers


def _spots_by_month(said: _Said, local: LocalG, months: Sequence[int]) -> ShownLayer:
    """Return hot and cold spots of each month; at first those of the last one."""
    say, areas = said.say, said.told.areas
    kinds = _spot_kinds(say)
    steps = [_classed(local.classes, kinds, shown=one) for one in local.classes]
    last = steps[-1]
    return ShownLayer(
        key="months_hotspots",
        name=say(msg("Hot spots by month")),
        shapes=areas.shapes,
        classes=last.rows,
        keys=areas.keys,
        titles=last.names,
        labels=[""] * len(areas.keys),
        legend=Legend(
            say(msg("Hot and cold spots; at first those of the last month")),
            say(msg("Gi* of months and areas together, with the month before")),
            last.entries,
        ),
        steps=tuple(
            Step(month_name(month), one.rows, one.names)
            for month, one in zip(months, steps, strict=True)
        ),
    )


class _Doubling(NamedTuple):
    """Classes of whole numbers, each twice as wide as the one before: their upper ends."""

    ends: tuple[int, ...]

    @classmethod
    def up_to(cls, highest: int) -> _Doubling:
        """Return classes for numbers up to one: 0, then at most five of others.

        Examples
        --------
        >>> _Doubling.up_to(3).ends, _Doubling.up_to(60).ends, _Doubling.up_to(0).ends
        ((0, 1, 2), (0, 4, 8, 16, 32), (0,))
        """
        first = 1
        while first * 2**DOUBLINGS < highest:
            first *= 2
        ends = [first * 2**step for step in range(DOUBLINGS)]
        return cls((0, *(one for one in ends if one < highest)))

    def rows(self, values: Floats) -> Ints:
        """Return the class of each value (n,)."""
        return np.asarray(np.searchsorted(self.ends, values), dtype=np.int64)

    def names(self) -> list[str]:
        """Return what the classes are called: ``0``, ``1``, ``2``, ``3–4``, ``> 8``."""
        lows = [low + 1 for low in self.ends[:-1]]
        middle = [
            f"{low}" if low == high else f"{low}–{high}"
            for low, high in zip(lows, self.ends[1:], strict=True)
        ]
        return ["0", *middle, f"> {self.ends[-1]}"]

    def entries(self, rows: Ints) -> tuple[LegendEntry, ...]:
        """Return the legend's entries."""
        names = self.names()
        looks = (NOTHING, *sequential(len(names) - 1))
        return tuple(
            LegendEntry(*look, name, int((rows == row).sum()))
            for row, (look, name) in enumerate(zip(looks, names, strict=True))
        )


def _counts(said: _Said) -> ShownLayer:
    told, say = said.told, said.say
    broken = _Doubling.up_to(int(told.counts.max(initial=0)))
    rows = broken.rows(told.counts.astype(np.float64))
    return ShownLayer(
        key="issues",
        name=say(msg("Issues")),
        shapes=told.areas.shapes,
        classes=rows,
        keys=told.areas.keys,
        titles=_named(said, said.counted),
        labels=[str(one) for one in told.counts.tolist()] if told.areas.names else [""] * len(rows),
        legend=Legend(
            say(msg("Issues in the period")),
            say(msg("Every class twice as wide as the one before")),
            broken.entries(rows),
        ),
    )


def _rates(said: _Said) -> ShownLayer:
    told, say = said.told, said.say
    rows, ranges = _quantiles(told.values)
    looks = sequential(len(ranges))
    entries = [
        LegendEntry(*look, f"{low:.1f}–{high:.1f}", int((rows == row).sum()))
        for row, (look, (low, high)) in enumerate(zip(looks, ranges, strict=True))
    ]
    method = msg("%(method)s, classes: %(count)s", method=METHODS["quantiles"], count=len(ranges))
    without = int((rows == NO_DATA).sum())
    if without:
        few = say(msg("Fewer than %(count)s households", count=HOUSEHOLDS_MIN))
        entries.append(LegendEntry(*NO_DATA_LOOK, few, without))
    shown = ["" if np.isnan(one) else f"{one:.1f}" for one in told.values.tolist()]
    titles = [
        say(msg("%(rate)s per 100 households; %(count)s", rate=rate, count=count))
        if rate
        else count
        for rate, count in zip(shown, said.counted, strict=True)
    ]
    return ShownLayer(
        key="rates",
        name=say(msg("Issues per 100 households")),
        shapes=told.areas.shapes,
        classes=rows,
        keys=told.areas.keys,
        titles=_named(said, titles),
        labels=shown if told.areas.names else [""] * len(shown),
        legend=Legend(
            say(msg("Issues per 100 households in the period")), say(method), tuple(entries)
        ),
    )


def _quantiles(values: Floats) -> tuple[Ints, list[tuple[float, float]]]:
    """Break rates into classes of like many areas; numpy alone does it without any wait."""
    known = np.isfinite(values)
    rows = np.full(len(values), NO_DATA, dtype=np.int64)
    if not known.any():
        return rows, []
    inner = np.quantile(values[known], np.arange(1, RATE_CLASSES) / RATE_CLASSES)
    found = np.searchsorted(np.unique(inner), values[known], side="left")
    rows[known] = np.unique(found, return_inverse=True)[1]
    members = [values[rows == row] for row in range(int(rows.max()) + 1)]
    return rows, [(float(one.min()), float(one.max())) for one in members]


def _months(said: _Said) -> ShownLayer:
    """Return issues month by month; at first how many there are a month."""
    told, say = said.told, said.say
    broken = _Doubling.up_to(int(told.by_month.max(initial=0)))
    mean = told.by_month.mean(axis=0)
    rows = broken.rows(mean)
    known: dict[float, str] = {}
    for one in mean.tolist():
        known.setdefault(one, say(msg("%(count)s issues a month", count=f"{one:.2f}")))
    steps = tuple(
        Step(
            month_name(month),
            broken.rows(counts.astype(np.float64)),
            _named(said, said.issues(counts)),
        )
        for month, counts in zip(told.months, told.by_month, strict=True)
    )
    return ShownLayer(
        key="months",
        name=say(msg("Issues by month")),
        shapes=told.areas.shapes,
        classes=rows,
        keys=told.areas.keys,
        titles=_named(said, [known[one] for one in mean.tolist()]),
        labels=[""] * len(rows),
        legend=Legend(
            say(msg("Issues in the month; at first, a month on average")),
            say(msg("Every class twice as wide as the one before")),
            broken.entries(rows),
        ),
        steps=steps,
    )


def _density(said: _Said) -> ShownLayer:
    told, say = said.told, said.say
    levels = told.bands.levels.tolist() if told.bands else []
    shapes = told.bands.shapes if told.bands else np.empty(0, dtype=object)
    names = [
        say(msg("%(low)s to %(high)s", low=f"{low:,.0f}", high=f"{high:,.0f}"))
        for low, high in pairwise(levels)
    ]
    names += [say(msg("%(low)s and more", low=f"{one:,.0f}")) for one in levels[-1:]]
    method = msg(
        "Gaussian kernel, bandwidth %(width)s m, corrected at the rim",
        width=f"{told.bandwidth_m or 0:g}",
    )
    return ShownLayer(
        key="density",
        name=say(msg("Density of issues")),
        shapes=shapes,
        classes=np.arange(len(levels)),
        keys=[f"density:{level:g}" for level in levels],
        titles=[say(msg("%(range)s issues per km²", range=name)) for name in names],
        labels=[""] * len(levels),
        legend=Legend(
            say(msg("Issues per km²")),
            say(method),
            tuple(
                LegendEntry(*look, name, 1)
                for look, name in zip(sequential(len(levels)), names, strict=True)
            ),
        ),
    )


def _table(said: _Said) -> FigureTable:
    """Return the figures of areas with issues or of which something is found, hottest first."""
    told, say = said.told, said.say
    areas, parts = told.areas, _parts(said)
    order = _order(told)
    grids = bool(areas.names)
    head = [Column(say(msg("Grid")) if grids else say(msg("Cell")), number=False)]
    head += [Column(say(msg("Code")), number=False)] if grids else []
    rows = [
        (
            said.names[row],
            *([areas.keys[row]] if grids else []),
            *(_plain(values[row]) for _, values in parts),
        )
        for row in order
    ]
    return FigureTable(
        caption=say(msg("Issues and hot spots by area")),
        columns=(*head, *(column for column, _ in parts)),
        rows=tuple(rows),
        keys=tuple(areas.keys[row] for row in order),
    )


def _plain(value: object) -> str | float | None:
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return None if np.isnan(number) else number


def _order(told: HotspotMap) -> list[int]:
    """Return the rows of areas that the table tells of, the hottest first."""
    size = len(told.areas.keys)
    heat = told.counts.astype(np.float64)
    held = told.counts > 0 if not told.areas.names else np.ones(size, dtype=bool)
    if told.local is not None:
        heat = np.where(np.isnan(told.local.z), -np.inf, told.local.z)
        held |= (told.local.classes != 0) & (told.local.classes != NOT_ENOUGH)
    if told.emerging is not None:
        found = told.emerging.categories
        heat = np.where(found == NOT_ENOUGH, -np.inf, np.sign(found)) * 1.0
        held |= (found != NO_PATTERN) & (found != NOT_ENOUGH)
    ordered = np.lexsort((np.arange(size), -told.counts, -heat))
    return [row for row in ordered.tolist() if held[row]]


def _parts(said: _Said) -> list[tuple[Column, Sequence[object]]]:
    """Return the columns of figures, and their values by area."""
    told, say = said.told, said.say
    parts: list[tuple[Column, Sequence[object]]] = [
        (Column(say(msg("Issues"))), told.counts.tolist()),
        (Column(say(msg("Households"))), told.households.tolist()),
    ]
    if said.by_rate:
        parts.append(
            (Column(say(msg("Issues per 100 households")), decimals=1), told.values.tolist())
        )
    if told.local is not None:
        local = told.local
        names = {one.number: one.name for one in _spot_kinds(say)}
        parts += [
            (Column(say(msg("Found")), number=False), [names[k] for k in local.classes.tolist()]),
            (Column("Gi* z", decimals=2), local.z.tolist()),
            (Column(say(msg("p by relabelling")), decimals=4), local.p.tolist()),
            (Column(say(msg("False discovery rate")), decimals=4), local.q.tolist()),
            (Column(say(msg("p of the normal distribution")), decimals=4), local.p_normal.tolist()),
            (Column(say(msg("Areas in the neighbourhood"))), local.cells.tolist()),
        ]
    if told.emerging is not None:
        found = told.emerging
        names = {one.number: one.name for one in _pattern_kinds(say)}
        parts += [
            (
                Column(say(msg("Found")), number=False),
                [names[k] for k in found.categories.tolist()],
            ),
            (Column(say(msg("Trend (Kendall's tau)")), decimals=2), found.trend.tolist()),
            (Column(say(msg("p of the trend")), decimals=4), found.trend_p.tolist()),
        ]
    return parts


def _subtitle(said: _Said) -> str:
    told, say = said.told, said.say
    return say(
        msg(
            "%(period)s; %(total)s issues",
            period=_period(said),
            total=told.total,
        )
    )


def _period(said: _Said) -> str:
    """Return the period in days, the last one included."""
    asked, say, origin = said.told.asked, said.say, said.told.origin
    months = said.told.months
    last = min(asked.until - timedelta(seconds=1), said.told.at) if asked.until else said.told.at
    until = day(last, origin)
    if asked.since:
        return say(msg("%(since)s to %(until)s", since=day(asked.since, origin), until=until))
    if months:
        since = f"{month_name(months[0])}"
        return say(msg("%(since)s to %(until)s", since=since, until=until))
    return say(msg("Until %(until)s", until=until))


def _facts(said: _Said) -> tuple[Fact, ...]:
    told, say = said.told, said.say
    asked, areas = told.asked, told.areas
    by = _filled(COUNTED_BY[asked.by], side=f"{areas.side_m:g}")
    duties = ", ".join(called(one, say) for one in told.duties) or say(msg("All duties"))
    facts = [
        Fact(say(msg("Period, by receipt")), _period(said)),
        Fact(say(msg("Duties")), duties),
        Fact(say(msg("Counted")), say(STATES[asked.state])),
        Fact(say(msg("Counted by")), say(by)),
    ]
    if told.local is not None or told.emerging is not None:
        facts += [
            Fact(say(msg("Neighbourhood")), say(_neighbourhood(told))),
            Fact(
                say(msg("Significance")),
                say(msg("Exact relabelling; false discovery rate (Benjamini and Hochberg)")),
            ),
        ]
    if told.generation is not None:
        facts += generation_facts(told.generation, told.origin, say)
    return (*facts, *origin_facts(told.origin, told.at, say))


def _neighbourhood(told: HotspotMap) -> Message:
    areas = told.areas
    if areas.names:
        return msg("The grid itself and all that touch it")
    step_m = f"{areas.order * areas.side_m:g}"
    if areas.order == 1:
        return msg("The cell itself and all that touch it, as far as %(reach)s m", reach=step_m)
    return msg(
        "The cell itself and all within %(order)s steps, as far as %(reach)s m",
        order=areas.order,
        reach=step_m,
    )


def _notes(said: _Said) -> tuple[str, ...]:
    told, say = said.told, said.say
    left, found = told.left_out, []
    reason = (told.local.reason if told.local else "") or (
        told.emerging.reason if told.emerging else ""
    )
    if reason:
        found.append(LACKS[reason])
    elif told.local is not None:
        found.append(
            msg(
                "A hot spot is an area that has, with its neighbourhood, more issues than the same"
                " figures would bring together by chance. Large figures of single areas are none."
            )
        )
    rim = told.areas.share < SHARE_MIN
    if (told.local is not None or told.emerging is not None) and rim.any():
        found.append(
            msg("Of cells with less than half their ground inside the area nothing is said.")
        )
    if told.left_out.private:
        found.append(msg("Issues of private duties are not counted."))
    if left.unplaced:
        found.append(
            msg("%(count)s issues without a position are not on the map.", count=left.unplaced)
        )
    if left.outside:
        found.append(
            msg("%(count)s issues outside the area are not on the map.", count=left.outside)
        )
    return (*(say(one) for one in found), *notice_of(told.origin, say))


__all__ = ["hotspot_sheet"]
