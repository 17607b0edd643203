"""Title and panel of a printed map: legend, marks, notes, facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


class Column:
    """What is written from the top of the panel downwards."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing, self.box = drawing, drawing.page.panel
        self.y = self.box.top

    def down(self, mm: float) -> None:
        """Leave room, in millimetres of A3."""
        self.y -= mm * self.drawing.page.scale

    def write(self, words: str, size_pt: float, *, indent: float = 0.0, **how: str) -> None:
        """Write lines that are broken at the panel's width."""
        size = self.drawing.pt(size_pt)
        indent *= self.drawing.page.scale
        for line in wrapped(words, size, self.box.width - indent):
            self.y -= size * PT_MM * LEADING
            self.drawing.write(self.box.left + indent, self.y, line, size_pt, **how)

    def rule(self) -> None:
        """Draw a thin rule."""
        self.down(3.0)
        across = [self.box.left, self.box.right]
        pen = self.drawing.pt(0.6)
        self.drawing.sheet.plot(across, [self.y, self.y], color=RULE, lw=pen)
        self.down(1.5)


def draw_panel(
    drawing: Drawing,
    sheet: MapSheet,
    shown: tuple[ShownLayer, ...],
    mm_per_m: float,
    *,
    stations: bool,
) -> None:
    """Write legends, the mark of stations, notes and facts.

    Parameters
    ----------
    drawing
        The figure.
    sheet, shown
        Whose; the layer of each map.
    mm_per_m
        The scale that maps are drawn at.
    stations
        Whether stations are marked.
    """
    column = Column(drawing)
    told: list[tuple[object, ...]] = []
    for layer in shown:
        looks = (layer.legend.title, *((one.color, one.label) for one in layer.legend.entries))
        if looks not in told:
            _legend(column, layer.legend, areal=_is_areal(layer))
            told.append(looks)
    if stations:
        _station(column)
    if sheet.notes:
        column.rule()
        for note in sheet.notes:
            column.write(note, SMALL_PT, color=INK)
            column.down(1.2)
    column.rule()
    for fact in sheet.facts:
        column.write(fact.name, SMALL_PT * 0.9, color=GREY)
        column.write(fact.value, TEXT_PT * 0.95)
        column.down(1.0)
    ratio = round(1000 / mm_per_m / 100) * 100
    column.write(f"1 : {ratio:,}".replace(",", " "), TEXT_PT * 0.95)


def _is_areal(layer: ShownLayer) -> bool:
    return len(layer.shapes) == 0 or bool((shapely.get_dimensions(layer.shapes) > 1).any())


def _legend(column: Column, legend: Legend, *, areal: bool) -> None:
    scale = column.drawing.page.scale
    column.write(legend.title, HEAD_PT, weight="bold")
    column.down(0.8)
    if legend.method:
        column.write(legend.method, SMALL_PT, color=GREY)
    column.down(2.5)
    wide, high = (one * scale for one in SWATCH_MM)
    for row, entry in enumerate(legend.entries):
        column.y -= high
        mark = None if areal else MARKS[row % len(MARKS)]
        swatch(column.drawing, Box(column.box.left, column.y, wide, high), entry, mark)
        base = column.y + high / 2 - CAP_SHARE * column.drawing.pt(TEXT_PT) * PT_MM
        count = f"{entry.shape_count:,}"
        column.drawing.write(column.box.right, base, count, TEXT_PT, color=GREY, ha="right")
        room = column.box.width - wide - 14 * scale
        lines = wrapped(entry.label, column.drawing.pt(TEXT_PT), room)
        step = column.drawing.pt(TEXT_PT) * PT_MM * 1.3
        for number, line in enumerate(lines):
            y = base + (len(lines) - 1) * step / 2 - number * step
            column.drawing.write(column.box.left + wide + 3 * scale, y, line, TEXT_PT)
        column.down(1.6 + max(0, len(lines) - 2) * 4)
    column.down(2.0)


def _station(column: Column) -> None:
    scale = column.drawing.page.scale
    column.down(5.0)
    middle = column.box.left + SWATCH_MM[0] * scale / 2
    station_mark(column.drawing, middle, column.y + 1.2 * scale)
    left = column.box.left + (SWATCH_MM[0] + 3) * scale
    column.drawing.write(left, column.y, column.drawing.words.station, TEXT_PT)
    column.down(1.0)


__all__ = ["draw_head", "draw_panel"]
