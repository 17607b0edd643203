"""``/api/v1/grids`` and the like: GeoJSON for maps and other programs."""

import hashlib
import math
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from api.deps import SessionDep
from api.schemas.values import Code, Instant
from geo.errors import InvalidFieldError
from geo.messages import msg
from geo.store.collections import Bounds, Chosen, feature_collection, features

router = APIRouter(prefix="/api/v1", tags=["map"])

GEOJSON = "application/geo+json"
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {GEOJSON: {}}, "description": "A FeatureCollection in WGS 84."},
    304: {"description": "Nothing has changed."},
}

Jurisdiction = Annotated[Code | None, Query(description="Slug of a jurisdiction.")]
BoundingBox = Annotated[
    str | None, Query(alias="bbox", description="`west,south,east,north` in degrees.")
]
IfNoneMatch = Annotated[str | None, Header()]


@router.get("/grids", responses=RESPONSES, response_class=Response, summary="Grids")
def get_grids(  # noqa: PLR0913 - one parameter of the address each
    session: SessionDep,
    *,
    jurisdiction: Jurisdiction = None,
    bbox: BoundingBox = None,
    generation: Annotated[Code | None, Query(description="Label of a generation.")] = None,
    at: Annotated[Instant | None, Query(description="In force then; default now.")] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answer with the grids in force, of a generation, or of a time."""
    chosen = Chosen(jurisdiction, _bounds(bbox), generation, at)
    return _collection(features(session, "grids", chosen), if_none_match)


@router.get("/communities", responses=RESPONSES, response_class=Response, summary="Communities")
def get_communities(
    session: SessionDep,
    jurisdiction: Jurisdiction = None,
    bbox: BoundingBox = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answer with the communities."""
    chosen = Chosen(jurisdiction, _bounds(bbox))
    return _collection(features(session, "communities", chosen), if_none_match)


@router.get("/stations", responses=RESPONSES, response_class=Response, summary="Stations")
def get_stations(
    session: SessionDep,
    jurisdiction: Jurisdiction = None,
    bbox: BoundingBox = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answer with the red stations and workstations."""
    chosen = Chosen(jurisdiction, _bounds(bbox))
    return _collection(features(session, "stations", chosen), if_none_match)


@router.get("/blocks", responses=RESPONSES, response_class=Response, summary="Blocks")
def get_blocks(
    session: SessionDep,
    jurisdiction: Jurisdiction = None,
    bbox: BoundingBox = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answer with the blocks that grids are made of."""
    chosen = Chosen(jurisdiction, _bounds(bbox))
    return _collection(features(session, "blocks", chosen), if_none_match)


def _collection(found: list[str], if_none_match: str | None) -> Response:
    body = feature_collection(found)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = {one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=GEOJSON)


def _bounds(bbox: str | None) -> Bounds | None:
    if bbox is None:
        return None
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
    except ValueError:
        west = south = east = north = math.nan
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 - degrees
        raise InvalidFieldError(
            field="bbox", reason=msg("This is not west,south,east,north in degrees.")
        )
    return west, south, east, north
