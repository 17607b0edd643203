"""The grid of every unit: derived, overridden, and kept right by the database."""

from __future__ import annotations

import threading

import pytest
import shapely
from sqlalchemy import Executable, create_engine, delete, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from geo.store import models
from tests.store.conftest import Town, build_town, spot, square, stored


def two_grids(town: Town, starts: int = 2026, ends: int | None = None) -> tuple[int, list]:
    generation = town.generation(starts, ends)
    return generation, [town.grid(generation, at + 1, square(at, 0)) for at in range(2)]


def move(town: Town, unit: int, column: float, row: float) -> None:
    building = town.session.get_one(models.Unit, unit).building_id
    town.session.execute(
        update(models.Building)
        .filter_by(id=building)
        .values(site=stored(shapely.Point(spot(column, row))))
    )


def test_publishing_gives_every_unit_the_grid_of_its_buildings_site(town: Town) -> None:
    west, east, beyond = town.unit(0.5, 0.5), town.unit(1.5, 0.5), town.unit(3.5, 0.5)
    generation, grids = two_grids(town)
    town.seal()
    found = town.assigned(generation)
    assert found == {west: (grids[0], "geometry"), east: (grids[1], "geometry")}
    assert beyond not in found


def test_a_site_on_a_shared_edge_goes_to_the_smaller_code(town: Town) -> None:
    unit = town.unit(1, 0.5)
    generation, grids = two_grids(town)
    town.seal()
    assert town.assigned(generation)[unit] == (grids[0], "geometry")


def test_a_dedicated_grid_comes_first(town: Town) -> None:
    unit = town.unit(0.5, 0.5)
    generation, _grids = two_grids(town)
    market = town.grid(generation, 9, square(0.4, 0.4, 0.2, 0.2), kind="dedicated")
    town.seal()
    assert town.assigned(generation)[unit] == (market, "geometry")


def test_a_unit_added_later_is_assigned(town: Town) -> None:
    generation, grids = two_grids(town)
    town.seal()
    unit = town.unit(1.5, 0.5)
    assert town.assigned(generation) == {unit: (grids[1], "geometry")}


def test_a_building_that_moves_takes_its_units_along(town: Town) -> None:
    unit = town.unit(0.5, 0.5)
    past, _old = two_grids(town, 2020, 2021)
    present = town.generation(2021)
    grids = [town.grid(present, at + 11, square(at, 0)) for at in range(2)]
    town.seal()
    before = town.assigned(past)
    move(town, unit, 1.5, 0.5)
    assert town.assigned(present)[unit] == (grids[1], "geometry")
    assert town.assigned(past) == before, "history stays as it was"
    move(town, unit, 9, 9)
    assert town.assigned(present) == {}


def test_published_generations_to_come_are_kept_right_too(town: Town) -> None:
    unit = town.unit(0.5, 0.5)
    two_grids(town, 2021, 2090)
    coming = town.generation(2090)
    grids = [town.grid(coming, at + 11, square(at, 0)) for at in range(2)]
    town.seal()
    move(town, unit, 1.5, 0.5)
    assert town.assigned(coming)[unit] == (grids[1], "geometry")


def test_an_override_is_made_changed_and_removed(town: Town) -> None:
    unit = town.unit(0.5, 0.5)
    generation, grids = two_grids(town)
    other = town.grid(generation, 3, square(0, 0.9, 0.1, 0.1), kind="dedicated")
    town.seal()
    town.add(models.UnitOverride(unit_id=unit, grid_id=grids[1], made_by="王五", reason="门朝东"))
    assert town.assigned(generation)[unit] == (grids[1], "override")
    town.session.execute(update(models.UnitOverride).values(grid_id=other))
    assert town.assigned(generation)[unit] == (other, "override")
    move(town, unit, 1.5, 0.5)
    assert town.assigned(generation)[unit] == (other, "override")
    town.session.execute(delete(models.UnitOverride))
    assert town.assigned(generation)[unit] == (grids[1], "geometry")


def test_an_override_outlives_generations_while_its_grid_does(town: Town) -> None:
    unit = town.unit(0.5, 0.5)
    first, grids = two_grids(town, 2020, 2021)
    town.add(models.UnitOverride(unit_id=unit, grid_id=grids[1], made_by="王五", reason="门朝东"))
    second = town.generation(2021, 2022)
    town.grid(second, 1, square(0, 0), grid_id=grids[0])
    town.grid(second, 2, square(1, 0), grid_id=grids[1])
    third = town.generation(2022)
    merged = town.grid(third, 5, square(0, 0, 2))
    town.seal()
    assert town.assigned(first)[unit] == (grids[1], "override")
    assert town.assigned(second)[unit] == (grids[1], "override")
    assert town.assigned(third)[unit] == (merged, "geometry")


@pytest.mark.parametrize("told", [{"made_by": " ", "reason": "r"}, {"made_by": "w", "reason": ""}])
def test_an_override_says_who_and_why(town: Town, told: dict[str, str]) -> None:
    _generation, grids = two_grids(town)
    with pytest.raises(IntegrityError, match="ck_unit_override"):
        town.add(models.UnitOverride(unit_id=town.unit(0, 0), grid_id=grids[0], **told))


def test_an_override_stays_in_its_jurisdiction(town: Town) -> None:
    elsewhere = build_town(town.session, "999002001")
    with pytest.raises(IntegrityError, match="not of one jurisdiction"):
        town.add(
            models.UnitOverride(
                unit_id=town.unit(0, 0), grid_id=elsewhere.new_grid(), made_by="w", reason="r"
            )
        )


def test_every_household_is_listed_with_its_grid_and_who_decided(town: Town) -> None:
    unit, overridden, lost = (
        town.unit(0.5, 0.5, households=2),
        town.unit(0.6, 0.6),
        town.unit(3, 0.5),
    )
    _generation, grids = two_grids(town)
    town.add(
        models.UnitOverride(unit_id=overridden, grid_id=grids[1], made_by="王五", reason="门朝东")
    )
    town.seal()
    rows = town.session.execute(
        text(
            "SELECT unit_id, grid_id, source, made_by, reason, made_at IS NOT NULL"
            " FROM household_assignment ORDER BY household_id"
        )
    )
    assert [tuple(row) for row in rows] == [
        (unit, grids[0], "geometry", None, None, False),
        (unit, grids[0], "geometry", None, None, False),
        (overridden, grids[1], "override", "王五", "门朝东", True),
        (lost, None, None, None, None, False),
    ]


def test_a_building_moved_while_a_generation_is_published_ends_up_right(database_url: str) -> None:
    engine = create_engine(database_url)
    with Session(engine) as mover, Session(engine) as publisher:
        town = build_town(mover, "999006001")
        unit = town.unit(0.5, 0.5)
        first, _grids = two_grids(town, 2020, 2021)
        mover.commit()
        move(town, unit, 1.5, 0.5)
        other = Town(publisher, town.jurisdiction_id, town.communities, number=5)
        second = other.generation(2021)
        grids = [other.grid(second, at + 11, square(at, 0)) for at in range(2)]
        waiting = threading.Thread(target=publisher.commit)
        waiting.start()
        waiting.join(0.5)
        mover.commit()
        waiting.join(10)
        assert town.assigned(second)[unit] == (grids[1], "geometry")
        assert first
    engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        delete(models.UnitAssignment),
        update(models.UnitAssignment).values(source="override"),
        text("INSERT INTO unit_assignment SELECT * FROM unit_assignment"),
    ],
)
def test_assignments_are_not_written_by_hand(town: Town, change: Executable) -> None:
    town.unit(0.5, 0.5)
    generation, _grids = two_grids(town)
    town.seal()
    before = town.assigned(generation)
    with pytest.raises(IntegrityError, match="derived"), town.session.begin_nested():
        town.session.execute(change)
    assert town.assigned(generation) == before


def test_residents_are_in_the_unit_of_their_household(town: Town) -> None:
    first, second = town.unit(0.5, 0.5), town.unit(1.5, 0.5)
    home = models.Household(unit_id=first, room="101", people=1)
    town.add(home)
    person = models.Resident(household_id=home.id, unit_id=second, name="某")
    town.add(person)
    town.session.refresh(person)
    assert person.unit_id == first
    home.unit_id = second
    town.session.flush()
    town.session.refresh(person)
    assert person.unit_id == second
