"""Coordinates of points in WKT, with or without the SRID that PostGIS puts before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.files.points import NO_POSITION
from geo.files.wkb_points import points_of
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SRID = re.compile(r"\s*SRID\s*=\s*([0-9]{1,9})\s*;(.*)", re.IGNORECASE | re.DOTALL)
_WGS84_SRIDS = (4326, 4490)
"""Those that count as WGS 84."""


def srid_of(texts: Iterable[str | None]) -> int | None:
    """Return the SRID of the first position; ``None`` when that names none.

    Examples
    --------
    >>> srid_of(["", None, "SRID=4547;POINT(527000 2960000)"]), srid_of([])
    (4547, None)
    """
    for text in texts:
        if text and text.strip():
            found = _SRID.fullmatch(text)
            return int(found[1]) or None if found else None
    return None


def wkt_points(
    texts: Sequence[str | None], srid: int | None, reasons: dict[int, Message]
) -> tuple[Floats, Floats]:
    """Return the coordinates of a column of WKT; NaN, and a reason, where there is no point.

    Parameters
    ----------
    texts
        WKT or EWKT.
    srid
        What the file's coordinates are in, as :func:`srid_of` has found; a position that says it is
        in something else is none.
    reasons
        Gets why a row has no position, by its number.

    Examples
    --------
    >>> x, y = wkt_points(["POINT(114.2 26.7)", "SRID=4547;POINT(1 2)"], None, reasons := {})
    >>> float(x[0]), float(x[1]), list(reasons)
    (114.2, nan, [1])
    >>> wkt_points([], None, {})[0].size
    0
    """
    import shapely  # noqa: PLC0415 - for files with WKT alone

    plain = np.empty(len(texts), dtype=object)
    for row, text in enumerate(texts):
        own, plain[row] = _split(text or "")
        if own and _plain_srid(own) != _plain_srid(srid or _WGS84_SRIDS[0]):
            plain[row], reasons[row] = "", _elsewhere(own, srid)
    shapes = shapely.from_wkt(plain, on_invalid="ignore")
    unread = np.flatnonzero(shapely.is_missing(shapes))
    x, y = points_of(shapes, told := dict[int, Message]())
    told.update((int(row), _why(plain[row])) for row in unread)
    for row, reason in told.items():
        reasons.setdefault(row, reason)
    return x, y


def _split(text: str) -> tuple[int, str]:
    """Return the SRID, 0 where none is named, and the WKT."""
    found = _SRID.fullmatch(text) if ";" in text else None
    return (int(found[1]), found[2].strip()) if found else (0, text.strip())


def _plain_srid(srid: int) -> int:
    return _WGS84_SRIDS[0] if srid in _WGS84_SRIDS else srid


def _elsewhere(own: int, srid: int | None) -> Message:
    return msg(
        "The position says that it is in EPSG:%(own)s; the file's first one is in EPSG:%(first)s.",
        own=own,
        first=srid or _WGS84_SRIDS[0],
    )


def _why(text: Any) -> Message:
    if not text:
        return NO_POSITION
    return msg("“%(text)s” is not a geometry in WKT.", text=text[:60])
