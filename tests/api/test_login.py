"""Signing in by password: pace, pages, sessions, passwords and tokens of one's own."""

from __future__ import annotations

import re
from hashlib import sha1
from itertools import count
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from geo.core.passwords import weakness
from geo.errors import InvalidFieldError
from geo.files.breached import breached
from geo.flows.passwords import check_password, hashed, pronounceable
from geo.settings import settings
from geo.store.engine import owner_session
from geo.store.models import Account, AccountRole, AccountSession, ApiToken, LoginAttempt
from tests.people import add_account
from tests.visitors import started, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from fastapi import FastAPI
    from httpx2 import Response
    from starlette.testclient import TestClient

PASSWORD = "tern under lamp 8 rivers"  # noqa: S105 - of a test
OTHER = "seven quiet kettles sing"
FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')
NUMBERS = count()
TOKEN = re.compile(r"hg_[A-Za-z0-9_-]{43}")


@pytest.fixture(scope="module")
def app(database_url: str, grids: dict[str, UUID]) -> Iterator[FastAPI]:
    assert grids
    with started(database_url) as running:
        yield running


@pytest.fixture
def name(database_url: str, request: pytest.FixtureRequest) -> str:
    """Name of an account of the test's own."""
    made = f"{request.node.name.partition('[')[0][5:50]}-{next(NUMBERS)}"
    with owner_session(database_url) as opened:
        key = add_account(opened, made, "auditor", "town")
        opened.get_one(Account, key).password_hash = hashed(PASSWORD)
    return made


def form_token(answer: Response) -> str:
    found = FIELD.search(answer.text)
    assert found, answer.text
    return found[1]


def sign_in(client: TestClient, name: str, password: str = PASSWORD, **more: str) -> Response:
    token = form_token(client.get("/login"))
    fields = {"name": name, "password": password, "csrf_token": token}
    return client.post("/login", data=fields | more)


def send(client: TestClient, path: str, page: str = "/account", **fields: str) -> Response:
    token = form_token(client.get(page))
    return client.post(path, data={"csrf_token": token} | fields)


def forget(url: str) -> None:
    """Let all tries to sign in be long ago."""
    with owner_session(url) as opened:
        opened.execute(update(LoginAttempt).values(at=func.now() - func.make_interval(0, 0, 0, 1)))


def at(app: FastAPI, address: str) -> TestClient:
    """Return a client at another address."""
    from starlette.testclient import TestClient  # noqa: PLC0415 - annotations alone need it else

    return TestClient(
        app,
        headers={"Accept-Language": "en"},
        follow_redirects=False,
        client=(address, 50000),
    )


def test_name_and_password_open_the_account(app: FastAPI, name: str) -> None:
    client = visiting(app)
    answer = sign_in(client, name.upper(), next="/account?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if "_session=" in one)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = client.get("/account")
    assert page.status_code == 200
    assert "no-store" in page.headers["cache-control"]
    assert name in page.text
    assert "Auditor" in page.text


def test_on_a_phone_a_worker_begins_with_the_grid(
    app: FastAPI, name: str, database_url: str
) -> None:
    with owner_session(database_url) as opened:
        account = opened.scalars(select(Account.id).where(Account.name == name)).one()
        held = update(AccountRole).where(AccountRole.account_id == account)
        opened.execute(held.values(role="grid_worker", place=str(uuid4())))
    phone, desk = "Mozilla/5.0 (Linux; Android 10) Mobile Safari", "Mozilla/5.0 (X11; Linux)"
    for agent, wanted, led in (
        (phone, "", "/worker"),
        (phone, "/cases", "/cases"),
        (desk, "", "/account"),
    ):
        answer = sign_in(visiting(app, {"User-Agent": agent}), name, next=wanted)
        assert answer.headers["location"] == led


def test_only_digests_are_kept(app: FastAPI, name: str, database_url: str) -> None:
    client = visiting(app)
    sign_in(client, name)
    token = client.cookies["hongge_session"]
    with owner_session(database_url) as opened:
        kept = opened.scalars(select(AccountSession.token_sha256)).all()
        hashes = opened.scalars(select(Account.password_hash)).all()
    assert token.encode() not in kept
    assert all(one.startswith("$argon2id$") for one in hashes if one)


def test_what_is_wrong_is_never_said(app: FastAPI, name: str) -> None:
    answers = [
        sign_in(visiting(app), who, password)
        for who, password in ((name, "wrong"), ("nobody at all", PASSWORD), (name, ""))
    ]
    assert {one.status_code for one in answers} == {401}
    said = {re.sub(r'value="[^"]*"|autofocus', "", one.text) for one in answers}
    assert len(said) == 1


def test_the_disabled_are_told_the_same(app: FastAPI, name: str, database_url: str) -> None:
    with owner_session(database_url) as opened:
        opened.execute(update(Account).where(Account.name == name).values(disabled_at=func.now()))
    assert sign_in(visiting(app), name).status_code == 401


def test_https_cookies_belong_to_the_host(
    app: FastAPI, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HONGGE_PUBLIC_URL", "https://testserver")
    settings.cache_clear()
    client = visiting(app)
    client.base_url = "https://testserver"
    answer = sign_in(client, name)
    settings.cache_clear()
    cookies = answer.headers.get_list("set-cookie")
    assert all(one.startswith("__Host-") and "Secure" in one for one in cookies)


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/log"],
)
def test_nobody_is_led_elsewhere(
    app: FastAPI, name: str, elsewhere: str, database_url: str
) -> None:
    forget(database_url)
    assert sign_in(visiting(app), name, next=elsewhere).headers["location"] == "/account"


def test_guessing_slows_down_and_says_for_how_long(
    app: FastAPI, name: str, database_url: str
) -> None:
    client = at(app, "10.1.0.1")
    for _ in range(5):
        assert sign_in(client, name, "wrong").status_code == 401
    answer = sign_in(client, name)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    assert f"Try again in {answer.headers['retry-after']} seconds." in answer.text
    assert sign_in(at(app, "10.1.0.2"), name).status_code == 303
    forget(database_url)
    assert sign_in(client, name).status_code == 303


def test_a_flood_of_guesses_leaves_colleagues_in_peace(app: FastAPI, name: str) -> None:
    """Who has signed in before, from that address or with that browser, is let through."""
    colleague = at(app, "10.2.0.1")
    assert sign_in(colleague, name).status_code == 303
    for number in range(31):
        sign_in(at(app, f"10.3.0.{number}"), name, "wrong")
    assert sign_in(at(app, "10.2.0.2"), name).status_code == 429
    colleague.cookies.delete("hongge_session")
    elsewhere = at(app, "10.2.0.3")
    elsewhere.cookies.set("hongge_browser", colleague.cookies["hongge_browser"])
    assert sign_in(elsewhere, name).status_code == 303
    assert sign_in(at(app, "10.2.0.1"), name).status_code == 303


def test_an_address_that_tries_many_names_slows_down(app: FastAPI) -> None:
    for number in range(30):
        assert sign_in(at(app, "10.4.0.1"), f"name-{number}", "x").status_code == 401
    assert sign_in(at(app, "10.4.0.1"), "one more", "x").status_code == 429


def test_names_that_are_tried_are_not_kept(app: FastAPI, database_url: str) -> None:
    sign_in(at(app, "10.5.0.1"), "my-password-typed-here", "x")
    with owner_session(database_url) as opened:
        names = opened.scalars(select(LoginAttempt.name)).all()
    assert all(re.fullmatch(r"[0-9a-f]{64}", one) for one in names)


def test_sessions_end_when_they_are_idle_or_old(app: FastAPI, name: str, database_url: str) -> None:
    for column, ago in (("last_seen_at", "2 hours"), ("expires_at", "1 second")):
        client = visiting(app)
        sign_in(client, name)
        assert client.get("/api/v1/me").status_code == 200
        with owner_session(database_url) as opened:
            opened.execute(
                update(AccountSession).values(
                    {column: func.now() - func.cast(ago, type_=_interval())}
                )
            )
        assert client.get("/api/v1/me").status_code == 401


def _interval() -> object:
    from sqlalchemy import Interval  # noqa: PLC0415 - of this helper alone

    return Interval()


def test_one_may_log_out_everywhere(app: FastAPI, name: str) -> None:
    here, there = visiting(app), visiting(app)
    for client in (here, there):
        assert sign_in(client, name).status_code == 303
    assert here.get("/account").text.count('/account/sessions/end"') == 1
    assert send(here, "/account/sessions/end-all").status_code == 303
    assert [one.get("/api/v1/me").status_code for one in (here, there)] == [401, 401]


def test_one_browser_may_be_signed_out(app: FastAPI, name: str) -> None:
    here, there = visiting(app), visiting(app)
    for client in (there, here):
        sign_in(client, name)
    found = re.search(r'name="key" value="([0-9a-f]{64})"', here.get("/account").text)
    assert found
    assert send(here, "/account/sessions/end", key=found[1]).status_code == 303
    assert [one.get("/api/v1/me").status_code for one in (here, there)] == [200, 401]
    assert send(here, "/account/sessions/end", key="0" * 64).status_code == 404
    assert send(here, "/logout").status_code == 303
    assert here.get("/api/v1/me").status_code == 401


def test_a_new_password_ends_other_sessions(app: FastAPI, name: str) -> None:
    here, there = visiting(app), visiting(app)
    for client in (here, there):
        sign_in(client, name)
    before = here.cookies["hongge_session"]
    fields = {"password": PASSWORD, "new_password": OTHER, "repeated": OTHER}
    page = "/account/password"
    for wrong in (
        {"repeated": "x"},
        {"password": "x"},
        {"new_password": "short", "repeated": "short"},
        {"new_password": PASSWORD, "repeated": PASSWORD},
    ):
        assert send(here, page, page, **(fields | wrong)).status_code == 422
    assert send(here, page, page, **fields).status_code == 303
    assert here.cookies["hongge_session"] != before
    assert [one.get("/api/v1/me").status_code for one in (here, there)] == [200, 401]
    assert sign_in(visiting(app), name).status_code == 401
    assert sign_in(visiting(app), name, OTHER).status_code == 303


def test_a_password_given_out_is_replaced_first(app: FastAPI, name: str, database_url: str) -> None:
    with owner_session(database_url) as opened:
        opened.execute(
            update(Account).where(Account.name == name).values(must_change_password=True)
        )
    client = visiting(app, {"Accept": "text/html"})
    sign_in(client, name)
    answer = client.get("/audit")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account/password?next=")
    assert client.get("/api/v1/issues").status_code == 403
    page = "/account/password"
    fields = {"password": PASSWORD, "new_password": OTHER, "repeated": OTHER}
    assert send(client, page, page, **fields).status_code == 303
    assert client.get("/audit").status_code == 200


def test_old_hashes_are_renewed(app: FastAPI, name: str, database_url: str) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    with owner_session(database_url) as opened:
        opened.execute(update(Account).where(Account.name == name).values(password_hash=weak))
    assert sign_in(visiting(app), name).status_code == 303
    with owner_session(database_url) as opened:
        kept = opened.scalars(select(Account.password_hash).where(Account.name == name)).one()
    assert kept is not None
    assert "m=65536" in kept


def test_a_token_is_shown_once_and_can_be_revoked(
    app: FastAPI, name: str, database_url: str
) -> None:
    client = visiting(app)
    sign_in(client, name)
    made = send(client, "/account/tokens", name="report", scopes="issues:read", days="30")
    found = TOKEN.search(made.text)
    assert found
    assert found[0] not in client.get("/account").text
    bearer = visiting(app, {"Authorization": f"Bearer {found[0]}"})
    assert bearer.get("/api/v1/me").json()["scopes"] == ["issues:read"]
    assert bearer.get("/api/v1/issues").status_code == 200
    with owner_session(database_url) as opened:
        kept = opened.query(ApiToken).filter_by(name="report").one()
    assert kept.last_used_at
    assert found[0].encode() not in kept.token_sha256
    for wrong in ({"days": "0"}, {"days": "9999"}, {"scopes": "all"}, {"name": " "}):
        fields = {"name": "more", "scopes": "issues:read", "days": "1"} | wrong
        assert send(client, "/account/tokens", **fields).status_code == 422
    assert send(client, "/account/tokens/revoke", id=str(kept.id)).status_code == 303
    assert bearer.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "too short"),
        ("x" * 300, "too long"),
        ("passwordpassword", "easy to guess"),
        ("123456789012345", "easy to guess"),
        ("we all love hongge here", "hongge"),
        ("ＨＯＮＧＧＥ is a big wide field", "hongge"),
        ("lantern wangwu teapot 5", "wangwu"),
    ],
)
def test_weak_passwords_are_refused_with_a_reason(password: str, why: str) -> None:
    reason = weakness(password, ["wangwu"])
    assert reason is not None
    assert why in str(reason)


def test_good_passwords_are_taken() -> None:
    for password in (PASSWORD, OTHER, pronounceable(), "山外青山楼外楼西湖歌舞几时休啊"):
        assert weakness(password, ["wangwu", "井冈山市"]) is None, password


def test_breached_passwords_are_found(tmp_path: Path) -> None:
    listed = [f"password {number}" for number in range(300)]
    digests = sorted(
        sha1(one.encode(), usedforsecurity=False).hexdigest().upper() for one in listed
    )
    for end in ("\n", "\r\n"):
        file = tmp_path / "breached.txt"
        file.write_bytes("".join(f"{one}:{n}{end}" for n, one in enumerate(digests)).encode())
        assert all(breached(one, file) for one in listed)
        assert not any(breached(f"{one}!", file) for one in listed)


def test_a_list_of_breached_passwords_that_is_set_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "breached.txt"
    file.write_text(sha1(PASSWORD.encode(), usedforsecurity=False).hexdigest().upper() + ":1\n")
    monkeypatch.setattr(settings(), "breached_passwords", file)
    with pytest.raises(InvalidFieldError, match="stolen"):
        check_password(PASSWORD, ())
    check_password(OTHER, ())
