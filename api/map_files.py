"""Files of a map sheet: pictures for print, one page with everything inside, layers, workbooks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from api.i18n import translate
from api.map_pages import map_file
from geo.files.map_layers import MapLayer, write_layers
from geo.files.workbooks import Cell, Sheet, workbook
from geo.messages import Message, msg
from geo.store.basemap import read_basemap
from maps.sheets import NO_DATA, Basemap
from maps.static_sheets import PictureWords, Print, picture

if TYPE_CHECKING:
    from geo.store.engine import Session
    from maps.sheets import FigureTable, LegendEntry, MapSheet, ShownLayer

Form = Literal["png", "svg", "html", "gpkg", "xlsx"]
FORMS: dict[Form, Message] = {
    "png": msg("Picture for print (PNG)"),
    "svg": msg("Drawing for print (SVG)"),
    "html": msg("Page that opens from a disk (HTML)"),
    "gpkg": msg("Layers for QGIS (GeoPackage)"),
    "xlsx": msg("Figures (XLSX)"),
}
MEDIA_TYPES: dict[Form, str] = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "html": "text/html; charset=utf-8",
    "gpkg": "application/geopackage+sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""By the ending of a file's name."""


def basemap_of(session: Session, slug: str, language: str) -> Basemap:
    """Return what lies under a jurisdiction's maps, as vectors, named in a language."""
    return Basemap(*read_basemap(session, slug, english=language.startswith("en")))


def picture_words(language: str) -> PictureWords:
    """Return the words that pictures add, in a language."""
    return PictureWords(translate(msg("Station"), language), translate(msg("N"), language))


def sheet_file(
    sheet: MapSheet, form: str, basemap: Basemap | None, language: str, how: Print | None = None
) -> bytes:
    """Return a sheet as a file.

    Parameters
    ----------
    sheet
        What is shown, in the language.
    form
        A key of :data:`MEDIA_TYPES`.
    basemap
        What lies underneath pictures and pages.
    language
        Of the words around it.
    how
        Size, layer and step of a picture.

    Raises
    ------
    NotFoundError
        When a picture is asked for of a layer that there isn't.
    """
    if form == "html":
        return map_file(sheet, basemap, language).encode()
    if form == "gpkg":
        return write_layers([_layer(sheet, one, language) for one in _all_layers(sheet)])
    if form == "xlsx":
        return _workbook(sheet, language)
    return picture(sheet, basemap, picture_words(language), how)


def _all_layers(sheet: MapSheet) -> list[tuple[str, ShownLayer]]:
    """Return layers with the names of their tables; those of the second map are told apart."""
    return [(one.key, one) for one in sheet.layers] + [
        (f"{one.key}_beside", one) for one in sheet.beside
    ]


def _layer(sheet: MapSheet, named: tuple[str, ShownLayer], language: str) -> MapLayer:
    """Return a layer with the class of each shape, and its figures where a table has them."""
    key, layer = named
    columns: dict[str, list[Any]] = {
        "key": list(layer.keys),
        translate(msg("Class"), language): [
            _class_name(layer.legend.entries, one) for one in layer.classes.tolist()
        ],
    }
    for step in layer.steps:
        columns[step.name] = [_class_name(layer.legend.entries, one) for one in step.classes]
    for table in sheet.tables:
        _add_figures(columns, table, layer)
    told = [f"{layer.name} ({sheet.title})", *(f"{one.name}: {one.value}" for one in sheet.facts)]
    return MapLayer(key, "\n".join([*told, *sheet.notes]), layer.shapes, columns)


def _class_name(entries: tuple[LegendEntry, ...], number: int) -> str | None:
    return None if number == NO_DATA else entries[number].label


def _add_figures(columns: dict[str, list[Any]], table: FigureTable, layer: ShownLayer) -> None:
    """Add the columns of a table that tells of a layer's shapes."""
    row_of = {key: row for row, key in zip(table.rows, table.keys, strict=False) if key}
    if not row_of.keys() & set(layer.keys):
        return
    for column, heading in enumerate(one.heading for one in table.columns):
        if heading not in columns:
            columns[heading] = [
                row_of[key][column] if key in row_of else None for key in layer.keys
            ]


def _workbook(sheet: MapSheet, language: str) -> bytes:
    """Return the tables of a sheet, and a last one that says what they are of."""
    heading = (sheet.title, sheet.subtitle)
    sheets = [_sheet(table, heading) for table in sheet.tables]
    facts = [(Cell(one.name), Cell(one.value)) for one in sheet.facts]
    notes = [(Cell(translate(msg("Please note"), language)), Cell(one)) for one in sheet.notes]
    methods = [
        (Cell(layer.name), Cell(layer.legend.method)) for layer in sheet.layers if layer.legend
    ]
    about = translate(msg("About this map"), language)
    columns = translate(msg("What"), language), translate(msg("Content"), language)
    sheets.append(Sheet(about, heading, columns, [*facts, *methods, *notes]))
    return workbook(_with_own_names(sheets), sheet.title)


def _sheet(table: FigureTable, heading: tuple[str, ...]) -> Sheet:
    formats = ["0" if one.decimals == 0 else "0." + "0" * one.decimals for one in table.columns]
    return Sheet(
        table.caption,
        (*heading, table.caption),
        [one.heading for one in table.columns],
        [
            [
                Cell(table.missing if value is None else value, form)
                for value, form in zip(row, formats, strict=True)
            ]
            for row in table.rows
        ],
    )


def _with_own_names(sheets: list[Sheet]) -> list[Sheet]:
    """Return sheets under numbered names: cut, they might be the same."""
    return [replace(one, name=f"{number} {one.name}") for number, one in enumerate(sheets, start=1)]


__all__ = ["MEDIA_TYPES", "basemap_of", "picture_words", "sheet_file"]
