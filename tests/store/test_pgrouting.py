"""Walks by the index against pgRouting's Dijkstra over the same pieces of road."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import psycopg
import pytest
from sqlalchemy import make_url, select

from geo.core.crs import WGS84_SRID, transform_geometry
from geo.core.walk_index import WalkIndex, components
from geo.core.walking import walking_network
from geo.files.osm_roads import read_osm_roads
from geo.store.asking import SERVICE
from geo.store.cluster_server import ADMINISTRATOR
from geo.store.engine import plain_url, session
from geo.store.models import Jurisdiction
from geo.store.station_board import read_walkable_roads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from geo.core.walking import WalkingNetwork

STARTS, ENDS = 20, 50
SPREAD_M = 40.0
TOLERANCE_M = 0.1
UTM_32 = 32632


class Pairs(NamedTuple):
    """Positions near a network, in metres: from each of the first to each of the others."""

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]


@pytest.fixture(scope="module")
def pgrouting(database_url: str) -> Iterator[psycopg.Connection]:
    """Connection to a database with pgRouting."""
    with psycopg.connect(plain_url(database_url), autocommit=True) as connection:
        known = connection.execute(
            "SELECT FROM pg_available_extensions WHERE name = 'pgrouting'"
        ).rowcount
        if not known:
            pytest.skip("no pgRouting on this server: “make test” installs it on this machine's")
        if not make_extension(database_url):
            pytest.skip("the role of HONGGE_TEST_DATABASE_URL may not make the extension pgrouting")
        yield connection


def make_extension(url: str) -> bool:
    """Make pgRouting as the owner or, of a private server, as its administrator."""
    administrator = make_url(url).set(username=ADMINISTRATOR)
    for role in (url, administrator.render_as_string(hide_password=False)):
        with (
            suppress(psycopg.OperationalError, psycopg.errors.InsufficientPrivilege),
            psycopg.connect(plain_url(role), autocommit=True) as connection,
        ):
            connection.execute("CREATE EXTENSION pgrouting")
            return True
    return False


def pairs_near(network: WalkingNetwork, seed: int) -> Pairs:
    rng = np.random.default_rng(seed)
    spots = network.xy[rng.choice(len(network.xy), STARTS + ENDS, replace=False)]
    spots = spots + rng.normal(0, SPREAD_M, spots.shape)
    return Pairs(spots[:STARTS], spots[STARTS:])


def by_pgrouting(
    connection: psycopg.Connection, network: WalkingNetwork, pairs: Pairs
) -> NDArray[np.float64]:
    """Return the walks (starts, ends): nearest pieces by PostGIS, ways by pgRouting."""
    connection.execute(
        "CREATE TEMPORARY TABLE edge (id bigint PRIMARY KEY, source bigint, target bigint,"
        " cost float8, reverse_cost float8, geom geometry)"
    )
    ends, xy = network.ends, network.xy
    with connection.cursor().copy("COPY edge FROM STDIN") as copy:
        for row, (first, last) in enumerate(ends.tolist()):
            line = "LINESTRING({!r} {!r},{!r} {!r})".format(*xy[first].tolist(), *xy[last].tolist())
            length_m = float(network.length_m[row])
            copy.write_row((row + 1, first + 1, last + 1, length_m, length_m, line))
    connection.execute("CREATE INDEX ON edge USING gist (geom)")
    connection.execute("ANALYZE edge")
    connection.execute(
        "CREATE TEMPORARY TABLE foot (pid bigint, edge_id bigint, fraction float8, leg float8)"
    )
    for number, (x, y) in enumerate(np.concatenate(pairs).tolist(), 1):
        connection.execute(
            "INSERT INTO foot SELECT %(number)s, id,"
            " greatest(1e-9, least(1 - 1e-9, ST_LineLocatePoint(geom, at))), ST_Distance(geom, at)"
            " FROM edge, ST_MakePoint(%(x)s, %(y)s) AS at ORDER BY geom <-> at LIMIT 1",
            {"number": number, "x": x, "y": y},
        )
    found = np.full((len(pairs.starts), len(pairs.ends)), math.inf)
    rows = connection.execute(
        "SELECT -way.start_pid, -way.end_pid, way.agg_cost + near.leg + far.leg"
        " FROM pgr_withPointsCost("
        " 'SELECT id, source, target, cost, reverse_cost FROM edge',"
        " 'SELECT pid, edge_id, fraction FROM foot',"
        " (SELECT array_agg(-pid) FROM foot WHERE pid <= %(starts)s),"
        " (SELECT array_agg(-pid) FROM foot WHERE pid > %(starts)s)) AS way"
        " JOIN foot AS near ON near.pid = -way.start_pid"
        " JOIN foot AS far ON far.pid = -way.end_pid",
        {"starts": len(pairs.starts)},
    ).fetchall()
    for start, end, walk_m in rows:
        found[start - 1, end - 1 - len(pairs.starts)] = walk_m
    connection.execute("DROP TABLE edge, foot")
    return found


def by_index(index: WalkIndex, pairs: Pairs) -> NDArray[np.float64]:
    found = np.full((len(pairs.starts), len(pairs.ends)), math.inf)
    for row, (x, y) in enumerate(pairs.starts.tolist()):
        near = index.nearest(x, y, limit=len(pairs.ends))
        for walk in near.walks:
            # pgRouting knows of no station next door, nearer than the road is.
            if walk.straight_m >= near.foot.leg_m:
                found[row, walk.station] = walk.walk_m
            else:
                found[row, walk.station] = math.nan
    return found


def assert_agree(connection: psycopg.Connection, network: WalkingNetwork, seed: int) -> None:
    pairs = pairs_near(network, seed)
    ours = by_index(WalkIndex.build(network, pairs.ends), pairs)
    theirs = by_pgrouting(connection, network, pairs)
    compared = ~np.isnan(ours)
    assert np.count_nonzero(compared) > 0.95 * STARTS * ENDS
    assert np.count_nonzero(np.isfinite(ours)) > 0.1 * STARTS * ENDS
    np.testing.assert_array_equal(np.isfinite(ours[compared]), np.isfinite(theirs[compared]))
    np.testing.assert_allclose(ours[compared], theirs[compared], rtol=0, atol=TOLERANCE_M)


def test_walks_in_the_demonstration_city(
    pgrouting: psycopg.Connection, demo_database_url: str
) -> None:
    with session(demo_database_url, SERVICE) as opened:
        home = opened.scalars(select(Jurisdiction).where(Jurisdiction.slug == "jinggangshan")).one()
        roads = read_walkable_roads(opened, home.id, home.metric_srid)
    assert_agree(pgrouting, walking_network(roads), 1)


@pytest.mark.shared_data
def test_walks_in_liechtenstein(pgrouting: psycopg.Connection, shared_data: Path) -> None:
    found = read_osm_roads(shared_data / "osm" / "liechtenstein-2024-03.osm.pbf")
    lines = np.array([road.geom for road in found.roads if road.walkable], dtype=object)
    network = walking_network(transform_geometry(lines, WGS84_SRID, UTM_32))
    assert components(network).largest_share > 0.95
    assert_agree(pgrouting, network, 2)
