"""Administration of accounts: by command as the owner, or by an administrator's pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geo.errors import InvalidFieldError, NotFoundError
from geo.flows.passwords import check_password, hashed, pronounceable
from geo.messages import msg
from geo.store import accounts
from geo.store.models import ACCOUNT_ROLES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from geo.store.accounts import AccountRow

NAME = re.compile(r"[^\s\x00-\x1f\x7f]{1,64}")
DISPLAY_LENGTH = 60

ROLE_NAMES = {
    "grid_worker": msg("Grid worker"),
    "community_staff": msg("Community staff"),
    "street_dispatcher": msg("Street dispatcher"),
    "department_handler": msg("Department handler"),
    "planner": msg("Planner"),
    "auditor": msg("Auditor"),
    "administrator": msg("Administrator"),
}
PLACE_KINDS = {
    "grid_worker": msg("grid"),
    "community_staff": msg("community"),
    "street_dispatcher": msg("street"),
    "department_handler": msg("department"),
}
"""What the place of a role is; the others hold in a whole jurisdiction."""


def add(session: Session, name: str, display_name: str, password: str | None) -> tuple[int, str]:
    """Add an account.

    Parameters
    ----------
    session
        Of whoever adds it.
    name, display_name
        The name to sign in by; how it is called on pages, by default the same.
    password
        Its password; ``None`` to have one made that must be replaced at the first sign-in.

    Returns
    -------
    tuple
        The account's key, and the password that was made, else an empty text.

    Raises
    ------
    InvalidFieldError
        When the name or the password can't be taken.
    AccountExistsError
        When the name is taken.
    """
    name, display_name = name.strip(), " ".join(display_name.split())
    if not NAME.fullmatch(name):
        raise InvalidFieldError(
            field="name", reason=msg("A name has 1 to 64 characters and no spaces.")
        )
    if len(display_name) > DISPLAY_LENGTH or not display_name.isprintable():
        raise InvalidFieldError(
            field="display_name",
            reason=msg("This has more than %(max_length)s characters.", max_length=DISPLAY_LENGTH),
        )
    made = "" if password is not None else pronounceable()
    if password is not None:
        check_password(password, (name, display_name, *accounts.place_names(session)))
    key = accounts.add_account(
        session,
        name,
        display_name or name,
        hashed(password if password is not None else made),
        must_change=password is None,
    )
    return key, made


def find(session: Session, name: str) -> AccountRow:
    """Return an account by its name.

    Raises
    ------
    NotFoundError
        When there is none that the one who asks may see.
    """
    wanted = name.strip().casefold()
    for one in accounts.list_accounts(session):
        if one.name.casefold() == wanted:
            return one
    raise NotFoundError(kind=msg("account"), name=name)


def reset_password(session: Session, account: AccountRow, password: str | None) -> str:
    """Give an account another password; return it where it was made here, else an empty text."""
    made = "" if password is not None else pronounceable()
    if password is not None:
        context = (account.name, account.display_name, *accounts.place_names(session))
        check_password(password, context)
    accounts.reset_password(
        session,
        account.id,
        hashed(password if password is not None else made),
        must_change=password is None,
    )
    return made


def grant(
    session: Session, account: AccountRow, role: str, jurisdiction: str | None, place: str | None
) -> None:
    """Give an account a role with its territory.

    Parameters
    ----------
    session
        Of whoever grants it.
    account
        Whom.
    role
        One of :data:`ROLE_NAMES`.
    jurisdiction
        Slug; ``None`` for an auditor or administrator of all jurisdictions.
    place
        Code of the grid, community, street or department, where the role has one.

    Raises
    ------
    InvalidFieldError
        When a part is missing, too much, or not there.
    """
    jurisdiction, place = jurisdiction or None, place or None
    if role not in ACCOUNT_ROLES:
        expected = ", ".join(ACCOUNT_ROLES)
        raise InvalidFieldError(
            field="role", reason=msg("This is none of: %(expected)s.", expected=expected)
        )
    if jurisdiction is None and role not in {"auditor", "administrator"}:
        raise InvalidFieldError(field="jurisdiction", reason=msg("This role needs a jurisdiction."))
    if jurisdiction is not None and not accounts.has_jurisdiction(session, jurisdiction):
        raise InvalidFieldError(
            field="jurisdiction", reason=msg("There is nothing with this code here.")
        )
    kept = _place(session, role, jurisdiction or "", place)
    accounts.grant_role(session, account.id, role, jurisdiction, kept)


def _place(session: Session, role: str, jurisdiction: str, place: str | None) -> str | None:
    """Return what is kept of a role's place: a code, or a grid's key that outlives redraws."""
    if role not in PLACE_KINDS:
        if place is not None:
            raise InvalidFieldError(
                field="place", reason=msg("This role holds in a whole jurisdiction, not in a part.")
            )
        return None
    if place is None:
        reason = msg("This role needs the code of a %(kind)s.", kind=PLACE_KINDS[role])
        raise InvalidFieldError(field="place", reason=reason)
    if role == "grid_worker":
        kept = accounts.grid_key(session, jurisdiction, place)
    else:
        kept = place if accounts.has_place(session, role, jurisdiction, place) else None
    if kept is None:
        raise InvalidFieldError(field="place", reason=msg("There is nothing with this code here."))
    return kept


def revoke(
    session: Session, account: AccountRow, role: str, jurisdiction: str | None, place: str | None
) -> int:
    """Take a role from an account, everywhere or where it is said; return how many were taken."""
    taken = 0
    for one in accounts.territories(session, account.id):
        told = (jurisdiction in {None, one.jurisdiction}) and (
            place in {None, one.place, one.place_code}
        )
        if one.role == role and told:
            taken += accounts.revoke_role(session, account.id, one.id)
    return taken
