"""Fitting what a folder holds together on the ground, before anything of it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.crs import datum_suspicion, metric_srid_of, to_wgs84
from geo.core.joining import (
    GAP_WIDTH_M,
    NEGLIGIBLE_M2,
    differ_m2,
    join,
    sticking_out,
    wide_gaps,
    wide_overlaps,
)
from geo.files.folder import off_the_globe
from geo.files.problems import RowProblem
from geo.messages import Message, msg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.joining import Overlap
    from geo.files.folder import Folder, Layer
    from geo.files.manifest import Manifest
    from geo.files.rows import GridRow

MAX_LON, MAX_LAT = 180.0, 90.0
_AREA_DIGITS = 1
_LAYERS_WITH_PLACES = ("compounds", "blocks", "buildings", "stations")


@dataclass(slots=True)
class Fitted:
    """A folder whose areas fit: the jurisdiction's area, and the metric zone it is measured in."""

    area: Any
    srid: int


def fit(folder: Folder, manifest: Manifest) -> Fitted | None:
    """Join neighbours whose borders disagree a little; add what disagrees more to the problems.

    Also converts the positions of issues, and warns where a layer makes more sense in another
    datum. ``None`` where the folder lacks communities to measure by.
    """
    communities = folder.layers["communities"]
    if communities.lost or communities.unread or not communities.rows:
        return None
    return _Fit(folder, manifest).all()


class _Fit:
    def __init__(self, folder: Folder, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        communities = folder.rows("communities")
        self.srid = metric_srid_of(np.array([row.geom for row in communities], dtype=object))

    def all(self) -> Fitted:
        for name in ("communities", "blocks"):
            layer = self.folder.layers[name]
            if not self._refuse_overlaps(layer, layer.rows):
                self._join(layer, layer.rows)
        self.communities = {row.code: row.geom for row in self.folder.rows("communities")}
        area = shapely.union_all(list(self.communities.values()))
        shapely.prepare(area)
        self._convert_issues()
        self._suspect_datums(area)
        tiles = [self._join_grids(layer, area) for layer in self.folder.grids]
        self._follow_grids(tiles[-1])
        for layer in self.folder.grids:
            self._keep_inside(layer)
            self._hold_buildings(layer)
        return Fitted(shapely.union_all(list(self.communities.values())), self.srid)

    def _problem(self, layer: Layer, row: Any, message: Message) -> None:
        self.folder.problems.append(RowProblem(layer.place(row), message))

    def _join(self, layer: Layer, rows: list[Any], area: Any = None) -> None:
        joined = join(_geometries(rows), self.srid, area)
        for at in np.flatnonzero(joined.changed):
            rows[at].geom = joined.polygons[at]
            self._tell_joined(layer, rows[at], float(joined.area_change_m2[at]))

    def _tell_joined(self, layer: Layer, row: Any, change_m2: float) -> None:
        if shapely.is_empty(row.geom):
            self._problem(layer, row, msg("It is narrower than 1 m, and nothing is left of it."))
            return
        message = msg(
            "The border of %(code)s was joined to its neighbours': its area changed by"
            " %(area_m2)s m².",
            code=row.code,
            area_m2=round(change_m2, _AREA_DIGITS) + 0.0,
        )
        self.folder.repaired.append(RowProblem(layer.place(row), message))

    def _known(self, layer: Layer) -> list[GridRow]:
        return [row for row in layer.rows if row.code[:12] in self.communities]

    def _join_grids(self, layer: Layer, area: Any) -> list[GridRow]:
        """Join a generation's grids; return those that tile the area.

        Dedicated grids either lie over general ones or fill a hole between them; the latter are
        tiles like any other.
        """
        rows = self._known(layer)
        dedicated = [row for row in rows if row.kind == "dedicated"]
        over = self._over_general(rows)
        tiles = [row for row in rows if not any(row is one for one in over)]
        told = [
            self._refuse_overlaps(layer, tiles),
            self._refuse_overlaps(layer, dedicated if over else []),
            self._refuse_gaps(layer, tiles),
        ]
        if not any(told):
            self._join(layer, tiles, area)
            self._join(layer, over)
        return tiles

    def _over_general(self, rows: list[GridRow]) -> list[GridRow]:
        pairs = [(rows[one.one], rows[one.other]) for one in self._wide_overlaps(rows)]
        kinds = {"general", "dedicated"}
        over = {id(row) for pair in pairs for row in pair if {one.kind for one in pair} == kinds}
        return [row for row in rows if id(row) in over and row.kind == "dedicated"]

    def _wide_overlaps(self, rows: list[Any]) -> list[Overlap]:
        return wide_overlaps(_geometries(rows), self.srid)

    def _refuse_overlaps(self, layer: Layer, rows: list[Any]) -> bool:
        found = self._wide_overlaps(rows)
        for overlap in found:
            self._problem(layer, rows[overlap.one], _overlapping(rows, overlap))
        return bool(found)

    def _follow_grids(self, tiles: list[GridRow]) -> None:
        """Let communities end where their present grids do, where these nearly do.

        So every place of the jurisdiction has a grid, and not almost every place.
        """
        layer = self.folder.layers["communities"]
        if self.folder.problems:
            return
        for row in layer.rows:
            own = _geometries([grid for grid in tiles if grid.code[:12] == row.code])
            union = shapely.coverage_union_all(own)
            if differ_m2(union, row.geom, self.srid) < NEGLIGIBLE_M2:
                continue
            row.geom = self.communities[row.code] = union
            message = msg("The border of %(code)s was joined to its grids'.", code=row.code)
            self.folder.repaired.append(RowProblem(layer.place(row), message))

    def _refuse_gaps(self, layer: Layer, grids: list[GridRow]) -> bool:
        found = layer.unread or bool(layer.lost)
        if found:
            return found
        for code, area in self.communities.items():
            own = [row for row in grids if row.code[:12] == code]
            near = [row for row in grids if row.geom.intersects(area)]
            for gap in wide_gaps(_geometries(near), area, self.srid):
                found = True
                beside = sorted((near[at] for at in gap.beside[:2]), key=lambda row: row.line)
                first = next(iter([*beside, *own]), None)
                self._problem(layer, first, _gap(beside, code, gap.area_m2))
        return found

    def _keep_inside(self, layer: Layer) -> None:
        grids = self._known(layer)
        areas = np.array([self.communities[row.code[:12]] for row in grids], dtype=object)
        for at, area_m2 in sticking_out(_geometries(grids), areas, self.srid):
            message = msg(
                "Grid %(code)s reaches more than %(tolerance_m)s m out of community"
                " %(community)s: %(area_m2)s m² lie outside.",
                code=grids[at].code,
                tolerance_m=GAP_WIDTH_M,
                community=grids[at].code[:12],
                area_m2=round(area_m2, _AREA_DIGITS),
            )
            self._problem(layer, grids[at], message)

    def _hold_buildings(self, layer: Layer) -> None:
        """Refuse buildings in no grid of the present generation; tell of those in no older one."""
        if layer.lost or layer.unread:
            return
        grids = self._known(layer)
        buildings = [row for row in self.folder.rows("buildings") if row.site is not None]
        tree = shapely.STRtree(_geometries(grids))
        sites = np.array([row.site for row in buildings], dtype=object)
        held = tree.query(sites, predicate="intersects")[0]
        lost = set(range(len(buildings))) - set(held.tolist())
        present = layer is self.folder.grids[-1]
        found = self.folder.problems if present else self.folder.warnings
        for at in sorted(lost):
            code = buildings[at].code
            message = msg(
                "Building %(code)s is in no grid of %(file)s.", code=code, file=layer.file
            )
            place = self.folder.layers["buildings"].place(buildings[at])
            found.append(RowProblem(place, message))

    def _convert_issues(self) -> None:
        layer = self.folder.layers["issues"]
        placed = [row for row in layer.rows if row.lon is not None and row.lat is not None]
        given = np.array([[row.lon, row.lat] for row in placed], dtype=float).reshape(-1, 2)
        lon, lat = to_wgs84(given[:, 0], given[:, 1], self.manifest.crs)
        good = (np.abs(lon) <= MAX_LON) & (np.abs(lat) <= MAX_LAT)
        for row, x, y, fine in zip(placed, lon.tolist(), lat.tolist(), good, strict=True):
            if fine:
                row.lon, row.lat = x, y
            else:
                message = off_the_globe(row.lon, row.lat, self.manifest.crs)
                self.folder.problems.append(RowProblem(layer.place(row, "lon"), message))

    def _suspect_datums(self, area: Any) -> None:
        """Warn of a layer whose places lie better inside the area when read in another datum.

        Everything has been read as the manifest says; what is suspected is each layer by itself.
        """

        def inside(lon: Any, lat: Any) -> Any:
            return shapely.contains_xy(area, lon, lat)

        for layer, points in self._places():
            found = datum_suspicion(points[:, 0], points[:, 1], inside)
            if found is None:
                continue
            message = msg(
                "Only %(before)s %% of its places lie in the jurisdiction; read as %(likelier)s"
                " it would be %(after)s %%. Nothing was converted: check in which datum they are.",
                before=round(found.share_before * 100),
                likelier=_reading(found.likelier, swapped=found.swapped),
                after=round(found.share_after * 100),
            )
            self.folder.warnings.append(RowProblem(layer.place(), message))

    def _places(self) -> list[tuple[Layer, NDArray[np.float64]]]:
        layers = [*self.folder.grids, *(self.folder.layers[one] for one in _LAYERS_WITH_PLACES)]
        found = [(layer, _middles(layer.rows)) for layer in layers]
        issues = self.folder.layers["issues"]
        given = [(row.lon, row.lat) for row in issues.rows if row.lon is not None]
        return [*found, (issues, np.array(given, dtype=float).reshape(-1, 2))]


def _geometries(rows: list[Any]) -> NDArray[np.object_]:
    return np.array([row.geom for row in rows], dtype=object)


def _middles(rows: list[Any]) -> NDArray[np.float64]:
    return shapely.get_coordinates(shapely.point_on_surface(_geometries(rows)))


def _reading(datum: str, *, swapped: bool) -> Message:
    if swapped:
        return msg("%(datum)s with longitude and latitude exchanged", datum=datum)
    return msg("%(datum)s", datum=datum)


def _overlapping(rows: list[Any], overlap: Overlap) -> Message:
    return msg(
        "%(one)s and %(other)s overlap: %(area_m2)s m² belong to both.",
        one=rows[overlap.one].code,
        other=rows[overlap.other].code,
        area_m2=round(overlap.area_m2, _AREA_DIGITS),
    )


def _gap(beside: list[GridRow], community: str, area_m2: float) -> Message:
    said = {"community": community, "area_m2": round(area_m2, _AREA_DIGITS)}
    match beside:
        case [one, other]:
            return msg(
                "Between %(one)s and %(other)s a gap of %(area_m2)s m² of community"
                " %(community)s is in no grid.",
                one=one.code,
                other=other.code,
                **said,
            )
        case [one]:
            return msg(
                "Beside %(one)s %(area_m2)s m² of community %(community)s are in no grid.",
                one=one.code,
                **said,
            )
    return msg("%(area_m2)s m² of community %(community)s are in no grid.", **said)
