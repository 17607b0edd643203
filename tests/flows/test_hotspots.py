"""Hot spot maps of the demonstration: planted heaps are found, shuffled cities show none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely

from geo.core.crs import transform, transform_geometry
from geo.core.hotspot_map import Asked, HotspotMap
from geo.core.hotspots import NOT_ENOUGH, local_g
from geo.core.lattice import Cells, Lattice
from geo.errors import InvalidFieldError, NotFoundError, NotPermittedError
from geo.flows.hotspots import duties_counted, hotspots
from geo.flows.registry import Registry
from geo.store.asking import RESIDENT, SERVICE
from geo.store.engine import owner_session, session
from tests.conftest import BOUNDARIES
from tests.people import add_account, asker_of

if TYPE_CHECKING:
    from geo.store.asking import Asker

CITIES = {"jinggangshan": 4547, "qianjin": 4552}
ZONE = ZoneInfo("Asia/Shanghai")
SHUFFLES = 10
REACH_SPREADS = 3.0
"""Nearly all of a planted heap lies within so many standard deviations."""


@pytest.fixture(scope="module")
def url(shared_demo_database_url: str) -> str:
    """Address of the demonstration's database."""
    return shared_demo_database_url


@pytest.fixture(scope="module")
def registry(url: str) -> Registry:
    """The generations of the demonstration."""
    found = Registry(url)
    found.refresh()
    return found


def told(url: str, registry: Registry, asked: Asked, asker: Asker = SERVICE) -> HotspotMap:
    """Return a map on behalf of somebody."""
    with session(url, asker) as opened:
        return hotspots(opened, registry, asked)


def clusters(city: str) -> list[tuple[dict, np.ndarray]]:
    """Return the planted heaps of a city, and their middles in metres."""
    file = BOUNDARIES / city / "issue-clusters.geojson"
    return [
        (
            one["properties"],
            np.array(transform(*one["geometry"]["coordinates"], "wgs84", CITIES[city])),
        )
        for one in json.loads(file.read_text("utf-8"))["features"]
    ]


def cells_of(city: str, told_map: HotspotMap) -> tuple[Cells, shapely.Geometry]:
    """Return the lattice that a map was counted by, and the area it lies over."""
    features = json.loads((BOUNDARIES / city / "communities.geojson").read_text("utf-8"))
    parts = [shapely.from_geojson(json.dumps(one["geometry"])) for one in features["features"]]
    area = transform_geometry(shapely.union_all(parts), "wgs84", CITIES[city])
    lattice = Lattice("hexagon", told_map.areas.side_m, CITIES[city])
    return lattice.cells_over(area), area


def hot_in(values: np.ndarray, cells: Cells, order: int) -> int:
    """Return how many cells are hot spots at a false discovery rate of 5 %."""
    taking = cells.share >= 0.5
    summed = cells.summing(order, taking)
    found = local_g(values.astype(float), summed, cells.share, total=int(values.sum()))
    return int((found.classes >= 2).sum())


@pytest.mark.parametrize("city", list(CITIES))
def test_every_planted_heap_is_found_and_little_else(
    url: str, registry: Registry, city: str
) -> None:
    found = told(url, registry, Asked(city))
    assert found.local is not None
    cells, _ = cells_of(city, found)
    assert set(cells.keys) == set(found.areas.keys)
    hot = found.local.classes >= 2
    x, y = cells.lattice.middles(cells.column, cells.row)
    row_of = {key: row for row, key in enumerate(found.areas.keys)}
    at = np.array([row_of[key] for key in cells.keys])
    elsewhere = np.ones(len(cells), dtype=bool)
    for planted, middle in clusters(city):
        far_m = np.hypot(x - middle[0], y - middle[1])
        assert hot[at[np.argmin(far_m)]], planted["name"]
        elsewhere &= far_m > REACH_SPREADS * planted["spread_m"]
    assert hot[at][elsewhere].mean() <= 0.05


@pytest.mark.parametrize("city", list(CITIES))
def test_heaps_are_found_by_their_own_duties_and_months(
    url: str, registry: Registry, city: str
) -> None:
    cells, _ = cells_of(city, told(url, registry, Asked(city)))
    for planted, middle in clusters(city):
        since, until = (
            datetime.fromisoformat(planted[end]).replace(tzinfo=ZONE) for end in ("first", "last")
        )
        asked = Asked(
            city,
            duties=tuple(planted["duty_codes"].split(";")),
            since=since,
            until=until,
        )
        found = told(url, registry, asked)
        assert found.local is not None
        row = found.areas.keys.index(cells.keys[cells.rows_at(*middle[:, None])[0]])
        assert found.local.classes[row] >= 2, planted["name"]


@pytest.mark.parametrize("city", list(CITIES))
def test_a_shuffled_city_shows_none(url: str, registry: Registry, city: str) -> None:
    """The same figures in other cells, or as many issues strewn evenly.

    A rate of 5 % lets one city in twenty show one; of twenty it may be a few, never most.
    """
    found = told(url, registry, Asked(city))
    cells, area = cells_of(city, found)
    shapely.prepare(area)
    taking = np.flatnonzero(cells.share >= 0.5)
    alarms = 0
    for seed in range(SHUFFLES):
        random = np.random.default_rng(seed)
        values = np.zeros(len(cells))
        values[taking] = random.permutation(found.counts[found.areas.share >= 0.5])
        alarms += hot_in(values, cells, found.areas.order) > 0
        points = strewn(area, found.total, random)
        even = np.bincount(cells.rows_at(*points.T), minlength=len(cells))
        alarms += hot_in(even, cells, found.areas.order) > 0
    assert alarms <= 3


def strewn(area: shapely.Geometry, count: int, random: np.random.Generator) -> np.ndarray:
    """Return points strewn evenly over an area."""
    west, south, east, north = area.bounds
    found = np.empty((0, 2))
    while len(found) < count:
        points = random.uniform((west, south), (east, north), (200_000, 2))
        found = np.concatenate([found, points[shapely.intersects_xy(area, *points.T)]])
    return found[:count]


def test_all_issues_are_counted_once_by_cells_and_by_grids(url: str, registry: Registry) -> None:
    with owner_session(url) as opened:
        known = opened.connection().exec_driver_sql(
            "SELECT count(*) FROM issue JOIN jurisdiction ON jurisdiction.id = jurisdiction_id"
            " WHERE slug = 'jinggangshan'"
        )
        issues = known.scalar_one()
    by_cell, by_grid = (
        told(url, registry, Asked("jinggangshan", by=by)) for by in ("square", "grid")
    )
    for one in (by_cell, by_grid):
        left = one.left_out
        assert one.total + left.unplaced + left.outside == issues
        assert one.counts.sum() == one.by_month.sum() == one.total
    assert by_grid.areas.keys == tuple(sorted(by_grid.areas.keys))
    assert by_cell.households.sum() == by_grid.households.sum()


def test_filters_take_apart_what_belongs_together(url: str, registry: Registry) -> None:
    plain = Asked("jinggangshan", by="grid", statistic="count")
    whole = told(url, registry, plain)
    states = [told(url, registry, replace(plain, state=one)).counts for one in ("open", "closed")]
    assert (states[0] + states[1] == whole.counts).all()
    middle = datetime(2025, 3, 9, 15, 0, tzinfo=ZONE)
    halves = [
        told(url, registry, replace(plain, **one)).counts
        for one in ({"until": middle}, {"since": middle})
    ]
    assert (halves[0] + halves[1] == whole.counts).all()


def test_rates_are_told_where_enough_people_live(url: str, registry: Registry) -> None:
    found = told(url, registry, Asked("jinggangshan", by="grid", value="per_100_households"))
    few = found.households < 20
    assert np.isnan(found.values[few]).all()
    expected = 100 * found.counts[~few] / found.households[~few]
    assert np.allclose(found.values[~few], expected)
    assert found.local is not None
    assert (found.local.classes[few] == NOT_ENOUGH).all()


def test_months_are_the_places_own_and_whole_ones_are_known(url: str, registry: Registry) -> None:
    since, until = (datetime(2024, 2, day, 0, 30, tzinfo=ZONE) for day in (10, 11))
    cut = told(url, registry, Asked("jinggangshan", since=since, until=until))
    assert cut.months == (2024 * 12 + 1,)
    assert cut.months[cut.whole] == ()
    whole = told(
        url,
        registry,
        Asked(
            "jinggangshan",
            since=datetime(2024, 2, 1, tzinfo=ZONE),
            until=datetime(2024, 5, 1, tzinfo=ZONE),
        ),
    )
    assert whole.months == whole.months[whole.whole] == tuple(2024 * 12 + one for one in (1, 2, 3))


def test_densities_add_up_and_lie_in_the_area(url: str, registry: Registry) -> None:
    found = told(url, registry, Asked("jinggangshan", statistic="density"))
    assert found.bands is not None
    assert found.bandwidth_m is not None
    assert 50 <= found.bandwidth_m <= 300
    metric = transform_geometry(found.bands.shapes, "wgs84", CITIES["jinggangshan"])
    least = (found.bands.levels * shapely.area(metric)).sum() / 1e6
    assert 0.5 * found.total < least < found.total


def test_hot_spots_emerge_while_a_heap_lasts(url: str, registry: Registry) -> None:
    """The market's stalls were there from March 2024 to the end of 2025."""
    asked = Asked(
        "jinggangshan",
        duties=("D34", "D35", "D32"),
        statistic="emerging",
        side_m=100.0,
        until=datetime(2026, 1, 1, tzinfo=ZONE),
    )
    found = told(url, registry, asked)
    assert found.emerging is not None
    cells, _ = cells_of("jinggangshan", found)
    planted, middle = clusters("jinggangshan")[0]
    row = found.areas.keys.index(cells.keys[cells.rows_at(*middle[:, None])[0]])
    assert found.emerging.categories[row] > 0, planted["name"]
    assert (found.emerging.local.classes[:, row] >= 2).mean() > 0.5


def test_who_may_not_count_is_told_nothing(url: str, registry: Registry) -> None:
    with owner_session(url) as opened:
        worker = add_account(opened, "spots-worker", "department_handler", "jinggangshan", "CG")
        elsewhere = add_account(opened, "spots-elsewhere", "planner", "qianjin")
        opened.commit()
    for asker in (RESIDENT, asker_of(worker), asker_of(elsewhere)):
        with pytest.raises(NotPermittedError):
            told(url, registry, Asked("jinggangshan"), asker)
        with session(url, asker) as opened, pytest.raises(NotPermittedError):
            duties_counted(opened, "jinggangshan")


def test_private_duties_are_for_those_who_may_read_them(url: str, registry: Registry) -> None:
    with owner_session(url) as opened:
        staff = add_account(
            opened, "spots-staff", "community_staff", "jinggangshan", "360881002002"
        )
        planner = add_account(opened, "spots-planner", "planner", "jinggangshan")
        opened.commit()
    seen, all_of_them = (
        told(url, registry, Asked("jinggangshan"), asker_of(one)) for one in (staff, planner)
    )
    assert not all_of_them.left_out.private
    assert seen.left_out.private
    with session(url, asker_of(planner)) as opened:
        codes = tuple(one.code for one in duties_counted(opened, "jinggangshan") if one.private)
    private = told(url, registry, Asked("jinggangshan", duties=codes), asker_of(planner))
    assert private.total > 100
    assert seen.total == all_of_them.total - private.total
    with pytest.raises(InvalidFieldError):
        told(url, registry, Asked("jinggangshan", duties=("D69",)), asker_of(staff))
    with session(url, asker_of(staff)) as opened:
        choice = {one.code for one in duties_counted(opened, "jinggangshan")}
    assert "D34" in choice
    assert not choice & set(codes)


def test_what_changes_is_counted_at_once(url: str, registry: Registry) -> None:
    before = told(url, registry, Asked("qianjin"))
    with owner_session(url) as opened:
        opened.connection().exec_driver_sql(
            "UPDATE issue SET state = 'cancelled' WHERE id = (SELECT issue.id FROM issue"
            " JOIN jurisdiction ON jurisdiction.id = jurisdiction_id"
            " WHERE slug = 'qianjin' AND state <> 'closed' LIMIT 1)"
        )
        opened.commit()
    assert told(url, registry, Asked("qianjin")).total == before.total - 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Asked("jinggangshan", duties=("nothing",)), "duty"),
        (Asked("jinggangshan", side_m=5.0), "side_m"),
        (Asked("jinggangshan", order=9), "order"),
        (Asked("jinggangshan", statistic="density", bandwidth_m=1.0), "bandwidth_m"),
        (
            Asked(
                "jinggangshan",
                since=datetime(2025, 1, 1, tzinfo=ZONE),
                until=datetime(2025, 1, 1, tzinfo=ZONE),
            ),
            "until",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    url: str, registry: Registry, asked: Asked, field: str
) -> None:
    with pytest.raises(InvalidFieldError) as refused:
        told(url, registry, asked)
    assert refused.value.message.values["field"] == field


def test_there_is_no_map_of_a_place_that_is_not_there(url: str, registry: Registry) -> None:
    with pytest.raises(NotFoundError):
        told(url, registry, Asked("atlantis"))


def test_a_period_without_issues_has_an_empty_map(url: str, registry: Registry) -> None:
    asked = Asked("jinggangshan", until=datetime(2001, 1, 1, tzinfo=ZONE))
    for statistic in ("gi", "count", "density", "emerging"):
        found = told(url, registry, replace(asked, statistic=statistic))
        assert found.total == 0
        assert found.counts.sum() == 0
        assert found.local is None or found.local.reason


def rewritten(url: str, statement: str, *values: object) -> object:
    """Rewrite an issue as no one may, and return what the statement returns."""
    with owner_session(url) as opened:
        run = opened.connection().exec_driver_sql
        run("ALTER TABLE issue DISABLE TRIGGER USER")
        found = run(statement, values).scalar_one()
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("ALTER TABLE issue ENABLE TRIGGER USER")
        opened.commit()
    return found


def test_homes_and_issues_are_in_the_grids_that_addresses_were_put_into_by_hand(
    url: str, registry: Registry
) -> None:
    with owner_session(url) as opened:
        run = opened.connection().exec_driver_sql
        living = run(
            "SELECT v.code, count(h.id) FROM grid_version v"
            " JOIN generation g ON g.id = v.generation_id AND upper_inf(g.validity)"
            " JOIN unit_assignment a ON (a.generation_id, a.grid_id) = (v.generation_id, v.grid_id)"
            " LEFT JOIN household h ON h.unit_id = a.unit_id"
            " WHERE g.label = 'qianjin-2026' GROUP BY v.code"
        ).all()
        moved, code = run(
            "SELECT o.unit_id, v.code FROM unit_override o"
            " JOIN grid_version v ON v.grid_id = o.grid_id"
            " JOIN generation g ON g.id = v.generation_id AND g.label = 'qianjin-2026' LIMIT 1"
        ).one()
    asked = Asked("qianjin", by="grid")
    before = told(url, registry, asked)
    assert dict(zip(before.areas.keys, before.households.tolist(), strict=True)) == dict(living)
    left = rewritten(
        url,
        "UPDATE issue SET unit_id = %s WHERE id = (SELECT issue.id FROM issue"
        " JOIN jurisdiction ON jurisdiction.id = jurisdiction_id WHERE slug = 'qianjin'"
        " AND unit_id IS NULL ORDER BY number LIMIT 1) RETURNING (SELECT v.code FROM grid_version v"
        " JOIN generation g ON g.id = v.generation_id AND g.label = 'qianjin-2026'"
        " WHERE ST_Intersects(v.geom, issue.location))",
        moved,
    )
    expected = before.counts.copy()
    expected[before.areas.keys.index(left)] -= 1
    expected[before.areas.keys.index(code)] += 1
    assert told(url, registry, asked).counts.tolist() == expected.tolist()


def test_what_is_outside_is_in_no_cell_that_reaches_over_the_border(
    url: str, registry: Registry
) -> None:
    asked = Asked("qianjin", side_m=500.0)
    before = told(url, registry, asked)
    rewritten(
        url,
        "UPDATE issue SET location = (SELECT ST_Translate(ST_PointN(ST_ExteriorRing("
        "ST_Envelope(area)), 3), -0.0001, 0) FROM jurisdiction WHERE slug = 'qianjin')"
        " WHERE id = (SELECT issue.id FROM issue"
        " JOIN jurisdiction ON jurisdiction.id = jurisdiction_id WHERE slug = 'qianjin'"
        " AND unit_id IS NULL AND state = 'closed' ORDER BY number DESC LIMIT 1) RETURNING number",
    )
    after = told(url, registry, asked)
    assert after.total == before.total - 1
    assert after.left_out.outside == before.left_out.outside + 1
