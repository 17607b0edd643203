"""Vector tiles of the map, kept by browsers until the data change."""

import gzip
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response

from api.deps import SessionDep
from api.shelf import Shelf
from api.static_files import ASK_AGAIN, FOR_EVER
from geo.store.tiles import TileAddress, check_tile, data_version, tile

router = APIRouter(tags=["map"])

KEPT_TILES = 1000
DRAWN: Shelf[bytes] = Shelf(KEPT_TILES)
LEVEL = 5
EMPTY_BYTES = len(gzip.compress(b""))
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"


@router.get(
    "/tiles/{layer}/{z}/{x}/{y}.mvt",
    response_class=Response,
    summary="A vector tile of the map",
    responses={
        200: {"content": {MEDIA_TYPE: {}}},
        204: {"description": "Nothing to draw here."},
        304: {"description": "The tile has not changed."},
        404: {"description": "There is no such tile."},
    },
)
def get_tile(
    address: Annotated[TileAddress, Depends()],
    session: SessionDep,
    v: Annotated[str | None, Query(description="Version of the data that the page shows.")] = None,
    if_none_match: Annotated[str | None, Header()] = None,
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Answer with a tile of ``basemap``, ``grids``, ``communities`` or ``stations``."""
    check_tile(address)
    version = data_version(session)
    headers = {
        "ETag": f'"{version}"',
        "Cache-Control": FOR_EVER if v == version else ASK_AGAIN,
        "Vary": "Accept-Encoding",
    }
    if if_none_match and version in if_none_match:
        return Response(status_code=304, headers=headers)
    packed = DRAWN.take((version, address), lambda: gzip.compress(tile(session, address), LEVEL))
    if len(packed) <= EMPTY_BYTES:
        return Response(status_code=204, headers=headers)
    if "gzip" not in accept_encoding:
        return Response(gzip.decompress(packed), media_type=MEDIA_TYPE, headers=headers)
    return Response(packed, media_type=MEDIA_TYPE, headers=headers | {"Content-Encoding": "gzip"})
