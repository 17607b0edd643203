"""A plan as a file of polygons: read, checked, repaired where that is wanted, and given cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.core.cells import SLIVER_M, Areas, Blocks, cells_of, territories
from geo.core.coverage import LocalPlane, coverage_findings
from geo.core.coverage_repair import SNAP_FACTOR, repair
from geo.core.coverage_strips import Home
from geo.core.crs import WGS84, datum_suspicion, metric_srid_of, transform_geometry
from geo.core.drafts import PlanState
from geo.core.findings import describe
from geo.core.imported import (
    NamedRow,
    RowRefusal,
    brought_back,
    communities_of,
    flat,
    identified,
    largest_share,
)
from geo.core.noding import NOBODY
from geo.files.identifiers import NAME_NAMES, clean_identifiers
from geo.files.polygons import read_polygons
from geo.flows.check import (
    DatumNeededError,
    DatumWantedError,
    DegreesImpossibleError,
    ImpossibleDegreesError,
    datum_of,
    located,
    refuse_impossible,
)
from geo.flows.plan_import_base import Imported, MendedGrid
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geo.core.crs import Datum
    from geo.core.drafts import Cell, PlannedGrid
    from geo.core.findings import Finding
    from geo.files.polygons import Polygons
    from geo.flows.plan_import_base import Base, Wanted
    from geo.messages import Message

    Objects = NDArray[np.object_]
    Owned = tuple[Mapping[str, Cell], dict[str, str | None], float]
    Drawn = tuple[Sequence[str], Objects, Mapping[str, PlannedGrid], Sequence[int]]

CLAIMED_TWICE = frozenset({"overlap", "duplicate", "nested", "invalid"})
"""Findings that leave open whose ground it is: repaired, or refused."""


def by_polygons(base: Base, wanted: Wanted, path: Path) -> Imported:
    """Compare a file of polygons."""
    read = read_polygons(path, layer=wanted.layer, id_column=wanted.id_column)
    taken = _datum(wanted, read)
    polygons = located(read.geometries, taken)
    refused = [
        RowRefusal(one.row, one.field, one.message)
        for one in read.problems
        if one.kind not in {"remark", "no_crs", "repaired_geometry"}
    ]
    remarks = [one.message for one in read.problems if one.kind in {"remark", "repaired_geometry"}]
    suspicion = _suspicion(base, read, taken.name)
    remarks += [suspicion] if suspicion else []
    if not suspicion and not _reaches(base, polygons):
        refused.insert(0, RowRefusal(None, None, _elsewhere(taken.name)))
    bad = {one.row for one in refused}
    rows = [row for row in range(len(polygons)) if row + 1 not in bad]
    names = _named_rows(base, read, polygons, rows)
    found, grids, unknown = identified(names, base.register, read.id_column)
    refused += unknown
    remarks += brought_back(grids, base.register)
    rows = [row for row in rows if row + 1 in found]
    keys = [found[row + 1] for row in rows]
    labels = [str(read.ids[row]) for row in rows]
    meant = [grids[key] for key in keys]
    sound = _Sound.of(polygons[rows], meant, labels, wanted, base.communities)
    refused += [RowRefusal(rows[at] + 1, "geometry", text) for at, text in sound.refused]
    told = Imported(
        base.state,
        base.state,
        refused=tuple(refused),
        remarks=tuple(remarks),
        findings=sound.findings,
        mended=sound.mended,
    )
    return told if refused else _drawn(base, wanted, told, (keys, sound.polygons, grids, rows))


def _datum(wanted: Wanted, read: Polygons) -> Datum:
    """Return what coordinates are in; refusals speak of the form, not of the command's option."""
    try:
        taken = datum_of(wanted.file_name, wanted.datum or read.crs)
        refuse_impossible(wanted.file_name, read.geometries, taken)
    except DatumNeededError as error:
        raise DatumWantedError(**error.message.values) from error
    except ImpossibleDegreesError as error:
        raise DegreesImpossibleError(**error.message.values) from error
    return taken


def _suspicion(base: Base, read: Polygons, datum: str) -> Message | None:
    """Ask whether the coordinates would make more sense in another datum."""
    area = shapely.union_all(base.communities.polygons)
    shapely.prepare(area)
    xy = _inner(read.geometries)
    found = datum_suspicion(
        xy[:, 0], xy[:, 1], lambda lon, lat: shapely.contains_xy(area, lon, lat), datum
    )
    return found.message() if found else None


def _reaches(base: Base, polygons: Objects) -> bool:
    """Tell whether any polygon comes near the city; so does a file in which none can be read."""
    held = polygons[~shapely.is_missing(polygons)]
    city = shapely.box(*shapely.total_bounds(base.communities.polygons))
    return len(held) == 0 or bool(shapely.intersects(shapely.envelope(held), city).any())


def _elsewhere(datum: str) -> Message:
    return msg(
        "Nothing in the file lies in this city. Its coordinates were read as %(datum)s: choose what"
        " they are in, or another file.",
        datum=datum,
    )


def _inner(polygons: Objects) -> NDArray[np.float64]:
    """Return places a little inside the outlines: vertices lie on the area's very edge."""
    held = polygons[~shapely.is_missing(polygons)]
    xy, row = shapely.get_coordinates(held, return_index=True)
    middle = shapely.get_coordinates(shapely.centroid(held))[row]
    return np.asarray(middle + _INWARD * (xy - middle))


_INWARD = 0.9


def _named_rows(
    base: Base, read: Polygons, polygons: Objects, rows: Sequence[int]
) -> list[NamedRow]:
    column = next(
        (name for name in read.columns if name.lower() in NAME_NAMES and name != read.id_column),
        None,
    )
    names = clean_identifiers(read.columns[column]) if column else [None] * len(polygons)
    valid = shapely.make_valid(polygons[list(rows)])
    homes = communities_of(valid, base.communities)
    return [
        NamedRow(row + 1, str(read.ids[row]), str(names[row] or ""), home)
        for row, home in zip(rows, homes, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Sound:
    """Polygons that are fit for use, what was found in them, and what was repaired."""

    polygons: Objects
    findings: tuple[tuple[Finding, Message], ...]
    mended: tuple[MendedGrid, ...]
    refused: tuple[tuple[int, Message], ...]

    @classmethod
    def of(
        cls,
        polygons: Objects,
        grids: Sequence[PlannedGrid],
        labels: Sequence[str],
        wanted: Wanted,
        communities: Areas,
    ) -> _Sound:
        """Check general grids as a coverage; dedicated ones lie above them."""
        general = np.array([row for row, one in enumerate(grids) if one.kind == "general"], int)
        if not len(general):
            return cls(polygons, (), (), ())
        names = [labels[row] for row in general]
        plane = LocalPlane.of(polygons[general], degrees=True)
        found = coverage_findings(plane.flatten(polygons[general]), allow_multipart=True)
        told = tuple((one.moved(plane.unflatten), describe(one, names)) for one in found)
        unclear = [(one, text) for one, text in told if one.kind in CLAIMED_TWICE]
        srid = f"EPSG:{metric_srid_of(polygons[general])}"
        flat_ones = transform_geometry(polygons[general], WGS84, srid)
        homes = _homes([grids[row].community for row in general], communities, srid)
        faulty = any(one.severity == "error" for one in found)
        made, changes = repair(flat_ones, wanted.error_m, homes, clean=faulty)
        mended = tuple(MendedGrid(names[one.row], one) for one in changes)
        if not wanted.repair:
            refused = [(int(general[one.rows[-1]]), text) for one, text in unclear]
            return cls(polygons, told, mended, tuple(refused))
        if not mended:
            return cls(polygons, told, (), ())
        gone = [
            (int(general[at]), msg("Repairing would leave nothing of “%(id)s”.", id=names[at]))
            for at in (one.row for one in changes if not one.pieces)
        ]
        whole = polygons.copy()
        whole[general] = transform_geometry(made, srid, WGS84)
        return cls(whole, told, mended, tuple(gone))


def _homes(codes: Sequence[str], communities: Areas, srid: str) -> list[Home]:
    """Return the communities that grids should fill, in metres."""
    held = np.array(codes, dtype=object)
    outlines = transform_geometry(communities.polygons, WGS84, srid)
    return [
        Home(outline, tuple(np.flatnonzero(held == code).tolist()))
        for code, outline in zip(communities.keys, outlines, strict=True)
        if code in codes
    ]


def _drawn(
    base: Base,
    wanted: Wanted,
    told: Imported,
    drawn: Drawn,
) -> Imported:
    """Give cells to the polygons that lie there, and tell what that changes."""
    keys, polygons, grids, rows = drawn
    touched = {grid.community for grid in grids.values()}
    staying = _staying_dedicated(base, grids, touched)
    shapes = territories(base.state)
    ground = {**{key: shapes[key] for key in staying}, **dict(zip(keys, polygons, strict=True))}
    all_grids = {**{key: base.state.grids[key] for key in staying}, **grids}
    order = sorted(ground, key=lambda key: (all_grids[key].kind == "general", all_grids[key].code))
    homes = tuple(all_grids[key].community for key in order)
    areas = Areas(tuple(order), np.array([ground[key] for key in order], dtype=object), homes)
    take = _cut_cells if wanted.how == "cut" else _snapped_cells
    cells, owners, snapped_m2 = take(base, areas, wanted)
    after = _after(base, cells, owners, all_grids, touched)
    empty = [
        RowRefusal(rows[at] + 1, "geometry", msg("No block falls to “%(id)s”.", id=grids[key].name))
        for at, key in enumerate(keys)
        if not after.members()[key]
    ]
    remarks = [
        msg("The dedicated grid %(code)s is not in the file, and stays.", code=all_grids[key].code)
        for key in staying
    ]
    if round(snapped_m2):
        text = msg(
            "%(area)s m² in strips narrower than %(width)s m went to the cells beside them.",
            area=round(snapped_m2),
            width=_sliver_m(wanted),
        )
        remarks.append(text)
    return replace(
        told,
        after=after,
        refused=tuple(empty),
        remarks=(*told.remarks, *remarks),
        untouched=tuple(sorted(set(base.communities.keys) - touched)),
    )


def _staying_dedicated(
    base: Base, grids: Mapping[str, PlannedGrid], touched: set[str]
) -> list[str]:
    """Return dedicated grids that a file of general ones says nothing about."""
    if any(grid.kind == "dedicated" for grid in grids.values()):
        return []
    members = base.state.members()
    return [
        key
        for key, grid in base.state.grids.items()
        if grid.kind == "dedicated" and grid.community in touched and members[key]
    ]


def _cut_cells(base: Base, areas: Areas, wanted: Wanted) -> Owned:
    made = cells_of(
        Blocks.of(base.state.cells),
        base.communities,
        areas,
        sliver_m=_sliver_m(wanted),
    )
    return made.cells, dict(made.owners), made.snapped_m2


def _sliver_m(wanted: Wanted) -> float:
    return max(SLIVER_M, SNAP_FACTOR * wanted.error_m)


def _snapped_cells(base: Base, areas: Areas, _: Wanted) -> Owned:
    owners: dict[str, str | None] = {}
    at_home = np.array(areas.homes, dtype=object)
    for community in sorted(set(areas.homes or ())):
        rows = np.flatnonzero(at_home == community)
        keys = [key for key, cell in base.state.cells.items() if cell.community == community]
        polygons = np.asarray(shapely.from_wkb([base.state.cells[key].wkb for key in keys]))
        best = largest_share(*flat(polygons, areas.polygons[rows]))
        owners |= {
            key: None if row == NOBODY else areas.keys[rows[row]]
            for key, row in zip(keys, best.tolist(), strict=True)
        }
    return base.state.cells, owners, 0.0


def _after(
    base: Base,
    cells: Mapping[str, Cell],
    owners: Mapping[str, str | None],
    grids: Mapping[str, PlannedGrid],
    touched: set[str],
) -> PlanState:
    """Return the plan: what the file says of the communities that it has grids of."""
    held = {
        key: owners[key] if cell.community in touched else base.state.owner(key)
        for key, cell in cells.items()
    }
    stay = {key: one for key, one in base.state.grids.items() if one.community not in touched}
    return PlanState.of(cells, held, {**stay, **grids})
