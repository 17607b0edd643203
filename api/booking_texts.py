"""What pages say of bookings, and how they write their times: those of the station's place."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_date

from geo.messages import Message, msg

if TYPE_CHECKING:
    from datetime import date, datetime

STATES: dict[str, Message] = {
    "booked": msg("Booked"),
    "cancelled": msg("Called off"),
    "done": msg("Done"),
    "missed": msg("Did not come"),
}

LINK_PAGE: dict[str, Message] = {
    "copied": msg("Copied"),
    "copyFailed": msg("Copying did not work; press long on the link and copy it by hand."),
    "shareTitle": msg("My booking %(number)s"),
}
"""Of ``static/report/follow.js``."""


def day_named(language: str, day: date) -> str:
    """Return a day with its weekday.

    Examples
    --------
    >>> from datetime import date
    >>> day_named("zh_CN", date(2026, 3, 9)), day_named("en", date(2026, 3, 9))
    ('3月9日 周一', 'Mon 9 Mar')
    """
    return format_date(day, "M月d日 EEE" if language == "zh_CN" else "EEE d MMM", locale=language)


def moment(language: str, instant: datetime, timezone: str) -> str:
    """Return a time of a place with its day.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> moment("zh_CN", datetime(2026, 3, 9, 1, tzinfo=UTC), "Asia/Shanghai")
    '3月9日 周一 09:00'
    """
    local = instant.astimezone(ZoneInfo(timezone))
    return f"{day_named(language, local.date())} {local:%H:%M}"


def clock_time(instant: datetime, timezone: str) -> str:
    """Return a time of day of a place.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> clock_time(datetime(2026, 3, 9, 1, tzinfo=UTC), "Asia/Shanghai")
    '09:00'
    """
    return f"{instant.astimezone(ZoneInfo(timezone)):%H:%M}"
