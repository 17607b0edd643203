"""The planner's pages: who sees them, what they hold, links for readers, both languages."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from api.i18n import translate
from api.plan_texts import PLAN_STATES, TABS, TEXTS, TOOL_GROUPS
from api.routes.plan_pages import first_of_next_month
from geo.store import models
from geo.store.engine import owner_session
from tests import town
from tests.visitors import visiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from starlette.testclient import TestClient

    Client = Callable[..., TestClient]

NAME = "两栋楼调整 <b>草案</b>"
READERS = ("planner", "auditor", "administrator")
OTHERS = ("grid_worker", "community_staff", "street_dispatcher", "department_handler")


@pytest.fixture(scope="module")
def plan(client_of: Client) -> str:
    """Key of a draft that the planner made."""
    told = {"jurisdiction": town.SLUG, "name": NAME, "from": {"generation": town.SECOND_LABEL}}
    answer = client_of("planner").post("/api/v1/plans", json=told)
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["id"]
    return key


@pytest.fixture(scope="module")
def secret(client_of: Client, plan: str) -> str:
    """Secret of a link to the draft."""
    answer = client_of("planner").post(f"/api/v1/plans/{plan}/shares", json={"days": 7})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"]).rpartition("/")[2]


def page_data(html: str) -> dict[str, Any]:
    """Return what a page tells its scripts."""
    found = re.search(
        r'<script type="application/json" id="page-data">(.*?)</script>', html, re.DOTALL
    )
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


@pytest.mark.parametrize("role", READERS)
def test_plans_are_listed_for_those_who_plan_or_watch(
    client_of: Client, plan: str, role: str
) -> None:
    page = client_of(role).get("/plan")
    assert page.status_code == 200
    assert f'href="/plan/{plan}"' in page.text
    assert NAME in unescape(page.text)
    assert "<b>草案" not in page.text
    assert "Being drawn" in page.text
    assert f"{town.SECOND_LABEL}" in page.text
    assert ('id="new-plan"' in page.text) == (role == "planner")
    assert "no-store" in page.headers["cache-control"]


@pytest.mark.parametrize("role", OTHERS)
def test_plans_are_not_for_others(client_of: Client, plan: str, role: str) -> None:
    assert client_of(role).get("/plan").status_code == 403
    assert client_of(role).get(f"/plan/{plan}").status_code == 403
    assert 'href="/plan"' not in client_of(role).get("/cases").text


def test_visitors_are_asked_to_sign_in(app: FastAPI, plan: str) -> None:
    for path in ("/plan", f"/plan/{plan}"):
        answer = visiting(app, {"Accept": "text/html"}).get(path)
        assert answer.status_code in {303, 401}
        assert NAME not in unescape(answer.text)


def test_work_of_planners_begins_with_their_plans(client_of: Client) -> None:
    assert 'class="me-work" href="/plan"' in client_of("planner").get("/").text


def test_the_editor_tells_its_scripts_what_they_need(
    client_of: Client, plan: str, accounts: dict[str, int]
) -> None:
    page = client_of("planner").get(f"/plan/{plan}")
    assert page.status_code == 200
    told = page_data(page.text)
    assert told["plan"] == {"id": plan, "name": NAME, "url": f"/api/v1/plans/{plan}"}
    assert told["me"] == {"id": accounts["planner"], "name": "planner"}
    assert told["mayEdit"] is True
    assert told["secret"] is None
    assert "edit" in client_of("planner").get(told["plan"]["url"]).json()["may"]
    assert set(told["texts"]) >= set(TEXTS)
    now = datetime.now(ZoneInfo(told["timeZone"]))
    assert told["nextMonth"] == first_of_next_month(now).date().isoformat()
    for name in TABS:
        assert f'id="tab-{name}"' in page.text
        assert f'aria-controls="tab-{name}"' in page.text


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_those_who_watch_get_no_tools(client_of: Client, plan: str, role: str) -> None:
    page = client_of(role).get(f"/plan/{plan}")
    assert page.status_code == 200
    told = page_data(page.text)
    assert told["mayEdit"] is False
    assert client_of(role).get(told["plan"]["url"]).json()["may"] == []
    assert 'id="plan-share"' not in page.text
    assert "Read only" in page.text


def test_whoever_has_the_link_reads_the_draft(
    app: FastAPI, client_of: Client, plan: str, secret: str
) -> None:
    for visitor in (visiting(app), client_of("grid_worker"), client_of("planner")):
        page = visitor.get(f"/plan/shared/{secret}")
        assert page.status_code == 200
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex, nofollow">' in page.text
        told = page_data(page.text)
        assert (told["plan"]["id"], told["secret"], told["mayEdit"]) == (plan, secret, False)
        assert told["me"] is None
        assert 'id="tab-review"' not in page.text
    answer = visiting(app, {"X-Follow-Key": secret}).get(f"/api/v1/plans/{plan}/state")
    assert answer.status_code == 200


@pytest.mark.parametrize("wrong", ["x", "a" * 43, "ü" * 20, "s" * 500])
def test_other_secrets_open_nothing(app: FastAPI, plan: str, wrong: str) -> None:
    answer = visiting(app).get(f"/plan/shared/{wrong}")
    assert answer.status_code == 404
    assert plan not in answer.text


def test_a_link_that_has_run_out_opens_nothing(
    app: FastAPI, client_of: Client, plan: str, database_url: str
) -> None:
    told = client_of("planner").post(f"/api/v1/plans/{plan}/shares", json={"days": 1}).json()
    path = f"/plan/shared/{told['secret']}"
    assert visiting(app).get(path).status_code == 200
    with owner_session(database_url) as opened:
        opened.execute(
            text(
                "UPDATE plan_share SET expires_at = :past WHERE token_sha256 = decode(:key,'hex')"
            ),
            {"past": datetime.now(UTC) - timedelta(minutes=1), "key": told["key"]},
        )
    assert visiting(app).get(path).status_code == 404


def test_a_draft_that_is_not_there_is_not_found(client_of: Client) -> None:
    planner = client_of("planner")
    assert planner.get("/plan/00000000-0000-4000-8000-000000000000").status_code == 404
    assert planner.get("/plan/nonsense").status_code == 404


def test_the_list_says_who_changed_a_draft_last(client_of: Client, plan: str) -> None:
    other = client_of("other")
    state = other.get(f"/api/v1/plans/{plan}/state").json()
    cell, grid = next(iter(state["owner"].items()))
    told = {
        "key": "6f9b0d0e-8c1d-4f0a-9f57-0f3b3f1f0001",
        "verb": "erase",
        "changes": {"owner": {cell: [grid, None]}},
    }
    assert other.post(f"/api/v1/plans/{plan}/edits", json=told).status_code == 201
    rows = re.findall(r"<tr>.*?</tr>", client_of("planner").get("/plan").text, re.DOTALL)
    [row] = [one for one in rows if plan in one]
    assert "<td>other</td>" in row
    assert '<td class="figures">1</td>' in row


def test_both_languages(client_of: Client, plan: str) -> None:
    chinese = client_of("planner", "zh-CN")
    page = chinese.get(f"/plan/{plan}")
    assert 'lang="zh-CN"' in page.text
    told = page_data(page.text)
    assert told["texts"]["states"]["open"] == translate(PLAN_STATES["open"], "zh_CN")
    assert "%(count)s" in told["texts"]["common"]["blocks"]
    assert 'lang="zh-CN"' in chinese.get("/plan").text


def test_tools_have_keys_of_their_own() -> None:
    keys = [key for _, tools in TOOL_GROUPS for tool in tools for key in tool.hotkeys.split()]
    assert len(keys) == len(set(keys))


def test_states_have_names() -> None:
    assert set(PLAN_STATES) == set(models.PLAN_STATES)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-23T10:00:00", "2026-12-01T00:00:00"),
        ("2026-12-31T23:59:59", "2027-01-01T00:00:00"),
        ("2027-01-31T00:00:00", "2027-02-01T00:00:00"),
    ],
)
def test_the_first_of_next_month(now: str, then: str) -> None:
    assert first_of_next_month(datetime.fromisoformat(now)).isoformat() == then
