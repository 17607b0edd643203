"""A jurisdiction (辖区) with its streets (街道) and communities (社区), and its work calendar."""

from __future__ import annotations

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, CreatedAt, IdKey, WKBElement, geometry


class Jurisdiction(Base):
    """A county-level city or district that runs its own grids."""

    __tablename__ = "jurisdiction"
    __table_args__ = (CheckConstraint("division_code ~ '^[0-9]{6}$'", name="division_code"),)

    id: Mapped[IdKey]
    slug: Mapped[str] = mapped_column(unique=True)
    division_code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    timezone: Mapped[str]
    metric_srid: Mapped[int]
    area: Mapped[WKBElement] = geometry("MULTIPOLYGON")
    synthetic: Mapped[bool]
    notice: Mapped[str]
    notice_en: Mapped[str]
    source: Mapped[str]
    source_en: Mapped[str] = mapped_column(server_default="")
    licence: Mapped[str]
    review_number: Mapped[str | None]
    loaded_at: Mapped[CreatedAt]


class Street(Base):
    """A street (街道) or town: dispatches what its grids find."""

    __tablename__ = "street"
    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "code"),
        CheckConstraint("code ~ '^[0-9]{9}$'", name="code"),
    )

    id: Mapped[IdKey]
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id", ondelete="CASCADE"))
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]


class Community(Base):
    """A community (社区) of a street; every grid lies in exactly one."""

    __tablename__ = "community"
    __table_args__ = (
        UniqueConstraint("street_id", "code"),
        CheckConstraint("code ~ '^[0-9]{12}$'", name="code"),
    )

    id: Mapped[IdKey]
    street_id: Mapped[int] = mapped_column(ForeignKey("street.id", ondelete="CASCADE"))
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    invented: Mapped[bool]
    area: Mapped[WKBElement] = geometry("MULTIPOLYGON")


class WorkHours(Base):
    """One interval of the working week, in the jurisdiction's own time zone."""

    __tablename__ = "work_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("opens < closes", name="opens_before_closes"),
        UniqueConstraint("jurisdiction_id", "weekday", "opens"),
    )

    id: Mapped[IdKey]
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id", ondelete="CASCADE"))
    weekday: Mapped[int]
    opens: Mapped[time]
    closes: Mapped[time]


class CalendarDay(Base):
    """A day that is not what its weekday says: a public holiday or a make-up working day (调休)."""

    __tablename__ = "calendar_day"
    __table_args__ = (CheckConstraint("kind IN ('holiday', 'workday')", name="kind"),)

    jurisdiction_id: Mapped[int] = mapped_column(
        ForeignKey("jurisdiction.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
