"""Looking at photos before they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.errors import InvalidFieldError
from geo.messages import msg
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.store.issues import Photo

MEGABYTE = 1_000_000
WEBP_HEAD = 12


def looks_like(media_type: str, content: bytes) -> bool:
    """Tell whether a file begins as its media type should.

    Examples
    --------
    >>> looks_like("image/png", bytes.fromhex("89504e470d0a1a0a"))
    True
    >>> looks_like("image/jpeg", b"")
    False
    """
    if media_type == "image/webp":
        head = content[:WEBP_HEAD]
        return head.startswith(b"RIFF") and head.endswith(b"WEBP")
    heads = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
    return media_type in heads and content.startswith(heads[media_type])


def check_photos(photos: Sequence[Photo]) -> None:
    """Refuse what is no photo, too large or too much.

    Raises
    ------
    InvalidFieldError
        Naming the photo.
    """
    chosen = settings()
    if len(photos) > chosen.photos_max:
        raise InvalidFieldError(
            field="photos", reason=msg("At most %(most)s photos are taken.", most=chosen.photos_max)
        )
    for place, photo in enumerate(photos):
        field = f"photos.{place}.content_base64"
        if len(photo.content) > chosen.photo_max_mb * MEGABYTE:
            raise InvalidFieldError(
                field=field,
                reason=msg("A photo may have at most %(most)s MB.", most=chosen.photo_max_mb),
            )
        if not looks_like(photo.media_type, photo.content):
            raise InvalidFieldError(
                field=field, reason=msg("This is no %(type)s file.", type=photo.media_type)
            )
