"""``hongge audit``, ``hongge retention`` and ``hongge person`` at the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from geo.store.engine import owner_session
from tests import town
from tests.conftest import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

PHONE = "13900139007"


@pytest.fixture(scope="module")
def url(database_url: str) -> str:
    with owner_session(database_url, "test") as opened:
        town.build(opened)
    with owner_session(database_url, "test") as opened:
        opened.execute(
            text(
                "INSERT INTO resident (household_id, name, phone)"
                " SELECT min(id), '某人', :phone FROM household"
            ),
            {"phone": PHONE},
        )
    return database_url


def hongge(
    url: str, *arguments: object, language: str = "en", said: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api.cli", *map(str, arguments)]
    environment = os.environ | {"HONGGE_DATABASE_URL": url, "HONGGE_LANGUAGE": language}
    return subprocess.run(
        command,
        cwd=PROJECT,
        env=environment,
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_whole_trail_is_said_to_be_with_its_head(url: str) -> None:
    told = hongge(url, "audit", "verify")
    assert told.returncode == 0, told.stderr
    head = told.stdout.partition("Head: ")[2].strip()
    assert hongge(url, "audit", "verify", "--expect", head).returncode == 0
    number, _, digest = head.partition(":")
    other = hongge(url, "audit", "verify", "--expect", f"{number}:{digest[::-1]}")
    assert other.returncode == 1
    assert f"Entry {number}" in other.stderr
    assert hongge(url, "audit", "verify", "--expect", "yesterday").returncode == 2


def test_a_changed_entry_is_named_in_the_readers_language(url: str) -> None:
    with owner_session(url) as opened:
        opened.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        opened.execute(text("UPDATE audit_entry SET row_key = row_key || 'x' WHERE id = 3"))
    told = hongge(url, "audit", "verify", language="zh")
    with owner_session(url) as opened:
        opened.execute(text("UPDATE audit_entry SET row_key = rtrim(row_key, 'x') WHERE id = 3"))
        opened.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER ALL"))
    assert told.returncode == 1
    assert "第 3 条" in told.stderr
    assert hongge(url, "audit", "verify").returncode == 0


def test_an_export_of_a_time(url: str, tmp_path: Path) -> None:
    told = hongge(url, "audit", "export", tmp_path / "all.jsonl")
    assert told.returncode == 0, told.stderr
    lines = (tmp_path / "all.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[0])["id"] == "1"
    hongge(url, "audit", "export", tmp_path / "none.csv", "--until", "2001-01-01")
    assert len((tmp_path / "none.csv").read_text("utf-8").splitlines()) == 1


def test_retention_counts_and_deletes(url: str) -> None:
    with owner_session(url) as opened:
        opened.execute(
            text(
                "INSERT INTO login_attempt (name, address, at, succeeded)"
                " VALUES ('', '', now() - interval '1 year', true)"
            )
        )
    counted = hongge(url, "retention", "apply", "--dry-run")
    assert "login_attempt: 1 rows are older than 30 days." in counted.stdout
    done = hongge(url, "retention", "apply")
    assert "login_attempt: 1 rows older than 30 days deleted." in done.stdout
    assert "login_attempt: 0 rows" in hongge(url, "retention", "apply").stdout


def test_a_person_is_copied_then_erased_when_asked_twice(url: str, tmp_path: Path) -> None:
    file = tmp_path / "copy.json"
    assert hongge(url, "person", "export", PHONE, "-o", file).returncode == 0
    assert PHONE in file.read_text("utf-8")
    again = hongge(url, "person", "export", PHONE, "-o", file)
    assert again.returncode == 1
    refused = hongge(url, "person", "erase", PHONE, said="n\n")
    assert refused.returncode == 1
    assert "found: resident, 1" in refused.stdout
    erased = hongge(url, "person", "erase", PHONE, "--yes")
    assert erased.returncode == 0, erased.stderr
    nothing = hongge(url, "person", "erase", PHONE)
    assert nothing.returncode == 0
    assert "Nothing is kept" in nothing.stdout
    assert hongge(url, "person", "erase", "张", "--yes").returncode == 1
    assert hongge(url, "audit", "verify").returncode == 0
