"""Security headers on every answer, set in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    RawHeaders = list[tuple[bytes, bytes]]

SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'self'",
}


def _written(sources: dict[str, str]) -> str:
    return "; ".join(f"{name} {source}" for name, source in sources.items())


CONTENT_SECURITY_POLICY = _written(SOURCES)


def policy_with(nonce: str, images: Sequence[str] = ()) -> str:
    """Return the policy of a page whose own scripts and styles stand in it.

    Parameters
    ----------
    nonce
        What the scripts and styles of this one answer are marked with.
    images
        Origins elsewhere that images may come from, such as those of tiles.

    Examples
    --------
    >>> policy = policy_with("abc", ["https://tiles.example.cn"])
    >>> "script-src 'self' 'nonce-abc';" in policy, "'unsafe-inline'" in policy
    (True, False)
    >>> "img-src 'self' data: https://tiles.example.cn;" in policy
    True
    >>> policy_with("abc").count("nonce-abc")
    2
    """
    marked = {name: f"{SOURCES[name]} 'nonce-{nonce}'" for name in ("script-src", "style-src")}
    pictures = {"img-src": " ".join((SOURCES["img-src"], *images))}
    return _written(SOURCES | marked | pictures)


HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Permitted-Cross-Domain-Policies": "none",
}
SESSION_COOKIE = b"hongge_session="
KEPT_BY_NOBODY = (b"cache-control", b"private, no-store")
SAME_FOR_ALL = ("/static/", "/tiles/")
"""Addresses whose answers don't depend on who asks."""


RAW_HEADERS = tuple((name.lower().encode(), value.encode()) for name, value in HEADERS.items())


def tls_only(for_s: int) -> RawHeaders:
    """Return the header that keeps a browser to TLS (RFC 6797), if it is to."""
    value = f"max-age={for_s}".encode()
    return [(b"strict-transport-security", value)] if for_s else []


class SecurityHeaders:
    """ASGI middleware that adds the headers an answer does not set itself.

    What somebody who is signed in is answered is kept by no browser and no proxy. Over TLS, a
    browser is told to come by TLS from now on (RFC 6797).

    Parameters
    ----------
    app
        The application that answers.
    tls_for_s
        How long a browser keeps to TLS; 0: it isn't told.
    """

    def __init__(self, app: ASGIApp, tls_for_s: int = 0) -> None:
        self.app = app
        self.tls_only = tls_only(tls_for_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._with_ours(scope, list(message["headers"]))
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _with_ours(self, scope: Scope, headers: RawHeaders) -> RawHeaders:
        if _signed_in(scope) and not scope["path"].startswith(SAME_FOR_ALL):
            headers = [one for one in headers if one[0].lower() != KEPT_BY_NOBODY[0]]
            headers.append(KEPT_BY_NOBODY)
        own = {name.lower() for name, _value in headers}
        ours = [*RAW_HEADERS, KEPT_BY_NOBODY]
        if scope.get("scheme") == "https":
            ours += self.tls_only
        return [*headers, *(one for one in ours if one[0] not in own)]


def _signed_in(scope: Scope) -> bool:
    """Tell whether a request shows, rightly or not, who sent it."""
    given = scope["headers"]
    return any(
        name == b"authorization" or (name == b"cookie" and SESSION_COOKIE in value)
        for name, value in given
    )
