"""Answers of JSON, as endpoints give them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

JSON = "application/json"


def as_json(body: Any, status: int = HTTPStatus.OK) -> Response:
    """Return an answer of values of JSON."""
    return Response(orjson.dumps(body), status, media_type=JSON)


def model_as_json(
    body: BaseModel, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer that its model has looked at; fields go by their aliases."""
    return Response(body.model_dump_json(by_alias=True), status, headers, media_type=JSON)
