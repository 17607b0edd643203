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


READING_HOUSEHOLDS = ["planner", "auditor"], ["community_staff"]
"""Roles that read households one by one: in a jurisdiction, and in their own communities."""


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


def read_communities(session: Session, jurisdiction_id: int) -> frozenset[str]:
    """Return the codes of the communities whose households whoever asks may read one by one."""
    asked = text(
        "SELECT community.code FROM community JOIN street ON street.id = community.street_id"
        " WHERE street.jurisdiction_id = :id AND (asker_kind() IN ('service', 'owner')"
        " OR community.id IN (SELECT asker_communities(:everywhere, :there)))"
    )
    everywhere, there = READING_HOUSEHOLDS
    given = {"id": jurisdiction_id, "everywhere": everywhere, "there": there}
    return frozenset(session.scalars(asked, given))


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


__all__ = [
    "PLANNING_STATIONS",
    "BuildingUse",
    "building_uses",
    "plans_stations",
    "read_communities",
]
