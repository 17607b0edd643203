"""Reading the addresses of pages that filter: days, and the way to the next page."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from geo.errors import InvalidFieldError
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

ZONE = ZoneInfo("Asia/Shanghai")
"""In which the pages for staff name days and hours."""


def day_of(asked: Mapping[str, str], name: str, *, after: bool = False) -> datetime | None:
    """Return the beginning of the day that a field names, or with ``after`` its end.

    Raises
    ------
    InvalidFieldError
        When it names none.

    Examples
    --------
    >>> day_of({"since": "2026-01-31"}, "since").isoformat()
    '2026-01-30T16:00:00+00:00'
    >>> day_of({"since": ""}, "since") is None
    True
    """
    text = asked.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=int(after))
        return datetime.combine(day, time(), ZONE).astimezone(UTC)
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
