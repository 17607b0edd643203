"""Computing proposals (方案建议) in a process of its own, and keeping that process alive.

The service's own processes answer requests; a search takes all of a processor for seconds. So it is
done by a *worker*, which takes jobs from the database, and which a *foreman* in the service starts
when there is work. Of many foremen as many have a worker as the settings allow.
"""

from __future__ import annotations

import logging
import os
import subprocess
import time
from contextlib import suppress
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Self

from geo.errors import HonggeError, StoreUnavailableError
from geo.flows.background import Background, Recurring
from geo.flows.proposal_results import compute
from geo.messages import plain
from geo.settings import settings
from geo.store import plan_jobs
from geo.store.asking import SERVICE
from geo.store.engine import database_url, service_address, session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geo.store.plan_jobs import TakenJob

BEAT_S = 0.5
"""So often a worker says that it is at work, and how far it is."""

LOOK_S = 0.5
"""So often a worker without a job looks for one."""

IDLE_S = 300.0
"""A worker without a job for so long ends; the next job starts another."""

FOREMAN_LOOK_S = 2.0
LONGEST_PAUSE_S = 30.0
PATIENCE_S = 3.0

log = logging.getLogger(__name__)


class Watch(Background):
    """What a search tells of itself while it runs, and whether it shall go on.

    Beats in a thread of its own: a job that was called off, or that another worker has taken
    because this one was silent for too long, is not worked at any further.

    Parameters
    ----------
    job
        What is worked at.
    url
        The owner's address of the database.
    ending
        Set when the whole process ends: then the job is given back.
    """

    def __init__(self, job: TakenJob, url: str | None, ending: Event) -> None:
        super().__init__("beats", url)
        self._job = job
        self._ending = ending
        self._told: Mapping[str, Any] | None = None
        self._lock = Lock()
        self._beaten_at = time.monotonic()
        self.lost = False

    def __enter__(self) -> Self:
        """Begin to beat."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Beat no longer."""
        self.stop()

    def tell(self, progress: Mapping[str, Any]) -> None:
        """Say how far the search is; the last word is written at the next beat."""
        with self._lock:
            self._told = progress

    def stopped(self) -> bool:
        """Tell whether the search shall end at once."""
        return self.lost or self._ending.is_set()

    def _go_on(self) -> None:
        while not self._stop.wait(BEAT_S) and not self.lost:
            if self._ending.is_set():
                self._give_back()
                return
            with self._lock:
                told, self._told = self._told, None
            self.lost = not self._beat(told)

    def _give_back(self) -> None:
        """Leave the job to the next worker before the search here has come to its end."""
        try:
            with session(self._url, SERVICE) as opened:
                plan_jobs.give_back(opened, self._job)
        except StoreUnavailableError as error:
            log.warning("%s", error)

    def _beat(self, told: Mapping[str, Any] | None) -> bool:
        try:
            with session(self._url, SERVICE) as opened:
                still_ours = plan_jobs.beat(opened, self._job, told)
        except StoreUnavailableError:
            return time.monotonic() - self._beaten_at < plan_jobs.SILENT_S
        self._beaten_at = time.monotonic()
        return still_ours


def work(
    url: str | None = None,
    ending: Event | None = None,
    *,
    idle_s: float = IDLE_S,
    computing: Callable[[TakenJob, Watch, str | None], Mapping[str, Any]] = compute,
) -> int:
    """Do jobs until there have been none for a while, or until told to end; return how many.

    Parameters
    ----------
    url
        The owner's address of the database; by default the settings'.
    ending
        Set to end: a job that is being worked at is given back.
    idle_s
        How long to wait for another job, in seconds.
    computing
        What makes of a job what comes of it.
    """
    if computing is compute:
        import geo.core.proposing  # noqa: F401, PLC0415 - heavy: read before the first job comes

    ending = ending or Event()
    done, idle_since = 0, time.monotonic()
    while not ending.is_set() and time.monotonic() - idle_since < idle_s:
        if do_next(url, ending, computing):
            done, idle_since = done + 1, time.monotonic()
        else:
            ending.wait(min(LOOK_S, idle_s))
    return done


def do_next(
    url: str | None,
    ending: Event,
    computing: Callable[[TakenJob, Watch, str | None], Mapping[str, Any]] = compute,
) -> bool:
    """Take a job and do it; tell whether there was one."""
    try:
        with session(url, SERVICE) as opened:
            job = plan_jobs.take(opened)
        if job is None:
            return False
        _do(job, url, ending, computing)
    except StoreUnavailableError as error:
        log.warning("%s", error)
        return False
    return True


def _do(
    job: TakenJob,
    url: str | None,
    ending: Event,
    computing: Callable[[TakenJob, Watch, str | None], Mapping[str, Any]],
) -> None:
    """Compute a job and write what came of it."""
    log.info("proposal %s (%s) taken for the %s. time", job.id, job.kind, job.attempt)
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] = {}
    with Watch(job, url, ending) as watch:
        try:
            result = computing(job, watch, url)
        except StoreUnavailableError:
            raise
        except HonggeError as refused:
            error = plain(refused.message)
        except Exception:
            log.exception("proposal %s could not be computed", job.id)
            error = {"reason": "fault"}
    with session(url, SERVICE) as opened:
        if ending.is_set():
            plan_jobs.give_back(opened, job)
            return
        if result is None:
            plan_jobs.fail(opened, job, error)
        else:
            plan_jobs.finish(opened, job, result)


class Foreman(Recurring):
    """Starts a worker when there is work, and ends it with the service.

    Parameters
    ----------
    command
        Runs a worker that ends when its standard input does.
    url
        The owner's address of the database; by default the settings'.
    """

    def __init__(self, command: Sequence[str], url: str | None = None) -> None:
        fault, every_s = "no worker could be started", FOREMAN_LOOK_S
        super().__init__("foreman", fault, first_s=every_s, every_s=every_s, url=url)
        self._command = list(command)
        self._expected = Event()
        self._crashed = False
        self.worker: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to look for work."""
        if settings().plan_workers:
            super().start()

    def expect(self) -> None:
        """Have a worker ready: somebody is about to leave a job."""
        self._expected.set()
        self.wake()

    def turn(self) -> None:
        """Employ a worker for as long as it lives, if there is work."""
        self._crashed = False
        if self._is_work():
            self._crashed = self._employ()

    def look(self) -> bool:
        """Take a turn; look ever more rarely while workers crash or cannot be started."""
        well = super().look() and not self._crashed
        self._every_s = FOREMAN_LOOK_S if well else min(self._every_s * 2, LONGEST_PAUSE_S)
        return well

    def _is_work(self) -> bool:
        if self._expected.is_set():
            self._expected.clear()
            return True
        with session(self._url, SERVICE) as opened:
            return plan_jobs.is_work(opened)

    def _employ(self) -> bool:
        """Run a worker for as long as it lives, if there is a place; tell whether it crashed."""
        with plan_jobs.slot(service_address(self._url), settings().plan_workers) as held:
            if held is None:
                return False
            address = self._url or database_url()
            worker = subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                stdin=subprocess.PIPE,
                env={**os.environ, "HONGGE_DATABASE_URL": address},
            )
            self.worker = worker
            try:
                while worker.poll() is None and not self._stop.wait(1.0) and held():
                    pass
            finally:
                _end(worker)
                self.worker = None
        crashed = worker.returncode != 0 and not self._stop.is_set()
        if crashed:
            log.error("the worker for proposals ended with status %s", worker.returncode)
        return crashed


def _end(worker: subprocess.Popen[bytes]) -> None:
    """Let a worker end by closing its input, then by force."""
    if worker.stdin:
        with suppress(OSError):
            worker.stdin.close()
    try:
        worker.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
