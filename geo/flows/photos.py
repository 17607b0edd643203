"""Taking photos in: what is refused, and what is kept of the others."""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, NamedTuple

from geo.errors import InvalidFieldError, PhotoRefusedError, TooBusyError
from geo.files.photos import MEDIA_TYPE, CleanPhoto, clean_photo
from geo.messages import msg
from geo.settings import settings
from geo.store.issues import Photo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

MEGABYTE = 1_000_000
WAITING_PER_TURN = 4
PATIENCE_S = 20.0


class GivenPhoto(NamedTuple):
    """A photo as it came in."""

    media_type: str
    content: bytes


def take_photos(photos: Sequence[GivenPhoto]) -> tuple[CleanPhoto, ...]:
    """Encode photos anew, without their metadata; few at a time, whoever sends them.

    Raises
    ------
    InvalidFieldError
        Naming the photo that can't be taken.
    TooBusyError
        When too many others are waiting.
    """
    _check_sizes(photos)
    return tuple(_take(place, photo) for place, photo in enumerate(photos))


def kept_photo(photo: CleanPhoto, zone: ZoneInfo) -> Photo:
    """Return a photo as it is stored; a camera that names no offset is on the city's time."""
    taken_at = photo.taken_at
    if taken_at is not None and taken_at.tzinfo is None:
        taken_at = taken_at.replace(tzinfo=zone)
    return Photo(
        MEDIA_TYPE,
        photo.content,
        width_px=photo.width_px,
        height_px=photo.height_px,
        taken_at=taken_at,
        lon=photo.lon,
        lat=photo.lat,
    )


def _check_sizes(photos: Sequence[GivenPhoto]) -> None:
    chosen = settings()
    if len(photos) > chosen.photos_max:
        raise InvalidFieldError(
            field="photos", reason=msg("At most %(most)s photos are taken.", most=chosen.photos_max)
        )
    for place, photo in enumerate(photos):
        if len(photo.content) > chosen.photo_max_mb * MEGABYTE:
            raise InvalidFieldError(
                field=_field(place),
                reason=msg("A photo may have at most %(most)s MB.", most=chosen.photo_max_mb),
            )


def _take(place: int, photo: GivenPhoto) -> CleanPhoto:
    chosen = settings()
    try:
        with _turn():
            return clean_photo(
                photo.media_type,
                photo.content,
                most_megapixels=chosen.photo_max_megapixels,
                longest_side_px=chosen.photo_side_px,
            )
    except PhotoRefusedError as error:
        reason = error.message.values["reason"]
        raise InvalidFieldError(field=_field(place), reason=reason) from error


def _field(place: int) -> str:
    return f"photos.{place}.content_base64"


class Turns(NamedTuple):
    """Places at work, and places to wait for one; so that photos never hold every thread."""

    waiting: BoundedSemaphore
    working: BoundedSemaphore


@lru_cache(maxsize=1)
def turns() -> Turns:
    """Return this process's places for encoding photos."""
    at_once = settings().photos_at_once
    return Turns(BoundedSemaphore(at_once * (1 + WAITING_PER_TURN)), BoundedSemaphore(at_once))


@contextmanager
def _turn() -> Iterator[None]:
    places = turns()
    if not places.waiting.acquire(blocking=False):
        raise TooBusyError
    try:
        if not places.working.acquire(timeout=PATIENCE_S):
            raise TooBusyError
        try:
            yield
        finally:
            places.working.release()
    finally:
        places.waiting.release()
