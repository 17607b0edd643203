"""The review of a draft through HTTP: who may take which step, effects, checks, documents."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from geo.flows.plan_publish import withdraw
from geo.store.engine import owner_session
from geo.store.publishing import clock
from tests import planned, town
from tests.people import add_account
from tests.visitors import session_headers, started, visiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from starlette.testclient import TestClient

    from tests.planned import Settled

PLANS = "/api/v1/plans"


@pytest.fixture(scope="module")
def known(database_url: str) -> Settled:
    return planned.settle(database_url)


@pytest.fixture(scope="module")
def client_of(known: Settled) -> Iterator[Callable[[str], TestClient]]:
    with started(known.url) as app:
        yield lambda name: visiting(app, session_headers(known.url, known.accounts[name]))


@pytest.fixture(scope="module")
def author(client_of: Callable[[str], TestClient]) -> TestClient:
    return client_of("planner")


@pytest.fixture(scope="module")
def reviewer(client_of: Callable[[str], TestClient]) -> TestClient:
    return client_of("reviewer")


def step(client: TestClient, plan: UUID, action: str, **more: Any) -> Any:
    return client.post(f"{PLANS}/{plan}/steps", json={"action": action, "version": 0, **more})


def test_a_draft_is_approved_by_somebody_else_and_published_for_a_day(
    known: Settled, author: TestClient, reviewer: TestClient
) -> None:
    plan = planned.draft(known, planned.upright(known.grids))
    assert step(author, plan, "publish").status_code == 409
    assert step(author, plan, "submit", remark="请审核").json()["state"] == "submitted"
    own = step(author, plan, "approve")
    assert own.status_code == 409
    assert own.json()["type"] == "plan-step"
    assert "somebody else" in own.json()["detail"]
    wordless = step(reviewer, plan, "return")
    assert wordless.status_code == 422
    assert wordless.json()["errors"][0]["field"] == "remark"
    assert step(reviewer, plan, "return", remark="再看看").json()["state"] == "returned"
    assert step(author, plan, "submit").status_code == 200
    assert step(reviewer, plan, "approve").json()["state"] == "approved"
    assert "somebody else" in step(author, plan, "return").json()["detail"]
    with owner_session(known.url) as opened:
        starts = clock(opened) + timedelta(days=30)
    answer = step(author, plan, "publish", starts=starts.isoformat())
    assert answer.status_code == 200
    told = answer.json()
    assert told["state"] == "published"
    assert told["generation"]["starts"] == starts.isoformat()
    assert [one["action"] for one in told["steps"]] == [
        *("submit", "return", "submit", "approve", "publish")
    ]
    assert {one["account"]["name"] for one in told["steps"]} == {"planner", "reviewer"}
    label = told["generation"]["label"]
    gone = author.post(f"/api/v1/generations/{label}/withdraw", json={"remark": "暂缓"})
    assert gone.json() == {"label": label, "plan": str(plan)}
    assert author.get(f"{PLANS}/{plan}/steps").json()["state"] == "approved"
    again = author.post(f"/api/v1/generations/{label}/withdraw", json={})
    assert again.status_code == 404


def test_a_scheduled_plan_is_withdrawn_where_it_was_drawn(
    known: Settled, author: TestClient
) -> None:
    plan = planned.approved(known, planned.upright(known.grids))
    with owner_session(known.url) as opened:
        starts = (clock(opened) + timedelta(days=30)).isoformat()
    taken = step(author, plan, "publish", starts=starts, label=town.FIRST_LABEL)
    assert taken.status_code == 409
    assert taken.json()["type"] == "plan-publication"
    assert "already" in taken.json()["detail"]
    told = step(author, plan, "publish", starts=starts, label="十二月").json()
    assert told["generation"]["label"] == "十二月"
    assert "withdraw" in author.get(f"{PLANS}/{plan}").json()["may"]
    assert step(author, plan, "approve", starts=starts).status_code == 422
    gone = step(author, plan, "withdraw", remark="暂缓").json()
    assert (gone["state"], gone["generation"]) == ("approved", None)
    assert step(author, plan, "withdraw").status_code == 409


def test_who_may_not_recall_or_publish_again_is_told_so(
    known: Settled, author: TestClient, reviewer: TestClient, client_of: Callable[[str], TestClient]
) -> None:
    plan = planned.draft(known, planned.upright(known.grids))
    assert step(author, plan, "submit").status_code == 200
    recalled = step(reviewer, plan, "recall")
    assert recalled.status_code == 409
    assert "had a hand in" in recalled.json()["detail"]
    with owner_session(known.url) as opened:
        known.accounts["faraway"] = add_account(opened, "faraway", "planner", "faraway")
        starts = clock(opened) + timedelta(days=30)
    scheduled = planned.published(known, planned.upright(known.grids), starts)
    again = client_of("faraway").post(
        f"/api/v1/generations/{town.FIRST_LABEL}/republish", json={"note": ""}
    )
    assert again.status_code == 403, again.text
    withdraw(scheduled.label, "", known.planner, known.url)


def test_what_was_edited_since_is_not_approved(
    known: Settled, author: TestClient, reviewer: TestClient
) -> None:
    plan = planned.draft(known, planned.upright(known.grids))
    assert step(author, plan, "submit").status_code == 200
    stale = reviewer.post(f"{PLANS}/{plan}/steps", json={"action": "approve", "version": 3})
    assert stale.status_code == 409
    assert "edited" in stale.json()["detail"]


def test_who_drew_the_draft_that_another_began_with_has_a_hand_in_it(
    known: Settled, author: TestClient, reviewer: TestClient
) -> None:
    plan = planned.draft(known, planned.upright(known.grids))
    branch = reviewer.post(
        PLANS,
        json={"jurisdiction": town.SLUG, "name": "分支", "from": {"draft": str(plan)}},
    ).json()["id"]
    assert step(reviewer, branch, "submit").status_code == 200
    assert step(author, branch, "approve").status_code == 409


def test_a_plan_with_faults_is_refused_and_told_which(
    known: Settled, author: TestClient, reviewer: TestClient
) -> None:
    a1, b1 = (str(known.grids[code]) for code in (town.A1, town.B1))
    holed = planned.chessboard(
        lambda column, row: None if (column, row) == (0.25, 0.25) else a1 if column < 2 else b1,
        planned.planned(known.grids, town.A1, town.A2, town.B1),
    )
    plan = planned.approved(known, holed)
    checks = reviewer.get(f"{PLANS}/{plan}/checks").json()
    assert not checks["ready"]
    reasons = {one["reason"] for one in checks["findings"] if one["severity"] == "error"}
    assert reasons == {"unassigned", "gap", "empty_grid", "building_without_grid"}
    chinese = reviewer.get(f"{PLANS}/{plan}/checks?lang=zh").json()["findings"]
    (bare,) = [one["text"] for one in chinese if one["reason"] == "empty_grid"]
    assert town.NAMES[town.A2] in bare
    assert town.A2 in bare
    refused = step(author, plan, "publish")
    assert refused.status_code == 409
    assert refused.json()["type"] == "plan-findings"
    assert {one["reason"] for one in refused.json()["findings"]} == reasons
    assert refused.json()["detail"].startswith("The generation can't be published. The checks")
    assert not refused.json()["detail"].endswith("..")


def test_effects_and_documents(known: Settled, author: TestClient) -> None:
    plan = planned.draft(known, planned.upright(known.grids))
    told = author.get(f"{PLANS}/{plan}/effects").json()
    assert told["moved_households"] == sum(one["households"] for one in told["buildings"]) > 0
    assert {one["change"] for one in told["grids"]} == {"redrawn", "retired"}
    notices = author.get(f"{PLANS}/{plan}/documents/notices.docx")
    with zipfile.ZipFile(BytesIO(notices.content)) as parts:
        written = parts.read("word/document.xml").decode()
    assert written.count("网格调整告知书") == len(told["buildings"])
    assert all(one["address"] in written for one in told["buildings"])
    url = f"{PLANS}/{plan}/documents/notices.docx"
    counts = []
    for community in (town.A, town.B):
        part = author.get(url, params={"community": community})
        with zipfile.ZipFile(BytesIO(part.content)) as parts:
            counts.append(parts.read("word/document.xml").decode().count("网格调整告知书"))
    assert min(counts) > 0
    assert sum(counts) == len(told["buildings"])
    assert author.get(url, params={"community": "1"}).status_code == 422
    for name in ("notices.pdf", "maps.pdf"):
        answer = author.get(f"{PLANS}/{plan}/documents/{name}")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
    book = openpyxl.load_workbook(
        BytesIO(author.get(f"{PLANS}/{plan}/documents/filing.xlsx").content)
    )
    moved = list(book["楼栋调整明细"].iter_rows(min_row=2, values_only=True))
    assert sum(row[5] for row in moved) == told["moved_households"]
    assert len(list(book["网格备案"].iter_rows(min_row=2))) == len(told["grids"])
    nobody = planned.draft(known, planned.across(known.grids))
    assert author.get(f"{PLANS}/{nobody}/documents/notices.pdf").content.startswith(b"%PDF-")


def test_others_than_planners_look_on(
    known: Settled, client_of: Callable[[str], TestClient]
) -> None:
    plan = planned.draft(known, planned.upright(known.grids))
    auditor = client_of("auditor")
    assert auditor.get(f"{PLANS}/{plan}/effects").status_code == 200
    assert step(auditor, plan, "submit").status_code == 403
    assert client_of("community_staff").get(f"{PLANS}/{plan}/effects").status_code == 403


def test_an_earlier_generation_is_published_again(author: TestClient) -> None:
    answer = author.post(f"/api/v1/generations/{town.FIRST_LABEL}/republish", json={"note": "恢复"})
    assert answer.status_code == 201
    label = answer.json()["label"]
    assert author.post(f"/api/v1/generations/{label}/republish", json={}).status_code == 409
    started_since = author.post(f"/api/v1/generations/{label}/withdraw", json={})
    assert started_since.status_code == 409
    assert "come into force" in started_since.json()["detail"]
