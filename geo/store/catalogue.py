"""The catalogue of duties (事项清单) and the calendar of every jurisdiction, for memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from sqlalchemy import select, text

from geo.core.deadlines import Allowance
from geo.store.duties import work_calendar
from geo.store.generations import Named
from geo.store.jurisdictions import jurisdictions
from geo.store.models import Department, Duty, DutyDeadline

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from geo.core.worktime import WorkCalendar, WorkUnit
    from geo.store.jurisdictions import JurisdictionKey


@dataclass(frozen=True, slots=True, eq=False)
class KnownDuty:
    """A duty as it is now, with its department.

    Parameters
    ----------
    id, version
        Key, and the number of the version that says so.
    duty, department
        Codes and names.
    department_id
        The department's key.
    private
        Whether its cases are kept from the public.
    retired
        Whether it is not offered any more.
    allowances
        How long its stages may take.
    """

    id: int
    version: int
    duty: Named
    department: Named
    department_id: int
    private: bool
    retired: bool
    allowances: dict[str, Allowance]


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """What a jurisdiction's cases are judged by: its duties, by code, and its calendar.

    Equal to itself alone, as its duties are: what is worked out by one may be kept with it.
    """

    home: JurisdictionKey
    duties: dict[str, KnownDuty]
    calendar: WorkCalendar


def read_catalogues(session: Session) -> dict[str, Catalogue]:
    """Return the catalogue of every jurisdiction, by slug."""
    duties = _duties(session)
    return {
        home.slug: Catalogue(home, duties[home.id], work_calendar(session, home.id))
        for home in jurisdictions(session)
    }


def catalogues_stamp(session: Session) -> str:
    """Return what changes whenever :func:`read_catalogues` would return something else."""
    stamp: str = session.execute(_STAMP).scalar_one()
    return stamp


def _duties(session: Session) -> defaultdict[int, dict[str, KnownDuty]]:
    allowed: defaultdict[int, dict[str, Allowance]] = defaultdict(dict)
    for one in session.scalars(select(DutyDeadline)):
        allowed[one.duty_id][one.stage] = Allowance(one.amount, cast("WorkUnit", one.unit))
    found: defaultdict[int, dict[str, KnownDuty]] = defaultdict(dict)
    statement = select(Duty, Department).join(Department, Department.id == Duty.department_id)
    for duty, department in session.execute(statement):
        found[duty.jurisdiction_id][duty.code] = KnownDuty(
            duty.id,
            duty.version,
            Named(duty.code, duty.name, duty.name_en),
            Named(department.code, department.name, department.name_en),
            department.id,
            duty.private,
            duty.retired_at is not None,
            allowed[duty.id],
        )
    return found


_STAMP = text("""
    SELECT concat_ws('/',
        (SELECT sum(hashtextextended(concat_ws('/', id, slug, timezone), 1)) FROM jurisdiction),
        (SELECT sum(hashtextextended(duty::text, 2)) FROM duty),
        (SELECT sum(hashtextextended(duty_deadline::text, 3)) FROM duty_deadline),
        (SELECT sum(hashtextextended(department::text, 4)) FROM department),
        (SELECT sum(hashtextextended(work_hours::text, 5)) FROM work_hours),
        (SELECT sum(hashtextextended(calendar_day::text, 6)) FROM calendar_day))
""")
