"""From what went wrong to an answer: problem details (RFC 9457) in the reader's language."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api.headers import HEADERS
from api.i18n import html_tag, language_of, translate
from api.rendering import page, wants_page
from geo import errors
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from fastapi import FastAPI
    from starlette.requests import Request

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"

STATUS_OF: dict[type[errors.HonggeError], HTTPStatus] = {
    errors.AccountExistsError: HTTPStatus.CONFLICT,
    errors.ActionRefusedError: HTTPStatus.CONFLICT,
    errors.BookingRefusedError: HTTPStatus.CONFLICT,
    errors.DatumRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.FileRefusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidAccuracyError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidFieldError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidPositionError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.KeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.NotPermittedError: HTTPStatus.FORBIDDEN,
    errors.PlanImportRefusedError: HTTPStatus.CONFLICT,
    errors.ProposalRefusedError: HTTPStatus.CONFLICT,
    errors.ProviderFailedError: HTTPStatus.BAD_GATEWAY,
    errors.PublicationRefusedError: HTTPStatus.CONFLICT,
    errors.ReportsTooFastError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.SignInNeededError: HTTPStatus.UNAUTHORIZED,
    errors.SignInRefusedError: HTTPStatus.UNAUTHORIZED,
    errors.SignInTooSoonError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.SlotFullError: HTTPStatus.CONFLICT,
    errors.StepRefusedError: HTTPStatus.CONFLICT,
    errors.StoreUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooBusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TokenRefusedError: HTTPStatus.UNAUTHORIZED,
    errors.UnknownDatumError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownIdentityError: HTTPStatus.FORBIDDEN,
    errors.UnknownTileError: HTTPStatus.NOT_FOUND,
}
"""The status of each error of the domain; the others are our own fault."""

FIELD_OF: dict[type[errors.HonggeError], str] = {
    errors.DatumRefusedError: "datum",
    errors.InvalidAccuracyError: "accuracy_m",
    errors.UnknownDatumError: "datum",
}
"""The field that an error is about where it doesn't say so itself."""

SIGN_IN_FIRST = (
    errors.PasswordChangeNeededError,
    errors.SignInNeededError,
    errors.TokenRefusedError,
)

RETRY_AFTER_S = "5"

TITLES: dict[int, Message] = {
    400: msg("The request can't be read"),
    401: msg("Sign in first"),
    403: msg("Not allowed"),
    404: msg("Not found"),
    405: msg("This address does not take that method"),
    408: msg("The request took too long"),
    409: msg("Not allowed in this state"),
    413: msg("The request is too large"),
    414: msg("The address is too long"),
    415: msg("This media type is not taken"),
    422: msg("The request has values that can't be taken"),
    431: msg("The request's headers are too long"),
    429: msg("Too many attempts"),
    500: msg("Something went wrong here"),
    502: msg("Another service did not answer as it should"),
    503: msg("Not available at the moment"),
}

WRONG_VALUES: dict[str, Message] = {
    "missing": msg("This field is required."),
    "extra_forbidden": msg("There is no such field."),
    "json_invalid": msg("This is not valid JSON."),
    "timezone_aware": msg("This time has no offset from UTC, such as +08:00."),
    "datetime_from_date_parsing": msg("This is not an ISO 8601 time."),
    "datetime_parsing": msg("This is not an ISO 8601 time."),
    "datetime_type": msg("This is not an ISO 8601 time."),
    "float_parsing": msg("This is not a number."),
    "float_type": msg("This is not a number."),
    "finite_number": msg("This is not a number."),
    "int_parsing": msg("This is not a whole number."),
    "int_from_float": msg("This is not a whole number."),
    "int_type": msg("This is not a whole number."),
    "string_type": msg("This is not a text."),
    "string_too_long": msg("This has more than %(max_length)s characters."),
    "string_too_short": msg("This has fewer than %(min_length)s characters."),
    "string_pattern_mismatch": msg("This does not look as it should."),
    "too_long": msg("There are more than %(max_length)s of these."),
    "greater_than_equal": msg("This is less than %(ge)s."),
    "less_than_equal": msg("This is more than %(le)s."),
    "greater_than": msg("This is not more than %(gt)s."),
    "uuid_parsing": msg("This is not a UUID."),
    "uuid_type": msg("This is not a UUID."),
    "literal_error": msg("This is none of: %(expected)s."),
    "enum": msg("This is none of: %(expected)s."),
    "model_type": msg("This is not a JSON object."),
    "model_attributes_type": msg("This is not a JSON object."),
    "dict_type": msg("This is not a JSON object."),
    "list_type": msg("This is not a JSON list."),
    "unit_named_once": msg("Name a building by its code, or a unit by its key."),
    "source_named_once": msg("Name a generation or a draft to begin with, not both."),
    "comment_placed_once": msg(
        "Give a comment a longitude and a latitude, or say what it answers."
    ),
    "place_named_once": msg("Give a longitude and a latitude, or a building."),
    "bool_parsing": msg("This is neither true nor false."),
}
"""Kinds of wrong values, as pydantic names them, in words for people."""

NO_DATABASE = msg("The database does not answer just now. Try again in a few seconds.")
OTHER_WRONG_VALUE = msg("This value can't be taken.")


class RefusedRequestError(HTTPException):
    """A request that is refused while it is read.

    Parameters
    ----------
    status
        Of the answer.
    message
        What is wrong with it, where the status doesn't say it all.
    field
        The part of the request it is about.
    """

    def __init__(
        self, status: HTTPStatus, message: Message | None = None, field: str | None = None
    ) -> None:
        super().__init__(status, headers=_after_refusal(status))
        self.message = message
        self.field = field


def _after_refusal(status: HTTPStatus) -> dict[str, str]:
    """Close the connection, on which the rest of the request may still come."""
    busy = {"Retry-After": RETRY_AFTER_S} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return {"Connection": "close", **busy}


def problem(
    request: Request,
    status: int,
    detail: Message | None = None,
    fields: list[tuple[str, Message]] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """Return an answer that says what went wrong; a page where a browser asks for one.

    Parameters
    ----------
    request
        Whose language counts.
    status
        Of the answer.
    detail
        What went wrong this time.
    fields
        What is wrong with which field.
    more
        Further members.
    """
    language = language_of(request)
    title = translate(TITLES.get(status, msg("Not possible")), language)
    said = [{"field": name, "message": translate(text, language)} for name, text in fields or ()]
    first = f"{said[0]['field']}: {said[0]['message']}" if said else title
    if wants_page(request):
        text = translate(detail, language) if detail else first
        return page(request, "error.html", status=int(status), title=title, detail=text)
    body = {
        "type": "about:blank",
        "title": title,
        "status": int(status),
        "detail": translate(detail, language) if detail else first,
        "instance": request.url.path,
        **({"errors": said} if fields else {}),
        **(more or {}),
    }
    headers = {"Content-Language": html_tag(language), "Vary": "Accept-Language, Cookie"}
    return Response(orjson.dumps(body), status, headers, PROBLEM)


def _listed(kind: type[errors.HonggeError]) -> type[errors.HonggeError]:
    """Return the error's class, or the one it is a kind of, that :data:`STATUS_OF` lists."""
    return next((one for one in kind.__mro__ if one in STATUS_OF), kind)


def status_of(error: Exception) -> HTTPStatus:
    """Return the status of an error, by :data:`STATUS_OF` where the domain knows it."""
    known = _listed(type(error)) if isinstance(error, errors.HonggeError) else errors.HonggeError
    return STATUS_OF.get(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def answer_error(request: Request, error: errors.HonggeError) -> Response:
    """Answer an error of the domain by :data:`STATUS_OF`."""
    kind = _listed(type(error))
    status = status_of(error)
    if isinstance(error, errors.InvalidFieldError):
        reason = error.message.values["reason"]
        return problem(request, status, fields=[(error.message.values["field"], reason)])
    more = _more_of(error)
    if more is not None:
        return problem(request, status, error.message, more=more)
    if isinstance(error, SIGN_IN_FIRST):
        return _sign_in_first(request, error)
    if isinstance(error, errors.SignInTooSoonError | errors.ReportsTooFastError):
        answer = problem(request, status, error.message)
        answer.headers["Retry-After"] = str(error.wait)
        return answer
    if isinstance(error, errors.StoreUnavailableError | errors.TooBusyError):
        away = isinstance(error, errors.StoreUnavailableError)
        if away:
            log.error("%s", error)
        answer = problem(request, status, NO_DATABASE if away else error.message)
        answer.headers["Retry-After"] = RETRY_AFTER_S
        return answer
    field = FIELD_OF.get(kind)
    return problem(request, status, error.message, [(field, error.message)] if field else None)


def _more_of(error: errors.HonggeError) -> dict[str, Any] | None:
    """Return what an error says to programs besides its message."""
    if isinstance(error, errors.ActionRefusedError):
        return {"state": error.state, "version": error.version, "allowed": list(error.allowed)}
    if isinstance(error, errors.SlotFullError):
        return {"next": [one.isoformat() for one in error.next]}
    return None


def _sign_in_first(request: Request, error: errors.HonggeError) -> Response:
    """Lead a person to the page that comes first; tell a program what it lacks."""
    change = isinstance(error, errors.PasswordChangeNeededError)
    if wants_page(request):
        first = "/account/password" if change else "/login"
        return RedirectResponse(_then_back(request, first), HTTPStatus.SEE_OTHER)
    answer = problem(request, STATUS_OF[_listed(type(error))], error.message)
    if not change:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _then_back(request: Request, first: str) -> str:
    if request.method != "GET":
        return first
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{first}?{urlencode({'next': request.url.path + query})}"


def answer_invalid(request: Request, error: RequestValidationError) -> Response:
    """Answer a request whose fields can't be taken, naming each."""
    fields = [_wrong_value(one) for one in error.errors()]
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, fields=fields)


def answer_http(request: Request, error: HTTPException) -> Response:
    """Answer an address or a method that there isn't."""
    message = error.message if isinstance(error, RefusedRequestError) else None
    field = error.field if isinstance(error, RefusedRequestError) else None
    fields = [(field, message)] if field and message else None
    answer = problem(request, error.status_code, message, fields)
    answer.headers.update(error.headers or {})
    return answer


def answer_fault(request: Request, error: Exception) -> Response:
    """Answer a fault of our own; the log has the rest, under the request's number."""
    log.error("a request failed", exc_info=error)
    number = request.scope.get("state", {}).get("request_id")
    detail = msg(
        "The request could not be carried out; it has been noted as %(number)s.", number=number
    )
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    answer = problem(request, status, detail, more={"request_id": number})
    answer.headers.update({**HEADERS, "X-Request-ID": str(number)})
    return answer


def add_handlers(app: FastAPI) -> None:
    """Let an application answer what goes wrong with problem details."""
    app.add_exception_handler(errors.HonggeError, answer_error)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, answer_invalid)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, answer_http)  # type: ignore[arg-type]
    app.add_exception_handler(Exception, answer_fault)


def _wrong_value(error: Mapping[str, Any]) -> tuple[str, Message]:
    """Return the path of a field, without the part of the request it is in, and what is wrong."""
    where, *path = (str(part) for part in error["loc"])
    unreadable = error["type"] == "json_invalid"
    field = where if unreadable or not path else ".".join(path)
    return field, wrong_value(error)


def wrong_value(error: Mapping[str, Any]) -> Message:
    """Return what is wrong with a value, of an error that pydantic tells."""
    known = WRONG_VALUES.get(error["type"], OTHER_WRONG_VALUE)
    return Message(known.template, dict(error.get("ctx", {})))
