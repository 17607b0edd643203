"""What stands for a place in a list of issues, in addresses."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from uuid import UUID

from geo.errors import InvalidFieldError
from geo.messages import msg
from geo.store.issue_lists import Place

NONE = "-"


def cursor_of(place: Place) -> str:
    """Return what stands for a place."""
    due = place.due_at.isoformat() if place.due_at else NONE
    text = f"{due} {place.occurred_at.isoformat()} {place.id}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def read_cursor(cursor: str) -> Place:
    """Return the place that a cursor stands for.

    Raises
    ------
    InvalidFieldError
        When it was not given out here.
    """
    try:
        due, occurred, key = base64.urlsafe_b64decode(cursor).decode().split(" ")
        due_at = None if due == NONE else datetime.fromisoformat(due)
        place = Place(due_at, datetime.fromisoformat(occurred), UUID(key))
    except (binascii.Error, ValueError):
        raise _refused() from None
    if any(at is not None and at.tzinfo is None for at in (place.due_at, place.occurred_at)):
        raise _refused()
    return place


def _refused() -> InvalidFieldError:
    return InvalidFieldError(
        field="cursor", reason=msg("This is no cursor that was given out here.")
    )
