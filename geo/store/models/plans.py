"""Drafts of plans (方案草稿): what they are drawn on, their log, their review, their jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, CreatedAt, IdKey, WKBElement, geometry

PLAN_STATES = ("open", "submitted", "returned", "approved", "published", "archived")
"""States of a draft: it is edited while it is open or returned."""

PLAN_ACTIONS = ("submit", "return", "approve", "recall", "publish", "withdraw", "archive")
"""Steps of a review; ``recall`` takes a submission back, ``withdraw`` a scheduled publication."""

JOB_STATES = ("waiting", "running", "done", "failed", "cancelled")


class PlanDraft(Base):
    """A draft: branched from a generation or from another draft, edited, reviewed, published.

    ``version`` is the number of its last log entry, written by the database. ``reviewed_version``
    is the version that was submitted.
    """

    __tablename__ = "plan_draft"
    __table_args__ = (
        CheckConstraint(f"state IN {PLAN_STATES!r}", name="state"),
        CheckConstraint("btrim(name) <> ''", name="name"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    jurisdiction_id: Mapped[int] = mapped_column(
        ForeignKey("jurisdiction.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    base_generation_id: Mapped[int | None] = mapped_column(
        ForeignKey("generation.id", ondelete="SET NULL"), index=True
    )
    parent_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("plan_draft.id", ondelete="SET NULL"), index=True
    )
    parent_version: Mapped[int | None]
    state: Mapped[str] = mapped_column(server_default="open")
    version: Mapped[int] = mapped_column(server_default="0")
    reviewed_version: Mapped[int | None]
    generation_id: Mapped[int | None] = mapped_column(
        ForeignKey("generation.id", ondelete="SET NULL"), index=True
    )
    created_by: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[CreatedAt]
    changed_at: Mapped[CreatedAt]


class PlanCell(Base):
    """A cell that a draft began with: a block, or a piece of one where a boundary cuts it.

    ``block_code`` is empty where no block lies. Never changed: the log says what became of it.
    """

    __tablename__ = "plan_cell"

    draft_id: Mapped[UUID] = mapped_column(
        ForeignKey("plan_draft.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    community_code: Mapped[str]
    block_code: Mapped[str] = mapped_column(server_default="")
    compound_code: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str] = mapped_column(server_default="")
    grid_id: Mapped[UUID | None]
    geom: Mapped[WKBElement] = geometry("MULTIPOLYGON")


class PlanGrid(Base):
    """A grid that a draft began with. Never changed: the log says what became of it."""

    __tablename__ = "plan_grid"
    __table_args__ = (CheckConstraint("kind IN ('general', 'dedicated')", name="kind"),)

    draft_id: Mapped[UUID] = mapped_column(
        ForeignKey("plan_draft.id", ondelete="CASCADE"), primary_key=True
    )
    grid_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    branch_name: Mapped[str] = mapped_column(server_default="")
    branch_name_en: Mapped[str] = mapped_column(server_default="")
    branch_phone: Mapped[str] = mapped_column(server_default="")


class PlanEntry(Base):
    """One entry of a draft's log: an edit, or the taking back of one. Only ever added to.

    The database gives ``seq``: one more than the draft's version. ``key`` is the editor's own, so
    that an edit sent twice is one. ``changes`` holds what was and what is, per cell and grid.
    """

    __tablename__ = "plan_entry"
    __table_args__ = (UniqueConstraint("draft_id", "key"),)

    draft_id: Mapped[UUID] = mapped_column(
        ForeignKey("plan_draft.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(FetchedValue(), primary_key=True, autoincrement=False)
    key: Mapped[UUID] = mapped_column(default=uuid4)
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    at: Mapped[CreatedAt]
    verb: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    undoes: Mapped[int | None]


class PlanMark(Base):
    """A named mark (标记) on a draft's log, to come back to."""

    __tablename__ = "plan_mark"
    __table_args__ = (
        UniqueConstraint("draft_id", "name"),
        CheckConstraint("btrim(name) <> ''", name="name"),
    )

    id: Mapped[IdKey]
    draft_id: Mapped[UUID] = mapped_column(ForeignKey("plan_draft.id", ondelete="CASCADE"))
    version: Mapped[int]
    name: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    at: Mapped[CreatedAt]


class PlanComment(Base):
    """A comment (批注) on a draft, pinned to a place or answering another."""

    __tablename__ = "plan_comment"
    __table_args__ = (
        CheckConstraint("btrim(text) <> ''", name="text"),
        CheckConstraint("num_nonnulls(geom, answers) = 1", name="pinned_or_answering"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    draft_id: Mapped[UUID] = mapped_column(
        ForeignKey("plan_draft.id", ondelete="CASCADE"), index=True
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    at: Mapped[CreatedAt]
    geom: Mapped[WKBElement | None] = geometry("POINT", nullable=True)
    answers: Mapped[UUID | None] = mapped_column(
        ForeignKey("plan_comment.id", ondelete="CASCADE"), index=True
    )
    text: Mapped[str]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )


class PlanShare(Base):
    """A link by which anybody may read one draft; its secret's digest."""

    __tablename__ = "plan_share"

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    draft_id: Mapped[UUID] = mapped_column(
        ForeignKey("plan_draft.id", ondelete="CASCADE"), index=True
    )
    created_by: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class PlanStep(Base):
    """A step of a draft's review: who, when, on which version, with which remark.

    Written by the function that takes the step, and by nothing else.
    """

    __tablename__ = "plan_step"
    __table_args__ = (CheckConstraint(f"action IN {PLAN_ACTIONS!r}", name="action"),)

    id: Mapped[IdKey]
    draft_id: Mapped[UUID] = mapped_column(
        ForeignKey("plan_draft.id", ondelete="CASCADE"), index=True
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    at: Mapped[CreatedAt]
    action: Mapped[str]
    version: Mapped[int]
    remark: Mapped[str] = mapped_column(server_default="")
    starts: Mapped[datetime | None]


class PlanJob(Base):
    """A proposal being computed in the background: what was asked, how far it is, what came out.

    A worker that takes it writes ``beat_at`` while it is at work; one that has stopped beating
    lost it, and another takes it. ``attempts`` counts how often it was taken: only its last taker
    says what came of it. One that was called off is ``cancelled`` at once.
    """

    __tablename__ = "plan_job"
    __table_args__ = (
        CheckConstraint(f"state IN {JOB_STATES!r}", name="state"),
        Index(
            "ix_plan_job_waiting", "created_at", postgresql_where="state IN ('waiting', 'running')"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    jurisdiction_id: Mapped[int] = mapped_column(
        ForeignKey("jurisdiction.id", ondelete="CASCADE"), index=True
    )
    draft_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("plan_draft.id", ondelete="CASCADE"), index=True
    )
    version: Mapped[int | None]
    kind: Mapped[str]
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    seed: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(server_default="waiting")
    progress: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    attempts: Mapped[int] = mapped_column(server_default="0")
    created_by: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[CreatedAt]
    beat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
