"""Asking over HTTP where a position belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geo.core.crs import from_wgs84
from geo.settings import settings
from tests.town import A1, A2, B1, FIRST_LABEL, SECOND_LABEL, SLUG, D, spot

if TYPE_CHECKING:
    from starlette.testclient import TestClient

URL = "/api/v1/locate"


def ask(client: TestClient, column: float, row: float, **more: object) -> dict[str, object]:
    lon, lat = spot(column, row)
    answer = client.get(URL, params={"lon": lon, "lat": lat, **more})
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


def test_inside_tells_the_grid_and_the_generation(client: TestClient) -> None:
    told = ask(client, 0.5, 1.5)
    grid = told["grid"]
    assert told["method"] == "inside"
    assert (told["generation"], told["generation_number"]) == (SECOND_LABEL, 2)
    assert told["jurisdiction"] == SLUG
    assert isinstance(grid, dict)
    assert grid["code"] == A2
    assert grid["community"]["code"] == A2[:12]
    assert grid["street"]["code"] == A2[:9]
    assert grid["branch"] == {"name": "二格支部", "name_en": "Branch", "phone": "1"}
    assert told["distance_m"] == 0
    assert told["confident"] is True
    assert told["warnings"] == []


@pytest.mark.parametrize(
    ("column", "row", "method", "code"),
    [
        (1.0, 1.0, "edge", A1),
        (3.0, 1.0, "inside", D),
        (2.2, 1.0, "inside", B1),
        (-0.1, 0.5, "nearest", A1),
    ],
)
def test_edges_dedicated_grids_and_near_misses(
    client: TestClient, column: float, row: float, method: str, code: str
) -> None:
    told = ask(client, column, row)
    assert told["method"] == method
    assert told["grid"]["code"] == code  # type: ignore[index]


def test_outside_tells_the_nearest_and_how_far(client: TestClient) -> None:
    told = ask(client, -5, 0.5)
    assert told["method"] == "outside"
    assert told["grid"] is None
    assert told["nearest"]["code"] == A1  # type: ignore[index]
    assert 990 < float(str(told["distance_m"])) < 1000
    assert told["confident"] is False


def test_a_past_time_is_answered_by_the_generation_then(client: TestClient) -> None:
    then = ask(client, 0.5, 1.5, at="2025-06-01T12:00:00+08:00")
    assert (then["generation"], then["grid"]["code"]) == (FIRST_LABEL, A1)  # type: ignore[index]
    unescaped = client.get(f"{URL}?lon=114.271&lat=26.743&at=2025-06-01T12:00:00+08:00")
    assert unescaped.json() == then
    before = ask(client, 0.5, 1.5, at="2020-01-01T00:00:00Z")
    assert (before["generation"], before["method"], before["grid"]) == (None, "outside", None)


def test_an_accuracy_gives_shares(client: TestClient) -> None:
    told = ask(client, 1.0, 1.0 + 1e-6, accuracy_m=50)
    shares = {one["code"]: one["share"] for one in told["candidates"]}  # type: ignore[attr-defined]
    assert shares == {A1: pytest.approx(0.5, abs=0.01), A2: pytest.approx(0.5, abs=0.01)}
    assert told["confident"] is False


@pytest.mark.parametrize("datum", ["cgcs2000", "gcj02", "bd09", "EPSG:4547"])
def test_a_declared_datum_is_converted(client: TestClient, datum: str) -> None:
    lon, lat = from_wgs84(*spot(0.5, 1.5), datum)
    told = client.get(URL, params={"lon": lon, "lat": lat, "datum": datum}).json()
    assert told["grid"]["code"] == A2


def test_a_wrong_datum_is_noticed_and_nothing_converted(client: TestClient) -> None:
    lon, lat = from_wgs84(*spot(3.9, 0.1), "bd09")
    told = client.get(URL, params={"lon": lon, "lat": lat}).json()
    assert told["method"] == "outside"
    assert [one["code"] for one in told["warnings"]] == ["datum_suspicion"]
    assert "bd09" in told["warnings"][0]["message"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("lat=26.7", "lon"),
        ("lon=114&lat=north", "lat"),
        ("lon=114&lat=nan", "lat"),
        ("lon=181&lat=1", "lon"),
        ("lon=114&lat=26&accuracy_m=-1", "accuracy_m"),
        ("lon=114&lat=26&datum=moon", "datum"),
        ("lon=114&lat=26&datum=EPSG:4610", "datum"),
        ("lon=114&lat=26&at=2025-01-01T00:00:00", "at"),
        ("lon=114&lat=26&at=yesterday", "at"),
        ("lon=114&lat=26&acuracy_m=5", "acuracy_m"),
    ],
)
def test_what_cannot_be_taken_is_named(client: TestClient, query: str, field: str) -> None:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_problems_speak_the_readers_language(client: TestClient) -> None:
    english = client.get(URL, params={"lat": 1}).json()
    chinese = client.get(URL, params={"lat": 1}, headers={"Accept-Language": "zh-CN"})
    assert chinese.headers["content-language"] == "zh-CN"
    assert english["errors"][0]["message"] == "This field is required."
    assert chinese.json()["status"] == english["status"] == 422
    assert chinese.json().keys() == english.keys()


def test_a_setting_refuses_the_offset_datums(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "refuse_offset_datums", True)
    answer = client.get(URL, params={"lon": 114.27, "lat": 26.74, "datum": "gcj02"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "datum"
    assert client.get(URL, params={"lon": 114.271, "lat": 26.741}).status_code == 200


@pytest.mark.parametrize(
    "more", ["", "&accuracy_m=40", "&datum=gcj02", "&datum=bd09&accuracy_m=5.5"]
)
def test_the_fast_lane_gives_the_same_answers(client: TestClient, more: str) -> None:
    for column, row in ((0.5, 0.5), (0.5, 1.5), (3, 1), (1, 1), (-0.1, 0.5), (-5, 0.5)):
        lon, lat = spot(column, row)
        fast = client.get(f"{URL}?lon={lon!r}&lat={lat!r}{more}")
        framework = client.get(f"{URL}?lon={lon!r}e0&lat={lat!r}{more}")
        assert fast.content == framework.content
        assert fast.status_code == framework.status_code == 200
        assert set(fast.headers) == set(framework.headers)
        assert client.get(f"{URL}?lat={lat!r}&lon={lon!r}{more}&lang=en").content == fast.content


def test_before_any_generation_a_warning_says_so(client: TestClient) -> None:
    lon, lat = spot(0.5, 0.5)
    told = client.get(URL, params={"lon": lon, "lat": lat, "at": "1999-01-01T00:00:00Z"}).json()
    assert (told["generation"], told["grid"], told["nearest"]) == (None, None, None)
    assert [one["code"] for one in told["warnings"]] == ["no_generation"]
