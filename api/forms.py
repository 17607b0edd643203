"""Reading forms: ``application/x-www-form-urlencoded``, as our pages send them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from geo.errors import InvalidFieldError
from geo.messages import msg

if TYPE_CHECKING:
    from starlette.requests import Request

FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 64_000
MOST_FIELDS = 100


class Form:
    """The fields of a form, each a text.

    Parameters
    ----------
    pairs
        Names and values, in the form's order.

    Examples
    --------
    >>> form = Form([("scope", "a"), ("scope", "b")])
    >>> form.all("scope"), form["nothing"]
    (['a', 'b'], '')
    """

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    def __getitem__(self, name: str) -> str:
        """Return a field's last value; empty when there is none."""
        return next((value for key, value in reversed(self.pairs) if key == name), "")

    def all(self, name: str) -> list[str]:
        """Return all values of a field."""
        return [value for key, value in self.pairs if key == name]

    def number(self, name: str) -> int:
        """Return a field as a whole number.

        Raises
        ------
        InvalidFieldError
            When it is none.
        """
        text = self[name].strip()
        if not (text.isascii() and text.isdigit() and len(text) < len(str(2**63))):
            raise InvalidFieldError(field=name, reason=msg("This is not a whole number."))
        return int(text)


async def read_form(request: Request) -> Form:
    """Read the form that a request brings; an empty one when it brings something else.

    Raises
    ------
    InvalidFieldError
        When it can't be read or is larger than any form of ours.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        return Form([])
    body = await request.body()
    pairs = _pairs(body) if len(body) <= MOST_BYTES else None
    if pairs is None or any("\0" in value for _, value in pairs):
        raise InvalidFieldError(field="body", reason=msg("This form can't be read."))
    return Form(pairs)


def _pairs(body: bytes) -> list[tuple[str, str]] | None:
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except ValueError:
        return None
