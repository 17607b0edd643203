"""Photos of strangers: what becomes of them, and which are refused."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from geo.errors import PhotoRefusedError
from geo.files.photos import CleanPhoto, clean_photo
from tests.pictures import (
    LAT,
    LON,
    MAKER,
    SECRET,
    encoded,
    jpeg_of_size,
    notes,
    painted,
    png_of_size,
)

PILLOW_WARNS = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
RED, BLUE = (254, 0, 0), (0, 0, 254)


def clean(content: bytes, media_type: str = "image/jpeg", side_px: int = 4096) -> CleanPhoto:
    return clean_photo(media_type, content, most_megapixels=50, longest_side_px=side_px)


def opened(photo: CleanPhoto) -> Image.Image:
    picture = Image.open(io.BytesIO(photo.content))
    assert picture.format == "JPEG"
    assert picture.size == (photo.width_px, photo.height_px)
    return picture


def colour(photo: CleanPhoto, column: float, row: float) -> tuple[int, ...]:
    picture = opened(photo).convert("RGB")
    found = picture.getpixel((int(column * picture.width), int(row * picture.height)))
    assert isinstance(found, tuple)
    return found


def test_position_and_time_are_read_and_nothing_of_them_is_passed_on() -> None:
    exif = notes(offset="+08:00")
    given = encoded(painted(), exif=exif, comment=SECRET, xmp=f"<x>{SECRET}</x>".encode())
    trailing = b"PK\x03\x04<script>" + SECRET.encode()
    photo = clean(given + trailing)
    assert MAKER.encode() in given
    assert (photo.lon, photo.lat) == (pytest.approx(LON), pytest.approx(LAT))
    assert photo.taken_at == datetime(2026, 3, 9, 8, 15, 30, tzinfo=timezone(timedelta(hours=8)))
    kept = opened(photo)
    assert dict(kept.getexif()) == {}
    assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for secret in (MAKER, SECRET, "Exif", "http", "script", "PK\x03\x04"):
        assert secret.encode() not in photo.content


def test_a_camera_that_names_no_offset_leaves_it_open() -> None:
    assert clean(encoded(painted(), exif=notes())).taken_at == datetime(2026, 3, 9, 8, 15, 30)  # noqa: DTZ001 - that is what it says


def test_the_satellites_time_stands_in_for_the_cameras() -> None:
    exif = notes(taken="", gps={7: (1.0, 2.0, 3.0), 29: "2026:03:09"})
    assert clean(encoded(painted(), exif=exif)).taken_at == datetime(
        2026, 3, 9, 1, 2, 3, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "gps",
    [
        {18: "GCJ-02"},
        {1: "X"},
        {2: (95.0, 0.0, 0.0)},
        {2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)},
        {2: (26.0,)},
    ],
)
def test_a_position_that_can_not_be_trusted_is_none(gps: dict[int, object]) -> None:
    photo = clean(encoded(painted(), exif=notes(gps=gps)))
    assert (photo.lon, photo.lat) == (None, None)


def test_south_and_west_are_negative() -> None:
    photo = clean(encoded(painted(), exif=notes(gps={1: "S", 3: "W", 18: "WGS-84"})))
    assert (photo.lon, photo.lat) == (pytest.approx(-LON), pytest.approx(-LAT))


@PILLOW_WARNS
def test_broken_notes_leave_a_photo() -> None:
    given = encoded(painted(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff broken")
    photo = clean(given)
    assert (photo.taken_at, photo.lon) == (None, None)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_stand_upright(orientation: int) -> None:
    turned = encoded(painted(), exif=notes(orientation=orientation), quality=95)
    photo = clean(turned)
    with Image.open(io.BytesIO(turned)) as picture:
        from PIL import ImageOps  # noqa: PLC0415 - the library's own way, to compare with

        expected = ImageOps.exif_transpose(picture).convert("RGB")
    assert (photo.width_px, photo.height_px) == expected.size
    for column, row in ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)):
        wanted = expected.getpixel((int(column * expected.width), int(row * expected.height)))
        assert colour(photo, column, row) == pytest.approx(wanted, abs=12)


@pytest.mark.parametrize(
    ("media_type", "kind", "mode"),
    [
        ("image/jpeg", "JPEG", "RGB"),
        ("image/jpeg", "JPEG", "L"),
        ("image/jpeg", "JPEG", "CMYK"),
        ("image/jpeg", "MPO", "RGB"),
        ("image/png", "PNG", "RGB"),
        ("image/png", "PNG", "RGBA"),
        ("image/png", "PNG", "P"),
        ("image/png", "PNG", "1"),
        ("image/png", "PNG", "LA"),
        ("image/png", "PNG", "I;16"),
        ("image/webp", "WEBP", "RGB"),
        ("image/webp", "WEBP", "RGBA"),
    ],
)
def test_every_kind_of_picture_becomes_a_jpeg(media_type: str, kind: str, mode: str) -> None:
    photo = clean(encoded(painted(mode), kind), media_type)
    assert (photo.width_px, photo.height_px) == (64, 48)
    assert opened(photo).mode in {"RGB", "L"}
    if mode in {"RGB", "RGBA", "P"}:
        assert colour(photo, 0.2, 0.5) == pytest.approx(RED, abs=8)
        assert colour(photo, 0.8, 0.5) == pytest.approx(BLUE, abs=8)


def test_what_lets_light_through_lies_on_white() -> None:
    clear = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    for kind, media_type in (("PNG", "image/png"), ("WEBP", "image/webp")):
        assert colour(clean(encoded(clear, kind), media_type), 0.5, 0.5) == (255, 255, 255)


@PILLOW_WARNS
def test_colours_of_another_profile_are_brought_to_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    for profile in (srgb.tobytes(), lab.tobytes(), b"no profile at all"):
        photo = clean(encoded(painted(), icc_profile=profile, quality=95))
        assert "icc_profile" not in opened(photo).info
        assert colour(photo, 0.2, 0.5) == pytest.approx(RED, abs=8)


def test_large_photos_are_made_smaller() -> None:
    photo = clean(encoded(painted(size=(900, 600))), side_px=300)
    assert (photo.width_px, photo.height_px) == (300, 200)
    assert colour(photo, 0.2, 0.5) == pytest.approx(RED, abs=8)


def test_an_animation_gives_its_first_picture() -> None:
    moving = encoded(painted(), "WEBP", save_all=True, append_images=[painted().rotate(90)])
    assert clean(moving, "image/webp").width_px == 64


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/png", png_of_size(10_000, 10_000)),
        ("image/png", png_of_size(2**31 - 1, 2**31 - 1)),
        ("image/jpeg", jpeg_of_size(65_000, 65_000)),
        ("image/jpeg", jpeg_of_size(10_000, 10_000)),
    ],
    ids=["png 100", "png endless", "jpeg 4225", "jpeg 100"],
)
def test_bombs_are_refused_by_what_they_say(media_type: str, content: bytes) -> None:
    with pytest.raises(PhotoRefusedError, match="megapixels"):
        clean(content, media_type)


def test_a_photo_of_100_megapixels_is_refused() -> None:
    vast = Image.new("L", (10_000, 10_000))
    for kind, media_type in (("PNG", "image/png"), ("WEBP", "image/webp")):
        with pytest.raises(PhotoRefusedError, match="this one has 100"):
            clean(encoded(vast, kind, **({"quality": 1} if kind == "WEBP" else {})), media_type)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/jpeg", b""),
        ("image/jpeg", b"\xff\xd8\xff<script>alert(1)</script>"),
        ("image/jpeg", encoded(painted(), "PNG")),
        ("image/png", encoded(painted())),
        ("image/jpeg", encoded(painted(), "GIF")),
        ("image/gif", encoded(painted(), "GIF")),
        ("image/png", b"\x89PNG\r\n\x1a\n" + bytes(20)),
        ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("image/jpeg", b"GIF89a/*" + encoded(painted())),
        ("image/webp", b"RIFF\x10\0\0\0WEBPVP8 "),
        ("image/jpeg", b"%PDF-1.7\n" + encoded(painted())),
    ],
)
def test_what_is_no_such_photo_is_refused(media_type: str, content: bytes) -> None:
    with pytest.raises(PhotoRefusedError):
        clean(content, media_type)


@pytest.mark.parametrize(
    ("media_type", "kind"), [("image/jpeg", "JPEG"), ("image/png", "PNG"), ("image/webp", "WEBP")]
)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_what_is_cut_off_is_refused(media_type: str, kind: str, share: float) -> None:
    whole = encoded(Image.effect_noise((200, 200), 80), kind)
    with pytest.raises(PhotoRefusedError):
        clean(whole[: int(len(whole) * share)], media_type)


def test_heic_is_named() -> None:
    with pytest.raises(PhotoRefusedError, match="HEIC"):
        clean(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/jpeg")


def test_a_compressed_text_does_not_fill_the_memory() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "x" * 60_000_000, zip=True)
    given = encoded(painted(), "PNG", pnginfo=texts)
    assert len(given) < 100_000
    with pytest.raises(PhotoRefusedError):
        clean(given, "image/png")


@PILLOW_WARNS
@given(st.data())
def test_no_damage_does_more_than_refuse(data: st.DataObject) -> None:
    media_type, whole = data.draw(st.sampled_from(WHOLE))
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    try:
        photo = clean(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]), media_type)
    except PhotoRefusedError:
        return
    assert opened(photo).info.get("exif") is None


WHOLE = [
    ("image/jpeg", encoded(painted(), exif=notes())),
    ("image/png", encoded(painted("P"), "PNG", exif=notes())),
    ("image/webp", encoded(painted("RGBA"), "WEBP", exif=notes())),
]
