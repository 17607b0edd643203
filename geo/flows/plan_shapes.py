"""Edits that change shapes of a draft: cutting cells, dragging borders, splitting grids.

What they change is worked out on the draft as it is, without keeping others from it; whoever was
faster is then in conflict with it like with any other edit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid5

import numpy as np

from geo.core.borders_dragged import Move, drag
from geo.core.cell_figures import figures
from geo.core.cutting import cut
from geo.core.drafts import Refusal
from geo.core.plan_codes import next_code
from geo.core.planned_territories import changes_of, numbered_grid, territories_of
from geo.core.proposing import Wish, propose
from geo.core.splitting import Known, NewGrid, Sites, split_along
from geo.errors import KeyReusedError
from geo.flows.grounds import ground_of
from geo.flows.plans import Objection, Refused, Written, draft_of, edit, state_of
from geo.settings import settings
from geo.store import plan_log, plans
from geo.store.plan_areas import keys_used
from geo.store.plan_log import NewEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.core.drafts import Changes, PlannedGrid, PlanState
    from geo.flows.plans import Outcome

    Line = Sequence[Sequence[float]]

CUT, BORDER, SPLIT = "cut", "border", "split"
SPLIT_S = 2.0
"""How long a bisection is searched for; it is found in a fraction of that."""

BALANCED = 1
"""The middle one of three proposals."""


@dataclass(frozen=True, slots=True)
class Split:
    """A grid to be split: by its key, along a line or as is proposed, what the new one is called.

    Parameters
    ----------
    grid
        Key.
    line
        Longitudes and latitudes in WGS 84; ``None`` for a proposal.
    name, name_en
        Of the new grid; by default its community's with its number.
    """

    grid: str
    line: Line | None = None
    name: str = ""
    name_en: str = ""


def cut_cells(
    session: Session, draft_id: UUID, key: UUID, line: Line, cells: Sequence[str] | None = None
) -> Outcome:
    """Cut cells of a draft along a line.

    Parameters
    ----------
    session
        Of a planner.
    draft_id
        Key.
    key
        The editor's own: an edit that is sent again under it is not made again.
    line, cells
        See :func:`geo.core.cutting.cut`.

    Raises
    ------
    NotFoundError, NotPermittedError, KeyReusedError
        As of :func:`geo.flows.plans.edit`.
    """
    detail = {"line": _plain(line), **({"cells": sorted(cells)} if cells else {})}

    def make(state: PlanState) -> Changes | Refusal:
        return cut(state, line, cells=cells or None, used=keys_used(session, draft_id))

    return _made(session, draft_id, NewEntry(key, CUT, {}, detail), make)


def drag_border(session: Session, draft_id: UUID, key: UUID, moves: Sequence[Move]) -> Outcome:
    """Drag borders that cells of a draft share; see :func:`geo.core.borders_dragged.drag`.

    Raises
    ------
    NotFoundError, NotPermittedError, KeyReusedError
        As of :func:`geo.flows.plans.edit`.
    """
    detail = {"moves": [_plain(move) for move in moves]}
    return _made(
        session, draft_id, NewEntry(key, BORDER, {}, detail), lambda state: drag(state, moves)
    )


def split_grid(session: Session, draft_id: UUID, key: UUID, split: Split) -> Outcome:
    """Split a grid of a draft in two; the part with more households keeps its code.

    Raises
    ------
    NotFoundError, NotPermittedError, KeyReusedError
        As of :func:`geo.flows.plans.edit`.
    """
    line = None if split.line is None else _plain(split.line)
    detail = {"grid": split.grid, "line": line, "name": split.name, "name_en": split.name_en}
    work = _Splitting(session, draft_id, key, split)
    return _made(session, draft_id, NewEntry(key, SPLIT, {}, detail), work.changes)


def _plain(line: Line) -> list[list[float]]:
    return [[float(lon), float(lat)] for lon, lat in line]


def _made(
    session: Session,
    draft_id: UUID,
    entry: NewEntry,
    make: Callable[[PlanState], Changes | Refusal],
) -> Outcome:
    """Make an edit whose changes have to be worked out, unless its key was seen before."""
    state = state_of(session, draft_id)
    before = plan_log.entry_of_key(session, draft_id, entry.key)
    if before is not None:
        if (before.verb, before.detail) != (entry.verb, dict(entry.detail)):
            raise KeyReusedError(key=str(entry.key))
        return Written(before, again=True)
    made = make(state)
    if isinstance(made, Refusal):
        grid = state.grids.get(made.key)
        return Refused((Objection(made, grid.called if grid else made.key),))
    return edit(session, draft_id, NewEntry(entry.key, entry.verb, made, entry.detail))


@dataclass(frozen=True, slots=True)
class _Splitting:
    """What splitting a grid takes."""

    session: Session
    draft_id: UUID
    key: UUID
    split: Split

    def changes(self, state: PlanState) -> Changes | Refusal:
        """Return what splitting changes."""
        if self.split.grid not in state.grids:
            return Refusal("no_such_grid", self.split.grid)
        if state.grid_locked(self.split.grid):
            return Refusal("grid_locked", self.split.grid)
        return self._proposed(state) if self.split.line is None else self._drawn(state)

    def _drawn(self, state: PlanState) -> Changes | Refusal:
        draft = draft_of(self.session, self.draft_id)
        ground = ground_of(self.session, draft.jurisdiction_id)
        old = state.grids[self.split.grid]
        used = plans.codes_used(self.session, draft.jurisdiction_id)
        code = next_code(old.community, state, used)
        if code is None:
            return Refusal("codes_given", self.split.grid)
        made = replace(self._called(numbered_grid(code, ground)), kind=old.kind)
        sites = Sites(ground.buildings.sites, ground.buildings.households)
        known = Known(sites, keys_used(self.session, self.draft_id))
        new = NewGrid(str(uuid5(self.key, SPLIT)), made)
        return split_along(state, self.split.grid, self.split.line or (), new, known)

    def _called(self, grid: PlannedGrid) -> PlannedGrid:
        """Give a grid the names that were asked for."""
        name, name_en = self.split.name or grid.name, self.split.name_en or grid.name_en
        return replace(grid, name=name, name_en=name_en)

    def _proposed(self, state: PlanState) -> Changes | Refusal:
        """Bisect a grid by search: by households, short borders, roads."""
        draft = draft_of(self.session, self.draft_id)
        ground = ground_of(self.session, draft.jurisdiction_id)
        old = state.grids[self.split.grid]
        found = territories_of(state, ground, figures(state, ground), {old.community})
        if old.kind != "general" or not found or not state.members()[self.split.grid]:
            return Refusal("cannot_be_split", self.split.grid)
        territory = found[0]
        wish = Wish(
            "split",
            lower=settings().grid_households_min,
            upper=settings().grid_households_max,
            grid=territory.grids.index(self.split.grid),
        )
        chosen = propose(territory, wish, seed=0, seconds=SPLIT_S)[BALANCED].assignment
        if not np.any(chosen >= len(territory.grids)):
            return Refusal("cannot_be_split", self.split.grid)
        used = plans.codes_used(self.session, draft.jurisdiction_id)
        changes = changes_of(state, self.key, [(territory, chosen)], ground, used)
        changes["grid"] = {
            key: (was, self._called(grid) if grid else None)
            for key, (was, grid) in changes["grid"].items()
        }
        return changes


__all__ = ["Move", "Split", "cut_cells", "drag_border", "split_grid"]
