"""Pages from templates, in the reader's language."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from babel.dates import format_datetime, get_timezone
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from api.i18n import COOKIE, LANGUAGES, catalogue, closest_language, html_tag, language_of
from api.static_files import static_url

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from starlette.requests import Request

    from geo.flows.sign_in import Visitor

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE_NAMES = {"zh_CN": "中文", "en": "English"}
HEADERS = {"Cache-Control": "no-cache", "Vary": "Cookie, Accept-Language"}
PATHS_OF_PROGRAMS = ("/api/", "/tiles/", "/static/", "/answer")
YEAR_S = 365 * 24 * 3600
KILOMETRE_M = 1000
SIGNIFICANT_M = 10


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Answer with a whole page or a piece of one.

    Parameters
    ----------
    request
        What is answered; decides on the language, which is remembered when it was asked for.
    template
        Name of the template.
    status
        HTTP status.
    context
        Values for the template, besides those that every page gets.
    """
    return answer(request, fragment(request, template, **context), status=status)


def fragment(request: Request, template: str, **context: Any) -> str:
    """Return what a template makes of its values, and of those that every page gets.

    Parameters
    ----------
    request, template, context
        See :func:`page`.
    """
    language = language_of(request)
    visitor = visitor_of(request)
    return (
        environment(language)
        .get_template(template)
        .render(
            other_languages=_other_languages(request, language),
            sign_in_url=_sign_in_url(request),
            visitor=visitor,
            work_url=_work_url(visitor),
            **context,
        )
    )


def answer(request: Request, html: str, *, status: int = 200) -> HTMLResponse:
    """Answer with a page, kept as long as its reader may keep it, in the language they read."""
    language = language_of(request)
    signed_in = visitor_of(request) is not None
    headers = HEADERS | {"Cache-Control": "no-store"} if signed_in else HEADERS
    response = HTMLResponse(html, status, headers)
    response.headers["Content-Language"] = html_tag(language)
    if closest_language(request.query_params.get("lang")):
        response.set_cookie(COOKIE, language, max_age=YEAR_S, samesite="lax", httponly=True)
    return response


def visitor_of(request: Request) -> Visitor | None:
    """Return who is signed in with this browser, if anybody is."""
    found: Visitor | None = getattr(request.state, "visitor", None)
    return found if found and found.csrf_token else None


def _work_url(visitor: Visitor | None) -> str:
    """Return the page on which somebody's work begins."""
    roles = visitor.roles if visitor else frozenset()
    if roles <= {"administrator"}:
        return "/admin/users"
    return "/plan" if roles <= {"administrator", "planner"} else "/cases"


def _sign_in_url(request: Request) -> str:
    """Return the way to the sign-in page and back to here."""
    here = request.url.path
    if request.method != "GET" or here.startswith(("/login", "/follow/", "/booking/")):
        return "/login"
    query = f"?{request.url.query}" if request.url.query else ""
    return f"/login?{urlencode({'next': here + query})}" if here + query != "/" else "/login"


def wants_page(request: Request) -> bool:
    """Tell whether a person asks, by a browser, for something that has pages."""
    asked_for_html = "text/html" in request.headers.get("accept", "")
    return asked_for_html and not request.url.path.startswith(PATHS_OF_PROGRAMS)


@lru_cache(maxsize=len(LANGUAGES))
def environment(language: str) -> Environment:
    """Return the templates' environment for a language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {
        "city": None,
        "degrees": degrees,
        "home_url": "/",
        "html_lang": html_tag(language),
        "local": partial(local, language),
        "metres": partial(metres, language),
        "number": partial(format_decimal, locale=language),
        "percent": partial(format_percent, locale=language),
        "places": (),
        "static": static_url,
    }
    return made


def _other_languages(request: Request, language: str) -> list[dict[str, str]]:
    return [
        {
            "url": _relative(request.url.include_query_params(lang=other)),
            "tag": html_tag(other),
            "label": LANGUAGE_NAMES[other],
        }
        for other in LANGUAGES
        if other != language
    ]


def _relative(url: Any) -> str:
    return f"{url.path}?{url.query}"


def local(language: str, thing: Any, field: str = "name") -> str:
    """Return a thing's name, or another text of it, in a language; the Chinese one where it must.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> local("en", SimpleNamespace(name="井冈山市", name_en="Jinggangshan"))
    'Jinggangshan'
    >>> local("en", SimpleNamespace(name="井冈山市", name_en=""))
    '井冈山市'
    """
    english = getattr(thing, f"{field}_en") if language == "en" else ""
    return english or getattr(thing, field)


def metres(language: str, distance_m: float) -> str:
    """Return a distance as people say it, in metres or kilometres.

    Examples
    --------
    >>> metres("en", 3.21), metres("en", 1234.5)
    ('3.2 m', '1.2 km')
    """
    gettext = catalogue(language).gettext
    if distance_m >= KILOMETRE_M:
        kilometres = format_decimal(distance_m / KILOMETRE_M, "#,##0.0", locale=language)
        return gettext("%(number)s km") % {"number": kilometres}
    pattern = "0.#" if distance_m < SIGNIFICANT_M else "0"
    number = format_decimal(distance_m, pattern, locale=language)
    return gettext("%(number)s m") % {"number": number}


def degrees(angle: float) -> str:
    """Return degrees with the digits that a phone's position deserves: about a metre.

    Examples
    --------
    >>> degrees(114.2790001)
    '114.27900'
    """
    return f"{angle:.5f}"


def local_time(language: str, instant: datetime, zone: tzinfo | str) -> str:
    """Return a moment as people write it, in a time zone or in that of a name.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> local_time("zh_CN", datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "Asia/Shanghai")
    '2026年1月2日 11:04'
    """
    pattern = "y年M月d日 HH:mm" if language == "zh_CN" else "d MMM y, HH:mm"
    return format_datetime(instant, pattern, tzinfo=get_timezone(zone), locale=language)


def local_day(language: str, instant: datetime, zone: tzinfo | str) -> str:
    """Return the day of a moment as people write it, in a time zone or in that of a name.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> local_day("zh_CN", datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "Asia/Shanghai")
    '2026年1月1日'
    """
    pattern = "y年M月d日" if language == "zh_CN" else "d MMM y"
    return format_datetime(instant, pattern, tzinfo=get_timezone(zone), locale=language)
