"""``GET /api/v1/locate``: which grid a position belongs to."""

from typing import Annotated
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.deps import LanguageDep, RegistryDep
from api.located import render
from api.schemas.locating import LocateOut, LocateQuery
from api.schemas.problems import REFUSED
from geo.flows.locate import locate, locate_in, read_position
from geo.flows.registry import Registry
from geo.store.generations import StoredGrid

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
