"""Answers that say what went wrong, as they are documented."""

from typing import Any

from pydantic import BaseModel, Field


class ProblemField(BaseModel):
    """What is wrong with a field."""

    field: str
    message: str


class Problem(BaseModel):
    """Problem details (RFC 9457), in the language of the request."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ProblemField] = []
    state: str | None = Field(default=None, description="With 409: the issue's state.")
    version: int | None = Field(default=None, description="With 409: the issue's version.")
    allowed: list[str] | None = Field(default=None, description="With 409: what it allows.")
    next: list[str] | None = Field(
        default=None, description="With 409: when the next slots begin that are not full."
    )


REFUSED: dict[int | str, dict[str, Any]] = {
    422: {"model": Problem, "description": "A field can't be taken; `errors` names it."}
}
PACED: dict[int | str, dict[str, Any]] = {
    429: {"model": Problem, "description": "Too many from one address; `Retry-After` says when."}
}
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such issue."}
}
