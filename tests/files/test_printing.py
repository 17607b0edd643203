"""Printing: from what a page holds alone, and without a change to how others read pictures."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from geo.errors import PhotoRefusedError
from geo.files.photos import clean_photo
from geo.files.printing import to_pdf

DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


@pytest.mark.parametrize(
    "page",
    [
        '<img src="file:///etc/hostname">',
        '<link rel="stylesheet" href="http://127.0.0.1:9/a.css">',
        "<style>@import url(http://127.0.0.1:9/a.css)</style>",
        "<style>body { background: url(file:///etc/hostname) }</style>",
        '<link rel="attachment" href="file:///etc/hostname">',
        "<style>@font-face { font-family: x; src: url(file:///etc/hostname) }</style>",
    ],
)
def test_nothing_is_taken_from_outside(page: str) -> None:
    with pytest.raises(ValueError, match=r"hostname|a\.css"):
        to_pdf(page)


def test_a_picture_in_the_page_is_printed() -> None:
    assert b"/Image" in to_pdf(f'<img src="{DOT}">')
    assert b"/Image" not in to_pdf("<p>words, and a <a href='http://127.0.0.1:9/'>link</a></p>")


def test_photos_that_are_cut_off_are_refused_afterwards() -> None:
    to_pdf("<p>words</p>")
    written = io.BytesIO()
    Image.effect_noise((200, 200), 80).save(written, "JPEG")
    with pytest.raises(PhotoRefusedError):
        clean_photo("image/jpeg", written.getvalue()[:9000], most_megapixels=1, longest_side_px=200)
