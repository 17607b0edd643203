"""Telling coroutines what threads have heard."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

MOST_WAITING = 1000
"""How much may wait for one listener: who falls behind more comes anew."""

Said = TypeVar("Said")


class Line(Generic[Said]):
    """What waits to be told to one listener, a coroutine.

    Parameters
    ----------
    ended
        What says that nothing more will be told.
    """

    def __init__(self, ended: Said) -> None:
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[Said] = asyncio.Queue()
        self._lost = False

    async def next(self, within_s: float) -> Said | None:
        """Return what is new next; ``None`` when nothing is within some seconds."""
        try:
            async with asyncio.timeout(within_s):
                return await self._waiting.get()
        except TimeoutError:
            return None

    def tell(self, said: Said) -> None:
        """Let the listener know, from whichever thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, said)

    def end(self) -> None:
        """Say that nothing more will be told."""
        self.tell(self._ended)

    def _put(self, said: Said) -> None:
        if self._lost:
            return
        if self._waiting.qsize() >= MOST_WAITING:
            self._lost = True
            said = self._ended
        self._waiting.put_nowait(said)
