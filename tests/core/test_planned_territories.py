"""A draft as territories of a search, and what a search answers as changes of the draft."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from geo.core.drafts import Cell, PlannedGrid, PlanState, changed, refusals
from geo.core.ground import UnitByHand
from geo.core.planned_territories import changes_of, moved_cells, territories_of, weights

HOME = "360881002001"
JOB = UUID(int=7)
KEYS = ("a", "b", "c", "d")
STEP = 0.001


def draft(lock: str | None = None) -> PlanState:
    """Four squares in a row: the first three of a general grid, the last of a dedicated one."""
    squares = [shapely.box(114 + i * STEP, 26, 114 + (i + 1) * STEP, 26 + STEP) for i in range(4)]
    cells = {key: Cell(one.wkb_hex, HOME) for key, one in zip(KEYS, squares, strict=True)}
    owners = {"a": "g", "b": "g", "c": "g", "d": "s"}
    grids = {
        "g": PlannedGrid(f"{HOME}001", "一"),
        "h": PlannedGrid(f"{HOME}002", "二"),
        "s": PlannedGrid(f"{HOME}003", "校", kind="dedicated"),
    }
    state = PlanState.of(cells, owners, grids)
    return changed(state, {"lock": {lock: (False, True)}}) if lock else state


def ground(by_hand: tuple[UnitByHand, ...] = ()) -> Any:
    stations = SimpleNamespace(communities=(HOME,), xy=np.array([[500_000.0, 2_876_000.0]]))
    names = (SimpleNamespace(code=HOME, name="会师路社区", name_en="Huishi Road"),)
    return SimpleNamespace(by_hand=by_hand, srid=4547, stations=stations, communities=names)


def figures() -> Any:
    return SimpleNamespace(
        cells=KEYS,
        row_of={key: row for row, key in enumerate(KEYS)},
        totals=SimpleNamespace(households=np.array([10, 20, 30, 40])),
        cell_of_building=np.array([3]),
    )


def test_dedicated_grids_are_left_out() -> None:
    (one,) = territories_of(draft("b"), ground(), figures())
    assert one.cells == ("a", "b", "c")
    assert one.grids == ("g", "h")
    assert one.start.tolist() == [0, 0, 0]
    assert one.households.tolist() == [10, 20, 30]
    assert one.locked.tolist() == [False, True, False]
    assert sorted(map(sorted, one.edges.tolist())) == [[0, 1], [1, 2]]
    assert territories_of(draft(), ground(), figures(), {"elsewhere"}) == []


def test_units_put_into_a_grid_by_hand_count_in_its_middle() -> None:
    unit = UnitByHand(1, 0, "g", households=4, people=8, households_answered=0, answered=False)
    found = weights(draft(), ground((unit,)), figures())
    assert found.tolist() == [10, 24, 30, 36]


def test_new_grids_are_made_and_emptied_ones_retired() -> None:
    state = draft()
    (one,) = territories_of(state, ground(), figures())
    afresh = np.array([1, 1, 2])
    changes = changes_of(state, JOB, [(one, afresh)], ground(), {f"{HOME}009"})
    ((key, (_, made)),) = ((key, pair) for key, pair in changes["grid"].items() if pair[1])
    assert (made.code, made.name) == (f"{HOME}010", "会师路社区第10网格")
    assert changes["grid"]["g"] == (state.grids["g"], None)
    assert changes["owner"] == {"a": ("g", "h"), "b": ("g", "h"), "c": ("g", key)}
    assert refusals(state, changes) == []
    assert moved_cells(JOB, [(one, afresh)]) == {"h": ["a", "b"], key: ["c"]}
    assert changes_of(state, JOB, [(one, one.start)], ground(), ()) == {}
