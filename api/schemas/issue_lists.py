"""Lists of issues, their counts, and acting on many: what is asked, and the answers."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.issues import In, StepIn
from api.schemas.locating import Asked, Out
from api.schemas.values import Code, Instant
from geo.core.lifecycle import STATES
from geo.core.queues import QUEUES

MOST_AT_ONCE = 200

QUEUE_HELP = (
    "`triage`: outside every grid, without a duty, or in a grid that the position leaves in doubt;"
    " `sort`: collected; `dispatch`: sorted or reopened; `returned`; `handling`: dispatched,"
    " accepted or on the open list; `verify`: handled; `feedback`: verified or fed back;"
    " `overdue`: a clock runs that is past its end; `escalated`: the street's after too many"
    " transfers; `open`; `ended`."
)


class Filters(Asked):
    """Which issues to list."""

    jurisdiction: Code | None = Field(default=None, description="Slug.")
    state: str | None = Field(default=None, description=f"One of {', '.join(STATES)}.")
    queue: Literal[tuple(QUEUES)] | None = Field(  # type: ignore[valid-type]
        default=None, description=QUEUE_HELP
    )
    grid: Code | None = Field(default=None, description="Code of the grid it is in now.")
    community: Code | None = Field(default=None, description="Code of that grid's community.")
    department: Code | None = Field(default=None, description="Code of its department.")
    duty: Code | None = Field(default=None, description="Code of its duty.")
    building: Code | None = Field(default=None, description="Code of the building it concerns.")
    since: Instant | None = Field(default=None, description="Occurred then or later.")
    until: Instant | None = Field(default=None, description="Occurred before.")
    due_before: Instant | None = Field(
        default=None, description="One of its clocks runs, and ends before."
    )
    q: Code | None = Field(
        default=None, description="What its number begins with, or its text holds."
    )
    order: Literal["latest", "due"] = Field(
        default="latest",
        description="`latest`: the latest to occur first; `due`: whose running clock ends first,"
        " then those without one.",
    )
    limit: int = Field(default=50, ge=1, le=500, description="Most in one page.")
    cursor: str | None = Field(default=None, description="`next` of the page before.")


class Counted(Asked):
    """What to count."""

    jurisdiction: Code | None = Field(default=None, description="Slug.")


class CountsOut(Out):
    """How many issues are in each queue; one may be in several."""

    counts: dict[str, int] = Field(description=QUEUE_HELP)


class ItemIn(In):
    """One of the issues to act on."""

    id: UUID
    version: int | None = Field(
        default=None, description="As read; refused when something has happened since."
    )


class ManyIn(StepIn):
    """One action on many issues."""

    items: list[ItemIn] = Field(min_length=1, max_length=MOST_AT_ONCE)


class ResultOut(Out):
    """What became of one of them."""

    id: UUID
    ok: bool
    state: str | None = Field(description="As it is now; null where it was refused.")
    version: int | None
    problem: dict[str, Any] | None = Field(
        description="Why it was refused: problem details (RFC 9457), as one issue would answer."
    )


class ResultsOut(Out):
    """What became of each, in the order of the items."""

    results: list[ResultOut]
