"""Releases (公布) of counts to the public: what was once told about a period."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, CreatedAt, IdKey, WKBElement, geometry

GEOGRAPHIES = ("grid", "hexagon", "square")
"""What issues are counted by."""


class PublicRelease(Base):
    """A period of a jurisdiction whose counts have been released.

    ``jurisdiction`` is the slug: what was told stays told when a jurisdiction is loaded anew, and
    no second table of the same period is made from other data. Periods of one never overlap.
    Nothing of it ever changes; a trigger sees to that.
    """

    __tablename__ = "public_release"
    __table_args__ = (
        ExcludeConstraint(("jurisdiction", "="), ("days", "&&"), name="ex_public_release_days"),
        CheckConstraint("NOT isempty(days)", name="days"),
        CheckConstraint(f"geography IN {GEOGRAPHIES!r}", name="geography"),
        CheckConstraint("(geography = 'grid') = (side_m IS NULL)", name="side_m"),
        CheckConstraint("least >= 3", name="least"),
        CheckConstraint("total >= 0", name="total"),
    )

    id: Mapped[IdKey]
    jurisdiction: Mapped[str]
    days: Mapped[Range[date]] = mapped_column(DATERANGE)
    geography: Mapped[str]
    side_m: Mapped[float | None]
    generation: Mapped[str] = mapped_column(server_default="")
    least: Mapped[int]
    total: Mapped[int | None]
    released_at: Mapped[CreatedAt]


class PublicCell(Base):
    """A place of a release, and its count where that is told; what is withheld stands nowhere."""

    __tablename__ = "public_cell"
    __table_args__ = (CheckConstraint("count >= 3", name="count"),)

    release_id: Mapped[int] = mapped_column(
        ForeignKey("public_release.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(server_default="")
    name_en: Mapped[str] = mapped_column(server_default="")
    count: Mapped[int | None]
    geom: Mapped[WKBElement] = geometry("MULTIPOLYGON")


__all__ = ["GEOGRAPHIES", "PublicCell", "PublicRelease"]
