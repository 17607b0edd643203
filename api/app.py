"""The application: its parts put together, its start and its end."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from api.body_limit import BodyLimit
from api.errors import add_handlers
from api.fast_lane import FastLane
from api.headers import SecurityHeaders
from api.observing import Meters, Observed
from api.routes import collections, health, issues, locate, pages, tiles
from api.static_files import VersionedStaticFiles
from geo.flows.photos import MEGABYTE
from geo.flows.registry import Registry
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SUMMARY = "Governance grids of a city: where a position belongs, and who answers there."


TEXTS_BYTES = 100_000
BASE64_GROWTH = 4 / 3


def largest_body() -> int:
    """Return the size in bytes of the largest request: an issue with all its photos."""
    chosen = settings()
    photos_bytes = chosen.photos_max * chosen.photo_max_mb * MEGABYTE * BASE64_GROWTH
    return TEXTS_BYTES + int(photos_bytes)


def create_app(database_url: str | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    database_url
        By default the settings'.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        registry = Registry(database_url)
        app.state.registry = registry
        registry.start()
        yield
        registry.stop()

    app = FastAPI(
        title="Hongge",
        summary=SUMMARY,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=pages.OPENAPI_URL,
    )
    app.state.database_url = database_url
    app.state.meters = Meters()
    for part in (locate, issues, collections, pages, tiles, health):
        app.include_router(part.router)
    app.mount("/static", VersionedStaticFiles(), name="static")
    add_handlers(app)
    app.add_middleware(BodyLimit, most_bytes=largest_body())
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Observed, meters=app.state.meters)
    app.add_middleware(FastLane, meters=app.state.meters)
    return app
