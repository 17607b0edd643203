"""Catchments of stations: what is asked for, and the answers."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.schemas.locating import Asked, NamedOut, Out
from api.schemas.values import Code

WALKS = r"^[0-9]{1,2}(,[0-9]{1,2}){0,4}$"

Walks = Annotated[str, StringConstraints(pattern=WALKS)]


class CatchmentsQuery(Asked):
    """Which stations, and how long the walk."""

    jurisdiction: Code = Field(description="Slug.")
    minutes: Walks = Field(
        default="5,10,15", description="One to five walks of 1 to 60 minutes, separated by commas."
    )

    @property
    def walks(self) -> tuple[int, ...]:
        """The walks in minutes."""
        return tuple(int(one) for one in self.minutes.split(","))


class SiteQuery(Asked):
    """What a new station's site is to be best at."""

    jurisdiction: Code = Field(description="Slug.")
    community: Code | None = Field(
        default=None, description="Code: its buildings come into question. Without it all do."
    )
    building: list[Code] = Field(
        default=[],
        max_length=400,
        description="Codes of the buildings that come into question, instead of a community's.",
    )
    every_kind: bool = Field(
        default=False, description="Whether homes, schools and the like come into question too."
    )
    minutes: int = Field(default=5, ge=1, le=60, description="The walk, in minutes.")
    k: int = Field(default=1, ge=1, le=5, description="How many sites at most.")
    objective: Literal["covering", "median"] = Field(
        default="covering",
        description="`covering`: most households newly within the walk; `median`: most metres"
        " that households walk less, added up.",
    )


class WithinOut(Out):
    """Households by the length of their walk to the nearest station."""

    households: int
    inside: dict[str, int] = Field(description="Within each walk, by minutes.")
    inside_pct: dict[str, float | None] = Field(description="Of all households.")
    outside: dict[str, int] = Field(description="With a longer walk, by minutes.")
    unreachable: int = Field(description="From where no way leads to any station.")


class WithinRowOut(WithinOut):
    """One grid; null for households that are in none."""

    grid: NamedOut | None


class BasisOut(Out):
    """What was measured, and how."""

    jurisdiction: str
    generation: str | None = Field(description="Label: whose grids are meant.")
    stations: int
    m_per_min: float = Field(description="How fast people walk.")


class CatchmentFiguresOut(BasisOut):
    """Households within and outside of catchments, by grid."""

    minutes: list[int]
    said: str = Field(description="The total as a sentence.")
    rows: list[WithinRowOut]
    total: WithinOut


class SiteBuildingOut(NamedOut):
    """A building that was chosen."""

    address: str
    kind: str
    lon: float
    lat: float
    households: int = Field(description="Newly within the walk, were it the only one.")
    at_least: bool = Field(description="Whether few more are not told to whoever asks.")


class RunnerUpOut(Out):
    """Another building that would do."""

    code: str
    address: str
    gain: float = Field(
        description="In the measure asked for: households, or metres times households."
    )
    at_least: bool = Field(description="Whether it is a little more for few households.")


class SiteRowOut(Out):
    """What a grid gains; null for households that are in none."""

    grid: NamedOut | None
    households: int
    inside_before: int
    inside_after: int | None
    gained: int | None
    saved_household_m: int | None = Field(description="Metres that households walk less, added up.")
    fewer_than: int | None = Field(
        description="Figures that are null concern fewer households than this, and some: that is"
        " all that is told to who may not read the households there."
    )


class BestSiteOut(BasisOut):
    """The best sites for new stations."""

    objective: Literal["covering", "median"]
    minutes: int
    k: int
    community: str | None
    candidates: int = Field(description="How many buildings came into question.")
    proven: bool = Field(description="Whether no other choice is better.")
    gap_pct: float = Field(description="How much better another may be at most, percent.")
    said: str = Field(description="The result as a sentence.")
    sites: list[SiteBuildingOut]
    runners_up: list[RunnerUpOut] = Field(description="For one site: the next best.")
    gained: int = Field(description="Households newly within the walk.")
    saved_household_m: int
    at_least: bool = Field(description="Whether few households more are not told to whoever asks.")
    reached_newly: int = Field(description="Households that no way led from before.")
    rows: list[SiteRowOut] = Field(description="Grids that gain something.")
