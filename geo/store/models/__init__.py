"""Typed tables, one module an aggregate."""

from geo.store.models.accounts import (
    ACCOUNT_ROLES,
    AT_WORK,
    Account,
    AccountBrowser,
    AccountIdentity,
    AccountRole,
    AccountSession,
    ApiToken,
    LoginAttempt,
    ServiceLogin,
    SignInFlow,
)
from geo.store.models.audit import AuditCut, AuditEntry, AuditHead, AuditPending, JobRun
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
    IssueReporter,
    OutboxMessage,
)
from geo.store.models.jurisdiction import CalendarDay, Community, Jurisdiction, Street, WorkHours
from geo.store.models.people import Member, Resident, Responsibility
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
    "ACCOUNT_ROLES",
    "AT_WORK",
    "WGS84",
    "Account",
    "AccountBrowser",
    "AccountIdentity",
    "AccountRole",
    "AccountSession",
    "ApiToken",
    "AuditCut",
    "AuditEntry",
    "AuditHead",
    "AuditPending",
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
    "IssueReporter",
    "JobRun",
    "Jurisdiction",
    "LoginAttempt",
    "Member",
    "OpeningRule",
    "OutboxMessage",
    "PairedUnit",
    "PartyBranch",
    "Resident",
    "Responsibility",
    "Road",
    "ServiceLogin",
    "SignInFlow",
    "SqlFile",
    "Station",
    "Street",
    "Unit",
    "UnitAssignment",
    "UnitOverride",
    "Water",
    "WorkHours",
]
