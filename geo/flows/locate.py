"""Asking which grid a position belongs to, in whatever jurisdiction and at whatever time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.core import crs
from geo.core.locating import EDGE_TOLERANCE_M, MAX_ACCURACY_M
from geo.errors import DatumRefusedError, InvalidFieldError
from geo.messages import msg
from geo.settings import settings

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from geo.core.locating import Located
    from geo.flows.registry import Index, Registry
    from geo.messages import Message
    from geo.store.generations import Period, StoredGrid

OWNED = ("inside", "edge")


class Notice(NamedTuple):
    """Something the reader should know: a code for programs, a message for people."""

    code: str
    message: Message


class Position(NamedTuple):
    """Where something is.

    Parameters
    ----------
    lon, lat
        WGS 84 degrees.
    accuracy_m
        Radius of the circle it is in, in metres.
    given_lon, given_lat, datum
        As it was given.
    """

    lon: float
    lat: float
    accuracy_m: float | None
    given_lon: float
    given_lat: float
    datum: str


class Share(NamedTuple):
    """A grid that the position may be in, with its share of the accuracy circle (0 to 1)."""

    grid: StoredGrid
    share: float


class LocateAnswer(NamedTuple):
    """Which grid a position belongs to, and by which generation.

    Parameters
    ----------
    period
        The generation that answered; ``None`` where none was in force anywhere.
    method
        ``inside``, ``edge``, ``nearest`` or ``outside``.
    grid
        The owner; ``None`` when outside.
    nearest
        When outside, the nearest grid.
    distance_m
        To the owner or the nearest grid, in metres; ``None`` without a generation.
    candidates
        Grids in the accuracy circle, by share.
    confident
        Whether the owner is sure.
    notices
        What the reader should know.
    """

    period: Period | None
    method: str
    grid: StoredGrid | None
    nearest: StoredGrid | None
    distance_m: float | None
    candidates: tuple[Share, ...]
    confident: bool
    notices: tuple[Notice, ...] = ()


NO_GENERATION = Notice("no_generation", msg("No generation of grids was in force at that time."))


def read_position(
    lon: float, lat: float, datum: str = "wgs84", accuracy_m: float | None = None
) -> Position:
    """Return a position in WGS 84 from numbers in a declared datum.

    Raises
    ------
    UnknownDatumError
        When the datum is not known.
    DatumRefusedError
        When the settings refuse it.
    InvalidFieldError
        When the numbers are no position on earth, or the accuracy is no radius.

    Examples
    --------
    >>> read_position(114.279, 26.749, "cgcs2000")[:3]
    (114.279, 26.749, None)
    """
    known = crs.parse_datum(datum)
    if settings().refuse_offset_datums and crs.is_offset(known):
        raise DatumRefusedError(datum=known.name)
    there_lon, there_lat = crs.to_wgs84(lon, lat, known)
    if not abs(there_lon) <= 180:  # noqa: PLR2004 - degrees; NaN included
        raise InvalidFieldError(field="lon", reason=msg("This is not a longitude on earth."))
    if not abs(there_lat) <= 90:  # noqa: PLR2004 - degrees; NaN included
        raise InvalidFieldError(field="lat", reason=msg("This is not a latitude on earth."))
    if accuracy_m is not None and not 0 <= accuracy_m <= MAX_ACCURACY_M:
        raise InvalidFieldError(
            field="accuracy_m", reason=msg("This is not a radius between 0 and 100000 metres.")
        )
    return Position(there_lon, there_lat, accuracy_m, lon, lat, known.name)


def locate(registry: Registry, position: Position, at: datetime | None = None) -> LocateAnswer:
    """Return the grid of a position by the generations in force at a time, by default now.

    All jurisdictions are searched; where two of them hold the point, the smaller grid code does.

    Examples
    --------
    >>> from geo.flows.registry import Registry
    >>> locate(Registry(), read_position(114.279, 26.749)).method  # doctest: +SKIP
    'inside'
    """
    indexes = registry.current() if at is None else registry.at(at)
    answer = locate_in(indexes, position.lon, position.lat, position.accuracy_m)
    if answer.period is None:
        return answer._replace(notices=(NO_GENERATION,))
    if answer.method == "outside":
        notices = datum_notices(indexes, position)
        return answer._replace(notices=notices) if notices else answer
    return answer


def locate_in(
    indexes: tuple[Index, ...], lon: float, lat: float, accuracy_m: float | None = None
) -> LocateAnswer:
    """Return the grid of a WGS 84 position in the given generations.

    Examples
    --------
    >>> locate_in((), 114.279, 26.749).method
    'outside'
    """
    reach_m = max(accuracy_m or 0.0, settings().nearest_max_m)
    near = [index for index in indexes if index.near(lon, lat, reach_m)] or indexes
    if not near:
        return LocateAnswer(None, "outside", None, None, None, (), confident=False)
    if len(near) == 1:
        return _answer(near[0], near[0].locator.locate(lon, lat, accuracy_m))
    found = [(index, index.locator.locate(lon, lat, accuracy_m)) for index in near]
    return _merged(found, accuracy_m)


def datum_notices(indexes: tuple[Index, ...], position: Position) -> tuple[Notice, ...]:
    """Say when a position outside would lie inside in another datum; nothing is converted.

    Examples
    --------
    >>> datum_notices((), read_position(114.279, 26.749))
    ()
    """

    def inside(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
        owned = np.zeros(np.shape(lon), dtype=bool)
        for index in indexes:
            owned |= index.locator.assign(lon, lat).owner >= 0
        return owned

    lon, lat = np.array([position.given_lon]), np.array([position.given_lat])
    found = crs.datum_suspicion(lon, lat, inside, position.datum)
    if found is None:
        return ()
    values = {"likelier": found.likelier, "declared": found.declared}
    message = (
        msg(
            "The position lies outside, but would lie inside as %(likelier)s with longitude and"
            " latitude exchanged. Nothing was converted.",
            **values,
        )
        if found.swapped
        else msg(
            "The position lies outside, but would lie inside if it were in %(likelier)s instead"
            " of %(declared)s. Nothing was converted.",
            **values,
        )
    )
    return (Notice("datum_suspicion", message),)


def _answer(index: Index, located: Located) -> LocateAnswer:
    grids = index.grids
    return LocateAnswer(
        index.period,
        located.method,
        None if located.owner is None else grids[located.owner],
        None if located.owner is not None or located.nearest is None else grids[located.nearest],
        located.distance_m,
        tuple([Share(grids[one.row], one.share) for one in located.candidates]),
        located.confident,
    )


def _merged(found: list[tuple[Index, Located]], accuracy_m: float | None) -> LocateAnswer:
    """Choose between jurisdictions, and put the candidates of all together."""
    answers = sorted((_answer(index, located) for index, located in found), key=_precedence)
    best = answers[0]
    touching = sum((one.distance_m or 0.0) <= EDGE_TOLERANCE_M for one in answers)
    if best.method == "inside" and touching > 1:
        best = best._replace(method="edge")
    if accuracy_m is None:
        return best
    shares = [share for one in answers for share in one.candidates if share.share > 0]
    ranked = sorted(shares, key=lambda share: (-share.share, share.grid.code))
    return best._replace(candidates=tuple(ranked) or best.candidates)


def _precedence(answer: LocateAnswer) -> tuple[bool, float, str]:
    grid = answer.grid or answer.nearest
    distance_m = math.inf if answer.distance_m is None else answer.distance_m
    return (answer.method not in OWNED, distance_m, grid.code if grid else "")
