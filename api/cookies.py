"""Cookies: what they are called and how they are guarded.

Over https names have the prefix ``__Host-``, which browsers take from the very host alone
(RFC 6265bis, section 4.1.3); a neighbouring host can't plant one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.settings import settings

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SESSION = "hongge_session"
BROWSER = "hongge_browser"
LOGIN = "hongge_login"
STATE = "hongge_state"

BROWSER_S = 180 * 24 * 3600
LONGEST = 200


def encrypted(request: Request) -> bool:
    """Tell whether people reach the service by https."""
    public = settings().public_url
    return public.startswith("https:") if public else request.url.scheme == "https"


def read_cookie(request: Request, name: str) -> str | None:
    """Return a cookie's value; ``None`` when there is none that could be ours."""
    value = request.cookies.get(_name(request, name))
    return value if value and len(value) <= LONGEST and value.isascii() else None


def put_cookie(
    response: Response,
    request: Request,
    name: str,
    value: str,
    lasting_s: int | None = None,
) -> None:
    """Set a cookie that scripts can't read; without a time it goes with the browser."""
    response.set_cookie(
        _name(request, name),
        value,
        max_age=lasting_s,
        httponly=True,
        secure=encrypted(request),
        samesite="lax",
        path="/",
    )


def drop_cookie(response: Response, request: Request, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(
        _name(request, name), path="/", httponly=True, secure=encrypted(request), samesite="lax"
    )


def _name(request: Request, name: str) -> str:
    return f"__Host-{name}" if encrypted(request) else name
