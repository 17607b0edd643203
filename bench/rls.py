"""Bulk reading under row-level security against the owner's reading of the same rows.

As the service, for an auditor who reads everything in one of two jurisdictions or in both, for
community staff and a worker who read their own; and as the owner, who no policy holds for, with a
condition written out. The service is timed twice: without a condition, where policies alone find
the rows, and with the owner's very statement. Public layers are read as a resident. Rounds are
interleaved; medians are compared, and where few rows are read the milliseconds that are added say
more than the ratio. Run from the project's folder:

    python -m bench.rls [--copies N] [--rounds N]
"""

from __future__ import annotations

import argparse
import math
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import make_url, text

from geo.flows.load import load
from geo.store import cluster, migrate
from geo.store.asking import Asker
from geo.store.collections import LAYERS, Chosen, features
from geo.store.engine import close, owner_session, plain_url, session
from geo.store.models import Account, AccountRole
from geo.store.tiles import TileAddress, tile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

PROJECT = Path(__file__).resolve().parent.parent
FOLDERS = [PROJECT / "data" / "boundaries" / name for name in ("jinggangshan", "qianjin")]
SLUG = "jinggangshan"
DATABASE = "hongge_bench_rls"

QUERIES = {
    "households": """
        SELECT household.id, household.room, household.people, unit.number, building.code,
               version.code
        FROM household
        JOIN unit ON unit.id = household.unit_id
        JOIN building ON building.id = unit.building_id
        JOIN generation ON generation.jurisdiction_id = building.jurisdiction_id
                       AND generation.validity @> now()
        JOIN unit_assignment a ON a.generation_id = generation.id AND a.unit_id = unit.id
        JOIN grid_version version
          ON version.generation_id = a.generation_id AND version.grid_id = a.grid_id
        WHERE {0}
    """,
    "residents": """
        SELECT resident.id, resident.name, resident.phone, household.room, unit.number,
               building.code, version.code
        FROM resident
        JOIN household ON household.id = resident.household_id
        JOIN unit ON unit.id = household.unit_id
        JOIN building ON building.id = unit.building_id
        JOIN generation ON generation.jurisdiction_id = building.jurisdiction_id
                       AND generation.validity @> now()
        JOIN unit_assignment a ON a.generation_id = generation.id AND a.unit_id = unit.id
        JOIN grid_version version
          ON version.generation_id = a.generation_id AND version.grid_id = a.grid_id
        WHERE {0}
    """,
    "issues": """
        SELECT issue.id, issue.number, issue.state, issue.text, issue.occurred_at, duty.code,
               version.code
        FROM issue
        LEFT JOIN duty ON duty.id = issue.duty_id
        JOIN generation ON generation.jurisdiction_id = issue.jurisdiction_id
                       AND generation.validity @> now()
        LEFT JOIN grid_version version
          ON version.generation_id = generation.id AND version.grid_id = issue.current_grid_id
        WHERE {0}
    """,
    "history": """
        SELECT event.id, event.sequence, event.at, event.action, event.to_state, event.detail::text,
               issue.number, version.code
        FROM issue_event event
        JOIN issue ON issue.id = event.issue_id
        JOIN generation ON generation.jurisdiction_id = issue.jurisdiction_id
                       AND generation.validity @> now()
        LEFT JOIN grid_version version
          ON version.generation_id = generation.id AND version.grid_id = issue.current_grid_id
        WHERE {0}
    """,
}
OF_ISSUES = ("issues", "history")
BULK_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads, and the condition that the owner writes out instead."""

    name: str
    role: str
    jurisdiction: str | None
    place: str | None
    condition: str
    issue_condition: str


def readers(opened: Session) -> list[Reader]:
    """Return the readers: the largest grid with issues, and its community, are territories."""
    home = opened.scalar(text("SELECT id FROM jurisdiction WHERE slug = :slug"), {"slug": SLUG})
    code, grid = opened.execute(
        text(
            "SELECT version.code, version.grid_id FROM unit_assignment a"
            " JOIN generation ON generation.id = a.generation_id AND generation.validity @> now()"
            " JOIN grid_version version ON version.generation_id = a.generation_id"
            " AND version.grid_id = a.grid_id WHERE generation.jurisdiction_id = :home"
            " AND EXISTS (SELECT FROM issue JOIN issue_event ON issue_event.issue_id = issue.id"
            " WHERE issue.current_grid_id = a.grid_id)"
            " GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1"
        ),
        {"home": home},
    ).one()
    drawn = opened.execute(
        text(
            "SELECT DISTINCT ON (v.grid_id) v.grid_id, v.code FROM grid_version v JOIN generation g"
            " ON g.id = v.generation_id WHERE g.jurisdiction_id = :home ORDER BY 1, g.number DESC"
        ),
        {"home": home},
    )
    grids = ", ".join(f"'{one.grid_id}'" for one in drawn if one.code.startswith(code[:12]))
    whole, community = f"generation.jurisdiction_id = {home}", f"version.code LIKE '{code[:12]}%'"
    one_grid, in_one = f"version.grid_id = '{grid}'", f"issue.current_grid_id = '{grid}'"
    in_any = f"issue.current_grid_id IN ({grids})"
    return [
        Reader("auditor of everything", "auditor", None, None, "true", "true"),
        Reader("auditor of one city", "auditor", SLUG, None, whole, whole),
        Reader("community staff", "community_staff", SLUG, code[:12], community, in_any),
        Reader("grid worker", "grid_worker", SLUG, str(grid), one_grid, in_one),
    ]


def add_account(opened: Session, reader: Reader) -> int:
    """Write the reader's account and return its key."""
    account = Account(
        name=reader.name.replace(" ", "-"), display_name=reader.name, created_by="bench"
    )
    opened.add(account)
    opened.flush()
    opened.add(
        AccountRole(
            account_id=account.id,
            role=reader.role,
            jurisdiction=reader.jurisdiction,
            place=reader.place,
            granted_by="bench",
        )
    )
    return account.id


@contextmanager
def database() -> Iterator[str]:
    """Make a database of the demonstration cities; drop it at the end."""
    server = cluster.ensure_running(PROJECT / "var" / "bench")
    url = make_url(server).set(database=DATABASE).render_as_string(hide_password=False)
    with psycopg.connect(plain_url(server), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
        migrate.upgrade(url)
        for folder in FOLDERS:
            assert load(folder, url=url).stored
        yield url
        close(url)
        connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        connection.execute(f"DROP ROLE IF EXISTS {DATABASE}_service")


FILLING = """
    INSERT INTO household (unit_id, room, people)
    SELECT unit_id, room || '-' || n, people FROM household, generate_series(2, %(copies)s) n;
    DELETE FROM resident;
    INSERT INTO resident (household_id, name, phone)
    SELECT id, '某', '000-00000000' FROM household;
    INSERT INTO issue (
        id, jurisdiction_id, number, state, duty_id, department_id, text, location, given_datum,
        accuracy_m, unit_id, occurred_at, closed_at, method, confident, reported_generation_id,
        reported_grid_id, current_grid_id)
    SELECT gen_random_uuid(), jurisdiction_id, number || '-' || n, state, duty_id, department_id,
           text, location, given_datum, accuracy_m, unit_id, occurred_at, closed_at, method,
           confident, reported_generation_id, reported_grid_id, current_grid_id
    FROM issue, generate_series(2, %(copies)s) n;
    INSERT INTO issue_event (issue_id, sequence, at, action, to_state, actor)
    SELECT issue.id, COALESCE(max(event.sequence), 0) + n, now(), 'note', issue.state, 'bench'
    FROM issue LEFT JOIN issue_event event ON event.issue_id = issue.id, generate_series(1, 2) n
    GROUP BY issue.id, n;
"""


def multiply(url: str, copies: int) -> None:
    """Fill the houses: every household and issue several times over, and somebody in each home."""
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute(FILLING.replace("%(copies)s", str(copies)))
        connection.execute("VACUUM ANALYZE")


def timed(opened: Session, statement: str) -> tuple[float, list[str]]:
    """Return how many milliseconds a query takes until its last row is here, and its rows."""
    driver = opened.connection().connection.driver_connection
    assert driver is not None
    started = time.perf_counter()
    rows = driver.execute(statement).fetchall()
    return (time.perf_counter() - started) * 1000, sorted(map(str, rows))


def compare(url: str, account: int, name: str, reader: Reader, rounds: int) -> float | None:
    """Print one line of figures; return the ratio of the medians where the reading is in bulk."""
    condition = reader.issue_condition if name in OF_ISSUES else reader.condition
    stated = QUERIES[name].format(condition)
    alone, same, owned = [], [], []
    for _ in range(rounds):
        with session(url, Asker("account", account)) as opened:
            took, found = timed(opened, QUERIES[name].format("true"))
            alone.append(took)
            took, seen = timed(opened, stated)
            same.append(took)
        with owner_session(url) as opened:
            took, wanted = timed(opened, stated)
            owned.append(took)
        assert found == seen == wanted, (name, reader.name, len(found), len(seen), len(wanted))
    without = median(owned)
    ratios = median(alone) / without, median(same) / without
    print(
        f"| {name} | {reader.name} | {len(wanted):,} | {without:.1f} | {median(alone):.1f}"
        f" | {ratios[0]:.2f} | {median(same):.1f} | {ratios[1]:.2f} |",
        flush=True,
    )
    return max(ratios) if len(wanted) >= BULK_ROWS else None


def compare_public(url: str, rounds: int) -> float:
    """Print figures of the layers that everybody reads; return the worst ratio of the medians."""
    address = TileAddress("grids", *_tile_at(url, 14))
    readings: dict[str, Callable[[Session], object]] = {
        **{name: partial(features, layer=name, chosen=Chosen()) for name in LAYERS},
        "tile of grids": partial(tile, address=address),
        "tile of basemap": partial(tile, address=replace(address, layer="basemap")),
    }
    worst = 0.0
    for name, reading in readings.items():
        served, owned = [], []
        for _ in range(rounds):
            for opening, times in ((session(url), served), (owner_session(url), owned)):
                with opening as opened:
                    opened.connection()
                    started = time.perf_counter()
                    found = reading(opened)
                    times.append((time.perf_counter() - started) * 1000)
            assert found
        ratio = median(served) / median(owned)
        worst = max(worst, ratio)
        line = f"| {name} | {median(owned):.1f} | {median(served):.1f} | {ratio:.2f} |"
        print(line, flush=True)
    return worst


def _tile_at(url: str, zoom: int) -> tuple[int, int, int]:
    """Return the tile in the middle of the city: its zoom, column and row."""
    with owner_session(url) as opened:
        lon, lat = opened.execute(
            text(
                "SELECT ST_X(c), ST_Y(c) FROM (SELECT ST_PointOnSurface(area) AS c"
                " FROM jurisdiction WHERE slug = :slug) AS middle"
            ),
            {"slug": SLUG},
        ).one()
    side = 1 << zoom
    mercator = math.asinh(math.tan(math.radians(lat))) / math.pi
    return zoom, int((lon + 180) / 360 * side), int((1 - mercator) / 2 * side)


def main() -> None:
    """Print the ratios, as tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=4, help="how often each row is there")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with database() as url:
        multiply(url, given.copies)
        with owner_session(url) as opened:
            known = [(one, add_account(opened, one)) for one in readers(opened)]
        print("| | reader | rows | owner, ms | policies alone, ms | × | same statement, ms | × |")
        print("|---|---|---|---|---|---|---|---|")
        ratios = [
            compare(url, account, name, reader, given.rounds)
            for name in QUERIES
            for reader, account in known
        ]
        print("\n| public layer | owner, ms | resident, ms | × |\n|---|---|---|---|")
        public = compare_public(url, given.rounds)
        worst = max(one for one in ratios if one is not None)
        print(f"\nworst of {BULK_ROWS:,} rows and more: {worst:.2f}; of public layers {public:.2f}")


if __name__ == "__main__":
    main()
