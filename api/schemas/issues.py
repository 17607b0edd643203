"""Issues as they come in and as they are answered."""

import base64
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from api.schemas.locating import BranchOut, CandidateOut, GridOut, NamedOut, Out, WarningOut
from api.schemas.values import Code, Instant, Name, Text
from geo.core.lifecycle import ACTIONS, STAGES

LARGEST_KEY = 2**63 - 1


class In(BaseModel):
    """Something that comes in; a field that isn't known is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid")


class LocationIn(In):
    """A position in a declared datum."""

    lon: float = Field(allow_inf_nan=False)
    lat: float = Field(allow_inf_nan=False)
    datum: Code = Field(
        default="wgs84", description="`wgs84`, `cgcs2000`, `gcj02`, `bd09` or an EPSG code."
    )
    accuracy_m: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class UnitIn(In):
    """A building (楼栋), and the unit (单元) and household (户) in it where they are known.

    A number instead of the object is the key of a unit.
    """

    building: Code | None = Field(
        default=None,
        validation_alias=AliasChoices("building", "building_code"),
        description="The building's code.",
    )
    unit: int | None = Field(
        default=None,
        validation_alias=AliasChoices("unit", "number"),
        description="The unit's number; a building with one unit needs none.",
    )
    room: Name | None = Field(default=None, description="The household's door.")
    key: int | None = Field(
        default=None, ge=1, le=LARGEST_KEY, description="Of a unit, instead of building and unit."
    )

    @model_validator(mode="before")
    @classmethod
    def take_number(cls, given: Any) -> Any:
        """Take a number for the key of a unit."""
        whole = isinstance(given, int) and not isinstance(given, bool)
        return {"key": given} if whole else given

    @model_validator(mode="after")
    def check_one_way(self) -> Self:
        """Make sure that the place is named in one way."""
        if (self.building is None) == (self.key is None):
            kind = "unit_named_once"
            raise PydanticCustomError(kind, "name it once")
        return self


class ReporterIn(In):
    """Who reports; kept inside."""

    name: Name | None = None
    phone: Name | None = None


class PhotoIn(In):
    """A photo."""

    media_type: Literal["image/jpeg", "image/png", "image/webp"]
    content_base64: str

    def content(self) -> bytes | None:
        """Return the photo's bytes, or ``None`` when they are not base64."""
        try:
            return base64.b64decode(self.content_base64, validate=True)
        except ValueError:
            return None


class IssueIn(In):
    """Something found in a grid."""

    location: LocationIn | None = None
    unit: UnitIn | None = Field(default=None, description="Decides over the position.")
    duty: Code | None = Field(default=None, description="The duty's code; without, triage.")
    text: Text = ""
    occurred_at: Instant | None = Field(default=None, description="By default now.")
    reporter: ReporterIn | None = None
    photos: list[PhotoIn] = Field(default_factory=list)
    jurisdiction: Code | None = Field(
        default=None, description="Needed where neither position nor unit tells."
    )


class LocationOut(Out):
    """A position in WGS 84."""

    lon: float
    lat: float
    accuracy_m: float | None


class ResponsibleOut(Out):
    """Somebody who answers for the place, from household to area."""

    level: str = Field(description="`household`, `unit`, `building` or `area`.")
    role: str
    name: str
    phone: str | None = Field(description="Of those who answer as part of their work.")


class RoutingSummaryOut(Out):
    """Where an issue went, by which generation."""

    generation: str | None
    generation_number: int | None
    method: str = Field(
        description="`unit`, `inside`, `edge`, `nearest`; without a grid `outside` or `none`."
    )
    grid: GridOut | None = Field(description="As reported; never changes.")
    current_grid: NamedOut | None = Field(description="Follows redraws until the issue ends.")
    branch: BranchOut | None
    department: NamedOut | None


class RoutingOut(RoutingSummaryOut):
    """Where an issue went, and who answers there."""

    nearest: NamedOut | None
    distance_m: float | None
    candidates: list[CandidateOut]
    confident: bool
    responsible: list[ResponsibleOut]


class DeadlineOut(Out):
    """The clock of a stage."""

    stage: str = Field(description="`dispatch`, `accept`, `handle` or `feed_back`.")
    state: str = Field(
        description="`forecast`: not begun; `running`, `overdue`, `paused`; `met`, or `missed`:"
        " done, but late."
    )
    due_at: str
    started_at: str | None
    met_at: str | None
    paused_at: str | None
    extensions: int = Field(description="How often somebody has set another time.")
    amount: int | None
    unit: str | None = Field(description="`work_hour` or `work_day`.")
    counted_from: str = Field(description="`receipt`, or the stage it is counted from.")
    calendar_known: bool = Field(description="Whether all holidays on the way are known.")


class DueOut(Out):
    """The running clock that is due first."""

    stage: str
    due_at: str
    overdue: bool
    paused: bool


class IssueKeyOut(Out):
    """Another issue."""

    id: UUID
    number: str


class JudgedDutyOut(NamedOut):
    """A duty, and the version of the catalogue that the issue is judged by."""

    version: int | None


class IssueSummaryOut(Out):
    """An issue in a list. The reporter is never told."""

    id: UUID
    number: str
    jurisdiction: str
    state: str
    occurred_at: str
    received_at: str
    closed_at: str | None
    duty: NamedOut | None
    text: str | None = Field(description="Withheld where the duty is private.")
    location: LocationOut | None = Field(description="Withheld where the duty is private.")
    withheld: bool
    routing: RoutingSummaryOut
    source: str = Field(description="`resident`, `worker`, `staff`, `program` or `import`.")
    public: bool = Field(description="Whether residents see it near theirs.")
    version: int = Field(description="How many events it has had.")
    transfers: int = Field(description="How often it was sent elsewhere.")
    escalated_at: str | None = Field(description="Since when it is the street's.")
    due: DueOut | None = Field(description="The running clock that is due first.")
    photos_count: int
    duplicate_of: IssueKeyOut | None = Field(description="The issue that stays.")


class PhotoOut(Out):
    """A photo of an issue; where and when it was taken is not told."""

    number: int = Field(description="From 1.")
    url: str = Field(description="Answers with the photo to those who may see the issue.")
    media_type: str
    width_px: int | None
    height_px: int | None
    event: int = Field(description="Sequence of the event it came with; 1 is the report.")


class IssueOut(IssueSummaryOut):
    """An issue."""

    routing: RoutingOut
    duty: JudgedDutyOut | None
    deadlines: list[DeadlineOut]
    photos: list[PhotoOut] = Field(description="As far as whoever asks may see them.")
    warnings: list[WarningOut]
    actions: list[str] = Field(description="What its state allows.")
    my_actions: list[str] = Field(description="What of that is for whoever asks.")
    followers: int = Field(description="How many follow it beside the reporter.")


class IssueReportedOut(IssueOut):
    """An issue that was just reported."""

    follow: str = Field(
        description="A secret link to this issue for its reporter; it is not given out again."
    )


class IssueListOut(Out):
    """A page of a list."""

    issues: list[IssueSummaryOut]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class EventOut(Out):
    """One thing that happened to an issue."""

    sequence: int
    at: str
    action: str
    from_state: str | None
    to_state: str
    actor: str
    note: str
    detail: dict[str, Any]


class HistoryOut(Out):
    """What happened to an issue, oldest first."""

    events: list[EventOut]


class StepIn(In):
    """What is to be done, with one issue or with many."""

    action: Literal[ACTIONS]  # type: ignore[valid-type]
    note: Text = ""
    reason: Text = ""
    grid: Code | None = Field(default=None, description="A code of the generation in force.")
    duty: Code | None = None
    department: Code | None = None
    duplicate_of: UUID | None = Field(default=None, description="The issue that stays.")
    stage: Literal[STAGES] | None = Field(  # type: ignore[valid-type]
        default=None, description="Whose deadline is set."
    )
    due_at: Instant | None = Field(default=None, description="Its new end.")

    @model_validator(mode="after")
    def trim(self) -> Self:
        """Take blank notes and reasons as none."""
        self.note, self.reason = self.note.strip(), self.reason.strip()
        return self


class ActionIn(StepIn):
    """Something to be done with an issue."""

    version: int | None = Field(
        default=None, description="As read; refused when something has happened since."
    )
    photos: list[PhotoIn] = Field(default_factory=list)
