"""Knowing that the process is asked to end, before the server waits for its open connections."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ASKED_TO_END = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def before_leaving(tell: Callable[[], None]) -> Iterator[None]:
    """Call ``tell`` in the running loop when a signal asks the process to end.

    The server hears the signal as well, and then waits until every answer has been sent: one that
    goes on for ever has to end by itself. In a thread that no signal reaches, nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {number: signal.getsignal(number) for number in ASKED_TO_END}

    def leave(number: int, frame: Any) -> None:
        loop.call_soon_threadsafe(tell)
        if callable(before[number]):
            before[number](number, frame)

    for number, known in before.items():
        if callable(known):
            signal.signal(number, leave)
    try:
        yield
    finally:
        for number, known in before.items():
            if signal.getsignal(number) is leave:
                signal.signal(number, known)
