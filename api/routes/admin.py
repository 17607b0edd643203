"""Accounts as an administrator keeps them; the database decides on whose."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from starlette.responses import RedirectResponse, Response

from api.deps import FormDep, SessionDep, VisitorDep
from api.i18n import language_of, translate
from api.rendering import local_time
from api.routes.account import field_error, told_role
from api.routes.personal import staff_page
from api.trail import actor_said
from geo.errors import AccountExistsError, HonggeError, InvalidFieldError, NotFoundError
from geo.flows import accounts as flow
from geo.flows.accounts import ROLE_NAMES
from geo.flows.sign_in import Visitor
from geo.messages import msg
from geo.store import accounts
from geo.store.accounts import AccountRow
from geo.store.overview import jurisdictions
from geo.store.zones import read_zones

router = APIRouter(
    prefix="/admin/users", include_in_schema=False, default_response_class=HTMLResponse
)

LARGEST_KEY = 2**63 - 1
Key = Annotated[int, Path(ge=1, le=LARGEST_KEY)]


@router.get("")
def get_users(request: Request, visitor: VisitorDep, session: SessionDep) -> Response:
    """List the accounts."""
    return _list(request, visitor, session)


@router.post("")
def post_user(
    request: Request, visitor: VisitorDep, session: SessionDep, form: FormDep
) -> Response:
    """Add an account, and show its first password once."""
    try:
        with session.begin_nested():
            key, made = flow.add(session, form["name"], form["display_name"], None)
    except (InvalidFieldError, AccountExistsError) as error:
        return _list(request, visitor, session, error=error, form=form)
    return _one(request, visitor, session, _found(session, key), new_password=made)


@router.get("/{account_id}")
def get_user(
    account_id: Key, request: Request, visitor: VisitorDep, session: SessionDep
) -> Response:
    """Show one account."""
    return _one(request, visitor, session, _found(session, account_id))


@router.post("/{account_id}/disable")
def post_disable(account_id: Key, session: SessionDep) -> Response:
    """Let nobody in by an account."""
    accounts.disable_account(session, _found(session, account_id).id)
    return _back(account_id)


@router.post("/{account_id}/enable")
def post_enable(account_id: Key, session: SessionDep) -> Response:
    """Let an account in again."""
    accounts.enable_account(session, _found(session, account_id).id)
    return _back(account_id)


@router.post("/{account_id}/reset-password")
def post_reset(
    account_id: Key, request: Request, visitor: VisitorDep, session: SessionDep
) -> Response:
    """Make a new password, and show it once."""
    account = _found(session, account_id)
    made = flow.reset_password(session, account, None)
    return _one(request, visitor, session, account, new_password=made)


@router.post("/{account_id}/roles")
def post_role(
    account_id: Key, request: Request, visitor: VisitorDep, session: SessionDep, form: FormDep
) -> Response:
    """Give an account a role."""
    account = _found(session, account_id)
    try:
        flow.grant(session, account, form["role"], form["jurisdiction"], form["place"].strip())
    except InvalidFieldError as error:
        return _one(request, visitor, session, account, error=error, form=form)
    return _back(account_id)


@router.post("/{account_id}/roles/revoke")
def post_revoke(account_id: Key, session: SessionDep, form: FormDep) -> Response:
    """Take a role from an account."""
    account = _found(session, account_id)
    if not accounts.revoke_role(session, account.id, form.number("role_id")):
        raise NotFoundError(kind=msg("role"), name=form["role_id"])
    return _back(account_id)


def _found(session: SessionDep, account_id: int) -> AccountRow:
    """Return an account that the one who asks may see."""
    found = next((one for one in accounts.list_accounts(session) if one.id == account_id), None)
    if found is None:
        raise NotFoundError(kind=msg("account"), name=str(account_id))
    return found


def _back(account_id: int) -> Response:
    return RedirectResponse(f"{router.prefix}/{account_id}", HTTPStatus.SEE_OTHER)


def _status(error: HonggeError | None) -> HTTPStatus:
    if isinstance(error, AccountExistsError):
        return HTTPStatus.CONFLICT
    return HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK


def _list(
    request: Request,
    visitor: Visitor,
    session: SessionDep,
    error: HonggeError | None = None,
    form: Any = None,
) -> Response:
    language = language_of(request)
    told = [
        {
            "id": one.id,
            "name": one.name,
            "display_name": one.display_name,
            "disabled": one.disabled_at is not None,
            "roles": [translate(ROLE_NAMES[role], language) for role in one.roles],
        }
        for one in accounts.list_accounts(session)
    ]
    answer = staff_page(
        request,
        "admin_users.html",
        visitor,
        accounts=told,
        error=field_error(error, language) if error else None,
        form=form,
    )
    answer.status_code = _status(error)
    return answer


def _one(
    request: Request, visitor: Visitor, session: SessionDep, account: AccountRow, **more: Any
) -> Response:
    language = language_of(request)
    error: HonggeError | None = more.pop("error", None)
    roles = accounts.territories(session, account.id)
    answer = staff_page(
        request,
        "admin_user.html",
        visitor,
        account=account,
        created=local_time(language, account.created_at, read_zones(session).reader),
        created_by=actor_said(account.created_by, language),
        error=field_error(error, language) if error else None,
        form=more.pop("form", None),
        jurisdictions=jurisdictions(session),
        new_password=more.pop("new_password", ""),
        role_names=[(name, translate(text, language)) for name, text in ROLE_NAMES.items()],
        roles=[told_role(one, language) for one in roles],
    )
    answer.status_code = _status(error)
    return answer
