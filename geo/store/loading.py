"""Writing a whole jurisdiction at once: rows by COPY, with keys given out beforehand."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from geoalchemy2 import Geometry
from psycopg import IntegrityError, sql
from psycopg.types.json import Jsonb
from psycopg.types.range import TimestamptzRange
from sqlalchemy import BigInteger, delete, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE
from sqlalchemy.exc import IntegrityError as SqlAlchemyIntegrityError

from geo.errors import HonggeError
from geo.store.generations import hold_generations
from geo.store.models import (
    WGS84,
    Booking,
    Community,
    Generation,
    Grid,
    GridVersion,
    Issue,
    Jurisdiction,
    Station,
    Street,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from uuid import UUID

    from psycopg import Connection, Cursor
    from sqlalchemy import Table
    from sqlalchemy.orm import Session

    from geo.store.models import Base

LOAD_LOCK = 0x686F6E676C6F6164


class LoadRefusedByRuleError(HonggeError):
    """A rule of the database forbids what was to be loaded."""

    template = "The database refused it by the rule “%(rule)s”: %(reason)s"


@contextmanager
def refusing_by_rule() -> Iterator[None]:
    """Turn a broken rule of the database, from its driver or from SQLAlchemy, into our error."""
    try:
        yield
    except SqlAlchemyIntegrityError as error:
        raise _by_rule(error.orig) from error
    except IntegrityError as error:
        raise _by_rule(error) from error


def _by_rule(error: BaseException | None) -> LoadRefusedByRuleError:
    if not isinstance(error, IntegrityError):
        return LoadRefusedByRuleError(rule="", reason=str(error))
    return LoadRefusedByRuleError(
        rule=error.diag.constraint_name or error.diag.table_name or "",
        reason=error.diag.message_detail or error.diag.message_primary or "",
    )


def lock_loading(session: Session) -> None:
    """Let one load run at a time, until the end of the transaction."""
    session.execute(select(func.pg_advisory_xact_lock(LOAD_LOCK)))


def jurisdiction_exists(session: Session, slug: str) -> bool:
    """Tell whether a jurisdiction is there."""
    return session.scalar(select(Jurisdiction.id).filter_by(slug=slug)) is not None


def count_made(session: Session, slug: str) -> tuple[int, int]:
    """Return how many issues a jurisdiction has, and how many bookings that are to come."""
    issues = select(func.count(Issue.id)).join(
        Jurisdiction, Jurisdiction.id == Issue.jurisdiction_id
    )
    booked = (
        select(func.count(Booking.id))
        .join(Station, Station.id == Booking.station_id)
        .join(Community, Community.id == Station.community_id)
        .join(Street, Street.id == Community.street_id)
        .join(Jurisdiction, Jurisdiction.id == Street.jurisdiction_id)
        .where(Booking.state == "booked", Booking.starts_at > func.now())
    )
    here = Jurisdiction.slug == slug
    counted = (session.scalar(one.where(here)) for one in (issues, booked))
    return next(counted) or 0, next(counted) or 0


def delete_jurisdiction(session: Session, slug: str) -> None:
    """Delete a jurisdiction with all that belongs to it."""
    for jurisdiction_id in session.scalars(select(Jurisdiction.id).filter_by(slug=slug)).all():
        hold_generations(session, jurisdiction_id, publishing=True)
        session.execute(delete(Jurisdiction).filter_by(id=jurisdiction_id))


def taken_codes(session: Session, slug: str, codes: Sequence[str]) -> dict[str, str]:
    """Return which grid codes another jurisdiction has, each with that jurisdiction's slug."""
    rows = session.execute(
        select(GridVersion.code, Jurisdiction.slug)
        .join(Grid, Grid.id == GridVersion.grid_id)
        .join(Jurisdiction, Jurisdiction.id == Grid.jurisdiction_id)
        .where(Jurisdiction.slug != slug, GridVersion.code.in_(codes))
    )
    return {row.code: row.slug for row in rows}


def taken_identities(session: Session, slug: str, grids: Iterable[UUID]) -> set[UUID]:
    """Return which of some grids' UUIDs are another jurisdiction's."""
    found = select(Grid.id).join(Jurisdiction, Jurisdiction.id == Grid.jurisdiction_id)
    return set(session.scalars(found.where(Jurisdiction.slug != slug, Grid.id.in_(list(grids)))))


def taken_labels(session: Session, slug: str, labels: Sequence[str]) -> set[str]:
    """Return which labels generations of another jurisdiction have."""
    found = select(Generation.label).join(
        Jurisdiction, Jurisdiction.id == Generation.jurisdiction_id
    )
    return set(
        session.scalars(found.where(Jurisdiction.slug != slug, Generation.label.in_(labels)))
    )


def insert_rows(
    session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> list[int]:
    """Write rows by COPY.

    Parameters
    ----------
    session
        A transaction.
    model
        The table.
    columns
        The names of the columns that the rows hold, the key excepted where the database numbers it.
    rows
        Values in the order of the columns; geometries as shapely objects in WGS 84 degrees.

    Returns
    -------
    list of int
        The rows' keys, where the database numbers them; else empty.

    Raises
    ------
    LoadRefusedByRuleError
        When a constraint or a trigger refuses a row.
    """
    listed = list(rows)
    if not listed:
        return []
    table: Any = model.__table__
    numbered = table.c.get("id") is not None and isinstance(table.c.id.type, BigInteger)
    keys = _reserve(session, table, len(listed)) if numbered else []
    turned = [
        _encoded(table, name, values)
        for name, values in zip(columns, zip(*listed, strict=True), strict=True)
    ]
    lines = zip(keys, *turned, strict=True) if numbered else zip(*turned, strict=True)
    _copy(session, table, ["id", *columns] if numbered else list(columns), lines)
    return keys


def _reserve(session: Session, table: Table, count: int) -> list[int]:
    drawn = text(
        "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
    )
    return list(session.scalars(drawn, {"name": table.name, "count": count}))


def _encoded(table: Table, name: str, values: Sequence[Any]) -> Iterable[Any]:
    kind = table.c[name].type
    if isinstance(kind, Geometry):
        shapes = np.array(values, dtype=object)
        return shapely.to_wkb(shapely.set_srid(shapes, WGS84), hex=True, include_srid=True)
    if isinstance(kind, JSONB):
        return (Jsonb(one) for one in values)
    if isinstance(kind, TSTZRANGE):
        return (TimestamptzRange(*one) for one in values)
    return values


def _copy(session: Session, table: Table, columns: list[str], lines: Iterator[Any]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)

    def write(cursor: Cursor[Any]) -> None:
        with cursor.copy(statement) as copy:
            for line in lines:
                copy.write_row(line)

    _run(session, write)


def _run(session: Session, work: Callable[[Cursor[Any]], None]) -> None:
    """Do something with the driver's own cursor, in the session's transaction."""
    connection: Any = session.connection().connection.driver_connection
    driver: Connection[Any] = connection
    with refusing_by_rule(), driver.cursor() as cursor:
        work(cursor)


def seal(session: Session) -> None:
    """Do now what the commit would: close generations to changes, and give every unit its grid."""
    with refusing_by_rule():
        session.execute(text("SET CONSTRAINTS grid_version_seal IMMEDIATE"))
        session.execute(text("SET CONSTRAINTS grid_version_seal DEFERRED"))
