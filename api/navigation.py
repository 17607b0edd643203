"""Links that open a way to a place, on foot, in the map applications that people have."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlencode

from geo.core.crs import GCJ02, from_wgs84
from geo.messages import Message, msg

DIGITS = 6
SOURCE = "hongge"
APPLE = ("iPhone", "iPad", "Macintosh")
"""What browsers of devices have in their names whose maps don't read ``geo:`` addresses."""


class MapLink(NamedTuple):
    """A link to one application.

    Parameters
    ----------
    code, name
        Of the application.
    url
        Where it is opened.
    """

    code: str
    name: Message
    url: str


def map_links(lon: float, lat: float, name: str, city: str, browser: str = "") -> list[MapLink]:
    """Return the links to a place, each with the position in the datum that it is read in.

    Amap, Baidu, Tencent and Apple Maps in China read GCJ-02, by the parameters of their addresses;
    a ``geo:`` address is in WGS 84 (RFC 5870).

    Parameters
    ----------
    lon, lat
        WGS 84 degrees.
    name
        Of the place.
    city
        Its city, which Baidu asks for.
    browser
        The ``User-Agent``: the phone's own maps are opened in the way it knows.

    Examples
    --------
    >>> [one.code for one in map_links(114.279, 26.749, "", "")]
    ['amap', 'baidu', 'tencent', 'phone']
    >>> map_links(114.279, 26.749, "驿站", "井冈山市")[3].url
    'geo:26.749000,114.279000?q=26.749000,114.279000(%E9%A9%BF%E7%AB%99)'
    >>> map_links(114.279, 26.749, "", "")[2].url.partition("tocoord=")[2][:19]
    '26.745597,114.28411'
    """
    x, y = (f"{angle:.{DIGITS}f}" for angle in from_wgs84(lon, lat, GCJ02))
    plain = name.replace(",", " ").replace("|", " ")
    amap = {"to": f"{x},{y},{plain}", "mode": "walk", "src": SOURCE, "callnative": "1"}
    baidu = {
        "origin": "name:我的位置",
        "destination": f"latlng:{y},{x}|name:{plain}",
        "mode": "walking",
        "region": city,
        "output": "html",
        "coord_type": "gcj02",
        "src": SOURCE,
    }
    tencent = {"type": "walk", "to": plain, "tocoord": f"{y},{x}", "referer": SOURCE}
    return [
        MapLink("amap", msg("Amap"), _address("https://uri.amap.com/navigation", amap)),
        MapLink("baidu", msg("Baidu"), _address("https://api.map.baidu.com/direction", baidu)),
        MapLink(
            "tencent", msg("Tencent"), _address("https://apis.map.qq.com/uri/v1/routeplan", tencent)
        ),
        MapLink("phone", msg("Phone's maps"), _own_maps(lon, lat, name, (x, y), browser)),
    ]


def _own_maps(lon: float, lat: float, name: str, offset: tuple[str, str], browser: str) -> str:
    if any(one in browser for one in APPLE):
        values = {"daddr": f"{offset[1]},{offset[0]}", "dirflg": "w"}
        return _address("https://maps.apple.com/", values)
    place = f"{lat:.{DIGITS}f},{lon:.{DIGITS}f}"
    return f"geo:{place}?q={place}({quote(name)})"


def _address(base: str, values: dict[str, str]) -> str:
    return f"{base}?{urlencode(values, safe=',:|', quote_via=quote)}"
