"""The same owner in memory, in bulk and in SQL, over both demonstration jurisdictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from sqlalchemy import Uuid, func, select

from geo.core.locating import Locator
from geo.store.generations import StoredGeneration, periods, read_generation

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def everywhere(polygons: np.ndarray, seed: int, count: int) -> np.ndarray:
    """Return positions over the bounds, on vertices and edges, and a hair beside these."""
    chance = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(polygons)
    anywhere = chance.uniform((west, south), (east, north), (count, 2))
    lines = shapely.boundary(polygons)
    vertices = shapely.get_coordinates(lines)
    some = vertices[chance.integers(0, len(vertices), count)]
    line = lines[chance.integers(0, len(lines), count)]
    share = chance.uniform(0, 1, count)
    along = shapely.get_coordinates(shapely.line_interpolate_point(line, share, normalized=True))
    beside = along + chance.choice([1e-15, -1e-14, 1e-9, -2e-8], along.shape)
    return np.concatenate([anywhere, some, along, beside])


def in_sql(session: Session, generation: StoredGeneration, at: np.ndarray) -> list[object]:
    asked = func.unnest(at[:, 0].tolist(), at[:, 1].tolist()).table_valued(
        "lon", "lat", with_ordinality="number"
    )
    asked = asked.render_derived()
    owner = func.grid_at(generation.period.id, asked.c.lon, asked.c.lat, type_=Uuid)
    return list(session.scalars(select(owner).order_by(asked.c.number)))


@pytest.mark.parametrize("seed", range(2))
def test_sql_memory_and_bulk_agree(demo_session: Session, seed: int) -> None:
    stored = [read_generation(demo_session, one.id) for one in periods(demo_session)]
    assert len({one.period.jurisdiction for one in stored if one}) == 2
    for generation in stored:
        assert generation is not None
        at = everywhere(generation.polygons, seed, 500)
        locator = Locator(generation.polygons)
        bulk = locator.assign(at[:, 0], at[:, 1], nearest=False).owner.tolist()
        named = [None if row < 0 else generation.grids[row].id for row in bulk]
        assert named == in_sql(demo_session, generation, at)
        exact = Locator(generation.polygons, nearest_max_m=-1)
        single = [exact.locate(*one).owner for one in at.tolist()]
        assert [-1 if row is None else row for row in single] == bulk
