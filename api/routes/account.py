"""One's own account: roles, password, signed-in browsers, tokens of programs."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from api.cookies import SESSION, drop_cookie, read_cookie
from api.deps import FormDep, PlaceDep, SessionDep, UrlDep, VisitorDep
from api.i18n import language_of, translate
from api.rendering import local_time, page
from api.routes.login import enter, local_path
from api.routes.personal import staff_page
from geo.core.passwords import SHORTEST
from geo.errors import (
    HonggeError,
    InvalidFieldError,
    NotFoundError,
    SignInRefusedError,
    SignInTooSoonError,
)
from geo.flows.accounts import PLACE_KINDS, ROLE_NAMES
from geo.flows.sign_in import Visitor, change_password, digest
from geo.flows.tokens import SCOPES, make_token
from geo.messages import Message, msg
from geo.settings import settings
from geo.store import accounts
from geo.store.accounts import Holder, KnownToken, Territory
from geo.store.zones import read_zones

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
api_router = APIRouter(tags=["accounts"])

DEFAULT_DAYS = 90


class TerritoryOut(BaseModel):
    """A role and where it holds."""

    role: str
    jurisdiction: str | None = Field(description="Slug; null for all.")
    place: str | None = Field(description="Code of the grid, community, street or department.")


class MeOut(BaseModel):
    """Who asks."""

    name: str
    display_name: str
    roles: list[TerritoryOut]
    scopes: list[str] | None = Field(description="Of the token; null for a session.")


@api_router.get("/api/v1/me", summary="Who asks")
def get_me(visitor: VisitorDep, session: SessionDep) -> MeOut:
    """Answer with the account by which the request was let through, and its roles."""
    holder = account_of(visitor)
    roles = [
        TerritoryOut(role=one.role, jurisdiction=one.jurisdiction, place=one.place_code)
        for one in accounts.territories(session, holder.account_id)
    ]
    scopes = None if visitor.scopes is None else sorted(visitor.scopes)
    return MeOut(name=holder.name, display_name=holder.display_name, roles=roles, scopes=scopes)


@router.get("/account")
def get_account(request: Request, visitor: VisitorDep, session: SessionDep) -> Response:
    """Answer with the page of one's own account."""
    return _account_page(request, visitor, session)


@router.get("/account/password")
def get_password(request: Request, visitor: VisitorDep) -> Response:
    """Answer with the page to change the password."""
    return _password_page(request, visitor, local_path(request.query_params.get("next")))


@router.post("/account/password")
def post_password(
    request: Request, visitor: VisitorDep, form: FormDep, place: PlaceDep, url: UrlDep
) -> Response:
    """Change the password; the browser goes on with a new session."""
    wanted = local_path(form["next"])
    if form["new_password"] != form["repeated"]:
        differ = InvalidFieldError(
            field="repeated", reason=msg("The two new passwords are not the same.")
        )
        return _password_page(request, visitor, wanted, differ)
    try:
        signed_in = change_password(visitor, form["password"], form["new_password"], place, url)
    except SignInRefusedError:
        wrong = InvalidFieldError(
            field="password", reason=msg("The present password is not right.")
        )
        return _password_page(request, visitor, wanted, wrong)
    except (InvalidFieldError, SignInTooSoonError) as error:
        return _password_page(request, visitor, wanted, error)
    return enter(request, signed_in, wanted)


@router.post("/account/sessions/end")
def post_end_session(session: SessionDep, form: FormDep) -> Response:
    """End one of one's own sessions."""
    if not accounts.end_own_session(session, form["key"]):
        raise NotFoundError(kind=msg("session"), name=form["key"][:8])
    return RedirectResponse("/account#sessions", HTTPStatus.SEE_OTHER)


@router.post("/account/sessions/end-all")
def post_end_sessions(request: Request, session: SessionDep) -> Response:
    """Log out everywhere."""
    accounts.end_own_sessions(session)
    answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    drop_cookie(answer, request, SESSION)
    return answer


@router.post("/account/tokens")
def post_token(
    request: Request, visitor: VisitorDep, session: SessionDep, form: FormDep, url: UrlDep
) -> Response:
    """Make a token and show it once."""
    try:
        token = make_token(
            visitor.asker, form["name"], form.all("scopes"), form.number("days"), url
        )
    except InvalidFieldError as error:
        return _account_page(request, visitor, session, error=error, form=form)
    return _account_page(request, visitor, session, new_token=token)


@router.post("/account/tokens/revoke")
def post_revoke_token(session: SessionDep, form: FormDep) -> Response:
    """Revoke one of one's own tokens."""
    if not accounts.revoke_own_token(session, form.number("id")):
        raise NotFoundError(kind=msg("token"), name=form["id"])
    return RedirectResponse("/account#tokens", HTTPStatus.SEE_OTHER)


def account_of(visitor: Visitor) -> Holder:
    """Return the account of somebody who was let through because of it."""
    if visitor.holder is None:
        raise AssertionError
    return visitor.holder


def _account_page(
    request: Request,
    visitor: Visitor,
    session: SessionDep,
    **more: Any,
) -> Response:
    language = language_of(request)
    error: InvalidFieldError | None = more.pop("error", None)
    token = read_cookie(request, SESSION)
    now = digest(token) if token else None
    said = partial(local_time, language, zone=read_zones(session).reader)
    context = {
        "account": account_of(visitor),
        "default_days": min(DEFAULT_DAYS, settings().token_days_max),
        "error": field_error(error, language) if error else None,
        "form": more.pop("form", None),
        "has_password": accounts.own_password_hash(session) is not None,
        "most_days": settings().token_days_max,
        "new_token": more.pop("new_token", ""),
        "roles": [told_role(one, language) for one in _territories(visitor, session)],
        "scopes": [(name, translate(text, language)) for name, text in SCOPES.items()],
        "sessions": [
            {
                "key": one.key,
                "own": one.token_sha256 == now,
                "browser": browser_name(one.agent) or translate(msg("a program"), language),
                "address": one.address,
                "since": said(one.created_at),
                "used": said(one.last_seen_at),
            }
            for one in accounts.own_sessions(session)
        ],
        "tokens": [_told_token(one, said) for one in accounts.own_tokens(session)],
    }
    answer = staff_page(request, "account.html", visitor, **context)
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return answer


BROWSERS = {
    "Edg/": "Edge",
    "QQBrowser": "QQ",
    "MicroMessenger": "WeChat",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def browser_name(agent: str) -> str:
    """Return what a browser is called, as far as it tells.

    Examples
    --------
    >>> browser_name("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox · Linux'
    >>> browser_name("curl/8")
    ''
    """
    names = (
        next((name for sign, name in known.items() if sign in agent), "")
        for known in (BROWSERS, SYSTEMS)
    )
    return " · ".join(name for name in names if name)


def _territories(visitor: Visitor, session: SessionDep) -> list[Territory]:
    return accounts.territories(session, account_of(visitor).account_id)


def told_role(one: Territory, language: str) -> dict[str, Any]:
    """Return a role in words: its name, where it holds."""
    english = language == "en"
    home = (one.jurisdiction_name_en if english else "") or one.jurisdiction_name
    place = (one.place_name_en if english else "") or one.place_name or one.place_code
    kind = PLACE_KINDS.get(one.role)
    return {
        "id": one.id,
        "role": translate(ROLE_NAMES[one.role], language),
        "home": home or one.jurisdiction or translate(msg("all jurisdictions"), language),
        "kind": translate(kind, language) if kind else "",
        "place": place or (translate(msg("not in force any more"), language) if kind else ""),
        "code": one.place_code or "",
    }


def field_error(error: HonggeError, language: str) -> dict[str, str]:
    """Return what is wrong with which field, in words."""
    values = error.message.values
    reason = values.get("reason")
    text = reason if isinstance(reason, Message) else error.message
    return {"field": str(values.get("field", "")), "message": translate(text, language)}


def _told_token(one: KnownToken, said: Callable[[datetime], str]) -> dict[str, Any]:
    now = datetime.now(one.expires_at.tzinfo)
    return {
        "id": one.id,
        "name": one.name,
        "scopes": one.scopes,
        "expires": said(one.expires_at),
        "used": said(one.last_used_at) if one.last_used_at else "",
        "revoked": one.revoked_at is not None,
        "expired": one.expires_at <= now,
    }


def _password_page(
    request: Request, visitor: Visitor, wanted: str, error: HonggeError | None = None
) -> Response:
    language = language_of(request)
    status = HTTPStatus.OK
    if isinstance(error, SignInTooSoonError):
        status = HTTPStatus.TOO_MANY_REQUESTS
    elif error is not None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return page(
        request,
        "password.html",
        status=status,
        account=account_of(visitor),
        error=field_error(error, language) if error else None,
        next=wanted,
        shortest=SHORTEST,
    )
