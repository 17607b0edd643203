"""What the rows of a folder say about each other: codes that repeat, or lead nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import numpy as np
import shapely

from geo.core.lifecycle import ENDED, STAGES, STATES
from geo.core.recorded_steps import stages_behind
from geo.files.problems import Place, RowProblem
from geo.files.rows import STAGE_FIELDS
from geo.files.stations import check_stations
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from geo.files.folder import Folder, Layer
    from geo.files.rows import BuildingRow, IssueRow, ResponsibilityRow

_TARGETS = {
    "area": ("grid_code",),
    "building": ("building_code",),
    "unit": ("building_code", "unit"),
    "household": ("building_code", "unit", "room"),
}
_KEYS: dict[str, tuple[str, ...]] = {
    "streets": ("code",),
    "communities": ("code",),
    "compounds": ("code",),
    "blocks": ("code",),
    "buildings": ("code",),
    "units": ("building_code", "number"),
    "households": ("building_code", "unit", "room"),
    "residents": ("building_code", "unit", "room", "name", "phone"),
    "stations": ("code",),
    "opening_rules": ("station_code", "day", "opens"),
    "closures": ("station_code", "starts_at"),
    "rooms": ("station_code", "code"),
    "services": ("station_code", "code"),
    "departments": ("code",),
    "duties": ("code",),
    "paired_units": ("code",),
    "members": ("code",),
    "responsibilities": ("member_code", "level", "grid_code", "building_code", "unit", "room"),
    "unit_overrides": ("building_code", "unit"),
    "calendar": ("day",),
    "issues": ("number",),
}
_REFERENCES: tuple[tuple[str, str, str], ...] = (
    ("compounds", "community_code", "communities"),
    ("blocks", "community_code", "communities"),
    ("blocks", "compound_code", "compounds"),
    ("buildings", "block_code", "blocks"),
    ("buildings", "compound_code", "compounds"),
    ("units", "building_code", "buildings"),
    ("stations", "community_code", "communities"),
    ("opening_rules", "station_code", "stations"),
    ("closures", "station_code", "stations"),
    ("rooms", "station_code", "stations"),
    ("services", "station_code", "stations"),
    ("duties", "department_code", "departments"),
    ("paired_units", "community_code", "communities"),
    ("members", "community_code", "communities"),
    ("members", "paired_unit_code", "paired_units"),
    ("responsibilities", "member_code", "members"),
    ("issues", "duty_code", "duties"),
)


def check_references(folder: Folder) -> None:
    """Add to a folder's problems what its rows contradict in each other.

    Derives each building's site, and its block where none was given.
    """
    _Check(folder).all()


class _Check:
    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.known: dict[str, set[Any]] = {}

    def all(self) -> None:
        for name, key in _KEYS.items():
            self.known[name] = self._unique(self.folder.layers[name], key)
        for name, field, target in _REFERENCES:
            self._refers(name, field, target)
        self._check_codes()
        self._check_grids()
        self._check_homes()
        place_buildings(self.folder)
        check_stations(self.folder)
        self._check_responsibilities()
        self._check_overrides()
        self._check_issues()

    def _problem(self, place: Place, message: Message) -> None:
        self.folder.problems.append(RowProblem(place, message))

    def _warning(self, place: Place, message: Message) -> None:
        self.folder.warnings.append(RowProblem(place, message))

    def _unique(self, layer: Layer, key: tuple[str, ...]) -> set[Any]:
        """Return a layer's keys, those of rows that could not be read whole included.

        A key that comes again is a problem of the later row.
        """
        first: dict[tuple[Any, ...], int] = {}
        for row in layer.rows:
            found = tuple(getattr(row, name) for name in key)
            if found in first:
                shown = " / ".join(str(one) for one in found if one is not None)
                message = msg(
                    "“%(found)s” is there already, in row %(other)s.",
                    found=shown,
                    other=first[found],
                )
                self._problem(layer.place(row, key[-1] if len(key) == 1 else None), message)
            first.setdefault(found, row.line)
        lost = {tuple(told.get(name) for name in key) for told in layer.lost}
        return {one[0] if len(key) == 1 else one for one in first.keys() | lost}

    def _refers(self, name: str, field: str, target: str) -> None:
        layer = self.folder.layers[name]
        for row in layer.rows:
            code = getattr(row, field)
            if code is not None and not self._knows(target, code):
                self._problem(layer.place(row, field), _unknown(code))

    def _knows(self, target: str, key: Any) -> bool:
        """Tell whether a key may be right: of a layer that can't be read at all, any may."""
        return self.folder.layers[target].unread or key in self.known[target]

    def _check_codes(self) -> None:
        """Codes nest: a community's begins with its street's, a street's with the division's."""
        manifest = self.folder.manifest
        layer = self.folder.layers["communities"]
        for row in layer.rows:
            if not self._knows("streets", row.code[:9]):
                message = msg("There is no street %(code)s.", code=row.code[:9])
                self._problem(layer.place(row, "code"), message)
        streets = self.folder.layers["streets"]
        for row in streets.rows:
            if manifest is not None and not row.code.startswith(manifest.division_code):
                message = msg(
                    "The code does not begin with the division's, %(code)s.",
                    code=manifest.division_code,
                )
                self._warning(streets.place(row, "code"), message)

    def _check_grids(self) -> None:
        self._identify_grids()
        for layer in self.folder.grids:
            self._unique(layer, ("code",))
            self._unique(layer, ("uid",))
            for row in layer.rows:
                if not self._knows("communities", row.code[:12]):
                    message = msg("There is no community %(code)s.", code=row.code[:12])
                    self._problem(layer.place(row, "code"), message)
            if not (layer.rows or layer.lost or layer.unread):
                self._problem(layer.place(), msg("The generation has no grids."))

    def _identify_grids(self) -> None:
        """Give grids without a UUID the one that their code has in any generation, or a new one."""
        owners: dict[str, UUID] = {}
        rows = [(layer, row) for layer in self.folder.grids for row in layer.rows]
        for layer, row in rows:
            if row.uid is not None and owners.setdefault(row.code, row.uid) != row.uid:
                message = msg("The code belonged to another grid before; codes never return.")
                self._problem(layer.place(row, "code"), message)
        for _layer, row in rows:
            if row.uid is None:
                row.uid = owners.setdefault(row.code, uuid4())

    def _check_homes(self) -> None:
        households = self.folder.layers["households"]
        for row in households.rows:
            self._check_unit(households, row, row.building_code, row.unit)
        residents = self.folder.layers["residents"]
        for row in residents.rows:
            self._check_door(residents, row, row.building_code, row.unit)

    def _check_door(self, layer: Layer, row: Any, building: str | None, unit: int | None) -> None:
        """Check that a row's household is there, where it names one."""
        before = len(self.folder.problems)
        self._check_unit(layer, row, building, unit)
        known = len(self.folder.problems) == before
        if (
            known
            and row.room is not None
            and not self._knows("households", (building, unit, row.room))
        ):
            message = msg("The unit has no room %(room)s.", room=row.room)
            self._problem(layer.place(row, "room"), message)

    def _check_unit(self, layer: Layer, row: Any, building: str | None, unit: int | None) -> None:
        if building is not None and not self._knows("buildings", building):
            self._problem(layer.place(row, "building_code"), _unknown(building))
        elif unit is not None and not self._knows("units", (building, unit)):
            message = msg(
                "Building %(building)s has no unit %(unit)s.", building=building, unit=unit
            )
            self._problem(layer.place(row, "unit"), message)

    def _check_responsibilities(self) -> None:
        layer = self.folder.layers["responsibilities"]
        grids = self._present_grids()
        for row in layer.rows:
            if self._names_its_target(layer, row):
                self._target_exists(layer, row, grids)

    def _names_its_target(self, layer: Layer, row: ResponsibilityRow) -> bool:
        wanted = _TARGETS[row.level]
        complete = True
        for field in ("grid_code", "building_code", "unit", "room"):
            given = getattr(row, field) is not None
            if field in wanted and not given:
                message = msg("It is empty; the level “%(level)s” needs it.", level=row.level)
            elif given and field not in wanted:
                message = msg("It should be empty at the level “%(level)s”.", level=row.level)
            else:
                continue
            complete = False
            self._problem(layer.place(row, field), message)
        return complete

    def _target_exists(self, layer: Layer, row: ResponsibilityRow, grids: set[str]) -> None:
        if row.grid_code is not None:
            if row.grid_code not in grids and not self.folder.grids[-1].unread:
                message = msg("The present generation has no grid %(code)s.", code=row.grid_code)
                self._problem(layer.place(row, "grid_code"), message)
            return
        self._check_door(layer, row, row.building_code, row.unit)

    def _check_overrides(self) -> None:
        layer = self.folder.layers["unit_overrides"]
        grids = self._present_grids()
        for row in layer.rows:
            self._check_unit(layer, row, row.building_code, row.unit)
            if row.grid_code not in grids and not self.folder.grids[-1].unread:
                message = msg("The present generation has no grid %(code)s.", code=row.grid_code)
                self._problem(layer.place(row, "grid_code"), message)

    def _present_grids(self) -> set[str]:
        layer = self.folder.grids[-1]
        return {row.code for row in layer.rows} | {told.get("code", "") for told in layer.lost}

    def _check_issues(self) -> None:
        layer = self.folder.layers["issues"]
        for row in layer.rows:
            for field, message in _odd_in_issue(row):
                self._problem(layer.place(row, field), message)
            self._check_unit(layer, row, row.building_code, row.unit)
            if row.lon is None and row.building_code is None:
                message = msg("It has neither a position nor a building: it waits for a decision.")
                self._warning(layer.place(row), message)


def place_buildings(folder: Folder) -> None:
    """Derive each building's site, and its block where none was given."""
    buildings: list[BuildingRow] = folder.rows("buildings")
    if not buildings:
        return
    for row, site in zip(buildings, sites([row.geom for row in buildings]), strict=True):
        row.site = site
    blocks = folder.rows("blocks")
    tree = shapely.STRtree([row.geom for row in blocks])
    layer = folder.layers["buildings"]
    for row in buildings:
        if row.block_code is not None:
            continue
        holding = tree.query(row.site, predicate="intersects")
        touching = holding if holding.size else tree.query(row.geom, predicate="intersects")
        if touching.size:
            row.block_code = min(blocks[at].code for at in touching)
        elif not (folder.layers["blocks"].lost or folder.layers["blocks"].unread):
            place = layer.place(row, "block_code")
            folder.problems.append(RowProblem(place, msg("The building is in no block.")))


def sites(geometries: list[Any]) -> Any:
    """Return a point inside each building: its centre of gravity, where that lies inside.

    Examples
    --------
    >>> sites([shapely.box(0, 0, 2, 2)])
    array([<POINT (1 1)>], dtype=object)
    """
    shapes = np.array(geometries, dtype=object)
    centres = shapely.centroid(shapes)
    inside = shapely.contains_properly(shapes, centres)
    return np.where(inside, centres, shapely.point_on_surface(shapes))


def _odd_in_issue(row: IssueRow) -> Iterable[tuple[str, Message]]:
    odd: list[tuple[str, Callable[[], bool], Message]] = [
        (
            "state",
            lambda: row.state not in STATES,
            msg("“%(found)s” is none of: %(choices)s.", found=row.state, choices=", ".join(STATES)),
        ),
        (
            "closed_at",
            lambda: row.state in ENDED and row.closed_at is None,
            msg("It is empty, but the state is “%(state)s”.", state=row.state),
        ),
        (
            "closed_at",
            lambda: row.state not in ENDED and row.closed_at is not None,
            msg("It should be empty: the state is “%(state)s”.", state=row.state),
        ),
        (
            "received_at",
            lambda: row.received_at < row.occurred_at,
            msg("It is before occurred_at."),
        ),
        (
            "closed_at",
            lambda: row.closed_at is not None and row.closed_at < row.received_at,
            msg("It is before received_at."),
        ),
        (
            "lat",
            lambda: row.lon is not None and row.lat is None,
            msg("It is empty, but lon isn't."),
        ),
        (
            "lon",
            lambda: row.lat is not None and row.lon is None,
            msg("It is empty, but lat isn't."),
        ),
        (
            "building_code",
            lambda: row.unit is not None and row.building_code is None,
            msg("It is empty, but unit isn't."),
        ),
    ]
    found = [(field, message) for field, wrong, message in odd if wrong()]
    return [*found, *_odd_stages(row)]


def _odd_stages(row: IssueRow) -> Iterable[tuple[str, Message]]:
    """Yield times of stages that the state doesn't allow, and times out of order."""
    behind = STAGES if row.reopened_at or row.state == "reopened" else stages_behind(row.state)
    before, earlier = "received_at", row.received_at
    for stage, field in [*STAGE_FIELDS.items(), ("", "reopened_at"), ("", "closed_at")]:
        when = getattr(row, field)
        if when is None:
            continue
        if stage and stage not in behind:
            yield field, msg("It should be empty: the state is “%(state)s”.", state=row.state)
        elif when < earlier and (field, before) != ("closed_at", "received_at"):
            yield field, msg("It is before %(field)s.", field=before)
        before, earlier = field, when
    if row.state == "reopened" and row.done and row.reopened_at is None:
        yield "reopened_at", msg("It is empty, but the state is “%(state)s”.", state=row.state)


def _unknown(code: str) -> Message:
    return msg("There is no “%(found)s”.", found=code)
