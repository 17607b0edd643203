"""How long the scorecard of a large town takes: 6,000 blocks, 25,000 households, 60 grids.

``python -m bench.scorecard [BLOCKS_ACROSS BLOCKS_UP]``: prints seconds, the best of three.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import shapely

from geo.core.cell_figures import figures
from geo.core.crs import transform, transform_geometry
from geo.core.drafts import Cell, PlannedGrid, PlanState
from geo.core.ground import (
    Buildings,
    CommunityArea,
    Ground,
    Lines,
    OpenIssues,
    StationSites,
    Waters,
    Worker,
)
from geo.core.plan_comparison import compare
from geo.core.scorecard import Thresholds, scorecard
from geo.core.scorecard_plan import plan_of_state
from geo.core.walking import nearest_on_foot, walking_network

if TYPE_CHECKING:
    from collections.abc import Callable

SRID = 4547
ORIGIN = np.array([427_000.0, 2_960_000.0])
SIDE_M = 60.0
COMMUNITIES, GRIDS_EACH = (4, 3), 5
HOUSEHOLDS = 25_000
EMPTY_SHARE = 0.3
ROUNDS = 3


def town(across: int, up: int) -> tuple[PlanState, Ground]:
    """Make a town of crooked blocks along roads, in communities that are cut into stripes."""
    random = np.random.default_rng(1)
    lattice = np.stack(
        np.meshgrid(np.arange(across + 1), np.arange(up + 1), indexing="ij"), axis=-1
    )
    corners = ORIGIN + SIDE_M * (lattice + random.uniform(-0.2, 0.2, lattice.shape))
    column, row = (one.ravel() for one in np.mgrid[:across, :up])
    rings = np.stack(
        [corners[column + x, row + y] for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))], axis=1
    )
    blocks = shapely.polygons(rings)
    community = column * COMMUNITIES[0] // across * COMMUNITIES[1] + row * COMMUNITIES[1] // up
    stripe = (column * COMMUNITIES[0] * GRIDS_EACH // across) % GRIDS_EACH
    codes = [f"999002001{one + 1:03}" for one in range(COMMUNITIES[0] * COMMUNITIES[1])]
    keys = {
        (place, number): str(UUID(int=place * GRIDS_EACH + number + 1))
        for place in range(len(codes))
        for number in range(GRIDS_EACH)
    }
    degrees = transform_geometry(blocks, SRID, 4326)
    cells = {
        f"{x}-{y}": Cell(wkb.hex(), codes[place], f"{x}-{y}")
        for x, y, place, wkb in zip(column, row, community, shapely.to_wkb(degrees), strict=True)
    }
    owners = {
        key: keys[place, number]
        for key, place, number in zip(cells, community.tolist(), stripe.tolist(), strict=True)
    }
    grids = {
        key: PlannedGrid(f"{codes[place]}{number + 1:03}", key[-4:], branch_name="x")
        for (place, number), key in keys.items()
    }
    roads = shapely.linestrings(
        np.concatenate(
            [
                np.stack([corners[:-1], corners[1:]], axis=2).reshape(-1, 2, 2),
                np.stack([corners[:, :-1], corners[:, 1:]], axis=2).reshape(-1, 2, 2),
            ]
        )
    )
    areas = [shapely.coverage_union_all(blocks[community == one]) for one in range(len(codes))]
    centres = shapely.get_coordinates(shapely.centroid(blocks))
    return PlanState.of(cells, owners, grids), _ground(centres, roads, codes, areas, random)


def _ground(
    centres: np.ndarray,
    roads: np.ndarray,
    codes: list[str],
    areas: list[shapely.Geometry],
    random: np.random.Generator,
) -> Ground:
    lived = np.flatnonzero(random.uniform(size=len(centres)) > EMPTY_SHARE)
    xy = np.concatenate([centres[lived] + 8, centres[lived] - 8])
    count = len(xy)
    households = random.multinomial(HOUSEHOLDS, np.full(count, 1 / count))
    stops = centres[random.choice(len(centres), 24, replace=False)]
    walks = nearest_on_foot(walking_network(roads), xy, stops)
    nothing = ("",) * count
    return Ground(
        jurisdiction="bench",
        srid=SRID,
        buildings=Buildings(
            np.arange(count),
            tuple(map(str, range(count))),
            nothing,
            np.column_stack(transform(xy[:, 0], xy[:, 1], SRID, 4326)),
            xy,
            shapely.buffer(shapely.points(xy), 5, quad_segs=1),
            nothing,
            nothing,
            households,
            households * 3,
            np.ones(count, dtype=np.int64),
            households // 4,
            np.ones(count, dtype=np.int64),
            np.ones(count, dtype=bool),
        ),
        communities=tuple(
            CommunityArea(code, code, code, area) for code, area in zip(codes, areas, strict=True)
        ),
        compounds=(),
        roads=Lines(roads, ("lane",) * len(roads), ("",) * len(roads), np.ones(len(roads), bool)),
        waters=Waters(np.array([], dtype=object), (), ()),
        stations=StationSites(
            tuple(map(str, range(24))),
            ("",) * 24,
            ("",) * 24,
            ("",) * 24,
            ("",) * 24,
            np.column_stack(transform(stops[:, 0], stops[:, 1], SRID, 4326)),
            stops,
        ),
        workers=tuple(
            Worker(str(one), "", "grid_worker", "", (), tuple(range(one, count, 120)), ())
            for one in range(120)
        ),
        open_issues=OpenIssues((), (), (), np.empty((0, 2)), np.empty(0, dtype=np.int64), ()),
        by_hand=(),
        walk_m=walks.walk_m,
        walk_station=walks.station,
    )


def best_s(work: Callable[[], object]) -> float:
    """Return the least time that some work took, in seconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print what takes how long."""
    across, up = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (80, 75)  # noqa: PLR2004
    state, ground = town(across, up)
    cells = figures(state, ground)
    plan = plan_of_state(state, ground, cells)
    card = scorecard(plan, ground, Thresholds())
    print(f"{len(state.cells)} blocks, {len(ground.buildings)} buildings, {len(plan.keys)} grids")
    network = walking_network(ground.roads.lines)
    steps: dict[str, Callable[[], object]] = {
        "figures of cells": lambda: figures(state, ground),
        "plan": lambda: plan_of_state(state, ground, cells),
        "scorecard": lambda: scorecard(plan, ground, Thresholds()),
        "comparison": lambda: compare((plan, card), (plan, card), ground),
        "walking network": lambda: walking_network(ground.roads.lines),
        "walks": lambda: nearest_on_foot(network, ground.buildings.xy, ground.stations.xy),
    }
    for name, work in steps.items():
        print(f"{name:18} {best_s(work):7.3f} s")


if __name__ == "__main__":
    main()
