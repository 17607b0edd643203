"""Attempts by strings that mean something elsewhere: to SQL, to file systems, to headers."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import text

from api.static_files import STATIC_FOLDER
from geo.store.engine import owner_session
from tests import town
from tests.conftest import PROJECT
from tests.people import make_accounts
from tests.visitors import ENDLESS, session_headers, started, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from starlette.testclient import TestClient

INJECTIONS = (
    "' OR '1'='1",
    "'; DROP TABLE issue; --",
    "1); SELECT pg_sleep(20); --",
    "\\'; SELECT version(); --",
    "%' OR issue.text LIKE '%",
    "$$ || (SELECT password FROM service_login) || $$",
    "{{7*7}}${7*7}#{7*7}%(7*7)s",
    "%s %(name)s %n",
    "\x00",
    "\u202e\u2028\ufeff",
    "a" * 3000,
)
ODD_PATHS = (
    "../../pyproject.toml",
    "..%2f..%2fpyproject.toml",
    "%2e%2e/%2e%2e/pyproject.toml",
    "..%5c..%5cpyproject.toml",
    "....//....//pyproject.toml",
    "%252e%252e/%252e%252e/pyproject.toml",
    "/etc/passwd",
    "//etc/passwd",
    "%00/../../pyproject.toml",
    "vendor/../../../pyproject.toml",
    "..;/pyproject.toml",
    "C:%5cwindows%5cwin.ini",
    "file:///etc/passwd",
)
TOLD_BY_FILES = ("[build-system]", "root:x:", "hatchling")


@pytest.fixture(scope="module")
def clients(database_url: str, grids: dict[str, UUID]) -> Iterator[dict[str, TestClient]]:
    assert grids
    with owner_session(database_url) as opened:
        accounts = make_accounts(opened)
    with started(database_url) as app:
        wanted = ("street_dispatcher", "auditor", "administrator")
        known = {
            name: visiting(app, session_headers(database_url, accounts[name])) for name in wanted
        }
        yield {"nobody": visiting(app), **known}


@pytest.fixture(scope="module")
def reported(clients: dict[str, TestClient]) -> dict[str, Any]:
    lon, lat = town.spot(0.5, 1.5)
    body = {"text": "路灯不亮", "duty": town.DUTY, "location": {"lon": lon, "lat": lat}}
    told: dict[str, Any] = clients["nobody"].post("/api/v1/issues", json=body).json()
    return told


def operations(client: TestClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in client.get("/api/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def counted(url: str) -> dict[str, int]:
    tables = ("issue", "issue_event", "grid_version", "account", "household", "generation")
    with owner_session(url) as opened:
        return {name: opened.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in tables}  # noqa: S608 - names above


SENDERS = ("nobody", "street_dispatcher", "auditor")


@pytest.mark.parametrize("who", SENDERS)
def test_no_parameter_of_an_address_is_part_of_a_statement(
    clients: dict[str, TestClient], database_url: str, reported: dict[str, Any], who: str
) -> None:
    """Every parameter gets every string from those who are let in, in turn; one from the others."""
    before = counted(database_url)
    usual = {"lon": "114.271", "lat": "26.743", "issue_id": reported["id"], "number": "1"}
    usual |= {"layer": "grids", "z": "3", "x": "6", "y": "3"}
    sent = set()
    turns = count()
    for method, path, operation in operations(clients["nobody"]):
        parameters = operation.get("parameters", [])
        senders = let_in(operation)
        for parameter in parameters:
            for injection, number in zip(INJECTIONS, turns, strict=False):
                mine = who == senders[number % len(senders)] if who in senders else number % 10 == 0
                if not mine:
                    continue
                given = usual | {parameter["name"]: injection}
                where = path.format_map(Quoted(given)) if parameter["in"] == "path" else None
                address = where or path.format_map(Quoted(usual))
                needed = dict(parse_qsl(ENDLESS.get(path, ""))) | {
                    one["name"]: given.get(one["name"], "1")
                    for one in parameters
                    if one["in"] == "query" and (one.get("required") or one is parameter)
                }
                answer = clients[who].request(method, address, params=needed)
                assert answer.status_code < 500, (path, parameter["name"], injection, answer.text)
                assert "scram" not in answer.text.lower()
                sent.add((path, parameter["name"], injection))
    assert len(sent) > 100
    assert {injection for *_, injection in sent} == set(INJECTIONS)
    assert counted(database_url) == before


def let_in(operation: dict[str, Any]) -> list[str]:
    """Return the senders who are let in, as the endpoint says itself; all, where none is."""
    ways = operation["security"]
    open_to_all = {} in ways or {"follow": []} in ways
    return [one for one in SENDERS if open_to_all or one in operation["x-roles"]] or [*SENDERS]


class Quoted(dict[str, str]):
    """Values of a path, made fit for an address; what is missing is 1."""

    def __getitem__(self, name: str) -> str:
        from urllib.parse import quote  # noqa: PLC0415 - of this class alone

        return quote(self.get(name, "1"), safe="")

    def __contains__(self, name: object) -> bool:
        return True


def test_an_always_true_filter_finds_nothing(
    clients: dict[str, TestClient], reported: dict[str, Any]
) -> None:
    client = clients["street_dispatcher"]
    listed = client.get("/api/v1/issues", params={"grid": town.A2}).json()["issues"]
    assert [one["id"] for one in listed] == [reported["id"]]
    for injection in INJECTIONS[:5]:
        for name in ("grid", "duty", "jurisdiction"):
            answer = client.get("/api/v1/issues", params={name: injection})
            assert answer.json().get("issues") == [], (name, injection)


def test_no_field_of_a_report_is_part_of_a_statement(
    clients: dict[str, TestClient], database_url: str
) -> None:
    lon, lat = town.spot(0.5, 0.5)
    sound: dict[str, Any] = {"text": "x", "location": {"lon": lon, "lat": lat}}
    for injection in INJECTIONS:
        for more in (
            {"text": injection},
            {"duty": injection},
            {"jurisdiction": injection},
            {"occurred_at": injection},
            {"unit": {"building": injection, "room": injection}},
            {"unit": injection},
            {"reporter": {"name": injection, "phone": injection}},
            {"location": {"lon": lon, "lat": lat, "datum": injection}},
            {injection: injection},
        ):
            key = {"Idempotency-Key": injection[:100]} if injection.isprintable() else {}
            answer = clients["nobody"].post(
                "/api/v1/issues",
                json=sound | more,
                headers={name: value.encode() for name, value in key.items()},
            )
            assert answer.status_code in {201, 400, 422}, (more, answer.text)
    assert counted(database_url)["issue"] >= 1


def test_text_is_given_back_as_it_came(clients: dict[str, TestClient]) -> None:
    for injection in INJECTIONS:
        if "\x00" in injection:
            continue
        told = clients["nobody"].post(
            "/api/v1/issues", json={"text": injection, "jurisdiction": town.SLUG}
        )
        assert told.json()["text"] == injection


@pytest.mark.parametrize("path", ODD_PATHS)
def test_no_address_leads_out_of_its_folder(clients: dict[str, TestClient], path: str) -> None:
    key = "00000000-0000-4000-8000-000000000000"
    for start in (
        "/static/",
        "/static/v-0000000000/",
        "/tiles/",
        "/tiles/grids/3/6/",
        f"/api/v1/issues/{key}/photos/",
        "/api/v1/",
        "/",
        "/audit/",
        "/maps/",
    ):
        answer = clients["auditor"].get(start + path)
        assert answer.status_code in {303, 400, 404, 405, 422}, (start + path, answer.status_code)
        assert not [one for one in TOLD_BY_FILES if one in answer.text]


def test_a_link_out_of_the_static_folder_is_not_followed(clients: dict[str, TestClient]) -> None:
    assert (PROJECT / "pyproject.toml").is_file()
    inside = sorted(one for one in STATIC_FOLDER.rglob("*") if one.is_file())
    assert all(one.resolve().is_relative_to(STATIC_FOLDER.resolve()) for one in inside)
    assert clients["nobody"].get("/static/").status_code == 404
    assert clients["nobody"].get("/static/vendor").status_code == 404


@pytest.mark.parametrize("name", ["X-Request-ID", "Accept-Language", "Idempotency-Key", "Cookie"])
def test_no_header_is_made_by_another(clients: dict[str, TestClient], name: str) -> None:
    client = clients["nobody"]
    for value in ("a\tb", "zh; Set-Cookie: a=b", '"><script>', "x" * 500, "lang=en%0d%0aX-A: b"):
        for path in ("/", "/api/v1/issues", "/nowhere", "/login"):
            answer = client.get(path, headers={name: value})
            assert "x-a" not in answer.headers
            assert all(
                "\r" not in one and "\n" not in one and "<script>" not in one
                for one in answer.headers.values()
            )
    for path in ("/?lang=en%0d%0aX-A:%20b", "/nowhere%0d%0aX-A:%20b", "/login?next=/%0d%0aX-A:b"):
        answer = client.get(path)
        assert "x-a" not in answer.headers
        assert answer.status_code < 500
