"""Title and panel of a printed map: legend, marks, notes, facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import shapely

from maps.print_ground import CAP_SHARE, GREY, INK, MARKS, RED, station_mark, swatch
from maps.print_labels import PT_MM, wrapped
from maps.print_layout import Box

if TYPE_CHECKING:
    from maps.print_ground import Drawing
    from maps.sheets import Legend, MapSheet, ShownLayer

TITLE_PT, SUBTITLE_PT = 27.0, 13.0
HEAD_PT, TEXT_PT, SMALL_PT = 12.5, 9.5, 8.0
LEADING = 1.5
KEPT_LINES = 2
SWATCH_MM = (11.0, 6.0)
RULE = "#cfc6b6"


def draw_head(drawing: Drawing, sheet: MapSheet, shown: tuple[ShownLayer, ...]) -> None:
    """Write title and subtitle over a red rule; a title that is too long is written smaller."""
    scale, head = drawing.page.scale, drawing.page.head
    size = TITLE_PT
    while size > TITLE_PT / 2 and len(wrapped(sheet.title, drawing.pt(size), head.width)) > 1:
        size -= 1
    drawing.write(head.left, head.top - 9.5 * scale, sheet.title, size, color=RED, weight="bold")
    told = " · ".join(dict.fromkeys(one for one in (sheet.subtitle, shown[0].name) if one))
    (line, *rest) = wrapped(told, drawing.pt(SUBTITLE_PT), head.width)
    size = SUBTITLE_PT if not rest else SUBTITLE_PT * 0.75
    drawing.write(head.left, head.top - 17 * scale, told if rest else line, size, color=GREY)
    y = head.bottom + 2.5 * scale
    drawing.sheet.plot([head.left, head.right], [y, y], color=RED, lw=drawing.pt(1.6))


class Setting(NamedTuple):
    """How a panel is written: how small, and whether its parts begin columns of their own."""

    shrunk: float
    turns: bool


class Column:
    """What is written downwards, and on in the next column where one is full.

    Parameters
    ----------
    drawing
        The figure; nothing is drawn on it while ``draws`` is false.
    set_as
        How it is written.
    """

    def __init__(self, drawing: Drawing, set_as: Setting, *, draws: bool) -> None:
        self.drawing, self.draws = drawing, draws
        self.shrunk, self.turns = set_as
        self.boxes = list(drawing.page.panel)
        self.box = self.boxes.pop(0)
        self.y = self.box.top
        self.overflows = False

    @property
    def scale(self) -> float:
        """Millimetres of paper for one of A3."""
        return self.drawing.page.scale * self.shrunk

    def room_for(self, mm: float) -> None:
        """Go on in the next column where this one hasn't so much room left, in paper's mm."""
        if self.y - mm >= self.box.bottom:
            return
        if self.boxes:
            self.box = self.boxes.pop(0)
            self.y = self.box.top
        else:
            self.overflows = True

    def down(self, mm: float) -> None:
        """Leave room, in millimetres of A3; not at the top of a column."""
        if self.y < self.box.top:
            self.y -= mm * self.scale

    def put(self, x: float, y: float, words: str, size_pt: float, **how: Any) -> None:
        """Write words at a place."""
        if self.draws:
            self.drawing.write(x, y, words, size_pt * self.shrunk, **how)

    def write(self, words: str, size_pt: float, **how: Any) -> None:
        """Write lines that are broken at the column's width."""
        size = self.drawing.pt(size_pt) * self.shrunk
        lines = wrapped(words, size, self.box.width)
        step = size * PT_MM * LEADING
        self.room_for(step * min(len(lines), KEPT_LINES))
        for line in lines:
            self.room_for(step)
            self.y -= step
            self.put(self.box.left, self.y, line, size_pt, **how)

    def rule(self) -> None:
        """Draw a thin rule, but not at the top of a column."""
        if self.y >= self.box.top:
            return
        self.down(3.0)
        if self.draws:
            across, pen = [self.box.left, self.box.right], self.drawing.pt(0.6)
            self.drawing.sheet.plot(across, [self.y, self.y], color=RULE, lw=pen)
        self.down(1.5)

    def turn(self) -> None:
        """Begin the next column; in the last one, or where all is to follow on, draw a rule."""
        if not (self.turns and self.boxes):
            self.rule()
        elif self.y < self.box.top:
            self.box = self.boxes.pop(0)
            self.y = self.box.top


SETTINGS = tuple(
    Setting(shrunk, turns)
    for shrunk in (1.0, 0.92, 0.85, 0.78, 0.72, 0.66, 0.6, 0.54)
    for turns in (True, False)
)
"""The one that is liked best first."""


class Told(NamedTuple):
    """What stands in a panel.

    Parameters
    ----------
    sheet, shown
        Whose; the layer of each map.
    mm_per_m
        The scale that maps are drawn at.
    """

    sheet: MapSheet
    shown: tuple[ShownLayer, ...]
    mm_per_m: float


def draw_panel(drawing: Drawing, told: Told) -> None:
    """Write legends, the mark of stations, notes and facts, so small that all of it fits."""
    fitting = (one for one in SETTINGS if not _fill(Column(drawing, one, draws=False), told))
    _fill(Column(drawing, next(fitting, SETTINGS[-1]), draws=True), told)


def _fill(column: Column, told: Told) -> bool:
    """Write everything, and tell whether it was too much."""
    for legend, counts, areal in _legends(told.shown):
        _legend(column, legend, counts, areal=areal)
    if told.sheet.stations:
        _station(column)
    if told.sheet.notes:
        column.turn()
        for note in told.sheet.notes:
            column.write(note, SMALL_PT, color=INK)
            column.down(1.2)
    column.turn()
    for fact in told.sheet.facts:
        column.room_for((SMALL_PT + TEXT_PT) * PT_MM * LEADING * column.scale)
        column.write(fact.name, SMALL_PT * 0.9, color=GREY)
        column.write(fact.value, TEXT_PT * 0.95)
        column.down(1.0)
    ratio = round(1000 / told.mm_per_m / 100) * 100
    column.write(f"1 : {ratio:,}".replace(",", " "), TEXT_PT * 0.95)
    return column.overflows


def _legends(shown: tuple[ShownLayer, ...]) -> list[tuple[Legend, list[str], bool]]:
    """Return legends, counts of their classes, and whether they are of areas; the same one once."""
    found: list[tuple[Legend, list[str], bool]] = []
    for layer in shown:
        told = layer.legend.counted
        counts = [f"{one.shape_count:,}" if told else "" for one in layer.legend.entries]
        same = next((one for one in found if _looks(one[0]) == _looks(layer.legend)), None)
        if same is None:
            found.append((layer.legend, counts, _is_areal(layer)))
        elif told:
            same[1][:] = [f"{one} · {more}" for one, more in zip(same[1], counts, strict=True)]
    return found


def _looks(legend: Legend) -> tuple[object, ...]:
    return legend.title, *((one.color, one.pattern, one.label) for one in legend.entries)


def _is_areal(layer: ShownLayer) -> bool:
    return len(layer.shapes) == 0 or bool((shapely.get_dimensions(layer.shapes) > 1).any())


def _legend(column: Column, legend: Legend, counts: list[str], *, areal: bool) -> None:
    scale = column.scale
    wide, high = (one * scale for one in SWATCH_MM)
    column.write(legend.title, HEAD_PT, weight="bold")
    column.down(0.8)
    if legend.method:
        column.write(legend.method, SMALL_PT, color=GREY)
    column.down(2.5)
    size = column.drawing.pt(TEXT_PT) * column.shrunk * PT_MM
    for row, (entry, count) in enumerate(zip(legend.entries, counts, strict=True)):
        column.room_for(high)
        column.y -= high
        mark = None if areal else MARKS[row % len(MARKS)]
        if column.draws:
            swatch(column.drawing, Box(column.box.left, column.y, wide, high), entry, mark)
        base = column.y + high / 2 - CAP_SHARE * size
        column.put(column.box.right, base, count, TEXT_PT, color=GREY, ha="right")
        room = column.box.width - wide - (6 + 2.4 * len(count)) * scale
        lines = wrapped(entry.label, size / PT_MM, room)
        for number, line in enumerate(lines):
            y = base + ((len(lines) - 1) / 2 - number) * size * 1.3
            column.put(column.box.left + wide + 3 * scale, y, line, TEXT_PT)
        column.down(1.6 + max(0, len(lines) - 2) * 4)
    column.down(2.0)


def _station(column: Column) -> None:
    scale = column.scale
    column.room_for(5.0 * scale)
    column.y -= 5.0 * scale
    if column.draws:
        middle = column.box.left + SWATCH_MM[0] * scale / 2
        station_mark(column.drawing, middle, column.y + 1.2 * scale)
    left = column.box.left + (SWATCH_MM[0] + 3) * scale
    column.put(left, column.y, column.drawing.words.station, TEXT_PT)
    column.down(1.0)


__all__ = ["Told", "draw_head", "draw_panel"]
