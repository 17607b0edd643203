"""A small town in the database: two generations, two communities, one of everything.

Its plan is a chessboard of cells: community A is columns 0 to 2, community B columns 2 to 4, both
rows 0 to 2. The first generation divides A upright (A1 left, A2 right), the second across (A1
below, A2 above) and has a dedicated grid D in the middle of B1.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import shapely
from sqlalchemy.dialects.postgresql import Range

from geo.store.models import (
    Block,
    Building,
    CalendarDay,
    Community,
    Department,
    Duty,
    DutyDeadline,
    DutyVersion,
    Generation,
    Grid,
    GridVersion,
    Household,
    Jurisdiction,
    Member,
    PartyBranch,
    Responsibility,
    Station,
    Street,
    Unit,
    WorkHours,
)
from geo.store.publishing import DrawnGrid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

WEST, SOUTH, STEP = 114.27, 26.74, 0.002
SLUG = "town"
STREET = "999002001"
A, B = f"{STREET}001", f"{STREET}002"
A1, A2, B1, D = f"{A}001", f"{A}002", f"{B}001", f"{B}002"
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
SECOND = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_LABEL, SECOND_LABEL = "town-2024", "town-2026"
BUILDING, LONE_BUILDING = "A-1", "B-1"
DUTY, PRIVATE_DUTY, DEPARTMENT = "D1", "P1", "road"
NAMES = {A1: "一格", A2: "二格", B1: "三格", D: "市场"}


def spot(column: float, row: float) -> tuple[float, float]:
    """Return a position, in degrees, by column and row."""
    return WEST + column * STEP, SOUTH + row * STEP


def cells(west: float, south: float, east: float, north: float) -> shapely.MultiPolygon:
    """Return the polygon of some cells."""
    return shapely.MultiPolygon([shapely.box(*spot(west, south), *spot(east, north))])


UPRIGHT = {A1: cells(0, 0, 1, 2), A2: cells(1, 0, 2, 2), B1: cells(2, 0, 4, 2)}
ACROSS = {A1: cells(0, 0, 2, 1), A2: cells(0, 1, 2, 2), B1: cells(2, 0, 4, 2)}
MARKET = cells(2.5, 0.5, 3.5, 1.5)


def build(session: Session) -> dict[str, UUID]:
    """Write the town and return its grids' keys by code."""
    home = Jurisdiction(
        slug=SLUG,
        division_code="999002",
        name="小镇",
        name_en="Town",
        timezone="Asia/Shanghai",
        metric_srid=4547,
        area=_stored(cells(0, 0, 4, 2)),
        synthetic=True,
        notice="虚构",
        notice_en="Invented",
        source="tests",
        licence="CC0",
    )
    session.add(home)
    session.flush()
    communities = _communities(session, home.id)
    grids = {code: uuid4() for code in NAMES}
    for code, key in grids.items():
        session.add(Grid(id=key, jurisdiction_id=home.id))
        session.flush()
        session.add(
            PartyBranch(grid_id=key, name=f"{NAMES[code]}支部", name_en="Branch", phone="1")
        )
    first = Generation(
        jurisdiction_id=home.id,
        number=1,
        label=FIRST_LABEL,
        validity=Range(FIRST, SECOND),
        published_by="tests",
    )
    second = Generation(
        jurisdiction_id=home.id,
        number=2,
        label=SECOND_LABEL,
        validity=Range(SECOND),
        published_by="tests",
    )
    _draw(session, first, _versions(UPRIGHT, grids, communities))
    _draw(session, second, _versions(ACROSS | {D: MARKET}, grids, communities))
    _duties(session, home.id)
    _places(session, communities, grids)
    session.commit()
    return grids


def drawn(plan: dict[str, shapely.MultiPolygon], grids: dict[str, UUID]) -> list[DrawnGrid]:
    """Return a plan of the town, ready to be published."""
    return [
        DrawnGrid(code, NAMES[code], code, geom, kind=_kind(code), id=grids.get(code))
        for code, geom in plan.items()
    ]


def _kind(code: str) -> str:
    return "dedicated" if code == D else "general"


def _stored(geom: shapely.Geometry) -> str:
    return f"SRID=4326;{geom.wkt}"


def _communities(session: Session, home: int) -> dict[str, int]:
    street = Street(jurisdiction_id=home, code=STREET, name="大街", name_en="Street")
    session.add(street)
    session.flush()
    areas = {A: cells(0, 0, 2, 2), B: cells(2, 0, 4, 2)}
    rows = {
        code: Community(
            street_id=street.id,
            code=code,
            name=code,
            name_en=code,
            invented=True,
            area=_stored(area),
        )
        for code, area in areas.items()
    }
    session.add_all(rows.values())
    session.flush()
    return {code: row.id for code, row in rows.items()}


def _versions(
    plan: dict[str, shapely.MultiPolygon], grids: dict[str, UUID], communities: dict[str, int]
) -> list[GridVersion]:
    return [
        GridVersion(
            grid_id=grids[code],
            community_id=communities[code[:12]],
            code=code,
            name=NAMES[code],
            name_en=code,
            kind=_kind(code),
            geom=_stored(geom),
        )
        for code, geom in plan.items()
    ]


def _draw(session: Session, generation: Generation, versions: list[GridVersion]) -> None:
    session.add(generation)
    session.flush()
    for version in versions:
        version.generation_id = generation.id
    session.add_all(versions)
    session.flush()


def _duties(session: Session, home: int) -> None:
    department = Department(jurisdiction_id=home, code=DEPARTMENT, name="道路科", name_en="Roads")
    session.add(department)
    session.flush()
    for code, private in ((DUTY, False), (PRIVATE_DUTY, True)):
        duty = Duty(
            jurisdiction_id=home,
            department_id=department.id,
            code=code,
            name=f"职责{code}",
            name_en=code,
            kind="event",
            private=private,
        )
        session.add(duty)
        session.flush()
        stages = {"dispatch": (2, "work_hour"), "handle": (5, "work_day")}
        for stage, (amount, unit) in stages.items():
            session.add(DutyDeadline(duty_id=duty.id, stage=stage, amount=amount, unit=unit))
        session.add(
            DutyVersion(
                duty_id=duty.id,
                number=1,
                name=duty.name,
                name_en=duty.name_en,
                kind=duty.kind,
                department_id=department.id,
                private=private,
                answers_first="territory",
                deadlines={
                    stage: {"amount": amount, "unit": unit}
                    for stage, (amount, unit) in stages.items()
                },
            )
        )
    for day in range(1, 6):
        for opens, closes in ((9, 12), (14, 17)):
            session.add(
                WorkHours(jurisdiction_id=home, weekday=day, opens=time(opens), closes=time(closes))
            )
    for year in range(2024, 2040):
        session.add(
            CalendarDay(jurisdiction_id=home, day=date(year, 1, 1), kind="holiday", name="元旦")
        )


def _places(session: Session, communities: dict[str, int], grids: dict[str, UUID]) -> None:
    """Put a building with two units into A, low on the left, and one with a single unit into B."""
    place = {}
    for community, code, low in ((A, BUILDING, (0.2, 0.2)), (B, LONE_BUILDING, (2.2, 0.2))):
        column, row = low
        block = Block(
            community_id=communities[community],
            code=f"{code}-block",
            kind="street",
            geom=_stored(cells(column - 0.1, row - 0.1, column + 0.3, row + 0.3)),
        )
        session.add(block)
        session.flush()
        geom = cells(column, row, column + 0.2, row + 0.2)
        building = Building(
            block_id=block.id,
            code=code,
            name=code,
            address=f"大街 {code}",
            kind="slab",
            storeys=6,
            geom=_stored(geom),
            site=_stored(geom.centroid),
        )
        session.add(building)
        session.flush()
        for number in (1, 2) if code == BUILDING else (1,):
            unit = Unit(building_id=building.id, number=number, name=f"{number}单元")
            session.add(unit)
            session.flush()
            place[code, number] = unit
            session.add(Household(unit_id=unit.id, room="101", people=3))
    session.flush()
    _people(session, communities[A], grids[A1], place[BUILDING, 1])
    session.add(
        Station(
            community_id=communities[A],
            code="S1",
            kind="red_station",
            name="红色驿站",
            name_en="Red Station",
            address="大街 1",
            host="社区",
            phone=None,
            zones=["休息"],
            facilities=["water"],
            geom=_stored(shapely.Point(*spot(0.5, 0.5))),
        )
    )


def _people(session: Session, community: int, grid: UUID, unit: Unit) -> None:
    household = session.query(Household).filter_by(unit_id=unit.id).one()
    links = (
        ("area", "committee_member", {"grid_id": grid}),
        ("building", "grid_worker", {"building_id": unit.building_id}),
        ("unit", "volunteer", {"unit_id": unit.id}),
        ("household", "party_member", {"household_id": household.id}),
    )
    for level, role, target in links:
        member = Member(
            community_id=community, code=f"m-{level}", name=f"某{level}", role=role, phone="123"
        )
        session.add(member)
        session.flush()
        session.add(Responsibility(member_id=member.id, level=level, **target))
