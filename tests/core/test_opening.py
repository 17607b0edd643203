"""When stations are open: kinds of day, midnight, closures, clocks that jump."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.core.opening import (
    KINDS,
    Closure,
    Opening,
    Week,
    days,
    kind_of_day,
    open_spans,
    service,
    status,
)
from geo.core.worktime import KindOfDay, WorkCalendar

if TYPE_CHECKING:
    from collections.abc import Iterator

SHANGHAI = ZoneInfo("Asia/Shanghai")
LUNCH_BREAK = [(time(8, 30), time(12)), (time(14, 30), time(17, 30))]
OFFICE = Week.of(
    [(str(day), *hours) for day in range(1, 6) for hours in LUNCH_BREAK]
    + [("6", time(9), time(12)), ("7", None, None), ("holiday", None, None)]
)
SPRING_FESTIVAL: dict[date, KindOfDay] = {
    **{date(2026, 2, day): "holiday" for day in range(15, 24)},
    date(2026, 2, 14): "workday",
    date(2026, 2, 28): "workday",
}
CALENDAR = WorkCalendar({}, SPRING_FESTIVAL, "Asia/Shanghai")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def told(found: Opening) -> tuple[str, str | None, str | None, int | None]:
    until, following = (
        None if one is None else f"{one:%m-%d %H:%M}" for one in (found.until, found.next)
    )
    return found.reason, until, following, found.minutes


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-03-04T08:30", ("open", "03-04 12:00", "03-04 14:30", 210)),
        ("2026-03-04T11:40", ("open", "03-04 12:00", "03-04 14:30", 20)),
        ("2026-03-04T11:59:30", ("open", "03-04 12:00", "03-04 14:30", 0)),
        ("2026-03-04T12:00", ("closed", "03-04 14:30", "03-04 14:30", 150)),
        ("2026-03-04T14:29:30", ("closed", "03-04 14:30", "03-04 14:30", 1)),
        ("2026-03-04T17:30", ("closed", "03-05 08:30", "03-05 08:30", 900)),
        ("2026-03-07T12:00", ("closed", "03-09 08:30", "03-09 08:30", 2670)),
        ("2026-02-17T12:40", ("holiday", "02-24 00:00", "02-24 08:30", 9830)),
        ("2026-02-14T10:00", ("open", "02-14 12:00", "02-14 14:30", 120)),
        ("2026-02-14T23:59:59", ("closed", "02-15 00:00", "02-24 08:30", 13471)),
        ("2026-02-28T16:00", ("open", "02-28 17:30", "03-02 08:30", 90)),
    ],
)
def test_an_office_with_a_lunch_break_around_spring_festival(
    when: str, expected: tuple[str, str | None, str | None, int | None]
) -> None:
    assert told(status(OFFICE, [], CALENDAR, at(when))) == expected


def test_a_make_up_saturday_has_its_own_rules_or_those_that_monday_to_friday_share() -> None:
    saturday = at("2026-02-14T16:00")
    own = Week.of([*OFFICE.rules, ("workday", time(9), time(11))])
    assert told(status(own, [], CALENDAR, saturday))[0] == "closed"
    assert told(status(OFFICE, [], CALENDAR, saturday))[0] == "open"
    uneven = Week.of([*OFFICE.rules, ("3", time(18), time(19))])
    found = status(uneven, [], CALENDAR, saturday)
    assert (found.now, found.known, found.reason) == (False, False, "not_known")


def test_a_kind_of_day_without_rules_is_not_known_until_the_day_is_over() -> None:
    week = Week.of([rule for rule in OFFICE.rules if rule[0] not in {"holiday", "6"}])
    found = status(week, [], CALENDAR, at("2026-02-20T10:00"))
    assert not found.now
    assert not found.known
    assert told(found) == ("not_known", "02-24 00:00", "02-24 08:30", 5670)
    assert told(status(week, [], CALENDAR, at("2026-03-07T10:00")))[:2] == (
        "not_known",
        "03-08 00:00",
    )


def test_of_a_station_without_rules_nothing_is_known_and_nothing_comes() -> None:
    found = status(Week.of([]), [], CALENDAR, at("2026-03-04T10:00"))
    assert told(found) == ("not_known", None, None, None)
    never = Week.of([(kind, None, None) for kind in KINDS])
    assert status(never, [], CALENDAR, at("2026-03-04T10:00")).next is None


def test_what_opens_in_the_evening_closes_on_the_next_day_whatever_that_is() -> None:
    week = Week.of([("6", time(20), time(2)), ("holiday", None, None), ("7", None, None)])
    calendar = WorkCalendar({}, {date(2026, 10, 4): "holiday"}, "Asia/Shanghai")
    assert told(status(week, [], calendar, at("2026-10-03T23:30")))[:2] == ("open", "10-04 02:00")
    assert told(status(week, [], calendar, at("2026-10-04T01:59")))[::3] == ("open", 1)
    assert told(status(week, [], calendar, at("2026-10-04T02:00")))[0] == "holiday"


def test_open_to_midnight_and_from_midnight_is_open_throughout() -> None:
    week = Week.of([("3", time(8), time(0)), ("4", time(0), time(9)), ("5", time(0), time(0))])
    assert told(status(week, [], CALENDAR, at("2026-03-04T23:00")))[:2] == ("open", "03-05 09:00")
    assert told(status(week, [], CALENDAR, at("2026-03-06T00:00")))[:2] == ("open", "03-07 00:00")


def test_always_open_has_no_end_but_closures_have_a_say() -> None:
    week = Week.of([(kind, time(0), time(0)) for kind in KINDS])
    assert told(status(week, [], CALENDAR, at("2026-02-17T03:00"))) == ("open", None, None, None)
    repairs = Closure(at("2026-02-18T08:00"), at("2026-02-20T08:00"), "维修", "Repairs")
    found = status(week, [repairs], CALENDAR, at("2026-02-17T08:00"))
    assert told(found) == ("open", "02-18 08:00", "02-20 08:00", 1440)
    found = status(week, [repairs], CALENDAR, at("2026-02-19T08:00"))
    assert told(found) == ("closure", "02-20 08:00", "02-20 08:00", 1440)
    assert found.closure == repairs


def test_a_closure_without_an_end_lasts_until_further_notice() -> None:
    gone = Closure(at("2026-03-05T00:00"), None, "搬迁", "Moved")
    found = status(OFFICE, [gone], CALENDAR, at("2026-03-06T10:00"))
    assert told(found) == ("closure", None, None, None)
    assert told(status(OFFICE, [gone], CALENDAR, at("2026-03-04T16:00"))) == (
        "open",
        "03-04 17:30",
        None,
        90,
    )


def test_a_closure_that_ends_in_the_lunch_break_leaves_the_station_closed() -> None:
    morning = Closure(at("2026-03-04T09:00"), at("2026-03-04T13:00"), "停电")
    assert told(status(OFFICE, [morning], CALENDAR, at("2026-03-04T10:00"))) == (
        "closure",
        "03-04 13:00",
        "03-04 14:30",
        270,
    )


def test_holidays_of_a_year_that_nobody_published_are_not_known() -> None:
    assert status(OFFICE, [], CALENDAR, at("2026-03-04T10:00")).calendar_known
    assert not status(OFFICE, [], CALENDAR, at("2031-03-04T10:00")).calendar_known


def test_the_time_is_the_places() -> None:
    urumqi = WorkCalendar({}, SPRING_FESTIVAL, "Asia/Urumqi")
    noon_in_shanghai = at("2026-03-04T12:00")
    assert status(OFFICE, [], urumqi, noon_in_shanghai).now
    assert not status(OFFICE, [], CALENDAR, noon_in_shanghai).now
    found = status(OFFICE, [], CALENDAR, noon_in_shanghai.astimezone(ZoneInfo("Asia/Tokyo")))
    assert found.next is not None
    assert found.next.isoformat() == "2026-03-04T14:30:00+08:00"


def test_minutes_are_real_ones_when_clocks_jump() -> None:
    vienna = WorkCalendar({}, {}, "Europe/Vienna")
    week = Week.of([("6", time(22), time(4))])
    spring = status(week, [], vienna, at("2026-03-28T23:00", ZoneInfo("Europe/Vienna")))
    autumn = status(week, [], vienna, at("2026-10-24T23:00", ZoneInfo("Europe/Vienna")))
    assert (spring.minutes, autumn.minutes) == (240, 360)


def test_the_next_days_say_what_kind_they_are() -> None:
    found = days(OFFICE, CALENDAR, date(2026, 2, 13), 3)
    assert [(one.kind, one.known, len(one.intervals)) for one in found] == [
        ("5", True, 2),
        ("workday", True, 2),
        ("holiday", True, 0),
    ]


def test_spans_of_opening_leave_closures_out() -> None:
    closure = Closure(at("2026-03-04T16:00"), at("2026-03-05T10:00"), "停电")
    spans = open_spans(OFFICE, [closure], CALENDAR, at("2026-03-04T10:00"), at("2026-03-05T11:00"))
    assert [f"{opens:%d %H:%M}-{closes:%H:%M}" for opens, closes in spans] == [
        "04 10:00-12:00",
        "04 14:30-16:00",
        "05 10:00-11:00",
    ]


def test_hours_beyond_those_of_offices_are_named() -> None:
    assert not service(OFFICE).lunch
    assert service(OFFICE).weekend
    through = Week.of([(str(day), time(7, 30), time(21)) for day in range(1, 8)])
    assert service(through)._asdict() == {
        "every_day": False,
        "around_the_clock": False,
        "lunch": True,
        "evening": True,
        "weekend": True,
        "holiday": False,
    }


LEAD_IN = 180
CLOCKS = st.times(max_value=time(23, 59)).map(lambda clock: clock.replace(second=0, microsecond=0))
INTERVALS = st.tuples(CLOCKS, CLOCKS).filter(lambda one: one[0] != one[1] or one[1] == time(0))
WEEKS = st.dictionaries(
    st.sampled_from(KINDS), st.lists(INTERVALS, max_size=3).map(tuple), max_size=9
).map(Week)
ZONES = st.sampled_from(
    ["Asia/Shanghai", "Europe/Vienna", "America/St_Johns", "Australia/Lord_Howe", "UTC"]
)
JUMPS = [
    date(2026, 3, 28),
    date(2026, 10, 24),
    date(2026, 10, 3),
    date(2026, 4, 4),
    date(2026, 3, 7),
]
FIRST_DAYS = st.sampled_from(JUMPS) | st.dates(date(2025, 12, 25), date(2026, 12, 31))


@st.composite
def places(draw: st.DrawFn) -> tuple[Week, list[Closure], WorkCalendar, datetime]:
    first = draw(FIRST_DAYS)
    near = [first + timedelta(days=past) for past in range(-1, 5)]
    kinds: dict[date, KindOfDay] = draw(
        st.dictionaries(st.sampled_from(near), st.sampled_from(("holiday", "workday")))
    )
    zone = draw(ZONES)
    start = datetime.combine(first, draw(CLOCKS), ZoneInfo(zone)).astimezone(UTC)
    moments = st.integers(-2_000, 4_000).map(lambda past: start + timedelta(minutes=past))
    pairs = st.tuples(moments, moments).filter(lambda one: one[0] < one[1])
    ends = pairs | st.tuples(moments, st.none())
    closures = [Closure(one[0], one[1], "停电") for one in draw(st.lists(ends, max_size=3))]
    return draw(WEEKS), closures, WorkCalendar({}, kinds, zone), start


def slow_minutes(
    week: Week, closures: list[Closure], calendar: WorkCalendar, start: datetime, count: int
) -> Iterator[str]:
    """Walk through the minutes with a clock on the wall, and open and close as it shows times."""
    zone = calendar.zone
    walls = [
        (start + timedelta(minutes=past)).astimezone(zone).replace(tzinfo=None)
        for past in range(-LEAD_IN, count)
    ]
    latest = walls[0]
    reached = []
    for wall in walls:
        latest = max(latest, wall)
        reached.append(latest)
    for past, shown in list(enumerate(reached, -LEAD_IN))[LEAD_IN:]:
        instant = start + timedelta(minutes=past)
        today = instant.astimezone(zone).date()
        is_open = False
        for day in (today - timedelta(days=1), today, shown.date()):
            for opens, closes in week.of_kind(kind_of_day(calendar, day)):
                begin = datetime.combine(day, opens)
                end = datetime.combine(day, closes)
                if end <= begin:
                    end += timedelta(days=1)
                is_open |= begin <= shown < end
        kind = kind_of_day(calendar, today)
        if any(c.starts_at <= instant and (not c.ends_at or instant < c.ends_at) for c in closures):
            yield "closure"
        elif is_open:
            yield "open"
        elif not week.knows(kind):
            yield "not_known"
        else:
            yield "holiday" if kind == "holiday" and not week.of_kind(kind) else "closed"


@settings(max_examples=30)
@given(places())
def test_every_minute_is_what_a_slow_count_says(
    place: tuple[Week, list[Closure], WorkCalendar, datetime],
) -> None:
    week, closures, calendar, start = place
    count = 1_000
    slow = list(slow_minutes(week, closures, calendar, start, count))
    minute = 0
    while minute < count:
        instant = start + timedelta(minutes=minute)
        found = status(week, closures, calendar, instant)
        assert found.now == (found.reason == "open")
        until = found.until or start + timedelta(minutes=count)
        ends = min(count, (until - start) // timedelta(minutes=1))
        assert ends > minute
        assert set(slow[minute:ends]) == {found.reason}
        if ends < count and (found.reason, slow[ends]) != ("closure", "closure"):
            assert slow[ends] != found.reason
        minute = ends


@settings(max_examples=60)
@given(places(), st.integers(0, 10_000))
def test_the_present_lasts_until_the_instant_it_names(
    place: tuple[Week, list[Closure], WorkCalendar, datetime], past: int
) -> None:
    week, closures, calendar, start = place
    found = status(week, closures, calendar, start)
    end = min(found.until or start + timedelta(days=9), start + timedelta(days=9))
    between = start + min(timedelta(seconds=past * 37), end - start - timedelta(seconds=1))
    later = status(week, closures, calendar, between)
    assert (later.now, later.known, later.reason, later.until) == (
        found.now,
        found.known,
        found.reason,
        found.until,
    )
    if found.next is not None:
        assert status(week, closures, calendar, found.next).now
        if not found.now:
            before = status(week, closures, calendar, found.next - timedelta(minutes=1))
            assert not before.now


@settings(max_examples=30)
@given(places())
def test_spans_follow_each_other_and_lie_in_opening_hours(
    place: tuple[Week, list[Closure], WorkCalendar, datetime],
) -> None:
    week, closures, calendar, start = place
    spans = open_spans(week, closures, calendar, start, start + timedelta(days=3))
    assert all(opens < closes for opens, closes in spans)
    assert all(closes < opens for (_, closes), (opens, _) in pairwise(spans))
    for opens, closes in spans:
        assert status(week, closures, calendar, opens).now
        assert status(week, closures, calendar, closes - timedelta(seconds=1)).now


@settings(max_examples=30)
@given(WEEKS)
def test_a_week_and_its_rules_are_the_same(week: Week) -> None:
    again = Week.of(week.rules)
    assert {kind: set(hours) for kind, hours in again.hours.items()} == {
        kind: set(hours) for kind, hours in week.hours.items()
    }
