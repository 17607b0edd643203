"""Drafts as they go over the wire: outlines as whole numbers, entries with names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.drafts import Cell, PlannedGrid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.core.drafts import Changes, PlanState
    from geo.store.plan_log import Entry
    from geo.store.plan_notes import Comment
    from geo.store.plans import Person

PER_DEGREE = 1e7
"""Outlines are told in ten-millionths of a degree: about a centimetre."""


def rings_of(cells: Mapping[str, Cell]) -> dict[str, list[list[list[int]]]]:
    """Return outlines: of every cell its polygons, of each its rings, of each ``x, y, x, y, …``.

    Equal vertices stay equal, so that neighbours still share their border.

    Examples
    --------
    >>> square = shapely.box(0, 0, 1e-7, 2e-7).wkb_hex
    >>> rings_of({"a": Cell(square, "9")})
    {'a': [[[1, 0, 1, 2, 0, 2, 0, 0, 1, 0]]]}
    >>> rings_of({})
    {}
    """
    polygons, cell_of = shapely.get_parts(
        shapely.from_wkb([cell.wkb for cell in cells.values()]), return_index=True
    )
    rings, polygon_of = shapely.get_rings(polygons, return_index=True)
    places, ring_of = shapely.get_coordinates(rings, return_index=True)
    flat = np.rint(places * PER_DEGREE).astype(np.int64).ravel().tolist()
    ends = (2 * np.cumsum(np.bincount(ring_of, minlength=len(rings)))).tolist()
    whole: list[list[list[int]]] = [[] for _ in polygons]
    for polygon, start, end in zip(polygon_of.tolist(), [0, *ends], ends, strict=False):
        whole[polygon].append(flat[start:end])
    outlines: list[list[list[list[int]]]] = [[] for _ in cells]
    for cell, polygon in zip(cell_of.tolist(), whole, strict=True):
        outlines[cell].append(polygon)
    return dict(zip(cells, outlines, strict=True))


def cells_out(cells: Mapping[str, Cell]) -> dict[str, dict[str, Any]]:
    """Return cells as objects, with their outlines."""
    return {
        key: {
            "community": cells[key].community,
            "block": cells[key].block,
            "compound": cells[key].compound,
            "kind": cells[key].kind,
            "rings": rings,
        }
        for key, rings in rings_of(cells).items()
    }


def grid_out(grid: PlannedGrid) -> dict[str, str]:
    """Return a grid as an object, with its community's code."""
    told = {name: getattr(grid, name) for name in PlannedGrid.__slots__}
    return {**told, "community": grid.community}


def state_out(state: PlanState, base: PlanState) -> dict[str, Any]:
    """Return a draft's state, with what it began with to compare it by."""
    return {
        "version": state.version,
        "grids": {key: grid_out(grid) for key, grid in state.grids.items()},
        "owner": dict(state.owners),
        "lock": dict(state.values["lock"]),
        "grid_lock": dict(state.values["grid_lock"]),
        "cells": cells_out(state.cells),
        "base": {
            "owner": dict(base.owners),
            "grids": {key: grid_out(grid) for key, grid in base.grids.items()},
        },
    }


def value_out(value: Any) -> Any:
    """Return what is said about a cell or a grid, as JSON has it."""
    if isinstance(value, Cell):
        return cells_out({"": value})[""]
    return grid_out(value) if isinstance(value, PlannedGrid) else value


def changes_out(changes: Changes) -> dict[str, dict[str, list[Any]]]:
    """Return changes, outlines and grids as objects."""
    return {
        subject: {key: [value_out(was), value_out(becomes)] for key, (was, becomes) in keys.items()}
        for subject, keys in changes.items()
    }


def person_out(account_id: int | None, people: Mapping[int, Person]) -> dict[str, Any] | None:
    """Return somebody by key and name; ``None`` where that isn't known or isn't told."""
    person = people.get(account_id) if account_id is not None else None
    return {"id": person.id, "name": person.name} if person else None


def entry_out(
    entry: Entry, people: Mapping[int, Person], undone_by: int | None = None
) -> dict[str, Any]:
    """Return an entry of a log, with who wrote it and what takes it back."""
    return {
        "seq": entry.seq,
        "key": str(entry.key),
        "account": person_out(entry.account_id, people),
        "at": entry.at.isoformat(),
        "verb": entry.verb,
        "detail": entry.detail,
        "changes": changes_out(entry.changes),
        "undoes": entry.undoes,
        "undone_by": undone_by,
    }


def comment_out(comment: Comment, people: Mapping[int, Person]) -> dict[str, Any]:
    """Return a comment, with who wrote it."""
    resolved = comment.resolved_at is not None
    return {
        "id": str(comment.id),
        "by": person_out(comment.account_id, people),
        "at": comment.at.isoformat(),
        "lon": comment.lon,
        "lat": comment.lat,
        "answers": str(comment.answers) if comment.answers else None,
        "text": comment.text,
        "resolved": resolved,
        "resolved_at": comment.resolved_at.isoformat() if comment.resolved_at else None,
        "resolved_by": person_out(comment.resolved_by, people),
    }
