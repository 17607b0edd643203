"""The language of a reader: choosing it, and saying a message in it."""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geo.messages import Message

LANGUAGES = ("zh_CN", "en")
LOCALE_FOLDER = Path(__file__).parent / "locale"


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> NullTranslations:
    """Return the catalogue of a language; English is the language the sources are written in.

    Raises
    ------
    FileNotFoundError
        When the catalogue has not been compiled.
    """
    if language == "en":
        return NullTranslations()
    return translation("messages", LOCALE_FOLDER, languages=[language])


def closest_language(wanted: str | None) -> str | None:
    """Return our language for a tag such as ``zh-Hans`` or ``en-GB``, or ``None``.

    Examples
    --------
    >>> closest_language("en-GB")
    'en'
    >>> closest_language("") is None
    True
    """
    primary = (wanted or "").replace("_", "-").split("-")[0].lower()
    return next((one for one in LANGUAGES if one.split("_")[0] == primary), None)


def translate(message: Message, language: str) -> str:
    """Say a message in a language."""
    if not message.template:
        return ""
    text = catalogue(language).gettext(message.template)
    return text % message.values if message.values else text
