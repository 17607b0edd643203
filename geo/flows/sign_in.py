"""Signing in and out: passwords, sessions, and who a request comes from.

A session is an opaque token of 256 bits in a cookie; the database keeps its digest. Signing in
always makes a new one, so that a token planted beforehand is worth nothing.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from geo.errors import (
    InvalidFieldError,
    SignInRefusedError,
    SignInTooSoonError,
    TokenRefusedError,
)
from geo.flows.passwords import check_password, hashed, matches, outdated
from geo.messages import msg
from geo.settings import settings
from geo.store import accounts
from geo.store.asking import RESIDENT, Asker
from geo.store.engine import session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from geo.store.accounts import Holder

log = logging.getLogger(__name__)

TOKEN_BYTES = 32
AGENT_LENGTH = 300
MINUTE_S = 60.0
HOUR_S = 3600.0
IPV6_SITE_BITS = 64


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request comes from.

    Parameters
    ----------
    address
        IP address.
    agent
        What the browser says of itself.
    browser
        The secret of a browser that has signed in before, if it has one.
    session
        The session token that it has at the time.
    """

    address: str
    agent: str = ""
    browser: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a browser gets when it has signed in: secrets for its cookies."""

    account_id: int
    session: str
    browser: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a request comes from.

    Parameters
    ----------
    asker
        As the database is told.
    holder
        The account; ``None`` for a resident.
    csrf_token
        What a form of this session has to send along; ``None`` without a session.
    scopes
        What the token is for; ``None`` without a token.
    """

    asker: Asker
    holder: Holder | None = None
    csrf_token: str | None = None
    scopes: frozenset[str] | None = None

    @property
    def roles(self) -> frozenset[str]:
        """Names of the account's roles."""
        return frozenset(self.holder.roles if self.holder else ())


def sign_in(
    name: str, password: str, place: Place, url: str | None = None, request_id: str | None = None
) -> SignedIn:
    """Sign in by name and password.

    Raises
    ------
    SignInTooSoonError
        After too many tries.
    SignInRefusedError
        When name and password don't belong together, or the account is closed.
    """
    name = name.strip()
    account_id, attempt = _prove(name, password, place, url)
    return admit(account_id, place, attempt, url, request_id)


def _prove(name: str, password: str, place: Place, url: str | None) -> tuple[int, int]:
    """Check a password at the pace that the database allows; return the account and the try."""
    known = digest(place.browser) if place.browser else None
    with session(url, RESIDENT) as opened:
        tried = accounts.begin_sign_in(
            opened, name, digest(name.casefold()).hex(), network(place.address), known
        )
    if tried.attempt is None:
        log.warning("sign-in too soon from %s", place.address)
        raise SignInTooSoonError(math.ceil(tried.wait_s))
    right = matches(password, tried.password_hash)
    if not right or tried.account_id is None or tried.password_hash is None:
        log.warning("sign-in refused from %s", place.address)
        raise SignInRefusedError
    if outdated(tried.password_hash):
        with session(url, RESIDENT) as opened:
            accounts.replace_hash(opened, tried.account_id, tried.password_hash, hashed(password))
    return tried.account_id, tried.attempt


def admit(
    account_id: int,
    place: Place,
    attempt: int | None,
    url: str | None = None,
    request_id: str | None = None,
) -> SignedIn:
    """Open a session for an account that has proved itself; the browser's old one ends."""
    browser = place.browser or secrets.token_urlsafe(TOKEN_BYTES)
    with session(url, Asker("resident", request_id=request_id)) as opened:
        accounts.note_success(opened, attempt, account_id, network(place.address), digest(browser))
        accounts.note_sign_in(opened, account_id)
        token = _open(opened, account_id, place)
    return SignedIn(account_id, token, browser)


def sign_out(token: str, url: str | None = None) -> None:
    """End a session."""
    with session(url, RESIDENT) as opened:
        accounts.end_session(opened, digest(token))


def visitor_of_session(
    token: str, url: str | None = None, request_id: str | None = None
) -> Visitor | None:
    """Return whose session it is; ``None`` when it has ended or never was one."""
    idle_s = settings().session_idle_minutes * MINUTE_S
    with session(url, RESIDENT) as opened:
        found = accounts.session_holder(opened, digest(token), idle_s)
    if found is None:
        return None
    holder, csrf = found
    return Visitor(_asker(holder, request_id), holder, csrf_token=csrf)


def still_signed_in(token: str, url: str | None = None) -> bool:
    """Tell whether a session goes on, without keeping it from running out."""
    idle_s = settings().session_idle_minutes * MINUTE_S
    with session(url, RESIDENT) as opened:
        return accounts.session_holds(opened, digest(token), idle_s)


def visitor_of_token(token: str, url: str | None = None, request_id: str | None = None) -> Visitor:
    """Return whose token of a program it is.

    Raises
    ------
    TokenRefusedError
        When it is unknown, revoked or expired.
    """
    with session(url, RESIDENT) as opened:
        found = accounts.token_holder(opened, digest(token))
    if found is None:
        raise TokenRefusedError
    holder, scopes = found
    return Visitor(_asker(holder, request_id), holder, scopes=scopes)


def change_password(
    visitor: Visitor, old: str, new: str, place: Place, url: str | None = None
) -> SignedIn:
    """Change one's own password; every session ends, and this browser gets a new one.

    Tries with a wrong old password are slowed down like those of signing in.

    Raises
    ------
    InvalidFieldError
        When the new password can't be taken, naming the reason.
    SignInRefusedError, SignInTooSoonError
        When the old one is wrong.
    """
    holder = visitor.holder
    if holder is None:
        raise SignInRefusedError
    _, attempt = _prove(holder.name, old, place, url)
    browser = place.browser or secrets.token_urlsafe(TOKEN_BYTES)
    with session(url, visitor.asker) as opened:
        accounts.note_success(
            opened, attempt, holder.account_id, network(place.address), digest(browser)
        )
        context = (holder.name, holder.display_name, *accounts.place_names(opened))
        check_password(new, context, "new_password")
        if matches(new, accounts.own_password_hash(opened)):
            raise InvalidFieldError(
                field="new_password",
                reason=msg("The new password is the same as the present one."),
            )
        accounts.change_own_password(opened, hashed(new))
        token = _open(opened, holder.account_id, place)
    return SignedIn(holder.account_id, token, browser)


def _open(opened: Session, account_id: int, place: Place) -> str:
    """Open a session in place of the browser's present one, and return its token."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    accounts.open_session(
        opened,
        account_id,
        digest(token),
        secrets.token_urlsafe(TOKEN_BYTES),
        settings().session_hours * HOUR_S,
        address=place.address,
        agent=place.agent[:AGENT_LENGTH],
        in_place_of=digest(place.session) if place.session else None,
    )
    return token


def _asker(holder: Holder, request_id: str | None) -> Asker:
    return Asker("account", holder.account_id, request_id=request_id)


def digest(secret: str) -> bytes:
    """Return what the database keeps of a secret of 256 random bits."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def network(address: str) -> str:
    """Return what tries to sign in are counted by: an IPv4 address, or an IPv6 site of 64 bits.

    Examples
    --------
    >>> network("2001:db8:1:2:3:4:5:6")
    '2001:db8:1:2::'
    >>> network("10.0.0.7"), network("")
    ('10.0.0.7', '')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, IPV6_SITE_BITS), strict=False).network_address)
