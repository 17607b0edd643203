"""Cutting cells of a draft along a drawn line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.cells import Keyring, outlines, written
from geo.core.drafts import Refusal
from geo.core.noding import NOBODY, faces_of, joined, row_at, segments_of
from geo.core.reshaping import drawn_line, fitted, redrawn, too_thin

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from geo.core.drafts import Changes, PlanState

    Ints = NDArray[np.intp]
    Objects = NDArray[np.object_]


def cut(
    state: PlanState,
    line: Sequence[Sequence[float]],
    *,
    used: Collection[str],
    cells: Collection[str] | None = None,
    within: Collection[str] | None = None,
) -> Changes | Refusal:
    """Cut cells along a line, from border to border.

    Pieces have keys of their own and their cell's grid; neighbours get the vertices in which the
    line meets their borders.

    Parameters
    ----------
    state
        The draft.
    line
        Longitudes and latitudes in WGS 84. An end that falls short of a border by up to
        :data:`geo.core.reshaping.REACH_M` reaches it; through a vertex that it misses
        by up to forty centimetres it goes.
    used
        Every key that a cell of the draft has or had.
    cells
        Which to cut, every one; by default all that the line crosses. What it only runs into stays
        whole.
    within
        Which may be cut, where not each has to be.

    Returns
    -------
    dict or Refusal
        ``line_crosses_itself``, ``line_crosses_nothing``, ``line_does_not_cross`` (a cell that is
        named), ``piece_too_thin``, ``cell_locked``, ``no_such_cell``.
    """
    drawn = drawn_line(line)
    if drawn is None:
        return Refusal("line_crosses_itself", "")
    unknown = sorted(set(cells or ()) - state.cells.keys())
    if unknown:
        return Refusal("no_such_cell", unknown[0])
    place = _Place.of(state, drawn, within if cells is None else cells)
    against = _against(state, place, cells)
    return against or place.changes(state, Keyring([*used, *state.cells]))


def _against(state: PlanState, place: _Place, cells: Collection[str] | None) -> Refusal | None:
    """Return what speaks against cutting, if anything does."""
    parted = place.parted()
    if not parted and cells is None:
        return Refusal("line_crosses_nothing", "")
    missed = sorted(set(cells or ()) - parted)
    if missed:
        return Refusal("line_does_not_cross", missed[0])
    locked = sorted(key for key in parted if state.locked(key))
    if locked:
        return Refusal("cell_locked", locked[0])
    rows = [row for row, key in enumerate(place.keys) if key in parted]
    for face in np.flatnonzero(np.isin(place.cell, rows)):
        if too_thin(place.faces[face]):
            return Refusal("piece_too_thin", place.keys[place.cell[face]])
    return None


class _Place:
    """The cells around a line, and the faces into which it cuts them."""

    def __init__(self, keys: Sequence[str], polygons: Objects, line: Any, cut: Ints) -> None:
        self.keys, self.polygons, self.line = keys, polygons, line
        ends = shapely.get_coordinates(line)
        faces = faces_of(segments_of(polygons).ends, np.hstack([ends[:-1], ends[1:]]))
        cell = row_at(polygons, shapely.point_on_surface(faces))
        self.faces, self.cell = faces[cell != NOBODY], cell[cell != NOBODY]
        parts = shapely.get_num_geometries(polygons)
        count = np.bincount(self.cell, minlength=len(polygons))
        self._parted = cut[(count > parts)[cut]]

    @classmethod
    def of(cls, state: PlanState, line: Any, cells: Collection[str] | None) -> _Place:
        """Take the cells that the line meets, and all that touch those."""
        keys, polygons = outlines(state.cells)
        tree = shapely.STRtree(polygons)
        line = fitted_to(polygons, tree, line)
        met = np.unique(tree.query(line, predicate="intersects"))
        if not len(met):
            return cls((), polygons[:0], line, met)
        around = np.unique(tree.query(polygons[met], predicate="intersects")[1])
        asked = [row for row, at in enumerate(around) if _asked(keys[at], cells)]
        crossed = np.asarray(asked, dtype=np.intp)
        return cls([keys[row] for row in around], polygons[around], line, crossed)

    def parted(self) -> set[str]:
        """Return the cells that fall to pieces."""
        return {self.keys[row] for row in self._parted}

    def changes(self, state: PlanState, keyring: Keyring) -> Changes:
        """Return the changes that put pieces in the place of cells."""
        parted = np.isin(self.cell, self._parted)
        own = np.where(parted, len(self.keys) + np.arange(len(self.cell)), self.cell)
        numbers, first, label = np.unique(own, return_index=True, return_inverse=True)
        held = shapely.get_coordinates([*self.polygons, self.line])
        made = joined(self.faces, label, held)
        kept = numbers < len(self.keys)
        changes = redrawn(
            state,
            {
                self.keys[number]: polygon
                for number, polygon in zip(numbers[kept], made[kept], strict=True)
            },
        )
        shape = changes.setdefault("shape", {})
        owner: dict[str, tuple[Any, Any]] = {}
        for row in self._parted:
            key = self.keys[row]
            shape[key] = (state.cells[key], None)
            owner[key] = (state.owner(key), None)
        for face, polygon in zip(first[~kept], made[~kept], strict=True):
            key = self.keys[self.cell[face]]
            piece = keyring.fresh(state.cells[key])
            shape[piece] = (None, replace(state.cells[key], wkb=written(polygon)))
            owner[piece] = (None, state.owner(key))
        held_by = {key: told for key, told in owner.items() if told != (None, None)}
        return {**changes, **({"owner": held_by} if held_by else {})}


def fitted_to(polygons: Objects, tree: Any, line: Any) -> Any:
    """Fit a drawn line to the cells that it meets."""
    near = np.unique(tree.query(line, predicate="intersects"))
    return fitted(line, polygons[near]) if len(near) else line


def _asked(key: str, cells: Collection[str] | None) -> bool:
    return cells is None or key in cells
