"""The application: its parts put together, its start and its end."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from api.background import at_work
from api.deps import get_visitor
from api.described import ANYWHERE, describe
from api.errors import add_handlers
from api.fast_lane import FastLane
from api.headers import SecurityHeaders
from api.limits import KILOBYTE, Limits, RequestLimits
from api.observing import Meters, Observed
from api.permissions import check_endpoints
from api.proxies import TrustedProxies
from api.routes import (
    account,
    admin,
    audit,
    booking_desk,
    booking_pages,
    bookings,
    cases,
    catalogue_pages,
    catchments,
    collections,
    deliveries,
    desk_pages,
    duties,
    figures,
    generations,
    health,
    households,
    issue_events,
    issue_lists,
    issues,
    locate,
    login,
    map_files,
    maps,
    pages,
    places,
    plan_events,
    plan_geometry,
    plan_import,
    plan_notes,
    plan_pages,
    plan_review,
    plans,
    proposals,
    public_pages,
    report_pages,
    reporting,
    responsibility,
    responsibility_pages,
    rota,
    rota_pages,
    scorecard_page,
    scorecards,
    station_desk,
    station_pages,
    stations,
    stations_near,
    tiles,
    visits,
    work,
    worker_pages,
)
from api.static_files import VersionedStaticFiles
from geo.flows.photos import MEGABYTE
from geo.settings import settings

SUMMARY = "Governance grids of a city: where a position belongs, and who answers there."


BASE64_GROWTH = 4 / 3


def request_limits() -> Limits:
    """Return what requests may be by the settings; issues may have photos."""
    chosen = settings()
    body_bytes = chosen.body_max_kb * KILOBYTE
    plan_bytes = chosen.plan_file_max_mb * MEGABYTE * BASE64_GROWTH
    photos_bytes = chosen.photos_max * chosen.photo_max_mb * MEGABYTE * BASE64_GROWTH
    return Limits(
        hosts=frozenset(one.strip().lower() for one in chosen.allowed_hosts.split(",")) - {""},
        body_bytes=body_bytes,
        body_bytes_of={
            ("POST", issues.router.prefix): body_bytes + int(photos_bytes),
            ("POST", f"{issues.router.prefix}/*/actions"): body_bytes + int(photos_bytes),
            ("POST", plan_import.IMPORT): body_bytes + int(plan_bytes),
        },
        depth=chosen.json_depth_max,
        pause_s=chosen.body_pause_s,
        body_s=chosen.body_max_s,
    )


ROUTERS = (
    *(part.router for part in (reporting, issue_lists, issue_events)),
    *(desk_pages.api_router, desk_pages.router, deliveries.api_router, deliveries.router),
    *(part.router for part in (locate, issues, collections, pages, tiles, health)),
    *(part.router for part in (cases, households, audit, places)),
    *(part.router for part in (stations_near, public_pages, station_pages)),
    *(figures.router, figures.page_router),
    *(catchments.router, catchments.page_router),
    *(maps.router, map_files.router),
    *(part.router for part in (duties, responsibility, catalogue_pages, responsibility_pages)),
    *(part.router for part in (report_pages, bookings, booking_pages, booking_desk)),
    *(part.router for part in (rota, rota_pages)),
    *(part.router for part in (stations, station_desk)),
    *(part.router for part in (visits, work, worker_pages)),
    *(part.router for part in (generations, login, account, admin)),
    *(part.router for part in (plan_pages, plans, proposals, scorecards, scorecard_page)),
    *(part.router for part in (plan_notes, plan_events)),
    *(plan_import.router, plan_import.page_router, plan_geometry.router, plan_review.router),
    *(part.api_router for part in (cases, households, account)),
    generations.page_router,
)
"""In the order in which they are asked."""


def create_app(database_url: str | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    database_url
        By default the settings'.
    """
    app = FastAPI(
        title="Hongge",
        summary=SUMMARY,
        version="1",
        lifespan=at_work,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_url=pages.OPENAPI_URL,
        responses=ANYWHERE,
        dependencies=[Depends(get_visitor)],
    )
    app.state.database_url = database_url
    app.state.meters = Meters()
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", VersionedStaticFiles(), name="static")
    check_endpoints(app.routes)
    add_handlers(app)
    describe(app)
    chosen = settings()
    app.add_middleware(RequestLimits, limits=request_limits())
    app.add_middleware(SecurityHeaders, tls_for_s=chosen.hsts_s)
    app.add_middleware(Observed, meters=app.state.meters)
    app.add_middleware(FastLane, meters=app.state.meters, tls_for_s=chosen.hsts_s)
    app.add_middleware(TrustedProxies, proxies=chosen.trusted_proxies)
    return app
