"""Time zones: that of whoever asks, and days as every jurisdiction (辖区) has them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select, text

from geo.core.opening import first_instant
from geo.store.models import ACCOUNT_ROLES, Jurisdiction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from typing import Any

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

WITHOUT_JURISDICTIONS = "UTC"


class Zones(NamedTuple):
    """Time zones that a page tells times in.

    Parameters
    ----------
    reader
        Of the reader's place of work, else of the first jurisdiction: for what belongs to none.
    all
        Names of the zones of all jurisdictions.
    """

    reader: ZoneInfo
    all: tuple[str, ...]


class DayBegins(NamedTuple):
    """When a day begins: by the name of a time zone, and for what belongs to no jurisdiction."""

    by_zone: Mapping[str, datetime]
    elsewhere: datetime


def read_zones(session: Session) -> Zones:
    """Return the time zones for whoever asks.

    Parameters
    ----------
    session
        On behalf of whoever asks. Of several places of work the one with the most grids counts.
    """
    names = list(session.scalars(_ZONES, {"roles": list(ACCOUNT_ROLES)}))
    first = next(iter(names), WITHOUT_JURISDICTIONS)
    return Zones(ZoneInfo(first), tuple(dict.fromkeys(names)))


def day_begins(day: date, zones: Zones) -> DayBegins:
    """Return when a day begins in each time zone.

    Raises
    ------
    OverflowError
        At the ends of the calendar.

    Examples
    --------
    >>> from datetime import date
    >>> zones = Zones(ZoneInfo("Asia/Shanghai"), ("Asia/Shanghai", "Europe/Vienna"))
    >>> begins = day_begins(date(2026, 1, 31), zones)
    >>> begins.by_zone["Europe/Vienna"].isoformat(), begins.elsewhere.isoformat()
    ('2026-01-30T23:00:00+00:00', '2026-01-30T16:00:00+00:00')
    >>> day_begins(date(2026, 1, 31), Zones(ZoneInfo("UTC"), ())).by_zone
    {}
    """

    def begins(zone: ZoneInfo) -> datetime:
        return first_instant(day, time(), zone).astimezone(UTC)

    return DayBegins({name: begins(ZoneInfo(name)) for name in zones.all}, begins(zones.reader))


def by_day(
    compare: Callable[[Any, datetime], ColumnElement[bool]],
    column: Any,
    jurisdiction_id: Any,
    day: DayBegins,
) -> ColumnElement[bool]:
    """Return the condition that compares an instant with a day of its jurisdiction's time zone.

    Parameters
    ----------
    compare
        Such as :func:`operator.ge`.
    column, jurisdiction_id
        The instant, and whose it is; nobody's are compared with the reader's day.
    day
        When the day begins.
    """
    instants = {*day.by_zone.values(), day.elsewhere}
    if len(instants) == 1:
        return compare(column, day.elsewhere)
    zones = {
        name: select(Jurisdiction.id).where(Jurisdiction.timezone == name) for name in day.by_zone
    }
    return or_(
        and_(jurisdiction_id.is_(None), compare(column, day.elsewhere)),
        *(
            and_(jurisdiction_id.in_(zones[name]), compare(column, instant))
            for name, instant in day.by_zone.items()
        ),
    )


_ZONES = text("""
    SELECT timezone
    FROM jurisdiction
    ORDER BY id = ANY ((SELECT asker_jurisdictions(VARIADIC CAST(:roles AS text[])))::bigint[])
                 DESC,
             (SELECT count(*) FROM grid WHERE grid.jurisdiction_id = jurisdiction.id) DESC, slug
""")
