"""Visits to households (走访), as far as whoever asks looks after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from geo.store.engine import refusing_what_is_not_permitted
from geo.store.models import Visit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session


def add_visit(session: Session, columns: Mapping[str, Any]) -> bool:
    """Write a visit down, and tell whether it is new.

    Parameters
    ----------
    session
        On behalf of the visitor.
    columns
        ``id``, ``household_id``, ``account_id``, ``visitor``, ``visited_at`` and ``remark``.

    Raises
    ------
    NotPermittedError
        When the household is not in the visitor's territory.
    """
    written = insert(Visit).values(**columns).on_conflict_do_nothing(index_elements=[Visit.id])
    with refusing_what_is_not_permitted():
        return session.scalar(written.returning(Visit.id)) is not None


def read_visit(session: Session, visit_id: UUID) -> RowMapping | None:
    """Return a visit, if it is in reach."""
    return session.execute(_VISITS.where(Visit.id == visit_id)).mappings().one_or_none()


def visits_to(session: Session, household_id: int, limit: int) -> list[RowMapping]:
    """Return the visits to a household, the latest first."""
    statement = (
        _VISITS.where(Visit.household_id == household_id)
        .order_by(Visit.visited_at.desc(), Visit.id)
        .limit(limit)
    )
    return list(session.execute(statement).mappings())


_VISITS = select(
    Visit.id,
    Visit.household_id,
    Visit.account_id,
    Visit.visitor,
    Visit.visited_at,
    Visit.remark,
    Visit.created_at,
)
