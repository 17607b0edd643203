"""What a map sheet (图幅) holds, whatever it is drawn with: layers, legend, furniture, table.

Builders make sheets from figures; renderers turn them into a folium page, a file that stands alone,
a picture for print or a workbook. Everything said is in the reader's language already.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Shapes = NDArray[np.object_]
    Ints = NDArray[np.int64]

NO_DATA = -1
"""The class of what has no value: hatched, never a colour of the scale."""


class LegendEntry(NamedTuple):
    """A class of a layer as the legend shows it.

    Parameters
    ----------
    color
        Of its surface, ``#rrggbb``.
    pattern
        A key of :data:`maps.patterns.PATTERNS`, so that classes are told without colours.
    label
        What it means: "300-400", "hot spot, 99 %".
    shape_count
        How many of the layer's shapes are in it.
    """

    color: str
    pattern: str
    label: str
    shape_count: int


@dataclass(frozen=True, slots=True)
class Legend:
    """A layer's legend.

    Parameters
    ----------
    title
        What is shown, with its unit.
    method
        How classes were broken: "Fisher-Jenks, 5 classes".
    entries
        In order of class; the entry of :data:`NO_DATA` last, where any shape has none.
    counted
        Whether it is worth telling how many shapes a class has; of bands that flow into each
        other it isn't.
    """

    title: str
    method: str
    entries: tuple[LegendEntry, ...]
    counted: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class ShownLayer:
    """Shapes in classes.

    Parameters
    ----------
    key
        Of the layer, stable: addresses and exports name it.
    name
        As the layer switch calls it.
    shapes
        Polygons or points in WGS 84 (n,).
    classes
        Rows of the legend's entries, or :data:`NO_DATA` (n,).
    keys
        Identity of each shape (n,): the code of a grid, the key of a cell.
    titles
        What is told when one points at each (n,).
    labels
        What stands on each; empty where nothing does (n,).
    legend
        Of the classes.
    steps
        For a slider: name of each step, and classes in it; empty where there is none.
    """

    key: str
    name: str
    shapes: Shapes
    classes: Ints
    keys: Sequence[str]
    titles: Sequence[str]
    labels: Sequence[str]
    legend: Legend
    steps: tuple[Step, ...] = ()


class Step(NamedTuple):
    """One step of a slider, such as a month: its name, classes (n,) and titles (n,)."""

    name: str
    classes: Ints
    titles: Sequence[str]


class Column(NamedTuple):
    """A column of the table: its heading, whether it holds numbers, and their decimals."""

    heading: str
    number: bool = True
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class FigureTable:
    """The same figures as a table.

    Parameters
    ----------
    caption
        What it tells.
    columns
        Of the table; the first one names the row.
    rows
        Values; ``None`` where there is none, said by ``missing``.
    missing
        What stands in place of a value that isn't there: "–", or "fewer than 8".
    keys
        The key of the shape each row tells of, in the layers; empty where a row tells of none.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | float | None, ...], ...]
    missing: str = "–"
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Basemap:
    """What lies underneath, as vectors in WGS 84, for a sheet that can ask no server for tiles.

    Parameters
    ----------
    roads, road_classes
        Lines, and 0 for major, 1 for middle, 2 for narrow ways (r,).
    water, buildings
        Polygons and lines of water; polygons or points of buildings.
    names
        Labels of roads, water and communities: lon, lat, text, kind.
    """

    roads: Shapes
    road_classes: Ints
    water: Shapes
    buildings: Shapes
    names: tuple[tuple[float, float, str, str], ...] = ()


class Fact(NamedTuple):
    """A line under the map: what it is about, and what is said: "Source", "Office of …"."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class MapSheet:
    """A whole sheet.

    Parameters
    ----------
    language
        BCP 47 tag.
    title, subtitle
        Over the map: what, where, when.
    layers
        One is shown at a time; the first one at first.
    beside
        Layers of a second map beside the first one (two generations side by side); may be empty.
    beside_name, name
        What the two maps are called for those who don't see them; the first is ``name``.
    tables
        The same figures as text.
    facts
        Generation, date, source, review number (审图号), method, in order.
    notes
        Sentences that must be read with the map.
    bounds
        West, south, east, north of what is shown at first, degrees.
    stations
        Points that are marked: lon, lat, name.
    """

    language: str
    title: str
    subtitle: str
    name: str
    layers: tuple[ShownLayer, ...]
    tables: tuple[FigureTable, ...]
    facts: tuple[Fact, ...]
    bounds: tuple[float, float, float, float]
    notes: tuple[str, ...] = ()
    beside: tuple[ShownLayer, ...] = ()
    beside_name: str = ""
    stations: tuple[tuple[float, float, str], ...] = field(default=())
