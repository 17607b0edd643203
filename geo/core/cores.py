"""Work spread over the machine's cores: numpy and GEOS let go of the interpreter meanwhile."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

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
