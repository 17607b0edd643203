"""A draft of a plan (方案草稿) as a value: cells, their grids, and changes that can be taken back.

A draft is a log of changes upon the state it began with. A change says of each subject what it was
and what it is: so it can be inverted, changes of different subjects can come in any order, and one
that finds something else than it expects is a conflict with whoever wrote that.

The subjects are

``shape``
    a cell by its key: its outline with its community, block, compound and kind; ``None`` where
    there is none. A cut takes away one shape and adds others.
``owner``
    the grid of a cell, as the text of its key; ``None`` while nobody has it.
``lock``
    whether a cell stays with its grid.
``grid``
    a grid by its key: code, names, kind and branch; ``None`` where there is none.
``grid_lock``
    whether a grid neither takes nor gives cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import shapely

from geo.messages import Message, Name, msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Subject = Literal["shape", "owner", "lock", "grid", "grid_lock"]

SUBJECTS: tuple[Subject, ...] = ("shape", "grid", "owner", "lock", "grid_lock")
"""In the order in which changes are told: cells and grids before what is said about them."""

Changes = dict[str, dict[str, tuple[Any, Any]]]
"""Subject → key → (what it was, what it is); values are those of JSON."""

Value = Any

_NOTHING: Mapping[Subject, Value] = {
    "shape": None,
    "owner": None,
    "lock": False,
    "grid": None,
    "grid_lock": False,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A base unit of one draft: a block (基本单元), or a piece of one.

    Parameters
    ----------
    wkb
        The outline, a polygon or multipolygon in WGS 84 (EPSG:4326), as hexadecimal WKB.
    community
        The community's code.
    block
        The code of the block it is, or is a piece of; empty where no block lies.
    compound
        The code of its compound; empty where there is none.
    kind
        The block's kind.
    """

    wkb: str
    community: str
    block: str = ""
    compound: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class PlannedGrid:
    """A grid (网格) as a draft has it, without its cells.

    Parameters
    ----------
    code
        15 digits, of which the first 12 are its community's.
    name, name_en
        Names.
    kind
        ``general`` (综合网格) or ``dedicated`` (专属网格).
    branch_name, branch_name_en, branch_phone
        Its party branch (党支部); empty where that is not known.
    """

    code: str
    name: str
    name_en: str = ""
    kind: str = "general"
    branch_name: str = ""
    branch_name_en: str = ""
    branch_phone: str = ""

    @property
    def community(self) -> str:
        """The code of its community."""
        return self.code[:12]

    @property
    def called(self) -> Message:
        """What people know it by: its name, with its code; the code where it has no name yet."""
        if self.name in {"", self.code}:
            return msg("%(code)s", code=self.code)
        return msg("%(name)s (%(code)s)", name=Name(self.name, self.name_en), code=self.code)


@dataclass(frozen=True, slots=True)
class PlanState:
    """A draft at one version.

    Parameters
    ----------
    values
        Subject → key → value; what is not there is nothing: no cell, no owner, not locked.
    version
        How many entries of the log it holds.

    Examples
    --------
    >>> state = PlanState.of(cells={"a": Cell("00", "9")}, owners={"a": "g"}, grids={})
    >>> state.owner("a"), state.cells["a"].community, state.locked("a")
    ('g', '9', False)
    >>> PlanState.of({}, {}, {}).cells
    {}
    """

    values: Mapping[Subject, Mapping[str, Value]]
    version: int = 0
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        cells: Mapping[str, Cell],
        owners: Mapping[str, str | None],
        grids: Mapping[str, PlannedGrid],
    ) -> PlanState:
        """Return the state that a draft begins with."""
        return cls(
            {
                "shape": dict(cells),
                "owner": {key: owner for key, owner in owners.items() if owner is not None},
                "lock": {},
                "grid": dict(grids),
                "grid_lock": {},
            }
        )

    @property
    def cells(self) -> Mapping[str, Cell]:
        """Cells by key."""
        return self.values["shape"]

    @property
    def owners(self) -> Mapping[str, str]:
        """Grid of every cell that has one."""
        return self.values["owner"]

    @property
    def grids(self) -> Mapping[str, PlannedGrid]:
        """Grids by key."""
        return self.values["grid"]

    def owner(self, cell: str) -> str | None:
        """Return the grid of a cell."""
        return self.values["owner"].get(cell)

    def locked(self, cell: str) -> bool:
        """Tell whether a cell is locked, by itself or with its grid."""
        if self.values["lock"].get(cell, False):
            return True
        return bool(self.values["grid_lock"].get(self.owner(cell) or "", False))

    def grid_locked(self, grid: str) -> bool:
        """Tell whether a grid is locked."""
        return bool(self.values["grid_lock"].get(grid, False))

    def members(self) -> Mapping[str, tuple[str, ...]]:
        """Return the cells of every grid, in order of their keys; grids without cells have none."""
        if "members" not in self._made:
            found: dict[str, list[str]] = {grid: [] for grid in self.grids}
            for cell in sorted(self.owners):
                found.setdefault(self.owners[cell], []).append(cell)
            self._made["members"] = MappingProxyType(
                {grid: tuple(cells) for grid, cells in found.items()}
            )
        members: Mapping[str, tuple[str, ...]] = self._made["members"]
        return members

    def value(self, subject: Subject, key: str) -> Value:
        """Return what is said about a subject's key."""
        return self.values[subject].get(key, _NOTHING[subject])


class Conflict(NamedTuple):
    """A change that found something else than it expected.

    Parameters
    ----------
    subject, key
        Of what.
    expected, found, wanted
        What the change says it was, what it is, what the change would have made of it.
    """

    subject: Subject
    key: str
    expected: Value
    found: Value
    wanted: Value


def conflicts(state: PlanState, changes: Changes) -> list[Conflict]:
    """Return where changes expect something else than there is.

    Examples
    --------
    >>> state = PlanState.of({"a": Cell("00", "9")}, {"a": "g"}, {})
    >>> conflicts(state, {"owner": {"a": ("g", "h")}})
    []
    >>> conflicts(state, {"owner": {"a": ("f", "h")}})
    [Conflict(subject='owner', key='a', expected='f', found='g', wanted='h')]
    >>> conflicts(state, {})
    []
    """
    return [
        Conflict(subject, key, was, state.value(subject, key), becomes)
        for subject, key, was, becomes in told(changes)
        if state.value(subject, key) != was
    ]


def changed(state: PlanState, changes: Changes) -> PlanState:
    """Return the state after changes, one version further.

    Parameters
    ----------
    state
        With which they have no conflict.
    changes
        What to change.

    Examples
    --------
    >>> state = PlanState.of({"a": Cell("00", "9")}, {"a": "g"}, {})
    >>> after = changed(state, {"owner": {"a": ("g", "h")}})
    >>> after.owner("a"), after.version
    ('h', 1)
    >>> changed(state, {}).version
    1
    """
    values = dict(state.values)
    for subject in SUBJECTS:
        if subject not in changes:
            continue
        written = dict(values[subject])
        _write(written, _NOTHING[subject], changes[subject])
        values[subject] = written
    return PlanState(values, state.version + 1)


def inverted(changes: Changes) -> Changes:
    """Return the changes that take changes back.

    Examples
    --------
    >>> inverted({"owner": {"a": ("g", "h")}})
    {'owner': {'a': ('h', 'g')}}
    >>> inverted({})
    {}
    """
    return {
        subject: {key: (becomes, was) for key, (was, becomes) in keys.items()}
        for subject, keys in changes.items()
    }


def difference(before: PlanState, after: PlanState) -> Changes:
    """Return the changes that lead from one state to another.

    Examples
    --------
    >>> state = PlanState.of({"a": Cell("00", "9")}, {"a": "g"}, {})
    >>> difference(state, changed(state, {"owner": {"a": ("g", None)}}))
    {'owner': {'a': ('g', None)}}
    >>> difference(state, state)
    {}
    """
    found: Changes = {}
    for subject in SUBJECTS:
        one, other = before.values[subject], after.values[subject]
        keys = {
            key: (before.value(subject, key), after.value(subject, key))
            for key in sorted(one.keys() | other.keys())
            if before.value(subject, key) != after.value(subject, key)
        }
        if keys:
            found[subject] = keys
    return found


def replay(state: PlanState, log: Iterable[Changes]) -> PlanState:
    """Return the state after all changes of a log.

    Examples
    --------
    >>> state = PlanState.of({"a": Cell("00", "9")}, {"a": "g"}, {})
    >>> replay(state, [{"owner": {"a": ("g", "h")}}, {"owner": {"a": ("h", None)}}]).version
    2
    >>> replay(state, []).version
    0
    """
    values: dict[Subject, dict[str, Value]] = {
        subject: dict(state.values[subject]) for subject in SUBJECTS
    }
    version = state.version
    for changes in log:
        version += 1
        for subject in SUBJECTS:
            _write(values[subject], _NOTHING[subject], changes.get(subject, {}))
    return PlanState(values, version)


def _write(
    values: dict[str, Value], nothing: Value, keys: Mapping[str, tuple[Value, Value]]
) -> None:
    """Write what keys become; what becomes nothing is not there."""
    for key, (_, becomes) in keys.items():
        if becomes == nothing:
            values.pop(key, None)
        else:
            values[key] = becomes


def told(changes: Changes) -> Iterator[tuple[Subject, str, Value, Value]]:
    """Yield what changes say: subject, key, what it was, what it is."""
    for subject in SUBJECTS:
        for key, (was, becomes) in changes.get(subject, {}).items():
            yield subject, key, was, becomes


class Refusal(NamedTuple):
    """Why an edit is not made.

    Parameters
    ----------
    reason
        ``cell_locked``, ``grid_locked``, ``no_such_cell``, ``no_such_grid``, ``other_community``
        or ``grid_has_cells``.
    key
        Of the cell or grid.
    """

    reason: str
    key: str


def refusals(state: PlanState, changes: Changes) -> list[Refusal]:
    """Return what forbids an edit: locks, grids and cells that don't exist, other communities.

    Parameters
    ----------
    state
        With which the changes have no conflict.
    changes
        Of an edit; taking an entry back is one, too.

    Examples
    --------
    >>> state = PlanState.of({"a": Cell("00", "9")}, {}, {})
    >>> refusals(state, {"owner": {"a": (None, "g")}})
    [Refusal(reason='no_such_grid', key='g')]
    >>> refusals(state, {})
    []
    """
    after = changed(state, changes)
    return list(dict.fromkeys([*_locked(state, after, changes), *_dangling(after, changes)]))


def _locked(before: PlanState, after: PlanState, changes: Changes) -> Iterator[Refusal]:
    """Locks hold that stand before and after: unlocking and changing may be one edit."""
    for cell, (was, becomes) in changes.get("owner", {}).items():
        if before.value("lock", cell) and after.value("lock", cell):
            yield Refusal("cell_locked", cell)
        for grid in (was, becomes):
            if grid and before.grid_locked(grid) and after.grid_locked(grid):
                yield Refusal("grid_locked", grid)
    for cell, (was, becomes) in changes.get("shape", {}).items():
        if before.locked(cell) and after.locked(cell) and not _same_ground(was, becomes):
            yield Refusal("cell_locked", cell)


_ROUNDING = 1e-9
"""Share of a cell's ground that a new vertex on its border may win or lose."""


def _same_ground(was: Cell | None, becomes: Cell | None) -> bool:
    """Tell whether a cell only got a vertex on its border, where a neighbour was cut."""
    if was is None or becomes is None or replace(was, wkb="") != replace(becomes, wkb=""):
        return False
    one, other = shapely.from_wkb([was.wkb, becomes.wkb])
    odd = shapely.symmetric_difference(one, other)
    return bool(odd.area <= _ROUNDING * one.area)


def _dangling(after: PlanState, changes: Changes) -> Iterator[Refusal]:
    """Find what would be left without its cell, its grid or its community."""
    retired = {key for key, (_, becomes) in changes.get("grid", {}).items() if becomes is None}
    for cell in sorted(_touched(after, changes) & after.owners.keys()):
        grid = after.owners[cell]
        if cell not in after.cells:
            yield Refusal("no_such_cell", cell)
        elif grid in retired:
            yield Refusal("grid_has_cells", grid)
        elif grid not in after.grids:
            yield Refusal("no_such_grid", grid)
        elif after.grids[grid].community != after.cells[cell].community:
            yield Refusal("other_community", cell)
    for grid in sorted(retired & after.values["grid_lock"].keys()):
        yield Refusal("grid_locked", grid)
    for cell in sorted(_set(after, changes, "lock") - after.cells.keys()):
        yield Refusal("no_such_cell", cell)
    for grid in sorted(_set(after, changes, "grid_lock") - after.grids.keys() - retired):
        yield Refusal("no_such_grid", grid)


def _set(after: PlanState, changes: Changes, subject: Subject) -> set[str]:
    """Return what changes lock."""
    return changes.get(subject, {}).keys() & after.values[subject].keys()


def _touched(after: PlanState, changes: Changes) -> set[str]:
    """Return the cells that changes are about: their own, and those of changed grids."""
    cells = {*changes.get("owner", {}), *changes.get("shape", {})}
    for grid in changes.get("grid", {}):
        cells.update(after.members().get(grid, ()))
    return cells


def to_json(changes: Changes) -> dict[str, Any]:
    """Return changes as JSON has them, cells and grids as objects."""
    return {
        subject: {key: [_plain(was), _plain(becomes)] for key, (was, becomes) in keys.items()}
        for subject, keys in changes.items()
    }


def from_json(document: Mapping[str, Any]) -> Changes:
    """Return changes from JSON.

    Raises
    ------
    KeyError, TypeError, ValueError
        When they are not what :func:`to_json` writes.

    Examples
    --------
    >>> from_json(to_json({"owner": {"a": (None, "g")}}))
    {'owner': {'a': (None, 'g')}}
    >>> from_json({})
    {}
    """
    read: Changes = {}
    for subject, keys in document.items():
        if subject not in SUBJECTS:
            raise KeyError(subject)
        kind = {"shape": Cell, "grid": PlannedGrid}.get(subject)
        read[subject] = {
            key: (_built(kind, was), _built(kind, becomes)) for key, (was, becomes) in keys.items()
        }
    return read


def _plain(value: Value) -> Value:
    if isinstance(value, (Cell, PlannedGrid)):
        return {name: getattr(value, name) for name in value.__slots__}
    return value


def _built(kind: type[Any] | None, value: Value) -> Value:
    return value if kind is None or value is None else kind(**value)


__all__ = [
    "SUBJECTS",
    "Cell",
    "Changes",
    "Conflict",
    "PlanState",
    "PlannedGrid",
    "Refusal",
    "Subject",
    "changed",
    "conflicts",
    "difference",
    "from_json",
    "inverted",
    "refusals",
    "replay",
    "to_json",
    "told",
]
