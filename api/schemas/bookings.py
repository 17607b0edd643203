"""Services of stations and their bookings: what is asked, and the answers."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.schemas.issues import LARGEST_KEY, In
from api.schemas.locating import Asked, NamedOut, Out
from api.schemas.values import Code, Instant, Name, Text
from geo.store.models import BOOKING_STATES, SERVICE_WAYS

STATE_HELP = (
    "`booked`; `cancelled`; `done`: whoever booked was served; `missed`: they did not come."
)


FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
"""Between which days are looked at."""


class StationQuery(Asked):
    """Which station, where its code is not enough."""

    jurisdiction: Code | None = Field(default=None, description="Slug, where codes repeat.")


class SlotsQuery(StationQuery):
    """Which days to look at, by the station's own calendar."""

    since: date | None = Field(default=None, alias="from", description="The first; else today.")
    until: date | None = Field(
        default=None, alias="to", description="The last; else the last that can be booked."
    )


class BookingsQuery(StationQuery):
    """Which bookings to list."""

    day: date | None = Field(
        default=None,
        ge=FIRST_DAY,
        le=LAST_DAY,
        description="Of the station; by default today.",
    )
    station: Code | None = Field(default=None, description="Code; else all of one's own.")


class ServiceOut(NamedOut):
    """Something that a station does for residents (服务事项)."""

    way: Literal[SERVICE_WAYS] = Field(  # type: ignore[valid-type]
        description="`appointment`: booked for a slot; `errand`: done by a helper."
    )
    anywhere: bool = Field(description="For residents of every community (就近办理).")
    one_window: bool = Field(description="Done at the one window for everything (一窗通办).")
    needs: str = Field(description="What to bring.")
    needs_en: str
    slot_minutes: int | None
    capacity: int = Field(description="People in one slot.")
    days_ahead: int = Field(description="How far ahead it can be booked; 0 is today.")


class ServicesOut(Out):
    """What a station does."""

    station: NamedOut
    community: NamedOut
    jurisdiction: str
    timezone: str
    services: list[ServiceOut]


class SlotOut(Out):
    """A time that can be booked."""

    starts_at: str
    ends_at: str | None = Field(description="None of an errand.")
    free: int | None = Field(description="How many more; 0: full. None of an errand.")


class SlotsOut(Out):
    """Times of a service, in order; those that have begun are not among them."""

    timezone: str
    first_day: date
    last_day: date
    slots: list[SlotOut]


class BookingIn(In):
    """What somebody wants to book; name, number and note may be left out, but for errands."""

    starts_at: Instant = Field(description="Of one of the slots.")
    name: Name = Field(default="", description="For the station's staff alone.")
    phone: Name | None = Field(
        default=None, description="To be reminded; errands need it. For the staff alone."
    )
    note: Text = Field(default="", description="What it is about; errands need it.")


class BookedOut(Out):
    """A booking that was made."""

    number: str
    starts_at: str
    ends_at: str | None
    follow: str = Field(
        description="Address of the page that shows and cancels it. Given out once: whoever has it"
        " can do both."
    )


class BookingOut(Out):
    """A booking; name and number are masked, and left out for who holds the link."""

    number: str
    state: Literal[BOOKING_STATES] = Field(description=STATE_HELP)  # type: ignore[valid-type]
    station: NamedOut
    service: NamedOut
    way: str
    starts_at: str
    ends_at: str | None
    name: str | None
    phone: str | None
    note: str
    outcome: str
    helper: int | None = Field(description="Key of the member who runs the errand.")
    remind_at: str | None = Field(description="When whoever booked is reminded, if they are.")
    created_at: str
    ended_at: str | None


class BookingsOut(Out):
    """The bookings of a day, by time."""

    day: date
    bookings: list[BookingOut]


class BookingActionIn(In):
    """What staff do with a booking."""

    action: Literal["done", "missed", "cancelled", "booked", "assign"] = Field(
        description="`booked` takes `done` or `missed` back; `assign` names an errand's helper."
    )
    helper: int | None = Field(
        default=None, ge=1, le=LARGEST_KEY, description="Key of a member; none: nobody."
    )
    outcome: Name = Field(default="", description="What came of it.")


class UnmaskedBookingOut(Out):
    """Who has booked."""

    id: UUID
    number: str
    name: str
    phone: str
