"""The ground as the store has it: the same units in the same grids, counts for those who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import text

from geo.core.cell_figures import figures, grid_figures
from geo.core.drafts import PlanState
from geo.flows.plan_cells import cells_of_generation
from geo.store.asking import RESIDENT, SERVICE
from geo.store.engine import session
from geo.store.plan_ground import leave_to_weigh, read_ground

if TYPE_CHECKING:
    from geo.core.ground import Ground

PLACES = ("jinggangshan", "qianjin")


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest, demo_database_url: str) -> tuple[int, int]:
    """Return the keys of a jurisdiction and of its generation in force."""
    with session(demo_database_url, SERVICE) as opened:
        found = opened.execute(
            text(
                "SELECT jurisdiction.id, generation.id FROM jurisdiction"
                " JOIN generation ON generation.jurisdiction_id = jurisdiction.id"
                " WHERE slug = :slug AND validity @> now()"
            ),
            {"slug": request.param},
        ).one()
    return found[0], found[1]


@pytest.fixture(scope="module")
def ground(demo_database_url: str, place: tuple[int, int]) -> Ground:
    with session(demo_database_url, SERVICE) as opened:
        return read_ground(opened, place[0])


def test_units_are_in_the_grids_that_the_database_assigns(
    demo_database_url: str, place: tuple[int, int], ground: Ground
) -> None:
    """Buildings by their sites, and units that were put elsewhere by hand."""
    with session(demo_database_url, SERVICE) as opened:
        state = PlanState.of(*cells_of_generation(opened, *place))
        assigned: dict[str, int] = dict(
            opened.execute(
                text(
                    "SELECT grid_id::text, count(*) FROM unit_assignment"
                    " WHERE generation_id = :id GROUP BY grid_id"
                ),
                {"id": place[1]},
            ).all()
        )
    found = grid_figures(state, ground, figures(state, ground))
    counted = {key: int(found.totals.units[row]) for key, row in found.row_of.items()}
    assert {key: count for key, count in counted.items() if count} == assigned
    assert found.lost.units.tolist() == [0]


def test_totals_are_those_of_the_tables(
    demo_database_url: str, place: tuple[int, int], ground: Ground
) -> None:
    with session(demo_database_url, SERVICE) as opened:
        units, households = opened.execute(
            text("SELECT count(DISTINCT unit_id), sum(households)::int FROM planned_units(:id)"),
            {"id": place[0]},
        ).one()
    assert ground.buildings.units.sum() == units
    assert ground.buildings.households.sum() == households
    assert (ground.buildings.households_answered <= ground.buildings.households).all()
    assert len(ground.by_hand) == 2


def test_every_building_reaches_a_station_no_nearer_than_straight(ground: Ground) -> None:
    stations = ground.stations.xy[ground.walk_station]
    straight_m = np.hypot(*(stations - ground.buildings.xy).T)
    assert np.isfinite(ground.walk_m).all()
    assert (ground.walk_m >= straight_m - 1e-6).all()


def test_residents_see_no_counts_and_no_names(
    demo_database_url: str, place: tuple[int, int]
) -> None:
    with session(demo_database_url, RESIDENT) as opened:
        assert leave_to_weigh(opened, place[0]) == (False, False)
        seen = read_ground(opened, place[0])
    assert len(seen.buildings)
    assert seen.buildings.households.sum() == seen.buildings.units.sum() == 0
    assert not seen.workers
    assert not seen.by_hand
    assert not len(seen.open_issues)
