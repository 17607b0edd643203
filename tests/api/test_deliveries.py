"""The desk's page of what is told to reporters, and what programs and the gateway ask."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from geo.core.signing import sign
from geo.flows.delivering import ERRORS
from geo.settings import settings
from geo.store.engine import owner_session
from geo.store.models import DELIVERY_STATES
from tests import town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.testclient import TestClient

DELIVERIES = "/api/v1/deliveries"
PAGE = "/desk/deliveries"
SECRET = "a secret that both sides know"  # noqa: S105 - of these tests
PHONE = "13900139000"

ADD = """
    WITH added AS (
        INSERT INTO issue (id, jurisdiction_id, number, state, text, occurred_at, method, confident,
                           current_grid_id, reported_grid_id, reported_generation_id)
        SELECT gen_random_uuid(), generation.jurisdiction_id, :number, 'fed_back', '', now(),
               'inside', true, version.grid_id, version.grid_id, generation.id
        FROM grid_version AS version JOIN generation ON generation.id = version.generation_id
        WHERE upper_inf(generation.validity) AND version.code = :grid
        RETURNING id, jurisdiction_id
    ), reported AS (
        INSERT INTO issue_reporter (issue_id, name, phone) SELECT id, '某人', :phone FROM added
    )
    INSERT INTO delivery (id, jurisdiction_id, issue_id, event_sequence, endpoint, state, attempts,
                          last_error, status, next_at, ended_at)
    SELECT :id, jurisdiction_id, id, 1, 'feedback', :state, :attempts, :error, :status,
           now() + interval '1 hour',
           CASE WHEN CAST(:state AS text) <> 'pending' THEN now() END
    FROM added
"""


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Agree on a secret with the gateway, without one to send to."""
    monkeypatch.setenv("HONGGE_FEEDBACK_SECRET", SECRET)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def leave(database_url: str, accounts: dict[str, int]) -> Iterator[Callable[..., str]]:
    """Return what leaves a delivery about a new issue."""
    assert accounts

    def left(state: str, error: str = "", status: int | None = None, attempts: int = 1) -> str:
        key = str(uuid4())
        told = {"id": key, "number": f"D-{key[:6]}", "grid": town.A1, "phone": PHONE}
        how = {"state": state, "error": error, "status": status, "attempts": attempts}
        with owner_session(database_url) as opened:
            opened.execute(text(ADD), told | how)
        return key

    yield left
    with owner_session(database_url) as opened:
        opened.execute(text("DELETE FROM issue"))


def listed(client: TestClient, **asked: object) -> list[dict[str, Any]]:
    answer = client.get(DELIVERIES, params=asked)
    assert answer.status_code == 200, answer.text
    assert PHONE not in answer.text
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found


def test_each_state_is_told_in_words(
    client_of: Callable[..., TestClient], leave: Callable[..., str]
) -> None:
    keys = {state: leave(state) for state in DELIVERY_STATES}
    desk = client_of("street_dispatcher")
    assert {one["state"]: one["id"] for one in listed(desk)} == keys
    page = desk.get(PAGE).text
    for words in ("Waiting", "Taken by the gateway", "Arrived", "Given up", "By the follow link"):
        assert words in page
    assert "No gateway is set" in page
    assert PHONE not in page
    assert desk.get(DELIVERIES).json()["gateway"] is False
    [failed] = listed(desk, state="failed")
    assert (failed["to"], failed["may_retry"], failed["next_try_at"]) == ("reporter", True, None)
    assert desk.get(PAGE, params={"state": "by_link"}).text.count('class="card"') == 1
    assert desk.get(PAGE, params={"state": "lost"}).status_code == 422
    assert client_of("grid_worker").get(PAGE).status_code == 403
    assert len(listed(client_of("auditor"))) == len(DELIVERY_STATES)


@pytest.mark.parametrize("error", ERRORS)
def test_what_went_wrong_is_said(
    client_of: Callable[..., TestClient], leave: Callable[..., str], error: str
) -> None:
    leave("pending", error, 503)
    [one] = listed(client_of("street_dispatcher"))
    assert one["error"]["code"] == error
    assert "%" not in one["error"]["message"]
    assert one["next_try_at"] is not None
    assert one["error"]["message"] in client_of("street_dispatcher").get(PAGE).text.replace(
        "&#39;", "'"
    )


def test_pages_go_on_where_they_stopped(
    client_of: Callable[..., TestClient], leave: Callable[..., str]
) -> None:
    keys = [leave("sent") for _ in range(5)][::-1]
    desk, found, cursor = client_of("street_dispatcher"), [], {}
    while True:
        answer = desk.get(DELIVERIES, params={"limit": 2, **cursor}).json()
        found += [one["id"] for one in answer["deliveries"]]
        if answer["next"] is None:
            break
        cursor = {"cursor": answer["next"]}
    assert found == keys


def test_the_dispatcher_has_it_tried_again(
    client_of: Callable[..., TestClient], leave: Callable[..., str]
) -> None:
    failed, later, on_its_way, sent = (
        leave("failed", "refused", 400, 12),
        leave("pending", "timed_out", None, 3),
        leave("pending"),
        leave("sent"),
    )
    desk = client_of("street_dispatcher")
    page = desk.get(PAGE).text
    assert page.count(">Try again<") == 2
    assert ">Try again<" not in client_of("auditor").get(PAGE).text
    assert desk.post(f"{DELIVERIES}/{failed}/retry").status_code == 204
    token = {"csrf_token": desk.headers["X-CSRF-Token"]}
    back = desk.post(f"{PAGE}/{later}/retry", data=token)
    assert (back.status_code, back.headers["location"]) == (303, PAGE)
    known = {one["id"]: one for one in listed(desk)}
    for key in (failed, later):
        assert (known[key]["state"], known[key]["tries"]) == ("pending", 0)
    for key in (on_its_way, sent):
        assert desk.post(f"{DELIVERIES}/{key}/retry").status_code == 422
    assert desk.post(f"{DELIVERIES}/{uuid4()}/retry").status_code == 404
    assert client_of("auditor").post(f"{DELIVERIES}/{failed}/retry").status_code == 403


def test_the_gateway_confirms_by_its_signature(
    client_of: Callable[..., TestClient],
    client: TestClient,
    leave: Callable[..., str],
    secret: None,
) -> None:
    assert secret is None
    key, other = leave("sent"), leave("sent")
    body, now = json.dumps({"id": key}).encode(), int(time.time())
    place = f"{DELIVERIES}/{key}/acknowledge"

    def confirm(to: str, signature: str) -> int:
        headers = {"Content-Type": "application/json", "X-Hongge-Timestamp": str(now)}
        headers["X-Hongge-Signature"] = signature
        return client.post(to, content=body, headers=headers).status_code

    assert client.post(place, json={"id": key}).status_code == 422
    assert confirm(place, "v1=0") == confirm(place, sign("wrong", now, body)) == 422
    assert confirm(f"{DELIVERIES}/{other}/acknowledge", sign(SECRET, now, body)) == 422
    assert {one["state"] for one in listed(client_of("auditor"))} == {"sent"}
    assert confirm(place, sign(SECRET, now, body)) == 200
    assert confirm(place, sign(SECRET, now, body)) == 200
    told = {one["id"]: one["state"] for one in listed(client_of("auditor"))}
    assert told == {key: "acknowledged", other: "sent"}
