"""Asking for proposals, and what comes of them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.issues import In
from api.schemas.locating import Asked, Out
from api.schemas.plans import GridKey, PersonOut
from api.schemas.problems import Problem
from api.schemas.values import Code
from geo.store.models import JOB_STATES

Kind = Literal["repair", "new", "split", "add", "count"]
KINDS = (
    "`repair`: what is out of bounds; `new`: drawn afresh; `split`: one grid in two; `add`: one"
    " grid more; `count`: `k` grids for the community."
)
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Count = Annotated[int, Field(ge=1, le=999)]


class WishIn(In):
    """What is wanted."""

    kind: Kind = Field(description=KINDS)
    community: Code | None = Field(default=None, description="Code; by default all of them.")
    grid: GridKey | None = Field(default=None, description="The one to split.")
    k: Count | None = Field(default=None, description="How many grids there shall be.")
    prefer_roads: bool = Field(default=False, description="Boundaries follow roads and rivers.")
    nearest: bool = Field(
        default=False,
        description="Also where the bounds can't be kept: come as near to them as can be.",
    )
    seconds: float | None = Field(default=None, gt=0, le=3600, description="How long to search.")
    seed: Seed = Field(default=0, description="The same seed gives the same proposals.")


class WishQuery(Asked):
    """What is wanted, to see whether it can be had."""

    kind: Kind = Field(description=KINDS)
    community: Code | None = Field(default=None, description="Code; by default all of them.")
    grid: GridKey | None = Field(default=None, description="The one to split.")
    k: Count | None = Field(default=None, description="How many grids there shall be.")


class TakeIn(In):
    """Which proposal to take, and what to make of it."""

    key: UUID = Field(description="The asker's own: sent twice, it is taken once.")
    choice: int = Field(ge=0, le=2, description="In the order of the result.")
    into: Literal["draft", "here"] = Field(
        description="`draft`: a new one, branched from the version that was searched; `here`: an"
        " entry in this draft's log."
    )
    name: Code | None = Field(default=None, description="Of the new draft.")


class VerdictOut(Out):
    """Whether it can be had in one community, with the arithmetic."""

    community: str
    needed: bool = Field(description="Whether anything there is out of bounds or in pieces.")
    possible: bool
    k: int = Field(description="Grids of the plan.")
    households: int
    arithmetic: list[str]
    advice: list[str]


class FeasibilityOut(Out):
    """Whether it can be had."""

    possible: bool = Field(description="In at least one community where it is needed.")
    needed: bool = Field(description="Whether there is anything to do.")
    seconds: float = Field(description="How long a search takes at most.")
    communities: list[VerdictOut]


class MoveOut(Out):
    """A block, or a compound's blocks, that change grids."""

    cells: list[str]
    source: str | None = Field(description="Key of the grid that it leaves.")
    target: str = Field(description="Key of the grid that it goes to.")
    households: int
    text: str = Field(description="For people, in the language of the request.")


class MovesOut(Out):
    """The moves of a proposal, in an order in which they can be made."""

    moves: list[MoveOut]


class ScoreOut(Out):
    """A measure of the scorecard of a plan."""

    key: str
    principle: str = Field(description="`clear`, `full`, `moderate` or `complete`.")
    name: str
    value: float | None
    shown: str = Field(description="In words, with its unit.")
    met: bool | None = Field(description="Null where there is nothing to measure.")
    missed_by: int = Field(description="Grids that miss the threshold.")


class ChoiceOut(Out):
    """One of the proposals."""

    label: str = Field(description="`fewest_moved`, `balanced` or `compact`.")
    owner: dict[str, str] = Field(description="The new grid of every cell that changes it.")
    grids: dict[str, dict[str, Any] | None] = Field(
        description="Grids that are made; null for those that are retired."
    )
    scorecard: list[ScoreOut]
    measures: dict[str, Any] = Field(
        description="Households and cells moved, the lower bound and the gap to it in percent,"
        " length of boundaries, share on roads, compactness, households by grid before and after."
    )


class JobSummaryOut(Out):
    """A job in a list."""

    id: UUID
    kind: str
    version: int = Field(description="Of the draft that is searched.")
    request: dict[str, Any]
    seed: int
    state: str = Field(description=f"One of {', '.join(JOB_STATES)}.")
    error: str | None = Field(description="Why nothing came of it.")
    created_by: PersonOut | None
    created_at: datetime
    ended_at: datetime | None


class JobOut(JobSummaryOut):
    """A job: how far it is, and what came of it."""

    progress: dict[str, Any] = Field(
        description="`share` of the work done, and `best`: cells that change, by the grid that"
        " they go to in the best plan so far."
    )
    verdicts: list[VerdictOut]
    scorecard: list[ScoreOut] = Field(description="Of the draft that was searched.")
    choices: list[ChoiceOut]


class JobListOut(Out):
    """Jobs, the last one first."""

    jobs: list[JobSummaryOut]


class TakenOut(Out):
    """What a proposal became."""

    plan: UUID = Field(description="The draft that it is in now.")
    entry: dict[str, Any]


class InfeasibleProblem(Problem):
    """Why it can't be had: `type` is `infeasible`."""

    communities: list[VerdictOut] = Field(default_factory=list)
