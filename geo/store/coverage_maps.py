"""Reading what coverage maps (覆盖图) show besides the ground, and who may see what of it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from geo.messages import Name
from geo.store.models import Community, PairedUnit, Street

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def paired_units(session: Session, jurisdiction_id: int) -> dict[str, tuple[Name, ...]]:
    """Return the work units (共建单位) that are paired with each community, by its code."""
    rows = session.execute(
        select(Community.code, PairedUnit.name, PairedUnit.name_en)
        .join(Community, Community.id == PairedUnit.community_id)
        .join(Street, Street.id == Community.street_id)
        .where(Street.jurisdiction_id == jurisdiction_id)
        .order_by(PairedUnit.code.collate("C"))
    )
    found: dict[str, list[Name]] = defaultdict(list)
    for code, name, name_en in rows:
        found[code].append(Name(name, name_en or ""))
    return {code: tuple(names) for code, names in found.items()}


def communities_in_reach(session: Session, jurisdiction_id: int) -> frozenset[str]:
    """Return the codes of communities of whose single buildings whoever asks may be told."""
    return frozenset(session.scalars(_IN_REACH, {"id": jurisdiction_id}))


_IN_REACH = text("""
    SELECT community.code
    FROM community JOIN street ON street.id = community.street_id
    WHERE street.jurisdiction_id = :id
      AND (asker_kind() IN ('service', 'owner') OR community.id IN (SELECT asker_communities(
          '{planner,auditor,administrator}', '{community_staff,street_dispatcher}')))
""")

__all__ = ["communities_in_reach", "paired_units"]
