"""``/api/v1/catchments`` and the page of them: who has a station near, and where one more helps."""

from typing import Annotated, Any
from urllib.parse import urlencode

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from starlette.responses import Response

from api.answering import as_json, model_as_json
from api.attachments import file_headers
from api.catchment_shape import (
    NOTES,
    catchments_out,
    catchments_xlsx,
    figures_out,
    rows_of,
    runners_up_of,
    site_out,
    site_places,
    site_rows,
    site_said,
    sites_of,
    summary_said,
    within_of,
)
from api.deps import LanguageDep, RegistryDep, SessionDep, UrlDep, VisitorDep
from api.i18n import language_of, translate
from api.map_parts import part_names
from api.rendering import local, page
from api.routes.personal import NO_STORE, staff_page
from api.schemas.catchments import (
    BestSiteOut,
    CatchmentFiguresOut,
    CatchmentsQuery,
    SiteQuery,
)
from api.schemas.problems import REFUSED
from geo.core.crs import WGS84_SRID, transform_geometry
from geo.errors import FewHouseholdsError, InvalidFieldError, NotFoundError
from geo.flows.catchments import MINUTES, Found, Search, Served, best_site, served
from geo.flows.registry import Registry
from geo.messages import msg
from geo.store.board import place_of_work
from geo.store.catchments import PLANNING_STATIONS
from geo.store.engine import Session
from geo.store.overview import Overview, jurisdictions, overview
from maps.catchment_map import CatchmentsDrawn, catchments_svg, swatch_svg
from maps.neighbourhoods import neighbourhoods

router = APIRouter(prefix="/api/v1/catchments", tags=["stations"])
page_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

GEOJSON = "application/geo+json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such jurisdiction."}}
AREAS: dict[int | str, dict[str, Any]] = {
    200: {"content": {GEOJSON: {}}, "description": "A FeatureCollection in WGS 84, largest first."}
}
WORKBOOK: dict[int | str, dict[str, Any]] = {
    200: {"description": "The workbook.", "content": {XLSX: {}}}
}
FIELDS = ("place", "minutes", "part", "community", "walk", "k", "objective", "every_kind")
MAP_SIZE = (760.0, 640.0)


@router.get(
    "",
    responses=AREAS | UNKNOWN | REFUSED,
    response_class=Response,
    summary="Catchments of stations",
)
def get_catchments(
    session: SessionDep,
    registry: RegistryDep,
    url: UrlDep,
    asked: Annotated[CatchmentsQuery, Query()],
) -> Response:
    """Answer with the areas within some minutes' walk of any station, each in the next."""
    found = served(session, registry, asked.jurisdiction, asked.walks, url)
    answer = as_json(catchments_out(found))
    answer.headers.update(NO_STORE | {"Content-Type": GEOJSON})
    return answer


@router.get(
    "/figures",
    response_model=CatchmentFiguresOut,
    summary="Households within and outside of catchments",
    responses=UNKNOWN | REFUSED,
)
def get_figures(
    session: SessionDep,
    registry: RegistryDep,
    url: UrlDep,
    language: LanguageDep,
    asked: Annotated[CatchmentsQuery, Query()],
) -> Response:
    """Count households by grid and by the length of their walk to the nearest station."""
    found = served(session, registry, asked.jurisdiction, asked.walks, url)
    body = CatchmentFiguresOut.model_validate(figures_out(found, language))
    return model_as_json(body, headers=NO_STORE)


@router.get(
    "/figures.xlsx",
    response_class=Response,
    summary="Households within and outside of catchments, as a workbook",
    responses=WORKBOOK | UNKNOWN | REFUSED,
)
def get_workbook(
    session: SessionDep,
    registry: RegistryDep,
    url: UrlDep,
    language: LanguageDep,
    asked: Annotated[CatchmentsQuery, Query()],
) -> Response:
    """Answer with the table by grid, and a sheet that says how it was counted."""
    found = served(session, registry, asked.jurisdiction, asked.walks, url)
    city = overview(session, asked.jurisdiction)
    if city is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=asked.jurisdiction)
    name = f"{translate(msg('Catchments'), language)}-{asked.jurisdiction}.xlsx"
    return Response(
        catchments_xlsx(found, city, language),
        media_type=XLSX,
        headers=file_headers(name, "attachment"),
    )


@router.get(
    "/best-site",
    response_model=BestSiteOut,
    summary="Where one more station helps most",
    responses=UNKNOWN | REFUSED,
)
def get_best_site(
    session: SessionDep,
    registry: RegistryDep,
    url: UrlDep,
    language: LanguageDep,
    asked: Annotated[SiteQuery, Query()],
) -> Response:
    """Find the buildings in which new stations help most, and tell what grids gain."""
    search = Search(
        minutes=asked.minutes,
        sites=asked.k,
        objective=asked.objective,
        community=asked.community,
        buildings=tuple(sorted(set(asked.building))),
        every_kind=asked.every_kind,
    )
    found = best_site(session, registry, asked.jurisdiction, search, url)
    body = BestSiteOut.model_validate(site_out(found, language))
    return model_as_json(body, headers=NO_STORE)


@page_router.get("/catchments")
def get_page(
    request: Request, session: SessionDep, registry: RegistryDep, url: UrlDep, visitor: VisitorDep
) -> HTMLResponse:
    """Answer with the map, the table by grid, and the best site where it is asked for."""
    given = request.query_params
    fields = {name: given[name] for name in FIELDS if given.get(name)}
    city = _city(session, fields.get("place"))
    if city is None:
        return page(request, "empty.html")
    language = language_of(request)
    minutes = _walks(fields.get("minutes"))
    found = served(session, registry, city.slug, minutes, url)
    site, refused = _site(session, registry, city.slug, fields, url)
    fields |= {"place": city.slug, "minutes": ",".join(str(one) for one in minutes)}
    return staff_page(
        request,
        "catchments.html",
        visitor,
        area=city,
        areas=[(one.slug, local(language, one)) for one in jurisdictions(session)],
        communities=found.walked.ground.communities,
        fields=fields,
        found=found,
        notes=[translate(one, language) for one in NOTES],
        refused=translate(refused, language) if refused else "",
        rows=[(grid, within_of(found, [row])) for row, grid in rows_of(found)],
        site=_site_shown(site, language),
        summary=summary_said(found, language),
        swatches=[
            Markup(swatch_svg(band))  # noqa: S704 - made of numbers alone
            for band in range(len(found.minutes))
        ],
        total=within_of(found, list(range(len(found.homes.households)))),
        url=lambda **changes: f"/catchments?{urlencode({**fields, **changes})}",
        workbook_url=_workbook_url(found, language),
        **_map(found, site, fields, language),
    )


def _city(session: Session, slug: str | None) -> Overview | None:
    slugs = [slug, place_of_work(session, *PLANNING_STATIONS)]
    slugs += [one.slug for one in jurisdictions(session)[:1]]
    return next((city for one in slugs if one and (city := overview(session, one))), None)


def _walks(given: str | None) -> tuple[int, ...]:
    """Return the walks of the page's address; the usual ones where it has none."""
    if not given:
        return MINUTES
    parts = [one.strip() for one in given.replace("，", ",").split(",")]
    if not all(one.isascii() and one.isdecimal() for one in parts):
        reason = msg("Write one to five walks of 1 to 60 minutes, such as 5,10,15.")
        raise InvalidFieldError(field="minutes", reason=reason)
    return tuple(int(one[:4]) for one in parts)


def _site(
    session: Session, registry: Registry, slug: str, fields: dict[str, str], url: str | None
) -> tuple[Found | None, Any]:
    """Return the best site that the page's address asks for, or why there is none."""
    objective = fields.get("objective")
    if objective not in {"covering", "median"}:
        return None, None
    search = Search(
        minutes=_number(fields.get("walk"), MINUTES[0]),
        sites=_number(fields.get("k"), 1),
        objective="median" if objective == "median" else "covering",
        community=fields.get("community"),
        every_kind="every_kind" in fields,
    )
    try:
        return best_site(session, registry, slug, search, url), None
    except (FewHouseholdsError, InvalidFieldError) as error:
        return None, error.message


def _number(given: str | None, usual: int) -> int:
    known = given is not None and given.isascii() and given.isdecimal()
    return int(given[:4]) if given and known else usual


def _site_shown(found: Found | None, language: str) -> dict[str, Any] | None:
    if found is None:
        return None
    grids = {one.code: local(language, one) for one in found.walked.grids}
    return {
        "grids": grids,
        "said": site_said(found, language),
        "sites": sites_of(found),
        "runners_up": runners_up_of(found),
        "rows": site_rows(found),
        "median": found.search.objective == "median",
    }


def _workbook_url(found: Served, language: str) -> str:
    told = {
        "jurisdiction": found.walked.slug,
        "minutes": ",".join(str(one) for one in found.minutes),
        "lang": language[:2],
    }
    return f"/api/v1/catchments/figures.xlsx?{urlencode(told)}"


def _map(
    found: Served, site: Found | None, fields: dict[str, str], language: str
) -> dict[str, Any]:
    """Return the map, and the parts of the jurisdiction that it can show."""
    ground = found.walked.ground
    together = neighbourhoods(ground)
    part = _part(together, fields)
    total = found.homes.inside.sum(axis=0).tolist()
    width, height = MAP_SIZE
    drawn = catchments_svg(
        ground,
        CatchmentsDrawn(
            areas=np.array([one.area for one in found.areas], dtype=object),
            titles=[
                translate(
                    msg(
                        "Within %(minutes)s min: %(households)s households",
                        minutes=minutes,
                        households=households,
                    ),
                    language,
                )
                for minutes, households in zip(found.minutes, total, strict=True)
            ],
            borders=transform_geometry(found.walked.borders, WGS84_SRID, ground.srid),
            sites=site_places(site) if site else (),
            communities=together[part] if together else (),
            width=width,
            height=height,
            name=translate(msg("Map of the walks to stations"), language),
        ),
    )
    return {
        "drawing": Markup(drawn),  # noqa: S704 - the drawing escapes what it is given
        "neighbourhoods": part_names(ground, together, language),
        "part": part,
    }


def _part(together: list[tuple[str, ...]], fields: dict[str, str]) -> int:
    """Return which part the map shows: the one asked for, or that of the community asked for."""
    asked = _number(fields.get("part"), -1)
    if 0 <= asked < len(together):
        return asked
    own = [row for row, codes in enumerate(together) if fields.get("community") in codes]
    return own[0] if own else 0
