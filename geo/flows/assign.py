"""Giving every point of a file its grid, or its polygon of another file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core import crs
from geo.core.cores import ahead
from geo.core.locating import EDGE, INSIDE, INVALID, METHODS, NEAREST, OUTSIDE, Locator
from geo.core.validity import invalidity, words
from geo.errors import DatumRefusedError, FileRefusedError
from geo.files.points import Columns, format_of, open_points, refuse_taken
from geo.files.points_out import Added, Target, write_points
from geo.files.refusals import refuse_inputs
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from geo.files.points import PointBlock

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Objects = NDArray[np.object_]

SAMPLE_SIZE = 1 << 13
CSV_ROW_BYTES = 80
"""A short row of text: what a text file's number of rows is guessed by, to size the raster."""


class MissingIdError(FileRefusedError):
    """A polygon has nothing to be named by."""

    template = "%(file)s: row %(row)s has no value in “%(column)s” to name its polygon by."


@dataclass(frozen=True, slots=True)
class Area:
    """Polygons that own points, in order of precedence.

    Parameters
    ----------
    polygons
        (n,) WGS 84.
    ids
        (n,) what each is called: integers or texts.
    """

    polygons: Objects
    ids: Objects


@dataclass(frozen=True, slots=True)
class PolygonFile:
    """A file of polygons to assign points to.

    Parameters
    ----------
    path
        Any polygon file.
    id_column
        The column that names the polygons; without it the one that clearly does.
    layer
        Of a file with several.
    datum
        Of the coordinates, when the file is wrong or silent about it.
    """

    path: Path
    id_column: str | None = None
    layer: str | None = None
    datum: str | None = None


@dataclass(frozen=True, slots=True)
class PointFile:
    """A file of points and how to read it; see :func:`geo.files.points.open_points`."""

    path: Path
    columns: Columns = field(default_factory=Columns)
    datum: str | None = None
    layer: str | None = None
    encoding: str | None = None


@dataclass(slots=True)
class Tally:
    """What became of the points.

    Parameters
    ----------
    counts
        How many by method, in the order of :data:`geo.core.locating.METHODS`.
    warnings
        What a person should look at.
    """

    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(METHODS), np.int64))
    warnings: list[Message] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return int(self.counts.sum())


def area_of_file(file: PolygonFile) -> tuple[Area, list[Message]]:
    """Read polygons by precedence: the smallest identifier first, numbers as numbers.

    Invalid rings are repaired, rows of one identifier joined, rows without polygon left out; the
    messages say so.

    Raises
    ------
    FileRefusedError
        When the file can't be read, a column has to be named, or a polygon has no identifier.
    DatumRefusedError
        When this installation refuses the datum.
    """
    from geo.files.polygons import read_polygons  # noqa: PLC0415 - only with a file of polygons

    read = read_polygons(file.path, layer=file.layer, id_column=file.id_column)
    messages = [one.message for one in read.problems if one.kind != "duplicate_id"]
    held = np.flatnonzero([one is not None for one in read.geometries])
    for row in held:
        if read.ids[row] is None:
            column = read.id_column or ""
            raise MissingIdError(file=file.path.name, row=int(row) + 1, column=column)
    datum = crs.parse_datum(file.datum or read.crs or crs.WGS84)
    _refuse_offset(datum)
    polygons = crs.transform_geometry(read.geometries[held], datum, crs.WGS84)
    messages += _repair(polygons, held)
    area = Area(*_joined(polygons, read.ids[held]))
    return area, messages + _told_joined(read.ids[held], area)


def _repair(polygons: Objects, rows: NDArray[np.intp]) -> list[Message]:
    """Repair invalid polygons in place; say which."""
    wrong = np.flatnonzero(~shapely.is_valid(polygons))
    messages = []
    for number in wrong:
        reason, place = invalidity(polygons[number])
        repaired = shapely.make_valid(polygons[number], method="structure", keep_collapsed=False)
        parts = shapely.get_parts(shapely.get_parts(repaired))
        polygons[number] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])  # noqa: PLR2004 - areas
        row = int(rows[number]) + 1
        messages.append(_repaired(row, reason, place))
    return messages


def _repaired(row: int, reason: str, place: Any) -> Message:
    if place is None:
        return msg("Row %(row)s was repaired: %(reason)s.", row=row, reason=words(reason))
    return msg(
        "Row %(row)s was repaired: %(reason)s at %(lon)s, %(lat)s.",
        row=row,
        reason=words(reason),
        lon=f"{place.x:.6f}",
        lat=f"{place.y:.6f}",
    )


def _joined(polygons: Objects, ids: Objects) -> tuple[Objects, Objects]:
    """Join polygons of one identifier, and order all by identifier."""
    rows_of: dict[Any, list[int]] = {}
    for row, one in enumerate(ids):
        rows_of.setdefault(one, []).append(row)
    ordered = sorted(rows_of)
    joined = [
        polygons[rows[0]] if len(rows) == 1 else shapely.union_all(polygons[rows])
        for rows in (rows_of[one] for one in ordered)
    ]
    return _objects(joined), _objects(ordered)


def _told_joined(given: Objects, area: Area) -> list[Message]:
    """Say how many identifiers stood in several rows."""
    _, times = np.unique(given.astype(str), return_counts=True)
    if len(area.ids) == len(given):
        return []
    count = int((times > 1).sum())
    return [
        msg(
            "Identifiers that stand in several rows: %(count)s; their polygons were joined.",
            count=count,
        )
    ]


def _objects(values: list[Any]) -> Objects:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def areas_of_store(url: str, at: datetime) -> list[Area]:
    """Read the grids of every jurisdiction's generation in force at a time."""
    from geo.store import engine, generations  # noqa: PLC0415 - only with a database

    with engine.session(url) as session:
        in_force = [one for one in generations.periods(session) if one.holds(at)]
        stored = [generations.read_generation(session, one.id) for one in in_force]
    return [
        Area(one.polygons, _objects([grid.code for grid in one.grids]))
        for one in stored
        if one is not None
    ]


class Assigner:
    """Finds the owners of points among several areas.

    Where two areas hold a point, the smaller identifier owns it; where none does, the nearest.

    Parameters
    ----------
    areas
        Of each jurisdiction; at least one.
    nearest_max_m
        How far from every polygon a point still goes to the nearest.
    expected_points
        How many are to come, to size the raster.
    """

    def __init__(
        self, areas: list[Area], *, nearest_max_m: float, expected_points: int | None
    ) -> None:
        ids: list[Any] = [one for area in areas for one in area.ids]
        self.ids = ids
        order = sorted(range(len(ids)), key=lambda row: ids[row])
        self._rank = np.empty(len(ids), dtype=np.int64)
        self._rank[order] = np.arange(len(ids))
        self._nearest_max_m = nearest_max_m
        self._locators = [
            Locator(area.polygons, nearest_max_m=nearest_max_m, expected_points=expected_points)
            for area in areas
        ]

    def contain(self, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        """Tell which points some polygon contains."""
        found = [one.assign(lon, lat, nearest=False).owner >= 0 for one in self._locators]
        return np.asarray(np.logical_or.reduce([np.zeros(len(lon), dtype=bool), *found]))

    def assign(self, lon: Floats, lat: Floats) -> tuple[Ints, Ints, NDArray[np.int8], Floats]:
        """Return owner, nearest, method and distance in metres of points; rows count through."""
        if len(self._locators) == 1:
            found = self._locators[0].assign(lon, lat)
            return found.owner, found.nearest, found.method, found.distance_m
        return self._merge(lon, lat)

    def _merge(self, lon: Floats, lat: Floats) -> tuple[Ints, Ints, NDArray[np.int8], Floats]:
        count = len(lon)
        best = np.full(count, -1, dtype=np.int32)
        method = np.full(count, OUTSIDE, dtype=np.int8)
        distance = np.full(count, np.nan)
        touching, first = np.zeros(count, dtype=np.int8), 0
        for locator in self._locators:
            found = locator.assign(lon, lat, nearest=False)
            held = np.flatnonzero(found.owner >= 0)
            rows = found.owner[held] + first
            better = (best[held] < 0) | (self._rank[rows] < self._rank[best[held]])
            best[held[better]], method[held[better]] = rows[better], found.method[held[better]]
            touching[held] += 1
            first += len(locator.polygons)
            method[found.method == INVALID] = INVALID
        method[touching > 1] = EDGE
        distance[touching > 0] = 0.0
        nearest = np.full(count, -1, dtype=np.int32)
        self._nearest_of_all(lon, lat, np.flatnonzero(method == OUTSIDE), (nearest, distance))
        close = np.flatnonzero((method == OUTSIDE) & (distance <= self._nearest_max_m))
        best[close], method[close] = nearest[close], NEAREST
        return best, nearest, method, distance

    def _nearest_of_all(
        self, lon: Floats, lat: Floats, rows: NDArray[np.intp], into: tuple[Ints, Floats]
    ) -> None:
        """Write the nearest polygon of any area, and its distance, for some of the points."""
        nearest, distance = into
        first = 0
        for locator in self._locators:
            found = locator.assign(lon[rows], lat[rows])
            way, row = found.distance_m, found.nearest + first
            better = ~np.isnan(way) & (np.isnan(distance[rows]) | (way < distance[rows]))
            nearest[rows[better]], distance[rows[better]] = row[better], way[better]
            first += len(locator.polygons)


@dataclass(slots=True)
class _Sample:
    """Some thousand positions, evenly spread over a file of unknown length."""

    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    every: int = 1
    seen: int = 0

    def take(self, x: Floats, y: Floats) -> None:
        begin = -self.seen % self.every
        self.x += x[begin :: self.every].tolist()
        self.y += y[begin :: self.every].tolist()
        self.seen += len(x)
        while len(self.x) > SAMPLE_SIZE:
            self.x, self.y, self.every = self.x[::2], self.y[::2], self.every * 2


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done with a file of points.

    Parameters
    ----------
    points
        The file.
    output
        Where to write; the suffix says the format.
    prefix
        Before the names of the added columns.
    polygons
        The file of polygons, if there is one; it is never written over.
    """

    points: PointFile
    output: Path
    prefix: str = ""
    polygons: Path | None = None


def assign(
    job: Job,
    areas: list[Area],
    *,
    nearest_max_m: float = 30.0,
    said: Callable[[Message], str] = Message.english,
    progress: Callable[[int, int | None], None] = lambda _done, _all: None,
) -> Tally:
    """Write every row of a file of points back with its polygon, in constant memory.

    Parameters
    ----------
    job
        Which file, and where to write.
    areas
        The polygons; see :func:`area_of_file` and :func:`areas_of_store`.
    nearest_max_m
        How far from every polygon a point still goes to the nearest.
    said
        Puts messages in the reader's language, for the column of reasons.
    progress
        Told rows done and rows in all, where known.

    Raises
    ------
    FileRefusedError
        When a file can't be read or written, or columns have to be named.
    DatumRefusedError
        When this installation refuses the datum.
    """
    format_of(job.output)
    file = job.points
    refuse_inputs(job.output, file.path, job.polygons)
    source = open_points(file.path, file.columns, layer=file.layer, encoding=file.encoding)
    names = refuse_taken(file.path.name, source.names, job.prefix)
    datum = crs.parse_datum(file.datum or source.crs or crs.WGS84)
    _refuse_offset(datum)
    expected = source.row_count or file.path.stat().st_size // CSV_ROW_BYTES
    assigner = Assigner(areas, nearest_max_m=nearest_max_m, expected_points=expected)
    tally, sample = Tally(warnings=list(source.notes)), _Sample()

    def found() -> Iterator[tuple[PointBlock, Added]]:
        for block in source.blocks():
            sample.take(block.x, block.y)
            yield block, _added(block, datum, assigner, tally, said)
            progress(tally.rows, source.row_count)

    write_points(source, ahead(found()), Target(job.output, names, assigner.ids, METHODS))
    tally.warnings += _suspicion(sample, datum, assigner, tally)
    return tally


def _refuse_offset(datum: crs.Datum) -> None:
    if crs.is_offset(datum):
        from geo.settings import settings  # noqa: PLC0415 - pydantic, for these datums alone

        if settings().refuse_offset_datums:
            raise DatumRefusedError(datum=datum.name)


def _added(
    block: PointBlock,
    datum: crs.Datum,
    assigner: Assigner,
    tally: Tally,
    said: Callable[[Message], str],
) -> Added:
    """Find the owners of a block."""
    lon, lat = crs.to_wgs84(block.x, block.y, datum)
    owner, nearest, method, distance = assigner.assign(lon, lat)
    tally.counts += np.bincount(method, minlength=len(METHODS))
    reasons = {
        row: said(block.reasons.get(row) or _impossible(block, row, datum))
        for row in np.flatnonzero(method == INVALID).tolist()
    }
    away = np.where(method == OUTSIDE, nearest, -1).astype(np.int32)
    return Added(owner, method, distance, away, reasons, lon, lat)


def _impossible(block: PointBlock, row: int, datum: crs.Datum) -> Message:
    return msg(
        "%(x)s, %(y)s is no position on earth in %(datum)s.",
        x=float(block.x[row]),
        y=float(block.y[row]),
        datum=datum.name,
    )


def _suspicion(
    sample: _Sample, datum: crs.Datum, assigner: Assigner, tally: Tally
) -> list[Message]:
    """Say when the points would make more sense in another datum."""
    owned = int(tally.counts[[INSIDE, EDGE]].sum())
    if owned > (1 - crs.MIN_BORDER_GAIN_SHARE) * (tally.rows - tally.counts[INVALID]):
        return []
    found = crs.datum_suspicion(sample.x, sample.y, assigner.contain, datum)
    return [found.message()] if found else []
