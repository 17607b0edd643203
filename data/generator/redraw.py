"""The grids of this year and of the generation before, and what building has done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.generator import grids as steps
from data.generator.grids import Grid
from data.generator.households import count_households
from data.generator.shapes import moved

if TYPE_CHECKING:
    from data.generator.city import City

CLEARED_HOUSEHOLDS = 150
NEW_TOWER_LEAST = 170
KNOWN_SHARE = 0.1
NEIGHBOUR_MOVES = 6
OVERRIDES = 2


def clear_blocks(city: City) -> None:
    """Pull down some blocks of houses, each in another community: grids there have lost people."""
    rng = city.chance(5)
    crowded = [
        row
        for row, block in enumerate(city.blocks)
        if block.kind in ("village", "old_quarter") and block.site is None
    ]
    communities: set[int] = set()
    for row in rng.permutation(crowded):
        community = city.blocks[row].community
        if len(city.cleared) == city.plan.cleared or community in communities:
            continue
        communities.add(community)
        city.cleared.append(int(row))
        city.blocks[row].kind = "cleared"
    gone = set(city.cleared)
    city.buildings = [building for building in city.buildings if building.block not in gone]


def households_by_block(city: City) -> list[int]:
    """Return how many households live in each block."""
    counts = [0] * len(city.blocks)
    for building in city.buildings:
        counts[building.block] += count_households(building)
    return counts


def draw_grids(city: City) -> None:
    """Draw both generations: by the numbers known then, which are no longer today's."""
    now = households_by_block(city)
    known = _known(city, now)
    costs = border_costs(city)
    dedicated = _dedicated(city)
    shares = _grids_a_community(city, known, len(dedicated))
    rng = city.chance(6)
    for community in range(len(city.communities)):
        taken = {row for grid in dedicated for row in grid.blocks}
        rows = [
            row
            for row, block in enumerate(city.blocks)
            if block.community == community and row not in taken
        ]
        ties = steps.tie(city.blocks, rows, city.compounds, known, costs)
        part = steps.partition(ties, shares[community], rng)
        for number in range(shares[community]):
            blocks = [
                row for a, group in enumerate(ties.atoms) if part[a] == number for row in group
            ]
            city.grids.append(Grid(community, blocks))
        city.grids += [grid for grid in dedicated if grid.community == community]
    _last_generation(city, now, costs)


def _known(city: City, now: list[int]) -> list[float]:
    """Return the households that the planners counted with, before the last years of building."""
    known = [float(count) for count in now]
    for row in city.cleared:
        known[row] = CLEARED_HOUSEHOLDS
    rng = city.chance(7)
    large = [
        compound
        for compound in city.compounds
        if sum(now[row] for row in compound.blocks) >= NEW_TOWER_LEAST
    ]
    chosen: list[int] = []
    for row in rng.permutation(len(large)):
        compound = large[row]
        if len(chosen) < city.plan.new_towers and compound.community not in chosen:
            chosen.append(compound.community)
            for block in compound.blocks:
                known[block] *= KNOWN_SHARE
    return known


def border_costs(city: City) -> dict[tuple[int, int], float]:
    """Return what a border between two neighbouring blocks costs."""
    lines = [
        (moved(edge.line, round(east, 1), round(north, 1)), edge.street.kind)
        for ground, (east, north) in zip(city.grounds, city.origins, strict=True)
        for edge in ground.edges
    ]
    return steps.border_costs(city.blocks, lines)


def _dedicated(city: City) -> list[Grid]:
    return [
        Grid(block.community, [row], "dedicated", block.site.name)
        for row, block in enumerate(city.blocks)
        if block.site is not None and block.site.dedicated
    ]


def _grids_a_community(city: City, known: list[float], dedicated: int) -> list[int]:
    """Share the general grids out by households (largest remainders)."""
    loads = np.zeros(len(city.communities))
    for block, weight in zip(city.blocks, known, strict=True):
        loads[block.community] += weight
    wanted = loads / loads.sum() * (city.plan.grids - dedicated)
    shares = np.maximum(1, np.floor(wanted).astype(int))
    for row in np.argsort(shares - wanted, kind="stable"):
        if shares.sum() < city.plan.grids - dedicated:
            shares[row] += 1
    return [int(share) for share in shares]


def _last_generation(city: City, now: list[int], costs: dict[tuple[int, int], float]) -> None:
    """Join some neighbours as they were before, move a few borders, and number both generations."""
    if not city.plan.splits:
        for number, community in enumerate(city.communities):
            own = [grid for grid in city.grids if grid.community == number]
            steps.give_codes(own, community.code, city.blocks)
        city.grids.sort(key=lambda grid: grid.code)
        return
    joined = _joined_pairs(city, now, costs)
    before = {
        id(grid): Grid(grid.community, list(grid.blocks), grid.kind, grid.site)
        for grid in city.grids
    }
    for one, other in joined:
        before[id(one)].blocks += before.pop(id(other)).blocks
        before[id(one)].kind, before[id(one)].site = "general", None
    split = {id(grid) for pair in joined for grid in pair}
    _move_borders(city, before, split, costs)
    city.grids_before = list(before.values())
    for number, community in enumerate(city.communities):
        olds = [grid for grid in city.grids_before if grid.community == number]
        steps.give_codes(olds, community.code, city.blocks)
        for grid in city.grids:
            lives_on = id(grid) not in split or (
                grid.kind == "general" and _split_off_dedicated(grid, joined)
            )
            if grid.community == number and lives_on:
                grid.code, grid.uid = before[id(grid)].code, before[id(grid)].uid
        news = [grid for grid in city.grids if grid.community == number]
        steps.give_codes(news, community.code, city.blocks, first=len(olds) + 1)
    city.grids.sort(key=lambda grid: grid.code)
    city.grids_before.sort(key=lambda grid: grid.code)


def _split_off_dedicated(grid: Grid, joined: list[tuple[Grid, Grid]]) -> bool:
    return any(one is grid and other.kind == "dedicated" for one, other in joined)


def _joined_pairs(
    city: City, now: list[int], costs: dict[tuple[int, int], float]
) -> list[tuple[Grid, Grid]]:
    """Return the pairs of grids that were one grid before: the lightest, and a dedicated one."""
    owner = {row: number for number, grid in enumerate(city.grids) for row in grid.blocks}
    borders: dict[tuple[int, int], float] = {}
    for (a, b), cost in costs.items():
        one, other = sorted((owner[a], owner[b]))
        if one != other and city.grids[one].community == city.grids[other].community:
            borders[one, other] = borders.get((one, other), 0.0) + cost

    def load(pair: tuple[int, int]) -> int:
        return sum(now[row] for number in pair for row in city.grids[number].blocks)

    pairs: list[tuple[Grid, Grid]] = []
    used: set[int] = set()
    for one, other in sorted(borders, key=load):
        grids = sorted(
            (city.grids[one], city.grids[other]), key=lambda grid: grid.kind != "general"
        )
        special = [grid.kind for grid in grids].count("dedicated")
        community = grids[0].community
        if special > 1 or community in used or len(pairs) > city.plan.splits:
            continue
        if special and any(pair[1].kind == "dedicated" for pair in pairs):
            continue
        used.add(community)
        pairs.append((grids[0], grids[1]))
    return pairs


def _move_borders(
    city: City,
    before: dict[int, Grid],
    split: set[int],
    costs: dict[tuple[int, int], float],
) -> None:
    """Give a block on a border to the neighbour, where both grids stay whole."""
    rng = city.chance(8)
    candidates = sorted(costs)
    moved = 0
    for number in rng.permutation(len(candidates)):
        if moved == NEIGHBOUR_MOVES:
            return
        moved += _move(city, before, split, candidates[number], costs)


def _move(
    city: City,
    before: dict[int, Grid],
    split: set[int],
    pair: tuple[int, int],
    costs: dict[tuple[int, int], float],
) -> bool:
    owner = {row: key for key, grid in before.items() for row in grid.blocks}
    giver, taker = before[owner[pair[0]]], before[owner[pair[1]]]
    if (
        giver is taker
        or giver.community != taker.community
        or "dedicated" in (giver.kind, taker.kind)
        or city.blocks[pair[0]].compound is not None
        or {owner[pair[0]], owner[pair[1]]} & split
    ):
        return False
    left = [row for row in giver.blocks if row != pair[0]]
    if not left or not _whole(left, costs):
        return False
    giver.blocks = left
    taker.blocks = [*taker.blocks, pair[0]]
    return True


def _whole(rows: list[int], costs: dict[tuple[int, int], float]) -> bool:
    inside = set(rows)
    near: dict[int, set[int]] = {row: set() for row in rows}
    for a, b in costs:
        if a in inside and b in inside:
            near[a].add(b)
            near[b].add(a)
    found, waiting = {rows[0]}, [rows[0]]
    while waiting:
        for other in near[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return len(found) == len(inside)


def override_units(city: City) -> None:
    """Put a stairwell that opens onto the neighbouring grid into that grid, by hand, twice."""
    owner = {row: number for number, grid in enumerate(city.grids) for row in grid.blocks}
    taken: set[int] = set()
    for a, b in sorted(border_costs(city)):
        one, other = city.grids[owner[a]], city.grids[owner[b]]
        if (
            one is other
            or one.community != other.community
            or "dedicated" in (one.kind, other.kind)
            or len(city.overrides) == OVERRIDES
            or a in taken
        ):
            continue
        for building in city.buildings:
            if building.block == a and building.kind == "shop_house":
                note = "单元门开在对面网格一侧，经两网格商定"
                taken.add(a)
                city.overrides.append((building.code, 1, other.code, "社区居委会（演示）", note))
                break
