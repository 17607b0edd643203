"""What works in the background of a serving process: begins before requests, ends after them."""

from __future__ import annotations

import sys
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from api.i18n import translate
from api.leaving import before_leaving
from geo.flows.clockwork import Clockwork
from geo.flows.delivering import Postman
from geo.flows.issue_events import IssueEvents
from geo.flows.map_warmth import MapWarmth
from geo.flows.plan_events import PlanEvents
from geo.flows.plan_worker import Foreman
from geo.flows.registry import Registry
from geo.flows.releases import Releasing
from geo.flows.retention import Daily
from geo.flows.station_board import StationBoard
from geo.settings import settings
from maps.folium_maps import import_folium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from geo.flows.background import Background

WORK = (sys.executable, "-m", "api.cli", "work", "--until-closed")
"""Runs the process that computes proposals."""


@asynccontextmanager
async def at_work(app: FastAPI) -> AsyncIterator[None]:
    """Let everything work in the background that the application needs; endpoints find it by name.

    Parameters
    ----------
    app
        Knows the database.
    """
    url: str | None = app.state.database_url
    issues, plans = IssueEvents(url), PlanEvents(url)
    registry = Registry(url)
    workers: dict[str, Background] = {
        "registry": registry,
        "stations": StationBoard(url),
        "foreman": Foreman(WORK, url),
        "daily": Daily(url),
        "clockwork": Clockwork(url),
        "releases": Releasing(url),
        "postman": Postman(url, partial(translate, language=settings().language)),
        "plan_events": plans,
        "issue_events": issues,
    }
    if settings().maps_ready:
        workers["map_warmth"] = MapWarmth(registry, url, [import_folium])
    with ExitStack() as ending:
        for name, worker in workers.items():
            setattr(app.state, name, worker)
            worker.start()
            ending.callback(worker.stop)
        # Streams are told to end before the server waits for them.
        ending.enter_context(before_leaving(issues.end))
        ending.enter_context(before_leaving(plans.end))
        yield
