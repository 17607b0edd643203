"""Which column identifies the rows of a file, and what its values are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geo.files.refusals import ColumnNeededError, NoSuchColumnError
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    Objects = NDArray[np.object_]

CODE_NAMES = (
    "code",
    "grid_code",
    "gridcode",
    "网格编码",
    "网格编号",
    "网格代码",
    "编码",
    "编号",
    "代码",
    "id",
    "grid_id",
    "gridid",
    "uid",
)
"""Usual names of columns that identify, the more telling ones first; case doesn't matter."""

NAME_NAMES = ("name", "网格名称", "名称")
"""Columns of names, which identify where nothing else does and all names differ."""


def choose_column(
    file: str,
    columns: Mapping[str, Objects],
    wanted: str | None,
    *,
    last_resort: str | None = None,
    may_fail: bool = False,
) -> str | None:
    """Return the column that identifies the rows.

    The one wanted; else one of a usual name; else the only column of texts or whole numbers that
    are all there and all different; else a column of names, if these all differ.

    Parameters
    ----------
    file
        The file's name, for the message.
    columns
        Name of each column and its values.
    wanted
        The column somebody asked for.
    last_resort
        A column that counts only when none of the others will do.
    may_fail
        Return ``None`` instead of raising when no column is clearly the one.

    Raises
    ------
    NoSuchColumnError
        When the one asked for isn't there.
    ColumnNeededError
        When no column is clearly the one.

    Examples
    --------
    >>> choose_column("f", {"Code": np.array(["a"], object), "n": np.array([1], object)}, None)
    'Code'
    >>> choose_column("f", {}, None, may_fail=True) is None
    True
    """
    names = ", ".join(columns) or msg("none")
    if wanted is not None:
        if wanted not in columns:
            raise NoSuchColumnError(file=file, column=wanted, columns=names)
        return wanted
    found = _propose({name: one for name, one in columns.items() if name != last_resort})
    chosen = found or last_resort
    if chosen is None and not may_fail:
        raise ColumnNeededError(file=file, columns=names)
    return chosen


def _propose(columns: Mapping[str, Objects]) -> str | None:
    by_lower = {
        name.lower(): name for name, one in reversed(list(columns.items())) if _has_value(one)
    }
    usual = [by_lower[name] for name in CODE_NAMES if name in by_lower]
    telling = [name for name, one in columns.items() if _identifies(one)]
    named = [by_lower[name] for name in NAME_NAMES if by_lower.get(name) in telling]
    if usual:
        return usual[0]
    return telling[0] if len(telling) == 1 else next(iter(named), None)


def _has_value(values: Objects) -> bool:
    return any(one is not None for one in clean_identifiers(values))


def _identifies(values: Objects) -> bool:
    """Tell whether values are texts or whole numbers, all there and all different."""
    if any(isinstance(one, (float, list, dict, bool)) for one in values):
        return False
    cleaned = clean_identifiers(values)
    return None not in cleaned and len(set(cleaned)) == len(cleaned) > 0


def clean_identifiers(values: Objects) -> Objects:
    """Return identifiers as whole numbers if all are, else as texts; ``None`` where missing.

    Examples
    --------
    >>> clean_identifiers(np.array([3.0, float("nan"), 12], dtype=object)).tolist()
    [3, None, 12]
    >>> clean_identifiers(np.array(["007", 7, " "], dtype=object)).tolist()
    ['007', '7', None]
    >>> clean_identifiers(np.array([], dtype=object)).tolist()
    []
    """
    plain = [one.item() if isinstance(one, np.generic) else one for one in values]
    whole = [_as_whole(one) for one in plain]
    if all(isinstance(one, int) or one is None for one in whole):
        plain = whole
    else:
        plain = [None if one is None else str(one) for one in whole]
    cleaned = np.empty(len(plain), dtype=object)
    cleaned[:] = plain
    return cleaned


def _as_whole(value: Any) -> Any:
    """Return a number without fraction as an integer, and what means missing as ``None``."""
    if isinstance(value, float):
        if np.isnan(value):
            return None
        return int(value) if value.is_integer() else value
    if isinstance(value, str):
        return value.strip() or None
    return value


def repeated(ids: Objects) -> Iterator[tuple[int, int]]:
    """Yield (row, first row) for every identifier that an earlier row already has.

    Examples
    --------
    >>> list(repeated(np.array(["a", "b", "a", None, None], dtype=object)))
    [(2, 0)]
    """
    first: dict[Any, int] = {}
    for row, one in enumerate(ids):
        if one is not None and first.setdefault(one, row) != row:
            yield row, first[one]
