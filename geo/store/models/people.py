"""Team members and the chain of responsibility (包片, 包栋, 包单元, 包户); residents."""

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
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, CreatedAt, IdKey

ROLES = (
    "committee_member",
    "paired_unit_member",
    "grid_worker",
    "owners_committee_member",
    "volunteer",
    "party_member",
)


class Member(Base):
    """Somebody who answers for an area, a building, a unit or a household.

    Who has left (``left_at``) answers for nothing: it was handed over (交接).
    """

    __tablename__ = "member"
    __table_args__ = (
        UniqueConstraint("community_id", "code"),
        CheckConstraint(f"role IN {ROLES!r}", name="role"),
    )

    id: Mapped[IdKey]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    paired_unit_id: Mapped[int | None] = mapped_column(
        ForeignKey("paired_unit.id", ondelete="SET NULL"), index=True
    )
    code: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    phone: Mapped[str | None]
    left_at: Mapped[datetime | None]


class Responsibility(Base):
    """One link of the chain: a member answers for exactly one area, building, unit or household.

    ``area`` (包片) points to a grid, ``building`` (包栋), ``unit`` (包单元) and ``household``
    (包户) to theirs.
    """

    __tablename__ = "responsibility"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(grid_id, building_id, unit_id, household_id) = 1", name="one_target"
        ),
        CheckConstraint(
            "level = CASE WHEN grid_id IS NOT NULL THEN 'area'"
            " WHEN building_id IS NOT NULL THEN 'building'"
            " WHEN unit_id IS NOT NULL THEN 'unit' ELSE 'household' END",
            name="level",
        ),
        Index(
            "uq_responsibility_link",
            "member_id",
            "grid_id",
            "building_id",
            "unit_id",
            "household_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[IdKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    level: Mapped[str]
    grid_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("grid.id", ondelete="CASCADE"), index=True
    )
    building_id: Mapped[int | None] = mapped_column(
        ForeignKey("building.id", ondelete="CASCADE"), index=True
    )
    unit_id: Mapped[int | None] = mapped_column(
        ForeignKey("unit.id", ondelete="CASCADE"), index=True
    )
    household_id: Mapped[int | None] = mapped_column(
        ForeignKey("household.id", ondelete="CASCADE"), index=True
    )


class HandOver(Base):
    """What a member answered for when leaving, and whom it went to (交接); never changed.

    ``links`` is a list of links as they were, each with ``to``, the successor's key, and ``fate``:
    ``moves``, ``merges`` or ``ends``. ``undone_at`` is when it was handed back.
    """

    __tablename__ = "hand_over"

    id: Mapped[IdKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    reason: Mapped[str]
    links: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    handed_at: Mapped[CreatedAt]
    undone_at: Mapped[datetime | None]


class Resident(Base):
    """Somebody who lives in a household (住户): personal data, shown masked.

    ``confirmed_at`` is when somebody last said that it is so. ``unit_id`` is the household's, kept
    by triggers: territories are made of units.
    """

    __tablename__ = "resident"
    __table_args__ = (CheckConstraint("btrim(name) <> ''", name="name"),)

    id: Mapped[IdKey]
    household_id: Mapped[int] = mapped_column(
        ForeignKey("household.id", ondelete="CASCADE"), index=True
    )
    unit_id: Mapped[int] = mapped_column(BigInteger, FetchedValue(), index=True)
    name: Mapped[str]
    phone: Mapped[str | None] = mapped_column(index=True)
    remark: Mapped[str] = mapped_column(server_default="")
    confirmed_at: Mapped[CreatedAt] = mapped_column(index=True)


class Visit(Base):
    """A visit to a household (走访): when, by whom, and a remark. Personal data.

    The key is made by whoever writes it down, so that a visit sent twice is kept once. ``unit_id``
    is the household's, kept by triggers.
    """

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_household", "household_id", "visited_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id", ondelete="CASCADE"))
    unit_id: Mapped[int] = mapped_column(BigInteger, FetchedValue(), index=True)
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    visitor: Mapped[str]
    visited_at: Mapped[datetime] = mapped_column(index=True)
    remark: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]
