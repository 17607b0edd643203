"""Surveying walking networks (步行网络体检): of a file, of a folder, or of what is loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geo.core.crs import WGS84, WGS84_SRID, metric_srid_of, transform, transform_geometry
from geo.core.road_survey import components_at, survey
from geo.errors import FileRefusedError, HonggeError
from geo.files.osm_roads import is_osm, read_osm_roads
from geo.files.problems import Place, RowProblem
from geo.files.refusals import FileMissingError, UnreadableFileError, UnwritableFileError
from geo.files.rows import LINE, SHAPES_OF
from geo.files.tables import read_features
from geo.files.values import truth
from geo.flows.check import datum_of, located, refuse_impossible
from geo.messages import Message, msg
from geo.store.engine import owner_session
from geo.store.roads import read_stations, read_walked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geo.core.road_survey import RoadSurvey
    from geo.files.osm_roads import OsmRoads
    from geo.files.tables import RawRow
    from geo.store.roads import StoredStation

    Objects = NDArray[np.object_]

LAYER = "roads"
_DIGITS = 7


class NoSuchJurisdictionError(HonggeError):
    """Nothing of this name is loaded."""

    template = "There is no jurisdiction “%(slug)s”."


class OsmDatumError(FileRefusedError):
    """Somebody says that an OpenStreetMap file is in another datum than it is."""

    template = "%(file)s is an OpenStreetMap file, and these are in WGS 84: leave --datum out."


class CutOffStation(NamedTuple):
    """A station from which no way leads to the largest component.

    ``component`` is the row of the one that it is on; -1 where no road is in reach.
    """

    station: StoredStation
    component: int


@dataclass(frozen=True, slots=True, eq=False)
class RoadReport:
    """A walking network with its places on the ground.

    Parameters
    ----------
    source
        The file's or the jurisdiction's name.
    found
        The survey, in the metric zone.
    srid
        The zone.
    places
        Longitude and latitude of each component (n, 2), WGS 84.
    osm
        What became of the other ways, where the roads come from OpenStreetMap.
    problems
        Rows of a file that could not be read.
    cut_off
        Stations from which no way leads to the largest component; of a file none are known.
    """

    source: str
    found: RoadSurvey
    srid: int
    places: NDArray[np.float64]
    osm: OsmRoads | None = None
    problems: tuple[RowProblem, ...] = ()
    cut_off: tuple[CutOffStation, ...] = ()

    @property
    def walkable(self) -> bool:
        """Whether there is anything to walk on."""
        return bool(self.found.components)


def survey_file(path: Path, datum: str | None = None) -> RoadReport:
    """Survey the roads of a file.

    Parameters
    ----------
    path
        An OpenStreetMap file, or the roads layer of a folder: GeoJSON, GeoPackage, Shapefile.
    datum
        What the coordinates are in, whatever the file says; GeoJSON says nothing and is in WGS 84.

    Raises
    ------
    FileRefusedError
        When it can't be read.
    UnknownDatumError, DatumRefusedError
        When nobody knows its datum, or the settings refuse it.
    """
    if not path.is_file():
        raise FileMissingError(file=path.name)
    if is_osm(path):
        if datum is not None:
            raise OsmDatumError(file=path.name)
        return survey_osm(path.name, read_osm_roads(path))
    raw = read_features(path)
    if raw.refused:
        raise UnreadableFileError(file=path.name, reason=raw.refused)
    taken = datum_of(path.name, datum or raw.crs or WGS84.name)
    walked, problems = _walked(path.name, raw.rows)
    lines = _objects([line for line, _ in walked])
    if len(lines):
        refuse_impossible(path.name, lines, taken)
    report = survey_lines(path.name, located(lines, taken), [name for _, name in walked])
    return RoadReport(
        report.source, report.found, report.srid, report.places, problems=tuple(problems)
    )


def survey_jurisdiction(slug: str, url: str | None = None) -> RoadReport:
    """Survey the roads of a jurisdiction that is loaded.

    Raises
    ------
    NoSuchJurisdictionError
        When it isn't.
    StoreUnavailableError
        When the database can't be reached.
    """
    with owner_session(url) as session:
        stored = read_walked(session, slug)
        stations = read_stations(session, slug)
    if stored is None:
        raise NoSuchJurisdictionError(slug=slug)
    report = survey_lines(slug, stored.lines, stored.names, stored.srid)
    return replace(report, cut_off=_cut_off(report, stations))


def _cut_off(report: RoadReport, stations: Sequence[StoredStation]) -> tuple[CutOffStation, ...]:
    places = np.array([[one.lon, one.lat] for one in stations]).reshape(-1, 2)
    x, y = transform(places[:, 0], places[:, 1], WGS84_SRID, report.srid)
    rows = components_at(report.found, np.column_stack([x, y])).tolist()
    return tuple(
        CutOffStation(one, row) for one, row in zip(stations, rows, strict=True) if row != 0
    )


def survey_osm(source: str, osm: OsmRoads, srid: int | None = None) -> RoadReport:
    """Survey what was read of an OpenStreetMap file."""
    walked = [road for road in osm.roads if road.walkable]
    lines = _objects([road.geom for road in walked])
    report = survey_lines(source, lines, [road.name for road in walked], srid)
    return RoadReport(report.source, report.found, report.srid, report.places, osm)


def survey_lines(
    source: str, lines: Objects, names: Sequence[str], srid: int | None = None
) -> RoadReport:
    """Survey walkable roads.

    Parameters
    ----------
    source
        What people call them.
    lines, names
        One each; in WGS 84.
    srid
        The metric zone to measure in; by default that of their middle.
    """
    zone = srid or (metric_srid_of(lines) if len(lines) else WGS84_SRID)
    found = survey(transform_geometry(lines, WGS84_SRID, zone), names)
    at = np.array([[one.x, one.y] for one in found.components]).reshape(-1, 2)
    lon, lat = transform(at[:, 0], at[:, 1], zone, WGS84_SRID)
    return RoadReport(source, found, zone, np.column_stack([lon, lat]))


def write_components(report: RoadReport, path: Path) -> None:
    """Write the components as GeoJSON, one multilinestring each.

    Raises
    ------
    UnwritableFileError
        When nothing can be written there.
    """
    document = {"type": "FeatureCollection", "features": list(_features(report))}
    try:
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise UnwritableFileError(file=path.name, reason=error.strerror) from error


def _features(report: RoadReport) -> Iterator[dict[str, Any]]:
    network, label = report.found.network, report.found.label
    lon, lat = transform(network.xy[:, 0], network.xy[:, 1], report.srid, WGS84_SRID)
    lonlat = np.round(np.column_stack([lon, lat]), _DIGITS)
    for at, one in enumerate(report.found.components):
        pieces = shapely.multilinestrings(
            shapely.linestrings(lonlat[network.ends[label == at]]).tolist()
        )
        lines = shapely.get_parts(shapely.line_merge(pieces))
        coordinates = [shapely.get_coordinates(line).tolist() for line in lines]
        yield {
            "type": "Feature",
            "properties": {
                "component": at + 1,
                "nodes": one.nodes,
                "pieces": one.pieces,
                "length_m": round(one.length_m, 1),
                "share_pct": round(100 * one.nodes / report.found.nodes, 3),
                "name": one.name,
            },
            "geometry": {"type": "MultiLineString", "coordinates": coordinates},
        }


def _walked(file: str, rows: list[RawRow]) -> tuple[list[tuple[Any, str]], list[RowProblem]]:
    """Return lines and names of the walkable roads, and what is wrong with other rows."""
    walked: list[tuple[Any, str]] = []
    problems: list[RowProblem] = []
    for row in rows:
        wrong = _wrong(row)
        if wrong is not None:
            where, message = wrong
            place = Place(LAYER, file, row.line, where, feature=True)
            problems.append(RowProblem(place, message))
        elif row.found is not None and _may_be_walked(row) is True:
            walked.append((row.found.geometry, str(row.values.get("name", ""))))
    return walked, problems


def _wrong(row: RawRow) -> tuple[str | None, Message] | None:
    """Return the field and the reason why a row can't be read; ``None`` where it can."""
    if row.problem is not None:
        return None, row.problem
    geometry = row.found and row.found.geometry
    if geometry is None:
        return None, (row.found and row.found.refused) or msg("It has no geometry.")
    if geometry.geom_type not in SHAPES_OF[LINE]:
        expected = ", ".join(sorted(SHAPES_OF[LINE]))
        return None, msg(
            "It is a %(found)s where the layer holds: %(expected)s.",
            found=geometry.geom_type,
            expected=expected,
        )
    walkable = _may_be_walked(row)
    return None if isinstance(walkable, bool) else ("walkable", walkable)


def _may_be_walked(row: RawRow) -> bool | Message:
    told = row.values.get("walkable", "")
    return True if told == "" else truth(told)


def _objects(values: list[Any]) -> Objects:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
