"""Which jurisdictions (辖区) there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from geo.store.models import Community, Generation, GridVersion, Jurisdiction, Street

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class JurisdictionKey(NamedTuple):
    """A jurisdiction's key, slug and time zone."""

    id: int
    slug: str
    timezone: str


def jurisdictions(session: Session) -> tuple[JurisdictionKey, ...]:
    """Return all jurisdictions, by slug."""
    rows = session.execute(
        select(Jurisdiction.id, Jurisdiction.slug, Jurisdiction.timezone).order_by(
            Jurisdiction.slug
        )
    )
    return tuple(JurisdictionKey(*row) for row in rows)


def with_community(session: Session, code: str) -> tuple[int, ...]:
    """Return the keys of the jurisdictions that have a community (社区) of a code."""
    found = (
        select(Street.jurisdiction_id)
        .join(Community, Community.street_id == Street.id)
        .where(Community.code == code)
    )
    return tuple(session.scalars(found.distinct()))


def with_grid(session: Session, code: str) -> tuple[int, ...]:
    """Return the keys of the jurisdictions that now have a grid (网格) of a code."""
    found = (
        select(Generation.jurisdiction_id)
        .join(GridVersion, GridVersion.generation_id == Generation.id)
        .where(Generation.validity.contains(func.now()), GridVersion.code == code)
    )
    return tuple(session.scalars(found.distinct()))
