"""The scorecard as a report to be passed round: PDF and XLSX."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from api.i18n import translate
from api.rendering import environment, local, local_day
from api.scorecard_tables import columns, parts_of, rows_of
from geo.files.printing import to_pdf
from geo.files.workbooks import Cell, Sheet, workbook
from geo.messages import msg
from maps.neighbourhoods import neighbourhoods
from maps.scorecard_map import MapOf, scorecard_svg

if TYPE_CHECKING:
    from api.scorecard_tables import Part, Row
    from geo.core.ground import Ground
    from geo.flows.scorecards import Scored
    from geo.store.overview import Overview

PAPER_MAP = (1000.0, 560.0)
PLACES_TOLD = 12
"""Of more places under one measure the report tells how many there are; the workbook has all."""

FORMATS = {"pct": "0.0", "ratio": "0.00", "m": "#,##0", "m2": "#,##0.0", "per_worker": "#,##0"}
PRINCIPLE, MEASURE = msg("Principle"), msg("Measure")
VALUE, THRESHOLD, VERDICT = msg("Value"), msg("Threshold"), msg("Verdict")
VERDICTS = {True: msg("met"), False: msg("missed"), None: msg("not measured")}
UNITS = {
    "pct": msg("percent"),
    "ratio": msg("ratio"),
    "m": msg("metres"),
    "m2": msg("square metres"),
    "count": msg("number"),
    "households": msg("households"),
    "per_worker": msg("households per worker"),
}


def report_name(scored: Scored, form: str, language: str) -> str:
    """Return the name that a report is saved under."""
    subject = scored.subject
    version = "" if subject.version is None else f"-v{subject.version}"
    return f"{translate(msg('Scorecard'), language)}-{subject.name}{version}.{form}"


def report_pdf(scored: Scored, city: Overview, language: str) -> bytes:
    """Return the report as a PDF document, A4.

    Parameters
    ----------
    scored
        What was measured.
    city
        Its jurisdiction.
    language
        Of the report.
    """
    return to_pdf(report_html(scored, city, language))


def report_html(scored: Scored, city: Overview, language: str) -> str:
    """Return the page that the PDF is printed from."""
    parts = parts_of(scored, language)
    rows = rows_of(scored, parts, language)
    return (
        environment(language)
        .get_template("scorecard_report.html")
        .render(
            area=city,
            columns=columns(language),
            day=local_day(language, datetime.now(UTC), city.timezone),
            maps=_maps(scored, rows, language),
            names={row.grid.key: row.name for row in rows},
            most_places=PLACES_TOLD,
            parts=parts,
            rows=rows,
            subject=scored.subject,
            verdicts={met: translate(said, language) for met, said in VERDICTS.items()},
        )
    )


def map_of(scored: Scored, rows: list[Row], language: str, **how: Any) -> MapOf:
    """Return a map of grids by how many measures they miss, with their households.

    Parameters
    ----------
    scored, rows, language
        The scorecard, its table by grid, the reader's language.
    how
        Size, places, focus and communities of :class:`maps.scorecard_map.MapOf`.
    """
    return MapOf(
        **{
            "classes": {row.grid.key: "missed" if row.missed else "met" for row in rows},
            "labels": {
                row.grid.key: f"{row.grid.code[-3:]}\n{row.grid.households}" for row in rows
            },
            "titles": {row.grid.key: _title(row, language) for row in rows},
            "community_names": _communities(scored.ground, language),
            "name": translate(msg("Map of the grids"), language),
            "places": (),
        }
        | how
    )


def _title(row: Row, language: str) -> str:
    missed = ", ".join(row.missed)
    said = translate(msg("%(count)s households", count=row.grid.households), language)
    return f"{row.name} {row.grid.code}: {said}" + (f"; {missed}" if missed else "")


def _communities(ground: Ground, language: str) -> dict[str, str]:
    return {one.code: local(language, one) for one in ground.communities}


def _maps(scored: Scored, rows: list[Row], language: str) -> list[Markup]:
    """Return a map for every part of the jurisdiction that lies together."""
    width, height = PAPER_MAP
    draw = partial(map_of, scored, rows, language, width=width, height=height, paper=True)
    return [
        # The drawing escapes what it is given.
        Markup(  # noqa: S704 - as said
            scorecard_svg(scored.plan, scored.ground, draw(communities=codes))
        )
        for codes in neighbourhoods(scored.ground)
    ]


def report_xlsx(scored: Scored, city: Overview, language: str) -> bytes:
    """Return the report as a workbook: summary, by grid, places, definitions."""
    say = partial(translate, language=language)
    parts = parts_of(scored, language)
    rows = rows_of(scored, parts, language)
    title = f"{local(language, city)} · {say(msg('Scorecard'))} · {scored.subject.name}"
    heading = [title, local_day(language, datetime.now(UTC), city.timezone)]
    if city.synthetic:
        heading.append(local(language, city, "notice"))
    sheets = [
        Sheet(say(msg("Summary")), heading, *_summary(parts, say)),
        Sheet(say(msg("By grid")), [title], *_by_grid(parts, rows, say), kept=2),
        Sheet(say(msg("Where to look")), [title], *_places(rows, parts, say)),
        Sheet(say(msg("Definitions")), [title], *_definitions(parts, say)),
    ]
    return workbook(sheets, title)


def _summary(parts: tuple[Part, ...], say: Any) -> tuple[list[str], list[list[Cell]]]:
    unit, missing = msg("Unit of measurement"), msg("Grids that miss it")
    said = (PRINCIPLE, MEASURE, VALUE, unit, THRESHOLD, VERDICT, missing)
    headings = [say(one) for one in said]
    return headings, [
        [
            Cell(part.name),
            Cell(one["name"]),
            _figure(one["value"], one["shown"], one["unit"]),
            Cell(say(UNITS[one["unit"]])),
            Cell(one["threshold_shown"]),
            Cell(say(VERDICTS[one["met"]]), met=one["met"]),
            Cell(sum(figure["met"] is False for figure in one["grids"].values())),
        ]
        for part in parts
        for one in part.measures
    ]


def _by_grid(
    parts: tuple[Part, ...], rows: list[Row], say: Any
) -> tuple[list[str], list[list[Cell]]]:
    measures = [one for part in parts for one in part.measures if one["grids"]]
    shown = [
        one for one in measures if any(each["value"] is not None for each in one["grids"].values())
    ]
    said = (msg("Code"), msg("Grid"), msg("Community"), msg("Kind"), msg("People"), msg("Area, ha"))
    headings = [say(one) for one in said] + [
        f"{one['name']} ({say(UNITS[one['grid_unit']])})" for one in shown
    ]
    kinds = {"general": say(msg("general")), "dedicated": say(msg("dedicated"))}
    return headings, [
        [
            Cell(row.grid.code),
            Cell(row.name),
            Cell(row.community),
            Cell(kinds.get(row.grid.kind, row.grid.kind)),
            Cell(row.grid.people, "#,##0"),
            Cell(round(row.grid.area_m2 / HECTARE_M2, 2), "0.00"),
            *(
                _figure(figure["value"], figure["shown"], one["grid_unit"], figure["met"])
                for one in shown
                for figure in (one["grids"][row.grid.key],)
            ),
        ]
        for row in rows
    ]


def _places(
    rows: list[Row], parts: tuple[Part, ...], say: Any
) -> tuple[list[str], list[list[Cell]]]:
    names = {row.grid.key: row.name for row in rows}
    said = (PRINCIPLE, MEASURE, msg("What"), msg("Grids"), msg("Longitude"), msg("Latitude"))
    return [say(one) for one in said], [
        [
            Cell(part.name),
            Cell(one["name"]),
            Cell(place["text"]),
            Cell(", ".join(names.get(key, key) for key in place["grids"])),
            Cell(place["lon"], "0.000000"),
            Cell(place["lat"], "0.000000"),
        ]
        for part in parts
        for one in part.measures
        for place in one["places"]
    ]


def _definitions(parts: tuple[Part, ...], say: Any) -> tuple[list[str], list[list[Cell]]]:
    said = (PRINCIPLE, MEASURE, msg("Definition"), msg("Source"), THRESHOLD, msg("By grid"))
    return [say(one) for one in said], [
        [
            Cell(part.name),
            Cell(one["name"]),
            Cell(one["definition"]),
            Cell(one["source"]),
            Cell(one["threshold_shown"]),
            Cell(one["grid_threshold_shown"]),
        ]
        for part in parts
        for one in part.measures
    ]


def _figure(value: float | None, said: str, unit: str, met: bool | None = None) -> Cell:
    """Return a number as a number, and what is none in words."""
    return Cell(said if value is None else value, FORMATS.get(unit, "#,##0"), met)


HECTARE_M2 = 10_000

__all__ = ["map_of", "report_html", "report_name", "report_pdf", "report_xlsx"]
