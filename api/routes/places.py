"""``/api/v1/places``: finding a compound, a building and its units by what people call them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.answering import model_as_json
from api.deps import SessionDep
from api.schemas.places import PlacesOut, PlacesQuery
from api.schemas.problems import REFUSED
from geo.store.place_search import Sought, buildings_within, find_places

router = APIRouter(prefix="/api/v1", tags=["map"])

MOST_WORDS = 6


@router.get("/places", response_model=PlacesOut, summary="Find places", responses=REFUSED)
def get_places(asked: Annotated[PlacesQuery, Query()], session: SessionDep) -> Response:
    """Answer with compounds and buildings by name or address, or with a compound's buildings."""
    if asked.within is not None and asked.community is not None:
        found = buildings_within(
            session, asked.community, asked.within, asked.jurisdiction, asked.limit
        )
    else:
        words = tuple(asked.q.split()[:MOST_WORDS])
        found = find_places(session, Sought(words, asked.jurisdiction, asked.limit))
    body = PlacesOut.model_validate({"places": [_told(row) for row in found]})
    return model_as_json(body)


def _told(row: Any) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("kind", "code", "name", "address", "lon", "lat")},
        "name_en": row.get("name_en", ""),
        "community": _named(row, "community"),
        "compound": _named(row, "compound") if row.get("compound_code") else None,
        "units": row.get("units", []),
        "buildings": row.get("buildings"),
    }


def _named(row: Any, prefix: str) -> dict[str, str]:
    return {name: row[f"{prefix}_{name}"] for name in ("code", "name", "name_en")}
