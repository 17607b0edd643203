"""Compounds (小区) and campuses: blocks that belong together, with their buildings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from data.generator import names
from data.generator.households import count_households

if TYPE_CHECKING:
    import numpy as np

    from data.generator.blocks import Block
    from data.generator.buildings import Building
    from data.generator.plan import Named

LIVED_IN = ("residential", "towers")
MOST_HOUSEHOLDS = 240
JOINED_SHARE = 0.3
SHARED_EDGE_M = 40.0


@dataclass
class Compound:
    """A compound with the rows of its blocks."""

    name: Named
    kind: str
    community: int
    blocks: list[int]
    code: str = ""


def make_compounds(
    blocks: list[Block], buildings: list[Building], rng: np.random.Generator
) -> list[Compound]:
    """Join blocks into compounds, and tell blocks and buildings which is theirs."""
    found = _campuses(blocks)
    found += _estates(blocks, _households_by_block(blocks, buildings), rng)
    for row, compound in enumerate(found):
        for block in compound.blocks:
            blocks[block].compound = row
    for building in buildings:
        building.compound = blocks[building.block].compound
    return found


def _campuses(blocks: list[Block]) -> list[Compound]:
    return [
        Compound(block.site.name, block.site.kind, block.community, [row])
        for row, block in enumerate(blocks)
        if block.site is not None
    ]


def _households_by_block(blocks: list[Block], buildings: list[Building]) -> list[int]:
    counts = [0] * len(blocks)
    for building in buildings:
        counts[building.block] += count_households(building)
    return counts


def _estates(
    blocks: list[Block], households: list[int], rng: np.random.Generator
) -> list[Compound]:
    spare = names.compound_names(rng)
    lived_in = [
        row
        for row, block in enumerate(blocks)
        if block.kind in LIVED_IN and block.site is None and households[row]
    ]
    taken: set[int] = set()
    found = []
    for row in lived_in:
        if row in taken:
            continue
        rows = [row]
        if rng.random() < JOINED_SHARE:
            rows += _partner(row, lived_in, taken, blocks, households)
        taken.update(rows)
        found.append(Compound(next(spare), "residential", blocks[row].community, rows))
    return found


def _partner(
    row: int, lived_in: list[int], taken: set[int], blocks: list[Block], households: list[int]
) -> list[int]:
    mine = blocks[row]
    for other in lived_in:
        block = blocks[other]
        if (
            other > row
            and other not in taken
            and (block.community, block.kind) == (mine.community, mine.kind)
            and households[row] + households[other] <= MOST_HOUSEHOLDS
            and shapely.intersection(mine.shape, block.shape).length > SHARED_EDGE_M
        ):
            return [other]
    return []
