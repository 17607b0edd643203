"""Units (单元) and households (户): who lives behind which door, without a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from data.generator.buildings import Building

PEOPLE = (1, 2, 3, 4, 5, 6)
PEOPLE_SHARES = (0.19, 0.28, 0.25, 0.17, 0.08, 0.03)


@dataclass(frozen=True)
class Household:
    """A household: its building's row, its unit, its room, and how many people."""

    building: int
    unit: int
    room: str
    people: int


def lived_in_floors(building: Building) -> int:
    """Return how many floors hold flats; a house is one household whatever its height."""
    if not building.units:
        return 0
    return 1 if building.kind == "house" else building.storeys - building.shop_floors


def count_households(building: Building) -> int:
    """Return how many households a building holds."""
    return building.units * building.flats_a_floor * lived_in_floors(building)


def unit_name(building: Building, number: int) -> str:
    """Return what people call a unit."""
    return "独户" if building.kind == "house" else f"{number}单元"


def move_in(buildings: list[Building], rng: np.random.Generator) -> list[Household]:
    """Return all households, building by building."""
    return [
        Household(row, unit, room, int(rng.choice(PEOPLE, p=PEOPLE_SHARES)))
        for row, building in enumerate(buildings)
        for unit in range(1, building.units + 1)
        for room in _rooms(building)
    ]


def _rooms(building: Building) -> list[str]:
    if building.kind == "house":
        return ["1"]
    floors = range(1 + building.shop_floors, building.storeys + 1)
    return [
        f"{floor}{flat:02d}" for floor in floors for flat in range(1, building.flats_a_floor + 1)
    ]
