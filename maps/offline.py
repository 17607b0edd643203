"""Turning folium maps into pages that ask no network for anything.

folium links its scripts and styles from public networks. Here each link is exchanged for a file of
our own, by its address, or dropped where the map doesn't use it; an address that nobody here knows
raises, so that no page can silently depend on the network. What folium's page lacks for people is
mended on the way: a language, a title, zooming in the browser, names of markers.
"""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    import folium


class OutsideAddressError(ValueError):
    """A map would ask an address outside for a script, a style or an image."""


class UnnamedMarkerError(ValueError):
    """A marker has no name for those who can't see it: give it ``title`` or ``alt``."""


@dataclass(frozen=True, slots=True)
class _Link:
    """What becomes of a link.

    Parameters
    ----------
    address
        A regular expression of the addresses that folium and branca link.
    asset
        The file in the assets folder; empty: none of our maps may use it.
    used_by
        What a map's own script holds when it uses the file; empty: always.
    """

    address: str
    asset: str = ""
    used_by: str = ""


@dataclass(frozen=True, slots=True)
class Extras:
    """What a page holds besides its map.

    Parameters
    ----------
    head
        Markup at the end of the head: it must ask no address outside.
    tail
        Markup at the end of the body, after the map's own script.
    nonce
        What every script and style of the page is marked with, for a content security policy.
    tiles
        Addresses of tiles outside that were chosen on purpose.
    """

    head: str = ""
    tail: str = ""
    nonce: str = ""
    tiles: Collection[str] = ()


NOTHING_MORE = Extras()
_LEAFLET = "leaflet/leaflet.js"
_LINKS = (
    _Link(r"/leaflet@[\d.]+/dist/leaflet\.js$", _LEAFLET),
    _Link(r"/leaflet@[\d.]+/dist/leaflet\.css$", "leaflet/leaflet.css"),
    _Link(r"/jquery-3[\d.]*\.min\.js$", "jquery/jquery.min.js", "$("),
    _Link(r"/d3/3\.5\.5/d3\.min\.js$", "d3/d3.min.js", "d3."),
    _Link(r"/leaflet\.awesome-markers\.js$", used_by="AwesomeMarkers"),
    _Link(r"/leaflet\.awesome-markers\.css$"),
    _Link(r"/bootstrap@[\d.]+/dist/(css|js)/bootstrap(\.bundle)?\.min\.(css|js)$"),
    _Link(r"/bootstrap-glyphicons\.css$"),
    _Link(r"/fontawesome-free@[\d.]+/css/all\.min\.css$"),
    _Link(r"/leaflet\.awesome\.rotate\.min\.css$"),
)

_ICON_FILES = {
    "iconUrl": "marker-icon.png",
    "iconRetinaUrl": "marker-icon-2x.png",
    "shadowUrl": "marker-shadow.png",
}
_LINKED = re.compile(
    r"""<script src="(https?://[^"]+)"></script>|<link rel="stylesheet" href="(https?://[^"]+)"/>"""
)
_ASKED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc\s*=\s*["']?(?:https?:)?//[^>]*>"""
    r"""|<link\b[^>]*\bhref\s*=\s*["']?(?:https?:)?//[^>]*>"""
    r"""|(?:url\(|@import)\s*["']?(?:https?:)?//[^);]*"""
    r"""|L\.(?:tileLayer(?:\.wms)?|imageOverlay|videoOverlay)\(\s*\[?\s*["'](?:https?:)?//[^"']*"""
    r"""|["']?\b(?:icon|iconRetina|shadow)?(?:url|src)["']?\s*:\s*["'](?:https?:)?//[^"']*"""
    r"""|(?:fetch|import|\$\.(?:get|getJSON|ajax))\(\s*["'](?:https?:)?//[^"']*""",
    re.IGNORECASE,
)


def standalone(
    fmap: folium.Map,
    *,
    assets: Path,
    language: str,
    title: str,
    extras: Extras = NOTHING_MORE,
) -> str:
    """Return a map as one page with everything inside.

    Parameters
    ----------
    fmap
        The map; rendering changes it, so that it can be rendered once only.
    assets
        The folder with ``leaflet``, ``jquery`` and ``d3`` as the project's set-up fetches them.
    language
        BCP 47 tag of the page, such as ``zh-CN``.
    title
        The page's title, as plain text.
    extras
        What the page holds besides the map.

    Raises
    ------
    OutsideAddressError
        When something in the map would ask an address outside.
    UnnamedMarkerError
        When a marker has neither ``title`` nor ``alt``.
    """

    def inline(asset: str) -> str:
        if asset.endswith(".css"):
            return f"<style>{style_text(assets / asset)}</style>"
        return f"<script>{script_text((assets / asset).read_text(encoding='utf-8'))}</script>"

    icons = {
        option: _data_address(assets / "leaflet" / "images" / name)
        for option, name in _ICON_FILES.items()
    }
    return _page(fmap, inline, icons, (language, title), extras)


def with_addresses(
    fmap: folium.Map,
    *,
    base_url: str,
    language: str,
    title: str,
    extras: Extras = NOTHING_MORE,
) -> str:
    """Return a map as a page that asks for its scripts and styles under ``base_url``.

    Parameters, errors as of :func:`standalone`; ``base_url`` is the address of the assets folder,
    such as ``/static/vendor``.
    """
    base = base_url.rstrip("/")

    def link(asset: str) -> str:
        address = html.escape(f"{base}/{asset}")
        if asset.endswith(".css"):
            return f'<link rel="stylesheet" href="{address}">'
        return f'<script src="{address}"></script>'

    icons = {option: f"{base}/leaflet/images/{name}" for option, name in _ICON_FILES.items()}
    return _page(fmap, link, icons, (language, title), extras)


def for_script(value: Any) -> str:
    r"""Write a value as JSON that can stand inside a script element.

    Examples
    --------
    >>> for_script({"title": "</script>"})
    '{"title":"\\u003c/script>"}'
    >>> for_script(None)
    'null'
    """
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return written.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def script_text(text: str) -> str:
    """Return a script so that it can stand inside an element of a page."""
    return text.replace("</script", r"<\/script")


def style_text(file: Path) -> str:
    """Return a style sheet with the images of its folder inside."""
    return _with_images(file.read_text(encoding="utf-8"), file.parent)


def _page(
    fmap: folium.Map,
    provide: Callable[[str], str],
    icons: dict[str, str],
    named: tuple[str, str],
    extras: Extras,
) -> str:
    """Render a map, exchange its links, and mend what folium's page lacks.

    The files come in last, in the place of comments: what they say about addresses asks nobody.
    """
    root: Any = fmap.get_root()
    _refuse_unnamed_markers(root)
    page = _mended(str(root.render()), *named)
    page, assets = _exchange_links(page)
    _refuse_outside(page, extras.tiles)
    page = _with_extras(page, extras)
    for asset in assets:
        text = provide(asset) + (_default_icons(icons) if asset == _LEAFLET else "")
        page = page.replace(_place_of(asset), _marked(text, extras.nonce), 1)
    return page


def _refuse_outside(page: str, tiles: Collection[str]) -> None:
    told = page.replace(r"\u003c", "<").replace(r"\u0026", "&").replace(r"\"", '"')
    for found in _ASKED.finditer(told):
        asked = found[0]
        if not any(asked.endswith(f'"{one}') for one in tiles):
            raise OutsideAddressError(asked[:200])


def _with_extras(page: str, extras: Extras) -> str:
    """Mark what folium's page holds, and add what comes besides, which is marked already."""
    page = _marked(page, extras.nonce)
    head, found, rest = page.rpartition("</head>")
    body, closed, end = rest.rpartition("</html>")
    return f"{head}{extras.head}{found}{body}{extras.tail}{closed}{end}"


def _marked(page: str, nonce: str) -> str:
    """Mark the scripts and styles of a page with a nonce."""
    if not nonce:
        return page
    return re.sub(r"<(script|style)(?=[\s>])", rf'<\1 nonce="{html.escape(nonce)}"', page)


def _exchange_links(page: str) -> tuple[str, list[str]]:
    """Put a comment in the place of every link that a file answers; return these files, too."""
    script = page[page.rindex("</head>") :]
    assets: list[str] = []

    def exchange(match: re.Match[str]) -> str:
        asset = _asset_of(match[1] or match[2], script)
        if not asset or asset in assets:
            return ""
        assets.append(asset)
        return _place_of(asset)

    return _LINKED.sub(exchange, page), assets


def _place_of(asset: str) -> str:
    return f"<!-- {asset} -->"


def _asset_of(url: str, script: str) -> str:
    """Return the file for an address, or the empty text where the map doesn't use it."""
    link = next((one for one in _LINKS if re.search(one.address, url)), None)
    if link is None:
        raise OutsideAddressError(url)
    used = link.used_by in script
    if used and link.used_by and not link.asset:
        text = f"{url}: such markers have no image without the network; use a DivIcon"
        raise OutsideAddressError(text)
    return link.asset if used else ""


def _default_icons(icons: dict[str, str]) -> str:
    options = ", ".join(f"{name}: '{address}'" for name, address in icons.items())
    return (
        "<script>L.Icon.Default.imagePath = '';"
        f" L.Icon.Default.mergeOptions({{{options}}});</script>"
    )


def _with_images(style: str, folder: Path) -> str:
    """Put the images of a style sheet into it."""

    def embed(match: re.Match[str]) -> str:
        file = folder / match[1].strip("\"'")
        return f"url({_data_address(file)})" if file.is_file() else match[0]

    return re.sub(r"url\(([^)#:]+)\)", embed, style)


def _data_address(image: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(image.read_bytes()).decode()


def _refuse_unnamed_markers(root: Any) -> None:
    import folium  # noqa: PLC0415 - 0.3 s, when a map is drawn

    for element in _descendants(root):
        if isinstance(element, folium.Marker):
            named = {"title", "alt"} & set(element.options)
            if not named:
                raise UnnamedMarkerError(str(element.location))


def _descendants(element: Any) -> Iterator[Any]:
    for child in element._children.values():  # noqa: SLF001 - branca has no other way
        yield child
        yield from _descendants(child)


def _mended(page: str, language: str, title: str) -> str:
    head = f'<html lang="{html.escape(language)}">\n<head>\n<title>{html.escape(title)}</title>'
    page, found = re.subn(r"<html>\s*<head>", lambda _: head, page, count=1)
    if not found:
        text = "the page of this version of branca begins in another way"
        raise ValueError(text)
    return re.sub(r",\s*maximum-scale=1\.0,\s*user-scalable=no", "", page)
