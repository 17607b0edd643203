"""The worker's page, and what lets a phone keep it: its shell, service worker and manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.form_texts import form_texts
from api.i18n import html_tag, language_of, translate
from api.labels import ACTIONS, ISSUE_ACTIONS, STAGES, STATES
from api.rendering import HEADERS, page, visitor_of
from api.routes.pages import STATION_KINDS
from api.routes.personal import staff_page
from api.static_files import STATIC_FOLDER, static_url, static_version
from api.worker_texts import texts_said
from geo.core.lifecycle import TRANSITIONS
from geo.messages import msg
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.messages import Message

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

PAGE = "/worker"
KEPT_FOLDERS = ("worker", "issues")
KEPT_FILES = (
    *("favicon.svg", "dark.css", "hongge.css", "map.js", "plan/page.js", "plan/wire.js"),
    *("vendor/leaflet/leaflet.css", "vendor/leaflet/leaflet.js"),
    "vendor/protomaps-leaflet/protomaps-leaflet.js",
)
"""Static files that the page is made of, beside the folders of its own modules."""

ICON_SIDES_PX = (192, 512)
"""What browsers ask of an application's icons; each PNG is its SVG, drawn by a browser."""

COLOURS = {"theme_color": "#fffdf9", "background_color": "#f6f2ea"}


@router.get("/worker")
def get_worker(request: Request) -> HTMLResponse:
    """Answer with the page of those who walk the grids."""
    visitor = visitor_of(request)
    if visitor is None or visitor.holder is None:
        return get_shell(request)
    account = {"id": visitor.holder.account_id, "name": visitor.holder.display_name}
    context = {"account": account, "page_data": page_data(request, account)}
    return staff_page(request, "worker.html", visitor, **context)


@router.get("/worker/shell")
def get_shell(request: Request) -> HTMLResponse:
    """Answer with the page as a phone keeps it: of nobody, the same for all."""
    answer = page(request, "worker.html", account=None, page_data=page_data(request, None))
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@router.get("/worker/sw.js", response_class=Response)
def get_service_worker() -> Response:
    """Answer with the service worker, which changes whenever a file that it keeps does."""
    kept = {
        "version": static_version(),
        "page": PAGE,
        "shell": f"{PAGE}/shell",
        "files": [static_url(path) for path in kept_files()],
    }
    script = (
        f'import {{ serve }} from "{static_url("worker/service.js")}";\n'
        f"serve({json.dumps(kept, separators=(',', ':'))});\n"
    )
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": PAGE}
    return Response(script, headers=headers, media_type="text/javascript")


@router.get("/worker/manifest.webmanifest", response_class=Response)
def get_manifest(request: Request) -> Response:
    """Answer with what a phone needs to put the page among its applications."""
    language = language_of(request)
    told = {
        "id": PAGE,
        "name": translate(msg("Hongge: my grid"), language),
        "short_name": translate(msg("My grid"), language),
        "lang": html_tag(language),
        "start_url": PAGE,
        "scope": PAGE,
        "display": "standalone",
        "icons": _icons(),
        **COLOURS,
    }
    body = json.dumps(told, ensure_ascii=False)
    return Response(body, headers=HEADERS, media_type="application/manifest+json")


def _icons() -> list[dict[str, str]]:
    """Return the icons: as SVG, and as PNG for phones that install nothing without."""
    forms = [
        *((f"-{side}.png", f"{side}x{side}", "image/png") for side in ICON_SIDES_PX),
        (".svg", "any", "image/svg+xml"),
    ]
    return [
        {"src": static_url(f"worker/{name}{suffix}"), "sizes": sizes, "type": kind}
        | {"purpose": purpose}
        for name, purpose in (("icon", "any"), ("icon-maskable", "maskable"))
        for suffix, sizes, kind in forms
    ]


def kept_files() -> list[str]:
    """Return the paths of the static files that the page needs without a network."""
    own = [
        str(path.relative_to(STATIC_FOLDER))
        for folder in KEPT_FOLDERS
        for path in sorted((STATIC_FOLDER / folder).iterdir())
        if path.suffix in {".js", ".css", ".svg"}
    ]
    return [*own, *KEPT_FILES]


def page_data(request: Request, account: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the page's script needs to know; nothing of it is about anybody but the account.

    Parameters
    ----------
    request
        Whose language counts.
    account
        Who is signed in; ``None`` for the page as a phone keeps it.
    """
    language = language_of(request)
    needs: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in TRANSITIONS:
        needs.setdefault(row.state, {})[row.action] = row.needs
    return {
        "account": account,
        "actions": _said(ACTIONS, language),
        "done": _said(ISSUE_ACTIONS, language),
        "language": html_tag(language),
        "needs": needs,
        "page": PAGE,
        "photosMost": settings().photos_max,
        "serviceWorker": f"{PAGE}/sw.js",
        "stages": _said(STAGES, language),
        "states": _said(STATES, language),
        "stationKinds": _said(STATION_KINDS, language),
        "texts": form_texts(language) | texts_said(language),
    }


def _said(labels: Mapping[str, Message], language: str) -> dict[str, str]:
    return {code: translate(label, language) for code, label in labels.items()}
