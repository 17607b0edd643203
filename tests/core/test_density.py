"""Tests of kernel densities: near the exact ones, and nothing lost at the rim."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.special import ndtr

from geo.core.density import bands, bandwidth_of, kernel_density

TOWN = shapely.box(0, 0, 3000, 2000)


def strewn(count: int, seed: int = 0) -> np.ndarray:
    """Return points, half of them in a heap."""
    random = np.random.default_rng(seed)
    even = random.uniform((0, 0), (3000, 2000), (count // 2, 2))
    heap = random.normal((2000, 800), 150, (count - len(even), 2))
    return np.concatenate([even, heap])


@pytest.mark.parametrize("bandwidth_m", [60.0, 200.0])
def test_densities_far_from_the_rim_are_the_exact_ones(bandwidth_m: float) -> None:
    points = strewn(4000)
    points = points[((points > 1400) & (points < 1600)).all(axis=1) | (points[:, 0] > 1700)]
    wide = shapely.box(-1000, -1000, 4000, 3000)
    found = kernel_density(*points.T, wide, bandwidth_m)
    rows, columns = (np.arange(0, size, size // 40) for size in found.per_km2.shape)
    east = found.west_m + columns * found.step_m
    north = found.south_m + rows * found.step_m
    far2 = (
        np.square(east[:, None] - points[:, 0])[None]
        + (np.square(north[:, None] - points[:, 1])[:, None])
    )
    scale = 1e6 / (2 * np.pi * bandwidth_m**2)
    exact = np.exp(-far2 / (2 * bandwidth_m**2)).sum(axis=-1) * scale
    error = np.abs(found.per_km2[np.ix_(rows, columns)] - exact).max()
    assert error <= 0.001 * exact.max()


def test_the_rim_is_corrected_by_what_of_the_kernel_is_inside() -> None:
    """In a rectangle that share is a product of two normal distributions."""
    points, bandwidth_m = strewn(1000), 150.0
    found = kernel_density(*points.T, TOWN, bandwidth_m)
    row, column = (round((60.0 - start) / found.step_m) for start in (found.south_m, found.west_m))
    x, y = found.west_m + column * found.step_m, found.south_m + row * found.step_m
    held = points[shapely.intersects_xy(TOWN, *points.T)]
    far2 = np.square(held - (x, y)).sum(axis=1)
    plain = np.exp(-far2 / (2 * bandwidth_m**2)).sum() * 1e6 / (2 * np.pi * bandwidth_m**2)
    inside = ndtr(x / bandwidth_m) * ndtr(y / bandwidth_m)
    assert found.per_km2[row, column] == pytest.approx(plain / inside, rel=0.02)


def test_even_points_are_as_dense_at_the_rim_as_in_the_middle() -> None:
    east, north = np.meshgrid(np.arange(5, 3000, 10.0), np.arange(5, 2000, 10.0))
    found = kernel_density(east.ravel(), north.ravel(), TOWN, 200.0)
    at = {
        name: found.per_km2[
            round((y - found.south_m) / found.step_m), round((x - found.west_m) / found.step_m)
        ]
        for name, (x, y) in {"middle": (1500, 1000), "side": (1500, 40), "corner": (40, 40)}.items()
    }
    assert at["middle"] == pytest.approx(10_000, rel=0.02)
    assert at["side"] == pytest.approx(10_000, rel=0.02)
    assert at["corner"] == pytest.approx(10_000, rel=0.03)


def test_bands_are_apart_inside_the_area_and_end_at_their_levels() -> None:
    points = strewn(3000)
    density = kernel_density(*points.T, TOWN, 150.0)
    found = bands(density, TOWN)
    assert (np.diff(found.levels) > 0).all()
    assert shapely.is_valid(found.shapes).all()
    assert shapely.area(found.shapes).sum() == pytest.approx(
        shapely.union_all(found.shapes).area, rel=1e-6
    )
    assert TOWN.buffer(1e-6).contains(shapely.union_all(found.shapes))
    peak = shapely.Point(2000, 800)
    assert found.shapes[-1].buffer(100).contains(peak)


def test_no_points_have_no_bands() -> None:
    none = np.empty(0)
    assert len(bands(kernel_density(none, none, TOWN, 100.0), TOWN).shapes) == 0


def test_the_bandwidth_is_that_of_one_town_when_there_are_two() -> None:
    one = strewn(2000, 1)
    two = np.concatenate([one, one + 50_000.0])
    alone = bandwidth_of(*one.T, 10.0)
    assert alone <= bandwidth_of(*two.T, 10.0) <= 2 * alone
