"""Hot spots: Gi* against esda, density against scikit-learn, and a map of 100,000 issues.

``python -m bench.hotspots [ISSUES]``: every ratio is of one run; medians of several rounds.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from bench.databases import empty_database
from geo.core.density import kernel_density
from geo.core.hotspot_map import Asked
from geo.core.hotspots import gi_star_lattice, local_g
from geo.core.lattice import Lattice
from geo.flows.hotspots import hotspots
from geo.flows.load import load
from geo.flows.registry import Registry
from geo.store.asking import SERVICE
from geo.store.engine import owner_session, session
from maps.hotspot_sheets import hotspot_sheet

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).resolve().parent.parent
CITY = "jinggangshan"
SRID = 4547
ISSUES = 100_000
ROUNDS = 7
RASTER = 256


def main() -> None:
    """Measure, and print what came out."""
    issues = int(sys.argv[1]) if len(sys.argv) > 1 else ISSUES
    against_esda()
    against_sklearn()
    with empty_database(PROJECT / "var" / "bench") as url:
        map_of_many(url, issues)


def median_s(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median of some rounds in seconds, after a first one that doesn't count."""
    work()
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def against_esda() -> None:
    """Gi* of 10,000 square cells with eight neighbours each, weights ready on both sides."""
    started = time.perf_counter()
    from esda.getisord import G_Local  # noqa: PLC0415 - its import is measured
    from libpysal.weights import W, fill_diagonal, lat2W  # noqa: PLC0415 - as above

    imported_s = time.perf_counter() - started
    side = 100
    cells = Lattice("square", 10, SRID).cells_over(shapely.box(-5, -5, 995, 995))
    values = np.random.default_rng(0).negative_binomial(0.5, 0.2, len(cells)).astype(float)
    taking = np.ones(len(cells), dtype=bool)
    summed = cells.summing(1, taking)
    weights = fill_diagonal(W(lat2W(side, side, rook=False).neighbors), 1.0)
    near = summed(np.ones(len(cells)))
    ours = gi_star_lattice(values, summed, taking, near)
    theirs = G_Local(values, weights, star=True, transform="B", permutations=0).Zs
    ours_s = median_s(lambda: gi_star_lattice(values, summed, taking, near), 51)
    theirs_s = median_s(
        lambda: G_Local(values, weights, star=True, transform="B", permutations=0), 3
    )
    exact_s = median_s(lambda: local_g(values, summed, cells.share, total=int(values.sum())))
    print(f"Gi* of {len(cells)} cells: {ours_s * 1e3:.2f} ms, esda {theirs_s * 1e3:.0f} ms:")
    print(f"  {theirs_s / ours_s:.0f} times as fast; difference {np.abs(ours - theirs).max():.1e}")
    print(f"  with exact p and false discovery rate {exact_s * 1e3:.0f} ms; esda's import alone")
    print(f"  took {imported_s:.1f} s")


def against_sklearn() -> None:
    """Density of 100,000 points at 256 by 256 nodes, the kernel's tails the same."""
    from sklearn.neighbors import KernelDensity  # noqa: PLC0415 - heavy

    random = np.random.default_rng(0)
    points = np.concatenate(
        [random.uniform(0, 6000, (ISSUES // 2, 2)), random.normal(3500, 300, (ISSUES // 2, 2))]
    )
    bandwidth_m, side_m = 150.0, 6000.0
    frame = shapely.box(0, 0, side_m, side_m)
    nodes = (RASTER - 3) / (side_m + 4 * bandwidth_m) * bandwidth_m
    found = kernel_density(*points.T, frame, bandwidth_m, nodes)
    height, width = found.per_km2.shape
    east = found.west_m + np.arange(width) * found.step_m
    north = found.south_m + np.arange(height) * found.step_m
    grid = np.stack(np.meshgrid(east, north), axis=-1).reshape(-1, 2)
    started = time.perf_counter()
    model = KernelDensity(bandwidth=bandwidth_m, rtol=1e-4).fit(points)
    theirs = np.exp(model.score_samples(grid)).reshape(height, width) * len(points) * 1e6
    theirs_s = time.perf_counter() - started
    ours_s = median_s(lambda: kernel_density(*points.T, frame, bandwidth_m, nodes))
    deep = (shapely.distance(frame.boundary, shapely.points(grid)) > 5 * bandwidth_m) & (
        shapely.intersects_xy(frame, *grid.T)
    )
    error = np.abs(found.per_km2 - theirs).ravel()[deep].max() / theirs.max()
    print(f"density of {len(points)} points at {height} x {width} nodes: {ours_s * 1e3:.0f} ms,")
    print(f"  scikit-learn {theirs_s:.1f} s: {theirs_s / ours_s:.0f} times as fast;")
    print(f"  away from the rim, which alone we correct, {100 * error:.3f} % of the peak apart")


def map_of_many(url: str, issues: int) -> None:
    """Map many issues: read for the first time, then with other filters."""
    load(PROJECT / "data" / "boundaries" / CITY, url=url)
    strew(url, issues)
    registry = Registry(url)
    registry.refresh()
    for name, asked in (
        ("the first map, everything read", Asked(CITY)),
        ("the same again", Asked(CITY)),
        ("by grids", Asked(CITY, by="grid")),
        ("cells of 100 m, closed ones", Asked(CITY, side_m=100.0, state="closed")),
        ("density", Asked(CITY, statistic="density")),
        ("emerging", Asked(CITY, statistic="emerging")),
    ):
        started = time.perf_counter()
        with session(url, SERVICE) as opened:
            told = hotspots(opened, registry, asked)
        counted_s = time.perf_counter() - started
        sheet = hotspot_sheet(told, "en", lambda message: message.english())
        whole_s = time.perf_counter() - started
        cells = len(told.areas.keys)
        print(
            f"{told.total} issues, {cells} areas, {len(sheet.layers)} layers, {name}:"
            f" {counted_s:.2f} s, with the sheet {whole_s:.2f} s"
        )


def strew(url: str, issues: int) -> None:
    """Write issues like the ones there are, up to 60 m from them, until there are so many."""
    with owner_session(url) as opened:
        driver = opened.connection()
        driver.exec_driver_sql("ALTER TABLE issue DISABLE TRIGGER USER")
        driver.exec_driver_sql(
            "INSERT INTO issue (id, jurisdiction_id, number, state, duty_id, department_id, text,"
            " location, unit_id, occurred_at, received_at, closed_at, method, confident,"
            " reported_generation_id, reported_grid_id, current_grid_id, source, public,"
            " duty_version, transfers)"
            " SELECT gen_random_uuid(), jurisdiction_id, number || '-' || copy, state, duty_id,"
            " department_id, text, ST_Translate(location, (random() - 0.5) * 0.0012,"
            " (random() - 0.5) * 0.0011), NULL, occurred_at, received_at, closed_at, method,"
            " confident, reported_generation_id, reported_grid_id, current_grid_id, source, public,"
            " duty_version, transfers"
            " FROM issue, generate_series(1, 100) AS copy WHERE location IS NOT NULL"
            " ORDER BY copy LIMIT greatest(0, %s - (SELECT count(*) FROM issue))",
            (issues,),
        )
        opened.commit()


if __name__ == "__main__":
    main()
