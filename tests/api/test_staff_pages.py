"""Cases, households and the audit trail, for those whose work they are, and on record."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from typing import TYPE_CHECKING, Any, get_args

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from api.cookies import SESSION
from geo.core.purposes import PURPOSES, Purpose
from geo.flows.audit import verify_trail
from geo.flows.retention import run_when_due
from geo.store.engine import owner_session
from tests import town
from tests.people import make_accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PHONE, NAME = "13900139007", "诸葛测试"
SCRIPT = "<script>alert(1)</script>"

ROWS = (
    """
    INSERT INTO resident (household_id, name, phone, remark)
    SELECT household.id, :name, :phone, :script FROM household JOIN unit ON unit.id = unit_id
    JOIN building ON building.id = building_id WHERE building.code = :building LIMIT 1
    """,
    """
    INSERT INTO issue (id, jurisdiction_id, number, state, text, occurred_at, method, confident,
                       current_grid_id, reported_grid_id, reported_generation_id, duty_id)
    SELECT gen_random_uuid(), generation.jurisdiction_id, 'S-' || version.code || '-' || n,
           'collected', :script, now() - make_interval(mins => n), 'inside', true,
           version.grid_id, version.grid_id, generation.id,
           CASE WHEN n = 1 THEN (SELECT id FROM duty WHERE private LIMIT 1) END
    FROM grid_version AS version JOIN generation ON generation.id = version.generation_id,
         generate_series(1, 35) AS n
    WHERE upper_inf(generation.validity) AND version.code IN (:a1, :b1)
    """,
    "INSERT INTO issue_reporter SELECT id, :name, :phone FROM issue",
    """
    INSERT INTO issue_deadline (issue_id, stage, due_at, started_at)
    SELECT id, 'handle', now() - interval '1 day', now() - interval '2 days' FROM issue
    """,
    """
    INSERT INTO issue_event (issue_id, sequence, at, action, to_state, actor, note)
    SELECT id, 1, now(), 'collect', 'collected', 'reporter', :script FROM issue
    """,
)


@pytest.fixture(scope="module")
def url(database_url: str) -> str:
    """A town with accounts, a resident and cases in two grids."""
    values = {
        "name": NAME,
        "phone": PHONE,
        "script": SCRIPT,
        "building": town.BUILDING,
        "a1": town.A1,
        "b1": town.B1,
    }
    with owner_session(database_url, "test") as opened:
        town.build(opened)
    with owner_session(database_url, "test") as opened:
        make_accounts(opened)
    with owner_session(database_url, "test") as opened:
        for statement in ROWS:
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            typed = re.sub(r":(?=[a-z])(?<!::)(\w+)", r"CAST(:\1 AS text)", statement)
            opened.execute(text(typed), used)
        opened.execute(
            text(
                "INSERT INTO account_session"
                " (token_sha256, account_id, csrf_token, expires_at, address, agent)"
                " SELECT sha256(convert_to(name, 'UTF8')), id, 'csrf-' || name,"
                " now() + interval '1 day', '', '' FROM account"
            )
        )
    return database_url


@pytest.fixture(scope="module")
def people(url: str) -> Iterator[Callable[[str], TestClient]]:
    """Give a browser that somebody has signed in with."""
    with TestClient(create_app(url), headers={"Accept-Language": "en"}) as opened:

        def browser(role: str) -> TestClient:
            opened.cookies.clear()
            opened.cookies.set(SESSION, role)
            return opened

        yield browser


def trail(url: str, **wanted: str) -> list[Any]:
    conditions = " AND ".join(f"{name} = :{name}" for name in wanted) or "true"
    with owner_session(url) as opened:
        statement = text(f"SELECT * FROM audit_entry WHERE {conditions} ORDER BY id")  # noqa: S608 - ours
        return list(opened.execute(statement, wanted).all())


def one(url: str, statement: str) -> Any:
    with owner_session(url) as opened:
        return opened.execute(text(statement)).one()


def household_of(url: str) -> int:
    key: int = one(url, "SELECT household_id FROM resident")[0]
    return key


def issue_in(url: str, grid: str, number: int = 2) -> str:
    return str(one(url, f"SELECT id FROM issue WHERE number = 'S-{grid}-{number}'")[0])  # noqa: S608 - ours


def test_households_are_masked(people: Callable[[str], TestClient]) -> None:
    answer = people("grid_worker").get(f"/api/v1/households?building={town.BUILDING}")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["cache-control"]
    [household] = [one for one in answer.json()["households"] if one["residents"]]
    assert household["masked"] is True
    assert household["residents"] == [{"name": "诸葛*", "phone": "139****9007", "remark": "****"}]
    page = people("grid_worker").get(f"/households?building={town.BUILDING}")
    assert "139****9007" in page.text
    assert NAME not in page.text
    assert PHONE not in page.text


def test_unmasking_shows_and_is_on_record(url: str, people: Callable[[str], TestClient]) -> None:
    key = household_of(url)
    before = len(trail(url, action="read"))
    browser = people("community_staff")
    answer = browser.post(
        f"/api/v1/households/{key}/unmask",
        json={"purpose": "visit"},
        headers={"X-CSRF-Token": "csrf-community_staff", "X-Request-ID": "unmask-1"},
    )
    assert answer.status_code == 200
    assert "no-store" in answer.headers["cache-control"]
    assert answer.json()["residents"][0] == {"name": NAME, "phone": PHONE, "remark": SCRIPT}
    entry = trail(url, action="read")[before]
    assert entry.actor == f"account:{entry.account_id}"
    assert (entry.table_name, entry.row_key) == ("household", str(key))
    assert entry.detail["purpose"] == "visit"
    assert entry.jurisdiction_id is not None
    assert NAME not in str(entry)


def test_the_page_unmasks_without_script(url: str, people: Callable[[str], TestClient]) -> None:
    browser = people("grid_worker")
    fields = {
        "csrf_token": "csrf-grid_worker",
        "household": str(household_of(url)),
        "purpose": "visit",
    }
    before = len(trail(url, action="read"))
    page = browser.post("/households/unmask", data=fields)
    assert page.status_code == 200
    assert "no-store" in page.headers["cache-control"]
    assert NAME in page.text
    assert SCRIPT not in page.text
    assert len(trail(url, action="read")) == before + 1
    without = browser.post("/households/unmask", data=fields | {"purpose": ""})
    assert without.status_code == 422
    assert browser.post("/households/unmask", data=fields | {"csrf_token": "x"}).status_code == 403
    assert len(trail(url, action="read")) == before + 1


@pytest.mark.parametrize("purpose", ["", "curiosity", None, 7])
def test_without_a_purpose_nothing_is_shown(
    url: str, people: Callable[[str], TestClient], purpose: object
) -> None:
    path = f"/api/v1/households/{household_of(url)}/unmask"
    headers = {"X-CSRF-Token": "csrf-grid_worker"}
    answer = people("grid_worker").post(path, json={"purpose": purpose}, headers=headers)
    assert answer.status_code == 422
    assert NAME not in answer.text


@pytest.mark.parametrize(
    "role", ["street_dispatcher", "department_handler", "planner", "administrator"]
)
def test_households_are_not_for_everybody(
    url: str, people: Callable[[str], TestClient], role: str
) -> None:
    browser = people(role)
    key = household_of(url)
    headers = {"X-CSRF-Token": f"csrf-{role}"}
    assert browser.get(f"/api/v1/households?building={town.BUILDING}").status_code == 403
    assert browser.get("/households").status_code == 403
    path = f"/api/v1/households/{key}/unmask"
    assert browser.post(path, json={"purpose": "visit"}, headers=headers).status_code == 403


def test_a_building_elsewhere_is_as_if_it_were_not_there(
    people: Callable[[str], TestClient],
) -> None:
    browser = people("grid_worker")
    for code in (town.LONE_BUILDING, "no-such"):
        assert browser.get(f"/api/v1/households?building={code}").status_code == 404
    assert town.LONE_BUILDING not in browser.get("/households").text
    assert town.BUILDING in browser.get("/households?q=a-1").text
    assert town.BUILDING not in browser.get("/households?q=%25").text


def test_cases_are_listed_by_territory_page_by_page(people: Callable[[str], TestClient]) -> None:
    browser = people("grid_worker")
    first = browser.get("/cases")
    assert first.status_code == 200
    assert f"S-{town.A1}-1<" in first.text
    assert f"S-{town.B1}-" not in first.text
    assert SCRIPT not in first.text
    following = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert following
    second = browser.get(following[1].replace("&amp;", "&"))
    assert f"S-{town.A1}-35<" in second.text
    assert f"S-{town.A1}-1<" not in second.text
    assert "There are no cases here." in browser.get("/cases?state=closed").text
    assert browser.get("/cases?state=odd").status_code == 422
    assert browser.get("/cases?since=soon").status_code == 422


def test_a_case_shows_its_reporter_on_purpose(
    url: str, people: Callable[[str], TestClient]
) -> None:
    browser, key = people("grid_worker"), issue_in(url, town.A1)
    page = browser.get(f"/cases/{key}")
    assert "139****9007" in page.text
    assert PHONE not in page.text
    assert SCRIPT not in page.text
    assert "Past" in page.text
    before = len(trail(url, action="read", table_name="issue_reporter"))
    fields = {"csrf_token": "csrf-grid_worker", "purpose": "call_back"}
    shown = browser.post(f"/cases/{key}/reporter", data=fields)
    assert PHONE in shown.text
    assert "no-store" in shown.headers["cache-control"]
    headers = {"X-CSRF-Token": "csrf-grid_worker"}
    path = f"/api/v1/issues/{key}/reporter/unmask"
    answer = browser.post(path, json={"purpose": "verify"}, headers=headers)
    assert answer.json() == {"name": NAME, "phone": PHONE}
    entries = trail(url, action="read", table_name="issue_reporter")[before:]
    assert [(entry.row_key, entry.detail["purpose"]) for entry in entries] == [
        (key, "call_back"),
        (key, "verify"),
    ]


def test_a_case_elsewhere_is_as_if_it_were_not_there(
    url: str, people: Callable[[str], TestClient]
) -> None:
    browser, key = people("grid_worker"), issue_in(url, town.B1)
    fields = {"csrf_token": "csrf-grid_worker", "purpose": "call_back"}
    headers = {"X-CSRF-Token": "csrf-grid_worker"}
    before = len(trail(url, action="read"))
    assert browser.get(f"/cases/{key}").status_code == 404
    assert browser.post(f"/cases/{key}/reporter", data=fields).status_code == 404
    path = f"/api/v1/issues/{key}/reporter/unmask"
    assert browser.post(path, json={"purpose": "visit"}, headers=headers).status_code == 404
    assert len(trail(url, action="read")) == before


def test_an_administrator_sees_cases_without_their_reporter_or_private_text(
    url: str, people: Callable[[str], TestClient]
) -> None:
    browser = people("administrator")
    page = browser.get(f"/cases/{issue_in(url, town.A1, 1)}")
    assert page.status_code == 200
    assert "139****9007" not in page.text
    assert "withheld" in page.text
    assert "alert" in people("grid_worker").get(f"/cases/{issue_in(url, town.A1, 1)}").text


def test_somebody_with_two_roles_reads_private_text_where_it_is_their_work_alone(
    url: str, people: Callable[[str], TestClient]
) -> None:
    with owner_session(url) as opened:
        opened.execute(
            text(
                "INSERT INTO account_role (account_id, role, jurisdiction, granted_by)"
                " SELECT id, 'administrator', :slug, 'tests' FROM account"
                " WHERE name = 'grid_worker'"
            ),
            {"slug": town.SLUG},
        )
    own, other = (f"/cases/{issue_in(url, grid, 1)}" for grid in (town.A1, town.B1))
    browser = people("grid_worker")
    assert "alert" in browser.get(own).text
    assert "withheld" in browser.get(other).text
    listed = browser.get("/cases?since=2020-01-01").text
    assert listed.count("Withheld") == 1
    with owner_session(url) as opened:
        opened.execute(
            text(
                "DELETE FROM account_role WHERE role = 'administrator' AND account_id ="
                " (SELECT id FROM account WHERE name = 'grid_worker')"
            )
        )


def test_the_trail_is_for_auditors_and_filters(
    url: str, people: Callable[[str], TestClient]
) -> None:
    run_when_due(url)
    for role in ("grid_worker", "planner"):
        assert people(role).get("/audit").status_code == 403
    browser = people("auditor")
    page = browser.get("/audit?action=read")
    assert page.status_code == 200
    assert "Personal details read" in page.text
    assert "Preparing a visit" in page.text
    assert "<strong>grid_worker</strong>" in page.text
    assert "Whole" in page.text
    assert PHONE not in page.text
    assert "No entry fits." in browser.get("/audit?who=nobody").text
    by_worker = browser.get("/audit?who=grid_worker&action=read").text
    assert "<strong>community_staff</strong>" not in by_worker
    assert "No entry fits." in browser.get("/audit?until=2001-01-01").text
    assert browser.get("/audit?since=x").status_code == 422
    assert browser.get("/audit?before=x").status_code == 422


def test_the_trail_goes_on_page_by_page(url: str, people: Callable[[str], TestClient]) -> None:
    browser, path, seen = people("auditor"), "/audit", []
    while path:
        page = browser.get(path)
        seen += [int(number) for number in re.findall(r'table-number">(\d+)<', page.text)]
        following = re.search(r'href="([^"]+)" rel="next"', page.text)
        path = following[1].replace("&amp;", "&") if following else ""
    until_then = one(url, f"SELECT count(*) FROM audit_entry WHERE id <= {seen[0]}")[0]  # noqa: S608 - a number of ours
    assert len(seen) == len(set(seen)) == until_then > 50
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_is_on_record_and_each_of_its_entries_verifies(
    url: str, people: Callable[[str], TestClient], form: str
) -> None:
    before = len(trail(url, action="export"))
    answer = people("auditor").get(f"/audit/export?form={form}&action=read")
    assert answer.status_code == 200
    assert f"audit.{form}" in answer.headers["content-disposition"]
    if form == "jsonl":
        rows = [json.loads(line) for line in answer.text.splitlines()]
    else:
        rows = [
            {name: None if value == "\\N" else value for name, value in row.items()}
            for row in csv.DictReader(io.StringIO(answer.text))
        ]
    assert {row["action"] for row in rows} == {"read"}
    for row in rows:
        *fields, previous, stored = row.values()
        covered = json.dumps(fields, ensure_ascii=False).encode()
        found = hashlib.sha256(bytes.fromhex(previous) + covered).hexdigest()
        assert found == stored
    assert len(trail(url, action="export")) == before + 1
    assert people("auditor").get("/audit/export?form=exe").status_code == 422
    assert verify_trail(url).problem is None


def test_nobody_gets_in_without_signing_in(url: str, people: Callable[[str], TestClient]) -> None:
    browser = people("nobody")
    key = issue_in(url, town.A1)
    for path in ("/cases", f"/cases/{key}", "/households", "/audit", "/audit/export"):
        answer = browser.get(path, headers={"Accept": "text/html"}, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")
    assert browser.get("/api/v1/households?building=x").status_code == 401
    path = f"/api/v1/issues/{key}/reporter/unmask"
    assert browser.post(path, json={"purpose": "visit"}).status_code == 401


def test_the_schema_offers_every_purpose() -> None:
    assert set(get_args(Purpose)) == set(PURPOSES)
