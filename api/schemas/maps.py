"""Maps: what their addresses ask for."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.schemas.locating import Asked
from api.schemas.values import Code

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
Period = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-(Q[1-4]|H[12]))?$")]


class MapQuery(Asked):
    """What the addresses of all maps have in common."""

    place: Code | None = Field(
        default=None, description="Slug of the jurisdiction; by default where one works."
    )


class CoverageMapQuery(MapQuery):
    """A coverage map."""

    measure: Key | None = Field(default=None, description="Key of the measure shown first.")
    generation: Code | None = Field(
        default=None, description="Label; by default the generation in force."
    )
    against: Code | None = Field(
        default=None, description="Label of a generation to compare with, the earlier one."
    )
    compare: Literal["beside", "difference"] = Field(
        default="difference", description="How two generations are compared."
    )
    breaks: Literal["thresholds", "fisher_jenks", "quantiles", "equal_interval"] | None = Field(
        default=None, description="How classes are broken."
    )
    classes: int = Field(default=5, ge=2, le=6, description="How many classes at most.")


class GalleryQuery(MapQuery):
    """What all maps of the gallery are filtered by; each follows what it can."""

    generation: Code | None = Field(
        default=None, description="Label; by default the generation in force."
    )
    against: Code | None = Field(
        default=None, description="Label of the generation it is compared with."
    )
    since: date | None = Field(
        default=None, alias="from", description="First day on which issues were received."
    )
    until: date | None = Field(default=None, alias="to", description="Last such day.")
    duty: list[Code] = Field(default=[], max_length=100, description="Codes of duties.")
    state: Literal["open", "closed", "all"] = Field(
        default="all", description="Which issues are counted."
    )
    by: Literal["grid", "hexagon", "square"] = Field(
        default="hexagon", description="What is counted by."
    )


class HotspotMapQuery(MapQuery):
    """A map of hot spots: for staff, or as it was released to the public."""

    audience: Literal["public", "staff"] | None = Field(
        default=None, description="By default `staff` for those who may count issues by place."
    )
    period: Period | None = Field(
        default=None, description="Of the public's map: a released period such as 2025 or 2026-Q3."
    )
    statistic: Literal["gi", "density", "emerging", "count"] = Field(
        default="gi", description="Hot spots, kernel density, emerging hot spots, or counts."
    )
    by: Literal["grid", "hexagon", "square"] = Field(
        default="hexagon", description="What is counted by."
    )
    value: Literal["count", "per_100_households"] = Field(
        default="count", description="Issues, or issues per 100 households."
    )
    side_m: float | None = Field(default=None, gt=0, description="Of cells, in metres.")
    order: int | None = Field(
        default=None, ge=1, description="How many cells or grids a neighbourhood reaches."
    )
    bandwidth_m: float | None = Field(
        default=None, gt=0, description="Of the kernel density, in metres."
    )
    duty: list[Code] = Field(
        default=[], max_length=100, description="Codes of duties; without any: all."
    )
    state: Literal["open", "closed", "all"] = Field(
        default="all", description="Which issues are counted."
    )
    since: date | None = Field(
        default=None, alias="from", description="First day on which they were received."
    )
    until: date | None = Field(default=None, alias="to", description="Last such day.")


class PictureQuery(Asked):
    """How a map is written into a file."""

    layer: Key | None = Field(default=None, description="Key of a layer; by default the first.")
    step: int | None = Field(default=None, ge=0, description="Row of a month of the layer.")
    size: Literal["A3", "A4"] = Field(default="A3", description="Of the paper.")
    dpi: int = Field(default=300, ge=72, le=600, description="Points per inch of a PNG.")


class CoverageFileQuery(CoverageMapQuery, PictureQuery):
    """A coverage map as a file."""


class HotspotFileQuery(HotspotMapQuery, PictureQuery):
    """A map of hot spots as a file."""


__all__ = [
    "CoverageFileQuery",
    "CoverageMapQuery",
    "GalleryQuery",
    "HotspotFileQuery",
    "HotspotMapQuery",
    "MapQuery",
    "PictureQuery",
]
