"""The audit trail (审计记录): who did what to which row, and who read personal details."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base


class AuditEntry(Base):
    """One entry of the chain; ``sha256`` covers the entry and the one before it.

    Only ever added to. ``actor`` is the account's name as it was, so that it outlives the account.
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
