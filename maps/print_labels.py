"""Where there is room for words on paper: names on shapes that cover no other, and lines of text.

All lengths are millimetres of paper, from the lower left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shapely.geometry.base import BaseGeometry

PT_MM = 25.4 / 72
WIDE_FROM = 0x2E80
"""Characters from here on, of CJK scripts, are as wide as high."""

NARROW, DIGIT, LETTER, CAPITAL = 0.3, 0.56, 0.57, 0.68
"""Widths of other characters, as shares of the size; about those of Noto Sans."""

LEADING = 1.22
PADDING_MM = 0.5
LATTICE = 9
NOT_FIRST = frozenset("，。；：、！？）》」』”’％%,.;:!?)")
"""What no line begins with."""

NOT_LAST = frozenset("（《“‘「([")
"""What no line ends with."""


class Spot(NamedTuple):
    """Where words stand: their middle, and the size in points."""

    x: float
    y: float
    size_pt: float


def width_mm(words: str, size_pt: float) -> float:
    """Return about how wide a line is.

    Examples
    --------
    >>> round(width_mm("网格", 72 / 25.4), 2), width_mm("", 10)
    (2.0, 0.0)
    """
    return sum(_share(one) for one in words) * size_pt * PT_MM


def _share(one: str) -> float:
    if ord(one) >= WIDE_FROM:
        return 1.0
    if one.isdigit():
        return DIGIT
    if one.isupper():
        return CAPITAL
    return LETTER if one.isalpha() or one in "–+=<>" else NARROW


def wrapped(words: str, size_pt: float, most_mm: float) -> list[str]:
    """Return the lines of a text, none of them wider than a column where that can be.

    Between Chinese characters a line may end anywhere, but none begins with a closing mark
    or ends with an opening one; elsewhere lines end at spaces.

    Parameters
    ----------
    words
        The text; line breaks in it stay.
    size_pt
        Its size in points.
    most_mm
        Width of the column.

    Examples
    --------
    >>> wrapped("one two", 10, 6.5)
    ['one', 'two']
    >>> wrapped("红格。红格", 72 / 25.4, 3.2)
    ['红格。', '红格']
    >>> wrapped("红（格）", 72 / 25.4, 2.4)
    ['红', '（格）']
    >>> wrapped("", 10, 20)
    ['']
    """
    return [line for part in words.split("\n") for line in _lines(part, size_pt, most_mm)]


def _lines(words: str, size_pt: float, most_mm: float) -> Iterator[str]:
    line = ""
    for piece in _pieces(words):
        if line and width_mm((line + piece).rstrip(), size_pt) > most_mm:
            yield line.rstrip()
            line = piece.lstrip()
        else:
            line += piece
    yield line.rstrip()


def _pieces(words: str) -> Iterator[str]:
    """Yield what isn't broken: words with the space after them, characters with their marks."""
    piece = ""
    for one in words:
        ends = piece and (piece[-1] == " " or ord(piece[-1]) >= WIDE_FROM or ord(one) >= WIDE_FROM)
        if ends and one not in NOT_FIRST and piece[-1] not in NOT_LAST and one != " ":
            yield piece
            piece = ""
        piece += one
    if piece:
        yield piece


@dataclass(slots=True)
class Room:
    """The boxes that words have taken in a frame.

    Parameters
    ----------
    frame
        Left, bottom, right, top: nothing is written outside.
    """

    frame: tuple[float, float, float, float]
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)

    def take(self, box: tuple[float, float, float, float]) -> bool:
        """Take a box where nothing is yet; tell whether it was free."""
        if not self.free(box):
            return False
        self.boxes.append(box)
        return True

    def free(self, box: tuple[float, float, float, float]) -> bool:
        """Tell whether a box lies in the frame, and on no other."""
        left, bottom, right, top = self.frame
        if box[0] < left or box[1] < bottom or box[2] > right or box[3] > top:
            return False
        return all(
            one[0] >= box[2] or one[2] <= box[0] or one[1] >= box[3] or one[3] <= box[1]
            for one in self.boxes
        )

    def on_shape(self, shape: BaseGeometry, words: str, sizes_pt: Iterable[float]) -> Spot | None:
        """Take room for words on a polygon: whole on it at any of the sizes, or else partly.

        Parameters
        ----------
        shape
            A polygon on paper.
        words
            Lines.
        sizes_pt
            The largest first.

        Returns
        -------
        Spot
            ``None`` where every place would cover other words.

        Examples
        --------
        >>> room = Room((0, 0, 100, 100))
        >>> room.on_shape(shapely.box(0, 0, 40, 40), "12", [8]) is not None
        True
        >>> room.on_shape(shapely.Polygon(), "12", [8]) is None
        True
        """
        spots = _spots(shape)
        sizes = tuple(sizes_pt)
        for size in sizes:
            whole = shapely.contains(shape, _boxes(spots, words, size))
            for x, y in spots[whole]:
                if self.take(box_of(x, y, words, size)):
                    return Spot(x, y, size)
        for x, y in spots[:LATTICE]:
            if self.take(box_of(x, y, words, sizes[-1])):
                return Spot(x, y, sizes[-1])
        return None

    def beside(self, x: float, y: float, words: str, size_pt: float, away: float) -> Spot | None:
        """Take room for words around a point: right, left, above or below it."""
        wide, high = extent(words, size_pt)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
            at = (x + dx * (away + wide / 2), y + dy * (away + high / 2))
            if self.take(box_of(*at, words, size_pt)):
                return Spot(*at, size_pt)
        return None


def extent(words: str, size_pt: float) -> tuple[float, float]:
    """Return about how wide and high some lines are."""
    lines = words.split("\n")
    wide = max(width_mm(line, size_pt) for line in lines)
    return wide, len(lines) * size_pt * PT_MM * LEADING


def box_of(x: float, y: float, words: str, size_pt: float) -> tuple[float, float, float, float]:
    """Return the box that lines around a middle take, with a little air."""
    wide, high = extent(words, size_pt)
    half, up = wide / 2 + PADDING_MM, high / 2 + PADDING_MM / 2
    return x - half, y - up, x + half, y + up


def _boxes(spots: np.ndarray, words: str, size_pt: float) -> np.ndarray:
    wide, high = extent(words, size_pt)
    x, y = spots.T
    boxes: np.ndarray = shapely.box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    return boxes


def _spots(shape: BaseGeometry) -> np.ndarray:
    """Return points on a polygon, beginning with that of the most room and going away from it."""
    if shape.is_empty or shape.area <= 0:
        return np.empty((0, 2))
    largest = max(shapely.get_parts(shape), key=shapely.area)
    west, south, east, north = largest.bounds
    tolerance = max(east - west, north - south) / 100
    centre = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest, tolerance))[0]
    x, y = np.meshgrid(np.linspace(west, east, LATTICE), np.linspace(south, north, LATTICE))
    points = np.column_stack([x.ravel(), y.ravel()])
    points = points[shapely.contains_xy(largest, points)]
    points = points[np.argsort(np.hypot(*(points - centre).T), kind="stable")]
    return np.concatenate([centre[None], points])


__all__ = ["LEADING", "PT_MM", "Room", "Spot", "box_of", "extent", "width_mm", "wrapped"]
