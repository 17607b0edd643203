"""GeoJSON collections, and what those who run the service look at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from tests import town
from tests.town import A1, A2, B1, D

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def fetch(client: TestClient, layer: str, **parameters: object) -> dict[str, Any]:
    answer = client.get(f"/api/v1/{layer}", params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    told: dict[str, Any] = answer.json()
    assert told["type"] == "FeatureCollection"
    return told


def codes(told: dict[str, Any]) -> list[str]:
    return [one["properties"]["code"] for one in told["features"]]


def test_grids_in_force_carry_their_names_and_shapes(client: TestClient) -> None:
    told = fetch(client, "grids")
    assert codes(told) == [A1, A2, B1, D]
    first = told["features"][0]
    assert first["properties"]["branch_name"] == "一格支部"
    assert first["properties"]["generation"] == town.SECOND_LABEL
    drawn = shapely.from_geojson(json.dumps(first["geometry"]))
    assert shapely.equals_exact(
        shapely.normalize(drawn), shapely.normalize(town.ACROSS[A1]), tolerance=1e-7
    )


def test_grids_of_a_time_or_a_generation(client: TestClient) -> None:
    then = fetch(client, "grids", at="2025-01-01T00:00:00Z")
    assert codes(then) == [A1, A2, B1]
    assert fetch(client, "grids", generation=town.FIRST_LABEL) == then
    assert codes(fetch(client, "grids", generation="none")) == []


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("communities", [town.A, town.B]),
        ("stations", ["S1"]),
        ("blocks", ["A-1-block", "B-1-block"]),
    ],
)
def test_other_layers(client: TestClient, layer: str, expected: list[str]) -> None:
    assert codes(fetch(client, layer)) == expected
    assert codes(fetch(client, layer, jurisdiction=town.SLUG)) == expected
    assert codes(fetch(client, layer, jurisdiction="elsewhere")) == []


def test_a_box_selects(client: TestClient) -> None:
    west, south = town.spot(2.6, 0.6)
    east, north = town.spot(2.7, 0.7)
    box = f"{west},{south},{east},{north}"
    assert codes(fetch(client, "grids", bbox=box)) == [B1, D]
    for wrong in ("1,2,3", "a,b,c,d", "2,0,1,0", "nan,0,1,1"):
        answer = client.get("/api/v1/grids", params={"bbox": wrong})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "bbox"


def test_an_unknown_parameter_is_refused(client: TestClient) -> None:
    for layer in ("grids", "communities", "stations", "blocks"):
        answer = client.get(f"/api/v1/{layer}", params={"box": "1,2,3,4"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "box"


def test_what_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    tag = client.get("/api/v1/grids").headers["etag"]
    again = client.get("/api/v1/grids", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_health_and_figures(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["generations"]) == (200, [town.SECOND_LABEL])
    client.get("/api/v1/locate?lon=114.271&lat=26.741")
    figures = client.get("/metrics").text
    assert 'hongge_requests_total{method="GET",route="/api/v1/locate",status="200"}' in figures
    assert f'hongge_generation_number{{jurisdiction="{town.SLUG}"}} 2' in figures


def test_every_answer_has_a_number_and_the_security_headers(client: TestClient) -> None:
    for path in ("/api/v1/locate?lon=114.271&lat=26.741", "/healthz", "/nowhere"):
        answer = client.get(path)
        assert answer.headers["x-request-id"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    numbers = {client.get("/healthz").headers["x-request-id"] for _ in range(3)}
    assert len(numbers) == 3
    own = client.get("/healthz", headers={"X-Request-ID": "from-nobody-trusted"})
    assert own.headers["x-request-id"] != "from-nobody-trusted"


def test_addresses_that_are_not_there_are_problems(client: TestClient) -> None:
    missing = client.get("/api/v1/nowhere")
    assert (missing.status_code, missing.json()["title"]) == (404, "Not found")
    wrong_method = client.delete("/api/v1/issues")
    assert wrong_method.status_code == 405
    assert wrong_method.headers["content-type"] == "application/problem+json"


def test_the_description_names_every_call(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    assert set(described["paths"]) >= {
        "/api/v1/locate",
        "/api/v1/issues",
        "/api/v1/issues/{issue_id}",
        "/api/v1/issues/{issue_id}/history",
        "/api/v1/issues/{issue_id}/actions",
        "/api/v1/grids",
        "/healthz",
        "/readyz",
        "/metrics",
    }
    asked = {one["name"] for one in described["paths"]["/api/v1/locate"]["get"]["parameters"]}
    assert asked >= {"lon", "lat", "datum", "accuracy_m", "at"}
