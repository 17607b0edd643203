"""Writing a plan: one row a cell with its grid, as CSV, GeoJSON or GeoPackage."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from geo.errors import FileRefusedError
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMATS = (".csv", ".geojson", ".json", ".gpkg")


def write_plan(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write cells in the format that the file's name asks for, WGS 84 degrees.

    Parameters
    ----------
    file
        Ends in .csv, .geojson, .json or .gpkg.
    rows
        Columns by name, ``wkb`` the outline as hexadecimal WKB.

    Raises
    ------
    FileRefusedError
        When the name ends otherwise.
    """
    kind = file.suffix.lower()
    if kind not in FORMATS:
        reason = msg("a plan is written as %(formats)s.", formats=", ".join(FORMATS))
        raise FileRefusedError(file=file.name, reason=reason)
    if kind == ".csv":
        _write_csv(file, rows)
    elif kind == ".gpkg":
        _write_gpkg(file, rows)
    else:
        _write_geojson(file, rows)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "wkb"}


def _write_csv(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    names = list(_plain(rows[0])) if rows else ["cell", "grid"]
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.DictWriter(opened, names)
        writer.writeheader()
        writer.writerows(_plain(row) for row in rows)


def _write_geojson(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    import shapely  # noqa: PLC0415 - a table needs no shapes

    features = [
        {
            "type": "Feature",
            "properties": _plain(row),
            "geometry": json.loads(shapely.to_geojson(shapely.from_wkb(row["wkb"]))),
        }
        for row in rows
    ]
    document = {"type": "FeatureCollection", "features": features}
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _write_gpkg(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    import geopandas  # noqa: PLC0415 - takes a second to import
    import shapely  # noqa: PLC0415 - a table needs no shapes

    frame = geopandas.GeoDataFrame(
        [_plain(row) for row in rows],
        geometry=[shapely.from_wkb(row["wkb"]) for row in rows],
        crs="EPSG:4326",
    )
    frame.to_file(file, driver="GPKG", layer="plan", engine="pyogrio")
