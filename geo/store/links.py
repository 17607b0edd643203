"""The issues behind a follow link (进度链接), and the names that its page needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select, text

from geo.store.models import Department, Issue, Jurisdiction

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


class Linked(NamedTuple):
    """The issue that was reported with a link, and the one that it follows; ``None``: none."""

    own: UUID | None
    followed: UUID | None


def linked_issues(session: Session) -> Linked:
    """Return what the follow secret that is held opens.

    Whose report was joined with another has both: the own one, and the one that stays.
    """
    own = session.scalar(select(Issue.id).where(Issue.follow_sha256 == func.asker_follow()))
    followed = session.scalar(text("SELECT asker_followed()"))
    return Linked(own, followed)


def department_names(session: Session, jurisdiction: str) -> dict[str, tuple[str, str]]:
    """Return Chinese and English name of every department of a jurisdiction, by code."""
    rows = session.execute(
        select(Department.code, Department.name, Department.name_en)
        .join(Jurisdiction, Jurisdiction.id == Department.jurisdiction_id)
        .where(Jurisdiction.slug == jurisdiction)
    )
    return {row.code: (row.name, row.name_en) for row in rows}
