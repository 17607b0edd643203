"""Who answers for a place: the chain from household (包户) to area (包片)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, or_, select

from geo.store.models import Member, Responsibility

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

LEVELS = ("household", "unit", "building", "area")
"""From the nearest to the farthest."""

AT_WORK = ("area", "building")
"""Levels whose people answer as part of their work, so that their numbers may be given out."""


@dataclass(frozen=True, slots=True)
class Responsible:
    """Somebody who answers for a place at one level of the chain.

    ``phone`` is ``None`` for volunteers and neighbours, whatever is known.
    """

    level: str
    role: str
    name: str
    phone: str | None


def responsible(
    session: Session,
    grid_id: UUID | None,
    building_id: int | None = None,
    unit_id: int | None = None,
    household_id: int | None = None,
) -> tuple[Responsible, ...]:
    """Return the people who answer for a place, from household to area."""
    targets = (
        (Responsibility.household_id, household_id),
        (Responsibility.unit_id, unit_id),
        (Responsibility.building_id, building_id),
        (Responsibility.grid_id, grid_id),
    )
    known = [column == key for column, key in targets if key is not None]
    if not known:
        return ()
    nearness = case(
        {level: place for place, level in enumerate(LEVELS)}, value=Responsibility.level
    )
    rows = session.execute(
        select(Responsibility.level, Member.role, Member.name, Member.phone)
        .join(Member, Member.id == Responsibility.member_id)
        .where(or_(*known))
        .order_by(nearness, Member.role, Member.code)
    )
    return tuple(
        Responsible(level, role, name, phone if level in AT_WORK else None)
        for level, role, name, phone in rows
    )
