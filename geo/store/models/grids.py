"""Grids (网格) through their generations, and the party branch (党支部) of each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, CreatedAt, IdKey, WKBElement, geometry


class Generation(Base):
    """A published plan with the period in which it is in force.

    Periods of one jurisdiction never overlap, and at most one of them is open at its end. The
    database seals a generation when its grids are committed: from then on they never change.
    ``taken_up_at`` is when open issues were moved to its grids, which is when it came into force.
    """

    __tablename__ = "generation"
    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "number"),
        ExcludeConstraint(
            ("jurisdiction_id", "="), ("validity", "&&"), name="ex_generation_validity"
        ),
        CheckConstraint("NOT isempty(validity) AND NOT lower_inf(validity)", name="validity"),
        Index(
            "uq_generation_current",
            "jurisdiction_id",
            unique=True,
            postgresql_where="upper_inf(validity)",
        ),
    )

    id: Mapped[IdKey]
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id", ondelete="CASCADE"))
    number: Mapped[int]
    label: Mapped[str] = mapped_column(unique=True)
    validity: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    published_at: Mapped[CreatedAt]
    published_by: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    sealed: Mapped[bool] = mapped_column(server_default=false())
    taken_up_at: Mapped[datetime | None]


class Grid(Base):
    """What stays the same about a grid from one generation to the next."""

    __tablename__ = "grid"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    jurisdiction_id: Mapped[int] = mapped_column(
        ForeignKey("jurisdiction.id", ondelete="CASCADE"), index=True
    )


class GridVersion(Base):
    """A grid as one generation draws it: code, name, community and polygon.

    Two grids of the same kind in one generation never overlap; a dedicated grid (专属网格) may lie
    over general ones (综合网格). A code stays with one grid for ever. A trigger sees to both.

    ``branch_…`` is the party branch that the plan names for the grid: its branch from the day on
    which the generation comes into force.
    """

    __tablename__ = "grid_version"
    __table_args__ = (
        UniqueConstraint("generation_id", "code"),
        # By the key's text, so that no plan looks for a grid's key in this slower index.
        ExcludeConstraint(
            ("code", "="), (text("(grid_id::text)"), "<>"), name="ex_grid_version_code_reused"
        ),
        CheckConstraint("code ~ '^[0-9]{15}$'", name="code"),
        CheckConstraint("kind IN ('general', 'dedicated')", name="kind"),
        CheckConstraint("ST_IsValid(geom)", name="geom_valid"),
    )

    generation_id: Mapped[int] = mapped_column(
        ForeignKey("generation.id", ondelete="CASCADE"), primary_key=True
    )
    grid_id: Mapped[UUID] = mapped_column(
        ForeignKey("grid.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    community_id: Mapped[int] = mapped_column(
        ForeignKey("community.id", ondelete="CASCADE"), index=True
    )
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    geom: Mapped[WKBElement] = geometry("MULTIPOLYGON")
    branch_name: Mapped[str | None]
    branch_name_en: Mapped[str | None]
    branch_phone: Mapped[str | None]


class PartyBranch(Base):
    """The party branch that answers for a grid."""

    __tablename__ = "party_branch"

    id: Mapped[IdKey]
    grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    phone: Mapped[str | None]
