"""Compiling functions that run hot (编译): the one way in which it is done here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

_Function = TypeVar("_Function", bound="Callable[..., Any]")


def compiled(function: _Function) -> _Function:
    """Compile a function to run beside others, and keep the result on disk where that can be."""
    try:
        made = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder can be written to: every process compiles for itself
        made = numba.njit(nogil=True)(function)
    return cast("_Function", made)
