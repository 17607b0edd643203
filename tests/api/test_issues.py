"""Reporting an issue over HTTP: every rule of routing, and what is told of it."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from sqlalchemy import select

from geo.core.crs import from_wgs84
from geo.store.engine import owner_session
from geo.store.models import (
    AccountRole,
    Issue,
    IssueEvent,
    IssuePhoto,
    IssueReporter,
    OutboxMessage,
    Unit,
)
from geo.store.publishing import clock
from tests import town
from tests.people import add_account
from tests.pictures import encoded, painted
from tests.town import A1, A2, BUILDING, DEPARTMENT, DUTY, FIRST_LABEL, LONE_BUILDING, SECOND_LABEL
from tests.visitors import session_headers, started, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from starlette.testclient import TestClient

URL = "/api/v1/issues"
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def client(database_url: str, grids: dict[str, UUID]) -> Iterator[TestClient]:
    """Client of somebody at the street's desk who handles the department's cases, too."""
    assert grids
    with owner_session(database_url) as opened:
        desk = add_account(opened, "desk", "street_dispatcher", town.SLUG, town.STREET)
        for role, place in (("community_staff", town.A), ("department_handler", DEPARTMENT)):
            opened.add(
                AccountRole(
                    account_id=desk,
                    role=role,
                    jurisdiction=town.SLUG,
                    place=place,
                    granted_by="tests",
                )
            )
    with started(database_url) as app:
        yield visiting(app, session_headers(database_url, desk))


def place(column: float, row: float, **more: object) -> dict[str, object]:
    lon, lat = town.spot(column, row)
    return {"lon": lon, "lat": lat, **more}


def post(client: TestClient, status: int = 201, **body: object) -> dict[str, Any]:
    answer = client.post(URL, json={"text": "路灯不亮", "duty": DUTY} | body)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


def warned(told: dict[str, Any]) -> list[str]:
    return [one["code"] for one in told["warnings"]]


def test_a_position_routes_to_its_grid(client: TestClient) -> None:
    told = post(client, location=place(0.5, 1.5))
    routing = told["routing"]
    assert told["state"] == "collected"
    assert told["jurisdiction"] == town.SLUG
    assert (routing["generation"], routing["method"]) == (SECOND_LABEL, "inside")
    assert routing["grid"]["code"] == routing["current_grid"]["code"] == A2
    assert routing["branch"]["name"] == "二格支部"
    assert routing["department"]["code"] == DEPARTMENT
    assert warned(told) == []
    assert told.pop("follow").startswith(f"{URL}/{told['id']}?follow=")
    assert client.get(f"{URL}/{told['id']}").json() == told


def test_deadlines_run_in_working_time(client: TestClient) -> None:
    told = post(client, location=place(0.5, 1.5))
    dispatch, handle = told["deadlines"]
    assert [one["stage"] for one in told["deadlines"]] == ["dispatch", "handle"]
    assert (dispatch["amount"], dispatch["unit"]) == (2, "work_hour")
    assert (handle["amount"], handle["unit"], handle["counted_from"]) == (5, "work_day", "dispatch")
    due = [datetime.fromisoformat(one["due_at"]) for one in told["deadlines"]]
    assert all(one.utcoffset() == timedelta(hours=8) for one in due)
    assert (due[1].hour, due[1].minute) == (17, 0)
    assert datetime.fromisoformat(told["received_at"]) < due[0] < due[1]
    assert all(one["calendar_known"] for one in told["deadlines"])


def test_a_building_decides_over_the_position(client: TestClient) -> None:
    told = post(client, location=place(0.5, 1.5), unit={"building": BUILDING, "unit": 1})
    assert (told["routing"]["method"], told["routing"]["grid"]["code"]) == ("unit", A1)
    assert warned(told) == ["position_elsewhere"]
    assert A2 in told["warnings"][0]["message"]
    assert told["location"]["lat"] == pytest.approx(place(0.5, 1.5)["lat"])


def test_the_chain_is_named_from_household_to_area(client: TestClient) -> None:
    told = post(client, unit={"building": BUILDING, "unit": 1, "room": "101"})
    people = told["routing"]["responsible"]
    assert [one["level"] for one in people] == ["household", "unit", "building", "area"]
    assert [one["role"] for one in people] == [
        "party_member",
        "volunteer",
        "grid_worker",
        "committee_member",
    ]
    assert [one["phone"] for one in people] == [None, None, "123", "123"]
    other_unit = post(client, unit={"building": BUILDING, "unit": 2})
    assert [one["level"] for one in other_unit["routing"]["responsible"]] == ["building", "area"]


def test_a_position_in_a_building_finds_its_worker(client: TestClient) -> None:
    inside = post(client, location=place(0.3, 0.3))
    assert [one["level"] for one in inside["routing"]["responsible"]] == ["building", "area"]
    vague = post(client, location=place(0.3, 0.3, accuracy_m=60))
    assert [one["level"] for one in vague["routing"]["responsible"]] == ["area"]


def test_units_are_named_in_several_ways(client: TestClient, database_url: str) -> None:
    with owner_session(database_url) as opened:
        key = opened.scalars(select(Unit.id).order_by(Unit.id)).first()
    for unit in (
        {"building_code": BUILDING, "unit": 1},
        {"building": BUILDING},
        {"building": LONE_BUILDING},
        {"key": key},
        key,
    ):
        assert post(client, unit=unit)["routing"]["method"] == "unit"


@pytest.mark.parametrize(
    ("unit", "field"),
    [
        ({"building": "nowhere"}, "unit.building"),
        ({"building": BUILDING, "unit": 9}, "unit.unit"),
        ({"building": BUILDING, "room": "101"}, "unit.unit"),
        ({"building": BUILDING, "unit": 1, "room": "999"}, "unit.room"),
        (10**9, "unit"),
        (0, "unit.key"),
        (10**30, "unit.key"),
        ({"unit": 1}, "unit"),
        ({"building": 5}, "unit.building"),
        ("A-1", "unit"),
    ],
)
def test_a_place_that_is_not_there_is_named(client: TestClient, unit: object, field: str) -> None:
    told = post(client, 422, unit=unit)
    assert [one["field"] for one in told["errors"]] == [field]


def test_the_past_is_routed_by_the_generation_then(client: TestClient) -> None:
    told = post(client, location=place(0.5, 1.5), occurred_at="2025-06-01T10:00:00+08:00")
    routing = told["routing"]
    assert (routing["generation"], routing["grid"]["code"]) == (FIRST_LABEL, A1)
    assert routing["current_grid"]["code"] == A2
    assert told["occurred_at"] == "2025-06-01T10:00:00+08:00"


def test_before_the_first_generation_somebody_decides(client: TestClient) -> None:
    told = post(client, location=place(0.5, 1.5), occurred_at="2020-06-01T10:00:00+08:00")
    assert (told["state"], told["routing"]["method"]) == ("triage", "none")
    assert told["routing"]["generation"] is None
    assert warned(told) == ["before_first_generation"]


def test_the_future_is_refused_beyond_clock_skew(client: TestClient, database_url: str) -> None:
    with owner_session(database_url) as opened:
        now = clock(opened)
    late = (now + timedelta(hours=1)).isoformat()
    told = post(client, 422, location=place(0.5, 1.5), occurred_at=late)
    assert [one["field"] for one in told["errors"]] == ["occurred_at"]
    soon = (now + timedelta(minutes=2)).isoformat()
    taken = post(client, location=place(0.5, 1.5), occurred_at=soon)
    assert taken["occurred_at"] == taken["received_at"]


def test_a_time_needs_its_offset(client: TestClient) -> None:
    told = post(client, 422, location=place(0.5, 1.5), occurred_at="2026-03-01T10:00:00")
    assert [one["field"] for one in told["errors"]] == ["occurred_at"]


def test_outside_waits_for_triage_with_the_nearest_grid(client: TestClient) -> None:
    told = post(client, location=place(-5, 0.5))
    routing = told["routing"]
    assert (told["state"], routing["method"], routing["grid"]) == ("triage", "outside", None)
    assert routing["nearest"]["code"] == A1
    assert 990 < routing["distance_m"] < 1000
    assert routing["distance_m"] == round(routing["distance_m"], 3)
    assert routing["generation"] == SECOND_LABEL
    assert "outside" in warned(told)


def test_a_suspicious_datum_is_noticed(client: TestClient) -> None:
    lon, lat = from_wgs84(*town.spot(3.9, 0.1), "bd09")
    told = post(client, location={"lon": lon, "lat": lat})
    assert warned(told) == ["outside", "datum_suspicion"]
    declared = post(client, location={"lon": lon, "lat": lat, "datum": "bd09"})
    assert declared["state"] == "collected"


def test_without_place_or_position_nothing_is_dropped(client: TestClient) -> None:
    told = post(client, location=None, unit=None)
    assert (told["state"], told["routing"]["method"]) == ("triage", "none")
    assert warned(told) == ["no_location"]


def test_without_a_duty_it_is_routed_and_waits(client: TestClient) -> None:
    told = post(client, location=place(0.5, 1.5), duty=None)
    assert (told["state"], told["routing"]["grid"]["code"]) == ("triage", A2)
    assert told["routing"]["department"] is None
    assert told["deadlines"] == []
    assert warned(told) == ["no_duty"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"duty": "nothing"}, "duty"),
        ({"jurisdiction": "elsewhere"}, "jurisdiction"),
        ({"location": {"lon": 200, "lat": 1}}, "location.lon"),
        ({"location": {"lon": 1, "lat": 1, "datum": "moon"}}, "location.datum"),
        ({"location": {"lon": 1}}, "location.lat"),
        ({"location": {"lon": 1, "lat": 1, "accuracy_m": -1}}, "location.accuracy_m"),
        ({"text": "x" * 5001}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"reporter": {"name": "a\0b"}}, "reporter.name"),
        ({"duty": "\0"}, "duty"),
        ({"occurred_at": 1770000000}, "occurred_at"),
        ({"occurred_at": "1770000000"}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ({"location": {"lon": 1e308, "lat": 1}}, "location.lon"),
        ({"location": {"lon": 1, "lat": 1, "datum": "EPSG:999999999999"}}, "location.datum"),
        ({"colour": "red"}, "colour"),
        ({"photos": [{"media_type": "image/gif", "content_base64": ""}]}, "photos.0.media_type"),
        (
            {"photos": [{"media_type": "image/png", "content_base64": "*"}]},
            "photos.0.content_base64",
        ),
        (
            {"photos": [{"media_type": "image/png", "content_base64": "AAAA"}]},
            "photos.0.content_base64",
        ),
    ],
)
def test_a_field_that_cannot_be_taken_is_named(
    client: TestClient, body: dict[str, object], field: str
) -> None:
    told = post(client, 422, **body)
    assert [one["field"] for one in told["errors"]] == [field]
    assert told["errors"][0]["message"]


def test_text_that_is_no_json_is_a_problem_too(client: TestClient) -> None:
    answer = client.post(URL, content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == [{"field": "body", "message": "This is not valid JSON."}]


def test_everything_is_stored_in_one_go(client: TestClient, database_url: str) -> None:
    photo = {
        "media_type": "image/png",
        "content_base64": base64.b64encode(encoded(painted(), "PNG")).decode(),
    }
    reporter = {"name": "张三", "phone": "13800000000"}
    told = post(client, location=place(0.5, 1.5), photos=[photo], reporter=reporter)
    with owner_session(database_url) as opened:
        issue = opened.get_one(Issue, told["id"])
        who = opened.get_one(IssueReporter, issue.id)
        events = opened.scalars(select(IssueEvent).where(IssueEvent.issue_id == issue.id)).all()
        photos = opened.scalars(select(IssuePhoto).where(IssuePhoto.issue_id == issue.id)).all()
        outbox = opened.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert (who.name, who.phone) == ("张三", "13800000000")
    assert [(one.action, one.to_state, one.sequence) for one in events] == [
        ("collect", "collected", 1)
    ]
    assert [(one.media_type, one.width_px, one.height_px) for one in photos] == [
        ("image/jpeg", 64, 48)
    ]
    assert outbox is not None
    assert (outbox.topic, outbox.payload["issue_id"]) == ("issue.received", told["id"])


def test_the_reporter_is_never_told(client: TestClient) -> None:
    reporter = {"name": "李四名字", "phone": "13811111111"}
    told = post(client, location=place(0.5, 1.5), reporter=reporter)
    pages = [json.dumps(told, ensure_ascii=False)]
    pages += [
        client.get(f"{URL}{rest}").text for rest in ("", f"/{told['id']}", f"/{told['id']}/history")
    ]
    assert not any("李四" in page or "13811111111" in page for page in pages)


def test_a_private_duty_tells_its_case_to_those_whose_work_it_is(
    client: TestClient, database_url: str
) -> None:
    content = base64.b64encode(encoded(painted(), "PNG")).decode()
    photo = {"media_type": "image/png", "content_base64": content}
    about = {"duty": town.PRIVATE_DUTY, "text": "家里的事", "photos": [photo]}
    resident = visiting(client.app, {})
    told = post(resident, location=place(0.5, 1.5), **about)
    with owner_session(database_url) as opened:
        keeper = add_account(opened, "keeper", "administrator", town.SLUG)
    administrator = visiting(client.app, session_headers(database_url, keeper))
    one = f"{URL}/{told['id']}"
    for kept in (told, resident.get(told["follow"]).json(), administrator.get(one).json()):
        assert (kept["text"], kept["location"], kept["withheld"]) == (None, None, True)
        assert kept["photos"] == []
    assert "家里的事" not in administrator.get(URL).text
    assert administrator.get(f"{one}/photos/1").status_code == 404
    known = client.get(one).json()
    assert (known["text"], known["withheld"], len(known["photos"])) == ("家里的事", False, 1)
    assert known["location"] is not None
    assert client.get(f"{one}/photos/1").status_code == 200


def test_numbers_count_by_year(client: TestClient) -> None:
    first, second = (post(client, location=place(0.5, 1.5))["number"] for _ in range(2))
    year = datetime.now(UTC).astimezone(SHANGHAI).year
    assert first.startswith(f"{year}-")
    assert int(second.split("-")[1]) == int(first.split("-")[1]) + 1


def test_lists_are_filtered_and_paged(client: TestClient) -> None:
    made = [
        post(client, location=place(2.2, 1), occurred_at=f"2026-02-0{day}T08:00:00Z")["id"]
        for day in (1, 2, 3)
    ]
    filters = {"grid": town.B1, "since": "2026-02-01T00:00:00Z", "until": "2026-02-04T00:00:00Z"}
    seen, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = client.get(URL, params=filters | {"limit": 2} | more).json()
        seen += [one["id"] for one in page["issues"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == made[::-1]
    assert client.get(URL, params={"state": "closed"}).json()["issues"] == []
    assert client.get(URL, params={"state": "asleep"}).status_code == 422
    for odd in ({"cursor": "x"}, {"cursor": "eA=="}, {"grid": "\0"}, {"page": 2}):
        assert client.get(URL, params=odd).status_code == 422


def test_an_issue_that_is_not_there(client: TestClient) -> None:
    answer = client.get(f"{URL}/00000000-0000-0000-0000-000000000000")
    assert answer.status_code == 404
    assert answer.json()["title"] == "Not found"


def test_the_loop_from_collection_to_closing(client: TestClient) -> None:
    told = post(client, location=place(0.5, 1.5))
    steps: list[dict[str, object]] = [
        {"action": "sort"},
        {"action": "dispatch"},
        {"action": "accept"},
        {"action": "return", "reason": "不归我们管"},
        {"action": "dispatch", "department": DEPARTMENT},
        {"action": "accept"},
        {"action": "handle", "note": "换了灯"},
        {"action": "verify"},
        {"action": "feed_back", "note": "已告知"},
        {"action": "close"},
    ]
    closed = ["reopen", "show", "hide"]
    for step in steps:
        answer = client.post(f"{URL}/{told['id']}/actions", json=step)
        assert answer.status_code == 200, answer.text
        assert step["action"] != "close" or answer.json()["actions"] == closed
    events = client.get(f"{URL}/{told['id']}/history").json()["events"]
    assert [one["action"] for one in events] == ["collect", *(one["action"] for one in steps)]
    assert events[-1]["to_state"] == "closed"
    assert client.get(f"{URL}/{told['id']}").json()["closed_at"]


def test_what_the_state_does_not_allow_names_what_it_does(client: TestClient) -> None:
    told = post(client, location=place(0.5, 1.5))
    url = f"{URL}/{told['id']}/actions"
    answer = client.post(url, json={"action": "close"})
    assert answer.status_code == 409
    steps = ("sort", "mark_duplicate", "cancel", "transfer_grid", "set_deadline")
    assert answer.json()["allowed"] == [*steps, "show", "hide", "remark"]
    assert answer.json()["state"] == "collected"
    assert client.post(url, json={"action": "sort", "version": 1}).status_code == 200
    stale = client.post(url, json={"action": "dispatch", "version": 1})
    assert (stale.status_code, stale.json()["version"]) == (409, 2)
    assert client.post(url, json={"action": "fly"}).status_code == 422


def test_an_action_with_a_key_is_taken_once_with_its_photos(client: TestClient) -> None:
    told = post(client, location=place(0.5, 1.5))
    url, headers = f"{URL}/{told['id']}/actions", {"Idempotency-Key": f"act {told['id']}"}
    large = Image.frombytes("RGB", (700, 700), secrets.token_bytes(700 * 700 * 3))
    content = base64.b64encode(encoded(large, "PNG")).decode()
    photo = {"media_type": "image/png", "content_base64": content}
    body = {"action": "sort", "photos": [photo] * 2}
    first = client.post(url, json=body, headers=headers)
    assert first.status_code == 200, first.text
    again = client.post(url, json=body, headers=headers)
    assert (again.status_code, again.json()) == (200, first.json())
    assert [one["event"] for one in first.json()["photos"]] == [2, 2]
    assert client.get(first.json()["photos"][1]["url"]).status_code == 200
    other = client.post(url, json={"action": "remark", "note": "x"}, headers=headers)
    assert other.status_code == 422
    assert len(client.get(f"{URL}/{told['id']}/history").json()["events"]) == 2


def test_an_action_needs_its_fields(client: TestClient) -> None:
    told = post(client, location=None, duty=None)
    url = f"{URL}/{told['id']}/actions"
    for given, field in (({}, "grid"), ({"grid": A1}, "duty"), ({"grid": "1"}, "grid")):
        answer = client.post(url, json={"action": "route", **given})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
    routed = client.post(url, json={"action": "route", "grid": A1, "duty": DUTY}).json()
    assert (routed["state"], routed["routing"]["current_grid"]["code"]) == ("collected", A1)
    assert routed["routing"]["grid"] is None
    assert routed["routing"]["department"]["code"] == DEPARTMENT


def test_what_is_done_bears_the_account_s_name(client: TestClient) -> None:
    told = post(client, location=place(0.5, 1.5))
    url = f"{URL}/{told['id']}/actions"
    forged = client.post(url, json={"action": "sort", "actor": "somebody else"})
    assert [one["field"] for one in forged.json()["errors"]] == ["actor"]
    assert client.post(url, json={"action": "sort"}).status_code == 200
    events = client.get(f"{URL}/{told['id']}/history").json()["events"]
    assert events[-1]["actor"] == "desk"


@pytest.mark.parametrize(
    ("role", "place_of_role", "allowed"),
    [("community_staff", town.A, "sort"), ("street_dispatcher", town.STREET, "sort")],
)
def test_an_action_needs_its_role(
    client: TestClient, database_url: str, role: str, place_of_role: str, allowed: str
) -> None:
    told = post(client, location=place(0.5, 1.5))
    with owner_session(database_url) as opened:
        key = add_account(opened, f"one-{role}", role, town.SLUG, place_of_role)
    other = visiting(client.app, session_headers(database_url, key))  # type: ignore[arg-type]
    url = f"{URL}/{told['id']}/actions"
    assert other.post(url, json={"action": "accept"}).status_code == 403
    assert other.post(url, json={"action": allowed}).status_code == 200
