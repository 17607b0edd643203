"""Catchments of the demonstration city's stations: as answers, in the workbook, on the page."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import shapely

from geo.store.engine import owner_session
from tests.people import add_account
from tests.visitors import session_headers, started, visiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.testclient import TestClient

CITY = "jinggangshan"
COMMUNITY = "360881002002"
ROLES = {"planner": None, "auditor": None, "community_staff": COMMUNITY}
ADDRESS = "/api/v1/catchments"


@pytest.fixture(scope="module")
def client_of(shared_demo_database_url: str) -> Iterator[Callable[[str | None], TestClient]]:
    """Clients of the service by role; ``other`` plans for another jurisdiction."""
    url = shared_demo_database_url
    with owner_session(url) as opened:
        made = {role: add_account(opened, role, role, CITY, place) for role, place in ROLES.items()}
        made["other"] = add_account(opened, "other", "planner", "qianjin")
        made["administrator"] = add_account(opened, "administrator", "administrator", CITY)
        made["handler"] = add_account(opened, "handler", "department_handler", CITY, "CG")
    headers = {role: session_headers(url, key) for role, key in made.items()}
    with started(url) as app:
        yield lambda role: visiting(app, headers[role] if role else None)


@pytest.fixture(scope="module")
def ask(client_of: Callable[[str | None], TestClient]) -> Callable[..., Any]:
    """Ask as a planner; the answer's values."""

    def asked(path: str = "", **given: Any) -> Any:
        answer = client_of("planner").get(
            f"{ADDRESS}{path}", params={"jurisdiction": CITY, **given}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    return asked


def test_areas_are_geojson_within_each_other(ask: Callable[..., Any]) -> None:
    """The largest comes first, so that it is drawn below; all are valid."""
    found = ask()["features"]
    assert [one["properties"]["minutes"] for one in found] == [15, 10, 5]
    areas = [shapely.geometry.shape(one["geometry"]) for one in found]
    assert all(one.is_valid and one.geom_type == "MultiPolygon" for one in areas)
    left_out = [small.difference(large).area for large, small in pairwise(areas)]
    assert left_out == pytest.approx([0, 0], abs=1e-12)


def test_figures_add_up(ask: Callable[..., Any]) -> None:
    found = ask("/figures", minutes="3,5,12")
    assert found["minutes"] == [3, 5, 12]
    total = found["total"]
    assert total["households"] == 24991
    for name in ("households", "unreachable"):
        assert sum(row[name] for row in found["rows"]) == total[name]
    for row in [*found["rows"], total]:
        for key in ("3", "5", "12"):
            whole = row["inside"][key] + row["outside"][key] + row["unreachable"]
            assert whole == row["households"]
    assert found["said"].startswith("Of 24991 households")
    assert all(row["grid"] for row in found["rows"])


def test_the_area_and_the_figures_tell_the_same(ask: Callable[..., Any]) -> None:
    by_minutes = {
        str(one["properties"]["minutes"]): one["properties"]["households"]
        for one in ask()["features"]
    }
    assert by_minutes == ask("/figures")["total"]["inside"]


@pytest.mark.parametrize("objective", ["covering", "median"])
def test_the_best_site_is_told_by_grid(ask: Callable[..., Any], objective: str) -> None:
    found = ask("/best-site", community=COMMUNITY, minutes=5, k=2, objective=objective)
    assert found["proven"]
    assert found["gap_pct"] == 0
    assert 1 <= len(found["sites"]) <= 2
    assert sum(row["gained"] for row in found["rows"]) == found["gained"] > 0
    for row in found["rows"]:
        assert row["inside_after"] - row["inside_before"] == row["gained"] >= 0
    assert found == ask("/best-site", community=COMMUNITY, minutes=5, k=2, objective=objective)


def test_named_buildings_come_into_question_alone(ask: Callable[..., Any]) -> None:
    code = ask("/best-site", community=COMMUNITY)["sites"][0]["code"]
    found = ask("/best-site", building=[code])
    assert (found["candidates"], found["sites"][0]["code"]) == (1, code)


@pytest.mark.parametrize(
    ("path", "given", "field"),
    [
        ("", {"minutes": "0,5"}, "minutes"),
        ("/figures", {"minutes": "five"}, "minutes"),
        ("/figures", {"minutes": "1,2,3,4,5,6"}, "minutes"),
        ("/best-site", {"k": "6"}, "k"),
        ("/best-site", {"minutes": "61"}, "minutes"),
        ("/best-site", {"community": "000"}, "community"),
        ("/best-site", {"building": "nowhere"}, "building"),
        ("/best-site", {"objective": "beauty"}, "objective"),
        ("/best-site", {"every_kind": "true"}, "community"),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    client_of: Callable[[str | None], TestClient], path: str, given: dict[str, str], field: str
) -> None:
    answer = client_of("planner").get(f"{ADDRESS}{path}", params={"jurisdiction": CITY, **given})
    assert answer.status_code == 422
    assert field in answer.text


@pytest.mark.parametrize("path", ["", "/figures", "/figures.xlsx", "/best-site"])
@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), ("handler", 403), ("other", 403), ("community_staff", 200)]
)
def test_who_is_told(
    client_of: Callable[[str | None], TestClient], path: str, role: str | None, status: int
) -> None:
    given = {"jurisdiction": CITY} | ({"community": COMMUNITY} if path == "/best-site" else {})
    answer = client_of(role).get(f"{ADDRESS}{path}", params=given)
    assert answer.status_code == status
    assert client_of("planner").get(ADDRESS, params={"jurisdiction": "atlantis"}).status_code == 404


@pytest.mark.parametrize(
    ("role", "own", "elsewhere"),
    [
        ("planner", 200, 200),
        ("auditor", 200, 200),
        ("community_staff", 200, 403),
        ("administrator", 403, 403),
    ],
)
def test_households_of_a_building_are_for_who_may_read_them(
    client_of: Callable[[str | None], TestClient],
    ask: Callable[..., Any],
    role: str,
    own: int,
    elsewhere: int,
) -> None:
    """By name, or within a walk so short that it reaches only one."""
    client, other = client_of(role), "360881002001"
    for community, status in ((COMMUNITY, own), (other, elsewhere)):
        where = {"jurisdiction": CITY, "community": community}
        [site] = ask("/best-site", community=community, objective="median")["sites"]
        building = {"jurisdiction": CITY, "building": site["code"]}
        assert client.get(f"{ADDRESS}/best-site", params=building).status_code == status
        near = client.get(f"{ADDRESS}/best-site", params={**where, "minutes": 4})
        assert near.status_code == status
        assert client.get(f"{ADDRESS}/best-site", params=where).status_code == 200
    asked = {"place": CITY, "community": other, "walk": "1", "objective": "covering"}
    page = client.get("/catchments", params=asked).text
    assert ("tell of few households" in page) == (elsewhere == 403)


def test_few_households_are_told_as_few_to_who_may_not_read_them(
    client_of: Callable[[str | None], TestClient], ask: Callable[..., Any]
) -> None:
    """An administrator sees the same grids as a planner, and no number below eight."""
    where = {"jurisdiction": CITY, "minutes": 5, "k": 1, "objective": "median"}
    found = [
        (whole, client_of("administrator").get(f"{ADDRESS}/best-site", params=given).json())
        for community in ("360881002001", COMMUNITY)
        for given in [where | {"community": community}]
        for whole in [ask("/best-site", **given)]
    ]
    masked = 0
    for whole, told in found:
        assert not whole["at_least"]
        for row, seen in zip(whole["rows"], told["rows"], strict=True):
            small = 0 < row["gained"] < 8
            masked += small
            assert row["fewer_than"] is None
            assert seen["gained"] == (None if small else row["gained"])
            assert seen["inside_after"] == (None if small else row["inside_after"])
            assert not small or seen["fewer_than"] == 8
        few = sum(row["gained"] for row in whole["rows"] if 0 < row["gained"] < 8)
        assert told["gained"] == whole["gained"] - (few if few < 8 else 0)
    assert masked


def test_a_share_is_whole_only_where_nobody_is_left_out(
    client_of: Callable[[str | None], TestClient], ask: Callable[..., Any]
) -> None:
    total = ask("/figures")["total"]
    assert 0 < total["outside"]["10"] < 50
    assert total["inside_pct"]["10"] == 99.9
    assert "<td>99.9%</td>" in client_of("planner").get("/catchments", params={"place": CITY}).text


def test_the_workbook_holds_every_grid_and_the_total(
    client_of: Callable[[str | None], TestClient], ask: Callable[..., Any]
) -> None:
    answer = client_of("auditor").get(f"{ADDRESS}/figures.xlsx", params={"jurisdiction": CITY})
    book = openpyxl.load_workbook(BytesIO(answer.content))
    assert book.sheetnames == ["What was counted", "By grid"]
    rows = list(book["By grid"].iter_rows(values_only=True))
    figures = ask("/figures")
    codes = [row[0] for row in rows]
    assert all(row["grid"]["code"] in codes for row in figures["rows"])
    assert rows[-1][0] == "Total"
    assert rows[-1][2] == figures["total"]["households"]


def test_the_page_works_without_scripts(client_of: Callable[[str | None], TestClient]) -> None:
    """The sentence, the map, the table and the best site are in the page itself."""
    client = client_of("community_staff")
    given = {"place": CITY, "community": COMMUNITY, "objective": "covering", "walk": "5"}
    answer = client.get("/catchments", params=given)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"].endswith("no-store")
    assert "No other choice of" in answer.text
    assert 'class="ct-site"' in answer.text
    assert "24,991" in answer.text
    refused = client.get(
        "/catchments", params={"place": CITY, "objective": "covering", "every_kind": "1"}
    )
    assert "choose a community" in refused.text
    assert client.get("/catchments?minutes=five").status_code == 422
