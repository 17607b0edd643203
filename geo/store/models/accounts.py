"""Accounts (账号): who may sign in, what each may do and where, and what is open for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, CreatedAt, IdKey

AT_WORK = ("grid_worker", "community_staff", "street_dispatcher", "department_handler")
"""Roles that handle cases: 网格员, 社区工作人员, 街道派单员, 部门经办人."""

ACCOUNT_ROLES = (*AT_WORK, "planner", "auditor", "administrator")
"""What an account may be: the former, 规划员, 审计员 or 管理员."""


class Account(Base):
    """Somebody who signs in; the name counts without regard to case.

    ``password_hash`` is empty for those who come only by OpenID Connect. ``demonstration``
    accounts belong to made-up cities and are never made elsewhere.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("name ~ '^[^[:space:]]{1,64}$'", name="name"),
        CheckConstraint("btrim(display_name) <> ''", name="display_name"),
        Index("uq_account_name", text("lower(name)"), unique=True),
    )

    id: Mapped[IdKey]
    name: Mapped[str]
    display_name: Mapped[str]
    password_hash: Mapped[str | None]
    password_changed_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(server_default=false())
    demonstration: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    disabled_at: Mapped[datetime | None]


class AccountRole(Base):
    """One role of an account, with its territory (辖域).

    Territories are named by what outlives a new load of the jurisdiction: its slug, and as
    ``place`` the code of a street, community or department, or a grid's UUID. An auditor or
    administrator without a jurisdiction is one of all.
    """

    __tablename__ = "account_role"
    __table_args__ = (
        CheckConstraint(f"role IN {ACCOUNT_ROLES!r}", name="role"),
        CheckConstraint(
            "(place IS NOT NULL) = (role IN"
            " ('grid_worker', 'community_staff', 'street_dispatcher', 'department_handler'))",
            name="place",
        ),
        CheckConstraint(
            "jurisdiction IS NOT NULL OR role IN ('auditor', 'administrator')",
            name="jurisdiction",
        ),
        Index(
            "uq_account_role_once",
            "account_id",
            "role",
            "jurisdiction",
            "place",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[IdKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    role: Mapped[str]
    jurisdiction: Mapped[str | None]
    place: Mapped[str | None]
    granted_at: Mapped[CreatedAt]
    granted_by: Mapped[str]


class AccountIdentity(Base):
    """The account that an OpenID Connect provider's subject stands for."""

    __tablename__ = "account_identity"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    linked_at: Mapped[CreatedAt]


class AccountSession(Base):
    """A signed-in browser; only the digest of its token is kept."""

    __tablename__ = "account_session"

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    csrf_token: Mapped[str]
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str]
    agent: Mapped[str]


class ApiToken(Base):
    """A personal token for programs, with what it may be used for and until when."""

    __tablename__ = "api_token"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[IdKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    name: Mapped[str]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AccountBrowser(Base):
    """A browser that has signed in before; only the digest of its cookie is kept."""

    __tablename__ = "account_browser"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    seen_at: Mapped[CreatedAt]


class SignInFlow(Base):
    """A sign-in on its way through an OpenID Connect provider; good for one return."""

    __tablename__ = "sign_in_flow"

    state_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    nonce: Mapped[str]
    code_verifier: Mapped[str]
    next: Mapped[str]
    expires_at: Mapped[datetime]


class LoginAttempt(Base):
    """A try to sign in, kept as long as it counts for slowing down further ones.

    ``name`` is the digest of what was typed as the name, which may have been a password;
    ``address`` is where it came from, or the digest of a browser that is known for the account.
    """

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("ix_login_attempt_name", "name", "at"),
        Index("ix_login_attempt_address", "address", "at"),
    )

    id: Mapped[IdKey]
    name: Mapped[str]
    address: Mapped[str]
    at: Mapped[CreatedAt]
    succeeded: Mapped[bool]


class ServiceLogin(Base):
    """The database role that the service signs in with; only the owner reads it."""

    __tablename__ = "service_login"

    role: Mapped[str] = mapped_column(primary_key=True)
    password: Mapped[str]
