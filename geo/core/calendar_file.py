"""An appointment as a file for the calendars of phones: iCalendar (RFC 5545)."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

LINE_BYTES = 75
"""A content line without its break (RFC 5545, section 3.1)."""

STAMP = "%Y%m%dT%H%M%SZ"
SPECIAL = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


class Appointment(NamedTuple):
    """What a calendar is told; all instants with their offsets from UTC.

    Parameters
    ----------
    uid
        The same for every copy of the appointment.
    stamp
        When the file is made.
    starts_at, ends_at
        The end may be left out.
    summary, location, url
        What, where, and the page about it.
    cancelled
        Whether it is called off.
    """

    uid: str
    stamp: datetime
    starts_at: datetime
    ends_at: datetime | None
    summary: str
    location: str
    url: str
    cancelled: bool = False


def calendar_file(one: Appointment) -> bytes:
    r"""Return an appointment as the bytes of an ``.ics`` file.

    Examples
    --------
    >>> from datetime import datetime
    >>> at = datetime(2026, 3, 9, 1, tzinfo=UTC)
    >>> made = calendar_file(Appointment("B-1", at, at, None, "办事, 一窗", "", ""))
    >>> [line for line in made.decode().split("\r\n") if line.startswith(("SUMMARY", "DTST"))]
    ['DTSTAMP:20260309T010000Z', 'DTSTART:20260309T010000Z', 'SUMMARY:办事\\, 一窗']
    >>> b"LOCATION" in made
    False
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Hongge//Booking//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{_text(one.uid)}",
        f"DTSTAMP:{_instant(one.stamp)}",
        f"DTSTART:{_instant(one.starts_at)}",
        *([f"DTEND:{_instant(one.ends_at)}"] if one.ends_at else []),
        f"SUMMARY:{_text(one.summary)}",
        *([f"LOCATION:{_text(one.location)}"] if one.location else []),
        *([f"URL:{one.url}"] if one.url else []),
        f"STATUS:{'CANCELLED' if one.cancelled else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime(STAMP)


def _text(text: str) -> str:
    return text.translate(SPECIAL)


def _folded(line: str) -> bytes:
    """Break a long line between characters; what goes on begins with a blank."""
    pieces, piece = [], b""
    for letter in line:
        encoded = letter.encode()
        if len(piece) + len(encoded) > LINE_BYTES:
            pieces.append(piece)
            piece = b" "
        piece += encoded
    return b"\r\n".join([*pieces, piece])
