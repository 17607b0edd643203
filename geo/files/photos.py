"""Reading a photo that a stranger sent, and writing it anew without what it tells on the side.

Nothing of the given file is passed on: its pixels are decoded within bounds and encoded again, so
metadata, comments, thumbnails, data after the end and files that are two things at once stay
behind. Where and when it was taken (Exif, CIPA DC-008) is returned beside the picture.
"""

from __future__ import annotations

import io
import math
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from geo.errors import PhotoRefusedError
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PIL.Image import Exif, Image
    from PIL.ImageFile import ImageFile

Told = TypeVar("Told")

MEDIA_TYPE = "image/jpeg"
FORMATS = {
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/webp": ("WEBP",),
}
"""What is taken, as Pillow calls it; phones that take several pictures at once write MPO."""

READERS = ("JPEG", "PNG", "WEBP")
MEGAPIXEL = 1_000_000
QUALITY = 85
WHITE = (255, 255, 255)
HEIF = re.compile(rb".{4}ftyp(?:hei|hev|mif|msf|avi)", re.DOTALL)

ORIENTATION, EXIF_IFD, GPS_IFD = 0x0112, 0x8769, 0x8825
TAKEN, TAKEN_OFFSET = 0x9003, 0x9011
GPS_LAT_REF, GPS_LAT, GPS_LON_REF, GPS_LON, GPS_TIME, GPS_DATUM, GPS_DATE = 1, 2, 3, 4, 7, 18, 29
WGS84 = {"", "WGS84"}


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A picture without metadata, and what its metadata said of where and when.

    Parameters
    ----------
    content
        A JPEG file.
    width_px, height_px
        Its size, upright.
    taken_at
        When it was taken; without an offset where the camera didn't say its own.
    lon, lat
        Where it was taken, in WGS 84 degrees.
    """

    content: bytes
    width_px: int
    height_px: int
    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None


def clean_photo(
    media_type: str, content: bytes, *, most_megapixels: float, longest_side_px: int
) -> CleanPhoto:
    """Return a photo encoded anew, upright, in sRGB, and no larger than asked for.

    Parameters
    ----------
    media_type
        What the file is said to be: one of :data:`FORMATS`.
    content
        The file.
    most_megapixels
        Files that say they are larger are refused before any pixel is decoded.
    longest_side_px
        Larger pictures are made smaller.

    Raises
    ------
    PhotoRefusedError
        When it is no such file, broken, cut off or too large.

    Examples
    --------
    >>> clean_photo("image/png", b"", most_megapixels=1, longest_side_px=1)
    Traceback (most recent call last):
    ...
    geo.errors.PhotoRefusedError: This is no image/png file.
    """
    opened = _open(media_type, content)
    megapixels = opened.width * opened.height / MEGAPIXEL
    if megapixels > most_megapixels:
        raise PhotoRefusedError(
            reason=msg(
                "A photo may have at most %(most)s megapixels; this one has %(given)s.",
                most=f"{most_megapixels:g}",
                given=f"{megapixels:.0f}",
            )
        )
    try:
        picture = _decode(opened, longest_side_px)
    except Exception as error:
        raise PhotoRefusedError(reason=msg("This photo is broken or cut off.")) from error
    lon, lat = _told(opened, _position) or (None, None)
    return CleanPhoto(
        content=_encode(picture),
        width_px=picture.width,
        height_px=picture.height,
        taken_at=_told(opened, _taken_at),
        lon=lon,
        lat=lat,
    )


def _open(media_type: str, content: bytes) -> ImageFile:
    from PIL import Image  # noqa: PLC0415 - heavy, and few processes see photos

    Image.MAX_IMAGE_PIXELS = None  # our own limit is looked at before any pixel is decoded
    if HEIF.match(content):
        raise PhotoRefusedError(
            reason=msg("HEIC and AVIF photos are not taken: send JPEG, PNG or WebP.")
        )
    try:
        opened = Image.open(io.BytesIO(content), formats=READERS)
    except Exception as error:
        raise PhotoRefusedError(reason=msg("This is no %(type)s file.", type=media_type)) from error
    if opened.format not in FORMATS.get(media_type, ()):
        raise PhotoRefusedError(reason=msg("This is no %(type)s file.", type=media_type))
    return opened


def _decode(opened: ImageFile, longest_side_px: int) -> Image:
    """Return the pixels, upright, in sRGB, on white where they let something through."""
    orientation = _told(opened, lambda exif: exif.get(ORIENTATION))
    if max(opened.size) > longest_side_px:
        opened.draft(None, (longest_side_px, longest_side_px))
    opened.load()
    picture = _opaque(opened)
    picture.thumbnail((longest_side_px, longest_side_px), reducing_gap=2.0)
    return _upright(_in_srgb(picture, opened.info.get("icc_profile")), orientation)


def _opaque(picture: Image) -> Image:
    """Return a picture of eight bits without transparency."""
    from PIL import Image  # noqa: PLC0415 - heavy, and few processes see photos

    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if not picture.has_transparency_data:
        return picture.convert("RGB") if picture.mode in {"P", "1"} else picture.copy()
    layers = picture.convert("RGBA")
    ground = Image.new("RGB", layers.size, WHITE)
    ground.paste(layers, mask=layers.getchannel("A"))
    return ground


def _in_srgb(picture: Image, profile: bytes | None) -> Image:
    """Return a picture in sRGB or grey, by its ICC profile where that fits."""
    from PIL import ImageCms  # noqa: PLC0415 - heavy, and few processes see photos

    if profile and picture.mode in {"RGB", "CMYK"}:
        with suppress(ImageCms.PyCMSError, OSError):
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, given, srgb, outputMode="RGB")
            if converted is not None:
                return converted
    return picture if picture.mode in {"RGB", "L"} else picture.convert("RGB")


def _upright(picture: Image, orientation: object) -> Image:
    """Turn and mirror a picture as its camera says it was held."""
    from PIL.Image import Transpose  # noqa: PLC0415 - heavy, and few processes see photos

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    turn = turns.get(orientation) if isinstance(orientation, int) else None
    return picture if turn is None else picture.transpose(turn)


def _encode(picture: Image) -> bytes:
    """Return a JPEG file of the pixels alone: the picture's own notes would be written with it."""
    from PIL import Image  # noqa: PLC0415 - heavy, and few processes see photos

    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    written = io.BytesIO()
    bare.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()


def _told(opened: ImageFile, read: Callable[[Exif], Told | None]) -> Told | None:
    """Return what is read from the Exif data, or ``None`` where they are missing or broken."""
    try:
        return read(opened.getexif())
    except Exception:  # noqa: BLE001 - a photo with broken notes is a photo
        return None


def _position(exif: Exif) -> tuple[float, float] | None:
    """Return longitude and latitude in WGS 84; what another datum says is not taken."""
    gps: Mapping[int, Any] = exif.get_ifd(GPS_IFD)
    datum = re.sub(r"[^A-Z0-9]", "", str(gps.get(GPS_DATUM, "")).upper())
    if datum not in WGS84:
        return None
    lon = _degrees(gps[GPS_LON], gps[GPS_LON_REF], {"E": 1, "W": -1})
    lat = _degrees(gps[GPS_LAT], gps[GPS_LAT_REF], {"N": 1, "S": -1})
    without_fix = lon == lat == 0
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 and not without_fix else None  # noqa: PLR2004 - degrees


def _degrees(parts: Any, reference: str, signs: Mapping[str, int]) -> float:
    """Return an angle from degrees, minutes and seconds."""
    degrees, minutes, seconds = (float(part) for part in parts)
    return signs[reference.strip("\0 ").upper()] * (degrees + minutes / 60 + seconds / 3600)


def _taken_at(exif: Exif) -> datetime | None:
    """Return the camera's own time, else that of the satellites, which is UTC."""
    details: Mapping[int, Any] = exif.get_ifd(EXIF_IFD)
    taken = _instant(str(details.get(TAKEN, "")), str(details.get(TAKEN_OFFSET, "")))
    if taken is not None:
        return taken
    gps: Mapping[int, Any] = exif.get_ifd(GPS_IFD)
    hours, minutes, seconds = (math.floor(float(part)) for part in gps[GPS_TIME])
    return _instant(f"{gps[GPS_DATE]} {hours:02}:{minutes:02}:{seconds:02}", "+00:00")


def _instant(text: str, offset: str) -> datetime | None:
    """Return a time as Exif writes it, such as ``2026:03:09 08:00:00`` and ``+08:00``."""
    with suppress(ValueError):
        moment = datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
        zone = offset.strip("\0 ")
        if not zone:
            return moment.replace(tzinfo=None)
        return datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M:%S}{zone}")
    return None
