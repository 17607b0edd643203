"""Coverage maps of the demonstration city: figures, generations, and who sees what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from sqlalchemy import select

from geo.core.coverage_figures import MEASURES, PUBLIC, CoverageCompared, CoverageFigures
from geo.core.crs import transform_geometry
from geo.errors import NotFoundError, NotPermittedError
from geo.flows.catchments import served
from geo.flows.coverage_maps import coverage, coverage_compared
from geo.flows.map_warmth import MapWarmth
from geo.flows.registry import Registry
from geo.flows.scorecards import score_generation
from geo.store.asking import SERVICE
from geo.store.basemap import read_basemap
from geo.store.engine import owner_session, session
from geo.store.models import Member
from tests import town
from tests.people import add_account, asker_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from geo.flows.scorecards import Scored

CITY = "jinggangshan"
BEFORE, AFTER = "jinggangshan-2024", "jinggangshan-2026"
COMMUNITY = "360881002002"
METRIC = 4547


@pytest.fixture(scope="module")
def registry(shared_demo_database_url: str) -> Registry:
    """The generations of the demonstration city."""
    found = Registry(shared_demo_database_url)
    found.refresh()
    return found


@pytest.fixture(scope="module")
def told(shared_demo_database_url: str, registry: Registry) -> CoverageFigures:
    """All figures of the generation in force."""
    with session(shared_demo_database_url, SERVICE) as opened:
        return coverage(opened, registry, CITY, url=shared_demo_database_url)


@pytest.fixture(scope="module")
def both(shared_demo_database_url: str, registry: Registry) -> CoverageCompared:
    """Both generations of the city."""
    with session(shared_demo_database_url, SERVICE) as opened:
        return coverage_compared(opened, registry, CITY, BEFORE, url=shared_demo_database_url)


def test_every_measure_has_a_figure_for_every_grid_with_homes(told: CoverageFigures) -> None:
    assert told.measures == tuple(MEASURES)
    lived = told.figures.values["households"] > 0
    for key, values in told.figures.values.items():
        counted = lived & told.figures.general if key == "per_worker" else lived
        assert (~np.isnan(values[counted])).all(), key
    for minutes in (5, 10, 15):
        assert np.nanmin(told.figures.values[f"walk_{minutes}"]) >= 0
        assert np.nanmax(told.figures.values[f"walk_{minutes}"]) <= 100
    assert all(len(one.units) > 0 for one in told.communities)


def test_figures_are_those_of_the_database(
    shared_demo_database_url: str, told: CoverageFigures
) -> None:
    with owner_session(shared_demo_database_url) as opened:
        households, units = _counted(opened)
    codes = [one.code for one in told.grids]
    found = told.figures.values["households"]
    assert {code: int(one) for code, one in zip(codes, found, strict=True) if one} == households
    shares = told.figures.values["units_answered"]
    assert {
        code: pytest.approx(one)
        for code, one in zip(codes, shares.tolist(), strict=True)
        if not np.isnan(one)
    } == units


def _counted(opened: Session) -> tuple[dict[str, int], dict[str, float]]:
    """Count households and shares of units that are answered for, by grid of each unit."""
    rows = (
        opened.connection()
        .exec_driver_sql(
            "SELECT drawn.code, sum(homes.households) AS households,"
            " 100.0 * avg(EXISTS (SELECT FROM responsibility AS link"
            " WHERE link.unit_id = placed.unit_id)::int) AS share"
            " FROM unit_assignment AS placed"
            " JOIN generation ON generation.id = placed.generation_id AND generation.label = %s"
            " JOIN grid_version AS drawn ON drawn.generation_id = generation.id"
            " AND drawn.grid_id = placed.grid_id"
            " JOIN LATERAL (SELECT count(*) AS households FROM household"
            " WHERE household.unit_id = placed.unit_id) AS homes ON true GROUP BY 1",
            (AFTER,),
        )
        .all()
    )
    return (
        {one.code: int(one.households) for one in rows},
        {one.code: float(one.share) for one in rows},
    )


def test_walks_are_those_of_the_catchments(
    shared_demo_database_url: str, registry: Registry, told: CoverageFigures
) -> None:
    with session(shared_demo_database_url, SERVICE) as opened:
        found = served(opened, registry, CITY, (5, 10, 15), url=shared_demo_database_url)
    homes = found.homes
    whole = np.where(homes.households == 0, 1, homes.households)[:-1]
    lived = homes.households[:-1] > 0
    for column, minutes in enumerate((5, 10, 15)):
        share = 100 * homes.inside[:-1, column] / whole
        assert told.figures.values[f"walk_{minutes}"][lived] == pytest.approx(share[lived])
    assert [one.code for one in told.grids] == [one.code for one in found.walked.grids]


def test_the_principles_are_those_of_the_scorecard(
    shared_demo_database_url: str, told: CoverageFigures
) -> None:
    with session(shared_demo_database_url, SERVICE) as opened:
        card = score_generation(opened, AFTER).card
    for row, grid in enumerate(told.grids):
        measured = [one for one in card.measures if one.by_grid[grid.key] is not None]
        kept = [one for one in measured if grid.key not in one.missed_by]
        share = 100 * len(kept) / len(measured)
        assert told.figures.values["principles"][row] == pytest.approx(share)


def test_unanswered_buildings_are_those_without_anybody(
    shared_demo_database_url: str, told: CoverageFigures
) -> None:
    with owner_session(shared_demo_database_url) as opened:
        rows = opened.connection().exec_driver_sql(
            "SELECT building.code FROM building"
            " JOIN jurisdiction ON jurisdiction.id = building.jurisdiction_id"
            " WHERE slug = %s AND EXISTS (SELECT FROM unit WHERE unit.building_id = building.id)"
            " AND NOT EXISTS (SELECT FROM responsibility AS link"
            " WHERE link.building_id = building.id)",
            (CITY,),
        )
        expected = {code for (code,) in rows}
    assert {one.code for one in told.unanswered} == expected
    assert all(one.units >= one.units_answered >= 0 for one in told.unanswered)


def test_the_public_sees_counts_of_many_people_alone(
    shared_demo_database_url: str, registry: Registry
) -> None:
    url = shared_demo_database_url
    with session(url) as opened:
        told = coverage(opened, registry, CITY, url=url)
        assert told.measures == PUBLIC
        assert set(told.figures.values) <= set(PUBLIC)
        assert not told.unanswered
        assert not told.figures.by_principle
        assert told.withheld.any()
        for values in told.figures.values.values():
            assert np.isnan(values[told.withheld]).all()
        with pytest.raises(NotPermittedError):
            coverage(opened, registry, CITY, BEFORE, url)
        with pytest.raises(NotPermittedError):
            coverage_compared(opened, registry, CITY, BEFORE, url=url)


def test_what_is_withheld_can_not_be_worked_out_from_the_total(
    shared_demo_database_url: str, registry: Registry, told: CoverageFigures
) -> None:
    url = shared_demo_database_url
    with session(url) as opened:
        shown = coverage(opened, registry, CITY, url=url)
    rest = told.figures.people[shown.withheld]
    assert len(rest) > 1
    assert rest.sum() >= shown.least
    assert (told.figures.people[~shown.withheld] >= shown.least).all()


def test_who_sees_which_buildings(
    shared_demo_database_url: str, registry: Registry, told: CoverageFigures
) -> None:
    """Planners those of the city, staff those of their community, others of the city none."""
    url = shared_demo_database_url
    with owner_session(url) as opened:
        planner = add_account(opened, "draws", "planner", CITY)
        staff = add_account(opened, "staffs", "community_staff", CITY, COMMUNITY)
        worker = add_account(opened, "handles", "department_handler", CITY, "CG")
        other = add_account(opened, "elsewhere", "planner", "qianjin")
    with session(url, asker_of(planner)) as opened:
        assert coverage(opened, registry, CITY, url=url).unanswered == told.unanswered
    with session(url, asker_of(staff)) as opened:
        own = coverage(opened, registry, CITY, url=url)
        name = next(one.name for one in own.communities if one.code == COMMUNITY)
        expected = [one for one in told.unanswered if one.community == name]
        assert list(own.unanswered) == expected
        assert not own.every_building
        assert own.measures == tuple(MEASURES)
    for key in (worker, other):
        with session(url, asker_of(key)) as opened:
            assert coverage(opened, registry, CITY, url=url).measures == PUBLIC


def test_ground_that_changed_hands_is_all_that_differs(both: CoverageCompared) -> None:
    """The earlier grids, with the changed ground moved, are the later ones."""
    assert both.changed
    before, after = _by_key(both.before), _by_key(both.after)
    keys = [*before, *(key for key in after if key not in before)]
    empty = shapely.MultiPolygon()
    moved = {key: before.get(key, empty) for key in keys}
    shapes = np.array([one.shape for one in both.changed], dtype=object)
    metric = transform_geometry(shapes, 4326, METRIC)
    for one, ground in zip(both.changed, metric, strict=True):
        assert one.area_m2 == pytest.approx(shapely.area(ground), rel=1e-6)
        if one.before >= 0:
            key = both.before.grids[one.before].key
            moved[key] = shapely.difference(moved[key], ground)
        if one.after >= 0:
            key = both.after.grids[one.after].key
            moved[key] = shapely.union(moved[key], ground)
    for key in keys:
        off = shapely.symmetric_difference(moved[key], after.get(key, empty))
        assert shapely.area(shapely.buffer(off, -0.05)) == pytest.approx(0, abs=0.5)


def _by_key(told: CoverageFigures) -> dict[str, shapely.Geometry]:
    metric = transform_geometry(told.shapes, 4326, METRIC)
    return {one.key: shape for one, shape in zip(told.grids, metric, strict=True)}


def test_the_first_map_is_made_ready(
    shared_demo_database_url: str, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once all is ready, only a generation that is not in force is counted for a map."""
    url = shared_demo_database_url
    MapWarmth(registry, url).turn()
    counted: list[str] = []

    def counting(opened: Session, label: str) -> Scored:
        counted.append(label)
        return score_generation(opened, label)

    monkeypatch.setattr("geo.flows.coverage_maps.score_generation", counting)
    with owner_session(url) as opened:
        member = opened.scalars(select(Member).limit(1)).one()
        member.phone = f"{member.phone or ''}0"
    with session(url, SERVICE) as opened:
        coverage(opened, registry, CITY, url=url)
        assert counted == [AFTER]
        MapWarmth(registry, url).turn()
        assert counted == [AFTER, "qianjin-2026"]
        coverage(opened, registry, CITY, url=url)
    assert counted == [AFTER, "qianjin-2026"]


def test_what_is_not_there_is_not_found(shared_demo_database_url: str, registry: Registry) -> None:
    url = shared_demo_database_url
    with session(url, SERVICE) as opened:
        with pytest.raises(NotFoundError):
            coverage(opened, registry, "nowhere", url=url)
        with pytest.raises(NotFoundError):
            coverage(opened, registry, CITY, "qianjin-2026", url=url)
        assert len(read_basemap(opened, "nowhere").roads) == 0


def test_the_basemap_is_that_of_the_place(shared_demo_database_url: str) -> None:
    with session(shared_demo_database_url) as opened:
        found = read_basemap(opened, CITY)
        english = read_basemap(opened, CITY, english=True)
        west, south, east, north = (
            opened.connection()
            .exec_driver_sql(
                "SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box) FROM (SELECT"
                " ST_Extent(building.geom) AS box FROM building JOIN jurisdiction ON"
                " jurisdiction.id = jurisdiction_id"
                " WHERE slug = %s) AS found",
                (CITY,),
            )
            .one()
        )
    bounds = shapely.total_bounds(found.buildings).tolist()
    assert bounds == pytest.approx([west, south, east, north], abs=2e-5)
    assert len(found.roads) == len(found.road_classes)
    assert set(found.road_classes.tolist()) <= {0, 1, 2}
    assert {kind for *_, kind in found.names} >= {"road", "community"}
    assert [one[2] for one in english.names] != [one[2] for one in found.names]


def test_a_town_without_roads_has_its_map(database_url: str) -> None:
    """The market is a dedicated grid without homes; grids turned from upright to across."""
    with owner_session(database_url) as opened:
        town.build(opened)
    registry = Registry(database_url)
    registry.refresh()
    with session(database_url, SERVICE) as opened:
        told = coverage(opened, registry, town.SLUG, url=database_url)
        both = coverage_compared(opened, registry, town.SLUG, town.FIRST_LABEL, url=database_url)
    rows = {one.code: row for row, one in enumerate(told.grids)}
    assert rows.keys() == {town.A1, town.A2, town.B1, town.D}
    values = told.figures.values
    assert values["households"].sum() > 0
    lived = values["households"] > 0
    assert np.isfinite(values["walk_15"][lived]).all()
    assert np.isnan(values["walk_15"][~lived]).all()
    pairs = {
        (both.before.grids[one.before].code, both.after.grids[one.after].code)
        for one in both.changed
    }
    assert pairs == {(town.A1, town.A2), (town.A2, town.A1), (town.B1, town.D)}
