"""The description of the interface (OpenAPI), with what every endpoint may answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.errors import PROBLEM
from api.schemas.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

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


def _mended(described: dict[str, Any]) -> dict[str, Any]:
    for operation in _operations(described):
        responses = operation["responses"]
        if "requestBody" in operation:
            for status, description in WITH_BODY.items():
                responses.setdefault(status, {"description": description, "content": OF_PROBLEMS})
        for status, response in responses.items():
            if int(status) >= FIRST_ERROR and _is_problem(response.get("content", {})):
                response["content"] = OF_PROBLEMS
        operation["responses"] = dict(sorted(responses.items()))
    schemas = described.get("components", {}).get("schemas", {})
    for name in OLD_SCHEMAS:
        schemas.pop(name, None)
    return described


def _operations(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in described["paths"].values():
        yield from (one for one in methods.values() if isinstance(one, dict))


def _is_problem(content: dict[str, Any]) -> bool:
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    return reference.rpartition("/")[2] in {"Problem", *OLD_SCHEMAS}
