"""Photos as cameras, screens and attackers make them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD, Base

MAKER = "Honest Camera 3000"
SECRET = "13900001234"  # noqa: S105 - what must not be passed on
LON, LAT = 114.283, 26.7425


def painted(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Return a picture whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    return picture.convert(mode)


def encoded(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def notes(**changes: Any) -> Image.Exif:
    """Return Exif data with a maker, a time, and a position as phones write it."""
    exif = Image.Exif()
    exif[Base.Make] = MAKER
    exif[Base.Orientation] = changes.get("orientation", 1)
    exif[Base.ImageDescription] = SECRET
    details = exif.get_ifd(IFD.Exif)
    details[Base.DateTimeOriginal] = changes.get("taken", "2026:03:09 08:15:30")
    if "offset" in changes:
        details[Base.OffsetTimeOriginal] = changes["offset"]
    details[Base.MakerNote] = SECRET.encode()
    gps = exif.get_ifd(IFD.GPSInfo)
    gps[1], gps[2] = "N", (26.0, 44.0, 33.0)
    gps[3], gps[4] = "E", (114.0, 16.0, 58.8)
    gps |= changes.get("gps", {})
    return exif


def png_of_size(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that says how large it is and holds hardly any pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def jpeg_of_size(width: int, height: int) -> bytes:
    """Return a JPEG that says how large it is, but is a small one."""
    small = bytearray(encoded(painted()))
    frame = small.index(b"\xff\xc0")
    small[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(small)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
