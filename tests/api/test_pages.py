"""Pages as a program without a browser sees them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.headers import HEADERS
from api.i18n import html_tag, preferred_language
from api.static_files import STATIC_FOLDER
from geo.store.overview import jurisdictions, overview

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from geo.store.overview import Overview


@pytest.fixture(scope="module")
def empty(database_url: str) -> Iterator[TestClient]:
    with TestClient(create_app(database_url)) as client:
        yield client


@pytest.fixture(scope="module")
def demo(demo_database_url: str) -> Iterator[TestClient]:
    with TestClient(create_app(demo_database_url)) as client:
        yield client


@pytest.fixture
def city(demo_session: Session) -> Overview:
    found = overview(demo_session, jurisdictions(demo_session)[0].slug)
    assert found is not None
    return found


def test_an_empty_database_says_how_to_fill_it(empty: TestClient) -> None:
    answer = empty.get("/", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert "hongge load" in answer.text


def test_figures_and_lists_need_no_script(demo: TestClient, city: Overview) -> None:
    text = demo.get("/grids?lang=zh").text
    for grid in (g for s in city.streets for c in s.communities for g in c.grids):
        assert grid.code in text
        assert grid.name in text
    assert f"{city.households:,}" in text
    assert city.notice in text


def test_a_place_in_another_jurisdiction_brings_its_page(demo: TestClient) -> None:
    text = demo.get("/grids", params={"lon": 130.38, "lat": 46.81, "lang": "zh"}).text
    assert re.search(r'aria-current="page">前进区<', text)


def test_a_jurisdiction_is_chosen_by_name(demo: TestClient) -> None:
    assert ">前进区</a>" in demo.get("/grids?place=jinggangshan&lang=zh").text
    assert re.search(r'aria-current="page">前进区<', demo.get("/grids?place=qianjin&lang=zh").text)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"lon": "east", "lat": "26"}, "Longitude"),
        ({"lon": "114", "lat": "nan"}, "Latitude"),
        ({"lon": "114", "lat": "91"}, "Latitude"),
        ({"lon": "114"}, "Latitude"),
        ({"lon": "114", "lat": "26", "datum": "mars"}, "mars"),
        ({"lon": "114", "lat": "26", "accuracy_m": "-1"}, "Accuracy"),
    ],
)
def test_a_question_that_makes_no_sense_is_explained(
    demo: TestClient, parameters: dict[str, str], words: str
) -> None:
    answer = demo.get("/answer", params={**parameters, "lang": "en"})
    assert answer.status_code == 422
    assert words in answer.text
    page = demo.get("/grids", params={**parameters, "lang": "en"})
    assert page.status_code == 200
    assert words in page.text


def test_a_browser_gets_a_page_where_there_is_none(demo: TestClient) -> None:
    answer = demo.get("/nowhere?lang=en", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<h1>Not found</h1>" in answer.text
    for_programs = demo.get("/nowhere")
    assert for_programs.headers["Content-Type"] == "application/problem+json"


def test_a_database_that_does_not_answer_is_said_on_a_page() -> None:
    app = create_app("postgresql://nobody@127.0.0.1:1/none")
    app.state.registry = None
    answer = TestClient(app).get("/?lang=en", headers={"Accept": "text/html"})
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert "<h1>Not available at the moment</h1>" in answer.text


def test_what_a_reader_types_stays_text(demo: TestClient) -> None:
    answer = demo.get("/grids", params={"lon": '"><script>alert(1)</script>', "lat": "1"})
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/grids", "/answer?lon=1&lat=1", "/api/docs", "/static/hongge.css"]
)
def test_every_answer_has_the_security_headers(demo: TestClient, path: str) -> None:
    answer = demo.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/grids", "/api/docs"])
def test_pages_hold_no_inline_script_or_style(demo: TestClient, path: str) -> None:
    text = demo.get(path).text
    assert re.findall(r"<script(?![^>]*(src=|application/json))[^>]*>", text) == []
    assert re.findall(r"\sstyle=|<style|\son\w+=", text) == []


@pytest.mark.parametrize(
    ("header", "tag"),
    [("en-GB,en;q=0.9", "en"), ("fr, zh-TW;q=0.4", "zh-CN"), ("fr", "zh-CN"), ("", "zh-CN")],
)
def test_the_browser_chooses_the_language(demo: TestClient, header: str, tag: str) -> None:
    demo.cookies.clear()
    answer = demo.get("/", headers={"Accept-Language": header})
    assert answer.headers["Content-Language"] == tag
    assert f'<html lang="{tag}">' in answer.text


def test_a_chosen_language_is_kept(demo: TestClient) -> None:
    demo.cookies.clear()
    demo.get("/?lang=en")
    assert demo.get("/").headers["Content-Language"] == "en"
    demo.get("/?lang=zh-Hans")
    assert demo.get("/").headers["Content-Language"] == "zh-CN"
    demo.cookies.clear()


@pytest.mark.parametrize("header", ["en;q=0", "en;q=x", ";q=1", ","])
def test_odd_language_headers_choose_nothing(header: str) -> None:
    assert preferred_language(header) is None
    assert html_tag("zh_CN") == "zh-CN"


def test_static_files_are_kept_for_ever_under_their_version(demo: TestClient) -> None:
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', demo.get("/grids").text))
    assert len(addresses) > 4
    for address in addresses:
        answer = demo.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    plain = demo.get("/static/map.js")
    assert plain.headers["Cache-Control"] == "no-cache"
    assert demo.get("/static/v-0000000000/map.js").headers["Cache-Control"] == "no-cache"
    assert demo.get("/static/v-0000000000/absent.js").status_code == 404
    assert demo.get("/static/..%2f..%2fpyproject.toml").status_code == 404


def test_our_own_files_name_no_other_host() -> None:
    for path in STATIC_FOLDER.glob("*"):
        if path.suffix in {".css", ".js"}:
            named = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text())
            assert [one for one in named if "www.w3.org" not in one] == []
