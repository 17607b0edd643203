"""What the addresses of maps ask for: what a form leaves empty isn't asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, get_origin

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from geo.errors import InvalidFieldError
from geo.messages import msg
from geo.store.board import place_of_work
from geo.store.models import ACCOUNT_ROLES
from geo.store.overview import jurisdictions, overview

if TYPE_CHECKING:
    from datetime import date

    from fastapi import Request

    from api.schemas.maps import MapQuery
    from geo.store.engine import Session
    from geo.store.overview import Overview

Query = TypeVar("Query", bound="MapQuery")


def read_query(request: Request, model: type[Query]) -> Query:
    """Return what an address asks for.

    Raises
    ------
    RequestValidationError
        When a field isn't known, or has no such value.
    """
    given: dict[str, str | list[str]] = {}
    several = {name for name, field in model.model_fields.items() if _is_list(field.annotation)}
    for name, value in request.query_params.multi_items():
        if not value.strip():
            continue
        if name in several:
            given[name] = [*given.get(name, []), value]
        else:
            given[name] = value
    try:
        return model.model_validate(given)
    except ValidationError as error:
        refused = [one | {"loc": ("query", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(refused) from error


def check_period(since: date | None, until: date | None) -> None:
    """Refuse a last day that is before the first one.

    Raises
    ------
    InvalidFieldError
        When it is.

    Examples
    --------
    >>> check_period(None, None)
    """
    if since and until and until < since:
        raise InvalidFieldError(field="to", reason=msg("It is before the first day."))


def city_of(session: Session, slug: str | None) -> Overview | None:
    """Return the jurisdiction that is asked for; else where one works, or the largest.

    ``None`` when there is none at all, or none of that name.
    """
    if slug:
        return overview(session, slug)
    slugs = [place_of_work(session, *ACCOUNT_ROLES), *(one.slug for one in jurisdictions(session))]
    return next((found for one in slugs if one and (found := overview(session, one))), None)


def _is_list(annotation: object) -> bool:
    return get_origin(annotation) is list


__all__ = ["check_period", "city_of", "read_query"]
