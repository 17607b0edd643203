"""The day's list of a station (当日预约): what its staff see of bookings, and do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geo.core.masking import mask_name, mask_phone
from geo.errors import BookingRefusedError, InvalidFieldError, NotFoundError
from geo.flows.booking import ERRAND
from geo.flows.unmasking import READ, check_purpose
from geo.messages import msg
from geo.store import audit, bookings
from geo.store.publishing import clock

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

BOOKED = ("booked",)
FROM: dict[str, tuple[str, ...]] = {
    "done": BOOKED,
    "missed": BOOKED,
    "cancelled": BOOKED,
    "booked": ("done", "missed"),
    "assign": BOOKED,
}
"""What can be done with a booking (``booked``: take back), and the states in which it can."""


class Deed(NamedTuple):
    """What staff do with a booking.

    Parameters
    ----------
    action
        One of :data:`FROM`.
    helper
        Key of the member who runs the errand; ``None`` for nobody.
    outcome
        What came of it, in their words.
    """

    action: str
    helper: int | None = None
    outcome: str = ""


def masked(booking: RowMapping) -> dict[str, Any]:
    """Return a booking with the details of whoever made it masked."""
    hidden = {"name": mask_name(booking["name"]), "phone": mask_phone(booking["phone"])}
    return {**booking, **hidden, "masked": True}


def unmask_booking(opened: Session, number: str, purpose: str) -> dict[str, Any]:
    """Return a booking with the details of whoever made it, and note who looked and what for.

    Raises
    ------
    InvalidFieldError
        When the purpose is none of the list.
    NotFoundError
        When there is no such booking, or it is none of the reader's business.
    """
    check_purpose(purpose)
    booking = _found(opened, number)
    place = audit.Row("booking", str(booking["id"]))
    audit.note(opened, READ, place, {"purpose": purpose}, booking["jurisdiction_id"])
    return {**booking, "phone": booking["phone"] or "", "masked": False}


def serve(opened: Session, number: str, deed: Deed) -> None:
    """Say what became of a booking, or who runs an errand.

    Raises
    ------
    NotFoundError
        When there is no such booking, or it is none of the asker's business.
    BookingRefusedError
        When its state doesn't allow that.
    InvalidFieldError
        When there is no such helper, or it is no errand.
    """
    booking = _found(opened, number)
    if deed.action == "assign":
        values: dict[str, Any] = {"helper_id": _helper(opened, booking, deed.helper)}
    else:
        over = deed.action != "booked"
        ended_at = clock(opened) if over else None
        values = {"state": deed.action, "ended_at": ended_at, "outcome": deed.outcome.strip()}
    if not bookings.change_booking(opened, booking["id"], FROM[deed.action], values):
        raise BookingRefusedError(reason=msg("In the state it is in, that can't be done with it."))


def _found(opened: Session, number: str) -> RowMapping:
    booking = bookings.read_booking(opened, number)
    if booking is None:
        raise NotFoundError(kind=msg("booking"), name=number)
    return booking


def _helper(opened: Session, booking: RowMapping, helper: int | None) -> int | None:
    if booking["way"] != ERRAND:
        raise InvalidFieldError(field="helper", reason=msg("This is no errand."))
    known = {one["id"] for one in bookings.helpers_of(opened, [booking["community_id"]])}
    if helper is not None and helper not in known:
        raise InvalidFieldError(
            field="helper", reason=msg("Nobody of this key belongs to the station's community.")
        )
    return helper
