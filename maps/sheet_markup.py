"""The text around a sheet's maps: title, legends, notes, tables, facts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from maps.patterns import PATTERNS, ink_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from maps.sheets import Column, FigureTable, Legend, LegendEntry, MapSheet, ShownLayer

    Words = Mapping[str, str]

LIGHT_INK = ("#262019", ".42")
DARK_INK = ("#ffffff", ".5")
LONG_TEXT = 40
LONG = ' class="long"'
PRINTED_ROWS = 200
"""Of a table on paper; the style sheet has the same number."""


def looks_of(sheet: MapSheet) -> dict[tuple[str, str], str]:
    """Return the ids of the fills of a sheet by colour and pattern, in order."""
    entries = [
        (entry.color, entry.pattern)
        for layer in (*sheet.layers, *sheet.beside)
        for entry in layer.legend.entries
    ]
    return {look: f"fill-{row}" for row, look in enumerate(dict.fromkeys(entries))}


def fill_of(look: tuple[str, str], looks: Mapping[tuple[str, str], str]) -> str:
    """Return what a shape of a look is filled with."""
    color, pattern = look
    return f"url(#{looks[look]})" if PATTERNS[pattern].size else color


def fills_markup(looks: Mapping[tuple[str, str], str]) -> str:
    """Return the fills with patterns as SVG that takes no room."""
    made = "".join(_fill(name, *look) for look, name in looks.items() if PATTERNS[look[1]].size)
    hidden = 'class="sheet-fills" width="0" height="0" aria-hidden="true" focusable="false"'
    return f"<svg {hidden}><defs>{made}</defs></svg>"


def heading_markup(sheet: MapSheet, tools: str) -> str:
    """Return the title, what stands under it, and the page's own tools."""
    return (
        f'<header class="sheet-head"><h1>{escape(sheet.title)}</h1>'
        f'<p class="sheet-sub">{escape(sheet.subtitle)}</p></header>'
        f'<div class="sheet-tools">{tools}</div>'
    )


def panel_markup(
    sheet: MapSheet, words: Words, looks: Mapping[tuple[str, str], str], footer: str
) -> str:
    """Return what stands beside the maps."""
    parts = [
        _section("layers", words["layers"], '<div class="sheet-switch"></div>', hidden=True),
        _section("legends", words["legend"], _legends(sheet, looks)),
        _notes(sheet, words),
        _facts(sheet, words),
        _section("tables", words["tables"], "".join(_table(one, words) for one in sheet.tables))
        if sheet.tables
        else "",
        _paper(words),
        footer,
    ]
    return f'<div class="sheet-panel">{"".join(parts)}</div>'


def slider_markup(words: Words) -> str:
    """Return the slider of steps in time; the script shows it where there are any."""
    return (
        '<div class="sheet-slider" hidden>'
        f"{_button('previous', words['previous'], 'M15 5l-7 7 7 7')}"
        f"{_button('play', words['play'], 'M8 5v14l11-7z')}"
        f"{_button('next', words['next'], 'M9 5l7 7-7 7')}"
        f'<label><span class="visually-hidden">{escape(words["step"])}</span>'
        '<input type="range" min="0" max="0" value="0" step="1"></label>'
        '<output class="sheet-step"></output></div>'
    )


def _fill(name: str, color: str, pattern: str) -> str:
    one = PATTERNS[pattern]
    ink, opacity = LIGHT_INK if ink_on(color) == "#262019" else DARK_INK
    size = f"{one.size:g}"
    return (
        f'<pattern id="{name}" width="{size}" height="{size}" patternUnits="userSpaceOnUse"'
        f' patternTransform="rotate({one.angle_deg:g})" overflow="visible">'
        f'<rect x="-1" y="-1" width="{one.size + 2:g}" height="{one.size + 2:g}"'
        f' fill="{escape(color)}"/><path d="{one.path}" fill="none" stroke="{ink}"'
        f' stroke-opacity="{opacity}" stroke-width="{one.stroke:g}"/></pattern>'
    )


def _section(key: str, heading: str, body: str, *, hidden: bool = False) -> str:
    shown = " hidden" if hidden else ""
    return (
        f'<section class="sheet-{key}" aria-labelledby="sheet-{key}"{shown}>'
        f'<h2 id="sheet-{key}">{escape(heading)}</h2>{body}</section>'
    )


def _legends(sheet: MapSheet, looks: Mapping[tuple[str, str], str]) -> str:
    sides = [(0, sheet.name, sheet.layers), (1, sheet.beside_name, sheet.beside)]
    return "".join(
        _legend_side(side, name if sheet.beside else "", layers, looks)
        for side, name, layers in sides
        if layers
    )


def _legend_side(
    side: int,
    name: str,
    layers: Iterable[ShownLayer],
    looks: Mapping[tuple[str, str], str],
) -> str:
    title = f"<h3>{escape(name)}</h3>" if name else ""
    legends = "".join(_legend(row, one.legend, looks) for row, one in enumerate(layers))
    return f'<div class="sheet-side" data-side="{side}">{title}{legends}</div>'


def _legend(row: int, legend: Legend, looks: Mapping[tuple[str, str], str]) -> str:
    counted = "" if legend.counted else " hidden"
    entries = "".join(
        f'<li>{_swatch(entry, looks)}<span class="sheet-label">{escape(entry.label)}</span>'
        f'<span class="sheet-count figures"{counted}>{entry.shape_count}</span></li>'
        for entry in legend.entries
    )
    method = f'<p class="sheet-method">{escape(legend.method)}</p>' if legend.method else ""
    return (
        f'<div class="sheet-legend" data-layer="{row}"{" hidden" if row else ""}>'
        f'<p class="sheet-what">{escape(legend.title)}</p><ul>{entries}</ul>{method}</div>'
    )


def _swatch(entry: LegendEntry, looks: Mapping[tuple[str, str], str]) -> str:
    fill = escape(fill_of((entry.color, entry.pattern), looks))
    return (
        '<svg class="sheet-swatch" viewBox="0 0 36 22" width="36" height="22" aria-hidden="true"'
        ' focusable="false"><rect x=".5" y=".5" width="35" height="21" rx="3"'
        f' fill="{fill}"/></svg>'
    )


def _notes(sheet: MapSheet, words: Words) -> str:
    if not sheet.notes:
        return ""
    items = "".join(f"<li>{escape(one)}</li>" for one in sheet.notes)
    return _section("notes", words["notes"], f"<ul>{items}</ul>")


def _facts(sheet: MapSheet, words: Words) -> str:
    rows = "".join(
        f"<div><dt>{escape(one.name)}</dt><dd>{escape(one.value)}</dd></div>"
        for one in sheet.facts
        if one.value
    )
    return _section("facts", words["facts"], f"<dl>{rows}</dl>")


def _paper(words: Words) -> str:
    """Return the choice of paper and the button that prints; shown by the script."""
    return (
        f'<div class="sheet-paper" hidden><label class="sheet-size"><span>{escape(words["paper"])}'
        '</span><select><option value="a4">A4</option><option value="a3">A3</option></select>'
        f'</label><button type="button" class="button">{escape(words["print"])}</button></div>'
    )


def _table(table: FigureTable, words: Words) -> str:
    head = "".join(_heading(one, words) for one in table.columns)
    keys = table.keys or ("",) * len(table.rows)
    body = "".join(_row(row, key, table) for row, key in zip(table.rows, keys, strict=True))
    caption = escape(table.caption)
    return (
        f'<div class="sheet-table" role="region" tabindex="0" aria-label="{caption}"><table>'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        f"</table>{_cut(table, words)}</div>"
    )


def _cut(table: FigureTable, words: Words) -> str:
    """Return what is said on paper of a table that has more rows than are printed."""
    if len(table.rows) <= PRINTED_ROWS:
        return ""
    told = words["cut"].replace("%(count)s", str(PRINTED_ROWS))
    return f'<p class="sheet-cut">{escape(told)}</p>'


def _heading(column: Column, words: Words) -> str:
    name = escape(column.heading)
    told = escape(words["sort"].replace("%(column)s", column.heading))
    kind = ' class="number"' if column.number else ""
    return (
        f'<th scope="col"{kind}><span>{name}</span>'
        f'<button type="button" class="sheet-sort" aria-label="{told}" hidden>{name}</button></th>'
    )


def _row(row: tuple[str | float | None, ...], key: str, table: FigureTable) -> str:
    name = escape(_written(row[0], table.columns[0], table.missing))
    first = f'<button type="button" class="sheet-find">{name}</button>' if key else name
    cells = "".join(
        _cell(value, column, table.missing)
        for value, column in zip(row[1:], table.columns[1:], strict=True)
    )
    shown = f' data-key="{escape(key)}"' if key else ""
    return f'<tr{shown}><th scope="row">{first}</th>{cells}</tr>'


def _cell(value: str | float | None, column: Column, missing: str) -> str:
    if not column.number:
        told = _written(value, column, missing)
        return f"<td{LONG if len(told) > LONG_TEXT else ''}>{escape(told)}</td>"
    sorted_by = f' data-value="{value:.9g}"' if isinstance(value, (int, float)) else ""
    return f'<td class="number"{sorted_by}>{escape(_written(value, column, missing))}</td>'


def _written(value: str | float | None, column: Column, missing: str) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN is what differs from itself
        return missing
    if isinstance(value, str):
        return value
    return f"{value:,.{column.decimals}f}".replace("-", "\N{MINUS SIGN}")


def _button(name: str, told: str, lines: str) -> str:
    return (
        f'<button type="button" class="icon-button sheet-{name}" aria-label="{escape(told)}"'
        f' title="{escape(told)}"><svg class="sign" viewBox="0 0 24 24" width="22" height="22"'
        f' aria-hidden="true" focusable="false"><path d="{lines}"/></svg></button>'
    )


__all__ = [
    "fill_of",
    "fills_markup",
    "heading_markup",
    "looks_of",
    "panel_markup",
    "slider_markup",
]
