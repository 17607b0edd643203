"""Map sheets as pictures for print (图幅): PNG and SVG, A3 or A4, across or upright.

Words are drawn as outlines in SVG, so that a print shop without the font prints the same; title
and facts stand in it as text besides, for search and for those who don't see it. The same sheet
gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import shapely

from geo.core.crs import WGS84_SRID, metric_srid, transform_geometry
from geo.errors import InvalidFieldError, NotFoundError
from geo.messages import msg
from maps.fonts import chinese_family
from maps.print_ground import Drawing, draw_map, ground_of
from maps.print_layout import Box, frames, page, parts_of
from maps.print_panel import Told, draw_head, draw_panel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from maps.print_layout import Bounds, Page, Size
    from maps.sheets import Basemap, MapSheet, ShownLayer

    Shapes = NDArray[np.object_]

Form = Literal["png", "svg"]
MM_PER_INCH = 25.4
DPI = 300
CAPTION_MM = 7.0
BETTER = 1.08
"""So much larger the ground must be on an upright sheet for it to be one."""

_drawing = Lock()
"""A large picture takes tens of megabytes while it is drawn: one at a time."""


class PictureWords(NamedTuple):
    """The few words that a picture adds, in the reader's language.

    Parameters
    ----------
    station
        What the mark of a station means.
    north
        Over the arrow.
    """

    station: str
    north: str


@dataclass(frozen=True, slots=True)
class Print:
    """How a sheet is printed.

    Parameters
    ----------
    form
        ``png`` or ``svg``.
    size
        Of the paper.
    dpi
        Points per inch of a PNG.
    layer
        Key of the layer that is drawn; by default the first.
    step
        Row of the layer's step that is drawn, such as a month; by default the layer as it is.
    """

    form: Form = "png"
    size: Size = "A3"
    dpi: int = DPI
    layer: str | None = None
    step: int | None = None


def picture(
    sheet: MapSheet, basemap: Basemap | None, words: PictureWords, how: Print | None = None
) -> bytes:
    """Return a sheet as a picture for print.

    Ground that lies apart is drawn in frames of its own, all at one scale.

    Parameters
    ----------
    sheet
        What to draw.
    basemap
        What lies underneath, if anything.
    words
        In the language of the sheet.
    how
        Form, size and layer.

    Raises
    ------
    NotFoundError
        When the sheet has no such layer.
    InvalidFieldError
        When the layer has no such step.
    NoChineseFontError
        When this machine has no font with Chinese characters.
    """
    how = how or Print()
    shown = _chosen(sheet, how)
    family = chinese_family()
    with _drawing:
        return _drawn(sheet, shown, basemap, Drawing(family, page(how.size), words), how)


def _chosen(sheet: MapSheet, how: Print) -> tuple[ShownLayer, ...]:
    """Return the layer of each map, at the step that is wanted."""
    return tuple(
        _stepped(_layer(layers, how.layer), how.step)
        for layers in (sheet.layers, sheet.beside)
        if layers
    )


def _layer(layers: tuple[ShownLayer, ...], key: str | None) -> ShownLayer:
    found = next((one for one in layers if key is None or one.key == key), None)
    if found is None:
        raise NotFoundError(kind=msg("map layer"), name=key or "")
    return found


def _stepped(layer: ShownLayer, step: int | None) -> ShownLayer:
    if step is None:
        return layer
    if not 0 <= step < len(layer.steps):
        reason = msg("This layer has %(count)s steps.", count=len(layer.steps))
        raise InvalidFieldError(field="step", reason=reason)
    chosen = layer.steps[step]
    return replace(
        layer, name=f"{layer.name} · {chosen.name}", classes=chosen.classes, titles=chosen.titles
    )


def _drawn(
    sheet: MapSheet,
    shown: tuple[ShownLayer, ...],
    basemap: Basemap | None,
    drawing: Drawing,
    how: Print,
) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy
    from matplotlib.figure import Figure  # noqa: PLC0415 - heavy, for few requests

    west, south, east, north = sheet.bounds
    srid = metric_srid((west + east) / 2, (south + north) / 2)
    ground = ground_of(basemap, sheet.stations, srid)
    metric = [_metric(layer, srid) for layer in shown]
    sides = (sheet.layers, sheet.beside)
    areas = [_areas(layers, srid) for layers, _layer in zip(sides, shown, strict=False)]
    parts = [
        parts_of(np.concatenate([layer.shapes, around])) or [ground.bounds()]
        for layer, around in zip(metric, areas, strict=True)
    ]
    drawing.page = _best_page(how.size, parts)
    paper = drawing.page
    figure = Figure((paper.width / MM_PER_INCH, paper.height / MM_PER_INCH), facecolor="#ffffff")
    FigureCanvasAgg(figure)
    drawing.begin(figure)
    draw_head(drawing, sheet, shown)
    names = (sheet.name, sheet.beside_name) if len(shown) > 1 else ("",)
    boxes = _halves(paper, len(shown))
    for layer, around, own, box, name in zip(metric, areas, parts, boxes, names, strict=True):
        if name:
            drawing.write(box.left, box.top + 2.0 * paper.scale, name, 12, weight="bold")
        for row, frame in enumerate(frames(own, box)):
            draw_map(drawing, layer, ground, frame, around=around, first=row == 0)
    draw_panel(drawing, Told(sheet, shown, _mm_per_m(paper, parts)))
    return _saved(figure, sheet, how)


def _metric(layer: ShownLayer, srid: int) -> ShownLayer:
    shapes: Shapes = transform_geometry(np.asarray(layer.shapes, dtype=object), WGS84_SRID, srid)
    return replace(layer, shapes=shapes)


def _areas(layers: tuple[ShownLayer, ...], srid: int) -> Shapes:
    """Return the areas among which points lie: those of the first layer that has some, metric."""
    for layer in layers:
        shapes: Shapes = np.asarray(layer.shapes, dtype=object)
        areal = shapes[shapely.get_dimensions(shapes) > 1]
        if len(areal):
            found: Shapes = transform_geometry(areal, WGS84_SRID, srid)
            return found
    return np.array([], dtype=object)


def _best_page(size: Size, parts: list[list[Bounds]]) -> Page:
    """Return the sheet, across or upright, on which the ground is larger."""
    across = page(size)
    upright = page(size, upright=True)
    larger = _mm_per_m(upright, parts) > BETTER * _mm_per_m(across, parts)
    return upright if larger else across


def _mm_per_m(paper: Page, parts: list[list[Bounds]]) -> float:
    """Return the scale that maps are drawn at, the smallest of them."""
    boxes = _halves(paper, len(parts))
    return min(frames(own, box)[0].mm_per_m for own, box in zip(parts, boxes, strict=True))


def _halves(paper: Page, count: int) -> list[Box]:
    """Return the paper of each map, with a line for its caption where there are two."""
    whole = paper.ground
    gap = 5.0 * paper.scale
    wide = (whole.width - gap * (count - 1)) / count
    high = whole.height - (CAPTION_MM * paper.scale if count > 1 else 0.0)
    return [Box(whole.left + row * (wide + gap), whole.bottom, wide, high) for row in range(count)]


def _saved(figure: Any, sheet: MapSheet, how: Print) -> bytes:
    import matplotlib as mpl  # noqa: PLC0415 - heavy, for few requests

    written = BytesIO()
    if how.form == "png":
        figure.savefig(written, format="png", dpi=how.dpi, metadata={"Software": None})
        return written.getvalue()
    with mpl.rc_context({"svg.hashsalt": "hongge", "svg.fonttype": "path"}):
        told = "\n".join([sheet.subtitle, *(f"{one.name}: {one.value}" for one in sheet.facts)])
        figure.savefig(
            written,
            format="svg",
            metadata={
                "Date": None,
                "Creator": None,
                "Title": sheet.title,
                "Description": told,
                "Language": sheet.language,
            },
        )
    return written.getvalue()


__all__ = ["Form", "PictureWords", "Print", "picture"]
