"""Grids with the names that go with them, in values of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from geo.store.generations import Branch, Named, StoredGrid


def grid_told(grid: StoredGrid | None) -> dict[str, Any] | None:
    """Return a grid with its community, street and party branch."""
    if grid is None:
        return None
    return {
        **named_told(grid),
        "kind": grid.kind,
        "community": named_told(grid.community),
        "street": named_told(grid.street),
        "branch": branch_told(grid.branch),
    }


def branch_told(branch: Branch | None) -> dict[str, Any] | None:
    """Return a party branch."""
    if branch is None:
        return None
    return {"name": branch.name, "name_en": branch.name_en, "phone": branch.phone}


def named_told(named: Named | StoredGrid) -> dict[str, str]:
    """Return what has a code and names, by them alone."""
    return {"code": named.code, "name": named.name, "name_en": named.name_en}
