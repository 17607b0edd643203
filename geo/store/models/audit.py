"""The audit trail (审计记录): who did what to which row, and who read personal details."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, CreatedAt, IdKey


class AuditEntry(Base):
    """One entry of the chain; ``sha256`` covers the entry and the one before it.

    Only ever added to, by the database itself when a transaction commits. It holds no personal
    data, so that nobody ever has to be erased from it: an account is its number, and ``actor`` is
    ``account:17``, ``resident``, ``service``, the name of a command or ``database:`` and a role.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_row", "table_name", "row_key"),
        Index("ix_audit_entry_account", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str]
    jurisdiction_id: Mapped[int | None] = mapped_column(BigInteger)
    action: Mapped[str]
    table_name: Mapped[str]
    row_key: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    request_id: Mapped[str | None]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)


class AuditHead(Base):
    """The end of the chain: how many entries there are, and the digest of the last."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("sole", name="sole"),)

    sole: Mapped[bool] = mapped_column(primary_key=True, server_default="true")
    entries: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)


class AuditPending(Base):
    """An entry of a transaction that has not committed; empty for everyone else."""

    __tablename__ = "audit_pending"
    __table_args__ = (
        Index("ix_audit_pending_transaction", "transaction_id", "id"),
        Index("ix_audit_pending_mark", "transaction_id", postgresql_where="action = ''"),
        {"prefixes": ["UNLOGGED"]},
    )

    id: Mapped[IdKey]
    transaction_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[CreatedAt]
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str]
    jurisdiction_id: Mapped[int | None] = mapped_column(BigInteger)
    action: Mapped[str]
    table_name: Mapped[str]
    row_key: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    request_id: Mapped[str | None]


class AuditCut(Base):
    """Where the beginning of the chain was cut off when its time was over.

    ``entries`` is the number of the last entry that went, ``sha256`` its digest: the first that is
    left continues from there. Writing a row here is the one way to make entries go.
    """

    __tablename__ = "audit_cut"

    entries: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    cut_at: Mapped[CreatedAt]


class JobRun(Base):
    """When a job that the service does by itself last ended, and what it did."""

    __tablename__ = "job_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    ended_at: Mapped[CreatedAt]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
