"""Accounts of every role on the small town of :mod:`tests.town`, and one that is disabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from geo.store.asking import Asker
from geo.store.models import Account, AccountRole, Generation, GridVersion
from tests import town

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PLACES = {
    "grid_worker": town.A1,
    "community_staff": town.A,
    "street_dispatcher": town.STREET,
    "department_handler": town.DEPARTMENT,
    "planner": None,
    "auditor": None,
    "administrator": None,
}
"""Where each role's territory is; a worker's place is the UUID of the grid of this code."""


def make_accounts(session: Session, jurisdiction: str = town.SLUG) -> dict[str, int]:
    """Write an account a role, named like the role, and return their keys by role.

    ``grid_worker`` has grid A1, ``community_staff`` community A, ``street_dispatcher`` the street,
    ``department_handler`` the department; the others have the jurisdiction. ``disabled`` was a
    worker of A1. They have no passwords.
    """
    grid = session.scalars(
        select(GridVersion.grid_id)
        .join(Generation, Generation.id == GridVersion.generation_id)
        .where(GridVersion.code == PLACES["grid_worker"], Generation.label == town.SECOND_LABEL)
    ).one()
    accounts = {}
    for role, place in PLACES.items():
        place_key = str(grid) if role == "grid_worker" else place
        accounts[role] = add_account(session, role, role, jurisdiction, place_key)
    accounts["disabled"] = add_account(
        session, "disabled", "grid_worker", jurisdiction, str(grid), disabled=True
    )
    return accounts


def add_account(  # noqa: PLR0913 - the columns of an account and its role
    session: Session,
    name: str,
    role: str,
    jurisdiction: str | None,
    place: str | None = None,
    *,
    disabled: bool = False,
) -> int:
    """Write an account with one role, and return its key."""
    account = Account(name=name, display_name=name, created_by="tests")
    if disabled:
        account.disabled_at = town.FIRST
    session.add(account)
    session.flush()
    session.add(
        AccountRole(
            account_id=account.id,
            role=role,
            jurisdiction=jurisdiction,
            place=place,
            granted_by="tests",
        )
    )
    session.flush()
    return account.id


def asker_of(account_id: int) -> Asker:
    """Return somebody who is signed in."""
    return Asker("account", account_id)
