"""Marks on drafts, comments on them, and links for readers."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from geo.errors import InvalidFieldError, NotFoundError, NotPermittedError
from geo.flows.plans import draft_of
from geo.flows.sign_in import TOKEN_BYTES, digest
from geo.messages import msg
from geo.store import plan_notes
from geo.store.plans import may_plan

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.store.plan_notes import Comment, Mark, Share


class Given(NamedTuple):
    """A link that was made, and its secret, which can't be read again."""

    share: Share
    secret: str


def mark(session: Session, draft_id: UUID, name: str, version: int | None = None) -> Mark:
    """Give a version of a draft a name; by default the last one.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft, or the asker only reads it.
    InvalidFieldError
        When it has no such version, or a mark of that name.
    """
    last = _working(session, draft_id)
    if version is not None and version > last:
        raise InvalidFieldError(
            field="version", reason=msg("The draft has versions 0 to %(last)s.", last=last)
        )
    made = plan_notes.add_mark(session, draft_id, last if version is None else version, name)
    if made is None:
        raise InvalidFieldError(
            field="name", reason=msg("Another mark of this draft has this name.")
        )
    return made


def unmark(session: Session, draft_id: UUID, mark_id: int) -> None:
    """Take a mark away.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft or mark, or the asker only reads it.
    """
    _working(session, draft_id)
    if not plan_notes.delete_mark(session, draft_id, mark_id):
        raise NotFoundError(kind=msg("mark"), name=str(mark_id))


def comment(
    session: Session, draft_id: UUID, place: tuple[float, float] | UUID, told: str
) -> Comment:
    """Comment on a place of a draft, or answer a comment; an answer opens nothing anew.

    Parameters
    ----------
    session, draft_id
        Which draft.
    place
        Longitude and latitude in WGS 84, or the comment that is answered.
    told
        What there is to say.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft or comment, or the asker only reads it.
    """
    _working(session, draft_id)
    if not isinstance(place, tuple):
        answered = _comment(session, draft_id, place)
        place = answered.answers or answered.id
    key = uuid4()
    plan_notes.add_comment(session, draft_id, key, place, told)
    return _comment(session, draft_id, key)


def resolve(session: Session, draft_id: UUID, comment_id: UUID, *, resolved: bool) -> Comment:
    """Close a comment, or open it again.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft or comment, or the asker only reads it.
    """
    _working(session, draft_id)
    found = _comment(session, draft_id, comment_id)
    if (found.resolved_at is not None) == resolved:
        return found
    plan_notes.resolve_comment(session, draft_id, comment_id, resolved=resolved)
    return _comment(session, draft_id, comment_id)


def share(session: Session, draft_id: UUID, days: int) -> Given:
    """Make a link by which anybody may read a draft for some days.

    Its secret has 256 random bits; the database keeps its digest.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft, or the asker only reads it.
    """
    _working(session, draft_id)
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    return Given(plan_notes.add_share(session, draft_id, digest(secret), days), secret)


def unshare(session: Session, draft_id: UUID, key: str) -> None:
    """End a link at once.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft or link, or the asker only reads it.
    """
    _working(session, draft_id)
    if not plan_notes.revoke_share(session, draft_id, key):
        raise NotFoundError(kind=msg("link"), name=key[:8])


def shares_of(session: Session, draft_id: UUID) -> list[Share]:
    """Return the links to a draft.

    Raises
    ------
    NotFoundError, NotPermittedError
        When there is no such draft, or the asker only reads it.
    """
    _working(session, draft_id)
    return plan_notes.list_shares(session, draft_id)


def _working(session: Session, draft_id: UUID) -> int:
    """Return a draft's version, if the asker may work on it."""
    draft = draft_of(session, draft_id)
    if not may_plan(session, draft_id):
        raise NotPermittedError
    return draft.version


def _comment(session: Session, draft_id: UUID, comment_id: UUID) -> Comment:
    found = plan_notes.read_comment(session, draft_id, comment_id)
    if found is None:
        raise NotFoundError(kind=msg("comment"), name=str(comment_id))
    return found
