"""The whole command ``hongge assign`` against the same done by geopandas: time and peak memory.

One million points on 62 grids from GeoParquet to GeoParquet; rounds interleaved, medians.

    python -m bench.assign_process
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

PEER = """
import sys
import geopandas
points, grids = geopandas.read_parquet(sys.argv[1]), geopandas.read_parquet(sys.argv[2])
geopandas.sjoin(points, grids, how="left", predicate="intersects").to_parquet(sys.argv[3])
"""


def apart(function: Callable[..., T], *given: object) -> T:
    """Call a function in a process of its own: a child begins with its parent's peak memory."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *given).result()


def make_files(folder: Path, point_count: int, polygon_count: int) -> tuple[Path, Path]:
    """Write points with a number and a note, and a plan with codes."""
    import geopandas  # noqa: PLC0415 - in a process of its own

    from bench.tessellation import plan, points  # noqa: PLC0415 - the same

    lon, lat = points(point_count)
    number = np.arange(point_count)
    notes = np.char.add("issue ", (number % 5000).astype(str))
    geometry = geopandas.points_from_xy(lon, lat)
    frame = geopandas.GeoDataFrame({"number": number, "note": notes}, geometry=geometry, crs=4326)
    codes = [f"{code:015d}" for code in range(polygon_count)]
    grids = geopandas.GeoDataFrame({"code": codes}, geometry=plan(polygon_count), crs=4326)
    frame.to_parquet(folder / "points.parquet")
    grids.to_parquet(folder / "plan.parquet")
    return folder / "points.parquet", folder / "plan.parquet"


def run(command: list[str]) -> tuple[float, float]:
    """Run a command; return its seconds and its peak memory in MB."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return time.perf_counter() - begin, used.ru_maxrss / 1024


def differing(ours: Path, theirs: Path) -> int:
    """Count the points that the two files give to different grids."""
    import pandas  # noqa: ICN001, PLC0415 - as in make_files

    own = pandas.read_parquet(ours, columns=["number", "grid", "method"]).set_index("number")
    peer = pandas.read_parquet(theirs, columns=["number", "code"]).set_index("number")
    first = peer.groupby(level=0)["code"].min()
    grid = own["grid"].where(own["method"].isin(["inside", "edge"]))
    return int((grid.fillna("") != first.fillna("")).sum())


def main() -> int:
    """Read the command line, run both in turns, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--polygons", type=int, default=62)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    hongge = str(Path(sys.executable).with_name("hongge"))
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = [str(one) for one in apart(make_files, folder, given.points, given.polygons)]
        ours, theirs = folder / "ours.parquet", folder / "theirs.parquet"
        commands = {
            "hongge assign": [hongge, "assign", files[0], "--polygons", files[1], "-o", str(ours)],
            "geopandas": [sys.executable, "-c", PEER, *files, str(theirs)],
        }
        taken: dict[str, list[tuple[float, float]]] = {one: [] for one in commands}
        for _ in range(given.rounds):
            for process, command in commands.items():
                taken[process].append(run(command))
        wrong = apart(differing, ours, theirs)
    middle = {name: np.median(all_of, axis=0) for name, all_of in taken.items()}
    print(f"{given.points:,} points, {given.polygons:,} polygons; medians of {given.rounds}\n")
    print("| process | s | peak MB |\n|---|---|---|")
    for name, (seconds, peak_mb) in middle.items():
        print(f"| {name} | {seconds:.2f} | {peak_mb:.0f} |")
    ratio, memory = middle["geopandas"] / middle["hongge assign"]
    print(f"\n{ratio:.1f} times as fast, {1 / memory:.2f} of the memory, {wrong} differing owners")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
