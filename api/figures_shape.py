"""Figures as answers, pages and workbooks show them: rows in order, with their names."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from api.figures_words import (
    COUNTS,
    HOURS,
    NO_WORDS,
    NOWHERE,
    ON_TIME_PCT,
    ROLES_NOTE,
    ROWS,
    TABLES,
    basis_said,
    period_said,
    summary_said,
    unplaced_said,
)
from api.i18n import translate
from api.rendering import local, local_time
from geo.core.figures import GROUPINGS
from geo.files.workbooks import Cell, Sheet, workbook
from geo.flows.figures import GridKey, RowName
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import date

    from geo.core.figures import By, Figures
    from geo.flows.figures import Counted
    from geo.store.overview import Overview

HOUR_DIGITS = 2


class Line(NamedTuple):
    """One row: its name, ``None`` for what has no grid, duty …, and its figures."""

    key: Hashable
    name: RowName | None
    figures: Figures


def lines_of(counted: Counted, by: By) -> list[Line]:
    """Return the rows of a table by code or month; what has none comes last."""
    names = counted.names[by]
    rows = [Line(key, names.get(key), figures) for key, figures in counted.table(by).rows.items()]
    return sorted(rows, key=lambda row: _place(row.key))


def _place(key: Hashable) -> tuple[bool, str, str]:
    if isinstance(key, GridKey):
        return False, key.code, key.generation or ""
    return key is None, str(key or ""), ""


def days_of(counted: Counted) -> tuple[date | None, date | None]:
    """Return the first and the last day of the period in the jurisdiction's time."""
    since, until = counted.asked.since, counted.asked.until
    zone = counted.zone
    first = since.astimezone(zone).date() if since else None
    return first, (until - timedelta(microseconds=1)).astimezone(zone).date() if until else None


def figures_out(counted: Counted, by: By, language: str) -> dict[str, Any]:
    """Return an answer to a program."""
    asked = counted.asked
    return {
        "jurisdiction": asked.jurisdiction,
        "since": asked.since,
        "until": asked.until,
        "by": by,
        "counted": {
            "as": asked.basis,
            "generations": list(counted.generations),
            "said": basis_said(counted, language),
        },
        "at": counted.at,
        "said": summary_said(counted, days_of(counted), language),
        "unplaced": counted.unplaced,
        "rows": [
            {"row": row.name._asdict() if row.name else None, **_values(row.figures)}
            for row in lines_of(counted, by)
        ],
        "total": _values(counted.total),
    }


def _values(figures: Figures) -> dict[str, Any]:
    share = figures.on_time_pct
    return {
        **figures.counts,
        "on_time_pct": None if share is None else round(share, 1),
        "median_hours": {
            stage: None if hours is None else round(hours, HOUR_DIGITS)
            for stage, hours in figures.median_hours.items()
        },
        "measured": figures.measured,
    }


def figures_xlsx(counted: Counted, city: Overview, language: str) -> bytes:
    """Return all tables as a workbook, with a sheet that says what was counted, and how."""
    say = partial(translate, language=language)
    title = f"{local(language, city)} · {say(msg('Figures'))}"
    told = [
        title,
        summary_said(counted, days_of(counted), language),
        basis_said(counted, language),
    ]
    sheets = [
        Sheet(
            say(TABLES[by]),
            told,
            _head(by, say),
            _rows(counted, by, language),
            kept=1 if by == "month" else 2,
            total=True,
        )
        for by in GROUPINGS
    ]
    return workbook([_about(counted, city, title, language), *sheets], title)


def _about(counted: Counted, city: Overview, title: str, language: str) -> Sheet:
    say = partial(translate, language=language)
    days = days_of(counted)
    facts = [
        (msg("Jurisdiction"), local(language, city)),
        (msg("Period"), period_said(counted, days, language)),
        (msg("First day"), str(days[0] or "–")),
        (msg("Last day"), str(days[1] or "–")),
        (msg("Counted at"), local_time(language, counted.at, counted.zone)),
        (msg("Which grids"), basis_said(counted, language)),
        (msg("Generations"), ", ".join(counted.generations) or "–"),
        (msg("Not in any grid"), unplaced_said(counted, language) or "0"),
        (msg("Whose cases"), say(ROLES_NOTE)),
        (msg("Private cases"), say(NO_WORDS)),
    ]
    words = [*COUNTS.values(), ON_TIME_PCT, *HOURS.values()]
    rows = [[Cell(say(name)), Cell(value)] for name, value in facts]
    rows += [[Cell(say(word.name)), Cell(say(word.meaning))] for word in words]
    heading = [title, summary_said(counted, days, language)]
    if city.synthetic:
        heading.append(local(language, city, "notice"))
    return Sheet(
        say(msg("What was counted")), heading, [say(msg("Item")), say(msg("Meaning"))], rows
    )


def _head(by: By, say: Any) -> list[str]:
    name = [say(ROWS[by])]
    if by != "month":
        name.insert(0, say(msg("Code")))
    if by == "grid":
        name.append(say(msg("Generation")))
    words = [*COUNTS.values(), ON_TIME_PCT, *HOURS.values()]
    return [*name, *(say(word.name) for word in words)]


def _rows(counted: Counted, by: By, language: str) -> list[list[Cell]]:
    rows = [
        [*_name_cells(by, row.name, language), *_cells(row.figures)]
        for row in lines_of(counted, by)
    ]
    whole = translate(msg("Total"), language)
    blank = [Cell("")] * (0 if by == "month" else 1 + (by == "grid"))
    return [*rows, [Cell(whole), *blank, *_cells(counted.total)]]


def _name_cells(by: By, name: RowName | None, language: str) -> list[Cell]:
    shown = shown_name(by, name, language)
    if by == "month":
        return [Cell(shown)]
    cells = [Cell(name.code if name else ""), Cell(shown)]
    return [*cells, Cell((name.generation if name else None) or "")] if by == "grid" else cells


def shown_name(by: By, name: RowName | None, language: str) -> str:
    """Return what a row is called in a language."""
    if name is None:
        return translate(NOWHERE[by], language)
    said = local(language, name)
    if name.retired:
        return translate(msg("%(name)s (no longer in force)", name=said), language)
    return said


def _cells(figures: Figures) -> list[Cell]:
    share = figures.on_time_pct
    return [
        *(Cell(figures.counts[name], "#,##0") for name in COUNTS),
        Cell(None if share is None else share / 100, "0.0%"),
        *(
            Cell(None if hours is None else round(hours, HOUR_DIGITS), "0.0")
            for hours in figures.median_hours.values()
        ),
    ]
