"""How fast one address may report or book without an account: a number at once, then one at a time.

Each process keeps its own count, in memory: that costs nothing while a report is taken in, and a
flood meets the same wall a few reports later. Counted is by the generic cell rate algorithm
(ITU-T I.371, annex A): for each address one moment, at which all of it is allowed again.
"""

from __future__ import annotations

import ipaddress
import math
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from time import monotonic
from typing import TYPE_CHECKING

from geo.errors import BookingsTooFastError, ReportsTooFastError
from geo.flows.sign_in import network
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from geo.flows.sign_in import Visitor

MOST_ADDRESSES = 20_000


class Pace:
    """A number at once, then one after each pause.

    Parameters
    ----------
    at_once
        How many; 0: as many as come.
    pause_s
        Until one more is allowed.
    now
        A clock of seconds.

    Examples
    --------
    >>> pace = Pace(1, 10.0, now=lambda: 0.0)
    >>> pace.wait_s("10.0.0.7"), pace.wait_s("10.0.0.7"), pace.wait_s("10.0.0.8")
    (0.0, 10.0, 0.0)
    >>> Pace(0, 10.0).wait_s("")
    0.0
    """

    def __init__(self, at_once: int, pause_s: float, now: Callable[[], float] = monotonic) -> None:
        self.at_once = at_once
        self.pause_s = pause_s
        self.now = now
        self.free_at: dict[str, float] = {}

    def wait_s(self, who: str) -> float:
        """Count one and return 0, or return how long to wait and count nothing."""
        if self.at_once == 0:
            return 0.0
        now = self.now()
        free_at = max(self.free_at.get(who, now), now)
        early_s = free_at - now - (self.at_once - 1) * self.pause_s
        if early_s > 0:
            return early_s
        if len(self.free_at) >= MOST_ADDRESSES:
            self.free_at = {one: at for one, at in self.free_at.items() if at > now}
        self.free_at[who] = free_at + self.pause_s
        return 0.0


def check_pace(
    request: Request, visitor: Visitor, kind: type[ReportsTooFastError] = ReportsTooFastError
) -> None:
    """Count a report, or a booking, of somebody without an account.

    Raises
    ------
    ReportsTooFastError, BookingsTooFastError
        When too many came from the same address; ``kind`` says which of them is counted.
    """
    address = request.client.host if request.client else ""
    if visitor.holder is not None or not is_counted(address, settings().reports_free_from):
        return
    pace = _booking_pace if kind is BookingsTooFastError else _report_pace
    wait_s = pace(request).wait_s(network(address))
    if wait_s > 0:
        raise kind(math.ceil(wait_s))


def is_counted(address: str, free_from: str) -> bool:
    """Tell whether reports from an address are counted.

    Parameters
    ----------
    address
        Of who asks; what is no IP address is not counted.
    free_from
        Addresses and networks that may send as many as they like, separated by commas.

    Examples
    --------
    >>> is_counted("10.0.0.7", "127.0.0.0/8,::1"), is_counted("127.0.0.1", "127.0.0.0/8")
    (True, False)
    >>> is_counted("::1", "127.0.0.0/8,::1"), is_counted("", "")
    (False, False)
    """
    try:
        asking = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not any(asking in one for one in _networks(free_from))


@lru_cache(maxsize=8)
def _networks(named: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(one.strip()) for one in named.split(",") if one.strip())


def _report_pace(request: Request) -> Pace:
    state = request.app.state
    if not hasattr(state, "report_pace"):
        chosen = settings()
        state.report_pace = Pace(chosen.reports_at_once, chosen.reports_pause_s)
    pace: Pace = state.report_pace
    return pace


def _booking_pace(request: Request) -> Pace:
    state = request.app.state
    if not hasattr(state, "booking_pace"):
        chosen = settings()
        state.booking_pace = Pace(chosen.bookings_at_once, chosen.bookings_pause_s)
    pace: Pace = state.booking_pace
    return pace
