"""Duties (职责), the departments that answer for them, and the calendar their deadlines run on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from sqlalchemy import select

from geo.core.deadlines import Allowance
from geo.core.worktime import WorkCalendar
from geo.store.models import (
    CalendarDay,
    Department,
    Duty,
    DutyDeadline,
    Jurisdiction,
    WorkHours,
)

if TYPE_CHECKING:
    from datetime import time

    from sqlalchemy.orm import Session

    from geo.core.worktime import KindOfDay, WorkUnit


@dataclass(frozen=True, slots=True)
class StoredDuty:
    """A duty with its department."""

    id: int
    code: str
    department_id: int
    allowances: dict[str, Allowance]


def find_duty(session: Session, jurisdiction_id: int, code: str) -> StoredDuty | None:
    """Return a jurisdiction's duty of a code, if there is one."""
    row = session.execute(
        select(Duty.id, Duty.code, Duty.department_id).where(
            Duty.jurisdiction_id == jurisdiction_id, Duty.code == code
        )
    ).one_or_none()
    if row is None:
        return None
    return StoredDuty(row.id, row.code, row.department_id, allowances(session, row.id))


def allowances(session: Session, duty_id: int) -> dict[str, Allowance]:
    """Return how long the stages of a duty may take."""
    rows = session.scalars(select(DutyDeadline).where(DutyDeadline.duty_id == duty_id))
    return {row.stage: Allowance(row.amount, cast("WorkUnit", row.unit)) for row in rows}


def find_department(session: Session, jurisdiction_id: int, code: str) -> int | None:
    """Return the key of a jurisdiction's department of a code, if there is one."""
    return session.scalar(
        select(Department.id).where(
            Department.jurisdiction_id == jurisdiction_id, Department.code == code
        )
    )


def work_calendar(session: Session, jurisdiction_id: int) -> WorkCalendar:
    """Return when the offices of a jurisdiction work."""
    zone = session.scalars(
        select(Jurisdiction.timezone).where(Jurisdiction.id == jurisdiction_id)
    ).one()
    hours = session.execute(
        select(WorkHours.weekday, WorkHours.opens, WorkHours.closes)
        .where(WorkHours.jurisdiction_id == jurisdiction_id)
        .order_by(WorkHours.weekday, WorkHours.opens)
    )
    weekly: dict[int, tuple[tuple[time, time], ...]] = {}
    for weekday, opens, closes in hours:
        weekly[weekday] = (*weekly.get(weekday, ()), (opens, closes))
    days = session.execute(
        select(CalendarDay.day, CalendarDay.kind).where(
            CalendarDay.jurisdiction_id == jurisdiction_id
        )
    )
    return WorkCalendar(weekly, {day: cast("KindOfDay", kind) for day, kind in days}, zone)
