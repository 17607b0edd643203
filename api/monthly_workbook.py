"""The monthly report's numbers as a workbook."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from api.figures_words import COUNTS
from api.monthly_tables import (
    COVERAGE_COLUMNS,
    DEPARTMENT,
    DUTY,
    NOWHERE,
    OTHER_DEPARTMENTS,
    OTHER_DUTIES,
    WHOLE,
)
from api.monthly_words import (
    Speech,
    attention_sentences,
    coverage_sentences,
    notes_said,
    overview_sentences,
    spots_sentences,
)
from geo.core.coverage_figures import MEASURES, OF_GRIDS
from geo.core.month_figures import MONTH_COUNTS
from geo.files.workbooks import Cell, Sheet, workbook
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geo.core.month_figures import MonthFigures
    from geo.flows.monthly_report import Covered, MonthlyReport, PlaceRow, WorkRow, WorkRows
    from geo.messages import Message

WHOLE_NUMBER, ONE, PCT = "#,##0", "0.0", '0.0"%"'
ON_TIME, HOURS = msg("On-time share"), msg("Handling, working hours")


def monthly_xlsx(report: MonthlyReport, language: str) -> bytes:
    """Return the numbers of a report as a workbook: places, duties, departments, grids.

    Parameters
    ----------
    report
        Of :func:`geo.flows.monthly_report.monthly_report`.
    language
        Of the reader.
    """
    speech = Speech(language)
    place = speech.name(report.coverage.origin.name)
    title = f"{place} · {speech.say(msg('Monthly report'))} · {speech.month(report)}"
    heading = (title, *notes_said(report, speech)[3:])
    sheet = partial(_sheet, speech=speech, heading=heading)
    sheets = [
        Sheet(speech.say(msg("Summary")), heading, *_summary(report, speech)),
        sheet(msg("By street"), _places(report.streets, report, speech, msg("Street")), kept=2),
        sheet(
            msg("By community"),
            _places(report.communities, report, speech, msg("Community")),
            kept=2,
        ),
        sheet(msg("By duty"), _works(report.duties, DUTY, OTHER_DUTIES, speech), kept=2),
        sheet(
            msg("By department"),
            _works(report.departments, DEPARTMENT, OTHER_DEPARTMENTS, speech),
            kept=2,
        ),
        sheet(msg("By grid"), _grids(report, speech), kept=2),
        sheet(msg("How it was counted"), _counted(report, speech)),
    ]
    return workbook(sheets, title)


Filled = tuple[list[str], list[list[Cell]]]


def _sheet(
    name: Message, filled: Filled, *, speech: Speech, heading: Sequence[str], kept: int = 1
) -> Sheet:
    return Sheet(speech.say(name), heading[:1], *filled, kept=kept)


def _summary(report: MonthlyReport, speech: Speech) -> Filled:
    columns = (msg("Figure"), msg("This month"), msg("Month before"), msg("Change"))
    rows = [
        [
            Cell(speech.say(COUNTS[name].name)),
            Cell(now := report.now.counts[name], WHOLE_NUMBER),
            Cell(before := report.before.counts[name], WHOLE_NUMBER),
            Cell(now - before, "+#,##0;−#,##0;0"),
        ]
        for name in MONTH_COUNTS
    ]
    for name, form, values in (
        (ON_TIME, PCT, (report.now.on_time_pct, report.before.on_time_pct)),
        (HOURS, ONE, (report.now.handle_hours, report.before.handle_hours)),
    ):
        rows.append([Cell(speech.say(name)), *(Cell(one, form) for one in values), Cell(None)])
    for name, cell in zip(COVERAGE_COLUMNS, _covered(report.covered), strict=True):
        rows.append([Cell(speech.say(name)), cell, Cell(None), Cell(None)])
    return [speech.say(one) for one in columns], rows


def _places(
    rows: Sequence[PlaceRow], report: MonthlyReport, speech: Speech, kind: Message
) -> Filled:
    columns = [
        *(speech.say(one) for one in (msg("Code"), kind, *COVERAGE_COLUMNS)),
        *_figure_columns(speech),
    ]
    whole = [
        Cell(""),
        Cell(speech.say(WHOLE)),
        *_covered(report.covered),
        *_figures(report.now, report.before),
    ]
    return columns, [
        whole,
        *(
            [
                Cell(one.code),
                Cell(speech.name(one.name) if one.code else speech.say(NOWHERE)),
                *(_covered(one.covered) if one.covered else [Cell(None)] * len(COVERAGE_COLUMNS)),
                *_figures(one.now, one.before),
            ]
            for one in rows
        ),
    ]


def _works(rows: WorkRows, kind: Message, others: Message, speech: Speech) -> Filled:
    """Return received cases, medians and shares: what no other figure can be worked out from."""
    told, rest = rows
    received = speech.say(COUNTS["received"].name)
    columns = [
        *(speech.say(one) for one in (msg("Code"), kind)),
        received,
        speech.say(msg("%(figure)s, month before", figure=received)),
        *(speech.say(one) for one in (ON_TIME, HOURS)),
    ]

    def row(one: WorkRow, name: str) -> list[Cell]:
        return [
            Cell(one.code),
            Cell(name),
            *(Cell(each.counts["received"], WHOLE_NUMBER) for each in (one.now, one.before)),
            Cell(one.now.on_time_pct if one.code else None, PCT),
            Cell(one.now.handle_hours if one.code else None, ONE),
        ]

    found = [row(one, speech.name(one.name)) for one in told]
    return columns, [*found, *([row(rest, speech.say(others))] if rest else [])]


def _grids(report: MonthlyReport, speech: Speech) -> Filled:
    shown = report.coverage
    keys = [key for key in shown.measures if key in OF_GRIDS and key in shown.figures.values]
    hot = {one.row: one for one in report.hot}
    columns = (
        *(msg("Code"), msg("Grid"), msg("Community")),
        *(MEASURES[key].name for key in keys),
        *(msg("Hot cells"), msg("Cases in them")),
    )
    return [speech.say(one) for one in columns], [
        [
            Cell(one.code),
            Cell(speech.name(one.name)),
            Cell(speech.name(one.community)),
            *(_value(float(shown.figures.values[key][row]), key) for key in keys),
            Cell(hot[row].cells if row in hot else 0, WHOLE_NUMBER),
            Cell(hot[row].issues if row in hot else 0, WHOLE_NUMBER),
        ]
        for row, one in enumerate(shown.grids)
    ]


def _value(value: float, key: str) -> Cell:
    if not np.isfinite(value):
        return Cell(None)
    return Cell(value, PCT if MEASURES[key].unit == "pct" else WHOLE_NUMBER)


def _counted(report: MonthlyReport, speech: Speech) -> Filled:
    said = [
        *(overview_sentences(report, speech)),
        *(coverage_sentences(report, speech)),
        *(spots_sentences(report, speech)),
        *(attention_sentences(report, speech)),
    ]
    lines = [*(speech.say(one) for one in said), *notes_said(report, speech)]
    defined = [f"{speech.say(one.name)}: {speech.say(one.definition)}" for one in MEASURES.values()]
    return [speech.say(msg("In words"))], [[Cell(one)] for one in (*lines, *defined)]


def _figure_columns(speech: Speech) -> Iterator[str]:
    names = [speech.say(COUNTS[name].name) for name in MONTH_COUNTS]
    names += [speech.say(ON_TIME), speech.say(HOURS)]
    yield from names
    yield from (speech.say(msg("%(figure)s, month before", figure=name)) for name in names)


def _figures(now: MonthFigures, before: MonthFigures) -> Iterator[Cell]:
    for figures in (now, before):
        yield from (Cell(figures.counts[name], WHOLE_NUMBER) for name in MONTH_COUNTS)
        yield Cell(figures.on_time_pct, PCT)
        yield Cell(figures.handle_hours, ONE)


def _covered(one: Covered) -> list[Cell]:
    return [
        Cell(one.grids, WHOLE_NUMBER),
        Cell(one.households, WHOLE_NUMBER),
        Cell(one.fitting, WHOLE_NUMBER),
        Cell(one.answered_pct, PCT),
        Cell(one.walk_pct, PCT),
        Cell(one.paired, WHOLE_NUMBER),
    ]


__all__ = ["monthly_xlsx"]
