"""Departments, the duties (职责) merged from them with their deadlines, and paired units."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, IdKey


class Department(Base):
    """A department of the jurisdiction's government."""

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("jurisdiction_id", "code"),)

    id: Mapped[IdKey]
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id", ondelete="CASCADE"))
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]


class Duty(Base):
    """Something a grid looks after, and the department that answers for it.

    ``kind`` is ``component`` (部件: a thing with an owner) or ``event`` (事件). The cases of a
    ``private`` duty never reach a public page.
    """

    __tablename__ = "duty"
    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "code"),
        CheckConstraint("kind IN ('component', 'event')", name="kind"),
    )

    id: Mapped[IdKey]
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id", ondelete="CASCADE"))
    department_id: Mapped[int] = mapped_column(
        ForeignKey("department.id", ondelete="CASCADE"), index=True
    )
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    private: Mapped[bool]


class DutyDeadline(Base):
    """How long a stage of a duty's handling may take, in working time."""

    __tablename__ = "duty_deadline"
    __table_args__ = (
        CheckConstraint("stage IN ('dispatch', 'accept', 'handle', 'feed_back')", name="stage"),
        CheckConstraint("unit IN ('work_hour', 'work_day')", name="unit"),
        CheckConstraint("amount > 0", name="amount"),
    )

    duty_id: Mapped[int] = mapped_column(
        ForeignKey("duty.id", ondelete="CASCADE"), primary_key=True
    )
    stage: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]
    unit: Mapped[str]


class PairedUnit(Base):
    """A work unit (共建单位) paired with a community."""

    __tablename__ = "paired_unit"
    __table_args__ = (UniqueConstraint("community_id", "code"),)

    id: Mapped[IdKey]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
