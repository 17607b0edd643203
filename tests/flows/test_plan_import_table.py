"""Tables of blocks and grids where a generation's boundaries cut blocks into pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from geo.core.drafts import Cell, PlannedGrid, PlanState
from geo.core.imported import Register
from geo.flows.plan_import_base import Base, Wanted
from geo.flows.plan_import_table import by_table
from tests import town

if TYPE_CHECKING:
    from pathlib import Path

    from geo.flows.plan_import_base import Imported

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def base() -> Base:
    """A block whole, and one that the boundary of two grids cuts."""
    squares = {"whole": ("whole", 0), "cut/1": ("cut", 1), "cut/2": ("cut", 2)}
    cells = {
        key: Cell(town.cells(column, 0, column + 1, 1).wkb_hex, town.A, block)
        for key, (block, column) in squares.items()
    }
    grids = {
        str(key): PlannedGrid(code, code, code) for key, code in ((ONE, town.A1), (OTHER, town.A2))
    }
    owners = {"whole": str(ONE), "cut/1": str(ONE), "cut/2": str(OTHER)}
    state = PlanState.of(cells, owners, grids)
    used = {town.A1: {str(ONE)}, town.A2: {str(OTHER)}}
    register = Register(state.grids, used, {}, {town.A: ("甲", "A")}, UUID(int=3))
    nothing: Any = None
    return Base(1, 1, state, nothing, register, nothing, UUID(int=4))


def compared(base: Base, folder: Path, *rows: tuple[str, str]) -> Imported:
    path = folder / "plan.csv"
    path.write_text("\n".join(["block,grid", *map(",".join, rows)]) + "\n")
    wanted = Wanted("town", town.SECOND_LABEL, "x", "plan.csv", path.read_bytes())
    return by_table(base, wanted, path)


def test_a_block_named_by_its_pieces_is_in_the_file(base: Base, tmp_path: Path) -> None:
    rows = [("whole", town.A1), ("cut/1", town.A1), ("cut/2", town.A2)]
    told = compared(base, tmp_path, *rows)
    assert (told.refused, told.remarks) == ((), ())
    (remark,) = compared(base, tmp_path, *rows[:2]).remarks
    assert remark.values["count"] == 1


def test_a_piece_does_not_contradict_its_block(base: Base, tmp_path: Path) -> None:
    told = compared(base, tmp_path, ("cut", town.A1), ("cut/2", town.A2))
    assert [(one.row, one.field) for one in told.refused] == [(3, "grid")]
    agreeing = compared(base, tmp_path, ("cut", town.A1), ("cut/2", town.A1))
    assert agreeing.refused == ()
    assert set(agreeing.after.owners.values()) == {str(ONE)}
