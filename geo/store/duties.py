"""Duties (职责), the departments that answer for them, and the calendar their deadlines run on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from sqlalchemy import BigInteger, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from geo.core.deadlines import Allowance
from geo.core.public_holidays import published_days
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
    from typing import Any

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from geo.core.worktime import WorkUnit


@dataclass(frozen=True, slots=True)
class StoredDuty:
    """A duty with its department, as one version of the catalogue has it."""

    id: int
    code: str
    department_id: int
    version: int
    retired: bool
    allowances: dict[str, Allowance]


def find_duty(session: Session, jurisdiction_id: int, code: str) -> StoredDuty | None:
    """Return a jurisdiction's duty of a code, if there is one."""
    rows = session.execute(
        select(
            Duty.id,
            Duty.code,
            Duty.department_id,
            Duty.version,
            Duty.retired_at,
            DutyDeadline.stage,
            DutyDeadline.amount,
            DutyDeadline.unit,
        )
        .outerjoin(DutyDeadline, DutyDeadline.duty_id == Duty.id)
        .where(Duty.jurisdiction_id == jurisdiction_id, Duty.code == code)
    ).all()
    if not rows:
        return None
    allowed = {one.stage: Allowance(one.amount, one.unit) for one in rows if one.stage}
    first = rows[0]
    retired = first.retired_at is not None
    return StoredDuty(first.id, first.code, first.department_id, first.version, retired, allowed)


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
    row = session.execute(_calendar(), {"home": jurisdiction_id}).one()
    weekly: dict[int, tuple[tuple[time, time], ...]] = {}
    open_hours = zip(row.weekdays or (), row.opens or (), row.closes or (), strict=True)
    for weekday, opens, closes in open_hours:
        weekly[weekday] = (*weekly.get(weekday, ()), (opens, closes))
    kinds = dict(zip(row.days or (), row.kinds or (), strict=True))
    return WorkCalendar(weekly, kinds, row.timezone, published_days(row.timezone))


@lru_cache(maxsize=1)
def _calendar() -> Select[*tuple[Any, ...]]:
    """Return the statement that reads all of a calendar as one row, made once."""
    home = bindparam("home", type_=BigInteger())
    by_hour = (WorkHours.weekday, WorkHours.opens)
    hours = (
        select(
            func.array_agg(aggregate_order_by(WorkHours.weekday, *by_hour)).label("weekdays"),
            func.array_agg(aggregate_order_by(WorkHours.opens, *by_hour)).label("opens"),
            func.array_agg(aggregate_order_by(WorkHours.closes, *by_hour)).label("closes"),
        )
        .where(WorkHours.jurisdiction_id == home)
        .subquery()
    )
    days = (
        select(
            func.array_agg(aggregate_order_by(CalendarDay.day, CalendarDay.day)).label("days"),
            func.array_agg(aggregate_order_by(CalendarDay.kind, CalendarDay.day)).label("kinds"),
        )
        .where(CalendarDay.jurisdiction_id == home)
        .subquery()
    )
    return (
        select(Jurisdiction.timezone, hours, days)
        .select_from(Jurisdiction)
        .join(hours, true())
        .join(days, true())
        .where(Jurisdiction.id == home)
    )
