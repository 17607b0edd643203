"""Speaking to the person at the terminal, in their language."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

import click

from api.i18n import LANGUAGES, closest_language, translate

if TYPE_CHECKING:
    from geo.messages import Message

DONE, FOUND_OR_REFUSED, USAGE = 0, 1, 2
LANGUAGE_VARIABLES = ("HONGGE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@lru_cache(maxsize=1)
def language() -> str:
    """Return the language of this terminal: the first that a variable names and we speak."""
    named = (closest_language(os.environ.get(name)) for name in LANGUAGE_VARIABLES)
    return next((one for one in named if one), LANGUAGES[0])


def said(message: Message) -> str:
    """Return a message in the terminal's language; in English when catalogues aren't built yet."""
    try:
        return translate(message, language())
    except FileNotFoundError:
        return message.english()


def say(message: Message) -> None:
    """Print a message for the person who asked."""
    click.echo(said(message))


def warn(message: Message) -> None:
    """Print a message that is no result: a warning, or a step that takes a while."""
    click.echo(said(message), err=True)


def fail(message: Message) -> NoReturn:
    """Print what went wrong and end with exit status 1."""
    warn(message)
    raise SystemExit(FOUND_OR_REFUSED)
