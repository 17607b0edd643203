"""Catchments of the demonstration city, and where one more station helps most."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from geo.core.best_site import gains, value_of
from geo.core.walking import nearest_on_foot
from geo.errors import InvalidFieldError, NotFoundError, NotPermittedError
from geo.flows.catchments import Found, Search, Served, best_site, served
from geo.flows.registry import Registry
from geo.store.asking import SERVICE
from geo.store.engine import owner_session, session
from tests.people import add_account, asker_of

if TYPE_CHECKING:
    from geo.core.best_site import Objective

CITY = "jinggangshan"
COMMUNITY = "360881002002"


@pytest.fixture(scope="module")
def registry(shared_demo_database_url: str) -> Registry:
    """The generations of the demonstration city."""
    found = Registry(shared_demo_database_url)
    found.refresh()
    return found


@pytest.fixture(scope="module")
def catchment(shared_demo_database_url: str, registry: Registry) -> Served:
    """Catchments of 5, 10 and 15 minutes."""
    with session(shared_demo_database_url, SERVICE) as opened:
        return served(opened, registry, CITY, url=shared_demo_database_url)


@pytest.fixture(scope="module")
def found(shared_demo_database_url: str, registry: Registry) -> Found:
    """The best site of a community."""
    with session(shared_demo_database_url, SERVICE) as opened:
        search = Search(minutes=5, community=COMMUNITY)
        return best_site(opened, registry, CITY, search, shared_demo_database_url)


def test_catchments_lie_within_each_other(catchment: Served) -> None:
    areas = catchment.outlines
    assert shapely.is_valid(areas).all()
    assert (shapely.area(shapely.difference(areas[:-1], areas[1:])) < 1e-12).all()
    assert (np.diff(shapely.area(areas)) > 0).all()


def test_every_household_of_the_city_is_counted_once(
    shared_demo_database_url: str, catchment: Served
) -> None:
    with owner_session(shared_demo_database_url) as opened:
        counted = opened.connection().exec_driver_sql(
            "SELECT count(*) FROM household JOIN unit ON unit.id = unit_id"
            " JOIN building ON building.id = building_id"
            " JOIN jurisdiction ON jurisdiction.id = jurisdiction_id"
            " WHERE slug = 'jinggangshan'"
        )
        households = counted.scalar_one()
    homes = catchment.homes
    assert homes.households.sum() == households
    whole = homes.inside + homes.outside + homes.unreachable[:, None]
    assert (whole == homes.households[:, None]).all()


def test_a_new_station_brings_what_was_promised(found: Found) -> None:
    """Walks are measured anew, with a station in the building that was chosen."""
    walked = found.walked
    site = walked.ground.buildings.xy[list(found.rows)]
    stations = np.concatenate([walked.ground.stations.xy, site])
    xy = walked.ground.buildings.xy[walked.homes.building]
    after_m = nearest_on_foot(walked.network, xy, stations).walk_m
    inside = walked.homes.households[after_m <= found.limit_m].sum()
    assert inside == found.after.inside.sum()
    assert found.gained.sum() == found.chosen.value == found.alone[0].sum() > 0


@pytest.mark.parametrize("objective", ["covering", "median"])
def test_two_sites_are_the_best_of_all_pairs(
    shared_demo_database_url: str, registry: Registry, found: Found, objective: Objective
) -> None:
    few = tuple(found.walked.uses[row].code for row in found.candidates[:12])
    search = Search(minutes=5, sites=2, objective=objective, buildings=few)
    with session(shared_demo_database_url, SERVICE) as opened:
        both = best_site(opened, registry, CITY, search, shared_demo_database_url)
    walked, at = both.walked, both.candidates
    xy = walked.ground.buildings.xy
    to_site_m = np.column_stack(
        [nearest_on_foot(walked.network, xy[walked.homes.building], xy[[row]]).walk_m for row in at]
    )
    gained = gains(
        objective, walked.homes.households, walked.walk_m, to_site_m, (both.limit_m, 4800.0)
    )
    best = max(value_of(gained, pair) for pair in combinations(range(len(at)), 2))
    assert both.chosen.proven
    assert both.chosen.value == best


def test_who_may_count(shared_demo_database_url: str, registry: Registry) -> None:
    """Staff of the jurisdiction; nobody of another one, no grid worker, no resident."""
    url = shared_demo_database_url
    with owner_session(url) as opened:
        staff = add_account(opened, "counts", "community_staff", CITY, COMMUNITY)
        other = add_account(opened, "elsewhere", "planner", "qianjin")
    with session(url, asker_of(staff)) as opened:
        assert served(opened, registry, CITY, (5,), url).homes.households.sum() > 0
    with session(url, asker_of(other)) as opened, pytest.raises(NotPermittedError):
        served(opened, registry, CITY, (5,), url)
    with session(url) as opened, pytest.raises(NotPermittedError):
        served(opened, registry, CITY, (5,), url)


@pytest.mark.parametrize("minutes", [(), (0,), (61,), (1, 2, 3, 4, 5, 6)])
def test_walks_that_are_none_are_refused(
    shared_demo_database_url: str, registry: Registry, minutes: tuple[int, ...]
) -> None:
    with session(shared_demo_database_url, SERVICE) as opened:
        with pytest.raises(InvalidFieldError):
            served(opened, registry, CITY, minutes, shared_demo_database_url)
        with pytest.raises(NotFoundError):
            served(opened, registry, "atlantis", url=shared_demo_database_url)
