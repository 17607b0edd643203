"""Turning a folder's rows into the store's, layer by layer, codes into keys."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import numpy as np
import shapely

from geo.core.answering import FIRST_ANSWERER
from geo.core.clocks import Clock, Terms, recorded_clocks
from geo.core.deadlines import Allowance
from geo.core.lifecycle import ENDED, STAGES, first_state
from geo.core.locating import Locator
from geo.core.public_holidays import published_days
from geo.core.recorded_steps import NOT_RECORDED, Told, recorded_steps
from geo.core.worktime import WorkCalendar
from geo.files.rows import as_multipolygon
from geo.settings import settings
from geo.store import loading, models
from geo.store.publishing import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from geo.files.folder import Folder
    from geo.files.manifest import GenerationEntry, Manifest
    from geo.files.rows import DutyRow, GridRow, IssueRow
    from geo.flows.fit_folder import Fitted

LOADER = "hongge load"
"""Who an event is by that a file tells of."""

_WITHOUT_GRID = ("outside", "none")


def store_folder(
    session: Session, folder: Folder, manifest: Manifest, fitted: Fitted
) -> dict[str, int]:
    """Store a folder that has no problems, and return how many rows of each layer were taken."""
    return _Storing(session, folder, manifest, fitted).all()


class _Storing:
    """One folder on its way into the store."""

    def __init__(
        self, session: Session, folder: Folder, manifest: Manifest, fitted: Fitted
    ) -> None:
        self.session, self.folder, self.manifest, self.fitted = session, folder, manifest, fitted
        self.keys: dict[str, dict[Any, Any]] = {}
        self.generations: list[int] = []
        self.grids: dict[str, UUID] = {}

    def all(self) -> dict[str, int]:
        self._jurisdiction()
        self._areas()
        self._grids()
        self._homes()
        self._people()
        self._services()
        loading.seal(self.session)
        self._issues()
        taken = {name: len(layer.rows) for name, layer in self.folder.layers.items()}
        grids = [(entry.file, len(layer.rows)) for entry, layer in self._each_generation()]
        return {name: count for name, count in [*taken.items(), *grids] if count}

    def _each_generation(self) -> Iterable[tuple[GenerationEntry, Any]]:
        return zip(self.manifest.generations, self.folder.grids, strict=True)

    def _insert(
        self, model: type[models.Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> list[int]:
        return loading.insert_rows(self.session, model, columns, rows)

    def _layer(
        self,
        layer: str,
        model: type[models.Base],
        parents: dict[str, list[Any]],
        columns: Sequence[str],
        key: Sequence[str] = ("code",),
    ) -> None:
        """Insert a layer's rows with the keys of what they belong to, and remember their own."""
        rows = self.folder.rows(layer)
        lines = (
            [*own, *(getattr(row, name) for name in columns)]
            for *own, row in zip(*parents.values(), rows, strict=True)
        )
        ids = self._insert(model, [*parents, *columns], lines)
        self.keys[layer] = {_key(row, key): one for row, one in zip(rows, ids, strict=bool(ids))}

    def _refer(self, layer: str, column: str, target: str) -> list[Any]:
        known = self.keys[target]
        found = (getattr(row, column) for row in self.folder.rows(layer))
        return [None if code is None else known[code] for code in found]

    def _jurisdiction(self) -> None:
        manifest = self.manifest
        names = (
            *("slug", "division_code", "name", "name_en", "timezone", "synthetic", "notice"),
            *("notice_en", "source", "source_en", "licence", "review_number"),
        )
        line = [*(getattr(manifest, name) for name in names), self.fitted.srid]
        area = as_multipolygon(self.fitted.area)
        columns = [*names, "metric_srid", "area"]
        [self.id] = self._insert(models.Jurisdiction, columns, [[*line, area]])
        hours = [(self.id, *one) for one in manifest.work_hours]
        columns = ["jurisdiction_id", "weekday", "opens", "closes"]
        self._insert(models.WorkHours, columns, hours)
        own = self._own("calendar")
        self._layer("calendar", models.CalendarDay, own, ["day", "kind", "name"], ["day"])

    def _own(self, layer: str) -> dict[str, list[Any]]:
        return {"jurisdiction_id": [self.id] * len(self.folder.rows(layer))}

    def _in_communities(self, layer: str) -> dict[str, list[Any]]:
        return {"community_id": self._refer(layer, "community_code", "communities")}

    def _areas(self) -> None:
        names = ["code", "name", "name_en"]
        self._layer("streets", models.Street, self._own("streets"), names)
        communities = self.folder.rows("communities")
        streets = [self.keys["streets"][row.code[:9]] for row in communities]
        areas = [as_multipolygon(row.geom) for row in communities]
        parents = {"street_id": streets, "area": areas}
        self._layer("communities", models.Community, parents, [*names, "invented"])
        own = {**self._in_communities("compounds"), "geom": self._multipolygons("compounds")}
        self._layer("compounds", models.Compound, own, [*names, "kind"])
        compounds = self._refer("blocks", "compound_code", "compounds")
        own = {**self._in_communities("blocks"), "compound_id": compounds}
        own["geom"] = self._multipolygons("blocks")
        self._layer("blocks", models.Block, own, ["code", "kind"])
        self._roads_and_water()

    def _multipolygons(self, layer: str) -> list[Any]:
        return [as_multipolygon(row.geom) for row in self.folder.rows(layer)]

    def _roads_and_water(self) -> None:
        named = ["name", "name_en", "kind"]
        roads = [
            (self.id, row.name, row.name_en, row.kind, row.walkable, part)
            for row in self.folder.rows("roads")
            for part in shapely.get_parts(row.geom)
        ]
        self._insert(models.Road, ["jurisdiction_id", *named, "walkable", "geom"], roads)
        self._layer("water", models.Water, self._own("water"), [*named, "geom"], ["line"])

    def _grids(self) -> None:
        now = datetime.now(tz=UTC)
        columns = [
            *("jurisdiction_id", "number", "label", "validity", "published_by", "note"),
            *("published_at", "taken_up_at"),
        ]
        lines = [
            (
                *(self.id, one.number, one.label, (one.valid_from, one.valid_to)),
                *(one.published_by, one.note, min(one.valid_from, now)),
                one.valid_from if one.valid_from <= now else None,
            )
            for one in self.manifest.generations
        ]
        self.generations = self._insert(models.Generation, columns, lines)
        self._name_grids()
        for generation_id, layer in zip(self.generations, self.folder.grids, strict=True):
            self._insert(
                models.GridVersion,
                [
                    *("generation_id", "grid_id", "community_id"),
                    *("code", "name", "name_en", "kind", "geom"),
                ],
                [
                    (
                        *(generation_id, self.grids[row.code]),
                        self.keys["communities"][row.code[:12]],
                        *(row.code, row.name, row.name_en, row.kind, as_multipolygon(row.geom)),
                    )
                    for row in layer.rows
                ],
            )

    def _name_grids(self) -> None:
        """Give every grid its lasting identity, and the branch that the newest file names."""
        branches: dict[UUID, GridRow] = {}
        for layer in self.folder.grids:
            for row in layer.rows:
                identity = self.grids[row.code] = row.uid
                branches[identity] = row
        self._insert(models.Grid, ["id", "jurisdiction_id"], [(one, self.id) for one in branches])
        columns = ["grid_id", "name", "name_en", "phone"]
        named = [
            (one, row.branch_name, row.branch_name_en, row.branch_phone)
            for one, row in branches.items()
            if row.branch_name
        ]
        self._insert(models.PartyBranch, columns, named)

    def _homes(self) -> None:
        own = {
            "block_id": self._refer("buildings", "block_code", "blocks"),
            "compound_id": self._refer("buildings", "compound_code", "compounds"),
            "geom": self._multipolygons("buildings"),
        }
        told = ["code", "name", "address", "kind", "storeys", "site"]
        self._layer("buildings", models.Building, own, told)
        own = {"building_id": self._refer("units", "building_code", "buildings")}
        self._layer("units", models.Unit, own, ["number", "name"], ["building_code", "number"])
        own = {"unit_id": self._units_of("households")}
        key = ["building_code", "unit", "room"]
        self._layer("households", models.Household, own, ["room", "people"], key)
        homes, rows = self.keys["households"], self.folder.rows("residents")
        own = {"household_id": [homes[_key(row, key)] for row in rows]}
        self._layer("residents", models.Resident, own, ["name", "phone", "remark"], [*key, "name"])
        own = {"unit_id": self._units_of("unit_overrides")}
        own["grid_id"] = [self.grids[row.grid_code] for row in self.folder.rows("unit_overrides")]
        key = ["building_code", "unit"]
        self._layer("unit_overrides", models.UnitOverride, own, ["made_by", "reason"], key)

    def _units_of(self, layer: str) -> list[Any]:
        known = self.keys["units"]
        rows = self.folder.rows(layer)
        return [None if row.unit is None else known[row.building_code, row.unit] for row in rows]

    def _people(self) -> None:
        names = ["code", "name", "name_en"]
        self._layer("departments", models.Department, self._own("departments"), names)
        own = {**self._own("duties")}
        own["department_id"] = self._refer("duties", "department_code", "departments")
        self._layer("duties", models.Duty, own, [*names, "kind", "private"])
        allowed = [
            (self.keys["duties"][duty.code], stage, *getattr(duty, stage))
            for duty in self.folder.rows("duties")
            for stage in STAGES
            if getattr(duty, stage)
        ]
        self._insert(models.DutyDeadline, ["duty_id", "stage", "amount", "unit"], allowed)
        self._duty_versions()
        own = self._in_communities("paired_units")
        self._layer("paired_units", models.PairedUnit, own, names)
        own = self._in_communities("members")
        own["paired_unit_id"] = self._refer("members", "paired_unit_code", "paired_units")
        self._layer("members", models.Member, own, ["code", "name", "role", "phone"])
        self._responsibilities()

    def _responsibilities(self) -> None:
        def target(row: Any) -> tuple[Any, Any, Any, Any]:
            home = (row.building_code, row.unit)
            match row.level:
                case "area":
                    return self.grids[row.grid_code], None, None, None
                case "building":
                    return None, self.keys["buildings"][row.building_code], None, None
                case "unit":
                    return None, None, self.keys["units"][home], None
            return None, None, None, self.keys["households"][*home, row.room]

        columns = ["member_id", "level", "grid_id", "building_id", "unit_id", "household_id"]
        lines = [
            (self.keys["members"][row.member_code], row.level, *target(row))
            for row in self.folder.rows("responsibilities")
        ]
        self._insert(models.Responsibility, columns, lines)

    def _services(self) -> None:
        told = [
            *("code", "kind", "name", "name_en", "address", "host", "phone"),
            *("zones", "facilities", "geom"),
        ]
        for row in self.folder.rows("stations"):
            row.zones, row.facilities = list(row.zones), list(row.facilities)
        self._layer("stations", models.Station, self._in_communities("stations"), told)
        own = {"station_id": self._refer("opening_rules", "station_code", "stations")}
        told = ["day", "opens", "closes"]
        self._layer("opening_rules", models.OpeningRule, own, told, ["line"])
        rules = [
            (self.keys["stations"][row.code], *rule)
            for row in self.folder.rows("stations")
            if row.week is not None
            for rule in row.week.rules
        ]
        self._insert(models.OpeningRule, ["station_id", *told], rules)
        self._stations_have("closures", models.Closure, "starts_at ends_at reason reason_en")
        self._stations_have("rooms", models.Room, "code name name_en zone area_m2")
        told_of_services = (
            "code name name_en way anywhere one_window needs needs_en"
            " slot_minutes capacity days_ahead"
        )
        self._stations_have("services", models.StationService, told_of_services)

    def _stations_have(self, layer: str, model: type[models.Base], columns: str) -> None:
        own = {"station_id": self._refer(layer, "station_code", "stations")}
        self._layer(layer, model, own, columns.split(), ["line"])

    def _duty_versions(self) -> None:
        """Write what the file says as the first version of each duty."""
        rows = [
            (
                self.keys["duties"][duty.code],
                1,
                *(duty.name, duty.name_en, duty.kind),
                self.keys["departments"][duty.department_code],
                duty.private,
                duty.answers_first or FIRST_ANSWERER[duty.kind],
                *(duty.counts, duty.counts_en, duty.settled, duty.settled_en),
                {
                    stage: Allowance(*found)._asdict()
                    for stage in STAGES
                    if (found := getattr(duty, stage))
                },
                LOADER,
            )
            for duty in self.folder.rows("duties")
        ]
        self._insert(models.DutyVersion, _VERSION_COLUMNS, rows)

    def _issues(self) -> None:
        rows = self.folder.rows("issues")
        routing = _Routing(self.folder, self.manifest, self.generations, self.grids)
        duties = {duty.code: duty for duty in self.folder.rows("duties")}
        calendar = _calendar(self.folder, self.manifest)
        issues: list[tuple[Any, ...]] = []
        events: list[tuple[Any, ...]] = []
        clocks: list[tuple[Any, ...]] = []
        now = clock(self.session)
        for row in rows:
            identity, routed = uuid4(), routing.route(row)
            duty = duties.get(row.duty_code)
            issues.append((identity, *self._issue(row, routed, duty)))
            told = _told(row, routed)
            events.extend((identity, *one) for one in _history(told))
            clocks.extend((identity, *one) for one in _clocks(calendar, told, duty, now))
        self._insert(models.Issue, _ISSUE_COLUMNS, issues)
        self._insert(models.IssueEvent, _EVENT_COLUMNS, events)
        self._insert(models.IssueDeadline, ["issue_id", *Clock._fields], clocks)

    def _issue(self, row: IssueRow, routed: dict[str, Any], duty: DutyRow | None) -> list[Any]:
        home = (row.building_code, row.unit)
        return [
            self.id,
            *(row.number, row.state, row.text, row.accuracy_m),
            *(row.occurred_at, row.received_at, row.closed_at),
            self.keys["duties"][duty.code] if duty else None,
            1 if duty else None,
            "import",
            self.keys["departments"][duty.department_code] if duty else None,
            None if row.lon is None or row.lat is None else shapely.Point(row.lon, row.lat),
            self.manifest.crs.name if row.lon is not None else None,
            self.keys["units"][home] if row.unit is not None else None,
            *(routed[name] for name in _ROUTED_COLUMNS),
        ]


_ROUTED_COLUMNS = (
    *("method", "distance_m", "confident", "reported_generation_id", "reported_grid_id"),
    *("current_grid_id", "nearest_grid_id"),
)
_ISSUE_COLUMNS = (
    *("id", "jurisdiction_id", "number", "state", "text", "accuracy_m", "occurred_at"),
    *(
        "received_at",
        "closed_at",
        "duty_id",
        "duty_version",
        "source",
        "department_id",
        "location",
        "given_datum",
    ),
    *("unit_id", *_ROUTED_COLUMNS),
)
_VERSION_COLUMNS = (
    *("duty_id", "number", "name", "name_en", "kind", "department_id", "private"),
    *("answers_first", "counts", "counts_en", "settled", "settled_en", "deadlines", "made_by"),
)
_EVENT_COLUMNS = (
    *("issue_id", "sequence", "at", "action", "from_state", "to_state", "actor", "detail"),
)


def _key(row: Any, names: Sequence[str]) -> Any:
    found = tuple(getattr(row, name) for name in names)
    return found[0] if len(found) == 1 else found


class _Routing:
    """Routes issues of the past by the generation in force when they occurred.

    The polygons are the ones that are stored, and their owners those that the service finds.
    """

    def __init__(
        self,
        folder: Folder,
        manifest: Manifest,
        generations: list[int],
        grids: dict[str, UUID],
    ) -> None:
        self.entries, self.generations, self.grids = manifest.generations, generations, grids
        self.ordered = [_in_order(layer.rows) for layer in folder.grids]
        self.locators: dict[int, Locator] = {}
        self.sites = {row.code: row.site for row in folder.rows("buildings")}
        self.overrides = {
            (row.building_code, row.unit): self.grids[row.grid_code]
            for row in folder.rows("unit_overrides")
        }

    def route(self, row: IssueRow) -> dict[str, Any]:
        at = self._in_force(row.occurred_at)
        routed = _UNROUTED if at is None else self._route(row, at)
        now = len(self.entries) - 1
        moved = row.state not in ENDED and at is not None and at != now
        current = self._route(row, now) if moved else routed
        generation = None if at is None else self.generations[at]
        return {
            **routed,
            "reported_generation_id": generation,
            "current_grid_id": current["reported_grid_id"],
        }

    def _in_force(self, instant: datetime) -> int | None:
        for at, one in enumerate(self.entries):
            if one.valid_from <= instant and (one.valid_to is None or instant < one.valid_to):
                return at
        return None

    def _route(self, row: IssueRow, at: int) -> dict[str, Any]:
        if row.building_code is not None:
            return self._by_home(row, at)
        if row.lon is None or row.lat is None:
            return _UNROUTED
        found = self._locator(at).locate(row.lon, row.lat, row.accuracy_m)
        return {
            "method": found.method,
            "distance_m": found.distance_m,
            "confident": found.confident,
            "reported_grid_id": self._grid(at, found.owner),
            "nearest_grid_id": self._grid(at, found.nearest),
        }

    def _by_home(self, row: IssueRow, at: int) -> dict[str, Any]:
        """Route by the address, which beats a position: by override, else the building's site."""
        chosen = self.overrides.get((str(row.building_code), row.unit or 0))
        in_force = {self.grids[one.code] for one in self.ordered[at]}
        if chosen in in_force:
            return {**_BY_UNIT, "reported_grid_id": chosen}
        site = self.sites[str(row.building_code)]
        found = self._locator(at).locate(site.x, site.y)
        if found.method in ("inside", "edge"):
            return {**_BY_UNIT, "reported_grid_id": self._grid(at, found.owner)}
        nearest = self._grid(at, found.nearest)
        return {
            **_UNROUTED,
            "method": "outside",
            "nearest_grid_id": nearest,
            "distance_m": found.distance_m,
        }

    def _locator(self, at: int) -> Locator:
        if at not in self.locators:
            polygons = np.array([row.geom for row in self.ordered[at]], dtype=object)
            chosen = settings()
            self.locators[at] = Locator(
                polygons,
                nearest_max_m=chosen.nearest_max_m,
                confident_share=chosen.confident_share,
            )
        return self.locators[at]

    def _grid(self, at: int, row: int | None) -> UUID | None:
        return None if row is None else self.grids[self.ordered[at][row].code]


_UNROUTED: dict[str, Any] = {
    "method": "none",
    "distance_m": None,
    "confident": False,
    "reported_grid_id": None,
    "nearest_grid_id": None,
}
_BY_UNIT: dict[str, Any] = {**_UNROUTED, "method": "unit", "distance_m": 0.0, "confident": True}


def _in_order(rows: list[GridRow]) -> list[GridRow]:
    """Return grids in order of precedence: dedicated ones first, then by code."""
    return sorted(rows, key=lambda row: (row.kind == "general", row.code))


def _told(row: IssueRow, routed: dict[str, Any]) -> Told:
    """Return what a file tells of an issue's way."""
    has_grid = routed["method"] not in _WITHOUT_GRID
    first = first_state(routed=has_grid, sorted_out=row.duty_code is not None)
    return Told(first, row.state, row.received_at, row.closed_at, row.done, row.reopened_at)


def _history(told: Told) -> list[tuple[Any, ...]]:
    """Return what a file tells of an issue's way as events: that it came in, and what followed."""
    first: tuple[Any, ...] = (
        *(1, told.received_at, "report", None, told.first_state, LOADER),
        {},
    )
    return [
        first,
        *(
            (
                *(number, step.at, step.action, step.from_state, step.to_state, LOADER),
                {} if step.recorded else {NOT_RECORDED: False},
            )
            for number, step in enumerate(recorded_steps(told), start=2)
        ),
    ]


def _clocks(
    calendar: WorkCalendar, told: Told, duty: DutyRow | None, now: datetime
) -> list[tuple[Any, ...]]:
    """Return the clocks of an issue; of one that was reopened those that began then."""
    if duty is None:
        return []
    given = {stage: Allowance(*found) for stage in STAGES if (found := getattr(duty, stage))}
    begun = told.reopened_at or told.received_at
    terms = Terms(calendar, given, begun, settings().remind_before_pct)
    done = {} if told.reopened_at else told.done
    clocks = recorded_clocks(terms, told.state, told.ended_at or now, done)
    return [*clocks.values()]


def _calendar(folder: Folder, manifest: Manifest) -> WorkCalendar:
    weekly = {
        day: tuple((opens, closes) for _day, opens, closes in hours)
        for day, hours in groupby(manifest.work_hours, key=lambda one: one[0])
    }
    days = {row.day: row.kind for row in folder.rows("calendar")}
    zone = manifest.timezone
    return WorkCalendar(weekly, days, zone, published_days(zone))
