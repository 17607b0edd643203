"""Signing in and out, by password or by an OpenID Connect provider."""

import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import RedirectResponse, Response

from api.cookies import (
    BROWSER,
    BROWSER_S,
    LOGIN,
    SESSION,
    STATE,
    drop_cookie,
    put_cookie,
    read_cookie,
)
from api.deps import FormDep, PlaceDep, SessionDep, UrlDep, VisitorDep
from api.guarding import CSRF_FIELD, check_origin
from api.i18n import language_of, translate
from api.rendering import page
from geo.errors import (
    ForgedRequestError,
    HonggeError,
    ProviderFailedError,
    SignInRefusedError,
    SignInTooSoonError,
    UnknownIdentityError,
)
from geo.flows import openid
from geo.flows.sign_in import TOKEN_BYTES, SignedIn, sign_in, sign_out, visitor_of_session
from geo.settings import settings
from geo.store.accounts import demonstration_accounts

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FLOW_S = 600
RETURN_PATH = "/login/openid/return"
AFTER = "/account"
WALKING = "/worker"
PHONE = "Mobi"
"""What browsers of phones have in their names (MDN: browser detection by user agent)."""


def local_path(wanted: str | None) -> str:
    """Return where to go after signing in: a path of this service, never another host's.

    Examples
    --------
    >>> local_path("/cases?state=triage"), local_path("//evil.example"), local_path(None)
    ('/cases?state=triage', '/account', '/account')
    """
    text = wanted or ""
    sound = text.startswith("/") and not text.startswith("//") and text.isprintable()
    return text if sound and "\\" not in text and not text.startswith("/log") else AFTER


@router.get("/login")
def get_login(request: Request, visitor: VisitorDep, session: SessionDep) -> Response:
    """Answer with the page to sign in."""
    wanted = local_path(request.query_params.get("next"))
    if visitor.csrf_token is not None:
        return RedirectResponse(wanted, HTTPStatus.SEE_OTHER)
    return _login_page(request, wanted, demonstration=demonstration_accounts(session))


@router.post("/login")
def post_login(
    request: Request, form: FormDep, place: PlaceDep, session: SessionDep, url: UrlDep
) -> Response:
    """Sign in by name and password."""
    wanted = local_path(form["next"])
    demonstration = demonstration_accounts(session)
    try:
        _check_login_form(request, form[CSRF_FIELD])
        signed_in = sign_in(form["name"], form["password"], place, url, _number(request))
    except (ForgedRequestError, SignInRefusedError, SignInTooSoonError) as error:
        return _login_page(
            request, wanted, demonstration=demonstration, name=form["name"], error=error
        )
    return enter(request, signed_in, wanted)


@router.post("/logout")
def post_logout(request: Request, visitor: VisitorDep, place: PlaceDep, url: UrlDep) -> Response:
    """End the session of this browser."""
    if visitor.csrf_token is not None and place.session is not None:
        sign_out(place.session, url)
    answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    drop_cookie(answer, request, SESSION)
    return answer


@router.get("/login/openid")
def get_openid(request: Request, url: UrlDep) -> Response:
    """Send a person to the provider."""
    begun = openid.begin(_return_url(), local_path(request.query_params.get("next")), url)
    answer = RedirectResponse(begun.address, HTTPStatus.SEE_OTHER)
    put_cookie(answer, request, STATE, begun.state, FLOW_S)
    return answer


@router.get(RETURN_PATH)
def get_openid_return(
    request: Request, place: PlaceDep, session: SessionDep, url: UrlDep
) -> Response:
    """Take a person back from the provider."""
    given = dict(request.query_params)
    try:
        signed_in, wanted = openid.finish(
            given,
            read_cookie(request, STATE),
            _return_url(),
            place,
            url=url,
            request_id=_number(request),
        )
    except (ProviderFailedError, UnknownIdentityError) as error:
        answer = _login_page(
            request, AFTER, demonstration=demonstration_accounts(session), error=error
        )
    else:
        answer = enter(request, signed_in, local_path(wanted))
    drop_cookie(answer, request, STATE)
    return answer


def enter(request: Request, signed_in: SignedIn, wanted: str) -> Response:
    """Give a browser its session, and lead on; on a phone, a grid worker to the worker's page."""
    if wanted == AFTER and PHONE in request.headers.get("user-agent", ""):
        known = visitor_of_session(signed_in.session, request.app.state.database_url)
        if known and known.roles == {"grid_worker"}:
            wanted = WALKING
    answer = RedirectResponse(wanted, HTTPStatus.SEE_OTHER)
    put_cookie(answer, request, SESSION, signed_in.session)
    put_cookie(answer, request, BROWSER, signed_in.browser, BROWSER_S)
    drop_cookie(answer, request, LOGIN)
    return answer


STATUS = {
    ForgedRequestError: HTTPStatus.FORBIDDEN,
    ProviderFailedError: HTTPStatus.BAD_GATEWAY,
    SignInRefusedError: HTTPStatus.UNAUTHORIZED,
    SignInTooSoonError: HTTPStatus.TOO_MANY_REQUESTS,
    UnknownIdentityError: HTTPStatus.FORBIDDEN,
}


def _login_page(
    request: Request,
    wanted: str,
    *,
    demonstration: bool,
    name: str = "",
    error: HonggeError | None = None,
) -> Response:
    """Answer with the page, whose form holds the same secret as a cookie of the browser."""
    secret = read_cookie(request, LOGIN) or secrets.token_urlsafe(TOKEN_BYTES)
    chosen = settings()
    context: dict[str, Any] = {
        "demonstration": demonstration,
        "error": translate(error.message, language_of(request)) if error else "",
        "form_token": secret,
        "name": name[:64],
        "next": wanted,
        "openid_label": chosen.oidc_label if chosen.oidc_issuer else "",
        "openid_url": f"/login/openid?{urlencode({'next': wanted})}",
    }
    status = STATUS[type(error)] if error else HTTPStatus.OK
    answer = page(request, "login.html", status=status, **context)
    answer.headers["Cache-Control"] = "no-store"
    if isinstance(error, SignInTooSoonError):
        answer.headers["Retry-After"] = str(error.wait)
    put_cookie(answer, request, LOGIN, secret)
    return answer


def _check_login_form(request: Request, given: str) -> None:
    """Refuse a form that this browser did not get from us: nobody is signed in by a third party."""
    check_origin(request)
    expected = read_cookie(request, LOGIN)
    if not expected or not secrets.compare_digest(given.encode(), expected.encode()):
        raise ForgedRequestError


def _return_url() -> str:
    """Return where a provider sends people back to, whatever name the request was sent to."""
    return f"{settings().public_url}{RETURN_PATH}"


def _number(request: Request) -> str | None:
    number: str | None = getattr(request.state, "request_id", None)
    return number
