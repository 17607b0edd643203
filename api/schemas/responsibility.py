"""Who answers for a place, for what somebody answers, and handing over."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.locating import DATUM, Asked, NamedOut, Out
from api.schemas.values import Code, NoNul

LARGEST_KEY = 2**63 - 1
LARGEST_NUMBER = 2**31 - 1
MOST_WANTED = 60
MOST_REASON = 500

Wanted = Annotated[str, StringConstraints(max_length=MOST_WANTED, strip_whitespace=True), NoNul]
Reason = Annotated[str, StringConstraints(max_length=MOST_REASON, strip_whitespace=True), NoNul]
Key = Annotated[int, Field(ge=1, le=LARGEST_KEY)]


class ResponsibilityQuery(Asked):
    """A position, or a building with its unit and room."""

    lon: float | None = Field(default=None, description="Longitude, or easting.")
    lat: float | None = Field(default=None, description="Latitude, or northing.")
    datum: Code = Field(default="wgs84", description=DATUM)
    building: Code | None = Field(default=None, description="Code.")
    unit: int | None = Field(default=None, ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)
    room: Code | None = Field(default=None, description="Door of the household.")
    jurisdiction: Code | None = Field(default=None, description="Slug, where codes repeat.")

    @model_validator(mode="after")
    def check_named_once(self) -> Self:
        """Make sure that there is either a position or a building."""
        if (self.lon is None) != (self.lat is None) or (self.lon is None) == (
            self.building is None
        ):
            kind = "place_named_once"
            raise PydanticCustomError(kind, "lon and lat, or building")
        return self


class PersonOut(Out):
    """Somebody who answers."""

    id: int | None = Field(description="The member's key, for colleagues.")
    role: str
    name: str = Field(description="Of volunteers and neighbours, to others, the family name.")
    phone: str | None


class ChainLevelOut(Out):
    """A level of the chain (包户, 包单元, 包栋, 包片)."""

    level: str = Field(description="`household`, `unit`, `building` or `area`.")
    grid: str | None = None
    building: str | None = None
    address: str | None = None
    unit: int | None = None
    room: str | None = None
    name: str = ""
    name_en: str = ""
    people: list[PersonOut]
    gap: str | None = Field(description="What is missing where nobody answers, in words.")


class ChainOut(Out):
    """Who answers for a place, from household to area."""

    grid: NamedOut | None
    levels: list[ChainLevelOut]
    units: list[ChainLevelOut] = Field(description="Of a building none of whose units was named.")


class MembersQuery(Asked):
    """Which members."""

    community: Code | None = Field(default=None, description="Code; else all in reach.")
    q: Wanted = Field(default="", description="Part of a name or code.")
    left: bool = Field(default=False, description="With those who have left.")


class CountsOut(Out):
    """How much somebody answers for."""

    areas: int
    buildings: int
    units: int
    households: int


class PairedOut(Out):
    """A work unit paired with the community (共建单位)."""

    name: str
    name_en: str


class MemberOut(Out):
    """A member of a team."""

    id: int
    code: str
    name: str
    role: str
    phone: str | None
    left_at: datetime | None
    community: NamedOut
    paired_unit: PairedOut | None
    counts: CountsOut


class MembersOut(Out):
    """Members, at most 200."""

    members: list[MemberOut]


class AnsweredOut(Out):
    """Something that a member answers for."""

    model_config = ConfigDict(extra="ignore")

    level: str
    grid: str | None = None
    grid_name: str | None = None
    grid_name_en: str | None = None
    compound: str | None = None
    compound_en: str | None = None
    building: str | None = None
    building_name: str | None = None
    address: str | None = None
    unit: int | None = None
    room: str | None = Field(default=None, description="Where the reader may see households.")


class AnswersForOut(Out):
    """All that a member answers for."""

    areas: list[AnsweredOut]
    buildings: list[AnsweredOut]
    units: list[AnsweredOut]
    households: list[AnsweredOut]


class HandedOut(Out):
    """When and why somebody handed over."""

    id: int
    handed_at: datetime
    reason: str


class MemberFullOut(MemberOut):
    """A member with all that they answer for."""

    answers_for: AnswersForOut
    handed_over: HandedOut | None


class SuccessorsIn(BaseModel):
    """Who takes over, by level."""

    model_config = ConfigDict(extra="forbid")

    area: Key | None = None
    building: Key | None = None
    unit: Key | None = None
    household: Key | None = None


class HandOverIn(BaseModel):
    """Whom all goes to that a member answers for."""

    model_config = ConfigDict(extra="forbid")

    to: Key | SuccessorsIn = Field(
        default=SuccessorsIn(),
        description="A member's key for everything, or one for each level; a level that is not"
        " named ends where others answer for the same.",
    )
    reason: Reason = Field(default="", description="Needed, unless it is a preview.")
    preview: bool = Field(default=False, description="Tell what would move, and do nothing.")

    def successors(self) -> dict[str, int]:
        """Return who takes over, by level."""
        if isinstance(self.to, int):
            return dict.fromkeys(SuccessorsIn.model_fields, self.to)
        return self.to.model_dump(exclude_none=True)


class MovedOut(AnsweredOut):
    """Something that is handed over, and what becomes of it."""

    successor: int | None
    fate: str = Field(description="`moves`, `merges`, `ends` (others answer), or `alone`.")


class HandOverOut(Out):
    """What became, or would become, of all that a member answers for."""

    done: bool
    moves: int
    merges: int
    ends: int
    alone: list[MovedOut] = Field(description="For which nobody would answer.")
    links: list[MovedOut]


class ShareOut(Out):
    """How many there are, and for how many nobody answers."""

    total: int
    alone: int


class HouseholdShareOut(Out):
    """How many households there are, and how many have somebody of their own."""

    total: int
    kept: int


class GridGapsOut(NamedOut):
    """How much of a grid nobody answers for."""

    community: NamedOut
    area: bool = Field(description="Whether nobody answers for the grid itself.")
    buildings: ShareOut
    units: ShareOut
    households: HouseholdShareOut | None


class GapsOut(Out):
    """How much nobody answers for, by grid."""

    grids: list[GridGapsOut]


class GapsQuery(Asked):
    """Of which community."""

    community: Code | None = Field(default=None, description="Code; else all in reach.")
