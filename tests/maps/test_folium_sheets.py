"""A map sheet becomes a page of folium's that asks nobody outside, and a file that asks nobody."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from maps.folium_sheets import Frame, Tiles, page, standalone
from maps.modules import UnjoinableModuleError, joined
from maps.offline import OutsideAddressError
from maps.sheet_data import label_places
from maps.sheet_markup import PRINTED_ROWS
from maps.sheet_words import WORDS
from tests.sheets import SIDE, SOUTH, SQUARES, WEST, made_basemap, made_sheet, two_maps

if TYPE_CHECKING:
    from maps.sheets import MapSheet

OWN_TILES, NO_FRAME = Tiles("v1"), Frame()
STATIC = Path(__file__).resolve().parents[2] / "api" / "static"
WORDS_SAID = {name: one.english() for name, one in WORDS.items()}
TIANDITU = "https://t{s}.tianditu.gov.cn/vec_w/wmts?LAYER=vec&TILEMATRIX={z}&x={x}&y={y}&tk=KEY"


def page_of(sheet: MapSheet, tiles: Tiles = OWN_TILES, frame: Frame = NO_FRAME) -> str:
    return page(
        sheet, base_url="/static/v-1/", tiles=tiles, nonce="N0", words=WORDS_SAID, frame=frame
    )


def file_of(sheet: MapSheet) -> str:
    return standalone(sheet, made_basemap(), assets=STATIC, words=WORDS_SAID)


def data_of(text: str) -> Any:
    found = re.search(r'id="sheet-data">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_every_script_and_style_has_the_nonce_and_is_our_own() -> None:
    text = page_of(made_sheet())
    for tag in re.findall(r"<(?:script|style)\b[^>]*>", text):
        assert 'nonce="N0"' in tag or 'type="application/json"' in tag
    assert re.findall(r'(?:src|href)="(https?:)?//', text) == []
    assert "/static/v-1/vendor/leaflet/leaflet.js" in text
    assert "L.map(" in text
    assert "L.geoJson(" in text
    assert "L.control.layers(" in text


def test_what_sheets_say_is_text_and_never_markup() -> None:
    sheet = replace(made_sheet(), name="</script><script>alert(1)</script>")
    text = page_of(replace(sheet, subtitle='"><img src=x onerror=alert(1)>'))
    assert "<script>alert" not in text
    assert "<img" not in text
    assert data_of(text)["maps"][0]["title"] == sheet.name


def test_shapes_are_written_once_for_all_layers_of_them() -> None:
    text = page_of(made_sheet())
    (shown,) = data_of(text)["maps"]
    assert [one["source"] for one in shown["layers"]] == [0, 0, 1]
    assert len(shown["sources"]) == 2
    assert text.count('"FeatureCollection"') == 2


def test_classes_point_at_fills_and_the_last_is_for_no_data() -> None:
    text = page_of(made_sheet())
    households = data_of(text)["maps"][0]["layers"][0]
    assert households["states"][0]["classes"] == [0, 0, 0, 1, 1, 2, 2, 2, -1]
    missing = households["fills"][-1]
    assert re.fullmatch(r"url\(#fill-\d+\)", missing)
    assert f'<pattern id="{missing[5:-1]}"' in text


def test_figures_stand_in_a_table_too() -> None:
    text = page_of(made_sheet())
    assert '<tr data-key="11"><th scope="row">' in text
    assert ">fewer than 8</td>" in text
    assert 'data-value="0.333333333">0.3</td>' in text


def test_a_long_table_says_how_much_of_it_is_printed() -> None:
    sheet = made_sheet()
    long = replace(sheet.tables[0], rows=sheet.tables[0].rows[:1] * (PRINTED_ROWS + 1), keys=())
    assert 'class="sheet-cut"' not in page_of(sheet)
    assert f"first {PRINTED_ROWS} rows" in page_of(replace(sheet, tables=(long,)))
    style = (STATIC / "maps" / "sheet.css").read_text(encoding="utf-8")
    assert f"tr:nth-child(n + {PRINTED_ROWS + 1})" in style


def test_facts_without_a_value_are_left_out() -> None:
    text = page_of(made_sheet())
    assert "<dd>jinggangshan-2026</dd>" in text
    assert "Review number" not in text


def test_two_maps_stand_beside_each_other() -> None:
    shown = data_of(page_of(two_maps()))["maps"]
    assert [one["title"] for one in shown] == ["Generation 2026", "Generation 2024"]
    assert shown[0]["name"] != shown[1]["name"]


def test_tiles_from_elsewhere_only_where_they_were_chosen() -> None:
    tiles = Tiles(addresses=(TIANDITU,), subdomains="01", attribution="© 天地图", max_zoom=18)
    text = page_of(made_sheet(), tiles)
    assert "tianditu.gov.cn/vec_w" in text
    assert "protomaps" not in text
    assert tiles.origins == ("https://t0.tianditu.gov.cn", "https://t1.tianditu.gov.cn")


@pytest.mark.parametrize(
    "markup",
    ['<img src="https://example.org/logo.png">', '<script src="//example.org/a.js"></script>'],
)
def test_an_unknown_address_makes_drawing_fail(markup: str) -> None:
    with pytest.raises(OutsideAddressError, match=r"example\.org"):
        page_of(made_sheet(), frame=Frame(tools=markup))


def test_a_sheet_without_shapes_is_drawn() -> None:
    sheet = made_sheet()
    none = np.array([], dtype=object)
    empty = replace(
        sheet.layers[0],
        shapes=none,
        classes=np.array([], dtype=np.int64),
        keys=(),
        titles=(),
        labels=(),
    )
    text = page_of(replace(sheet, layers=(empty,), stations=()))
    assert "L.control.layers(" not in text
    assert data_of(text)["maps"][0]["layers"][0]["keys"] == []


def test_a_file_holds_everything() -> None:
    text = file_of(made_sheet())
    assert re.findall(r"<(?:script|link)[^>]*(?:src|href)=", text) == []
    assert "import {" not in text
    basemap = data_of(text)["basemap"]
    first = basemap["roads"][0][0]
    assert first == [round(WEST * 1e6), round((SOUTH + SIDE * 1.5) * 1e6), round(3 * SIDE * 1e6), 0]


def test_labels_stand_in_the_middle_of_the_room() -> None:
    place = label_places(SQUARES[:1], exact=True)[0]
    assert place == pytest.approx([WEST + SIDE / 2, SOUTH + SIDE / 2], abs=SIDE / 10)


def test_modules_are_joined_in_the_order_they_need(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { two as b } from "./b.js";\nconsole.log(b);\n')
    (tmp_path / "b.js").write_text("export const two = 2;\n")
    text = joined(tmp_path / "a.js")
    assert text.index("const two = 2") < text.index("const { two: b } = module0;")


@pytest.mark.parametrize(
    "line", ['import b from "./b.js";', "export default 3;", 'import { a } from "./a.js";']
)
def test_what_cannot_be_joined_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.js").write_text(line)
    with pytest.raises(UnjoinableModuleError):
        joined(tmp_path / "a.js")
