"""Work spread over the machine's cores: numpy and GEOS let go of the interpreter meanwhile."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

S = TypeVar("S")
T = TypeVar("T")


def blocks(count: int, size: int) -> list[slice]:
    """Cut a range into slices of a size, the last one smaller.

    Examples
    --------
    >>> blocks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    >>> blocks(0, 2)
    []
    """
    return [slice(begin, begin + size) for begin in range(0, count, size)]


def parts_of_sum(count: NDArray[np.integer[Any]], size: int) -> list[slice]:
    """Cut a range into slices over which the counts add up to about a size.

    Examples
    --------
    >>> parts_of_sum(np.array([3, 3, 9, 1]), 6)
    [slice(0, 2, None), slice(2, 4, None)]
    >>> parts_of_sum(np.array([], dtype=int), 6)
    []
    """
    if not len(count):
        return []
    ends = np.cumsum(count, dtype=np.int64)
    cuts = np.searchsorted(ends, np.arange(size, ends[-1] + size, size), side="right")
    cuts = np.unique(np.r_[0, np.maximum(cuts, 1), len(count)])
    return [slice(*pair) for pair in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)]


def spread_over_cores(work: Callable[[slice], T], parts: list[slice]) -> list[T]:
    """Do the work of all parts, and return the results in order.

    Examples
    --------
    >>> spread_over_cores(lambda part: part.stop, blocks(5, 2))
    [2, 4, 6]
    >>> spread_over_cores(lambda part: part.stop, [])
    []
    """
    if len(parts) < 2:  # noqa: PLR2004 - one part needs no second thread
        return [work(part) for part in parts]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, parts))


def together(first: Callable[[], T], second: Callable[[], S]) -> tuple[T, S]:
    """Do two things at the same time, and return both results.

    Examples
    --------
    >>> together(lambda: 1, lambda: "a")
    (1, 'a')
    """
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        return first(), waiting.result()


def ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield items while the next one is already being made.

    Examples
    --------
    >>> list(ahead(range(3))), list(ahead([]))
    ([0, 1, 2], [])
    """
    source, end = iter(items), object()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, source, end)
        while (item := waiting.result()) is not end:
            waiting = pool.submit(next, source, end)
            yield item  # type: ignore[misc]
