"""Blocks, compounds (小区), buildings, units (单元) and households (户), and who they belong to."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, CreatedAt, IdKey, WKBElement, geometry

SEARCHED = (
    "to_tsvector('simple'::regconfig, regexp_replace("
    "(((address || ' '::text) || name) || ' '::text) || code,"
    " '(.)'::text, '\\1 '::text, 'g'::text))"
)
"""What a building is found by: each character a word, since Chinese has no gaps between words."""


class Compound(Base):
    """A residential compound (小区), a campus, a market: indivisible when grids are drawn."""

    __tablename__ = "compound"
    __table_args__ = (UniqueConstraint("community_id", "code"),)

    id: Mapped[IdKey]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    geom: Mapped[WKBElement] = geometry("MULTIPOLYGON")


class Block(Base):
    """The base unit that planners paint: a street block or a part of one."""

    __tablename__ = "block"
    __table_args__ = (UniqueConstraint("community_id", "code"),)

    id: Mapped[IdKey]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    compound_id: Mapped[int | None] = mapped_column(
        ForeignKey("compound.id", ondelete="SET NULL"), index=True
    )
    code: Mapped[str]
    kind: Mapped[str]
    geom: Mapped[WKBElement] = geometry("MULTIPOLYGON")


class Building(Base):
    """A building (楼栋); ``site`` is the point inside it that decides its grid.

    The database fills ``jurisdiction_id`` from the block.
    """

    __tablename__ = "building"
    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "code"),
        CheckConstraint("storeys > 0", name="storeys"),
        Index("ix_building_searched", text(SEARCHED), postgresql_using="gin"),
    )

    id: Mapped[IdKey]
    jurisdiction_id: Mapped[int] = mapped_column(
        ForeignKey("jurisdiction.id", ondelete="CASCADE"), server_default=FetchedValue()
    )
    block_id: Mapped[int] = mapped_column(ForeignKey("block.id", ondelete="CASCADE"), index=True)
    compound_id: Mapped[int | None] = mapped_column(
        ForeignKey("compound.id", ondelete="SET NULL"), index=True
    )
    code: Mapped[str]
    name: Mapped[str]
    address: Mapped[str]
    kind: Mapped[str]
    storeys: Mapped[int]
    geom: Mapped[WKBElement] = geometry("MULTIPOLYGON")
    site: Mapped[WKBElement] = geometry("POINT")


class Unit(Base):
    """A unit (单元): the households of one stairwell."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("building_id", "number"),)

    id: Mapped[IdKey]
    building_id: Mapped[int] = mapped_column(ForeignKey("building.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str]


class Household(Base):
    """A household (户) behind one door."""

    __tablename__ = "household"
    __table_args__ = (
        UniqueConstraint("unit_id", "room"),
        CheckConstraint("people >= 0", name="people"),
    )

    id: Mapped[IdKey]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"))
    room: Mapped[str]
    people: Mapped[int]


class UnitOverride(Base):
    """A unit put into a grid by hand, with the person and the reason; outlives generations."""

    __tablename__ = "unit_override"
    __table_args__ = (
        CheckConstraint("btrim(made_by) <> ''", name="made_by"),
        CheckConstraint("btrim(reason) <> ''", name="reason"),
    )

    unit_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id", ondelete="CASCADE"), primary_key=True
    )
    grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id", ondelete="CASCADE"), index=True)
    made_by: Mapped[str]
    reason: Mapped[str]
    made_at: Mapped[CreatedAt]


class UnitAssignment(Base):
    """The grid of a unit in one generation; written by triggers, from geometry or by override."""

    __tablename__ = "unit_assignment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["generation_id", "grid_id"],
            ["grid_version.generation_id", "grid_version.grid_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("source IN ('geometry', 'override')", name="source"),
        Index("ix_unit_assignment_grid", "generation_id", "grid_id", "unit_id"),
    )

    generation_id: Mapped[int] = mapped_column(
        ForeignKey("generation.id", ondelete="CASCADE"), primary_key=True
    )
    unit_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    grid_id: Mapped[UUID]
    source: Mapped[str]
