"""For those who run the service: is it alive, is it ready, how busy is it."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from api.deps import RegistryDep, SessionDep
from geo.store.publishing import clock

if TYPE_CHECKING:
    from geo.flows.clockwork import Clockwork
    from geo.flows.retention import Daily

router = APIRouter(tags=["operations"])

SILENT_TOO_LONG_S = 5.0


@router.get("/healthz", summary="Whether the process answers")
async def healthz() -> dict[str, str]:
    """Answer at once."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="Whether the database answers and the generations in memory are fresh",
    responses={503: {"description": "Not ready; `reasons` says why."}},
)
def readyz(request: Request, session: SessionDep, registry: RegistryDep) -> JSONResponse:
    """Ask the database, and look at how old the generations in memory are."""
    clock(session)
    fresh = registry.silent_s < SILENT_TOO_LONG_S
    body = {
        "status": "ok" if fresh else "stale",
        "generations": [index.period.label for index in registry.current()],
        "generations_checked_s": round(registry.silent_s, 3),
        "retention": _last_run(request),
    }
    return JSONResponse(body, HTTPStatus.OK if fresh else HTTPStatus.SERVICE_UNAVAILABLE)


@router.get(
    "/metrics",
    summary="Figures in Prometheus' text format",
    response_class=PlainTextResponse,
)
async def metrics(request: Request, registry: RegistryDep) -> PlainTextResponse:
    """Answer with this process's figures."""
    lines = request.app.state.meters.exposition()
    lines += [
        "# HELP hongge_generations_checked_seconds Since the database last told its generations.",
        "# TYPE hongge_generations_checked_seconds gauge",
        f"hongge_generations_checked_seconds {registry.silent_s:.3f}",
        "# HELP hongge_generation_number The generation in force.",
        "# TYPE hongge_generation_number gauge",
    ]
    lines += [
        f'hongge_generation_number{{jurisdiction="{index.period.jurisdiction}"}}'
        f" {index.period.number}"
        for index in registry.current()
    ]
    lines += [*_of_retention(request), *_of_clocks(request)]
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


def _last_run(request: Request) -> dict[str, str | bool] | None:
    """Return when retention was last applied, and whether the audit trail was whole then."""
    daily: Daily = request.app.state.daily
    if daily.last_run is None:
        return None
    ended_at, detail = daily.last_run
    return {"ended_at": ended_at.isoformat(), "audit_whole": detail["audit_whole"]}


def _of_retention(request: Request) -> list[str]:
    daily: Daily = request.app.state.daily
    if daily.last_run is None:
        return []
    ended_at, detail = daily.last_run
    return [
        "# HELP hongge_retention_last_run_seconds When retention was last applied, POSIX time.",
        "# TYPE hongge_retention_last_run_seconds gauge",
        f"hongge_retention_last_run_seconds {ended_at.timestamp():.0f}",
        "# HELP hongge_audit_whole Whether the audit trail was whole when it was last verified.",
        "# TYPE hongge_audit_whole gauge",
        f"hongge_audit_whole {int(detail['audit_whole'])}",
    ]


def _of_clocks(request: Request) -> list[str]:
    clockwork: Clockwork = request.app.state.clockwork
    if clockwork.looked_at is None:
        return []
    return [
        "# HELP hongge_clocks_last_run_seconds When reminders were last looked after, POSIX time.",
        "# TYPE hongge_clocks_last_run_seconds gauge",
        f"hongge_clocks_last_run_seconds {clockwork.looked_at.timestamp():.0f}",
    ]
