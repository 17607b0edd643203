"""Answers that a process keeps at hand, the least used forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Kept = TypeVar("Kept")


class Shelf(Generic[Kept]):
    """A bounded store of what is slow to make; safe to share between threads.

    Parameters
    ----------
    room
        How many things it holds.

    Examples
    --------
    >>> shelf = Shelf[str](1)
    >>> shelf.take("a", lambda: "made"), shelf.take("a", lambda: "made again")
    ('made', 'made')
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = Lock()

    def take(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what is kept under a key, made first where nothing is.

        Two threads may make the same thing at once; no thread waits for another.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
        return made
