"""Sheets of hot spot maps (热点图): hot and cold spots, densities, and how spots emerge.

Everything that is drawn stands in the table as well, but for areas without any issue of which
nothing is found.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from geo.core.classes import METHODS
from geo.core.emerging import MONTHS_MIN, SURE
from geo.core.hotspot_map import HOUSEHOLDS_MIN, month_name
from geo.core.hotspots import CELLS_MIN, SHARE_MIN, TOTAL_MIN
from geo.messages import Message, msg
from maps.hotspot_breaks import Doubling, quantiles
from maps.hotspot_kinds import COUNTED_BY, classed, pattern_kinds, spot_kinds
from maps.hotspot_said import Said, named
from maps.hotspot_tables import hotspot_table
from maps.patterns import NO_DATA_LOOK, sequential
from maps.sheet_facts import called, day, generation_facts, notice_of, origin_facts
from maps.sheets import (
    NO_DATA,
    Fact,
    Legend,
    LegendEntry,
    MapSheet,
    ShownLayer,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geo.core.emerging import Emerging
    from geo.core.hotspot_map import HotspotMap, State, Statistic
    from geo.core.hotspots import LocalG

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Say = Callable[[Message], str]

TITLES: dict[Statistic, Message] = {
    "gi": msg("Hot spots of issues, %(place)s"),
    "emerging": msg("Emerging hot spots of issues, %(place)s"),
    "density": msg("Density of issues, %(place)s"),
    "count": msg("Issues, %(place)s"),
}
STATES: dict[State, Message] = {
    "open": msg("Open issues"),
    "closed": msg("Closed issues"),
    "all": msg("Open and closed issues"),
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
    said = Said(told, say)
    return MapSheet(
        language=language,
        title=say(_filled(TITLES[told.asked.statistic], place=told.origin.name)),
        subtitle=_subtitle(said),
        name=say(msg("Map of issues")),
        layers=_layers(said),
        tables=(hotspot_table(said),),
        facts=_facts(said),
        notes=_notes(said),
        bounds=told.bounds,
    )


def _filled(message: Message, **values: object) -> Message:
    return Message(message.template, {**message.values, **values})


def _layers(said: Said) -> tuple[ShownLayer, ...]:
    told, found = said.told, []
    if told.local is not None:
        found.append(_spots(said, told.local))
    if told.emerging is not None:
        found += _emerging(said, told.emerging)
    if told.bands is not None and len(told.bands.levels):
        found.append(_density(said))
    found.append(_rates(said) if said.by_rate else _counts(said))
    if told.months:
        found.append(_months(said))
    return tuple(found)


def _spots(said: Said, local: LocalG) -> ShownLayer:
    say, areas = said.say, said.told.areas
    found = classed(local.classes, spot_kinds(say))
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
        titles=named(said, titles),
        labels=[""] * len(areas.keys),
        legend=Legend(say(msg("Hot and cold spots")), say(method), found.entries),
    )


def _emerging(said: Said, found: Emerging) -> list[ShownLayer]:
    say, areas, told = said.say, said.told.areas, said.told
    told_of = classed(found.categories, pattern_kinds(say))
    titles = [f"{kind}; {count}" for kind, count in zip(told_of.names, said.counted, strict=True)]
    method = msg("Gi* of months and areas together; trend by Mann and Kendall")
    layers = [
        ShownLayer(
            key="emerging",
            name=say(msg("Emerging hot spots")),
            shapes=areas.shapes,
            classes=told_of.rows,
            keys=areas.keys,
            titles=named(said, titles),
            labels=[""] * len(areas.keys),
            legend=Legend(say(msg("How hot spots emerge")), say(method), told_of.entries),
        )
    ]
    if len(found.local.classes):
        months = told.months[told.whole]
        layers.append(_spots_by_month(said, found.local, months))
    return layers


def _spots_by_month(said: Said, local: LocalG, months: Sequence[int]) -> ShownLayer:
    """Return hot and cold spots of each month; at first those of the last one."""
    say, areas = said.say, said.told.areas
    kinds = spot_kinds(say)
    steps = [classed(local.classes, kinds, shown=one) for one in local.classes]
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


def _counts(said: Said) -> ShownLayer:
    told, say = said.told, said.say
    broken = Doubling.up_to(int(told.counts.max(initial=0)))
    rows = broken.rows(told.counts.astype(np.float64))
    return ShownLayer(
        key="issues",
        name=say(msg("Issues")),
        shapes=told.areas.shapes,
        classes=rows,
        keys=told.areas.keys,
        titles=named(said, said.counted),
        labels=[str(one) for one in told.counts.tolist()] if told.areas.names else [""] * len(rows),
        legend=Legend(
            say(msg("Issues in the period")),
            say(msg("Every class twice as wide as the one before")),
            broken.entries(rows),
        ),
    )


def _rates(said: Said) -> ShownLayer:
    told, say = said.told, said.say
    rows, ranges = quantiles(told.values)
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
        titles=named(said, titles),
        labels=shown if told.areas.names else [""] * len(shown),
        legend=Legend(
            say(msg("Issues per 100 households in the period")), say(method), tuple(entries)
        ),
    )


def _months(said: Said) -> ShownLayer:
    """Return issues month by month; at first how many there are a month."""
    told, say = said.told, said.say
    broken = Doubling.up_to(int(told.by_month.max(initial=0)))
    mean = told.by_month.mean(axis=0)
    rows = broken.rows(mean)
    known: dict[float, str] = {}
    for one in mean.tolist():
        known.setdefault(one, say(msg("%(count)s issues a month", count=f"{one:.2f}")))
    steps = tuple(
        Step(
            month_name(month),
            broken.rows(counts.astype(np.float64)),
            named(said, said.issues(counts)),
        )
        for month, counts in zip(told.months, told.by_month, strict=True)
    )
    return ShownLayer(
        key="months",
        name=say(msg("Issues by month")),
        shapes=told.areas.shapes,
        classes=rows,
        keys=told.areas.keys,
        titles=named(said, [known[one] for one in mean.tolist()]),
        labels=[""] * len(rows),
        legend=Legend(
            say(msg("Issues in the month; at first, a month on average")),
            say(msg("Every class twice as wide as the one before")),
            broken.entries(rows),
        ),
        steps=steps,
    )


def _density(said: Said) -> ShownLayer:
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
            counted=False,
        ),
    )


def _subtitle(said: Said) -> str:
    told, say = said.told, said.say
    return say(
        msg(
            "%(period)s; %(total)s issues",
            period=_period(said),
            total=told.total,
        )
    )


def _period(said: Said) -> str:
    """Return the period in days, the last one included."""
    asked, say, origin = said.told.asked, said.say, said.told.origin
    months = said.told.months
    last = min(asked.until - timedelta(seconds=1), said.told.at) if asked.until else said.told.at
    until = day(last, origin)
    if asked.since:
        return say(msg("%(since)s to %(until)s", since=day(asked.since, origin), until=until))
    if months:
        since = f"{month_name(months[0])}-01"
        return say(msg("%(since)s to %(until)s", since=since, until=until))
    return say(msg("Until %(until)s", until=until))


def _facts(said: Said) -> tuple[Fact, ...]:
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


def _notes(said: Said) -> tuple[str, ...]:
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
    elif told.emerging is not None and _only_in_passing(told.emerging):
        found.append(
            msg(
                "No area is a hot spot at the end of the period, nor was one most of the time."
                " Those that came and went are shown month by month."
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


def _only_in_passing(found: Emerging) -> bool:
    """Tell whether there were hot spots, but none of them is told in one word."""
    return bool((found.local.classes >= SURE).any() and not (found.categories > 0).any())


__all__ = ["hotspot_sheet"]
