"""Letting requests through: who asks, whether the table allows it, whether it is their own wish.

Runs before every endpoint. A session's request that changes something must come from our own
pages: the browser says so (``Sec-Fetch-Site``, else ``Origin``), and the page's form or script
sends the session's token along (OWASP, Cross-Site Request Forgery Prevention).
"""

from __future__ import annotations

from dataclasses import replace
from hmac import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool

from api.cookies import BROWSER, SESSION, read_cookie
from api.forms import read_form
from api.permissions import ANY_TOKEN, BEFORE_OWN_PASSWORD, ENDPOINTS, RESIDENT
from geo.errors import (
    ForgedRequestError,
    NotPermittedError,
    PasswordChangeNeededError,
    ScopeMissingError,
    SignInNeededError,
    TokenNotTakenError,
    TokenRefusedError,
)
from geo.flows.sign_in import Place, Visitor, digest, visitor_of_session, visitor_of_token
from geo.flows.tokens import PREFIX
from geo.settings import settings
from geo.store.asking import Asker

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.permissions import Rule

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
FOLLOW_HEADER = "X-Follow-Key"
FOLLOW_QUERY = "follow"
OWN_SITES = frozenset({"same-origin", "none"})
LONGEST_SECRET = 200


async def guard(request: Request) -> Visitor:
    """Let a request through, or raise the error that says why not.

    Raises
    ------
    SignInNeededError, TokenRefusedError
        When it isn't known who asks, and it has to be.
    NotPermittedError
        When it is known, and the table says no.
    """
    rule = ENDPOINTS[request.method, request.scope["route"].path]
    visitor = await _visitor(request)
    if rule.follow and visitor.csrf_token is not None and _follow(request):
        visitor = _with_link(request, rule, visitor)
    request.state.visitor = visitor
    if request.method not in SAFE:
        if visitor.csrf_token is not None:
            await _check_own_wish(request, visitor.csrf_token)
        elif visitor.holder is None and request.headers.get(CSRF_HEADER):
            # Whoever wrote this was signed in, and must not be taken for anybody else now.
            raise SignInNeededError
    _check_rule(request, rule, visitor)
    return visitor


def _with_link(request: Request, rule: Rule, visitor: Visitor) -> Visitor:
    """Let somebody who is signed in use a link, too: as anybody, where their roles let them not."""
    asker = replace(visitor.asker, follow_sha256=_follow(request))
    if rule.admits(visitor.roles, signed_in=True):
        return replace(visitor, asker=asker)
    return Visitor(replace(asker, kind="resident", account_id=None))


def _check_rule(request: Request, rule: Rule, visitor: Visitor) -> None:
    signed_in = visitor.holder is not None
    if not signed_in and rule.follow and visitor.asker.follow_sha256:
        return
    if not rule.admits(visitor.roles, signed_in=signed_in):
        raise NotPermittedError if signed_in else SignInNeededError
    if visitor.scopes is not None:
        _check_scope(rule, visitor.scopes)
    if visitor.holder is None or not visitor.holder.must_change_password or RESIDENT in rule.who:
        return
    if request.scope["route"].path not in BEFORE_OWN_PASSWORD:
        raise PasswordChangeNeededError


def _check_scope(rule: Rule, scopes: frozenset[str]) -> None:
    if rule.scope is None:
        raise TokenNotTakenError
    if rule.scope not in {ANY_TOKEN, *scopes}:
        raise ScopeMissingError(scope=rule.scope)


async def _visitor(request: Request) -> Visitor:
    """Find out who asks: by a program's token, else by the session's cookie, else a resident."""
    url: str | None = request.app.state.database_url
    request_id: str | None = getattr(request.state, "request_id", None)
    given = request.headers.get("authorization")
    if given is not None:
        kind, _, token = given.partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not token.startswith(PREFIX) or len(token) > LONGEST_SECRET:
            raise TokenRefusedError
        return await run_in_threadpool(visitor_of_token, token, url, request_id)
    session = read_cookie(request, SESSION)
    if session is not None:
        known = await run_in_threadpool(visitor_of_session, session, url, request_id)
        if known is not None:
            return known
    return Visitor(Asker("resident", follow_sha256=_follow(request), request_id=request_id))


def _follow(request: Request) -> bytes | None:
    """Return the digest of the secret that a link holds."""
    follow = request.headers.get(FOLLOW_HEADER) or request.query_params.get(FOLLOW_QUERY)
    return digest(follow) if follow and len(follow) <= LONGEST_SECRET else None


async def _check_own_wish(request: Request, expected: str) -> None:
    check_origin(request)
    given = request.headers.get(CSRF_HEADER) or (await read_form(request))[CSRF_FIELD]
    if not compare_digest(given.encode(), expected.encode()):
        raise ForgedRequestError


def check_origin(request: Request) -> None:
    """Refuse a request that the browser says comes from another site.

    Raises
    ------
    ForgedRequestError
        When it does.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in OWN_SITES:
            raise ForgedRequestError
        return
    origin = request.headers.get("origin")
    if origin is None:
        return
    public = settings().public_url
    own = {request.headers.get("host"), urlsplit(public).netloc if public else None}
    if urlsplit(origin).netloc not in own:
        raise ForgedRequestError


def place_of(request: Request) -> Place:
    """Return where a request comes from, for signing in."""
    return Place(
        address=request.client.host if request.client else "",
        agent=request.headers.get("user-agent", ""),
        browser=read_cookie(request, BROWSER),
        session=read_cookie(request, SESSION),
    )
