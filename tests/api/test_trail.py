"""What the pages tell of the audit trail and of histories, in words that people know."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from sqlalchemy import text

from api.trail import COLUMNS, TABLES, actor_said, entry_said, runs, told
from geo.store.engine import owner_session

SQL = (files("geo.store") / "sql" / "audit.sql").read_text("utf-8")


def entry(number: int, **more: object) -> dict[str, object]:
    """Return an entry as it is read from the store."""
    return {
        "id": number,
        "at": datetime(2026, 1, 2, 3, 4, number, tzinfo=UTC),
        "actor": "command",
        "account_id": None,
        "jurisdiction": "town",
        "action": "insert",
        "table_name": "duty",
        "row_key": str(number),
        "request_id": None,
        "detail": {},
    } | more


def test_every_table_on_the_trail_has_a_name(database_url: str) -> None:
    with owner_session(database_url) as opened:
        followed = opened.scalars(
            text(
                "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger"
                " WHERE tgname IN ('audit_insert', 'audit_update', 'audit_delete')"
            )
        ).all()
    assert len(followed) > 30
    assert set(followed) <= set(TABLES)


def test_every_column_that_is_told_has_a_name() -> None:
    named = {
        name for told_ones in re.findall(r"told => '{(.*?)}'", SQL) for name in told_ones.split(",")
    }
    assert len(named) > 30
    assert named <= set(COLUMNS)


@pytest.mark.parametrize(("language", "said"), [("zh_CN", "数据载入"), ("en", "Loading of data")])
def test_who_is_no_account_is_said_in_words(language: str, said: str) -> None:
    assert actor_said("hongge load", language) == said
    assert actor_said("王五", language) == "王五"
    assert "dba" in actor_said("database:dba", language)


def test_an_entry_is_said_in_chinese() -> None:
    said = entry_said(entry(1, table_name="issue_reporter", action="read"), "zh_CN")
    assert (said["who"], said["what"], said["where"]) == (
        *("服务器上的命令", "查看个人信息", "报告人"),
    )
    unknown = entry_said(entry(1, table_name="new_table", action="new"), "zh_CN")
    assert (unknown["what"], unknown["where"]) == ("new", "new_table")


def test_codes_are_told_by_their_names_and_counts_by_table() -> None:
    detail = {"changed": ["role", "phone"], "from": {"role": "planner"}, "to": {"role": "auditor"}}
    assert [one.text for one in told(detail, "en")] == ["Planner → Auditor", ""]
    assert [one.text for one in told({"to": {"private": True}}, "en")] == ["yes"]
    assert told({"rows": {"resident": 2}}, "en")[0].text == "Residents 2"


def test_codes_of_drafts_are_told_by_their_own_names() -> None:
    detail = {"changed": ["state"], "from": {"state": "submitted"}, "to": {"state": "returned"}}
    assert told(detail, "en", "plan_draft")[0].text == "Waiting for review → Sent back"
    assert told({"to": {"action": "return"}}, "en", "plan_step")[0].text == "Send back"
    assert told({"to": {"state": "running"}}, "en", "plan_job")[0].text == "running"
    of_case = {"changed": ["state"], "from": {"state": "accepted"}, "to": {"state": "returned"}}
    assert told(of_case, "en", "issue")[0].text == "Accepted → Returned"


def test_what_repeats_itself_is_put_together() -> None:
    many = [entry(number) for number in range(6, 0, -1)]
    other = [entry(0, action="update"), entry(0, account_id=7)]
    assert [len(run) for run in runs(many + other + many[:3])] == [6, 1, 1, 1, 1, 1]
    assert runs([]) == []
