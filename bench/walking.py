"""The nearest open station on foot: in process against pgRouting, and over HTTP against `locate`.

On the demonstration city and on a graph like a large city's: 250,000 nodes, 200 stations. pgRouting
has the stations as nodes of its graph, begins at both ends of the nearest piece of road, and looks
for the costs of the open stations: over the whole graph, and over a window around the position and
the nearest open station as the crow flies. All answers are compared. Two processes share two cores,
so the ratios of one run count. From the project's folder:

    python -m bench.walking
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from datetime import time as clock_time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import numpy as np
import psycopg
import uvloop
from sqlalchemy import make_url

from bench.databases import empty_database
from bench.http import HELLO, PROJECT, Peer, load, serving
from geo.core.crs import transform
from geo.core.opening import KINDS, Week
from geo.core.walk_index import WalkIndex
from geo.core.walking import WalkingNetwork
from geo.core.worktime import WorkCalendar
from geo.flows.load import load as load_folder
from geo.flows.locate import locate_in
from geo.flows.registry import Registry
from geo.flows.station_areas import StationArea
from geo.flows.station_board import StationBoard
from geo.flows.stations import Wanted, nearest
from geo.store.cluster_server import ADMINISTRATOR
from geo.store.engine import plain_url
from geo.store.generations import Named
from geo.store.station_board import KnownStation, Stamp, StationHome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CITY = PROJECT / "data" / "boundaries" / "jinggangshan"
SRID = 4547
SIDE, STEP_M, KEPT = 500, 80.0, 0.68
EAST_M, NORTH_M = 480_000.0, 2_940_000.0
STATIONS = 200
OPEN_TWICE = 2
MARGIN, ROUND_M = 1.5, 500.0
AGREE_M = 0.1
CLIENTS = 16
WHOLE = "SELECT id, source, target, cost, reverse_cost FROM edge"
NEAREST = """
WITH road AS MATERIALIZED (
    SELECT edge.*, ST_LineLocatePoint(geom, ST_MakePoint(%(x)s, %(y)s)) AS share,
           ST_Distance(geom, ST_MakePoint(%(x)s, %(y)s)) AS leg
    FROM edge ORDER BY geom <-> ST_MakePoint(%(x)s, %(y)s) LIMIT 1
), way AS MATERIALIZED (
    SELECT start_vid, end_vid, agg_cost FROM pgr_dijkstraCost(
        %(edges)s, (SELECT ARRAY[source, target] FROM road), %(open)s::bigint[], false)
)
SELECT stop.station, road.leg + stop.leg + agg_cost
       + CASE WHEN start_vid = source THEN share ELSE 1 - share END * cost AS walk_m
FROM way JOIN stop ON stop.node = end_vid, road ORDER BY walk_m LIMIT 1
"""


class Ground(NamedTuple):
    """A network with its stations, on both sides.

    Parameters
    ----------
    name
        What it is called here.
    area
        Ours, held by a board.
    board
        Answers questions.
    places
        Longitudes and latitudes to ask for.
    """

    name: str
    area: StationArea
    board: StationBoard
    places: Floats


class Timed(NamedTuple):
    """What a way of asking took, seconds a question, and what it found, metres."""

    seconds: list[float]
    walk_m: list[float]


class MorningBoard(StationBoard):
    """Stations on a Monday at ten, whenever the bench is run."""

    time_s = datetime(2026, 3, 9, 2, tzinfo=UTC).timestamp()

    def now_s(self) -> float:
        """Return the same time always."""
        return self.time_s


def lattice() -> Ground:
    """Return a crooked lattice of streets, of which a third is missing, half its stations open."""
    rng = np.random.default_rng(5)
    x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    xy = np.column_stack([x.ravel(), y.ravel()]) * STEP_M + rng.uniform(-25, 25, (SIDE**2, 2))
    xy += (EAST_M, NORTH_M)
    node = np.arange(SIDE**2).reshape(SIDE, SIDE)
    pairs = [(node[:, :-1], node[:, 1:]), (node[:-1], node[1:])]
    ends = np.concatenate([np.column_stack([one.ravel(), other.ravel()]) for one, other in pairs])
    ends = ends[rng.random(len(ends)) < KEPT]
    length_m = np.hypot(*(xy[ends[:, 1]] - xy[ends[:, 0]]).T)
    network = WalkingNetwork(xy, ends, length_m)
    low, high = xy.min(axis=0), xy.max(axis=0)
    sites = rng.uniform(low, high, (STATIONS, 2))
    begun = time.perf_counter()
    index = WalkIndex.build(network, sites)
    built = time.perf_counter() - begun
    begun = time.perf_counter()
    index.with_stations(np.concatenate([sites[1:], sites[:1] + 50]))
    moved = time.perf_counter() - begun
    print(
        f"lattice: {len(xy):,} nodes, {index.chains.junctions:,} junctions, {STATIONS} stations:"
        f" built in {built:.1f} s, {index.nbytes / 1e6:.0f} MB; one station moved: {moved:.2f} s"
    )
    return _ground("250,000 nodes", index, sites, rng.uniform(low, high, (2000, 2)))


def _ground(name: str, index: WalkIndex, sites: Floats, places: Floats) -> Ground:
    always = Week.of([(kind, clock_time(0), clock_time(0)) for kind in KINDS])
    stations = tuple(
        _station(number, lon, lat, always if number % OPEN_TWICE else Week())
        for number, (lon, lat) in enumerate(_degrees(sites).tolist())
    )
    calendar = WorkCalendar({}, {}, "Asia/Shanghai")
    home = StationHome("lattice", "", "", SRID, calendar, stations)
    area = StationArea(home, index, _degrees(index.network.xy), Stamp("", "", ""))
    board = MorningBoard()
    board.hold({1: area})
    return Ground(name, area, board, _degrees(places))


def _station(number: int, lon: float, lat: float, week: Week) -> KnownStation:
    return KnownStation(
        id=number, code=str(number), name="", name_en="", kind="red_station", address="",
        phone=None, zones=(), facilities=(), chips=frozenset(), lon=lon, lat=lat,
        community=Named("", "", ""), week=week, closures=(), staffed=(),
    )  # fmt: skip


def _degrees(xy: Floats) -> Floats:
    return np.column_stack(transform(xy[:, 0], xy[:, 1], SRID, 4326))


def city(url: str) -> Ground:
    """Return the demonstration city, asked for from near its roads."""
    board = MorningBoard(url)
    board.refresh()
    (area,) = board.areas()
    xy, rng = area.index.network.xy, np.random.default_rng(6)
    places = xy[rng.integers(len(xy), size=2000)] + rng.normal(0, 60, (2000, 2))
    print(
        f"city: {len(xy):,} nodes, {area.index.chains.junctions:,} junctions,"
        f" {len(area.home.stations)} stations, {area.index.nbytes / 1e6:.1f} MB"
    )
    return Ground("demonstration city", area, board, _degrees(places))


def fill(connection: psycopg.Connection, ground: Ground) -> None:
    """Write the graph for pgRouting, its pieces divided where stations meet them."""
    network, station = ground.area.index.network, ground.area.index.station
    connection.execute("DROP TABLE IF EXISTS edge, stop")
    connection.execute(
        "CREATE TABLE edge (id bigint PRIMARY KEY, source bigint, target bigint, cost float8,"
        " reverse_cost float8, geom geometry)"
    )
    connection.execute("CREATE TABLE stop (station int, node bigint, leg float8)")
    with connection.cursor().copy("COPY edge FROM STDIN") as copy:
        for number, (first, last, begin, end, cost) in enumerate(_divided(network, station), 1):
            line = "LINESTRING({!r} {!r},{!r} {!r})".format(*begin, *end)
            copy.write_row((number, first, last, cost, cost, line))
    with connection.cursor().copy("COPY stop FROM STDIN") as copy:
        for row in np.flatnonzero(station["piece"] >= 0).tolist():
            copy.write_row((row, len(network.xy) + row + 1, float(station["leg_m"][row])))
    connection.execute("CREATE INDEX ON edge USING gist (geom)")
    connection.execute("ANALYZE edge, stop")


def _divided(
    network: WalkingNetwork, station: NDArray[np.void]
) -> Iterator[tuple[int, int, list[float], list[float], float]]:
    count = len(network.xy)
    for piece, (first, last) in enumerate(network.ends.tolist()):
        begin, end = network.xy[first], network.xy[last]
        length_m = float(network.length_m[piece])
        here = np.flatnonzero(station["piece"] == piece)
        stops = [(first, 0.0), *sorted(((count + int(row), float(station["along_m"][row]))
                 for row in here), key=lambda one: one[1]), (last, length_m)]  # fmt: skip
        for (one, from_m), (other, to_m) in itertools.pairwise(stops):
            shares = (0.0, 0.0) if length_m == 0 else (from_m / length_m, to_m / length_m)
            ends = [(begin + share * (end - begin)).tolist() for share in shares]
            yield one + 1, other + 1, ends[0], ends[1], to_m - from_m


def by_pgrouting(
    connection: psycopg.Connection, ground: Ground, *, window: bool
) -> Callable[[float, float], float]:
    """Return what asks pgRouting for the nearest open station."""
    area = ground.area
    standing = area.standing(ground.board.now_s())
    station, count = area.index.station, len(area.index.network.xy)
    rows = np.flatnonzero(standing.open & (station["piece"] >= 0))
    nodes = (rows + count + 1).tolist()
    sites = np.column_stack([station["x"][rows], station["y"][rows]])

    def ask(lon: float, lat: float) -> float:
        x, y = area.metres(lon, lat)
        edges = WHOLE
        if window:
            straight_m = float(np.hypot(sites[:, 0] - x, sites[:, 1] - y).min())
            reach_m = MARGIN * straight_m + ROUND_M
            box = f"ST_MakeEnvelope({x - reach_m}, {y - reach_m}, {x + reach_m}, {y + reach_m})"
            edges = f"{WHOLE} WHERE geom && {box}"
        row = connection.execute(
            NEAREST, {"x": x, "y": y, "edges": edges, "open": nodes}
        ).fetchone()
        return float(row[1]) if row else float("inf")

    return ask


def in_process(ground: Ground, *, route: bool) -> Callable[[float, float], float]:
    """Return what asks in process."""
    wanted, board = Wanted(open_now=True, limit=1), ground.board

    def ask(lon: float, lat: float) -> float:
        (found,) = nearest(board, lon, lat, wanted)
        if route:
            found.route()
        return found.walk.walk_m

    return ask


def timed(ask: Callable[[float, float], float], places: Floats) -> Timed:
    """Ask for every place."""
    found = Timed([], [])
    for lon, lat in places.tolist():
        begun = time.perf_counter()
        walk_m = ask(lon, lat)
        found.seconds.append(time.perf_counter() - begun)
        found.walk_m.append(walk_m)
    return found


def compare(connection: psycopg.Connection, ground: Ground, count: int, rounds: int) -> None:
    """Ask in all ways in turn, and print what each took and how often they agreed."""
    fill(connection, ground)
    asking = {
        "in process": in_process(ground, route=False),
        "in process, with the route": in_process(ground, route=True),
        "pgRouting, window": by_pgrouting(connection, ground, window=True),
        "pgRouting, whole": by_pgrouting(connection, ground, window=False),
    }
    for ask in asking.values():
        timed(ask, ground.places[:3])
    took: dict[str, list[float]] = {name: [] for name in asking}
    same: dict[str, int] = dict.fromkeys(asking, 0)
    asked = 0
    for part in np.array_split(ground.places[:count], rounds):
        found = {name: timed(ask, part) for name, ask in asking.items()}
        ours = np.array(found["in process"].walk_m)
        asked += len(part)
        for name, one in found.items():
            took[name].append(median(one.seconds))
            both = np.array(one.walk_m)
            alike = np.isclose(ours, both, rtol=0, atol=AGREE_M) | (np.isinf(ours) & np.isinf(both))
            same[name] += int(np.count_nonzero(alike))
    print(f"\n{ground.name}: the nearest open station")
    print(f"{'':28} {'ms':>9} {'× ours':>8} {'× with route':>13}  same walk")
    ours_s, route_s = median(took["in process"]), median(took["in process, with the route"])
    for name, seconds in took.items():
        here = median(seconds)
        print(
            f"{name:28} {1000 * here:9.4f} {here / ours_s:8.1f} {here / route_s:13.1f}"
            f"  {same[name]} of {asked}"
        )


def over_http(url: str, ground: Ground, rounds: int, seconds: float) -> None:
    """Ask the endpoints, in turn, for places inside of grids; print their medians."""
    hello = PROJECT / "var" / f"bench_hello_{uuid4().hex[:8]}.py"
    registry = Registry(url)
    registry.refresh()
    inside = [one for one in ground.places.tolist()
              if locate_in(registry.current(), *one).method == "inside"]  # fmt: skip
    numbers = [f"lon={lon:.7f}&lat={lat:.7f}" for lon, lat in inside]
    with ExitStack() as stack:
        hello.write_text(HELLO, "utf-8")
        stack.callback(hello.unlink)
        run = stack.enter_context
        ours = run(
            serving(["--factory", "api.app:create_app"], "/healthz", HONGGE_DATABASE_URL=url)
        )
        bare = run(serving([f"{hello.stem}:app"], "/hello?lon=1&lat=1"))
        near = "/api/v1/stations/nearest"
        peers = [
            Peer("locate", ours, [f"/api/v1/locate?{query}" for query in numbers]),
            Peer("nearest", ours, [f"{near}?{query}" for query in numbers]),
            Peer("the one open", ours, [f"{near}?{query}&open_now=1&limit=1" for query in numbers]),
            Peer("hello", bare, [f"/hello?{query}" for query in numbers]),
        ]
        for peer in peers:
            uvloop.run(load(peer, CLIENTS, 1.0))
            peer.seconds.clear()
            peer.per_second.clear()
        p50: dict[str, list[float]] = {peer.name: [] for peer in peers}
        for _ in range(rounds):
            for peer in peers:
                peer.seconds.clear()
                uvloop.run(load(peer, CLIENTS, seconds))
                p50[peer.name].append(1000 * median(peer.seconds))
    print(f"\nover HTTP, {CLIENTS} clients, p50")
    for name, each in p50.items():
        ratios = [one / other for one, other in zip(each, p50["locate"], strict=True)]
        hellos = [one / other for one, other in zip(each, p50["hello"], strict=True)]
        print(
            f"{name:28} {median(each):6.2f} ms  {median(ratios):.2f} × locate"
            f" ({min(ratios):.2f} to {max(ratios):.2f})  {median(hellos):.2f} × hello"
        )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--city", type=int, default=200, help="questions")
    parser.add_argument("--lattice", type=int, default=20, help="questions; 0: leave it out")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load; 0: leave it out")
    chosen = parser.parse_args()
    print("command: python -m bench.walking", *sys.argv[1:], f"({datetime.now(UTC):%Y-%m-%d})")
    with empty_database(Path(PROJECT / "var" / "bench")) as url:
        administrator = make_url(url).set(username=ADMINISTRATOR)
        address = plain_url(administrator.render_as_string(hide_password=False))
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pgrouting")
        load_folder(CITY, url=url)
        ground = city(url)
        with psycopg.connect(plain_url(url), autocommit=True) as connection:
            connection.execute("SET search_path = public")
            compare(connection, ground, chosen.city, chosen.rounds)
            if chosen.lattice:
                compare(connection, lattice(), chosen.lattice, chosen.rounds)
        if chosen.seconds:
            over_http(url, ground, chosen.rounds, chosen.seconds)


if __name__ == "__main__":
    main()
