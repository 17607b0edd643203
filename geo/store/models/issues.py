"""Issues, their events, deadlines and photos; idempotency keys and the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, CreatedAt, IdKey, WKBElement, geometry

# A jurisdiction goes as a whole: what refers across its parts is looked at when all are gone.
AT_COMMIT: dict[str, Any] = {"deferrable": True, "initially": "DEFERRED"}


class Issue(Base):
    """Something found in a grid.

    ``reported_grid_id`` and ``reported_generation_id`` stay as they were when the issue came in;
    ``current_grid_id`` follows redraws and transfers until the issue is closed, then never moves.
    Where no grid answers, ``nearest_grid_id`` and ``distance_m`` help the triage. Whoever has the
    secret that ``follow_sha256`` is the digest of may follow it without an account.
    """

    __tablename__ = "issue"
    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "number"),
        CheckConstraint(
            "method IN ('inside', 'edge', 'nearest', 'outside', 'unit', 'none')", name="method"
        ),
        CheckConstraint("accuracy_m >= 0", name="accuracy_m"),
        CheckConstraint("distance_m >= 0", name="distance_m"),
        CheckConstraint(
            "(reported_grid_id IS NULL) = (method IN ('outside', 'none'))", name="routed"
        ),
        ForeignKeyConstraint(
            ["reported_generation_id", "reported_grid_id"],
            ["grid_version.generation_id", "grid_version.grid_id"],
            **AT_COMMIT,
        ),
        Index("ix_issue_reported", "reported_generation_id", "reported_grid_id"),
        Index("ix_issue_occurred_at", "jurisdiction_id", "occurred_at"),
        Index("ix_issue_state", "jurisdiction_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id", ondelete="CASCADE"))
    number: Mapped[str]
    state: Mapped[str]
    duty_id: Mapped[int | None] = mapped_column(ForeignKey("duty.id", **AT_COMMIT), index=True)
    department_id: Mapped[int | None] = mapped_column(
        ForeignKey("department.id", **AT_COMMIT), index=True
    )
    text: Mapped[str]
    location: Mapped[WKBElement | None] = geometry("POINT", nullable=True)
    given_datum: Mapped[str | None]
    accuracy_m: Mapped[float | None]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id", **AT_COMMIT), index=True)
    occurred_at: Mapped[datetime]
    received_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None]
    method: Mapped[str]
    distance_m: Mapped[float | None]
    confident: Mapped[bool]
    reported_generation_id: Mapped[int | None] = mapped_column(
        ForeignKey("generation.id", **AT_COMMIT)
    )
    reported_grid_id: Mapped[UUID | None]
    current_grid_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("grid.id", **AT_COMMIT), index=True
    )
    nearest_grid_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("grid.id", **AT_COMMIT), index=True
    )
    follow_sha256: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)


class IssueReporter(Base):
    """Who reported an issue: personal data, kept apart from what everyone at work may read."""

    __tablename__ = "issue_reporter"

    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(index=True)


class IssueNumber(Base):
    """The last number given to an issue of a jurisdiction in a year."""

    __tablename__ = "issue_number"

    jurisdiction_id: Mapped[int] = mapped_column(
        ForeignKey("jurisdiction.id", ondelete="CASCADE"), primary_key=True
    )
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class IssueEvent(Base):
    """One thing that happened to an issue; the history is only ever added to.

    ``jurisdiction_id`` is the issue's, written by a trigger: whole jurisdictions are read by it.
    """

    __tablename__ = "issue_event"
    __table_args__ = (UniqueConstraint("issue_id", "sequence"),)

    id: Mapped[IdKey]
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"))
    jurisdiction_id: Mapped[int] = mapped_column(BigInteger, FetchedValue())
    sequence: Mapped[int]
    at: Mapped[datetime]
    action: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    actor: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    note: Mapped[str] = mapped_column(server_default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class IssueDeadline(Base):
    """When a stage of an issue's handling is due."""

    __tablename__ = "issue_deadline"

    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True
    )
    stage: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(index=True)


class IssuePhoto(Base):
    """A photo, encoded anew without its metadata; where and when it was taken stand beside it."""

    __tablename__ = "issue_photo"
    __table_args__ = (UniqueConstraint("issue_id", "position"),)

    id: Mapped[IdKey]
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"))
    position: Mapped[int]
    media_type: Mapped[str]
    width_px: Mapped[int | None]
    height_px: Mapped[int | None]
    taken_at: Mapped[datetime | None]
    location: Mapped[WKBElement | None] = geometry("POINT", nullable=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class IdempotencyKey(Base):
    """An answer already given to a request that may come again."""

    __tablename__ = "idempotency_key"

    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"), index=True)
    response: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]


class OutboxMessage(Base):
    """A side effect to carry out once the transaction that wrote it has committed."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_waiting", "id", postgresql_where="delivered_at IS NULL"),)

    id: Mapped[IdKey]
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
    delivered_at: Mapped[datetime | None]
