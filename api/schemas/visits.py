"""Visits to households: as they come in, and as they are answered."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.issues import LARGEST_KEY, In
from api.schemas.locating import Out
from api.schemas.values import Instant, NoNul

MOST_REMARK = 2000

Remark = Annotated[str, StringConstraints(max_length=MOST_REMARK, strip_whitespace=True), NoNul]


class VisitIn(In):
    """A visit to a household."""

    id: UUID = Field(description="Made by whoever writes it down: the same one again is kept once.")
    household: int = Field(ge=1, le=LARGEST_KEY, description="Key of the household.")
    visited_at: Instant = Field(description="Not in the future.")
    remark: Remark = ""


class VisitOut(Out):
    """A visit."""

    id: UUID
    visited_at: str
    visitor: str
    remark: str
    received_at: str


class DoorOut(Out):
    """A household by its door."""

    id: int
    jurisdiction: str
    building: str
    unit: int
    unit_name: str
    room: str


class KeptVisitOut(VisitOut):
    """A visit that was just written down."""

    household: DoorOut


class VisitsOut(Out):
    """The latest visits to a household, the latest first."""

    household: DoorOut
    visits: list[VisitOut]
