"""The audit trail as the database writes it, and as somebody may try to spoil it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from geo.core.chain import ChainedEntry, canonical
from geo.flows.audit import export_trail, verify_trail
from geo.store import audit
from geo.store.engine import owner_session
from geo.store.models import Base
from tests import town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NOT_FOLLOWED = {
    "account_browser": "a browser that signed in before; signing in is noted",
    "audit_cut": "writes its own entry",
    "audit_entry": "is the trail",
    "audit_head": "is the trail",
    "audit_pending": "is the trail",
    "idempotency_key": "a copy of an answer",
    "job_run": "says itself when it ran",
    "login_attempt": "sign-ins are noted as such",
    "outbox": "a side effect of what is followed",
    "plan_cell": "written once, with the draft",
    "plan_grid": "written once, with the draft",
    "public_cell": "written once, with the release",
    "road": "ground",
    "service_login": "of the database's owner alone",
    "sign_in_flow": "a sign-in under way",
    "sql_file": "of the upgrade",
    "unit_assignment": "derived",
    "water": "ground",
}


@pytest.fixture(scope="module")
def url(database_url: str) -> str:
    """A town whose making is in the trail."""
    with owner_session(database_url, "builder") as opened:
        town.build(opened)
    return database_url


def rows(url: str, statement: str, **values: Any) -> list[Any]:
    with owner_session(url, "test") as opened:
        result = opened.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


def since(url: str, number: int) -> list[Any]:
    return rows(url, "SELECT * FROM audit_entry WHERE id > :number ORDER BY id", number=number)


def last(url: str) -> int:
    number: int = rows(url, "SELECT entries FROM audit_head")[0][0]
    return number


def test_every_table_is_followed_or_left_out_for_a_reason(url: str) -> None:
    followed = {
        row[0]
        for row in rows(
            url,
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname IN ('audit_insert', 'audit_delete') GROUP BY 1 HAVING count(*) = 2",
        )
    }
    assert set(Base.metadata.tables) - followed - set(NOT_FOLLOWED) == set()
    assert followed & set(NOT_FOLLOWED) == set()


def test_what_is_written_is_noted_once_with_names_and_plain_values(url: str) -> None:
    before = last(url)
    rows(
        url, "UPDATE member SET phone = '13800001111', role = 'party_member' WHERE code = 'm-unit'"
    )
    rows(url, "UPDATE member SET phone = '13800001111' WHERE code = 'm-unit'")
    [entry] = since(url, before)
    assert (entry.actor, entry.action, entry.table_name) == ("test", "update", "member")
    assert entry.detail["changed"] == ["role", "phone"]
    assert entry.detail["to"] == {"role": "party_member"}
    assert entry.jurisdiction_id is not None
    assert "13800001111" not in str(entry)


def test_what_is_rolled_back_leaves_nothing(url: str) -> None:
    before = last(url)
    with pytest.raises(DBAPIError):
        rows(url, "UPDATE member SET phone = '1' || (1 / 0)::text")
    with owner_session(url) as opened:
        inner = opened.begin_nested()
        opened.execute(text("UPDATE member SET phone = '2'"))
        inner.rollback()
    assert last(url) == before
    assert rows(url, "SELECT * FROM audit_pending") == []


def test_an_issue_leaves_one_entry_for_each_of_its_parts(url: str) -> None:
    before = last(url)
    issue_id = add_issue(url, "P-1")
    with owner_session(url) as opened:
        opened.execute(
            text(
                "INSERT INTO issue_deadline SELECT :id, stage, now()"
                " FROM unnest('{dispatch,accept,handle}'::text[]) AS stage"
            ),
            {"id": issue_id},
        )
    found = {entry.table_name: entry for entry in since(url, before)}
    assert set(found) == {"issue", "issue_deadline"}
    assert found["issue"].row_key == str(issue_id) == found["issue_deadline"].row_key
    assert found["issue_deadline"].detail == {"rows": 3}
    assert found["issue"].detail["to"]["state"] == "collected"


def test_many_rows_at_once_are_one_entry(url: str) -> None:
    before = last(url)
    rows(
        url,
        "INSERT INTO household (unit_id, room, people)"
        " SELECT (SELECT min(id) FROM unit), 'R' || n, 2 FROM generate_series(1, 500) AS n",
    )
    rows(url, "DELETE FROM household WHERE room LIKE 'R%'")
    made, gone = since(url, before)
    assert (made.action, gone.action) == ("insert", "delete")
    assert made.detail["rows"] == 500
    assert made.detail["keys"] == gone.detail["keys"]
    first, _, end = made.detail["keys"].strip("{[)}").partition(",")
    assert int(end) - int(first) == 500


def test_reads_are_noted_with_who_and_where(url: str) -> None:
    before = last(url)
    with owner_session(url, "reader", "request-7") as opened:
        audit.note(opened, "read", audit.Row("resident", "7"), {"purpose": "visit"}, 1)
    [entry] = since(url, before)
    assert (entry.actor, entry.action, entry.row_key) == ("reader", "read", "7")
    assert (entry.jurisdiction_id, entry.request_id) == (1, "request-7")


@pytest.mark.parametrize("action", ["insert", "update", "delete", "cut", ""])
def test_nobody_can_pretend_to_a_change(url: str, action: str) -> None:
    with pytest.raises(DBAPIError, match="not noted by hand"), owner_session(url) as opened:
        audit.note(opened, action, audit.Row("resident", "7"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'nobody'",
        "DELETE FROM audit_entry WHERE id = 1",
        "TRUNCATE audit_entry",
        "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE id = 1",
        "UPDATE audit_head SET entries = 0",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "DELETE FROM audit_pending",
        "UPDATE audit_pending SET actor = 'nobody'",
        "TRUNCATE audit_pending",
        "DELETE FROM audit_cut",
        "UPDATE audit_cut SET entries = 5",
        "INSERT INTO audit_cut (entries) VALUES (3)",
    ],
)
def test_even_the_owner_can_not_change_it(url: str, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"only added to|at least 180 days"):
        rows(url, statement)
    assert verify_trail(url).problem is None


def test_the_chain_has_the_order_of_commits(url: str) -> None:
    before = last(url)
    with owner_session(url, "slow") as slow:
        audit.note(slow, "read", audit.Row("resident", "1"))
        with owner_session(url, "quick") as quick:
            audit.note(quick, "read", audit.Row("resident", "2"))
    assert [entry.actor for entry in since(url, before)] == ["quick", "slow"]


def test_the_canonical_text_is_the_same_outside_the_database(url: str) -> None:
    odd = {"key": 'ä"\\/\n\t\x7f\u2028漢', "n": None, "long": [1, {"b": True, "aa": -3}]}
    with owner_session(url, 'an "odd"\\ one\r\n\x01', "r") as opened:
        audit.note(opened, "read", audit.Row("tab\tle", "k\b\f/e'y"), odd)
    with audit.reading(url) as source:
        *_, link = audit.links(source)
    told = rows(url, "SELECT audit_canonical(e) FROM audit_entry e ORDER BY id DESC LIMIT 1")[0][0]
    assert told == canonical(link.entry)
    assert json.loads(link.entry.detail) == odd
    assert verify_trail(url).problem is None


@contextmanager
def tampered(url: str, *statements: str) -> Iterator[None]:
    """Change the trail as only somebody can who switches its guards off, and put it back."""
    off = "ALTER TABLE audit_entry DISABLE TRIGGER ALL; ALTER TABLE audit_head DISABLE TRIGGER ALL"
    rows(url, off)
    rows(url, "CREATE TABLE kept AS TABLE audit_entry; CREATE TABLE kept_head AS TABLE audit_head")
    try:
        for statement in statements:
            rows(url, statement)
        yield
    finally:
        rows(
            url,
            "DELETE FROM audit_entry; INSERT INTO audit_entry SELECT * FROM kept;"
            " DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM kept_head;"
            " DROP TABLE kept, kept_head",
        )
        rows(url, off.replace("DISABLE", "ENABLE"))


EXCHANGED = """
    UPDATE audit_entry SET id = -id WHERE id IN (9, 10);
    UPDATE audit_entry SET id = id + 19 WHERE id < 0
"""
ADDED = """
    INSERT INTO audit_entry
    SELECT entries + 1, now(), NULL, 'x', NULL, 'read', 't', '', '{}', NULL, sha256 FROM audit_head
"""
TAIL = "DELETE FROM audit_entry WHERE id > (SELECT entries - 2 FROM audit_head)"
HEAD = (
    "UPDATE audit_head SET (entries, sha256) ="
    " (SELECT id, sha256 FROM audit_entry ORDER BY id DESC LIMIT 1)"
)


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("UPDATE audit_entry SET actor = 'nobody' WHERE id = 5", 5),
        ("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE id = 6", 6),
        ("""UPDATE audit_entry SET detail = detail || '{"a": 1}' WHERE id = 7""", 7),
        ("UPDATE audit_entry SET sha256 = sha256('') WHERE id = 7", 7),
        ("DELETE FROM audit_entry WHERE id = 8", 8),
        ("DELETE FROM audit_entry WHERE id = 1", 1),
        ("DELETE FROM audit_entry WHERE id < 5", 1),
        (EXCHANGED, 9),
        (ADDED, -1),
        (TAIL, -2),
        ("DELETE FROM audit_entry", 1),
    ],
)
def test_verifying_names_the_first_entry_that_is_wrong(
    url: str, statement: str, wrong: int
) -> None:
    head = verify_trail(url).head
    with tampered(url, statement):
        verdict = verify_trail(url)
        behind = {-1: head.entries + 1, -2: head.entries - 1}
        assert verdict.wrong_entry == behind.get(wrong, wrong)
    assert verify_trail(url).problem is None


def test_a_tail_removed_with_its_head_is_found_by_the_head_that_was_noted(url: str) -> None:
    noted = verify_trail(url).head
    with tampered(url, TAIL, HEAD):
        assert verify_trail(url).problem is None
        assert verify_trail(url, noted).wrong_entry == noted.entries - 1


def test_a_removed_head_is_found(url: str) -> None:
    with tampered(url, "DELETE FROM audit_head"):
        assert verify_trail(url).problem is not None


def test_a_trail_whose_beginning_was_cut_off_is_whole_and_says_so(url: str) -> None:
    with owner_session(url) as opened:
        assert audit.cut_before(opened, 1095) is None
    noted = verify_trail(url).head
    aged = "UPDATE audit_entry SET at = at - interval '4 years'"
    with tampered(url, aged, rechained()):
        rows(url, "ALTER TABLE audit_entry ENABLE TRIGGER ALL")
        rows(url, "ALTER TABLE audit_head ENABLE TRIGGER ALL")
        rechained_head = verify_trail(url).head
        with owner_session(url, "retention") as opened:
            assert audit.cut_before(opened, 1095) == noted.entries
        verdict = verify_trail(url, rechained_head)
        assert verdict.problem is None
        assert verdict.checked == 1
        [entry] = rows(url, "SELECT * FROM audit_entry")
        assert (entry.action, entry.row_key) == ("cut", str(noted.entries))
        rows(url, "ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        rows(url, "ALTER TABLE audit_head DISABLE TRIGGER ALL")
        rows(url, "ALTER TABLE audit_cut DISABLE TRIGGER ALL; DELETE FROM audit_cut")
        assert verify_trail(url).problem is not None
        rows(url, "ALTER TABLE audit_cut ENABLE TRIGGER ALL")


def rechained() -> str:
    """Return what gives every entry and the head the digest that it should have."""
    return """
        DO $$
        DECLARE
            before bytea := decode(repeat('00', 32), 'hex');
            entry audit_entry;
        BEGIN
            FOR entry IN SELECT * FROM audit_entry ORDER BY id LOOP
                before := sha256(before || convert_to(audit_canonical(entry), 'UTF8'));
                UPDATE audit_entry SET sha256 = before WHERE id = entry.id;
            END LOOP;
            UPDATE audit_head SET sha256 = before;
        END $$
    """


def test_an_export_can_be_followed_without_this_program(url: str, tmp_path: Path) -> None:
    for form in ("jsonl", "csv"):
        file = tmp_path / f"trail.{form}"
        count = export_trail(file, form, url=url)
        assert count == len(followed(file)) > 10
    [noted] = rows(url, "SELECT detail FROM audit_entry ORDER BY id DESC LIMIT 1")
    assert noted.detail == {"rows": count, "format": "csv"}


def test_the_documented_program_follows_an_export(url: str, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "personal-data.md").read_text("utf-8")
    program = page.partition("```python\n")[2].partition("```")[0]
    file = tmp_path / "trail.jsonl"
    export_trail(file, "jsonl", url=url)
    command = [sys.executable, "-c", program, str(file)]
    assert subprocess.run(command, check=False).returncode == 0
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines[:4], *lines[5:]]), "utf-8")
    broken = subprocess.run(command, check=False, capture_output=True)
    assert broken.returncode == 1


def followed(file: Path) -> list[ChainedEntry]:
    """Follow an exported chain with nothing but what the documentation says."""
    import csv  # noqa: PLC0415 - as an outsider would
    import hashlib  # noqa: PLC0415 - the same

    with file.open(encoding="utf-8", newline="") as lines:
        if file.suffix == ".jsonl":
            listed = [json.loads(line) for line in lines]
        else:
            listed = [
                {name: None if value == "\\N" else value for name, value in row.items()}
                for row in csv.DictReader(lines)
            ]
    before = None
    for row in listed:
        *fields, previous, stored = row.values()
        covered = json.dumps(fields, ensure_ascii=False).encode()
        assert hashlib.sha256(bytes.fromhex(previous) + covered).hexdigest() == stored
        assert before in {None, previous}
        before = stored
    return [ChainedEntry(*list(row.values())[:10]) for row in listed]


def add_issue(url: str, number: str) -> Any:
    return rows(
        url,
        "INSERT INTO issue (id, jurisdiction_id, number, state, text, occurred_at, method,"
        " confident) SELECT gen_random_uuid(), id, :number, 'collected', 'x', now(), 'none', false"
        " FROM jurisdiction LIMIT 1 RETURNING id",
        number=number,
    )[0][0]
