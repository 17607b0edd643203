"""Pages of the public: the nearest station that is open now."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

router = APIRouter(include_in_schema=False)


@router.get("/")
def nearest(request: Request) -> RedirectResponse:
    """Lead to the atlas of grids, with all that was asked for."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/grids{query}", HTTPStatus.TEMPORARY_REDIRECT)
