"""Documents in the form that offices pass round (公文格式): their blocks, and PDF of them.

Paper, margins, sizes and leading are those of GB/T 9704-2012: A4 with a type area of 156 by 225 mm,
the title in 22 pt Xiaobiaosong, text in 16 pt Fangsong on 28 pt, headings in Heiti and Kaiti, the
page's number between dashes on the outer side. Fonts are named as offices have them, with free
ones behind; nothing is embedded that isn't there.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from geo.files.printing import to_pdf

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

TOP_MM, BOTTOM_MM, INNER_MM, OUTER_MM = 37, 35, 28, 26
FIGURE_MM = (248.0, 160.0)
"""Long and short side of a picture that has a page to itself, under its caption."""

FIGURE_TOP_MM = 19
"""Margins above and below it."""

MAST_PT, TITLE_PT, BODY_PT, TABLE_PT, NOTE_PT, NUMBER_PT = 40.0, 22.0, 16.0, 10.5, 10.5, 14.0
HEAD_PT = 8.5
"""Of headings of columns in languages with long words."""

LEADING_PT, TABLE_LEADING = 28.0, 1.25
RED = "C8161D"
SHADE, STRONG_SHADE = "F3EEE4", "FAF7F0"
PT_MM = 25.4 / 72

SONG, FANGSONG, HEI, KAI = "方正小标宋简体", "仿宋", "黑体", "楷体"
CSS_FONTS = {
    SONG: '"FZXiaoBiaoSong-B05S", "方正小标宋简体", "STZhongsong", "Noto Serif CJK SC", serif',
    FANGSONG: '"FangSong_GB2312", "FangSong", "仿宋", "STFangsong", "Noto Serif CJK SC", serif',
    HEI: '"SimHei", "黑体", "STHeiti", "Noto Sans CJK SC", sans-serif',
    KAI: '"KaiTi_GB2312", "KaiTi", "楷体", "STKaiti", "Noto Serif CJK SC", serif',
}


class Heading(NamedTuple):
    """A heading of the first level (黑体) or of the second (楷体)."""

    text: str
    level: int = 1


class Paragraph(NamedTuple):
    """A paragraph of text; a small one is a note."""

    text: str
    small: bool = False


class Row(NamedTuple):
    """A row of a table; a strong one sums up those that follow, which are indented."""

    cells: tuple[str, ...]
    strong: bool = False
    indented: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Parameters
    ----------
    caption
        Over it.
    columns
        Headings; the first column holds names, all others figures.
    rows
        As many cells as columns.
    widths
        Of the columns, in any unit.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    widths: tuple[float, ...]


class Figure(NamedTuple):
    """A picture that has a page to itself, across or upright as it is.

    Parameters
    ----------
    caption
        Over it.
    png
        The picture, of the shape of :data:`FIGURE_MM`.
    told
        What it shows, for those who don't see it.
    """

    caption: str
    png: bytes
    told: str

    @property
    def upright(self) -> bool:
        """Whether the picture is higher than wide, by its head (ISO/IEC 15948)."""
        wide, high = (int.from_bytes(self.png[at : at + 4], "big") for at in (16, 20))
        return high > wide

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height on paper."""
        long, short = FIGURE_MM
        return (short, long) if self.upright else (long, short)


Block = Heading | Paragraph | Table | Figure


@dataclass(frozen=True, slots=True)
class Official:
    """A document.

    Parameters
    ----------
    language
        BCP 47 tag.
    masthead
        In red, over the rule.
    number
        Of the issue, under the masthead.
    issuer, day
        Who issues it and when, over the rule.
    title
        Under the rule.
    blocks
        In order; figures come last.
    made
        For the file's properties.
    """

    language: str
    masthead: str
    number: str
    issuer: str
    day: str
    title: str
    blocks: Sequence[Block]
    made: datetime

    @property
    def chinese(self) -> bool:
        """Whether paragraphs begin two characters in."""
        return self.language.startswith("zh")


def official_pdf(document: Official) -> bytes:
    """Return a document as PDF."""
    return to_pdf(official_html(document))


def official_html(document: Official) -> str:
    """Return the page that a PDF is printed from."""
    body = "".join(_html(block) for block in document.blocks)
    return (
        f'<!doctype html><html lang="{escape(document.language)}"><meta charset="utf-8">'
        f"<title>{escape(document.title)}</title>"
        f'<meta name="author" content="{escape(document.issuer)}">'
        f"<style>{STYLE}</style>"
        f'<body class="{"zh" if document.chinese else "en"}">'
        f'<header><p class="mast">{escape(document.masthead)}</p>'
        f'<p class="number">{escape(document.number)}</p><p class="issued">'
        f"<span>{escape(document.issuer)}</span><span>{escape(document.day)}</span></p></header>"
        f"<h1>{escape(document.title)}</h1>{body}</body></html>"
    )


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level + 1}>{escape(block.text)}</h{block.level + 1}>"
    if isinstance(block, Paragraph):
        return f"<p{' class=small' if block.small else ''}>{escape(block.text)}</p>"
    if isinstance(block, Figure):
        picture = b64encode(block.png).decode()
        return (
            f'<figure class="{"tall" if block.upright else "wide"}">'
            f"<figcaption>{escape(block.caption)}</figcaption>"
            f'<img src="data:image/png;base64,{picture}" alt="{escape(block.told)}"></figure>'
        )
    return _html_table(block)


def _html_table(table: Table) -> str:
    total = sum(table.widths)
    columns = "".join(f'<col style="width:{100 * one / total:.2f}%">' for one in table.widths)
    heads = "".join(f'<th scope="col">{escape(one)}</th>' for one in table.columns)
    rows = "".join(_html_row(row) for row in table.rows)
    return (
        f"<table><caption>{escape(table.caption)}</caption><colgroup>{columns}</colgroup>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _html_row(row: Row) -> str:
    name, *figures = row.cells
    kind = "strong" if row.strong else "indented" if row.indented else ""
    cells = "".join(f"<td>{escape(one)}</td>" for one in figures)
    return f'<tr class="{kind}"><th scope="row">{escape(name)}</th>{cells}</tr>'


STYLE = f"""
@page {{ size: A4; margin: {TOP_MM}mm {OUTER_MM}mm {BOTTOM_MM}mm {INNER_MM}mm }}
@page :right {{ @bottom-right {{ content: "— " counter(page) " —"; padding-right: {NUMBER_PT}pt;
    vertical-align: top; padding-top: 7mm;
    font: {NUMBER_PT}pt "Times New Roman", "SimSun", "Noto Serif CJK SC", serif }} }}
@page :left {{ @bottom-left {{ content: "— " counter(page) " —"; padding-left: {NUMBER_PT}pt;
    vertical-align: top; padding-top: 7mm;
    font: {NUMBER_PT}pt "Times New Roman", "SimSun", "Noto Serif CJK SC", serif }} }}
@page wide {{ size: A4 landscape; margin: {FIGURE_TOP_MM}mm {(297 - FIGURE_MM[0]) / 2}mm }}
@page tall {{ size: A4; margin: {FIGURE_TOP_MM}mm {(210 - FIGURE_MM[1]) / 2}mm }}
body {{ margin: 0; font: {BODY_PT}pt/{LEADING_PT}pt "Times New Roman", {CSS_FONTS[FANGSONG]} }}
header {{ margin: 0 0 {LEADING_PT}pt; border-bottom: 2.2pt solid #{RED}; padding-bottom: 3pt }}
header p {{ text-indent: 0 !important; margin: 0 }}
.mast {{ font: {MAST_PT}pt/1.4 {CSS_FONTS[SONG]}; font-weight: bold; color: #{RED};
    text-align: center }}
.zh .mast {{ letter-spacing: .18em; padding-left: .18em }}
.number {{ text-align: center }}
.issued {{ display: flex; justify-content: space-between }}
h1 {{ font: bold {TITLE_PT}pt/32pt {CSS_FONTS[SONG]}; text-align: center;
    margin: 0 0 {LEADING_PT}pt; text-wrap: balance }}
h2 {{ font: {BODY_PT}pt/{LEADING_PT}pt {CSS_FONTS[HEI]}; margin: 0; break-after: avoid }}
h3 {{ font: {BODY_PT}pt/{LEADING_PT}pt {CSS_FONTS[KAI]}; margin: 0; break-after: avoid }}
p {{ margin: 0; text-align: justify }}
.zh p, .zh h2, .zh h3 {{ text-indent: 2em }}
.en h2, .en h3 {{ font-weight: bold }}
.en p {{ text-align: left }}
.en .mast {{ font-size: {MAST_PT - 8}pt; text-align: center }}
.en .number {{ text-align: center }}
.en thead th {{ font-size: {HEAD_PT}pt; hyphens: auto }}
.small {{ font-size: {NOTE_PT}pt; line-height: 1.6 }}
table {{ border-collapse: collapse; width: 100%; table-layout: fixed; margin: 8pt 0 12pt;
    font-size: {TABLE_PT}pt; line-height: {TABLE_LEADING}; border-top: 1.2pt solid #000;
    border-bottom: 1.2pt solid #000; font-variant-numeric: tabular-nums }}
caption {{ font: 12pt/20pt {CSS_FONTS[HEI]}; text-align: center; margin-bottom: 2pt;
  break-after: avoid }}
th, td {{ border: .4pt solid #8a8378; padding: 2.4pt 3pt; text-align: center;
    vertical-align: middle; font-weight: normal }}
th:first-child, td:first-child {{ border-left: 0 }}
th:last-child, td:last-child {{ border-right: 0 }}
thead th {{ font-family: {CSS_FONTS[HEI]}; background: #{SHADE}; border-bottom: .8pt solid #000 }}
tbody th {{ text-align: left }}
.strong th, .strong td {{ font-family: {CSS_FONTS[HEI]}; background: #{STRONG_SHADE} }}
.indented th {{ padding-left: {TABLE_PT + 3}pt }}
tr {{ break-inside: avoid }}
.wide {{ page: wide }}
.tall {{ page: tall }}
figure {{ margin: 0; break-before: page }}
figcaption {{ font: 14pt/20pt {CSS_FONTS[HEI]}; margin-bottom: 2mm }}
img {{ width: 100%; display: block }}
"""

__all__ = [
    "FIGURE_MM",
    "Figure",
    "Heading",
    "Official",
    "Paragraph",
    "Row",
    "Table",
    "official_html",
    "official_pdf",
]
