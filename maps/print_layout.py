"""Where things lie on a sheet of paper: title, maps, legend, facts. Millimetres from below left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]

Size = Literal["A3", "A4", "figure"]
Bounds = tuple[float, float, float, float]

SIZES: dict[Size, tuple[float, float]] = {
    "A3": (420.0, 297.0),
    "A4": (297.0, 210.0),
    "figure": (248.0, 160.0),
}
"""Long and short sides of sheets (ISO 216), and of a picture on a page with margins."""

APART_M = 1500.0
MOST_PARTS = 4
MARGIN_SHARE = 0.035
LEAST_M = 200.0
GUTTER_MM = 4.0
PANEL_MM, GAP_MM = 82.0, 6.0
PANEL_HIGH_MM, COLUMNS = 78.0, 3
"""Of the panel of an upright sheet."""


class Box(NamedTuple):
    """A rectangle on paper."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def top(self) -> float:
        """Its upper edge."""
        return self.bottom + self.height

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet's parts.

    Parameters
    ----------
    width, height
        Of the paper.
    scale
        Of everything that is written, beside A3.
    margin
        What stays empty around.
    """

    width: float
    height: float
    scale: float
    margin: float

    @property
    def upright(self) -> bool:
        """Whether it is higher than wide: then the panel lies below the maps."""
        return self.height > self.width

    @property
    def panel(self) -> tuple[Box, ...]:
        """Columns in which legend, notes and facts stand."""
        wide = PANEL_MM * self.scale
        if not self.upright:
            left = self.width - self.margin - wide
            return (Box(left, self.margin, wide, self.head.bottom - self.margin),)
        gap = GAP_MM * self.scale
        wide = (self.head.width - gap * (COLUMNS - 1)) / COLUMNS
        high = PANEL_HIGH_MM * self.scale
        return tuple(
            Box(self.margin + row * (wide + gap), self.margin, wide, high) for row in range(COLUMNS)
        )

    @property
    def head(self) -> Box:
        """Where title and subtitle stand."""
        high = 24.0 * self.scale
        top = self.height - self.margin
        return Box(self.margin, top - high, self.width - 2 * self.margin, high)

    @property
    def ground(self) -> Box:
        """Where maps are drawn."""
        gap, panel = GAP_MM * self.scale, self.panel[0]
        if self.upright:
            low = panel.top + gap
            return Box(self.margin, low, self.head.width, self.head.bottom - low)
        wide = panel.left - gap - self.margin
        return Box(self.margin, self.margin, wide, self.head.bottom - self.margin)


def page(size: Size, *, upright: bool = False) -> Page:
    """Return the parts of a sheet of a size, across or upright.

    Examples
    --------
    >>> page("A3").width, page("A4").scale < 1, page("A3", upright=True).width
    (420.0, True, 297.0)
    """
    long, short = SIZES[size]
    scale = float((long / SIZES["A3"][0]) ** 0.75)
    margin = 0.5 if size == "figure" else 12.0 * scale
    return Page(*((short, long) if upright else (long, short)), scale, margin)


class Frame(NamedTuple):
    """A part of the ground, and where it is drawn.

    Parameters
    ----------
    box
        On paper.
    seen
        West, south, east, north in metres: what fills the box.
    """

    box: Box
    seen: Bounds

    @property
    def mm_per_m(self) -> float:
        """Millimetres of paper for a metre on the ground."""
        return self.box.width / (self.seen[2] - self.seen[0])


def parts_of(shapes: Shapes) -> list[Bounds]:
    """Return the bounds of ground that lies together, the largest part first, in metres.

    A jurisdiction can lie scattered: one map of all of it would show next to nothing. Parts of one
    shape, such as a band of density, count each. Of more than four parts the smallest ones are
    shown with the one before them.

    Parameters
    ----------
    shapes
        Metric (n,).

    Examples
    --------
    >>> parts_of(shapely.box([0, 9000], 0, [500, 9100], 500))
    [(0.0, 0.0, 500.0, 500.0), (9000.0, 0.0, 9100.0, 500.0)]
    >>> parts_of(np.array([], dtype=object))
    []
    """
    drawn = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    drawn = drawn[~shapely.is_empty(drawn)]
    if len(drawn) == 0:
        return []
    pairs = shapely.STRtree(drawn).query(drawn, predicate="dwithin", distance=APART_M)
    links = coo_array((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=(len(drawn),) * 2)
    count, part = connected_components(links, directed=False)
    order = sorted(range(count), key=lambda one: -float(np.sum(_sizes(drawn[part == one]))))
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.minimum(np.arange(count), MOST_PARTS - 1)
    return [
        tuple(shapely.total_bounds(drawn[rank[part] == one]).tolist())
        for one in range(min(count, MOST_PARTS))
    ]


def _sizes(shapes: Shapes) -> NDArray[np.float64]:
    west, south, east, north = shapely.bounds(shapes).T
    return np.asarray(np.hypot(east - west, north - south))


def frames(parts: Sequence[Bounds], box: Box) -> list[Frame]:
    """Return a frame for each part of the ground, all at one scale: the largest that fits.

    Parameters
    ----------
    parts
        Bounds in metres.
    box
        Of paper, to be filled: parts lie beside or above one another, whichever is larger.

    Examples
    --------
    >>> two = [(0.0, 0.0, 400.0, 100.0), (900.0, 0.0, 1300.0, 100.0)]
    >>> [frame.box for frame in frames(two, Box(0.0, 0.0, 30.0, 30.0))]  # doctest: +ELLIPSIS
    [Box(left=0.0, bottom=15.0, width=30.0, height=15.0), Box(left=0.0, bottom=0.0, ...)]
    >>> frames([], Box(0, 0, 9, 9))
    []
    """
    if not parts:
        return []
    wanted = np.array([_widened(part) for part in parts])
    wide, high = wanted[:, 2] - wanted[:, 0], wanted[:, 3] - wanted[:, 1]
    gaps = GUTTER_MM * (len(parts) - 1) if len(parts) > 1 and box.width > 10 * GUTTER_MM else 0.0
    across = min((box.width - gaps) / wide.sum(), box.height / high.max())
    upward = min(box.width / wide.max(), (box.height - gaps) / high.sum())
    gap = gaps / max(len(parts) - 1, 1)
    if across >= upward:
        lengths = wide / wide.sum() * (box.width - gaps)
        starts = box.left + np.concatenate([[0.0], np.cumsum(lengths + gap)[:-1]])
        boxes = [
            Box(float(start), box.bottom, float(length), box.height)
            for start, length in zip(starts, lengths, strict=True)
        ]
    else:
        lengths = high / high.sum() * (box.height - gaps)
        tops = box.top - np.concatenate([[0.0], np.cumsum(lengths + gap)[:-1]])
        boxes = [
            Box(box.left, float(top - length), box.width, float(length))
            for top, length in zip(tops, lengths, strict=True)
        ]
    scale = max(across, upward)
    return [
        Frame(one, _around(bounds, one.width / scale, one.height / scale))
        for one, bounds in zip(boxes, wanted.tolist(), strict=True)
    ]


def _widened(part: Bounds) -> Bounds:
    west, south, east, north = part
    margin = MARGIN_SHARE * max(east - west, north - south, LEAST_M)
    return _around(
        part, max(east - west + 2 * margin, LEAST_M), max(north - south + 2 * margin, LEAST_M)
    )


def _around(part: Sequence[float], wide: float, high: float) -> Bounds:
    x, y = (part[0] + part[2]) / 2, (part[1] + part[3]) / 2
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


__all__ = ["SIZES", "Bounds", "Box", "Frame", "Page", "Size", "frames", "page", "parts_of"]
