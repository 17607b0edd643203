"""Which maps there are for whom, and sending to sign in who may not see one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from api.map_asking import city_of
from api.map_sheets import make_hotspot_sheet, make_public_sheet
from api.rendering import visitor_of
from geo.errors import NotFoundError, NotPermittedError, SignInNeededError
from geo.messages import msg
from geo.store.catchments import plans_stations
from geo.store.hotspots import leave_to_count
from geo.store.jurisdictions import jurisdictions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import Request

    from api.map_sheets import Reader
    from api.schemas.maps import HotspotMapQuery, MapQuery
    from geo.store.engine import Session
    from geo.store.overview import Overview
    from maps.sheets import MapSheet


class Leave(NamedTuple):
    """Whether somebody plans or staffs a jurisdiction, and may count its issues by place."""

    planner: bool
    counter: bool


def leave_of(session: Session, slug: str) -> Leave:
    """Return what whoever asks may see of a jurisdiction's maps."""
    home = next(one for one in jurisdictions(session) if one.slug == slug)
    return Leave(plans_stations(session, home.id), leave_to_count(session, home.id).counts)


def city_named(session: Session, asked: MapQuery) -> Overview:
    """Return the jurisdiction that is asked for, or the one of whoever asks.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    found = city_of(session, asked.place)
    if found is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=asked.place or "")
    return found


def hotspot_sheet_for(
    reader: Reader, city: Overview, asked: HotspotMapQuery
) -> tuple[str, MapSheet | None]:
    """Return for whom a map of hot spots is, and its sheet; none where nothing was released.

    Raises
    ------
    NotPermittedError
        When the map of staff is asked for by somebody else.
    """
    counter = leave_of(reader.session, city.slug).counter
    audience = asked.audience or ("staff" if counter and not asked.period else "public")
    if audience == "public":
        return audience, make_public_sheet(reader, city.slug, asked.period)
    if not counter:
        raise NotPermittedError
    return audience, make_hotspot_sheet(reader, city.slug, asked)


@contextmanager
def or_sign_in(request: Request) -> Iterator[None]:
    """Send those who may not see a map to sign in, where they have not."""
    try:
        yield
    except NotPermittedError:
        if visitor_of(request) is None:
            raise SignInNeededError from None
        raise


__all__ = ["Leave", "city_named", "hotspot_sheet_for", "leave_of", "or_sign_in"]
