"""Seeded plans to measure on: irregular polygons without gaps that share every vertex."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEST, SOUTH, EAST, NORTH = 114.10, 26.60, 114.40, 26.87
"""About 30 km by 30 km."""

VORONOI_MAX = 20_000
FEW = 1000


def plan(count: int, seed: int = 1) -> NDArray[np.object_]:
    """Return ``count`` polygons over a square of 30 km, WGS 84 degrees.

    Up to :data:`VORONOI_MAX` they are Voronoi cells, beyond a lattice with every vertex moved;
    their sides are broken into wiggling pieces, the more the fewer polygons there are.
    """
    rng = np.random.default_rng(seed)
    if count <= VORONOI_MAX:
        cells, pieces = _voronoi(rng, count), 16 if count < FEW else 4
    else:
        cells, pieces = _lattice(rng, count), 2
    polygons = _wiggle(cells, pieces)
    assert len(polygons) == count
    assert shapely.is_valid(polygons[:: max(1, count // 10_000)]).all()
    return polygons


def points(count: int, seed: int = 2) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``count`` positions spread evenly over the plan, a hundredth of them beside it."""
    rng = np.random.default_rng(seed)
    beyond = (EAST - WEST) * 0.0025
    lon = rng.uniform(WEST - beyond, EAST + beyond, count)
    return lon, rng.uniform(SOUTH - beyond, NORTH + beyond, count)


def _voronoi(rng: np.random.Generator, count: int) -> NDArray[np.object_]:
    sites = rng.uniform((WEST, SOUTH), (EAST, NORTH), (count, 2))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(sites)))
    return np.asarray(shapely.intersection(cells, shapely.box(WEST, SOUTH, EAST, NORTH)))


def _lattice(rng: np.random.Generator, count: int) -> NDArray[np.object_]:
    side = round(count**0.5)
    column, row = np.meshgrid(np.arange(side + 1), np.arange(side + 1))
    x = WEST + (column + rng.uniform(-0.3, 0.3, column.shape)) * (EAST - WEST) / side
    y = SOUTH + (row + rng.uniform(-0.3, 0.3, row.shape)) * (NORTH - SOUTH) / side
    corner = np.stack([x, y], axis=-1)
    ring = [corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1], corner[:-1, :-1]]
    return np.asarray(shapely.polygons(np.stack(ring, axis=2).reshape(-1, 5, 2)))


def _wiggle(cells: NDArray[np.object_], pieces: int) -> NDArray[np.object_]:
    """Break every side into pieces that wiggle; both neighbours of a side get the same vertices."""
    vertex, ring = shapely.get_coordinates(cells, return_index=True)
    side = np.flatnonzero(ring[1:] == ring[:-1])
    one, other = vertex[side], vertex[side + 1]
    swap = (one[:, 0] > other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] > other[:, 1]))
    low, high = np.where(swap[:, None], other, one), np.where(swap[:, None], one, other)
    across = np.stack([low[:, 1] - high[:, 1], high[:, 0] - low[:, 0]], axis=-1)
    broken = np.empty((len(side), pieces, 2))
    broken[:, 0] = one
    for piece in range(1, pieces):
        share = np.where(swap, pieces - piece, piece)[:, None] / pieces
        noise = np.sin(1e5 * (low[:, :1] + high[:, 1:]) + 40 * share)
        amplitude = 0.2 * noise * np.minimum(share, 1 - share) / pieces**0.5
        broken[:, piece] = low + share * (high - low) + amplitude * across
    rings = shapely.linearrings(broken.reshape(-1, 2), indices=np.repeat(ring[side], pieces))
    return np.asarray(shapely.polygons(rings))
