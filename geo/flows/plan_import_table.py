"""A plan as a table of blocks and their grids."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geo.core.drafts import PlanState
from geo.core.imported import NamedRow, RowRefusal, brought_back, identified
from geo.files.refusals import NoRowsError
from geo.files.spreadsheets import read_rows
from geo.flows.plan_import_base import Imported
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from geo.core.drafts import PlannedGrid
    from geo.flows.plan_import_base import Base, Wanted
    from geo.messages import Message

BLOCK_NAMES = (
    "block",
    "block_code",
    "街区",
    "街区编码",
    "地块",
    "地块编码",
    "基本单元",
    "单元编码",
)
GRID_NAMES = ("grid", "grid_code", "网格", "网格编码", "网格编号", "网格代码", "所属网格")
"""Usual names of columns."""


def by_table(base: Base, wanted: Wanted, path: Path) -> Imported:
    """Compare a table of blocks and grids; blocks that it doesn't name keep theirs."""
    layer = read_rows(path, wanted.layer)
    columns = _columns(layer.columns, wanted)
    told = Imported(base.state, base.state)
    if layer.refused is not None or columns is None:
        why = layer.refused or msg(
            "Name the columns of blocks and of grids; it has: %(columns)s",
            columns=", ".join(layer.columns) or msg("none"),
        )
        return replace(told, refused=(RowRefusal(None, None, why),))
    if not layer.rows:
        raise NoRowsError(file=wanted.file_name)
    table = _Table(base, *columns)
    for row in layer.rows:
        if row.problem is not None:
            table.refused.append(RowRefusal(row.line, None, row.problem))
        else:
            table.read(row.line, str(row.values[columns[0]]), str(row.values[columns[1]]))
    return table.compared(told)


def _columns(names: Sequence[str], wanted: Wanted) -> tuple[str, str] | None:
    usual = {name.lower(): name for name in reversed(names)}
    block = wanted.block_column or next((usual[one] for one in BLOCK_NAMES if one in usual), None)
    grid = wanted.id_column or next((usual[one] for one in GRID_NAMES if one in usual), None)
    if block is None and grid is None and len(names) == 2:  # noqa: PLR2004 - block and grid
        block, grid = names
    if block is None or grid is None or block == grid or not {block, grid} <= set(names):
        return None
    return block, grid


class _Table:
    """Blocks and their grids, as the rows of a table tell them."""

    def __init__(self, base: Base, block_column: str, grid_column: str) -> None:
        self.base, self.block_column, self.grid_column = base, block_column, grid_column
        self.refused: list[RowRefusal] = []
        self._rows: list[tuple[int, str, str]] = []
        self._told: dict[str, tuple[int, str]] = {}
        self._cells: dict[str, list[str]] = {}
        for key, cell in base.state.cells.items():
            self._cells.setdefault(cell.block or key, []).append(key)
            if key != cell.block:
                self._cells.setdefault(key, [key])

    def read(self, line: int, block: str, grid: str) -> None:
        """Take a row, or note why not."""
        for column, value in ((self.block_column, block), (self.grid_column, grid)):
            if not value:
                self._refuse(line, column, msg("It is empty."))
                return
        if block not in self._cells:
            self._refuse(line, self.block_column, msg("There is no block “%(id)s”.", id=block))
            return
        first = [self._told.setdefault(cell, (line, grid)) for cell in self._cells[block]]
        other = next((row for row, known in first if known != grid), None)
        if other is not None:
            text = msg("Block “%(id)s” has another grid in row %(row)s.", id=block, row=other)
            self._refuse(line, self.grid_column, text)
            return
        if any(row == line for row, _ in first):
            self._rows.append((line, block, grid))

    def _refuse(self, line: int, column: str, text: Message) -> None:
        self.refused.append(RowRefusal(line, column, text))

    def compared(self, told: Imported) -> Imported:
        """Tell what the table changes."""
        state = self.base.state
        named: dict[str, NamedRow] = {}
        for line, block, grid in self._rows:
            home = state.cells[self._cells[block][0]].community
            named.setdefault(grid, NamedRow(line, grid, community=home))
        found, grids, unknown = identified(
            named.values(), self.base.register, self.grid_column, once=False
        )
        self.refused += unknown
        meant = {grid: found[row.row] for grid, row in named.items() if row.row in found}
        owners: dict[str, str | None] = dict(state.owners)
        for line, block, grid in self._rows:
            for cell in self._cells[block] if grid in meant else ():
                if state.cells[cell].community != grids[meant[grid]].community:
                    text = msg("Block “%(id)s” is in another community than its grid.", id=block)
                    self._refuse(line, self.grid_column, text)
                    break
                owners[cell] = meant[grid]
        if self.refused:
            return replace(told, refused=tuple(sorted(self.refused, key=lambda one: one.row or 0)))
        return self._planned(told, owners, grids)

    def _planned(
        self, told: Imported, owners: dict[str, str | None], grids: Mapping[str, PlannedGrid]
    ) -> Imported:
        """Return the plan; grids that lose their last block are gone."""
        state = self.base.state
        emptied = {key for key, cells in state.members().items() if cells} - set(owners.values())
        kept = {key: grid for key, grid in state.grids.items() if key not in emptied}
        silent = {cell.block or key for key, cell in state.cells.items() if key not in self._told}
        text = msg("%(count)s blocks are not in the file, and stay as they are.", count=len(silent))
        return replace(
            told,
            after=PlanState.of(state.cells, owners, {**kept, **grids}),
            remarks=(*([text] if silent else []), *brought_back(grids, self.base.register)),
        )
