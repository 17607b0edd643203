"""Opening hours as OpenStreetMap writes them (tag ``opening_hours``), in and out.

The grammar is that of https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification; the
package ``opening-hours-py`` checks an expression and writes it in its usual form, from which the
rules are read. What depends on more than the kind of day and the time of day is refused by name.
"""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]

from geo.core.opening import KINDS, MIDNIGHT, WEEKDAYS, Week
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from geo.core.worktime import Interval

MAX_LENGTH = 1_000
DAY_NAMES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HOLIDAY_NAME = "PH"
FULL_DAY = 24 * 60
ALWAYS = "24/7"
Minutes = tuple[int, int]
"""From and to, in minutes since the midnight at which a day begins."""

Hours = tuple[Minutes, ...] | None
"""Of a kind of day; ``None`` where they are not known."""

_CODES = dict(zip(DAY_NAMES, WEEKDAYS, strict=True)) | {HOLIDAY_NAME: "holiday"}
_NAMES = {code: name for name, code in _CODES.items()}
_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_DAYS = rf"(?:PH|{_DAY}(?:-{_DAY})?)"
_DATE = rf"[0-9]{{4}} (?:{'|'.join(MONTHS)}) [0-9]{{1,2}}"
_SPAN = "[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}"
_BETWEEN = re.compile("[,，;；、 ]+(?=[0-9])")
_PEOPLES = re.compile(
    "((?:[01]?[0-9]|2[0-3])[:：][0-5][0-9]) ?(?:-|–|—|~|～|至|到) ?"
    "((?:[01]?[0-9]|2[0-4])[:：][0-5][0-9])"
)
_SEPARATOR = re.compile(r"(; |, )")
_RULE = re.compile(
    rf"(?P<days>{_DAYS}(?:,{_DAYS})*)?"
    rf"(?P<dates>{_DATE}(?:,{_DATE})*)?"
    rf" ?(?P<hours>24/7|{_SPAN}(?:,{_SPAN})*)?"
    r" ?(?P<state>closed|unknown)?"
)
_SELECTORS: tuple[tuple[str, Message], ...] = (
    ('"', msg("a comment")),
    (r"\|\|", msg("a fallback (||)")),
    ("dawn|dusk|sunrise|sunset", msg("sunrise or sunset")),
    ("SH", msg("school holidays (SH)")),
    ("easter", msg("Easter")),
    (r"\[", msg("a weekday's place in the month")),
    ("PH -?[0-9]+ day", msg("days before or after public holidays")),
    ("week", msg("weeks of the year")),
    (r"[0-9]\+", msg("an open end (+)")),
    ("[0-9]{2}:[0-9]{2}/", msg("a repetition (/)")),
    (_DATE, msg("dates that are not make-up working days")),
    ("|".join(MONTHS), msg("seasons or months")),
    (r"\b[0-9]{4}\b", msg("years")),
)


class _Rule(NamedTuple):
    """One rule of an expression: of which kinds of day, or on which dates, what is added or said.

    ``hours`` is ``None`` for a whole day.
    """

    text: str
    adds: bool
    kinds: tuple[str, ...]
    dates: tuple[date, ...]
    hours: tuple[Minutes, ...] | None
    state: str

    @property
    def days(self) -> list[str | date]:
        """All of what it is about."""
        return [*self.kinds, *self.dates]

    @property
    def takes_away(self) -> bool:
        """Whether it closes for a part of days that are open."""
        return self.state == "closed" and self.hours is not None


class _RefusedError(Exception):
    """A rule that can't be kept."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.english())
        self.message = message


def read_opening_hours(text: str, make_up_days: Collection[date] = ()) -> Week | Message:
    """Read an expression, or say why it can't be kept.

    Weekdays of which it says nothing are closed, as the specification has it. Public holidays of
    which it says nothing are not known, unless it names no days at all, as ``24/7`` does; dates
    may be those of make-up working days alone.

    Parameters
    ----------
    text
        The expression.
    make_up_days
        Make-up working days (调休) of the place.

    Examples
    --------
    >>> week = read_opening_hours("Mo-Fr 08:30-12:00,14:30-17:30; PH off")
    >>> week.knows("holiday"), week.of_kind("6"), [f"{one[0]:%H:%M}" for one in week.of_kind("1")]
    (True, (), ['08:30', '14:30'])
    >>> read_opening_hours("Mo sunrise-sunset").english()
    "“Mo sunrise-sunset” depends on sunrise or sunset, which opening rules here don't know."
    >>> read_opening_hours("").english()
    'This is no expression of opening hours: it is empty.'
    """
    if not text.strip():
        return msg("This is no expression of opening hours: it is empty.")
    try:
        usual = _usual(text)
        return _week(_rules(usual), frozenset(make_up_days))
    except _RefusedError as refused:
        return refused.message


def read_intervals(text: str) -> tuple[Interval, ...] | Message:
    """Read the hours of one day as people write them, or say what is wrong.

    Examples
    --------
    >>> [f"{opens:%H:%M}" for opens, _ in read_intervals("8:30-12:00，14:30至17:30")]
    ['08:30', '14:30']
    >>> read_intervals("8点").english()
    '“8点” should be hours such as 08:30-12:00, 14:30-17:30.'
    >>> read_intervals("").english()
    '“” should be hours such as 08:30-12:00, 14:30-17:30.'
    """
    parts = [one for one in _BETWEEN.split(text.strip()) if one]
    found = [_PEOPLES.fullmatch(one) for one in parts]
    wrong = msg("“%(found)s” should be hours such as 08:30-12:00, 14:30-17:30.", found=text)
    if not found or not all(found):
        return wrong
    try:
        spans = _joined(
            _span(f"{one[1]:0>5}-{one[2]:0>5}".replace("：", ":")) for one in found if one
        )
        return tuple(_interval(*one) for one in spans)
    except _RefusedError as refused:
        return refused.message
    except ValueError:
        return wrong


def write_opening_hours(week: Week, make_up_days: Iterable[date] = ()) -> str:
    """Write the rules of a week as an expression; empty where nothing is known.

    Parameters
    ----------
    week
        The rules.
    make_up_days
        Make-up working days (调休) to name: the grammar knows no such kind of day.

    Examples
    --------
    >>> week = Week.of([("1", time(8, 30), time(12)), ("1", time(14), time(0)), ("6", None, None)])
    >>> write_opening_hours(week)
    'Mo 08:30-12:00,14:00-24:00; Sa closed; Tu-Fr,Su,PH unknown'
    >>> write_opening_hours(Week.of([(kind, time(0), time(0)) for kind in KINDS]))
    '24/7'
    >>> write_opening_hours(Week.of([]))
    ''
    """
    if week.nothing:
        return ""
    return _written(week, tuple(sorted(make_up_days)))


@lru_cache(maxsize=4096)
def _written(week: Week, make_up_days: tuple[date, ...]) -> str:
    said = {kind: _hours_text(week, kind) for kind in KINDS}
    if len(set(said.values())) == 1:
        return ALWAYS if week.always else said["1"]
    if _spills(week):
        added = [one for one in _grouped(said, WEEKDAYS) if not one.endswith(" closed")]
        texts = [", ".join(added), f"{HOLIDAY_NAME} {said['holiday']}"]
    else:
        groups = _grouped(said, KINDS[:-1])
        texts = sorted(groups, key=lambda group: HOLIDAY_NAME in group)
    if make_up_days:
        texts.append(f"{','.join(_date_text(day) for day in make_up_days)} {said['workday']}")
    return "; ".join(filter(None, texts))


def _spills(week: Week) -> bool:
    """Tell whether any hours go on past midnight: rules after theirs must not end them then."""
    return any(MIDNIGHT < closes <= opens for kind in KINDS for opens, closes in week.of_kind(kind))


def _grouped(said: dict[str, str], kinds: Sequence[str]) -> list[str]:
    """Return rules for kinds of day, one for all that have the same hours."""
    groups: dict[str, list[str]] = {}
    for kind in kinds:
        groups.setdefault(said[kind], []).append(kind)
    return [f"{_days_text(days)} {hours}" for hours, days in groups.items()]


def _hours_text(week: Week, kind: str) -> str:
    if not week.knows(kind):
        return "unknown"
    return ",".join(_span_text(*one) for one in week.of_kind(kind)) or "closed"


def _span_text(opens: time, closes: time) -> str:
    return f"{opens:%H:%M}-{'24:00' if closes == MIDNIGHT else f'{closes:%H:%M}'}"


def _days_text(days: Sequence[str]) -> str:
    weekdays = [int(day) for day in days if day in WEEKDAYS]
    runs = [
        [day for _, day in run]
        for _, run in groupby(enumerate(weekdays), key=lambda one: one[1] - one[0])
    ]
    names = [_NAMES[str(run[0])] + (f"-{_NAMES[str(run[-1])]}" if run[1:] else "") for run in runs]
    return ",".join([*names, *(HOLIDAY_NAME for day in days if day == "holiday")])


def _date_text(day: date) -> str:
    return f"{day.year:04} {MONTHS[day.month - 1]} {day.day:02}"


def _parsed(text: str) -> OpeningHours:
    return OpeningHours(text, auto_country=False, auto_timezone=False)


def _usual(text: str) -> str:
    """Return an expression in its usual form."""
    if len(text) > MAX_LENGTH:
        raise _RefusedError(msg("It has more than %(count)s characters.", count=MAX_LENGTH))
    try:
        return str(_parsed(text))
    except ParserError as error:
        raise _RefusedError(
            msg(
                "“%(found)s” is no expression of opening hours (%(where)s).",
                found=text,
                where=_where(str(error)),
            )
        ) from error


def _where(error: str) -> Message:
    found = re.search(r"--> [0-9]+:([0-9]+)", error)
    return msg("wrong from character %(at)s on", at=int(found[1]) if found else 1)


def _rules(text: str) -> Iterator[_Rule]:
    if '"' in text or "||" in text:
        raise _refused(text)
    parts = [", ", *_SEPARATOR.split(text)]
    for separator, rule in zip(parts[::2], parts[1::2], strict=True):
        yield _rule(rule, adds=separator == ", ")


def _rule(text: str, *, adds: bool) -> _Rule:
    found = _RULE.fullmatch(text)
    if found is None:
        raise _refused(text)
    hours = found["hours"]
    spans = None if hours in {None, ALWAYS} else tuple(_span(one) for one in hours.split(","))
    state = found["state"] or "open"
    if state == "unknown" and spans is not None:
        raise _RefusedError(
            msg("“%(rule)s” is not certain of hours; only whole days can be unknown.", rule=text)
        )
    dates = tuple(_date(one) for one in (found["dates"] or "").split(",") if one)
    kinds = () if dates else tuple(_kinds(found["days"]))
    return _Rule(text, adds, kinds, dates, spans, state)


def _refused(text: str) -> _RefusedError:
    named = (what for pattern, what in _SELECTORS if re.search(pattern, text))
    what = next(named, msg("more than the kind of day and the time of day"))
    return _RefusedError(
        msg(
            "“%(rule)s” depends on %(what)s, which opening rules here don't know.",
            rule=text,
            what=what,
        )
    )


def _kinds(days: str | None) -> Iterator[str]:
    if days is None:
        yield from KINDS
        return
    for part in days.split(","):
        first, _, last = part.partition("-")
        if not last:
            yield _CODES[first]
            continue
        at, end = (DAY_NAMES.index(one) for one in (first, last))
        yield from (WEEKDAYS[(at + past) % 7] for past in range((end - at) % 7 + 1))


def _date(text: str) -> date:
    year, month, day = text.split()
    try:
        return date(int(year), MONTHS.index(month) + 1, int(day))
    except ValueError:
        raise _RefusedError(msg("There is no day “%(found)s”.", found=text)) from None


def _span(text: str) -> Minutes:
    opens, closes = (int(one[:2]) * 60 + int(one[3:]) for one in text.split("-"))
    closes += FULL_DAY if closes <= opens else 0
    if opens >= FULL_DAY or closes - opens > FULL_DAY or (closes - opens == FULL_DAY and opens):
        raise _RefusedError(
            msg("“%(span)s” is not within a day; a whole day is 00:00-24:00.", span=text)
        )
    return opens, closes


def _week(rules: Iterable[_Rule], make_up_days: Collection[date]) -> Week:
    said: dict[str | date, Hours] = {}
    for rule in rules:
        if any(day not in make_up_days for day in rule.dates):
            raise _refused(rule.text)
        for of in rule.days:
            if of in said or not rule.takes_away:
                said[of] = _after(rule, said.get(of, ()))
    dated = {hours for of, hours in said.items() if isinstance(of, date)}
    if len(dated) > 1:
        raise _RefusedError(msg("It says different hours of different make-up working days."))
    kinds: dict[str | date, Hours] = dict.fromkeys(WEEKDAYS, ())
    kinds |= said | dict.fromkeys(["workday"] if dated else [], next(iter(dated), ()))
    known = [(kind, hours) for kind in KINDS if (hours := kinds.get(kind)) is not None]
    return Week({kind: tuple(_interval(*one) for one in hours) for kind, hours in known})


def _after(rule: _Rule, before: Hours) -> Hours:
    """Return the hours of a kind of day after a rule, given those before it."""
    if rule.state == "closed":
        return () if rule.hours is None else before and _without(before, rule.hours)
    if rule.state == "unknown":
        if rule.adds and before:
            raise _RefusedError(msg("“%(rule)s” adds to hours that are known.", rule=rule.text))
        return None
    if rule.adds and before is None:
        raise _RefusedError(msg("“%(rule)s” adds to hours that are not known.", rule=rule.text))
    kept = before if rule.adds and before else ()
    return _joined((*kept, *(rule.hours or ((0, FULL_DAY),))))


def _joined(spans: Iterable[Minutes]) -> tuple[Minutes, ...]:
    """Return spans in order, those that overlap or touch as one."""
    found: list[Minutes] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    if any(end - start > FULL_DAY or (end - start == FULL_DAY and start) for start, end in found):
        raise _RefusedError(msg("Its hours of one day are together longer than a day."))
    return tuple(found)


def _without(spans: Iterable[Minutes], gaps: Iterable[Minutes]) -> tuple[Minutes, ...]:
    left = list(spans)
    for begun, ended in gaps:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, begun)), (max(start, ended), end))
            if part[0] < part[1]
        ]
    return tuple(left)


def _interval(start: int, end: int) -> Interval:
    opens, closes = (time(one % FULL_DAY // 60, one % 60) for one in (start, end))
    return opens, closes
