"""Deliveries as pages and programs are told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from api.cursors import cursor_of, read_cursor
from api.i18n import translate
from geo.flows.delivering import ERRORS
from geo.messages import Message, msg
from geo.settings import settings
from geo.store.deliveries import NO_LONGER, list_deliveries
from geo.store.issue_lists import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.store.engine import Session

STATES: dict[str, Message] = {
    "pending": msg("Waiting"),
    "sent": msg("Taken by the gateway"),
    "acknowledged": msg("Arrived"),
    "failed": msg("Given up"),
    "by_link": msg("By the follow link alone"),
}


class DeliveryPage(NamedTuple):
    """One page of deliveries, and the cursor of the next."""

    deliveries: list[dict[str, Any]]
    next: str | None


def deliveries_page(
    session: Session, state: str | None, cursor: str | None, limit: int, language: str
) -> DeliveryPage:
    """Return a page of the deliveries that there are for whoever asks.

    Raises
    ------
    InvalidFieldError
        When the cursor was not given out here.
    """
    begin = read_cursor(cursor) if cursor else None
    after = (begin.occurred_at, begin.id) if begin else None
    rows = list_deliveries(session, state, after, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = cursor_of(Place(None, last["created_at"], last["id"])) if last else None
    return DeliveryPage([_told(row, language) for row in rows[:limit]], following)


def has_gateway() -> bool:
    """Tell whether there is a gateway to send by."""
    return bool(settings().feedback_url)


def _told(row: Mapping[Any, Any], language: str) -> dict[str, Any]:
    zone = ZoneInfo(row["timezone"])
    # What is to be tried from the beginning has its last error behind it.
    given_up = row["last_error"] in NO_LONGER
    wrong = ERRORS.get(row["last_error"]) if row["attempts"] or given_up else None
    error = None
    if wrong is not None:
        message = translate(Message(wrong.template, {"status": row["status"]}), language)
        error = {"code": row["last_error"], "message": message}
    waits = row["state"] == "pending"
    ended = row["ended_at"]
    return {
        "id": str(row["id"]),
        "issue": {"id": str(row["issue_id"]), "number": row["number"]} if row["issue_id"] else None,
        "booking": row["number"] if row["booking_id"] else None,
        "notice": row["notice"],
        "event": row["event_sequence"],
        "to": _to(row),
        "state": row["state"],
        "tries": row["attempts"],
        "next_try_at": row["next_at"].astimezone(zone).isoformat() if waits else None,
        "created_at": row["created_at"].astimezone(zone).isoformat(),
        "ended_at": ended.astimezone(zone).isoformat() if ended else None,
        "status": row["status"],
        "error": error,
        "may_retry": (row["state"] == "failed" and row["last_error"] not in NO_LONGER)
        or (waits and error is not None),
    }


def _to(row: Mapping[Any, Any]) -> str:
    if row["booking_id"]:
        return "booker"
    return "follower" if row["follower_id"] else "reporter"
