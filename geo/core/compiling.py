"""Compiling functions that run hot (编译): the one way in which it is done here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

_Function = TypeVar("_Function", bound="Callable[..., Any]")


def compiled(function: _Function, *, making_arrays: bool = False) -> _Function:
    """Compile a function to run beside others, and keep the result on disk where that can be.

    Parameters
    ----------
    function
        In the part of Python that numba compiles.
    making_arrays
        Whether it makes arrays. Only functions that do count references to them: counting at every
        call, to all that a problem and a state hold, would take two thirds of the time.
    """
    options: dict[str, Any] = {"nogil": True, "_nrt": making_arrays}
    try:
        made = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder can be written to: every process compiles for itself
        made = numba.njit(**options)(function)
    return cast("_Function", made)


making_arrays = partial(compiled, making_arrays=True)
