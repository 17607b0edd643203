"""The table of endpoints through HTTP: every endpoint, every role, every kind of token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi import APIRouter

from api.app import create_app
from api.permissions import (
    ACCOUNT,
    ANY_TOKEN,
    ENDPOINTS,
    RESIDENT,
    EndpointsDifferError,
    check_endpoints,
    endpoints,
)
from geo.flows.tokens import SCOPES, make_token
from geo.store.asking import Asker
from geo.store.engine import owner_session
from tests.people import PLACES, make_accounts
from tests.visitors import ending, session_headers, visiting

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi import FastAPI

ROLES = (RESIDENT, *PLACES)
VALUES = {
    "layer": "grids",
    **dict.fromkeys(("z", "x", "y", "number", "household_id", "member_id"), "1"),
    "code": "D1",
}
REFUSED = {401, 403}
ALL = sorted(ENDPOINTS)


@pytest.fixture(scope="module")
def accounts(database_url: str, grids: dict[str, UUID]) -> dict[str, int]:
    assert grids
    with owner_session(database_url) as opened:
        return make_accounts(opened)


@pytest.fixture(scope="module")
def tokens(database_url: str, accounts: dict[str, int]) -> dict[tuple[str, str], str]:
    return {
        (role, scope): make_token(
            Asker("account", accounts[role]), scope, [scope], 1, url=database_url
        )
        for role in PLACES
        for scope in SCOPES
    }


def address(path: str) -> str:
    filled = re.sub(
        r"\{(\w+)(?::uuid)?\}", lambda found: VALUES.get(found[1], f"<{found[1]}>"), path
    )
    for name in ("<issue_id>", "<plan_id>"):
        filled = filled.replace(name, str(uuid4()))
    return ending(filled.replace("<account_id>", "999999"))


def call(app: FastAPI, endpoint: tuple[str, str], headers: dict[str, str]) -> int:
    method, path = endpoint
    body = {} if method == "GET" else {"json": {}}
    more = {"Accept": "application/json"}
    return visiting(app, headers | more).request(method, address(path), **body).status_code  # type: ignore[arg-type]


@pytest.mark.parametrize("endpoint", ALL, ids=" ".join)
def test_every_role_is_let_through_as_the_table_says(
    app: FastAPI,
    accounts: dict[str, int],
    database_url: str,
    endpoint: tuple[str, str],
) -> None:
    rule = ENDPOINTS[endpoint]
    for role in ROLES:
        headers = {} if role == RESIDENT else session_headers(database_url, accounts[role])
        status = call(app, endpoint, headers)
        own = {role} if role == RESIDENT else {role, ACCOUNT}
        if own & rule.who:
            # The sign-in form says 403 to whoever comes without having loaded it.
            assert status not in REFUSED or endpoint == ("POST", "/login"), (role, status)
            assert status < 500 or endpoint[1].startswith("/login/openid"), (role, status)
        else:
            assert status == (401 if role == RESIDENT else 403), (role, status)


def pairs(endpoint: tuple[str, str]) -> set[tuple[str, str]]:
    """Return roles and scopes of tokens to try: each role with the right scope, each scope twice.

    Whoever is let in has a token of every scope, and so has another role, which differs from
    endpoint to endpoint; all the rest have one of the scope that is asked for.
    """
    rule, scopes = ENDPOINTS[endpoint], sorted(SCOPES)
    right = rule.scope if rule.scope in scopes else scopes[ALL.index(endpoint) % len(scopes)]
    let_in = [role for role in PLACES if {role, ACCOUNT} & rule.who] or list(PLACES)
    turn = ALL.index(endpoint)
    twice = (let_in[turn % len(let_in)], [*PLACES][turn % len(PLACES)])
    return {(role, right) for role in PLACES} | {(role, one) for role in twice for one in scopes}


@pytest.mark.parametrize("endpoint", ALL, ids=" ".join)
def test_a_token_does_what_it_is_for_and_no_more(
    app: FastAPI, endpoint: tuple[str, str], tokens: dict[tuple[str, str], str]
) -> None:
    rule = ENDPOINTS[endpoint]
    if endpoint[1] in {"/static", "/api/openapi.json"}:
        pytest.skip("outside the framework: open to all, whatever they send")
    for role, scope in sorted(pairs(endpoint)):
        status = call(app, endpoint, {"Authorization": f"Bearer {tokens[role, scope]}"})
        allowed = bool({role, ACCOUNT} & rule.who) and rule.scope in {ANY_TOKEN, scope}
        if endpoint == ("POST", "/login"):
            continue
        assert (status not in REFUSED) == allowed, (role, scope, status)


@pytest.mark.parametrize("token", ["hg_unknown", "", "Bearer", "hg_" + "x" * 300])
def test_a_token_that_is_none_is_refused_everywhere(app: FastAPI, token: str) -> None:
    for path in ("/api/v1/grids", "/api/v1/issues", "/api/v1/me"):
        answer = visiting(app, {"Authorization": f"Bearer {token}"}).get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_the_disabled_are_nobody(app: FastAPI, accounts: dict[str, int], database_url: str) -> None:
    with owner_session(database_url) as opened:
        opened.execute(_enabling(accounts["disabled"], enabled=True))
    headers = session_headers(database_url, accounts["disabled"])
    assert visiting(app, headers).get("/api/v1/me").status_code == 200
    with owner_session(database_url) as opened:
        opened.execute(_enabling(accounts["disabled"], enabled=False))
    assert visiting(app, headers).get("/api/v1/me").status_code == 401


def _enabling(account_id: int, *, enabled: bool) -> object:
    from sqlalchemy import func, update  # noqa: PLC0415 - of this helper alone

    from geo.store.models import Account  # noqa: PLC0415 - the same

    at = None if enabled else func.clock_timestamp()
    return update(Account).where(Account.id == account_id).values(disabled_at=at)


def test_pages_lead_to_signing_in_and_back(app: FastAPI) -> None:
    answer = visiting(app, {"Accept": "text/html"}).get("/cases?state=triage")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fcases%3Fstate%3Dtriage"


def test_an_endpoint_without_a_rule_stops_the_application() -> None:
    app = create_app()
    check_endpoints(app.routes)
    assert set(endpoints(app.routes)) == set(ENDPOINTS)
    more = APIRouter()
    more.add_api_route("/api/v1/everything", lambda: "", methods=["GET"])
    app.include_router(more)
    with pytest.raises(EndpointsDifferError, match="/api/v1/everything"):
        check_endpoints(app.routes)


def test_the_description_says_what_each_endpoint_needs(app: FastAPI) -> None:
    described = visiting(app).get("/api/openapi.json").json()
    assert set(described["components"]["securitySchemes"]) == {"session", "csrf", "token", "follow"}
    told = {
        (method.upper(), path): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    assert len(told) > 10
    for endpoint, operation in told.items():
        rule, ways = ENDPOINTS[endpoint], operation["security"]
        assert ({} in ways) == (RESIDENT in rule.who), endpoint
        assert ({"follow": []} in ways) == rule.follow, endpoint
        assert any("csrf" in way for way in ways) == (endpoint[0] != "GET"), endpoint
        scopes = [way["token"] for way in ways if "token" in way]
        assert scopes == ([] if rule.scope is None else [[*({rule.scope} - {ANY_TOKEN})]]), endpoint
        everybody = set(PLACES) if ACCOUNT in rule.who else set()
        assert set(operation["x-roles"]) == rule.who - {ACCOUNT} | everybody, endpoint
