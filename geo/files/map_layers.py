"""Writing layers of maps as a GeoPackage (OGC 12-128)."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray


class MapLayer(NamedTuple):
    """A layer of shapes with their figures.

    Parameters
    ----------
    name
        Of the table: ASCII, and no other layer has it.
    description
        What it shows.
    shapes
        In WGS 84 (n,).
    columns
        Values by heading, each (n,); ``None`` where there is none.
    """

    name: str
    description: str
    shapes: NDArray[np.object_]
    columns: dict[str, list[Any]]


def write_layers(layers: Sequence[MapLayer]) -> bytes:
    """Return layers as one GeoPackage.

    Parameters
    ----------
    layers
        At least one.

    Examples
    --------
    >>> write_layers([])
    Traceback (most recent call last):
    ValueError: a GeoPackage has at least one layer
    """
    if not layers:
        text = "a GeoPackage has at least one layer"
        raise ValueError(text)
    import geopandas  # noqa: PLC0415 - takes a second to import

    with TemporaryDirectory() as folder:
        file = Path(folder) / "map.gpkg"
        for layer in layers:
            frame = geopandas.GeoDataFrame(layer.columns, geometry=layer.shapes, crs="EPSG:4326")
            frame.to_file(
                file,
                layer=layer.name,
                driver="GPKG",
                layer_options={"IDENTIFIER": layer.name, "DESCRIPTION": layer.description},
            )
        return file.read_bytes()


__all__ = ["MapLayer", "write_layers"]
