"""What readers are told of a station (驿站): when it is open, what it has, what rooms are for."""

from __future__ import annotations

from datetime import time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from babel.dates import format_date, get_day_names

from api.i18n import translate
from geo.core.opening import WEEKDAYS
from geo.messages import Message, Name, msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from geo.core.opening import Opening, Week
    from geo.core.worktime import Interval

SOON_MIN = 60
"""From here on a closing time is told by minutes as well."""

ZONES: dict[str, Message] = {
    "rest": msg("Rest area"),
    "service_desk": msg("Service desk"),
    "party_education": msg("Party education"),
    "children": msg("Children's room"),
    "health": msg("Health corner"),
    "reading": msg("Reading room"),
    "mediation": msg("Mediation room"),
}

FACILITIES: dict[str, Message] = {
    "charging": msg("Charging"),
    "battery_swap": msg("Battery swap"),
    "microwave": msg("Microwave"),
    "drinking_water": msg("Drinking water"),
    "toilet": msg("Toilet"),
    "wifi": msg("Wi-Fi"),
    "air_conditioning": msg("Air conditioning"),
    "umbrella": msg("Umbrellas"),
    "first_aid": msg("First aid"),
    "bike_pump": msg("Bicycle pump"),
    "parcel_shelf": msg("Parcel shelf"),
    "baby_care": msg("Baby care"),
    "accessible": msg("Step-free access"),
}

ROOM_ZONES: dict[str, Message] = {
    "deliberation": msg("Deliberation"),
    "public_service": msg("Public service"),
    "warm_service": msg("Warm-hearted service"),
    "office": msg("Office"),
    "ancillary": msg("Corridors and stores"),
}

KINDS: dict[str, Message] = {
    "red_station": msg("Red station"),
    "workstation": msg("Workstation"),
}


def opening_said(opening: Opening, at: datetime) -> Message:
    """Return whether a station is open, in a sentence.

    Parameters
    ----------
    opening
        Of the instant.
    at
        The instant, in the place's time zone.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from geo.core.opening import Opening
    >>> at = datetime(2026, 3, 9, 11, 40, tzinfo=UTC)
    >>> later = at + timedelta(minutes=20)
    >>> opening_said(Opening(True, True, "open", later, None, 20, None, True), at).english()
    'Open now, closes in 20 minutes'
    >>> opening_said(Opening(False, True, "closed", None, None, None, None, True), at).english()
    'Closed'
    """
    if opening.now:
        return _open_said(opening, at)
    when = None if opening.next is None else _when(opening.next, at)
    if not opening.known:
        return msg("Not known whether it is open")
    if opening.reason == "closure":
        return _closure_said(opening, when)
    if opening.reason == "holiday":
        return _opens(msg("Closed on public holidays"), when)
    return msg("Closed, opens %(when)s", when=when) if when else msg("Not open")


def _open_said(opening: Opening, at: datetime) -> Message:
    if opening.until is None or opening.minutes is None:
        return msg("Open now, around the clock")
    if opening.minutes < 1:
        return msg("Open now, closes within a minute")
    if opening.minutes == 1:
        return msg("Open now, closes in 1 minute")
    if opening.minutes <= SOON_MIN:
        return msg("Open now, closes in %(minutes)s minutes", minutes=opening.minutes)
    return msg("Open now, until %(when)s", when=_until(opening.until, at))


def _closure_said(opening: Opening, when: Message | None) -> Message:
    closure = opening.closure
    reason = Name(closure.reason, closure.reason_en) if closure else Name("")
    if when is None:
        return msg("Closed until further notice: %(reason)s", reason=reason)
    return msg("Closed for now: %(reason)s. Opens %(when)s", reason=reason, when=when)


def _opens(state: Message, when: Message | None) -> Message:
    return msg("%(state)s, opens %(when)s", state=state, when=when) if when else state


def _until(until: datetime, at: datetime) -> Message:
    """Return a closing time; midnight belongs to the evening before it."""
    if (until - timedelta(minutes=1)).date() == at.date():
        return msg("%(time)s", time=_clock(until.time()))
    return _when(until, at)


def _when(instant: datetime, at: datetime) -> Message:
    """Return a time as briefly as is clear: with its day where that isn't today."""
    days = (instant.date() - at.date()).days
    clock = f"{instant:%H:%M}"
    if days == 0:
        return msg("at %(time)s", time=clock)
    if days == 1:
        return msg("tomorrow at %(time)s", time=clock)
    return msg("%(month)s/%(day)s at %(time)s", month=instant.month, day=instant.day, time=clock)


def day_said(day: date, language: str) -> str:
    """Return a day with its weekday, as people here write it.

    Examples
    --------
    >>> from datetime import date
    >>> day_said(date(2026, 2, 17), "en"), day_said(date(2026, 2, 17), "zh_CN")
    ('Tue 17 Feb', '2月17日 周二')
    """
    pattern = "M月d日 EEE" if language == "zh_CN" else "EEE d MMM"
    return format_date(day, pattern, locale=language)


def hours_said(intervals: Iterable[Interval]) -> str:
    """Return a day's hours as figures, which every language reads; empty where there are none.

    Examples
    --------
    >>> from datetime import time
    >>> hours_said([(time(8, 30), time(12)), (time(14), time(0))]), hours_said([])
    ('08:30–12:00, 14:00–24:00', '')
    """
    return ", ".join(f"{opens:%H:%M}–{_clock(closes)}" for opens, closes in intervals)


def _clock(ends: time) -> str:
    """Return when something ends; midnight is the end of the day."""
    return f"{ends:%H:%M}" if ends != time(0) else "24:00"


def named(codes: Iterable[str], names: dict[str, Message], language: str) -> list[str]:
    """Return what codes are called; those that have no name stand as they are.

    Examples
    --------
    >>> named(["rest", "sauna"], ZONES, "en"), named([], ZONES, "en")
    (['Rest area', 'sauna'], [])
    """
    return [translate(names[one], language) if one in names else one for one in codes]


def week_said(week: Week, language: str) -> list[tuple[str, str]]:
    """Return the hours of a week: kinds of days, those alike in a row together, and their hours.

    Examples
    --------
    >>> from geo.core.opening import KINDS, Week
    >>> hours = [(kind, time(9), time(17)) for kind in KINDS[:5]]
    >>> week_said(Week.of([*hours, ("6", None, None), ("7", None, None)]), "en")[:2]
    [('Mon–Fri', '09:00–17:00'), ('Sat–Sun', 'Closed')]
    >>> week_said(Week.of([]), "en")[0]
    ('Mon–Sun', 'Not known')
    """
    names = get_day_names("abbreviated", locale=language)
    found = [
        (_row_said(names, list(kinds)), said)
        for said, kinds in groupby(WEEKDAYS, lambda kind: kind_said(week, kind, language))
    ]
    special = {"holiday": msg("Public holidays"), "workday": msg("Make-up working days")}
    return [
        *found,
        *(
            (translate(name, language), kind_said(week, kind, language))
            for kind, name in special.items()
        ),
    ]


def kind_said(week: Week, kind: str, language: str) -> str:
    """Return the hours of a kind of day, or that it is closed or not known on such days."""
    if not week.knows(kind):
        return translate(msg("Not known"), language)
    return hours_said(week.of_kind(kind)) or translate(msg("Not open"), language)


def _row_said(names: Mapping[int, str], kinds: list[str]) -> str:
    first, last = (names[int(one) - 1] for one in (kinds[0], kinds[-1]))
    return first if len(kinds) == 1 else f"{first}–{last}"
