"""Files that somebody sent: kept in a folder for as long as they are read, if they may be read.

GDAL chooses its reader by what a file holds, whatever its name is, and some of its formats name
other files or addresses to read. Only files whose content is what their name says are read.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from geo.errors import FileRefusedError
from geo.files.refusals import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_UNPACKED_BYTES = 500_000_000
_SHAPEFILE = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".xml"})
_HEAD = 4096


class UploadRefusedError(FileRefusedError):
    """A file that isn't read, or not what its name says."""

    template = (
        "%(file)s is none of the files that are read here: GeoJSON, GeoPackage, GeoParquet,"
        " FlatGeobuf, KML, a zipped Shapefile, CSV or XLSX."
    )


class UnpacksTooLargeError(FileRefusedError):
    """A small archive of something enormous."""

    template = "%(file)s unpacks to more than 500 MB."


def store_upload(content: bytes, name: str, folder: Path) -> Path:
    """Write a file that was sent into a folder, ready to be read.

    Parameters
    ----------
    content
        As it came.
    name
        As its sender called it; folders in it are ignored.
    folder
        Where to; a zipped Shapefile is unpacked there.

    Returns
    -------
    pathlib.Path
        What to read.

    Raises
    ------
    UploadRefusedError, UnpacksTooLargeError, UnreadableFileError
        When it isn't what its name says, nothing that is read, or an archive that is damaged.

    Examples
    --------
    >>> store_upload(b"", "plan.vrt", Path("absent"))
    Traceback (most recent call last):
    ...
    geo.files.uploads.UploadRefusedError: plan.vrt is none of the files that are read here: \
GeoJSON, GeoPackage, GeoParquet, FlatGeobuf, KML, a zipped Shapefile, CSV or XLSX.
    """
    plain = PurePosixPath(PureWindowsPath(name).as_posix()).name or "?"
    suffix = Path(plain).suffix.lower()
    if suffix not in _LOOKS or not _LOOKS[suffix](content):
        raise UploadRefusedError(file=plain)
    if suffix in {".zip", ".xlsx"}:
        _check_size(content, plain)
    if suffix == ".zip":
        return _unpacked(content, plain, folder)
    path = folder / f"upload{suffix}"
    path.write_bytes(content)
    return path


@contextmanager
def _archive(content: bytes, name: str) -> Iterator[zipfile.ZipFile]:
    """Open an archive; one that is cut off, damaged or locked is refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise UnreadableFileError(file=name, reason=str(error)) from error


def _check_size(content: bytes, name: str) -> None:
    with _archive(content, name) as archive:
        if sum(one.file_size for one in archive.infolist()) > MOST_UNPACKED_BYTES:
            raise UnpacksTooLargeError(file=name)


def _unpacked(content: bytes, name: str, folder: Path) -> Path:
    """Unpack the one Shapefile of an archive, whatever folders and other files there are."""
    with _archive(content, name) as archive:
        members = [one for one in archive.infolist() if Path(one.filename).suffix.lower() == ".shp"]
        real = [one for one in members if not Path(one.filename).name.startswith(".")]
        if len(real) != 1:
            raise UploadRefusedError(file=name)
        stem = PurePosixPath(real[0].filename).with_suffix("")
        for one in archive.infolist():
            path = PurePosixPath(one.filename)
            if path.with_suffix("") == stem and path.suffix.lower() in _SHAPEFILE:
                (folder / f"upload{path.suffix.lower()}").write_bytes(archive.read(one))
    return folder / "upload.shp"


def _is_json(content: bytes) -> bool:
    """Tell whether it is GeoJSON: other JSON would go to readers that follow addresses."""
    import orjson  # noqa: PLC0415 - of JSON alone

    from geo.files.tables import detect_encoding  # noqa: PLC0415 - of text alone

    encoding = detect_encoding(content)
    try:
        document = orjson.loads(content.decode(encoding)) if encoding else None
    except orjson.JSONDecodeError:
        return False
    kinds = {"FeatureCollection", "Feature", "Polygon", "MultiPolygon", "GeometryCollection"}
    return isinstance(document, dict) and document.get("type") in kinds


_OTHER_XML = (b"ogrvrt", b"vrtdataset", b"gdal_wms", b"ogrwfs", b"<!doctype", b"<!entity")
"""What makes GDAL take XML for something that names other files and addresses to read."""


def _is_kml(content: bytes) -> bool:
    head = content[:_HEAD].lower()
    return b"<kml" in head and not any(one in head for one in _OTHER_XML)


def _is_text(content: bytes) -> bool:
    return b"\0" not in content[:_HEAD] or content[:2] in {b"\xff\xfe", b"\xfe\xff"}


def _begins(*magic: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(magic)


def _is_zip(content: bytes) -> bool:
    return zipfile.is_zipfile(io.BytesIO(content))


_LOOKS: dict[str, Callable[[bytes], bool]] = {
    ".geojson": _is_json,
    ".json": _is_json,
    ".gpkg": _begins(b"SQLite format 3\0"),
    ".parquet": _begins(b"PAR1"),
    ".geoparquet": _begins(b"PAR1"),
    ".fgb": _begins(b"fgb"),
    ".kml": _is_kml,
    ".zip": _is_zip,
    ".csv": _is_text,
    ".txt": _is_text,
    ".xlsx": _is_zip,
}
ENDINGS = tuple(_LOOKS)
"""What names of files that are read end in."""

TABLES = frozenset({".csv", ".txt", ".xlsx"})
"""Suffixes of files that have no outlines."""
