"""Opening hours as OpenStreetMap writes them: in, out, and read by the library as by ourselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours, State

from geo.core.opening import KINDS, Week, status
from geo.core.worktime import KindOfDay, WorkCalendar
from geo.files.opening_hours import read_opening_hours, write_opening_hours
from geo.messages import Message

MAKE_UP = (date(2026, 9, 20), date(2026, 10, 10))
ALL_DAY = (time(0), time(0))


def read(text: str) -> Week:
    found = read_opening_hours(text, MAKE_UP)
    assert isinstance(found, Week), found
    return found


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("24/7", "24/7"),
        ("00:00-24:00", "24/7"),
        ("mo-fr 8:30-12:00,14:30-17:30; PH off", None),
        ("Mo-Fr 08:00-18:00; Mo-Fr 12:00-13:00 off", None),
        ("Fr-Mo 10:00-11:00", "Mo,Fr-Su 10:00-11:00; Tu-Th closed; PH unknown"),
        ("08:00-20:00; Su off", "Su closed; Mo-Sa,PH 08:00-20:00"),
        ("Mo-Fr 10:00-26:00; PH off", "Mo-Fr 10:00-02:00; PH closed"),
        ("Mo-Su 00:00-24:00; PH closed", "Mo-Su 00:00-24:00; PH closed"),
        ("Mo 08:00-12:00,12:00-14:00; PH off", "Mo 08:00-14:00; Tu-Su,PH closed"),
        ("off", "closed"),
    ],
)
def test_an_expression_is_read_and_written_in_its_usual_form(text: str, same: str | None) -> None:
    week = read(text)
    written = write_opening_hours(week)
    assert same is None or written == same
    assert read(written).complete() == week.complete()


def test_what_is_not_said_of_weekdays_is_closed_and_of_holidays_not_known() -> None:
    week = read("Mo-Fr 09:00-17:00")
    assert week.of_kind("6") == ()
    assert week.knows("6")
    assert not week.knows("holiday")
    assert week.of_kind("workday") == ((time(9), time(17)),)
    assert read("24/7").of_kind("holiday") == (ALL_DAY,)


def test_make_up_days_are_written_as_dates_and_read_again() -> None:
    week = read("Mo-Fr 09:00-17:00; PH off; 2026 Sep 20,2026 Oct 10 10:00-12:00")
    assert week.of_kind("workday") == ((time(10), time(12)),)
    text = write_opening_hours(week, MAKE_UP)
    assert text.endswith("2026 Sep 20,2026 Oct 10 10:00-12:00")
    assert read(text) == week


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Mo sunrise-12:00", "sunrise or sunset"),
        ("Oct-Mar Mo 10:00-11:00", "seasons or months"),
        ("2026-2027 Mo 10:00-12:00", "years"),
        ("week 1-10 Mo 08:00-10:00", "weeks of the year"),
        ("SH 08:00-10:00", "school holidays"),
        ("easter off", "Easter"),
        ("Su[1] 10:00-12:00", "a weekday's place in the month"),
        ("PH -1 day off", "days before or after public holidays"),
        ("Mo 10:00+", "an open end"),
        ("Mo 08:00-10:00/30", "a repetition"),
        ('Mo 08:00-10:00 "by appointment"', "a comment"),
        ("Mo 08:00-10:00 || unknown", "a fallback"),
        ("2026 Oct 11 08:00-09:00", "not make-up working days"),
        ("Mo 08:00-12:00 unknown", "only whole days can be unknown"),
        ("Mo 08:00-08:00", "a whole day is 00:00-24:00"),
        ("Mo 20:00-47:00", "is not within a day"),
        ("Mo 20:00-10:00,08:00-21:00", "longer than a day"),
        ("Mo 08:00-10:00, Mo unknown", "adds to hours that are known"),
        ("Mo unknown, Mo 08:00-10:00", "adds to hours that are not known"),
        ("2026 Sep 20 08:00-09:00; 2026 Oct 10 off", "different hours of different"),
        ("2026 Feb 30 08:00-10:00", "There is no day"),
        ("周一 8点", "wrong from character 1"),
        ("Mo-Fr 8-17", "wrong from character 7"),
        ("Mo 25:70-26:00", "no expression"),
        (" ", "it is empty"),
        ("Mo 08:00-10:00;" * 100, "more than 1000 characters"),
    ],
)
def test_what_rules_cannot_say_is_refused_by_name(text: str, what: str) -> None:
    found = read_opening_hours(text, MAKE_UP)
    assert isinstance(found, Message)
    assert what in found.english()


CLOCKS = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@st.composite
def hours(draw: st.DrawFn) -> tuple[tuple[time, time], ...]:
    """Hours of a day, apart from each other, the last perhaps past midnight."""
    cuts = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    if len(cuts) % 2:
        cuts.pop()
    clocks = [time(cut % 96 // 4, cut % 4 * 15) for cut in cuts]
    found = list(zip(clocks[::2], clocks[1::2], strict=True))
    if found and found[0][0] > time(2) and found[-1][1] > time(0) and draw(st.booleans()):
        found[-1] = (found[-1][0], time(1, 30))
    return tuple(found)


WEEKS = st.dictionaries(st.sampled_from(KINDS), hours(), min_size=1).map(
    lambda found: Week({kind: found[kind] for kind in KINDS if kind in found})
)


@settings(max_examples=100)
@given(WEEKS)
def test_rules_written_and_read_again_are_the_same(week: Week) -> None:
    again = read(write_opening_hours(week, MAKE_UP))
    assert again.complete() == week.complete()


@settings(max_examples=100)
@given(WEEKS, st.integers(0, 14 * 24 * 60 - 1))
def test_the_library_reads_what_we_write_as_we_do_on_ordinary_days(week: Week, past: int) -> None:
    calendar = WorkCalendar({}, {}, "UTC")
    at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=past)
    text = write_opening_hours(week)
    state, _ = OpeningHours(text, auto_country=False, auto_timezone=False).state(
        at.replace(tzinfo=None)
    )
    found = status(week, [], calendar, at)
    expected = State.OPEN if found.now else State.CLOSED if found.known else State.UNKNOWN
    assert state == expected, text


@settings(max_examples=40)
@given(WEEKS, st.integers(0, 24 * 60 - 1))
def test_the_library_reads_what_we_write_as_we_do_on_holidays_and_make_up_days(
    week: Week, past: int
) -> None:
    days: dict[date, KindOfDay] = {date(2026, 10, 1): "holiday", date(2026, 10, 10): "workday"}
    calendar = WorkCalendar({}, days, "UTC")
    library = OpeningHours(
        write_opening_hours(week, [date(2026, 10, 10)]), country="CN", auto_timezone=False
    )
    for day in days:
        at = datetime.combine(day, time(2), UTC) + timedelta(minutes=past) * (22 / 24)
        at = at.replace(second=0, microsecond=0)
        found = status(week, [], calendar, at)
        expected = State.OPEN if found.now else State.CLOSED if found.known else State.UNKNOWN
        assert library.state(at.replace(tzinfo=None))[0] == expected
