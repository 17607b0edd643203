"""What the audit trail costs: intake of issues, loading a city, verifying a million entries.

Each against the same database with the trail's triggers switched off, rounds interleaved. Run from
the project's folder:

    python -m bench.audit [--seconds 5 --rounds 3 --entries 1000000]
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from bench.databases import empty_database
from geo.flows.audit import verify_trail
from geo.flows.load import load
from geo.flows.locate import read_position
from geo.flows.registry import Registry
from geo.flows.report import Report, report
from geo.store.engine import plain_url

if TYPE_CHECKING:
    from multiprocessing import synchronize

PROJECT = Path(__file__).resolve().parent.parent
CITY = PROJECT / "data" / "boundaries" / "jinggangshan"
FOLDER = PROJECT / "var" / "bench"
LON, LAT = 114.2790, 26.7460
FOLLOWING = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname IN (%s, %s, %s)"
NAMES = ("audit_insert", "audit_update", "audit_delete")


def switch(url: str, *, on: bool) -> None:
    """Let the trail follow the tables, or not."""
    verb = sql.SQL("ENABLE" if on else "DISABLE")
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        for table, trigger in connection.execute(FOLLOWING, NAMES).fetchall():
            names = (sql.Identifier(table), verb, sql.Identifier(trigger))
            connection.execute(sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(*names))


def take_in(
    url: str, barrier: synchronize.Barrier, seconds: float, done: multiprocessing.Queue[float]
) -> None:
    """Report issues, one after the other, for some seconds."""
    registry = Registry(url)
    registry.refresh()
    place = read_position(LON, LAT, "wgs84", 10.0)
    given = Report("路面破损", place, reporter_name="某人", reporter_phone="000-1")
    report(registry, given, url=url)
    barrier.wait()
    begun, count = time.perf_counter(), 0
    while time.perf_counter() < begun + seconds:
        report(registry, given, url=url)
        count += 1
    done.put(count / (time.perf_counter() - begun))


def intake(url: str, clients: int, seconds: float) -> float:
    """Return how many issues a second some clients get stored, each a process of its own."""
    context = multiprocessing.get_context("spawn")
    done = context.Queue()
    barrier = context.Barrier(clients)
    workers = [
        context.Process(target=take_in, args=(url, barrier, seconds, done)) for _ in range(clients)
    ]
    for worker in workers:
        worker.start()
    total: float = sum(done.get() for _ in workers)
    for worker in workers:
        worker.join()
    return total


def loading(url: str) -> float:
    """Return how many seconds it takes to load a city anew."""
    begun = time.perf_counter()
    assert load(CITY, url=url, replace=True).stored
    return time.perf_counter() - begun


def grow(url: str, entries: int) -> None:
    """Add entries to the trail, as many small transactions would have."""
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO audit_pending (transaction_id, account_id, actor, action, table_name,"
            " row_key, detail) SELECT pg_current_xact_id()::text::bigint, n %% 50, 'account:1',"
            " 'update', 'issue', gen_random_uuid()::text,"
            " jsonb_build_object('changed', jsonb_build_array('state'))"
            " FROM generate_series(1, %s) AS n",
            [entries],
        )


def verifying(url: str) -> str:
    """Return how long verifying takes, and the memory that this process needed at most for it."""
    begun = time.perf_counter()
    verdict = verify_trail(url)
    took = time.perf_counter() - begun
    assert verdict.problem is None
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"verify {verdict.checked} entries: {took:.1f} s, {peak_mb:.0f} MB at most"


def compare(what: str, unit: str, plain: list[float], followed: list[float]) -> None:
    """Print a figure without and with the trail."""
    ratio = median(followed) / median(plain)
    print(
        f"{what:24} {median(plain):9.1f} {median(followed):9.1f} {unit}  {ratio:.2f} ×"
        f" (with: {min(followed):.1f} to {max(followed):.1f})"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--entries", type=int, default=1_000_000)
    chosen = parser.parse_args()
    with empty_database(FOLDER) as url:
        print("command: python -m bench.audit", *sys.argv[1:])
        print(f"{'':24} {'without':>9} {'with':>9}")
        times: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(chosen.rounds):
            for on in (False, True):
                switch(url, on=on)
                times[on].append(loading(url))
        compare("load a city", "s       ", times[False], times[True])
        for clients in (1, 8):
            rates: dict[bool, list[float]] = {False: [], True: []}
            for _ in range(chosen.rounds):
                for on in (False, True):
                    switch(url, on=on)
                    rates[on].append(intake(url, clients, chosen.seconds))
            compare(f"intake, {clients} client(s)", "issues/s", rates[False], rates[True])
        grow(url, chosen.entries)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.apply(verifying, [url]))


if __name__ == "__main__":
    main()
