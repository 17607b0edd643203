"""The monthly report of the demonstration city: figures that add up, and files to pass round."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import docx
import openpyxl
import pytest
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import text

from api.commands import map as map_command
from api.commands import report as report_command
from api.map_files import basemap_of
from api.monthly_report import monthly_document, monthly_file, report_name
from geo.core.month_figures import MONTH_COUNTS
from geo.core.months import Month
from geo.errors import InvalidFieldError, NotFoundError, NotPermittedError
from geo.files.official import Figure, Table, official_html, official_pdf
from geo.files.official_docx import official_docx
from geo.flows.monthly_report import MonthlyReport, monthly_report
from geo.flows.registry import Registry
from geo.settings import settings
from geo.store.asking import RESIDENT
from geo.store.engine import close, owner_session, session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from geo.files.official import Official
    from geo.flows.monthly_report import PlaceRow

CITY = "jinggangshan"
DECEMBER, JANUARY = Month(2025, 12), Month(2026, 1)
ZONE = ZoneInfo("Asia/Shanghai")
PRIVATE = "SELECT name FROM duty WHERE private"


@pytest.fixture(scope="module")
def registry(demo_database_url: str) -> Registry:
    made = Registry(demo_database_url)
    made.refresh()
    return made


@pytest.fixture(scope="module")
def december(demo_database_url: str, registry: Registry) -> MonthlyReport:
    with owner_session(demo_database_url) as opened:
        return monthly_report(opened, registry, CITY, DECEMBER, demo_database_url)


@pytest.fixture(scope="module")
def document(demo_database_url: str, december: MonthlyReport) -> Official:
    with owner_session(demo_database_url) as opened:
        basemap = basemap_of(opened, CITY, "zh_CN")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.monthly_report.DPI", 60)
        return monthly_document(december, basemap, "zh_CN")


@pytest.fixture(scope="module")
def words(document: Official) -> str:
    """Return all that a report says, without its pictures."""
    told = [block for block in document.blocks if not isinstance(block, Figure)]
    return official_html(replace(document, blocks=told))


def added(rows: Sequence[PlaceRow], name: str) -> int:
    return sum(row.now.counts[name] for row in rows)


def test_places_add_up_to_the_whole_and_to_the_database(
    demo_database_url: str, december: MonthlyReport
) -> None:
    for name in MONTH_COUNTS:
        whole = december.now.counts[name]
        assert added(december.streets, name) == added(december.communities, name) == whole
    with owner_session(demo_database_url) as opened:
        span = {"since": DECEMBER.starts(ZONE), "until": DECEMBER.ends(ZONE), "slug": CITY}
        received, closed, in_hand = opened.execute(text(_COUNTED), span).one()
    assert december.now.counts["received"] == received
    assert december.now.counts["closed"] == closed
    assert december.now.counts["in_hand"] == in_hand
    assert december.covered.households == sum(
        row.covered.households for row in december.communities if row.covered
    )


_COUNTED = """
    WITH own AS (
        SELECT issue.* FROM issue JOIN jurisdiction AS home ON home.id = issue.jurisdiction_id
        WHERE home.slug = :slug AND received_at < :until
    ),
    last AS (
        SELECT DISTINCT ON (event.issue_id) event.issue_id, event.at, event.to_state
        FROM issue_event AS event JOIN own ON own.id = event.issue_id
        WHERE event.at < :until ORDER BY event.issue_id, event.sequence DESC
    )
    SELECT (SELECT count(*) FROM own WHERE received_at >= :since),
           (SELECT count(*) FROM last WHERE to_state = 'closed' AND at >= :since),
           (SELECT count(*) FROM last WHERE to_state NOT IN ('closed', 'duplicate', 'cancelled'))
"""


def test_a_month_is_the_same_when_it_is_the_month_before(
    demo_database_url: str, registry: Registry, december: MonthlyReport
) -> None:
    with owner_session(demo_database_url) as opened:
        later = monthly_report(opened, registry, CITY, JANUARY, demo_database_url)
    assert later.before == december.now
    assert later.coverage.generation.label == "jinggangshan-2026"
    assert december.coverage.generation.label == "jinggangshan-2024"
    assert {row.code: row.before for row in later.communities if row.code} == {
        row.code: row.now for row in december.communities if row.code
    }


def test_private_duties_are_named_nowhere_and_few_of_them_have_company(
    demo_database_url: str, december: MonthlyReport, words: str
) -> None:
    with owner_session(demo_database_url) as opened:
        private = set(opened.scalars(text(PRIVATE)))
    told, others = december.duties
    assert private
    assert not private & {row.name.name for row in told}
    assert others is not None
    assert others.now.counts["received"] >= settings().public_min
    assert december.spots is not None
    assert december.spots.left_out.private
    assert not [name for name in private if name in words]


def test_nobody_is_named(demo_database_url: str, words: str) -> None:
    with owner_session(demo_database_url) as opened:
        people = set(
            opened.scalars(text("SELECT name FROM member UNION SELECT name FROM resident"))
        )
    assert people
    assert not [name for name in people if name and f">{name}<" in words]


def test_who_may_not_count_is_refused(demo_database_url: str, registry: Registry) -> None:
    with session(demo_database_url, RESIDENT) as opened, pytest.raises(NotPermittedError):
        monthly_report(opened, registry, CITY, DECEMBER, demo_database_url)


def test_what_is_not_there_is_said(demo_database_url: str, registry: Registry) -> None:
    with owner_session(demo_database_url) as opened:
        with pytest.raises(NotFoundError):
            monthly_report(opened, registry, "nowhere", DECEMBER, demo_database_url)
        with pytest.raises(InvalidFieldError):
            monthly_report(opened, registry, CITY, Month(2199, 1), demo_database_url)
        with pytest.raises(InvalidFieldError, match="No grids were in force"):
            monthly_report(opened, registry, CITY, Month(1999, 1), demo_database_url)


def test_the_document_has_the_form_of_official_ones(document: Official) -> None:
    made = docx.Document(BytesIO(official_docx(document)))
    figures = [block for block in document.blocks if isinstance(block, Figure)]
    first, last = made.sections[0], made.sections[-1]
    margins = (first.top_margin.mm, first.bottom_margin.mm, first.left_margin.mm)
    assert [round(one) for one in margins] == [37, 35, 28]
    assert (last.page_width > last.page_height) != figures[-1].upright
    normal = made.styles["Normal"]
    assert (normal.font.size.pt, normal.paragraph_format.line_spacing.pt) == (16, 28)
    assert made.core_properties.title == document.title
    tables = [block for block in document.blocks if isinstance(block, Table)]
    assert len(made.tables) == len(tables)
    assert [cell.text for cell in made.tables[0].rows[1].cells] == list(tables[0].rows[0].cells)
    assert len(made.inline_shapes) == len(figures) == 2
    short, long = sorted(Image.open(BytesIO(figures[0].png)).size)
    assert long / short == pytest.approx(248 / 160, rel=0.01)


def test_the_document_is_printed_with_its_maps_inside(document: Official) -> None:
    made = official_pdf(document)
    assert made[:5] == b"%PDF-"
    assert made.count(b"/Subtype /Image") >= 2


def test_the_workbook_holds_numbers_as_numbers(december: MonthlyReport) -> None:
    book = openpyxl.load_workbook(BytesIO(monthly_file(december, None, "xlsx", "en")))
    page = book["By community"]
    rows = [row for row in page.iter_rows(values_only=True) if row[0] or row[1]]
    head = next(row for row in rows if row[0] == "Code")
    column = head.index("Cases received")
    body = rows[rows.index(head) + 1 :]
    assert body[0][column] == sum(row[column] for row in body[1:])
    assert body[0][column] == december.now.counts["received"]
    assert len(book.sheetnames) == 7
    assert report_name(december, "xlsx", "en") == "Monthly report-jinggangshan-2025-12.xlsx"


@pytest.fixture
def at_the_terminal(monkeypatch: pytest.MonkeyPatch, demo_database_url: str) -> Iterator[CliRunner]:
    monkeypatch.setenv("HONGGE_DATABASE_URL", demo_database_url)
    monkeypatch.setattr("api.commands.speech.language", lambda: "en")
    settings.cache_clear()
    yield CliRunner()
    close()
    settings.cache_clear()


def test_the_command_writes_a_report_and_tells_how_far_it_is(
    at_the_terminal: CliRunner, tmp_path: Path
) -> None:
    out = tmp_path / "month.xlsx"
    words = ["month", "2026-09", "--jurisdiction", CITY, "-o", str(out)]
    done = at_the_terminal.invoke(report_command.command, words)
    assert done.exit_code == 0, done.output
    assert "Counting…" in done.output
    assert openpyxl.load_workbook(out).sheetnames[0] == "Summary"


@pytest.mark.parametrize(
    "words",
    [
        ["month", "2026-13", "-o", "month.pdf"],
        ["month", "2026-09", "-o", "month.odt"],
        ["month", "2026-09", "-o", "nowhere/month.pdf"],
        ["month", "2026-09", "-o", "month.pdf"],
    ],
)
def test_a_wrong_call_is_refused(
    at_the_terminal: CliRunner,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = at_the_terminal.invoke(report_command.command, words)
    assert done.exit_code == 2, done.output
    assert not list(tmp_path.iterdir())


def test_the_command_draws_maps_of_both_kinds(at_the_terminal: CliRunner, tmp_path: Path) -> None:
    picture, layers = tmp_path / "map.png", tmp_path / "map.gpkg"
    common = ["--jurisdiction", CITY, "--size", "A4", "--dpi", "72", "-o"]
    grids = ["coverage", "--measure", "walk_10", *common, str(picture)]
    done = at_the_terminal.invoke(map_command.command, grids)
    assert done.exit_code == 0, done.output
    assert sorted(Image.open(BytesIO(picture.read_bytes())).size) == [595, 841]
    hot = ["hotspots", "--by", "grid", "--from", "2025-01-01", "--to", "2025-12-31"]
    done = at_the_terminal.invoke(map_command.command, [*hot, *common, str(layers)])
    assert done.exit_code == 0, done.output
    assert layers.read_bytes()[:15] == b"SQLite format 3"


def test_measures_that_can_be_chosen_are_those_there_are() -> None:
    from geo.core.coverage_figures import MEASURES  # noqa: PLC0415 - what the command may not import

    assert tuple(MEASURES) == map_command.MEASURES
