"""Departments, the duties (职责) merged from them with their deadlines, and paired units."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.core.answering import ANSWERERS
from geo.store.models.base import Base, CreatedAt, IdKey


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
    ``private`` duty never reach a public page. Here it stands as it is now; ``version`` is the
    number of the :class:`DutyVersion` that says so. A retired one is not offered any more.
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
    version: Mapped[int] = mapped_column(server_default="1")
    retired_at: Mapped[datetime | None]


class DutyVersion(Base):
    """A duty as one version of the catalogue (网格事项清单) has it; never changed.

    ``counts`` says what counts as such a case (立案条件), ``settled`` what it takes to be settled
    (结案条件). ``deadlines`` holds stage → ``{"amount", "unit"}``.
    """

    __tablename__ = "duty_version"
    __table_args__ = (
        CheckConstraint("kind IN ('component', 'event')", name="kind"),
        CheckConstraint(f"answers_first IN {ANSWERERS!r}", name="answers_first"),
        CheckConstraint("number > 0", name="number"),
    )

    duty_id: Mapped[int] = mapped_column(
        ForeignKey("duty.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    department_id: Mapped[int] = mapped_column(
        ForeignKey("department.id", ondelete="CASCADE"), index=True
    )
    private: Mapped[bool]
    answers_first: Mapped[str]
    counts: Mapped[str] = mapped_column(server_default="")
    counts_en: Mapped[str] = mapped_column(server_default="")
    settled: Mapped[str] = mapped_column(server_default="")
    settled_en: Mapped[str] = mapped_column(server_default="")
    deadlines: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    retired: Mapped[bool] = mapped_column(server_default=false())
    note: Mapped[str] = mapped_column(server_default="")
    made_by: Mapped[str] = mapped_column(server_default="")
    made_at: Mapped[CreatedAt]


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
