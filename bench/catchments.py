"""Catchments on a made-up city: crooked streets in squares, stations strewn over it.

``python -m bench.catchments [STREETS] [STATIONS]``: so many streets each way.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import shapely

from geo.core.catchment import catchments
from geo.core.walking import walking_network

APART_M, CROOKED_M, WIDTH_M = 60.0, 15.0, 50.0
LIMITS_M = (400.0, 800.0, 1200.0)


def main() -> None:
    """Measure, and print what came out."""
    streets, stations = (int(one) for one in [*sys.argv[1:], "56", "26"][:2])
    rng = np.random.default_rng(0)
    squares = np.stack(np.meshgrid(*[np.arange(streets) * APART_M] * 2, indexing="ij"), axis=-1)
    xy = squares + rng.uniform(-CROOKED_M, CROOKED_M, squares.shape)
    lines = shapely.linestrings(np.concatenate([xy, xy.swapaxes(0, 1)]))
    network = walking_network(lines)
    ends = rng.uniform(0, streets * APART_M, (stations, 2))
    started = time.perf_counter()
    found = catchments(network, ends, LIMITS_M, WIDTH_M)
    took_s = time.perf_counter() - started
    corners = sum(int(shapely.get_num_coordinates(one.area)) for one in found)
    print(f"{len(network.xy)} nodes, {stations} stations: {took_s:.2f} s, {corners} corners")


if __name__ == "__main__":
    main()
