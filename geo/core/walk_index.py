"""Stations near a position on foot, from memory (就近驿站): microseconds a question.

The network is contracted to junctions once. For every junction and every station the distance is
kept (float32: half a millimetre at 10 km), with the door by which one leaves for it. A question
snaps a position to its road, looks at the junctions at both ends of that chain, and compares the
stations that come into question: whichever are open, or have what is wanted. All distances are
those of :func:`geo.core.walking.nearest_on_foot`.

All lengths are metres in a metric zone.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geo.core.walk_chains import Chains, chains_of
from geo.core.walk_search import (
    FOUND,
    NO_WAY,
    STATION,
    draw,
    rank,
    settle,
    spread,
)
from geo.core.walk_snapping import PieceGrid, piece_grid
from geo.core.walking import LEG_MAX_M, parts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.walking import WalkingNetwork

    Floats = NDArray[np.float64]

USUAL_POINTS = 1024
FEW_DOORS = 256


class Components(NamedTuple):
    """The pieces of a network that hang together (连通分量).

    Parameters
    ----------
    number
        How many there are.
    label
        Of each node; -1 for nodes without a road.
    largest_share
        Of the nodes, those in the largest one, 0 to 1; 0 without any.
    """

    number: int
    label: NDArray[np.int64]
    largest_share: float


class Walk(NamedTuple):
    """A station seen from a position.

    Parameters
    ----------
    walk_m
        Metres on foot; infinite where no way leads.
    straight_m
        Metres as the crow flies.
    station
        Its row.
    way
        How it is reached.
    """

    walk_m: float
    straight_m: float
    station: int
    way: int

    @property
    def reachable(self) -> bool:
        """Whether a way leads there."""
        return self.way != NO_WAY


class Foot(NamedTuple):
    """Where a position meets the network.

    Parameters
    ----------
    piece
        The nearest piece; -1 where every road is too far away.
    along_m
        How far along it.
    leg_m
        How far away the position is; infinite where every road is too far away.
    """

    piece: int
    along_m: float
    leg_m: float

    @property
    def on_network(self) -> bool:
        """Whether there is a road in reach."""
        return self.piece >= 0


class Nearest(NamedTuple):
    """The stations near a position: reachable ones by their walk, then the others by distance.

    Parameters
    ----------
    foot
        Where it meets the nearest road.
    walks
        To the stations.
    table
        The same again, for :meth:`WalkIndex.routes`.
    aside
        Where it meets a larger part of the network instead, for those that no way leads to from
        the nearest road; see :data:`geo.core.walking.ASIDE_MAX_M`.
    """

    foot: Foot
    walks: tuple[Walk, ...]
    table: NDArray[Any]
    aside: Foot


def components(network: WalkingNetwork) -> Components:
    """Return what of a network hangs together.

    Examples
    --------
    >>> import shapely
    >>> from geo.core.walking import walking_network
    >>> two = ["LINESTRING (0 0, 9 0, 9 9)", "LINESTRING (50 0, 60 0)"]
    >>> found = components(walking_network(shapely.from_wkt(two)))
    >>> found.number, found.label.tolist(), found.largest_share
    (2, [0, 0, 0, 1, 1], 0.6)
    >>> components(walking_network(np.array([], dtype=object))).number
    0
    """
    label = parts_of(network)
    sizes = np.bincount(label[label >= 0])
    share = float(sizes.max() / sizes.sum()) if len(sizes) else 0.0
    return Components(len(sizes), label, share)


@dataclass(frozen=True, slots=True, eq=False)
class WalkIndex:
    """A walking network and its stations, ready for questions.

    Parameters
    ----------
    network
        Of :func:`geo.core.walking.walking_network`.
    chains
        The same by its junctions.
    cells
        Finds pieces by position.
    station
        Table of :data:`geo.core.walk_search.STATION`.
    reach_m
        From every junction to every station (j, s); infinite where no way leads.
    leaving
        By which door (j, s).
    components
        What hangs together.
    """

    network: WalkingNetwork
    chains: Chains
    cells: PieceGrid
    station: NDArray[Any]
    reach_m: NDArray[np.float32]
    leaving: NDArray[Any]
    components: Components

    @classmethod
    def build(cls, network: WalkingNetwork, stations: Floats) -> WalkIndex:
        """Make a network ready.

        Parameters
        ----------
        network
            Of :func:`geo.core.walking.walking_network`.
        stations
            Metres (s, 2).

        Examples
        --------
        >>> import shapely
        >>> from geo.core.walking import walking_network
        >>> road = walking_network(shapely.from_wkt(["LINESTRING (0 0, 100 0)"]))
        >>> index = WalkIndex.build(road, np.array([[90.0, -1.0], [9000.0, 0.0]]))
        >>> [walk.walk_m for walk in index.nearest(10.0, 2.0).walks]
        [83.0, inf]
        >>> WalkIndex.build(road, np.empty((0, 2))).nearest(10.0, 2.0).walks
        ()
        """
        chains = chains_of(network)
        bare = cls(
            network,
            chains,
            piece_grid(chains.piece, LEG_MAX_M),
            np.zeros(0, dtype=STATION),
            np.zeros((chains.junctions, 0), dtype=np.float32),
            np.zeros((chains.junctions, 0), dtype=_door_number(chains)),
            components(network),
        )
        return bare.with_stations(stations)

    def with_stations(self, stations: Floats) -> WalkIndex:
        """Return the index with other stations; those that stay where they were are kept.

        Parameters
        ----------
        stations
            Metres (s, 2).
        """
        xy = np.asarray(stations, dtype=np.float64).reshape(-1, 2)
        station = np.zeros(len(xy), dtype=STATION)
        station["x"], station["y"] = xy.T
        settle(self.cells, (self.chains.piece, self.chains.chain), station)
        known = {place: row for row, place in enumerate(self._places(self.station))}
        before = np.array([known.get(one, -1) for one in self._places(station)], dtype=np.int64)
        reach_m, leaving = self._kept(before)
        ways = (self.chains.chain, self.chains.door, self.chains.door_first)
        for row in np.flatnonzero((before < 0) & (station["chain"] >= 0)).tolist():
            spread(ways, station, row, reach_m, leaving)
        return replace(self, station=station, reach_m=reach_m, leaving=leaving)

    @staticmethod
    def _places(station: NDArray[Any]) -> list[tuple[float, float]]:
        return list(zip(station["x"].tolist(), station["y"].tolist(), strict=True))

    def _kept(self, before: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[Any]]:
        """Return the tables for other stations, filled in where their row before is known."""
        shape = (self.chains.junctions, len(before))
        if not len(self.station):
            return np.full(shape, np.inf, np.float32), np.zeros(shape, self.leaving.dtype)
        reach_m, leaving = self.reach_m.take(before, axis=1), self.leaving.take(before, axis=1)
        reach_m[:, before < 0], leaving[:, before < 0] = np.inf, 0
        return reach_m, leaving

    @property
    def on_network(self) -> NDArray[np.bool_]:
        """Which stations have a road in reach (s,)."""
        return np.asarray(self.station["piece"] >= 0)

    @property
    def nbytes(self) -> int:
        """How much memory the tables take, in bytes."""
        chains = sum(one.nbytes for one in self.chains)
        cells = sum(one.nbytes for one in self.cells)
        return int(chains + cells + self.reach_m.nbytes + self.leaving.nbytes)

    def nearest(
        self, x: float, y: float, eligible: NDArray[np.bool_] | None = None, limit: int = 5
    ) -> Nearest:
        """Return the stations nearest to a position on foot.

        Parameters
        ----------
        x, y
            Metres.
        eligible
            Which stations come into question (s,); by default all.
        limit
            How many at most.
        """
        wanted = np.ones(len(self.station), dtype=np.bool_) if eligible is None else eligible
        found = np.empty(min(limit, len(self.station)), dtype=FOUND)
        tables = (self.chains.piece, self.chains.chain, self.station, self.reach_m)
        count, at, aside = rank(self.cells, tables, (x, y), wanted, found)
        found = found[:count]
        walks = tuple([Walk(*one) for one in found.tolist()])
        return Nearest(Foot(*at), walks, found, Foot(*aside))

    def routes(
        self,
        place: tuple[float, float],
        found: Nearest,
        coordinates: tuple[Floats, Floats],
        parts: float = 0.0,
    ) -> tuple[Floats | None, ...]:
        """Return the ways to stations as lines, in the order of their walks.

        Parameters
        ----------
        place
            The position, as the lines are to begin.
        found
            What :meth:`nearest` said of it.
        coordinates
            Of the network's nodes (n, 2) and of the stations (s, 2), in the system that the lines
            are wanted in.
        parts
            To how many parts of a unit points between nodes are rounded; by default they aren't.

        Returns
        -------
        tuple of ndarray
            (k, 2) each, from the position to the station, at least two points; ``None`` where no
            way leads.
        """
        chains, walks = self.chains, found.table
        tables = (
            *(chains.piece, chains.chain, chains.stop, chains.door, chains.door_first),
            *(self.leaving, self.station, *coordinates),
        )
        first = np.empty(len(walks) + 1, dtype=np.int64)
        line = np.empty((USUAL_POINTS, 2))
        foot = (found.foot[:2], found.aside[:2], parts)
        count = draw(tables, walks, foot, place, (line, first))
        if count > len(line):
            line = np.empty((count, 2))
            draw(tables, walks, foot, place, (line, first))
        cuts = first.tolist()
        return tuple(
            [line[begin:end] if end > begin else None for begin, end in itertools.pairwise(cuts)]
        )


def _door_number(chains: Chains) -> type[np.unsignedinteger[Any]]:
    most = int(np.diff(chains.door_first).max(initial=0))
    return np.uint8 if most <= FEW_DOORS else np.uint16
