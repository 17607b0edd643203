"""Rotas of stations: what is asked for, what is changed, and the answers."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.duties import In
from api.schemas.locating import Out
from api.schemas.station_details import Clock, StationQuery
from api.schemas.values import Instant
from geo.flows.rota import DAYS, MOST_DAYS

LARGEST_KEY = 2**63 - 1
MOST_PEOPLE = 500
MOST_SHIFTS = 2000
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]
MemberKey = Annotated[int, Field(ge=1, le=LARGEST_KEY)]
Number = Annotated[int, Field(ge=0, le=20)]


class PeriodIn(In):
    """Some days in a row."""

    first_day: Day
    days: Days = DAYS


class RotaQuery(StationQuery):
    """Which days to answer with."""

    first_day: Day | None = Field(default=None, description="By default this week's Monday.")
    days: Days = DAYS


class RulesIn(In):
    """What a rota keeps to."""

    day_max: int = Field(default=1, ge=1, le=10, description="Shifts of one person a day.")
    week_max: int = Field(default=6, ge=1, le=70, description="A week, Monday to Sunday.")
    rest_min: int = Field(default=600, ge=0, le=2880, description="Minutes between two shifts.")
    longest_min: int = Field(default=300, ge=30, le=1440, description="Minutes of a shift.")
    ordinary: Number = Field(default=1, description="People on duty at a time.")
    lunch: Number = 1
    weekend: Number = 1
    holiday: Number = 1
    begins: Clock | None = Field(
        default=None, description="Duty lies between these times; by default the station's hours."
    )
    ends: Clock | None = None


class AbsenceIn(In):
    """Days, both included, on which somebody can't be on duty."""

    member: MemberKey
    first_day: Day
    last_day: Day


class ProposalIn(PeriodIn):
    """What a rota is asked for."""

    members: list[MemberKey] | None = Field(
        default=None,
        max_length=MOST_PEOPLE,
        description="Keys; by default committee members and grid workers.",
    )
    absences: list[AbsenceIn] = Field(default=[], max_length=MOST_PEOPLE)
    rules: RulesIn = RulesIn()
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Another gives another rota.")


class ShiftIn(In):
    """Who is on duty, and when."""

    member: MemberKey
    starts_at: Instant
    ends_at: Instant


class DraftIn(PeriodIn):
    """A rota to be kept in the place of the draft of that time."""

    shifts: list[ShiftIn] = Field(max_length=MOST_SHIFTS)


class MemberOut(Out):
    """A member of the community."""

    id: int
    code: str
    name: str


class ShiftOut(Out):
    """A shift; without a key it is not kept."""

    id: int | None
    member: MemberOut
    starts_at: datetime
    ends_at: datetime
    kind: Literal["ordinary", "lunch", "weekend", "holiday"]
    published: bool


class LoadOut(Out):
    """Minutes of duty."""

    weekend_min: int
    holiday_min: int
    lunch_min: int
    all_min: int


class PersonLoadOut(LoadOut):
    """Somebody's minutes of duty."""

    member: MemberOut


class ShortageOut(Out):
    """Too few people for a shift, a day, a week, or only for the whole period."""

    scope: Literal["shift", "day", "week", "period"]
    first_day: date
    last_day: date
    starts_at: datetime | None
    ends_at: datetime | None
    needed: int
    most: int = Field(description="How many can be filled within the rules.")
    missing: int
    text: str


class ProposedOut(Out):
    """A rota that is not kept, or what is missing."""

    feasible: bool
    proven: bool = Field(description="Whether no rota within the rules is fairer.")
    shifts: list[ShiftOut]
    loads: list[PersonLoadOut] = Field(description="With what was done in the 12 weeks before.")
    spread: LoadOut | None = Field(description="Between the busiest and the least busy.")
    shortages: list[ShortageOut]
    published_days: list[date] = Field(description="They stay as they are.")
    text: str


class ConflictOut(Out):
    """Two shifts of one person that don't go together by the usual rules."""

    fault: Literal["overlap", "rest", "day", "week"]
    shift: int
    other: int
    text: str


class GapOut(Out):
    """A time in which the station is open and nobody is on duty."""

    starts_at: datetime
    ends_at: datetime


class RotaOut(Out):
    """The rota of a station."""

    first_day: date
    days: int
    timezone: str
    shifts: list[ShiftOut]
    loads: list[PersonLoadOut]
    spread: LoadOut
    conflicts: list[ConflictOut]
    gaps: list[GapOut]


class EditedOut(Out):
    """A shift as it is now, and what doesn't go together with it."""

    shift: ShiftOut
    conflicts: list[ConflictOut]


class CountOut(Out):
    """How many shifts were kept or published."""

    shifts: int


__all__ = [
    "AbsenceIn",
    "CountOut",
    "DraftIn",
    "EditedOut",
    "PeriodIn",
    "ProposalIn",
    "ProposedOut",
    "RotaOut",
    "RotaQuery",
    "RulesIn",
    "ShiftIn",
]
