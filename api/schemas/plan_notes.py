"""Marks, comments and links of drafts, as they come in and as they are answered."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.issues import In
from api.schemas.locating import Out
from api.schemas.plans import PersonOut, Version
from api.schemas.values import MOST_TEXT, Code, NoNul

MOST_DAYS = 366

Said = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_TEXT, strip_whitespace=True), NoNul
]


class MarkIn(In):
    """A name for a version."""

    name: Code
    version: Version | None = Field(default=None, description="By default the last.")


class MarkOut(Out):
    """A named version (标记)."""

    id: int
    version: int
    name: str
    by: PersonOut | None
    at: datetime


class MarksOut(Out):
    """Marks, in order of their versions."""

    marks: list[MarkOut]


class CommentIn(In):
    """A comment on a position in WGS 84, or an answer to another one."""

    text: Said
    lon: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    answers: UUID | None = None

    @model_validator(mode="after")
    def check_place(self) -> Self:
        """Make sure that it is pinned to one place, or answers."""
        pinned = self.lon is not None and self.lat is not None
        half = (self.lon is None) != (self.lat is None)
        if half or pinned == (self.answers is not None):
            kind = "comment_placed_once"
            raise PydanticCustomError(kind, "place it once")
        return self

    def place(self) -> tuple[float, float] | UUID:
        """Return where it is pinned, or what it answers."""
        if self.lon is None or self.lat is None:
            return self.answers or UUID(int=0)
        return self.lon, self.lat


class ResolvedIn(In):
    """Whether a comment is done with."""

    resolved: StrictBool


class CommentOut(Out):
    """A comment (批注)."""

    id: UUID
    by: PersonOut | None
    at: datetime
    lon: float | None
    lat: float | None
    answers: UUID | None
    text: str
    resolved: bool
    resolved_at: datetime | None
    resolved_by: PersonOut | None


class CommentsOut(Out):
    """Comments, the oldest first."""

    comments: list[CommentOut]


class ShareIn(In):
    """For how long a link lets its holder read."""

    days: int = Field(ge=1, le=MOST_DAYS)


class ShareOut(Out):
    """A link that lets its holder read, without its secret."""

    key: str
    by: PersonOut | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    holds: bool = Field(description="Whether it has neither expired nor been taken back.")


class ShareMadeOut(ShareOut):
    """A link, with its secret: told once."""

    url: str = Field(description="Without a host where the service does not know its own.")
    secret: str


class SharesOut(Out):
    """Links, the latest first."""

    shares: list[ShareOut]
