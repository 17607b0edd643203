"""What is told outside about issues: what is asked, and the answers."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from api.schemas.issues import In, IssueKeyOut
from api.schemas.locating import Asked, Out
from geo.store.models import DELIVERY_STATES

STATE_HELP = (
    "`pending`: waiting, or to be tried again; `sent`: taken by the gateway; `acknowledged`:"
    " confirmed by it; `failed`: given up; `by_link`: no number is known, so the follow link alone"
    " tells."
)


class WantedDeliveries(Asked):
    """Which deliveries to list."""

    state: Literal[DELIVERY_STATES] | None = Field(  # type: ignore[valid-type]
        default=None, description=STATE_HELP
    )
    limit: int = Field(default=50, ge=1, le=500, description="Most in one page.")
    cursor: str | None = Field(default=None, description="`next` of the page before.")


class WentWrongOut(Out):
    """What went wrong the last time."""

    code: str
    message: str


class DeliveryOut(Out):
    """One delivery; never a name or a number."""

    id: UUID
    issue: IssueKeyOut | None = Field(description="None where it tells of a booking.")
    booking: str | None = Field(description="Number of the booking that it tells of.")
    notice: str | None = Field(description="Of a booking: `reminder` or `closure`.")
    event: int | None = Field(description="Sequence of the issue's event that it tells of.")
    to: str = Field(description="`reporter`, `follower` or `booker`.")
    state: str = Field(description=STATE_HELP)
    tries: int
    next_try_at: str | None = Field(description="Where it is to be tried.")
    created_at: str
    ended_at: str | None
    status: int | None = Field(description="Of the gateway's last answer.")
    error: WentWrongOut | None
    may_retry: bool = Field(description="Whether it can be tried again by hand.")


class DeliveriesOut(Out):
    """Deliveries, the latest first."""

    gateway: bool = Field(description="Whether a gateway is set; else everything waits.")
    deliveries: list[DeliveryOut]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class AcknowledgedIn(In):
    """The gateway's word that a delivery has arrived."""

    id: UUID = Field(description="Of the delivery, as in the address.")


class AcknowledgedOut(Out):
    """What is known of the delivery now."""

    id: UUID
    state: str
