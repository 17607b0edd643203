"""Times that people and phones give, as far as they can be."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from geo.errors import InvalidFieldError
from geo.messages import msg
from geo.settings import settings

if TYPE_CHECKING:
    from datetime import datetime


def in_the_past(given: datetime, now: datetime, field: str, earliest: datetime) -> datetime:
    """Return a time that was given, never later than now: clocks of phones run ahead a little.

    Parameters
    ----------
    given, now
        The time, and that of its arrival.
    field
        What it was given as.
    earliest
        What can't be earlier.

    Raises
    ------
    InvalidFieldError
        When it is too far in the future or in the past.
    """
    if given > now + timedelta(seconds=settings().clock_skew_s):
        raise in_the_future(field)
    if given < earliest:
        raise InvalidFieldError(field=field, reason=msg("This time lies too far in the past."))
    return min(given, now)


def in_the_future(field: str) -> InvalidFieldError:
    """Return the error about a time that has not come."""
    return InvalidFieldError(field=field, reason=msg("This time lies in the future."))
