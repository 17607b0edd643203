"""Who asks, as a proxy tells it, or somebody who only says to be one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from api.proxies import UNKNOWN, TrustedProxies
from tests.loops import in_a_loop

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

HERE, MAPPED, SOMEBODY = "127.0.0.1", "::ffff:127.0.0.1", "203.0.113.9"
FOR, PROTO = b"x-forwarded-for", b"x-forwarded-proto"


def who_asks(peer: str, *headers: tuple[bytes, bytes], proxies: str = "127.0.0.1,::1") -> str:
    """Return the address that the application is told."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - as called
        seen.append(scope["client"][0])

    async def nothing(*_: object) -> dict[str, object]:
        return {}

    scope = {"type": "http", "client": (peer, 5), "scheme": "http", "headers": [*headers]}
    in_a_loop(lambda: TrustedProxies(app, proxies)(scope, nothing, nothing))  # type: ignore[arg-type]
    return seen[0]


@pytest.mark.parametrize("proxy", [HERE, MAPPED, "::1"])
def test_a_proxy_on_this_machine_tells_who_asks(proxy: str) -> None:
    assert who_asks(proxy, (FOR, b"203.0.113.9")) == SOMEBODY
    assert who_asks(proxy, (FOR, b"203.0.113.9:4711")) == SOMEBODY
    assert who_asks(proxy, (FOR, b"::ffff:203.0.113.9")) == SOMEBODY
    assert who_asks(proxy, (FOR, b"2001:db8::7"), (PROTO, b"https")) == "2001:db8::7"


def test_what_a_visitor_says_before_the_proxy_is_not_believed() -> None:
    assert who_asks(HERE, (FOR, b"127.0.0.1, 203.0.113.9")) == SOMEBODY
    assert who_asks(HERE, (FOR, b"127.0.0.1"), (FOR, b"203.0.113.9")) == SOMEBODY
    assert who_asks(SOMEBODY, (FOR, b"127.0.0.1")) == SOMEBODY


@pytest.mark.parametrize(
    "headers",
    [
        [(PROTO, b"https")],
        [(b"x-real-ip", b"203.0.113.9")],
        [(b"forwarded", b"for=203.0.113.9")],
        [(b"via", b"1.1 proxy")],
        [(FOR, b"")],
        [(FOR, b"unknown")],
        [(FOR, b"_hidden, 127.0.0.1")],
        [(FOR, b",127.0.0.1")],
    ],
)
def test_who_comes_by_a_proxy_is_never_taken_for_a_program_beside_it(
    headers: list[tuple[bytes, bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert who_asks(HERE, *headers) == UNKNOWN
    assert "X-Forwarded-For" in caplog.text


def test_a_program_on_this_machine_is_itself() -> None:
    assert who_asks(HERE) == HERE
    assert who_asks(MAPPED) == HERE
    assert who_asks(HERE, (b"x-request-id", b"mine")) == HERE
    assert who_asks(HERE, (FOR, b"127.0.0.1")) == HERE
