"""Issues, their events, deadlines and photos; followers; idempotency keys, outbox, deliveries."""

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
    false,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, CreatedAt, IdKey, WKBElement, geometry

# A jurisdiction goes as a whole: what refers across its parts is looked at when all are gone.
AT_COMMIT: dict[str, Any] = {"deferrable": True, "initially": "DEFERRED"}

SOURCES = ("resident", "worker", "staff", "program", "import")
"""Who an issue came from: a resident, a grid worker, other staff, a program, a file."""

RUNNING = "started_at IS NOT NULL AND met_at IS NULL AND paused_at IS NULL"
"""Of the clock of a stage: whether it runs."""

DELIVERY_STATES = ("pending", "sent", "acknowledged", "failed", "by_link")
"""How far a delivery is: waiting or to be tried again, taken by the other side, confirmed by it,
given up; or left to the follow link, where no number is known."""


class Issue(Base):
    """Something found in a grid.

    ``reported_grid_id`` and ``reported_generation_id`` stay as they were when the issue came in;
    ``current_grid_id`` follows redraws and transfers until the issue is closed, then never moves.
    Where no grid answers, ``nearest_grid_id`` and ``distance_m`` help the triage. Whoever has the
    secret that ``follow_sha256`` is the digest of may follow it without an account.

    ``duty_version`` is the version of the catalogue (事项清单) that it is judged by. A duplicate
    names the issue that stays. ``transfers`` (移交) counts how often it was sent elsewhere, and
    ``escalated_at`` is since when it is the street's. Residents see an issue near theirs only when
    somebody at work has made it ``public``.
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
        CheckConstraint(f"source IN {SOURCES!r}", name="source"),
        CheckConstraint("transfers >= 0", name="transfers"),
        CheckConstraint("duplicate_of_id <> id", name="duplicate_of_another"),
        ForeignKeyConstraint(
            ["duty_id", "duty_version"],
            ["duty_version.duty_id", "duty_version.number"],
            **AT_COMMIT,
        ),
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
    source: Mapped[str] = mapped_column(server_default="resident")
    public: Mapped[bool] = mapped_column(server_default=false())
    duty_version: Mapped[int | None]
    duplicate_of_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("issue.id", ondelete="SET NULL"), index=True
    )
    transfers: Mapped[int] = mapped_column(server_default="0")
    escalated_at: Mapped[datetime | None]


class IssueReporter(Base):
    """Who reported an issue: personal data, kept apart from what everyone at work may read."""

    __tablename__ = "issue_reporter"

    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(index=True)


class IssueFollower(Base):
    """Somebody who follows an issue instead of reporting it again.

    Residents have a secret of their own, of which the digest is kept; staff have their account.
    Name and number are personal data, kept only to tell them what came of it.
    """

    __tablename__ = "issue_follower"
    __table_args__ = (
        UniqueConstraint("issue_id", "account_id"),
        CheckConstraint("num_nonnulls(follow_sha256, account_id) = 1", name="one_follower"),
    )

    id: Mapped[IdKey]
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"), index=True)
    follow_sha256: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(index=True)
    text: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]


class IssueEvent(Base):
    """One thing that happened to an issue; the history is only ever added to.

    ``jurisdiction_id`` is the issue's, written by a trigger: whole jurisdictions are read by it.
    So are ``from_grid_id`` and ``from_department_id``, who had the issue until then: whoever it is
    taken from is told by them. The first event has neither.
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
    from_grid_id: Mapped[UUID | None] = mapped_column(FetchedValue())
    from_department_id: Mapped[int | None] = mapped_column(BigInteger, FetchedValue())
    actor: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    note: Mapped[str] = mapped_column(server_default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class IssueDeadline(Base):
    """The clock of one stage of an issue's handling.

    It runs from ``started_at`` until ``met_at``, and stands still since ``paused_at``. A stage that
    has not begun has a forecast alone. ``amount`` and ``unit`` are what the catalogue allows;
    ``extensions`` counts how often somebody has set another time. One reminder is written at
    ``remind_at``, and one escalation at ``due_at``: the row with its times is the queue.
    """

    __tablename__ = "issue_deadline"
    __table_args__ = (
        CheckConstraint("met_at >= started_at", name="met_after_start"),
        CheckConstraint("paused_at >= started_at", name="paused_after_start"),
        CheckConstraint("due_at >= started_at", name="due_after_start"),
        CheckConstraint("unit IN ('work_hour', 'work_day')", name="unit"),
        Index(
            "ix_issue_deadline_running",
            "due_at",
            postgresql_where=f"{RUNNING} AND escalated_at IS NULL",
        ),
        Index(
            "ix_issue_deadline_remind",
            "remind_at",
            postgresql_where=f"{RUNNING} AND reminded_at IS NULL",
        ),
    )

    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True
    )
    stage: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(index=True)
    started_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    amount: Mapped[int | None]
    unit: Mapped[str | None]
    extensions: Mapped[int] = mapped_column(server_default="0")
    remind_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]


class IssuePhoto(Base):
    """A photo, encoded anew without its metadata; where and when it was taken stand beside it.

    ``event_sequence`` is the event that it came with: 1 is the report itself.
    """

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
    event_sequence: Mapped[int] = mapped_column(server_default="1")


class IdempotencyKey(Base):
    """An answer already given to a request that may come again: about an issue or a booking."""

    __tablename__ = "idempotency_key"
    __table_args__ = (CheckConstraint("num_nonnulls(issue_id, booking_id) = 1", name="about_one"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    issue_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("issue.id", ondelete="CASCADE"), index=True
    )
    booking_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("booking.id", ondelete="CASCADE"), index=True
    )
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


class Delivery(Base):
    """Something to be told to somebody outside, and how far that is.

    ``endpoint`` names where it goes: ``feedback`` is the gateway that reaches phones. It is about
    an event of an issue, or a booking: its reminder, or that the station is closed then. Whom it is
    for is looked up when it is sent: ``follower_id`` a follower, else the reporter; or whoever has
    booked.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint(f"state IN {DELIVERY_STATES!r}", name="state"),
        CheckConstraint("attempts >= 0", name="attempts"),
        UniqueConstraint(
            "issue_id",
            "event_sequence",
            "endpoint",
            "follower_id",
            "booking_id",
            "notice",
            name="uq_delivery_about",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("num_nonnulls(issue_id, booking_id) = 1", name="about_one"),
        CheckConstraint("(issue_id IS NULL) = (event_sequence IS NULL)", name="event"),
        CheckConstraint(
            "(booking_id IS NULL) = (notice IS NULL) AND notice IN ('reminder', 'closure')",
            name="notice",
        ),
        Index("ix_delivery_waiting", "next_at", postgresql_where="state = 'pending'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    jurisdiction_id: Mapped[int] = mapped_column(
        ForeignKey("jurisdiction.id", ondelete="CASCADE"), index=True
    )
    issue_id: Mapped[UUID | None] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"))
    event_sequence: Mapped[int | None]
    booking_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("booking.id", ondelete="CASCADE"), index=True
    )
    notice: Mapped[str | None]
    endpoint: Mapped[str]
    follower_id: Mapped[int | None] = mapped_column(
        ForeignKey("issue_follower.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[CreatedAt]
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]
    status: Mapped[int | None]
    last_error: Mapped[str] = mapped_column(server_default="")
