"""Issues and residents of the small town, as releases to the public count them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import shapely
from sqlalchemy import select

from geo.settings import settings
from geo.store import models
from tests import town

if TYPE_CHECKING:
    import pytest
    from sqlalchemy.orm import Session

COLUMNS, ROWS = 4, 2
QUARTERS = ("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1")
PLACES = [(column, row) for column in range(COLUMNS) for row in range(ROWS)]
SHANGHAI = timedelta(hours=8)
WEIGHTS = (0, 1, 2, 3, 6, 9, 14, 30)
"""How many issues a quarter has in a place, by turns."""


def configure(patch: pytest.MonkeyPatch, *, geography: str, period: str, least: int = 8) -> None:
    """Set what the public is told."""
    patch.setenv("HONGGE_PUBLIC_GEOGRAPHY", geography)
    patch.setenv("HONGGE_PUBLIC_PERIOD", period)
    patch.setenv("HONGGE_PUBLIC_MIN", str(least))
    patch.setenv("HONGGE_PUBLIC_SIDE_M", "200")
    settings.cache_clear()


def grid_at(column: float, row: float, plan: Any = town.UPRIGHT) -> str:
    """Return the code of the grid of a plan that a place of the chessboard is in."""
    point = shapely.Point(*town.spot(column + 0.5, row + 0.5))
    return next(code for code, shape in plan.items() if shape.intersects(point))


def people(opened: Session) -> Counter[str]:
    """Let many live in all places but two, and return how many live in each grid of 2024."""
    living = Counter({town.A1: 6, town.B1: 3})
    blocks = dict(opened.execute(select(models.Block.code, models.Block.id)).all())
    for column, row in PLACES:
        place = town.cells(column + 0.4, row + 0.4, column + 0.5, row + 0.5)
        block = blocks[f"{town.BUILDING if column < 2 else town.LONE_BUILDING}-block"]
        building = models.Building(
            block_id=block,
            code=f"H{column}{row}",
            name="",
            address="",
            kind="slab",
            storeys=3,
            geom=f"SRID=4326;{place.wkt}",
            site=f"SRID=4326;{place.centroid.wkt}",
        )
        opened.add(building)
        opened.flush()
        unit = models.Unit(building_id=building.id, number=1, name="")
        opened.add(unit)
        opened.flush()
        amount = 0 if grid_at(column, row) == town.A2 else 40
        opened.add(models.Household(unit_id=unit.id, room="101", people=amount))
        living[grid_at(column, row)] += amount
    opened.flush()
    return living


def issues(opened: Session, extra: int = 0) -> dict[str, Counter[str]]:
    """Write issues of five quarters, and return how many there are that count."""
    home = opened.scalars(select(models.Jurisdiction.id).filter_by(slug=town.SLUG)).one()
    duties = dict(opened.execute(select(models.Duty.code, models.Duty.id)).all())
    once = once_private(opened, home)
    truth: dict[str, Counter[str]] = {}
    for at, quarter in enumerate(QUARTERS):
        begins = datetime(2024 + at // 4, at % 4 * 3 + 1, 1, tzinfo=UTC) - SHANGHAI
        truth[quarter] = Counter()
        for row, place in enumerate(PLACES):
            amount = WEIGHTS[(row + 3 * at) % len(WEIGHTS)] + extra
            for number in range(amount):
                when = begins + timedelta(days=number)
                opened.add(
                    issue(home, f"{quarter}-{place}-{number}", duties[town.DUTY], when, place)
                )
            truth[quarter][grid_at(*place)] += amount
            for number, duty in enumerate((duties[town.PRIVATE_DUTY], once, None)):
                told = f"{quarter}-{place}-private-{number}"
                opened.add(issue(home, told, duty, begins + timedelta(days=5), place))
        moved = issue(home, f"{quarter}-moved", duties[town.DUTY], begins, PLACES[0])
        opened.add(moved)
        opened.flush()
        opened.add(was_private(moved.id, begins))
    opened.flush()
    return truth


def issue(home: int, number: str, duty: int | None, at: datetime, place: Any) -> models.Issue:
    """Return an issue in the middle of a place."""
    where = town.spot(place[0] + 0.5, place[1] + 0.5)
    return models.Issue(
        jurisdiction_id=home,
        number=number,
        state="collected",
        duty_id=duty,
        duty_version=None if duty is None else 1,
        text="",
        location=f"SRID=4326;{shapely.Point(*where).wkt}",
        occurred_at=at,
        received_at=at,
        method="none",
        confident=False,
    )


def once_private(opened: Session, home: int) -> int:
    """Write a duty that is public now and was private in its first version; return its key."""
    department = opened.scalars(select(models.Department.id).filter_by(jurisdiction_id=home)).one()
    named = {"name": "x", "name_en": "x", "kind": "event", "department_id": department}
    duty = models.Duty(jurisdiction_id=home, code="W1", private=False, version=2, **named)
    opened.add(duty)
    opened.flush()
    for number, private in ((1, True), (2, False)):
        version = models.DutyVersion(
            duty_id=duty.id, number=number, private=private, answers_first="territory", **named
        )
        opened.add(version)
    opened.flush()
    return duty.id


def was_private(issue_id: Any, at: datetime) -> models.IssueEvent:
    """Return a step that took an issue out of a private duty."""
    return models.IssueEvent(
        issue_id=issue_id,
        sequence=1,
        at=at,
        action="sort",
        to_state="sorted",
        actor="tests",
        detail={"duty": town.DUTY, "duty_before": town.PRIVATE_DUTY},
    )
