"""Typed tables, one module an aggregate."""

from geo.store.models.base import WGS84, Base, SqlFile
from geo.store.models.duties import Department, Duty, DutyDeadline, PairedUnit
from geo.store.models.grids import Generation, Grid, GridVersion, PartyBranch
from geo.store.models.ground import Road, Water
from geo.store.models.issues import (
    IdempotencyKey,
    Issue,
    IssueDeadline,
    IssueEvent,
    IssueNumber,
    IssuePhoto,
    OutboxMessage,
)
from geo.store.models.jurisdiction import CalendarDay, Community, Jurisdiction, Street, WorkHours
from geo.store.models.people import Member, Responsibility
from geo.store.models.places import (
    Block,
    Building,
    Compound,
    Household,
    Unit,
    UnitAssignment,
    UnitOverride,
)
from geo.store.models.stations import OpeningRule, Station

__all__ = [
    "WGS84",
    "Base",
    "Block",
    "Building",
    "CalendarDay",
    "Community",
    "Compound",
    "Department",
    "Duty",
    "DutyDeadline",
    "Generation",
    "Grid",
    "GridVersion",
    "Household",
    "IdempotencyKey",
    "Issue",
    "IssueDeadline",
    "IssueEvent",
    "IssueNumber",
    "IssuePhoto",
    "Jurisdiction",
    "Member",
    "OpeningRule",
    "OutboxMessage",
    "PairedUnit",
    "PartyBranch",
    "Responsibility",
    "Road",
    "SqlFile",
    "Station",
    "Street",
    "Unit",
    "UnitAssignment",
    "UnitOverride",
    "Water",
    "WorkHours",
]
