"""Documents in the form that offices pass round (公文格式): DOCX and PDF of the same blocks.

Paper, margins, sizes and leading are those of GB/T 9704-2012: A4 with a type area of 156 by 225 mm,
the title in 22 pt Xiaobiaosong, text in 16 pt Fangsong on 28 pt, headings in Heiti and Kaiti, the
page's number between dashes on the outer side. Fonts are named as offices have them, with free
ones behind; nothing is embedded that isn't there.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from geo.files.printing import to_pdf

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

TOP_MM, BOTTOM_MM, INNER_MM, OUTER_MM = 37, 35, 28, 26
FIGURE_MM = (259.0, 160.0)
"""Of a picture that has a page across to itself, under its caption."""

ACROSS_MM = 19
"""Margins above and below it."""

MAST_PT, TITLE_PT, BODY_PT, TABLE_PT, NOTE_PT, NUMBER_PT = 40.0, 22.0, 16.0, 10.5, 10.5, 14.0
LEADING_PT, TABLE_LEADING = 28.0, 1.25
RED, GREY = "C8161D", "595959"
SHADE, STRONG_SHADE = "F3EEE4", "FAF7F0"
PT_MM = 25.4 / 72

SONG, FANGSONG, HEI, KAI = "方正小标宋简体", "仿宋", "黑体", "楷体"
WESTERN = "Times New Roman"
BEHIND = {SONG: "宋体", FANGSONG: "宋体", KAI: "宋体"}
"""What a word processor takes where a font is missing."""

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
    """A picture that has a page across to itself.

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
            f"<figure><figcaption>{escape(block.caption)}</figcaption>"
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


def official_docx(document: Official) -> bytes:
    """Return a document as DOCX."""
    from docx import Document  # noqa: PLC0415 - heavy, for few requests

    made = Document()
    _set_up(made, document)
    _docx_head(made, document)
    across = False
    for block in document.blocks:
        if isinstance(block, Figure) and not across:
            _turn(made)
            across = True
        _docx(made, block, document)
    written = BytesIO()
    made.save(written)
    return written.getvalue()


def _set_up(made: Any, document: Official) -> None:
    from docx.shared import Mm, Pt, RGBColor  # noqa: PLC0415 - heavy, for few requests

    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(TOP_MM), Mm(BOTTOM_MM)
    section.left_margin, section.right_margin = Mm(INNER_MM), Mm(OUTER_MM)
    section.footer_distance = Mm(BOTTOM_MM - 7 - NUMBER_PT * PT_MM)
    made.settings.odd_and_even_pages_header_footer = True
    for style, size, font in (
        ("Normal", BODY_PT, FANGSONG),
        ("Title", TITLE_PT, SONG),
        ("Heading 1", BODY_PT, HEI),
        ("Heading 2", BODY_PT, KAI),
        ("Caption", 12.0, HEI),
    ):
        own = made.styles[style]
        own.font.size, own.font.bold, own.font.italic = Pt(size), False, False
        own.font.color.rgb = RGBColor(0, 0, 0)
        _font(own, font)
        own.paragraph_format.space_before = own.paragraph_format.space_after = Pt(0)
        own.paragraph_format.line_spacing = Pt(LEADING_PT)
        own.paragraph_format.widow_control = True
    _unruled(made.styles["Title"])
    _number_pages(section)
    _name_fonts_behind(made)
    properties = made.core_properties
    properties.title, properties.author = document.title, document.issuer
    properties.language = document.language
    properties.created = properties.modified = document.made.replace(tzinfo=None)
    properties.comments = ""


def _font(of: Any, name: str) -> None:
    """Set a font for Chinese characters, and one for all others."""
    from docx.oxml.ns import qn  # noqa: PLC0415 - heavy, for few requests

    of.font.name = WESTERN
    fonts = of.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), name)


def _unruled(style: Any) -> None:
    """Take the rule away that the template draws under titles."""
    from docx.oxml.ns import qn  # noqa: PLC0415 - heavy, for few requests

    own = style.element.get_or_add_pPr()
    for border in own.findall(qn("w:pBdr")):
        own.remove(border)


def _name_fonts_behind(made: Any) -> None:
    """Name in the table of fonts what stands in for those that a computer may not have."""
    for part in made.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            told = "".join(
                f'<w:font w:name="{name}"><w:altName w:val="{other}"/></w:font>'
                for name, other in BEHIND.items()
            )
            part._blob = part.blob.replace(b"</w:fonts>", told.encode() + b"</w:fonts>")  # noqa: SLF001 - the library offers no way to this part


def _number_pages(section: Any) -> None:
    """Put numbers between dashes, right on odd pages and left on even ones."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN  # noqa: PLC0415 - heavy
    from docx.shared import Pt  # noqa: PLC0415 - as above

    for foot, side in ((section.footer, ALIGN.RIGHT), (section.even_page_footer, ALIGN.LEFT)):
        foot.is_linked_to_previous = False
        paragraph = foot.paragraphs[0]
        paragraph.alignment = side
        form = paragraph.paragraph_format
        form.left_indent = form.right_indent = Pt(NUMBER_PT)
        for text, field in (("— ", ""), ("", "PAGE"), (" —", "")):
            run = paragraph.add_run(text)
            run.font.size = Pt(NUMBER_PT)
            _font(run, "宋体")
            if field:
                _add_field(run, field)


def _add_field(run: Any, instruction: str) -> None:
    from docx.oxml import OxmlElement  # noqa: PLC0415 - heavy, for few requests
    from docx.oxml.ns import qn  # noqa: PLC0415 - as above

    for kind in ("begin", "instruction", "separate", "end"):
        if kind == "instruction":
            part = OxmlElement("w:instrText")
            part.text = instruction
        else:
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        run._r.append(part)  # noqa: SLF001 - the library has no fields


def _docx_head(made: Any, document: Official) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN  # noqa: PLC0415 - heavy
    from docx.enum.text import WD_TAB_ALIGNMENT as TAB  # noqa: PLC0415 - as above
    from docx.shared import Mm, Pt  # noqa: PLC0415 - as above

    mast = _written(made, document.masthead, MAST_PT, SONG, color=RED)
    mast.alignment = ALIGN.CENTER
    mast.paragraph_format.line_spacing = Pt(MAST_PT * 1.4)
    number = _written(made, document.number, BODY_PT, FANGSONG)
    number.alignment = ALIGN.CENTER
    issued = _written(made, f"{document.issuer}\t{document.day}", BODY_PT, FANGSONG)
    issued.paragraph_format.tab_stops.add_tab_stop(Mm(210 - INNER_MM - OUTER_MM), TAB.RIGHT)
    _rule_under(issued)
    title = made.add_paragraph(document.title, style="Title")
    title.alignment = ALIGN.CENTER
    title.paragraph_format.space_before = title.paragraph_format.space_after = Pt(LEADING_PT)
    title.paragraph_format.line_spacing = Pt(32)


def _written(made: Any, text: str, size_pt: float, font: str, color: str = "000000") -> Any:
    from docx.shared import Pt, RGBColor  # noqa: PLC0415 - heavy, for few requests

    paragraph = made.add_paragraph()
    run = paragraph.add_run(text)
    run.font.size, run.font.color.rgb = Pt(size_pt), RGBColor.from_string(color)
    _font(run, font)
    return paragraph


def _rule_under(paragraph: Any) -> None:
    from docx.oxml import OxmlElement  # noqa: PLC0415 - heavy, for few requests
    from docx.oxml.ns import qn  # noqa: PLC0415 - as above

    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "4"), ("color", RED)):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(  # noqa: SLF001 - as the library does itself
        borders,
        *("w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"),
    )


def _turn(made: Any) -> None:
    """Begin a section whose pages lie across."""
    from docx.enum.section import WD_ORIENT, WD_SECTION  # noqa: PLC0415 - heavy
    from docx.shared import Mm  # noqa: PLC0415 - as above

    section = made.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.top_margin = section.bottom_margin = Mm(ACROSS_MM)
    section.left_margin = section.right_margin = Mm((297 - FIGURE_MM[0]) / 2)
    section.footer_distance = Mm(ACROSS_MM / 2)


def _docx(made: Any, block: Block, document: Official) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN  # noqa: PLC0415 - heavy
    from docx.shared import Mm, Pt  # noqa: PLC0415 - as above

    indent = Pt(2 * BODY_PT if document.chinese else 0)
    if isinstance(block, Heading):
        heading = made.add_paragraph(block.text, style=f"Heading {block.level}")
        heading.paragraph_format.first_line_indent = indent
    elif isinstance(block, Paragraph):
        paragraph = made.add_paragraph(block.text)
        paragraph.alignment = ALIGN.JUSTIFY
        paragraph.paragraph_format.first_line_indent = indent
        if block.small:
            paragraph.runs[0].font.size = Pt(NOTE_PT)
            paragraph.paragraph_format.line_spacing = Pt(NOTE_PT * 1.6)
            paragraph.paragraph_format.first_line_indent = Pt(
                2 * NOTE_PT if document.chinese else 0
            )
    elif isinstance(block, Figure):
        caption = made.add_paragraph(block.caption, style="Caption")
        caption.paragraph_format.keep_with_next = True
        held = made.add_paragraph()
        held.paragraph_format.line_spacing = 1.0
        shape = held.add_run().add_picture(BytesIO(block.png), width=Mm(FIGURE_MM[0]))
        shape._inline.docPr.set("descr", block.told)  # noqa: SLF001 - the library has no alternative text
    else:
        _docx_table(made, block)


def _docx_table(made: Any, table: Table) -> None:
    from docx.enum.table import WD_TABLE_ALIGNMENT  # noqa: PLC0415 - heavy
    from docx.shared import Mm, Pt  # noqa: PLC0415 - as above

    caption = made.add_paragraph(table.caption, style="Caption")
    caption.alignment = 1
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_before = Pt(8)
    grid = made.add_table(rows=1 + len(table.rows), cols=len(table.columns), style="Table Grid")
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    whole = (210 - INNER_MM - OUTER_MM) / sum(table.widths)
    widths = [Mm(whole * one) for one in table.widths]
    _cells(grid.rows[0], Row(table.columns, strong=True), widths, head=True)
    for line, row in zip(grid.rows[1:], table.rows, strict=True):
        _cells(line, row, widths, head=False)
    after = made.add_paragraph()
    after.paragraph_format.line_spacing = Pt(12)


def _cells(line: Any, row: Row, widths: Sequence[Any], *, head: bool) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT as MIDDLE  # noqa: PLC0415 - heavy
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN  # noqa: PLC0415 - as above
    from docx.oxml import OxmlElement  # noqa: PLC0415 - as above
    from docx.shared import Pt  # noqa: PLC0415 - as above

    about = line._tr.get_or_add_trPr()  # noqa: SLF001 - the library has no repeated heads
    about.append(OxmlElement("w:cantSplit"))
    if head:
        about.append(OxmlElement("w:tblHeader"))
    for column, (cell, text, width) in enumerate(zip(line.cells, row.cells, widths, strict=True)):
        cell.width, cell.vertical_alignment = width, MIDDLE.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.alignment = ALIGN.LEFT if column == 0 and not head else ALIGN.CENTER
        form = paragraph.paragraph_format
        form.line_spacing = TABLE_LEADING
        form.space_before = form.space_after = Pt(1.5)
        form.left_indent = Pt(TABLE_PT if row.indented and column == 0 else 0)
        run = paragraph.add_run(text)
        run.font.size = Pt(TABLE_PT)
        _font(run, HEI if row.strong else FANGSONG)
        if head or row.strong:
            _shade(cell, SHADE if head else STRONG_SHADE)


def _shade(cell: Any, color: str) -> None:
    from docx.oxml import OxmlElement  # noqa: PLC0415 - heavy, for few requests
    from docx.oxml.ns import qn  # noqa: PLC0415 - as above

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", color)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - the library has no shading


STYLE = f"""
@page {{ size: A4; margin: {TOP_MM}mm {OUTER_MM}mm {BOTTOM_MM}mm {INNER_MM}mm }}
@page :right {{ @bottom-right {{ content: "— " counter(page) " —"; padding-right: {NUMBER_PT}pt;
    vertical-align: top; padding-top: 7mm;
    font: {NUMBER_PT}pt "Times New Roman", "SimSun", "Noto Serif CJK SC", serif }} }}
@page :left {{ @bottom-left {{ content: "— " counter(page) " —"; padding-left: {NUMBER_PT}pt;
    vertical-align: top; padding-top: 7mm;
    font: {NUMBER_PT}pt "Times New Roman", "SimSun", "Noto Serif CJK SC", serif }} }}
@page across {{ size: A4 landscape; margin: {ACROSS_MM}mm {(297 - FIGURE_MM[0]) / 2}mm }}
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
.small {{ font-size: {NOTE_PT}pt; line-height: 1.6 }}
table {{ border-collapse: collapse; width: 100%; table-layout: fixed; margin: 8pt 0 12pt;
    font-size: {TABLE_PT}pt; line-height: {TABLE_LEADING}; border-top: 1.2pt solid #000;
    border-bottom: 1.2pt solid #000; font-variant-numeric: tabular-nums }}
caption {{ font: 12pt/20pt {CSS_FONTS[HEI]}; text-align: center; margin-bottom: 2pt }}
th, td {{ border: .4pt solid #8a8378; padding: 2.4pt 3pt; text-align: center;
    vertical-align: middle; font-weight: normal }}
th:first-child, td:first-child {{ border-left: 0 }}
th:last-child, td:last-child {{ border-right: 0 }}
thead th {{ font-family: {CSS_FONTS[HEI]}; background: #{SHADE}; border-bottom: .8pt solid #000 }}
tbody th {{ text-align: left }}
.strong th, .strong td {{ font-family: {CSS_FONTS[HEI]}; background: #{STRONG_SHADE} }}
.indented th {{ padding-left: {TABLE_PT + 3}pt }}
tr {{ break-inside: avoid }}
figure {{ page: across; margin: 0; break-before: page }}
figcaption {{ font: 14pt/20pt {CSS_FONTS[HEI]}; margin-bottom: 2mm }}
img {{ width: {FIGURE_MM[0]}mm; height: {FIGURE_MM[1]}mm; display: block }}
"""

__all__ = [
    "FIGURE_MM",
    "Figure",
    "Heading",
    "Official",
    "Paragraph",
    "Row",
    "Table",
    "official_docx",
    "official_html",
    "official_pdf",
]
