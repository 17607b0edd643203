"""A whole demonstration jurisdiction, put together step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer

from data.generator import blocks as block_steps
from data.generator import buildings as building_steps
from data.generator import compounds as compound_steps
from data.generator import households as household_steps
from data.generator import redraw, roads, uneven
from data.generator.shapes import moved

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from data.generator.blocks import Block, Ground
    from data.generator.buildings import Building
    from data.generator.compounds import Compound
    from data.generator.grids import Grid
    from data.generator.households import Household
    from data.generator.plan import CommunityPlan, Plan
    from data.generator.roads import Road

DECIMALS = 8
HOUSE_NUMBER_M = 7.0


@dataclass
class City:
    """Everything that stands on the ground; positions in metres of the jurisdiction's own zone."""

    plan: Plan
    grounds: list[Ground]
    origins: list[tuple[float, float]]
    communities: list[CommunityPlan]
    blocks: list[Block] = field(default_factory=list)
    area_of_block: list[int] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)
    compounds: list[Compound] = field(default_factory=list)
    households: list[Household] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    grids_before: list[Grid] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    cleared: list[int] = field(default_factory=list)
    overrides: list[tuple[str, int, str, str, str]] = field(default_factory=list)

    def chance(self, step: int) -> np.random.Generator:
        """Return the chance of one step, untouched by the draws of the others."""
        return np.random.default_rng([self.plan.seed, step])

    def short_code(self, community: int) -> str:
        """Return the last six digits of a community's code: street and community."""
        return self.communities[community].code[6:]


@lru_cache(maxsize=4)
def _transformer(source: int, target: int) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def to_plane(city_srid: int, lon: float, lat: float) -> tuple[float, float]:
    """Return a position's metres east and north in the zone."""
    return _transformer(4326, city_srid).transform(lon, lat)


def to_wgs84(city: City, shape: BaseGeometry) -> Any:
    """Return a shape of the plane in WGS 84, every coordinate rounded the same way."""
    transformer = _transformer(city.plan.metric_srid, 4326)

    def convert(points: np.ndarray) -> np.ndarray:
        lon, lat = transformer.transform(points[:, 0], points[:, 1])
        return np.round(np.column_stack([lon, lat]), DECIMALS)

    return shapely.transform(shape, convert)


def build(plan: Plan) -> City:
    """Build the city from its plan: the same city every time."""
    city = City(plan, [], [], [c for area in plan.areas for c in area.communities])
    _ground(city)
    _fill(city)
    city.compounds = compound_steps.make_compounds(city.blocks, city.buildings, city.chance(3))
    redraw.clear_blocks(city)
    _codes(city)
    _addresses(city)
    city.households = household_steps.move_in(city.buildings, city.chance(4))
    redraw.draw_grids(city)
    redraw.override_units(city)
    uneven.leave_flats_empty(city)
    return city


def _ground(city: City) -> None:
    for number, area in enumerate(city.plan.areas):
        first = sum(len(before.communities) for before in city.plan.areas[:number])
        ground = block_steps.lay_out(area, first, city.chance(10 + number))
        building_steps.clear_ground(ground)
        city.grounds.append(ground)
        city.origins.append(to_plane(city.plan.metric_srid, *area.centre))


def _fill(city: City) -> None:
    rng = city.chance(2)
    for number, ground in enumerate(city.grounds):
        east, north = (round(value, 1) for value in city.origins[number])
        start = len(city.blocks)
        for row, block in enumerate(ground.blocks):
            for building in building_steps.fill(block, rng):
                building.block = start + row
                building.shape = moved(building.shape, east, north)
                city.buildings.append(building)
        for block in ground.blocks:
            block.shape = moved(block.shape, east, north)
            city.blocks.append(block)
            city.area_of_block.append(number)
        for road in roads.draw_roads(ground):
            city.roads.append(roads.Road(moved(road.line, east, north), road.kind, road.name))


def waters(city: City) -> list[tuple[BaseGeometry, tuple[str, str], str]]:
    """Return rivers and lakes in the plane."""
    found = []
    for ground, (east, north) in zip(city.grounds, city.origins, strict=True):
        for shape, name, kind in ground.waters:
            found.append((moved(shape, round(east, 1), round(north, 1)), name, kind))
    return found


def _codes(city: City) -> None:
    """Give blocks, compounds and buildings their codes, counted inside their community."""
    counts: dict[tuple[str, int], int] = {}

    def code(letter: str, community: int) -> str:
        number = counts[letter, community] = counts.get((letter, community), 0) + 1
        return f"{city.short_code(community)}-{letter}{number:04d}"

    for block in city.blocks:
        block.code = code("K", block.community)
    for compound in city.compounds:
        compound.code = code("X", compound.community)
    for building in city.buildings:
        building.code = code("L", city.blocks[building.block].community)


def _addresses(city: City) -> None:
    named = [road for road in city.roads if road.name[0] and road.kind != "bridge"]
    tree = shapely.STRtree([road.line for road in named])
    nearest = tree.nearest([building.shape.centroid for building in city.buildings])
    taken: set[tuple[str, int]] = set()
    ordinal: dict[tuple[int | None, str], int] = {}
    gates: dict[int, str] = {}
    for building, row in zip(city.buildings, nearest, strict=True):
        community = city.communities[city.blocks[building.block].community].name[0]
        road = named[row]
        number = 1 + int(road.line.project(building.shape.centroid) / HOUSE_NUMBER_M)
        while (road.name[0], number) in taken:
            number += 1
        at = f"{road.name[0]}{number}号"
        if building.compound is None:
            taken.add((road.name[0], number))
            building.name = at
            building.address = f"{community}{at}"
            continue
        if building.compound not in gates:
            taken.add((road.name[0], number))
            gates[building.compound] = f"{at}{city.compounds[building.compound].name[0]}"
        label = "栋" if building.units else "号楼"
        order = ordinal[building.compound, label] = ordinal.get((building.compound, label), 0) + 1
        building.name = f"{order}{label}"
        building.address = f"{community}{gates[building.compound]}{building.name}"
