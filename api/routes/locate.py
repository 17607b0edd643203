"""``GET /api/v1/locate``: the question asked most, answered without touching the database.

The parameters are read from the raw query string and the answers of points inside a grid are kept
as bytes: validation by signature and encoding would take longer than the look-up.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus
from weakref import WeakKeyDictionary

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.errors import WRONG_VALUES
from api.i18n import language_of, translate
from api.schemas.locating import LocateOut
from geo.errors import InvalidFieldError
from geo.flows.locate import LocateAnswer, Notice, locate, locate_in, read_position
from geo.store.generations import Named, StoredGrid

if TYPE_CHECKING:
    from geo.flows.registry import Registry

router = APIRouter(tags=["locating"])

NAMES = {
    b"lon": "lon",
    b"lat": "lat",
    b"datum": "datum",
    b"accuracy_m": "accuracy_m",
    b"at": "at",
    b"lang": "lang",
}
PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "lon",
        "in": "query",
        "required": True,
        "schema": {"type": "number"},
        "description": "Longitude in degrees, or easting of a projected system.",
    },
    {
        "name": "lat",
        "in": "query",
        "required": True,
        "schema": {"type": "number"},
        "description": "Latitude in degrees, or northing of a projected system.",
    },
    {
        "name": "datum",
        "in": "query",
        "schema": {"type": "string", "default": "wgs84"},
        "description": "`wgs84`, `cgcs2000`, `gcj02`, `bd09` or an EPSG code.",
    },
    {
        "name": "accuracy_m",
        "in": "query",
        "schema": {"type": "number", "minimum": 0, "maximum": 100000},
        "description": "Radius in metres of the circle the position is in.",
    },
    {
        "name": "at",
        "in": "query",
        "schema": {"type": "string", "format": "date-time"},
        "description": "Answer by the generation in force then; by default now.",
    },
]
DESCRIPTION = (
    "Answers by the generation in force, and says by which. `warnings` tells for instance when a"
    " position outside would lie inside in another datum; nothing is ever converted silently."
)

_inside: WeakKeyDictionary[StoredGrid, bytes] = WeakKeyDictionary()


@router.get(
    "/api/v1/locate",
    summary="Which grid a position belongs to",
    description=DESCRIPTION,
    openapi_extra={"parameters": PARAMETERS},
    response_model=LocateOut,
)
async def get_locate(request: Request) -> Response:
    """Answer a position."""
    registry: Registry = request.app.state.registry
    given = read_query(request.scope["query_string"])
    lon, lat = read_number(given, "lon"), read_number(given, "lat")
    if len(given) == 2 and abs(lon) <= 180 and abs(lat) <= 90:  # noqa: PLR2004 - lon and lat alone
        answer = locate_in(registry.current(), lon, lat)
        if answer.method == "inside" and answer.grid is not None:
            body = _inside.get(answer.grid) or _keep(answer.grid, answer)
            return Response(body, media_type="application/json")
    position = read_position(
        lon,
        lat,
        given.get("datum", "wgs84"),
        read_number(given, "accuracy_m") if "accuracy_m" in given else None,
    )
    at = read_instant(given, "at") if "at" in given else None
    if at is not None and not registry.at_hand(at):
        answer = await run_in_threadpool(locate, registry, position, at)
    else:
        answer = locate(registry, position, at)
    return Response(render(answer, language_of(request)), media_type="application/json")


def read_query(query: bytes) -> dict[str, str]:
    """Return the parameters of a query string.

    Raises
    ------
    InvalidFieldError
        When a parameter is not known.

    Examples
    --------
    >>> read_query(b"lon=114.279&lat=26.749")
    {'lon': '114.279', 'lat': '26.749'}
    >>> read_query(b"")
    {}
    """
    given = {}
    for part in query.split(b"&") if query else ():
        name, _, value = part.partition(b"=")
        if name not in NAMES:
            known = unquote_plus(name.decode("latin-1"))
            raise InvalidFieldError(field=known, reason=WRONG_VALUES["extra_forbidden"])
        text = value.decode("latin-1")
        given[NAMES[name]] = unquote_plus(text) if "%" in text or "+" in text else text
    return given


def read_number(given: dict[str, str], field: str) -> float:
    """Return a parameter that is a number.

    Raises
    ------
    InvalidFieldError
        When it is missing or something else.
    """
    text = given.get(field)
    if text is None:
        raise InvalidFieldError(field=field, reason=WRONG_VALUES["missing"])
    try:
        return float(text)
    except ValueError:
        raise InvalidFieldError(field=field, reason=WRONG_VALUES["float_parsing"]) from None


def read_instant(given: dict[str, str], field: str) -> datetime:
    """Return a parameter that is a time with an offset; a blank stands for an unescaped ``+``.

    Raises
    ------
    InvalidFieldError
        When it is something else.

    Examples
    --------
    >>> read_instant({"at": "2026-03-09T08:00:00 08:00"}, "at").isoformat()
    '2026-03-09T08:00:00+08:00'
    """
    text = given[field]
    if "T" in text:
        text = text.replace(" ", "+")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidFieldError(field=field, reason=WRONG_VALUES["datetime_parsing"]) from None
    if instant.tzinfo is None:
        raise InvalidFieldError(field=field, reason=WRONG_VALUES["timezone_aware"])
    return instant


def render(answer: LocateAnswer, language: str) -> bytes:
    """Return an answer as JSON, its warnings in the reader's language."""
    period = answer.period
    distance_m = answer.distance_m
    return orjson.dumps(
        {
            "generation": period.label if period else None,
            "generation_number": period.number if period else None,
            "jurisdiction": period.jurisdiction if period else None,
            "method": answer.method,
            "grid": _grid(answer.grid),
            "nearest": _grid(answer.nearest),
            "distance_m": None if distance_m is None else round(distance_m, 3),
            "candidates": [
                {"code": one.grid.code, "share": round(one.share, 6)} for one in answer.candidates
            ],
            "confident": answer.confident,
            "warnings": [_warning(notice, language) for notice in answer.notices],
        }
    )


def _keep(grid: StoredGrid, answer: LocateAnswer) -> bytes:
    body = render(answer, "en")
    _inside[grid] = body
    return body


def _warning(notice: Notice, language: str) -> dict[str, str]:
    return {"code": notice.code, "message": translate(notice.message, language)}


def _grid(grid: StoredGrid | None) -> dict[str, Any] | None:
    if grid is None:
        return None
    branch = grid.branch
    return {
        "code": grid.code,
        "name": grid.name,
        "name_en": grid.name_en,
        "kind": grid.kind,
        "community": _named(grid.community),
        "street": _named(grid.street),
        "branch": branch
        and {"name": branch.name, "name_en": branch.name_en, "phone": branch.phone},
    }


def _named(named: Named) -> dict[str, str]:
    return {"code": named.code, "name": named.name, "name_en": named.name_en}
