"""A case in the small town, the people who act on it, and a clock that the test puts forward."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from geo.flows import act, clockwork
from geo.flows.locate import read_position
from geo.flows.registry import Registry
from geo.flows.report import Report, report
from geo.store.engine import owner_session
from geo.store.models import Department, Duty, DutyVersion, Jurisdiction
from geo.store.publishing import clock
from tests import town
from tests.people import add_account, asker_of

if TYPE_CHECKING:
    from datetime import datetime

    import pytest
    from sqlalchemy.orm import Session

    from geo.store.asking import Asker

WATER, LEAK = "water", "W1"
"""Another department, and its duty, which has no deadlines."""


class Ahead:
    """The database's clock, put forward."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.hours = 0.0
        for module in (act, clockwork):
            patch.setattr(module, "clock", self.now)

    def now(self, opened: Session) -> datetime:
        """Return the instant that it is taken to be."""
        return clock(opened) + timedelta(hours=self.hours)


class People(NamedTuple):
    """Who acts: their roles in the town, by their names."""

    worker: Asker
    other_worker: Asker
    staff: Asker
    other_staff: Asker
    desk: Asker
    road: Asker
    water: Asker
    planner: Asker


def settle(url: str) -> People:
    """Build the town with another department, and accounts on it."""
    with owner_session(url) as opened:
        grids = town.build(opened)
    with owner_session(url) as opened:
        home = opened.scalars(select(Jurisdiction.id)).one()
        department = Department(jurisdiction_id=home, code=WATER, name="水务", name_en="Water")
        opened.add(department)
        opened.flush()
        about = {
            "name": "漏水",
            "name_en": "Leak",
            "kind": "component",
            "department_id": department.id,
            "private": False,
        }
        duty = Duty(jurisdiction_id=home, code=LEAK, **about)
        opened.add(duty)
        opened.flush()
        opened.add(DutyVersion(duty_id=duty.id, number=1, answers_first="owner", **about))
        roles = {
            "worker": ("grid_worker", str(grids[town.A1])),
            "other_worker": ("grid_worker", str(grids[town.B1])),
            "staff": ("community_staff", town.A),
            "other_staff": ("community_staff", town.B),
            "desk": ("street_dispatcher", town.STREET),
            "road": ("department_handler", town.DEPARTMENT),
            "water": ("department_handler", WATER),
            "planner": ("planner", None),
        }
        return People(
            **{
                name: asker_of(add_account(opened, name, role, town.SLUG, place))
                for name, (role, place) in roles.items()
            }
        )


def reported(url: str, **more: Any) -> UUID:
    """Report something in grid A1, and return its key."""
    lon, lat = town.spot(0.5, 0.5)
    about = {"position": read_position(lon, lat), "duty": town.DUTY, **more}
    return UUID(report(Registry(url), Report("路灯不亮", **about), url=url)["id"])
