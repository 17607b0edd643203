"""The closed loop under load while a worker dies and the database's connections break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from bench.loop_load import Loop, everybody, found_wrong, kill_a_worker, two_workers
from geo.store.engine import plain_url
from tests import town
from tests.loops import in_a_loop

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

SECONDS = 2.0
CLIENTS = 12
PLACES = [town.spot(0.5, 0.5), town.spot(0.5, 1.5), town.spot(2.2, 1.5)]


def break_connections(url: str) -> None:
    """End every connection of a database, as its restart does."""
    with psycopg.connect(plain_url(url)) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_what_was_acknowledged_is_there_once(
    database_url: str, grids: dict[str, UUID], tmp_path: Path
) -> None:
    assert grids
    with two_workers(database_url, tmp_path / "log") as (base, keeper):
        loop = Loop(base, everybody(database_url), PLACES, town.DUTY)

        def disturb() -> None:
            kill_a_worker(keeper)
            for _ in range(3):
                break_connections(database_url)

        tally = in_a_loop(lambda: loop.run(CLIENTS, SECONDS, disturb))
    assert tally.errors == []
    assert len(tally.reported) > CLIENTS
    assert tally.acted
    assert tally.repeated, "nothing was disturbed"
    assert found_wrong(database_url, tally) == []


def test_what_is_lost_or_doubled_is_found(database_url: str, grids: dict[str, UUID]) -> None:
    assert grids
    loop = Loop("", {}, PLACES, town.DUTY)
    loop.tally.reported["1-999999"] = ("no such issue", "2026-999999")
    loop.tally.acted["no such issue"] = ["sort"]
    assert len(found_wrong(database_url, loop.tally)) == 2
