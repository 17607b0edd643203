"""Accounts, their sessions and tokens, by the functions in ``sql/accounts.sql``.

The service can't read those tables: every statement here calls a function that looks at who asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.errors import CheckViolation, InsufficientPrivilege, UniqueViolation
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from geo.errors import AccountExistsError, InvalidFieldError, NotPermittedError
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Result
    from sqlalchemy.orm import Session


class SignInTry(NamedTuple):
    """A try to sign in: its number, or how long to wait; and whose name it is, if anybody's."""

    attempt: int | None
    wait_s: float
    account_id: int | None
    password_hash: str | None


class Holder(NamedTuple):
    """Whose session or token it is."""

    account_id: int
    name: str
    display_name: str
    must_change_password: bool
    demonstration: bool
    roles: tuple[str, ...]


class OpenSession(NamedTuple):
    """One of an account's signed-in browsers."""

    key: str
    token_sha256: bytes
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str
    agent: str


class KnownToken(NamedTuple):
    """A program's token as its owner sees it later."""

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class Territory(NamedTuple):
    """One role of an account and where it holds."""

    id: int
    role: str
    jurisdiction: str | None
    jurisdiction_name: str | None
    jurisdiction_name_en: str | None
    place: str | None
    place_code: str | None
    place_name: str | None
    place_name_en: str | None


class AccountRow(NamedTuple):
    """An account as an administrator sees it."""

    id: int
    name: str
    display_name: str
    roles: tuple[str, ...]
    has_password: bool
    must_change_password: bool
    demonstration: bool
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    changeable: bool


class Flow(NamedTuple):
    """A sign-in that comes back from a provider."""

    nonce: str
    code_verifier: str
    next: str


def begin_sign_in(
    session: Session, name: str, name_digest: str, address: str, browser: bytes | None
) -> SignInTry:
    """Count a try to sign in, and return whom it is about unless it comes too soon."""
    row = _call(
        session,
        "SELECT attempt, wait_s, account_id, password_hash"
        " FROM sign_in_begun(:name, :digest, :address, :browser)",
        name=name,
        digest=name_digest,
        address=address,
        browser=browser,
    ).one()
    return SignInTry._make(row)


def note_success(
    session: Session, attempt: int | None, account_id: int, address: str, browser: bytes
) -> None:
    """Note that a try has succeeded: its address and browser are known from now on."""
    _call(
        session,
        "SELECT sign_in_succeeded(:attempt, :account_id, :address, :browser)",
        attempt=attempt,
        account_id=account_id,
        address=address,
        browser=browser,
    )


def note_sign_in(session: Session, account_id: int) -> None:
    """Put a sign-in on the audit trail; the rest of the transaction is the account's."""
    _call(session, "SELECT sign_in_noted(:account_id)", account_id=account_id)


def replace_hash(session: Session, account_id: int, old: str, new: str) -> None:
    """Replace a hash by one of the same password with other parameters."""
    _call(
        session, "SELECT password_rehashed(:account_id, :old, :new)",
        account_id=account_id, old=old, new=new,
    )  # fmt: skip


def open_session(  # noqa: PLR0913 - all that is kept of it
    session: Session,
    account_id: int,
    token: bytes,
    csrf: str,
    lasting_s: float,
    *,
    address: str,
    agent: str,
    in_place_of: bytes | None,
) -> None:
    """Open a session for an account; the one that the browser had before ends."""
    _call(
        session,
        "SELECT session_opened(:account_id, :token, :csrf, :lasting_s, :address, :agent, :before)",
        account_id=account_id,
        token=token,
        csrf=csrf,
        lasting_s=lasting_s,
        address=address,
        agent=agent,
        before=in_place_of,
    )


def session_holder(session: Session, token: bytes, idle_s: float) -> tuple[Holder, str] | None:
    """Return whose session it is and its CSRF token; ``None`` when it is none or has run out."""
    row = _call(
        session, "SELECT * FROM session_holder(:token, :idle_s)", token=token, idle_s=idle_s
    ).first()
    if row is None:
        return None
    *holder, csrf = tuple(row)
    return _holder(holder), csrf


def session_holds(session: Session, token: bytes, idle_s: float) -> bool:
    """Tell whether a session has not run out; asking doesn't keep it from doing so."""
    asked = "SELECT session_holds(:token, :idle_s)"
    return bool(_call(session, asked, token=token, idle_s=idle_s).scalar_one())


def token_holder(session: Session, token: bytes) -> tuple[Holder, frozenset[str]] | None:
    """Return whose token it is and what for; ``None`` when it is none, or no longer."""
    row = _call(session, "SELECT * FROM token_holder(:token)", token=token).first()
    if row is None:
        return None
    *holder, scopes = tuple(row)
    return _holder(holder), frozenset(scopes)


def _holder(row: Sequence[Any]) -> Holder:
    return Holder._make((*row[:5], tuple(row[5])))


def end_session(session: Session, token: bytes) -> None:
    """End a session."""
    _call(session, "SELECT session_ended(:token)", token=token)


def own_sessions(session: Session) -> list[OpenSession]:
    """Return the sessions of the one who asks, the latest used first."""
    return [OpenSession._make(row) for row in _call(session, "SELECT * FROM own_sessions()")]


def end_own_session(session: Session, key: str) -> bool:
    """End one of one's own sessions; ``False`` when there is none of that key."""
    return bool(_call(session, "SELECT own_session_ended(:key)", key=key).scalar_one())


def end_own_sessions(session: Session) -> None:
    """End all of one's own sessions."""
    _call(session, "SELECT own_sessions_ended()")


def own_password_hash(session: Session) -> str | None:
    """Return one's own password's hash; ``None`` for who has no password here."""
    found: str | None = _call(session, "SELECT own_password_hash()").scalar_one()
    return found


def change_own_password(session: Session, password_hash: str) -> None:
    """Change one's own password; every session ends."""
    _call(session, "SELECT own_password_changed(:hash)", hash=password_hash)


def territories(session: Session, account_id: int) -> list[Territory]:
    """Return the roles of an account and where they hold, as far as the one who asks may know."""
    rows = _call(session, "SELECT * FROM role_territories(:account_id)", account_id=account_id)
    return [Territory._make(row) for row in rows]


def make_own_token(
    session: Session, name: str, token: bytes, scopes: list[str], lasting_s: float
) -> int:
    """Keep a new token of one's own; return its number."""
    made: int = _call(
        session,
        "SELECT own_token_made(:name, :token, :scopes, :lasting_s)",
        name=name,
        token=token,
        scopes=scopes,
        lasting_s=lasting_s,
    ).scalar_one()
    return made


def own_tokens(session: Session) -> list[KnownToken]:
    """Return one's own tokens, the latest first."""
    return [KnownToken._make(row) for row in _call(session, "SELECT * FROM own_tokens()")]


def revoke_own_token(session: Session, token_id: int) -> bool:
    """Revoke a token of one's own; ``False`` when there is none that is valid."""
    return bool(_call(session, "SELECT own_token_revoked(:id)", id=token_id).scalar_one())


def begin_flow(session: Session, state: bytes, flow: Flow, lasting_s: float) -> None:
    """Keep a sign-in that goes to a provider."""
    _call(
        session,
        "SELECT flow_begun(:state, :nonce, :verifier, :next, :lasting_s)",
        state=state,
        nonce=flow.nonce,
        verifier=flow.code_verifier,
        next=flow.next,
        lasting_s=lasting_s,
    )


def take_flow(session: Session, state: bytes) -> Flow | None:
    """Take out the sign-in that comes back; a second time there is none."""
    row = _call(session, "SELECT * FROM flow_taken(:state)", state=state).first()
    return Flow._make(row) if row else None


def identity_account(  # noqa: PLR0913 - who somebody is, and what may be done
    session: Session,
    issuer: str,
    subject: str,
    *,
    name: str | None,
    display_name: str,
    may_create: bool,
) -> int | None:
    """Return the account that a provider's subject stands for, linked by name the first time."""
    found: int | None = _call(
        session,
        "SELECT identity_account(:issuer, :subject, :name, :display_name, :may_create)",
        issuer=issuer,
        subject=subject,
        name=name,
        display_name=display_name,
        may_create=may_create,
    ).scalar_one()
    return found


def demonstration_accounts(session: Session) -> bool:
    """Tell whether there are accounts of a demonstration."""
    return bool(_call(session, "SELECT demonstration_accounts()").scalar_one())


def add_account(  # noqa: PLR0913 - a row's columns
    session: Session,
    name: str,
    display_name: str,
    password_hash: str | None,
    *,
    must_change: bool,
    demonstration: bool = False,
) -> int:
    """Add an account and return its key.

    Raises
    ------
    AccountExistsError
        When the name is taken, in whatever case.
    NotPermittedError
        When the one who asks administers nothing.
    """
    try:
        made: int = _call(
            session,
            "SELECT account_added(:name, :display_name, :hash, :must_change, :demonstration)",
            name=name,
            display_name=display_name,
            hash=password_hash,
            must_change=must_change,
            demonstration=demonstration,
        ).scalar_one()
    except DBAPIError as error:
        if isinstance(error.orig, UniqueViolation):
            raise AccountExistsError(name=name) from error
        raise
    return made


def list_accounts(session: Session) -> list[AccountRow]:
    """Return the accounts that the one who asks administers or sees, by name."""
    rows = _call(session, "SELECT * FROM accounts_seen()")
    return [AccountRow._make((*row[:3], tuple(row[3]), *row[4:])) for row in map(tuple, rows)]


def disable_account(session: Session, account_id: int) -> None:
    """Let nobody in by an account; its sessions end, its tokens are revoked."""
    _call(session, "SELECT account_disabled(:id)", id=account_id)


def enable_account(session: Session, account_id: int) -> None:
    """Let an account in again."""
    _call(session, "SELECT account_enabled(:id)", id=account_id)


def reset_password(
    session: Session, account_id: int, password_hash: str, *, must_change: bool
) -> None:
    """Give an account another password; whatever was open by the old one ends."""
    _call(
        session,
        "SELECT password_reset(:id, :hash, :must_change)",
        id=account_id,
        hash=password_hash,
        must_change=must_change,
    )


def grant_role(
    session: Session, account_id: int, role: str, jurisdiction: str | None, place: str | None
) -> None:
    """Give an account a role; its sessions end.

    Raises
    ------
    InvalidFieldError
        When it is a demonstration's account, and the jurisdiction isn't made up, or is any.
    NotPermittedError
        When that isn't for the one who asks.
    """
    try:
        with session.begin_nested():
            _call(
                session,
                "SELECT role_granted(:id, :role, :jurisdiction, :place)",
                id=account_id,
                role=role,
                jurisdiction=jurisdiction,
                place=place,
            )
    except DBAPIError as error:
        broken = error.orig.diag.constraint_name if isinstance(error.orig, CheckViolation) else None
        if broken == "account_role_demonstration":
            raise InvalidFieldError(
                field="jurisdiction",
                reason=msg("An account of the demonstration has roles in made-up cities only."),
            ) from error
        raise


def revoke_role(session: Session, account_id: int, role_id: int) -> bool:
    """Take a role from an account; ``False`` when it has none of that number."""
    taken = _call(session, "SELECT role_revoked(:id, :role)", id=account_id, role=role_id)
    return bool(taken.scalar_one())


def grid_key(session: Session, jurisdiction: str, code: str) -> str | None:
    """Return the key of a grid by its code in the generation in force."""
    found: str | None = _call(
        session,
        "SELECT v.grid_id::text FROM grid_version v JOIN generation g ON g.id = v.generation_id"
        " JOIN jurisdiction j ON j.id = g.jurisdiction_id"
        " WHERE j.slug = :jurisdiction AND v.code = :code AND g.validity @> clock_timestamp()",
        jurisdiction=jurisdiction,
        code=code,
    ).scalar_one_or_none()
    return found


PLACES = {
    "community_staff": "SELECT FROM community c JOIN street s ON s.id = c.street_id"
    " JOIN jurisdiction j ON j.id = s.jurisdiction_id WHERE j.slug = :jurisdiction"
    " AND c.code = :code",
    "street_dispatcher": "SELECT FROM street s JOIN jurisdiction j ON j.id = s.jurisdiction_id"
    " WHERE j.slug = :jurisdiction AND s.code = :code",
    "department_handler": "SELECT FROM department d JOIN jurisdiction j"
    " ON j.id = d.jurisdiction_id WHERE j.slug = :jurisdiction AND d.code = :code",
}


def has_place(session: Session, role: str, jurisdiction: str, code: str) -> bool:
    """Tell whether a jurisdiction has the place of a role by that code."""
    return _call(session, PLACES[role], jurisdiction=jurisdiction, code=code).first() is not None


def has_jurisdiction(session: Session, slug: str) -> bool:
    """Tell whether a jurisdiction of that name is loaded."""
    found = _call(session, "SELECT FROM jurisdiction WHERE slug = :slug", slug=slug)
    return found.first() is not None


def place_names(session: Session) -> list[str]:
    """Return the names of all jurisdictions, which no password should be made of."""
    rows = _call(session, "SELECT name, name_en, slug FROM jurisdiction")
    return [name for row in rows for name in row if name]


def _call(session: Session, statement: str, **values: Any) -> Result[Any]:
    """Run a statement; what the database forbids is the domain's own error."""
    try:
        return session.execute(text(statement), values)
    except DBAPIError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise NotPermittedError from error
        raise
