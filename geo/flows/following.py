"""Following an issue (关注) that somebody else has reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.errors import NotFoundError
from geo.flows.report import Key, again, follow_digest, new_follow_secret
from geo.messages import msg
from geo.store.engine import refusing_what_is_not_permitted, session
from geo.store.following import follow_issue
from geo.store.idempotency import Remembered, recall, remember, seal

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from geo.store.asking import Asker


@dataclass(frozen=True, slots=True)
class Follower:
    """What somebody says who follows an issue; all of it may be left out.

    Parameters
    ----------
    name, phone
        Who, to be told what came of it.
    text
        What they have to add.
    """

    name: str | None = None
    phone: str | None = None
    text: str = ""


def follow(
    issue_id: UUID, given: Follower, asker: Asker, key: Key | None = None, url: str | None = None
) -> dict[str, Any]:
    """Let somebody follow an issue in place of reporting it again.

    Residents get a secret of their own, by which they read the issue from then on; people at work
    follow by their account.

    Parameters
    ----------
    issue_id
        A public issue, or one that the asker's work is on.
    given
        Who they are, and what they add.
    asker
        Who follows.
    key
        The same key again gives the same answer, and stores nothing.
    url
        The database; by default the settings'.

    Returns
    -------
    dict
        ``number`` of the issue, and ``follow``, the secret; ``None`` for an account.

    Raises
    ------
    NotFoundError
        When there is no such issue, or none that the asker may follow.
    KeyReusedError
        When the key came with another body before.
    """
    secret = new_follow_secret() if asker.account_id is None else None
    with refusing_what_is_not_permitted(), session(url, asker) as opened:
        before = recall(opened, key.text) if key else None
        if key and before:
            return again(key, before)
        number = follow_issue(
            opened,
            issue_id,
            follow_digest(secret) if secret else None,
            name=given.name,
            phone=given.phone,
            told=given.text,
        )
        if number is None:
            raise NotFoundError(kind=msg("issue"), name=str(issue_id))
        if key:
            kept = {"number": number, "follow": seal(key.text, secret) if secret else None}
            remember(opened, key.text, issue_id, Remembered(key.sha256, kept))
        return {"number": number, "follow": secret}
