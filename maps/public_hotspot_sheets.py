"""The public's map of hot spots (公众热点图): what was released of a period, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geo.core.classes import classify
from geo.core.hotspots import NOT_ENOUGH
from geo.core.released_spots import released_spots
from geo.core.suppression import WITHHELD
from geo.messages import Message, msg
from maps.hotspot_kinds import COUNTED_BY, NOT_ENOUGH_DATA, SPOTS
from maps.patterns import NO_DATA_LOOK, Look, diverging, sequential
from maps.sheet_facts import called, notice_of, origin_facts
from maps.sheets import (
    NO_DATA,
    Column,
    Fact,
    FigureTable,
    Legend,
    LegendEntry,
    MapSheet,
    ShownLayer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geo.core.map_origin import Origin
    from geo.core.releases import Release

    Ints = NDArray[np.int64]
    Say = Callable[[Message], str]

PERIODS_MAX = 8
"""So many periods stand side by side in the table."""

LABELLED = 400
"""On more places no numbers are written: they would cover the map."""

NOT_ENOUGH_LOOK = Look("#c9c6bd", "dots")


class _Said(NamedTuple):
    """What was released, and how to say it."""

    release: Release
    say: Say

    @property
    def withheld(self) -> str:
        return self.say(msg("Not published"))

    def name(self, row: int) -> str:
        """Return what a place is called: the grid, or the cell's key."""
        named = self.release.names[row]
        return called(named, self.say) if named.name else self.release.keys[row]


def public_hotspot_sheet(
    release: Release, comparable: Sequence[Release], origin: Origin, language: str, say: Say
) -> MapSheet:
    """Make the public's map of hot spots.

    Parameters
    ----------
    release
        What is shown.
    comparable
        All releases by the same places, oldest first: classes are the same for all of them, and
        their numbers stand side by side in the table.
    origin
        Whose map it is.
    language
        BCP 47 tag of what ``say`` speaks.
    say
        Says a message in the reader's language.
    """
    said = _Said(release, say)
    place = origin.name
    spots = released_spots(release)
    west, south, east, north = (float(one) for one in shapely.total_bounds(release.shapes))
    return MapSheet(
        language=language,
        title=say(msg("Issues and hot spots, %(place)s", place=place)),
        subtitle=say(msg("%(period)s, as released to the public", period=release.period.name)),
        name=say(msg("Map of released numbers of issues")),
        layers=(_counts(said, comparable), _spots(said, spots.classes)),
        tables=(_table(said, comparable, spots.classes),),
        facts=_facts(said, origin),
        notes=_notes(said, origin, spots.reason),
        bounds=(west, south, east, north),
    )


def _counts(said: _Said, comparable: Sequence[Release]) -> ShownLayer:
    """Return the layer of numbers, in classes that all periods have in common."""
    release, say = said.release, said.say
    others = [one for one in comparable if one.period != release.period]
    known = np.concatenate([one.counts[one.told] for one in (release, *others)])
    broken = classify(known.astype(np.float64))
    classes = np.full(len(release.keys), NO_DATA, dtype=np.int64)
    classes[release.told] = broken.rows[: int(release.told.sum())]
    looks = sequential(len(broken.ranges))
    labels = [
        f"{low:.0f}–{high:.0f}" if low < high else f"{low:.0f}" for low, high in broken.ranges
    ]
    entries = [
        LegendEntry(look.color, look.pattern, label, int((classes == row).sum()))
        for row, (look, label) in enumerate(zip(looks, labels, strict=True))
    ]
    shown = [said.withheld if one == WITHHELD else str(one) for one in release.counts.tolist()]
    return ShownLayer(
        key="issues",
        name=say(msg("Issues")),
        shapes=release.shapes,
        classes=classes,
        keys=release.keys,
        titles=[
            say(msg("%(name)s: %(value)s", name=said.name(row), value=value))
            for row, value in enumerate(shown)
        ],
        labels=[
            str(one) if len(release.keys) <= LABELLED and one != WITHHELD else ""
            for one in release.counts.tolist()
        ],
        legend=Legend(
            say(msg("Issues in the period")),
            say(broken.method),
            (*entries, *_missing(said, classes)),
        ),
    )


def _missing(said: _Said, classes: Ints) -> tuple[LegendEntry, ...]:
    count = int((classes == NO_DATA).sum())
    label = said.say(
        msg("Not published: fewer than %(least)s, or to protect others", least=said.release.least)
    )
    return (LegendEntry(*NO_DATA_LOOK, label, count),) if count else ()


def _spots(said: _Said, found: Ints) -> ShownLayer:
    release, say = said.release, said.say
    row_of = {one: row for row, (one, _) in enumerate(SPOTS)} | {NOT_ENOUGH: len(SPOTS)}
    classes = np.array([row_of[one] for one in found.tolist()], dtype=np.int64)
    classes[~release.told] = NO_DATA
    looks = (*reversed(diverging(3, 3)), NOT_ENOUGH_LOOK)
    names = [say(one) for _, one in (*SPOTS, (NOT_ENOUGH, NOT_ENOUGH_DATA))]
    entries = [
        LegendEntry(*look, name, int((classes == row).sum()))
        for row, (look, name) in enumerate(zip(looks, names, strict=True))
    ]
    if not (classes == row_of[NOT_ENOUGH]).any():
        entries.pop()
    kinds = [names[one] if one != NO_DATA else said.withheld for one in classes.tolist()]
    return ShownLayer(
        key="hotspots",
        name=say(msg("Hot spots")),
        shapes=release.shapes,
        classes=classes,
        keys=release.keys,
        titles=[
            say(msg("%(name)s: %(value)s", name=said.name(row), value=kind))
            for row, kind in enumerate(kinds)
        ],
        labels=[""] * len(release.keys),
        legend=Legend(
            say(msg("Hot and cold spots")),
            say(msg("Gi* of the published numbers, with bordering places; false discovery rate")),
            (*entries, *_missing(said, classes)),
        ),
    )


def _table(said: _Said, comparable: Sequence[Release], found: Ints) -> FigureTable:
    """Return the numbers of the latest periods by place, and their totals where they are told."""
    release, say = said.release, said.say
    periods = list(comparable)[-PERIODS_MAX:] or [release]
    kinds = dict(SPOTS) | {NOT_ENOUGH: NOT_ENOUGH_DATA}
    order = sorted(range(len(release.keys)), key=lambda row: -release.counts[row])
    rows = [
        (
            said.name(row),
            *(None if one.counts[row] == WITHHELD else float(one.counts[row]) for one in periods),
            say(kinds[int(found[row])]) if release.told[row] else None,
        )
        for row in order
    ]
    totals = [None if one.total is None else float(one.total) for one in periods]
    first = msg("Grid") if release.geography == "grid" else msg("Cell")
    return FigureTable(
        caption=say(msg("Released numbers of issues")),
        columns=(
            Column(say(first), number=False),
            *(Column(say(one.period.name)) for one in periods),
            Column(say(msg("Hot spot")), number=False),
        ),
        rows=(*rows, (say(msg("All together")), *totals, None)),
        missing=said.withheld,
        keys=(*(release.keys[row] for row in order), ""),
    )


def _facts(said: _Said, origin: Origin) -> tuple[Fact, ...]:
    release, say = said.release, said.say
    side = {"side": f"{release.side_m:g}"} if release.side_m else {}
    told = (
        (msg("Period"), say(release.period.name)),
        (msg("Counted by"), say(Message(COUNTED_BY[release.geography].template, side))),
        (msg("Generation"), release.generation),
        (
            msg("Published from"),
            say(msg("%(least)s issues and %(least)s residents", least=release.least)),
        ),
    )
    return (
        *(Fact(say(name), value) for name, value in told if value),
        *origin_facts(origin, release.released_at, say),
    )


def _notes(said: _Said, origin: Origin, lack: str) -> tuple[str, ...]:
    release, say = said.release, said.say
    found = [
        msg(
            "A number is published where at least %(least)s people live and at least %(least)s"
            " issues were received; none, too, counts as fewer. Some more are left out, so that"
            " nothing can be worked out from the total.",
            least=release.least,
        ),
        msg("Issues of private duties, and issues not yet sorted, are never counted here."),
        msg(
            "The table was made once, when its period was over, and does not change any more:"
            " later corrections are not in it."
        ),
    ]
    if lack:
        found.append(msg("Too few numbers are published to tell hot spots from chance."))
    else:
        half = f"{(release.least - 1) / 2:g}"
        found.append(
            msg(
                "Where hot spots are looked for, numbers not published count as %(half)s.",
                half=half,
            )
        )
    return (*(say(one) for one in found), *notice_of(origin, say))


__all__ = ["public_hotspot_sheet"]
