"""The classes of hot spot maps (热点图例): hot and cold spots, and how they emerge."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.core.emerging import NO_PATTERN, PATTERNS
from geo.core.hotspots import NOT_ENOUGH
from geo.messages import Message, msg
from maps.patterns import NO_DATA_LOOK, Look, diverging
from maps.sheets import NO_DATA, LegendEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geo.core.emerging import Pattern
    from geo.core.hotspot_map import By

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
COUNTED_BY: dict[By, Message] = {
    "grid": msg("Grids"),
    "hexagon": msg("Hexagonal cells, %(side)s m across"),
    "square": msg("Square cells, %(side)s m wide"),
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


class Kind(NamedTuple):
    """A class that is not a range: its number in the core, name and look."""

    number: int
    name: str
    look: Look


def spot_kinds(say: Say) -> list[Kind]:
    """Return hot and cold spots from the hottest on; not enough data comes last."""
    looks = reversed(diverging(3, 3))
    found = [Kind(one, say(name), look) for (one, name), look in zip(SPOTS, looks, strict=True)]
    return [*found, Kind(NOT_ENOUGH, say(NOT_ENOUGH_DATA), NO_DATA_LOOK)]


def pattern_kinds(say: Say) -> list[Kind]:
    """Return how hot and cold spots emerge; not enough data comes last."""
    hot = [
        Kind(row, say(HOT_PATTERNS[one]), Look(*PATTERN_LOOKS[one]))
        for row, one in enumerate(PATTERNS, start=1)
    ]
    cold = [
        Kind(-row, say(COLD_PATTERNS[one]), Look(*COLD_LOOKS[one]))
        for row, one in enumerate(PATTERNS, start=1)
    ]
    nothing = Kind(NO_PATTERN, say(msg("No pattern")), NOTHING)
    return [*hot, nothing, *cold, Kind(NOT_ENOUGH, say(NOT_ENOUGH_DATA), NO_DATA_LOOK)]


class Classed(NamedTuple):
    """Rows of the legend for areas (…, n), its entries, and the name of each area's class."""

    rows: Ints
    entries: tuple[LegendEntry, ...]
    names: list[str]


def classed(numbers: Ints, kinds: Sequence[Kind], shown: Ints | None = None) -> Classed:
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
    return Classed(rows, tuple(entries), [name_of[one] for one in first.tolist()])


__all__ = [
    "COUNTED_BY",
    "NOTHING",
    "NOT_ENOUGH_DATA",
    "SPOTS",
    "Classed",
    "Kind",
    "classed",
    "pattern_kinds",
    "spot_kinds",
]
