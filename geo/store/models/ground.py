"""Roads and water: what the basemap shows and boundaries follow."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, IdKey, WKBElement, geometry


class Road(Base):
    """A piece of road; the walkable ones make the walking network."""

    __tablename__ = "road"

    id: Mapped[IdKey]
    jurisdiction_id: Mapped[int] = mapped_column(
        ForeignKey("jurisdiction.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    walkable: Mapped[bool]
    geom: Mapped[WKBElement] = geometry("LINESTRING")


class Water(Base):
    """A river, a lake or a pond."""

    __tablename__ = "water"

    id: Mapped[IdKey]
    jurisdiction_id: Mapped[int] = mapped_column(
        ForeignKey("jurisdiction.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[str]
    geom: Mapped[WKBElement] = geometry("GEOMETRY")
