"""What has been kept long enough goes, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from geo.flows.audit import verify_trail
from geo.flows.retention import Daily, apply_retention, run_when_due
from geo.settings import Settings
from geo.store import retention
from geo.store.engine import owner_session
from tests import town

ISSUES = """
    INSERT INTO issue (id, jurisdiction_id, number, state, text, occurred_at, method, confident,
                       closed_at)
    SELECT gen_random_uuid(), jurisdiction.id, 'R-' || age, CASE WHEN age < 0 THEN 'collected'
           ELSE 'closed' END, 'x', now() - interval '9 years', 'none', false,
           CASE WHEN age >= 0 THEN now() - make_interval(days => age) END
    FROM jurisdiction, unnest('{-1, 0, 179, 181, 364, 366}'::int[]) AS age
"""
ROWS = (
    "INSERT INTO issue_reporter SELECT id, '某人', '000-1' FROM issue",
    (
        "INSERT INTO issue_photo (issue_id, position, media_type, content)"
        " SELECT id, 1, 'image/jpeg', 'x' FROM issue"
    ),
    (
        "INSERT INTO resident (household_id, name, confirmed_at)"
        " SELECT (SELECT min(id) FROM household), '某' || age, now() - make_interval(days => age)"
        " FROM unnest('{1, 729, 731}'::int[]) AS age"
    ),
    (
        "INSERT INTO visit (id, household_id, visitor, visited_at, remark)"
        " SELECT gen_random_uuid(), (SELECT min(id) FROM household), 'keeper',"
        " now() - make_interval(days => age), 'x' FROM unnest('{0, 729, 731}'::int[]) AS age"
    ),
    "INSERT INTO account (name, display_name, created_by) VALUES ('keeper', 'K', 'test')",
    (
        "INSERT INTO account_session"
        " (token_sha256, account_id, csrf_token, expires_at, address, agent)"
        " SELECT sha256(age::text::bytea), (SELECT id FROM account), '',"
        " now() - make_interval(days => age), '', '' FROM unnest('{-1, 6, 8}'::int[]) AS age"
    ),
    (
        "INSERT INTO api_token (account_id, name, token_sha256, scopes, expires_at, revoked_at)"
        " SELECT (SELECT id FROM account), age::text, sha256(age::text::bytea), '{}', now(),"
        " now() - make_interval(days => age) FROM unnest('{1, 91}'::int[]) AS age"
    ),
    (
        "INSERT INTO login_attempt (name, address, at, succeeded)"
        " SELECT '', '', now() - make_interval(days => age), true"
        " FROM unnest('{29, 31}'::int[]) AS age"
    ),
    (
        "INSERT INTO idempotency_key (key, request_sha256, issue_id, response, created_at)"
        " SELECT age::text, '', (SELECT id FROM issue LIMIT 1), '{}',"
        " now() - make_interval(days => age) FROM unnest('{6, 8}'::int[]) AS age"
    ),
    (
        "INSERT INTO outbox (topic, payload, created_at, delivered_at)"
        " SELECT '', '{}', now() - interval '9 years', CASE WHEN age >= 0 THEN"
        " now() - make_interval(days => age) END FROM unnest('{-1, 29, 31}'::int[]) AS age"
    ),
)
SERVICE = """
    INSERT INTO station_service (station_id, code, name, name_en, way)
    SELECT id, 'E', '', '', 'errand' FROM station
"""
BOOKINGS = """
    INSERT INTO booking (id, number, service_id, station_id, starts_at, state, follow_sha256,
                         ended_at)
    SELECT gen_random_uuid(), age::text, id, station_id, now() - make_interval(days => age), state,
           sha256(age::text::bytea), CASE WHEN state = 'cancelled' THEN now() - interval '91 days'
                                          WHEN state = 'done' THEN now() END
    FROM station_service, (VALUES (-9, 'booked'), (-8, 'cancelled'), (89, 'done'),
                                  (91, 'done'), (92, 'booked')) AS told (age, state)

"""
LEFT = {
    "booking": 2,
    "issue": 6,
    "issue_reporter": 3,
    "issue_photo": 5,
    "resident": 2,
    "visit": 2,
    "account_session": 2,
    "api_token": 1,
    "login_attempt": 1,
    "idempotency_key": 1,
    "outbox": 2,
}


@pytest.fixture(scope="module")
def url(database_url: str) -> str:
    with owner_session(database_url, "test") as opened:
        town.build(opened)
    with owner_session(database_url, "test") as opened:
        for statement in (ISSUES, *ROWS, SERVICE, BOOKINGS):
            opened.execute(text(statement))
    return database_url


def counts(url: str) -> dict[str, int]:
    with owner_session(url) as opened:
        return {
            table: opened.scalars(text(f"SELECT count(*) FROM {table}")).one()  # noqa: S608 - ours
            for table in LEFT
        }


def of_trail(url: str, statement: str) -> Any:
    with owner_session(url) as opened:
        return opened.execute(text(statement)).one()


def test_a_dry_run_counts_and_deletes_nothing(url: str) -> None:
    before = counts(url)
    told = {one.table: one.over for one in apply_retention(url, dry_run=True)}
    assert counts(url) == before
    assert told == {
        **{table: before[table] - left for table, left in LEFT.items() if table != "issue"},
        "account_browser": 0,
        "issue_follower": 0,
        "sign_in_flow": 0,
        "audit_entry": 0,
    }


def test_what_has_been_kept_long_enough_goes_and_the_rest_stays(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 1)
    expected = apply_retention(url, dry_run=True)
    assert apply_retention(url) == expected
    assert counts(url) == LEFT
    assert sum(one.over for one in apply_retention(url)) == 0
    told = of_trail(
        url,
        "SELECT count(*) FILTER (WHERE action = 'delete' AND table_name = 'issue_reporter'),"
        " count(*) FILTER (WHERE action = 'retention') FROM audit_entry WHERE actor = 'retention'",
    )
    assert told[0] == 3
    assert told[1] > 3
    assert verify_trail(url).problem is None


def test_one_process_does_the_days_work_and_the_next_day_another(url: str) -> None:
    with owner_session(url) as other:
        assert retention.alone(other)
        assert not run_when_due(url)
    assert run_when_due(url)
    assert not run_when_due(url)
    with owner_session(url) as opened:
        opened.execute(text("UPDATE job_run SET ended_at = ended_at - interval '25 hours'"))
    daily = Daily(url)
    daily.look()
    assert daily.last_run is not None
    assert daily.last_run[1]["audit_whole"] is True
    assert not run_when_due(url)


def test_every_kind_has_a_period_in_the_settings() -> None:
    periods = {name for name in Settings.model_fields if name.startswith("keep_")}
    used = {f"keep_{kind.name}_days" for kind in retention.KINDS} | {"keep_audit_days"}
    assert used == periods
