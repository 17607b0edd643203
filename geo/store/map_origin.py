"""Reading where the content of a jurisdiction's maps is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from geo.core.map_origin import Origin
from geo.messages import Name
from geo.store.models import Jurisdiction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def read_origin(session: Session, slug: str) -> Origin | None:
    """Return where a jurisdiction's maps are from; ``None`` where there is no such jurisdiction."""
    home = session.scalars(select(Jurisdiction).where(Jurisdiction.slug == slug)).one_or_none()
    if home is None:
        return None
    return Origin(
        slug=home.slug,
        name=Name(home.name, home.name_en),
        source=Name(home.source, home.source_en),
        licence=home.licence,
        review_number=home.review_number or "",
        notice=Name(home.notice, home.notice_en) if home.synthetic else Name(""),
        timezone=home.timezone,
    )


__all__ = ["read_origin"]
