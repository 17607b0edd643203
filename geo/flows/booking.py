"""Booking a service (预约办理), asking for an errand (帮办代办), and cancelling either."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from geo.core.slots import ERRAND_MINUTES, Slot, offered, reminder
from geo.errors import BookingRefusedError, InvalidFieldError, NotFoundError, SlotFullError
from geo.flows.report import again, follow_digest, new_follow_secret
from geo.flows.station_details import the_station
from geo.messages import msg
from geo.settings import settings
from geo.store import bookings
from geo.store.engine import refusing_what_is_not_permitted, session
from geo.store.idempotency import Remembered, recall, remember, seal
from geo.store.publishing import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from typing import Any

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    from geo.core.slots import Hours
    from geo.flows.report import Key
    from geo.store.asking import Asker

ERRAND = "errand"
MOST_DAYS = 62
"""How many days are looked at in one go."""

FARTHEST = timedelta(days=400)
"""Further ahead than anything can be booked."""

MOST_NEXT = 5
"""How many free slots are named when one is full."""

FEWEST_DIGITS = 7
"""Of a telephone number that can be called back: the shortest local ones."""


class Free(NamedTuple):
    """A slot, and how many more can book it; ``None`` for errands, of which there may be any."""

    slot: Slot
    free: int | None


class Offer(NamedTuple):
    """A service at its station, and what is needed to find its slots."""

    station: Mapping[Any, Any]
    service: Mapping[Any, Any]
    hours: Hours
    now: datetime

    @property
    def minutes(self) -> int:
        """How long its slots are; how far apart its times are, of an errand."""
        return self.service["slot_minutes"] or ERRAND_MINUTES

    @property
    def today(self) -> date:
        """The day it is at the station."""
        return self.now.astimezone(self.hours.calendar.zone).date()

    @property
    def last_day(self) -> date:
        """The last day that can be booked."""
        return self.today + timedelta(days=self.service["days_ahead"])

    @property
    def is_errand(self) -> bool:
        """Whether it is an errand for a helper (代办)."""
        return bool(self.service["way"] == ERRAND)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to book; all but the time may be left out, unless it is an errand.

    Parameters
    ----------
    starts_at
        When the slot begins, or when the errand is wanted.
    name, phone
        Who; for the station's staff alone.
    note
        What it is about.
    """

    starts_at: datetime
    name: str = ""
    phone: str | None = None
    note: str = ""


def find_station(opened: Session, code: str, jurisdiction: str | None) -> RowMapping:
    """Return the station of a code.

    Raises
    ------
    NotFoundError
        When there is none.
    InvalidFieldError
        When there are several, in different jurisdictions or communities.
    """
    return the_station(bookings.stations_of_code(opened, code, jurisdiction), code)


def find_offer(opened: Session, station: Mapping[Any, Any], service: str) -> Offer:
    """Return a service of a station with its hours.

    Raises
    ------
    NotFoundError
        When the station offers none of this code, or no longer.
    """
    services = bookings.services_of(opened, station["station_id"])
    found = next((one for one in services if one["service_code"] == service), None)
    if found is None:
        raise NotFoundError(kind=msg("service"), name=service)
    hours = bookings.hours_of(opened, station["station_id"], station["jurisdiction_id"])
    return Offer(station, found, hours, clock(opened))


def days_of(offer: Offer, since: date | None, until: date | None) -> list[date]:
    """Return the days between two, both included, that can be booked; by default all of them."""
    first = max(offer.today, since or offer.today)
    last = min(offer.last_day, until or offer.last_day)
    count = min((last - first).days + 1, MOST_DAYS)
    return [first + timedelta(days=at) for at in range(count)]


def free_slots(opened: Session, offer: Offer, days: Iterable[date]) -> list[Free]:
    """Return the slots of some days that can still be booked, full ones with 0."""
    service = offer.service
    slots = offered(offer.hours, offer.minutes, service["days_ahead"], offer.now, days)
    if offer.is_errand or not slots:
        return [Free(slot, None) for slot in slots]
    starts = [slot.starts_at for slot in slots]
    free = bookings.free_seats(opened, service["service_id"], starts)
    return [Free(slot, max(0, free[slot.starts_at])) for slot in slots]


def next_free(opened: Session, offer: Offer, after: datetime) -> tuple[datetime, ...]:
    """Return when the next slots after a time begin that are not full, a few of them."""
    first = after.astimezone(offer.hours.calendar.zone).date()
    found = free_slots(opened, offer, days_of(offer, first, None))
    left = [one.slot.starts_at for one in found if one.free != 0]
    return tuple(one for one in left if one.astimezone(UTC) > after.astimezone(UTC))[:MOST_NEXT]


def book(  # noqa: PLR0913, PLR0917 - where, what, who, and how
    code: str,
    service: str,
    jurisdiction: str | None,
    wanted: Wanted,
    asker: Asker,
    key: Key | None = None,
    url: str | None = None,
) -> dict[str, Any]:
    """Book a slot of a service, or ask for an errand.

    Parameters
    ----------
    code, service
        Codes of the station and of its service.
    jurisdiction
        Slug, where the station's code is not enough.
    wanted
        When, and what whoever books says of themselves.
    asker
        Who asks.
    key
        The same key again gives the same answer, and books nothing.
    url
        The database; by default the settings'.

    Returns
    -------
    dict
        ``number``, ``starts_at`` and ``ends_at`` as ISO 8601, and ``follow``, the secret by which
        its holder sees and cancels the booking; the store keeps its digest alone.

    Raises
    ------
    NotFoundError
        When there is no such station or service.
    InvalidFieldError
        When that time is not offered, or an errand lacks what the helper needs to know.
    SlotFullError
        When no seat is free; it names the next slots that have one.
    KeyReusedError
        When the key came with another body before.
    """
    secret = new_follow_secret()
    with refusing_what_is_not_permitted(), session(url, asker) as opened:
        before = recall(opened, key.text) if key else None
        if key and before:
            return again(key, before)
        station = find_station(opened, code, jurisdiction)
        offer = find_offer(opened, station, service)
        if offer.is_errand:
            _check_errand(wanted)
        slot = _slot(offer, wanted.starts_at)
        made = bookings.book(opened, _wish(offer, slot, wanted, secret))
        _check_made(opened, offer, slot, made.outcome)
        told = {
            "number": made.number,
            "starts_at": slot.starts_at.isoformat(),
            "ends_at": None if offer.is_errand else slot.ends_at.isoformat(),
        }
        if key:
            kept = Remembered(key.sha256, told | {"follow": seal(key.text, secret)})
            remember(opened, key.text, None, kept, made.booking_id)
        return told | {"follow": secret}


def cancel(opened: Session) -> None:
    """Cancel the booking whose secret the asker holds; again, it is cancelled already.

    Raises
    ------
    NotFoundError
        When the secret opens none.
    BookingRefusedError
        When it has begun or is over.
    """
    state = bookings.cancel_booking(opened)
    if state is None:
        raise NotFoundError(kind=msg("booking"), name="")
    if state == "late":
        raise BookingRefusedError(
            reason=msg("It has begun, so it can't be cancelled any more. Call the station.")
        )
    if state != "cancelled":
        raise BookingRefusedError(reason=msg("This booking is over."))


def _slot(offer: Offer, starts_at: datetime) -> Slot:
    """Return the slot that begins at an instant.

    Raises
    ------
    InvalidFieldError
        When none does that can be booked.
    """
    if offer.now < starts_at < offer.now + FARTHEST:
        wanted, ahead = starts_at.astimezone(UTC), offer.service["days_ahead"]
        days = [wanted.astimezone(offer.hours.calendar.zone).date()]
        for slot in offered(offer.hours, offer.minutes, ahead, offer.now, days):
            if slot.starts_at.astimezone(UTC) == wanted:
                return slot
    raise InvalidFieldError(field="starts_at", reason=msg("This time can't be booked."))


def _wish(offer: Offer, slot: Slot, wanted: Wanted, secret: str) -> bookings.Wish:
    phone = (wanted.phone or "").strip() or None
    rule = settings().booking_reminder
    return bookings.Wish(
        service_id=offer.service["service_id"],
        secret_sha256=follow_digest(secret),
        starts_at=slot.starts_at,
        ends_at=None if offer.is_errand else slot.ends_at,
        name=wanted.name.strip(),
        phone=phone,
        note=wanted.note.strip(),
        remind_at=reminder(rule, slot.starts_at, offer.now) if phone else None,
    )


def _check_made(opened: Session, offer: Offer, slot: Slot, outcome: str) -> None:
    if outcome == "full":
        raise SlotFullError(next_free(opened, offer, slot.starts_at))
    if outcome != "booked":
        raise InvalidFieldError(field="starts_at", reason=msg("This time can't be booked."))


def _check_errand(wanted: Wanted) -> None:
    """Refuse an errand that no helper could run."""
    if len(re.sub(r"[^0-9]", "", wanted.phone or "")) < FEWEST_DIGITS:
        raise InvalidFieldError(
            field="phone", reason=msg("Give a telephone number at which the helper reaches you.")
        )
    if not wanted.note.strip():
        raise InvalidFieldError(
            field="note", reason=msg("Say in a few words what is to be done, and where.")
        )
