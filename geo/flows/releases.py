"""Releasing (公布) counts of issues to the public: each fixed period once, and never again.

Whatever changes afterwards, issues that are joined, sorted anew or come late, grids that are drawn
anew, settings that are changed, the table that was told stays. So nobody learns anything by asking
twice, and there is nothing to ask for but the tables that there are.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from threading import Lock
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from geo.core.releases import Release, periods_over
from geo.core.suppression import order_of, suppress
from geo.errors import NotFoundError
from geo.flows.background import Recurring
from geo.flows.release_grounds import NOWHERE, ReleaseGrounds
from geo.messages import msg
from geo.settings import settings
from geo.store import releases as store
from geo.store.engine import owner_session
from geo.store.map_origin import read_origin
from geo.store.publishing import clock

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from geo.core.map_origin import Origin
    from geo.core.releases import FixedPeriod
    from geo.flows.release_grounds import ReleaseGround
    from geo.store.releases import Placed, ReleasingPlace

    Ints = NDArray[np.int64]

ACTOR = "releases"
FIRST_LOOK_S = 5.0
LOOK_S = 900.0
KEPT = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Public:
    """What the public may look at.

    Parameters
    ----------
    origin
        Whose map it is.
    releases
        All, oldest first.
    chosen
        The one that is looked at; ``None`` when nothing has been released yet.
    """

    origin: Origin
    releases: tuple[Release, ...]
    chosen: Release | None

    @property
    def comparable(self) -> tuple[Release, ...]:
        """Those that were counted by the same places as the chosen one, oldest first."""
        if self.chosen is None:
            return ()
        return tuple(one for one in self.releases if one.ground == self.chosen.ground)


def public_hotspots(session: Session, slug: str, period: str | None = None) -> Public:
    """Return what has been released about a jurisdiction.

    Parameters
    ----------
    session
        On behalf of anybody.
    slug
        Of the jurisdiction.
    period
        The key of a period, such as ``2025-Q3``; by default the latest.

    Raises
    ------
    NotFoundError
        When there is no such jurisdiction, or that period has not been released.
    """
    origin = read_origin(session, slug)
    if origin is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=slug)
    found = _releases(session, slug)
    if period is None:
        return Public(origin, found, found[-1] if found else None)
    chosen = next((one for one in found if one.period.key == period), None)
    if chosen is None:
        raise NotFoundError(kind=msg("released period"), name=period)
    return Public(origin, found, chosen)


def release_due(url: str | None = None) -> dict[str, tuple[str, ...]]:
    """Release whatever is over and has not been released, of every jurisdiction.

    Parameters
    ----------
    url
        The owner's address of the database; by default ours.

    Returns
    -------
    dict
        By slug the keys of the periods that were released now; empty while another process does it.
    """
    with owner_session(url, ACTOR) as opened:
        if not store.alone_in_releasing(opened):
            return {}
        done = {one.slug: _release_place(opened, one) for one in store.places_to_release(opened)}
    return {slug: keys for slug, keys in done.items() if keys}


_read: OrderedDict[tuple[str, int, datetime], Release] = OrderedDict()
_reading = Lock()


def _releases(session: Session, slug: str) -> tuple[Release, ...]:
    """Return all releases of a jurisdiction; what never changes is read once a process."""
    database = store.database_of(session)
    keys = [(database, *one) for one in store.release_keys(session, slug)]
    with _reading:
        for key in keys:
            if key not in _read:
                _read[key] = store.read_release(session, key[1])
            _read.move_to_end(key)
        found = tuple(_read[key] for key in keys)
        while len(_read) > KEPT:
            _read.popitem(last=False)
    return found


class Releasing(Recurring):
    """Releases what is due in a thread of the service.

    Parameters
    ----------
    url
        The owner's address of the database; by default the settings'.
    """

    def __init__(self, url: str | None = None) -> None:
        fault = "counts could not be released to the public"
        super().__init__("releases", fault, first_s=FIRST_LOOK_S, every_s=LOOK_S, url=url)

    def turn(self) -> None:
        """Release what is due."""
        for slug, keys in release_due(self._url).items():
            log.info("released to the public of %s: %s", slug, ", ".join(keys))


def _release_place(session: Session, place: ReleasingPlace) -> tuple[str, ...]:
    grounds = ReleaseGrounds(session, place)
    due = _due(session, place)
    return tuple(one.key for one in due if _release(session, place, one, grounds))


def _due(session: Session, place: ReleasingPlace) -> tuple[FixedPeriod, ...]:
    """Return the periods that are over for long enough, and overlap none that was released."""
    chosen, length = settings(), settings().public_period
    first = store.first_received(session, place.id)
    if first is None or length == "never":
        return ()
    zone = ZoneInfo(place.timezone)
    until = clock(session).astimezone(zone).date() - timedelta(days=chosen.public_after_days)
    begun = store.released_until(session, place.slug)
    since = begun or first.astimezone(zone).date()
    found = periods_over(length, since, until)
    return tuple(one for one in found if begun is None or one.starts_on >= begun)


def _release(
    session: Session, place: ReleasingPlace, period: FixedPeriod, grounds: ReleaseGrounds
) -> bool:
    """Count a period and keep what may be told; tell whether there was anything to count by."""
    chosen = settings()
    starts, ends = (_midnight(day, place) for day in period)
    ground = grounds.until(ends)
    if ground is None:
        return False
    issues = store.public_issues(session, place.id, starts, ends, ground.generation_id)
    living = store.residents(session, place.id, ground.generation_id)
    told = suppress(
        _counted(ground, issues),
        _counted(ground, living),
        chosen.public_min,
        order_of(ground.keys, period.key),
    )
    release = Release(
        period=period,
        geography=ground.geography,
        side_m=ground.side_m,
        generation=ground.generation,
        least=chosen.public_min,
        released_at=clock(session),
        total=told.total,
        keys=ground.keys,
        names=ground.names,
        shapes=ground.shapes,
        counts=told.counts,
    )
    store.keep_release(session, place.slug, release)
    return True


def _midnight(day: date, place: ReleasingPlace) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(place.timezone))


def _counted(ground: ReleaseGround, found: Placed) -> Ints:
    rows = ground.rows(found)
    held = rows != NOWHERE
    sums = np.bincount(rows[held], found.amount[held], len(ground.keys))
    return sums.astype(np.int64)


__all__ = ["Public", "Releasing", "public_hotspots", "release_due"]
