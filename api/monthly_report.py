"""The monthly report (月报) as a file: DOCX, PDF and XLSX, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from api.map_files import sheet_file
from api.monthly_tables import (
    cases_table,
    coverage_table,
    departments_table,
    duties_table,
    hot_table,
)
from api.monthly_words import (
    Speech,
    attention_sentences,
    coverage_sentences,
    notes_said,
    overview_sentences,
    spots_sentences,
)
from api.monthly_workbook import monthly_xlsx
from geo.files.official import Figure, Heading, Official, Paragraph, official_pdf
from geo.files.official_docx import official_docx
from geo.messages import msg
from maps.coverage_classes import Wanted
from maps.coverage_sheets import coverage_sheet
from maps.hotspot_sheets import hotspot_sheet
from maps.static_sheets import Print

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geo.files.official import Block
    from geo.flows.monthly_report import MonthlyReport
    from geo.messages import Message
    from maps.sheets import Basemap, MapSheet

ReportForm = Literal["docx", "pdf", "xlsx"]
FORMS: tuple[ReportForm, ...] = ("docx", "pdf", "xlsx")
DPI = 220


def report_name(report: MonthlyReport, form: ReportForm, language: str) -> str:
    """Return the name that a report is saved under."""
    speech = Speech(language)
    return (
        f"{speech.say(msg('Monthly report'))}-{report.coverage.origin.slug}-{report.month}.{form}"
    )


def monthly_file(
    report: MonthlyReport,
    basemap: Basemap | None,
    form: ReportForm,
    language: str,
    tell: Callable[[Message], None] = lambda _: None,
) -> bytes:
    """Return a report as a file.

    Parameters
    ----------
    report
        Of :func:`geo.flows.monthly_report.monthly_report`.
    basemap
        What lies under its maps.
    form
        ``docx``, ``pdf`` or ``xlsx``; a workbook has no maps.
    language
        Of the reader.
    tell
        Is told what is being done, for those who wait.
    """
    if form == "xlsx":
        tell(msg("Writing the numbers…"))
        return monthly_xlsx(report, language)
    document = monthly_document(report, basemap, language, tell)
    tell(msg("Writing the document…"))
    return official_pdf(document) if form == "pdf" else official_docx(document)


def monthly_document(
    report: MonthlyReport,
    basemap: Basemap | None,
    language: str,
    tell: Callable[[Message], None] = lambda _: None,
) -> Official:
    """Return a report as a document that can be written in either form."""
    speech = Speech(language)
    place = speech.name(report.coverage.origin.name)
    title = msg("Grid governance in %(place)s, %(month)s", place=place, month=speech.month(report))
    number = msg(
        "No. %(number)s of %(year)s", number=report.month.month, year=str(report.month.year)
    )
    return Official(
        language=speech.tag,
        masthead=speech.say(msg("Grid Governance Monthly")),
        number=speech.say(number),
        issuer=place,
        day=speech.day(report.at.date()),
        title=speech.say(title),
        blocks=(*_text(report, speech), *_figures(report, basemap, speech, tell)),
        made=report.at,
    )


def _text(report: MonthlyReport, speech: Speech) -> Iterator[Block]:
    if not report.over:
        so_far = msg(
            "The month isn't over: figures until %(day)s.", day=speech.day(report.until.date())
        )
        yield Paragraph(speech.say(so_far))
    yield Heading(speech.numbered(1, msg("The month at a glance")))
    yield Paragraph(speech.sentences(overview_sentences(report, speech)))
    yield Heading(speech.numbered(2, msg("Coverage of the grids")))
    yield Paragraph(speech.sentences(coverage_sentences(report, speech)))
    yield coverage_table(report, speech, 1)
    yield Heading(speech.numbered(3, msg("Cases from receipt to closing")))
    yield cases_table(report, speech, 2)
    yield duties_table(report, speech, 3)
    yield departments_table(report, speech, 4)
    yield Heading(speech.numbered(4, msg("Hot spots")))
    yield Paragraph(speech.sentences(spots_sentences(report, speech)))
    if report.hot:
        yield hot_table(report, speech, 5)
    yield Heading(speech.numbered(5, msg("What needs attention")))
    for sentence in attention_sentences(report, speech):
        yield Paragraph(speech.say(sentence))
    yield Heading(speech.numbered(6, msg("How it was counted")))
    for note in notes_said(report, speech):
        yield Paragraph(note, small=True)


def _figures(
    report: MonthlyReport,
    basemap: Basemap | None,
    speech: Speech,
    tell: Callable[[Message], None],
) -> Iterator[Figure]:
    how = Print(size="figure", dpi=DPI)
    for number, sheet in enumerate(report_sheets(report, speech.language), start=1):
        tell(msg("Drawing map %(number)s: %(title)s", number=number, title=sheet.title))
        shown = f"{sheet.title}: {sheet.layers[0].name}"
        caption = msg("Map %(number)s  %(title)s", number=number, title=shown)
        png = sheet_file(sheet, "png", basemap, speech.language, how)
        yield Figure(speech.say(caption), png, f"{shown}. {sheet.subtitle}")


def report_sheets(report: MonthlyReport, language: str) -> list[MapSheet]:
    """Return the maps of a report: households by grid, and the month's hot spots."""
    speech = Speech(language)
    sheets = [coverage_sheet(report.coverage, Wanted(speech.say, speech.tag, "households"))]
    if report.spots is not None:
        sheets.append(hotspot_sheet(report.spots, speech.tag, speech.say))
    return sheets


__all__ = [
    "FORMS",
    "ReportForm",
    "monthly_document",
    "monthly_file",
    "report_name",
    "report_sheets",
]
