"""Map sheets as pictures for print, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.i18n import translate
from geo.messages import msg
from maps.static_sheets import PictureWords, picture

if TYPE_CHECKING:
    from maps.sheets import Basemap, MapSheet
    from maps.static_sheets import Print

MEDIA = {"png": "image/png", "svg": "image/svg+xml"}


def picture_of(
    sheet: MapSheet, basemap: Basemap | None, language: str, how: Print | None = None
) -> bytes:
    """Return a sheet as a picture for print.

    Parameters
    ----------
    sheet, basemap, how
        As :func:`maps.static_sheets.picture` takes them.
    language
        Of the few words that are added.
    """
    words = PictureWords(translate(msg("Station"), language), translate(msg("N"), language))
    return picture(sheet, basemap, words, how)


__all__ = ["MEDIA", "picture_of"]
