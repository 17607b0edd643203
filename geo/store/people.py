"""Who answers for a place: the chain from household (包户) to area (包片)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


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
    rows = session.execute(
        _RESPONSIBLE,
        {"grid": grid_id, "building": building_id, "unit": unit_id, "household": household_id},
    )
    return tuple(Responsible(*row) for row in rows)


_RESPONSIBLE = text(
    "SELECT level, role, name, phone FROM responsible_for("
    "CAST(:grid AS uuid), CAST(:building AS bigint), CAST(:unit AS bigint),"
    " CAST(:household AS bigint))"
)
