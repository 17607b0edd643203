"""Reading files of points piece by piece: what every format has in common.

Rows keep everything they came with. A row whose position can't be read stays, with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from geo.errors import FileRefusedError
from geo.files.refusals import FileMissingError, NoSuchColumnError
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LON_NAMES = (
    *("lon", "lng", "long", "longitude", "lon_wgs84", "wgs84_lon", "经度", "lon_dd", "point_x"),
    *("x", "x_coord", "coord_x", "easting", "东坐标", "经度坐标", "坐标经度", "gps经度", "gis经度"),
)
LAT_NAMES = (
    *("lat", "lat", "lat", "latitude", "lat_wgs84", "wgs84_lat", "纬度", "lat_dd", "point_y"),
    *(
        "y",
        "y_coord",
        "coord_y",
        "northing",
        "北坐标",
        "纬度坐标",
        "坐标纬度",
        "gps纬度",
        "gis纬度",
    ),
)
"""Usual names of the columns of a position, pair by pair, the more telling ones first."""

LON_WORDS, LAT_WORDS = ("lon", "lng", "longitude", "经度"), ("lat", "latitude", "纬度")
"""Where no name is a usual one: words within a name that only one column has."""

_OTHER_DATUM = re.compile(r"gcj|bd|baidu|amap|gaode|mars|火星|百度|高德|腾讯|偏移", re.IGNORECASE)

WKT_NAMES = ("wkt", "geometry", "geom", "the_geom", "wkt_geom", "几何", "坐标")

RESULT_COLUMNS = ("grid", "method", "distance_m", "nearest_grid", "reason")
"""What is added to every row."""


class UnknownFormatError(FileRefusedError):
    """The file's name doesn't say what is in it."""

    template = "%(file)s: points come as .csv, .parquet or .gpkg files."


class PositionColumnsNeededError(FileRefusedError):
    """No columns are clearly those of the position."""

    template = (
        "%(file)s: no columns clearly hold the positions; name them with --lon and --lat, or --wkt:"
        " %(columns)s"
    )


class NoColumnsNeededError(FileRefusedError):
    """Columns were named where the geometries are the positions."""

    template = "%(file)s has geometries; leave out --lon, --lat and --wkt."


class NoLayersError(FileRefusedError):
    """A layer was named in a file that is one table."""

    template = "%(file)s has no layers; leave out --layer."


class ResultColumnTakenError(FileRefusedError):
    """The file already has a column that is to be added."""

    template = (
        "%(file)s already has columns that would be added: %(columns)s. Add ours under other names"
        " with --prefix."
    )


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold the position: two of numbers, or one of text or geometries."""

    lon: str | None = None
    lat: str | None = None
    wkt: str | None = None


@dataclass(frozen=True, slots=True)
class PointBlock:
    """Some rows of a file of points.

    Parameters
    ----------
    x, y
        Coordinates in the file's coordinate system (n,); NaN where there are none.
    reasons
        Why a row has none, by its number in the block.
    rows
        What the rows came with, as the format's writer wants it: lists of cells of a text file, an
        Arrow record batch of others.
    """

    x: Floats
    y: Floats
    reasons: dict[int, Message]
    rows: Any

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.x)


class PointSource(Protocol):
    """A file of points that is open for reading.

    Attributes
    ----------
    names
        Its columns.
    crs
        Its coordinate system as declared in the file; ``None`` when it isn't.
    row_count
        How many rows there are, as far as that is known beforehand.
    notes
        What a person should know about how it is read.
    """

    names: Sequence[str]
    crs: str | None
    row_count: int | None
    notes: list[Message]

    def blocks(self) -> Iterator[PointBlock]:
        """Yield the rows in order."""

    def schema(self) -> pa.Schema:
        """Return the Arrow schema of the rows."""

    def batch(self, block: PointBlock) -> pa.RecordBatch:
        """Return a block's rows in that schema."""

    def cells(self, block: PointBlock) -> Iterator[list[str]]:
        """Yield a block's rows as text."""


def open_points(
    path: Path,
    columns: Columns | None = None,
    *,
    layer: str | None = None,
    encoding: str | None = None,
) -> PointSource:
    """Open a file of points by its suffix: CSV (or other separated text), GeoParquet, GeoPackage.

    Parameters
    ----------
    path
        The file.
    columns
        Which columns hold the position; what isn't named is proposed by usual names.
    layer
        Of a GeoPackage with several.
    encoding
        Of a text file that is neither UTF-8 nor GB 18030.

    Raises
    ------
    FileRefusedError
        When the file is missing or unreadable, or the columns of the position have to be named.

    Examples
    --------
    >>> from pathlib import Path
    >>> open_points(Path("absent.csv"))
    Traceback (most recent call last):
    ...
    geo.files.refusals.FileMissingError: absent.csv: there is no such file.
    """
    columns = columns or Columns()
    if not path.is_file():
        raise FileMissingError(file=path.name)
    suffix = format_of(path)
    if layer is not None and suffix != "gpkg":
        raise NoLayersError(file=path.name)
    if suffix == "csv":
        from geo.files.points_csv import CsvPoints  # noqa: PLC0415 - each format pays for itself

        return CsvPoints(path, columns, encoding)
    if suffix == "parquet":
        from geo.files.points_parquet import ParquetPoints  # noqa: PLC0415 - the same

        return ParquetPoints(path, columns)
    from geo.files.points_gpkg import GeoPackagePoints  # noqa: PLC0415 - the same

    if columns != Columns():
        raise NoColumnsNeededError(file=path.name)
    return GeoPackagePoints(path, layer)


FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".gpkg": "gpkg",
}


def format_of(path: Path) -> str:
    """Return ``csv``, ``parquet`` or ``gpkg`` for a file's name.

    Raises
    ------
    UnknownFormatError
        When the suffix is none of these formats'.

    Examples
    --------
    >>> from pathlib import Path
    >>> format_of(Path("points.geoparquet")), format_of(Path("points.TSV"))
    ('parquet', 'csv')
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise UnknownFormatError(file=path.name) from None


def choose_columns(file: str, names: Sequence[str], wanted: Columns) -> Columns:
    """Return the columns of the position: those wanted, or the first pair of usual names.

    Failing these, the only two columns with a word for longitude and for latitude in their names;
    a name that speaks of another datum than WGS 84 is left for a person to choose.

    Raises
    ------
    NoSuchColumnError
        When a column that was asked for isn't there.
    PositionColumnsNeededError
        When no columns have usual names.

    Examples
    --------
    >>> choose_columns("f.csv", ["编号", "经度", "纬度"], Columns())
    Columns(lon='经度', lat='纬度', wkt=None)
    >>> choose_columns("f.csv", ["经度(°)", "纬度(°)"], Columns())
    Columns(lon='经度(°)', lat='纬度(°)', wkt=None)
    >>> choose_columns("f.csv", ["id", "WKT"], Columns()).wkt
    'WKT'
    """
    listed = ", ".join(names)
    for name in (wanted.lon, wanted.lat, wanted.wkt):
        if name is not None and name not in names:
            raise NoSuchColumnError(file=file, column=name, columns=listed)
    if wanted.wkt is not None or (wanted.lon is not None and wanted.lat is not None):
        return wanted
    by_plain = {_plain(name): name for name in reversed(names)}
    pairs = [
        Columns(wanted.lon or by_plain.get(lon), wanted.lat or by_plain.get(lat))
        for lon, lat in _pairs()
    ]
    found = [one for one in pairs if one.lon and one.lat and one.lon != one.lat]
    if not found and not (wanted.lon or wanted.lat):
        found = [Columns(wkt=by_plain[name]) for name in WKT_NAMES if name in by_plain]
    if not found:
        found = [
            Columns(lon, lat)
            for lon in (wanted.lon or _only_one(names, LON_WORDS),)
            for lat in (wanted.lat or _only_one(names, LAT_WORDS),)
            if lon and lat and lon != lat
        ]
    if not found:
        raise PositionColumnsNeededError(file=file, columns=listed)
    return found[0]


def _pairs() -> list[tuple[str, str]]:
    return list(zip(LON_NAMES, LAT_NAMES, strict=True))


def _only_one(names: Sequence[str], words: tuple[str, ...]) -> str | None:
    """Return the only column with one of these words in its name, unless another datum is too."""
    found = [name for name in names if set(_words(name)) & set(words)]
    return found[0] if len(found) == 1 and not _OTHER_DATUM.search(found[0]) else None


def _words(name: str) -> list[str]:
    return re.findall(r"经度|纬度|[a-z]+", name.lower())


def _plain(name: str) -> str:
    """Return a column's name without what people vary: case, blanks, hyphens, marks."""
    return name.strip().lower().replace(" ", "_").replace("-", "_").strip("_")


def refuse_taken(file: str, names: Sequence[str], prefix: str) -> list[str]:
    """Return the names of the added columns, after making sure that they are free.

    Raises
    ------
    ResultColumnTakenError
        When the file has such columns; case doesn't matter, for GeoPackage has none.

    Examples
    --------
    >>> refuse_taken("f.csv", ["id"], "")
    ['grid', 'method', 'distance_m', 'nearest_grid', 'reason']
    """
    added = [prefix + name for name in RESULT_COLUMNS]
    had = {name.lower() for name in names}
    taken = [name for name in added if name.lower() in had]
    if taken:
        raise ResultColumnTakenError(file=file, columns=", ".join(taken))
    return added


def read_number(text: str) -> float | None:
    """Read a coordinate from text; ``None`` when it is no number.

    Examples
    --------
    >>> read_number(" 114.279 "), read_number("114,279"), read_number("1_0")
    (114.279, 114.279, None)
    >>> read_number("") is None
    True
    """
    text = text.strip()
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


NO_POSITION = msg("The row has no position.")


def why_not_number(text: str) -> Message:
    """Say why a text is no coordinate."""
    if not text.strip():
        return NO_POSITION
    return msg("“%(text)s” is not a number.", text=text.strip()[:60])
