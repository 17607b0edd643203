"""Who is asking (询问者): what the database is told about a transaction, and decides by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["resident", "account", "service"]


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever a transaction is carried out for.

    Parameters
    ----------
    kind
        ``resident`` for anybody without an account, ``account`` for somebody signed in,
        ``service`` for the service's own work.
    account_id
        The account's key.
    follow_sha256
        The digest of a follow secret: opens the one issue that it was given out for.
    request_id
        Ties what is written to the audit trail to the request's line in the log.

    Examples
    --------
    >>> Asker("account", 7).context()["account_id"]
    '7'
    >>> RESIDENT.context()["account_id"]
    ''
    """

    kind: Kind
    account_id: int | None = None
    follow_sha256: bytes | None = None
    request_id: str | None = None

    def context(self) -> dict[str, str]:
        """Return what the database is told, as its settings ``hongge.…`` for one transaction."""
        return {
            "asker": self.kind,
            "account_id": "" if self.account_id is None else str(self.account_id),
            "follow_sha256": self.follow_sha256.hex() if self.follow_sha256 else "",
            "request_id": self.request_id or "",
            "actor": "",
        }


RESIDENT = Asker("resident")
SERVICE = Asker("service")


def keeper_context(actor: str, request_id: str | None = None) -> dict[str, str]:
    """Return what the database is told of a transaction of its owner, by command.

    Parameters
    ----------
    actor
        Who or what, for the audit trail.
    request_id
        As of :class:`Asker`.

    Examples
    --------
    >>> keeper_context("command")["asker"]
    'owner'
    """
    return {
        "asker": "owner",
        "account_id": "",
        "follow_sha256": "",
        "request_id": request_id or "",
        "actor": actor,
    }
