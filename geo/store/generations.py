"""Reading generations (网格方案的各期) with their grids, and hearing of new ones."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import psycopg
import shapely
from sqlalchemy import DateTime, case, func, select, text

from geo.store.engine import plain_url
from geo.store.models import (
    Community,
    Generation,
    GridVersion,
    Jurisdiction,
    PartyBranch,
    Street,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event
    from typing import Any
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

CHANNEL = "hongge_generation"
LOCK_CLASS = 0x67656E
"""First key of the advisory locks that publishing and intake take on a jurisdiction."""


@dataclass(frozen=True, slots=True)
class Period:
    """A generation and when it is in force.

    Parameters
    ----------
    id, jurisdiction_id
        Keys.
    jurisdiction
        The jurisdiction's slug.
    number, label
        The generation's number in its jurisdiction, and its name, unique everywhere.
    starts, ends
        In force from, and until before; ``ends`` is ``None`` for the last one.
    taken_up
        Whether open issues were moved to its grids.
    """

    id: int
    jurisdiction_id: int
    jurisdiction: str
    number: int
    label: str
    starts: datetime
    ends: datetime | None
    taken_up: bool

    def holds(self, instant: datetime) -> bool:
        """Tell whether the generation is in force at an instant."""
        return self.starts <= instant and (self.ends is None or instant < self.ends)


@dataclass(frozen=True, slots=True)
class Named:
    """A code with the names that go with it."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Branch:
    """The party branch (党支部) of a grid."""

    name: str
    name_en: str
    phone: str | None


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class StoredGrid:
    """A grid as one generation draws it, without its polygon; equal to itself alone."""

    id: UUID
    code: str
    name: str
    name_en: str
    kind: str
    community: Named
    street: Named
    branch: Branch | None


@dataclass(frozen=True, slots=True)
class StoredGeneration:
    """A generation with its grids in order of precedence: dedicated ones first, then by code.

    Parameters
    ----------
    period
        Which, and when in force.
    grids, polygons
        Row by row the same grid; polygons in WGS 84 (EPSG:4326).
    """

    period: Period
    grids: tuple[StoredGrid, ...]
    polygons: NDArray[np.object_]


def periods(session: Session) -> tuple[Period, ...]:
    """Return every generation of every jurisdiction, by jurisdiction and then by time."""
    rows = session.execute(_periods().order_by(Jurisdiction.slug, Generation.number))
    return tuple(_period(row) for row in rows)


def period_at(session: Session, jurisdiction_id: int, instant: datetime) -> Period | None:
    """Return the generation in force in a jurisdiction at an instant, if there was one."""
    statement = _periods().where(
        Generation.jurisdiction_id == jurisdiction_id, Generation.validity.contains(instant)
    )
    row = session.execute(statement).one_or_none()
    return _period(row) if row else None


def hold_generations(
    session: Session, jurisdiction_id: int, *, publishing: bool = False
) -> datetime:
    """Keep a jurisdiction's generations as they are until the transaction ends; return the instant.

    Any number of transactions may hold them; one that publishes waits for those, holds them alone,
    and is not overtaken by later ones. So what is stored under the generation in force is stored
    before the next one begins. The instant is the database's, when the lock had been got.
    """
    lock = func.pg_advisory_xact_lock if publishing else func.pg_advisory_xact_lock_shared
    held = select(lock(LOCK_CLASS, jurisdiction_id).label("held")).subquery()
    instant = func.clock_timestamp(type_=DateTime(timezone=True))
    return session.scalars(select(instant).select_from(held)).one()


def read_generation(session: Session, generation_id: int) -> StoredGeneration | None:
    """Return a generation with its grids, or ``None`` when there is no such generation."""
    row = session.execute(_periods().where(Generation.id == generation_id)).one_or_none()
    if row is None:
        return None
    rows = session.execute(_grids(generation_id)).all()
    polygons = shapely.from_wkb([bytes(one.wkb) for one in rows])
    return StoredGeneration(_period(row), tuple(_grid(one) for one in rows), polygons)


def watch(url: str, heard: Callable[[], None], stop: Event, *, poll_s: float) -> None:
    """Call ``heard`` when a generation is published, and every ``poll_s`` seconds anyway.

    Returns when ``stop`` is set, within ``poll_s`` seconds; comes back after losing the connection,
    and keeps calling ``heard`` until then.

    Parameters
    ----------
    url
        The database's address.
    heard
        Called in this thread; what it raises ends the watch.
    stop
        Ends the watch.
    poll_s
        The longest time between two calls, in seconds.
    """
    while not stop.is_set():
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(
                plain_url(url), autocommit=True, application_name="hongge-watch", connect_timeout=5
            ) as connection,
        ):
            connection.execute(f"LISTEN {CHANNEL}")
            while not stop.is_set():
                heard()
                for _ in connection.notifies(timeout=poll_s, stop_after=1):
                    pass
        if not stop.is_set():
            heard()
            stop.wait(poll_s)


@lru_cache(maxsize=1)
def _periods() -> Select[*tuple[Any, ...]]:
    return select(
        Generation.id,
        Generation.jurisdiction_id,
        Jurisdiction.slug,
        Generation.number,
        Generation.label,
        Generation.validity,
        Generation.taken_up_at,
    ).join(Jurisdiction, Jurisdiction.id == Generation.jurisdiction_id)


def _period(row: Any) -> Period:
    return Period(
        row.id,
        row.jurisdiction_id,
        row.slug,
        row.number,
        row.label,
        row.validity.lower,
        row.validity.upper,
        row.taken_up_at is not None,
    )


def _grids(generation_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            GridVersion.grid_id,
            GridVersion.code,
            GridVersion.name,
            GridVersion.name_en,
            GridVersion.kind,
            Community.code.label("community_code"),
            Community.name.label("community_name"),
            Community.name_en.label("community_name_en"),
            Street.code.label("street_code"),
            Street.name.label("street_name"),
            Street.name_en.label("street_name_en"),
            *_branch(),
            func.ST_AsBinary(GridVersion.geom).label("wkb"),
        )
        .join(Community, Community.id == GridVersion.community_id)
        .join(Street, Street.id == Community.street_id)
        .outerjoin(PartyBranch, PartyBranch.grid_id == GridVersion.grid_id)
        .where(GridVersion.generation_id == generation_id)
        .order_by(GridVersion.kind == "general", text('grid_version.code COLLATE "C"'))
    )


def _branch() -> tuple[ColumnElement[Any], ...]:
    """Return the branch that the generation names, else the one that its grid has."""
    pairs = (
        (GridVersion.branch_name, PartyBranch.name),
        (GridVersion.branch_name_en, PartyBranch.name_en),
        (GridVersion.branch_phone, PartyBranch.phone),
    )
    return tuple(
        case((GridVersion.branch_name.is_not(None), named), else_=known).label(named.key)
        for named, known in pairs
    )


def _grid(row: Any) -> StoredGrid:
    return StoredGrid(
        row.grid_id,
        row.code,
        row.name,
        row.name_en,
        row.kind,
        Named(row.community_code, row.community_name, row.community_name_en),
        Named(row.street_code, row.street_name, row.street_name_en),
        Branch(row.branch_name, row.branch_name_en or "", row.branch_phone)
        if row.branch_name is not None
        else None,
    )
