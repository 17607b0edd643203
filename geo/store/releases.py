"""Releases (公布) of counts to the public: what they are counted from, keeping and reading them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import Range

from geo.core.releases import FixedPeriod, Release
from geo.core.suppression import WITHHELD
from geo.messages import Name
from geo.store.models import Community, Issue, Jurisdiction, PublicCell, PublicRelease, Street
from geo.store.publishing import multipolygon

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from typing import Any
    from uuid import UUID

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

RELEASE_LOCK = 0x686F6E677075

NOT_COUNTED = ("duplicate", "cancelled")
"""States of issues that are another one, or none at all."""


class ReleasingPlace(NamedTuple):
    """A jurisdiction as releases need it: key, slug, time zone, metric system."""

    id: int
    slug: str
    timezone: str
    metric_srid: int


class Placed(NamedTuple):
    """Things at places, in order (n,).

    Parameters
    ----------
    grids
        The grid that an address has in a generation; ``None`` where the position decides.
    lon, lat
        Where each is, degrees; NaN where nothing is known.
    amount
        How many there are of each.
    """

    grids: tuple[UUID | None, ...]
    lon: Floats
    lat: Floats
    amount: Ints


def alone_in_releasing(session: Session) -> bool:
    """Tell whether this transaction is the only one that releases, until it ends."""
    got: bool = session.scalars(select(func.pg_try_advisory_xact_lock(RELEASE_LOCK))).one()
    return got


def places_to_release(session: Session) -> tuple[ReleasingPlace, ...]:
    """Return all jurisdictions, by slug."""
    columns = (Jurisdiction.id, Jurisdiction.slug, Jurisdiction.timezone, Jurisdiction.metric_srid)
    rows = session.execute(select(*columns).order_by(Jurisdiction.slug))
    return tuple(ReleasingPlace(*row) for row in rows)


def area_of(session: Session, jurisdiction_id: int) -> BaseGeometry:
    """Return the area of a jurisdiction in WGS 84."""
    found = select(func.ST_AsBinary(Jurisdiction.area)).filter_by(id=jurisdiction_id)
    return shapely.from_wkb(bytes(session.scalars(found).one()))


def community_areas(
    session: Session, jurisdiction_id: int
) -> tuple[tuple[Name, ...], NDArray[np.object_]]:
    """Return names and areas, in WGS 84, of the communities of a jurisdiction, by code."""
    rows = session.execute(
        select(Community.name, Community.name_en, func.ST_AsBinary(Community.area).label("wkb"))
        .join(Street, Street.id == Community.street_id)
        .where(Street.jurisdiction_id == jurisdiction_id)
        .order_by(Community.code.collate("C"))
    ).all()
    areas = np.array(shapely.from_wkb([bytes(row.wkb) for row in rows]), dtype=object)
    return tuple(Name(row.name, row.name_en) for row in rows), areas


def first_received(session: Session, jurisdiction_id: int) -> datetime | None:
    """Return when the first issue of a jurisdiction was received, if there is any."""
    found = select(func.min(Issue.received_at)).filter_by(jurisdiction_id=jurisdiction_id)
    return session.scalars(found).one()


def released_until(session: Session, slug: str) -> date | None:
    """Return the day up to which a jurisdiction's periods have been released."""
    found = select(func.max(func.upper(PublicRelease.days))).filter_by(jurisdiction=slug)
    until: date | None = session.scalars(found).one()
    return until


def public_issues(
    session: Session, home: int, since: datetime, until: datetime, generation_id: int | None
) -> Placed:
    """Return where the issues of a period are that may be counted for the public.

    Those that were received in the period, have been sorted, and are neither another issue nor
    cancelled. An issue of a duty that is private, was so in any version of the catalogue, or of
    which it once was, is not among them.

    Parameters
    ----------
    session
        Of the database's owner.
    home
        Key of the jurisdiction.
    since, until
        Received at or after, and before.
    generation_id
        Key of the generation whose grids they are counted by, if they are.
    """
    values = {
        "home": home,
        "since": since,
        "until": until,
        "generation": generation_id,
        "not_counted": list(NOT_COUNTED),
    }
    return _placed(session.execute(text(_ISSUES), values).all())


def residents(session: Session, home: int, generation_id: int | None) -> Placed:
    """Return where how many people live, by unit of a building; see :func:`public_issues`."""
    values = {"home": home, "generation": generation_id}
    return _placed(session.execute(text(_RESIDENTS), values).all())


def keep_release(session: Session, slug: str, release: Release) -> None:
    """Write a release: nothing of it can be changed from then on."""
    period = release.period
    kept = {
        "jurisdiction": slug,
        "days": Range(period.starts_on, period.ends_on),
        "geography": release.geography,
        "side_m": release.side_m,
        "generation": release.generation,
        "least": release.least,
        "total": release.total,
        "released_at": release.released_at,
    }
    key = session.scalars(insert(PublicRelease).values(kept).returning(PublicRelease.id)).one()
    cells = [
        {
            "release_id": key,
            "key": release.keys[row],
            "name": release.names[row].name,
            "name_en": release.names[row].name_en,
            "count": None if count == WITHHELD else count,
            "geom": multipolygon(release.shapes[row]),
        }
        for row, count in enumerate(release.counts.tolist())
    ]
    if cells:
        session.execute(insert(PublicCell), cells)


def database_of(session: Session) -> str:
    """Return a name of the database that a session is on, without its password."""
    return str(session.connection().engine.url)


def release_keys(session: Session, slug: str) -> tuple[tuple[int, datetime], ...]:
    """Return keys and times of what was released about a jurisdiction, oldest first."""
    columns = select(PublicRelease.id, PublicRelease.released_at)
    found = columns.where(PublicRelease.jurisdiction == slug).order_by(PublicRelease.days)
    return tuple((row.id, row.released_at) for row in session.execute(found))


def read_release(session: Session, release_id: int) -> Release:
    """Return a release by its key.

    Raises
    ------
    sqlalchemy.exc.NoResultFound
        When there is none.
    """
    kept = session.scalars(select(PublicRelease).filter_by(id=release_id)).one()
    rows = session.execute(
        select(
            PublicCell.key,
            PublicCell.name,
            PublicCell.name_en,
            func.coalesce(PublicCell.count, WITHHELD).label("count"),
            func.ST_AsBinary(PublicCell.geom).label("wkb"),
        )
        .where(PublicCell.release_id == kept.id)
        .order_by(PublicCell.key.collate("C"))
    ).all()
    lower, upper = kept.days.lower, kept.days.upper
    if lower is None or upper is None:
        raise LookupError(kept.id)
    return Release(
        period=FixedPeriod(lower, upper),
        geography=kept.geography,  # type: ignore[arg-type]
        side_m=kept.side_m,
        generation=kept.generation,
        least=kept.least,
        released_at=kept.released_at,
        total=kept.total,
        keys=tuple(row.key for row in rows),
        names=tuple(Name(row.name, row.name_en) for row in rows),
        shapes=np.array(shapely.from_wkb([bytes(row.wkb) for row in rows]), dtype=object),
        counts=np.array([row.count for row in rows], dtype=np.int64),
    )


def _placed(rows: Sequence[Row[Any]]) -> Placed:
    return Placed(
        tuple(row.grid_id for row in rows),
        np.array([row.lon for row in rows], dtype=np.float64),
        np.array([row.lat for row in rows], dtype=np.float64),
        np.array([row.amount for row in rows], dtype=np.int64),
    )


_ISSUES = """
    WITH private AS MATERIALIZED (
        SELECT duty.id, duty.code FROM duty
        WHERE duty.jurisdiction_id = :home
          AND (duty.private OR EXISTS (SELECT FROM duty_version AS version
                                       WHERE version.duty_id = duty.id AND version.private))
    )
    SELECT COALESCE(own.grid_id, whole.grid_id) AS grid_id,
           ST_X(COALESCE(building.site, issue.location)) AS lon,
           ST_Y(COALESCE(building.site, issue.location)) AS lat, 1 AS amount
    FROM issue
    LEFT JOIN issue_event AS first ON first.issue_id = issue.id AND first.sequence = 1
    LEFT JOIN unit ON unit.id = issue.unit_id
    LEFT JOIN building
      ON building.id = COALESCE(unit.building_id, (first.detail ->> 'building_id')::bigint)
    LEFT JOIN unit_assignment AS own ON own.generation_id = CAST(:generation AS bigint)
                                    AND own.unit_id = issue.unit_id
    LEFT JOIN LATERAL (
        SELECT CASE WHEN count(DISTINCT assigned.grid_id) = 1
                    THEN min(assigned.grid_id::text)::uuid END AS grid_id
        FROM unit AS one
        JOIN unit_assignment AS assigned ON assigned.unit_id = one.id
                                        AND assigned.generation_id = CAST(:generation AS bigint)
        WHERE issue.unit_id IS NULL AND one.building_id = building.id
    ) AS whole ON true
    WHERE issue.jurisdiction_id = :home
      AND issue.received_at >= :since AND issue.received_at < :until
      AND issue.duty_id IS NOT NULL
      AND issue.duplicate_of_id IS NULL AND issue.state <> ALL (:not_counted)
      AND issue.duty_id NOT IN (SELECT id FROM private)
      AND NOT EXISTS (
          SELECT FROM issue_event AS event JOIN private
            ON private.code IN (event.detail ->> 'duty', event.detail ->> 'duty_before')
          WHERE event.issue_id = issue.id)
"""

_RESIDENTS = """
    SELECT own.grid_id, ST_X(building.site) AS lon, ST_Y(building.site) AS lat,
           COALESCE(sum(household.people), 0) AS amount
    FROM building
    JOIN unit ON unit.building_id = building.id
    JOIN household ON household.unit_id = unit.id
    LEFT JOIN unit_assignment AS own ON own.generation_id = CAST(:generation AS bigint)
                                    AND own.unit_id = unit.id
    WHERE building.jurisdiction_id = :home
    GROUP BY building.id, unit.id, own.grid_id
"""

__all__ = [
    "Placed",
    "ReleasingPlace",
    "alone_in_releasing",
    "area_of",
    "community_areas",
    "database_of",
    "first_received",
    "keep_release",
    "places_to_release",
    "public_issues",
    "read_release",
    "release_keys",
    "released_until",
    "residents",
]
