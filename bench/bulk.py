"""Bulk assignment in one process against geopandas, SedonaDB and PostGIS, on the same data.

Each method runs in a process of its own, so that its peak memory is its own. The time is that of
the join with building its index, data already in memory in the method's own form (for PostGIS:
copying in and fetching are part of it). The owner of every point is compared.

    python -m bench.bulk --scenario 62
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import shapely

from bench.tessellation import plan, points

SCENARIOS = {
    "62": (1_000_000, 62, 5),
    "10000": (1_000_000, 10_000, 5),
    "million": (10_000_000, 1_000_000, 1),
}
"""Points, polygons, rounds."""

ANSWER = "owners.npy"
Owners = np.ndarray
Timed = Callable[[], Owners]


def save(folder: Path, point_count: int, polygon_count: int) -> int:
    """Write the plan and the points; return the number of the plan's vertices."""
    polygons = plan(polygon_count)
    lon, lat = points(point_count)
    np.save(folder / "plan.npy", shapely.to_wkb(polygons), allow_pickle=True)
    np.save(folder / "lon.npy", lon)
    np.save(folder / "lat.npy", lat)
    return int(shapely.get_num_coordinates(polygons).sum())


def load(folder: Path) -> tuple[Any, Any, Any]:
    """Read the plan and the points that all methods get."""
    wkb = np.load(folder / "plan.npy", allow_pickle=True)
    return shapely.from_wkb(wkb), np.load(folder / "lon.npy"), np.load(folder / "lat.npy")


def hongge(folder: Path) -> Timed:
    """Own methods, containment only, as the peers do."""
    from geo.core.locating import Locator  # noqa: PLC0415 - each method's own imports

    polygons, lon, lat = load(folder)

    def run() -> Owners:
        locator = Locator(polygons, expected_points=len(lon))
        return locator.assign(lon, lat, nearest=False).owner

    return run


def hongge_nearest(folder: Path) -> Timed:
    """Own methods, with the nearest polygon and its distance for every point outside."""
    from geo.core.locating import Locator  # noqa: PLC0415 - as above

    polygons, lon, lat = load(folder)

    def run() -> Owners:
        locator = Locator(polygons, expected_points=len(lon), nearest_max_m=-1)
        return locator.assign(lon, lat).owner

    return run


def geopandas_sjoin(folder: Path) -> Timed:
    """geopandas.sjoin, left, ``intersects``."""
    import geopandas  # noqa: PLC0415 - as above

    polygons, lon, lat = load(folder)
    grids = geopandas.GeoDataFrame(geometry=polygons, crs=4326)
    frame = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, lat), crs=4326)

    def run() -> Owners:
        joined = geopandas.sjoin(frame, grids, how="inner", predicate="intersects")
        return first_of(len(lon), joined.index.to_numpy(), joined["index_right"].to_numpy())

    return run


def sedonadb(folder: Path) -> Timed:
    """SedonaDB's join on ``ST_Intersects``, fetched as Arrow."""
    import geopandas  # noqa: PLC0415 - as above
    import pyarrow  # noqa: ICN001, PLC0415 - as above
    import sedonadb as sedona  # noqa: PLC0415 - as above

    polygons, lon, lat = load(folder)
    grids = geopandas.GeoDataFrame({"g": np.arange(len(polygons))}, geometry=polygons, crs=4326)
    frame = geopandas.GeoDataFrame(
        {"p": np.arange(len(lon))}, geometry=geopandas.points_from_xy(lon, lat), crs=4326
    )
    database = sedona.connect()
    database.create_data_frame(grids).to_view("grids")
    database.create_data_frame(frame).to_view("points")
    query = (
        "SELECT points.p, grids.g FROM points"
        " JOIN grids ON ST_Intersects(points.geometry, grids.geometry)"
    )

    def run() -> Owners:
        table = pyarrow.table(database.sql(query))
        return first_of(len(lon), table["p"].to_numpy(), table["g"].to_numpy())

    return run


def postgis(folder: Path) -> Timed:
    """Copy points and polygons into PostGIS, index, join, fetch."""
    import psycopg  # noqa: PLC0415 - as above

    from geo.store.engine import database_url, plain_url  # noqa: PLC0415 - as above

    polygons, lon, lat = load(folder)
    wkb = shapely.to_wkb(shapely.set_srid(polygons, 4326), hex=True, include_srid=True)

    def run() -> Owners:
        with psycopg.connect(plain_url(database_url())) as connection:
            cursor = connection.cursor()
            cursor.execute("CREATE TEMP TABLE grids (g int, geom geometry(Polygon, 4326))")
            cursor.execute("CREATE TEMP TABLE points (p int, lon float8, lat float8)")
            with cursor.copy("COPY grids FROM STDIN") as copy:
                for row in enumerate(wkb.tolist()):
                    copy.write_row(row)
            with cursor.copy("COPY points FROM STDIN") as copy:
                for row in zip(range(len(lon)), lon.tolist(), lat.tolist(), strict=True):
                    copy.write_row(row)
            cursor.execute("CREATE INDEX ON grids USING gist (geom)")
            cursor.execute("ANALYZE grids")
            cursor.execute("ANALYZE points")
            cursor.execute(
                "SELECT p, g FROM points JOIN grids"
                " ON ST_Intersects(geom, ST_SetSRID(ST_Point(lon, lat), 4326))"
            )
            found = np.array(cursor.fetchall(), dtype=np.int64)
            connection.rollback()
        return first_of(len(lon), found[:, 0], found[:, 1])

    return run


METHODS: dict[str, Callable[[Path], Timed]] = {
    "hongge": hongge,
    "hongge with nearest": hongge_nearest,
    "geopandas.sjoin": geopandas_sjoin,
    "SedonaDB": sedonadb,
    "PostGIS": postgis,
}


def first_of(count: int, point: Owners, polygon: Owners) -> Owners:
    """Return each point's first polygon among the pairs of a join, −1 for none."""
    owner = np.full(count, np.iinfo(np.int32).max, dtype=np.int32)
    if len(point) == len(np.unique(point)):
        owner[point] = polygon
    else:
        np.minimum.at(owner, point, polygon.astype(np.int32))
    owner[owner == np.iinfo(np.int32).max] = -1
    return owner


def run_one(method: str, folder: Path, rounds: int) -> None:
    """Run one method in this process, and print what it took as JSON."""
    timed = METHODS[method](folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        owners = timed()
        seconds.append(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    np.save(folder / ANSWER, owners)
    print(
        json.dumps(
            {"seconds": median(seconds), "peak_mb": peak / 1024, "with_data_mb": before / 1024}
        )
    )


def compare(scenario: str, methods: list[str]) -> int:
    """Run the methods of a scenario one after the other, and print a table; 0 when all agree."""
    point_count, polygon_count, rounds = SCENARIOS[scenario]
    with TemporaryDirectory() as name:
        folder = Path(name)
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            vertices = pool.submit(save, folder, point_count, polygon_count).result()
        print(f"{point_count:,} points, {polygon_count:,} polygons of {vertices:,} vertices;")
        print(f"{os.cpu_count()} cores, medians of {rounds}\n")
        print(
            "| method | s | peak MB | × hongge's time | differing owners |\n|---|---|---|---|---|"
        )
        return _compare(methods, folder, rounds)


def _compare(methods: list[str], folder: Path, rounds: int) -> int:
    own, expected, differing = 0.0, None, 0
    for method in methods:
        took = _run_apart(method, folder, rounds)
        owners = np.load(folder / ANSWER)
        expected = owners if expected is None else expected
        different = int((owners != expected).sum())
        differing += different
        own = own or took["seconds"]
        times = took["seconds"] / own
        print(
            f"| {method} | {took['seconds']:.3f} | {took['peak_mb']:,.0f} | {times:.1f}"
            f" | {different} |",
            flush=True,
        )
    return 1 if differing else 0


def _run_apart(method: str, folder: Path, rounds: int) -> dict[str, float]:
    rounds = min(rounds, 1) if method == "PostGIS" else rounds
    command = [sys.executable, "-m", "bench.bulk", "--run", method, str(folder), str(rounds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    took: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return took


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append")
    parser.add_argument("--method", choices=METHODS, action="append", help="default: all of them")
    parser.add_argument("--run", nargs=3, metavar=("METHOD", "FOLDER", "ROUNDS"))
    given = parser.parse_args()
    if given.run:
        run_one(given.run[0], Path(given.run[1]), int(given.run[2]))
        return 0
    methods = ["hongge", *(one for one in given.method or METHODS if one != "hongge")]
    return max(compare(one, methods) for one in given.scenario or SCENARIOS)


if __name__ == "__main__":
    sys.exit(main())
