"""The catalogue of duties through HTTP: reading, amending, versions, and cases judged by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg.errors import RestrictViolation
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from geo.store.engine import owner_session
from tests import town
from tests.people import add_account
from tests.visitors import session_headers, visiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

DUTIES = "/api/v1/duties"
LAMP = {
    "code": "L1",
    "name": "路灯不亮",
    "name_en": "Street light out",
    "kind": "component",
    "department": town.DEPARTMENT,
    "private": False,
    "counts": "整盏不亮",
    "deadlines": {"handle": {"amount": 2, "unit": "work_day"}},
}


@pytest.fixture(scope="module")
def administrator(client_of: Callable[..., TestClient]) -> TestClient:
    return client_of("administrator")


def duty(client: TestClient, code: str) -> dict[str, Any]:
    found = client.get(DUTIES, params={"retired": True}).json()["duties"]
    return next(one for one in found if one["code"] == code)


def body(client: TestClient, code: str, **changes: Any) -> dict[str, Any]:
    """Return what a duty says now, ready to be sent back with changes."""
    said = duty(client, code)
    said["department"] = said["department"]["code"]
    return {name: value for name, value in said.items() if name != "code"} | changes


def amend(client: TestClient, code: str, **changes: Any) -> Any:
    return client.put(f"{DUTIES}/{code}", json=body(client, code, **changes))


def problem_fields(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [one["field"] for one in answer.json()["errors"]]


def report(client: TestClient, code: str) -> dict[str, Any]:
    lon, lat = town.spot(0.5, 0.5)
    given = {"text": "t", "location": {"lon": lon, "lat": lat}, "duty": code}
    answer = client.post("/api/v1/issues", json=given)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_everybody_reads_the_catalogue(client: TestClient) -> None:
    told = duty(client, town.DUTY)
    assert told["department"] == {"code": "road", "name": "道路科", "name_en": "Roads"}
    assert (told["answers_first"], told["private"], told["version"]) == ("territory", False, 1)
    assert told["deadlines"]["handle"] == {"amount": 5, "unit": "work_day"}
    assert told["deadlines"]["accept"] is None
    assert client.get(DUTIES, params={"jurisdiction": "nowhere"}).status_code == 404
    assert client.get(f"{DUTIES}/none/versions").status_code == 404


def test_a_case_keeps_the_version_it_was_judged_by(
    administrator: TestClient, client_of: Callable[..., TestClient]
) -> None:
    worker = client_of("grid_worker")
    before = report(worker, town.DUTY)
    deadlines = {"dispatch": {"amount": 1, "unit": "work_hour"}}
    answer = amend(administrator, town.DUTY, name="改名", deadlines=deadlines, note="新规定")
    assert answer.json()["version"] == before["duty"]["version"] + 1
    after = report(worker, town.DUTY)
    old = worker.get(f"/api/v1/issues/{before['id']}").json()
    assert old["duty"] == before["duty"]
    assert [one["due_at"] for one in old["deadlines"]] == [
        one["due_at"] for one in before["deadlines"]
    ]
    assert after["duty"]["name"] == "改名"
    assert after["duty"]["version"] == answer.json()["version"]
    assert [(one["stage"], one["amount"]) for one in after["deadlines"]] == [("dispatch", 1)]


def test_the_history_tells_what_changed_and_why(administrator: TestClient) -> None:
    administrator.post(DUTIES, json=LAMP | {"code": "H1"})
    amend(administrator, "H1", private=True, counts="一盏以上", note="投诉")
    told = administrator.get(f"{DUTIES}/H1/versions").json()["versions"]
    assert [(one["version"], one["changed"], one["note"]) for one in told] == [
        (2, ["private", "counts"], "投诉"),
        (1, [], ""),
    ]
    assert told[1]["answers_first"] == "owner"
    assert "made_by" not in told[0]


def test_what_says_nothing_new_makes_no_version(administrator: TestClient) -> None:
    administrator.post(DUTIES, json=LAMP | {"code": "N1"})
    assert amend(administrator, "N1", note="only a remark").json()["version"] == 1


def test_retiring_and_bringing_back(
    administrator: TestClient, client_of: Callable[..., TestClient]
) -> None:
    administrator.post(DUTIES, json=LAMP | {"code": "R1"})
    amend(administrator, "R1", retired=True)
    offered = administrator.get(DUTIES).json()["duties"]
    assert "R1" not in {one["code"] for one in offered}
    told = report(client_of("grid_worker"), "R1")
    assert told["duty"] is None
    assert "duty_retired" in {one["code"] for one in told["warnings"]}
    assert amend(administrator, "R1", retired=False).json()["version"] == 3
    assert report(client_of("grid_worker"), "R1")["duty"]["version"] == 3


def test_two_administrators_do_not_overwrite_each_other(administrator: TestClient) -> None:
    administrator.post(DUTIES, json=LAMP | {"code": "O1"})
    stale = body(administrator, "O1", name="第二")
    assert amend(administrator, "O1", name="第一").status_code == 200
    answer = administrator.put(f"{DUTIES}/O1", json=stale)
    assert answer.status_code == 409
    assert answer.json()["version"] == 2
    assert duty(administrator, "O1")["name"] == "第一"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"kind": "thing"}, "kind"),
        ({"department": "none"}, "department"),
        ({"code": town.DUTY}, "code"),
        ({"code": "a b"}, "code"),
        ({"jurisdiction": "nowhere"}, "jurisdiction"),
        ({"deadlines": {"handle": {"amount": 0, "unit": "work_day"}}}, "deadlines.handle.amount"),
        ({"deadlines": {"handle": {"amount": 1, "unit": "week"}}}, "deadlines.handle.unit"),
        ({"counts": "x" * 1001}, "counts"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_refusal_names_the_field(
    administrator: TestClient, changes: dict[str, Any], field: str
) -> None:
    answer = administrator.post(DUTIES, json=LAMP | {"code": "F1"} | changes)
    assert problem_fields(answer) == [field]


def test_administrators_of_elsewhere_amend_nothing_here(
    app: Any, database_url: str, accounts: dict[str, int]
) -> None:
    with owner_session(database_url) as opened:
        key = add_account(opened, "abroad", "administrator", "another-town")
    stranger = visiting(app, session_headers(database_url, key))
    assert amend(stranger, town.PRIVATE_DUTY, name="x").status_code == 403
    assert stranger.post(DUTIES, json=LAMP | {"code": "S1"}).status_code == 403
    assert accounts


def test_a_version_never_changes(database_url: str) -> None:
    with pytest.raises(IntegrityError) as caught, owner_session(database_url) as opened:
        opened.execute(text("UPDATE duty_version SET name = 'x' WHERE number = 1"))
    assert isinstance(caught.value.orig, RestrictViolation)


def test_a_form_that_is_refused_keeps_what_was_typed_and_marks_the_field(
    administrator: TestClient,
) -> None:
    form = {"jurisdiction": town.SLUG, "code": "W1", "name": " ", "kind": "event"}
    form |= {"department": town.DEPARTMENT, "handle_amount": "x", "handle_unit": "work_day"}
    answer = administrator.post("/admin/catalogue", data=form)
    assert answer.status_code == 422
    for field in ("name", "handle_amount"):
        assert f'id="wrong-{field}"' in answer.text
    assert 'value="W1"' in answer.text
    done = administrator.post("/admin/catalogue", data=form | {"name": "新", "handle_amount": "3"})
    assert done.headers["location"] == "/admin/catalogue/duties/W1?jurisdiction=town&saved=1"
    assert duty(administrator, "W1")["deadlines"]["handle"] == {"amount": 3, "unit": "work_day"}


def test_the_catalogue_page_shows_what_fits(client: TestClient) -> None:
    shown = client.get("/catalogue", params={"q": "p1"}).text
    assert f'id="{town.PRIVATE_DUTY}"' in shown
    assert f'id="{town.DUTY}"' not in shown


def test_a_duty_is_as_the_latest_version_says(administrator: TestClient, database_url: str) -> None:
    administrator.post(DUTIES, json=LAMP | {"code": "T1"})
    amend(administrator, "T1", kind="event", private=True, deadlines={})
    statement = text(
        "SELECT duty.name = v.name AND duty.kind = v.kind AND duty.private = v.private"
        " AND duty.department_id = v.department_id AND v.deadlines = COALESCE(("
        "  SELECT jsonb_object_agg(stage, jsonb_build_object('amount', amount, 'unit', unit))"
        "  FROM duty_deadline WHERE duty_id = duty.id), '{}')"
        " FROM duty JOIN duty_version v ON v.duty_id = duty.id AND v.number = duty.version"
    )
    with owner_session(database_url) as opened:
        assert set(opened.scalars(statement)) == {True}
