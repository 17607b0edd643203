"""Stations (驿站) one by one: hours, closures, rooms and services, read and changed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Float, delete, func, insert, select, text, update

from geo.core.opening import Week
from geo.store.models import (
    Closure,
    Community,
    Jurisdiction,
    OpeningRule,
    Room,
    Station,
    StationService,
    Street,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, time

    from sqlalchemy import RowMapping, Select
    from sqlalchemy.orm import Session

    Rules = Iterable[tuple[str, time | None, time | None]]

_STATION = (
    *(Station.id, Station.code, Station.kind, Station.name, Station.name_en, Station.address),
    *(Station.host, Station.phone, Station.zones, Station.facilities),
    func.ST_X(Station.geom, type_=Float()).label("lon"),
    func.ST_Y(Station.geom, type_=Float()).label("lat"),
    *(Community.code.label("community_code"), Community.name.label("community_name")),
    Community.name_en.label("community_name_en"),
    *(Jurisdiction.id.label("jurisdiction_id"), Jurisdiction.slug.label("jurisdiction")),
    Jurisdiction.timezone,
    Jurisdiction.name.label("jurisdiction_name"),
    Jurisdiction.name_en.label("jurisdiction_name_en"),
)
_CLOSURE = (
    *(Closure.id, Closure.station_id, Closure.starts_at, Closure.ends_at),
    *(Closure.reason, Closure.reason_en),
)
_ROOM = (Room.code, Room.name, Room.name_en, Room.zone, Room.area_m2)
_SERVICE = (
    *(StationService.code, StationService.name, StationService.name_en, StationService.way),
    *(StationService.anywhere, StationService.one_window, StationService.needs),
    *(StationService.needs_en, StationService.slot_minutes, StationService.capacity),
    *(StationService.days_ahead, StationService.retired_at),
)


def list_stations(session: Session, jurisdiction: str | None = None) -> list[RowMapping]:
    """Return the stations of a jurisdiction, by default of all, by community and code."""
    return _rows(session, _stations(jurisdiction))


def stations_named(session: Session, code: str, jurisdiction: str | None) -> list[RowMapping]:
    """Return the stations of a code: codes are unique within a community."""
    return _rows(session, _stations(jurisdiction).where(Station.code == code))


def kept_stations(session: Session) -> frozenset[int]:
    """Return the keys of the stations that whoever asks may change."""
    return frozenset(session.scalars(text("SELECT asker_kept_stations()")))


def _stations(jurisdiction: str | None) -> Any:
    statement = (
        select(*_STATION)
        .join(Community, Community.id == Station.community_id)
        .join(Street, Street.id == Community.street_id)
        .join(Jurisdiction, Jurisdiction.id == Street.jurisdiction_id)
        .order_by(Jurisdiction.slug, Community.code.collate("C"), Station.code.collate("C"))
    )
    return statement.where(Jurisdiction.slug == jurisdiction) if jurisdiction else statement


def _rows(session: Session, statement: Select[*tuple[Any, ...]]) -> list[RowMapping]:
    return list(session.execute(statement).mappings())


def weeks_of(session: Session, stations: Iterable[int]) -> dict[int, Week]:
    """Return the rules of stations; all are in the answer, with or without any."""
    keys = list(stations)
    found: dict[int, list[tuple[str, Any, Any]]] = {key: [] for key in keys}
    statement = select(
        OpeningRule.station_id, OpeningRule.day, OpeningRule.opens, OpeningRule.closes
    )
    for row in session.execute(statement.where(OpeningRule.station_id.in_(keys))):
        found[row.station_id].append((row.day, row.opens, row.closes))
    return {key: Week.of(rules) for key, rules in found.items()}


def closures_of(session: Session, stations: Iterable[int]) -> dict[int, list[RowMapping]]:
    """Return the closures of stations that are not over, in order."""
    statement = (
        select(*_CLOSURE)
        .where(
            Closure.station_id.in_(list(stations)),
            func.coalesce(Closure.ends_at > func.clock_timestamp(), True),
        )
        .order_by(Closure.starts_at, Closure.id)
    )
    found: dict[int, list[RowMapping]] = defaultdict(list)
    for row in session.execute(statement).mappings():
        found[row["station_id"]].append(row)
    return found


def rooms_of(session: Session, station_id: int) -> list[RowMapping]:
    """Return the rooms of a station, by code."""
    statement = select(*_ROOM).where(Room.station_id == station_id)
    return _rows(session, statement.order_by(Room.code.collate("C")))


def services_of(session: Session, station_id: int, *, retired: bool = False) -> list[RowMapping]:
    """Return what a station does for residents, by code."""
    statement = select(*_SERVICE).where(StationService.station_id == station_id)
    if not retired:
        statement = statement.where(StationService.retired_at.is_(None))
    return _rows(session, statement.order_by(StationService.code.collate("C")))


def staffed_spans(session: Session, station_id: int) -> list[tuple[datetime, datetime]]:
    """Return when somebody is at a station by the published rota (值班表), in order."""
    statement = text("SELECT starts_at, ends_at FROM staffed_spans() WHERE station_id = :station")
    return [
        (row.starts_at, row.ends_at) for row in session.execute(statement, {"station": station_id})
    ]


def hold_station(session: Session, station_id: int) -> None:
    """Let one at a time change a station, until the end of the transaction."""
    key = func.hashtextextended(f"station {station_id}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def replace_rules(session: Session, station_id: int, rules: Rules) -> None:
    """Put rules in the place of those that a station has."""
    session.execute(delete(OpeningRule).where(OpeningRule.station_id == station_id))
    rows = [
        {"station_id": station_id, "day": day, "opens": opens, "closes": closes}
        for day, opens, closes in rules
    ]
    if rows:
        session.execute(insert(OpeningRule), rows)


def add_closure(session: Session, station_id: int, values: Mapping[str, Any]) -> int:
    """Announce a closure, and return its key."""
    row = {"station_id": station_id, "account_id": func.asker_account(), **values}
    return session.execute(insert(Closure).values(row).returning(Closure.id)).scalar_one()


def find_closure(session: Session, station_id: int, closure_id: int) -> RowMapping | None:
    """Return a closure of a station, if there is one of the key."""
    statement = select(*_CLOSURE).where(Closure.station_id == station_id, Closure.id == closure_id)
    return session.execute(statement).mappings().one_or_none()


def change_closure(session: Session, closure_id: int, values: Mapping[str, Any]) -> None:
    """Change when a closure begins or ends."""
    session.execute(update(Closure).where(Closure.id == closure_id).values(**values))


def put_room(session: Session, station_id: int, code: str, values: Mapping[str, Any]) -> bool:
    """Write a room, and return whether it is a new one."""
    return _put(session, Room, station_id, code, values)


def remove_room(session: Session, station_id: int, code: str) -> bool:
    """Remove a room, and return whether there was one."""
    gone = delete(Room).where(Room.station_id == station_id, Room.code == code)
    return session.execute(gone.returning(Room.id)).first() is not None


def find_service(session: Session, station_id: int, code: str) -> RowMapping | None:
    """Return a service of a station, retired or not, if there is one of the code."""
    found = services_of(session, station_id, retired=True)
    return next((one for one in found if one["code"] == code), None)


def put_service(session: Session, station_id: int, code: str, values: Mapping[str, Any]) -> bool:
    """Write a service, and return whether it is a new one."""
    return _put(session, StationService, station_id, code, values)


def _put(
    session: Session,
    model: type[Room | StationService],
    station_id: int,
    code: str,
    values: Mapping[str, Any],
) -> bool:
    own = model.station_id == station_id, model.code == code
    changes = {name: one for name, one in values.items() if name != "way"}
    changed = session.execute(update(model).where(*own).values(**changes).returning(model.id))
    if changed.first() is not None:
        return False
    session.execute(insert(model).values(station_id=station_id, code=code, **values))
    return True
