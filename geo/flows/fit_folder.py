"""Fitting what a folder holds together on the ground, before anything of it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.crs import datum_suspicion, metric_srid_of, to_wgs84
from geo.core.joining import (
    GAP_WIDTH_M,
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
    datum. ``None`` where the folder has no communities to measure by.
    """
    if not folder.rows("communities"):
        return None
    return _Fit(folder, manifest).all()


class _Fit:
    def __init__(self, folder: Folder, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        communities = folder.rows("communities")
        self.srid = metric_srid_of(np.array([row.geom for row in communities], dtype=object))

    def all(self) -> Fitted:
        self._join(self.folder.layers["communities"], self.folder.rows("communities"))
        self._join(self.folder.layers["blocks"], self.folder.rows("blocks"))
        self.communities = {row.code: row.geom for row in self.folder.rows("communities")}
        area = shapely.union_all(list(self.communities.values()))
        shapely.prepare(area)
        self._convert_issues()
        self._suspect_datums(area)
        for layer in self.folder.grids:
            self._fit_grids(layer, area)
        return Fitted(area, self.srid)

    def _problem(self, layer: Layer, row: Any, message: Message) -> None:
        self.folder.problems.append(RowProblem(layer.place(row), message))

    def _join(self, layer: Layer, rows: list[Any], area: Any = None) -> bool:
        """Join rows' areas; tell of overlaps too wide for that, and then join nothing."""
        polygons = _geometries(rows)
        wide = wide_overlaps(polygons, self.srid)
        for overlap in wide:
            self._problem(layer, rows[overlap.one], self._overlapping(rows, overlap))
        if wide:
            return False
        joined = join(polygons, self.srid, area)
        for at in np.flatnonzero(joined.changed):
            rows[at].geom = joined.polygons[at]
            self._tell_joined(layer, rows[at], float(joined.area_change_m2[at]))
        return True

    def _overlapping(self, rows: list[Any], overlap: Overlap) -> Message:
        return msg(
            "%(one)s and %(other)s overlap: %(area_m2)s m² belong to both.",
            one=rows[overlap.one].code,
            other=rows[overlap.other].code,
            area_m2=round(overlap.area_m2, _AREA_DIGITS),
        )

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

    def _fit_grids(self, layer: Layer, area: Any) -> None:
        rows: list[GridRow] = [row for row in layer.rows if row.code[:12] in self.communities]
        general = [row for row in rows if row.kind == "general"]
        if not general:
            return
        if self._no_wide_gaps(layer, general) and self._join(layer, general, area):
            self._join(layer, [row for row in rows if row.kind == "dedicated"])
        self._keep_inside(layer, rows)
        self._hold_buildings(layer, rows)

    def _no_wide_gaps(self, layer: Layer, grids: list[GridRow]) -> bool:
        whole = True
        for code, area in self.communities.items():
            own = [row for row in grids if row.code[:12] == code]
            near = [row for row in grids if row.geom.intersects(area)]
            for gap in wide_gaps(_geometries(near), area, self.srid):
                whole = False
                beside = sorted((near[at] for at in gap.beside[:2]), key=lambda row: row.line)
                self._problem(layer, (beside or own or [None])[0], _gap(beside, code, gap.area_m2))
        return whole

    def _keep_inside(self, layer: Layer, grids: list[GridRow]) -> None:
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

    def _hold_buildings(self, layer: Layer, grids: list[GridRow]) -> None:
        """Every building is in a grid of the present generation; of older ones, tell."""
        buildings = [row for row in self.folder.rows("buildings") if row.site is not None]
        tree = shapely.STRtree(_geometries(grids))
        held = tree.query([row.site for row in buildings], predicate="intersects")[0]
        lost = set(range(len(buildings))) - set(held.tolist())
        present = layer is self.folder.grids[-1]
        found = self.folder.problems if present else self.folder.warnings
        for at in sorted(lost):
            message = msg("Building %(code)s is in no grid of %(file)s.")
            told = Message(message.template, {"code": buildings[at].code, "file": layer.file})
            found.append(RowProblem(self.folder.layers["buildings"].place(buildings[at]), told))

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
