"""Accounts by command, administrators of one jurisdiction, and the demonstration's logins."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from geo.errors import (
    AccountExistsError,
    InvalidFieldError,
    NotFoundError,
    NotPermittedError,
    SignInRefusedError,
)
from geo.flows import accounts as flow
from geo.flows.demonstration import FILE, demonstration_logins
from geo.flows.sign_in import Place, sign_in
from geo.store import accounts
from geo.store.asking import Asker
from geo.store.engine import owner_session, session
from geo.store.models import Jurisdiction
from tests import town
from tests.people import make_accounts

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "tern under lamp 8 rivers"  # noqa: S105 - of a test
HERE = Place("10.9.0.1")


@pytest.fixture(scope="module")
def url(database_url: str) -> str:
    with owner_session(database_url) as opened:
        town.build(opened)
    with owner_session(database_url) as opened:
        make_accounts(opened)
    return database_url


def test_the_operator_makes_the_first_administrator(url: str) -> None:
    with owner_session(url) as opened:
        flow.add(opened, "first", "第一", PASSWORD)
        flow.grant(opened, flow.find(opened, "FIRST"), "administrator", None, None)
        assert flow.find(opened, "first").roles == ("administrator",)
        with pytest.raises(InvalidFieldError):
            flow.add(opened, "second", "", "short")
        with pytest.raises(InvalidFieldError):
            flow.add(opened, "with space", "", PASSWORD)
    with pytest.raises(AccountExistsError), owner_session(url) as opened:
        flow.add(opened, "First", "", PASSWORD)
    assert sign_in("first", PASSWORD, HERE, url).session


def test_a_password_that_was_made_has_to_be_replaced(url: str) -> None:
    with owner_session(url) as opened:
        _, made = flow.add(opened, "third", "", None)
        assert flow.find(opened, "third").must_change_password
        again = flow.reset_password(opened, flow.find(opened, "third"), None)
    assert again != made
    with pytest.raises(SignInRefusedError):
        sign_in("third", made, HERE, url)
    assert sign_in("third", again, HERE, url).session


@pytest.mark.parametrize(
    ("role", "jurisdiction", "place", "field"),
    [
        ("king", town.SLUG, None, "role"),
        ("planner", None, None, "jurisdiction"),
        ("planner", "nowhere", None, "jurisdiction"),
        ("planner", town.SLUG, town.A, "place"),
        ("grid_worker", town.SLUG, None, "place"),
        ("grid_worker", town.SLUG, "1", "place"),
        ("street_dispatcher", town.SLUG, town.A, "place"),
    ],
)
def test_a_role_needs_a_territory_that_is_there(
    url: str, role: str, jurisdiction: str | None, place: str | None, field: str
) -> None:
    with owner_session(url) as opened, pytest.raises(InvalidFieldError) as refused:
        flow.grant(opened, flow.find(opened, "planner"), role, jurisdiction, place)
    assert refused.value.message.values["field"] == field


def test_roles_are_given_and_taken(url: str) -> None:
    with owner_session(url) as opened:
        account = flow.find(opened, "planner")
        flow.grant(opened, account, "grid_worker", town.SLUG, town.A2)
        assert accounts.territories(opened, account.id)[-1].place_code == town.A2
        assert flow.revoke(opened, account, "grid_worker", town.SLUG, town.A2) == 1
        assert flow.revoke(opened, account, "grid_worker", None, None) == 0


def test_an_administrator_keeps_to_the_own_jurisdiction(url: str) -> None:
    with owner_session(url) as opened:
        flow.add(opened, "of-all", "", PASSWORD)
        of_all = flow.find(opened, "of-all")
        flow.grant(opened, of_all, "administrator", None, None)
        asker = Asker("account", flow.find(opened, "administrator").id)
        worker = flow.find(opened, "grid_worker")
    with session(url, asker) as opened:
        assert "of-all" not in {one.name for one in accounts.list_accounts(opened)}
        with pytest.raises(NotFoundError):
            flow.find(opened, "of-all")
        flow.reset_password(opened, worker, None)
    for forbidden in (
        lambda opened: accounts.reset_password(opened, of_all.id, "x", must_change=True),
        lambda opened: accounts.disable_account(opened, of_all.id),
        lambda opened: accounts.grant_role(opened, worker.id, "auditor", None, None),
        lambda opened: accounts.grant_role(opened, worker.id, "planner", "elsewhere", None),
        lambda opened: accounts.add_account(
            opened, "demo", "demo", None, must_change=False, demonstration=True
        ),
    ):
        with pytest.raises(NotPermittedError), session(url, asker) as opened:
            forbidden(opened)


@pytest.mark.parametrize("role", ["grid_worker", "auditor", "planner"])
def test_others_administer_nothing(url: str, role: str) -> None:
    with owner_session(url) as opened:
        asker = Asker("account", flow.find(opened, role).id)
    with session(url, asker) as opened:
        assert accounts.list_accounts(opened) == []
    for forbidden in (
        lambda opened: accounts.grant_role(opened, asker.account_id, "administrator", None, None),
        lambda opened: accounts.add_account(opened, "x", "x", None, must_change=False),
    ):
        with pytest.raises(NotPermittedError), session(url, asker) as opened:
            forbidden(opened)


def test_the_service_reads_no_secrets(url: str) -> None:
    for table in ("account_session", "api_token", "login_attempt", "account_browser"):
        with pytest.raises(DBAPIError, match="permission denied"), session(url) as opened:
            opened.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - names of this test
    with pytest.raises(DBAPIError, match="permission denied"), session(url) as opened:
        opened.execute(text("SELECT password_hash FROM account"))


def test_demonstration_logins_are_made_once_and_kept_for_the_owner(
    own_demo_database_url: str, tmp_path: Path
) -> None:
    url, slug = own_demo_database_url, "jinggangshan"
    made = demonstration_logins(tmp_path, slug, url)
    assert len(made) == len({one.password for one in made}) == 8
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert demonstration_logins(tmp_path, slug, url) == made
    for one in made:
        assert sign_in(one.name, one.password, HERE, url).session
    with owner_session(url) as opened:
        flow.reset_password(opened, flow.find(opened, "worker"), None)
    assert {one.name for one in made} - {
        one.name for one in demonstration_logins(tmp_path, slug, url)
    } == {"worker"}
    (tmp_path / FILE).unlink()
    renewed = demonstration_logins(tmp_path, slug, url)
    assert len(renewed) == 7
    assert not {one.password for one in renewed} & {one.password for one in made}
    assert set(json.loads((tmp_path / FILE).read_text("utf-8"))) == {one.name for one in renewed}
    with owner_session(url) as opened:
        opened.execute(
            update(Jurisdiction).where(Jurisdiction.slug == slug).values(synthetic=False)
        )
    assert demonstration_logins(tmp_path, slug, url) == []
    with owner_session(url) as opened:
        assert {one.roles for one in accounts.list_accounts(opened)} == {()}
        assert opened.scalar(text("SELECT count(*) FROM account_session")) == 0
        with pytest.raises(InvalidFieldError, match="made-up cities"):
            flow.grant(opened, flow.find(opened, "admin"), "administrator", None, None)
        assert flow.find(opened, "admin").roles == ()
