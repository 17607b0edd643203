"""Telling reporters through a gateway: a real one, on this machine, that does as it is told."""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from geo.core.signing import is_signed, sign
from geo.flows import delivering
from geo.flows.delivering import Postman, acknowledged, again_after_s, deliver
from geo.settings import settings
from geo.store import deliveries
from geo.store.engine import owner_session
from tests import town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "a secret that both sides know"  # noqa: S105 - of these tests
PHONE = "13900139000"
DOCS = Path(__file__).parents[2] / "docs" / "feedback.md"

ISSUE = """
    INSERT INTO issue (id, jurisdiction_id, number, state, text, occurred_at, method, confident,
                       duty_id)
    SELECT :id, jurisdiction.id, :number, 'fed_back', '', now(), 'none', false,
           (SELECT id FROM duty WHERE private = :private LIMIT 1)
    FROM jurisdiction
"""
EVENT = """
    INSERT INTO issue_event (issue_id, sequence, at, action, to_state, actor, note)
    VALUES (:id, 1, now(), 'feed_back', 'fed_back', 'tests', '灯亮了')
"""
REPORTER = "INSERT INTO issue_reporter (issue_id, name, phone) VALUES (:id, '某人', :phone)"
DELIVERY = """
    INSERT INTO delivery (id, jurisdiction_id, issue_id, event_sequence, endpoint)
    SELECT :delivery, jurisdiction_id, id, 1, 'feedback' FROM issue WHERE id = :id
"""


class Gateway:
    """What came in, and what is answered: status, body, and how long it takes."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.status, self.body, self.takes_s = 200, b"", 0.0
        self.location = ""
        self.address = ""


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    told = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.came.append((dict(self.headers), body))
            time.sleep(told.takes_s)
            self.send_response(told.status)
            if told.location:
                self.send_header("Location", told.location)
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    told.address = f"http://127.0.0.1:{server.server_address[1]}/sms"
    with setting(monkeypatch, feedback_url=told.address, feedback_timeout_s="0.5"):
        yield told
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def setting(monkeypatch: pytest.MonkeyPatch, **chosen: str) -> Iterator[None]:
    with monkeypatch.context() as patched:
        for name, value in {"feedback_secret": SECRET, **chosen}.items():
            patched.setenv(f"HONGGE_{name.upper()}", value)
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="module")
def built(database_url: str) -> str:
    with owner_session(database_url) as opened:
        town.build(opened)
    return database_url


@pytest.fixture
def leave(built: str) -> Iterator[Callable[..., UUID]]:
    """Return what leaves a delivery about a new issue, and returns its key."""

    def left(phone: str | None = PHONE, *, private: bool = False) -> UUID:
        issue, delivery = uuid4(), uuid4()
        with owner_session(built) as opened:
            number = {"id": issue, "number": str(issue)[:8], "private": private}
            opened.execute(text(ISSUE), number)
            opened.execute(text(EVENT), {"id": issue})
            if phone is not None:
                opened.execute(text(REPORTER), {"id": issue, "phone": phone})
            opened.execute(text(DELIVERY), {"id": issue, "delivery": delivery})
        return delivery

    yield left
    with owner_session(built) as opened:
        opened.execute(text("DELETE FROM issue"))


def row(url: str, key: UUID) -> Any:
    with owner_session(url) as opened:
        statement = text("SELECT *, next_at - now() AS waits FROM delivery WHERE id = :id")
        return opened.execute(statement, {"id": key}).one()


def soon(url: str) -> None:
    """Let time pass until the next try."""
    with owner_session(url) as opened:
        opened.execute(text("UPDATE delivery SET next_at = now() - interval '1 second'"))


def test_the_gateway_is_told_once_and_knows_who_tells_it(
    built: str, gateway: Gateway, leave: Callable[..., UUID], caplog: pytest.LogCaptureFixture
) -> None:
    key = leave()
    assert (deliver(built), deliver(built)) == (1, 0)
    [(headers, body)] = gateway.came
    told = json.loads(body)
    assert told["to"] == {"phone": PHONE, "name": "某人"}
    assert (told["id"], told["kind"], told["text"]) == (str(key), "feedback", "灯亮了")
    assert told["issue"]["state"] == "fed_back"
    assert headers["Idempotency-Key"] == str(key)
    assert headers["Content-Type"] == "application/json"
    at, signature = headers["X-Hongge-Timestamp"], headers["X-Hongge-Signature"]
    assert is_signed(SECRET, at, body, signature, time.time())
    assert not is_signed(SECRET, at, body + b" ", signature, time.time())
    known = row(built, key)
    assert (known.state, known.attempts, known.status, known.last_error) == ("sent", 1, 200, "")
    assert known.ended_at is not None
    assert PHONE not in str(known)
    assert PHONE not in caplog.text


def test_words_of_private_cases_stay_here(
    built: str, gateway: Gateway, leave: Callable[..., UUID]
) -> None:
    leave(private=True)
    deliver(built)
    told = json.loads(gateway.came[0][1])
    assert told["text"].startswith("There is an answer to your report")
    assert "灯" not in told["text"]


def test_a_gateway_may_confirm_at_once(
    built: str, gateway: Gateway, leave: Callable[..., UUID]
) -> None:
    key = leave()
    gateway.body = b'{"acknowledged": true}'
    deliver(built)
    assert row(built, key).state == "acknowledged"


@pytest.mark.parametrize("body", [b"x" * 1_000_000, b'{"acknowledged": 1}', b"[1]", b"\xff"])
def test_odd_answers_are_no_confirmation(
    built: str, gateway: Gateway, leave: Callable[..., UUID], body: bytes
) -> None:
    key = leave()
    gateway.body = body
    deliver(built)
    assert row(built, key).state == "sent"


@pytest.mark.parametrize(
    ("status", "state", "error"),
    [
        (400, "failed", "refused"),
        (404, "failed", "refused"),
        (408, "pending", "unwilling"),
        (425, "pending", "unwilling"),
        (429, "pending", "unwilling"),
        (500, "pending", "unwilling"),
        (302, "pending", "redirected"),
    ],
)
def test_refusals_are_final_or_not(  # noqa: PLR0913, PLR0917 - the table's columns
    built: str,
    gateway: Gateway,
    leave: Callable[..., UUID],
    status: int,
    state: str,
    error: str,
) -> None:
    key = leave()
    gateway.status, gateway.location = status, gateway.address if status == 302 else ""
    deliver(built)
    known = row(built, key)
    assert (known.state, known.last_error, known.status) == (state, error, status)
    assert len(gateway.came) == 1
    assert (known.ended_at is None) == (state == "pending")
    if state == "pending":
        assert 50 < known.waits.total_seconds() <= 60


def test_it_is_tried_again_later_and_later_and_then_given_up(
    built: str, gateway: Gateway, leave: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [again_after_s(n) for n in (1, 2, 9, 10, 99)] == [60, 120, 15360, 21600, 21600]
    key = leave()
    gateway.status = 503
    with setting(monkeypatch, feedback_url=gateway.address, feedback_tries="3"):
        for tries in (1, 2):
            assert deliver(built) == 1
            known = row(built, key)
            assert (known.state, known.attempts) == ("pending", tries)
            assert known.waits.total_seconds() > 50 * tries
            assert deliver(built) == 0
            soon(built)
        deliver(built)
        soon(built)
        assert deliver(built) == 0
    assert (row(built, key).state, row(built, key).attempts) == ("failed", 3)
    assert len(gateway.came) == 3
    assert len({headers["Idempotency-Key"] for headers, _ in gateway.came}) == 1


def test_a_gateway_that_is_slow_or_away_is_tried_again(
    built: str, gateway: Gateway, leave: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = leave()
    gateway.takes_s = 0.4
    with setting(monkeypatch, feedback_url=gateway.address, feedback_timeout_s="0.1"):
        deliver(built)
    assert row(built, key).last_error == "timed_out"
    soon(built)
    with setting(monkeypatch, feedback_url="http://127.0.0.1:9/none"):
        deliver(built)
    assert row(built, key).last_error == "not_reached"


def test_who_dies_between_sending_and_noting_it_sends_again_under_the_same_key(
    built: str, gateway: Gateway, leave: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = leave()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "note_outcome", die)
        with pytest.raises(KeyboardInterrupt):
            deliver(built)
    assert (row(built, key).state, deliver(built)) == ("pending", 0)
    soon(built)
    assert deliver(built) == 1
    assert row(built, key).state == "sent"
    assert [headers["Idempotency-Key"] for headers, _ in gateway.came] == [str(key)] * 2
    assert gateway.came[0][1] == gateway.came[1][1]


def test_who_comes_late_with_an_outcome_changes_nothing(
    built: str, gateway: Gateway, leave: Callable[..., UUID]
) -> None:
    key = leave()
    with owner_session(built) as opened:
        late = deliveries.take_due(opened, 0.0)
    assert late is not None
    deliver(built)
    assert gateway.came
    with owner_session(built) as opened:
        deliveries.note_outcome(opened, late, deliveries.Outcome("failed", "refused", 400))
    assert (row(built, key).state, row(built, key).attempts) == ("sent", 2)


def test_several_processes_send_each_once(
    built: str, gateway: Gateway, leave: Callable[..., UUID]
) -> None:
    keys = {str(leave()) for _ in range(12)}
    gateway.takes_s = 0.02
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(deliver, [built] * 3)) == 12
    assert len(gateway.came) == 12
    assert {headers["Idempotency-Key"] for headers, _ in gateway.came} == keys


def test_without_a_gateway_it_waits_and_without_a_number_the_link_tells(
    built: str, leave: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, nobody, blank = leave(), leave(None), leave(" ")
    with setting(monkeypatch, feedback_url=""):
        assert deliver(built) == 0
    assert [row(built, key).state for key in (waiting, nobody, blank)] == [
        "pending",
        "by_link",
        "by_link",
    ]


def test_the_gateway_confirms_later(
    built: str, gateway: Gateway, leave: Callable[..., UUID]
) -> None:
    key, unsent = leave(), leave()
    with owner_session(built) as opened:
        opened.execute(
            text("UPDATE delivery SET next_at = now() + interval '1 day' WHERE id = :id"),
            {"id": unsent},
        )
    deliver(built)
    assert gateway.came
    body, now = json.dumps({"id": str(key)}).encode(), int(time.time())
    signature = sign(SECRET, now, body)
    for at, given in ((now, "v1=00"), (now - 1, signature), (now, sign("another", now, body))):
        assert acknowledged(key, body, str(at), given, built) is None
    assert acknowledged(key, body + b" ", str(now), signature, built) is None
    old = now - 400
    assert acknowledged(key, body, str(old), sign(SECRET, old, body), built) is None
    assert row(built, key).state == "sent"
    assert acknowledged(key, body, str(now), signature, built) is True
    assert row(built, key).state == "acknowledged"
    assert acknowledged(unsent, body, str(now), signature, built) is False
    assert acknowledged(uuid4(), body, str(now), signature, built) is False


def test_the_postman_sends_by_itself_and_ends(
    built: str,
    gateway: Gateway,
    leave: Callable[..., UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivering, "FIRST_LOOK_S", 0.01)
    keys = [leave(), leave()]
    postman = Postman(built)
    postman.start()
    until = time.monotonic() + 20
    while len(gateway.came) < len(keys) and time.monotonic() < until:
        time.sleep(0.02)
    postman.stop()
    assert [row(built, key).state for key in keys] == ["sent", "sent"]


def test_the_page_for_gateways_has_a_signature_that_fits() -> None:
    page = DOCS.read_text(encoding="utf-8")
    told = dict(
        re.findall(r"^\| (secret|timestamp|body|signature) \| `(.+)` \|$", page, re.MULTILINE)
    )
    assert sign(told["secret"], int(told["timestamp"]), told["body"].encode()) == told["signature"]
