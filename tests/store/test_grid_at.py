"""The owner of a point in SQL is the owner that exact arithmetic names."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from sqlalchemy import Uuid, func, select

from geo.core.locating import Locator
from tests.store.conftest import STEP, Town, spot


def ragged_halves(seed: int) -> list[shapely.Polygon]:
    """Cut a community along a ragged line."""
    sway = np.random.default_rng(seed).uniform(-0.3, 0.3, 21)
    line = [spot(1 + aside, at / 20) for at, aside in enumerate(sway.tolist())]
    west = shapely.Polygon([spot(0, 1), spot(0, 0), *line])
    east = shapely.Polygon([spot(2, 0), spot(2, 1), *line[::-1]])
    return [west, east]


def near_the_border(halves: list[shapely.Polygon], seed: int, count: int) -> np.ndarray:
    """Return vertices, points on edges, and points a hair beside them."""
    chance = np.random.default_rng(seed)
    border = shapely.boundary(halves[0])
    along = shapely.get_coordinates(
        shapely.line_interpolate_point(border, chance.uniform(0, border.length, count))
    )
    vertices = shapely.get_coordinates(halves)
    beside = along + chance.normal(0, 1e-12, along.shape)
    anywhere = np.column_stack(
        [spot(0, 0)[axis] + chance.uniform(0, 2 * STEP, count) for axis in (0, 1)]
    )
    return np.concatenate([vertices, along, beside, anywhere])


@pytest.mark.parametrize("seed", range(3))
def test_sql_and_memory_name_the_same_owner_at_every_edge(town: Town, seed: int) -> None:
    halves = ragged_halves(seed)
    generation = town.generation(2026)
    grids = [town.grid(generation, at + 1, half) for at, half in enumerate(halves)]
    points = near_the_border(halves, seed, 300)
    asked = func.unnest(points[:, 0].tolist(), points[:, 1].tolist()).table_valued(
        "lon", "lat", with_ordinality="at"
    )
    asked = asked.render_derived()
    owner = func.grid_at(generation, asked.c.lon, asked.c.lat, type_=Uuid)
    found = town.session.scalars(select(owner).order_by(asked.c.at)).all()
    exact = ~shapely.relate_pattern(
        np.array(halves)[:, None], shapely.points(points)[None, :], "FF*FF****"
    )
    expected = [grids[int(np.argmax(one))] if one.any() else None for one in exact.T]
    assert found == expected
    memory = Locator(np.array(halves, dtype=object), nearest_max_m=0).assign(*points.T).owner
    assert [None if at < 0 else grids[at] for at in memory] == expected


def test_a_point_far_away_has_no_grid(town: Town) -> None:
    generation = town.generation(2026)
    town.grid(generation, 1, ragged_halves(0)[0])
    assert town.session.scalar(select(func.grid_at(generation, 0.0, 0.0, type_=Uuid))) is None
    assert town.session.scalar(select(func.grid_at(-1, *spot(0.1, 0.5), type_=Uuid))) is None
