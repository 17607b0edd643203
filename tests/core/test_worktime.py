"""Working time against the law's counting rules, and the laws of arithmetic on any calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.core.worktime import (
    Interval,
    KindOfDay,
    WorkCalendar,
    WorkUnit,
    due_at,
    working_time_between,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = ((time(8, 30), time(12)), (time(14, 30), time(17, 30)))
WEEK = dict.fromkeys(range(1, 6), OFFICE)
AROUND_NATIONAL_DAY: dict[date, KindOfDay] = {
    **{date(2026, 10, day): "holiday" for day in range(1, 8)},
    date(2026, 9, 20): "workday",
    date(2026, 10, 10): "workday",
}
CALENDAR = WorkCalendar(WEEK, AROUND_NATIONAL_DAY, "Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        ("2026-09-28T09:00", 2, "work_hour", "2026-09-28T11:00"),
        ("2026-09-28T11:00", 2, "work_hour", "2026-09-28T15:30"),
        ("2026-09-28T10:00", 2, "work_hour", "2026-09-28T12:00"),
        ("2026-09-28T13:00", 1, "work_hour", "2026-09-28T15:30"),
        ("2026-09-26T13:00", 1, "work_hour", "2026-09-28T09:30"),
        ("2026-09-30T17:00", 1, "work_hour", "2026-10-08T09:00"),
        ("2026-10-09T17:00", 1, "work_hour", "2026-10-10T09:00"),
        ("2026-09-28T09:00", 1, "work_day", "2026-09-29T17:30"),
        ("2026-09-30T09:00", 1, "work_day", "2026-10-08T17:30"),
        ("2026-10-09T09:00", 1, "work_day", "2026-10-10T17:30"),
        ("2026-09-26T23:59", 5, "work_day", "2026-10-09T17:30"),
        ("2026-09-27T03:00", 0, "work_day", "2026-09-27T03:00"),
    ],
)
def test_due_at_counts_office_hours_and_days(
    start: str, amount: int, unit: WorkUnit, expected: str
) -> None:
    due = due_at(CALENDAR, at(start), amount, unit)
    assert due is not None
    assert due.at == at(expected)
    assert due.calendar_known


def test_answers_carry_the_offset_of_the_place() -> None:
    due = due_at(CALENDAR, datetime(2026, 9, 28, 1, tzinfo=UTC), 2, "work_hour")
    assert due is not None
    assert due.at.isoformat() == "2026-09-28T11:00:00+08:00"


def test_years_without_entries_are_said_to_be_unknown() -> None:
    across = due_at(CALENDAR, at("2026-12-31T17:00"), 1, "work_hour")
    assert across is not None
    assert not across.calendar_known
    assert across.at == at("2027-01-01T09:00")
    assert not working_time_between(CALENDAR, at("2025-12-31T00:00"), at("2026-01-02T00:00"))[1]


def test_a_day_that_changes_its_clock_counts_its_real_hours() -> None:
    night = WorkCalendar({7: ((time(1), time(5)),)}, {date(2026, 1, 1): "holiday"}, "Europe/Berlin")
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    worked = [
        working_time_between(
            night,
            datetime.combine(day, time(0), night.zone),
            datetime.combine(day, time(12), night.zone),
        ).worked
        for day in (spring, autumn)
    ]
    assert worked == [timedelta(hours=3), timedelta(hours=5)]


def test_without_hours_nothing_is_due() -> None:
    empty = WorkCalendar({}, {}, "Asia/Shanghai")
    assert due_at(empty, at("2026-09-28T09:00"), 1, "work_hour") is None


MINUTES = st.lists(st.integers(0, 23 * 60), min_size=2, max_size=6, unique=True).map(sorted)


def intervals(minutes: list[int]) -> tuple[Interval, ...]:
    clocks = [time(minute // 60, minute % 60) for minute in minutes]
    return tuple(zip(clocks[::2], clocks[1::2], strict=False))


CALENDARS = st.builds(
    WorkCalendar,
    st.dictionaries(st.integers(1, 7), MINUTES.map(intervals), min_size=1),
    st.dictionaries(
        st.dates(date(2025, 1, 1), date(2026, 12, 31)),
        st.sampled_from(["holiday", "workday"]),
        max_size=40,
    ),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC"]),
)
INSTANTS = st.integers(0, 700 * 24 * 3600).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
AMOUNTS = st.integers(0, 40)
UNITS = st.sampled_from(["work_hour", "work_day"])


def due(calendar: WorkCalendar, start: datetime, amount: int, unit: WorkUnit) -> datetime:
    answer = due_at(calendar, start, amount, unit)
    assert answer is not None
    return answer.at


@given(CALENDARS, INSTANTS, UNITS)
def test_adding_nothing_changes_nothing(
    calendar: WorkCalendar, start: datetime, unit: WorkUnit
) -> None:
    assert due(calendar, start, 0, unit) == start


@given(CALENDARS, INSTANTS, INSTANTS, AMOUNTS, UNITS)
def test_what_begins_later_is_never_due_earlier(
    calendar: WorkCalendar, one: datetime, other: datetime, amount: int, unit: WorkUnit
) -> None:
    early, late = sorted((one, other))
    assert due(calendar, early, amount, unit) <= due(calendar, late, amount, unit)


@given(CALENDARS, INSTANTS, AMOUNTS, AMOUNTS, UNITS)
def test_amounts_add_up(
    calendar: WorkCalendar, start: datetime, first: int, second: int, unit: WorkUnit
) -> None:
    in_two = due(calendar, due(calendar, start, first, unit), second, unit)
    assert in_two == due(calendar, start, first + second, unit)


@given(CALENDARS, INSTANTS, AMOUNTS)
def test_hours_until_due_are_the_hours_given(
    calendar: WorkCalendar, start: datetime, amount: int
) -> None:
    end = due(calendar, start, amount, "work_hour")
    assert working_time_between(calendar, start, end).worked == timedelta(hours=amount)
    assert working_time_between(calendar, end, start).worked == timedelta(hours=-amount)


@given(CALENDARS, INSTANTS, INSTANTS, INSTANTS)
def test_working_time_is_additive(
    calendar: WorkCalendar, one: datetime, two: datetime, three: datetime
) -> None:
    first, middle, last = sorted((one, two, three))
    whole = working_time_between(calendar, first, last).worked
    parts = [
        working_time_between(calendar, first, middle).worked,
        working_time_between(calendar, middle, last).worked,
    ]
    assert whole == parts[0] + parts[1]
