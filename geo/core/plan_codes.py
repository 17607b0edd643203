"""Codes of grids (网格编码) in a draft: the next one that is free, and those that can't be given.

A code is its community's followed by three digits. One that a generation has given to a grid is
that grid's for ever: it is never used again for another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.core.drafts import PlannedGrid, Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from geo.core.drafts import Changes, PlanState

COMMUNITY_DIGITS = 12
CODE_DIGITS = 15
MOST_GRIDS = 999


def next_code(community: str, state: PlanState, used: Collection[str]) -> str | None:
    """Return the code for a community's next grid; ``None`` when all 999 were given.

    Parameters
    ----------
    community
        The community's code.
    state
        Of the draft.
    used
        Codes that any generation has given.

    Examples
    --------
    >>> from geo.core.drafts import PlanState
    >>> nothing = PlanState.of({}, {}, {})
    >>> next_code("999002001001", nothing, {"999002001001004", "999002001002009"})
    '999002001001005'
    >>> next_code("999002001001", nothing, ())
    '999002001001001'
    """
    taken = {*used, *(grid.code for grid in state.grids.values())}
    numbers = {int(code[COMMUNITY_DIGITS:]) for code in taken if code.startswith(community)}
    highest = max(numbers, default=0)
    if highest < MOST_GRIDS:
        return f"{community}{highest + 1:03d}"
    free = set(range(1, MOST_GRIDS)) - numbers
    return f"{community}{min(free):03d}" if free else None


def code_refusals(
    after: PlanState, changes: Changes, used: Mapping[str, Collection[str]]
) -> Iterator[Refusal]:
    """Yield which grids can't have the codes that changes give them.

    Parameters
    ----------
    after
        The state with the changes.
    changes
        Of an edit.
    used
        Every code that a generation has given, with the keys of the grids it was given to.
    """
    communities = {cell.community for cell in after.cells.values()}
    holders: dict[str, list[str]] = {}
    for key, grid in after.grids.items():
        holders.setdefault(grid.code, []).append(key)
    for key, (was, grid) in changes.get("grid", {}).items():
        if not isinstance(grid, PlannedGrid) or (was is not None and was.code == grid.code):
            continue
        if grid.community not in communities or not is_code(grid.code):
            yield Refusal("no_such_community", key)
        elif len(holders[grid.code]) > 1:
            yield Refusal("code_taken", key)
        elif set(used.get(grid.code, ())) - {key}:
            yield Refusal("code_retired", key)


def is_code(text: str) -> bool:
    """Tell whether a text has the form of a grid's code: 15 digits.

    Examples
    --------
    >>> is_code("999002001001004"), is_code("会师路"), is_code("")
    (True, False, False)
    """
    return len(text) == CODE_DIGITS and text.isascii() and text.isdigit()
