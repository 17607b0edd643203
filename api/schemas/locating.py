"""The answer to a position, as it is documented."""

from pydantic import BaseModel, ConfigDict, Field


class Out(BaseModel):
    """Something that is answered; it has these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class NamedOut(Out):
    """A code with the names that go with it."""

    code: str
    name: str
    name_en: str


class BranchOut(Out):
    """The party branch (党支部) that answers for a grid."""

    name: str
    name_en: str
    phone: str | None


class GridOut(NamedOut):
    """A grid (网格) with what it lies in."""

    kind: str = Field(description="`general` (综合网格) or `dedicated` (专属网格).")
    community: NamedOut
    street: NamedOut
    branch: BranchOut | None


class CandidateOut(Out):
    """A grid that the position may be in."""

    code: str
    share: float = Field(description="Of the accuracy circle, 0 to 1.")


class WarningOut(Out):
    """Something the reader should know."""

    code: str = Field(description="For programs.")
    message: str = Field(description="For people, in the language of the request.")


class LocateOut(Out):
    """Which grid a position belongs to, and by which generation."""

    generation: str | None = Field(description="Label; null where none was in force.")
    generation_number: int | None
    jurisdiction: str | None
    method: str = Field(description="`inside`, `edge`, `nearest` or `outside`.")
    grid: GridOut | None
    nearest: GridOut | None = Field(description="The nearest grid, when outside.")
    distance_m: float | None = Field(description="To the grid or the nearest one; 0 inside.")
    candidates: list[CandidateOut]
    confident: bool
    warnings: list[WarningOut]
