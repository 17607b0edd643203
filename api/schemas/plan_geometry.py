"""Edits of shapes as they come in: lines, moves, splits."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.schemas.issues import In
from api.schemas.plans import CellKey, GridKey
from api.schemas.values import Name

MOST_POINTS = 2000
MOST_CELLS = 10_000
MOST_MOVES = 500

Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Position = tuple[Longitude, Latitude]
Line = Annotated[list[Position], Field(min_length=2, max_length=MOST_POINTS)]


class CutIn(In):
    """A line along which cells are cut."""

    key: UUID = Field(description="The editor's own: sent twice, it is one edit.")
    line: Line = Field(description="Longitudes and latitudes, WGS 84.")
    cells: list[CellKey] | None = Field(
        default=None,
        max_length=MOST_CELLS,
        description="Which to cut, every one; by default all that the line crosses.",
    )


class MoveIn(In):
    """Where a border is taken hold of, and where it is dropped."""

    start: Position = Field(alias="from", description="On a border, or within a metre of it.")
    end: Position = Field(alias="to")


class BorderIn(In):
    """Borders that are dragged, all at once."""

    key: UUID = Field(description="The editor's own: sent twice, it is one edit.")
    moves: list[MoveIn] = Field(min_length=1, max_length=MOST_MOVES)


class SplitIn(In):
    """A grid that is to be two."""

    key: UUID = Field(description="The editor's own: sent twice, it is one edit.")
    grid: GridKey
    line: Line | None = Field(
        default=None, description="Longitudes and latitudes, WGS 84; without it, as is proposed."
    )
    name: Name = Field(default="", description="Of the new grid; by default by its number.")
    name_en: Name = ""
