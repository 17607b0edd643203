"""Figures of a draft as editors get them: by cell, so that they can be added up anew at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from geo.core.cell_figures import CellFigures
    from geo.core.ground import Ground, UnitByHand
    from geo.flows.plan_figures import DraftFigures

COLUMNS = {
    "buildings": "buildings",
    "households": "households",
    "people": "people",
    "issues": "issues",
    "walk_m": "walk_m",
    "walk_households": "walk_households",
    "unreachable": "unreachable",
    "answered_households": "households_answered",
}
"""Names on the wire, and those of the totals."""


def figures_out(found: DraftFigures) -> dict[str, Any]:
    """Return all figures of a draft."""
    ground, chosen = found.ground, settings()
    return {
        "bounds": {"min": chosen.grid_households_min, "max": chosen.grid_households_max},
        "cells": cell_figures_out(found.cells),
        "grids": _grids(found),
        "by_hand": [_by_hand(ground, found.cells, one) for one in ground.by_hand],
        "communities": [
            {"code": one.code, "name": one.name, "name_en": one.name_en}
            for one in ground.communities
        ],
        "buildings": list(_buildings(ground, found.cells)) if found.one_by_one else [],
        "compounds": {
            one.code: {"name": one.name, "name_en": one.name_en} for one in ground.compounds
        },
    }


def cell_figures_out(
    cells: CellFigures, wanted: Container[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Return the figures of cells; by default of all."""
    columns = {
        name: getattr(cells.totals, column).round(1).tolist() for name, column in COLUMNS.items()
    }
    return {
        key: {name: column[row] for name, column in columns.items()}
        for row, key in enumerate(cells.cells)
        if wanted is None or key in wanted
    }


def _grids(found: DraftFigures) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {key: {"workers": []} for key in found.state.grids}
    for worker in found.ground.workers:
        for grid in worker.grids:
            if grid in told:
                told[grid]["workers"].append(
                    {"code": worker.code, "name": worker.name, "role": worker.role}
                )
    return told


def _by_hand(ground: Ground, cells: CellFigures, unit: UnitByHand) -> dict[str, Any]:
    """Return a unit that was put into a grid by hand: where it stands, and what moves with it."""
    row = int(cells.cell_of_building[unit.building])
    walk_m = float(ground.walk_m[unit.building])
    reached = walk_m < float("inf")
    return {
        "cell": cells.cells[row] if row >= 0 else None,
        "grid": unit.grid,
        "households": unit.households,
        "people": unit.people,
        "walk_m": round(walk_m * unit.households, 1) if reached else 0.0,
        "walk_households": unit.households if reached else 0,
        "unreachable": 0 if reached else unit.households,
        "answered_households": unit.households_answered,
    }


def _buildings(ground: Ground, cells: CellFigures) -> Iterator[list[Any]]:
    one = ground.buildings
    rows = zip(
        one.sites.tolist(),
        one.households.tolist(),
        one.people.tolist(),
        cells.cell_of_building.tolist(),
        one.addresses,
        strict=True,
    )
    for (lon, lat), households, people, row, address in rows:
        cell = cells.cells[row] if row >= 0 else None
        yield [round(lon, 7), round(lat, 7), households, people, cell, address]
