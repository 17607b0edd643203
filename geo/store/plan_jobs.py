"""Proposals as jobs (后台任务) in a table: asked for by planners, taken and done by workers.

A worker takes the oldest job that nobody has, and says every few seconds that it is still at it. A
job whose worker has fallen silent is taken by another. Each taking has a number, ``attempt``, and
only the last taker's word counts: what comes of a job is written once, whoever died meanwhile.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import cast, func, insert, null, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB

from geo.store.addresses import plain_url
from geo.store.models import PlanJob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

SILENT_S = 10.0
"""A worker that has not said for so long that it is at work has lost its job."""

ATTEMPTS_MAX = 3
"""A job that so many workers have fallen silent over is not tried again."""

SLOT_CLASS = 0x706C616E
"""First key of the advisory locks of which each lets one process compute proposals."""

LOST = {"reason": "lost"}
"""What became of a job that was tried too often."""


@dataclass(frozen=True, slots=True)
class WantedJob:
    """What is asked for.

    Parameters
    ----------
    jurisdiction_id, draft_id, version
        For which draft, as it was at which version.
    kind
        Of proposal.
    request
        Everything else that was chosen, as JSON.
    seed
        Of the random numbers: the same seed gives the same proposals.
    """

    jurisdiction_id: int
    draft_id: UUID
    version: int
    kind: str
    request: Mapping[str, Any]
    seed: int


@dataclass(frozen=True, slots=True)
class TakenJob:
    """A job in the hands of a worker: ``attempt`` tells this taking from every other one.

    ``account_id`` is who asked for it; ``None`` when the account is gone.
    """

    id: UUID
    attempt: int
    draft_id: UUID
    version: int
    kind: str
    request: Mapping[str, Any]
    seed: int
    account_id: int | None


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as a planner sees it; ``result`` and ``progress`` only where one job is read."""

    id: UUID
    draft_id: UUID
    version: int
    kind: str
    request: Mapping[str, Any]
    seed: int
    state: str
    progress: Mapping[str, Any]
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    attempts: int
    created_by: int | None
    created_at: datetime
    ended_at: datetime | None


def ask_for(session: Session, wanted: WantedJob) -> UUID:
    """Leave a job for the next worker, in the name of whoever asks; return its key."""
    statement = insert(PlanJob).returning(PlanJob.id)
    return session.scalars(
        statement,
        {name: getattr(wanted, name) for name in wanted.__slots__},
    ).one()


def read_job(session: Session, draft_id: UUID, job_id: UUID) -> StoredJob | None:
    """Return a job of a draft with all that came of it, or ``None`` when there is no such job."""
    statement = _jobs(PlanJob.progress, PlanJob.result).where(
        PlanJob.draft_id == draft_id, PlanJob.id == job_id
    )
    row = session.execute(statement).one_or_none()
    return _stored(row) if row else None


def jobs_of(session: Session, draft_id: UUID, limit: int = 50) -> list[StoredJob]:
    """Return the jobs of a draft without what came of them, the last one first."""
    nothing = cast({}, JSONB).label("progress"), null().label("result")
    statement = _jobs(*nothing).where(PlanJob.draft_id == draft_id)
    rows = session.execute(statement.order_by(PlanJob.created_at.desc(), PlanJob.id).limit(limit))
    return [_stored(row) for row in rows]


def unfinished(session: Session, draft_id: UUID) -> int:
    """Return how many jobs of a draft are waiting or running."""
    statement = select(func.count()).where(PlanJob.draft_id == draft_id, _open())
    return session.scalars(statement).one()


def cancel(session: Session, draft_id: UUID, job_id: UUID) -> bool:
    """Call a job off, and tell whether it was still waiting or running.

    It is over at once; a worker that has it hears so at its next beat.
    """
    statement = (
        update(PlanJob)
        .where(PlanJob.id == job_id, PlanJob.draft_id == draft_id, _open())
        .values(state="cancelled", ended_at=func.clock_timestamp())
        .returning(PlanJob.id)
    )
    return session.scalar(statement) is not None


def is_work(session: Session) -> bool:
    """Tell whether there is a job that a worker may take."""
    return session.scalar(select(PlanJob.id).where(_free()).limit(1)) is not None


def take(session: Session) -> TakenJob | None:
    """Take the oldest job that nobody is at, or return ``None``.

    Several workers may ask at once: each gets another job. A job that too many have fallen silent
    over is given up.
    """
    given_up = (PlanJob.state == "running") & (PlanJob.attempts >= ATTEMPTS_MAX)
    session.execute(
        update(PlanJob)
        .where(_free(), given_up)
        .values(state="failed", error=LOST, ended_at=func.clock_timestamp())
    )
    oldest = (
        select(PlanJob.id)
        .where(_free())
        .order_by(PlanJob.created_at, PlanJob.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(PlanJob)
        .where(PlanJob.id == oldest.scalar_subquery())
        .values(state="running", attempts=PlanJob.attempts + 1, beat_at=func.clock_timestamp())
        .returning(
            PlanJob.id,
            PlanJob.attempts,
            PlanJob.draft_id,
            PlanJob.version,
            PlanJob.kind,
            PlanJob.request,
            PlanJob.seed,
            PlanJob.created_by,
        )
    )
    row = session.execute(statement).one_or_none()
    return TakenJob(*row) if row else None


def beat(session: Session, job: TakenJob, progress: Mapping[str, Any] | None = None) -> bool:
    """Say that a job is being worked at, and how far it is.

    Returns
    -------
    bool
        Whether it is still this taker's: not called off, and not taken by another.
    """
    values: dict[str, Any] = {"beat_at": func.clock_timestamp()}
    if progress is not None:
        values["progress"] = progress
    return _write(session, job, values)


def finish(session: Session, job: TakenJob, result: Mapping[str, Any]) -> bool:
    """Write what came of a job, once; tell whether it was still this taker's to write."""
    ended = {"state": "done", "result": result, "ended_at": func.clock_timestamp()}
    return _write(session, job, ended)


def fail(session: Session, job: TakenJob, error: Mapping[str, Any]) -> bool:
    """Write why nothing came of a job; tell whether it was still this taker's to write."""
    ended = {"state": "failed", "error": error, "ended_at": func.clock_timestamp()}
    return _write(session, job, ended)


def give_back(session: Session, job: TakenJob) -> bool:
    """Leave a job to the next worker at once; the present one is ending."""
    left = {"state": "waiting", "beat_at": None}
    return _write(session, job, left)


@contextmanager
def slot(url: str, slots: int) -> Iterator[Callable[[], bool] | None]:
    """Take one of the places at which proposals are computed, all processes together.

    Parameters
    ----------
    url
        The service's address of the database.
    slots
        How many places there are.

    Yields
    ------
    callable or None
        Tells whether the place is still held, which the loss of the connection ends; ``None`` where
        all are taken.
    """
    try:
        connection = psycopg.connect(
            plain_url(url), autocommit=True, application_name="hongge-slot", connect_timeout=5
        )
    except psycopg.OperationalError:
        yield None
        return
    with closing(connection):
        yield partial(_held, connection) if _taken_place(connection, slots) else None


def _taken_place(connection: psycopg.Connection, slots: int) -> bool:
    return any(
        connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (SLOT_CLASS, number)).fetchone()
        == (True,)
        for number in range(slots)
    )


def _held(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _write(session: Session, job: TakenJob, values: Mapping[str, Any]) -> bool:
    statement = (
        update(PlanJob)
        .where(PlanJob.id == job.id, PlanJob.attempts == job.attempt, PlanJob.state == "running")
        .values(**values)
        .returning(PlanJob.id)
    )
    return session.scalar(statement) is not None


def _open() -> ColumnElement[bool]:
    return PlanJob.state.in_(("waiting", "running"))


def _free() -> ColumnElement[bool]:
    """Jobs that wait, and those whose worker has fallen silent."""
    silent = PlanJob.beat_at < func.clock_timestamp() - func.make_interval(
        0, 0, 0, 0, 0, 0, SILENT_S
    )
    return _open() & or_(PlanJob.state == "waiting", silent)


def _jobs(*more: Any) -> Select[*tuple[Any, ...]]:
    return select(
        PlanJob.id,
        PlanJob.draft_id,
        PlanJob.version,
        PlanJob.kind,
        PlanJob.request,
        PlanJob.seed,
        PlanJob.state,
        *more,
        PlanJob.error,
        PlanJob.attempts,
        PlanJob.created_by,
        PlanJob.created_at,
        PlanJob.ended_at,
    )


def _stored(row: Any) -> StoredJob:
    return StoredJob(**{name: getattr(row, name) for name in StoredJob.__slots__})
