"""Hot and cold spots of what was released, and of nothing else.

Whoever has the table can compute the same: so the classes give away nothing that it doesn't. A
count that is withheld counts as the middle of what a small one may be, (least - 1) / 2. Most
withheld ones are small, and left out they would take the cool ground away that a hot spot stands
out from; where one is large, in a place where few live, its surroundings look cooler than they are.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array

from geo.core.hotspots import NOT_ENOUGH, local_g

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.hotspots import LocalG
    from geo.core.releases import Release

TOUCHING_DEG = 2e-6
"""Places closer than about 20 cm have a border in common."""


@lru_cache(maxsize=16)
def released_spots(release: Release) -> LocalG:
    """Return Gi* of a release's told counts, with classes at false discovery rates.

    The neighbourhood of a place is itself and the places that have a border with it. Of a place
    whose count is withheld nothing is said: its class is :data:`geo.core.hotspots.NOT_ENOUGH`. A
    release never changes, so what is found of it is kept.

    Parameters
    ----------
    release
        What was told.
    """
    near = _touching(release.shapes)
    told = release.told
    values = np.where(told, release.counts, (release.least - 1) / 2)
    total = int(release.counts[told].sum())
    found = local_g(values, lambda given: given @ near, np.ones(len(values)), total=total)
    return replace(found, classes=np.where(told, found.classes, NOT_ENOUGH))


def _touching(shapes: NDArray[np.object_]) -> coo_array:
    """Return which places are each other's neighbours, themselves included (n, n)."""
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="dwithin", distance=TOUCHING_DEG)
    size = len(shapes)
    return coo_array((np.ones(len(first)), (first, second)), shape=(size, size)).tocsr()


__all__ = ["released_spots"]
