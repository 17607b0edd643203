"""What every table shares: naming of constraints, column shorthands, the two geometries' types."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, DateTime, Identity, MetaData, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

WGS84 = 4326

IdKey = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
CreatedAt = Annotated[
    datetime, mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
]


class Base(DeclarativeBase):
    """The registry of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text(), datetime: DateTime(timezone=True)}  # noqa: RUF012 - read by SQLAlchemy


def geometry(kind: str, **options: Any) -> Any:
    """Return a stored geometry column in WGS 84 (EPSG:4326) with a spatial index.

    Parameters
    ----------
    kind
        The OGC type: ``POINT``, ``LINESTRING``, ``POLYGON``, ``MULTIPOLYGON`` or ``GEOMETRY``.
    options
        Passed on to :func:`sqlalchemy.orm.mapped_column`.
    """
    return mapped_column(Geometry(kind, srid=WGS84, spatial_index=True), **options)


class SqlFile(Base):
    """Which version of a file of functions, triggers and views this database has."""

    __tablename__ = "sql_file"

    name: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    applied_at: Mapped[CreatedAt]


__all__ = ["WGS84", "Base", "CreatedAt", "IdKey", "Instant", "SqlFile", "WKBElement", "geometry"]
