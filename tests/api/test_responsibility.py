"""Who answers for a place and for what somebody answers, and handing over, through HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg.errors import RestrictViolation
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from geo.store.engine import owner_session
from tests import town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.testclient import TestClient

ANSWERS = "/api/v1/responsibility"
MEMBERS = "/api/v1/members"
DOOR: dict[str, Any] = {"building": town.BUILDING, "unit": 1, "room": "101"}


@pytest.fixture(scope="module")
def staff(client_of: Callable[..., TestClient]) -> TestClient:
    return client_of("community_staff")


@pytest.fixture
def new_member(database_url: str, staff: TestClient) -> Iterator[Callable[..., int]]:
    """Return what adds a member of community A; they are gone when the test ends."""
    assert staff
    made: list[int] = []

    def member(code: str, *links: tuple[str, str, int]) -> int:
        with owner_session(database_url) as opened:
            key = opened.scalar(
                text(
                    "INSERT INTO member (community_id, code, name, role)"
                    " SELECT id, :code, '某' || :code, 'volunteer' FROM community"
                    " WHERE code = :community RETURNING id"
                ),
                {"code": code, "community": town.A},
            )
            for level, column, target in links:
                opened.execute(
                    text(
                        f"INSERT INTO responsibility (member_id, level, {column})"  # noqa: S608 - constants
                        " VALUES (:member, :level, :target)"
                    ),
                    {"member": key, "level": level, "target": target},
                )
        made.append(key)
        return int(key)

    yield member
    with owner_session(database_url) as opened:
        opened.execute(text("DELETE FROM member WHERE id = ANY (:keys)"), {"keys": made})


@pytest.fixture(scope="module")
def units(database_url: str, accounts: dict[str, int]) -> dict[int, int]:
    """Keys of the units of the building in A, by number."""
    assert accounts
    statement = text(
        "SELECT number, unit.id FROM unit JOIN building ON building.id = building_id"
        " WHERE code = :code"
    )
    with owner_session(database_url) as opened:
        return {row.number: row.id for row in opened.execute(statement, {"code": town.BUILDING})}


def hand_over(client: TestClient, member: int, **given: Any) -> Any:
    return client.post(f"{MEMBERS}/{member}/hand-over", json={"reason": "搬家"} | given)


def links(database_url: str) -> set[tuple[Any, ...]]:
    statement = text(
        "SELECT member_id, level, grid_id, building_id, unit_id, household_id FROM responsibility"
    )
    with owner_session(database_url) as opened:
        return {tuple(row) for row in opened.execute(statement)}


def test_the_chain_goes_from_household_to_area(staff: TestClient) -> None:
    told = staff.get(ANSWERS, params=DOOR).json()
    assert [one["level"] for one in told["levels"]] == ["household", "unit", "building", "area"]
    assert [one["people"][0]["name"] for one in told["levels"]] == [
        f"某{level}" for level in ("household", "unit", "building", "area")
    ]
    assert all(one["people"][0]["phone"] == "123" for one in told["levels"])
    assert told["grid"]["code"] == town.A1


def test_residents_get_numbers_of_those_alone_whose_work_it_is(client: TestClient) -> None:
    told = client.get(ANSWERS, params=DOOR).json()
    people = {one["level"]: one["people"][0] for one in told["levels"]}
    assert {level: one["name"] for level, one in people.items()} == {
        "household": "某*",
        "unit": "某*",
        "building": "某building",
        "area": "某area",
    }
    assert {level for level, one in people.items() if one["phone"]} == {"building", "area"}
    assert all(one["id"] is None for one in people.values())


def test_gaps_are_told_in_words(staff: TestClient) -> None:
    told = staff.get(ANSWERS, params=DOOR | {"unit": 2}).json()
    gaps = {one["level"]: one["gap"] for one in told["levels"]}
    assert gaps["household"] == "Nobody answers for household 101."
    assert gaps["unit"] == "No volunteer for unit 2."
    assert gaps["building"] is None
    whole = staff.get(ANSWERS, params={"building": town.BUILDING}).json()
    assert [(one["unit"], one["gap"]) for one in whole["units"]] == [
        (1, None),
        (2, "No volunteer for unit 2."),
    ]


def test_the_chain_of_a_case_has_its_gaps_and_tells_no_place_that_is_withheld(
    client: TestClient, client_of: Callable[..., TestClient], staff: TestClient
) -> None:
    def reported(**body: Any) -> str:
        told = client.post("/api/v1/issues", json={"text": "灯不亮"} | body).json()
        return f"/api/v1/issues/{told['id']}/responsibility"

    unit = {"building": town.BUILDING, "unit": 2}
    told = staff.get(reported(unit=unit, duty=town.DUTY)).json()
    assert {one["level"]: one["gap"] for one in told["levels"]} == {
        "unit": "No volunteer for unit 2.",
        "building": None,
        "area": None,
    }
    assert (told["units"], told["grid"]["code"]) == ([], town.A1)
    whole = staff.get(reported(unit={"building": town.BUILDING}, duty=town.DUTY)).json()
    assert [one["gap"] for one in whole["units"]] == [None, "No volunteer for unit 2."]
    door = staff.get(reported(unit=unit | {"room": "101"}, duty=town.DUTY)).json()
    assert door["levels"][0]["gap"] == "Nobody answers for household 101."
    private = reported(unit=unit, duty=town.PRIVATE_DUTY)
    withheld = client_of("administrator").get(private)
    assert (withheld.status_code, withheld.json()["levels"]) == (200, [])
    assert client.get(private).status_code == 401
    assert client_of("planner").get(private).status_code == 403


def test_a_position_has_its_building_and_its_grid(staff: TestClient) -> None:
    lon, lat = town.spot(0.3, 0.3)
    told = staff.get(ANSWERS, params={"lon": lon, "lat": lat}).json()
    assert [one["level"] for one in told["levels"]] == ["building", "area"]
    lon, lat = town.spot(0.9, 0.9)
    told = staff.get(ANSWERS, params={"lon": lon, "lat": lat}).json()
    assert [one["level"] for one in told["levels"]] == ["area"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"building": "none"}, "building"),
        (DOOR | {"unit": 9}, "unit"),
        (DOOR | {"room": "999"}, "room"),
        ({"lon": 1}, "query"),
        ({}, "query"),
    ],
)
def test_a_question_that_names_nothing_says_which_field(
    staff: TestClient, asked: dict[str, Any], field: str
) -> None:
    answer = staff.get(ANSWERS, params=asked)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_members_with_all_that_they_answer_for(
    staff: TestClient, client_of: Callable[..., TestClient]
) -> None:
    found = staff.get(MEMBERS, params={"q": "HOUSEHOLD"}).json()["members"]
    assert [(one["code"], one["counts"]["households"]) for one in found] == [("m-household", 1)]
    key = found[0]["id"]
    told = staff.get(f"{MEMBERS}/{key}").json()["answers_for"]["households"]
    assert [(one["building"], one["unit"], one["room"]) for one in told] == [
        (town.BUILDING, 1, "101")
    ]
    watched = client_of("administrator").get(f"{MEMBERS}/{key}").json()["answers_for"]
    assert [one["room"] for one in watched["households"]] == [None]
    assert client_of("department_handler").get(MEMBERS).status_code == 403


def test_gaps_by_grid(staff: TestClient, client_of: Callable[..., TestClient]) -> None:
    told = {one["code"]: one for one in staff.get(f"{ANSWERS}/gaps").json()["grids"]}
    assert set(told) == {town.A1, town.A2}
    assert told[town.A1]["units"] == {"total": 2, "alone": 1}
    assert told[town.A1]["buildings"] == {"total": 1, "alone": 0}
    assert told[town.A1]["households"] == {"total": 2, "kept": 1}
    assert (told[town.A1]["area"], told[town.A2]["area"]) == (False, True)
    watched = client_of("administrator").get(f"{ANSWERS}/gaps").json()["grids"]
    assert {one["code"]: one["households"] for one in watched}[town.A1] is None


def test_what_would_be_left_alone_is_not_handed_over(
    staff: TestClient, database_url: str, new_member: Callable[..., int], units: dict[int, int]
) -> None:
    leaving = new_member("x1", ("unit", "unit_id", units[2]))
    before = links(database_url)
    answer = hand_over(staff, leaving)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "to"
    assert "1 units" in answer.json()["detail"]
    told = hand_over(staff, leaving, preview=True).json()
    assert [(one["building"], one["unit"]) for one in told["alone"]] == [(town.BUILDING, 2)]
    assert links(database_url) == before


def test_everything_goes_in_one_step_and_back(
    staff: TestClient, database_url: str, new_member: Callable[..., int], units: dict[int, int]
) -> None:
    leaving = new_member("x2", ("unit", "unit_id", units[1]), ("unit", "unit_id", units[2]))
    follows = new_member("y2", ("unit", "unit_id", units[1]))
    before = links(database_url)
    preview = hand_over(staff, leaving, to=follows, preview=True, reason="").json()
    assert (preview["moves"], preview["merges"], preview["done"]) == (1, 1, False)
    assert links(database_url) == before
    told = hand_over(staff, leaving, to={"unit": follows}).json()
    assert (told["moves"], told["merges"], told["done"]) == (1, 1, True)
    left = links(database_url)
    assert leaving not in {one[0] for one in left}
    assert {one[4] for one in left if one[0] == follows} == set(units.values())
    assert staff.get(f"{MEMBERS}/{leaving}").json()["handed_over"]["reason"] == "搬家"
    assert hand_over(staff, leaving, to=follows).status_code == 409
    assert staff.post(f"{MEMBERS}/{leaving}/hand-back").status_code == 200
    assert links(database_url) == before
    assert staff.post(f"{MEMBERS}/{leaving}/hand-back").status_code == 409


def test_where_others_answer_as_well_nobody_needs_to_follow(
    staff: TestClient, database_url: str, new_member: Callable[..., int], units: dict[int, int]
) -> None:
    leaving = new_member("x3", ("unit", "unit_id", units[1]))
    told = hand_over(staff, leaving).json()
    assert (told["ends"], told["done"]) == (1, True)
    assert leaving not in {one[0] for one in links(database_url)}


def test_who_has_left_is_given_nothing(
    staff: TestClient, database_url: str, new_member: Callable[..., int], units: dict[int, int]
) -> None:
    gone, leaving = new_member("g4"), new_member("x4", ("unit", "unit_id", units[2]))
    assert hand_over(staff, gone).json()["done"]
    refused = hand_over(staff, leaving, to={"unit": gone})
    assert [one["field"] for one in refused.json()["errors"]] == ["to.unit"]
    with pytest.raises(IntegrityError) as caught, owner_session(database_url) as opened:
        opened.execute(
            text("UPDATE responsibility SET member_id = :gone WHERE member_id = :leaving"),
            {"gone": gone, "leaving": leaving},
        )
    assert isinstance(caught.value.orig, RestrictViolation)


def test_staff_hand_over_in_their_own_community(
    client_of: Callable[..., TestClient],
    database_url: str,
    new_member: Callable[..., int],
    units: dict[int, int],
) -> None:
    leaving = new_member("x5", ("unit", "unit_id", units[1]))
    for role in ("grid_worker", "street_dispatcher", "auditor"):
        assert hand_over(client_of(role), leaving).status_code == 403
    with owner_session(database_url) as opened:
        moved = text("UPDATE member SET community_id = (SELECT id FROM community WHERE code = :b)")
        opened.execute(text(f"{moved.text} WHERE id = :key"), {"b": town.B, "key": leaving})
    assert hand_over(client_of("community_staff"), leaving).status_code == 404
    assert hand_over(client_of("administrator"), leaving).json()["done"]


def test_the_trail_tells_who_handed_over(
    staff: TestClient,
    database_url: str,
    accounts: dict[str, int],
    new_member: Callable[..., int],
    units: dict[int, int],
) -> None:
    leaving = new_member("x6", ("unit", "unit_id", units[1]))
    hand_over(staff, leaving)
    with owner_session(database_url) as opened:
        noted = opened.execute(
            text(
                "SELECT table_name, action FROM audit_entry WHERE account_id = :account"
                " AND detail -> 'to' ->> 'member_id' = :key OR (table_name = 'member'"
                " AND row_key = :key AND action = 'update')"
            ),
            {"account": accounts["community_staff"], "key": str(leaving)},
        ).all()
    assert set(noted) == {("hand_over", "insert"), ("member", "update")}


def test_the_pages_show_chains_gaps_and_members(
    staff: TestClient, new_member: Callable[..., int], units: dict[int, int]
) -> None:
    chain = staff.get("/responsibility", params=DOOR | {"unit": 2, "grid": town.A1}).text
    assert "No volunteer for unit 2." in chain
    assert "1 unit without a volunteer" in chain
    assert "某building" in chain
    leaving = new_member("p1", ("unit", "unit_id", units[2]))
    assert "某p1" in staff.get("/responsibility/members").text
    page = f"/responsibility/members/{leaving}"
    assert "Unit 2" in staff.get(page).text
    looked = staff.post(f"{page}/hand-over", data={"step": "look"})
    assert "nobody would answer" in looked.text
    refused = staff.post(f"{page}/hand-over", data={"step": "do", "reason": "x"})
    assert refused.status_code == 422
    follows = new_member("p2")
    given = {"step": "do", "all": str(follows), "reason": "x"}
    done = staff.post(f"{page}/hand-over", data=given)
    assert done.headers["location"] == f"{page}?done=handed"
    assert staff.post(f"{page}/hand-over", data=given).status_code == 422
    assert staff.post(f"{page}/hand-back").headers["location"] == f"{page}?done=back"
    assert staff.get("/responsibility", params={"building": "none"}).status_code == 200
