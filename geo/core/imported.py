"""A plan that somebody drew elsewhere (导入方案): which grids it means, and what it changes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import numpy as np
import shapely

from geo.core.cells import outlines
from geo.core.coverage import LocalPlane
from geo.core.drafts import PlannedGrid, PlanState
from geo.core.noding import NOBODY, row_at
from geo.core.plan_codes import COMMUNITY_DIGITS, is_code, next_code
from geo.core.planned_territories import named_grid
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from geo.core.cells import Areas
    from geo.messages import Message

    Ints = NDArray[np.intp]
    Objects = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A grid as a file names it.

    Parameters
    ----------
    row
        As people count it in the file.
    told
        Its identifier.
    name
        What it is called; empty where the file doesn't say.
    community
        The code of the community in which most of it lies; ``None`` where it lies in none.
    """

    row: int
    told: str
    name: str = ""
    community: str | None = None


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """Why a row of a file can't be taken, by its row and column."""

    row: int | None
    field: str | None
    message: Message


@dataclass(frozen=True, slots=True)
class Register:
    """What names are known by.

    Parameters
    ----------
    grids
        Today's grids by key.
    used
        Every code that a generation has given, with the keys of the grids it was given to.
    past
        Every grid that a generation ever had, as it was last, by key.
    communities
        Names of communities in both languages, by code.
    namespace
        From which new grids get their keys.
    """

    grids: Mapping[str, PlannedGrid]
    used: Mapping[str, Collection[str]]
    past: Mapping[str, PlannedGrid]
    communities: Mapping[str, tuple[str, str]]
    namespace: UUID


def identified(
    rows: Iterable[NamedRow], register: Register, field: str | None, *, once: bool = True
) -> tuple[dict[int, str], dict[str, PlannedGrid], list[RowRefusal]]:
    """Find the grids that rows mean: by code, by key, by name; the others are new.

    A new grid whose identifier is a code has that code; if a grid had it that is retired now, it is
    that grid which comes back. Others get the next code of the community in which they mostly lie.

    Parameters
    ----------
    rows
        In the file's order.
    register
        What is known.
    field
        The column of the identifiers.
    once
        Whether a grid may be meant by one row alone.

    Returns
    -------
    tuple
        The key of every row's grid, by row; these grids by key; rows that are refused.
    """
    names = Counter(grid.name for grid in register.grids.values())
    known = {
        **{grid.name: key for key, grid in register.grids.items() if names[grid.name] == 1},
        **{key: key for key in register.grids},
        **{grid.code: key for key, grid in register.grids.items()},
    }
    found: dict[int, str] = {}
    grids: dict[str, PlannedGrid] = {}
    refused: list[RowRefusal] = []
    for row in rows:
        key = known.get(row.told) or _retired(row.told, register)
        grid = register.grids.get(key or "") or register.past.get(key or "")
        made = grid or _new(row, register, grids)
        if not isinstance(made, PlannedGrid):
            refused.append(RowRefusal(row.row, field, made))
            continue
        key = key or str(uuid5(register.namespace, row.told))
        if once and key in grids:
            text = msg("“%(id)s” is a grid that another row is, too.", id=row.told)
            refused.append(RowRefusal(row.row, field, text))
            continue
        found[row.row] = key
        grids.setdefault(key, replace(made, name=row.name) if row.name else made)
    return found, grids, refused


def brought_back(grids: Mapping[str, PlannedGrid], register: Register) -> list[Message]:
    """Return what is to be said of grids that only other generations have."""
    return [
        _back(grid)
        for key, grid in sorted(grids.items(), key=lambda pair: pair[1].code)
        if key in register.past and key not in register.grids
    ]


def _back(grid: PlannedGrid) -> Message:
    if grid.kind == "dedicated":
        return msg(
            "Dedicated grid %(code)s is one that another generation had: the file brings it back"
            " as that.",
            code=grid.code,
        )
    return msg(
        "General grid %(code)s is one that another generation had: the file brings it back as"
        " that.",
        code=grid.code,
    )


def _retired(told: str, register: Register) -> str | None:
    """Return the one grid that had a code, or has a key, in some generation."""
    holders = register.used.get(told, ())
    if len(holders) == 1:
        return next(iter(holders))
    return told if told in register.past else None


def _new(
    row: NamedRow, register: Register, made: Mapping[str, PlannedGrid]
) -> PlannedGrid | Message:
    """Return a grid that isn't known yet, or why it can't be."""
    if is_code(row.told):
        community = row.told[:COMMUNITY_DIGITS]
        if community not in register.communities:
            return msg("“%(id)s” is the code of a grid of no community here.", id=row.told)
        if register.used.get(row.told):
            return msg("The code “%(id)s” was another grid's: it is not used again.", id=row.told)
        return named_grid(row.told, *register.communities[community])
    if _SPOILED.fullmatch(row.told):
        return msg(
            "“%(id)s” is what a spreadsheet makes of a long code: its last digits are lost. Format"
            " the column as text, and put the codes in again.",
            id=row.told,
        )
    return _numbered(row, row.community, register, made)


def _numbered(
    row: NamedRow,
    community: str | None,
    register: Register,
    made: Mapping[str, PlannedGrid],
) -> PlannedGrid | Message:
    """Return a grid with the next code of its community."""
    if community is None:
        return msg("“%(id)s” lies in no community here.", id=row.told)
    state = PlanState.of({}, {}, {**register.grids, **made})
    code = next_code(community, state, register.used.keys())
    if code is None:
        return msg("All 999 codes of this community have been given.")
    return replace(named_grid(code, *register.communities[community]), name=row.told)


_SPOILED = re.compile(r"\d([.,]\d+)?[eE]\+?\d{1,2}")


def largest_share(polygons: Objects, areas: Objects) -> Ints:
    """Return for polygons the area that covers most of each; ``NOBODY`` where none covers more.

    Ground that no area covers counts as well: a polygon that is mostly on none has none.

    Examples
    --------
    >>> squares = np.array([shapely.box(0, 0, 2, 1), shapely.box(5, 0, 6, 1)])
    >>> largest_share(squares, np.array([shapely.box(0.5, 0, 3, 1)])).tolist()
    [0, -1]
    """
    best = np.full(len(polygons), NOBODY, dtype=np.intp)
    if not len(areas):
        return best
    one, other = shapely.STRtree(areas).query(polygons, predicate="intersects")
    common = shapely.area(shapely.intersection(polygons[one], areas[other]))
    held = shapely.area(polygons)
    nobodys = held - np.bincount(one, common, len(polygons))
    order = np.lexsort([-other, common])
    best[one[order]] = other[order]
    most = np.zeros(len(polygons))
    np.maximum.at(most, one, common)
    return np.where(most < nobodys, NOBODY, best)


@dataclass(frozen=True, slots=True)
class MovedCell:
    """A cell whose grid is another one: keys of cell, block and both grids."""

    cell: str
    block: str
    before: str | None
    after: str | None


def moved_cells(before: PlanState, after: PlanState) -> list[MovedCell]:
    """Return the cells whose ground has another grid than before, also where it was cut."""
    keys, polygons = outlines(after.cells)
    old_keys, old = outlines(before.cells)
    same = {key for key in keys if key in before.cells}
    fresh = [row for row, key in enumerate(keys) if key not in same]
    inside = shapely.point_on_surface(polygons[fresh])
    parents = dict(zip(fresh, row_at(old, inside).tolist(), strict=True))
    found = []
    for row, key in enumerate(keys):
        parent = key if key in same else old_keys[parents[row]]
        owner = before.owner(parent)
        if owner != after.owner(key):
            found.append(MovedCell(key, after.cells[key].block, owner, after.owner(key)))
    return found


def flat(*groups: Objects) -> list[Objects]:
    """Lay polygons in WGS 84 flat in one plane of metres."""
    plane = LocalPlane.of(np.concatenate(groups), degrees=True)
    return [plane.flatten(one) for one in groups]


def communities_of(polygons: Objects, communities: Areas) -> list[str | None]:
    """Return the community that has most of each polygon's ground inside communities."""
    one, other = shapely.STRtree(communities.polygons).query(polygons, predicate="intersects")
    common = shapely.area(shapely.intersection(polygons[one], communities.polygons[other]))
    best: list[Any] = [None] * len(polygons)
    for at in np.lexsort([-other, common]):
        if common[at] > 0:
            best[one[at]] = communities.keys[other[at]]
    return best
