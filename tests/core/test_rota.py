"""Rotas: laws that every one keeps, and the fairest of all on problems small enough to try all."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.core.opening import KINDS as DAYS
from geo.core.opening import Week, open_spans
from geo.core.rota import (
    KINDS,
    Duty,
    Load,
    Rules,
    Shift,
    added,
    conflicts,
    duties,
    gaps,
    kind_of_shift,
    spread,
)
from geo.core.rota_solving import Infeasible, Person, Rota, Shortage, able, solve, starts
from geo.core.worktime import WorkCalendar

if TYPE_CHECKING:
    from collections.abc import Sequence

MONDAY = datetime(2026, 9, 28, tzinfo=UTC)
HOUR = timedelta(hours=1)
CALENDAR = WorkCalendar(
    {}, {date(2026, 10, 1): "holiday", date(2026, 10, 10): "workday"}, "Asia/Shanghai"
)
WEEK = Week.of([(kind, time(8, 30), time(17, 30)) for kind in DAYS])
NO_RULES = Rules(day_max=99, week_max=99, rest_min=0)


def duty(day: int, begins: int, hours: int, kind: str = "ordinary", people: int = 1) -> Duty:
    start = MONDAY + timedelta(days=day, hours=begins)
    return Duty(start, start + hours * HOUR, start.date(), kind, people)


DUTIES = st.lists(
    st.builds(
        duty,
        st.integers(0, 9),
        st.integers(0, 20),
        st.integers(1, 4),
        st.sampled_from(KINDS),
        st.integers(1, 2),
    ),
    max_size=5,
    unique_by=lambda one: one[:2],
)
LOADS = st.builds(Load, *(st.integers(0, 4).map(lambda hours: hours * 60),) * 4)
PEOPLE = st.lists(
    st.tuples(
        st.none() | LOADS,
        st.lists(st.integers(0, 9), max_size=2),
    ),
    max_size=3,
).map(
    lambda given: [
        Person(
            key,
            tuple((MONDAY + timedelta(days=at), MONDAY + timedelta(days=at + 1)) for at in away),
            before=before,
        )
        for key, (before, away) in enumerate(given)
    ]
)
RULES = st.builds(
    Rules,
    day_max=st.integers(1, 2),
    week_max=st.integers(1, 5),
    rest_min=st.sampled_from([0, 60, 600]),
)


def every_rota(
    wanted: Sequence[Duty], people: Sequence[Person], rules: Rules
) -> list[tuple[Shift, ...]]:
    """Return all rotas within the rules."""
    choices = [
        combinations([one for one in people if able(each, one, rules)], each.people)
        for each in wanted
    ]
    found = []
    for chosen in product(*choices):
        shifts = tuple(
            Shift(person.key, each.starts_at, each.ends_at, each.day, each.kind)
            for each, those in zip(wanted, chosen, strict=True)
            for person in those
        )
        if not conflicts(shifts, rules):
            found.append(shifts)
    return found


def spread_of(shifts: Sequence[Shift], people: Sequence[Person]) -> Load:
    found = starts(people)
    for one in shifts:
        found[one.person] = added(found[one.person], one.kind, one.minutes)
    return spread(found.values())


@settings(max_examples=60, deadline=None)
@given(DUTIES, PEOPLE, RULES)
def test_of_all_rotas_it_is_a_fairest_one_or_there_is_none(
    wanted: list[Duty], people: list[Person], rules: Rules
) -> None:
    every = every_rota(sorted(wanted), people, rules)
    found = solve(wanted, people, rules)
    if isinstance(found, Infeasible):
        assert not every
        assert all(one.missing > 0 and one.most >= 0 for one in found.shortages)
        return
    assert found.proven
    assert found.spread == min(spread_of(one, people) for one in every)
    assert found.spread == spread_of(found.shifts, people)
    filled = Counter((one.starts_at, one.ends_at, one.kind) for one in found.shifts)
    assert filled == {(one.starts_at, one.ends_at, one.kind): one.people for one in wanted}
    assert conflicts(found.shifts, rules) == []
    assert found == solve(wanted, people, rules)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 6), st.integers(1, 14), st.sampled_from(KINDS))
def test_equal_shifts_are_shared_out_to_one(count: int, shifts: int, kind: str) -> None:
    wanted = [duty(day, 9, 3, kind) for day in range(shifts)]
    found = solve(wanted, [Person(one) for one in range(count)], NO_RULES)
    assert isinstance(found, Rota)
    held = Counter(one.person for one in found.shifts)
    numbers = [held[one] for one in range(count)]
    assert max(numbers) - min(numbers) == (1 if shifts % count else 0)


def test_four_weeks_of_a_station_are_filled_and_shared_out() -> None:
    begin = MONDAY.replace(tzinfo=CALENDAR.zone)
    spans = open_spans(WEEK, [], CALENDAR, begin, begin + timedelta(days=28))
    rules = Rules()
    wanted = duties(spans, CALENDAR, rules)
    kinds = Counter(one.kind for one in wanted)
    assert kinds == {"ordinary": 40, "lunch": 20, "weekend": 14, "holiday": 2}
    people = [Person(one) for one in range(7)]
    found = solve(wanted, people, rules)
    assert isinstance(found, Rota)
    assert len(found.shifts) == len(wanted)
    assert conflicts(found.shifts, rules) == []
    assert (found.spread.weekend, found.spread.lunch) == (0, 120)
    assert found.spread.holiday == 270
    assert gaps(wanted, found.shifts) == []


def test_who_did_more_before_does_less_now() -> None:
    wanted = [duty(day, 9, 3, "weekend") for day in range(4)]
    people = [Person(1, before=Load(weekend=360, all=360)), Person(2, before=Load())]
    found = solve(wanted, people, NO_RULES)
    assert isinstance(found, Rota)
    assert Counter(one.person for one in found.shifts) == {1: 1, 2: 3}
    newcomer = solve(wanted, [people[0], Person(2)], NO_RULES)
    assert isinstance(newcomer, Rota)
    assert Counter(one.person for one in newcomer.shifts) == {1: 2, 2: 2}


@pytest.mark.parametrize(
    ("wanted", "people", "rules", "short"),
    [
        (
            [duty(0, 9, 3, people=3)],
            2,
            Rules(),
            Shortage("shift", MONDAY.date(), MONDAY.date(), 3, 2, *duty(0, 9, 3)[:2]),
        ),
        (
            [duty(0, 9, 3), duty(0, 12, 2), duty(0, 14, 3)],
            2,
            Rules(),
            Shortage("day", MONDAY.date(), MONDAY.date(), 3, 2),
        ),
        (
            [duty(day, 9, 3) for day in range(7)],
            1,
            Rules(),
            Shortage("week", MONDAY.date(), date(2026, 10, 4), 7, 6),
        ),
        (
            [duty(6, 20, 4), duty(7, 1, 4)],
            1,
            Rules(),
            Shortage("period", date(2026, 10, 4), date(2026, 10, 5), 2, 1),
        ),
    ],
)
def test_what_is_missing_is_told_by_its_numbers(
    wanted: list[Duty], people: int, rules: Rules, short: Shortage
) -> None:
    found = solve(wanted, [Person(one) for one in range(people)], rules)
    assert found == Infeasible((short,))


def test_hours_are_told_apart_by_what_they_cost() -> None:
    zone = CALENDAR.zone
    friday = datetime(2026, 10, 9, 8, 30, tzinfo=zone)
    for days, kinds in (
        (0, ["ordinary", "lunch", "ordinary"]),
        (1, ["ordinary", "lunch", "ordinary"]),
        (2, ["weekend", "weekend"]),
        (-8, ["holiday", "holiday"]),
    ):
        start = friday + timedelta(days=days)
        found = duties([(start, start + 9 * HOUR)], CALENDAR, Rules())
        assert [one.kind for one in found] == kinds
        assert [kind_of_shift(CALENDAR, one[:2]) for one in found] == kinds
    night = duties([(friday, friday + 72 * HOUR)], CALENDAR, Rules(begins=time(9), ends=time(12)))
    assert [one.starts_at.astimezone(zone).hour for one in night] == [9] * 3
    twice = duties([(friday, friday + HOUR)], CALENDAR, Rules(people={"ordinary": 2}))
    assert [one.people for one in twice] == [2]


def test_conflicts_and_gaps_are_named() -> None:
    first, second = duty(0, 9, 3), duty(0, 11, 4)
    shifts = [Shift(1, *one[:4]) for one in (first, second)]
    assert [(one.fault, one.row) for one in conflicts(shifts, Rules())] == [
        ("day", 1),
        ("overlap", 1),
    ]
    late = [Shift(1, *one[:4]) for one in (duty(0, 20, 4), duty(1, 3, 4))]
    assert [one.fault for one in conflicts(late, Rules())] == ["rest"]
    assert gaps([duty(0, 9, 8)], shifts) == [(duty(0, 15, 1)[0], duty(0, 17, 1)[0])]
