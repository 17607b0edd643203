"""``/api/v1/worker``: what somebody who walks the grids takes along."""

import json

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import SessionDep
from api.routes.collections import IfNoneMatch, tagged
from api.schemas.work import WorkAreaOut
from geo.store.work_area import read_work_area

router = APIRouter(prefix="/api/v1/worker", tags=["work"])


@router.get(
    "/area",
    response_model=WorkAreaOut,
    summary="One's own grids with all that stands in them",
    responses={304: {"description": "Nothing has changed."}},
)
def get_area(session: SessionDep, if_none_match: IfNoneMatch = None) -> Response:
    """Answer with the reader's grids, buildings, doors, stations and duties, to work offline."""
    body = json.dumps(read_work_area(session), ensure_ascii=False, separators=(",", ":"))
    return tagged(body.encode(), "application/json", if_none_match)
