"""Believing a reverse proxy, and nobody else, about who asks and how."""

from __future__ import annotations

import ipaddress
import logging
from typing import TYPE_CHECKING

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

OF_PROXIES = (b"x-forwarded-", b"x-request-id", b"x-real-ip", b"forwarded")
FOR_SOMEBODY = (b"x-forwarded-", b"x-real-ip", b"forwarded", b"via")
"""Headers by which a request shows that it is passed on for somebody else."""

UNKNOWN = "0.0.0.0"  # noqa: S104 - an address that nobody has (RFC 1122, 3.2.1.3)
"""Whoever a proxy passes a request on for without saying who: never the proxy itself."""

log = logging.getLogger(__name__)


class TrustedProxies:
    """ASGI middleware that takes a request's address, scheme and number from trusted proxies.

    From anybody else these headers are dropped: who asks, whether it was by TLS, and under which
    number it is noted can't be made up. Whoever comes by a proxy that doesn't tell an address has
    :data:`UNKNOWN`, so that nobody from outside passes for a program on this machine.

    Parameters
    ----------
    app
        The application that answers.
    proxies
        Addresses or networks of the proxies, separated by commas; ``*`` trusts everyone.
    """

    def __init__(self, app: ASGIApp, proxies: str) -> None:
        self.app = app
        self.believing = ProxyHeadersMiddleware(self._passed_on, proxies)  # type: ignore[arg-type]
        self.warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with what is true of it."""
        client = scope.get("client")
        if scope["type"] != "http" or not client:
            await self.app(scope, receive, send)
            return
        scope = {**scope, "client": (plain(client[0]), client[1])}
        if scope["client"][0] in self.believing.trusted_hosts:
            await self.believing(scope, receive, send)  # type: ignore[arg-type]
        else:
            headers = [one for one in scope["headers"] if not one[0].startswith(OF_PROXIES)]
            await self.app({**scope, "headers": headers}, receive, send)

    async def _passed_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what came from a proxy, or from a program beside it."""
        if any(name.startswith(FOR_SOMEBODY) for name, _ in scope["headers"]):
            address, port = scope["client"]
            told = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
            whole = bool(told) and all(one.strip() for one in b",".join(told).split(b","))
            known = whole and is_address(plain(address))
            scope["client"] = (plain(address), port) if known else (UNKNOWN, 0)
            if not known and not self.warned:
                self.warned = True
                log.warning("a proxy does not tell who asks: it has to set X-Forwarded-For")
        await self.app(scope, receive, send)


def is_address(text: str) -> bool:
    """Tell whether a text is an IP address.

    Examples
    --------
    >>> is_address("10.0.0.7"), is_address("unknown"), is_address("")
    (True, False, False)
    """
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def plain(address: str) -> str:
    """Return an address as it is; of an IPv4 address that a socket for IPv6 tells, that address.

    Examples
    --------
    >>> plain("::ffff:127.0.0.1"), plain("2001:db8::1"), plain("")
    ('127.0.0.1', '2001:db8::1', '')
    """
    if not address.lower().startswith("::ffff:") or not is_address(address):
        return address
    found = ipaddress.ip_address(address)
    return str(getattr(found, "ipv4_mapped", None) or address)
