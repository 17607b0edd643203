"""Vector tiles: what is in them, what is not, and how long browsers keep them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from geo.store.overview import jurisdictions, overview
from geo.store.tiles import LAYERS, MAX_ZOOM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

Place = tuple[float, float]
PERSONAL = ("phone", "room", "people", "reporter", "host", "member")


@pytest.fixture(scope="module")
def demo(demo_database_url: str) -> Iterator[TestClient]:
    with TestClient(create_app(demo_database_url)) as client:
        yield client


@pytest.fixture
def places(demo_session: Session) -> list[Place]:
    """A place inside a grid of every jurisdiction."""
    cities = [overview(demo_session, one.slug) for one in jurisdictions(demo_session)]
    grids = [city.streets[0].communities[0].grids[0] for city in cities if city]
    return [(grid.lon, grid.lat) for grid in grids]


def address(layer: str, place: Place, z: int) -> str:
    lon, lat = place
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
    return f"/tiles/{layer}/{z}/{x}/{y}.mvt"


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_draws_every_jurisdiction(
    demo: TestClient, places: list[Place], layer: str
) -> None:
    assert len(places) > 1
    for place in places:
        answer = demo.get(address(layer, place, 12))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
        assert layer.encode() in answer.content or layer == "basemap"


def test_buildings_come_with_near_zooms_only(demo: TestClient, places: list[Place]) -> None:
    assert b"buildings" not in demo.get(address("basemap", places[0], 13)).content
    assert b"buildings" in demo.get(address("basemap", places[0], 14)).content


def test_names_come_in_both_languages(demo: TestClient, demo_session: Session) -> None:
    city = overview(demo_session, jurisdictions(demo_session)[0].slug)
    assert city
    communities = [one for street in city.streets for one in street.communities]
    tiles = {address("communities", (g.lon, g.lat), 12) for c in communities for g in c.grids}
    drawn = b"".join(demo.get(tile).content for tile in tiles)
    assert b"name_en" in drawn
    assert [one.name for one in communities if one.name.encode() not in drawn] == []


@pytest.mark.parametrize("layer", LAYERS)
def test_tiles_hold_no_personal_fields(demo: TestClient, places: list[Place], layer: str) -> None:
    for z in (12, 16):
        drawn = demo.get(address(layer, places[0], z)).content
        assert [name for name in PERSONAL if name.encode() in drawn] == []


def test_an_empty_tile_is_no_error(demo: TestClient) -> None:
    answer = demo.get("/tiles/basemap/14/0/0.mvt")
    assert answer.status_code == 204
    assert answer.content == b""


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/basemap/3/8/0.mvt",
        "/tiles/basemap/3/0/8.mvt",
        "/tiles/basemap/3/-1/0.mvt",
        f"/tiles/basemap/{MAX_ZOOM + 1}/0/0.mvt",
        "/tiles/basemap/-1/0/0.mvt",
        "/tiles/basemap/999999999999/0/0.mvt",
        "/tiles/households/3/0/0.mvt",
    ],
)
def test_a_tile_that_can_not_exist_is_not_found(demo: TestClient, path: str) -> None:
    answer = demo.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_browsers_keep_a_tile_until_the_data_change(demo: TestClient, places: list[Place]) -> None:
    path = address("grids", places[0], 14)
    first = demo.get(path)
    assert first.headers["Cache-Control"] == "no-cache"
    version = first.headers["ETag"].strip('"')
    assert "immutable" in demo.get(f"{path}?v={version}").headers["Cache-Control"]
    assert demo.get(f"{path}?v=old").headers["Cache-Control"] == "no-cache"
    again = demo.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert demo.get(path, headers={"If-None-Match": '"older"'}).status_code == 200


def test_a_tile_is_the_same_packed_and_plain(demo: TestClient, places: list[Place]) -> None:
    path = address("basemap", places[0], 14)
    packed = demo.get(path, headers={"Accept-Encoding": "gzip"})
    plain = demo.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
