"""Arrow columns from numpy arrays, by their buffers.

``pyarrow.array`` would do, but looks whether it was given something of pandas and imports it for
that: half a second and 50 MB for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def floats(values: NDArray[np.float64]) -> pa.Array:
    """Return numbers, NaN as null.

    Examples
    --------
    >>> floats(np.array([1.5, np.nan])).to_pylist(), len(floats(np.array([])))
    ([1.5, None], 0)
    """
    return _filled(pa.float64(), values, ~np.isnan(values))


def _filled(kind: pa.DataType, values: NDArray[Any], held: NDArray[np.bool_]) -> pa.Array:
    validity = None if held.all() else pa.py_buffer(np.packbits(held, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(values)])


def texts(values: Sequence[str | None]) -> pa.Array:
    """Return texts, ``None`` as null.

    Examples
    --------
    >>> texts(["红格", None, ""]).to_pylist(), len(texts([]))
    (['红格', None, ''], 0)
    """
    encoded = [b"" if one is None else one.encode() for one in values]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int32)
    np.cumsum([len(one) for one in encoded], out=offsets[1:])
    held = np.array([one is not None for one in values], dtype=bool)
    validity = None if held.all() else pa.py_buffer(np.packbits(held, bitorder="little"))
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def identifiers(values: Sequence[Any], *, whole: bool) -> pa.Array:
    """Return identifiers as integers or as texts.

    Examples
    --------
    >>> identifiers([101, 102], whole=True).to_pylist(), identifiers(["a"], whole=False).to_pylist()
    ([101, 102], ['a'])
    """
    if not whole:
        return texts([str(one) for one in values])
    numbers = np.array(values, dtype=np.int64)
    return _filled(pa.int64(), numbers, np.ones(len(numbers), dtype=bool))


def chosen(values: pa.Array, rows: NDArray[np.int32]) -> pa.Array:
    """Return the values of rows, null for −1.

    Examples
    --------
    >>> chosen(texts(["a", "b"]), np.array([1, -1, 0], dtype=np.int32)).to_pylist()
    ['b', None, 'a']
    """
    return compute.take(values, _filled(pa.int32(), rows, rows >= 0), boundscheck=False)
