"""What the database itself refuses about generations and grids."""

from __future__ import annotations

import json
import threading

import psycopg
import pytest
import shapely
from sqlalchemy import create_engine, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from geo.store import models
from geo.store.engine import plain_url
from tests.store.conftest import Town, build_town, square, stored, year

ALONG = 1e-9


def test_grids_may_share_edges_and_corners(town: Town) -> None:
    generation = town.generation(2026)
    for column in (0, 1):
        town.grid(generation, column, square(column, 0, 1, 0.5))
        town.grid(generation, 10 + column, square(column, 0.5, 1, 0.5))
    town.seal()


@pytest.mark.parametrize(
    "other",
    [square(0.5, 0), square(0.25, 0.25, 0.1, 0.1), square(0, 0), square(1 - ALONG, 0)],
    ids=["beside", "nested", "same", "by a hair"],
)
def test_grids_of_one_generation_never_overlap(town: Town, other: shapely.Polygon) -> None:
    generation = town.generation(2026)
    town.grid(generation, 1, square(0, 0))
    with pytest.raises(IntegrityError, match=r"999001001001002.*999001001001001 overlap by"):
        town.grid(generation, 2, other)


def test_grids_inserted_together_are_held_against_each_other(town: Town) -> None:
    generation = town.generation(2026)
    keys = [town.new_grid(), town.new_grid()]
    rows = [
        {
            "generation_id": generation,
            "grid_id": key,
            "name": "",
            "name_en": "",
            "code": f"999001001001{at:03d}",
            "kind": "general",
            "community_id": town.communities[0].id,
            "geom": stored(square(at / 2, 0)),
        }
        for at, key in enumerate(keys)
    ]
    with pytest.raises(IntegrityError, match="overlap by"):
        town.session.execute(models.GridVersion.__table__.insert(), rows)


def test_a_dedicated_grid_may_lie_over_general_ones_but_not_over_another(town: Town) -> None:
    generation = town.generation(2026)
    town.grid(generation, 1, square(0, 0))
    town.grid(generation, 2, square(1, 0))
    town.grid(generation, 3, square(0.5, 0.2, 1, 0.3), kind="dedicated")
    with pytest.raises(IntegrityError, match="overlap by"):
        town.grid(generation, 4, square(1.2, 0.3, 0.5, 0.5), kind="dedicated")


def test_the_same_ground_belongs_to_other_grids_in_another_generation(town: Town) -> None:
    past, present = town.generation(2025, 2026), town.generation(2026)
    kept = town.grid(past, 1, square(0, 0))
    town.grid(present, 1, square(0, 0, 1.5), grid_id=kept)
    town.seal()


def test_a_grid_that_is_redrawn_before_it_is_published_is_looked_at_again(town: Town) -> None:
    generation = town.generation(2026)
    town.grid(generation, 1, square(0, 0))
    other = town.grid(generation, 2, square(1, 0))
    with pytest.raises(IntegrityError, match="overlap by"):
        town.session.execute(
            update(models.GridVersion)
            .filter_by(generation_id=generation, grid_id=other)
            .values(geom=stored(square(0.9, 0)))
        )


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ({"code": "999001001002001"}, "does not begin with its community's"),
        ({"code": "99900100100100A"}, "ck_grid_version_code"),
        ({"kind": "special"}, "ck_grid_version_kind"),
    ],
)
def test_a_grid_is_named_after_its_community(town: Town, told: dict[str, str], rule: str) -> None:
    with pytest.raises(IntegrityError, match=rule):
        town.grid(town.generation(2026), 1, square(0, 0), **told)


def test_a_grid_lies_inside_its_community_but_for_a_metre(town: Town) -> None:
    generation = town.generation(2026)
    town.grid(generation, 1, square(-0.004, 0))
    with pytest.raises(IntegrityError, match="does not lie inside community 999001001001"):
        town.grid(generation, 2, square(1, 0, 1.02))


def test_a_bow_tie_is_no_grid(town: Town) -> None:
    tie = shapely.Polygon([(114.27, 26.74), (114.271, 26.741), (114.271, 26.74), (114.27, 26.741)])
    with pytest.raises(IntegrityError, match="ck_grid_version_geom_valid"):
        town.grid(town.generation(2026), 1, tie)


def test_a_grid_belongs_to_its_generations_jurisdiction(town: Town) -> None:
    neighbour = build_town(town.session, "999002001")
    generation = town.generation(2026)
    with pytest.raises(IntegrityError, match="generation's jurisdiction"):
        town.grid(generation, 1, square(0, 0), grid_id=neighbour.new_grid())


def test_a_code_never_goes_to_another_grid(town: Town) -> None:
    town.grid(town.generation(2025, 2026), 1, square(0, 0))
    with pytest.raises(IntegrityError, match="ex_grid_version_code_reused"):
        town.grid(town.generation(2026), 1, square(0, 0))


@pytest.mark.parametrize(
    ("starts", "ends"), [(2025, 2027), (2024, None), (2026, None), (2025, 2026)]
)
def test_periods_of_generations_never_overlap(town: Town, starts: int, ends: int | None) -> None:
    town.generation(2025, 2027)
    with pytest.raises(IntegrityError, match="ex_generation_validity"):
        town.generation(starts, ends)


def test_one_generation_is_the_current_one(town: Town) -> None:
    town.generation(2025, 2026)
    town.generation(2026)
    with pytest.raises(IntegrityError, match=r"uq_generation_current|ex_generation_validity"):
        town.generation(2030)


def test_other_jurisdictions_have_generations_of_the_same_time(town: Town) -> None:
    town.generation(2026)
    build_town(town.session, "999002001").generation(2026)


def test_what_is_published_is_never_overwritten(town: Town) -> None:
    generation = town.generation(2026)
    grid = town.grid(generation, 1, square(0, 0))
    town.seal()
    written = models.GridVersion
    for change in (
        update(written).filter_by(grid_id=grid).values(geom=stored(square(0, 0, 0.5))),
        text("DELETE FROM grid_version"),
        text("DELETE FROM grid"),
        text("DELETE FROM generation"),
        text("DELETE FROM community"),
        update(models.Generation).values(label="other"),
        update(models.Generation).values(validity=Range(year(2020), None)),
        update(models.Generation).values(sealed=False),
    ):
        with pytest.raises(IntegrityError, match="published"), town.session.begin_nested():
            town.session.execute(change)
    with pytest.raises(IntegrityError, match="its grids never change"):
        town.grid(generation, 2, square(1, 0))


def test_a_published_generation_is_succeeded_once(town: Town) -> None:
    first = town.generation(2025)
    town.grid(first, 1, square(0, 0))
    town.seal()
    close = update(models.Generation).filter_by(id=first)
    town.session.execute(close.values(validity=Range(year(2025), year(2026))))
    town.generation(2026)
    with pytest.raises(IntegrityError, match="can only be succeeded"):
        town.session.execute(close.values(validity=Range(year(2025), year(2024 + 1), bounds="[]")))


def test_a_whole_jurisdiction_can_go(town: Town) -> None:
    generation = town.generation(2026)
    grid = town.grid(generation, 1, square(0, 0))
    unit = town.unit(0.5, 0.5)
    override = models.UnitOverride(unit_id=unit, grid_id=grid, made_by="王五", reason="因")
    town.add(override)
    issue = town.issue(
        method="inside",
        reported_generation_id=generation,
        reported_grid_id=grid,
        current_grid_id=grid,
        unit_id=unit,
    )
    event = {"sequence": 1, "at": year(2026), "action": "report", "to_state": "collected"}
    town.add(models.IssueEvent(issue_id=issue, actor="", **event))
    town.seal()
    town.session.execute(text("DELETE FROM jurisdiction"))
    town.seal()
    for table in (models.GridVersion, models.Issue, models.IssueEvent, models.UnitAssignment):
        assert town.session.scalars(select(table)).all() == []


def test_communities_nest(town: Town) -> None:
    community = town.communities[0]
    change = update(models.Community).filter_by(id=community.id)
    for values, rule in (
        ({"area": stored(square(0, 0, 5))}, "does not lie inside its jurisdiction"),
        ({"code": "999001009001"}, "does not begin with its street's"),
    ):
        with pytest.raises(IntegrityError, match=rule), town.session.begin_nested():
            town.session.execute(change.values(**values))
    town.grid(town.generation(2026), 1, square(1, 0))
    with pytest.raises(IntegrityError, match="does not lie inside community"):
        town.session.execute(change.values(area=stored(square(0, 0))))


def test_two_transactions_can_not_each_add_a_grid_over_the_others(database_url: str) -> None:
    engine = create_engine(database_url)
    with Session(engine) as first, Session(engine) as second:
        town = build_town(first, "999003001")
        generation = town.generation(2026)
        grids = [town.new_grid(), town.new_grid()]
        first.commit()
        other = Town(second, town.jurisdiction_id, town.communities)
        town.grid(generation, 1, square(0, 0), grid_id=grids[0])
        refused: list[str] = []

        def insert() -> None:
            try:
                other.grid(generation, 2, square(0.5, 0), grid_id=grids[1])
                second.commit()
            except IntegrityError as error:
                refused.append(str(error.orig))

        waiting = threading.Thread(target=insert)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive(), "the second writer waits for the first"
        first.commit()
        waiting.join(10)
    with Session(engine) as after:
        codes = after.scalars(
            select(models.GridVersion.code).filter_by(generation_id=generation)
        ).all()
    engine.dispose()
    assert codes == ["999003001001001"]
    assert len(refused) == 1


def test_every_change_of_a_generation_is_told(database_url: str) -> None:
    engine = create_engine(database_url)
    with psycopg.connect(plain_url(database_url), autocommit=True) as listener:
        listener.execute("LISTEN hongge_generation")
        with Session(engine) as session:
            town = build_town(session, "999004001")
            generation = town.generation(2026)
            town.grid(generation, 1, square(0, 0))
            session.commit()
        [told] = {one.payload for one in listener.notifies(timeout=60, stop_after=1)}
    engine.dispose()
    assert json.loads(told) == {
        "jurisdiction_id": town.jurisdiction_id,
        "generation_id": generation,
    }


def test_a_generation_is_sealed_when_its_grids_are_committed(database_url: str) -> None:
    engine = create_engine(database_url)
    with Session(engine) as session:
        town = build_town(session, "999005001")
        generation = town.generation(2026)
        town.grid(generation, 1, square(0, 0))
        unit = town.unit(0.5, 0.5)
        session.commit()
        assert session.get(models.Generation, generation).sealed
        assert unit in town.assigned(generation)
        with pytest.raises(IntegrityError, match="published"):
            town.grid(generation, 2, square(1, 0))
    engine.dispose()
