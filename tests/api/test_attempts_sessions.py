"""Attempts on who somebody is: forged and planted sessions, other sites' forms, false addresses."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import select

from api.permissions import ENDPOINTS
from geo.flows.passwords import hashed
from geo.settings import settings
from geo.store.engine import owner_session
from geo.store.models import Account, AccountSession, Issue
from tests import town
from tests.people import make_accounts
from tests.visitors import ending, session_headers, started, visiting

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi import FastAPI
    from httpx2 import Response
    from starlette.testclient import TestClient

NAME, PASSWORD = "community_staff", "Teapot-Orchard-52-Lamp"
COOKIE = "hongge_session"
EVIL = "https://evil.example"
FIELD = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="csrf_token"')


@pytest.fixture(scope="module")
def accounts(database_url: str, grids: dict[str, UUID]) -> dict[str, int]:
    assert grids
    with owner_session(database_url) as opened:
        made = make_accounts(opened)
        opened.get_one(Account, made[NAME]).password_hash = hashed(PASSWORD)
    return made


def form_token(answer: Response) -> str:
    found = FIELD.search(answer.text)
    assert found, answer.text
    return found[1] or found[2]


def sign_in(client: TestClient, **more: str) -> Response:
    token = form_token(client.get("/login"))
    return client.post(
        "/login", data={"name": NAME, "password": PASSWORD, "csrf_token": token} | more
    )


def signed_in(client: TestClient) -> bool:
    return client.get("/api/v1/me").status_code == 200


def test_signing_in_works_at_all(app: FastAPI) -> None:
    client = visiting(app)
    assert not signed_in(client)
    assert sign_in(client).status_code == 303
    assert signed_in(client)


@pytest.mark.parametrize(
    "token",
    [
        "A" * 43,
        "",
        "0",
        "null",
        "../../etc/passwd",
        "' OR ''='",
        "x" * 5000,
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbmlzdHJhdG9yIn0.",
    ],
)
def test_a_forged_session_is_none(app: FastAPI, token: str) -> None:
    for headers in ({"Cookie": f"{COOKIE}={token}"}, {"Cookie": f"__Host-{COOKIE}={token}"}):
        assert not signed_in(visiting(app, headers))
    assert visiting(app, {"Authorization": f"Bearer {token}"}).get("/").status_code in {200, 401}
    assert not signed_in(visiting(app, {"Authorization": f"Bearer {token}"}))


def test_what_the_database_keeps_is_no_session(app: FastAPI, database_url: str) -> None:
    """Whoever reads a backup has digests, and can't sign in with them."""
    assert sign_in(visiting(app)).status_code == 303
    with owner_session(database_url) as opened:
        digests = opened.scalars(select(AccountSession.token_sha256)).all()
    assert digests
    for digest in digests:
        assert not signed_in(visiting(app, {"Cookie": f"{COOKIE}={digest.hex()}"}))


def test_a_planted_session_is_not_taken_over(app: FastAPI, database_url: str) -> None:
    """Fixation: whatever the browser brings along, signing in makes a new session."""
    planted = "P" * 43
    client = visiting(app)
    client.cookies.set(COOKIE, planted)
    answer = sign_in(client)
    given = answer.cookies[COOKIE]
    assert given != planted
    assert not signed_in(visiting(app, {"Cookie": f"{COOKIE}={planted}"}))
    with owner_session(database_url) as opened:
        kept = opened.scalars(select(AccountSession.token_sha256)).all()
    assert hashlib.sha256(planted.encode()).digest() not in kept


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(app: FastAPI) -> None:
    client = visiting(app)
    token = form_token(client.get("/login"))
    answer = client.post("/login", data={"name": NAME, "password": PASSWORD, "csrf_token": token})
    cookies = answer.headers.get_list("set-cookie")
    assert any(one.startswith(COOKIE) for one in cookies)
    for one in cookies:
        assert "httponly" in one.lower()
        assert "samesite=lax" in one.lower()


def test_over_tls_cookies_are_bound_to_the_host(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "public_url", "https://grid.example")
    answer = visiting(app).get("/login")
    for one in answer.headers.get_list("set-cookie"):
        assert one.startswith("__Host-")
        assert "secure" in one.lower()
        assert "domain" not in one.lower()


class Sent(NamedTuple):
    """What a browser says of where a request comes from."""

    what: str
    headers: dict[str, str]


FROM_ELSEWHERE = (
    Sent("another site", {"Sec-Fetch-Site": "cross-site", "Origin": EVIL}),
    Sent("a sibling", {"Sec-Fetch-Site": "same-site", "Origin": "http://a.testserver"}),
    Sent("an old browser", {"Origin": EVIL}),
    Sent("a sandbox", {"Origin": "null"}),
    Sent("a lookalike", {"Origin": "http://testserver.evil.example"}),
)
CHANGING = sorted(one for one in ENDPOINTS if one[0] != "GET" and one[1] != "/login")


@pytest.mark.parametrize("sent", FROM_ELSEWHERE, ids=lambda sent: sent.what)
@pytest.mark.parametrize("endpoint", CHANGING, ids=" ".join)
def test_no_other_site_acts_for_somebody(
    app: FastAPI,
    database_url: str,
    accounts: dict[str, int],
    endpoint: tuple[str, str],
    sent: Sent,
) -> None:
    """Even when it knows the form's token, which it can't."""
    known = session_headers(database_url, accounts[who_may(endpoint[1])])
    answer = send_somehow(visiting(app, known | sent.headers), endpoint)
    assert answer.status_code in {401, 403}, answer.text


@pytest.mark.parametrize("endpoint", CHANGING, ids=" ".join)
@pytest.mark.parametrize("token", [None, "", "x" * 43])
def test_no_form_acts_without_its_token(
    app: FastAPI,
    database_url: str,
    accounts: dict[str, int],
    endpoint: tuple[str, str],
    token: str | None,
) -> None:
    known = session_headers(database_url, accounts[who_may(endpoint[1])])
    del known["X-CSRF-Token"]
    if token is not None:
        known["X-CSRF-Token"] = token
    answer = send_somehow(visiting(app, known), endpoint)
    assert answer.status_code in {401, 403}, answer.text


def who_may(path: str) -> str:
    if path.startswith(("/api/v1/plans", "/api/v1/generations")):
        return "planner"
    return "administrator" if path.startswith("/admin") else "street_dispatcher"


def send_somehow(client: TestClient, endpoint: tuple[str, str]) -> Response:
    method, path = endpoint
    for name in re.findall(r"{(\w+)}", path):
        key = "1" if name in NUMBERS else "00000000-0000-4000-8000-000000000000"
        path = path.replace(f"{{{name}}}", key)
    return client.request(method, path, content=b"a=b", headers={"Content-Type": FORM})


NUMBERS = {"account_id", "household_id", "resident_id", "number"}
FORM = "application/x-www-form-urlencoded"


def test_nobody_is_signed_in_by_another_site(app: FastAPI) -> None:
    client = visiting(app)
    form = {"name": NAME, "password": PASSWORD, "csrf_token": "guessed"}
    assert client.post("/login", data=form).status_code == 403
    token = form_token(client.get("/login"))
    elsewhere = {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}
    answer = client.post("/login", data=form | {"csrf_token": token}, headers=elsewhere)
    assert answer.status_code == 403
    assert not signed_in(client)


def test_reading_changes_nothing(app: FastAPI, database_url: str, accounts: dict[str, int]) -> None:
    client = visiting(app, session_headers(database_url, accounts["street_dispatcher"]))
    for path in ("/logout", "/account/sessions/end-all"):
        assert client.get(path).status_code in {404, 405}
    assert signed_in(client)


@pytest.mark.parametrize(
    "wanted",
    [
        EVIL,
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/%09/evil.example",
        "http://testserver@evil.example/",
        "",
    ],
)
def test_signing_in_never_leads_elsewhere(app: FastAPI, wanted: str) -> None:
    for ways in ("form", "query"):
        client = visiting(app)
        page = client.get("/login", params={"next": wanted} if ways == "query" else {})
        sent = re.search(r'name="next"[^>]*value="([^"]*)"', page.text)
        following = wanted if ways == "form" else (sent[1] if sent else "")
        answer = sign_in(client, next=following)
        where = answer.headers["location"]
        assert where.startswith("/"), where
        assert not where.startswith(("//", "/\\")), where
        assert not re.search(r"[\x00-\x20\\]", where), where


def test_signing_in_leads_back(app: FastAPI) -> None:
    answer = sign_in(visiting(app), next="/account?a=b")
    assert answer.headers["location"] == "/account?a=b"


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-URL"])
def test_a_false_host_is_part_of_no_answer(
    app: FastAPI, database_url: str, accounts: dict[str, int], header: str
) -> None:
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    for known in ({}, session_headers(database_url, accounts["auditor"])):
        client = visiting(app, known | {header: value, "Accept": "text/html"})
        for method, path in ENDPOINTS:
            if method == "GET" and "{" not in path:
                answer = client.get(ending(path))
                assert "evil.example" not in answer.text, path
                assert "evil.example" not in str(answer.headers), path
    body = {"text": "x", "jurisdiction": town.SLUG}
    answer = visiting(app, {header: value}).post("/api/v1/issues", json=body)
    assert "evil.example" not in answer.text + str(answer.headers)


def test_names_that_are_not_ours_are_refused_where_ours_are_set(
    database_url: str, accounts: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert accounts
    monkeypatch.setattr(settings(), "allowed_hosts", "grid.example, [2001:db8::1]")
    with started(database_url) as guarded:
        statuses = {
            host: visiting(guarded, {"Host": host}).get("/healthz").status_code
            for host in ("grid.example", "Grid.Example:8000", "[2001:db8::1]:80", "evil.example")
        }
    assert statuses == {
        "grid.example": 200,
        "Grid.Example:8000": 200,
        "[2001:db8::1]:80": 200,
        "evil.example": 400,
    }


def test_nothing_was_changed_by_all_this(database_url: str) -> None:
    with owner_session(database_url) as opened:
        states = opened.scalars(select(Issue.state)).all()
        disabled = opened.scalars(select(Account).where(Account.disabled_at.is_not(None))).all()
    assert set(states) <= {"collected", "triage"}
    assert [one.name for one in disabled] == ["disabled"]
