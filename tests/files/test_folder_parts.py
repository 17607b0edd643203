"""Reading parts of a folder: no input is too odd to be answered."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.files import values
from geo.files.geojson import read_geometry
from geo.files.rows import GRIDS, LAYERS
from geo.files.tables import detect_encoding, parse_table
from geo.messages import Message

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
kinds = st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "MultiLineString", "X"])
positions = st.lists(st.floats(-180, 180) | st.integers(-9, 9), max_size=3)
nested = st.recursive(positions, lambda inner: st.lists(inner, max_size=5), max_leaves=20)


@given(st.builds(dict, type=kinds, coordinates=nested | json_values) | json_values)
def test_a_geometry_is_read_or_refused(told: Any) -> None:
    found = read_geometry(told)
    assert (found.geometry is None) == (found.refused is not None)
    if found.geometry is not None:
        assert not shapely.is_empty(found.geometry)


@given(st.text())
def test_a_table_is_read_or_refused(text: str) -> None:
    layer = parse_table(text)
    assert bool(layer.columns) != bool(layer.refused)
    assert all(bool(row.values) != bool(row.problem) for row in layer.rows)


readers = [how["read"] for shape in (*LAYERS.values(), GRIDS) for how in shape.fields.values()]


@given(st.sampled_from(readers), json_values)
def test_a_value_is_read_or_refused(read: values.Reader, told: Any) -> None:
    found = values.cleaned(told)
    if found == "":
        return
    got = read(found)
    if isinstance(got, Message):
        assert got.english()
    elif isinstance(got, str):
        got.encode()


@given(st.text(alphabet=st.characters(codec="gb18030")))
def test_an_encoding_that_is_found_decodes(text: str) -> None:
    content = text.encode("gb18030")
    found = detect_encoding(content)
    assert found is not None
    content.decode(found)


@pytest.mark.parametrize(
    "told",
    ["3.60881E+11", "３６０８８１", "36088100100", "360881001001 ", None, 3.6, "3608810010011"],
)
def test_codes_that_a_spreadsheet_has_spoilt_are_refused(told: Any) -> None:
    assert isinstance(values.digits(12)(told), Message)


def test_row_numbers_are_the_spreadsheets() -> None:
    layer = parse_table('code;name\r\n1;"two\r\nlines"\r\n\r\n;;\r\n2;会师路\r\n')
    assert [(row.line, row.values) for row in layer.rows] == [
        (2, {"code": "1", "name": "two\r\nlines"}),
        (5, {"code": "2", "name": "会师路"}),
    ]
