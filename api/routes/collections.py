"""``/api/v1/grids`` and the like: GeoJSON for maps and other programs."""

import hashlib
import math
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query
from pydantic import Field
from starlette.responses import Response

from api.deps import LanguageDep, SessionDep
from api.schemas.locating import Asked
from api.schemas.values import Code, Instant
from api.station_details import open_out
from geo.errors import InvalidFieldError
from geo.flows.station_details import stations_now
from geo.messages import msg
from geo.store.collections import Bounds, Chosen, feature_collection, features
from geo.store.engine import Session
from geo.store.station_details import list_stations

router = APIRouter(prefix="/api/v1", tags=["map"])

GEOJSON = "application/geo+json"
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {GEOJSON: {}}, "description": "A FeatureCollection in WGS 84."},
    304: {"description": "Nothing has changed."},
}

IfNoneMatch = Annotated[str | None, Header()]


class Area(Asked):
    """Where features are wanted."""

    jurisdiction: Code | None = Field(default=None, description="Slug.")
    bbox: Code | None = Field(default=None, description="`west,south,east,north` in degrees.")


class AreaAndTime(Area):
    """Where and of when grids are wanted."""

    generation: Code | None = Field(default=None, description="Label of a generation.")
    at: Instant | None = Field(default=None, description="In force then; by default now.")


@router.get("/grids", responses=RESPONSES, response_class=Response, summary="Grids")
def get_grids(
    session: SessionDep,
    asked: Annotated[AreaAndTime, Query()],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answer with the grids in force, of a generation, or of a time."""
    chosen = Chosen(asked.jurisdiction, _bounds(asked.bbox), asked.generation, asked.at)
    return collection(features(session, "grids", chosen), if_none_match)


@router.get("/communities", responses=RESPONSES, response_class=Response, summary="Communities")
def get_communities(
    session: SessionDep, asked: Annotated[Area, Query()], if_none_match: IfNoneMatch = None
) -> Response:
    """Answer with the communities."""
    return collection(features(session, "communities", _chosen(asked)), if_none_match)


@router.get("/stations", responses=RESPONSES, response_class=Response, summary="Stations")
def get_stations(
    session: SessionDep,
    asked: Annotated[Area, Query()],
    language: LanguageDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answer with the red stations and workstations, their hours, and whether they are open now."""
    found = features(session, "stations", _chosen(asked))
    return collection(with_hours(session, found, asked.jurisdiction, language), if_none_match)


def with_hours(
    session: Session, found: list[str], jurisdiction: str | None, language: str
) -> list[str]:
    """Return features of stations with their hours, and whether they are open."""
    stations = {
        (one.station["jurisdiction"], one.station["community_code"], one.station["code"]): one
        for one in stations_now(session, list_stations(session, jurisdiction))
    }
    told = []
    for feature in map(orjson.loads, found):
        properties = feature["properties"]
        key = (properties["jurisdiction"], properties["community_code"], properties["code"])
        now = stations.get(key)
        properties["opening_hours"] = now and now.opening_hours
        properties["open"] = now and open_out(now.opening, now.at, language)
        told.append(orjson.dumps(feature).decode())
    return told


@router.get("/blocks", responses=RESPONSES, response_class=Response, summary="Blocks")
def get_blocks(
    session: SessionDep, asked: Annotated[Area, Query()], if_none_match: IfNoneMatch = None
) -> Response:
    """Answer with the blocks that grids are made of."""
    return collection(features(session, "blocks", _chosen(asked)), if_none_match)


def _chosen(asked: Area) -> Chosen:
    return Chosen(asked.jurisdiction, _bounds(asked.bbox))


def collection(found: list[str], if_none_match: str | None) -> Response:
    """Answer with features, or that they are those that are known already."""
    return tagged(feature_collection(found), GEOJSON, if_none_match)


def tagged(body: bytes, media_type: str, if_none_match: str | None) -> Response:
    """Answer with a body under a tag of its contents, or that it is the one known already."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = {one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


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
