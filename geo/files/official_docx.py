"""Documents in the form that offices pass round (公文格式) as DOCX.

What they look like is told in :mod:`geo.files.official`. No font is put into the file: those that
offices have are named, and others to stand in for them.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from geo.files.official import (
    BODY_PT,
    BOTTOM_MM,
    FANGSONG,
    FIGURE_TOP_MM,
    HEAD_PT,
    HEI,
    INNER_MM,
    KAI,
    LEADING_PT,
    MAST_PT,
    NOTE_PT,
    NUMBER_PT,
    OUTER_MM,
    PT_MM,
    RED,
    SHADE,
    SONG,
    STRONG_SHADE,
    TABLE_LEADING,
    TABLE_PT,
    TITLE_PT,
    TOP_MM,
    Figure,
    Heading,
    Paragraph,
    Row,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.files.official import Block, Official, Table

WESTERN = "Times New Roman"
BEHIND = {SONG: "宋体", FANGSONG: "宋体", KAI: "宋体"}
"""What a word processor takes where a font is missing."""


def official_docx(document: Official) -> bytes:
    """Return a document as DOCX."""
    from docx import Document  # noqa: PLC0415 - heavy, for few requests

    made = Document()
    _set_up(made, document)
    _docx_head(made, document)
    for block in document.blocks:
        if isinstance(block, Figure):
            _turn(made, block)
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

    mast = _written(
        made, document.masthead, MAST_PT if document.chinese else MAST_PT - 8, SONG, color=RED
    )
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


def _turn(made: Any, figure: Figure) -> None:
    """Begin a section whose page lies as a figure does."""
    from docx.enum.section import WD_ORIENT, WD_SECTION  # noqa: PLC0415 - heavy
    from docx.shared import Mm  # noqa: PLC0415 - as above

    section = made.add_section(WD_SECTION.NEW_PAGE)
    wide, high = (210, 297) if figure.upright else (297, 210)
    section.orientation = WD_ORIENT.PORTRAIT if figure.upright else WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(wide), Mm(high)
    section.top_margin = section.bottom_margin = Mm(FIGURE_TOP_MM)
    section.left_margin = section.right_margin = Mm((wide - figure.size_mm[0]) / 2)
    section.footer_distance = Mm(FIGURE_TOP_MM / 2)


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
        shape = held.add_run().add_picture(BytesIO(block.png), width=Mm(block.size_mm[0]))
        shape._inline.docPr.set("descr", block.told)  # noqa: SLF001 - the library has no alternative text
    else:
        _docx_table(made, block, TABLE_PT if document.chinese else HEAD_PT)


def _docx_table(made: Any, table: Table, head_pt: float) -> None:
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
    _cells(grid.rows[0], Row(table.columns, strong=True), widths, head_pt)
    for line, row in zip(grid.rows[1:], table.rows, strict=True):
        _cells(line, row, widths)
    after = made.add_paragraph()
    after.paragraph_format.line_spacing = Pt(12)


def _cells(line: Any, row: Row, widths: Sequence[Any], head_pt: float = 0.0) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT as MIDDLE  # noqa: PLC0415 - heavy
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN  # noqa: PLC0415 - as above
    from docx.oxml import OxmlElement  # noqa: PLC0415 - as above
    from docx.shared import Pt  # noqa: PLC0415 - as above

    head = head_pt > 0
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
        run.font.size = Pt(head_pt or TABLE_PT)
        _font(run, HEI if row.strong else FANGSONG)
        if head or row.strong:
            _shade(cell, SHADE if head else STRONG_SHADE)


def _shade(cell: Any, color: str) -> None:
    from docx.oxml import OxmlElement  # noqa: PLC0415 - heavy, for few requests
    from docx.oxml.ns import qn  # noqa: PLC0415 - as above

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", color)):
        shade.set(qn(f"w:{name}"), value)
    about = cell._tc.get_or_add_tcPr()  # noqa: SLF001 - the library has no shading
    about.insert_element_before(shade, "w:noWrap", "w:tcMar", "w:textDirection", "w:vAlign")


__all__ = ["official_docx"]
