"""The monthly report's tables, for the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.files.official import Row, Table
from geo.flows.monthly_report import WALK_MINUTES
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.monthly_words import Speech
    from geo.core.month_figures import MonthFigures
    from geo.flows.monthly_report import Covered, MonthlyReport, PlaceRow, WorkRow

MOST_DUTIES = 15
PLACE = msg("Street, community")
NOWHERE = msg("In no grid")
WHOLE = msg("Whole jurisdiction")

COVERAGE_COLUMNS: tuple[Message, ...] = (
    msg("Grids"),
    msg("Number of households"),
    msg("General grids in bounds"),
    msg("Households with a named person"),
    msg("Within %(minutes)s min of a station", minutes=WALK_MINUTES),
    msg("Units paired"),
)
CASE_COLUMNS: tuple[Message, ...] = (
    msg("Cases received"),
    msg("Month before"),
    msg("Change"),
    msg("Closed"),
    msg("On-time share"),
    msg("Still in hand"),
    msg("Overdue"),
)
WORK_COLUMNS: tuple[Message, ...] = (
    msg("Cases received"),
    msg("Month before"),
    msg("Change"),
    msg("On-time share"),
    msg("Handling, working hours"),
)
DUTY, DEPARTMENT = msg("Duty"), msg("Department")
OTHER_DUTIES = msg("All other duties")
OTHER_DEPARTMENTS = msg("All others, and the grids themselves")


def coverage_table(report: MonthlyReport, speech: Speech, number: int) -> Table:
    """Return coverage by street and community."""
    rows = [
        Row((_called(place, speech), *_covered(place.covered, speech)), strong, not strong)
        for place, strong in _places(report)
        if place.covered is not None
    ]
    whole = Row((speech.say(WHOLE), *_covered(report.covered, speech)), strong=True)
    return Table(
        _caption(number, msg("Coverage by street and community"), speech),
        tuple(speech.say(one) for one in (PLACE, *COVERAGE_COLUMNS)),
        (whole, *rows),
        (2.5, 0.9, 1.2, 1.3, 1.3, 1.5, 1.4),
    )


def cases_table(report: MonthlyReport, speech: Speech, number: int) -> Table:
    """Return the loop's figures by street and community."""
    rows = [
        Row((_called(place, speech), *_cases(place.now, place.before, speech)), strong, not strong)
        for place, strong in _places(report)
    ]
    whole = Row((speech.say(WHOLE), *_cases(report.now, report.before, speech)), strong=True)
    return Table(
        _caption(number, msg("Cases by street and community"), speech),
        tuple(speech.say(one) for one in (PLACE, *CASE_COLUMNS)),
        (whole, *rows),
        (2.6, 1, 1, 1, 1, 1.2, 1, 1),
    )


def duties_table(report: MonthlyReport, speech: Speech, number: int) -> Table:
    """Return the most common duties, and all others together."""
    told, others = report.duties
    rest: list[WorkRow] = [*told[MOST_DUTIES:], *([others] if others else [])]
    return Table(
        _caption(number, msg("Cases by duty"), speech),
        tuple(speech.say(one) for one in (DUTY, *WORK_COLUMNS)),
        (*_work(told[:MOST_DUTIES], speech), *_rest(rest, OTHER_DUTIES, speech)),
        (2.8, 1, 1, 1, 1.2, 1.8),
    )


def departments_table(report: MonthlyReport, speech: Speech, number: int) -> Table:
    """Return departments, and all other cases together."""
    told, others = report.departments
    return Table(
        _caption(number, msg("Cases by department"), speech),
        tuple(speech.say(one) for one in (DEPARTMENT, *WORK_COLUMNS)),
        (
            *_work(told, speech),
            *_rest([others] if others else [], OTHER_DEPARTMENTS, speech),
        ),
        (2.8, 1, 1, 1, 1.2, 1.8),
    )


def hot_table(report: MonthlyReport, speech: Speech, number: int) -> Table:
    """Return the grids in which hot spots lie."""
    grids = report.coverage.grids
    columns = (msg("Grid"), msg("Community"), msg("Hot cells"), msg("Cases in them"))
    return Table(
        _caption(number, msg("Grids with hot spots"), speech),
        tuple(speech.say(one) for one in columns),
        tuple(
            Row(
                (
                    speech.name(grids[one.row].name),
                    speech.name(grids[one.row].community),
                    speech.number(one.cells),
                    speech.number(one.issues),
                )
            )
            for one in report.hot
        ),
        (3, 2, 1, 1),
    )


def _caption(number: int, caption: Message, speech: Speech) -> str:
    return speech.say(
        msg("Table %(number)s  %(caption)s", number=number, caption=speech.say(caption))
    )


def _places(report: MonthlyReport) -> Iterator[tuple[PlaceRow, bool]]:
    """Yield streets, each with its communities, and whether it is a street."""
    for street in report.streets:
        yield street, True
        if street.code:
            yield from ((one, False) for one in report.communities if one.street == street.code)


def _called(place: PlaceRow, speech: Speech) -> str:
    return speech.name(place.name) if place.code else speech.say(NOWHERE)


def _covered(one: Covered, speech: Speech) -> tuple[str, ...]:
    return (
        speech.number(one.grids),
        speech.number(one.households),
        f"{one.fitting}/{one.measured}",
        speech.pct(one.answered_pct),
        speech.pct(one.walk_pct),
        speech.number(one.paired),
    )


def _cases(now: MonthFigures, before: MonthFigures, speech: Speech) -> tuple[str, ...]:
    counts = now.counts
    return (
        speech.number(counts["received"]),
        speech.number(before.counts["received"]),
        speech.change(counts["received"], before.counts["received"]),
        speech.number(counts["closed"]),
        speech.pct(now.on_time_pct),
        speech.number(counts["in_hand"]),
        speech.number(counts["overdue"]),
    )


def _work(rows: tuple[WorkRow, ...], speech: Speech) -> Iterator[Row]:
    for row in rows:
        now, before = row.now.counts["received"], row.before.counts["received"]
        yield Row(
            (
                speech.name(row.name),
                speech.number(now),
                speech.number(before),
                speech.change(now, before),
                speech.pct(row.now.on_time_pct),
                speech.number(row.now.handle_hours, 1),
            )
        )


def _rest(rows: list[WorkRow], name: Message, speech: Speech) -> Iterator[Row]:
    """Yield one row of several: their sum, without medians that can't be summed up."""
    if rows:
        now, before = (
            sum(figures.counts["received"] for figures in months)
            for months in ([one.now for one in rows], [one.before for one in rows])
        )
        dash = speech.number(None)
        yield Row(
            (
                speech.say(name),
                speech.number(now),
                speech.number(before),
                speech.change(now, before),
                dash,
                dash,
            )
        )


__all__ = [
    "CASE_COLUMNS",
    "COVERAGE_COLUMNS",
    "DEPARTMENT",
    "DUTY",
    "NOWHERE",
    "OTHER_DEPARTMENTS",
    "OTHER_DUTIES",
    "PLACE",
    "WHOLE",
    "WORK_COLUMNS",
    "cases_table",
    "coverage_table",
    "departments_table",
    "duties_table",
    "hot_table",
]
