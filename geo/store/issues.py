"""Issues: taking them in, reading them, changing their state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Integer, Text, func, insert, literal, select, update

from geo.store.issue_views import issue_views
from geo.store.models import (
    Account,
    Generation,
    GridVersion,
    Issue,
    IssueEvent,
    IssueFollower,
    IssuePhoto,
    IssueReporter,
    OutboxMessage,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    from geo.store.asking import Asker


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is kept.

    Parameters
    ----------
    media_type
        Of the file.
    content
        The file.
    width_px, height_px
        Its size.
    taken_at
        When it was taken, where that is known.
    lon, lat
        Where it was taken, in WGS 84 degrees, where that is known.
    """

    media_type: str
    content: bytes
    width_px: int | None = None
    height_px: int | None = None
    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None


def roles_on(session: Session, issue_id: UUID) -> frozenset[str]:
    """Return by which of their roles an issue is in the territory of whoever asks."""
    found = select(func.asker_roles_on(issue_id, type_=ARRAY(Text())))
    return frozenset(session.scalars(found).one())


def handled_by_asker(session: Session, issue_id: UUID) -> bool:
    """Tell whether whoever asks has handled an issue, wherever it is by now."""
    handled = select(func.asker_handled().column_valued())
    return bool(session.scalar(select(literal(issue_id).in_(handled))))


def add_photos(
    session: Session,
    issue_id: UUID,
    photos: Sequence[Photo],
    event_sequence: int = 1,
    first: int = 1,
) -> None:
    """Store photos that came with an event of an issue; the first gets this position."""
    if photos:
        told = {"issue_id": issue_id, "event_sequence": event_sequence}
        session.execute(
            insert(IssuePhoto),
            [
                {**told, "position": position, **_photo_columns(photo)}
                for position, photo in enumerate(photos, first)
            ],
        )


def _photo_columns(photo: Photo) -> dict[str, Any]:
    return {
        "media_type": photo.media_type,
        "content": photo.content,
        "width_px": photo.width_px,
        "height_px": photo.height_px,
        "taken_at": photo.taken_at,
        "location": _point(photo.lon, photo.lat),
    }


def _point(lon: float | None, lat: float | None) -> str | None:
    return None if lon is None else f"SRID=4326;POINT({lon!r} {lat!r})"


def add_event(session: Session, issue_id: UUID, event: Mapping[str, Any]) -> int:
    """Add an event to an issue's history and return its place there, from 1."""
    last = select(func.coalesce(func.max(IssueEvent.sequence), 0) + 1).where(
        IssueEvent.issue_id == issue_id
    )
    statement = insert(IssueEvent).values(
        **event, issue_id=issue_id, sequence=last.scalar_subquery()
    )
    return session.scalars(statement.returning(IssueEvent.sequence)).one()


def account_name(session: Session, asker: Asker) -> str | None:
    """Return how the account that is asking is called on pages, if one is.

    Not the name that it signs in by: histories are read by residents, too.
    """
    return session.scalar(select(Account.display_name).where(Account.id == asker.account_id))


def add_to_outbox(session: Session, topic: str, payload: Mapping[str, Any]) -> None:
    """Leave a side effect to be carried out when the transaction has committed."""
    left = insert(OutboxMessage).values(topic=topic, payload=dict(payload))
    session.execute(left.inline())


def change_issue(session: Session, issue_id: UUID, columns: Mapping[str, Any]) -> None:
    """Set columns of an issue."""
    session.execute(update(Issue).where(Issue.id == issue_id).values(**columns))


def hold_issue(session: Session, issue_id: UUID) -> Issue | None:
    """Return an issue that nobody else can change until the transaction ends, if it exists."""
    return session.scalar(select(Issue).where(Issue.id == issue_id).with_for_update())


def version_of(session: Session, issue_id: UUID) -> int:
    """Return how many events an issue has: its version."""
    return session.scalars(select(func.issue_version(issue_id, type_=Integer()))).one()


def read_issue(session: Session, issue_id: UUID) -> RowMapping | None:
    """Return the row of one issue, if it exists."""
    return session.execute(issue_views().where(Issue.id == issue_id)).mappings().one_or_none()


def read_events(session: Session, issue_id: UUID) -> list[RowMapping]:
    """Return the history of an issue, oldest first."""
    columns = (
        IssueEvent.sequence,
        IssueEvent.at,
        IssueEvent.action,
        IssueEvent.from_state,
        IssueEvent.to_state,
        IssueEvent.actor,
        IssueEvent.note,
        IssueEvent.detail,
    )
    statement = select(*columns).where(IssueEvent.issue_id == issue_id)
    return list(session.execute(statement.order_by(IssueEvent.sequence)).mappings())


def read_reporter(session: Session, issue_id: UUID) -> RowMapping | None:
    """Return name and number of who reported an issue, where they may be seen at all."""
    statement = select(IssueReporter.name, IssueReporter.phone)
    return (
        session.execute(statement.where(IssueReporter.issue_id == issue_id))
        .mappings()
        .one_or_none()
    )


def count_followers(session: Session, issue_id: UUID) -> int:
    """Return how many people follow an issue beside its reporter, as far as one may know."""
    counted = select(func.count()).select_from(IssueFollower)
    return session.scalars(counted.where(IssueFollower.issue_id == issue_id)).one()


def read_photos(session: Session, issue_id: UUID) -> list[RowMapping]:
    """Return what is told of an issue's photos, in order: not where and when they were taken."""
    columns = (
        IssuePhoto.position,
        IssuePhoto.media_type,
        IssuePhoto.width_px,
        IssuePhoto.height_px,
        IssuePhoto.event_sequence,
    )
    statement = select(*columns).where(IssuePhoto.issue_id == issue_id)
    return list(session.execute(statement.order_by(IssuePhoto.position)).mappings())


def read_photo(session: Session, issue_id: UUID, position: int) -> RowMapping | None:
    """Return the file of an issue's photo, counted from 1, if there is one."""
    statement = select(IssuePhoto.media_type, IssuePhoto.content).where(
        IssuePhoto.issue_id == issue_id, IssuePhoto.position == position
    )
    return session.execute(statement).mappings().one_or_none()


def grid_in_force(session: Session, jurisdiction_id: int, code: str) -> UUID | None:
    """Return the key of the grid that has a code in the generation in force."""
    return session.scalar(
        select(GridVersion.grid_id)
        .join(Generation, Generation.id == GridVersion.generation_id)
        .where(
            Generation.jurisdiction_id == jurisdiction_id,
            Generation.validity.contains(func.clock_timestamp()),
            GridVersion.code == code,
        )
    )
