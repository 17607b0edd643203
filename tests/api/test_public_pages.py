"""The public's pages as a program without a browser sees them."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pypdfium2
import pytest
import zxingcpp
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.app import create_app
from api.navigation import map_links
from geo.core.crs import to_wgs84
from geo.core.facilities import FACILITY_CHIPS
from geo.files.printing import to_pdf
from geo.files.qr_codes import qr_svg
from geo.store.engine import owner_session
from geo.store.models import Member

if TYPE_CHECKING:
    from collections.abc import Iterator

LON, LAT = 114.2796, 26.75
PLACE = {"lon": LON, "lat": LAT, "lang": "en", "at": "2026-03-09T12:40"}
STATION = "/stations/jinggangshan/G12"


@pytest.fixture(scope="module")
def demo(demo_database_url: str) -> Iterator[TestClient]:
    with TestClient(create_app(demo_database_url)) as client:
        yield client


def test_a_place_has_its_grid_and_the_branchs_number_and_no_private_one(
    demo: TestClient, demo_database_url: str
) -> None:
    text = demo.get("/", params=PLACE).text
    located = demo.get("/api/v1/locate", params={"lon": LON, "lat": LAT}).json()
    branch = located["grid"]["branch"]
    assert f'href="tel:{branch["phone"]}"' in text
    assert branch["name_en"] in text
    assert f"/grids?lon={LON:.6f}&amp;lat={LAT:.6f}" in text
    with owner_session(demo_database_url) as opened:
        private = [one for one in opened.scalars(select(Member.phone)) if one]
    assert private
    assert not [one for one in private if one in text]


def test_the_list_is_that_of_the_interface(demo: TestClient) -> None:
    asked = {"lon": LON, "lat": LAT, "at": "2026-03-09T12:40:00+08:00", "open_now": "true"}
    told = demo.get("/api/v1/stations/nearest", params={**asked, "limit": 6}).json()
    text = demo.get("/", params={**asked, "lang": "en"}).text
    assert re.findall(r'<li class="stop [^"]*" data-code="(\w+)"', text) == [
        one["station"]["code"] for one in told
    ]
    walked = re.findall(r"<strong>(\d+) min on foot", text)
    assert walked == [str(one["walk_min"]) for one in told if one["reachable"]]


def test_farther_stations_are_offered_where_there_are_some(demo: TestClient) -> None:
    """By chips: of some things there are many stations, of others so few that all are listed."""
    offered: set[bool] = set()
    for count in range(1, len(FACILITY_CHIPS) + 1):
        near: dict[str, Any] = {**PLACE, "facility": FACILITY_CHIPS[:count]}
        text, more = (demo.get("/", params=one).text for one in (near, near | {"more": "1"}))
        shown = "Show stations farther away" in text
        listed, all_listed = (one.count('<li class="stop ') for one in (text, more))
        assert shown == (all_listed > listed), count
        assert "Show stations farther away" not in more
        offered |= {shown} if listed else set()
    assert offered == {True, False}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"at": "yesterday"}, "This is not a time."),
        ({"at": "9999-12-31T23:00"}, "This is not a time."),
        ({"lon": "east", "lat": "26"}, "Longitude"),
        ({"lon": "114"}, "Latitude"),
        ({"lon": "114", "lat": "26", "datum": "mars"}, "mars"),
    ],
)
def test_what_can_not_be_read_is_said_and_the_list_stands(
    demo: TestClient, asked: dict[str, str], words: str
) -> None:
    answer = demo.get("/", params={**asked, "lang": "en"})
    assert answer.status_code == 200
    assert words in answer.text
    assert answer.text.count('<li class="stop ') > 10


def test_a_position_in_another_datum_is_the_same_place(demo: TestClient) -> None:
    offset = next(one for one in map_links(LON, LAT, "", "") if one.code == "tencent")
    lat, lon = parse_qs(urlsplit(offset.url).query)["tocoord"][0].split(",")
    here = demo.get("/", params=PLACE).text
    there = demo.get("/", params={**PLACE, "lon": lon, "lat": lat, "datum": "gcj02"}).text
    order = re.compile(r'class="stop [^"]*" data-code="(\w+)"')
    assert order.findall(here) == order.findall(there)


def test_map_links_are_in_the_datum_that_each_reads() -> None:
    links = {one.code: one.url for one in map_links(LON, LAT, "甲,乙|丙", "井冈山市")}
    asked = {code: parse_qs(urlsplit(url).query) for code, url in links.items()}
    amap = asked["amap"]["to"][0].split(",")
    baidu = asked["baidu"]["destination"][0].removeprefix("latlng:").split("|")[0].split(",")
    tencent = asked["tencent"]["tocoord"][0].split(",")
    assert asked["baidu"]["coord_type"] == ["gcj02"]
    for lon, lat in (amap[:2], baidu[::-1], tencent[::-1]):
        assert to_wgs84(float(lon), float(lat), "gcj02") == pytest.approx((LON, LAT), abs=2e-6)
    assert amap[2:] == ["甲 乙 丙"]
    assert links["phone"].startswith(f"geo:{LAT:.6f},{LON:.6f}?")
    apple = map_links(LON, LAT, "", "", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)")
    assert apple[3].url.startswith("https://maps.apple.com/?daddr=26.74")


def test_names_of_places_lead_to_them(demo: TestClient) -> None:
    found = demo.get("/", params={"q": "康乐苑 1栋", "lang": "en"}).text
    (first, *_others) = re.findall(r'<a class="row" href="(/\?lon=[^"]+)"', found) or [""]
    page = demo.get(first.replace("&amp;", "&")).text if first else found
    assert "康乐苑" in re.findall(r'id="near-title">([^<]+)<', page)[0]
    nothing = demo.get("/", params={"q": "<b>nowhere</b>", "lang": "en"}).text
    assert "&lt;b&gt;nowhere&lt;/b&gt;" in nothing
    assert "Try fewer words" in nothing


def test_another_city_has_its_own_list(demo: TestClient) -> None:
    text = demo.get("/", params={"place": "qianjin", "lang": "en"}).text
    assert text.count('<li class="stop ') == 1
    assert "/?place=jinggangshan" in text


def test_pages_are_packed_for_those_who_are_not_signed_in(demo: TestClient) -> None:
    for path in ("/", "/nearest", STATION):
        with demo.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
            packed = b"".join(answer.iter_raw())
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert b"<" in gzip.decompress(packed)
        plain = demo.get(path, headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers
        assert len(plain.content) > 2 * len(packed)


def test_scripts_are_packed_and_asked_for_again(demo: TestClient) -> None:
    path = "/static/map.js"
    packed = demo.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    plain = demo.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.text == plain.text
    kept = {"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "gzip"}
    assert demo.get(path, headers=kept).status_code == 304
    assert (
        demo.get(path, headers={"Accept-Encoding": "gzip;q=0"}).headers.get("Content-Encoding")
        is None
    )


def test_the_elder_view_has_an_address(demo: TestClient) -> None:
    answer = demo.get("/elder", follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?view=elder")
    large = demo.get("/?view=elder&size=26")
    assert 'class="elder elder--26"' in large.text
    assert "view=elder-26" in large.headers["Set-Cookie"]
    demo.cookies.clear()


def test_a_station_tells_hours_closures_services_and_space(demo: TestClient) -> None:
    text = demo.get(STATION, params={"lang": "en", "at": "2026-02-17T12:40"}).text
    for words in ("Public holiday", "Maintenance during Spring Festival", "of the floor area"):
        assert words in text
    assert "/book/jinggangshan/G12" in text
    assert demo.get("/stations/jinggangshan/X99").status_code == 404
    assert demo.get("/stations/nowhere/H01").status_code == 404


def test_a_poster_is_one_page_with_a_code_in_vectors(demo: TestClient) -> None:
    answer = demo.get(f"{STATION}/poster.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b(?!s)", answer.content)) <= 1
    assert b"/Subtype /Image" not in answer.content
    assert len(answer.content) > len(to_pdf("")) * 5


def test_a_phone_reads_the_way_to_the_station_off_the_poster(demo: TestClient) -> None:
    """As it is printed, at the resolution of a plain printer."""
    poster = demo.get(f"{STATION}/poster.pdf").content
    with pypdfium2.PdfDocument(poster) as printed:
        sheet = printed[0].render(scale=150 / 72).to_pil()
    (code,) = zxingcpp.read_barcodes(sheet)
    assert (code.format, code.text) == (
        zxingcpp.BarcodeFormat.QRCode,
        f"http://testserver{STATION}",
    )
    assert demo.get(urlsplit(code.text).path).status_code == 200


def test_a_code_is_large_enough_for_a_long_address() -> None:
    drawn = qr_svg(f"https://{'a' * 200}.example/stations/jinggangshan/H01", "<Hongge>")
    assert "viewBox" in drawn
    assert "<Hongge>" not in drawn
    with pytest.raises(ValueError, match=r"."):
        qr_svg("a" * 5000, "")


def test_the_service_worker_keeps_files_that_there_are(demo: TestClient) -> None:
    script = demo.get("/sw.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    for path in re.findall(r'"(/static/[^"]+)"', script.text):
        assert demo.get(unquote(path)).status_code == 200
