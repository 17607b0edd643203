"""A publisher that is killed on its way leaves everything as it was, or everything done."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from geo.flows.locate import read_position
from geo.flows.registry import Registry
from geo.flows.report import Report, report
from geo.store.engine import owner_session
from geo.store.generations import periods
from geo.store.models import Jurisdiction, PlanDraft
from tests import planned, town
from tests.conftest import PROJECT
from tests.flows.killed_publisher import TAKE_UP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from tests.planned import Settled

FEWEST_STEPS = 8
PATIENCE_S = 60
WRONG = text("""
    SELECT (SELECT count(*) FROM household_assignment WHERE grid_id IS NULL) AS none,
           (SELECT count(*) FROM (SELECT FROM household_assignment
                                  GROUP BY household_id HAVING count(*) <> 1) AS many) AS several,
           (SELECT count(*) FROM household)
               - (SELECT count(*) FROM household_assignment) AS missing,
           (SELECT count(*) FROM issue JOIN generation ON validity @> clock_timestamp()
            WHERE current_grid_id IS DISTINCT FROM grid_at(
                generation.id, ST_X(location), ST_Y(location))) AS strayed,
           (SELECT count(*) FROM generation WHERE NOT sealed) AS unsealed
""")


@pytest.fixture(scope="module")
def known(database_url: str) -> Settled:
    settled = planned.settle(database_url)
    registry = Registry(database_url)
    registry.start()
    for column, row in ((0.3, 0.3), (0.3, 1.3), (1.3, 0.3), (3.0, 1.0)):
        position = read_position(*town.spot(column, row))
        report(registry, Report("x", duty=town.DUTY, position=position), url=database_url)
    registry.stop()
    return settled


@pytest.fixture(scope="module")
def publish(known: Settled) -> Iterator[Callable[..., str]]:
    """Publish a draft up to a step, and tell what became of it."""
    command = [sys.executable, "-m", "tests.flows.killed_publisher", known.url]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        told, heard = process.stdin, process.stdout
        assert told is not None
        assert heard is not None

        def publish_up_to(draft: UUID | str, step: str, whose: int | None = None) -> str:
            told.write(f"{whose or known.accounts['planner']} {draft} {step}\n")
            told.flush()
            return heard.readline().strip()

        yield publish_up_to
        process.communicate()


def wait_for_silence(known: Settled) -> None:
    """Wait until the database has noticed that the publisher is gone."""
    waiting = text("""
        SELECT count(*) FROM pg_locks
        WHERE locktype = 'advisory' AND database = (
            SELECT oid FROM pg_database WHERE datname = current_database())
    """)
    deadline = time.monotonic() + PATIENCE_S
    with owner_session(known.url) as opened:
        while opened.scalar(waiting):
            assert time.monotonic() < deadline
            time.sleep(0.005)


def look(known: Settled, draft: UUID) -> tuple[str, int, str]:
    """Return state of the draft, number of messages, label of the generation in force."""
    wait_for_silence(known)
    with owner_session(known.url) as opened:
        assert tuple(opened.execute(WRONG).one()) == (0, 0, 0, 0, 0)
        found = opened.get_one(PlanDraft, draft)
        last = periods(opened)[-1]
        assert last.ends is None
        assert last.taken_up or last.label == town.SECOND_LABEL
        assert (found.generation_id == last.id) == (found.state == "published")
        steps = opened.scalar(
            text("SELECT count(*) FROM plan_step WHERE action = 'publish' AND draft_id = :draft"),
            {"draft": draft},
        )
        assert steps == (found.state == "published")
        messages = opened.scalar(
            text("SELECT count(*) FROM outbox WHERE payload ->> 'generation' = :label"),
            {"label": last.label},
        )
        return found.state, messages or 0, last.label


def test_a_publisher_killed_at_any_step_leaves_all_or_nothing(
    known: Settled, publish: Callable[..., str]
) -> None:
    draft = planned.approved(known, planned.upright(known.grids))
    before = look(known, draft)
    assert before[0] == "approved"
    for step in count(1):
        became = publish(draft, str(step))
        if became == "done":
            break
        assert became == "killed"
        assert look(known, draft) == before
    assert step > FEWEST_STEPS
    state, messages, label = look(known, draft)
    assert (state, label != before[2]) == ("published", True)
    with owner_session(known.url) as opened:
        departments = opened.scalar(text("SELECT count(*) FROM department"))
        moved = opened.scalar(text("SELECT count(*) FROM issue_event WHERE action = 'redraw'"))
    assert moved
    assert messages in {departments, (departments or 0) + 1}


def test_a_process_killed_while_it_takes_up_a_plan_leaves_it_to_the_next(
    known: Settled, publish: Callable[..., str]
) -> None:
    with owner_session(known.url) as opened:
        home = opened.scalars(select(Jurisdiction.id)).one()
    starts = planned.soon(known.url)
    label = planned.published(known, planned.redrawn(known.grids, 3), starts).label
    time.sleep(max(0.0, (starts - datetime.now(UTC)).total_seconds()) + 0.1)
    for step in ("1", "2", "commit"):
        assert publish(TAKE_UP, step, home) == "killed"
        assert taken_up(known, label) == (False, 0, 0)
    assert publish(TAKE_UP, "committed", home) == "killed"
    done = taken_up(known, label)
    assert done[0]
    assert done[1] > 0
    assert publish(TAKE_UP, "9", home) == "done"
    assert taken_up(known, label) == done


def taken_up(known: Settled, label: str) -> tuple[bool, int, int]:
    """Tell whether a generation was taken up, and how many messages and moves say so."""
    wait_for_silence(known)
    asked = text("""
        SELECT taken_up_at IS NOT NULL,
               (SELECT count(*) FROM outbox
                WHERE topic = 'plan.published' AND payload ->> 'generation' = label),
               (SELECT count(*) FROM issue_event
                WHERE action = 'redraw' AND detail ->> 'generation' = label)
        FROM generation WHERE label = :label
    """)
    with owner_session(known.url) as opened:
        done, messages, moves = opened.execute(asked, {"label": label}).one()
        return done, messages, moves


@pytest.mark.parametrize(
    ("step", "states"),
    [
        ("commit", {"approved"}),
        ("committing", {"approved", "published"}),
        ("committed", {"published"}),
    ],
)
def test_a_publisher_killed_at_its_commit_leaves_all_or_nothing(
    known: Settled, publish: Callable[..., str], step: str, states: set[str]
) -> None:
    draft = planned.approved(known, planned.across(known.grids))
    with owner_session(known.url) as opened:
        drafts = len(opened.scalars(select(PlanDraft.id)).all())
        generations = len(periods(opened))
    assert publish(draft, step) in {"killed", "done"}
    state, _, _ = look(known, draft)
    assert state in states
    with owner_session(known.url) as opened:
        assert len(opened.scalars(select(PlanDraft.id)).all()) == drafts
        assert len(periods(opened)) == generations + (state == "published")
