"""Edits of shapes on the demonstration city: splitting as proposed, cutting, dragging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pytest
import shapely
from sqlalchemy import func, select

from geo.core.cell_figures import figures
from geo.core.cells import outlines
from geo.core.noding import connected, segments_of
from geo.core.planned_territories import weights
from geo.flows.grounds import ground_of
from geo.flows.plan_shapes import Move, Split, cut_cells, drag_border, split_grid
from geo.flows.plans import FromGeneration, Written, create_draft, draft_of, state_of
from geo.store.models import Generation, Jurisdiction
from tests.people import add_account, asker_of

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

SLUG = "jinggangshan"


@pytest.fixture
def draft(demo_session: Session) -> UUID:
    """Return a draft of the generation in force, made by a planner who goes on asking."""
    account = add_account(demo_session, "drawing", "planner", SLUG)
    for name, value in asker_of(account).context().items():
        demo_session.execute(select(func.set_config(f"hongge.{name}", value, True)))  # noqa: FBT003 - of SQL
    label = demo_session.scalars(
        select(Generation.label)
        .join(Jurisdiction)
        .where(Jurisdiction.slug == SLUG)
        .order_by(Generation.number.desc())
    ).first()
    return create_draft(demo_session, SLUG, "方案", "", FromGeneration(label or ""))


def in_one_piece(polygons: Any) -> bool:
    found = segments_of(polygons)
    two = found.right >= 0
    return bool((connected(len(polygons), found.left[two], found.right[two]) == 0).all())


def test_a_split_that_is_proposed_makes_two_grids_of_one_piece(
    demo_session: Session, draft: UUID
) -> None:
    state = state_of(demo_session, draft)
    ground = ground_of(demo_session, draft_of(demo_session, draft).jurisdiction_id)
    found = figures(state, ground)
    held = dict(zip(found.cells, weights(state, ground, found).tolist(), strict=True))
    members = state.members()
    sums = {grid: sum(held[cell] for cell in cells) for grid, cells in members.items()}
    fullest = max((sums[grid], grid) for grid in members if state.grids[grid].kind == "general")
    grid = fullest[1]
    key = uuid4()
    made = split_grid(demo_session, draft, key, Split(grid))
    assert isinstance(made, Written)
    after = state_of(demo_session, draft)
    (new,) = after.grids.keys() - state.grids.keys()
    assert after.grids[new].community == state.grids[grid].community
    assert set(after.members()[grid]) | set(after.members()[new]) == set(members[grid])
    parts = []
    for one in (grid, new):
        cells = after.members()[one]
        assert in_one_piece(outlines({cell: after.cells[cell] for cell in cells})[1])
        parts.append(sum(held[cell] for cell in cells))
    assert parts[0] >= parts[1] > fullest[0] / 4
    again = split_grid(demo_session, draft, key, Split(grid))
    assert isinstance(again, Written)
    assert again.again


def test_shapes_of_a_city_change_and_stay_a_coverage(demo_session: Session, draft: UUID) -> None:
    state = state_of(demo_session, draft)
    keys, polygons = outlines(state.cells)
    row = int(np.argmax(shapely.area(polygons)))
    west, south, east, north = polygons[row].bounds
    middle = (west + east) / 2
    line = [[middle, south - 1e-4], [middle, north + 1e-4]]
    made = cut_cells(demo_session, draft, uuid4(), line, [keys[row]])
    assert isinstance(made, Written)
    found = segments_of(polygons)
    inner = np.flatnonzero(found.right >= 0)
    communities = np.array([state.cells[key].community for key in keys])
    inside = inner[communities[found.left[inner]] == communities[found.right[inner]]]
    longest = inside[np.argmax(np.hypot(*(found.ends[inside, 2:] - found.ends[inside, :2]).T))]
    one, other = found.ends[longest].reshape(2, 2)
    place = (one + other) / 2
    aside = np.array([-(other - one)[1], (other - one)[0]]) * 0.02
    moved = drag_border(demo_session, draft, uuid4(), [Move(tuple(place), tuple(place + aside))])
    assert isinstance(moved, Written)
    assert len(moved.entry.changes["shape"]) >= 2
    after = state_of(demo_session, draft)
    assert shapely.coverage_is_valid(outlines(after.cells)[1])
