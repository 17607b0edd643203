"""What the database keeps about issues."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
import pytest
import shapely
from sqlalchemy import delete, make_url, update
from sqlalchemy.exc import IntegrityError

from geo.store import models
from tests.store.conftest import Town, build_town, square, stored, year

WAITS_FOR_A_LOCK = "SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted"


def routed(town: Town) -> tuple[dict[str, Any], list[Any]]:
    generation = town.generation(2026)
    grids = [town.grid(generation, at + 1, square(at, 0)) for at in range(2)]
    told = {"method": "inside", "reported_generation_id": generation, "confident": True}
    told |= {"reported_grid_id": grids[0], "current_grid_id": grids[0]}
    return told, grids


@pytest.mark.parametrize(
    "change",
    [
        {"text": "另一回事"},
        {"occurred_at": year(2020)},
        {"location": stored(shapely.Point(1, 2))},
        {"reported_grid_id": None, "method": "outside"},
        {"confident": False},
        {"accuracy_m": 5.0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_was_reported_never_changes(town: Town, change: dict[str, Any]) -> None:
    told, _grids = routed(town)
    issue = town.issue(**told, location=stored(shapely.Point(114.271, 26.741)))
    with pytest.raises(IntegrityError, match="what was reported never changes"):
        town.session.execute(update(models.Issue).filter_by(id=issue).values(**change))


def test_an_open_issue_moves_and_a_closed_one_does_not(town: Town) -> None:
    told, grids = routed(town)
    issue = town.issue(**told)
    change = update(models.Issue).filter_by(id=issue)
    town.session.execute(change.values(current_grid_id=grids[1], state="accepted"))
    town.session.execute(change.values(state="closed", closed_at=year(2027)))
    for values in ({"current_grid_id": grids[0]}, {"closed_at": year(2028)}):
        with pytest.raises(IntegrityError, match="is closed"), town.session.begin_nested():
            town.session.execute(change.values(**values))
    town.session.execute(change.values(state="reopened", closed_at=None))
    town.session.execute(change.values(current_grid_id=grids[0]))


def test_history_is_only_added_to(town: Town) -> None:
    issue = town.issue()
    told = {"at": year(2026), "action": "report", "to_state": "collected", "actor": ""}
    town.add(models.IssueEvent(issue_id=issue, sequence=1, **told))
    for change in (update(models.IssueEvent).values(note="x"), delete(models.IssueEvent)):
        with pytest.raises(IntegrityError, match="only added to"), town.session.begin_nested():
            town.session.execute(change)


def test_history_is_of_the_issues_jurisdiction_whatever_is_written(town: Town) -> None:
    told = {"at": year(2026), "action": "report", "to_state": "collected", "actor": ""}
    event = models.IssueEvent(issue_id=town.issue(), sequence=1, jurisdiction_id=-1, **told)
    town.add(event)
    issue = town.session.get_one(models.Issue, event.issue_id)
    town.session.refresh(event)
    assert event.jurisdiction_id == issue.jurisdiction_id


def test_an_issue_is_routed_in_its_own_jurisdiction(town: Town) -> None:
    told, _grids = routed(build_town(town.session, "999002001"))
    with pytest.raises(IntegrityError, match="another jurisdiction's"):
        town.issue(**told)


def test_an_issue_is_never_sent_to_another_jurisdiction(town: Town) -> None:
    told, _grids = routed(town)
    issue = town.issue(**told)
    other = build_town(town.session, "999002001")
    grids = routed(other)[1]
    home = town.session.get_one(models.Grid, grids[0]).jurisdiction_id
    department = town.add(models.Department(jurisdiction_id=home, code="D", name="D", name_en="D"))
    change = update(models.Issue).filter_by(id=issue)
    refused = partial(pytest.raises, IntegrityError, match="another jurisdiction's")
    for values in ({"current_grid_id": grids[0]}, {"department_id": department.id}):
        with refused(), town.session.begin_nested():
            town.session.execute(change.values(**values))
        with refused(), town.session.begin_nested():
            town.issue(**told | values)


def test_only_a_routed_issue_has_a_grid(town: Town) -> None:
    told, _grids = routed(town)
    with pytest.raises(IntegrityError, match="ck_issue_routed"):
        town.issue(**{**told, "method": "outside"})


def test_a_buildings_code_is_unique_in_its_jurisdiction(town: Town) -> None:
    first, second = (
        town.session.get_one(models.Unit, town.unit(column, 0.5)).building_id for column in (0, 1)
    )
    code = town.session.get_one(models.Building, first).code
    with pytest.raises(IntegrityError, match="uq_building_jurisdiction_id_code"):
        town.session.execute(update(models.Building).filter_by(id=second).values(code=code))


def test_two_who_ask_for_the_first_number_of_a_year_get_two(database_url: str) -> None:
    asked = "SELECT next_issue_number(7, 2031)"
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with (
        psycopg.connect(url) as early,
        psycopg.connect(url) as late,
        psycopg.connect(url, autocommit=True) as watching,
        ThreadPoolExecutor(1) as pool,
    ):
        first = early.execute(asked).fetchone()
        waiting = pool.submit(lambda: late.execute(asked).fetchone())
        while not watching.execute(WAITS_FOR_A_LOCK, [late.info.backend_pid]).fetchone():
            assert not waiting.done()
        early.commit()
        assert (first, waiting.result(10)) == (("2031-000001",), ("2031-000002",))
