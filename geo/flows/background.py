"""What goes on in threads of a serving process, beside the requests."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from threading import Event, Thread

from geo.errors import StoreUnavailableError


class Background(ABC):
    """Something that goes on in a thread of its own, from its start until it is stopped.

    Parameters
    ----------
    name
        The thread's.
    url
        The owner's address of the database; by default the settings'.
    """

    def __init__(self, name: str, url: str | None = None) -> None:
        self._url = url
        self._stop = Event()
        self._thread = Thread(target=self._go_on, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and return when it has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    @abstractmethod
    def _go_on(self) -> None:
        """Work until told to stop."""


class Recurring(Background):
    """Something that is looked after again and again; what fails is tried again at the next look.

    Parameters
    ----------
    name
        The thread's.
    fault
        What to log when a turn failed otherwise than for want of the database.
    first_s, every_s
        How long to wait for the first look, and for each that follows, in seconds.
    url
        The owner's address of the database; by default the settings'.
    """

    def __init__(
        self, name: str, fault: str, *, first_s: float, every_s: float, url: str | None = None
    ) -> None:
        super().__init__(name, url)
        self._fault = fault
        self._first_s = first_s
        self._every_s = every_s
        self._wake = Event()
        self.log = logging.getLogger(type(self).__module__)

    @abstractmethod
    def turn(self) -> None:
        """Do what there is to do now."""

    def look(self) -> bool:
        """Take a turn and log what went wrong; tell whether only the database was missing."""
        try:
            self.turn()
        except StoreUnavailableError as error:
            self.log.warning("%s", error)
        except Exception:
            self.log.exception(self._fault)
            return False
        return True

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread when its turn is over."""
        self._stop.set()
        self._wake.set()
        super().stop()

    def _pause_s(self) -> float | None:
        """Return how long to wait for the next look; ``None`` until it is woken."""
        return self._every_s

    def _go_on(self) -> None:
        self._wait(self._first_s)
        while not self._stop.is_set():
            self.look()
            self._wait(self._pause_s())

    def _wait(self, pause_s: float | None) -> None:
        self._wake.wait(pause_s)
        self._wake.clear()
