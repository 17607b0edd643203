"""What a hot spot map tells, and how to say it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from geo.messages import Message, msg
from maps.sheet_facts import called

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from geo.core.hotspot_map import HotspotMap

    Ints = NDArray[np.int64]
    Say = Callable[[Message], str]


@dataclass(frozen=True)
class Said:
    """What is told, and how to say it."""

    told: HotspotMap
    say: Say

    @cached_property
    def names(self) -> list[str]:
        """What areas are called: grids by name, cells by key (n,)."""
        areas = self.told.areas
        if not areas.names:
            return list(areas.keys)
        return [called(name, self.say) for name in areas.names]

    @cached_property
    def counted(self) -> list[str]:
        """How many issues each area has, in words (n,)."""
        return self.issues(self.told.counts)

    def issues(self, counts: Ints) -> list[str]:
        """Say numbers of issues."""
        known = {one: self.say(msg("%(count)s issues", count=one)) for one in set(counts.tolist())}
        return [known[one] for one in counts.tolist()]

    @property
    def by_rate(self) -> bool:
        """Whether figures are rates."""
        return self.told.asked.value == "per_100_households"


def named(said: Said, titles: Sequence[str]) -> list[str]:
    """Put the names of grids before what is told; cells have none that tells people anything."""
    if not said.told.areas.names:
        return list(titles)
    return [f"{name}: {title}" for name, title in zip(said.names, titles, strict=True)]


__all__ = ["Said", "named"]
