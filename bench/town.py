"""A town to measure the planner on: 6,000 blocks, 25,000 households, 12 communities, 62 grids.

Blocks are Voronoi cells that share every vertex; 30 % are empty. Communities and grids are halved
again and again along their longer side, so that all have nearly the same number of blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from bench.tessellation import NORTH, SOUTH, WEST, plan
from geo.flows.publish import publish
from geo.store.engine import owner_session
from geo.store.models import (
    Account,
    AccountRole,
    Block,
    Building,
    Community,
    Household,
    Jurisdiction,
    Station,
    Street,
    Unit,
)
from geo.store.publishing import DrawnGrid, Plan

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

SLUG, LABEL = "bench-town", "bench-town-1"
STREET = "999004001"
SHRUNK = 0.2
"""From the tessellation's 30 km to 6 km."""
EMPTY_SHARE = 0.3
MOST_A_BLOCK = 96
A_BUILDING = 12
"""Households of a building, at most."""


class Town(NamedTuple):
    """Blocks with what lies in them.

    Parameters
    ----------
    blocks
        Polygons in WGS 84, a valid coverage.
    households
        Of every block.
    community, grid
        Number of the community and of the grid of every block.
    """

    blocks: Shapes
    households: Ints
    community: Ints
    grid: Ints


def town(
    blocks: int = 6000,
    households: int = 25_000,
    communities: int = 12,
    grids: int = 62,
    seed: int = 1,
) -> Town:
    """Return a town, the same for the same numbers."""
    rng = np.random.default_rng(seed)
    polygons = shapely.transform(plan(blocks, seed), _shrunk)
    weights = rng.lognormal(0, 0.8, blocks) * (rng.random(blocks) > EMPTY_SHARE)
    counts = np.minimum(np.rint(weights * households / weights.sum()), MOST_A_BLOCK)
    centres = shapely.get_coordinates(shapely.centroid(polygons))
    community = _halved(centres, np.arange(blocks), communities)
    grid = np.zeros(blocks, np.int64)
    first = 0
    for number in range(communities):
        rows = np.flatnonzero(community == number)
        parts = grids // communities + (number < grids % communities)
        grid[rows] = first + _halved(centres[rows], np.arange(len(rows)), parts)
        first += parts
    return Town(polygons, counts.astype(np.int64), community, grid)


def store(url: str, one: Town) -> int:
    """Write a town into an empty database; return the key of a planner's account."""
    with owner_session(url) as session:
        communities = _store_areas(session, one)
        _store_homes(session, one, communities)
    publish(SLUG, Plan(LABEL, _drawn(one), "bench"), url)
    with owner_session(url) as session:
        account = Account(name="bench-planner", display_name="规划员", created_by="bench")
        session.add(account)
        session.flush()
        role = AccountRole(
            account_id=account.id, role="planner", jurisdiction=SLUG, granted_by="bench"
        )
        session.add(role)
        return account.id


def _shrunk(places: NDArray[np.float64]) -> NDArray[np.float64]:
    middle = np.array([WEST, (SOUTH + NORTH) / 2])
    moved: NDArray[np.float64] = middle + (places - middle) * SHRUNK
    return moved


def _halved(centres: NDArray[np.float64], rows: Ints, parts: int) -> Ints:
    """Return the part of every row: halves of halves, each across its longer side."""
    found = np.zeros(len(rows), np.int64)
    if parts == 1:
        return found
    here = centres[rows]
    along = int(np.argmax(np.ptp(here, axis=0)))
    left_parts = parts // 2
    order = np.argsort(here[:, along], kind="stable")
    left, right = np.split(order, [len(rows) * left_parts // parts])
    found[left] = _halved(centres, rows[left], left_parts)
    found[right] = left_parts + _halved(centres, rows[right], parts - left_parts)
    return found


def _community_code(number: int) -> str:
    return f"{STREET}{number + 1:03}"


def _stored(geom: shapely.Geometry) -> str:
    return f"SRID=4326;{shapely.to_wkt(geom, rounding_precision=-1)}"


def _whole(shapes: Shapes) -> shapely.MultiPolygon:
    union = shapely.coverage_union_all(shapes)
    return shapely.MultiPolygon(shapely.get_parts(union).tolist())


def _store_areas(session: Session, one: Town) -> dict[int, Community]:
    named = {"name": "测试镇", "name_en": "Bench Town"}
    home = Jurisdiction(
        slug=SLUG, division_code=STREET[:6], timezone="Asia/Shanghai", metric_srid=4547,
        area=_stored(_whole(one.blocks)), synthetic=True, notice="", notice_en="", source="bench",
        licence="", **named,
    )  # fmt: skip
    session.add(home)
    session.flush()
    street = Street(jurisdiction_id=home.id, code=STREET, **named)
    session.add(street)
    session.flush()
    rows = {
        number: Community(
            street_id=street.id, code=_community_code(number), name=f"{number + 1}社区",
            name_en=f"Community {number + 1}", invented=True,
            area=_stored(_whole(one.blocks[one.community == number])),
        )
        for number in range(int(one.community.max()) + 1)
    }  # fmt: skip
    session.add_all(rows.values())
    session.flush()
    return rows


def _store_homes(session: Session, one: Town, communities: dict[int, Community]) -> None:
    """Write blocks, buildings in a row across each, one unit a building, and its households."""
    for number, community in communities.items():
        middle = shapely.centroid(communities_area(one, number))
        session.add(
            Station(
                community_id=community.id, code=f"S{number}", kind="red_station", name="驿站",
                name_en="Station", address="", host="", phone=None, zones=[], facilities=[],
                geom=_stored(middle),
            )
        )  # fmt: skip
    blocks = [
        Block(
            community_id=communities[int(one.community[row])].id, code=f"B{row:05}", kind="street",
            geom=_stored(shapely.MultiPolygon([geom])),
        )
        for row, geom in enumerate(one.blocks)
    ]  # fmt: skip
    session.add_all(blocks)
    session.flush()
    buildings = [
        (building, count)
        for row, block in enumerate(blocks)
        for building, count in _buildings(one, row, block)
    ]
    session.add_all(building for building, _ in buildings)
    session.flush()
    units = [Unit(building_id=building.id, number=1, name="1单元") for building, _ in buildings]
    session.add_all(units)
    session.flush()
    session.add_all(
        Household(unit_id=unit.id, room=f"{room + 1:03}", people=1 + room % 5)
        for unit, (_, count) in zip(units, buildings, strict=True)
        for room in range(count)
    )


def communities_area(one: Town, number: int) -> shapely.MultiPolygon:
    """Return the area of a community."""
    return _whole(one.blocks[one.community == number])


def _buildings(one: Town, row: int, block: Block) -> list[tuple[Building, int]]:
    left = int(one.households[row])
    count = -(-left // A_BUILDING)
    west, south, east, north = one.blocks[row].bounds
    middle = one.blocks[row].representative_point()
    made = []
    for number in range(count):
        lon = middle.x + (number - (count - 1) / 2) * (east - west) / 40
        side = min(east - west, north - south) / 200
        geom = shapely.box(lon - side, middle.y - side, lon + side, middle.y + side)
        building = Building(
            block_id=block.id, code=f"{block.code}-{number}", name="", address=block.code,
            kind="slab", storeys=6, geom=_stored(shapely.MultiPolygon([geom])),
            site=_stored(geom.centroid),
        )  # fmt: skip
        made.append((building, min(A_BUILDING, left - number * A_BUILDING)))
    return made


def _drawn(one: Town) -> list[DrawnGrid]:
    drawn = []
    for community in range(int(one.community.max()) + 1):
        grids = np.unique(one.grid[one.community == community])
        for number, grid in enumerate(grids.tolist(), 1):
            code = f"{_community_code(community)}{number:03}"
            shape = _whole(one.blocks[one.grid == grid])
            name = f"{community + 1}社区第{number}网格"
            drawn.append(DrawnGrid(code, name, f"Grid {number}", shape, branch_name="支部"))
    return drawn
