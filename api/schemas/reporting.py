"""What surrounds a report: where it would go, what is near, following what is known already."""

from uuid import UUID

from pydantic import Field

from api.schemas.issues import In, LocationIn, ReporterIn, UnitIn
from api.schemas.locating import DATUM, Asked, BranchOut, GridOut, NamedOut, Out, WarningOut
from api.schemas.values import Code, Instant, Name, Text


class PreviewIn(In):
    """A report as far as it is known, without photos; nothing is stored."""

    location: LocationIn | None = None
    unit: UnitIn | None = Field(default=None, description="Decides over the position.")
    duty: Code | None = None
    text: Text = Field(default="", description="Not needed, and not looked at.")
    occurred_at: Instant | None = Field(default=None, description="By default now.")
    reporter: ReporterIn | None = Field(default=None, description="Not needed, and not looked at.")
    jurisdiction: Code | None = Field(
        default=None, description="Needed where neither position nor unit tells."
    )


class ForecastOut(Out):
    """When a stage would be due."""

    stage: str = Field(description="`dispatch`, `accept`, `handle` or `feed_back`.")
    due_at: str
    amount: int
    unit: str = Field(description="`work_hour` or `work_day`.")
    counted_from: str = Field(description="`receipt`, or the stage it is counted from.")
    calendar_known: bool = Field(description="Whether all holidays on the way are known.")


class NeighbourOut(NamedOut):
    """Another grid that the position is close to."""

    share: float = Field(description="Of the accuracy circle, 0 to 1.")
    distance_m: float


class PreviewOut(Out):
    """Where a report would go."""

    jurisdiction: str
    generation: str | None
    generation_number: int | None
    method: str = Field(
        description="`unit`, `inside`, `edge`, `nearest`; without a grid `outside` or `none`."
    )
    grid: GridOut | None
    nearest: NamedOut | None = Field(description="The nearest grid, when outside.")
    branch: BranchOut | None
    department: NamedOut | None
    deadlines: list[ForecastOut]
    distance_m: float | None = Field(description="To the grid or the nearest one; 0 inside.")
    confident: bool
    neighbours: list[NeighbourOut] = Field(
        description="Other grids that the accuracy circle crosses, or that are 20 m away at most."
    )
    warnings: list[WarningOut]


class NearbyQuery(Asked):
    """Where to look for open issues, and of which duty."""

    lon: float = Field(description="Longitude, or easting of a projected system.")
    lat: float = Field(description="Latitude, or northing of a projected system.")
    datum: Code = Field(default="wgs84", description=DATUM)
    duty: Code | None = Field(default=None, description="Code of a duty; else any.")
    jurisdiction: Code | None = Field(default=None, description="Slug; else any.")


class NearOut(Out):
    """An open issue near a position; without its exact place."""

    id: UUID
    number: str
    state: str
    text: str | None = Field(description="Withheld where the duty is private.")
    occurred_at: str
    distance_m: int = Field(description="In steps of 10 m for residents.")
    duty: NamedOut | None
    photos: list[str] = Field(description="Addresses of its photos.")
    followers: int = Field(description="How many follow it besides its reporter.")


class NearbyOut(Out):
    """The open issues near a position, nearest first."""

    radius_m: float
    issues: list[NearOut]


class FollowIn(In):
    """Who follows, and what they add; all of it may be left out."""

    name: Name | None = None
    phone: Name | None = Field(default=None, description="To be told what came of it.")
    text: Text = ""


class FollowOut(Out):
    """An issue that is followed."""

    number: str
    follow: str | None = Field(
        description="A secret link to the issue; null for accounts. It is not given out again."
    )
