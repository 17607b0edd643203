"""Generations side by side, as they are answered: what was drawn when, and what lay where."""

from datetime import datetime

from pydantic import Field

from api.schemas.locating import NamedOut, Out
from api.schemas.values import Code


class GenerationOut(Out):
    """A generation (一期方案) and when it is in force."""

    label: Code
    number: int
    jurisdiction: str = Field(description="Slug.")
    starts: datetime
    ends: datetime | None = Field(description="In force until before; null: no end is known.")
    now: bool = Field(description="Whether it is in force now.")
    published_at: datetime
    note: str
    grids: int = Field(description="How many it has.")


class OriginOut(NamedOut):
    """A grid of the generation before."""

    share: float = Field(description="Of the later grid's ground that was this one's, 0 to 1.")


class SpellOut(NamedOut):
    """A grid as one generation drew it."""

    generation: str
    number: int
    starts: datetime
    ends: datetime | None
    kind: str = Field(description="`general` or `dedicated`.")
    community: NamedOut
    area_m2: float
    redrawn: bool | None = Field(
        description="Whether it has other ground than in the generation before; null where"
        " it was not there."
    )
    origins: list[OriginOut] = Field(description="Whose ground it was before.")


class PlaceOut(Out):
    """Which grid a position was in under one generation."""

    generation: str
    number: int
    starts: datetime
    ends: datetime | None
    method: str = Field(description="`inside`, `edge`, `nearest` or `outside`.")
    grid: NamedOut | None


class FiguresOut(NamedOut):
    """How much there is in a grid; the code is empty for what lies in none."""

    kind: str
    buildings: int
    units: int
    households: int
    people: int
    issues: int = Field(description="That occurred under the generation.")


class StatisticsOut(Out):
    """What lay where under a generation."""

    generation: str
    shown_on: str = Field(description="Label of the generation whose grids these are.")
    grids: list[FiguresOut]
