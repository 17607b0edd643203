"""The small town and a village beside it, with a row of everything for each part of a territory.

Rows are told apart by a letter: ``A`` is in grid A1 and community A, ``B`` in grid B1 and community
B, both of the town; ``V`` is the village's, another jurisdiction. Issues have two more: ``H`` is in
grid B1 and was handled by the worker of A1, ``T`` waits for triage and no grid is near it.
"""

from __future__ import annotations

from datetime import time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import shapely
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range

from geo.store import models
from geo.store.engine import owner_session
from tests import town
from tests.people import add_account, make_accounts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

VILLAGE = "village"
VILLAGE_GRID = "999003001001001"
FOLLOWED = "a secret of the reporter of A"


def digest(secret: str) -> bytes:
    """Return what the store keeps of a follow secret."""
    return sha256(secret.encode()).digest()


def build(url: str) -> dict[str, int]:
    """Write both, and return the keys of the accounts by role; ``stranger`` is the village's."""
    with owner_session(url) as opened:
        grids = town.build(opened)
    with owner_session(url) as opened:
        return _furnish(opened, grids)


def _furnish(session: Session, grids: dict[str, UUID]) -> dict[str, int]:
    village = _village(session)
    accounts = make_accounts(session)
    accounts["stranger"] = add_account(session, "stranger", "auditor", VILLAGE)
    grid_of = {"A": grids[town.A1], "B": grids[town.B1], "V": village}
    _people(session, grid_of)
    _issues(session, grid_of, accounts)
    session.add(models.OutboxMessage(topic="A", payload={}))
    for home in session.scalars(select(models.Jurisdiction.id)).all():
        session.add(_draft(home))
    _plans(session)
    _stations(session)
    session.flush()
    return accounts


def _village(session: Session) -> UUID:
    """Write another jurisdiction, far away: a grid, a building, a household."""
    square = shapely.MultiPolygon([shapely.box(130.40, 46.80, 130.41, 46.81)])
    area = f"SRID=4326;{square.wkt}"
    named = {"name": "村", "name_en": "Village"}
    home = _add(
        session,
        models.Jurisdiction(
            slug=VILLAGE,
            division_code="999003",
            timezone="Asia/Shanghai",
            metric_srid=4552,
            area=area,
            synthetic=True,
            **named,
            **dict.fromkeys(("notice", "notice_en", "source", "licence"), ""),
        ),
    )
    street = _add(
        session,
        models.Street(jurisdiction_id=home.id, code=VILLAGE_GRID[:9], **named),
    )
    community = _add(
        session,
        models.Community(
            street_id=street.id, code=VILLAGE_GRID[:12], invented=True, area=area, **named
        ),
    )
    grid = _add(session, models.Grid(jurisdiction_id=home.id))
    generation = _add(
        session,
        models.Generation(
            jurisdiction_id=home.id,
            number=1,
            label="village-2024",
            validity=Range(town.FIRST),
            published_by="tests",
        ),
    )
    _add(
        session,
        models.GridVersion(
            generation_id=generation.id,
            grid_id=grid.id,
            community_id=community.id,
            code=VILLAGE_GRID,
            kind="general",
            geom=area,
            **named,
        ),
    )
    _add(session, models.PartyBranch(grid_id=grid.id, phone="2", **named))
    _add(session, models.Department(jurisdiction_id=home.id, code=town.DEPARTMENT, **named))
    block = _add(
        session,
        models.Block(community_id=community.id, code="V", kind="street", geom=area),
    )
    building = _add(
        session,
        models.Building(
            block_id=block.id,
            code="V-1",
            name="",
            address="",
            kind="slab",
            storeys=1,
            geom=area,
            site=f"SRID=4326;{square.centroid.wkt}",
        ),
    )
    unit = _add(session, models.Unit(building_id=building.id, number=1, name=""))
    _add(session, models.Household(unit_id=unit.id, room="101", people=2))
    session.execute(text("SET CONSTRAINTS grid_version_seal IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS grid_version_seal DEFERRED"))
    key: UUID = grid.id
    return key


def _draft(jurisdiction_id: int) -> models.Generation:
    """Return a generation that nothing has been drawn for, long over."""
    return models.Generation(
        jurisdiction_id=jurisdiction_id,
        number=0,
        label=f"draft-{jurisdiction_id}",
        validity=Range(town.FIRST - timedelta(days=2), town.FIRST - timedelta(days=1)),
        published_by="tests",
    )


def _plans(session: Session) -> None:
    """Write a draft of a plan in each jurisdiction, with all that goes with one.

    The secret that follows issue A is a link to the town's draft as well.
    """
    homes = dict(session.execute(select(models.Jurisdiction.slug, models.Jurisdiction.id)).all())
    for letter, slug in (("A", town.SLUG), ("V", VILLAGE)):
        draft = _add(session, models.PlanDraft(jurisdiction_id=homes[slug], name=letter))
        told = {"draft_id": draft.id}
        square = shapely.MultiPolygon([shapely.box(*town.spot(0, 0), *town.spot(1, 1))])
        session.add_all(
            [
                models.PlanCell(
                    key="a", community_code=letter, geom=f"SRID=4326;{square.wkt}", **told
                ),
                models.PlanGrid(
                    grid_id=uuid4(), code=letter, name="", name_en="", kind="general", **told
                ),
                models.PlanEntry(verb="paint", changes={"lock": {"a": [False, True]}}, **told),
                models.PlanMark(version=1, name=letter, **told),
                models.PlanComment(text=letter, geom=f"SRID=4326;{square.centroid.wkt}", **told),
                models.PlanShare(
                    token_sha256=digest(FOLLOWED if letter == "A" else letter),
                    expires_at=town.SECOND + timedelta(days=36500),
                    **told,
                ),
                models.PlanStep(action="submit", version=1, **told),
                models.PlanJob(
                    jurisdiction_id=homes[slug], kind="repair", request={}, seed=1, **told
                ),
            ]
        )
        session.flush()


def _stations(session: Session) -> None:
    """Write a station in each community with all that goes with one; A's booking has A's secret."""
    communities = dict(session.execute(select(models.Community.code, models.Community.id)).all())
    for letter, code in (("A", town.A), ("B", town.B), ("V", VILLAGE_GRID[:12])):
        named = {"name": letter, "name_en": letter}
        station = _add(
            session,
            models.Station(
                community_id=communities[code],
                code=f"S{letter}",
                kind="workstation",
                address="",
                host="",
                zones=[],
                facilities=[],
                geom=f"SRID=4326;POINT({' '.join(map(str, town.spot(0, 0)))})",
                **named,
            ),
        )
        of_station = {"station_id": station.id}
        member = session.scalars(
            select(models.Member.id).filter_by(community_id=communities[code]).limit(1)
        ).one()
        service = _add(
            session,
            models.StationService(code="S", way="errand", **named, **of_station),
        )
        session.add_all(
            [
                models.OpeningRule(day="1", opens=time(9), closes=time(17), **of_station),
                models.Closure(starts_at=town.SECOND, reason=letter, **of_station),
                models.Room(code="1", zone="office", area_m2=20, **named, **of_station),
                models.Shift(
                    member_id=member,
                    starts_at=town.SECOND,
                    ends_at=town.SECOND + timedelta(hours=8),
                    kind="ordinary",
                    **of_station,
                ),
            ]
        )
        booking = _add(
            session,
            models.Booking(
                number=letter,
                service_id=service.id,
                starts_at=town.SECOND,
                name=letter,
                follow_sha256=digest(FOLLOWED if letter == "A" else letter),
                **of_station,
            ),
        )
        home = session.scalars(
            select(models.Street.jurisdiction_id)
            .join(models.Community, models.Community.street_id == models.Street.id)
            .where(models.Community.code == code)
        ).one()
        session.add(
            models.Delivery(
                jurisdiction_id=home, booking_id=booking.id, notice="reminder", endpoint="feedback"
            )
        )
        session.flush()


def _people(session: Session, grid_of: dict[str, UUID]) -> None:
    """Write residents, overrides and members for every letter."""
    homes = session.execute(
        select(models.Household.id, models.Unit.id, models.Building.code, models.Block.community_id)
        .join(models.Unit, models.Unit.id == models.Household.unit_id)
        .join(models.Building, models.Building.id == models.Unit.building_id)
        .join(models.Block, models.Block.id == models.Building.block_id)
        .order_by(models.Household.id)
    ).all()
    for household, unit, code, community in homes:
        letter = code[0]
        session.add(models.Resident(household_id=household, name=letter, phone="000-1"))
        session.add(
            models.Visit(
                household_id=household, visitor="tests", visited_at=town.SECOND, remark=letter
            )
        )
        session.add(
            models.UnitOverride(
                unit_id=unit, grid_id=grid_of[letter], made_by="tests", reason=letter
            )
        )
        if letter != "A":
            member = _add(
                session,
                models.Member(
                    community_id=community,
                    code=f"{letter}-m",
                    name="某",
                    role="volunteer",
                    phone="000-2",
                ),
            )
            session.add(models.Responsibility(member_id=member.id, level="unit", unit_id=unit))
            session.add(models.HandOver(member_id=member.id, reason=letter, links=[]))
    leaver = session.scalars(select(models.Member.id).filter_by(code="m-unit")).one()
    session.add(models.HandOver(member_id=leaver, reason="A", links=[]))
    session.flush()


def _issues(session: Session, grid_of: dict[str, UUID], accounts: dict[str, int]) -> None:
    homes = dict(session.execute(select(models.Jurisdiction.slug, models.Jurisdiction.id)).all())
    departments = dict(
        session.execute(select(models.Department.jurisdiction_id, models.Department.id)).all()
    )
    latest = dict(
        session.execute(
            select(models.Generation.jurisdiction_id, models.Generation.id).order_by(
                models.Generation.number
            )
        ).all()
    )
    for letter in "ABHTV":
        home = homes[VILLAGE if letter == "V" else town.SLUG]
        grid = grid_of.get({"H": "B"}.get(letter, letter))
        issue = _add(
            session,
            models.Issue(
                jurisdiction_id=home,
                number=f"2026-{ord(letter):06d}",
                state="collected",
                text=letter,
                department_id=departments[home] if letter in "AV" else None,
                occurred_at=town.SECOND + timedelta(days=1),
                method="inside" if grid else "none",
                confident=True,
                reported_generation_id=latest[home],
                reported_grid_id=grid,
                current_grid_id=grid,
                follow_sha256=digest(FOLLOWED if letter == "A" else letter),
            ),
        )
        session.add_all(_parts(issue.id, accounts["grid_worker"] if letter == "H" else None))
        session.add(
            models.Delivery(
                jurisdiction_id=home, issue_id=issue.id, event_sequence=1, endpoint="feedback"
            )
        )
        session.add(
            models.IssueFollower(
                issue_id=issue.id, follow_sha256=digest(FOLLOWED if letter == "A" else letter)
            )
        )
    session.flush()


def _parts(issue_id: UUID, handled_by: int | None) -> list[Any]:
    """Return what goes with an issue."""
    return [
        models.IssueReporter(issue_id=issue_id, name="某", phone="000-3"),
        models.IssueDeadline(issue_id=issue_id, stage="dispatch", due_at=town.SECOND),
        models.IssueEvent(
            issue_id=issue_id,
            sequence=1,
            at=town.SECOND,
            action="collect",
            to_state="collected",
            actor="tests",
            account_id=handled_by,
        ),
        models.IssuePhoto(issue_id=issue_id, position=1, media_type="image/png", content=b"x"),
        models.IdempotencyKey(key=str(uuid4()), request_sha256=b"", issue_id=issue_id, response={}),
    ]


def _add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
