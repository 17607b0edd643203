"""Bulk reading under row-level security against the owner's reading with the same conditions.

Each pair of queries returns the same rows: as the service, for an auditor who reads everything in
one of two jurisdictions or in both, for community staff and a worker who read their own; and as the
owner, who no policy holds for, with a condition written out. Rounds are interleaved; the best and
the median of each are compared. Run from the project's folder:

    python -m bench.rls [--copies N]
"""

from __future__ import annotations

import argparse
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import make_url, text

from geo.flows.load import load
from geo.store import cluster, migrate
from geo.store.asking import Asker
from geo.store.engine import close, owner_session, plain_url, session
from geo.store.models import Account, AccountRole

if TYPE_CHECKING:
    from collections.abc import Iterator

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
}


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
    """Return the readers: the busiest community and grid are taken for those with a territory."""
    home = opened.scalar(text("SELECT id FROM jurisdiction WHERE slug = :slug"), {"slug": SLUG})
    code, grid = opened.execute(
        text(
            "SELECT version.code, version.grid_id FROM unit_assignment a"
            " JOIN generation ON generation.id = a.generation_id AND generation.validity @> now()"
            " JOIN grid_version version ON version.generation_id = a.generation_id"
            " AND version.grid_id = a.grid_id WHERE generation.jurisdiction_id = :home"
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


def compare(url: str, account: int, name: str, reader: Reader, rounds: int) -> float:
    """Print one line of figures and return the ratio of the medians."""
    guarded = QUERIES[name].format("true")
    condition = reader.issue_condition if name == "issues" else reader.condition
    written = QUERIES[name].format(condition)
    served, owned = [], []
    for _ in range(rounds):
        with session(url, Asker("account", account)) as opened:
            took, seen = timed(opened, guarded)
            served.append(took)
        with owner_session(url) as opened:
            took, wanted = timed(opened, written)
            owned.append(took)
        assert seen == wanted, (name, reader.name, len(seen), len(wanted))
    ratio = median(served) / median(owned)
    best = min(served) / min(owned)
    print(
        f"{name:11} {reader.name:22} {len(wanted):7,} rows  owner {median(owned):8.1f} ms"
        f"  service {median(served):8.1f} ms  ratio {ratio:5.2f}  of the best {best:5.2f}"
    )
    return ratio


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=4, help="how often each row is there")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with database() as url:
        multiply(url, given.copies)
        with owner_session(url) as opened:
            known = [(one, add_account(opened, one)) for one in readers(opened)]
        worst = max(
            compare(url, account, name, reader, given.rounds)
            for name in QUERIES
            for reader, account in known
        )
        print(f"worst ratio {worst:.2f}")


if __name__ == "__main__":
    main()
