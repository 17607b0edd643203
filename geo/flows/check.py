"""Checking a file of polygons: reading it, finding, and measuring on the ground."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.coverage import LocalPlane, coverage_findings
from geo.core.coverage_rows import mean_width
from geo.core.crs import (
    WGS84,
    Datum,
    is_offset,
    metric_srid_of,
    parse_datum,
    transform_geometry,
    unit_metres,
)
from geo.core.findings import describe
from geo.errors import DatumRefusedError, FileRefusedError, NoTransformationError
from geo.files.polygons import Problem, read_polygons
from geo.settings import settings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from geo.core.findings import Finding
    from geo.messages import Message

    Objects = NDArray[np.object_]


class DatumNeededError(FileRefusedError):
    """The file names no coordinate system, and nobody else did."""

    template = "%(file)s names no coordinate system; say which it is with --datum."


class DatumWantedError(FileRefusedError):
    """The same, said to whoever fills in a form or sends a request."""

    template = "%(file)s names no coordinate system; say which it is (“datum”)."


class ImpossibleDegreesError(FileRefusedError):
    """Coordinates that are said to be degrees, and can't be."""

    template = (
        "%(file)s: coordinates such as (%(x)s, %(y)s) are no longitudes and latitudes in %(datum)s;"
        " say with --datum which projected system they are in."
    )


class DegreesImpossibleError(FileRefusedError):
    """The same, said to whoever fills in a form or sends a request."""

    template = (
        "%(file)s: coordinates such as (%(x)s, %(y)s) are no longitudes and latitudes in %(datum)s;"
        " say which projected system they are in (“datum”)."
    )


ERROR_PROBLEMS = frozenset(
    {
        "null_geometry",
        "empty_geometry",
        "not_polygon",
        "unreadable_geometry",
        "repaired_geometry",
        "missing_id",
        "duplicate_id",
    }
)
"""Kinds of problems that make a row no good grid."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was found in a file.

    Parameters
    ----------
    file
        Its name.
    ids, polygons
        (n,) identifiers and WGS 84 polygons of its rows; ``None`` where there is none.
    id_column
        Where the identifiers come from; ``None``: they are the rows' numbers.
    datum
        What its coordinates were taken to be in.
    gap_width_m
        The width that was asked for, if one was.
    problems
        What was wrong with rows as rows.
    findings
        What was found in the coverage; geometries in WGS 84, figures in the place's metric zone.
    """

    file: str
    ids: Objects
    polygons: Objects
    id_column: str | None
    datum: str
    gap_width_m: float | None
    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """How many problems and findings are errors."""
        wrong = [one for one in self.problems if one.kind in ERROR_PROBLEMS]
        return len(wrong) + sum(one.severity == "error" for one in self.findings)

    @property
    def remarks(self) -> int:
        """How many are information only."""
        return len(self.problems) + len(self.findings) - self.errors

    def sentence(self, finding: Finding) -> Message:
        """Say a finding with the identifiers of its rows."""
        return describe(finding, list(self.ids))


def check_file(  # noqa: PLR0913 - a file may need each of these said about it
    path: Path,
    *,
    layer: str | None = None,
    id_column: str | None = None,
    datum: str | None = None,
    gap_width_m: float | None = None,
    allow_multipart: bool = False,
) -> Check:
    """Check the polygons of a file as a coverage.

    Parameters
    ----------
    path
        Any file that :func:`geo.files.polygons.read_polygons` reads.
    layer, id_column
        As there; without a clear column rows are told by their numbers.
    datum
        What the coordinates are in, whatever the file says.
    gap_width_m, allow_multipart
        See :func:`geo.core.coverage.coverage_findings`.

    Raises
    ------
    FileRefusedError
        When the file can't be read, or its coordinates can't be what they are said to be.
    UnknownDatumError
        When nothing public leads from its coordinate system to WGS 84.
    DatumRefusedError
        When the settings refuse the datum.
    """
    read = read_polygons(path, layer=layer, id_column=id_column, row_numbers=True)
    taken = datum_of(path.name, datum or read.crs)
    refuse_impossible(path.name, read.geometries, taken)
    polygons = located(read.geometries, taken)
    plane = LocalPlane.of(
        read.geometries,
        degrees=taken.degrees,
        unit_m=1.0 if taken.degrees else unit_metres(taken),
    )
    found = coverage_findings(
        plane.flatten(read.geometries), gap_width_m=gap_width_m, allow_multipart=allow_multipart
    )
    unread = {one.row for one in read.problems if one.field == "geometry"}
    return Check(
        file=path.name,
        ids=read.ids,
        polygons=polygons,
        id_column=read.id_column,
        datum=taken.name,
        gap_width_m=gap_width_m,
        problems=tuple(one for one in read.problems if one.kind != "no_crs"),
        findings=tuple(
            _on_the_ground(one, plane, taken)
            for one in found
            if not (one.kind == "empty" and one.rows[0] + 1 in unread)
        ),
    )


def datum_of(file: str, named: str | None) -> Datum:
    """Return the datum that somebody named, or the file does.

    Raises
    ------
    DatumNeededError, UnknownDatumError, DatumRefusedError
        When nobody did, nobody knows it, or the settings refuse it.
    """
    if named is None:
        raise DatumNeededError(file=file)
    datum = parse_datum(named)
    if is_offset(datum) and settings().refuse_offset_datums:
        raise DatumRefusedError(datum=datum.name)
    return datum


def refuse_impossible(file: str, polygons: Objects, datum: Datum) -> None:
    """Refuse what would only come to nothing: metres taken for degrees.

    Raises
    ------
    ImpossibleDegreesError
        When coordinates can't be degrees.
    """
    if not datum.degrees:
        return
    west, south, east, north = shapely.total_bounds(polygons)
    if min(west, -east) < -360 or min(south, -north) < -90:  # noqa: PLR2004 - twice and once round
        x, y = (float(one) for one in shapely.get_coordinates(polygons)[0])
        raise ImpossibleDegreesError(file=file, x=x, y=y, datum=datum.name)


def located(polygons: Objects, datum: Datum) -> Objects:
    """Bring polygons to WGS 84.

    Raises
    ------
    NoTransformationError
        When PROJ can't bring them there.
    """
    placed: Objects = transform_geometry(polygons, datum, WGS84)
    before, after = shapely.get_coordinates(polygons), shapely.get_coordinates(placed)
    if (np.isfinite(before) & ~np.isfinite(after)).any():
        raise NoTransformationError(datum=datum.name)
    return placed


def _on_the_ground(finding: Finding, plane: LocalPlane, datum: Datum) -> Finding:
    """Bring a finding to WGS 84, and measure it in the metric zone of its own place."""
    placed = finding.moved(plane.unflatten).moved(lambda one: _to_wgs84(one, datum))
    if placed.geometry is None or placed.area_m2 == 0:
        return placed
    measured = transform_geometry(placed.geometry, WGS84, metric_srid_of(placed.geometry))
    if not np.isfinite(shapely.get_coordinates(measured)).all():
        return placed  # wider than a projection can show: the plane's figures stay
    return replace(placed, area_m2=float(measured.area), width_m=mean_width(measured))


def _to_wgs84(geometry: Any, datum: Datum) -> Any:
    return transform_geometry(geometry, datum, WGS84)
