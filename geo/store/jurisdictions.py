"""Which jurisdictions (辖区) there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from geo.store.models import Jurisdiction

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
