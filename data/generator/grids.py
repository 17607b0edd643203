"""Grids (网格): blocks joined into areas of a few hundred households, in two generations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.generator.blocks import Block
    from data.generator.compounds import Compound
    from data.generator.plan import Named

WANTED = (300, 500)
STEPS = 9000
START_HEAT = 0.30
CUT_WEIGHT = 0.09
FLOW = {"river": 0.15, "primary": 0.35, "secondary": 0.6, "lane": 1.0, "alley": 1.3, "edge": 1.0}


@dataclass
class Grid:
    """A grid of one generation with the rows of its blocks."""

    community: int
    blocks: list[int]
    kind: str = "general"
    site: Named | None = None
    code: str = ""
    uid: UUID | None = None


@dataclass
class Ties:
    """Which atoms (blocks that stay together) touch, and how much a border there costs."""

    atoms: list[list[int]]
    weights: list[float]
    costs: list[dict[int, float]] = field(default_factory=list)


def tie(
    blocks: list[Block],
    rows: list[int],
    compounds: list[Compound],
    weights: list[float],
    border_cost: dict[tuple[int, int], float],
) -> Ties:
    """Return the atoms of some blocks: compounds whole, other blocks one by one."""
    atoms: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        compound = blocks[row].compound
        whole = compound is not None and compounds[compound].kind == "residential"
        atoms.setdefault(("compound", compound or 0) if whole else ("block", row), []).append(row)
    groups = list(atoms.values())
    where = {row: number for number, group in enumerate(groups) for row in group}
    costs: list[dict[int, float]] = [{} for _ in groups]
    for (one, other), cost in border_cost.items():
        if one in where and other in where and where[one] != where[other]:
            for a, b in ((where[one], where[other]), (where[other], where[one])):
                costs[a][b] = costs[a].get(b, 0.0) + cost
    return Ties(groups, [sum(weights[row] for row in group) for group in groups], costs)


def border_costs(
    blocks: list[Block], kinds: list[tuple[shapely.LineString, str]]
) -> dict[tuple[int, int], float]:
    """Return the length of each pair of neighbours' border, weighted by what runs on it."""
    tree = shapely.STRtree([block.shape for block in blocks])
    costs: dict[tuple[int, int], float] = {}
    for line, kind in kinds:
        middle = line.interpolate(0.5, normalized=True)
        sides = [int(row) for row in tree.query(middle, predicate="dwithin", distance=0.01)]
        if len(sides) == 2:  # noqa: PLR2004 - an edge has two sides
            pair = (min(sides), max(sides))
            costs[pair] = costs.get(pair, 0.0) + line.length / 100 * FLOW[kind]
    return costs


@dataclass
class Drawing:
    """A division in the making: the part of each atom, and the weight of each part."""

    ties: Ties
    part: list[int]
    loads: NDArray[np.float64]
    target: float

    def change(self, atom: int, to: int) -> float:
        """Return by how much worse the division would be with an atom in another part."""
        weight, own = self.ties.weights[atom], self.part[atom]
        loads = self.loads
        before = _strain(loads[own], self.target) + _strain(loads[to], self.target)
        after = _strain(loads[own] - weight, self.target)
        after += _strain(loads[to] + weight, self.target)
        near = self.ties.costs[atom].items()
        cut = sum(cost for other, cost in near if self.part[other] == own)
        cut -= sum(cost for other, cost in near if self.part[other] == to)
        return float(after - before + CUT_WEIGHT * cut)

    def move(self, atom: int, to: int) -> None:
        """Put an atom into another part."""
        self.loads[self.part[atom]] -= self.ties.weights[atom]
        self.loads[to] += self.ties.weights[atom]
        self.part[atom] = to


def partition(ties: Ties, parts: int, rng: np.random.Generator) -> list[int]:
    """Return the part of each atom: even in weight, each in one piece, borders along big roads.

    Parts grow from seeds, then single atoms change sides by simulated annealing (Kirkpatrick,
    Gelatt and Vecchi, 1983).
    """
    part = _grow(ties, parts, rng)
    loads = np.bincount(part, weights=ties.weights, minlength=parts).astype(float)
    drawing = Drawing(ties, part, loads, float(loads.sum()) / parts)
    for step in range(STEPS):
        heat = START_HEAT * (1 - step / STEPS) ** 2 + 1e-6
        atom = int(rng.integers(len(part)))
        others = sorted({part[near] for near in ties.costs[atom]} - {part[atom]})
        if not others:
            continue
        to = others[int(rng.integers(len(others)))]
        change = drawing.change(atom, to)
        if (change < 0 or rng.random() < np.exp(-change / heat)) and _still_whole(ties, part, atom):
            drawing.move(atom, to)
    return part


def _strain(load: float, target: float) -> float:
    low, high = WANTED
    outside = max(0.0, low + 12 - load, load - high + 12) / 40
    return float(((load - target) / target) ** 2 * 3 + outside**2)


def _still_whole(ties: Ties, part: list[int], atom: int) -> bool:
    own = part[atom]
    near = [other for other in ties.costs[atom] if part[other] == own]
    if not near:
        return False
    return len(_reach(ties, part, near[0], atom) & set(near)) == len(near)


def _reach(ties: Ties, part: list[int], start: int, without: int) -> set[int]:
    own, found, waiting = part[start], {start}, [start]
    while waiting:
        for near in ties.costs[waiting.pop()]:
            if near not in found and near != without and part[near] == own:
                found.add(near)
                waiting.append(near)
    return found


def _grow(ties: Ties, parts: int, rng: np.random.Generator) -> list[int]:
    part = [-1] * len(ties.atoms)
    loads = [0.0] * parts
    for number, seed in enumerate(_seeds(ties, parts, rng)):
        part[seed], loads[number] = number, ties.weights[seed]
    while -1 in part:
        edges = [
            (loads[part[a]], -cost, a, b)
            for a in range(len(part))
            if part[a] >= 0
            for b, cost in ties.costs[a].items()
            if part[b] < 0
        ]
        _, _, a, b = min(edges)
        part[b] = part[a]
        loads[part[a]] += ties.weights[b]
    return part


def _seeds(ties: Ties, parts: int, rng: np.random.Generator) -> list[int]:
    """Choose atoms far apart, counted in steps."""
    seeds = [int(rng.integers(len(ties.atoms)))]
    while len(seeds) < parts:
        away = _steps(ties, seeds)
        seeds.append(int(np.argmax([distance + 0.01 * (i % 7) for i, distance in enumerate(away)])))
    return seeds


def _steps(ties: Ties, start: list[int]) -> list[int]:
    away = [-1] * len(ties.atoms)
    front = list(start)
    for atom in front:
        away[atom] = 0
    while front:
        following = []
        for atom in front:
            for near in ties.costs[atom]:
                if away[near] < 0:
                    away[near] = away[atom] + 1
                    following.append(near)
        front = following
    return away


def reading_order(grids: list[Grid], blocks: list[Block]) -> list[Grid]:
    """Return grids west to east, and those rows from north to south, as sequence numbers run."""
    middles = [
        shapely.union_all([blocks[row].shape for row in grid.blocks]).centroid for grid in grids
    ]
    tops = [point.y for point in middles]
    bands = max(1, round(len(grids) ** 0.5))
    height = (max(tops) - min(tops)) / bands + 1e-6
    keys = [(int((max(tops) - p.y) / height), round(p.x, 2)) for p in middles]
    return [grid for _, grid in sorted(zip(keys, grids, strict=True), key=lambda pair: pair[0])]


def give_codes(grids: list[Grid], community_code: str, blocks: list[Block], first: int = 1) -> None:
    """Give the grids of a community that have none yet their codes and identities."""
    new = [grid for grid in grids if not grid.code]
    if not new:
        return
    for number, grid in enumerate(reading_order(new, blocks), start=first):
        grid.code = f"{community_code}{number:03d}"
        grid.uid = uuid5(NAMESPACE_URL, f"urn:hongge:demonstration:{grid.code}")
