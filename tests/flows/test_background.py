"""What recurs in the background goes on when a turn fails, and ends when it is told to."""

import logging
import threading

import pytest

from geo.errors import StoreUnavailableError
from geo.flows.background import Recurring

AWAY = "The database can't be reached: it is away"
PATIENCE_S = 60


class Failing(Recurring):
    """Fails at its first turns, each time otherwise."""

    def __init__(self, every_s: float = 0.01) -> None:
        super().__init__("failing", "it could not be done", first_s=0.0, every_s=every_s)
        self.turns = 0
        self.done = threading.Event()

    def turn(self) -> None:
        """Fail for want of the database, then by a fault, then no more."""
        self.turns += 1
        if self.turns == 1:
            raise StoreUnavailableError(reason="it is away")
        if self.turns == 2:
            raise ZeroDivisionError
        self.done.set()


def test_what_fails_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    failing = Failing()
    failing.start()
    assert failing.done.wait(PATIENCE_S)
    failing.stop()
    away, fault = caplog.records[:2]
    assert (away.levelno, away.getMessage()) == (logging.WARNING, AWAY)
    assert (fault.levelno, fault.getMessage()) == (logging.ERROR, "it could not be done")
    assert {away.name, fault.name} == {__name__}


def test_only_a_fault_is_no_good_look() -> None:
    failing = Failing()
    assert [failing.look() for _ in range(3)] == [True, False, True]


def test_whoever_waits_is_woken_and_ended() -> None:
    failing = Failing(every_s=3600.0)
    failing.turns = 2
    failing.start()
    assert failing.done.wait(PATIENCE_S)
    failing.done.clear()
    failing.wake()
    assert failing.done.wait(PATIENCE_S)
    failing.stop()
    assert "failing" not in {one.name for one in threading.enumerate()}


def test_what_has_not_begun_can_be_ended() -> None:
    failing = Failing()
    failing.stop()
    assert failing.turns == 0
