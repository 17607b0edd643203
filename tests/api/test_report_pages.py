"""Residents' pages without scripts: reporting by a form, and the page that a link leads to."""

from __future__ import annotations

import base64
import json
import logging
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select

from api.pacing import Pace
from geo.core.signing import link_text
from geo.flows import delivering
from geo.flows.delivering import deliver
from geo.settings import settings
from geo.store.engine import owner_session
from geo.store.models import Issue, IssueReporter
from tests import town
from tests.pictures import encoded, painted
from tests.town import BUILDING, DUTY, PRIVATE_DUTY
from tests.visitors import visiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI
    from httpx2 import Response
    from starlette.testclient import TestClient

URL = "/api/v1/issues"
FEEDBACK = "The lamp has a new bulb since Monday."
GATEWAY = {
    "HONGGE_FEEDBACK_URL": "https://gateway.example/sms",
    "HONGGE_FEEDBACK_SECRET": "a secret of both sides",
}
NOTE = "bulb from store 7, asked Wang"


@pytest.fixture(scope="module")
def resident(app: FastAPI) -> TestClient:
    """Client of somebody who is not signed in."""
    return visiting(app)


def form(**fields: str) -> dict[str, str]:
    return {"place": town.SLUG, "where": f"大街 {BUILDING}", "text": "路灯不亮"} | fields


def sent(client: TestClient, **fields: str) -> str:
    """Send the form, and return the address that it leads to."""
    answer = client.post("/report", data=form(**fields))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def stored(url: str, client: TestClient, address: str) -> Issue:
    number = re.search(r"\d{4}-\d{6}", client.get(address).text)
    assert number
    with owner_session(url) as opened:
        return opened.scalars(select(Issue).where(Issue.number == number[0])).one()


def test_the_form_works_without_scripts(resident: TestClient, database_url: str) -> None:
    page = resident.get("/report").text
    assert all(f'name="{name}"' in page for name in ("where", "text", "duty", "name", "phone"))
    address = sent(resident, duty=DUTY, phone="13800001234")
    shown = resident.get(address)
    assert shown.status_code == 200
    assert "Thank you" in shown.text
    issue = stored(database_url, resident, address)
    assert (issue.source, issue.public, issue.method) == ("resident", False, "unit")
    assert "大街 A-1" in issue.text
    assert "13800001234" not in shown.text
    with owner_session(database_url) as opened:
        phone = opened.scalar(select(IssueReporter.phone).where(IssueReporter.issue_id == issue.id))
    assert phone == "13800001234"


def test_an_address_that_is_no_building_waits_for_triage(
    resident: TestClient, database_url: str
) -> None:
    issue = stored(database_url, resident, sent(resident, where="后面的小路口"))
    assert issue.state == "triage"
    assert "后面的小路口" in issue.text


def test_the_form_sent_twice_counts_once(resident: TestClient, database_url: str) -> None:
    key = "form-key-1"
    first = sent(resident, key=key)
    with owner_session(database_url) as opened:
        before = opened.scalar(select(func.count()).select_from(Issue))
    assert sent(resident, key=key) == first
    with owner_session(database_url) as opened:
        assert opened.scalar(select(func.count()).select_from(Issue)) == before


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"text": " "}, "what is wrong"),
        ({"where": ""}, "where it is"),
        ({"text": "x" * 5001}, "long"),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    resident: TestClient, field: dict[str, str], said: str
) -> None:
    answer = resident.post("/report", data=form(name="王小明") | field)
    assert answer.status_code == 422
    assert said in answer.text
    assert "王小明" in answer.text


def test_an_unknown_link_tells_nothing_more(resident: TestClient) -> None:
    told = set()
    for secret in ("nothing", "x" * 24, "x" * 300, "%00"):
        answer = resident.get(f"/follow/{secret}", headers={"Accept": "text/html"})
        assert answer.status_code == 404
        told.add(answer.text.partition("<main")[2])
    assert len(told) == 1


def followed(client: TestClient, **body: Any) -> tuple[str, str]:
    """Report, and return the issue's key and the page of its link."""
    lon, lat = town.spot(0.5, 0.5)
    given = {"text": "路灯不亮", "duty": DUTY, "location": {"lon": lon, "lat": lat}} | body
    told = client.post(URL, json=given).json()
    return told["id"], "/follow/" + told["follow"].partition("follow=")[2]


def act(client: TestClient, issue_id: str, action: str, **more: str) -> Response:
    answer = client.post(f"{URL}/{issue_id}/actions", json={"action": action} | more)
    assert answer.status_code == 200, answer.text
    return answer


def test_the_link_tells_the_whole_way_and_no_names(
    resident: TestClient, client_of: Callable[..., TestClient]
) -> None:
    desk, office = client_of("street_dispatcher"), client_of("department_handler")
    key, address = followed(resident)
    for client, action, more in (
        (desk, "sort", {}),
        (desk, "dispatch", {}),
        (office, "accept", {}),
        (desk, "remark", {"note": "internal words"}),
        (office, "handle", {"note": NOTE}),
        (desk, "verify", {}),
        (desk, "feed_back", {"note": FEEDBACK}),
        (desk, "close", {}),
    ):
        act(client, key, action, **more)
    answer = resident.get(address)
    page = answer.text
    steps = re.findall(r'<li class="way-(\w+)', page)
    assert steps == [
        *("close", "feed_back", "verify", "handle", "accept", "dispatch", "sort", "collect"),
    ]
    assert FEEDBACK in page
    assert "Roads" in page
    for kept in (NOTE, "internal words", "street_dispatcher", "department_handler"):
        assert kept not in page
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_duplicate_shows_the_way_of_the_one_that_stays(
    resident: TestClient, client_of: Callable[..., TestClient]
) -> None:
    desk, office = client_of("street_dispatcher"), client_of("department_handler")
    original, _ = followed(resident, text="secret words of somebody else")
    double, address = followed(resident, text="my own words")
    act(desk, double, "mark_duplicate", duplicate_of=original)
    act(desk, original, "sort")
    act(desk, original, "dispatch")
    act(office, original, "accept")
    page = resident.get(address).text
    assert "my own words" in page
    assert "secret words of somebody else" not in page
    assert "Taken on by the department" in page
    assert "Joined with another report" in page


@pytest.fixture
def messages(
    app: FastAPI, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Return what a gateway is sent that takes everything."""
    assert app
    came: list[dict[str, Any]] = []

    def take(_gateway: str, _headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        came.append(json.loads(body))
        return 200, b""

    def sent_now() -> list[dict[str, Any]]:
        with monkeypatch.context() as patched:
            patched.setenv("HONGGE_PUBLIC_URL", "https://grid.example")
            settings.cache_clear()
            deliver(database_url)
        settings.cache_clear()
        return came

    monkeypatch.setattr(delivering, "_posted", take)
    for name, value in GATEWAY.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield sent_now
    monkeypatch.undo()
    settings.cache_clear()


def fed_back(desk: TestClient, office: TestClient, key: str) -> None:
    act(desk, key, "sort")
    act(desk, key, "dispatch")
    act(office, key, "accept")
    act(office, key, "handle", note=NOTE)
    act(desk, key, "verify")
    act(desk, key, "feed_back", note=FEEDBACK)


def test_the_link_of_a_message_shows_how_far_it_is_and_not_what_was_reported(
    resident: TestClient,
    client_of: Callable[..., TestClient],
    messages: Callable[[], list[dict[str, Any]]],
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk, office = client_of("street_dispatcher"), client_of("department_handler")
    who = {"reporter": {"name": "王小明", "phone": "13800004321"}}
    content = base64.b64encode(encoded(painted())).decode()
    photo = {"media_type": "image/jpeg", "content_base64": content}
    key, address = followed(resident, text="my own words", photos=[photo], **who)
    fed_back(desk, office, key)
    [told] = [one for one in messages() if one["to"]["phone"] == "13800004321"]
    assert told["follow_url"].startswith("https://grid.example/follow/")
    link = told["follow_url"].removeprefix("https://grid.example")
    assert link != address
    answer = resident.get(link)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert FEEDBACK in answer.text
    assert told["issue"]["number"] in answer.text
    for kept in ("my own words", "王小明", "13800004321", "/photos/"):
        assert kept not in answer.text
    assert "my own words" in resident.get(address).text
    secret = link.rpartition("/")[2]
    assert resident.get(f"{URL}/{key}", headers={"X-Follow-Key": secret}).status_code != 200
    other = ("A" if secret[-2] != "A" else "B") + secret[-1]
    assert resident.get(f"/follow/{secret[:-2]}{other}").status_code == 404
    with monkeypatch.context() as patched:
        patched.setenv("HONGGE_FEEDBACK_SECRET", "another secret")
        settings.cache_clear()
        assert resident.get(link).status_code == 404
    settings.cache_clear()
    with owner_session(database_url) as opened:
        opened.execute(delete(IssueReporter).where(IssueReporter.issue_id == key))
    assert resident.get(link).status_code == 404
    assert resident.get(address).status_code == 200


def test_no_message_about_a_private_matter_has_a_link(
    resident: TestClient,
    client_of: Callable[..., TestClient],
    messages: Callable[[], list[dict[str, Any]]],
) -> None:
    desk, office = client_of("street_dispatcher"), client_of("department_handler")
    who = {"reporter": {"phone": "13800005555"}}
    key, _ = followed(resident, duty=PRIVATE_DUTY, text="private words", **who)
    fed_back(desk, office, key)
    [told] = [one for one in messages() if one["to"]["phone"] == "13800005555"]
    assert told["follow_url"] is None
    link = link_text(GATEWAY["HONGGE_FEEDBACK_SECRET"], UUID(told["id"]))
    assert resident.get(f"/follow/{link}").status_code == 404


def test_private_matters_are_not_shown_by_link(resident: TestClient) -> None:
    _, address = followed(resident, duty=PRIVATE_DUTY, text="private words")
    page = resident.get(address).text
    assert "private words" not in page
    assert "private matter" in page


def test_no_link_stands_in_the_log(resident: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    _, address = followed(resident)
    with caplog.at_level(logging.DEBUG):
        resident.get(address)
        resident.get("/follow/no-such-secret")
    secret = address.rpartition("/")[2]
    told = [f"{one.getMessage()} {one.__dict__}" for one in caplog.records if one.name != "httpx2"]
    assert told
    assert not [one for one in told if secret in one or "no-such-secret" in one]


def test_one_address_is_slowed_down_in_words(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, client_of: Callable[..., TestClient]
) -> None:
    monkeypatch.setattr(app.state, "report_pace", Pace(2, 60.0), raising=False)
    many = visiting(app, address="198.51.100.7")
    lon, lat = town.spot(0.5, 0.5)
    body = {"text": "x", "location": {"lon": lon, "lat": lat}}
    assert [many.post(URL, json=body).status_code for _ in range(3)] == [201, 201, 429]
    refused = many.post("/report", data=form(), headers={"Accept": "text/html"})
    assert refused.status_code == 429
    assert "Try again in" in refused.text
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert client_of("grid_worker").post(URL, json=body).status_code == 201
    assert many.get("/report").status_code == 200


def test_whoever_comes_by_a_proxy_on_this_machine_is_slowed_down_too(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.state, "report_pace", Pace(1, 60.0), raising=False)
    here = visiting(app, address="127.0.0.1")
    lon, lat = town.spot(0.5, 0.5)
    body = {"text": "x", "location": {"lon": lon, "lat": lat}}

    def sent(**headers: str) -> list[int]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return [here.post(URL, json=body, headers=given).status_code for _ in range(2)]

    assert sent() == [201, 201]
    assert sent(X_Forwarded_For="198.51.100.8") == [201, 429]
    assert sent(X_Forwarded_For="127.0.0.1, 198.51.100.9") == [201, 429]
    assert sent(X_Forwarded_Proto="https") == [201, 429]
