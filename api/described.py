"""The description of the interface (OpenAPI): what every endpoint may answer, and whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.cookies import SESSION
from api.errors import PROBLEM
from api.guarding import CSRF_HEADER, FOLLOW_QUERY, SAFE
from api.permissions import ACCOUNT, ANY_TOKEN, ENDPOINTS, EVERY_ROLE, RESIDENT
from api.schemas.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from api.permissions import Rule

ANYWHERE: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description}
    for status, description in {
        400: "The request can't be read, or was sent to another name.",
        401: "Nobody is signed in, or the token is not valid.",
        403: "Whoever is signed in may not do this, or the token lacks the scope.",
        414: "The address is too long.",
        422: "A field can't be taken; `errors` names it.",
        431: "The headers are too long.",
        503: "The database is away, or there is too much to do; `Retry-After` says when.",
    }.items()
}
"""What every endpoint may answer."""

WITH_BODY = {
    "408": "The body took too long.",
    "413": "The body is too large.",
    "415": "The body is compressed.",
}
SECURITY_SCHEMES = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION,
        "description": "Of a browser that has signed in at `/login`; over https `__Host-"
        f"{SESSION}`.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": CSRF_HEADER,
        "description": "The session's token, with every request of a session that changes"
        " something; pages have it in `<meta name=csrf-token>`.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A program's token, made at `/account`, with the scope that is named.",
    },
    "follow": {
        "type": "apiKey",
        "in": "query",
        "name": FOLLOW_QUERY,
        "description": "The secret of one issue or booking, from the link that the answer to a"
        " report or a booking holds; or of a link to one draft of a plan.",
    },
}
OLD_SCHEMAS = ("HTTPValidationError", "ValidationError")
FIRST_ERROR = 400
OF_PROBLEMS = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def describe(app: FastAPI) -> None:
    """Let an application describe its refusals as what they are: problem details (RFC 9457)."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _mended(made())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def needs(method: str, rule: Rule) -> dict[str, Any]:
    """Return what an endpoint needs of who calls it, as the description has it.

    ``x-roles`` are the roles that are let in, ``security`` the ways to say who one is; ``{}``
    stands for saying nothing.

    Examples
    --------
    >>> needs("GET", ENDPOINTS["GET", "/api/v1/issues"])["security"]
    [{'session': []}, {'token': ['issues:read']}]
    """
    ways: list[dict[str, list[str]]] = [{}] if RESIDENT in rule.who else []
    ways.append({"session": []} if method in SAFE else {"session": [], "csrf": []})
    if rule.scope is not None:
        ways.append({"token": [] if rule.scope == ANY_TOKEN else [rule.scope]})
    if rule.follow:
        ways.append({"follow": []})
    roles = (rule.who - {ACCOUNT}) | (EVERY_ROLE if ACCOUNT in rule.who else frozenset())
    return {"security": ways, "x-roles": sorted(roles)}


def _mended(described: dict[str, Any]) -> dict[str, Any]:
    for path, method, operation in _operations(described):
        operation.update(needs(method, ENDPOINTS[method, path]))
        responses = operation["responses"]
        if "requestBody" in operation:
            for status, description in WITH_BODY.items():
                responses.setdefault(status, {"description": description, "content": OF_PROBLEMS})
        for status, response in responses.items():
            if int(status) >= FIRST_ERROR and response.get("content"):
                response["content"] = _of_problem(response["content"])
        operation["responses"] = dict(sorted(responses.items()))
    described.setdefault("components", {})["securitySchemes"] = SECURITY_SCHEMES
    schemas = described["components"].get("schemas", {})
    for name in OLD_SCHEMAS:
        schemas.pop(name, None)
    return described


def _operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if isinstance(operation, dict):
                yield path, method.upper(), operation


def _of_problem(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a refusal: problem details, with further members where it has some."""
    (described,) = content.values()
    name = described.get("schema", {}).get("$ref", "").rpartition("/")[2]
    return OF_PROBLEMS if name in {"", "Problem", *OLD_SCHEMAS} else {PROBLEM: described}
