"""Shifts of stations (值班): read, kept as a draft, changed, published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, text, update

from geo.store.models import Member, Shift, Station

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

_SHIFT = (
    *(Shift.id, Shift.station_id, Shift.member_id, Shift.starts_at, Shift.ends_at, Shift.kind),
    *(Shift.published_at, Member.code.label("member_code"), Member.name.label("member_name")),
    *(Station.code.label("station_code"), Station.name.label("station_name")),
    Station.name_en.label("station_name_en"),
)


def watched_stations(session: Session) -> frozenset[int]:
    """Return the keys of the stations whose rota whoever asks may read."""
    return frozenset(session.scalars(_WATCHED))


def members_of(session: Session, station_id: int) -> list[RowMapping]:
    """Return the members of a station's community who have not left, by code."""
    statement = (
        select(Member.id, Member.code, Member.name, Member.role)
        .join(Station, Station.community_id == Member.community_id)
        .where(Station.id == station_id, Member.left_at.is_(None))
        .order_by(Member.code.collate("C"))
    )
    return list(session.execute(statement).mappings())


def shifts_at(
    session: Session, station_id: int, start: datetime, end: datetime
) -> list[RowMapping]:
    """Return the shifts of a station that begin within a time, by time and member."""
    return _shifts(session, Shift.station_id == station_id, start, end)


def shifts_of(
    session: Session, members: Iterable[int], start: datetime, end: datetime
) -> list[RowMapping]:
    """Return the shifts of members at all stations that begin within a time."""
    return _shifts(session, Shift.member_id.in_(list(members)), start, end)


def _shifts(session: Session, whose: Any, start: datetime, end: datetime) -> list[RowMapping]:
    statement = (
        select(*_SHIFT)
        .join(Member, Member.id == Shift.member_id)
        .join(Station, Station.id == Shift.station_id)
        .where(whose, Shift.starts_at >= start, Shift.starts_at < end)
        .order_by(Shift.starts_at, Shift.ends_at, Member.code.collate("C"), Shift.id)
    )
    return list(session.execute(statement).mappings())


def find_shift(session: Session, station_id: int, shift_id: int) -> RowMapping | None:
    """Return a shift of a station, if there is one of the key."""
    statement = (
        select(*_SHIFT)
        .join(Member, Member.id == Shift.member_id)
        .join(Station, Station.id == Shift.station_id)
        .where(Shift.station_id == station_id, Shift.id == shift_id)
    )
    return session.execute(statement).mappings().one_or_none()


def hold_people(session: Session, station_id: int) -> None:
    """Let one at a time give shifts to a community's people, until the transaction's end."""
    community = select(Station.community_id).where(Station.id == station_id).scalar_subquery()
    key = func.hashtextextended(func.concat("rota ", community), 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def add_shifts(session: Session, station_id: int, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Write shifts as a draft, and return their keys."""
    if not rows:
        return []
    own = [{"station_id": station_id, "account_id": func.asker_account(), **row} for row in rows]
    return list(session.scalars(insert(Shift).values(own).returning(Shift.id)))


def change_shift(session: Session, shift_id: int, values: Mapping[str, Any]) -> None:
    """Change who has a shift, or when it is."""
    session.execute(update(Shift).where(Shift.id == shift_id).values(**values))


def remove_shift(session: Session, shift_id: int) -> None:
    """Remove a shift."""
    session.execute(delete(Shift).where(Shift.id == shift_id))


def remove_drafts(session: Session, station_id: int, start: datetime, end: datetime) -> None:
    """Remove the shifts of a station that begin within a time and are not published."""
    session.execute(delete(Shift).where(*_drafts(station_id, start, end)))


def publish_drafts(
    session: Session, station_id: int, start: datetime, end: datetime, at: datetime
) -> int:
    """Publish the shifts of a station that begin within a time, and return how many they are."""
    changed = update(Shift).where(*_drafts(station_id, start, end)).values(published_at=at)
    return len(session.scalars(changed.returning(Shift.id)).all())


def _drafts(station_id: int, start: datetime, end: datetime) -> tuple[Any, ...]:
    return (
        Shift.station_id == station_id,
        Shift.starts_at >= start,
        Shift.starts_at < end,
        Shift.published_at.is_(None),
    )


_WATCHED = text(
    "SELECT id FROM station WHERE (SELECT asker_everywhere('auditor', 'administrator'))"
    " OR id IN (SELECT asker_stations('{auditor,administrator}',"
    " '{grid_worker,community_staff,street_dispatcher}'))"
)
