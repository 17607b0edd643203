"""``/api/v1/figures`` and the page of figures: counts and medians of cases, and by which grids."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.answering import model_as_json
from api.attachments import file_headers
from api.deps import LanguageDep, RegistryDep, SessionDep, VisitorDep
from api.figures_shape import (
    days_of,
    figures_out,
    figures_xlsx,
    lines_of,
    shown_name,
)
from api.figures_words import (
    COUNTS,
    HOURS,
    NO_WORDS,
    ON_TIME_PCT,
    ROLES_NOTE,
    ROWS,
    TABLES,
    basis_said,
    summary_said,
    unplaced_said,
)
from api.i18n import language_of, translate
from api.rendering import local, page
from api.routes.personal import NO_STORE, staff_page
from api.schemas.figures import FiguresQuery, TableOut, TableQuery
from api.schemas.problems import REFUSED
from geo.core.figures import GROUPINGS, By
from geo.errors import InvalidFieldError
from geo.flows.figures import Asked, Counted, count
from geo.messages import msg
from geo.store.board import place_of_work
from geo.store.engine import Session
from geo.store.jurisdictions import jurisdictions as keys_of
from geo.store.models import ACCOUNT_ROLES
from geo.store.overview import jurisdictions, overview

router = APIRouter(prefix="/api/v1/figures", tags=["figures"])
page_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is no such jurisdiction, or no such generation in it."}
}
WORKBOOK: dict[int | str, dict[str, Any]] = {
    200: {"description": "The workbook.", "content": {XLSX: {}}}
}
FIRST_YEAR, LAST_YEAR = 1990, 2200
MONTHS = 12


@router.get("", response_model=TableOut, summary="Figures of cases", responses=UNKNOWN | REFUSED)
def get_figures(
    session: SessionDep,
    registry: RegistryDep,
    language: LanguageDep,
    asked: Annotated[TableQuery, Query()],
) -> Response:
    """Count the cases that whoever asks may see, and measure their stages in working time."""
    counted = count(session, registry, _asked(asked))
    body = TableOut.model_validate(figures_out(counted, asked.by, language))
    return model_as_json(body, headers=NO_STORE)


def get_workbook(
    session: SessionDep,
    registry: RegistryDep,
    language: LanguageDep,
    asked: Annotated[FiguresQuery, Query()],
) -> Response:
    """Answer with all tables, and a sheet that says what was counted, by which grids, and when."""
    counted = count(session, registry, _asked(asked))
    city = overview(session, asked.jurisdiction)
    if city is None:
        raise InvalidFieldError(
            field="jurisdiction", reason=msg("There is nothing with this code here.")
        )
    name = f"{translate(msg('Figures'), language)}-{asked.jurisdiction}-{counted.local_at:%Y%m%d}"
    return Response(
        figures_xlsx(counted, city, language),
        media_type=XLSX,
        headers=file_headers(f"{name}.xlsx", "attachment"),
    )


router.add_api_route(
    ".xlsx",
    get_workbook,
    response_class=Response,
    summary="Figures of cases as a workbook",
    responses=WORKBOOK | UNKNOWN | REFUSED,
)


def _asked(given: FiguresQuery) -> Asked:
    if given.as_ and given.generation:
        reason = msg("Choose either this or “generation”.")
        raise InvalidFieldError(field="as", reason=reason)
    basis = "generation" if given.generation else given.as_ or "then"
    return Asked(given.jurisdiction, given.since, given.until, basis, given.generation)


@page_router.get("/figures")
def get_page(
    request: Request, session: SessionDep, registry: RegistryDep, visitor: VisitorDep
) -> HTMLResponse:
    """Answer with a table of figures, the sentence that sums it up, and how it was counted."""
    given = request.query_params
    city = _city(session, given.get("place"))
    if city is None:
        return page(request, "empty.html")
    language = language_of(request)
    zone = next(one for one in keys_of(session) if one.slug == city.slug)
    elsewhere = {one.label for one in registry.periods() if one.jurisdiction != city.slug}
    asked, days = _asked_on_page(city.slug, given, zone.timezone, elsewhere)
    counted = count(session, registry, asked)
    by = _choice(given.get("by"), GROUPINGS, "grid")
    labels = [one.label for one in registry.periods() if one.jurisdiction == city.slug]
    fields = {
        "place": city.slug,
        "by": by,
        "from": str(days[0] or ""),
        "to": str(days[1] or ""),
        "count": asked.generation or asked.basis,
    }
    return staff_page(
        request,
        "figures.html",
        visitor,
        area=city,
        areas=[(one.slug, local(language, one)) for one in jurisdictions(session)],
        basis=basis_said(counted, language),
        by=by,
        counted=counted,
        counts=COUNTS,
        fields=fields,
        groupings=[(name, translate(TABLES[name], language)) for name in GROUPINGS],
        hours=HOURS,
        labels=labels[::-1],
        notes=[translate(one, language) for one in (ROLES_NOTE, NO_WORDS)],
        on_time=ON_TIME_PCT,
        periods=_periods(counted, fields, language),
        row_name=translate(ROWS[by], language),
        rows=_rows(counted, by, language),
        said=lambda message: translate(message, language),
        summary=summary_said(counted, days_of(counted), language),
        unplaced=unplaced_said(counted, language),
        url=lambda **changes: f"/figures?{urlencode({**fields, **changes})}",
        workbook_url=_workbook_url(counted, language),
    )


def _city(session: Session, slug: str | None) -> Any:
    slugs = [slug, place_of_work(session, *ACCOUNT_ROLES)]
    slugs += [one.slug for one in jurisdictions(session)[:1]]
    return next((found for one in slugs if one and (found := overview(session, one))), None)


def _choice(given: str | None, choices: tuple[By, ...], default: By) -> By:
    return next((one for one in choices if one == given), default)


def _asked_on_page(
    slug: str, given: Any, timezone: str, elsewhere: set[str]
) -> tuple[Asked, tuple[date | None, date | None]]:
    """Return what a page's address asks for: by default this year, by the grids of then.

    A generation of ``elsewhere`` was chosen before the jurisdiction was changed.
    """
    zone = ZoneInfo(timezone)
    today = datetime.now(UTC).astimezone(zone).date()
    if "from" in given or "to" in given:
        first, last = _day("from", given.get("from")), _day("to", given.get("to"))
    else:
        first, last = date(today.year, 1, 1), date(today.year, 12, 31)
    since = datetime.combine(first, time(), zone) if first else None
    until = datetime.combine(last + timedelta(days=1), time(), zone) if last else None
    label = given.get("count", "then")
    if label in {"then", "now", "", *elsewhere}:
        return Asked(slug, since, until, "now" if label == "now" else "then"), (first, last)
    return Asked(slug, since, until, "generation", label), (first, last)


def _day(field: str, given: str | None) -> date | None:
    if not given:
        return None
    try:
        found = date.fromisoformat(given)
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InvalidFieldError(field=field, reason=msg("This is no day such as 2026-10-01."))
    return found


def _periods(counted: Counted, fields: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """Return links to periods that are often asked for."""
    today = counted.local_at.date()
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    choices = [
        (msg("This year"), date(today.year, 1, 1), date(today.year, 12, 31)),
        (msg("Last year"), date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
        (msg("This month"), month, (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)),
        (msg("Last month"), before, month - timedelta(days=1)),
        (msg("All the time"), "", ""),
    ]
    return [
        {
            "name": translate(name, language),
            "url": f"/figures?{urlencode({**fields, 'from': str(first), 'to': str(last)})}",
            "current": (str(first), str(last)) == (fields["from"], fields["to"]),
        }
        for name, first, last in choices
    ]


def _rows(counted: Counted, by: By, language: str) -> list[dict[str, Any]]:
    months = _months([str(one.keys["month"]) for one in counted.cases])
    received = counted.months(by)
    lines = lines_of(counted, by)
    most = max((one.figures.counts["received"] for one in lines), default=0)
    return [
        {
            "name": shown_name(by, row.name, language),
            "code": row.name.code if row.name and by != "month" else "",
            "generation": row.name.generation if row.name else None,
            "private": bool(row.name and row.name.private),
            "figures": row.figures,
            "share": row.figures.counts["received"] / most if most else 0.0,
            "months": [(month, received.get(row.key, Counter())[month]) for month in months],
        }
        for row in lines
    ]


def _months(found: list[str]) -> list[str]:
    """Return every month from the first to the last, those without cases too.

    Examples
    --------
    >>> _months(["2026-02", "2025-11"])
    ['2025-11', '2025-12', '2026-01', '2026-02']
    >>> _months([])
    []
    """
    if not found:
        return []
    first, last = (int(one[:4]) * MONTHS + int(one[5:]) - 1 for one in (min(found), max(found)))
    return [f"{at // MONTHS}-{at % MONTHS + 1:02}" for at in range(first, last + 1)]


def _workbook_url(counted: Counted, language: str) -> str:
    asked = counted.asked
    told = {
        "jurisdiction": asked.jurisdiction,
        "since": asked.since.isoformat() if asked.since else None,
        "until": asked.until.isoformat() if asked.until else None,
        "as": None if asked.generation else asked.basis,
        "generation": asked.generation,
        "lang": language[:2],
    }
    return f"/api/v1/figures.xlsx?{urlencode({k: v for k, v in told.items() if v})}"
