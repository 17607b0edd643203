"""Making maps ready in the background, so that the first one is as fast as all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.core.classes import warm_classes
from geo.flows.background import Recurring
from geo.flows.coverage_maps import warm_coverage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geo.flows.registry import Registry

FIRST_S = 0.5
EVERY_S = 60.0


class MapWarmth(Recurring):
    """Imports what takes seconds, and counts the generations in force again when data changed.

    Parameters
    ----------
    registry
        The generations of this process.
    url
        The owner's address of the database; by default the settings'.
    imports
        What imports that which maps are drawn with, before anything else.
    """

    def __init__(
        self,
        registry: Registry,
        url: str | None = None,
        imports: Sequence[Callable[[], None]] = (),
    ) -> None:
        fault = "maps could not be made ready"
        super().__init__("map-warmth", fault, first_s=FIRST_S, every_s=EVERY_S, url=url)
        self._registry = registry
        self._imports = imports

    def turn(self) -> None:
        """Make ready what is not."""
        for import_some in self._imports:
            import_some()
        warm_classes()
        warm_coverage(self._registry, self._url)


__all__ = ["MapWarmth"]
