"""What the database itself sees to in drafts of plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from geo.flows.sign_in import digest
from geo.store.asking import Asker
from geo.store.engine import owner_session, session
from tests import town
from tests.people import add_account, asker_of, make_accounts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SECRET = "a link"  # noqa: S105 - of a test
ENTRY = (
    "INSERT INTO plan_entry (draft_id, seq, key, account_id, at, verb, changes)"
    " VALUES (:draft, 77, :key, 77, '2000-01-01', 'paint', '{}') RETURNING seq, account_id, at"
)


@pytest.fixture(scope="module")
def askers(database_url: str) -> dict[str, Asker]:
    with owner_session(database_url) as opened:
        town.build(opened)
    with owner_session(database_url) as opened:
        made = make_accounts(opened)
        made["other"] = add_account(opened, "other", "planner", town.SLUG)
    return {name: asker_of(key) for name, key in made.items()}


@pytest.fixture
def draft(database_url: str, askers: dict[str, Asker]) -> UUID:
    key = uuid4()
    with session(database_url, askers["planner"]) as opened:
        opened.execute(
            text(
                "INSERT INTO plan_draft (id, jurisdiction_id, name, created_by)"
                " SELECT :id, id, '方案', NULL FROM jurisdiction"
            ),
            {"id": key},
        )
    return key


def add_entry(opened: Session, draft: UUID) -> Any:
    return opened.execute(text(ENTRY), {"draft": draft, "key": uuid4()}).one()


def test_entries_are_numbered_and_signed_by_the_database(
    database_url: str, askers: dict[str, Asker], draft: UUID
) -> None:
    for seq, who in enumerate(("planner", "other", "planner"), 1):
        with session(database_url, askers[who]) as opened:
            row = add_entry(opened, draft)
            assert (row.seq, row.account_id) == (seq, askers[who].account_id)
            assert row.at.year > 2000
    with session(database_url, askers["auditor"]) as opened:
        found = opened.execute(
            text("SELECT version, created_by FROM plan_draft WHERE id = :id"), {"id": draft}
        ).one()
    assert found == (3, askers["planner"].account_id)


@pytest.mark.parametrize("state", ["submitted", "approved", "published", "archived"])
def test_only_an_open_draft_is_edited(
    database_url: str, askers: dict[str, Asker], draft: UUID, state: str
) -> None:
    with owner_session(database_url) as opened:
        opened.execute(
            text("UPDATE plan_draft SET state = :state WHERE id = :id"),
            {"state": state, "id": draft},
        )
    with (
        pytest.raises(IntegrityError, match="it is not edited"),
        session(database_url, askers["planner"]) as opened,
    ):
        add_entry(opened, draft)


@pytest.mark.parametrize("change", ["verb = 'x'", "seq = 9", "changes = '[]'", "undoes = 1"])
def test_nobody_rewrites_the_log(
    database_url: str, askers: dict[str, Asker], draft: UUID, change: str
) -> None:
    with session(database_url, askers["planner"]) as opened:
        add_entry(opened, draft)
    with (
        pytest.raises(IntegrityError, match="only added to"),
        owner_session(database_url) as opened,
    ):
        opened.execute(text(f"UPDATE plan_entry SET {change}"))  # noqa: S608 - of this test
    for statement in ("UPDATE plan_entry SET verb = 'x'", "DELETE FROM plan_entry"):
        with (
            pytest.raises(DBAPIError) as refused,
            session(database_url, askers["planner"]) as opened,
        ):
            opened.execute(text(statement))
        assert isinstance(refused.value.orig, InsufficientPrivilege)


def test_comments_are_signed_and_closed_in_ones_own_name(
    database_url: str, askers: dict[str, Asker], draft: UUID
) -> None:
    with session(database_url, askers["planner"]) as opened:
        opened.execute(
            text(
                "INSERT INTO plan_comment (id, draft_id, account_id, geom, text) VALUES"
                " (gen_random_uuid(), :id, 77, 'SRID=4326;POINT(1 1)', 'x')"
            ),
            {"id": draft},
        )
    with session(database_url, askers["other"]) as opened:
        found = opened.execute(
            text(
                "UPDATE plan_comment SET resolved_at = now() WHERE draft_id = :id"
                " RETURNING account_id, resolved_by"
            ),
            {"id": draft},
        ).one()
        assert found == (askers["planner"].account_id, askers["other"].account_id)


def names(url: str, asker: Asker, draft: UUID) -> set[str]:
    with session(url, asker) as opened:
        rows = opened.scalars(text("SELECT name FROM plan_people(:ids)"), {"ids": [draft]})
        return set(rows)


def test_names_are_told_to_those_who_work_there(
    database_url: str, askers: dict[str, Asker], draft: UUID
) -> None:
    with session(database_url, askers["other"]) as opened:
        add_entry(opened, draft)
        opened.execute(
            text(
                "INSERT INTO plan_share (token_sha256, draft_id, expires_at)"
                " VALUES (:sha, :id, now() + interval '1 day')"
            ),
            {"sha": digest(SECRET), "id": draft},
        )
    link = Asker("resident", follow_sha256=digest(SECRET))
    for who in ("planner", "auditor", "administrator"):
        assert names(database_url, askers[who], draft) == {"planner", "other"}
    assert names(database_url, link, draft) == set()
    assert names(database_url, askers["grid_worker"], draft) == set()
    with session(database_url, link) as opened:
        assert opened.scalar(text("SELECT count(*) FROM plan_entry")) == 1
        assert opened.scalar(text("SELECT count(*) FROM plan_draft")) == 1


def test_planners_of_another_town_see_and_write_nothing(
    database_url: str, askers: dict[str, Asker], draft: UUID
) -> None:
    with session(database_url, askers["planner"]) as opened:
        add_entry(opened, draft)
    with owner_session(database_url) as opened:
        found = opened.scalar(text("SELECT id FROM account WHERE name = 'elsewhere'"))
        key = found or add_account(opened, "elsewhere", "planner", "elsewhere")
    tables = ("draft", "cell", "grid", "entry", "mark", "comment", "share", "step", "job")
    with session(database_url, asker_of(key)) as opened:
        for table in tables:
            counted = text(f"SELECT count(*) FROM plan_{table}")  # noqa: S608 - of this test
            assert opened.scalar(counted) == 0, table
        with pytest.raises(DBAPIError) as refused, opened.begin_nested():
            add_entry(opened, draft)
        assert isinstance(refused.value.orig, InsufficientPrivilege)


def test_an_account_that_goes_leaves_its_entries(
    database_url: str, askers: dict[str, Asker], draft: UUID
) -> None:
    assert askers
    with owner_session(database_url) as opened:
        going = add_account(opened, "going", "planner", town.SLUG)
    with session(database_url, asker_of(going)) as opened:
        add_entry(opened, draft)
    with owner_session(database_url) as opened:
        opened.execute(text("DELETE FROM account WHERE id = :id"), {"id": going})
    with session(database_url, askers["auditor"]) as opened:
        wanted = text("SELECT account_id FROM plan_entry WHERE draft_id = :id")
        assert opened.execute(wanted, {"id": draft}).one() == (None,)


def test_the_trail_tells_who_did_what_and_not_what_they_said(
    database_url: str, askers: dict[str, Asker], draft: UUID
) -> None:
    with session(database_url, askers["other"]) as opened:
        add_entry(opened, draft)
        opened.execute(
            text("INSERT INTO plan_mark (draft_id, version, name) VALUES (:id, 0, '某某之事')"),
            {"id": draft},
        )
    with owner_session(database_url) as opened:
        rows = opened.execute(
            text(
                "SELECT table_name, account_id, detail::text AS detail FROM audit_entry"
                " WHERE table_name LIKE 'plan%' AND account_id = :id ORDER BY id DESC LIMIT 2"
            ),
            {"id": askers["other"].account_id},
        ).all()
    assert {row.table_name for row in rows} == {"plan_entry", "plan_mark"}
    assert all("某某之事" not in row.detail for row in rows)
