"""The review of a draft, what publishing it would do, and what comes of it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.issues import In
from api.schemas.locating import Asked, Out
from api.schemas.plans import PersonOut, Version
from api.schemas.problems import Problem
from api.schemas.values import Code, Instant, Text

Severity = Literal["error", "warning"]


class FindingOut(Out):
    """Something about a plan."""

    severity: Severity = Field(description="`error` forbids publishing.")
    reason: str = Field(description="For programs.")
    key: str = Field(description="Of the grid, cell, community, compound or building.")
    text: str = Field(description="For people, in the language of the request.")
    lon: float | None
    lat: float | None


class ChecksOut(Out):
    """Whether a draft can be published."""

    version: int
    ready: bool = Field(description="Whether nothing forbids it but the review.")
    findings: list[FindingOut] = Field(description="Errors first.")


class GridNameOut(Out):
    """What a grid is called in a plan."""

    code: str
    name: str
    name_en: str


class GridEffectOut(Out):
    """What becomes of a grid."""

    id: UUID
    change: Literal["added", "retired", "redrawn", "renamed", "same"]
    before: GridNameOut | None
    after: GridNameOut | None
    households_before: int
    households_after: int


class MovedUnitOut(Out):
    """A unit that changes its grid; grids by code."""

    number: int
    name: str
    households: int
    people: int
    before: str | None
    after: str | None


class MovedBuildingOut(Out):
    """A building of which units change their grid: what goes on its door."""

    code: str
    address: str
    lon: float
    lat: float
    whole: bool = Field(description="Whether all of its units do.")
    households: int
    units: list[MovedUnitOut]


class MovedCaseOut(Out):
    """An open case that moves; grids by code."""

    id: UUID
    number: str
    state: str
    becomes: str = Field(description="State afterwards.")
    before: str | None
    after: str | None = Field(description="Null where it waits for a decision.")
    lon: float | None
    lat: float | None


class WorkerEffectOut(Out):
    """What becomes of somebody's work, in households; grids by code."""

    code: str
    name: str
    role: str
    community: str
    before: int
    after: int
    gained: int
    lost: int
    passed: int = Field(description="Kept, but in another grid from then on.")
    grids_before: list[str]
    grids_after: list[str]
    retired: list[str] = Field(description="Grids answered for that there no longer are.")


class StationEffectOut(Out):
    """Households that walk to a station first, by the code of their grid."""

    code: str
    name: str
    name_en: str
    before: dict[str, int]
    after: dict[str, int]


class PairingEffectOut(Out):
    """What becomes of the grid that a paired unit's people answer for."""

    code: str
    name: str
    name_en: str
    community: str
    grid: str
    members: int
    before: int
    after: int
    retired: bool


class PassageOut(Out):
    """What passes from one grid to another, or stays; grids by code."""

    before: str | None
    after: str | None
    units: int
    households: int


class EffectsOut(Out):
    """What publishing a draft would do; after it came into force, what it did."""

    version: int
    follows: str = Field(description="Label of the generation that it follows.")
    households: int
    moved_households: int
    variation_of_information: float = Field(description="In bits of a household's grid.")
    rand_index: float
    grids: list[GridEffectOut]
    buildings: list[MovedBuildingOut]
    cases: list[MovedCaseOut]
    workers: list[WorkerEffectOut]
    stations: list[StationEffectOut]
    pairing: list[PairingEffectOut]
    crosswalk: list[PassageOut]


class StepOut(Out):
    """A step of a draft's review."""

    id: int
    action: str
    account: PersonOut | None
    at: datetime
    version: int
    remark: str
    starts: datetime | None = Field(description="The day that was set for its coming into force.")


class PublishedOut(Out):
    """A generation that was written."""

    label: str
    number: int
    starts: datetime


class ReviewOut(Out):
    """Where a draft stands in its review."""

    state: str
    version: int
    reviewed_version: int | None
    generation: PublishedOut | None = Field(description="What came of it.")
    steps: list[StepOut] = Field(description="The oldest first.")


class StepIn(In):
    """A step to be taken, on the version that was read."""

    action: Literal["submit", "recall", "return", "approve", "publish", "withdraw", "archive"]
    version: Version
    remark: Text = ""
    starts: Instant | None = Field(
        default=None, description="With `publish`: when it comes into force; by default at once."
    )
    label: Code | None = Field(
        default=None, description="With `publish`: the generation's name, unique everywhere."
    )


class RepublishIn(In):
    """When an earlier generation is to be in force again, and why."""

    starts: Instant | None = Field(default=None, description="By default at once.")
    note: Text = ""


class WithdrawIn(In):
    """Why a generation is withdrawn."""

    remark: Text = ""


class WithdrawnOut(Out):
    """A generation that is gone."""

    label: str
    plan: UUID | None = Field(description="The draft that it came of: approved, as before.")


class DocumentAsked(Asked):
    """What a document says."""

    version: Version | None = Field(default=None, description="By default the last.")
    starts: Instant | None = Field(
        default=None, description="The day that it names; by default that of the generation."
    )
    community: Code | None = Field(
        default=None, description="Code: notices of its buildings alone."
    )


class ReviewProblem(Problem):
    """Why a step was not taken: `type` is `plan-step`, `plan-findings` or `plan-publication`."""

    findings: list[FindingOut] = Field(default_factory=list)


STEP_REFUSED: dict[int | str, dict[str, Any]] = {
    409: {"model": ReviewProblem, "description": "It can't be done now; `detail` says why."}
}
