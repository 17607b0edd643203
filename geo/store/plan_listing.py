"""Lists of drafts and generations, as those who plan look through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Uuid, bindparam, func, select, text

from geo.store.models import Generation, GridVersion, Jurisdiction

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class GenerationEntry:
    """A generation (代次) in a list.

    Parameters
    ----------
    number, label
        Its number in the jurisdiction, and its name.
    starts, ends
        When it is in force; ``ends`` is ``None`` while nothing follows it.
    published_by, note
        Who published it, and what for.
    grids
        How many it has.
    """

    number: int
    label: str
    starts: datetime
    ends: datetime | None
    published_by: str
    note: str
    grids: int


def list_generations(session: Session, jurisdiction: str) -> list[GenerationEntry]:
    """Return the generations of a jurisdiction (by slug), the latest first."""
    grids = (
        select(func.count())
        .where(GridVersion.generation_id == Generation.id)
        .scalar_subquery()
        .label("grids")
    )
    rows = session.execute(
        select(
            Generation.number,
            Generation.label,
            func.lower(Generation.validity).label("starts"),
            func.upper(Generation.validity).label("ends"),
            Generation.published_by,
            Generation.note,
            grids,
        )
        .join(Jurisdiction, Jurisdiction.id == Generation.jurisdiction_id)
        .where(Jurisdiction.slug == jurisdiction)
        .order_by(Generation.number.desc())
    )
    return [GenerationEntry(*row) for row in rows]


def last_hands(session: Session, draft_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the account that last edited or reviewed each of some drafts.

    Drafts that nobody has touched since they were made are not there.
    """
    rows = session.execute(_LAST_HANDS, {"draft_ids": list(draft_ids)})
    return {row.draft_id: row.account_id for row in rows}


_LAST_HANDS = text("""
    SELECT DISTINCT ON (draft_id) draft_id, account_id
    FROM (
        SELECT draft_id, account_id, at FROM plan_entry WHERE draft_id = ANY (:draft_ids)
        UNION ALL
        SELECT draft_id, account_id, at FROM plan_step WHERE draft_id = ANY (:draft_ids)
    ) AS hands
    WHERE account_id IS NOT NULL
    ORDER BY draft_id, at DESC
""").bindparams(bindparam("draft_ids", type_=ARRAY(Uuid)))
