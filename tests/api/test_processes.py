"""Several processes on one database: publishing under the service, one key asked for twice."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import func, select, text

from geo.flows.publish import publish
from geo.flows.registry import Registry
from geo.store.engine import owner_session
from geo.store.models import Generation, Issue
from geo.store.publishing import Plan
from tests import town
from tests.conftest import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READY_S = 120
PATIENCE_S = 60


@contextmanager
def serving(url: str) -> Iterator[str]:
    """Run the service in a process of its own and yield its address."""
    with running(url) as (base, _):
        yield base


@contextmanager
def running(url: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the service in a process of its own, and yield its address and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.app:create_app"]
    command += ["--port", str(port), "--log-level", "warning"]
    environment = os.environ | {"HONGGE_DATABASE_URL": url}
    with subprocess.Popen(command, cwd=PROJECT, env=environment) as process:
        try:
            yield _when_ready(f"http://127.0.0.1:{port}"), process
        finally:
            process.terminate()


def _when_ready(base: str) -> str:
    for _ in range(READY_S * 10):
        try:
            if httpx2.get(f"{base}/readyz", timeout=60).status_code == 200:
                return base
        except httpx2.TransportError:
            time.sleep(0.1)
    pytest.fail("the service did not become ready")


@pytest.fixture(scope="module")
def services(database_url: str, grids: dict[str, UUID]) -> Iterator[tuple[str, str]]:
    assert grids
    with serving(database_url) as one, serving(database_url) as other:
        yield one, other


@contextmanager
def publishing_in_a_loop(url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.api.publish_loop", url]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("loop-")
        yield process
        process.communicate()
        assert process.returncode == 0


def body(column: float, row: float) -> dict[str, Any]:
    lon, lat = town.spot(column, row)
    return {"location": {"lon": lon, "lat": lat}, "duty": town.DUTY, "text": "井盖"}


def expected_grid(label: str) -> str:
    """Return the owner of the upper left cell in a generation of the loop."""
    upright = label.startswith("loop-") and int(label.removeprefix("loop-")) % 2 == 1
    return town.A1 if upright or label == town.FIRST_LABEL else town.A2


def report_and_locate(base: str, rounds: int) -> list[tuple[str, str]]:
    """Ask and report again and again; return the generations and grids that answered."""
    lon, lat = town.spot(0.5, 1.5)
    seen = []
    with httpx2.Client(base_url=base, timeout=60) as client:
        for _ in range(rounds):
            located = client.get("/api/v1/locate", params={"lon": lon, "lat": lat})
            reported = client.post("/api/v1/issues", json=body(0.5, 1.5))
            assert (located.status_code, reported.status_code) == (200, 201), reported.text
            told = located.json()
            seen.append((told["generation"], told["grid"]["code"]))
            routing = reported.json()["routing"]
            seen.append((routing["generation"], routing["grid"]["code"]))
    return seen


def answers_of(services: tuple[str, str], generations: int) -> list[tuple[str, str]]:
    """Ask and report from six clients until some generations have answered."""
    seen: list[tuple[str, str]] = []
    deadline = time.monotonic() + 5 * PATIENCE_S
    with ThreadPoolExecutor(6) as pool:
        while len({label for label, _ in seen}) < generations:
            assert time.monotonic() < deadline
            rounds = [pool.submit(report_and_locate, base, 20) for base in services * 3]
            seen += [answer for one in rounds for answer in one.result()]
    return seen


def test_generations_published_under_the_service_are_never_mixed_up(
    services: tuple[str, str], database_url: str
) -> None:
    with publishing_in_a_loop(database_url):
        seen = answers_of(services, generations=6)
    assert all(code == expected_grid(label) for label, code in seen)
    with owner_session(database_url) as opened:
        stale = (
            select(func.count())
            .select_from(Issue)
            .join(Generation, Generation.id == Issue.reported_generation_id)
        )
        assert opened.scalar(stale) == len(seen) / 2
        wrong = stale.where(~Generation.validity.contains(Issue.occurred_at))
        assert opened.scalar(wrong) == 0
        strayed = text("""
            SELECT count(*) FROM issue
            JOIN generation ON generation.jurisdiction_id = issue.jurisdiction_id
             AND generation.validity @> clock_timestamp()
            WHERE issue.current_grid_id IS DISTINCT FROM grid_at(
                generation.id, ST_X(location), ST_Y(location))
        """)
        assert opened.scalar(strayed) == 0


def test_every_process_hears_of_a_generation(
    services: tuple[str, str], database_url: str, grids: dict[str, UUID]
) -> None:
    lon, lat = town.spot(0.5, 1.5)
    label = f"heard-{uuid4().hex[:6]}"
    publish(town.SLUG, Plan(label, town.drawn(town.ACROSS, grids), "tests"), database_url)
    begun = time.monotonic()
    for base in services:
        while True:
            told = httpx2.get(
                f"{base}/api/v1/locate", params={"lon": lon, "lat": lat}, timeout=60
            ).json()
            if told["generation"] == label:
                break
            assert time.monotonic() - begun < PATIENCE_S


def test_every_process_hears_of_closures_and_of_stations_that_move(
    services: tuple[str, str], database_url: str
) -> None:
    lon, lat = town.spot(0.5, 0.5)
    asked = {"lon": lon, "lat": lat, "jurisdiction": town.SLUG}

    def heard(told: Callable[[dict[str, Any]], object]) -> None:
        begun = time.monotonic()
        for base in services:
            while not told(
                httpx2.get(f"{base}/api/v1/stations/nearest", params=asked, timeout=60).json()[0]
            ):
                assert time.monotonic() - begun < PATIENCE_S
                time.sleep(0.05)

    heard(lambda one: one["open"]["reason"] == "not_known" and one["straight_m"] < 1)
    with owner_session(database_url) as opened:
        opened.execute(
            text(
                "INSERT INTO closure (station_id, starts_at, reason, reason_en)"
                " SELECT id, now(), '停电', 'No power' FROM station"
            )
        )
    heard(lambda one: one["open"]["reason"] == "closure")
    with owner_session(database_url) as opened:
        opened.execute(text("UPDATE station SET geom = ST_Translate(geom, 0.001, 0)"))
    heard(lambda one: one["straight_m"] > 50)


def test_one_key_is_one_issue_whichever_process_takes_it(
    services: tuple[str, str], database_url: str
) -> None:
    key = f"key-{uuid4()}"

    def send(base: str) -> httpx2.Response:
        return httpx2.post(
            f"{base}/api/v1/issues",
            json=body(0.5, 1.5),
            headers={"Idempotency-Key": key},
            timeout=60,
        )

    with owner_session(database_url) as opened:
        before = opened.scalar(select(func.count()).select_from(Issue)) or 0
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, services * 4))
    assert {one.status_code for one in answers} == {201}
    assert len({one.content for one in answers}) == 1
    with owner_session(database_url) as opened:
        assert opened.scalar(select(func.count()).select_from(Issue)) == before + 1
    other = httpx2.post(
        f"{services[0]}/api/v1/issues",
        json=body(2.2, 1),
        headers={"Idempotency-Key": key},
        timeout=60,
    )
    assert other.status_code == 422
    assert key in other.json()["detail"]


def test_a_key_holds_after_a_restart(database_url: str, grids: dict[str, UUID]) -> None:
    assert grids
    key = {"Idempotency-Key": f"again-{uuid4()}"}
    answers = []
    for _ in range(2):
        with serving(database_url) as base:
            answers.append(
                httpx2.post(f"{base}/api/v1/issues", json=body(0.5, 1.5), headers=key, timeout=60)
            )
    assert answers[0].status_code == 201
    assert answers[0].content == answers[1].content


def test_the_watch_survives_losing_its_connection(
    database_url: str, grids: dict[str, UUID]
) -> None:
    registry = Registry(database_url)
    registry.start()
    try:
        with owner_session(database_url) as opened:
            opened.execute(
                text("""
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name = 'hongge-watch' AND datname = current_database()
                """)
            )
        label = f"after-{uuid4().hex[:6]}"
        publish(town.SLUG, Plan(label, town.drawn(town.ACROSS, grids), "tests"), database_url)
        deadline = time.monotonic() + 5
        while registry.current()[0].period.label != label:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        registry.stop()
