"""Roads of an OpenStreetMap file (开放街道地图), read in bounded memory.

Positions of all nodes of the file are kept in a temporary file, not in memory; what is kept in
memory are the roads near the area that is asked for. OpenStreetMap is in WGS 84, everywhere.

Every way of a road class becomes a road, with or without leave to walk on it
(:mod:`geo.core.foot_access`); ferries, roads under construction or proposed, and classes that
nobody knows are left out. Squares and other areas are walked along their outline, that of a
multipolygon too, but not along its holes, to which no way leads. Where a barrier closes a way to
walkers it is cut. Nodes that ways share are vertices that roads share.

Source: the pages "Elements", "Map features", Relation:multipolygon and Key:barrier of the
OpenStreetMap wiki.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
import shapely

from geo.core.foot_access import closed_by, verdict
from geo.core.way_parts import near, stopped_at
from geo.errors import FileRefusedError
from geo.files.refusals import UnreadableFileError
from geo.files.values import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from geo.core.foot_access import Verdict

    Floats = NDArray[np.float64]
    Tags = dict[str, str]

SUFFIXES = (".osm.pbf", ".pbf", ".osm")
WAY_KEYS = ("highway", "railway", "public_transport", "route")
_TROUBLES = (RuntimeError, ValueError, OSError, osmium.InvalidLocationError)
"""What the library raises about a file."""


class NoRoadsError(FileRefusedError):
    """The file holds nothing to walk on, or not here."""

    template = "%(file)s holds no road that may be walked."


@dataclass(frozen=True, slots=True)
class OsmRoad:
    """A way of OpenStreetMap that is a road.

    Parameters
    ----------
    name, name_en, kind
        ``name``, ``name:en`` and ``highway``, or ``platform``.
    walkable
        Whether one may walk on it.
    geom
        A linestring, or several where it is cut, WGS 84.
    """

    name: str
    name_en: str
    kind: str
    walkable: bool
    geom: Any


@dataclass(slots=True)
class OsmRoads:
    """The roads of a file and what became of the rest.

    Parameters
    ----------
    roads
        In the file's order.
    not_walked, left_out
        How many ways are roads that one may not walk on, and no roads, by the tag that says so.
    barriers
        How many barriers close a road to walkers, by the tag that says so.
    outside
        How many ways lie outside of the area.
    incomplete
        How many ways have nodes that the file doesn't hold.
    without_length
        How many ways have no two different positions, or none beside a barrier.
    """

    roads: list[OsmRoad] = field(default_factory=list)
    not_walked: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    barriers: Counter[str] = field(default_factory=Counter)
    outside: int = 0
    incomplete: int = 0
    without_length: int = 0


def is_osm(path: Path) -> bool:
    """Tell whether a file's name is that of an OpenStreetMap file.

    Examples
    --------
    >>> from pathlib import Path
    >>> is_osm(Path("Town.OSM.PBF")), is_osm(Path("roads.geojson"))
    (True, False)
    """
    return path.name.lower().endswith(SUFFIXES)


def read_osm_roads(path: Path, area: Any = None) -> OsmRoads:
    """Read the roads of an OpenStreetMap file, ``.osm.pbf`` or ``.osm``.

    Parameters
    ----------
    path
        The file.
    area
        A polygon in WGS 84: ways that don't touch it are left aside, others are kept piece by
        piece. Without it, everything is kept.

    Raises
    ------
    UnreadableFileError
        When it is no such file, or ends too early.
    NoRoadsError
        When nothing in it may be walked, or nothing in the area.
    """
    found = _Reading(path, area).all()
    if not any(road.walkable for road in found.roads):
        raise NoRoadsError(file=path.name)
    return found


class _Reading:
    """One reading of a file: relations, then nodes, then ways, whatever order they stand in."""

    def __init__(self, path: Path, area: Any) -> None:
        self.path, self.area = path, area
        self.found = OsmRoads()
        self.outlines: dict[int, Tags] = {}
        self.closed: dict[int, str] = {}
        self.unsaved: dict[int, tuple[float, float]] = {}
        self.met: set[int] = set()
        store = osmium.index.create_map("sparse_file_array")
        self.places = osmium.NodeLocationsForWays(store)
        self.places.ignore_errors()

    def all(self) -> OsmRoads:
        self._read_relations()
        self._read_nodes()
        by_key = osmium.filter.KeyFilter(*WAY_KEYS)
        for way, tags in self._objects(osmium.osm.WAY, by_key, self.places):
            if self._take(way, tags):
                self.outlines.pop(way.id, None)
        self._read_outlines()
        self.found.barriers.update(self.closed[node] for node in self.met)
        return self.found

    def _objects(self, kind: Any, *filters: Any) -> Iterator[tuple[Any, Tags]]:
        """Yield objects of a kind with their tags; the library's troubles become ours."""
        try:
            objects: Any = osmium.FileProcessor(self.path, kind)
            for one in filters:
                objects = objects.with_filter(one)
            for found in objects:
                yield found, dict(found.tags)
        except _TROUBLES as error:
            raise UnreadableFileError(file=self.path.name, reason=str(error)) from error

    def _read_relations(self) -> None:
        for relation, tags in self._objects(
            osmium.osm.RELATION, osmium.filter.KeyFilter(*WAY_KEYS)
        ):
            told = verdict(tags) if tags.get("type") == "multipolygon" else None
            if told is not None and told.kind is not None:
                ways = (one for one in relation.members if one.type == "w")
                outer = [one.ref for one in ways if one.role != "inner"]
                self.outlines.update(dict.fromkeys(outer, tags))

    def _read_nodes(self) -> None:
        """Keep all positions and the closed barriers.

        Nodes that an editor has not uploaded yet have negative numbers, which the store doesn't
        take; they are written as XML alone.
        """
        barriers = osmium.filter.KeyFilter("barrier")
        is_xml = self.path.name.lower().endswith(".osm")
        filters = [self.places] if is_xml else [self.places, barriers]
        for node, tags in self._objects(osmium.osm.NODE, *filters):
            if because := closed_by(tags):
                self.closed[node.id] = because
            if node.id < 0 and node.location.valid():
                self.unsaved[node.id] = (node.location.lon, node.location.lat)

    def _read_outlines(self) -> None:
        """Take the outlines of multipolygons, which seldom have tags of their own."""
        if not self.outlines:
            return
        ids = osmium.filter.IdFilter(sorted(self.outlines))
        for way, _tags in self._objects(osmium.osm.WAY, ids, self.places):
            self._take(way, self.outlines[way.id])

    def _take(self, way: Any, tags: Tags) -> bool:
        """Take a way, and tell whether it is a road."""
        told = verdict(tags)
        if told is None:
            return False
        parts = self._parts(way, told)
        if parts:
            self._count(told)
            self._add(told.kind, told.walkable, tags, parts)
        return told.kind is not None

    def _count(self, told: Verdict) -> None:
        if told.kind is None:
            self.found.left_out[told.because] += 1
        elif not told.walkable:
            self.found.not_walked[told.because] += 1

    def _add(self, kind: str | None, walkable: bool, tags: Tags, parts: list[Floats]) -> None:
        if kind is None:
            return
        lines = [shapely.LineString(part) for part in parts]
        geom = lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)
        name, name_en = _plain(tags.get("name", "")), _plain(tags.get("name:en", ""))
        self.found.roads.append(OsmRoad(name, name_en, kind, walkable, geom))

    def _parts(self, way: Any, told: Verdict) -> list[Floats]:
        """Return what of a way lies in the area, cut at barriers where it is walked."""
        nodes = [(node.ref, self._position(node)) for node in way.nodes]
        runs = _runs(nodes)
        self.found.incomplete += len(nodes) != sum(len(run) for run in runs)
        cut = [part for run in runs for part in self._cut(run, told)]
        cut = [part for part in cut if len(np.unique(part, axis=0)) > 1]
        if not cut:
            self.found.without_length += 1
        if self.area is None:
            return cut
        found = [part for one in cut for part in near(one, self.area)]
        self.found.outside += bool(cut) and not found
        return found

    def _position(self, node: Any) -> tuple[float, float] | None:
        if node.ref < 0:
            return self.unsaved.get(node.ref)
        place = node.location
        return (place.lon, place.lat) if place.valid() else None

    def _cut(self, run: list[tuple[int, tuple[float, float]]], told: Verdict) -> list[Floats]:
        lonlat = np.array([position for _, position in run])
        if not told.walkable:
            return [lonlat]
        stops = [row for row, (node, _) in enumerate(run) if node in self.closed]
        self.met.update(run[row][0] for row in stops if self._is_near(lonlat[row]))
        return list(stopped_at(lonlat, stops))

    def _is_near(self, position: Floats) -> bool:
        return self.area is None or bool(shapely.intersects_xy(self.area, *position))


def _runs(nodes: list[tuple[int, Any]]) -> list[list[tuple[int, Any]]]:
    """Return the stretches of nodes whose positions are known."""
    runs: list[list[tuple[int, Any]]] = [[]]
    for node in nodes:
        if node[1] is None:
            runs.append([])
        else:
            runs[-1].append(node)
    return [run for run in runs if run]


def _plain(name: str) -> str:
    """Return a name as the store takes it: without control characters and blanks around it."""
    return str(cleaned("".join(one if one.isprintable() else " " for one in name)))


__all__ = ["SUFFIXES", "NoRoadsError", "OsmRoad", "OsmRoads", "is_osm", "read_osm_roads"]
