"""Scorecards (评分表) as they are answered."""

from typing import Any, Literal

from pydantic import Field

from api.schemas.locating import NamedOut, Out


class SubjectOut(Out):
    """What was scored."""

    kind: Literal["generation", "draft"]
    key: str = Field(description="The generation's label, or the draft's key.")
    name: str
    version: int | None = Field(description="Of the draft.")
    jurisdiction: str = Field(description="Slug.")


class PrincipleOut(Out):
    """One of the four principles."""

    key: str = Field(description="`clear`, `full`, `moderate` or `complete`.")
    name: str


class ScoredGridOut(NamedOut):
    """A grid with what it comes to."""

    id: str
    kind: str = Field(description="`general` or `dedicated`.")
    community: str = Field(description="Code.")
    households: int
    people: int
    buildings: int
    issues: int = Field(description="Open ones that the reader may see.")
    area_m2: float = Field(description="Without what dedicated grids have of a general one.")


class ThresholdOut(Out):
    """What a figure is held to; null where it is not."""

    least: float | None
    most: float | None


class GridFigureOut(Out):
    """What a measure is in one grid."""

    value: float | None = Field(description="Null where there is nothing to measure, or no limit.")
    shown: str = Field(description="In words, with its unit.")
    met: bool | None


class PlaceOut(Out):
    """Something that is wrong, and where."""

    text: str
    grids: list[str] = Field(description="Keys.")
    lon: float
    lat: float
    amount: float | None = Field(description="How much: the more, the worse.")
    shape: dict[str, Any] = Field(description="GeoJSON geometry, WGS 84.")


class FigureOut(Out):
    """What a measure is of a plan."""

    key: str
    principle: str
    name: str
    value: float | None = Field(description="Null where there is nothing to measure, or no limit.")
    shown: str = Field(description="In words, with its unit.")
    threshold: ThresholdOut
    threshold_shown: str
    met: bool | None = Field(description="Null where there is nothing to measure.")


class MeasureOut(FigureOut):
    """A measure: its definition, its value for the plan and by grid, and where to look."""

    definition: str
    source: str
    unit: str
    grid_unit: str
    grid_threshold: ThresholdOut
    grid_threshold_shown: str
    grids: dict[str, GridFigureOut] = Field(description="By key of the grid.")
    places: list[PlaceOut] = Field(description="The worst first.")


class ScorecardOut(Out):
    """The scorecard of a plan."""

    subject: SubjectOut
    principles: list[PrincipleOut]
    grids: list[ScoredGridOut]
    measures: list[MeasureOut]


class GridNamedOut(NamedOut):
    """A grid by its key."""

    id: str


class PassageOut(Out):
    """What passes from one grid to another, or stays."""

    before: GridNamedOut | None
    after: GridNamedOut | None
    buildings: int = Field(description="Buildings with households, or units moved by hand.")
    households: int


class ComparedOut(FigureOut):
    """A measure of two plans."""

    before: float | None
    before_shown: str
    before_met: bool | None
    change: Literal["better", "worse", "same", "unknown"]


class ComparisonOut(Out):
    """What becomes of one plan in another."""

    before: SubjectOut
    after: SubjectOut
    households: int
    moved_households: int
    cells: int | None
    moved_cells: int | None
    grids_touched: list[GridNamedOut]
    crosswalk: list[PassageOut]
    variation_of_information: float = Field(description="In bits, weighted by households.")
    rand_index: float = Field(description="Weighted by households.")
    measures: list[ComparedOut]
