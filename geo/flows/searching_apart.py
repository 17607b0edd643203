"""A search for proposals in a process beside this one, which loads while this one reads.

What a search needs (compiled functions, the solver) takes about as long to load as the database's
driver and what is in the database, and neither process needs what the other has.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from multiprocessing import Pipe, get_context
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

    from geo.core.proposing_values import Proposal, Step, Territory, Wish


class Found(NamedTuple):
    """Three plans of a community, and the steps to the one that is chosen."""

    plans: list[Proposal]
    steps: tuple[Step, ...]


class Wanted(NamedTuple):
    """What is searched for, as of :func:`geo.core.proposing.propose_all`; which plan is chosen."""

    territories: Sequence[Territory]
    wishes: Sequence[Wish]
    seed: int
    seconds: float
    choice: int


class Searcher:
    """The near end of a process that searches."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def search(self, wanted: Wanted) -> list[Found]:
        """Return three plans of each community, in their order.

        Raises
        ------
        EOFError
            When the process has ended before.
        """
        self._line.send(wanted)
        found: list[Found] = self._line.recv()
        return found


@contextmanager
def searching_apart() -> Iterator[Searcher]:
    """Start a process that makes ready for one search; it ends when this is left, or killed."""
    near, far = Pipe()
    process = get_context("spawn").Process(target=_answer, args=(far,))
    process.start()
    far.close()
    try:
        with near:
            yield Searcher(near)
    finally:
        process.terminate()
        process.join()


def _answer(line: Connection) -> None:
    """Make ready, and answer what is asked, unless whoever may ask is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the asker, who hears it too, closes the line
    import ortools.sat.python.cp_model_helper  # noqa: F401, PLC0415 - heavy, and not for the asker

    from geo.core.proposing import propose_all, steps  # noqa: PLC0415 - the same
    from geo.core.warm import warm  # noqa: PLC0415 - the same

    warm()
    with suppress(EOFError, BrokenPipeError):
        wanted: Wanted = line.recv()
        found = propose_all(
            wanted.territories,
            wanted.wishes,
            seed=wanted.seed,
            seconds=wanted.seconds,
            stop=line.poll,
        )
        line.send(
            [
                Found(plans, steps(territory, plans[wanted.choice].assignment))
                for territory, plans in zip(wanted.territories, found, strict=True)
            ]
        )


__all__ = ["Found", "Searcher", "Wanted", "searching_apart"]
