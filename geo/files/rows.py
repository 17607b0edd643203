"""The rows of a folder's layers, typed: which fields a layer has and how each is read."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import shapely

from geo.core.answering import ANSWERERS
from geo.core.facilities import ROOM_ZONES, SERVICE_WAYS
from geo.core.opening import KINDS
from geo.files import values
from geo.files.values import digits, one_of, whole

if TYPE_CHECKING:
    from datetime import date, datetime, time
    from uuid import UUID

    from geo.core.opening import Week
    from geo.files.values import Reader

ROLES = (
    "committee_member",
    "paired_unit_member",
    "grid_worker",
    "owners_committee_member",
    "volunteer",
    "party_member",
)
MAX_COUNT = 9_999
POINT, LINE, AREA = "point", "line", "area"
ANY_SHAPE = "any"


def needed(read: Reader = values.text) -> Any:
    """Declare a field that no row may leave empty."""
    return field(metadata={"read": read, "needed": True})


def optional(read: Reader = values.text, empty: Any = None) -> Any:
    """Declare a field that may be empty or absent, and what it means then."""
    return field(metadata={"read": read, "needed": False, "empty": empty})


@dataclass(slots=True)
class Row:
    """A row with the number by which people find it.

    Parameters
    ----------
    line
        In a table as a spreadsheet counts, else the number of the feature.
    geom
        Of layers of geometries, in WGS 84 degrees.
    """

    line: int
    geom: Any


@dataclass(slots=True)
class StreetRow(Row):
    """A street (街道)."""

    code: str = needed(digits(9))
    name: str = needed()
    name_en: str = optional(empty="")


@dataclass(slots=True)
class CommunityRow(Row):
    """A community (社区)."""

    code: str = needed(digits(12))
    name: str = needed()
    name_en: str = optional(empty="")
    invented: bool = optional(values.truth, empty=False)


@dataclass(slots=True)
class GridRow(Row):
    """A grid (网格) of one generation, with its party branch (党支部)."""

    code: str = needed(digits(15))
    uid: UUID | None = optional(values.identity)
    name: str = needed()
    name_en: str = optional(empty="")
    kind: str = optional(one_of("general", "dedicated"), empty="general")
    branch_name: str = optional(empty="")
    branch_name_en: str = optional(empty="")
    branch_phone: str | None = optional()


@dataclass(slots=True)
class CompoundRow(Row):
    """A compound (小区)."""

    code: str = needed()
    community_code: str = needed(digits(12))
    name: str = optional(empty="")
    name_en: str = optional(empty="")
    kind: str = needed()


@dataclass(slots=True)
class BlockRow(Row):
    """A block."""

    code: str = needed()
    community_code: str = needed(digits(12))
    compound_code: str | None = optional()
    kind: str = needed()


@dataclass(slots=True)
class BuildingRow(Row):
    """A building (楼栋); ``site`` is derived."""

    code: str = needed()
    block_code: str | None = optional()
    compound_code: str | None = optional()
    name: str = optional(empty="")
    address: str = optional(empty="")
    kind: str = needed()
    storeys: int = needed(whole(1, 300))
    site: Any = field(default=None, init=False)


@dataclass(slots=True)
class UnitRow(Row):
    """A unit (单元)."""

    building_code: str = needed()
    number: int = needed(whole(1, MAX_COUNT))
    name: str = optional(empty="")


@dataclass(slots=True)
class HouseholdRow(Row):
    """A household (户)."""

    building_code: str = needed()
    unit: int = needed(whole(1, MAX_COUNT))
    room: str = needed()
    people: int = needed(whole(0, MAX_COUNT))


@dataclass(slots=True)
class ResidentRow(Row):
    """Somebody who lives in a household (住户)."""

    building_code: str = needed()
    unit: int = needed(whole(1, MAX_COUNT))
    room: str = needed()
    name: str = needed()
    phone: str | None = optional()
    remark: str = optional(empty="")


@dataclass(slots=True)
class StationRow(Row):
    """A station (驿站); ``week`` is derived from its opening hours, where it has any."""

    code: str = needed()
    community_code: str = needed(digits(12))
    kind: str = needed(one_of("red_station", "workstation"))
    name: str = needed()
    name_en: str = optional(empty="")
    address: str = optional(empty="")
    host: str = optional(empty="")
    phone: str | None = optional()
    zones: list[str] = optional(values.names, empty=())
    facilities: list[str] = optional(values.names, empty=())
    opening_hours: str | None = optional()
    week: Week | None = field(default=None, init=False)


@dataclass(slots=True)
class OpeningRuleRow(Row):
    """An interval in which a station is open, or without times that it is closed on such days."""

    station_code: str = needed()
    day: str = needed(one_of(*KINDS))
    opens: time | None = optional(values.clock)
    closes: time | None = optional(values.clock)


@dataclass(slots=True)
class ClosureRow(Row):
    """A time in which a station is closed against its rules."""

    station_code: str = needed()
    starts_at: datetime = needed(values.instant)
    ends_at: datetime | None = optional(values.instant)
    reason: str = needed()
    reason_en: str = optional(empty="")


@dataclass(slots=True)
class RoomRow(Row):
    """A room of a station."""

    station_code: str = needed()
    code: str = needed()
    name: str = needed()
    name_en: str = optional(empty="")
    zone: str = needed(one_of(*ROOM_ZONES))
    area_m2: float = needed(values.area_m2)


@dataclass(slots=True)
class ServiceRow(Row):
    """Something that a station does for residents (服务事项)."""

    station_code: str = needed()
    code: str = needed()
    name: str = needed()
    name_en: str = optional(empty="")
    way: str = needed(one_of(*SERVICE_WAYS))
    anywhere: bool = optional(values.truth, empty=False)
    one_window: bool = optional(values.truth, empty=False)
    needs: str = optional(empty="")
    needs_en: str = optional(empty="")
    slot_minutes: int | None = optional(whole(5, 480))
    capacity: int = optional(whole(1, 500), empty=1)
    days_ahead: int = optional(whole(0, 366), empty=14)


@dataclass(slots=True)
class RoadRow(Row):
    """A piece of road."""

    name: str = optional(empty="")
    name_en: str = optional(empty="")
    kind: str = needed()
    walkable: bool = optional(values.truth, empty=True)


@dataclass(slots=True)
class WaterRow(Row):
    """Water."""

    name: str = optional(empty="")
    name_en: str = optional(empty="")
    kind: str = needed()


@dataclass(slots=True)
class DepartmentRow(Row):
    """A department."""

    code: str = needed()
    name: str = needed()
    name_en: str = optional(empty="")


@dataclass(slots=True)
class DutyRow(Row):
    """A duty (职责) with the working time of its stages."""

    code: str = needed()
    name: str = needed()
    name_en: str = optional(empty="")
    kind: str = needed(one_of("component", "event"))
    department_code: str = needed()
    private: bool = optional(values.truth, empty=False)
    dispatch: tuple[int, str] | None = optional(values.working_time)
    accept: tuple[int, str] | None = optional(values.working_time)
    handle: tuple[int, str] | None = optional(values.working_time)
    feed_back: tuple[int, str] | None = optional(values.working_time)
    counts: str = optional(empty="")
    counts_en: str = optional(empty="")
    settled: str = optional(empty="")
    settled_en: str = optional(empty="")
    answers_first: str | None = optional(one_of(*ANSWERERS))


@dataclass(slots=True)
class PairedUnitRow(Row):
    """A paired unit (共建单位)."""

    code: str = needed()
    community_code: str = needed(digits(12))
    name: str = needed()
    name_en: str = optional(empty="")


@dataclass(slots=True)
class MemberRow(Row):
    """A team member."""

    code: str = needed()
    community_code: str = needed(digits(12))
    paired_unit_code: str | None = optional()
    name: str = needed()
    role: str = needed(one_of(*ROLES))
    phone: str | None = optional()


@dataclass(slots=True)
class ResponsibilityRow(Row):
    """A link of the chain of responsibility."""

    member_code: str = needed()
    level: str = needed(one_of("area", "building", "unit", "household"))
    grid_code: str | None = optional(digits(15))
    building_code: str | None = optional()
    unit: int | None = optional(whole(1, MAX_COUNT))
    room: str | None = optional()


@dataclass(slots=True)
class UnitOverrideRow(Row):
    """A unit put into a grid by hand."""

    building_code: str = needed()
    unit: int = needed(whole(1, MAX_COUNT))
    grid_code: str = needed(digits(15))
    made_by: str = needed()
    reason: str = needed()


@dataclass(slots=True)
class CalendarRow(Row):
    """A day that is not what its weekday says."""

    day: date = needed(values.day)
    kind: str = needed(one_of("holiday", "workday"))
    name: str = optional(empty="")


@dataclass(slots=True)
class IssueRow(Row):
    """An issue of the past, or one in hand."""

    number: str = needed()
    occurred_at: datetime = needed(values.instant)
    received_at: datetime = needed(values.instant)
    closed_at: datetime | None = optional(values.instant)
    duty_code: str | None = optional()
    text: str = optional(empty="")
    lon: float | None = optional(values.number)
    lat: float | None = optional(values.number)
    accuracy_m: float | None = optional(values.radius_m)
    building_code: str | None = optional()
    unit: int | None = optional(whole(1, MAX_COUNT))
    state: str = needed()
    dispatched_at: datetime | None = optional(values.instant)
    accepted_at: datetime | None = optional(values.instant)
    handled_at: datetime | None = optional(values.instant)
    fed_back_at: datetime | None = optional(values.instant)
    reopened_at: datetime | None = optional(values.instant)

    @property
    def done(self) -> dict[str, datetime]:
        """When stages were done, as far as the file says."""
        return {
            stage: when for stage, field in STAGE_FIELDS.items() if (when := getattr(self, field))
        }


STAGE_FIELDS = {
    "dispatch": "dispatched_at",
    "accept": "accepted_at",
    "handle": "handled_at",
    "feed_back": "fed_back_at",
}
"""The field of an issue that says when each stage was done, in order."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a layer holds: its rows, and the geometry of each, where there is one."""

    row: type[Row]
    geometry: str | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The names of the fields that a file holds, each with how it is read."""
        return {one.name: one.metadata for one in fields(self.row) if "read" in one.metadata}


LAYERS: dict[str, Shape] = {
    "streets": Shape(StreetRow),
    "communities": Shape(CommunityRow, AREA),
    "compounds": Shape(CompoundRow, AREA),
    "blocks": Shape(BlockRow, AREA),
    "buildings": Shape(BuildingRow, AREA),
    "units": Shape(UnitRow),
    "households": Shape(HouseholdRow),
    "residents": Shape(ResidentRow),
    "stations": Shape(StationRow, POINT),
    "opening_rules": Shape(OpeningRuleRow),
    "closures": Shape(ClosureRow),
    "rooms": Shape(RoomRow),
    "services": Shape(ServiceRow),
    "roads": Shape(RoadRow, LINE),
    "water": Shape(WaterRow, ANY_SHAPE),
    "departments": Shape(DepartmentRow),
    "duties": Shape(DutyRow),
    "paired_units": Shape(PairedUnitRow),
    "members": Shape(MemberRow),
    "responsibilities": Shape(ResponsibilityRow),
    "unit_overrides": Shape(UnitOverrideRow),
    "calendar": Shape(CalendarRow),
    "issues": Shape(IssueRow),
}
NEEDED_LAYERS = ("streets", "communities")
OPTIONAL_LAYERS = frozenset(
    {"residents", "opening_rules", "closures", "rooms", "services", "unit_overrides", "issues"}
)
"""Layers that nobody misses."""

GRIDS = Shape(GridRow, AREA)
SHAPES_OF = {
    POINT: {"Point"},
    LINE: {"LineString", "MultiLineString"},
    AREA: {"Polygon", "MultiPolygon"},
    ANY_SHAPE: {"Polygon", "MultiPolygon", "LineString", "MultiLineString"},
}


def as_multipolygon(geometry: Any) -> Any:
    """Return a polygon as a multipolygon of one; others as they are."""
    return shapely.MultiPolygon([geometry]) if geometry.geom_type == "Polygon" else geometry
