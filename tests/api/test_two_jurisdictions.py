"""A second jurisdiction beside the town, sharing its eastern border."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy.dialects.postgresql import Range
from starlette.testclient import TestClient

from api.app import create_app
from geo.store.engine import owner_session
from geo.store.models import (
    Block,
    Building,
    Community,
    Generation,
    Grid,
    GridVersion,
    Jurisdiction,
    Street,
)
from tests import town
from tests.town import B1, BUILDING, cells, spot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

SLUG = "east"
COMMUNITY = "999003001001"
EAST = f"{COMMUNITY}001"
LOCATE, ISSUES = "/api/v1/locate", "/api/v1/issues"


@pytest.fixture(scope="module")
def client(database_url: str, grids: dict[str, UUID]) -> Iterator[TestClient]:
    assert grids
    with owner_session(database_url) as opened:
        area = f"SRID=4326;{cells(4, 0, 6, 2).wkt}"
        home = Jurisdiction(
            slug=SLUG,
            division_code="999003",
            name="东镇",
            name_en="East",
            timezone="Asia/Urumqi",
            metric_srid=4547,
            area=area,
            synthetic=True,
            notice="",
            notice_en="",
            source="",
            licence="",
        )
        opened.add(home)
        opened.flush()
        street = Street(jurisdiction_id=home.id, code=COMMUNITY[:9], name="s", name_en="s")
        opened.add(street)
        opened.flush()
        community = Community(
            street_id=street.id, code=COMMUNITY, name="c", name_en="c", invented=True, area=area
        )
        grid = Grid(id=uuid4(), jurisdiction_id=home.id)
        generation = Generation(
            jurisdiction_id=home.id,
            number=1,
            label="east-2025",
            validity=Range(town.FIRST.replace(year=2025)),
            published_by="tests",
        )
        opened.add_all([community, grid, generation])
        opened.flush()
        opened.add(
            GridVersion(
                generation_id=generation.id,
                grid_id=grid.id,
                community_id=community.id,
                code=EAST,
                name="东格",
                name_en="East",
                kind="general",
                geom=area,
            )
        )
        block = Block(community_id=community.id, code="b", kind="street", geom=area)
        opened.add(block)
        opened.flush()
        geom = cells(5, 1, 5.2, 1.2)
        opened.add(
            Building(
                block_id=block.id,
                code=BUILDING,
                name="",
                address="",
                kind="slab",
                storeys=1,
                geom=f"SRID=4326;{geom.wkt}",
                site=f"SRID=4326;{geom.centroid.wkt}",
            )
        )
    with TestClient(create_app(database_url), headers={"Accept-Language": "en"}) as opened_client:
        yield opened_client


def ask(client: TestClient, column: float, row: float, **more: object) -> dict[str, Any]:
    lon, lat = spot(column, row)
    told: dict[str, Any] = client.get(LOCATE, params={"lon": lon, "lat": lat, **more}).json()
    return told


def post(client: TestClient, status: int = 201, **body: object) -> dict[str, Any]:
    answer = client.post(ISSUES, json=body)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize(
    ("column", "jurisdiction", "method", "code"),
    [
        (3.9, town.SLUG, "inside", B1),
        (4.1, SLUG, "inside", EAST),
        (4.0, town.SLUG, "edge", B1),
        (6.1, SLUG, "nearest", EAST),
    ],
)
def test_every_point_has_one_jurisdiction(
    client: TestClient, column: float, jurisdiction: str, method: str, code: str
) -> None:
    told = ask(client, column, 1.7)
    assert (told["jurisdiction"], told["method"]) == (jurisdiction, method)
    assert told["grid"]["code"] == code


def test_far_away_the_nearest_of_all_is_named(client: TestClient) -> None:
    assert ask(client, 12, 1)["nearest"]["code"] == EAST
    assert ask(client, 12, 1)["jurisdiction"] == SLUG


def test_candidates_come_from_both_sides(client: TestClient) -> None:
    told = ask(client, 4.0001, 1.7, accuracy_m=40)
    shares = {one["code"]: one["share"] for one in told["candidates"]}
    assert set(shares) == {B1, EAST}
    assert sum(shares.values()) == pytest.approx(1.0, abs=0.01)
    assert told["confident"] is False


def test_each_jurisdiction_has_its_own_generations(client: TestClient) -> None:
    then = "2024-06-01T00:00:00Z"
    assert ask(client, 3.9, 1.7, at=then)["generation"] == town.FIRST_LABEL
    assert ask(client, 5, 1, at=then)["jurisdiction"] == town.SLUG
    assert ask(client, 5, 1)["generation"] == "east-2025"


def test_an_issue_goes_where_its_position_is(client: TestClient) -> None:
    lon, lat = spot(5.5, 1)
    told = post(client, location={"lon": lon, "lat": lat}, occurred_at="2026-01-05T08:00:00Z")
    assert (told["jurisdiction"], told["routing"]["grid"]["code"]) == (SLUG, EAST)
    assert told["occurred_at"] == "2026-01-05T14:00:00+06:00"


def test_without_position_or_unit_the_jurisdiction_is_needed(client: TestClient) -> None:
    refused = post(client, 422, text="x")
    assert [one["field"] for one in refused["errors"]] == ["jurisdiction"]
    assert post(client, text="x", jurisdiction=SLUG)["state"] == "triage"


def test_a_building_code_that_both_have_needs_the_jurisdiction(client: TestClient) -> None:
    unit = {"building": BUILDING}
    refused = post(client, 422, unit=unit)
    assert [one["field"] for one in refused["errors"]] == ["jurisdiction"]
    told = post(client, unit=unit, jurisdiction=SLUG)
    assert (told["routing"]["method"], told["routing"]["grid"]["code"]) == ("unit", EAST)


def test_a_duty_belongs_to_its_jurisdiction(client: TestClient) -> None:
    lon, lat = spot(5.5, 1)
    refused = post(client, 422, location={"lon": lon, "lat": lat}, duty=town.DUTY)
    assert [one["field"] for one in refused["errors"]] == ["duty"]


def test_an_issue_for_the_other_side_of_the_border_waits(client: TestClient) -> None:
    lon, lat = spot(5.5, 1)
    told = post(client, location={"lon": lon, "lat": lat}, jurisdiction=town.SLUG)
    assert (told["jurisdiction"], told["state"]) == (town.SLUG, "triage")
    assert told["routing"]["nearest"]["code"] == B1
