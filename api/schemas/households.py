"""Households and reporters: masked, and unmasked on purpose."""

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.locating import Asked, Out
from api.schemas.values import Code
from geo.core.purposes import Purpose


class HouseholdsQuery(Asked):
    """Which building."""

    building: Code = Field(description="Code.")
    jurisdiction: Code | None = Field(default=None, description="Slug, where codes repeat.")


class PurposeIn(BaseModel):
    """What for personal details are looked at; noted in the audit trail."""

    model_config = ConfigDict(extra="forbid")

    purpose: Purpose


class ResidentOut(Out):
    """Somebody who lives there."""

    name: str
    phone: str
    remark: str


class BuildingOut(Out):
    """A building."""

    code: str
    name: str
    address: str
    compound: str
    jurisdiction: str


class HouseholdOut(Out):
    """A household and its residents."""

    id: int
    unit: int
    unit_name: str
    room: str
    people: int
    masked: bool = Field(description="Whether the residents' details are masked.")
    residents: list[ResidentOut]


class UnmaskedHouseholdOut(HouseholdOut):
    """A household, its residents unmasked."""

    building: str
    jurisdiction: str


class HouseholdsOut(Out):
    """A building's households in the reader's territory."""

    building: BuildingOut
    households: list[HouseholdOut]


class ReporterOut(Out):
    """Who reported an issue."""

    name: str
    phone: str
