"""What pages and answers with personal details have in common."""

from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.i18n import language_of, translate
from api.permissions import ENDPOINTS
from api.rendering import local_time, page
from geo.core.purposes import PURPOSES
from geo.flows.sign_in import Visitor
from geo.messages import msg

NO_STORE = {"Cache-Control": "no-store"}

WORK_PAGES = {
    "/worker": msg("My grid"),
    "/desk": msg("Desk"),
    "/desk/bookings": msg("Bookings"),
    "/desk/rota": msg("Duty rota"),
    "/desk/stations": msg("Stations"),
    "/desk/deliveries": msg("Feedback"),
    "/cases": msg("Cases"),
    "/figures": msg("Figures"),
    "/catchments": msg("Catchments"),
    "/households": msg("Households"),
    "/responsibility": msg("Responsibility"),
    "/plan": msg("Plans"),
    "/scorecard": msg("Scorecard"),
    "/maps": msg("Maps"),
    "/audit": msg("Audit trail"),
    "/admin/users": msg("Accounts"),
    "/admin/catalogue": msg("Catalogue of duties"),
}


def purposes_said(language: str) -> list[tuple[str, str]]:
    """Return the purposes to choose from, in a language."""
    return [(code, translate(message, language)) for code, message in PURPOSES.items()]


def staff_page(request: Request, template: str, visitor: Visitor, **context: Any) -> HTMLResponse:
    """Answer with a page for those who work here; nobody keeps a copy of it."""
    said = partial(local_time, language_of(request))
    work = work_links(request, visitor)
    answer = page(request, template, work=work, local_time=said, **context)
    answer.headers.update(NO_STORE)
    return answer


def work_links(request: Request, visitor: Visitor) -> list[dict[str, Any]]:
    """Return the pages that somebody may open at work, for the page that is asked for."""
    language = language_of(request)
    here = max((one for one in WORK_PAGES if request.url.path.startswith(one)), key=len, default="")
    return [
        {"url": path, "name": translate(name, language), "current": path == here}
        for path, name in WORK_PAGES.items()
        if ENDPOINTS["GET", path].admits(visitor.roles, signed_in=True)
    ]
