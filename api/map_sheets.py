"""The sheets of maps that are asked for, in the reader's language: for pages, files, commands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from api.i18n import html_tag, translate
from api.map_asking import check_period
from geo.core.coverage_figures import MEASURES
from geo.core.hotspot_map import Asked
from geo.errors import InvalidFieldError, NotFoundError, NotPermittedError
from geo.flows.coverage_maps import coverage, coverage_compared, sees_all_measures
from geo.flows.hotspots import hotspots
from geo.flows.releases import public_hotspots
from geo.messages import msg
from geo.store.map_origin import read_origin
from geo.store.overview import overview
from maps.coverage_classes import Wanted
from maps.coverage_sheets import (
    coverage_beside_sheet,
    coverage_difference_sheet,
    coverage_sheet,
)
from maps.hotspot_sheets import hotspot_sheet
from maps.public_hotspot_sheets import public_hotspot_sheet

if TYPE_CHECKING:
    from api.schemas.maps import CoverageMapQuery, HotspotMapQuery
    from geo.core.map_origin import Origin
    from geo.flows.registry import Registry
    from geo.store.engine import Session
    from maps.sheets import MapSheet

FIRST_YEAR, LAST_YEAR = 1990, 2200


@dataclass(frozen=True, slots=True)
class Reader:
    """Who a sheet is made for.

    Parameters
    ----------
    session
        On whose behalf everything is read.
    registry
        The generations of this process.
    language
        Of the reader.
    url
        The owner's address of the database; by default the settings'.
    """

    session: Session
    registry: Registry
    language: str
    url: str | None = None


def make_coverage_sheet(reader: Reader, slug: str, asked: CoverageMapQuery) -> MapSheet:
    """Return the sheet of a coverage map: of one generation, or of two.

    Parameters
    ----------
    reader
        Who asks.
    slug
        Of the jurisdiction.
    asked
        What is to be shown.

    Raises
    ------
    NotFoundError, NotPermittedError
        As of :func:`geo.flows.coverage_maps.coverage`.
    InvalidFieldError
        When there is no such measure.
    """
    known = MEASURES.get(asked.measure or "")
    if known and not known.public and not sees_all_measures(reader.session, slug):
        raise NotPermittedError
    wanted = Wanted(
        partial(translate, language=reader.language),
        html_tag(reader.language),
        asked.measure,
        asked.breaks,
        asked.classes,
    )
    if asked.against:
        both = coverage_compared(
            reader.session, reader.registry, slug, asked.against, asked.generation, reader.url
        )
        beside = asked.compare == "beside"
        sheet = (coverage_beside_sheet if beside else coverage_difference_sheet)(both, wanted)
    else:
        told = coverage(reader.session, reader.registry, slug, asked.generation, reader.url)
        sheet = coverage_sheet(told, wanted)
    if asked.measure and asked.measure not in {one.key for one in sheet.layers}:
        raise InvalidFieldError(field="measure", reason=msg("This map has no such layer."))
    return sheet


def make_hotspot_sheet(reader: Reader, slug: str, asked: HotspotMapQuery) -> MapSheet:
    """Return the sheet of a map of hot spots as staff see it.

    Parameters
    ----------
    reader, slug, asked
        See :func:`make_coverage_sheet`.

    Raises
    ------
    NotFoundError, NotPermittedError, InvalidFieldError
        As of :func:`geo.flows.hotspots.hotspots`.
    """
    check_period(asked.since, asked.until)
    zone = ZoneInfo(_origin(reader.session, slug).timezone)
    told = hotspots(
        reader.session,
        reader.registry,
        Asked(
            slug,
            by=asked.by,
            side_m=asked.side_m,
            value=asked.value,
            duties=tuple(sorted(set(asked.duty))),
            state=asked.state,
            since=_instant("from", asked.since, zone),
            until=_instant("to", asked.until, zone, days=1),
            statistic=asked.statistic,
            order=asked.order,
            bandwidth_m=asked.bandwidth_m,
        ),
    )
    say = partial(translate, language=reader.language)
    return _framed(reader, slug, hotspot_sheet(told, html_tag(reader.language), say))


def make_public_sheet(reader: Reader, slug: str, period: str | None) -> MapSheet | None:
    """Return the sheet of what was released to the public; ``None`` where nothing has been yet.

    Parameters
    ----------
    reader, slug
        See :func:`make_coverage_sheet`.
    period
        Key of a period; by default the latest.

    Raises
    ------
    NotFoundError
        As of :func:`geo.flows.releases.public_hotspots`.
    """
    found = public_hotspots(reader.session, slug, period)
    if found.chosen is None:
        return None
    say = partial(translate, language=reader.language)
    origin = _origin(reader.session, slug)
    sheet = public_hotspot_sheet(
        found.chosen, found.comparable, origin, html_tag(reader.language), say
    )
    return _framed(reader, slug, sheet)


def _framed(reader: Reader, slug: str, sheet: MapSheet) -> MapSheet:
    """Return a sheet that shows the part with the most grids at first, as coverage maps do."""
    city = overview(reader.session, slug)
    return replace(sheet, bounds=city.main_bounds) if city else sheet


def _origin(session: Session, slug: str) -> Origin:
    found = read_origin(session, slug)
    if found is None:
        raise NotFoundError(kind=msg("jurisdiction"), name=slug)
    return found


def _instant(field: str, day: date | None, zone: ZoneInfo, days: int = 0) -> datetime | None:
    """Return when a day begins, or some days after it, by the place's own clock."""
    if day is None:
        return None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidFieldError(field=field, reason=msg("This is no day such as 2026-10-01."))
    return datetime.combine(day + timedelta(days=days), time(), zone)


__all__ = ["Reader", "make_coverage_sheet", "make_hotspot_sheet", "make_public_sheet"]
