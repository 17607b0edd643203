"""Asking for a position's grid, and the answer."""

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.values import Code, Instant

DATUM = "`wgs84`, `cgcs2000`, `gcj02`, `bd09` or an EPSG code."


class Asked(BaseModel):
    """Parameters of an address; one that isn't known is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid")

    lang: str | None = Field(default=None, description="`zh` or `en`; else as the browser says.")


class LocateQuery(Asked):
    """A position, and a time."""

    lon: float = Field(description="Longitude, or easting of a projected system.")
    lat: float = Field(description="Latitude, or northing of a projected system.")
    datum: Code = Field(default="wgs84", description=DATUM)
    accuracy_m: float | None = Field(
        default=None, description="Radius of the circle the position is in, at most 100 km."
    )
    at: Instant | None = Field(default=None, description="Answer by the generation in force then.")


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
