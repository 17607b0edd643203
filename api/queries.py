"""Reading the addresses of pages that filter: days, and the way to the next page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from geo.errors import InvalidFieldError
from geo.messages import msg
from geo.store.zones import DayBegins, Zones, day_begins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request


def day_of(
    asked: Mapping[str, str], name: str, zones: Zones, *, after: bool = False
) -> DayBegins | None:
    """Return when the day begins that a field names, or with ``after`` the next one.

    Raises
    ------
    InvalidFieldError
        When it names none.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> zones = Zones(ZoneInfo("Asia/Shanghai"), ("Asia/Shanghai",))
    >>> day_of({"since": "2026-01-31"}, "since", zones).elsewhere.isoformat()
    '2026-01-30T16:00:00+00:00'
    >>> day_of({"since": ""}, "since", zones) is None
    True
    """
    text = asked.get(name, "").strip()
    if not text:
        return None
    try:
        return day_begins(date.fromisoformat(text) + timedelta(days=int(after)), zones)
    except (ValueError, OverflowError):
        raise InvalidFieldError(
            field=name, reason=msg("This is no day, such as 2026-01-31.")
        ) from None


def without(request: Request, *names: str, **more: str) -> str:
    """Return the address of this page without some of its fields, and with others."""
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if value and name not in {*names, *more}
    ]
    query = urlencode([*kept, *more.items()])
    return f"{request.url.path}?{query}" if query else request.url.path
