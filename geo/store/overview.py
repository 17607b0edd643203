"""What a page says of a jurisdiction at a glance: its parts, its figures, its stations."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

Bounds = tuple[float, float, float, float]
NEIGHBOURING_PARTS_M = 1500


@dataclass(frozen=True, slots=True)
class JurisdictionEntry:
    """A jurisdiction (辖区) in a list."""

    slug: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class GridEntry:
    """A grid in a list, with a point inside it (degrees, EPSG:4326)."""

    code: str
    name: str
    name_en: str
    kind: str
    branch: str
    branch_en: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class CommunityEntry:
    """A community (社区) with its grids in force."""

    code: str
    name: str
    name_en: str
    invented: bool
    bounds: Bounds
    grids: tuple[GridEntry, ...]


@dataclass(frozen=True, slots=True)
class StreetEntry:
    """A street (街道) with its communities."""

    code: str
    name: str
    name_en: str
    communities: tuple[CommunityEntry, ...]

    @property
    def bounds(self) -> Bounds:
        """West, south, east and north of the street, in degrees."""
        return enclosing(community.bounds for community in self.communities)

    @property
    def grids(self) -> int:
        """How many grids the street has."""
        return sum(len(community.grids) for community in self.communities)


@dataclass(frozen=True, slots=True)
class StationEntry:
    """A red station (红色驿站) or workstation (工作站)."""

    code: str
    kind: str
    name: str
    name_en: str
    address: str
    host: str
    phone: str | None
    facilities: list[str]
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Overview:
    """A jurisdiction as the atlas shows it.

    ``main_bounds`` frames the part with the most grids where a jurisdiction lies scattered;
    ``bounds`` frames all of it. Both are west, south, east, north in degrees (EPSG:4326).
    """

    slug: str
    name: str
    name_en: str
    timezone: str
    synthetic: bool
    notice: str
    notice_en: str
    source: str
    source_en: str
    licence: str
    review_number: str | None
    generation: str | None
    households: int
    bounds: Bounds
    main_bounds: Bounds
    streets: tuple[StreetEntry, ...]
    stations: tuple[StationEntry, ...]

    @property
    def communities(self) -> int:
        """How many communities the jurisdiction has."""
        return sum(len(street.communities) for street in self.streets)

    @property
    def grids(self) -> int:
        """How many grids are in force."""
        return sum(street.grids for street in self.streets)

    def stations_of(self, kind: str) -> tuple[StationEntry, ...]:
        """Return the stations of one kind."""
        return tuple(one for one in self.stations if one.kind == kind)


def enclosing(boxes: Iterable[Bounds]) -> Bounds:
    """Return the bounds around bounds.

    Raises
    ------
    ValueError
        When there are none.

    Examples
    --------
    >>> enclosing([(0, 0, 1, 1), (2, -1, 3, 0)])
    (0, -1, 3, 1)
    """
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def jurisdictions(session: Session) -> list[JurisdictionEntry]:
    """Return every jurisdiction, the one with the most grids first."""
    return [JurisdictionEntry(*row) for row in session.execute(text(_JURISDICTIONS))]


def jurisdiction_near(session: Session, lon: float, lat: float) -> str | None:
    """Return the slug of the jurisdiction that holds a place or is nearest to it.

    Parameters
    ----------
    session
        A session on the store.
    lon, lat
        Degrees, EPSG:4326.
    """
    found = session.execute(text(_NEAREST), {"lon": lon, "lat": lat}).scalar_one_or_none()
    return None if found is None else str(found)


def overview(session: Session, slug: str) -> Overview | None:
    """Return a jurisdiction at a glance, or ``None`` when there is none of that name.

    Parameters
    ----------
    session
        A session on the store.
    slug
        The jurisdiction's short name.
    """
    found = session.execute(text(_JURISDICTION), {"slug": slug}).mappings().one_or_none()
    if found is None:
        return None
    rows = dict(found)
    jurisdiction_id = rows.pop("id")
    values = {"id": jurisdiction_id, "near_m": NEIGHBOURING_PARTS_M}
    streets = _streets(session.execute(text(_GRIDS), {"id": jurisdiction_id}).mappings().all())
    stations = session.execute(text(_STATIONS), {"id": jurisdiction_id}).mappings()
    return Overview(
        **rows,
        bounds=enclosing(street.bounds for street in streets),
        main_bounds=_bounds(session.execute(text(_MAIN_PART), values).mappings().one()),
        streets=streets,
        stations=tuple(StationEntry(**row) for row in stations),
    )


def _bounds(row: RowMapping) -> Bounds:
    return row["west"], row["south"], row["east"], row["north"]


def _streets(rows: Sequence[RowMapping]) -> tuple[StreetEntry, ...]:
    return tuple(
        StreetEntry(
            code,
            members[0]["street_name"],
            members[0]["street_name_en"],
            _communities(members),
        )
        for code, members in _grouped(rows, "street_code")
    )


def _communities(rows: Sequence[RowMapping]) -> tuple[CommunityEntry, ...]:
    return tuple(
        CommunityEntry(
            code,
            members[0]["community_name"],
            members[0]["community_name_en"],
            members[0]["invented"],
            _bounds(members[0]),
            tuple(_grid(row) for row in members if row["code"] is not None),
        )
        for code, members in _grouped(rows, "community_code")
    )


def _grid(row: RowMapping) -> GridEntry:
    return GridEntry(**{name: row[name] for name in GridEntry.__slots__})


def _grouped(rows: Sequence[RowMapping], key: str) -> Iterable[tuple[str, list[RowMapping]]]:
    return ((value, list(members)) for value, members in groupby(rows, lambda row: row[key]))


_JURISDICTIONS = """
    SELECT slug, name, name_en
    FROM jurisdiction
    ORDER BY (SELECT count(*) FROM grid WHERE grid.jurisdiction_id = jurisdiction.id) DESC, slug
"""

_NEAREST = """
    SELECT slug
    FROM jurisdiction
    ORDER BY ST_Distance(area::geography, ST_Point(:lon, :lat, 4326)::geography), id
    LIMIT 1
"""

_JURISDICTION = """
    SELECT j.id, j.slug, j.name, j.name_en, j.timezone, j.synthetic, j.notice, j.notice_en,
           j.source, j.source_en, j.licence, j.review_number,
           (SELECT g.label FROM generation g
            WHERE g.jurisdiction_id = j.id AND g.validity @> now()) AS generation,
           household_count(j.id) AS households
    FROM jurisdiction j
    WHERE j.slug = :slug
"""

_GRIDS = """
    SELECT s.code AS street_code, s.name AS street_name, s.name_en AS street_name_en,
           c.code AS community_code, c.name AS community_name, c.name_en AS community_name_en,
           c.invented, ST_XMin(c.area) AS west, ST_YMin(c.area) AS south,
           ST_XMax(c.area) AS east, ST_YMax(c.area) AS north,
           v.code, v.name, v.name_en, v.kind,
           coalesce(p.name, '') AS branch, coalesce(p.name_en, '') AS branch_en,
           ST_X(inside.point) AS lon, ST_Y(inside.point) AS lat
    FROM street s
    JOIN community c ON c.street_id = s.id
    LEFT JOIN generation g ON g.jurisdiction_id = s.jurisdiction_id AND g.validity @> now()
    LEFT JOIN grid_version v ON v.generation_id = g.id AND v.community_id = c.id
    LEFT JOIN party_branch p ON p.grid_id = v.grid_id
    LEFT JOIN LATERAL (SELECT ST_PointOnSurface(v.geom) AS point) inside ON true
    WHERE s.jurisdiction_id = :id
    ORDER BY s.code, c.code, v.code
"""

_MAIN_PART = """
    WITH placed AS (
        SELECT c.area, count(v.code) AS grids,
               ST_ClusterDBSCAN(ST_Transform(c.area, j.metric_srid), :near_m, 1) OVER () AS part
        FROM community c
        JOIN street s ON s.id = c.street_id
        JOIN jurisdiction j ON j.id = s.jurisdiction_id
        LEFT JOIN generation g ON g.jurisdiction_id = j.id AND g.validity @> now()
        LEFT JOIN grid_version v ON v.generation_id = g.id AND v.community_id = c.id
        WHERE j.id = :id
        GROUP BY c.id, j.metric_srid
    )
    SELECT ST_XMin(frame) AS west, ST_YMin(frame) AS south,
           ST_XMax(frame) AS east, ST_YMax(frame) AS north
    FROM (SELECT ST_Extent(area) AS frame FROM placed GROUP BY part
          ORDER BY sum(grids) DESC, part LIMIT 1) main
"""

_STATIONS = """
    SELECT t.code, t.kind, t.name, t.name_en, t.address, t.host, t.phone, t.facilities,
           ST_X(t.geom) AS lon, ST_Y(t.geom) AS lat
    FROM station t
    JOIN community c ON c.id = t.community_id
    JOIN street s ON s.id = c.street_id
    WHERE s.jurisdiction_id = :id
    ORDER BY t.kind, t.code
"""
