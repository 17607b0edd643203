"""Slots: laws that hold for every station, and the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from geo.core.opening import KINDS, Closure, Week, first_instant, open_spans
from geo.core.slots import Hours, offered, reminder, slots_of_day
from geo.core.worktime import WorkCalendar

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Vienna", "America/St_Johns")]
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
RULES = st.lists(st.tuples(st.sampled_from(KINDS), CLOCKS, CLOCKS), max_size=12)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
INSTANTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2026, 12, 31),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC),
)
CLOSURES = st.lists(
    st.builds(
        lambda start, minutes: Closure(start, start + timedelta(minutes=minutes)),
        INSTANTS,
        st.integers(1, 60_000),
    ),
    max_size=3,
)
MINUTES = st.integers(5, 480)
VIENNA = ZoneInfo("Europe/Vienna")
ALWAYS = Week.of([(kind, time(0), time(0)) for kind in KINDS])


@given(RULES, CLOSURES, DAYS, MINUTES, st.sampled_from(ZONES))
def test_slots_follow_each_other_within_the_opening_hours_of_their_day(
    rules: list[tuple[str, time, time]],
    closures: list[Closure],
    day: date,
    minutes: int,
    zone: ZoneInfo,
) -> None:
    calendar = WorkCalendar({}, timezone=zone.key)
    week = Week.of(rules)
    found = slots_of_day(Hours(week, closures, calendar), day, minutes)
    start, end = (first_instant(one, time(0), zone) for one in (day, day + timedelta(days=1)))
    spans = open_spans(week, closures, calendar, start, end)
    for slot in found:
        began, ended = (one.astimezone(UTC) for one in slot)
        assert ended - began == timedelta(minutes=minutes)
        assert any(opens <= began and ended <= closes for opens, closes in spans)
        assert slot.starts_at.date() == day
    assert all(
        before.ends_at.astimezone(UTC) <= after.starts_at.astimezone(UTC)
        for before, after in pairwise(found)
    )
    assert set(found) <= set(slots_of_day(Hours(week, [], calendar), day, minutes))


@given(RULES, CLOSURES, INSTANTS, MINUTES, st.integers(0, 10), st.sampled_from(ZONES))
def test_nothing_is_offered_that_has_begun_or_is_too_far_ahead(  # noqa: PLR0913, PLR0917 - laws
    rules: list[tuple[str, time, time]],
    closures: list[Closure],
    now: datetime,
    minutes: int,
    days_ahead: int,
    zone: ZoneInfo,
) -> None:
    calendar = WorkCalendar({}, timezone=zone.key)
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=at) for at in range(-1, 13)]
    hours = Hours(Week.of(rules), closures, calendar)
    found = offered(hours, minutes, days_ahead, now, days)
    assert all(slot.starts_at.astimezone(UTC) > now for slot in found)
    assert all((slot.starts_at.date() - today).days <= days_ahead for slot in found)


def test_a_day_is_as_long_as_its_clocks_make_it() -> None:
    calendar = WorkCalendar({}, timezone=VIENNA.key)
    lengths = {date(2026, 3, 29): 23, date(2026, 6, 1): 24, date(2026, 10, 25): 25}
    for day, hours in lengths.items():
        assert len(slots_of_day(Hours(ALWAYS, [], calendar), day, 60)) == hours


def test_the_evening_before_is_the_places_own() -> None:
    booked = datetime(2026, 3, 1, tzinfo=UTC)
    monday = datetime(2026, 3, 30, 9, tzinfo=VIENNA)
    assert reminder("18:00", monday, booked) == datetime(2026, 3, 29, 18, tzinfo=VIENNA)
    night = datetime(2026, 3, 29, 4, tzinfo=VIENNA)
    assert reminder("3h", night, booked) == datetime(2026, 3, 29, 0, tzinfo=VIENNA)


def test_at_night_nobody_serves_where_the_door_is_always_open() -> None:
    calendar = WorkCalendar({1: ((time(9), time(12)),)}, timezone="Asia/Shanghai")
    found = slots_of_day(Hours(ALWAYS, [], calendar), date(2026, 3, 9), 60)
    assert [slot.starts_at.hour for slot in found] == [9, 10, 11]
    assert slots_of_day(Hours(ALWAYS, [], calendar), date(2026, 3, 10), 60) == []
