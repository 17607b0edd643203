"""``GET /api/v1/stations/nearest``: the stations near a position, on foot."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.deps import BoardDep, LanguageDep
from api.schemas.problems import REFUSED
from api.schemas.stations import NearestQuery, NearStationOut
from api.station_answers import render
from geo.flows.locate import read_position
from geo.flows.station_board import StationBoard
from geo.flows.stations import Wanted, check_wanted, nearest

router = APIRouter(prefix="/api/v1", tags=["stations"])

PATH = "/api/v1/stations/nearest"


@router.get(
    "/stations/nearest",
    summary="Nearest stations on foot",
    response_model=list[NearStationOut],
    responses=REFUSED,
)
async def get_nearest_stations(
    asked: Annotated[NearestQuery, Query()], board: BoardDep, language: LanguageDep
) -> Response:
    """Answer with stations by how far they are on foot, those that no way leads to at the end.

    Whoever is not on a road walks straight to the nearest one. A straight line never stands for a
    way that isn't known.
    """
    position = read_position(asked.lon, asked.lat, asked.datum)
    wanted = Wanted(
        asked.at, tuple(asked.facility), asked.open_now, asked.limit, asked.jurisdiction
    )
    if board.ready and asked.at is None:
        body = _answer(board, (position.lon, position.lat), wanted, language)
    else:
        body = await run_in_threadpool(
            _answer, board, (position.lon, position.lat), wanted, language
        )
    return Response(body, media_type="application/json")


def _answer(
    board: StationBoard, place: tuple[float, float], wanted: Wanted, language: str
) -> bytes:
    check_wanted(board, wanted)
    return render(nearest(board, *place, wanted), language)
