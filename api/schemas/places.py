"""Looking for compounds and buildings."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.locating import Asked, NamedOut, Out
from api.schemas.values import Code, NoNul

Sought = Annotated[str, StringConstraints(max_length=60, strip_whitespace=True), NoNul]


class PlacesQuery(Asked):
    """Words, or a compound whose buildings are wanted."""

    q: Sought = Field(default="", description="Words that all occur, separated by blanks.")
    within: Code | None = Field(default=None, description="Code of a compound, instead of words.")
    community: Code | None = Field(default=None, description="Code of that compound's community.")
    jurisdiction: Code | None = Field(default=None, description="Slug; else any.")
    limit: int = Field(default=20, ge=1, le=200, description="Most of each kind.")

    @model_validator(mode="after")
    def check_compound(self) -> Self:
        """Make sure that a compound comes with its community."""
        if (self.within is None) != (self.community is None):
            kind = "missing"
            raise PydanticCustomError(kind, "within and community go together")
        return self


class UnitOfOut(Out):
    """A stairwell (单元) of a building."""

    number: int
    name: str


class PlaceOut(NamedOut):
    """A compound (小区) or a building (楼栋)."""

    kind: str = Field(description="`compound` or `building`.")
    address: str = Field(description="Of a compound: its street's name.")
    community: NamedOut
    compound: NamedOut | None = Field(description="Of a building.")
    lon: float
    lat: float
    units: list[UnitOfOut] = Field(description="Of a building.")
    buildings: int | None = Field(description="How many a compound has.")


class PlacesOut(Out):
    """Compounds, then buildings."""

    places: list[PlaceOut]
