"""Small pictures of map sheets: they are drawings of the first layer, and ask for nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from maps.patterns import MISSING_COLOR
from maps.thumbnails import FINE_EDGE_PX, GROUND, HEIGHT, MANY, WIDTH, thumbnail
from tests.sheets import made_sheet

if TYPE_CHECKING:
    from maps.sheets import MapSheet

SVG = "{http://www.w3.org/2000/svg}"


def drawn(sheet: MapSheet) -> dict[str, list[tuple[float, float]]]:
    """Return where a thumbnail draws, by colour."""
    root = ET.fromstring(thumbnail(sheet))  # noqa: S314 - our own
    groups = root.findall(f"{SVG}g")
    return {
        group.get("fill", ""): [
            (float(x), float(y))
            for one in group.findall(f"{SVG}path")
            for x, y in (
                place.split()
                for place in one.get("d", "").replace("Z", "").replace("M", "L").split("L")[1:]
            )
        ]
        for group in groups
    }


def test_every_class_is_drawn_in_its_colour_inside_the_picture() -> None:
    sheet = made_sheet()
    found = drawn(sheet)
    colors = [one.color for one in sheet.layers[0].legend.entries[:-1]]
    assert set(found) == {*colors, MISSING_COLOR}
    for places in found.values():
        assert all(-1 <= x <= WIDTH + 1 and -1 <= y <= HEIGHT + 1 for x, y in places)


def test_the_title_is_text_and_nothing_is_asked_for() -> None:
    picture = thumbnail(made_sheet())
    title = ET.fromstring(picture).find(f"{SVG}title")  # noqa: S314 - our own
    assert title is not None
    assert title.text == "Coverage <of> grids"
    assert picture.count("http") == 1


def test_points_are_dots_on_the_ground_of_another_layer() -> None:
    sheet = made_sheet()
    _, cells, buildings = sheet.layers
    found = drawn(replace(sheet, layers=(buildings, cells)))
    assert set(found) == {GROUND, buildings.legend.entries[0].color}
    alone = drawn(replace(sheet, layers=(buildings,)))
    assert set(alone) == {buildings.legend.entries[0].color}


def test_many_shapes_have_finer_edges() -> None:
    sheet = made_sheet()
    first = sheet.layers[0]
    often = MANY // len(first.shapes) + 1
    many = replace(
        first, shapes=np.tile(first.shapes, often), classes=np.tile(first.classes, often)
    )
    edge = f'stroke-width="{FINE_EDGE_PX:g}"'
    assert edge not in thumbnail(sheet)
    assert edge in thumbnail(replace(sheet, layers=(many,)))


def test_a_layer_without_shapes_is_an_empty_picture() -> None:
    sheet = made_sheet()
    none = np.empty(0, dtype=object)
    empty = replace(sheet.layers[0], shapes=none, classes=np.empty(0, dtype=np.int64))
    assert drawn(replace(sheet, layers=(empty,))) == {}


def test_what_is_far_away_is_left_out() -> None:
    sheet = made_sheet()
    west, south, _, _ = sheet.bounds
    near = thumbnail(
        replace(sheet, bounds=(west + 0.001, south + 0.001, west + 0.002, south + 0.002))
    )
    assert near.count("<path") == 1
