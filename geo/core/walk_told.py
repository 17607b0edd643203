"""The stations near a position with the ways to them as text, in one compiled call (一次编译调用).

What a call into compiled code is given costs more than finding a station: every array is looked at
on its way in. So the tables of a network are handed over once, as the addresses they have, and a
question brings two numbers. Ways are written as the coordinates of GeoJSON (RFC 7946), without
making a number of Python of each. Anything out of the ordinary is left to
:meth:`geo.core.walk_index.WalkIndex.nearest`.
"""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numba
import numpy as np
from numba.extending import intrinsic

from geo.core.compiling import compiled, making_arrays
from geo.core.metric_zones import ZONE, metres_in
from geo.core.walk_chains import CHAIN, DOOR, PIECE, STOP
from geo.core.walk_search import FOUND, NO_WAY, STATION, draw, rank
from geo.core.walk_snapping import FRAME, PieceGrid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.walk_index import WalkIndex

    Floats = NDArray[np.float64]

MOST_STATIONS = 50
MOST_POINTS = 4096
POINT_BYTES = 32
"""More than a pair of degrees takes: ``[-179.123456,-89.123456],``."""

DECIMALS = 6
"""Of degrees, in ways: a decimetre."""

PARTS = 10**DECIMALS
COMMA, MINUS, DOT, ZERO, OPENS, CLOSES = b",-.0[]"


class ToldWalk(NamedTuple):
    """A station that a way leads to.

    Parameters
    ----------
    station
        Its row.
    walk_m, straight_m
        Metres on foot, and as the crow flies.
    way
        The coordinates of the way as JSON, from the position to the station.
    """

    station: int
    walk_m: float
    straight_m: float
    way: bytes


def _pointed(_typing: Any, address: Any) -> Any:
    def write(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.inttoptr(given[0], context.get_value_type(numba.types.voidptr))

    return numba.types.voidptr(address), write


carray = cast("Any", numba).carray
pointer: Any = intrinsic(_pointed)


def _addresses(*tables: NDArray[Any]) -> NDArray[np.int64]:
    return np.array([(one.ctypes.data, len(one)) for one in tables], dtype=np.int64)


class _Room(local):
    """Where answers are written; every thread has its own."""

    def __init__(self) -> None:
        self.numbers = np.empty((MOST_STATIONS, 4))
        self.found = np.empty(MOST_STATIONS, dtype=FOUND)
        self.line = np.empty((MOST_POINTS, 2))
        self.first = np.empty(MOST_STATIONS + 1, dtype=np.int64)
        text = np.empty(MOST_POINTS * POINT_BYTES, dtype=np.uint8)
        self.text = text.data
        self.at = _addresses(self.numbers, self.found, self.line, self.first, text)


ROOM = _Room()


class WalkTeller:
    """Tells the stations near a position, and the ways to them.

    Parameters
    ----------
    index
        The network and its stations.
    zone
        Of :func:`geo.core.metric_zones.zone_of`, in which the index is.
    coordinates
        Longitudes and latitudes of the network's nodes (n, 2) and of the stations (s, 2), degrees
        of :data:`DECIMALS` decimals.

    Examples
    --------
    >>> import shapely
    >>> from geo.core.metric_zones import zone_of
    >>> from geo.core.walk_index import WalkIndex
    >>> from geo.core.walking import walking_network
    >>> zone = zone_of(4547)
    >>> ends = np.array([[114.0, 26.0], [114.001, 26.0]])
    >>> xy = np.array([metres_in(zone, *end) for end in ends.tolist()])
    >>> index = WalkIndex.build(walking_network([shapely.LineString(xy)]), xy[1:])
    >>> (one,) = WalkTeller(index, zone, (ends, ends[1:])).tell(114.0005, 26.0, np.ones(1, bool), 3)
    >>> round(one.walk_m), one.way[-31:]
    (50, b',[114.001,26.0],[114.001,26.0]]')
    >>> WalkTeller(index, zone, (ends, ends[1:])).tell(10.0, 26.0, np.ones(1, bool), 3) is None
    True
    """

    def __init__(
        self, index: WalkIndex, zone: NDArray[Any], coordinates: tuple[Floats, Floats]
    ) -> None:
        chains, cells = index.chains, index.cells
        self._tables = tuple(
            np.ascontiguousarray(one)
            for one in (
                *(zone, cells.frame, cells.first, cells.listed, chains.piece, chains.chain),
                *(chains.stop, chains.door, chains.door_first, index.station, index.reach_m),
                *(index.leaving, *coordinates),
            )
        )
        self._at = _addresses(*self._tables)
        self._wide = index.leaving.dtype == np.uint16
        self._stations = len(index.station)

    def tell(
        self, lon: float, lat: float, eligible: NDArray[np.bool_], limit: int
    ) -> list[ToldWalk] | None:
        """Return the stations nearest to a position on foot; ``None``: ask the index.

        Parameters
        ----------
        lon, lat
            WGS 84 degrees.
        eligible
            Which stations come into question (s,).
        limit
            How many at most.

        Returns
        -------
        list of ToldWalk or None
            ``None`` where the position is far from every road, no way leads to one of the stations,
            or the ways are longer than there is room for.
        """
        room = ROOM
        most = min(limit, self._stations)
        if most > MOST_STATIONS:
            return None
        place = (lon, lat, round(lon, DECIMALS), round(lat, DECIMALS))
        count = tell(self._at, room.at, place, eligible, (most, self._wide))
        if count < 0:
            return None
        told, begin = [], 0
        for walk_m, straight_m, station, end in room.numbers[:count].tolist():
            way = room.text[begin : int(end)].tobytes()
            told.append(ToldWalk(int(station), walk_m, straight_m, way))
            begin = int(end)
        return told


@making_arrays
def tell(at: Any, room: Any, place: Any, wanted: Any, form: Any) -> int:
    """Find stations and write down the ways; return how many there are, or -1.

    Parameters
    ----------
    at, room
        Addresses and lengths of the tables, and of what is filled.
    place
        Longitude and latitude, and once more, as ways are to begin.
    wanted
        Which stations come into question (s,).
    form
        How many stations at most, and whether doors are told in two bytes each.
    """
    most, wide = form
    zone = carray(pointer(at[0, 0]), at[0, 1], ZONE)
    frame = carray(pointer(at[1, 0]), at[1, 1], FRAME)
    begins = carray(pointer(at[2, 0]), at[2, 1], np.int32)
    listed = carray(pointer(at[3, 0]), at[3, 1], np.int32)
    piece = carray(pointer(at[4, 0]), at[4, 1], PIECE)
    chain = carray(pointer(at[5, 0]), at[5, 1], CHAIN)
    station = carray(pointer(at[9, 0]), at[9, 1], STATION)
    reach_m = carray(pointer(at[10, 0]), (at[10, 1], at[9, 1]), np.float32)
    found = carray(pointer(room[1, 0]), most, FOUND)
    here = metres_in(zone, place[0], place[1])
    tables = (piece, chain, station, reach_m)
    count, foot, aside = rank(PieceGrid(frame, begins, listed), tables, here, wanted, found)
    if foot[0] < 0:
        return -1
    for row in range(count):
        if found[row].way == NO_WAY:
            return -1
    feet = ((foot[0], foot[1]), (aside[0], aside[1]), float(PARTS))
    if drawn(at, room, (place[2], place[3]), (found[:count], feet), wide):
        return count
    return -1


@making_arrays
def drawn(at: Any, room: Any, place: Any, ways: Any, wide: bool) -> bool:
    """Write down ways, and tell whether there was room; parameters as of :func:`tell`."""
    found, feet = ways
    size = (at[10, 1], at[9, 1])
    piece = carray(pointer(at[4, 0]), at[4, 1], PIECE)
    chain = carray(pointer(at[5, 0]), at[5, 1], CHAIN)
    stop = carray(pointer(at[6, 0]), at[6, 1], STOP)
    door = carray(pointer(at[7, 0]), at[7, 1], DOOR)
    begins = carray(pointer(at[8, 0]), at[8, 1], np.int32)
    station = carray(pointer(at[9, 0]), at[9, 1], STATION)
    nodes = carray(pointer(at[12, 0]), (at[12, 1], 2), np.float64)
    ends = carray(pointer(at[13, 0]), (at[13, 1], 2), np.float64)
    line = carray(pointer(room[2, 0]), (room[2, 1], 2), np.float64)
    first = carray(pointer(room[3, 0]), room[3, 1], np.int64)
    made = (line, first)
    if wide:
        far = carray(pointer(at[11, 0]), size, np.uint16)
        tables = (piece, chain, stop, door, begins, far, station, nodes, ends)
        points = draw(tables, found, feet, place, made)
    else:
        near = carray(pointer(at[11, 0]), size, np.uint8)
        others = (piece, chain, stop, door, begins, near, station, nodes, ends)
        points = draw(others, found, feet, place, made)
    if points > len(line):
        return False
    write(room, found, first, line)
    return True


@making_arrays
def write(room: Any, found: Any, first: Any, line: Any) -> None:
    """Write down what has been found, and the ways as text."""
    numbers = carray(pointer(room[0, 0]), (room[0, 1], 4), np.float64)
    text = carray(pointer(room[4, 0]), room[4, 1], np.uint8)
    used = 0
    for row in range(len(found)):
        one = found[row]
        used = write_line(text, used, line[first[row] : first[row + 1]])
        numbers[row, 0], numbers[row, 1] = one.walk_m, one.straight_m
        numbers[row, 2], numbers[row, 3] = one.station, used


@compiled
def write_line(text: Any, used: int, line: Any) -> int:
    """Write points as a list of pairs, and return how many bytes are used."""
    text[used] = OPENS
    used += 1
    for row in range(len(line)):
        text[used] = OPENS
        used = write_degrees(text, used + 1, line[row, 0])
        text[used] = COMMA
        used = write_degrees(text, used + 1, line[row, 1])
        text[used], text[used + 1] = CLOSES, COMMA
        used += 2
    text[used - 1] = CLOSES
    return used


@compiled
def write_degrees(text: Any, used: int, value: float) -> int:
    """Write a number of :data:`DECIMALS` decimals, without zeros at its end."""
    parts = int(abs(value) * PARTS + 0.5)
    if value < 0:
        text[used] = MINUS
        used += 1
    whole, rest = parts // PARTS, parts % PARTS
    size = 1 + (whole > 9) + (whole > 99)  # noqa: PLR2004 - digits
    for place in range(size - 1, -1, -1):
        text[used + place] = ZERO + whole % 10
        whole //= 10
    used += size
    text[used] = DOT
    used += 1
    scale = PARTS // 10
    while True:
        text[used] = ZERO + rest // scale
        used += 1
        rest, scale = rest % scale, scale // 10
        if rest == 0:
            return used


__all__ = ["DECIMALS", "ToldWalk", "WalkTeller"]
