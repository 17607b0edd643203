"""Reading what catchments of stations (服务范围) are counted and planned by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, text

from geo.store.models import Block, Building, Community

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PLANNING_STATIONS = (
    "planner",
    "community_staff",
    "street_dispatcher",
    "administrator",
    "auditor",
)
"""Roles that learn how many households of a jurisdiction's grids have a station near."""


class BuildingUse(NamedTuple):
    """What a building is, and where.

    Parameters
    ----------
    code, name, address, kind
        Of the building.
    community
        The code of its community.
    """

    code: str
    name: str
    address: str
    kind: str
    community: str


def plans_stations(session: Session, jurisdiction_id: int) -> bool:
    """Tell whether whoever asks may count a jurisdiction's households by grid and walk."""
    asked = text(
        "SELECT asker_kind() IN ('service', 'owner')"
        " OR :id = ANY (asker_jurisdictions(VARIADIC CAST(:roles AS text[])))"
    )
    return bool(
        session.scalars(asked, {"id": jurisdiction_id, "roles": list(PLANNING_STATIONS)}).one()
    )


def building_uses(session: Session, jurisdiction_id: int) -> tuple[BuildingUse, ...]:
    """Return what the buildings of a jurisdiction are, in order of code."""
    rows = session.execute(
        select(
            Building.code,
            Building.name,
            Building.address,
            Building.kind,
            Community.code.label("community"),
        )
        .join(Block, Block.id == Building.block_id)
        .join(Community, Community.id == Block.community_id)
        .where(Building.jurisdiction_id == jurisdiction_id)
        .order_by(Building.code.collate("C"))
    )
    return tuple(BuildingUse(*row) for row in rows)


__all__ = ["PLANNING_STATIONS", "BuildingUse", "building_uses", "plans_stations"]
