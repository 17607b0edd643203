"""What goes with a draft: named marks on its log, comments on places, links for readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geoalchemy2 import WKBElement
from shapely import Point
from sqlalchemy import DateTime, cast, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from geo.store.models import WGS84, PlanComment, PlanMark, PlanShare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Mark:
    """A named mark (标记) on a version of a draft."""

    id: int
    version: int
    name: str
    account_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment (批注), pinned to a position in WGS 84 or answering another one.

    ``resolved_at`` and ``resolved_by`` are ``None`` while it is open.
    """

    id: UUID
    account_id: int | None
    at: datetime
    lon: float | None
    lat: float | None
    answers: UUID | None
    text: str
    resolved_at: datetime | None
    resolved_by: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """A link (只读链接) by which one draft is read, without its secret; ``key`` is its digest's."""

    key: str
    created_by: int | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def list_marks(session: Session, draft_id: UUID) -> list[Mark]:
    """Return the marks of a draft, in order of their versions."""
    wanted = (
        select(*_MARK)
        .where(PlanMark.draft_id == draft_id)
        .order_by(PlanMark.version, PlanMark.at, PlanMark.id)
    )
    return [Mark(*row) for row in session.execute(wanted)]


def add_mark(session: Session, draft_id: UUID, version: int, name: str) -> Mark | None:
    """Mark a version of a draft; ``None`` when there is a mark of that name."""
    told = {"draft_id": draft_id, "version": version, "name": name}
    statement = upsert(PlanMark).on_conflict_do_nothing().returning(*_MARK)
    row = session.execute(statement, told).one_or_none()
    return Mark(*row) if row else None


def delete_mark(session: Session, draft_id: UUID, mark_id: int) -> bool:
    """Take a mark away; tell whether there was one."""
    gone = delete(PlanMark).where(PlanMark.draft_id == draft_id, PlanMark.id == mark_id)
    return session.execute(gone.returning(PlanMark.id)).one_or_none() is not None


def list_comments(session: Session, draft_id: UUID) -> list[Comment]:
    """Return the comments on a draft, the oldest first."""
    wanted = _comments().where(PlanComment.draft_id == draft_id)
    rows = session.execute(wanted.order_by(PlanComment.at, PlanComment.id))
    return [Comment(*row) for row in rows]


def read_comment(session: Session, draft_id: UUID, comment_id: UUID) -> Comment | None:
    """Return one comment on a draft."""
    wanted = _comments().where(PlanComment.draft_id == draft_id, PlanComment.id == comment_id)
    row = session.execute(wanted).one_or_none()
    return Comment(*row) if row else None


def add_comment(
    session: Session, draft_id: UUID, comment_id: UUID, place: tuple[float, float] | UUID, told: str
) -> None:
    """Add a comment, in the asker's name.

    Parameters
    ----------
    session, draft_id, comment_id
        Where, and under which key.
    place
        Longitude and latitude, or the comment that it answers.
    told
        Its text.
    """
    answers = None if isinstance(place, tuple) else place
    pin = WKBElement(Point(place).wkb, srid=WGS84) if isinstance(place, tuple) else None
    session.execute(
        insert(PlanComment),
        {
            "id": comment_id,
            "draft_id": draft_id,
            "geom": pin,
            "answers": answers,
            "text": told,
        },
    )


def resolve_comment(session: Session, draft_id: UUID, comment_id: UUID, *, resolved: bool) -> None:
    """Close a comment, in the asker's name, or open it again."""
    at = cast(func.clock_timestamp(), DateTime(timezone=True)) if resolved else None
    session.execute(
        update(PlanComment)
        .where(PlanComment.draft_id == draft_id, PlanComment.id == comment_id)
        .values(resolved_at=at)
    )


def list_shares(session: Session, draft_id: UUID) -> list[Share]:
    """Return the links to a draft, the latest first, those included that are over."""
    wanted = (
        select(*_SHARE)
        .where(PlanShare.draft_id == draft_id)
        .order_by(PlanShare.created_at.desc(), PlanShare.token_sha256)
    )
    return [_share(row) for row in session.execute(wanted)]


def add_share(session: Session, draft_id: UUID, token_sha256: bytes, days: int) -> Share:
    """Let whoever holds a secret read a draft for some days.

    Parameters
    ----------
    session, draft_id
        Which draft.
    token_sha256
        Digest of the secret.
    days
        How long.
    """
    row = session.execute(
        insert(PlanShare)
        .values(
            token_sha256=token_sha256,
            draft_id=draft_id,
            expires_at=func.clock_timestamp() + func.make_interval(0, 0, 0, days),
        )
        .returning(*_SHARE)
    ).one()
    return _share(row)


def revoke_share(session: Session, draft_id: UUID, key: str) -> bool:
    """End a link at once; tell whether there is one of that key."""
    ended = (
        update(PlanShare)
        .where(PlanShare.draft_id == draft_id, PlanShare.token_sha256 == bytes.fromhex(key))
        .values(revoked_at=func.coalesce(PlanShare.revoked_at, func.clock_timestamp()))
        .returning(PlanShare.draft_id)
    )
    found = session.execute(ended).one_or_none() is not None
    session.execute(text("SELECT tell_of_plan(:id, 'share', '')"), {"id": draft_id})
    return found


def _comments() -> Select[*tuple[Any, ...]]:
    return select(
        PlanComment.id,
        PlanComment.account_id,
        PlanComment.at,
        func.ST_X(PlanComment.geom),
        func.ST_Y(PlanComment.geom),
        PlanComment.answers,
        PlanComment.text,
        PlanComment.resolved_at,
        PlanComment.resolved_by,
    )


def _share(row: Any) -> Share:
    return Share(
        row.token_sha256.hex(), row.created_by, row.created_at, row.expires_at, row.revoked_at
    )


_MARK: Sequence[Any] = (
    PlanMark.id,
    PlanMark.version,
    PlanMark.name,
    PlanMark.account_id,
    PlanMark.at,
)
_SHARE: Sequence[Any] = (
    PlanShare.token_sha256,
    PlanShare.created_by,
    PlanShare.created_at,
    PlanShare.expires_at,
    PlanShare.revoked_at,
)
