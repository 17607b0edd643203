"""Listening to a stream of events over a real connection.

A stream of events is never over in a client that waits for the whole.
"""

from __future__ import annotations

import json
import queue
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOON_S = 60


class Event(NamedTuple):
    """An event as the browser gets it."""

    name: str
    id: str
    data: Any


class Ear:
    """Somebody who listens."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.events: queue.Queue[Event | None] = queue.Queue()
        self.thread = threading.Thread(target=self._listen, args=[lines], daemon=True)
        self.thread.start()

    def _listen(self, lines: Iterator[str]) -> None:
        fields: dict[str, str] = {}
        try:
            for line in lines:
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    data = json.loads(fields["data"])
                    self.events.put(Event(fields["event"], fields.get("id", ""), data))
                    fields = {}
        except httpx2.TransportError:
            pass
        self.events.put(None)

    def wait_for(self, name: str, fits: Callable[[Any], bool] = bool) -> Event:
        """Return the next event of a name that fits; others are passed over."""
        while True:
            event = self.events.get(timeout=SOON_S)
            assert event is not None, f"over before {name}"
            if event.name == name and fits(event.data):
                return event

    def is_over(self) -> bool:
        """Wait until the stream has ended."""
        while self.events.get(timeout=SOON_S) is not None:
            pass
        return True


@contextmanager
def listening(base: str, place: str, headers: dict[str, str], query: str = "") -> Iterator[Ear]:
    """Open the stream of events of a place."""
    with (
        httpx2.Client(base_url=base, headers=headers, timeout=60) as client,
        client.stream("GET", f"{place}/events{query}") as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        connection = answer.extensions["network_stream"].get_extra_info("socket")
        yield Ear(answer.iter_lines())
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
