"""Laws of drafts: whatever is edited, by whom and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.core.drafts import (
    SUBJECTS,
    Cell,
    PlannedGrid,
    PlanState,
    changed,
    conflicts,
    difference,
    from_json,
    inverted,
    refusals,
    replay,
    to_json,
)
from geo.core.plan_log import Line, next_redo, next_undo, undone

if TYPE_CHECKING:
    from geo.core.drafts import Changes

EAST, WEST = "999002001001", "999002001002"


def ground(west: float, community: str, block: str) -> Cell:
    return Cell(shapely.box(west, 0, west + 1, 1).wkb_hex, community, block)


CELLS = {
    "e1": ground(0, EAST, "e1"),
    "e2": ground(1, EAST, "e2"),
    "w1": ground(2, WEST, "w1"),
}
GRIDS = {
    "g1": PlannedGrid(f"{EAST}001", "一"),
    "g2": PlannedGrid(f"{EAST}002", "二"),
    "h1": PlannedGrid(f"{WEST}001", "三"),
}
PIECES = {"e1/1": ground(0.1, EAST, "e1"), "e1/2": ground(0.2, EAST, "e1")}
NEW = {"g3": PlannedGrid(f"{EAST}003", "四")}

VALUES: dict[str, tuple[list[str], list[Any]]] = {
    "shape": ([*CELLS, *PIECES], [None, *CELLS.values(), *PIECES.values()]),
    "grid": ([*GRIDS, *NEW], [None, *GRIDS.values(), *NEW.values()]),
    "owner": ([*CELLS, *PIECES, "nowhere"], [None, *GRIDS, *NEW]),
    "lock": ([*CELLS, *PIECES, "nowhere"], [False, True]),
    "grid_lock": ([*GRIDS, *NEW, "nobody"], [False, True]),
}

START = PlanState.of(CELLS, {"e1": "g1", "e2": "g2", "w1": "h1"}, GRIDS)


@st.composite
def wishes(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Draw what is to become of some things; a few are no sense at all."""
    wished: dict[str, dict[str, Any]] = {}
    for _ in range(draw(st.integers(1, 3))):
        subject = draw(st.sampled_from(SUBJECTS))
        keys, values = VALUES[subject]
        wished.setdefault(subject, {})[draw(st.sampled_from(keys))] = draw(st.sampled_from(values))
    return wished


def edit(state: PlanState, wished: dict[str, dict[str, Any]]) -> Changes:
    """Return the edit that somebody makes who has read a state."""
    return {
        subject: {key: (state.value(subject, key), becomes) for key, becomes in keys.items()}  # type: ignore[arg-type]
        for subject, keys in wished.items()
    }


def made(state: PlanState, changes: Changes) -> PlanState | None:
    """Return the state after an edit; ``None`` where it is in conflict or refused."""
    if conflicts(state, changes) or refusals(state, changes):
        return None
    return changed(state, changes)


def same(one: PlanState, other: PlanState) -> bool:
    return not difference(one, other)


def edited(logged: list[dict[str, dict[str, Any]]]) -> tuple[PlanState, list[Changes]]:
    """Return the state after whichever edits can be made, and their log."""
    state, log = START, []
    for wished in logged:
        changes = edit(state, wished)
        after = made(state, changes)
        if after is not None:
            state = after
            log.append(changes)
    return state, log


@given(st.lists(wishes(), max_size=12))
def test_nothing_is_left_without_its_cell_grid_or_community(
    logged: list[dict[str, dict[str, Any]]],
) -> None:
    state, _ = edited(logged)
    for cell, grid in state.owners.items():
        assert state.grids[grid].community == state.cells[cell].community
    assert state.values["lock"].keys() <= state.cells.keys()
    assert state.values["grid_lock"].keys() <= state.grids.keys()


@given(st.lists(wishes(), max_size=12))
def test_taking_everything_back_leads_to_the_start(
    logged: list[dict[str, dict[str, Any]]],
) -> None:
    state, log = edited(logged)
    for changes in reversed(log):
        assert not conflicts(state, inverted(changes))
        state = changed(state, inverted(changes))
    assert same(state, START)
    assert state.values == START.values


@given(st.lists(wishes(), max_size=8))
def test_doing_again_is_the_opposite_of_taking_back(
    logged: list[dict[str, dict[str, Any]]],
) -> None:
    state, log = edited(logged)
    for changes in log[-1:]:
        back = changed(state, inverted(changes))
        assert same(changed(back, inverted(inverted(changes))), state)


@given(st.lists(wishes(), max_size=6), wishes(), wishes())
def test_two_edits_end_the_same_in_any_order_or_one_is_turned_down_by_name(
    logged: list[dict[str, dict[str, Any]]],
    mine: dict[str, dict[str, Any]],
    yours: dict[str, dict[str, Any]],
) -> None:
    state, _ = edited(logged)
    one, other = edit(state, mine), edit(state, yours)
    orders = ((one, other), (other, one))
    ends = []
    for first, second in orders:
        after = made(state, first)
        if after is None:
            return
        end = made(after, second)
        if end is None:
            named = [*conflicts(after, second), *refusals(after, second)]
            assert all(found.key for found in named)
            assert named
        ends.append(end)
    if None not in ends:
        assert same(*ends)
    touched = {(subject, key) for subject, keys in one.items() for key in keys}
    if touched.isdisjoint((subject, key) for subject, keys in other.items() for key in keys):
        after = changed(state, one)
        assert not conflicts(after, other)


@given(st.lists(wishes(), max_size=12), st.integers(0, 12))
def test_a_log_replayed_is_the_state_that_was_kept(
    logged: list[dict[str, dict[str, Any]]], kept: int
) -> None:
    state, log = edited(logged)
    stored = [from_json(to_json(changes)) for changes in log]
    assert stored == log
    begun = replay(START, stored[:kept])
    assert replay(begun, stored[kept:]) == state == replay(START, stored)


@given(st.lists(wishes(), max_size=8), st.integers(0, 8))
def test_the_difference_to_a_version_restores_it(
    logged: list[dict[str, dict[str, Any]]], version: int
) -> None:
    state, log = edited(logged)
    then = replay(START, log[:version])
    assert changed(state, difference(state, then)).values == then.values


@given(st.lists(st.tuples(st.integers(1, 2), st.sampled_from(["edit", "undo", "redo"]))))
def test_everybody_takes_back_and_does_again_their_own_in_turn(
    acts: list[tuple[int, str]],
) -> None:
    log: list[Line] = []
    stands: dict[int, list[int]] = {1: [], 2: []}
    back: dict[int, list[int]] = {1: [], 2: []}
    for who, act in acts:
        seq = len(log) + 1
        if act == "edit":
            log.append(Line(seq, who))
            stands[who].append(seq)
            back[who].clear()
            continue
        found = (next_undo if act == "undo" else next_redo)(log, who)
        if act == "undo":
            assert found == (stands[who][-1] if stands[who] else None)
            if found is not None:
                back[who].append(stands[who].pop())
        else:
            gone = undone(log)
            assert found == (gone[back[who][-1]] if back[who] else None)
            if found is not None:
                stands[who].append(back[who].pop())
        if found is not None:
            log.append(Line(seq, who, found))
    gone = undone(log)
    edits = {line.seq for line in log if line.undoes is None}
    assert edits - gone.keys() == {*stands[1], *stands[2]}
