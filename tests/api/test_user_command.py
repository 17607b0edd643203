"""``hongge user`` as an operator runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from api.commands.speech import language
from api.commands.user import command
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "tern under lamp 8 rivers"  # noqa: S105 - of a test


@pytest.fixture(autouse=True)
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from geo.store.engine import close  # noqa: PLC0415 - heavy

    monkeypatch.setenv("HONGGE_DATABASE_URL", database_url)
    monkeypatch.setenv("HONGGE_LANGUAGE", "en")
    settings.cache_clear()
    language.cache_clear()
    yield
    close()
    settings.cache_clear()
    language.cache_clear()


def user(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(command, words, input=given, catch_exceptions=False)


def test_an_account_from_adding_to_disabling() -> None:
    added = user("add", "wangwu", "--role", "administrator", "--password-stdin", given=PASSWORD)
    assert (added.exit_code, added.stdout) == (0, "The account “wangwu” is there.\n")
    assert user("list").stdout == "wangwu\twangwu\tadministrator\t\n"
    assert user("disable", "wangwu").exit_code == 0
    assert user("list").stdout.endswith("disabled\n")
    assert user("enable", "wangwu").exit_code == 0
    reset = user("reset-password", "wangwu", "--generate")
    assert "Password for the first sign-in: " in reset.stdout
    assert user("role", "add", "wangwu", "auditor").exit_code == 0
    assert user("role", "remove", "wangwu", "administrator").exit_code == 0
    assert user("role", "remove", "wangwu", "administrator").exit_code == 1
    assert user("list").stdout == "wangwu\twangwu\tauditor\t\n"


def test_what_cannot_be_is_refused_as_a_whole() -> None:
    weak = user("add", "short", "--password-stdin", given="short\n")
    assert weak.exit_code == 1
    assert "at least 15 characters" in weak.stderr
    nowhere = ("add", "lost", "--role", "planner", "--jurisdiction", "nowhere", "--password-stdin")
    assert user(*nowhere, given=PASSWORD).exit_code == 1
    assert "lost" not in user("list").stdout
    assert user("add", "silent").exit_code == 1
