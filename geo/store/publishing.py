"""Publishing a generation, and moving open issues to its grids when it comes into force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import shapely
from geoalchemy2 import WKBElement
from sqlalchemy import DateTime, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql import insert as upsert

from geo.core.lifecycle import ENDED, TRIAGE
from geo.errors import NotFoundError, PublicationRefusedError
from geo.messages import msg
from geo.store.generations import hold_generations
from geo.store.models import (
    WGS84,
    Community,
    Generation,
    Grid,
    GridVersion,
    Jurisdiction,
    Street,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from shapely import MultiPolygon, Polygon
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class DrawnGrid:
    """A grid as a plan draws it.

    Parameters
    ----------
    code
        15 digits; its first 12 are its community's.
    name, name_en
        Names.
    geom
        In WGS 84 (EPSG:4326).
    kind
        ``general`` or ``dedicated``.
    id
        Of the same grid in earlier generations; ``None`` where it is new.
    branch_name, branch_name_en, branch_phone
        The party branch, where it is new or has another name now.
    """

    code: str
    name: str
    name_en: str
    geom: Polygon | MultiPolygon
    kind: str = "general"
    id: UUID | None = None
    branch_name: str | None = None
    branch_name_en: str | None = None
    branch_phone: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become a generation.

    Parameters
    ----------
    label
        The generation's name, unique everywhere.
    grids
        All of its grids.
    published_by, note
        Who publishes it, and what for.
    starts
        When it comes into force, by default at once; never in the past, for issues have been
        routed by the generation that was in force then.
    """

    label: str
    grids: Sequence[DrawnGrid]
    published_by: str
    starts: datetime | None = None
    note: str = ""


def publish(session: Session, jurisdiction: str, plan: Plan) -> int:
    """Publish a plan as the generation that follows the last one, and return its id.

    The last generation ends where this one starts. When it starts at once, open issues move to its
    grids in the same transaction.

    Parameters
    ----------
    session
        A transaction; the caller commits it.
    jurisdiction
        Slug.
    plan
        What to publish.

    Raises
    ------
    NotFoundError
        When there is no such jurisdiction.
    PublicationRefusedError
        When it would start in the past, or before the last generation has started.
    """
    jurisdiction_id = jurisdiction_key(session, jurisdiction)
    now = hold_generations(session, jurisdiction_id, publishing=True)
    number, previous_starts = _last(session, jurisdiction_id)
    begins = plan.starts or now
    _check_start(begins, now, previous_starts)
    _close(session, jurisdiction_id, begins)
    generation_id = session.scalars(
        insert(Generation).returning(Generation.id),
        {
            "jurisdiction_id": jurisdiction_id,
            "number": number + 1,
            "label": plan.label,
            "validity": Range(begins, None),
            "published_by": plan.published_by,
            "note": plan.note,
        },
    ).one()
    _draw(session, jurisdiction_id, generation_id, plan.grids)
    session.execute(text("SET CONSTRAINTS grid_version_seal IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS grid_version_seal DEFERRED"))
    take_up(session, jurisdiction_id)
    return generation_id


def jurisdiction_key(session: Session, slug: str) -> int:
    """Return a jurisdiction's key.

    Raises
    ------
    NotFoundError
        When there is none of that slug.
    """
    found = session.scalar(select(Jurisdiction.id).where(Jurisdiction.slug == slug))
    if found is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=slug)
    return found


def clock(session: Session) -> datetime:
    """Return the database's present instant: the one clock that all processes share."""
    return session.scalars(select(func.clock_timestamp(type_=DateTime(timezone=True)))).one()


def take_up(session: Session, jurisdiction_id: int) -> int:
    """Let the generation that has come into force take effect, if it has not yet.

    The party branches that it names are the grids' from now on, open issues move to its grids, and
    the departments are told. Issues that have ended keep their grid for ever, and the grid they
    were reported in stays for all.

    Returns
    -------
    int
        How many issues moved.
    """
    hold_generations(session, jurisdiction_id, publishing=True)
    moved = session.scalar(select(func.take_up_generation(jurisdiction_id, sorted(ENDED), TRIAGE)))
    return int(moved or 0)


def _last(session: Session, jurisdiction_id: int) -> tuple[int, datetime | None]:
    row = session.execute(
        select(Generation.number, func.lower(Generation.validity))
        .where(Generation.jurisdiction_id == jurisdiction_id)
        .order_by(Generation.number.desc())
        .limit(1)
    ).one_or_none()
    return (row[0], row[1]) if row else (0, None)


def _check_start(begins: datetime, now: datetime, previous_starts: datetime | None) -> None:
    if begins < now:
        raise PublicationRefusedError(
            reason=msg("it would start at %(start)s, in the past", start=begins.isoformat())
        )
    if previous_starts is not None and begins <= previous_starts:
        raise PublicationRefusedError(
            reason=msg(
                "it would start before the last published generation does, at %(start)s",
                start=previous_starts.isoformat(),
            )
        )


def _close(session: Session, jurisdiction_id: int, begins: datetime) -> None:
    session.execute(
        update(Generation)
        .where(Generation.jurisdiction_id == jurisdiction_id, func.upper_inf(Generation.validity))
        .values(validity=func.tstzrange(func.lower(Generation.validity), begins))
    )


def _draw(
    session: Session, jurisdiction_id: int, generation_id: int, grids: Sequence[DrawnGrid]
) -> None:
    """Write the grids that are new, and every grid's version."""
    ids = [grid.id or uuid4() for grid in grids]
    keys = [{"id": key, "jurisdiction_id": jurisdiction_id} for key in ids]
    session.execute(upsert(Grid).on_conflict_do_nothing(), keys)
    communities = _communities(session, jurisdiction_id)
    unknown = next((grid.code for grid in grids if grid.code[:12] not in communities), None)
    if unknown is not None:
        raise PublicationRefusedError(
            reason=msg("grid %(code)s belongs to no community here", code=unknown)
        )
    session.execute(
        insert(GridVersion),
        [
            {
                "generation_id": generation_id,
                "grid_id": key,
                "community_id": communities[grid.code[:12]],
                "code": grid.code,
                "name": grid.name,
                "name_en": grid.name_en,
                "kind": grid.kind,
                "geom": multipolygon(grid.geom),
                "branch_name": grid.branch_name,
                "branch_name_en": grid.branch_name_en,
                "branch_phone": grid.branch_phone,
            }
            for key, grid in zip(ids, grids, strict=True)
        ],
    )


def _communities(session: Session, jurisdiction_id: int) -> dict[str, int]:
    rows = session.execute(
        select(Community.code, Community.id)
        .join(Street, Street.id == Community.street_id)
        .where(Street.jurisdiction_id == jurisdiction_id)
    )
    return {row.code: row.id for row in rows}


def multipolygon(geom: Polygon | MultiPolygon) -> WKBElement:
    """Return an area in WGS 84 as it is stored."""
    whole = shapely.MultiPolygon(shapely.get_parts(geom).tolist())
    return WKBElement(whole.wkb, srid=WGS84)
