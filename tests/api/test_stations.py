"""Stations through HTTP: what everybody reads of them, and what their staff change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from geo.store.engine import owner_session
from geo.store.models import Community, Station
from tests import town
from tests.people import add_account
from tests.visitors import session_headers, visiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from starlette.testclient import TestClient

STATIONS = "/api/v1/stations"
S1 = f"{STATIONS}/S1"
OFFICE = "Mo-Fr 08:30-12:00,14:30-17:30; Sa-Su,PH closed"


@pytest.fixture(scope="module")
def staff(client_of: Callable[..., TestClient]) -> TestClient:
    """Client of the staff of community A, which has station S1."""
    return client_of("community_staff")


@pytest.fixture(scope="module")
def elsewhere(app: FastAPI, database_url: str, accounts: dict[str, int]) -> TestClient:
    """Client of the staff of community B, with a station S2 of its own."""
    assert accounts
    with owner_session(database_url) as opened:
        community = opened.scalars(select(Community.id).filter_by(code=town.B)).one()
        lon, lat = town.spot(2.2, 0.5)
        opened.add(
            Station(
                community_id=community,
                code="S2",
                kind="workstation",
                name="工作站",
                name_en="Workstation",
                address="",
                host="",
                phone=None,
                zones=[],
                facilities=[],
                geom=f"SRID=4326;POINT({lon} {lat})",
            )
        )
        key = add_account(opened, "staff_b", "community_staff", town.SLUG, town.B)
    return visiting(app, {**session_headers(database_url, key), "Accept-Language": "en"})


def told(client: TestClient) -> dict[str, Any]:
    answer = client.get(S1)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def fields_of(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [one["field"] for one in answer.json()["errors"]]


def test_a_station_of_which_nothing_is_known_says_so(client: TestClient) -> None:
    found = told(client)
    assert found["opening_hours"] == ""
    assert (found["open"]["now"], found["open"]["known"]) == (False, False)
    assert found["open"]["text"] == "Not known whether it is open"
    assert (len(found["hours"]), found["staffed"]) == (7, None)
    assert not any(one["known"] for one in found["hours"])
    assert found["community"]["code"] == town.A
    assert client.get(f"{STATIONS}/none").status_code == 404
    assert client.get(S1, params={"jurisdiction": "nowhere"}).status_code == 404
    assert client.get(S1, params={"jurisdiction": town.SLUG}).status_code == 200


def test_staff_set_hours_as_openstreetmap_writes_them(
    staff: TestClient, client: TestClient
) -> None:
    answer = staff.put(f"{S1}/hours", json={"opening_hours": OFFICE})
    assert answer.status_code == 200, answer.text
    found = told(client)
    assert found["opening_hours"].startswith(OFFICE)
    assert found["open"]["known"]
    ordinary = [one for one in found["hours"] if one["kind"] in "12345"]
    assert all(
        one["intervals"]
        == [{"opens": "08:30", "closes": "12:00"}, {"opens": "14:30", "closes": "17:30"}]
        for one in ordinary
    )
    assert found["service"]["lunch"] is False
    assert date.fromisoformat(found["hours"][6]["day"]) - date.fromisoformat(
        found["hours"][0]["day"]
    ) == timedelta(days=6)


def test_the_collection_says_when_stations_are_open(staff: TestClient, client: TestClient) -> None:
    staff.put(f"{S1}/hours", json={"opening_hours": "24/7"})
    answer = client.get(STATIONS)
    [station] = [one for one in answer.json()["features"] if one["properties"]["code"] == "S1"]
    assert station["properties"]["opening_hours"] == "24/7"
    assert station["properties"]["open"] == {
        "now": True,
        "known": True,
        "reason": "open",
        "until": None,
        "next": None,
        "text": "Open now, around the clock",
    }
    known = client.get(STATIONS, headers={"If-None-Match": answer.headers["etag"]})
    assert known.status_code == 304


def test_staff_set_rules(staff: TestClient) -> None:
    rules = [
        {"day": "1", "opens": "8:30", "closes": "24:00"},
        {"day": "7"},
        {"day": "holiday", "opens": "00:00", "closes": "24:00"},
    ]
    text = staff.put(f"{S1}/hours", json={"rules": rules}).json()["opening_hours"]
    assert text.startswith("Mo 08:30-24:00; Tu-Sa unknown; Su closed; PH 00:00-24:00")
    assert staff.put(f"{S1}/hours", json={"rules": []}).json()["opening_hours"] == ""


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"opening_hours": "Mo sunrise-12:00"}, "opening_hours"),
        ({"opening_hours": "8点"}, "opening_hours"),
        ({}, "opening_hours"),
        ({"opening_hours": "24/7", "rules": []}, "opening_hours"),
        ({"rules": [{"day": "8"}]}, "rules.0.day"),
        ({"rules": [{"day": "1", "opens": "25:00", "closes": "26:00"}]}, "rules.0.opens"),
        ({"rules": [{"day": "1", "opens": "08:00"}]}, "rules.0"),
        ({"rules": [{"day": "1", "opens": "08:00", "closes": "08:00"}]}, "rules.0"),
        ({"rules": [{"day": "1"}, {"day": "1", "opens": "08:00", "closes": "9:00"}]}, "rules.1"),
    ],
)
def test_hours_that_cannot_be_are_refused_by_field(
    staff: TestClient, given: dict[str, Any], field: str
) -> None:
    assert field in fields_of(staff.put(f"{S1}/hours", json=given))


def test_others_change_nothing(
    client: TestClient, elsewhere: TestClient, client_of: Callable[..., TestClient]
) -> None:
    room = {"name": "厅", "zone": "office", "area_m2": 5}
    for someone, status in ((client, 401), (elsewhere, 403), (client_of("grid_worker"), 403)):
        assert someone.put(f"{S1}/hours", json={"rules": []}).status_code == status
        assert someone.post(f"{S1}/closures", json={"reason": "x"}).status_code == status
        assert someone.put(f"{S1}/rooms/R1", json=room).status_code == status
    assert elsewhere.put(f"{STATIONS}/S2/hours", json={"opening_hours": "24/7"}).status_code == 200
    administrator = client_of("administrator")
    assert administrator.put(f"{STATIONS}/S2/hours", json={"rules": []}).status_code == 200


def test_a_closure_is_announced_seen_and_ended(staff: TestClient, client: TestClient) -> None:
    staff.put(f"{S1}/hours", json={"opening_hours": "24/7"})
    answer = staff.post(f"{S1}/closures", json={"reason": "停水", "reason_en": "No water"})
    assert answer.status_code == 201, answer.text
    closure = answer.json()
    assert closure["ends_at"] is None
    found = told(client)
    assert (found["open"]["now"], found["open"]["reason"]) == (False, "closure")
    assert found["open"]["text"] == "Closed until further notice: No water"
    assert [one["reason"] for one in found["closures"]] == ["停水"]
    ended = staff.post(f"{S1}/closures/{closure['id']}/end", json={})
    assert ended.status_code == 200, ended.text
    assert ended.json()["open"]["now"]
    assert ended.json()["closures"] == []
    assert staff.post(f"{S1}/closures/{closure['id']}/end", json={}).status_code == 409
    assert staff.post(f"{S1}/closures/999999/end", json={}).status_code == 404


def test_a_closure_that_has_not_begun_can_be_given_up(staff: TestClient) -> None:
    later = datetime.now(UTC) + timedelta(days=2)
    given = {"starts_at": later.isoformat(), "reason": "检修"}
    closure = staff.post(f"{S1}/closures", json=given).json()
    assert told(staff)["closures"][0]["starts_at"].endswith("+08:00")
    staff.post(f"{S1}/closures/{closure['id']}/end", json={})
    assert told(staff)["closures"] == []


def test_closures_that_cannot_be_are_refused(staff: TestClient) -> None:
    past = {"reason": "检修", "ends_at": "2020-01-01T00:00:00+08:00"}
    assert fields_of(staff.post(f"{S1}/closures", json=past)) == ["ends_at"]
    assert fields_of(staff.post(f"{S1}/closures", json={"reason": " "})) == ["reason"]


def test_rooms_are_written_removed_and_add_up(staff: TestClient, client: TestClient) -> None:
    hall = {"name": "议事厅", "name_en": "Hall", "zone": "deliberation", "area_m2": 30}
    office = {"name": "办公室", "zone": "office", "area_m2": 10}
    assert staff.put(f"{S1}/rooms/R1", json=hall).status_code == 200
    assert staff.put(f"{S1}/rooms/R2", json=office | {"area_m2": 99}).status_code == 200
    assert staff.put(f"{S1}/rooms/R2", json=office).status_code == 200
    found = told(client)
    assert [(one["code"], one["area_m2"]) for one in found["rooms"]] == [("R1", 30), ("R2", 10)]
    assert (found["space"]["service_share_pct"], found["space"]["area_m2"]) == (75, 40)
    assert staff.delete(f"{S1}/rooms/R2").status_code == 204
    assert staff.delete(f"{S1}/rooms/R2").status_code == 404
    assert told(client)["space"]["service_share_pct"] == 100
    wrong = staff.put(f"{S1}/rooms/R3", json=hall | {"area_m2": 0, "zone": "kitchen"})
    assert sorted(fields_of(wrong)) == ["area_m2", "zone"]


def test_services_are_written_retired_and_brought_back(
    staff: TestClient, client: TestClient
) -> None:
    given = {"name": "居住证明", "way": "appointment", "slot_minutes": 20, "one_window": True}
    assert staff.put(f"{S1}/services/F1", json=given).status_code == 200
    [service] = [one for one in told(client)["services"] if one["code"] == "F1"]
    assert (service["slot_minutes"], service["capacity"], service["days_ahead"]) == (20, 1, 14)
    staff.put(f"{S1}/services/F1", json=given | {"retired": True, "capacity": 2})
    assert "F1" not in [one["code"] for one in told(client)["services"]]
    back = staff.put(f"{S1}/services/F1", json=given).json()
    assert "F1" in [one["code"] for one in back["services"]]
    errand = given | {"way": "errand", "slot_minutes": None}
    assert fields_of(staff.put(f"{S1}/services/F1", json=errand)) == ["way"]
    assert fields_of(staff.put(f"{S1}/services/F2", json=errand | {"slot_minutes": 5})) == [
        "slot_minutes"
    ]


def test_the_desk_lists_ones_own_stations(staff: TestClient, elsewhere: TestClient) -> None:
    assert f"/desk/stations/{town.SLUG}/S1" in staff.get("/desk/stations").text
    page = elsewhere.get("/desk/stations").text
    assert f"/desk/stations/{town.SLUG}/S2" in page
    assert "/S1" not in page
    assert elsewhere.get(f"/desk/stations/{town.SLUG}/S1").status_code == 403
    assert staff.get(f"/desk/stations/{town.SLUG}/none").status_code == 404


def week_form(**changes: str) -> dict[str, str]:
    kinds = [*"1234567", "holiday", "workday"]
    states = {f"state_{kind}": "unknown" for kind in kinds}
    return {**states, **{f"hours_{kind}": "" for kind in kinds}, **changes}


def test_the_desk_sets_hours_day_by_day(staff: TestClient, client: TestClient) -> None:
    page = f"/desk/stations/{town.SLUG}/S1"
    good = week_form(state_1="open", hours_1="8:30-12:00，14:30至17:30", state_7="closed")
    answer = staff.post(f"{page}/hours", data=good, follow_redirects=False)
    assert answer.status_code == 303
    found = told(client)["opening_hours"]
    assert "Mo 08:30-12:00,14:30-17:30" in found
    assert "Su closed" in found
    assert "08:30–12:00, 14:30–17:30" in staff.get(page).text
    bad = staff.post(f"{page}/hours", data=week_form(state_2="open", hours_2="8点"))
    assert bad.status_code == 422
    assert "Tuesday: “8点” should be hours such as 08:30-12:00, 14:30-17:30." in bad.text
    assert told(client)["opening_hours"] == found
    staff.post(f"{page}/hours", data={"opening_hours": "24/7"})
    assert told(client)["opening_hours"] == "24/7"
    refused = staff.post(f"{page}/hours", data={"opening_hours": "easter off"})
    assert "depends on Easter" in refused.text


def test_the_desk_changes_closures_rooms_and_services(
    staff: TestClient, client: TestClient
) -> None:
    page = f"/desk/stations/{town.SLUG}/S1"
    ends = datetime.now(UTC) + timedelta(days=3)
    given = {
        "reason": "消毒",
        "ends_at": f"{ends:%Y-%m-%dT%H:%M}",
        "starts_at": "",
        "reason_en": "",
    }
    staff.post(f"{page}/closures", data=given)
    [closure] = [one for one in told(client)["closures"] if one["reason"] == "消毒"]
    assert closure["ends_at"] == f"{ends:%Y-%m-%dT%H:%M}:00+08:00"
    assert "消毒" in staff.get(page).text
    staff.post(f"{page}/closures/{closure['id']}/end", data={"ends_at": ""})
    assert told(client)["closures"] == []
    room = {"code": "R9", "name": "库房", "zone": "ancillary", "area_m2": "7.5"}
    staff.post(f"{page}/rooms", data=room)
    assert "R9" in [one["code"] for one in told(client)["rooms"]]
    wrong = staff.post(f"{page}/rooms", data=room | {"area_m2": "many"})
    assert wrong.status_code == 422
    assert "Floor area" in wrong.text
    staff.post(f"{page}/rooms/R9/remove")
    staff.post(f"{page}/rooms/R9/remove")
    assert "R9" not in [one["code"] for one in told(client)["rooms"]]
    service = {"code": "F9", "name": "代缴费", "way": "errand", "capacity": "3", "days_ahead": "7"}
    staff.post(f"{page}/services", data=service | {"anywhere": "yes"})
    [found] = [one for one in told(client)["services"] if one["code"] == "F9"]
    assert (found["anywhere"], found["capacity"]) == (True, 3)
