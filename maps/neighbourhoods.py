"""Which communities a map shows together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from geo.core.ground import Ground

NEIGHBOURING_M = 1500.0


def neighbourhoods(ground: Ground) -> list[tuple[str, ...]]:
    """Return the codes of communities that lie together, those of the largest part first.

    A jurisdiction can lie scattered: a map of all of it would show next to nothing.
    """
    areas = np.array([one.area for one in ground.communities], dtype=object)
    if len(areas) == 0:
        return []
    pairs = shapely.STRtree(areas).query(areas, predicate="dwithin", distance=NEIGHBOURING_M)
    links = coo_array((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=(len(areas),) * 2)
    count, part = connected_components(links, directed=False)
    codes = np.array([one.code for one in ground.communities], dtype=object)
    found = [tuple(codes[part == one]) for one in range(count)]
    return sorted(found, key=lambda one: (-len(one), one))


__all__ = ["neighbourhoods"]
