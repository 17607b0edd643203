"""Signing in by an OpenID Connect provider, over HTTP, with a provider that runs for the test."""

from __future__ import annotations

import json
import warnings
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from geo.errors import SettingMissingError
from geo.flows import openid
from geo.settings import settings
from geo.store.engine import owner_session
from geo.store.models import Account
from tests.people import make_accounts
from tests.visitors import started, visiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from fastapi import FastAPI
    from starlette.testclient import TestClient

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from oidc_provider_mock import User, run_server_in_thread

SUBJECT = "4711"
CLIENT_ID, SECRET = "hongge", "a-secret-that-no-log-may-hold"


@pytest.fixture(scope="module")
def app(database_url: str, grids: dict[str, UUID]) -> Iterator[FastAPI]:
    assert grids
    with owner_session(database_url) as opened:
        make_accounts(opened)
    with started(database_url) as running:
        yield running


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with provider(monkeypatch) as address:
        yield address


def provider(monkeypatch: pytest.MonkeyPatch, **more: Any) -> Any:
    from contextlib import contextmanager  # noqa: PLC0415 - of this helper alone

    @contextmanager
    def running() -> Iterator[str]:
        claims = {"preferred_username": "grid_worker", "name": "某人", "email": "a@example"}
        with (
            warnings.catch_warnings(),
            run_server_in_thread(user_claims=[User(sub=SUBJECT, claims=claims)], **more) as server,
        ):
            warnings.simplefilter("ignore")
            address = f"http://localhost:{server.server_port}"
            monkeypatch.setenv("HONGGE_OIDC_ISSUER", address)
            monkeypatch.setenv("HONGGE_PUBLIC_URL", "http://testserver")
            monkeypatch.setenv("HONGGE_OIDC_CLIENT_ID", CLIENT_ID)
            monkeypatch.setenv("HONGGE_OIDC_CLIENT_SECRET", SECRET)
            settings.cache_clear()
            yield address
        settings.cache_clear()

    return running()


def leave(client: TestClient) -> str:
    """Go to the provider, and return its address with our question."""
    answer = client.get("/login/openid?next=/account")
    assert answer.status_code == 303
    return answer.headers["location"]


def agree(question: str, subject: str = SUBJECT) -> str:
    """Agree at the provider, and return where it sends the browser."""
    answer = httpx2.post(question, data={"sub": subject}, timeout=60)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def test_somebody_known_comes_in(
    app: FastAPI, issuer: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = visiting(app)
    question = leave(client)
    asked = parse_qs(urlsplit(question).query)
    assert question.startswith(f"{issuer}/oauth2/authorize?")
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    answer = client.get(agree(question))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert client.get("/api/v1/me").json()["name"] == "grid_worker"
    assert SECRET not in caplog.text
    assert SECRET not in repr(settings())


def test_an_answer_counts_once_and_in_its_own_browser(app: FastAPI, issuer: str) -> None:
    assert issuer
    client = visiting(app)
    back = agree(leave(client))
    cookie = client.cookies["hongge_state"]
    assert visiting(app).get(back).status_code == 502
    assert client.get(back).status_code == 303
    again = visiting(app, {"Cookie": f"hongge_state={cookie}"})
    assert again.get(back).status_code == 502
    assert again.get("/api/v1/me").status_code == 401


def test_somebody_without_an_account_stays_out(
    app: FastAPI, issuer: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpx2.put(
        f"{issuer}/users/4712",
        json={"preferred_username": "new-colleague", "name": "新人"},
        timeout=60,
    )
    client = visiting(app)
    assert client.get(agree(leave(client), "4712")).status_code == 403
    monkeypatch.setenv("HONGGE_OIDC_CREATE_ACCOUNTS", "true")
    settings.cache_clear()
    assert client.get(agree(leave(client), "4712")).status_code == 303
    assert client.get("/api/v1/me").json()["roles"] == []
    with owner_session(database_url) as opened:
        made = opened.query(Account).filter_by(name="new-colleague").one()
    assert (made.password_hash, made.display_name) == (None, "新人")


def test_a_name_is_linked_once(app: FastAPI, issuer: str) -> None:
    """Whoever takes over a name at the provider doesn't get the account it was linked to."""
    client = visiting(app)
    assert client.get(agree(leave(client))).status_code == 303
    httpx2.put(f"{issuer}/users/4713", json={"preferred_username": "grid_worker"}, timeout=60)
    other = visiting(app)
    assert other.get(agree(leave(other), "4713")).status_code == 403


def test_an_unverified_address_links_nobody(
    app: FastAPI, issuer: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HONGGE_OIDC_NAME_CLAIM", "email")
    settings.cache_clear()
    with owner_session(database_url) as opened:
        opened.add(Account(name="b@example", display_name="b", created_by="tests"))
    for verified, status in ((False, 403), (True, 303)):
        claims = {"email": "b@example", "email_verified": verified}
        httpx2.put(f"{issuer}/users/4714", json=claims, timeout=60)
        client = visiting(app)
        assert client.get(agree(leave(client), "4714")).status_code == status


def test_a_refusal_at_the_provider_is_told(app: FastAPI, issuer: str) -> None:
    assert issuer
    client = visiting(app)
    answer = httpx2.post(leave(client), data={"action": "deny"}, timeout=60)
    back = urlsplit(answer.headers["location"])
    state = client.cookies["hongge_state"]
    assert client.get(f"{back.path}?error=access_denied&state={state}").status_code == 502


@pytest.mark.parametrize(
    "change",
    [
        lambda known, nonce: (known, nonce + "x"),
        lambda known, nonce: (known._replace(client_id="another"), nonce),
        lambda known, nonce: (known._replace(issuer="https://another.example"), nonce),
    ],
    ids=["nonce", "audience", "issuer"],
)
def test_an_id_token_for_others_is_refused(
    app: FastAPI,
    issuer: str,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[openid.Provider, str], tuple[openid.Provider, str]],
) -> None:
    assert issuer
    read = openid.read_id_token

    def other(token: Any, nonce: str, known: openid.Provider) -> Any:
        known, nonce = change(known, nonce)
        return read(token, nonce, known)

    monkeypatch.setattr(openid, "read_id_token", other)
    client = visiting(app)
    assert client.get(agree(leave(client))).status_code == 502
    assert client.get("/api/v1/me").status_code == 401


def test_an_expired_id_token_is_refused(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    age = timedelta(seconds=-openid.LEEWAY_S - 60)
    with provider(monkeypatch, access_token_max_age=age):
        client = visiting(app)
        assert client.get(agree(leave(client))).status_code == 502
    assert "expired" in caplog.text.lower()


def test_a_token_signed_by_others_is_refused(app: FastAPI, issuer: str) -> None:
    from joserfc import jwt  # noqa: PLC0415 - of this test alone
    from joserfc.errors import JoseError  # noqa: PLC0415 - the same
    from joserfc.jwk import RSAKey  # noqa: PLC0415 - the same

    assert app
    known = openid.provider()
    key = RSAKey.generate_key(2048)
    claims = {"iss": issuer, "aud": CLIENT_ID, "sub": SUBJECT, "nonce": "n", "iat": 0, "exp": 9e9}
    for algorithm, signer in (("RS256", key),):
        forged = jwt.encode({"alg": algorithm}, claims, signer)
        with pytest.raises((JoseError, ValueError)):
            openid.read_id_token({"id_token": forged}, "n", known)
    unsigned = ".".join(_encoded(one) for one in ({"alg": "none"}, claims)) + "."
    with pytest.raises((JoseError, ValueError)):
        openid.read_id_token({"id_token": unsigned}, "n", known)


def _encoded(part: dict[str, Any]) -> str:
    from base64 import urlsafe_b64encode  # noqa: PLC0415 - of this helper alone

    return urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def test_the_way_back_is_never_made_from_a_request(app: FastAPI, issuer: str) -> None:
    assert issuer
    client = visiting(app, {"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    asked = parse_qs(urlsplit(leave(client)).query)
    assert asked["redirect_uri"] == ["http://testserver/login/openid/return"]


@pytest.mark.parametrize("missing", ["HONGGE_PUBLIC_URL", "HONGGE_OIDC_CLIENT_ID"])
def test_a_provider_needs_its_settings(
    issuer: str, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    assert issuer
    monkeypatch.delenv(missing)
    settings.cache_clear()
    with pytest.raises(SettingMissingError, match=missing):
        settings()


def test_a_provider_must_be_encrypted_and_itself(
    app: FastAPI, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = urlsplit(issuer).port
    monkeypatch.setenv("HONGGE_OIDC_ISSUER", f"http://127.0.0.1:{port}/")
    settings.cache_clear()
    assert visiting(app).get("/login/openid").status_code == 502
    monkeypatch.setenv("HONGGE_OIDC_ISSUER", "http://sso.example")
    settings.cache_clear()
    assert visiting(app).get("/login/openid").status_code == 500
