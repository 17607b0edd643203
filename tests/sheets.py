"""A made-up map sheet: nine squares in the demonstration city, two layers of them, and points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from maps.patterns import NO_DATA_LOOK, Look, diverging, sequential
from maps.sheets import (
    NO_DATA,
    Basemap,
    Column,
    Fact,
    FigureTable,
    Legend,
    LegendEntry,
    MapSheet,
    ShownLayer,
    Step,
)

WEST, SOUTH, SIDE = 114.272, 26.743, 0.004
KEYS = tuple(f"{row}{column}" for row in range(3) for column in range(3))
SQUARES = np.array(
    [
        shapely.box(
            WEST + column * SIDE,
            SOUTH + row * SIDE,
            WEST + (column + 1) * SIDE,
            SOUTH + (row + 1) * SIDE,
        )
        for row in range(3)
        for column in range(3)
    ],
    dtype=object,
)
HOUSEHOLDS = np.array([0, 0, 0, 1, 1, 2, 2, 2, NO_DATA])
MONTHS = ("2026-05", "2026-06")


def made_sheet(language: str = "en") -> MapSheet:
    """Return a sheet with households by grid, hot spots by month, and buildings."""
    titles = [f"Grid {key}: {value} <b>households</b>" for value, key in enumerate(KEYS)]
    households = ShownLayer(
        "households",
        "Households",
        SQUARES,
        HOUSEHOLDS,
        KEYS,
        titles,
        [str(100 * row) for row in range(9)],
        _legend("Households by grid", sequential(3), ("few", "some", "many"), HOUSEHOLDS),
    )
    table = FigureTable(
        "Households by grid",
        (Column("Grid", number=False), Column("Households"), Column("Share", decimals=1)),
        tuple(
            (f"Grid {key}", (row * 37) % 10, None if row == 4 else row / 3)
            for row, key in enumerate(KEYS)
        ),
        missing="fewer than 8",
        keys=KEYS,
    )
    return MapSheet(
        language=language,
        title="Coverage <of> grids",
        subtitle="Jinggangshan, November 2026",
        name="Generation 2026",
        layers=(households, _hotspots(), _buildings()),
        tables=(table,),
        facts=(Fact("Generation", "jinggangshan-2026"), Fact("Review number", "")),
        notes=("Figures of fewer than 8 households are not told.",),
        bounds=(WEST, SOUTH, WEST + 3 * SIDE, SOUTH + 3 * SIDE),
        stations=((WEST + SIDE / 2, SOUTH + SIDE / 2, "Station of the first square"),),
    )


def two_maps() -> MapSheet:
    """Return the sheet with a second map beside the first."""
    sheet = made_sheet()
    return replace(sheet, beside=sheet.layers[:1], beside_name="Generation 2024")


def made_basemap() -> Basemap:
    """Return a road, a river, a pond and a building."""
    middle = SOUTH + SIDE * 1.5
    road = shapely.LineString([(WEST, middle), (WEST + 3 * SIDE, middle)])
    river = shapely.LineString([(WEST, SOUTH), (WEST + 3 * SIDE, SOUTH + 3 * SIDE)])
    pond = shapely.box(WEST + SIDE, SOUTH, WEST + SIDE * 1.2, SOUTH + SIDE * 0.2)
    return Basemap(
        roads=np.array([road], dtype=object),
        road_classes=np.array([0]),
        water=np.array([river, pond], dtype=object),
        buildings=np.array([shapely.box(WEST, SOUTH, WEST + 0.001, SOUTH + 0.001)], dtype=object),
        names=((WEST + SIDE * 2, SOUTH + SIDE, "会师路", "community"),),
    )


def _legend(
    title: str, looks: tuple[Look, ...], labels: tuple[str, ...], classes: np.ndarray
) -> Legend:
    entries = [
        LegendEntry(*look, label, int((classes == row).sum()))
        for row, (look, label) in enumerate(zip(looks, labels, strict=True))
    ]
    if (classes == NO_DATA).any():
        entries.append(LegendEntry(*NO_DATA_LOOK, "no data", int((classes == NO_DATA).sum())))
    return Legend(title, "Fisher-Jenks, 3 classes", tuple(entries))


def _hotspots() -> ShownLayer:
    classes = np.array([1, 1, 1, 1, 2, 1, 1, 1, 0])
    months = (np.array([1] * 9), np.array([2, 2, *[1] * 7]))
    steps = tuple(
        Step(name, shown, [f"{name}: {one}" for one in shown])
        for name, shown in zip(MONTHS, months, strict=True)
    )
    labels = ("cold spot", "not significant", "hot spot")
    legend = _legend("Hot spots of cases", diverging(1, 1), labels, classes)
    told = [f"z {one}" for one in classes]
    return ShownLayer(
        "hotspots", "Hot spots", SQUARES, classes, KEYS, told, [""] * 9, legend, steps
    )


def _buildings() -> ShownLayer:
    points = shapely.centroid(SQUARES[:4])
    classes = np.zeros(4, dtype=np.int64)
    names = [f"Building {row}" for row in range(4)]
    legend = _legend("Buildings no one answers for", sequential(1), ("building",), classes)
    return ShownLayer("buildings", "Buildings", points, classes, names, names, [""] * 4, legend)
