"""Headers that every answer has, whatever it is an answer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.attachments import content_disposition, file_headers, safe_name
from api.headers import CONTENT_SECURITY_POLICY, HEADERS, SOURCES
from api.permissions import endpoints
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from httpx2 import Response

VALUES = {
    "{layer}": "grids",
    "{z}": "3",
    "{x}": "6",
    "{y}": "3",
    "{number}": "1",
}
SOMEBODY = {"Authorization": "Bearer hg_made_up"}


@pytest.fixture(scope="module")
def patient(database_url: str, grids: dict[str, UUID]) -> Iterator[TestClient]:
    assert grids
    app = create_app(database_url)
    with TestClient(
        app, raise_server_exceptions=False, follow_redirects=False, client=("127.0.0.1", 9)
    ) as client:
        yield client


def concrete(path: str) -> str:
    for name, value in VALUES.items():
        path = path.replace(name, value)
    while "{" in path:
        before, _, rest = path.partition("{")
        name, _, after = rest.partition("}")
        key = "1" if name == "account_id" else "00000000-0000-4000-8000-000000000000"
        path = before + key + after
    return path


def check(answer: Response, what: str) -> None:
    for name, value in HEADERS.items():
        given = answer.headers.get(name)
        if name == "Content-Security-Policy":
            assert given, what
            assert "default-src 'none'" in given, what
        elif name == "Referrer-Policy" and given == "no-referrer":
            assert "{secret}" in what or "{token}" in what, what
        else:
            assert given == value, (what, name)
    assert answer.headers.get("cache-control"), what
    assert answer.headers.get("x-request-id"), what
    assert "server" not in answer.headers, what


def test_the_policy_lets_nothing_inline_run() -> None:
    assert SOURCES["default-src"] == "'none'"
    assert SOURCES["script-src"] == SOURCES["style-src"] == "'self'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY


def test_every_endpoint_sends_them(patient: TestClient) -> None:
    found = sorted(set(endpoints(patient.app.routes)))
    assert len(found) > 10
    for method, path in found:
        for accept in ("application/json", "text/html"):
            answer = patient.request(method, concrete(path), headers={"Accept": accept})
            check(answer, f"{method} {path} {answer.status_code}")


def test_answers_to_somebody_known_are_kept_by_nobody(patient: TestClient) -> None:
    for method, path in sorted(set(endpoints(patient.app.routes))):
        if path.startswith(("/static", "/tiles")) or path == "/api/v1/locate":
            continue
        for shown in (SOMEBODY, {"Cookie": "hongge_session=made-up"}):
            answer = patient.request(method, concrete(path), headers=shown)
            kept = answer.headers["cache-control"]
            assert "no-store" in kept, (method, path, kept)


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", "/nowhere", {}),
        ("GET", "/static/nothing.css", {}),
        ("GET", "/static/../../pyproject.toml", {}),
        ("DELETE", "/api/v1/issues", {}),
        ("GET", "/tiles/grids/3/99/99.mvt", {}),
        ("GET", "/api/v1/locate?lon=114.271&lat=26.743", {}),
        ("GET", "/api/v1/locate?lon=x", {}),
        ("GET", f"/?q={'x' * 9000}", {}),
        ("POST", "/api/v1/issues", {"content": b" " * 2_000_000}),
        ("POST", "/api/v1/issues", {"content": b"{}", "headers": {"Content-Encoding": "gzip"}}),
        ("OPTIONS", "/api/v1/issues", {}),
        ("TRACE", "/", {}),
    ],
)
def test_refusals_send_them_too(
    patient: TestClient, method: str, path: str, more: dict[str, object]
) -> None:
    check(patient.request(method, path, **more), f"{method} {path}")  # type: ignore[arg-type]


def test_static_files_send_them(patient: TestClient) -> None:
    answer = patient.get("/static/hongge.css")
    assert answer.status_code == 200
    check(answer, "a static file")


def test_browsers_that_came_by_tls_keep_to_it(patient: TestClient) -> None:
    locate = "/api/v1/locate?lon=114.271&lat=26.743"
    for path in ("/", locate, "/nowhere", f"/?q={'x' * 9000}"):
        by_tls = patient.get(path, headers={"X-Forwarded-Proto": "https"})
        assert by_tls.headers["strict-transport-security"] == f"max-age={settings().hsts_s}", path
        assert "strict-transport-security" not in patient.get(path).headers


def test_only_a_trusted_proxy_is_believed(database_url: str, grids: dict[str, UUID]) -> None:
    assert grids
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.9.8.7", "X-Request-ID": "mine-1"}
    with TestClient(create_app(database_url), client=("203.0.113.9", 5)) as stranger:
        answer = stranger.get("/healthz", headers=told)
    assert "strict-transport-security" not in answer.headers
    assert answer.headers["x-request-id"] != "mine-1"
    with TestClient(create_app(database_url), client=("127.0.0.1", 5)) as proxy:
        assert proxy.get("/healthz", headers=told).headers["x-request-id"] == "mine-1"
        for odd in ("a b", "x" * 65, "<script>", "é", 'a"b'):
            headers = {"X-Request-ID": odd.encode("utf-8")}
            given = proxy.get("/healthz", headers=headers).headers["x-request-id"]
            assert given != odd
            assert given.isascii()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\r\nSet-Cookie: x=1", "aSet-Cookie_ x=1"),
        ('a"; filename="b.exe', "a__ filename=_b.exe"),
        ("/", "file"),
        ("\u202egnp.exe", "gnp.exe"),
        ("x" * 500 + ".csv", "x" * 116 + ".csv"),
        ("网格/一.csv", "网格_一.csv"),
        ("\ud800.csv", "csv"),
    ],
)
def test_names_of_files_are_made_safe(name: str, safe: str) -> None:
    cleaned = safe_name(name)
    assert not {"/", "\\", "\r", "\n", '"'} & set(cleaned)
    assert cleaned == safe or cleaned.lstrip("._") == safe
    header = content_disposition(name)
    header.encode("ascii")
    assert header.count('"') == 2


def test_files_are_never_run() -> None:
    headers = file_headers("a.jpeg")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-store"
