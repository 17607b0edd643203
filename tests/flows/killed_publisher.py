"""Publishes a draft in children of its own that are killed at a step, to see what is left behind.

Argument: the database's address. Reads lines ``ACCOUNT DRAFT STEP`` and answers each with what
became of the child: ``killed``, or ``done`` when it had fewer steps. A step is a statement that is
about to be sent, and that locks or writes something: reading leaves nothing behind. ``commit`` is
the moment before the commit is sent, ``committing`` one soon after, ``committed`` when it has been
confirmed. ``JURISDICTION take-up STEP`` takes up a generation that has come into force instead.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from geo.flows.plan_publish import Publication, publish_draft
from geo.store.asking import SERVICE, Asker
from geo.store.engine import session
from geo.store.publishing import take_up

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENT_S = 0.0005
TAKE_UP = "take-up"
READING = re.compile(r"\s*SELECT (?!.*(pg_advisory|FOR UPDATE|take_))", re.DOTALL)


def kill_myself(*_: Any) -> None:
    """End at once, without any chance to clean up."""
    os.kill(os.getpid(), signal.SIGKILL)


def soon(*_: Any) -> None:
    """End in a moment."""
    threading.Timer(MOMENT_S, kill_myself).start()


def arm(step: str) -> None:
    """Arrange for this process to be killed at a step."""
    named: dict[str, tuple[Any, str, Callable[..., None]]] = {
        "commit": (Engine, "commit", kill_myself),
        "committing": (Engine, "commit", soon),
        "committed": (Session, "after_commit", kill_myself),
    }
    if step in named:
        target, what, done = named[step]
        event.listen(target, what, done)
        return
    numbers = count(1)

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not READING.match(statement) and next(numbers) == int(step):
            kill_myself()

    event.listen(Engine, "before_cursor_execute", before)


def publish(url: str, account: str, draft: str, step: str) -> None:
    """Publish or take up, and be killed on the way."""
    arm(step)
    if draft == TAKE_UP:
        with session(url, SERVICE) as opened:
            take_up(opened, int(account))
        return
    publish_draft(UUID(draft), Publication(0), Asker("account", int(account)), url)


def main(url: str) -> None:
    """Answer the lines that come in."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            publish(url, *line.split())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        told = "killed" if killed else "done" if status == 0 else "failed"
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
