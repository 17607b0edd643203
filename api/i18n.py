"""The language of a reader: choosing it, and saying a message in it."""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import TYPE_CHECKING

from geo.messages import Message, Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import HTTPConnection

LANGUAGES = ("zh_CN", "en")
LOCALE_FOLDER = Path(__file__).parent / "locale"
COOKIE = "lang"


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> NullTranslations:
    """Return the catalogue of a language.

    Raises
    ------
    FileNotFoundError
        When the catalogue has not been compiled.
    """
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
    primary = (wanted or "").replace("_", "-").split("-")[0].strip().lower()
    return next((one for one in LANGUAGES if one.split("_")[0] == primary), None)


def preferred_language(accept_language: str | None) -> str | None:
    """Return our language that a browser likes best, or ``None`` when it likes neither.

    The header's grammar is that of RFC 9110, section 12.5.4; ranges with weight 0 are refused
    ones, and a weight that can't be read counts as 0.

    Examples
    --------
    >>> preferred_language("fr-FR,en;q=0.5,zh-CN;q=0.9")
    'zh_CN'
    >>> preferred_language("") is None
    True
    """
    ranges = [_weighted(part) for part in (accept_language or "").split(",")]
    ranked = sorted((one for one in ranges if one[0] > 0), key=lambda one: -one[0])
    return next((found for _, tag in ranked if (found := closest_language(tag))), None)


def _weighted(part: str) -> tuple[float, str]:
    tag, _, weight = part.partition(";q=")
    try:
        return float(weight or 1), tag
    except ValueError:
        return 0.0, tag


def language_of(request: HTTPConnection) -> str:
    """Return a reader's language: ``?lang=``, then the cookie, the browser's, the setting's."""
    from geo.settings import settings  # noqa: PLC0415 - heavy, and no command needs it here

    return (
        closest_language(request.query_params.get("lang"))
        or closest_language(request.cookies.get(COOKIE))
        or preferred_language(request.headers.get("accept-language"))
        or closest_language(settings().language)
        or LANGUAGES[0]
    )


def html_tag(language: str) -> str:
    """Return the tag of a language for ``lang`` attributes (BCP 47).

    Examples
    --------
    >>> html_tag("zh_CN"), html_tag("en")
    ('zh-CN', 'en')
    """
    return language.replace("_", "-")


def translate(message: Message, language: str) -> str:
    """Say a message in a language.

    Values that are messages or names themselves are said in the same language.

    Examples
    --------
    >>> translate(Message(""), "en")
    ''
    >>> translate(Message("%(place)s", {"place": Name("井冈山市", "Jinggangshan")}), "zh_CN")
    '井冈山市'
    """
    if not message.template:
        return ""
    text = catalogue(language).gettext(message.template)
    if not message.values:
        return text
    return text % {name: _spoken(value, language) for name, value in message.values.items()}


def translate_all(messages: Mapping[str, Message], language: str) -> dict[str, str]:
    """Say messages in a language; places without a value stay open, for a script to fill.

    Examples
    --------
    >>> translate_all({"photo": Message("Photo %(number)s")}, "en")
    {'photo': 'Photo %(number)s'}
    >>> translate_all({}, "en")
    {}
    """
    return {name: translate(message, language) for name, message in messages.items()}


def _spoken(value: object, language: str) -> object:
    if isinstance(value, Message):
        return translate(value, language)
    return value.name if isinstance(value, Name) and language == "zh_CN" else value
