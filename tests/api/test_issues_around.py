"""What surrounds a report: where it would go, what is near, following what is known already."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text, update

from geo.flows.registry import POLL_S
from geo.store.engine import owner_session
from geo.store.models import Duty, DutyVersion, Issue, IssueDeadline, IssueFollower
from tests import town
from tests.pictures import encoded, painted
from tests.town import A1, A2, B1, BUILDING, DEPARTMENT, DUTY, FIRST_LABEL, PRIVATE_DUTY
from tests.visitors import visiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from starlette.testclient import TestClient

URL = "/api/v1/issues"
PATIENCE_S = 60
STEP_M = 221.4
"""How high a cell of the town's chessboard is, in metres."""
PHOTO = {
    "media_type": "image/png",
    "content_base64": base64.b64encode(encoded(painted(), "PNG")).decode(),
}


@pytest.fixture(scope="module")
def resident(app: FastAPI) -> TestClient:
    """Client of somebody who is not signed in."""
    return visiting(app)


@pytest.fixture(scope="module")
def worker(client_of: Callable[..., TestClient]) -> TestClient:
    """Client of the worker of grid A1."""
    return client_of("grid_worker")


def at(column: float, row: float, **more: object) -> dict[str, object]:
    lon, lat = town.spot(column, row)
    return {"lon": lon, "lat": lat, **more}


def near(client: TestClient, column: float, row: float, **more: object) -> dict[str, Any]:
    answer = client.get(f"{URL}/nearby", params=at(column, row, **more))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def report(client: TestClient, **body: object) -> dict[str, Any]:
    answer = client.post(URL, json={"text": "井盖松动", "duty": DUTY} | body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def preview(client: TestClient, status: int = 200, **body: object) -> dict[str, Any]:
    answer = client.post(f"{URL}/preview", json={"duty": DUTY} | body)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


def show(url: str, issue_id: str) -> None:
    """Make an issue public, as somebody at work would."""
    with owner_session(url) as opened:
        opened.execute(update(Issue).where(Issue.id == issue_id).values(public=True))


def ids(told: dict[str, Any]) -> list[str]:
    return [one["id"] for one in told["issues"]]


def test_a_preview_says_where_a_report_would_go_and_stores_nothing(
    resident: TestClient, database_url: str
) -> None:
    told = preview(resident, location=at(0.5, 1.5))
    assert (told["method"], told["grid"]["code"], told["distance_m"]) == ("inside", A2, 0.0)
    assert told["branch"]["name"] == "二格支部"
    assert told["department"]["code"] == DEPARTMENT
    assert [one["stage"] for one in told["deadlines"]] == ["dispatch", "handle"]
    assert told["neighbours"] == told["warnings"] == []
    with owner_session(database_url) as opened:
        assert opened.scalars(select(Issue.id)).all() == []


def test_a_preview_goes_where_the_report_goes(resident: TestClient) -> None:
    for body in (
        {"location": at(0.5, 0.5)},
        {"location": at(0.5, 1.5), "unit": {"building": BUILDING, "unit": 1}},
        {"location": at(1.5, 0.5), "occurred_at": "2025-06-01T08:00:00+08:00"},
        {"location": at(-2, 0.5)},
        {"location": at(0.5, 0.5, accuracy_m=400)},
    ):
        before = preview(resident, **body)
        stored = report(resident, **body)
        routing = stored["routing"]
        assert before["grid"] == routing["grid"]
        assert (before["generation"], before["method"]) == (
            routing["generation"],
            routing["method"],
        )
        assert before["confident"] == routing["confident"]
        assert before["warnings"] == stored["warnings"]
        assert before["branch"] == routing["branch"]
        assert [one["stage"] for one in before["deadlines"]] == [
            one["stage"] for one in stored["deadlines"]
        ]


def test_a_preview_names_the_neighbour_near_an_edge(resident: TestClient) -> None:
    close = preview(resident, location=at(0.5, 1 - 10 / STEP_M))
    assert close["grid"]["code"] == A1
    (neighbour,) = close["neighbours"]
    assert (neighbour["code"], neighbour["share"]) == (A2, 0.0)
    assert neighbour["distance_m"] == pytest.approx(10, abs=0.3)
    assert preview(resident, location=at(0.5, 1 - 30 / STEP_M))["neighbours"] == []
    vague = preview(resident, location=at(0.5, 1 - 30 / STEP_M, accuracy_m=60))
    (neighbour,) = vague["neighbours"]
    assert neighbour["code"] == A2
    assert 0.1 < neighbour["share"] < 0.5
    outside = preview(resident, location=at(0.5, -20 / STEP_M))
    assert (outside["method"], outside["neighbours"]) == ("nearest", [])
    corner = preview(resident, location=at(2 - 0.01, 1 - 0.01))
    assert [one["code"] for one in corner["neighbours"]] == [B1, A2]


def test_a_preview_by_the_generation_of_then(resident: TestClient) -> None:
    told = preview(resident, location=at(1.5, 0.5), occurred_at="2025-06-01T08:00:00+08:00")
    assert (told["generation"], told["grid"]["code"]) == (FIRST_LABEL, A2)


def test_a_preview_names_the_field_that_is_wrong(resident: TestClient) -> None:
    assert preview(resident, 422, duty="none")["errors"][0]["field"] == "duty"
    assert preview(resident, 422, unit={"building": "none"})["errors"][0]["field"] == (
        "unit.building"
    )
    assert preview(resident, 422, photos=[])["errors"][0]["field"] == "photos"


def test_intake_keeps_source_version_and_the_first_clock(
    resident: TestClient, worker: TestClient, database_url: str
) -> None:
    told = [report(one, location=at(0.5, 0.5)) for one in (resident, worker)]
    with owner_session(database_url) as opened:
        stored = [opened.get_one(Issue, one["id"]) for one in told]
        assert [one.source for one in stored] == ["resident", "worker"]
        assert [one.duty_version for one in stored] == [1, 1]
        clocks = {
            one.stage: one
            for one in opened.scalars(
                select(IssueDeadline).where(IssueDeadline.issue_id == stored[0].id)
            )
        }
        assert clocks["dispatch"].started_at == stored[0].received_at
        assert clocks["handle"].started_at is None
        assert (clocks["handle"].amount, clocks["handle"].unit) == (5, "work_day")


def test_the_catalogue_in_memory_follows_the_database(
    resident: TestClient, database_url: str
) -> None:
    with owner_session(database_url) as opened:
        duty = opened.scalars(select(Duty).where(Duty.code == DUTY)).one()
        values = {
            one.name: getattr(duty, one.name)
            for one in DutyVersion.__table__.columns
            if hasattr(duty, one.name)
        }
        opened.add(DutyVersion(duty_id=duty.id, number=2, answers_first="owner", **values))
        opened.flush()
        duty.version = 2
    reported_until(resident, lambda told: duty_version(database_url, told["id"]) == 2)
    with owner_session(database_url) as opened:
        duty = opened.scalars(select(Duty).where(Duty.code == DUTY)).one()
        duty.retired_at = town.SECOND
    told = reported_until(resident, lambda told: told["duty"] is None)
    assert told["state"] == "triage"
    assert [one["code"] for one in told["warnings"]] == ["duty_retired"]
    with owner_session(database_url) as opened:
        opened.execute(update(Duty).where(Duty.code == DUTY).values(retired_at=None))
    assert reported_until(resident, lambda told: told["state"] == "collected")


def reported_until(resident: TestClient, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Report until the answer fits: the service hears of a change after a while."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        told = report(resident, location=at(0.5, 0.5))
        if fits(told):
            return told
        time.sleep(POLL_S / 4)
    pytest.fail("the service has not heard of it")


def duty_version(url: str, issue_id: str) -> int | None:
    with owner_session(url) as opened:
        return opened.get_one(Issue, issue_id).duty_version


def test_people_at_work_are_told_what_is_open_fifty_metres_around(
    worker: TestClient, resident: TestClient
) -> None:
    first = report(resident, location=at(1.8, 0.1))
    other = report(resident, location=at(1.8, 0.1), duty=PRIVATE_DUTY)
    told = near(worker, 1.8, 0.1 + 30 / STEP_M, duty=DUTY)
    assert told["radius_m"] == 50
    assert ids(told) == [first["id"]]
    (one,) = told["issues"]
    assert one["text"] == "井盖松动"
    assert one["distance_m"] == 30
    assert one["state"] == "collected"
    assert one["duty"]["code"] == DUTY
    assert set(ids(near(worker, 1.8, 0.1 + 30 / STEP_M))) == {first["id"], other["id"]}
    assert ids(near(worker, 1.8, 0.1 + 60 / STEP_M, duty=DUTY)) == []
    assert ids(near(worker, 1.8, 0.1, duty=DUTY, jurisdiction="elsewhere")) == []


def test_what_names_a_building_is_near_its_door(worker: TestClient, resident: TestClient) -> None:
    told = report(resident, unit={"building": BUILDING, "unit": 1})
    assert told["id"] in ids(near(worker, 0.3, 0.3, duty=DUTY))


def test_people_at_work_are_told_of_their_own_territory(
    worker: TestClient, resident: TestClient
) -> None:
    report(resident, location=at(2.2, 1.8))
    assert ids(near(worker, 2.2, 1.8)) == []


def test_residents_are_told_what_is_public_and_not_where(
    resident: TestClient, database_url: str
) -> None:
    hidden = report(resident, location=at(3.2, 1.7))
    shown = report(resident, location=at(3.2, 1.7), photos=[PHOTO])
    private = report(resident, location=at(3.2, 1.7), duty=PRIVATE_DUTY)
    for one in (shown, private):
        show(database_url, one["id"])
    told = near(resident, 3.2, 1.7 - 200 / STEP_M)
    assert told["radius_m"] == 250
    assert ids(told) == [shown["id"]]
    (one,) = told["issues"]
    assert one["distance_m"] % 10 == 0
    assert one["distance_m"] == pytest.approx(200, abs=35)
    assert not {"location", "lon", "lat"} & set(one)
    assert resident.get(one["photos"][0]).headers["content-type"] == "image/jpeg"
    for issue in (hidden, private):
        answer = resident.get(f"/api/v1/public/issues/{issue['id']}/photos/1")
        assert answer.status_code == 404
    assert ids(near(resident, 3.2, 1.7 - 330 / STEP_M)) == []


def test_residents_follow_what_is_public(resident: TestClient, database_url: str) -> None:
    issue = report(resident, location=at(3.7, 0.2))
    wish = {"name": "某", "phone": "13800000000", "text": "我也看到了"}
    assert resident.post(f"{URL}/{issue['id']}/follow", json=wish).status_code == 404
    show(database_url, issue["id"])
    answer = resident.post(f"{URL}/{issue['id']}/follow", json=wish)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["number"] == issue["number"]
    assert told["follow"] != issue["follow"]
    followed = resident.get(told["follow"])
    assert followed.status_code == 200
    assert followed.json()["text"] == "井盖松动"
    place, _, secret = told["follow"].partition("?")
    assert resident.get(f"{place}/history?{secret}").json()["events"]
    assert resident.get(place).status_code == 401
    assert near(resident, 3.7, 0.2)["issues"][0]["followers"] == 1


def test_a_followers_link_shows_photos_only_while_they_are_public(
    resident: TestClient, database_url: str
) -> None:
    issue = report(resident, location=at(3.7, 1.8), photos=[PHOTO])
    show(database_url, issue["id"])
    link = resident.post(f"{URL}/{issue['id']}/follow", json={}).json()["follow"]
    assert len(resident.get(link).json()["photos"]) == 1
    with owner_session(database_url) as opened:
        opened.execute(update(Issue).where(Issue.id == issue["id"]).values(public=False))
    told = resident.get(link)
    assert (told.status_code, told.json()["photos"]) == (200, [])
    assert resident.get(issue["follow"]).json()["photos"] != []


def test_accounts_follow_once_where_their_work_is(
    worker: TestClient, resident: TestClient, database_url: str
) -> None:
    issue = report(resident, location=at(0.2, 0.7))
    for _ in range(2):
        answer = worker.post(f"{URL}/{issue['id']}/follow", json={"text": "同一件"})
        assert answer.json() == {"number": issue["number"], "follow": None}
    with owner_session(database_url) as opened:
        rows = opened.scalars(
            select(IssueFollower).where(IssueFollower.issue_id == issue["id"])
        ).all()
        assert [one.text for one in rows] == ["同一件"]
    elsewhere = report(resident, location=at(2.2, 0.2))
    assert worker.post(f"{URL}/{elsewhere['id']}/follow", json={}).status_code == 404


def test_following_again_with_the_same_key_gives_the_same_link(
    resident: TestClient, database_url: str
) -> None:
    issue = report(resident, location=at(3.9, 0.2))
    show(database_url, issue["id"])
    key = {"Idempotency-Key": "follow-once"}
    place = f"{URL}/{issue['id']}/follow"
    first = resident.post(place, json={}, headers=key).json()
    assert resident.post(place, json={}, headers=key).json() == first
    assert resident.post(place, json={"text": "x"}, headers=key).status_code == 422
    with owner_session(database_url) as opened:
        counted = text("SELECT count(*) FROM issue_follower WHERE issue_id = :id")
        assert opened.scalar(counted, {"id": issue["id"]}) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"location": at(0.5, 0.5, accuracy_m=30), "reporter": {"name": "某"}},
        {"location": at(0.3, 0.3), "duty": PRIVATE_DUTY},
        {"location": at(0.5, 1.5), "unit": {"building": BUILDING, "unit": 1, "room": "101"}},
        {"location": at(1.5, 0.5), "occurred_at": "2025-06-01T08:00:00+08:00"},
        {"location": at(1.5, 0.5), "occurred_at": "2020-06-01T08:00:00+08:00"},
        {"location": at(-2, 0.5)},
        {"location": at(-20, 0.5), "jurisdiction": town.SLUG, "duty": None},
        {"jurisdiction": town.SLUG},
        {"location": at(0.5, 0.5), "photos": [PHOTO, PHOTO]},
    ],
    ids=str,
)
def test_what_is_answered_is_what_is_read_afterwards(
    worker: TestClient, resident: TestClient, body: dict[str, Any]
) -> None:
    for client in (resident, worker):
        told = report(client, **body)
        link = told.pop("follow")
        assert client.get(link).json() == told


def test_a_repeated_answer_is_the_same_byte_by_byte(resident: TestClient) -> None:
    lon, lat = town.spot(0.5, 1.0)
    location = {"lon": lon, "lat": lat, "accuracy_m": 33.3}
    body = {"text": "再报", "duty": DUTY, "location": location, "photos": [PHOTO]}
    key = {"Idempotency-Key": "twice"}
    first = resident.post(URL, json=body, headers=key)
    again = resident.post(URL, json=body, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
