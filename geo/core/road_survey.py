"""What a walking network is made of (步行网络体检): its size, and which of it hangs together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.core.walk_index import components
from geo.core.walking import drawn_network, feet, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.core.walking import WalkingNetwork

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RoadComponent:
    """Roads that hang together (连通分量).

    Parameters
    ----------
    nodes, pieces
        How many there are.
    length_m
        Of all pieces.
    x, y
        A node of it near its middle, metres.
    name
        Of a road there; empty where none has one.
    """

    nodes: int
    pieces: int
    length_m: float
    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class RoadSurvey:
    """A walking network as a whole.

    Parameters
    ----------
    network
        Of :func:`geo.core.walking.walking_network`.
    label
        The row of each piece's component (m,).
    components
        The largest first: by nodes, then by length.
    loose_ends_joined
        Ends of roads that stopped just short of another one.
    """

    network: WalkingNetwork
    label: Ints
    components: tuple[RoadComponent, ...]
    loose_ends_joined: int

    @property
    def nodes(self) -> int:
        """How many nodes have a road."""
        return sum(one.nodes for one in self.components)

    @property
    def length_m(self) -> float:
        """How long all pieces are."""
        return float(self.network.length_m.sum())

    @property
    def largest_share(self) -> float:
        """Of the nodes, those in the largest component, 0 to 1; 0 without any."""
        return self.components[0].nodes / self.nodes if self.components else 0.0


def survey(lines: NDArray[np.object_], names: Sequence[str]) -> RoadSurvey:
    """Make a network of roads and say what it is made of.

    Parameters
    ----------
    lines
        Walkable roads, linestrings or multilinestrings in metres.
    names
        One for each line.

    Examples
    --------
    >>> two = shapely.from_wkt(["LINESTRING (0 0, 9 0, 9 9)", "LINESTRING (50 0, 60 0)"])
    >>> found = survey(two, ["会师路", "下井路"])
    >>> [(one.nodes, one.length_m, one.name) for one in found.components], found.largest_share
    ([(3, 18.0, '会师路'), (2, 10.0, '下井路')], 0.6)
    >>> survey(two[:0], []).components, survey(two[:0], []).largest_share
    ((), 0.0)
    """
    drawn = drawn_network(lines)
    network = joined(drawn)
    found = components(network)
    nodes = np.bincount(found.label[found.label >= 0], minlength=found.number)
    of_piece = found.label[network.ends[:, 0]]
    length_m = np.bincount(of_piece, weights=network.length_m, minlength=found.number)
    order = np.lexsort((-length_m, -nodes))
    rank = np.empty(found.number, dtype=np.int64)
    rank[order] = np.arange(found.number)
    pieces = np.bincount(of_piece, minlength=found.number)
    middles = _middles(network, found.label, found.number)
    called = _names_near(lines, names, middles)
    listed = tuple(
        RoadComponent(
            nodes=int(nodes[at]),
            pieces=int(pieces[at]),
            length_m=float(length_m[at]),
            x=float(middles[at, 0]),
            y=float(middles[at, 1]),
            name=called[at],
        )
        for at in order
    )
    return RoadSurvey(network, rank[of_piece], listed, len(network.ends) - len(drawn.ends))


def components_at(found: RoadSurvey, xy: Floats) -> Ints:
    """Return the rows of the components on whose roads places are, as walks begin and end there.

    Parameters
    ----------
    found
        Of :func:`survey`.
    xy
        Places, metres (n, 2).

    Returns
    -------
    array of int
        Row of the component of the nearest road (n,); -1 where none is in reach.

    Examples
    --------
    >>> two = shapely.from_wkt(["LINESTRING (0 0, 9 0, 9 9)", "LINESTRING (50 0, 60 0)"])
    >>> places = np.array([[8.0, 1.0], [55.0, 1.0], [9000.0, 0.0]])
    >>> components_at(survey(two, ["", ""]), places).tolist()
    [0, 1, -1]
    >>> components_at(survey(two[:0], []), places).tolist()
    [-1, -1, -1]
    """
    piece = feet(found.network, xy).piece
    return np.where(piece >= 0, np.append(found.label, -1)[piece], -1)


def _middles(network: WalkingNetwork, label: Ints, number: int) -> Floats:
    """Return of each component the node that is nearest to the mean of its nodes."""
    used = np.flatnonzero(label >= 0)
    xy, of = network.xy[used], label[used]
    count = np.maximum(np.bincount(of, minlength=number), 1)
    mean = np.column_stack(
        [np.bincount(of, weights=xy[:, axis], minlength=number) / count for axis in (0, 1)]
    )
    away = np.hypot(*(xy - mean[of]).T)
    order = np.lexsort((away, of))
    first = np.searchsorted(of[order], np.arange(number))
    return xy[order[first]] if number else np.empty((0, 2))


def _names_near(lines: NDArray[np.object_], names: Sequence[str], xy: Floats) -> list[str]:
    """Return the name of the road on each position; empty where the road has none."""
    if len(xy) == 0:
        return []
    tree = shapely.STRtree(lines)
    row, line = tree.query(shapely.points(xy), predicate="dwithin", distance=0.1)
    found = [""] * len(xy)
    for at, one in zip(row, line, strict=True):
        found[at] = found[at] or names[one]
    return found


__all__ = ["RoadComponent", "RoadSurvey", "components_at", "survey"]
