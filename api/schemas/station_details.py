"""One station: asking for it, all that everybody may know of it, and changing it."""

from datetime import date, datetime, time
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.schemas.duties import In
from api.schemas.locating import Asked, Out
from api.schemas.stations import NearestStationOut, OpenOut
from api.schemas.values import MOST_NAME, Code, Instant, Name, NoNul
from geo.files.opening_hours import MAX_LENGTH

MOST_RULES = 100
CLOCK = r"^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$"
DAY_KINDS = "`1` (Monday) to `7`, `holiday`, or `workday`: a make-up working day (调休)."


def read_clock(text: str) -> time:
    """Return a time of day; midnight at its end is 00:00.

    Examples
    --------
    >>> read_clock("8:30"), read_clock("24:00")
    (datetime.time(8, 30), datetime.time(0, 0))
    """
    hour, minute = text.split(":")
    return time(int(hour) % 24, int(minute))


Clock = Annotated[str, StringConstraints(pattern=CLOCK)]
Called = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_NAME, strip_whitespace=True), NoNul
]
DayKind = Literal["1", "2", "3", "4", "5", "6", "7", "holiday", "workday"]


class StationQuery(Asked):
    """Which jurisdiction's station."""

    jurisdiction: Code | None = Field(default=None, description="Slug, where codes repeat.")


class IntervalOut(Out):
    """From and to, in the place's time; what doesn't end later ends on the next day."""

    opens: str
    closes: str = Field(description="`24:00` is the end of the day.")


class DayOut(Out):
    """What the rules say of a day."""

    day: date
    kind: str = Field(description=DAY_KINDS)
    known: bool = Field(description="Whether anything is known; else it counts as closed.")
    intervals: list[IntervalOut]


class ServiceHoursOut(Out):
    """What the hours offer beyond those of offices (延时服务)."""

    every_day: bool
    around_the_clock: bool
    lunch: bool
    evening: bool
    weekend: bool
    holiday: bool


class ClosureOut(Out):
    """A time in which the station is closed against its rules."""

    id: int
    starts_at: datetime
    ends_at: datetime | None = Field(description="Null: until further notice.")
    reason: str
    reason_en: str


class RoomOut(Out):
    """A room."""

    code: str
    name: str
    name_en: str
    zone: str
    area_m2: float


class ZoneSpaceOut(Out):
    """The rooms of a zone together."""

    zone: str
    rooms: int
    area_m2: float
    share_pct: float = Field(description="Of the floor area of all rooms.")


class SpaceOut(Out):
    """What the rooms are used for (办公面积最小化、服务面积最大化)."""

    area_m2: float
    service_m2: float
    office_m2: float
    service_share_pct: float | None = Field(
        description="Of rooms for residents and offices; null where there is neither."
    )
    by_zone: list[ZoneSpaceOut]


class StationServiceOut(Out):
    """Something that the station does for residents (服务事项)."""

    code: str
    name: str
    name_en: str
    way: str
    anywhere: bool
    one_window: bool
    needs: str
    needs_en: str
    slot_minutes: int | None
    capacity: int
    days_ahead: int


class StationOut(NearestStationOut):
    """All that everybody may know of a station."""

    host: str
    opening_hours: str = Field(
        description="As OpenStreetMap writes them; empty where nothing is known."
    )
    open: OpenOut
    staffed: bool | None = Field(
        description="By the published rota; null where none is published for the day."
    )
    service: ServiceHoursOut
    hours: list[DayOut] = Field(description="Of the next seven days.")
    closures: list[ClosureOut] = Field(description="Those that are not over.")
    rooms: list[RoomOut]
    space: SpaceOut
    services: list[StationServiceOut]


class RuleIn(In):
    """An interval in which the station is open on a kind of day; without times: closed on it."""

    day: DayKind = Field(description=DAY_KINDS)
    opens: Clock | None = None
    closes: Clock | None = None

    @property
    def rule(self) -> tuple[str, time | None, time | None]:
        """The same as the core has it."""
        opens, closes = (
            None if one is None else read_clock(one) for one in (self.opens, self.closes)
        )
        return self.day, opens, closes


class HoursIn(In):
    """Hours in one of two ways."""

    opening_hours: Annotated[str, StringConstraints(max_length=MAX_LENGTH), NoNul] | None = Field(
        default=None,
        description="As OpenStreetMap writes them, such as `Mo-Fr 08:30-17:30; PH off`.",
    )
    rules: Annotated[list[RuleIn], Field(max_length=MOST_RULES)] | None = Field(
        default=None, description="Or rules; kinds of day without any are not known."
    )


class ClosureIn(In):
    """A closure to be announced."""

    starts_at: Instant | None = Field(default=None, description="By default now.")
    ends_at: Instant | None = Field(default=None, description="By default until further notice.")
    reason: Called
    reason_en: Name = ""


class EndIn(In):
    """When a closure ends."""

    ends_at: Instant | None = Field(default=None, description="By default now.")


class RoomIn(In):
    """A room, without its code."""

    name: Called
    name_en: Name = ""
    zone: Literal["deliberation", "public_service", "warm_service", "office", "ancillary"]
    area_m2: float = Field(gt=0, le=100_000, allow_inf_nan=False)


class StationServiceIn(In):
    """A service, without its code."""

    name: Called
    name_en: Name = ""
    way: Literal["appointment", "errand"] = Field(description="Once chosen it stays.")
    anywhere: bool = False
    one_window: bool = False
    needs: Annotated[str, StringConstraints(max_length=1000, strip_whitespace=True), NoNul] = ""
    needs_en: Annotated[str, StringConstraints(max_length=1000, strip_whitespace=True), NoNul] = ""
    slot_minutes: int | None = Field(default=None, ge=5, le=480)
    capacity: int = Field(default=1, ge=1, le=500)
    days_ahead: int = Field(default=14, ge=0, le=366)
    retired: bool = Field(default=False, description="Whether it is not offered any more.")
