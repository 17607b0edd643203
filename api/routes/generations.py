"""Generations side by side, for programs: what was drawn when, and what lay where."""

from collections import Counter
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.responses import Response

from api.deps import RegistryDep, SessionDep, VisitorDep
from api.i18n import language_of, translate_all
from api.plan_texts import texts_said
from api.rendering import local, local_day, page
from api.routes.collections import RESPONSES, IfNoneMatch, collection
from api.routes.pages import map_data
from api.schemas.generations import (
    FiguresOut,
    GenerationOut,
    OriginOut,
    PlaceOut,
    SpellOut,
    StatisticsOut,
)
from api.schemas.locating import DATUM, Asked, NamedOut
from api.schemas.problems import Problem
from api.schemas.values import Code, Instant
from geo.errors import NotFoundError, NotPermittedError
from geo.flows.locate import locate, read_position
from geo.messages import msg
from geo.store import history
from geo.store.collections import Chosen, features
from geo.store.engine import Session
from geo.store.overview import Overview, jurisdictions, overview
from geo.store.plan_ground import leave_to_weigh
from geo.store.publishing import clock
from geo.store.tiles import data_version

router = APIRouter(prefix="/api/v1", tags=["generations"])

UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is none of that name."}
}
page_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

CHANGES = {
    "new": msg("new"),
    "gone": msg("no longer there"),
    "redrawn": msg("redrawn"),
    "renamed": msg("other name or code"),
}
FIGURES_FOR = frozenset({"planner", "auditor"})


class OfJurisdiction(Asked):
    """Whose generations are wanted."""

    jurisdiction: Code | None = Field(default=None, description="Slug.")


class OfTime(Asked):
    """When."""

    at: Instant | None = Field(default=None, description="Only what was in force then.")


class OfPlace(OfTime):
    """Where and when."""

    lon: float = Field(description="Longitude.")
    lat: float = Field(description="Latitude.")
    datum: Code = Field(default="wgs84", description=DATUM)


class Recast(Asked):
    """In which grids to count."""

    as_: Literal["then", "now"] = Field(
        default="then",
        alias="as",
        description="`then`: in the generation's own grids; `now`: in those in force now.",
    )


@router.get("/generations", summary="Generations")
def get_generations(
    session: SessionDep, asked: Annotated[OfJurisdiction, Query()]
) -> list[GenerationOut]:
    """Answer with all generations, past, present and to come."""
    now = clock(session)
    return [_told(one, now) for one in history.generation_entries(session, asked.jurisdiction)]


@router.get(
    "/generations/{label}/grids",
    responses={**RESPONSES, **UNKNOWN},
    response_class=Response,
    summary="Grids of a generation",
)
def get_grids_of_generation(
    session: SessionDep, label: Code, if_none_match: IfNoneMatch = None
) -> Response:
    """Answer with the grids as a generation draws them."""
    _entry(session, label)
    return collection(features(session, "grids", Chosen(generation=label)), if_none_match)


@router.get(
    "/generations/{label}/statistics",
    summary="What lay where under a generation",
    responses=UNKNOWN,
)
def get_statistics(
    session: SessionDep, label: Code, asked: Annotated[Recast, Query()]
) -> StatisticsOut:
    """Answer with households, people and issues by grid, as they were or recast."""
    entry = _entry(session, label)
    if not leave_to_weigh(session, entry.jurisdiction_id).counts:
        raise NotPermittedError
    shown = _in_force(session, entry.jurisdiction) if asked.as_ == "now" else entry
    rows = history.statistics(session, entry, shown if asked.as_ == "now" else None)
    grids = [FiguresOut(**{name: getattr(row, name) for name in row.__slots__}) for row in rows]
    return StatisticsOut(generation=entry.label, shown_on=shown.label, grids=grids)


@router.get("/grids/{code}/history", summary="What a grid was", responses=UNKNOWN)
def get_grid_history(
    session: SessionDep, code: Code, asked: Annotated[OfTime, Query()]
) -> list[SpellOut]:
    """Answer with what a grid was in each generation that had it."""
    spells = history.grid_spells(session, code)
    if not spells:
        raise NotFoundError(kind=msg("grid"), name=code)
    return [_spell(one) for one in spells if _held(one.starts, one.ends, asked.at)]


@router.get("/history", summary="Which grids a place was in")
def get_place_history(registry: RegistryDep, asked: Annotated[OfPlace, Query()]) -> list[PlaceOut]:
    """Answer with the grid of a position in each generation, or in the one of a time."""
    position = read_position(asked.lon, asked.lat, asked.datum)
    found = []
    for period in sorted(registry.periods(), key=lambda one: one.starts):
        if not _held(period.starts, period.ends, asked.at):
            continue
        answer = locate(registry, position, period.starts)
        if answer.period is None or answer.period.id != period.id:
            continue
        grid = answer.grid
        found.append(
            PlaceOut(
                generation=period.label,
                number=period.number,
                starts=period.starts,
                ends=period.ends,
                method=answer.method,
                grid=NamedOut(code=grid.code, name=grid.name, name_en=grid.name_en)
                if grid
                else None,
            )
        )
    return found


@page_router.get("/plan/generations")
def get_generations_page(
    request: Request, session: SessionDep, visitor: VisitorDep
) -> HTMLResponse:
    """Answer with the generations of a jurisdiction, one of them on the map."""
    known = jurisdictions(session)
    asked = request.query_params.get("place")
    slug = next((one.slug for one in known if one.slug == asked), known[0].slug if known else "")
    city = overview(session, slug) if slug else None
    entries = history.generation_entries(session, slug)
    if city is None or not entries:
        return page(request, "empty.html")
    language, now = language_of(request), clock(session)
    label = request.query_params.get("generation")
    chosen = next((one for one in entries if one.label == label), _current(entries, now))
    changes = history.grid_changes(session, chosen)
    return page(
        request,
        "plan_generations.html",
        city=city,
        chosen=chosen,
        entries=entries,
        now=now,
        held=_held,
        day=partial(local_day, language, zone=city.timezone),
        communities=_by_community(changes),
        changed=Counter(one.change for one in changes),
        change_names=translate_all(CHANGES, language),
        figures=not FIGURES_FOR.isdisjoint(visitor.roles),
        home_url="/",
        places=[
            {
                "name": local(language, one),
                "url": f"/plan/generations?place={one.slug}",
                "current": one.slug == slug,
            }
            for one in known
        ],
        page_data=_page_data(city, language, data_version(session), entries, chosen),
    )


def _page_data(
    city: Overview,
    language: str,
    version: str,
    entries: list[history.GenerationEntry],
    chosen: history.GenerationEntry,
) -> dict[str, Any]:
    return map_data(city, language, version) | {
        "chosen": chosen.label,
        "generations": [
            {
                "label": one.label,
                "starts": one.starts.isoformat(),
                "ends": one.ends.isoformat() if one.ends else None,
            }
            for one in entries
        ],
        "timeZone": city.timezone,
        "words": texts_said(language, "generations")["generations"],
        "changeNames": translate_all(CHANGES, language),
    }


def _current(entries: list[history.GenerationEntry], now: datetime) -> history.GenerationEntry:
    return next((one for one in entries if _held(one.starts, one.ends, now)), entries[-1])


def _by_community(
    changes: list[history.GridChange],
) -> list[tuple[history.GridChange, list[history.GridChange]]]:
    """Return the grids of each community, with the first of them to name it by."""
    groups = groupby(sorted(changes, key=lambda one: one.community), lambda one: one.community)
    return [(members[0], members) for members in (list(group) for _, group in groups)]


def _entry(session: Session, label: str) -> history.GenerationEntry:
    found = history.generation_entries(session, label=label)
    if not found:
        raise NotFoundError(kind=msg("generation"), name=label)
    return found[0]


def _in_force(session: Session, jurisdiction: str) -> history.GenerationEntry:
    now = clock(session)
    for one in history.generation_entries(session, jurisdiction):
        if _held(one.starts, one.ends, now):
            return one
    raise NotFoundError(kind=msg("generation in force"), name=jurisdiction)


def _held(starts: datetime, ends: datetime | None, at: datetime | None) -> bool:
    return at is None or (starts <= at and (ends is None or at < ends))


def _told(one: history.GenerationEntry, now: datetime) -> GenerationOut:
    return GenerationOut(
        label=one.label,
        number=one.number,
        jurisdiction=one.jurisdiction,
        starts=one.starts,
        ends=one.ends,
        now=_held(one.starts, one.ends, now),
        published_at=one.published_at,
        note=one.note,
        grids=one.grids,
    )


def _spell(one: history.GridSpell) -> SpellOut:
    return SpellOut(
        generation=one.generation,
        number=one.number,
        starts=one.starts,
        ends=one.ends,
        code=one.code,
        name=one.name,
        name_en=one.name_en,
        kind=one.kind,
        community=NamedOut(
            code=one.community, name=one.community_name, name_en=one.community_name_en
        ),
        area_m2=one.area_m2,
        redrawn=one.redrawn,
        origins=[
            OriginOut(code=each.code, name=each.name, name_en=each.name_en, share=each.share)
            for each in one.origins
        ],
    )
