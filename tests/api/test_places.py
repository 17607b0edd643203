"""Finding compounds, buildings and units by what people call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from geo.store.engine import owner_session
from geo.store.models.places import SEARCHED
from tests.visitors import started, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

CITY = "jinggangshan"


@pytest.fixture(scope="module")
def anybody(demo_database_url: str) -> Iterator[TestClient]:
    with started(demo_database_url) as app:
        yield visiting(app)


def found(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/places", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["places"]


def test_a_compound_leads_to_its_buildings_and_their_units(anybody: TestClient) -> None:
    compound = found(anybody, q="康乐苑", jurisdiction=CITY)[0]
    assert (compound["kind"], compound["name"]) == ("compound", "康乐苑")
    inside = found(anybody, within=compound["code"], community=compound["community"]["code"])
    assert len(inside) == compound["buildings"]
    assert [one["name"] for one in inside[:2]] == ["1栋", "2栋"]
    assert inside[0]["units"][0] == {"number": 1, "name": "1单元"}
    assert {one["compound"]["name"] for one in inside} == {"康乐苑"}


@pytest.mark.parametrize("typed", ["康乐苑 2栋", "康乐苑2栋", "2栋 康乐苑"])
def test_all_words_occur(anybody: TestClient, typed: str) -> None:
    first = found(anybody, q=typed)[0]
    assert (first["kind"], first["compound"]["name"], first["name"]) == (
        "building",
        "康乐苑",
        "2栋",
    )


def test_words_of_different_places_find_nothing(anybody: TestClient) -> None:
    assert found(anybody, q="康乐苑 白桦") == []


def test_english_names_of_compounds_are_found(anybody: TestClient) -> None:
    assert found(anybody, q="cuizhu MIDDLE")[0]["name_en"] == "Cuizhu Middle School"


def test_jurisdictions_are_kept_apart(anybody: TestClient) -> None:
    assert found(anybody, q="白桦", jurisdiction="qianjin")
    assert not found(anybody, q="白桦 1栋", jurisdiction=CITY)


@pytest.mark.parametrize("typed", ["", "   ", "!?&|()", "'; DROP TABLE building", "%"])
def test_odd_words_find_nothing(anybody: TestClient, typed: str) -> None:
    assert found(anybody, q=typed) == []


def test_no_more_than_the_limit(anybody: TestClient) -> None:
    assert len([one for one in found(anybody, q="1栋", limit=3) if one["kind"] == "building"]) == 3
    assert anybody.get("/api/v1/places", params={"q": "路", "limit": 201}).status_code == 422
    assert anybody.get("/api/v1/places", params={"within": "x"}).status_code == 422


def test_the_index_is_used(demo_database_url: str) -> None:
    with owner_session(demo_database_url) as opened:
        opened.execute(text("SET LOCAL enable_seqscan = off"))
        plan = opened.scalars(
            text(
                f"EXPLAIN SELECT id FROM building WHERE {SEARCHED}"  # noqa: S608 - a constant
                " @@ plainto_tsquery('simple', '康 乐 苑')"
            )
        )
        assert "ix_building_searched" in "\n".join(plan)
