"""What the service writes down: every request, and nobody's secrets."""

from __future__ import annotations

import base64
import io
import json
import logging
import logging.config
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.logs import OWN, hide, log_settings
from api.permissions import ENDPOINTS, OPEN
from tests import town
from tests.conftest import PROJECT
from tests.pictures import encoded, notes, painted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from httpx2 import Response

PHONE = "13912345678"
PASSWORD = "correct-horse-9"  # noqa: S105 - sent everywhere, to be found nowhere
TOKEN = "hg_tokenvalue42"  # noqa: S105 - the same
NAME = "赵不愿留名"
TEXT = "楼下有人吵架的事"
SECRETS = (PHONE, PASSWORD, TOKEN, NAME, TEXT, "114.27123", "made-up-cookie", "follow-me-77")
URL = "/api/v1/issues"
Lines = list[dict[str, Any]]


@pytest.fixture
def written() -> Iterator[Callable[[], Lines]]:
    """Let everything be logged as the service does it, and return what was."""
    stream = io.StringIO()
    chosen = log_settings("json", "debug")
    chosen["handlers"]["stderr"]["stream"] = stream
    before = logging.root.handlers[:], logging.root.level
    own = [logging.getLogger(name) for name in OWN]
    logging.config.dictConfig(chosen)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.root.handlers[:], level = before
    logging.root.setLevel(level)
    for one in own:
        one.setLevel(logging.NOTSET)


@pytest.fixture
def client(
    database_url: str, grids: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    assert grids
    app = create_app(database_url)

    def broken(given: str = "") -> None:
        message = f"could not handle {given} {PHONE} {PASSWORD}"
        raise ValueError(message)

    monkeypatch.setitem(ENDPOINTS, ("GET", "/broken"), OPEN)
    app.add_api_route("/broken", broken, dependencies=[])
    with TestClient(app, raise_server_exceptions=False, client=("127.0.0.1", 7)) as opened:
        yield opened


def send_secrets(client: TestClient) -> Iterator[Response]:
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Cookie": "hongge_session=made-up-cookie",
        "X-CSRF-Token": TOKEN,
        "X-Follow-Key": "follow-me-77",
        "User-Agent": f"Agent {PHONE}",
        "Referer": f"http://testserver/?phone={PHONE}&password={PASSWORD}",
    }
    photo = base64.b64encode(encoded(painted(), exif=notes())).decode()
    lon, lat = town.spot(0.5, 1.5)
    body = {
        "text": f"{TEXT} {PHONE}",
        "location": {"lon": lon, "lat": lat},
        "reporter": {"name": NAME, "phone": PHONE},
        "photos": [{"media_type": "image/jpeg", "content_base64": photo}],
    }
    query = f"?phone={PHONE}&password={PASSWORD}&token={TOKEN}&name={NAME}"
    for given in ({}, headers):
        yield client.post(URL, json=body, headers=given)
        yield client.post(URL, json=body | {"duty": PHONE}, headers=given)
        yield client.post(URL, content=f'{{"text": "{PHONE}", {PASSWORD}'.encode(), headers=given)
        yield client.get(f"{URL}{query}", headers=given)
        yield client.get(f"{URL}/{PHONE}{query}", headers=given)
        yield client.get(f"/nowhere/{PHONE}/{NAME}{query}", headers=given)
        yield client.get(f"/{query}&lon=114.27123&lat=26.74", headers=given)
        yield client.get("/api/v1/locate?lon=114.27123&lat=26.74", headers=given)
        yield client.get(f"/broken{query}&given={PHONE}", headers=given)
        yield client.get(f"/static/{PHONE}{query}", headers=given)
        form = {"name": NAME, "password": PASSWORD, "csrf_token": TOKEN, "next": f"/{PHONE}"}
        yield client.post("/login", data=form, headers=given)
        yield client.post("/login", content=json.dumps(form).encode(), headers=given)


def test_secrets_sent_everywhere_are_written_nowhere(
    client: TestClient, written: Callable[[], Lines]
) -> None:
    statuses = {answer.status_code for answer in send_secrets(client)}
    assert {404, 422, 500} <= statuses
    lines = written()
    text = json.dumps(lines, ensure_ascii=False)
    assert len(lines) >= 20
    assert [secret for secret in SECRETS if secret in text] == []


def test_every_request_has_its_line(client: TestClient, written: Callable[[], Lines]) -> None:
    answers = [
        client.get("/healthz", headers={"X-Request-ID": "from-the-proxy-1"}),
        client.get("/api/v1/locate?lon=114.271&lat=26.743"),
        client.get("/api/v1/locate?lon=200&lat=26.743"),
        client.get("/tiles/grids/3/6/3.mvt"),
        client.get("/nowhere/at/all"),
    ]
    lines = [line for line in written() if line["logger"] == "hongge.access"]
    told = [(line["method"], line["route"], line["status"]) for line in lines]
    assert told == [
        ("GET", "/healthz", 200),
        ("GET", "/api/v1/locate", 200),
        ("GET", "/api/v1/locate", 422),
        ("GET", "/tiles/{layer}/{z}/{x}/{y}.mvt", answers[3].status_code),
        ("GET", "other", 404),
    ]
    assert [line["request_id"] for line in lines] == [
        one.headers["x-request-id"] for one in answers
    ]
    assert lines[0]["request_id"] == "from-the-proxy-1"
    assert all(line["ms"] >= 0 and line["time"].endswith("+00:00") for line in lines)


def test_a_fault_is_found_by_its_number(client: TestClient, written: Callable[[], Lines]) -> None:
    number = client.get(f"/broken?given={PHONE}").json()["request_id"]
    (fault,) = [line for line in written() if line["level"] == "error"]
    assert fault["request_id"] == number
    assert fault["error"][0] == "builtins.ValueError"
    assert any("test_logs.py" in line and line.endswith("broken") for line in fault["error"])


def test_texts_of_errors_are_written_on_demand_only(client: TestClient) -> None:
    stream = io.StringIO()
    for wanted in (False, True):
        handler = logging.StreamHandler(stream)
        form = log_settings("plain", "info", texts_of_errors=wanted)["formatters"]["ours"]
        handler.setFormatter(form["()"](texts_of_errors=form["texts_of_errors"]))
        logging.root.addHandler(handler)
        client.get("/broken?given=something")
        logging.root.removeHandler(handler)
        assert ("could not handle something" in stream.getvalue()) is wanted
    assert PHONE not in stream.getvalue()


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f"call {PHONE} now", "call [hidden] now"),
        ("id 36088119900101123X", "id [hidden]"),
        ("postgresql://me:pw@db/city", "postgresql://[hidden]@db/city"),
        ("Authorization: Bearer abc.def", "Authorization: [hidden] [hidden]"),
        ("GET /?phone=1&lon=2", "GET /?phone=[hidden]&lon=2"),
        ("2026-000123 at 114.271234", "2026-000123 at 114.271234"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, hidden: str) -> None:
    assert hide(text) == hidden


def test_a_terminal_gets_sentences() -> None:
    formatter = log_settings("plain", "info")["formatters"]["ours"]["()"]()
    record = logging.makeLogRecord(
        {"name": "hongge.access", "levelname": "INFO", "msg": "answered", "status": 200, "ms": 1.5}
    )
    assert formatter.format(record).endswith("INFO    hongge.access: answered status=200 ms=1.5")


def test_the_service_writes_json_lines_and_nothing_else(database_url: str, tmp_path: Path) -> None:
    """The server's own lines included, and what comes before the first request."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    variables = {"HONGGE_DATABASE_URL": database_url, "HONGGE_LOG_FORMAT": "json"}
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve"]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=PROJECT,
            env=os.environ | variables,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        ) as process,
    ):
        _wait(f"http://127.0.0.1:{port}/healthz")
        httpx2.get(f"http://127.0.0.1:{port}/?phone={PHONE}", timeout=60)
        with socket.create_connection(("127.0.0.1", port)) as odd:
            odd.sendall(f"BROKEN {PHONE}\r\n\r\n".encode())
            odd.recv(1000)
        process.send_signal(signal.SIGTERM)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {"uvicorn.error", "hongge.access"} <= {line["logger"] for line in lines}
    assert PHONE not in log.read_text()


def _wait(address: str) -> None:
    for _ in range(1200):
        try:
            if httpx2.get(address, timeout=60).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    pytest.fail("the service did not start")
