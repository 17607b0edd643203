"""One person's request: a copy of everything, then nothing anywhere."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from geo.core.person import PersonTooVagueError, read_person
from geo.flows.audit import verify_trail
from geo.flows.personal import erase_person, export_person
from geo.store.engine import owner_session
from geo.store.personal import ERASED
from tests import town

if TYPE_CHECKING:
    from pathlib import Path

PHONE, NAME, LOGIN = "13900139007", "慕容测试", "murong.test"
SPOKEN = "打139-0013 9007或１３９００１３９００７找慕容测试"
PERSON = read_person([f"+86 {PHONE}", NAME])

ROWS = (
    """
    INSERT INTO issue (id, jurisdiction_id, number, state, text, occurred_at, method, confident)
    SELECT gen_random_uuid(), jurisdiction.id, 'P-' || n, 'collected', :spoken, now(), 'none', false
    FROM jurisdiction, generate_series(1, 2) AS n
    """,
    """
    INSERT INTO issue_reporter SELECT id, :name, '+86 139 0013 9007' FROM issue WHERE number = 'P-1'
    """,
    """
    INSERT INTO issue_reporter SELECT id, :name, '000-7654321' FROM issue WHERE number = 'P-2'
    """,
    """
    INSERT INTO issue_photo (issue_id, position, media_type, content)
    SELECT id, 1, 'image/jpeg', convert_to('EXIF ' || :phone, 'UTF8') FROM issue
    WHERE number = 'P-1'
    """,
    """
    INSERT INTO issue_event (issue_id, sequence, at, action, to_state, actor, note, detail)
    SELECT id, 1, now(), 'collect', 'collected', :login, :spoken, jsonb_build_object('said', :phone)
    FROM issue
    """,
    """
    INSERT INTO idempotency_key (key, request_sha256, issue_id, response)
    SELECT :phone, '', id, jsonb_build_object(:name, jsonb_build_array(:spoken)) FROM issue
    WHERE number = 'P-1'
    """,
    "INSERT INTO outbox (topic, payload) VALUES ('x', jsonb_build_object('to', :phone))",
    """
    INSERT INTO resident (household_id, name, phone, remark)
    SELECT min(id), :name, :phone, :spoken FROM household
    """,
    """
    INSERT INTO resident (household_id, name, phone, remark)
    SELECT min(id), :name || '明', NULL, :name || ' 的邻居' FROM household
    """,
    "UPDATE member SET name = :name, phone = :phone WHERE code = 'm-unit'",
    """
    INSERT INTO hand_over (member_id, reason, links)
    SELECT id, CASE WHEN code = 'm-unit' THEN '身体原因' ELSE :spoken END, '[]' FROM member
    WHERE code IN ('m-unit', 'm-area')
    """,
    """
    INSERT INTO account (name, display_name, created_by, password_hash)
    VALUES (:login, :name, :login, 'secret')
    """,
    """
    INSERT INTO issue_event (issue_id, sequence, at, action, to_state, actor, account_id)
    SELECT issue.id, 2, now(), 'sort', 'sorted', account.display_name, account.id
    FROM issue, account
    """,
    """
    INSERT INTO account_role (account_id, role, jurisdiction, granted_by)
    SELECT account.id, 'planner', slug, :login FROM account, jurisdiction
    """,
    """
    INSERT INTO account_session (token_sha256, account_id, csrf_token, expires_at, address, agent)
    SELECT sha256('s'), id, 'hidden', now(), '10.0.0.7', 'agent' FROM account
    """,
    """
    INSERT INTO api_token (account_id, name, token_sha256, scopes, expires_at)
    SELECT id, :name || '的程序', sha256('t'), '{}', now() FROM account
    """,
    """
    INSERT INTO unit_override (unit_id, grid_id, made_by, reason)
    SELECT unit_id, grid_id, :login, :spoken FROM unit_assignment LIMIT 1
    """,
    """
    INSERT INTO plan_draft (id, jurisdiction_id, name, note)
    SELECT gen_random_uuid(), id, :name || '的方案', :spoken FROM jurisdiction
    """,
    """
    INSERT INTO plan_grid (draft_id, grid_id, code, name, name_en, kind, branch_phone)
    SELECT id, gen_random_uuid(), '1', :name || '的格', '', 'general', :phone FROM plan_draft
    """,
    """
    INSERT INTO plan_entry (draft_id, key, verb, detail, changes)
    SELECT id, gen_random_uuid(), 'grid', jsonb_build_object('said', :spoken),
           jsonb_build_object('grid', jsonb_build_object('g', jsonb_build_array(NULL, :name)))
    FROM plan_draft
    """,
    "INSERT INTO plan_mark (draft_id, version, name) SELECT id, 0, :name FROM plan_draft",
    "INSERT INTO plan_mark (draft_id, version, name) SELECT id, 0, :phone FROM plan_draft",
    """
    INSERT INTO plan_comment (id, draft_id, geom, text)
    SELECT gen_random_uuid(), id, 'SRID=4326;POINT(0 0)', :spoken FROM plan_draft
    """,
    """
    INSERT INTO plan_step (draft_id, action, version, remark)
    SELECT id, 'submit', 0, :spoken FROM plan_draft
    """,
    """
    INSERT INTO plan_job (id, jurisdiction_id, kind, request, seed)
    SELECT gen_random_uuid(), id, 'repair', jsonb_build_object('said', :phone), 1
    FROM jurisdiction
    """,
    """
    INSERT INTO station_service (station_id, code, name, name_en, way)
    SELECT id, 'E', '代办', '', 'errand' FROM station
    """,
    """
    INSERT INTO booking (id, number, service_id, station_id, starts_at, name, phone, note,
                         follow_sha256, remind_at)
    SELECT gen_random_uuid(), 'B-1', id, station_id, now() + interval '1 day', :name, :phone,
           :spoken, sha256('held'), now()
    FROM station_service
    """,
    "UPDATE generation SET note = :spoken",
    "UPDATE station SET facilities = ARRAY[:spoken, '饮水'], host = :name",
)


@pytest.fixture(scope="module")
def url(database_url: str) -> str:
    with owner_session(database_url, "test") as opened:
        town.build(opened)
    values = {"phone": PHONE, "name": NAME, "login": LOGIN, "spoken": SPOKEN}
    with owner_session(database_url, "test") as opened:
        for statement in ROWS:
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            casts = {f":{name}": f"CAST(:{name} AS text)" for name in used}
            for place, cast in casts.items():
                statement = statement.replace(place, cast)  # noqa: PLW2901 - the types of values
            opened.execute(text(statement), used)
    return database_url


def scan(url: str, *values: str) -> list[str]:
    """Return every table and column, audit trail included, that holds one of some values."""
    found = []
    with owner_session(url) as opened:
        columns = opened.execute(
            text(
                "SELECT relname, attname, atttypid = 'bytea'::regtype FROM pg_class"
                " JOIN pg_attribute ON attrelid = pg_class.oid"
                " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0"
                " AND NOT attisdropped AND relname <> 'spatial_ref_sys'"
            )
        ).all()
        for table, column, binary in columns:
            said = f"""encode("{column}", 'escape')""" if binary else f'"{column}"::text'
            statement = f'SELECT count(*) FROM "{table}" WHERE position(:value IN {said}) > 0'  # noqa: S608 - the catalogue's names
            found += [
                f"{table}.{column}: {value}"
                for value in values
                if opened.scalars(text(statement), {"value": value}).one()
            ]
    return found


def one(url: str, statement: str) -> Any:
    with owner_session(url) as opened:
        return opened.execute(text(statement)).one()


def test_a_copy_holds_everything_and_no_secrets(url: str, tmp_path: Path) -> None:
    file = tmp_path / "copy.json"
    found = export_person(PERSON, file, url)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = json.loads(file.read_text("utf-8"))
    assert [report["issue"]["number"] for report in told["reports"]] == ["P-1"]
    assert told["reports"][0]["photos"][0]["content_base64"]
    assert [row["room"] for row in told["residents"]] == ["101"]
    assert told["members"][0]["responsibilities"]
    assert [one["reason"] for one in told["members"][0]["hand_overs"]] == ["身体原因"]
    assert {"table": "hand_over", "column": "reason", "texts": [SPOKEN]} in told["mentions"]
    assert [(row["number"], row["service"]) for row in told["bookings"]] == [("B-1", "代办")]
    assert told["accounts"][0]["sessions"][0]["address"] == "10.0.0.7"
    for secret in ("password_hash", "csrf_token", "token_sha256", "follow_sha256", "secret"):
        assert secret not in file.read_text("utf-8")
    assert {"issue", "outbox", "generation"} <= {entry["table"] for entry in told["mentions"]}
    assert found.by_table()["resident"] >= 1
    with pytest.raises(FileExistsError):
        export_person(PERSON, file, url)


def test_nothing_is_erased_when_nobody_agrees(url: str) -> None:
    before = scan(url, PHONE, NAME)
    assert before
    assert erase_person(PERSON, lambda found: not found, url) is None
    assert scan(url, PHONE, NAME) == before


def test_after_erasing_nothing_is_left_and_the_rest_stays(url: str) -> None:
    statistics = (
        "SELECT (SELECT count(*) FROM issue), (SELECT count(*) FROM issue_event),"
        " (SELECT sum(people) FROM household), (SELECT count(*) FROM member),"
        " (SELECT count(*) FROM responsibility), (SELECT count(*) FROM booking)"
    )
    before = one(url, statistics)
    found = erase_person(PERSON, bool, url)
    assert found
    assert one(url, statistics) == before
    namesake = "issue_reporter.name: " + NAME
    neighbour = "resident.name: " + NAME
    assert set(scan(url, PHONE, "１３９", "139-0013", "139 0013", NAME, LOGIN)) == {
        namesake,
        neighbour,
    }
    assert one(url, "SELECT DISTINCT text FROM issue")[0] == f"打{ERASED}或{ERASED}找{ERASED}"
    reasons = "SELECT array_agg(DISTINCT reason) FROM hand_over"
    assert set(one(url, reasons)[0]) == {ERASED, f"打{ERASED}或{ERASED}找{ERASED}"}
    assert one(url, "SELECT facilities[2], host FROM station") == ("饮水", ERASED)
    assert one(url, "SELECT disabled_at IS NULL, name FROM account")[0] is False
    acted = one(url, "SELECT DISTINCT actor, account_id FROM issue_event WHERE sequence = 2")
    assert acted.actor == f"erased-{acted.account_id}"
    assert verify_trail(url).problem is None
    last = one(url, "SELECT action, detail FROM audit_entry WHERE action = 'erase'")
    assert last.detail["rows"] == found.by_table()


def test_again_it_finds_nothing(url: str) -> None:
    entries = one(url, "SELECT entries FROM audit_head")
    assert not erase_person(PERSON, bool, url)
    assert one(url, "SELECT entries FROM audit_head") == entries


def test_a_name_alone_finds_all_of_that_name_and_no_longer_ones(url: str) -> None:
    found = erase_person(read_person([NAME]), bool, url)
    assert found
    assert set(scan(url, NAME)) == {"resident.name: " + NAME}
    assert one(url, "SELECT name FROM resident")[0] == f"{NAME}明"


def test_nobody_but_the_owner_can_take_back_words(url: str) -> None:
    with pytest.raises(Exception, match="only added to"), owner_session(url) as opened:
        opened.execute(text("UPDATE issue_event SET note = ''"))
    with owner_session(url) as opened:
        opened.execute(text("SELECT set_config('hongge.erasing', 'on', true)"))
        with pytest.raises(Exception, match="only added to"), opened.begin_nested():
            opened.execute(text("UPDATE issue_event SET to_state = 'closed'"))


@pytest.mark.parametrize("vague", ["张", "12345", "+86", "-"])
def test_what_is_too_vague_is_refused(vague: str) -> None:
    with pytest.raises(PersonTooVagueError):
        read_person([vague])
