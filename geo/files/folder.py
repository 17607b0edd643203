"""A jurisdiction's folder: every layer read and checked value by value, all problems at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import file_digest
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geo.core.crs import Datum, is_offset, parse_datum, transform_geometry
from geo.core.way_parts import widened
from geo.errors import UnknownDatumError
from geo.files.manifest import MANIFEST, Manifest, read_manifest
from geo.files.osm_roads import NoRoadsError, is_osm, read_osm_roads
from geo.files.problems import Place, RowProblem
from geo.files.refusals import UnreadableFileError
from geo.files.rows import (
    AREA,
    GRIDS,
    LAYERS,
    LINE,
    OPTIONAL_LAYERS,
    SHAPES_OF,
    RoadRow,
    Row,
    Shape,
)
from geo.files.tables import RawLayer, RawRow, read_features, read_table
from geo.messages import Message, msg

if TYPE_CHECKING:
    from pathlib import Path

    from geo.files.osm_roads import OsmRoads

MAX_LON, MAX_LAT = 180.0, 90.0
ROADS = "roads"
ROADS_MARGIN_M = 1000.0
"""How far beyond the jurisdiction roads of OpenStreetMap are taken: people walk round a border."""


@dataclass(slots=True)
class Layer:
    """A layer's typed rows and where they come from.

    Parameters
    ----------
    name, file
        The layer's name in the manifest, and its file's.
    rows
        The rows that could be read.
    lost
        Of the other rows what could be read of them: that somebody refers to such a row is no
        mistake of theirs.
    unread
        Whether the file could not be read at all.
    feature
        Whether rows are features.
    encoding
        Of a table's text.
    """

    name: str
    file: str
    rows: list[Any] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)
    unread: bool = False
    feature: bool = False
    encoding: str = "utf-8"

    def place(self, row: Row | int | None = None, name: str | None = None) -> Place:
        """Return a place in the layer's file."""
        line = row.line if isinstance(row, Row) else row
        return Place(self.name, self.file, line, name, self.feature)


@dataclass(slots=True)
class Folder:
    """A folder as it was read.

    Parameters
    ----------
    manifest
        ``None`` where the manifest itself can't be used.
    layers
        By the manifest's names; a layer that isn't there has no rows.
    grids
        One layer a generation, in the manifest's order.
    problems, repaired, warnings
        What refuses the folder, what was mended on the way, and what is odd.
    osm
        What became of the ways of an OpenStreetMap file, where the roads come from one.
    """

    manifest: Manifest | None
    layers: dict[str, Layer] = field(default_factory=dict)
    grids: list[Layer] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    repaired: list[RowProblem] = field(default_factory=list)
    warnings: list[RowProblem] = field(default_factory=list)
    osm: OsmRoads | None = None

    def rows(self, layer: str) -> list[Any]:
        """Return a layer's rows."""
        return self.layers[layer].rows


def read_folder(path: Path) -> Folder:
    """Read a jurisdiction's folder: its manifest and every layer.

    Geometries come back in WGS 84, whatever the manifest says they are in. Nothing is raised for
    what a file holds: all that is wrong is in the answer's ``problems``.

    Parameters
    ----------
    path
        The folder.
    """
    read = read_manifest(path)
    folder = Folder(read.manifest, problems=read.problems, warnings=read.warnings)
    if read.manifest is None:
        return folder
    _Reader(path, read.manifest, folder).read()
    return folder


class _Reader:
    """Reads the files of one folder into a :class:`Folder`."""

    def __init__(self, path: Path, manifest: Manifest, folder: Folder) -> None:
        self.path, self.manifest, self.folder = path, manifest, folder
        self.zone = ZoneInfo(manifest.timezone)

    def read(self) -> None:
        self._check_digests()
        for name, shape in LAYERS.items():
            file = self.manifest.layers.get(name)
            layer = Layer(name, file or "", feature=shape.geometry is not None)
            self.folder.layers[name] = layer
            if file is None:
                self._warn_of_absence(name)
            else:
                self._read_layer(layer, shape)
        for entry in self.manifest.generations:
            layer = Layer("generations", entry.file, feature=True)
            self.folder.grids.append(layer)
            self._read_layer(layer, GRIDS)

    def _warn_of_absence(self, name: str) -> None:
        if name not in OPTIONAL_LAYERS:
            message = msg("The folder has no such layer.")
            place = Place("manifest", MANIFEST, None, f"layers.{name}")
            self.folder.warnings.append(RowProblem(place, message))

    def _check_digests(self) -> None:
        for name, expected in self.manifest.sha256.items():
            path = self._inside(name)
            place = Place("manifest", name)
            if path is None:
                self._problem(place, msg("The folder has no such file."))
            elif _sha256(path) != expected:
                message = msg("The file is not the one of the manifest: its SHA-256 differs.")
                self._problem(place, message)

    def _inside(self, name: str) -> Path | None:
        """Return a file of the folder, and no other: names don't lead out of it."""
        path = (self.path / name).resolve()
        return path if path.is_file() and path.is_relative_to(self.path.resolve()) else None

    def _problem(self, place: Place, message: Message) -> None:
        self.folder.problems.append(RowProblem(place, message))

    def _read_layer(self, layer: Layer, shape: Shape) -> None:
        path = self._inside(layer.file)
        layer.unread = True
        if path is None:
            self._problem(layer.place(), msg("The folder has no such file."))
            return
        if layer.name == ROADS and is_osm(path):
            self._read_osm(layer, path)
            return
        raw = read_features(path) if shape.geometry else read_table(path)
        layer.encoding = raw.encoding
        refused = raw.refused or self._other_crs(raw)
        if refused:
            self._problem(layer.place(), refused)
        elif self._columns_are_there(layer, shape, raw):
            layer.unread = False
            self._read_rows(layer, shape, raw.rows)

    def _read_osm(self, layer: Layer, path: Path) -> None:
        """Read roads of OpenStreetMap near the communities; whatever the manifest says, in WGS 84.

        The communities are read before: the layers' order says so.
        """
        areas = [row.geom for row in self.folder.rows("communities")]
        area = widened(shapely.union_all(areas), ROADS_MARGIN_M) if areas else None
        try:
            found = self.folder.osm = read_osm_roads(path, area)
        except UnreadableFileError as error:
            reason = error.message.values["reason"]
            self._problem(layer.place(), msg("The file can't be read: %(reason)s.", reason=reason))
            return
        except NoRoadsError:
            message = msg(
                "It holds no road that may be walked in the jurisdiction or within %(margin_m)s m"
                " of it.",
                margin_m=round(ROADS_MARGIN_M),
            )
            self._problem(layer.place(), message)
            return
        layer.unread = False
        layer.rows = [
            RoadRow(at, road.geom, road.name, road.name_en, road.kind, road.walkable)
            for at, road in enumerate(found.roads, 1)
        ]

    def _other_crs(self, raw: RawLayer) -> Message | None:
        """Say that a file contradicts the manifest; no format knows the offset datums."""
        if raw.crs is None or is_offset(self.manifest.crs):
            return None
        try:
            own = parse_datum(raw.crs)
        except UnknownDatumError as error:
            return error.message
        if own == self.manifest.crs:
            return None
        said = {"own": own.name, "told": self.manifest.crs.name}
        return msg("The file is in %(own)s, but the manifest says %(told)s.", **said)

    def _columns_are_there(self, layer: Layer, shape: Shape, raw: RawLayer) -> bool:
        needed = [name for name, one in shape.fields.items() if one["needed"]]
        missing = [name for name in needed if name not in raw.columns]
        at_head = None if layer.feature else 1
        if layer.feature and not any(row.problem is None for row in raw.rows):
            missing = []
        for name in missing:
            message = msg("There is no such column.")
            self._problem(layer.place(at_head, name), message)
        for name in raw.columns:
            if name not in shape.fields:
                message = msg("Nobody here knows this column; it is left aside.")
                place = layer.place(at_head, name)
                self.folder.warnings.append(RowProblem(place, message))
        return not missing

    def _read_rows(self, layer: Layer, shape: Shape, raw_rows: list[RawRow]) -> None:
        geometries = self._geometries(layer, shape, raw_rows)
        fields = shape.fields
        for raw, geometry in zip(raw_rows, geometries, strict=True):
            before = len(self.folder.problems)
            told = self._values(layer, fields, raw)
            whole = geometry is not None or shape.geometry is None
            if whole and len(self.folder.problems) == before:
                layer.rows.append(shape.row(raw.line, geometry, **told))
            else:
                layer.lost.append(told)

    def _values(self, layer: Layer, fields: dict[str, Any], raw: RawRow) -> dict[str, Any]:
        """Read a row's values; where one can't be, a problem is added, and it is left out."""
        told: dict[str, Any] = {}
        if raw.problem:
            self._problem(layer.place(raw.line), raw.problem)
            return told
        for name, how in fields.items():
            found = raw.values.get(name, "")
            if found == "":
                if how["needed"]:
                    self._problem(layer.place(raw.line, name), msg("It is empty."))
                told[name] = how.get("empty")
                continue
            got = how["read"](found)
            if isinstance(got, Message):
                self._problem(layer.place(raw.line, name), got)
            elif isinstance(got, datetime) and got.tzinfo is None:
                told[name] = got.replace(tzinfo=self.zone)
            else:
                told[name] = got
        return told

    def _geometries(self, layer: Layer, shape: Shape, raw_rows: list[RawRow]) -> list[Any]:
        """Return every row's geometry in WGS 84, ``None`` where it can't be used."""
        if shape.geometry is None:
            return [None] * len(raw_rows)
        found: list[Any] = []
        for raw in raw_rows:
            given = raw.found
            if given is None or given.geometry is None:
                if given is not None and given.refused:
                    self._problem(layer.place(raw.line), given.refused)
                found.append(None)
                continue
            if given.repaired:
                self._repaired(layer, raw.line, given.repaired)
            found.append(self._of_kind(layer, raw.line, given.geometry, shape.geometry))
        return self._converted(layer, shape, raw_rows, found)

    def _repaired(self, layer: Layer, line: int, message: Message) -> None:
        self.folder.repaired.append(RowProblem(layer.place(line), message))

    def _of_kind(self, layer: Layer, line: int, geometry: Any, kind: str) -> Any:
        if geometry.geom_type in SHAPES_OF[kind]:
            return geometry
        expected = ", ".join(sorted(SHAPES_OF[kind]))
        message = msg(
            "It is a %(found)s where the layer holds: %(expected)s.",
            found=geometry.geom_type,
            expected=expected,
        )
        self._problem(layer.place(line), message)
        return None

    def _converted(
        self, layer: Layer, shape: Shape, raw_rows: list[RawRow], found: list[Any]
    ) -> list[Any]:
        kept = [
            one if self._in_degrees(layer, raw, one) else None
            for raw, one in zip(raw_rows, found, strict=True)
        ]
        moved = transform_geometry(np.array(kept, dtype=object), self.manifest.crs, "wgs84")
        return [
            self._usable(layer, shape, raw.line, one)
            for raw, one in zip(raw_rows, moved, strict=True)
        ]

    def _in_degrees(self, layer: Layer, raw: RawRow, geometry: Any) -> bool:
        if geometry is None or not self.manifest.crs.degrees:
            return geometry is not None
        west, south, east, north = geometry.bounds
        fits = west >= -MAX_LON and east <= MAX_LON and south >= -MAX_LAT and north <= MAX_LAT
        if not fits:
            self._problem(layer.place(raw.line), off_the_globe(west, south, self.manifest.crs))
        return bool(fits)

    def _usable(self, layer: Layer, shape: Shape, line: int, geometry: Any) -> Any:
        """Return a geometry that the store takes: finite, and valid where it is an area."""
        if geometry is None:
            return None
        if not np.isfinite(shapely.get_coordinates(geometry)).all():
            message = msg("%(datum)s has no such position.", datum=self.manifest.crs.name)
            self._problem(layer.place(line), message)
            return None
        if shape.geometry == LINE:
            return geometry
        return self._valid(layer, line, geometry, is_area=shape.geometry == AREA)

    def _valid(self, layer: Layer, line: int, geometry: Any, *, is_area: bool) -> Any:
        if shapely.is_valid(geometry):
            return geometry
        reason = shapely.is_valid_reason(geometry)
        mended = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
        if mended.is_empty or (is_area and mended.geom_type not in SHAPES_OF[AREA]):
            message = msg("Its polygon can't be mended: %(reason)s.", reason=reason)
            self._problem(layer.place(line), message)
            return None
        message = msg("Its polygon was not valid (%(reason)s) and was mended.", reason=reason)
        self._repaired(layer, line, message)
        return mended


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def off_the_globe(x: float, y: float, crs: Datum) -> Message:
    """Say that numbers can't be degrees, and that they might be the wrong way round."""
    if abs(x) <= MAX_LAT and abs(y) <= MAX_LON:
        return msg(
            "(%(x)s, %(y)s) is no position in %(datum)s: longitude comes first, then latitude.",
            x=x,
            y=y,
            datum=crs.name,
        )
    return msg("(%(x)s, %(y)s) is no position in %(datum)s.", x=x, y=y, datum=crs.name)
