"""Believing a reverse proxy, and nobody else, about who asks and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

OF_PROXIES = (b"x-forwarded-", b"x-request-id", b"x-real-ip", b"forwarded")


class TrustedProxies:
    """ASGI middleware that takes a request's address, scheme and number from trusted proxies.

    From anybody else these headers are dropped: who asks, whether it was by TLS, and under which
    number it is noted can't be made up.

    Parameters
    ----------
    app
        The application that answers.
    proxies
        Addresses or networks of the proxies, separated by commas; ``*`` trusts everyone.
    """

    def __init__(self, app: ASGIApp, proxies: str) -> None:
        self.app = app
        self.believing = ProxyHeadersMiddleware(app, proxies)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with what is true of it."""
        client = scope.get("client")
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif client and client[0] in self.believing.trusted_hosts:
            await self.believing(scope, receive, send)  # type: ignore[arg-type]
        else:
            headers = [one for one in scope["headers"] if not one[0].startswith(OF_PROXIES)]
            await self.app({**scope, "headers": headers}, receive, send)
