"""``GET /api/v1/locate``: which grid a position belongs to."""

from typing import Annotated, Any
from weakref import WeakKeyDictionary

import orjson
from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.deps import LanguageDep, RegistryDep
from api.i18n import translate
from api.schemas.locating import LocateOut, LocateQuery
from api.schemas.problems import REFUSED
from geo.flows.locate import LocateAnswer, Notice, locate, locate_in, read_position
from geo.flows.registry import Registry
from geo.store.generations import Named, StoredGrid

router = APIRouter(tags=["locating"])

PATH = "/api/v1/locate"

_inside: WeakKeyDictionary[StoredGrid, bytes] = WeakKeyDictionary()


@router.get(
    PATH,
    summary="Which grid a position belongs to",
    response_model=LocateOut,
    responses=REFUSED,
)
async def get_locate(
    asked: Annotated[LocateQuery, Query()], registry: RegistryDep, language: LanguageDep
) -> Response:
    """Answer by the generation in force now, or at a time, and say by which.

    `warnings` tells for instance when a position outside would lie inside in another datum; nothing
    is ever converted silently.
    """
    position = read_position(asked.lon, asked.lat, asked.datum, asked.accuracy_m)
    if asked.at is not None and not registry.at_hand(asked.at):
        answer = await run_in_threadpool(locate, registry, position, asked.at)
    else:
        answer = locate(registry, position, asked.at)
    return Response(render(answer, language), media_type="application/json")


def inside_answer(registry: Registry, lon: float, lat: float) -> bytes | None:
    """Return the answer of a position inside a grid, kept as bytes; ``None`` for every other.

    Parameters
    ----------
    registry
        The generations of this process.
    lon, lat
        WGS 84 degrees, or what pretends to be.
    """
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - degrees
        return None
    answer = locate_in(registry.current(), lon, lat)
    if answer.method != "inside" or answer.grid is None:
        return None
    body = _inside.get(answer.grid)
    if body is None:
        body = _inside[answer.grid] = render(answer, "en")
    return body


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
