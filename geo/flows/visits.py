"""Writing visits to households (走访) down, and reading them: personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geo.errors import KeyReusedError, NotFoundError
from geo.flows.instants import in_the_past
from geo.messages import msg
from geo.store import audit
from geo.store.households import read_household
from geo.store.visits import add_visit, read_visit, visits_to

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

MOST_VISITS = 100
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class GivenVisit:
    """A visit as somebody writes it down.

    Parameters
    ----------
    id
        Made by whoever writes it down: sent twice, it is kept once.
    household_id
        Key of the household.
    visited_at
        When.
    remark
        What is worth knowing the next time.
    """

    id: UUID
    household_id: int
    visited_at: datetime
    remark: str


def record_visit(
    opened: Session, given: GivenVisit, account_id: int, visitor: str
) -> dict[str, Any]:
    """Keep a visit, once however often it comes, and return it.

    Parameters
    ----------
    opened
        On behalf of the visitor.
    given
        The visit.
    account_id, visitor
        Key and name of the visitor's account.

    Raises
    ------
    InvalidFieldError
        When the time can't be.
    KeyReusedError
        When another visit was kept under its key.
    NotFoundError
        When there is no such household, or it is none of the visitor's business.
    NotPermittedError
        When the visitor may read of the household, and not visit it.
    """
    household = _household(opened, given.household_id)
    visited_at = in_the_past(given.visited_at, datetime.now(UTC), "visited_at", EARLIEST)
    columns = {
        "id": given.id,
        "household_id": given.household_id,
        "account_id": account_id,
        "visitor": visitor,
        "visited_at": visited_at,
        "remark": given.remark,
    }
    is_new = add_visit(opened, columns)
    kept = read_visit(opened, given.id)
    if kept is None or not (is_new or _is_same(kept, given, account_id)):
        raise KeyReusedError(key=str(given.id))
    return _told(kept) | {"household": _door(household)}


def household_visits(opened: Session, household_id: int) -> dict[str, Any]:
    """Return the latest visits to a household, and note who looked.

    Raises
    ------
    NotFoundError
        When there is no such household, or it is none of the reader's business.
    """
    household = _household(opened, household_id)
    rows = visits_to(opened, household_id, MOST_VISITS)
    if rows:
        place = audit.Row("household", str(household_id))
        detail = {"purpose": "visit", "visits": len(rows)}
        audit.note(opened, "read", place, detail, household["jurisdiction_id"])
    return {"household": _door(household), "visits": [_told(row) for row in rows]}


def _household(opened: Session, household_id: int) -> RowMapping:
    row = read_household(opened, household_id)
    if row is None:
        raise NotFoundError(kind=msg("household"), name=str(household_id))
    return row


def _is_same(kept: RowMapping, given: GivenVisit, account_id: int) -> bool:
    """Tell whether a visit was kept before; its time may have been brought back to its arrival."""
    ahead = given.visited_at > kept["created_at"]
    same_time = ahead or kept["visited_at"] == given.visited_at
    named = (kept["household_id"], kept["account_id"], kept["remark"])
    return same_time and named == (given.household_id, account_id, given.remark)


def _door(household: RowMapping) -> dict[str, Any]:
    names = ("id", "jurisdiction", "building", "unit", "unit_name", "room")
    return {name: household[name] for name in names}


def _told(row: RowMapping) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "visited_at": row["visited_at"].isoformat(),
        "visitor": row["visitor"],
        "remark": row["remark"],
        "received_at": row["created_at"].isoformat(),
    }
