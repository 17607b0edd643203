"""Layers of maps as a GeoPackage: other programs open them and find the figures."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import pytest
import shapely

from geo.files.map_layers import MapLayer, write_layers

if TYPE_CHECKING:
    from pathlib import Path

SQUARES = np.array([shapely.box(114, 26, 115, 27), shapely.box(115, 26, 116, 27)], dtype=object)
POINTS = np.array([shapely.Point(114.5, 26.5)], dtype=object)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    layers = [
        MapLayer(
            "households",
            "网格户数 (Households)",
            SQUARES,
            {"key": ["1", "2"], "户数": [300, None], "Share, %": [12.5, None], "类": ["a", None]},
        ),
        MapLayer("buildings", "", POINTS, {"key": ["b"]}),
    ]
    found = tmp_path / "map.gpkg"
    found.write_bytes(write_layers(layers))
    return found


def test_all_layers_are_there_in_wgs84(file: Path) -> None:
    assert pyogrio.list_layers(file)[:, 0].tolist() == ["households", "buildings"]
    told = pyogrio.read_info(file, layer="households")
    assert told["crs"] == "EPSG:4326"
    assert told["features"] == 2
    assert pyogrio.read_info(file, layer="buildings")["geometry_type"] == "Point"


def test_figures_stand_with_their_shapes(file: Path) -> None:
    frame = pyogrio.read_dataframe(file, layer="households").set_index("key")
    assert frame.loc["1", "户数"] == 300
    assert np.isnan(frame.loc["2", "户数"])
    assert frame.loc["1", "Share, %"] == 12.5
    assert frame.loc["1", "类"] == "a"
    assert frame.geometry["2"].equals(SQUARES[1])


def test_the_layer_says_what_it_shows(file: Path) -> None:
    with sqlite3.connect(file) as opened:
        told = dict(opened.execute("SELECT table_name, description FROM gpkg_contents"))
    opened.close()
    assert told["households"] == "网格户数 (Households)"


def test_a_layer_may_be_empty(tmp_path: Path) -> None:
    none = MapLayer("density", "none", np.empty(0, dtype=object), {"key": []})
    file = tmp_path / "map.gpkg"
    file.write_bytes(write_layers([none]))
    assert pyogrio.read_info(file, layer="density")["features"] == 0
