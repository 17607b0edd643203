"""Personal details: shown masked, and unmasked on purpose, which is noted in the audit trail."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from geo.core.masking import mask_name, mask_phone, mask_remark
from geo.core.purposes import PURPOSES
from geo.errors import InvalidFieldError, NotFoundError
from geo.messages import msg
from geo.store import audit, households
from geo.store.issues import read_issue, read_reporter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

READ = "read"
MOST_BUILDINGS = 30


def find_buildings(opened: Session, wanted: str) -> list[dict[str, str]]:
    """Return buildings with households in the reader's territory that fit a search."""
    names = ("code", "name", "address", "compound", "jurisdiction")
    rows = households.search_buildings(opened, wanted, MOST_BUILDINGS)
    return [{name: row[name] for name in names} for row in rows]


def building_households(
    opened: Session, code: str, jurisdiction: str | None = None, shown: int | None = None
) -> dict[str, Any]:
    """Return a building with its households in the reader's territory, residents masked.

    Parameters
    ----------
    opened
        On behalf of whoever asks.
    code
        The building's.
    jurisdiction
        Slug, where a code is not enough.
    shown
        A household that has been unmasked in this transaction.

    Raises
    ------
    NotFoundError
        When there is no such building, or none of its households is the reader's business.
    """
    building = households.read_building(opened, code, jurisdiction)
    if building is None:
        raise NotFoundError(kind=msg("building"), name=code)
    rows = households.households_of(opened, building["id"])
    people = _residents(opened, [row["id"] for row in rows])
    names = ("code", "name", "address", "compound", "jurisdiction")
    return {
        "building": {name: building[name] for name in names},
        "households": [
            _household(row, people.get(row["id"], ()), masked=row["id"] != shown) for row in rows
        ],
    }


def unmask_household(opened: Session, household_id: int, purpose: str) -> dict[str, Any]:
    """Return a household with its residents' details, and note who looked and what for.

    Raises
    ------
    InvalidFieldError
        When the purpose is none of the list.
    NotFoundError
        When there is no such household, or it is none of the reader's business.
    """
    check_purpose(purpose)
    row = households.read_household(opened, household_id)
    people = households.residents_of(opened, [household_id]) if row else []
    if row is None or not people:
        raise NotFoundError(kind=msg("household with residents"), name=str(household_id))
    detail = {"purpose": purpose, "residents": [one["id"] for one in people]}
    place = audit.Row("household", str(household_id))
    audit.note(opened, READ, place, detail, row["jurisdiction_id"])
    return {
        "building": row["building"],
        "jurisdiction": row["jurisdiction"],
        **_household(row, people, masked=False),
    }


def masked_reporter(opened: Session, issue_id: UUID) -> dict[str, str] | None:
    """Return who reported an issue, masked; ``None`` where that isn't known or to be known."""
    row = read_reporter(opened, issue_id)
    if row is None:
        return None
    return {"name": mask_name(row["name"]), "phone": mask_phone(row["phone"])}


def unmask_reporter(opened: Session, issue_id: UUID, purpose: str) -> dict[str, str]:
    """Return who reported an issue, and note who looked and what for.

    Raises
    ------
    InvalidFieldError
        When the purpose is none of the list.
    NotFoundError
        When there is no such issue or reporter, or they are none of the reader's business.
    """
    check_purpose(purpose)
    issue = read_issue(opened, issue_id)
    row = read_reporter(opened, issue_id) if issue else None
    if issue is None or row is None:
        raise NotFoundError(kind=msg("reporter of issue"), name=str(issue_id))
    place = audit.Row("issue_reporter", str(issue_id))
    audit.note(opened, READ, place, {"purpose": purpose}, issue["jurisdiction_id"])
    return {"name": row["name"] or "", "phone": row["phone"] or ""}


def check_purpose(purpose: str) -> None:
    """Refuse a purpose that is none of the list.

    Raises
    ------
    InvalidFieldError
        When it is none.
    """
    if purpose not in PURPOSES:
        raise InvalidFieldError(
            field="purpose",
            reason=msg("This is none of: %(expected)s.", expected=", ".join(PURPOSES)),
        )


def _residents(opened: Session, household_ids: Sequence[int]) -> dict[int, list[RowMapping]]:
    rows = households.residents_of(opened, household_ids)
    rows.sort(key=lambda row: (row["household_id"], row["id"]))
    return {key: list(group) for key, group in groupby(rows, key=lambda row: row["household_id"])}


def _household(row: RowMapping, people: Sequence[RowMapping], *, masked: bool) -> dict[str, Any]:
    return {
        "id": row["id"],
        "unit": row["unit"],
        "unit_name": row["unit_name"],
        "room": row["room"],
        "people": row["people"],
        "masked": masked,
        "residents": [_resident(one, masked=masked) for one in people],
    }


def _resident(row: RowMapping, *, masked: bool) -> dict[str, str]:
    if masked:
        return {
            "name": mask_name(row["name"]),
            "phone": mask_phone(row["phone"]),
            "remark": mask_remark(row["remark"]),
        }
    return {"name": row["name"], "phone": row["phone"] or "", "remark": row["remark"]}
