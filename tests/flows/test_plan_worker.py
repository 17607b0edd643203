"""Jobs and their workers: one does each, whoever dies; what is called off is over at once."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from geo.errors import HonggeError
from geo.flows.plan_worker import Foreman, do_next, work
from geo.flows.plans import FromGeneration, create_draft
from geo.messages import msg
from geo.store import plan_jobs
from geo.store.asking import SERVICE
from geo.store.engine import owner_session, session
from geo.store.plan_jobs import ATTEMPTS_MAX, StoredJob, WantedJob
from tests import town
from tests.people import add_account, asker_of, make_accounts

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

    from geo.flows.plan_worker import Watch
    from geo.store.asking import Asker
    from geo.store.plan_jobs import TakenJob

PATIENCE_S = 60
ANSWER = {"choices": []}


@pytest.fixture(scope="module")
def planner(database_url: str) -> Asker:
    with owner_session(database_url) as opened:
        town.build(opened)
    with owner_session(database_url) as opened:
        return asker_of(make_accounts(opened)["planner"])


@pytest.fixture(scope="module")
def draft(database_url: str, planner: Asker) -> UUID:
    with session(database_url, planner) as opened:
        return create_draft(opened, town.SLUG, "方案", "", FromGeneration(town.SECOND_LABEL))


@pytest.fixture
def ask(database_url: str, planner: Asker, draft: UUID) -> Iterator[Callable[[], UUID]]:
    """Leave jobs, of which none is left for the next test."""

    def leave() -> UUID:
        with session(database_url, planner) as opened:
            home = opened.scalar(text("SELECT id FROM jurisdiction"))
            wanted = WantedJob(home, draft, 0, "repair", {"kind": "repair"}, 1)
            return plan_jobs.ask_for(opened, wanted)

    yield leave
    with owner_session(database_url) as opened:
        opened.execute(text("DELETE FROM plan_job"))


@pytest.fixture
def look(database_url: str, planner: Asker, draft: UUID) -> Callable[[UUID], StoredJob]:
    def read(job_id: UUID) -> StoredJob:
        with session(database_url, planner) as opened:
            found = plan_jobs.read_job(opened, draft, job_id)
        assert found is not None
        return found

    return read


def taken(url: str) -> TakenJob | None:
    with session(url, SERVICE) as opened:
        return plan_jobs.take(opened)


def silence(url: str) -> None:
    """Let every worker have been silent for too long."""
    with owner_session(url) as opened:
        opened.execute(
            text("UPDATE plan_job SET beat_at = now() - interval '1 hour' WHERE state = 'running'")
        )


def at_once(_job: TakenJob, _watch: Watch, _url: str | None) -> Mapping[str, Any]:
    return ANSWER


def until_stopped(_job: TakenJob, watch: Watch, _url: str | None) -> Mapping[str, Any]:
    until = time.monotonic() + PATIENCE_S
    watch.tell({"share": 0.5, "best": {}})
    while not watch.stopped():
        assert time.monotonic() < until
        time.sleep(0.01)
    return ANSWER


def wait_for(found: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


def test_of_many_workers_each_job_gets_one(
    database_url: str, ask: Callable[[], UUID], look: Callable[[UUID], StoredJob]
) -> None:
    jobs = [ask() for _ in range(6)]
    done: list[str] = []

    def note(job: TakenJob, _watch: Watch, _url: str | None) -> Mapping[str, Any]:
        done.append(str(job.id))
        time.sleep(0.05)
        return ANSWER

    workers = [
        threading.Thread(target=work, args=[database_url], kwargs={"idle_s": 0, "computing": note})
        for _ in range(3)
    ]
    for one in workers:
        one.start()
    for one in workers:
        one.join(PATIENCE_S)
    while do_next(database_url, threading.Event(), note):
        pass
    assert sorted(done) == sorted(str(one) for one in jobs)
    assert {look(one).state for one in jobs} == {"done"}
    assert {look(one).attempts for one in jobs} == {1}


def test_two_who_ask_at_the_same_time_get_different_jobs(
    database_url: str, ask: Callable[[], UUID]
) -> None:
    first, second = ask(), ask()
    with session(database_url, SERVICE) as one, session(database_url, SERVICE) as other:
        got = plan_jobs.take(one), plan_jobs.take(other)
        assert [job.id if job else None for job in got] == [first, second]
        with session(database_url, SERVICE) as third:
            assert plan_jobs.take(third) is None


def test_the_job_of_a_silent_worker_is_done_by_another_and_once(
    database_url: str, ask: Callable[[], UUID], look: Callable[[UUID], StoredJob]
) -> None:
    job_id = ask()
    lost = taken(database_url)
    assert lost is not None
    assert taken(database_url) is None
    silence(database_url)
    assert do_next(database_url, threading.Event(), at_once)
    assert (look(job_id).state, look(job_id).attempts) == ("done", 2)
    with session(database_url, SERVICE) as opened:
        assert not plan_jobs.finish(opened, lost, {"choices": ["late"]})
        assert not plan_jobs.beat(opened, lost, {"share": 0.1})
        assert not plan_jobs.fail(opened, lost, {"reason": "fault"})
    assert look(job_id).result == ANSWER


def test_a_job_that_silences_its_workers_is_given_up(
    database_url: str, ask: Callable[[], UUID], look: Callable[[UUID], StoredJob]
) -> None:
    job_id = ask()
    for _ in range(ATTEMPTS_MAX):
        assert taken(database_url) is not None
        silence(database_url)
    assert taken(database_url) is None
    assert (look(job_id).state, look(job_id).error) == ("failed", {"reason": "lost"})


def test_what_is_called_off_is_over_at_once_and_its_worker_stops(
    database_url: str,
    planner: Asker,
    draft: UUID,
    ask: Callable[[], UUID],
    look: Callable[[UUID], StoredJob],
) -> None:
    job_id = ask()
    worker = threading.Thread(target=do_next, args=[database_url, threading.Event(), until_stopped])
    worker.start()
    wait_for(lambda: look(job_id).progress)
    assert look(job_id).progress["share"] == 0.5
    with session(database_url, planner) as opened:
        assert plan_jobs.cancel(opened, draft, job_id)
    assert look(job_id).state == "cancelled"
    worker.join(PATIENCE_S)
    assert not worker.is_alive()
    assert (look(job_id).state, look(job_id).result) == ("cancelled", None)
    with session(database_url, planner) as opened:
        assert not plan_jobs.cancel(opened, draft, job_id)


def test_a_job_is_given_back_when_its_worker_ends_in_good_order(
    database_url: str, ask: Callable[[], UUID], look: Callable[[UUID], StoredJob]
) -> None:
    job_id = ask()
    ending = threading.Event()
    worker = threading.Thread(target=do_next, args=[database_url, ending, until_stopped])
    worker.start()
    wait_for(lambda: look(job_id).state == "running")
    ending.set()
    worker.join(PATIENCE_S)
    assert (look(job_id).state, look(job_id).attempts) == ("waiting", 1)
    assert do_next(database_url, threading.Event(), at_once)
    assert look(job_id).state == "done"


def test_why_nothing_came_of_it_is_kept(
    database_url: str, ask: Callable[[], UUID], look: Callable[[UUID], StoredJob]
) -> None:
    class NoWayError(HonggeError):
        template = "There is no way to %(place)s."

    def refuse(_job: TakenJob, _watch: Watch, _url: str | None) -> Mapping[str, Any]:
        raise NoWayError(place=msg("Rome"))

    def break_down(_job: TakenJob, _watch: Watch, _url: str | None) -> Mapping[str, Any]:
        raise ZeroDivisionError

    job_id = ask()
    assert do_next(database_url, threading.Event(), refuse)
    error = look(job_id).error
    assert error is not None
    assert error["template"] == NoWayError.template
    other_id = ask()
    assert do_next(database_url, threading.Event(), break_down)
    assert (look(other_id).state, look(other_id).error) == ("failed", {"reason": "fault"})


def test_nothing_is_computed_for_somebody_who_is_no_planner_any_more(
    database_url: str, draft: UUID, look: Callable[[UUID], StoredJob], ask: Callable[[], UUID]
) -> None:
    assert ask
    with owner_session(database_url) as opened:
        left = add_account(opened, "left", "planner", town.SLUG)
    with session(database_url, asker_of(left)) as opened:
        home = opened.scalar(text("SELECT id FROM jurisdiction"))
        wanted = WantedJob(home, draft, 0, "new", {"kind": "new"}, 1)
        job_id = plan_jobs.ask_for(opened, wanted)
    with owner_session(database_url) as opened:
        opened.execute(text("DELETE FROM account_role WHERE account_id = :id"), {"id": left})
    assert do_next(database_url, threading.Event())
    job = look(job_id)
    assert (job.state, job.result) == ("failed", None)


WORKER = """
    import sys, threading, time
    from geo.flows.plan_worker import work
    ending = threading.Event()
    def until_closed():
        sys.stdin.buffer.read()
        ending.set()
    threading.Thread(target=until_closed, daemon=True).start()
    def compute(job, watch, url):
        if job.attempt == 1:
            watch.tell({"share": 0.3, "best": {}})
            while not watch.stopped():
                time.sleep(0.01)
        return {"choices": [job.attempt]}
    work(None, ending, idle_s=60, computing=compute)
"""


@pytest.fixture
def foremen(database_url: str) -> Iterator[list[Foreman]]:
    """Two service processes' foremen, whose workers dawdle at the first attempt."""
    command = [sys.executable, "-c", textwrap.dedent(WORKER)]
    both = [Foreman(command, database_url) for _ in range(2)]
    for one in both:
        one.start()
    yield both
    for one in both:
        one.stop()


def employed(foremen: list[Foreman]) -> list[subprocess.Popen[bytes]]:
    return [one.worker for one in foremen if one.worker is not None]


def test_a_killed_worker_is_replaced_and_its_job_done_once(
    database_url: str,
    foremen: list[Foreman],
    ask: Callable[[], UUID],
    look: Callable[[UUID], StoredJob],
) -> None:
    job_id = ask()
    for one in foremen:
        one.wake()
    wait_for(lambda: look(job_id).progress)
    (worker,) = employed(foremen)
    os.kill(worker.pid, signal.SIGKILL)
    wait_for(lambda: worker.poll() is not None)
    silence(database_url)
    for one in foremen:
        one.wake()
    wait_for(lambda: look(job_id).state == "done")
    assert look(job_id).attempts == 2
    assert look(job_id).result == {"choices": [2]}
    assert len(employed(foremen)) == 1


def test_a_job_outlives_the_service(
    database_url: str,
    foremen: list[Foreman],
    ask: Callable[[], UUID],
    look: Callable[[UUID], StoredJob],
) -> None:
    job_id = ask()
    foremen[0].wake()
    wait_for(lambda: look(job_id).progress)
    for one in foremen:
        one.stop()
    assert not employed(foremen)
    assert look(job_id).state == "waiting"
    assert do_next(database_url, threading.Event(), at_once)
    assert look(job_id).state == "done"
