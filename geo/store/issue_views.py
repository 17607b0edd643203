"""The statement that reads issues together with the names that go with their keys."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import Float, Integer, and_, func, or_, select, true
from sqlalchemy.orm import aliased

from geo.store.models import (
    Building,
    Community,
    Department,
    Duty,
    DutyVersion,
    Generation,
    GridVersion,
    Issue,
    IssueDeadline,
    IssuePhoto,
    Jurisdiction,
    PartyBranch,
    Street,
    Unit,
)

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Select

REPORTED = aliased(GridVersion, name="reported")
"""The grid as the issue was reported, by the generation it was reported under."""

NEAREST = aliased(GridVersion, name="nearest")
CURRENT = aliased(GridVersion, name="current")
"""The grid that has the issue, as it is drawn now, or was when the issue ended."""

IN_FORCE = aliased(Generation, name="in_force")
ORIGINAL = aliased(Issue, name="original")
"""The issue that stays, of a duplicate."""

DUE = (
    select(
        IssueDeadline.stage,
        IssueDeadline.due_at,
        IssueDeadline.paused_at,
        (IssueDeadline.due_at < func.coalesce(IssueDeadline.paused_at, func.now())).label(
            "overdue"
        ),
    )
    .where(
        IssueDeadline.issue_id == Issue.id,
        IssueDeadline.started_at.is_not(None),
        IssueDeadline.met_at.is_(None),
    )
    .order_by(IssueDeadline.due_at)
    .limit(1)
    .correlate(Issue)
    .lateral("due")
)
"""The running clock of an issue that is due first."""


@lru_cache(maxsize=1)
def issue_views() -> Select[*tuple[Any, ...]]:
    """Return the statement, made once: putting it together takes longer than running it."""
    statement = select(*_own_columns(), *_names()).select_from(Issue)
    return _with_places(_with_grids(statement))


def _own_columns() -> list[Any]:
    return [
        Issue.id,
        Issue.jurisdiction_id,
        Issue.number,
        Issue.state,
        Issue.text,
        Issue.occurred_at,
        Issue.received_at,
        Issue.closed_at,
        func.ST_X(Issue.location, type_=Float()).label("lon"),
        func.ST_Y(Issue.location, type_=Float()).label("lat"),
        Issue.given_datum,
        Issue.accuracy_m,
        Issue.method,
        Issue.distance_m,
        Issue.confident,
        Issue.unit_id,
        Issue.duty_id,
        Issue.current_grid_id,
        Issue.reported_grid_id,
        Issue.department_id,
        Issue.duty_version,
        Issue.source,
        Issue.public,
        Issue.transfers,
        Issue.escalated_at,
        func.issue_version(Issue.id, type_=Integer()).label("version"),
        _photos_count().label("photos_count"),
        ORIGINAL.id.label("original_id"),
        ORIGINAL.number.label("original_number"),
        DUE.c.stage.label("due_stage"),
        DUE.c.due_at.label("due_at"),
        DUE.c.paused_at.label("due_paused_at"),
        DUE.c.overdue.label("due_overdue"),
    ]


def _photos_count() -> Any:
    return (
        select(func.count())
        .select_from(IssuePhoto)
        .where(IssuePhoto.issue_id == Issue.id)
        .correlate(Issue)
        .scalar_subquery()
    )


def _names() -> list[Any]:
    return [
        Jurisdiction.slug.label("jurisdiction"),
        Jurisdiction.timezone,
        func.coalesce(or_(Duty.private, DutyVersion.private), Duty.private, False).label("private"),
        Generation.label.label("generation"),
        Generation.number.label("generation_number"),
        REPORTED.kind.label("grid_kind"),
        PartyBranch.name.label("branch_name"),
        PartyBranch.name_en.label("branch_name_en"),
        PartyBranch.phone.label("branch_phone"),
        Building.code.label("building"),
        Building.id.label("building_id"),
        Unit.number.label("unit"),
        Duty.code.label("duty_code"),
        func.coalesce(DutyVersion.name, Duty.name).label("duty_name"),
        func.coalesce(DutyVersion.name_en, Duty.name_en).label("duty_name_en"),
        *_named(Department, "department"),
        *_named(REPORTED, "grid"),
        *_named(Community, "community"),
        *_named(Street, "street"),
        *_named(NEAREST, "nearest"),
        *_named(CURRENT, "current"),
    ]


def _named(source: Any, prefix: str) -> list[Any]:
    return [getattr(source, name).label(f"{prefix}_{name}") for name in ("code", "name", "name_en")]


def _with_grids(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    ended_or_now = func.coalesce(Issue.closed_at, func.now())
    return (
        statement.join(Jurisdiction, Jurisdiction.id == Issue.jurisdiction_id)
        .outerjoin(Generation, Generation.id == Issue.reported_generation_id)
        .outerjoin(REPORTED, _drawn(REPORTED, Issue.reported_generation_id, Issue.reported_grid_id))
        .outerjoin(NEAREST, _drawn(NEAREST, Issue.reported_generation_id, Issue.nearest_grid_id))
        .outerjoin(
            IN_FORCE,
            and_(
                IN_FORCE.jurisdiction_id == Issue.jurisdiction_id,
                IN_FORCE.validity.contains(ended_or_now),
            ),
        )
        .outerjoin(
            CURRENT,
            or_(
                _drawn(CURRENT, IN_FORCE.id, Issue.current_grid_id),
                and_(
                    IN_FORCE.id.is_(None),
                    _drawn(CURRENT, Issue.reported_generation_id, Issue.current_grid_id),
                ),
            ),
        )
    )


def _drawn(version: Any, generation_id: Any, grid_id: Any) -> Any:
    return and_(version.generation_id == generation_id, version.grid_id == grid_id)


def _with_places(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        statement.outerjoin(Duty, Duty.id == Issue.duty_id)
        .outerjoin(
            DutyVersion,
            and_(DutyVersion.duty_id == Issue.duty_id, DutyVersion.number == Issue.duty_version),
        )
        .outerjoin(ORIGINAL, ORIGINAL.id == Issue.duplicate_of_id)
        .outerjoin(DUE, true())
        .outerjoin(Department, Department.id == Issue.department_id)
        .outerjoin(Community, Community.id == REPORTED.community_id)
        .outerjoin(Street, Street.id == Community.street_id)
        .outerjoin(PartyBranch, PartyBranch.grid_id == Issue.reported_grid_id)
        .outerjoin(Unit, Unit.id == Issue.unit_id)
        .outerjoin(Building, Building.id == Unit.building_id)
    )
