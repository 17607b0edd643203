"""A town of two communities, in the database and free to be drawn on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range

from geo.store import models

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

WEST, SOUTH, STEP = 114.27, 26.74, 0.002
STREET = "999001001"


def square(column: float, row: float, width: float = 1, height: float = 1) -> shapely.Polygon:
    """Return a cell of the town's chessboard."""
    return shapely.box(*spot(column, row), *spot(column + width, row + height))


def spot(column: float, row: float) -> tuple[float, float]:
    """Return a position in the town."""
    return WEST + column * STEP, SOUTH + row * STEP


def stored(geometry: shapely.Geometry) -> Any:
    """Return a geometry as the store keeps it; polygons as multipolygons."""
    if geometry.geom_type == "Polygon":
        geometry = shapely.MultiPolygon([geometry])
    return from_shape(geometry, srid=4326)


def year(number: int) -> datetime:
    """Return the beginning of a year."""
    return datetime(number, 1, 1, tzinfo=UTC)


@dataclass
class Town:
    """A jurisdiction in a session, with short ways to add to it."""

    session: Session
    jurisdiction_id: int = 0
    communities: list[models.Community] = field(default_factory=list)
    number: int = 0

    def add(self, row: Any) -> Any:
        """Store a row at once."""
        self.session.add(row)
        self.session.flush()
        return row

    def generation(self, starts: int, ends: int | None = None, **other: Any) -> int:
        """Add a generation in force between two years."""
        self.number += 1
        row = models.Generation(
            jurisdiction_id=self.jurisdiction_id,
            number=self.number,
            label=f"{uuid4()}",
            validity=Range(year(starts), year(ends) if ends else None),
            published_by="test",
            **other,
        )
        generation: int = self.add(row).id
        return generation

    def grid(
        self,
        generation: int,
        number: int,
        area: shapely.Geometry,
        community: int = 0,
        **other: Any,
    ) -> UUID:
        """Add a grid to a generation, a new one unless ``grid_id`` says which."""
        grid_id = other.pop("grid_id", None) or self.new_grid()
        told = {
            "code": f"{self.communities[community].code}{number:03d}",
            "name": "",
            "name_en": "",
            "kind": "general",
            "community_id": self.communities[community].id,
            **other,
        }
        self.add(
            models.GridVersion(generation_id=generation, grid_id=grid_id, geom=stored(area), **told)
        )
        return grid_id

    def new_grid(self) -> UUID:
        """Add a grid's lasting identity."""
        grid_id: UUID = self.add(models.Grid(jurisdiction_id=self.jurisdiction_id)).id
        return grid_id

    def unit(self, column: float, row: float, *, households: int = 1) -> int:
        """Add a building at a spot with one unit, and return the unit's key."""
        block = self.add(
            models.Block(
                community_id=self.communities[0].id,
                code=f"{uuid4()}",
                kind="residential",
                geom=stored(square(column, row, 0.1, 0.1)),
            )
        )
        building = self.add(
            models.Building(
                block_id=block.id,
                code=f"{uuid4()}",
                name="",
                address="",
                kind="slab",
                storeys=6,
                geom=stored(square(column, row, 0.1, 0.1)),
                site=stored(shapely.Point(spot(column, row))),
            )
        )
        unit = self.add(models.Unit(building_id=building.id, number=1, name=""))
        for room in range(households):
            self.add(models.Household(unit_id=unit.id, room=str(room), people=1))
        key: int = unit.id
        return key

    def issue(self, **told: Any) -> UUID:
        """Add an issue."""
        row = models.Issue(
            jurisdiction_id=self.jurisdiction_id,
            **{
                "number": str(uuid4()),
                "state": "collected",
                "text": "路面破损",
                "occurred_at": year(2026),
                "method": "none",
                "confident": False,
                **told,
            },
        )
        key: UUID = self.add(row).id
        return key

    def seal(self) -> None:
        """Do what a commit would."""
        self.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        self.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))

    def assigned(self, generation: int) -> dict[int, tuple[UUID, str]]:
        """Return every unit's grid and who decided it."""
        table = models.UnitAssignment
        rows = self.session.execute(
            select(table.unit_id, table.grid_id, table.source).filter_by(generation_id=generation)
        )
        return {row.unit_id: (row.grid_id, row.source) for row in rows}


def build_town(session: Session, street: str = STREET) -> Town:
    """Store a town of two communities, each two cells wide."""
    town = Town(session)
    jurisdiction = models.Jurisdiction(
        slug=f"town-{uuid4()}",
        division_code=street[:6],
        name="镇",
        name_en="Town",
        timezone="Asia/Shanghai",
        metric_srid=4547,
        area=stored(square(0, 0, 4)),
        synthetic=True,
        **dict.fromkeys(("notice", "notice_en", "source", "licence"), ""),
    )
    town.jurisdiction_id = town.add(jurisdiction).id
    street_row = town.add(
        models.Street(jurisdiction_id=town.jurisdiction_id, code=street, name="", name_en="")
    )
    town.communities = [
        town.add(
            models.Community(
                street_id=street_row.id,
                code=f"{street}{at + 1:03d}",
                name="",
                name_en="",
                invented=True,
                area=stored(square(2 * at, 0, 2)),
            )
        )
        for at in range(2)
    ]
    return town


@pytest.fixture
def town(session: Session) -> Town:
    """A town in a session whose every commit is undone."""
    return build_town(session)
