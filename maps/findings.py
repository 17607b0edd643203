"""A page that shows a coverage's findings on a map and, beside it, as a list."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.offline import for_script, standalone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

HERE = Path(__file__).resolve().parent
MAX_ZOOM = 24
"""Deep enough to see a millimetre."""

DECIMALS = 9
"""Of degrees in the page: a tenth of a millimetre."""


@dataclass(frozen=True, slots=True)
class MapFinding:
    """A finding as it is shown.

    Parameters
    ----------
    kind
        Decides colour and pattern; see :data:`LOOKS`.
    error
        Whether it is an error: its badge is square, its outline unbroken.
    heading, sentence, measures
        What is said of it, in the reader's language.
    geometry
        In WGS 84; ``None`` when it has no place.
    """

    kind: str
    error: bool
    heading: str
    sentence: str
    measures: str
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class FindingsMap:
    """What the page shows: labels and WGS 84 polygons of the coverage, and findings in order."""

    labels: Sequence[str]
    polygons: NDArray[np.object_]
    findings: Sequence[MapFinding]


@dataclass(frozen=True, slots=True)
class MapWords:
    """The page's texts in the reader's language; ``language`` is its BCP 47 tag."""

    language: str
    title: str
    summary: str
    list_name: str
    map_name: str
    nothing: str
    zoom_in: str
    zoom_out: str
    whole: str


@dataclass(frozen=True, slots=True)
class Look:
    """How a kind is drawn: its colour and, for those who don't tell colours, its pattern."""

    color: str
    pattern: str


LOOKS = {
    "invalid": Look("#7a1fa2", "dots"),
    "empty": Look("#57606a", "dots"),
    "duplicate": Look("#8a4b00", "grid"),
    "nested": Look("#8a4b00", "dots"),
    "overlap": Look("#b3261e", "rising"),
    "gap": Look("#a3005c", "cross"),
    "multipart": Look("#00635a", "level"),
    "sliver": Look("#5b3fb5", "upright"),
    "enclave": Look("#2d5f8b", "falling"),
    "hole": Look("#2d5f8b", "level"),
}
"""Every colour has a contrast of at least 4.5 to white; patterns of one colour differ."""

_STROKES = {
    "rising": "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4",
    "falling": "M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4",
    "cross": "M0,0 l8,8 M0,8 l8,-8",
    "level": "M0,4 h8",
    "upright": "M4,0 v8",
    "grid": "M0,4 h8 M4,0 v8",
    "dots": "M3,4 h2",
}


def render(shown: FindingsMap, words: MapWords, *, assets: Path) -> str:
    """Return the page as HTML that asks no network for anything.

    Parameters
    ----------
    shown
        Polygons and findings.
    words
        Texts of the page.
    assets
        See :func:`maps.offline.standalone`.
    """
    import folium  # noqa: PLC0415 - 0.3 s, when a map is drawn
    from branca.element import Element  # noqa: PLC0415 - the same

    fmap = folium.Map(
        tiles=None, zoom_control=False, control_scale=False, maxZoom=MAX_ZOOM, zoomSnap=0.25
    )
    root: Any = fmap.get_root()
    style = (HERE / "findings.css").read_text(encoding="utf-8")
    script = (HERE / "findings.js").read_text(encoding="utf-8")
    data = for_script(_data(shown, words))
    call = f"drawFindings({fmap.get_name()}, {data});"
    draw = f'{script}\ndocument.addEventListener("DOMContentLoaded", () => {{ {call} }});'
    root.header.add_child(Element(_literal(f"<style>{style}</style>")))
    root.html.add_child(Element(_literal(_panel(shown.findings, words))))
    root.script.add_child(Element(_literal(draw)))
    return standalone(fmap, assets=assets, language=words.language, title=words.title)


def _literal(text: str) -> str:
    """Keep branca's templates from reading a text as one of theirs."""
    return "{% raw %}" + text.replace("{% endraw", "{ % endraw") + "{% endraw %}"


def _data(shown: FindingsMap, words: MapWords) -> dict[str, Any]:
    there = ~shapely.is_missing(shown.polygons) & ~shapely.is_empty(shown.polygons)
    rows = [int(row) for row in np.flatnonzero(there)]
    placed = [one for one in enumerate(shown.findings, 1) if one[1].geometry is not None]
    return {
        "bounds": [float(one) for one in shapely.total_bounds(shown.polygons)],
        "polygons": _collection(
            (shown.polygons[row], {"label": shown.labels[row]}) for row in rows
        ),
        "findings": _collection(
            (
                one.geometry,
                {
                    "number": number,
                    "kind": one.kind,
                    "error": one.error,
                    "sentence": one.sentence,
                    "measures": one.measures,
                },
            )
            for number, one in placed
        ),
        "looks": {
            kind: {"color": look.color, "pattern": f"look-{kind}"} for kind, look in LOOKS.items()
        },
        "words": {"zoomIn": words.zoom_in, "zoomOut": words.zoom_out, "map": words.map_name},
    }


def _collection(pairs: Any) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [_feature(geometry, properties) for geometry, properties in pairs],
    }


def _feature(geometry: Any, properties: dict[str, Any]) -> dict[str, Any]:
    point = geometry.representative_point()
    return {
        "type": "Feature",
        "properties": {**properties, "place": [round(point.x, DECIMALS), round(point.y, DECIMALS)]},
        "geometry": _rounded(json.loads(shapely.to_geojson(geometry))),
    }


def _rounded(value: Any) -> Any:
    """Round every number of a GeoJSON geometry."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return value


def _panel(findings: Sequence[MapFinding], words: MapWords) -> str:
    """Write the list beside the map; its headings, with their swatches, are the legend."""
    numbered = list(enumerate(findings, 1))
    groups = [
        (heading, list(group))
        for heading, group in groupby(numbered, key=lambda one: one[1].heading)
    ]
    body = "".join(_group(heading, group) for heading, group in groups)
    return (
        f"{_patterns()}"
        f'<main class="findings" aria-label="{html.escape(words.list_name)}">'
        f"<header><h1>{html.escape(words.title)}</h1><p>{html.escape(words.summary)}</p>"
        f'<button type="button" class="whole">{html.escape(words.whole)}</button></header>'
        f"{body or _nothing(words)}</main>"
    )


def _nothing(words: MapWords) -> str:
    return f'<p class="none">{html.escape(words.nothing)}</p>'


def _group(heading: str, group: list[tuple[int, MapFinding]]) -> str:
    kind = group[0][1].kind
    items = "".join(_item(number, one) for number, one in group)
    return (
        f"<section><h2>{_swatch(kind)}{html.escape(heading)}<small>{len(group)}</small></h2>"
        f"<ul>{items}</ul></section>"
    )


def _item(number: int, finding: MapFinding) -> str:
    severity = "badge error" if finding.error else "badge"
    reach = "disabled" if finding.geometry is None else f'data-number="{number}"'
    return (
        f'<li><button type="button" class="finding" aria-pressed="false" {reach}>'
        f'<span class="{severity}">{number}</span><span>{html.escape(finding.sentence)}</span>'
        f"<small>{html.escape(finding.measures)}</small></button></li>"
    )


def _swatch(kind: str) -> str:
    color = LOOKS[kind].color
    return (
        '<svg class="swatch" viewBox="0 0 28 18" aria-hidden="true"><rect x="1" y="1" width="26"'
        f' height="16" rx="2" fill="url(#look-{kind})" stroke="{color}" stroke-width="2"/></svg>'
    )


def _patterns() -> str:
    patterns = "".join(
        f'<pattern id="look-{kind}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{look.color}" fill-opacity=".18"/>'
        f'<path d="{_STROKES[look.pattern]}" stroke="{look.color}" stroke-width="2" fill="none"/>'
        "</pattern>"
        for kind, look in LOOKS.items()
    )
    hidden = 'width="0" height="0" style="position:absolute" aria-hidden="true"'
    return f"<svg {hidden}><defs>{patterns}</defs></svg>"
