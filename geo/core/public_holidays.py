"""Public holidays (法定节假日) and make-up working days (调休) of the People's Republic of China.

The State Council publishes them each autumn for the next year; the package ``chinesecalendar``
keeps the lists. They serve where a jurisdiction's own calendar says nothing about a year.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from geo.core.worktime import KindOfDay

CHINESE_ZONES = frozenset({"Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "Asia/Urumqi"})
"""Names of time zones of mainland China in the IANA database."""


def published_days(timezone: str) -> Mapping[int, Mapping[date, KindOfDay]]:
    """Return, by year, the days that are not what their weekday says; nothing for other countries.

    Parameters
    ----------
    timezone
        Of the jurisdiction, an IANA name: mainland China has its own.

    Examples
    --------
    >>> from datetime import date
    >>> year = published_days("Asia/Shanghai")[2026]
    >>> year[date(2026, 10, 1)], year[date(2026, 10, 10)], date(2026, 10, 12) in year
    ('holiday', 'workday', False)
    >>> published_days("Europe/Paris")
    {}
    """
    return _china() if timezone in CHINESE_ZONES else {}


@lru_cache(maxsize=1)
def _china() -> Mapping[int, Mapping[date, KindOfDay]]:
    import chinese_calendar  # noqa: PLC0415 - read when a calendar asks for it

    found: dict[int, dict[date, KindOfDay]] = defaultdict(dict)
    for day in chinese_calendar.holidays:
        found[day.year][day] = "holiday"
    for day in chinese_calendar.workdays:
        found[day.year][day] = "workday"
    return dict(found)
