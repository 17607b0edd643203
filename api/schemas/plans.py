"""Drafts of plans (方案草稿) as they come in and as they are answered."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from api.guarding import LONGEST_SECRET
from api.schemas.issues import In
from api.schemas.locating import Asked, NamedOut, Out
from api.schemas.problems import Problem
from api.schemas.values import Code, Name, Text
from geo.core.drafts import Changes, PlannedGrid
from geo.store.models import PLAN_STATES

LONGEST_VERB = 40
LAST_VERSION = 2**31 - 1
MOST_DETAILS = 20

Version = Annotated[int, Field(ge=0, le=LAST_VERSION)]
Verb = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", max_length=LONGEST_VERB)]
CellKey = Annotated[str, Field(min_length=1, max_length=200)]
DetailValue = StrictBool | int | float | Name | list[Code] | None


def _grid_key(given: Any) -> Any:
    """Return the key of a grid as it is written in drafts."""
    if not isinstance(given, str):
        kind = "uuid_type"
        raise PydanticCustomError(kind, "UUID")
    try:
        return str(UUID(given))
    except ValueError:
        kind = "uuid_parsing"
        raise PydanticCustomError(kind, "UUID") from None


GridKey = Annotated[
    str, BeforeValidator(_grid_key), Field(json_schema_extra={"type": "string", "format": "uuid"})
]


class ByLink(Asked):
    """What the holder of a link may ask as well."""

    follow: str | None = Field(
        default=None, max_length=LONGEST_SECRET, description="The secret of a link to the draft."
    )


class SourceIn(In):
    """What a draft begins with: a generation, or another draft."""

    generation: Code | None = Field(default=None, description="Label.")
    draft: UUID | None = None
    version: Version | None = Field(default=None, description="Of the draft; by default its last.")

    @model_validator(mode="after")
    def check_one(self) -> Self:
        """Make sure that one thing is named."""
        of_draft = self.draft is not None
        if (self.generation is None) != of_draft or (self.version is not None and not of_draft):
            kind = "source_named_once"
            raise PydanticCustomError(kind, "name one")
        return self


class DraftIn(In):
    """A draft to be made."""

    model_config = ConfigDict(populate_by_name=True)

    jurisdiction: Code = Field(description="Slug.")
    name: Code
    note: Text = ""
    source: SourceIn = Field(alias="from")


class DraftChangesIn(In):
    """What a draft is called from now on, and what there is to say about it."""

    name: Code | None = None
    note: Text | None = None


class GridIn(In):
    """A grid as a draft has it."""

    code: Annotated[str, Field(pattern=r"^\d{15}$")]
    name: Text
    name_en: Text = ""
    kind: Literal["general", "dedicated"] = "general"
    branch_name: Text = ""
    branch_name_en: Text = ""
    branch_phone: Text = ""
    community: str | None = Field(default=None, description="As answered; follows from the code.")

    def planned(self) -> PlannedGrid:
        """Return the grid."""
        return PlannedGrid(**self.model_dump(exclude={"community"}))


class ChangesIn(In):
    """What was, and what is to be. An edit changes no outlines: cutting has its own endpoints."""

    owner: dict[CellKey, tuple[GridKey | None, GridKey | None]] = Field(
        default_factory=dict, description="The grid of a cell."
    )
    lock: dict[CellKey, tuple[StrictBool, StrictBool]] = Field(
        default_factory=dict, description="Whether a cell stays with its grid."
    )
    grid: dict[GridKey, tuple[GridIn | None, GridIn | None]] = Field(
        default_factory=dict, description="A grid; null where there is none."
    )
    grid_lock: dict[GridKey, tuple[StrictBool, StrictBool]] = Field(
        default_factory=dict, description="Whether a grid neither takes nor gives cells."
    )

    def changes(self) -> Changes:
        """Return the changes."""
        grids = {
            key: (was.planned() if was else None, becomes.planned() if becomes else None)
            for key, (was, becomes) in self.grid.items()
        }
        told: Changes = {
            "owner": dict(self.owner),
            "lock": dict(self.lock),
            "grid": grids,
            "grid_lock": dict(self.grid_lock),
        }
        return {subject: keys for subject, keys in told.items() if keys}


class EditIn(In):
    """An edit. The key is the editor's own: sent twice, it is one edit."""

    key: UUID
    verb: Verb = Field(description="What was done: `paint`, `erase`, `merge` …")
    detail: dict[Name, DetailValue] = Field(
        default_factory=dict, max_length=MOST_DETAILS, description="What else there is to say."
    )
    changes: ChangesIn


class TakeBackIn(In):
    """Which entry to take back, or to do again."""

    key: UUID
    seq: Version | None = Field(default=None, description="By default one's own last.")


class RestoreIn(In):
    """Which version to come back to."""

    key: UUID
    version: Version


class PersonOut(Out):
    """Somebody who has a hand in a draft."""

    id: int
    name: str


class BaseOut(Out):
    """The generation that a draft began with."""

    label: str
    number: int


class ParentOut(Out):
    """The draft that a draft was branched from."""

    id: UUID
    version: int | None


class DraftSummaryOut(Out):
    """A draft in a list."""

    id: UUID
    name: str
    note: str
    state: str = Field(description=f"One of {', '.join(PLAN_STATES)}.")
    version: int = Field(description="How many entries its log has.")
    jurisdiction: str
    base: BaseOut | None
    parent: ParentOut | None
    created_by: PersonOut | None
    created_at: datetime
    changed_at: datetime
    reviewed_version: int | None
    generation: str | None = Field(description="Label of what came of it.")
    starts: datetime | None = Field(description="When that is in force.")


class DraftOut(DraftSummaryOut):
    """A draft."""

    authors: list[PersonOut] = Field(description="Who made it or edited it.")
    may: list[str] = Field(description="What the reader may do with it now.")
    online: list[PersonOut] = Field(description="Who has it open.")


class DraftListOut(Out):
    """Drafts, the last changed first."""

    plans: list[DraftSummaryOut]


class PlannedGridOut(Out):
    """A grid as a draft has it."""

    code: str
    name: str
    name_en: str
    kind: str
    branch_name: str
    branch_name_en: str
    branch_phone: str
    community: str


class CellOut(Out):
    """A cell: a block, or a piece of one."""

    community: str
    block: str
    compound: str
    kind: str
    rings: list[list[list[int]]] = Field(
        description="Polygons of rings of x, y, x, y, … in ten-millionths of a degree (WGS 84);"
        " the first ring is the outer one."
    )


class BeginningOut(Out):
    """What a draft began with, without outlines."""

    owner: dict[str, str]
    grids: dict[str, PlannedGridOut]


class StateOut(Out):
    """A draft at a version."""

    version: int
    grids: dict[str, PlannedGridOut]
    owner: dict[str, str] = Field(description="The grid of every cell that has one.")
    lock: dict[str, bool]
    grid_lock: dict[str, bool]
    cells: dict[str, CellOut]
    base: BeginningOut


class CellFiguresOut(Out):
    """What lies in a cell; sums of cells are those of their grid."""

    buildings: int
    households: int
    people: int
    issues: int = Field(description="Open ones that the reader may see.")
    walk_m: float = Field(
        description="Metres on foot to the nearest station, summed over households that reach one."
    )
    walk_households: int = Field(description="Households that reach a station on foot.")
    unreachable: int = Field(description="Households that reach none.")
    answered_households: int = Field(description="Households that somebody answers for by name.")


class ByHandOut(Out):
    """A unit that was put into a grid by hand: it counts there, and not where it stands."""

    cell: str | None = Field(description="Where it stands.")
    grid: str
    households: int
    people: int
    walk_m: float
    walk_households: int
    unreachable: int
    answered_households: int


class WorkerOut(Out):
    """Somebody who answers for a grid as their work."""

    code: str
    name: str
    role: str


class GridFiguresOut(Out):
    """Who answers for a grid."""

    workers: list[WorkerOut]


class BoundsOut(Out):
    """How many households a general grid should have."""

    min: int
    max: int


class CalledOut(Out):
    """What something is called."""

    name: str
    name_en: str


class FiguresOut(Out):
    """What lies in the cells of a draft, and who works in its grids."""

    bounds: BoundsOut
    cells: dict[str, CellFiguresOut]
    grids: dict[str, GridFiguresOut]
    by_hand: list[ByHandOut]
    communities: list[NamedOut]
    buildings: list[tuple[float, float, int, int, str | None, str]] = Field(
        description="Longitude, latitude, households, people, cell, address; for those who work"
        " there, not for the holder of a link."
    )
    compounds: dict[str, CalledOut]


class EntryOut(Out):
    """An entry of a draft's log."""

    seq: int
    key: UUID
    account: PersonOut | None
    at: datetime
    verb: str
    detail: dict[str, Any]
    changes: dict[str, dict[str, list[Any]]] = Field(
        description="Subject (`shape`, `owner`, `lock`, `grid`, `grid_lock`), key, and what was"
        " and is."
    )
    undoes: int | None = Field(description="The entry that this one takes back.")
    undone_by: int | None = Field(description="The entry that takes this one back.")
    figures: dict[str, CellFiguresOut] = Field(
        default_factory=dict, description="Of cells that this entry makes."
    )


class WrittenOut(Out):
    """An edit that was made."""

    entry: EntryOut


class LogOut(Out):
    """Entries of a log, the oldest first."""

    entries: list[EntryOut]
    last: int = Field(description="The draft's version.")


class CodeOut(Out):
    """A code that is free."""

    code: str


class ConflictOut(Out):
    """A change that found something else than it expects."""

    subject: str
    key: str
    expected: Any
    found: Any
    wanted: Any
    by: PersonOut | None = Field(description="Who changed it last.")
    at: datetime | None
    seq: int | None = Field(description="In which entry.")


class RefusalOut(Out):
    """A reason against an edit."""

    reason: str = Field(description="For programs.")
    key: str
    text: str = Field(description="For people, in the language of the request.")
    by: PersonOut | None = Field(description="Who put it in the way.")
    at: datetime | None
    seq: int | None


class PlanProblem(Problem):
    """Why an edit was not made: `type` is `plan-conflict`, `plan-refused` or `plan-state`."""

    conflicts: list[ConflictOut] = Field(default_factory=list)
    refusals: list[RefusalOut] = Field(default_factory=list)


NOT_MADE: dict[int | str, dict[str, Any]] = {
    409: {"model": PlanProblem, "description": "In conflict, refused, or not edited any more."}
}
UNKNOWN_PLAN: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such draft."}
}
