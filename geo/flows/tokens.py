"""Personal tokens, by which an account's programs ask in its name."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from geo.errors import InvalidFieldError
from geo.flows.sign_in import TOKEN_BYTES, digest
from geo.messages import msg
from geo.settings import settings
from geo.store import accounts
from geo.store.engine import session

if TYPE_CHECKING:
    from collections.abc import Collection

    from geo.store.asking import Asker

SCOPES = {
    "issues:read": msg("read issues and their history"),
    "issues:write": msg("report issues and act on them"),
    "people:read": msg("read personal details, each noted in the audit trail"),
    "plans:read": msg("read drafts of plans"),
    "plans:write": msg("draw and publish plans"),
    "audit:read": msg("read the audit trail"),
}
"""What a token may be for; never more than its account may do itself."""

PREFIX = "hg_"
NAME_LENGTH = 60
MOST_TOKENS = 50
DAY_S = 24 * 3600


def make_token(
    asker: Asker, name: str, scopes: Collection[str], days: int, url: str | None = None
) -> str:
    """Make a token and return it; it can't be read again later.

    Raises
    ------
    InvalidFieldError
        When the name, a scope or the days can't be taken.
    """
    name = " ".join(name.split())
    most = settings().token_days_max
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        reason = msg("A name of 1 to %(count)s characters is needed.", count=NAME_LENGTH)
        raise InvalidFieldError(field="name", reason=reason)
    if not scopes or not set(scopes) <= set(SCOPES):
        raise InvalidFieldError(
            field="scopes", reason=msg("Choose one or more of: %(names)s.", names=", ".join(SCOPES))
        )
    if not 1 <= days <= most:
        reason = msg("A number of days from 1 to %(most)s is needed.", most=most)
        raise InvalidFieldError(field="days", reason=reason)
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    with session(url, asker) as opened:
        known = accounts.own_tokens(opened)
        if name in {one.name for one in known}:
            raise InvalidFieldError(
                field="name", reason=msg("You have had a token of this name already.")
            )
        if sum(one.revoked_at is None for one in known) >= MOST_TOKENS:
            raise InvalidFieldError(
                field="name",
                reason=msg("You have %(count)s tokens: revoke one.", count=MOST_TOKENS),
            )
        accounts.make_own_token(opened, name, digest(token), sorted(set(scopes)), days * DAY_S)
    return token
