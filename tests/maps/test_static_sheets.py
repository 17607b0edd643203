"""Map sheets as pictures for print: what is drawn, how large, and the same every time."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from geo.errors import InvalidFieldError, NotFoundError
from maps.fonts import NoChineseFontError, chosen
from maps.patterns import NO_DATA_LOOK, sequential
from maps.print_ground import BORDER
from maps.print_labels import Room, width_mm, wrapped
from maps.print_layout import frames, page, parts_of
from maps.sheets import (
    NO_DATA,
    Basemap,
    Fact,
    Legend,
    LegendEntry,
    MapSheet,
    ShownLayer,
    Step,
)
from maps.static_sheets import PictureWords, Print, picture

WEST, SOUTH, SIDE = 114.27, 26.74, 0.01
WORDS = PictureWords("驿站", "北")
SMALL = Print(size="A4", dpi=72)


def layer() -> ShownLayer:
    """Return four squares: three in classes, one without a figure."""
    looks = [*sequential(3), NO_DATA_LOOK]
    labels = ("少于300户", "300–500户", "500户以上", "不公布")
    entries = tuple(
        LegendEntry(look.color, look.pattern, label, 1)
        for look, label in zip(looks, labels, strict=True)
    )
    shapes = np.array([square(column, row) for row in (0, 1) for column in (0, 1)], dtype=object)
    return ShownLayer(
        key="households",
        name="户数",
        shapes=shapes,
        classes=np.array([0, 1, 2, NO_DATA]),
        keys=("1", "2", "3", "4"),
        titles=("一", "二", "三", "四"),
        labels=("第一网格", "第二网格", "第三网格", ""),
        legend=Legend("每个网格的户数", "固定分级", entries),
        steps=(Step("2026-01", np.array([2, 2, 2, 2]), ("一", "二", "三", "四")),),
    )


def square(column: float, row: float) -> shapely.Polygon:
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    return shapely.box(west, south, west + SIDE, south + SIDE)


def sheet() -> MapSheet:
    return MapSheet(
        language="zh-CN",
        title="小城网格户数图",
        subtitle="2026年3月",
        name="户数",
        layers=(layer(),),
        tables=(),
        facts=(Fact("网格版本", "small-2026"), Fact("审图号", "赣S(2026)001号")),
        bounds=(WEST, SOUTH, WEST + 2 * SIDE, SOUTH + 2 * SIDE),
        notes=("虚构数据。",),
        stations=((WEST + 0.5 * SIDE, SOUTH + 0.5 * SIDE, "一号驿站"),),
    )


def basemap() -> Basemap:
    roads = [shapely.LineString([(WEST, SOUTH + SIDE), (WEST + 2 * SIDE, SOUTH + SIDE)])]
    return Basemap(
        np.array(roads, dtype=object),
        np.array([0]),
        np.array([square(0.2, 0.2).buffer(-0.003)], dtype=object),
        np.array([square(1.2, 1.2).buffer(-0.0045)], dtype=object),
        ((WEST + SIDE, SOUTH + SIDE, "会师路", "road"),),
    )


def pixels(made: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(made)).convert("RGB"))


def has_color(made: bytes, color: str) -> bool:
    wanted = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    return bool((np.abs(pixels(made).astype(int) - wanted).max(axis=2) <= 2).any())


@pytest.fixture(scope="module")
def png() -> bytes:
    return picture(sheet(), basemap(), WORDS, SMALL)


def test_a_picture_is_as_large_as_its_paper_and_the_same_every_time(png: bytes) -> None:
    high, wide = pixels(png).shape[:2]
    assert sorted((wide, high)) == [595, 841]
    assert picture(sheet(), basemap(), WORDS, SMALL) == png


def test_every_class_is_drawn_and_what_has_no_figure_too(png: bytes) -> None:
    for entry in layer().legend.entries:
        assert has_color(png, entry.color)


def test_an_svg_tells_in_text_what_it_shows_and_takes_nothing_from_outside() -> None:
    made = picture(sheet(), basemap(), WORDS, Print("svg", "A3")).decode()
    root = ET.fromstring(made)  # noqa: S314 - our own
    assert root.get("width") in {"1190.551181pt", "841.889764pt"}
    assert "小城网格户数图" in made
    assert "赣S(2026)001号" in made
    assert "<text" not in made
    assert 'href="http' not in made
    assert picture(sheet(), basemap(), WORDS, Print("svg", "A3")).decode() == made


def test_parts_of_one_shape_that_lie_apart_are_drawn_apart() -> None:
    town, suburb = shapely.box(0, 0, 900, 500), shapely.box(90_000, 0, 90_200, 500)
    band = shapely.MultiPolygon([suburb, town])
    assert parts_of(np.array([band, None], dtype=object)) == [town.bounds, suburb.bounds]


def test_points_are_drawn_among_the_borders_of_the_areas_they_lie_in() -> None:
    at = shapely.points([[WEST + 0.4 * SIDE, SOUTH + 0.4 * SIDE]])
    points = replace(layer(), key="points", shapes=at, classes=np.array([0]), labels=())
    alone = picture(replace(sheet(), layers=(points,)), None, WORDS, SMALL)
    among = picture(replace(sheet(), layers=(points, layer())), None, WORDS, SMALL)
    assert has_color(among, BORDER)
    assert not has_color(alone, BORDER)


def test_a_step_has_its_own_classes() -> None:
    step = picture(sheet(), None, WORDS, replace(SMALL, step=0))
    plain = picture(sheet(), None, WORDS, SMALL)
    assert step != plain
    with pytest.raises(InvalidFieldError):
        picture(sheet(), None, WORDS, replace(SMALL, step=1))
    with pytest.raises(NotFoundError):
        picture(sheet(), None, WORDS, replace(SMALL, layer="nothing"))


def test_two_maps_stand_side_by_side_and_points_are_marks() -> None:
    points = replace(layer(), shapes=shapely.centroid(layer().shapes))
    two = replace(sheet(), beside=(points,), beside_name="另一版")
    made = picture(two, None, WORDS, SMALL)
    assert has_color(made, layer().legend.entries[2].color)


def test_a_sheet_without_shapes_is_drawn() -> None:
    nothing = replace(
        layer(), shapes=np.array([], dtype=object), classes=np.array([], dtype=int), labels=()
    )
    assert picture(replace(sheet(), layers=(nothing,)), None, WORDS, SMALL)[:4] == b"\x89PNG"


def test_a_missing_font_is_named_with_its_package() -> None:
    with pytest.raises(NoChineseFontError, match="fonts-noto-cjk"):
        chosen(frozenset({"DejaVu Sans"}))


def test_ground_that_lies_apart_has_a_frame_of_its_own_at_one_scale() -> None:
    towns = np.array([shapely.box(0, 0, 2000, 1000), shapely.box(9000, 0, 9500, 700)], dtype=object)
    laid = frames(parts_of(towns), page("A3").ground)
    assert len(laid) == 2
    assert laid[0].mm_per_m == pytest.approx(laid[1].mm_per_m)
    ground = page("A3").ground
    for frame in laid:
        assert frame.box.left >= ground.left - 1e-6
        assert frame.box.right <= ground.right + 1e-6
        assert frame.box.top <= ground.top + 1e-6


@given(
    st.lists(
        st.tuples(st.floats(0, 90), st.floats(0, 90), st.floats(1, 40), st.floats(1, 40)),
        max_size=20,
    )
)
def test_labels_never_cover_each_other(given_boxes: list[tuple[float, ...]]) -> None:
    room = Room((0, 0, 100, 100))
    for left, bottom, wide, high in given_boxes:
        room.on_shape(shapely.box(left, bottom, left + wide, bottom + high), "第1网格\n412", [9, 6])
    boxes = [shapely.box(*one) for one in room.boxes]
    frame = shapely.box(0, 0, 100, 100)
    for row, one in enumerate(boxes):
        assert frame.covers(one)
        assert not any(one.intersection(other).area > 1e-9 for other in boxes[:row])


@given(st.text("红格abc ，。", max_size=60), st.floats(20, 80))
def test_lines_keep_every_word_and_fit(words: str, most_mm: float) -> None:
    lines = wrapped(words, 10, most_mm)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    for line in lines:
        breakable = len(line) > 1 and ("红" in line[1:] or "格" in line[1:])
        if breakable and not any(mark in line for mark in "abc，。"):
            assert width_mm(line, 10) <= most_mm + 1e-6


def test_a_long_panel_shrinks_until_it_fits() -> None:
    many = replace(sheet(), notes=("很长的说明文字。" * 30,) * 4)
    assert picture(many, None, WORDS, SMALL) != picture(sheet(), None, WORDS, SMALL)
