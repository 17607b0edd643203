"""The town of :mod:`tests.town` with people all over it, and drafts of plans on a chessboard."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import shapely
from sqlalchemy import select

from geo.core.drafts import Cell, PlannedGrid, PlanState
from geo.flows.plan_publish import NewStep, Publication, publish_draft, take_step
from geo.store.engine import owner_session, session
from geo.store.models import (
    Block,
    Building,
    Community,
    Household,
    Jurisdiction,
    Member,
    PairedUnit,
    Responsibility,
    Station,
    Unit,
    UnitOverride,
)
from geo.store.plan_review import last_generation
from geo.store.plans import NewDraft, store_draft
from geo.store.publishing import clock
from tests import town
from tests.people import add_account, asker_of, make_accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from geo.store.asking import Asker
    from geo.store.plan_review import GenerationRow

STEP = 0.5
COLUMNS, ROWS = 8, 4
WEIGHTS = (0, 1, 2, 3)
_took_s: list[float] = []


@dataclass(frozen=True)
class Settled:
    """A town with people: its grids by code, two planners, and who is at work."""

    url: str
    grids: dict[str, UUID]
    planner: Asker
    reviewer: Asker
    accounts: dict[str, int]


def settle(url: str) -> Settled:
    """Build the town, put a building with two units into every cell, and people to work."""
    with owner_session(url) as opened:
        grids = town.build(opened)
    with owner_session(url) as opened:
        accounts = make_accounts(opened)
        accounts["reviewer"] = add_account(opened, "reviewer", "planner", town.SLUG)
    with owner_session(url) as opened:
        _build_up(opened, grids)
    askers = (asker_of(accounts[name]) for name in ("planner", "reviewer"))
    return Settled(url, grids, *askers, accounts)


def chessboard(
    owner: Callable[[float, float], str | None], grids: Mapping[str, PlannedGrid]
) -> PlanState:
    """Return a draft whose cells are squares; ``owner`` tells the grid at a middle."""
    cells, owners = {}, {}
    for column in range(COLUMNS):
        for row in range(ROWS):
            west, south = column * STEP, row * STEP
            key = f"{column}-{row}"
            square = town.cells(west, south, west + STEP, south + STEP)
            cells[key] = Cell(square.wkb_hex, town.A if west < 2 else town.B, key)
            owners[key] = owner(west + STEP / 2, south + STEP / 2)
    return PlanState.of(cells, owners, grids)


def planned(grids: Mapping[str, UUID], *codes: str) -> dict[str, PlannedGrid]:
    """Return the town's grids of some codes, as drafts have them."""
    kinds = {code: "dedicated" if code == town.D else "general" for code in codes}
    return {
        str(grids[code]): PlannedGrid(code, town.NAMES.get(code, code), code, kinds[code], "支部")
        for code in codes
    }


def upright(grids: Mapping[str, UUID]) -> PlanState:
    """Return the plan that divides A upright, and leaves B whole."""
    a1, a2, b1 = (str(grids[code]) for code in (town.A1, town.A2, town.B1))
    return chessboard(
        lambda column, _: b1 if column > 2 else a1 if column < 1 else a2,
        planned(grids, town.A1, town.A2, town.B1),
    )


def across(grids: Mapping[str, UUID]) -> PlanState:
    """Return the plan that divides A across, and leaves B whole."""
    a1, a2, b1 = (str(grids[code]) for code in (town.A1, town.A2, town.B1))
    return chessboard(
        lambda column, row: b1 if column > 2 else a1 if row < 1 else a2,
        planned(grids, town.A1, town.A2, town.B1),
    )


def redrawn(grids: Mapping[str, UUID], seed: int) -> PlanState:
    """Return a plan drawn by chance: each community is divided by a staircase, each grid whole."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    steps = [sorted(chance.randint(1, ROWS - 1) for _ in range(COLUMNS)) for _ in range(2)]
    flipped = chance.random() < 0.5
    a1, a2, b1 = (str(grids[code]) for code in (town.A1, town.A2, town.B1))
    low, high = (a2, a1) if flipped else (a1, a2)
    market = str(grids[town.D]) if chance.random() < 0.5 else None

    def owner(column: float, row: float) -> str:
        level = row / STEP < steps[0][int(column / STEP)]
        if column > 2:
            return market if market and row / STEP < steps[1][int(column / STEP)] else b1
        return low if level else high

    codes = (town.A1, town.A2, town.B1, *((town.D,) if market else ()))
    return chessboard(owner, planned(grids, *codes))


def draft(known: Settled, state: PlanState, *, asker: Asker | None = None) -> UUID:
    """Store a draft upon the last generation, and return its key."""
    key = uuid4()
    with session(known.url, asker or known.planner) as opened:
        home = opened.scalars(select(Jurisdiction.id).where(Jurisdiction.slug == town.SLUG)).one()
        last = last_generation(opened, home)
        new = NewDraft(key, home, f"draft {key}", base_id=last.id if last else None)
        store_draft(opened, new, state)
    return key


def approved(known: Settled, state: PlanState) -> UUID:
    """Store a draft, submit it as its author, and approve it as somebody else."""
    key = draft(known, state)
    take_step(key, NewStep("submit", 0), known.planner, known.url)
    take_step(key, NewStep("approve", 0), known.reviewer, known.url)
    return key


def published(known: Settled, state: PlanState, starts: datetime | None = None) -> GenerationRow:
    """Draw, review and publish a plan."""
    began = monotonic()
    key = approved(known, state)
    row = publish_draft(key, Publication(0, starts), known.planner, known.url)
    _took_s.append(monotonic() - began)
    return row


def soon(url: str, plans: int = 1) -> datetime:
    """Return when plans may start that are published now: later than this machine takes for them.

    A busy machine takes many times longer than a quick one; what it took until now tells.
    """
    with owner_session(url) as opened:
        return clock(opened) + timedelta(seconds=1.5 + 5 * plans * max(_took_s, default=0.4))


def _build_up(opened: Session, grids: Mapping[str, UUID]) -> None:
    communities = dict(opened.execute(select(Community.code, Community.id)).all())
    number = 0
    for column in range(COLUMNS):
        for row in range(ROWS):
            west, south = column * STEP, row * STEP
            code = f"{column}-{row}"
            community = communities[town.A if west < 2 else town.B]
            block = Block(
                community_id=community,
                code=code,
                kind="street",
                geom=_stored(town.cells(west, south, west + STEP, south + STEP)),
            )
            opened.add(block)
            opened.flush()
            ground = town.cells(west + 0.3, south + 0.3, west + 0.4, south + 0.4)
            building = Building(
                block_id=block.id,
                code=f"H{code}",
                name=f"{code}号楼",
                address=f"大街 {code}",
                kind="slab",
                storeys=6,
                geom=_stored(ground),
                site=_stored(ground.centroid),
            )
            opened.add(building)
            opened.flush()
            for unit_number in (1, 2):
                unit = Unit(building_id=building.id, number=unit_number, name=f"{unit_number}单元")
                opened.add(unit)
                opened.flush()
                for room in range(WEIGHTS[number % len(WEIGHTS)]):
                    opened.add(Household(unit_id=unit.id, room=f"{room + 1}01", people=2))
                number += 1
    _put_to_work(opened, communities, grids)


def _put_to_work(
    opened: Session, communities: Mapping[str, int], grids: Mapping[str, UUID]
) -> None:
    building = opened.scalars(select(Building).where(Building.code == "H1-2")).one()
    unit = opened.scalars(select(Unit).where(Unit.building_id == building.id)).first()
    pair = PairedUnit(community_id=communities[town.A], code="P1", name="小学", name_en="School")
    opened.add(pair)
    opened.flush()
    links: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("W1", "grid_worker", {"level": "area", "grid_id": grids[town.A1]}),
        ("W2", "grid_worker", {"level": "building", "building_id": building.id}),
        ("W3", "paired_unit_member", {"level": "area", "grid_id": grids[town.A2]}),
    )
    for code, role, target in links:
        own = pair.id if role == "paired_unit_member" else None
        member = Member(
            community_id=communities[town.A],
            code=code,
            name=f"某{code}",
            role=role,
            paired_unit_id=own,
        )
        opened.add(member)
        opened.flush()
        opened.add(Responsibility(member_id=member.id, **target))
    if unit is not None:
        opened.add(
            UnitOverride(unit_id=unit.id, grid_id=grids[town.B1], made_by="tests", reason="门朝东")
        )
    opened.add(
        Station(
            community_id=communities[town.B],
            code="S2",
            kind="workstation",
            name="工作站",
            name_en="Workstation",
            address="大街 2",
            host="社区",
            phone="2",
            zones=[],
            facilities=[],
            geom=_stored(shapely.Point(*town.spot(3.2, 1.2))),
        )
    )


def _stored(geom: shapely.Geometry) -> str:
    return f"SRID=4326;{geom.wkt}"
