"""Small towns with odd blocks for laws about cells: drawn by hypothesis, each from a few numbers.

A town is 4 × 4 lots of 200 m whose corners are moved about. Blocks are single lots, pairs of lots
(which leave T-junctions without a vertex), a lot around an enclave, a block of two separate parts,
lots that nobody drew a block on. Two communities meet on a line through the blocks. Grids are drawn
freely over all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from hypothesis import strategies as st

from geo.core.cells import Areas, Blocks, Keyring, Partition, cells_of, written
from geo.core.drafts import Cell, PlannedGrid, PlanState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Objects = NDArray[np.object_]

WEST, SOUTH, STEP = 114.27, 26.74, 0.002
LOTS = 4
ONE, TWO = "999002001001", "999002001002"
EAST, NORTH = WEST + LOTS * STEP, SOUTH + LOTS * STEP
INSET = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Town:
    """Blocks, communities and grids as somebody drew them, and sites of buildings (n, 2)."""

    blocks: Blocks
    communities: Areas
    grids: Areas
    sites: NDArray[np.float64]

    def partition(self) -> Partition:
        """Return the town's cells."""
        return cells_of(self.blocks, self.communities, self.grids)

    def state(self) -> PlanState:
        """Return a draft of it."""
        made = self.partition()
        grids = {key: PlannedGrid(key, key) for key in self.grids.keys}
        return PlanState.of(made.cells, made.owners, grids)


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Draw a town."""
    seed = draw(st.integers(0, 2**32 - 1))
    follow = draw(st.booleans())
    return town(seed, follow=follow)


def town(seed: int, *, follow: bool = False) -> Town:
    """Return a town; ``follow`` when its grids follow its blocks."""
    rng = np.random.default_rng(seed)
    corners = _corners(rng)
    lots = {
        (x, y): shapely.Polygon(
            [corners[x, y], corners[x + 1, y], corners[x + 1, y + 1], corners[x, y + 1]]
        )
        for x in range(LOTS)
        for y in range(LOTS)
    }
    drawn = _blocks(rng, lots)
    split = WEST + STEP * float(rng.uniform(1.2, 2.8))
    communities = Areas(
        (ONE, TWO),
        _array([shapely.box(WEST, SOUTH, split, NORTH), shapely.box(split, SOUTH, EAST, NORTH)]),
    )
    blocks = Blocks(
        tuple(f"b{number:02d}" for number in range(len(drawn))),
        tuple(
            Cell(written(polygon), ONE, f"b{number:02d}") for number, polygon in enumerate(drawn)
        ),
    )
    grids = _grids(rng, drawn if follow else None, split)
    sites = np.column_stack(
        [rng.uniform(WEST + INSET, EAST - INSET, 60), rng.uniform(SOUTH + INSET, NORTH - INSET, 60)]
    ).round(7)
    return Town(blocks, communities, grids, sites)


def _array(polygons: list[Any]) -> Objects:
    array = np.empty(len(polygons), dtype=object)
    array[:] = polygons
    return array


def _corners(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return corners of lots, those on the outline moved along it alone."""
    at = np.arange(LOTS + 1) * STEP
    east, north = np.meshgrid(WEST + at, SOUTH + at, indexing="ij")
    shift = rng.uniform(-0.35, 0.35, (2, LOTS + 1, LOTS + 1)) * STEP
    shift[0, [0, -1], :] = 0
    shift[1, :, [0, -1]] = 0
    corners = np.stack([east + shift[0], north + shift[1]], axis=-1)
    return corners.round(7) if rng.random() < 0.5 else corners


def _blocks(rng: np.random.Generator, lots: dict[tuple[int, int], Any]) -> list[Any]:
    free = dict(lots)
    drawn = []
    for _ in range(3):
        x, y = int(rng.integers(LOTS)), int(rng.integers(LOTS - 1))
        if (x, y) in free and (x, y + 1) in free:
            pair = shapely.union_all([free.pop((x, y)), free.pop((x, y + 1))])
            drawn.append(shapely.remove_repeated_points(pair))
    if len(free) > 4:
        around = free.pop(next(iter(free)))
        middle = around.representative_point().buffer(STEP / 12, quad_segs=2)
        if around.contains(middle):
            drawn += [around.difference(middle), middle]
        else:
            drawn.append(around)
    rest = list(free.values())
    rng.shuffle(rest)
    if len(rest) > 5 and not rest[0].touches(rest[1]):
        drawn.append(shapely.multipolygons(rest[:2]))
        rest = rest[2:]
    missing = int(rng.integers(0, 3))
    return drawn + rest[missing:]


def _grids(rng: np.random.Generator, blocks: list[Any] | None, split: float) -> Areas:
    """Return three grids a community; they overlap and leave gaps where they don't follow."""
    keys, polygons = [], []
    for community, west, east in ((ONE, WEST, split), (TWO, split, EAST)):
        cuts = np.sort(rng.uniform(SOUTH, NORTH, 2))
        for number, (south, north) in enumerate(
            zip([SOUTH, *cuts], [*cuts, NORTH], strict=True), 1
        ):
            keys.append(f"{community}{number:03d}")
            tilt = float(rng.uniform(-0.2, 0.2)) * STEP
            area = shapely.Polygon(
                [(west, south), (east, south + tilt), (east, north + tilt), (west, north)]
            )
            polygons.append(area)
    if blocks is None:
        return Areas(tuple(keys), _array(polygons))
    middles = [block.representative_point() for block in blocks]
    taken = [
        next((row for row, area in enumerate(polygons) if area.intersects(point)), 0)
        for point in middles
    ]
    unions = [
        shapely.union_all([block for block, at in zip(blocks, taken, strict=True) if at == row])
        for row in range(len(keys))
    ]
    held = [row for row, union in enumerate(unions) if not union.is_empty]
    return Areas(tuple(keys[row] for row in held), _array([unions[row] for row in held]))


__all__ = [
    "EAST",
    "NORTH",
    "ONE",
    "SOUTH",
    "STEP",
    "TWO",
    "WEST",
    "Keyring",
    "Town",
    "town",
    "towns",
]
