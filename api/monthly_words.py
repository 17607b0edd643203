"""What the monthly report says: names of its figures, and its sentences."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from api.i18n import html_tag, translate
from geo.flows.monthly_report import WALK_MINUTES
from geo.messages import Message, Name, msg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from geo.core.month_figures import MonthFigures
    from geo.flows.monthly_report import MonthlyReport

NUMERALS = "一二三四五六七八九十"
DASH = "–"
LISTED = 8
HUNDRED = 100.0


class Speech(NamedTuple):
    """A language, and how things are said in it."""

    language: str

    @property
    def chinese(self) -> bool:
        """Whether it is Chinese."""
        return self.language == "zh_CN"

    @property
    def tag(self) -> str:
        """Its BCP 47 tag."""
        return html_tag(self.language)

    def say(self, message: Message) -> str:
        """Say a message."""
        return translate(message, self.language)

    def name(self, name: Name) -> str:
        """Say what something is called."""
        return self.say(msg("%(place)s", place=name))

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Write a number, or a dash where there is none."""
        if value is None:
            return DASH
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        written: str = format_decimal(value, pattern, locale=self.language)
        return written

    def pct(self, value: float | None) -> str:
        """Write a share of a hundred, or a dash where there is none."""
        if value is None:
            return DASH
        written: str = format_percent(value / HUNDRED, "0.0%", locale=self.language)
        return written

    def change(self, now: int, before: int) -> str:
        """Write a difference with its sign."""
        return f"{now - before:+d}".replace("-", "−") if now != before else "0"

    def month(self, report: MonthlyReport) -> str:
        """Name the report's month."""
        pattern = "y年M月" if self.chinese else "MMMM y"
        written: str = format_date(_first(report), pattern, locale=self.language)
        return written

    def day(self, of: date) -> str:
        """Write a day."""
        pattern = "y年M月d日" if self.chinese else "d MMMM y"
        written: str = format_date(of, pattern, locale=self.language)
        return written

    def sentences(self, messages: Sequence[Message]) -> str:
        """Say sentences one after the other."""
        return ("" if self.chinese else " ").join(self.say(one) for one in messages)

    def listed(self, parts: Sequence[str]) -> str:
        """Say a list, and of a long one how much more there is."""
        comma = "、" if self.chinese else ", "
        told = comma.join(parts[:LISTED])
        more = len(parts) - LISTED
        return told if more <= 0 else told + self.say(msg(" and %(count)s more", count=more))

    def numbered(self, number: int, heading: Message) -> str:
        """Say a heading with its number, as official documents number them."""
        before = f"{NUMERALS[number - 1]}、" if self.chinese else f"{number}. "
        return before + self.say(heading)


def _first(report: MonthlyReport) -> date:
    from datetime import date as day  # noqa: PLC0415 - shadows the type's name else

    return day(report.month.year, report.month.month, 1)


def overview_sentences(report: MonthlyReport, speech: Speech) -> list[Message]:
    """Return what happened in the month, in a few sentences."""
    number = partial(speech.number)
    now, before = report.now.counts, report.before.counts
    told = [
        msg(
            "%(received)s cases came in during %(month)s, %(change)s.",
            received=number(now["received"]),
            month=speech.month(report),
            change=speech.say(_compared(now["received"], before["received"])),
        ),
        _closed(report.now, report.before, speech),
        msg(
            "At its end %(in_hand)s cases were in hand, %(overdue)s of them overdue.",
            in_hand=number(now["in_hand"]),
            overdue=number(now["overdue"]),
        )
        if report.over
        else msg(
            "At present %(in_hand)s cases are in hand, %(overdue)s of them overdue.",
            in_hand=number(now["in_hand"]),
            overdue=number(now["overdue"]),
        ),
        msg(
            "Departments sent back %(returned)s, and %(reopened)s were opened again.",
            returned=number(now["returned"]),
            reopened=number(now["reopened"]),
        ),
    ]
    if report.now.handle_hours is not None:
        told.append(
            msg(
                "Half of those closed were handled within %(hours)s working hours.",
                hours=number(report.now.handle_hours, 1),
            )
        )
    return told


def _compared(now: int, before: int) -> Message:
    if now == before:
        return msg("as many as in the month before")
    count = abs(now - before)
    if now > before:
        return msg(
            "%(count)s more than in the month before (%(before)s)", count=count, before=before
        )
    return msg("%(count)s fewer than in the month before (%(before)s)", count=count, before=before)


def _closed(now: MonthFigures, before: MonthFigures, speech: Speech) -> Message:
    closed = speech.number(now.counts["closed"])
    if now.on_time_pct is None:
        return msg("%(closed)s cases were closed.", closed=closed)
    return msg(
        "%(closed)s cases were closed, %(pct)s of those on record on time (the month before"
        " %(before)s).",
        closed=closed,
        pct=speech.pct(now.on_time_pct),
        before=speech.pct(before.on_time_pct),
    )


def coverage_sentences(report: MonthlyReport, speech: Speech) -> list[Message]:
    """Return how well the grids are filled, in a few sentences."""
    covered, bounds = report.covered, report.coverage.thresholds
    number = partial(speech.number)
    share = 100 * covered.fitting / covered.measured if covered.measured else None
    told = [
        msg(
            "Generation %(label)s divides %(households)s households among %(grids)s grids.",
            label=report.coverage.generation.label,
            households=number(covered.households),
            grids=number(covered.grids),
        ),
        msg(
            "Of %(measured)s general grids %(fitting)s have %(least)s to %(most)s households,"
            " that is %(pct)s.",
            measured=number(covered.measured),
            fitting=number(covered.fitting),
            least=bounds.households_min,
            most=bounds.households_max,
            pct=speech.pct(share),
        ),
    ]
    if covered.answered_pct is not None:
        pct = speech.pct(covered.answered_pct)
        told.append(msg("A named person answers for %(pct)s of the households.", pct=pct))
    if covered.walk_pct is not None:
        told.append(
            msg(
                "%(pct)s of the households walk to a station in %(minutes)s minutes or less.",
                pct=speech.pct(covered.walk_pct),
                minutes=WALK_MINUTES,
            )
        )
    told.append(
        msg("%(units)s work units are paired with communities.", units=number(covered.paired))
    )
    return told


def spots_sentences(report: MonthlyReport, speech: Speech) -> list[Message]:
    """Return where the month's cases gather."""
    spots = report.spots
    if spots is None or spots.local is None:
        return [msg("There is no duty whose cases may be told by place.")]
    if spots.local.reason:
        return [msg("There are too few cases in this month to tell hot spots from chance.")]
    how = msg(
        "The %(total)s cases of the month with a known place were counted by hexagonal cells"
        " %(side)s m across, and hot spots found by Getis-Ord Gi* at a false discovery rate of"
        " 5 %%.",
        total=speech.number(spots.total),
        side=f"{spots.areas.side_m:g}",
    )
    if not report.hot:
        return [how, msg("No place stands out from chance.")]
    return [
        how,
        msg(
            "Hot spots of %(cells)s cells lie in %(grids)s grids.",
            cells=speech.number(sum(one.cells for one in report.hot)),
            grids=speech.number(len(report.hot)),
        ),
    ]


def attention_sentences(report: MonthlyReport, speech: Speech) -> list[Message]:
    """Return what is overdue and what is missing, a sentence each."""
    bounds, gaps = report.coverage.thresholds, report.gaps
    number = partial(speech.number)
    overdue = sorted(
        (one for one in report.communities if one.now.counts["overdue"]),
        key=lambda one: -one.now.counts["overdue"],
    )
    found = [
        (
            [f"{_place(one.name, speech)} {one.now.counts['overdue']}" for one in overdue],
            msg("Overdue cases: %(list)s."),
        ),
        (
            [_grid(report, row, speech) for row in gaps.large],
            msg("Grids with more than %(most)s households: %(list)s."),
        ),
        (
            [_grid(report, row, speech) for row in gaps.small],
            msg("Grids with fewer than %(least)s households: %(list)s."),
        ),
        (
            [f"{speech.name(name)} {number(count)}" for name, count in gaps.unanswered],
            msg("Buildings that nobody answers for: %(list)s."),
        ),
        (
            [speech.name(name) for name in gaps.unpaired],
            msg("Communities with which no work unit is paired: %(list)s."),
        ),
    ]
    told = [
        Message(
            message.template,
            {
                "list": speech.listed(parts),
                "most": bounds.households_max,
                "least": bounds.households_min,
            },
        )
        for parts, message in found
        if parts
    ]
    if not overdue:
        told.insert(0, msg("No case was overdue."))
    if not any(parts for parts, _ in found[1:]):
        told.append(msg("No grid is out of bounds, and nothing is missing."))
    return told


def _place(name: Name, speech: Speech) -> str:
    return speech.name(name) if name.name else speech.say(msg("In no grid"))


def _grid(report: MonthlyReport, row: int, speech: Speech) -> str:
    households = int(report.coverage.figures.values["households"][row])
    name = speech.name(report.coverage.grids[row].name)
    return f"{name}（{households}）" if speech.chinese else f"{name} ({households})"


def notes_said(report: MonthlyReport, speech: Speech) -> list[str]:
    """Return how the report was counted, and what must be said with it."""
    origin = report.coverage.origin
    told = [
        msg(
            "Figures of cases are told as they stood at the end of each month, or at present where"
            " it isn't over; “on time” is the share of closed cases whose stages are on record."
        ),
        msg(
            "Coverage is counted with the homes, people and stations of %(day)s, by the boundaries"
            " of the generation that is named.",
            day=speech.day(report.at.date()),
        ),
        msg(
            "Cases of private duties count in the sums of places. By duty and department they stand"
            " in one line with others, and on the map they are left out."
        ),
    ]
    said = [speech.say(one) for one in told]
    if origin.notice.name:
        said.append(speech.name(origin.notice))
    if origin.source.name:
        said.append(speech.say(msg("Source: %(source)s", source=speech.name(origin.source))))
    if origin.review_number:
        said.append(speech.say(msg("Review number: %(number)s", number=origin.review_number)))
    return said


__all__ = [
    "DASH",
    "Speech",
    "attention_sentences",
    "coverage_sentences",
    "notes_said",
    "overview_sentences",
    "spots_sentences",
]
