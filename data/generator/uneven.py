"""A crowded grid beside a thin one: what a planner sees after years of building."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from data.generator.redraw import border_costs

if TYPE_CHECKING:
    from data.generator.city import City
    from data.generator.households import Household


def leave_flats_empty(city: City) -> None:
    """Leave flats empty until two neighbouring grids hold just the wanted numbers of households."""
    if city.plan.uneven_pair is None:
        return
    owner = _owners(city)
    counts = Counter(owner)
    rng = city.chance(12)
    empty: set[int] = set()
    for grid, wanted in zip(_pair(city, counts), city.plan.uneven_pair, strict=True):
        flats = [
            row
            for row, household in enumerate(city.households)
            if owner[row] == grid and city.buildings[household.building].flats_a_floor > 1
        ]
        leaving = rng.choice(flats, counts[grid] - wanted, replace=False)
        empty.update(int(row) for row in leaving)
    city.households = [one for row, one in enumerate(city.households) if row not in empty]


def _owners(city: City) -> list[int]:
    """Return the row of every household's grid; an overridden unit is in the grid it was given."""
    grid_of = {row: number for number, grid in enumerate(city.grids) for row in grid.blocks}
    number_of = {grid.code: number for number, grid in enumerate(city.grids)}
    given = {(code, unit): number_of[grid] for code, unit, grid, *_ in city.overrides}

    def owner(household: Household) -> int:
        building = city.buildings[household.building]
        return given.get((building.code, household.unit), grid_of[building.block])

    return [owner(household) for household in city.households]


def _pair(city: City, counts: Counter[int]) -> tuple[int, int]:
    """Return the neighbours in one community that lose the fewest households on the way."""
    most, least = city.plan.uneven_pair or (0, 0)
    grid_of = {row: number for number, grid in enumerate(city.grids) for row in grid.blocks}
    sides = {(grid_of[a], grid_of[b]) for a, b in border_costs(city)}
    pairs = [
        pair
        for pair in sides | {(b, a) for a, b in sides}
        if len({city.grids[one].community for one in pair}) == 1
        and all(city.grids[one].kind == "general" for one in pair)
        and pair[0] != pair[1]
        and counts[pair[0]] >= most
        and counts[pair[1]] >= least
    ]
    return min(pairs, key=lambda pair: (counts[pair[0]] + counts[pair[1]], pair))
