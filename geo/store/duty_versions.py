"""The catalogue of duties (网格事项清单) with its versions, and amending it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb
from sqlalchemy import and_, func, select, text

from geo.store.engine import refusing_what_is_not_permitted
from geo.store.models import Department, Duty, DutyVersion, Jurisdiction
from geo.store.rules import BrokenRuleError, naming_the_rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sqlalchemy import RowMapping, Select
    from sqlalchemy.orm import Session


class DutyRuleError(BrokenRuleError):
    """An amendment breaks a rule of the database."""


def list_duties(
    session: Session, jurisdiction: str | None = None, *, retired: bool = False
) -> list[RowMapping]:
    """Return duties as they are now, by jurisdiction and code.

    Parameters
    ----------
    session
        A transaction.
    jurisdiction
        Slug; ``None`` for all.
    retired
        Whether those that are not offered any more are among them.
    """
    statement = _versions().where(DutyVersion.number == Duty.version)
    if jurisdiction is not None:
        statement = statement.where(Jurisdiction.slug == jurisdiction)
    if not retired:
        statement = statement.where(Duty.retired_at.is_(None))
    return list(session.execute(statement.order_by(Jurisdiction.slug, Duty.code)).mappings())


def duty_versions(session: Session, jurisdiction_id: int, code: str) -> list[RowMapping]:
    """Return the versions of a duty, newest first; empty when there is no such duty."""
    statement = _versions().where(Duty.jurisdiction_id == jurisdiction_id, Duty.code == code)
    return list(session.execute(statement.order_by(DutyVersion.number.desc())).mappings())


def duty_homes(session: Session, code: str | None) -> list[tuple[int, str]]:
    """Return keys and slugs of the jurisdictions that have a duty of a code; of all without one."""
    statement = select(Jurisdiction.id, Jurisdiction.slug).order_by(Jurisdiction.slug)
    if code is not None:
        statement = statement.join(Duty, Duty.jurisdiction_id == Jurisdiction.id).where(
            Duty.code == code
        )
    return [(row.id, row.slug) for row in session.execute(statement)]


def list_departments(session: Session, jurisdiction_id: int) -> list[RowMapping]:
    """Return a jurisdiction's departments by code."""
    statement = (
        select(Department.code, Department.name, Department.name_en)
        .where(Department.jurisdiction_id == jurisdiction_id)
        .order_by(Department.code)
    )
    return list(session.execute(statement).mappings())


def amended_jurisdictions(session: Session) -> list[int]:
    """Return the keys of the jurisdictions whose duties the asker amends."""
    found = session.scalar(select(func.asker_jurisdictions("administrator")))
    return list(found or ())


def amend_duty(
    session: Session,
    jurisdiction_id: int,
    code: str,
    expected: int | None,
    given: Mapping[str, Any],
) -> int:
    """Write a duty, or a further version of one, and return the version's number.

    Parameters
    ----------
    session
        On behalf of an administrator.
    jurisdiction_id, code
        Which duty.
    expected
        The version that is amended; ``None`` for a new duty.
    given
        All that the function ``amend_duty`` of the database takes.

    Raises
    ------
    DutyRuleError
        By the rules ``duty_code``, ``duty_department``, ``duty_unknown`` and
        ``duty_version_expected``.
    NotPermittedError
        When the asker is no administrator there.
    """
    values = {"home": jurisdiction_id, "code": code, "expected": expected, "given": Jsonb(given)}
    with naming_the_rule(DutyRuleError), refusing_what_is_not_permitted(), session.begin_nested():
        number: int = session.execute(_AMEND, values).scalar_one()
    return number


def _versions() -> Select[*tuple[Any, ...]]:
    told = ("name", "name_en", "kind", "private", "answers_first", "counts", "counts_en")
    more = ("settled", "settled_en", "deadlines", "retired", "note", "made_by", "made_at")
    return (
        select(
            Jurisdiction.slug.label("jurisdiction"),
            Duty.code,
            Duty.version.label("latest"),
            DutyVersion.number.label("version"),
            *(getattr(DutyVersion, name) for name in (*told, *more)),
            Department.code.label("department_code"),
            Department.name.label("department_name"),
            Department.name_en.label("department_name_en"),
        )
        .join(Duty, Duty.jurisdiction_id == Jurisdiction.id)
        .join(DutyVersion, and_(DutyVersion.duty_id == Duty.id))
        .join(Department, Department.id == DutyVersion.department_id)
    )


_AMEND = text("SELECT amend_duty(:home, :code, CAST(:expected AS integer), :given)")
