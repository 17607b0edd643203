"""Figures: what is asked for, and the answer."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.schemas.locating import Asked, Out
from api.schemas.values import Code, Instant

BASIS = (
    "By which grids: `then`, those of the generation in force when each case occurred; `now`, the"
    " one that each case is in now."
)


class FiguresQuery(Asked):
    """Which cases, and by which grids."""

    jurisdiction: Code = Field(description="Slug.")
    since: Instant | None = Field(default=None, description="Received then or later.")
    until: Instant | None = Field(default=None, description="Received before.")
    as_: Literal["then", "now"] | None = Field(
        default=None, alias="as", description=f"{BASIS} By default `then`."
    )
    generation: Code | None = Field(
        default=None,
        description="Label: recast on this generation, by each case's place. Not together with"
        " `as`.",
    )


class TableQuery(FiguresQuery):
    """Which table."""

    by: Literal["grid", "community", "duty", "department", "month"] = Field(
        default="grid", description="What the rows are."
    )


class RowNameOut(Out):
    """What a row is called."""

    code: str
    name: str
    name_en: str
    generation: str | None = Field(description="Label, of a grid.")
    retired: bool = Field(description="Whether the grid is no longer in force.")
    private: bool = Field(description="Whether cases of the duty are private.")


class FiguresOut(Out):
    """Figures of some cases; every count is of those received in the period."""

    received: int
    closed: int
    in_hand: int
    ended_otherwise: int = Field(description="Duplicates and cancelled ones.")
    on_time: int = Field(
        description="Closed, every stage with a deadline recorded to have kept it."
    )
    late: int = Field(description="Closed, a stage recorded to have missed its deadline.")
    not_recorded: int = Field(description="Closed, stages not recorded: never counted as late.")
    no_deadline: int = Field(description="Closed, without any deadline.")
    overdue: int = Field(description="In hand, a stage past its deadline now.")
    reopened: int
    returned: int
    transfers: int
    on_time_pct: float | None = Field(description="Of those on time or late.")
    median_hours: dict[str, float | None] = Field(description="Working hours, by stage.")
    measured: dict[str, int] = Field(description="Of how many cases each median is.")


class RowOut(FiguresOut):
    """One row; null for cases that have no grid, duty or department."""

    row: RowNameOut | None


class BasisOut(Out):
    """By which grids was counted."""

    as_: Literal["then", "now", "generation"] = Field(alias="as")
    generations: list[str] = Field(description="Labels of the generations whose grids are meant.")
    said: str = Field(description="The same as a sentence.")


class TableOut(Out):
    """A table of figures."""

    jurisdiction: str
    since: datetime | None
    until: datetime | None
    by: str
    counted: BasisOut
    at: datetime = Field(description="When it was counted.")
    said: str = Field(description="Received, closed and in hand, as a sentence.")
    unplaced: int = Field(description="Cases in no grid by this way of counting.")
    rows: list[RowOut]
    total: FiguresOut
