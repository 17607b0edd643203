"""What the public page's scripts say: ``static/public``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.i18n import translate
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Mapping

OBSTACLES: dict[str, Message] = {
    "insecure": msg(
        "This page was opened without encryption (http), so the browser does not tell where you"
        " are. Type your compound or street, or tap your place on the map."
    ),
    "unsupported": msg(
        "This browser can't tell where you are. Type your compound or street, or tap your place on"
        " the map."
    ),
    "denied": msg(
        "You have not allowed this page to know where you are. Allow it in the browser's settings"
        " for this page, type your compound or street, or tap your place on the map."
    ),
    "unavailable": msg(
        "Your device can't find its position just now. Try again near a window or outdoors, type"
        " your compound or street, or tap your place on the map."
    ),
    "timeout": msg(
        "Finding your position took too long. Try again, type your compound or street, or tap your"
        " place on the map."
    ),
}

PUBLIC_PAGE: dict[str, Message] = {
    "locate": msg("Locate me"),
    "locating": msg("Finding your position…"),
    "toSearch": msg("Type a place"),
    "toMap": msg("Tap the map"),
    "offline": msg("No connection. This is the list as of %(time)s."),
    "copied": msg("The link is copied"),
    "copyFailed": msg("Copying did not work; press long on the link and copy it by hand."),
    "shareTitle": msg("Stations near here"),
    "route": msg("The way to %(place)s is drawn on the map."),
}


def public_texts(language: str) -> dict[str, str]:
    """Return the texts of the public page's scripts in a language."""
    return _said({**PUBLIC_PAGE, **OBSTACLES}, language)


def _said(texts: Mapping[str, Message], language: str) -> dict[str, str]:
    return {name: translate(text, language) for name, text in texts.items()}
