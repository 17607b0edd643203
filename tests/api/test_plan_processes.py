"""Drafts that are published while services are at work, and while they are down."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx2
import pytest
from sqlalchemy import func, select, text

from geo.store.engine import owner_session
from geo.store.generations import periods
from geo.store.models import Generation, Issue
from tests import planned, town
from tests.api.test_processes import answers_of, expected_grid, serving
from tests.conftest import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.planned import Settled

PATIENCE_S = 60


@pytest.fixture(scope="module")
def known(database_url: str) -> Settled:
    return planned.settle(database_url)


@contextmanager
def publishing_drafts(known: Settled) -> Iterator[None]:
    accounts = [str(known.accounts[name]) for name in ("planner", "reviewer")]
    command = [sys.executable, "-m", "tests.api.plan_loop", known.url, *accounts]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("loop-")
        yield
        process.communicate()
        assert process.returncode == 0


def test_drafts_published_under_load_mislead_nobody(known: Settled) -> None:
    with (
        serving(known.url) as one,
        serving(known.url) as other,
        publishing_drafts(known),
    ):
        seen = answers_of((one, other), generations=4)
    assert all(code == expected_grid(label) for label, code in seen)
    with owner_session(known.url) as opened:
        routed = (
            select(func.count())
            .select_from(Issue)
            .join(Generation, Generation.id == Issue.reported_generation_id)
        )
        assert opened.scalar(routed) == len(seen) / 2
        assert opened.scalar(routed.where(~Generation.validity.contains(Issue.occurred_at))) == 0
        strayed = text("""
            SELECT count(*) FROM issue JOIN generation ON generation.validity @> clock_timestamp()
            WHERE issue.current_grid_id IS DISTINCT FROM grid_at(
                generation.id, ST_X(location), ST_Y(location))
        """)
        assert opened.scalar(strayed) == 0
        homeless = text("SELECT count(*) FROM household_assignment WHERE grid_id IS NULL")
        assert opened.scalar(homeless) == 0


def test_a_scheduled_plan_whose_time_comes_while_the_service_is_down(known: Settled) -> None:
    lon, lat = town.spot(0.5, 1.5)
    planned.published(known, planned.across(known.grids))
    with serving(known.url) as base:
        body = {"location": {"lon": lon, "lat": lat}, "duty": town.DUTY, "text": "井盖"}
        for _ in range(3):
            assert httpx2.post(f"{base}/api/v1/issues", json=body, timeout=60).status_code == 201
        starts = planned.soon(known.url)
        written = planned.published(known, planned.upright(known.grids), starts)
        told = httpx2.get(
            f"{base}/api/v1/locate", params={"lon": lon, "lat": lat}, timeout=60
        ).json()
        assert (told["generation"] != written.label, told["grid"]["code"]) == (True, town.A2)
    time.sleep(max(0.0, (starts - datetime.now(UTC)).total_seconds()) + 0.1)
    with owner_session(known.url) as opened:
        assert not periods(opened)[-1].taken_up
    with serving(known.url) as base:
        told = httpx2.get(
            f"{base}/api/v1/locate", params={"lon": lon, "lat": lat}, timeout=60
        ).json()
        assert (told["generation"], told["grid"]["code"]) == (written.label, town.A1)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with owner_session(known.url) as opened:
                if periods(opened)[-1].taken_up:
                    break
            assert time.monotonic() < deadline
            time.sleep(0.05)
    asked = {"label": written.label}
    with owner_session(known.url) as opened:
        once = text("""
            SELECT (SELECT count(*) FROM (
                       SELECT FROM issue_event
                       WHERE action = 'redraw' AND detail ->> 'generation' = :label
                       GROUP BY issue_id HAVING count(*) > 1) AS twice),
                   (SELECT count(*) FROM issue_event
                    WHERE action = 'redraw' AND detail ->> 'generation' = :label) > 2,
                   (SELECT count(*) FROM outbox
                    WHERE topic = 'plan.published' AND payload ->> 'generation' = :label
                      AND payload ->> 'department' IS NOT NULL)
        """)
        assert tuple(opened.execute(once, asked).one()) == (0, True, 1)
