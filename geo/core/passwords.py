"""What a password must be: long and hard to guess, not made of prescribed kinds of characters.

The rules are those of NIST SP 800-63B-4, section 3.1.1.2: at least 15 characters where the
password is the only factor, every character of Unicode, normalised (NFKC), compared with lists of
common and breached passwords and with words of the context, and no rules of composition.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.messages import Message

SHORTEST = 15
LONGEST = 256
SURE_SCORE = 3
READ_BY_ESTIMATE = 72
PRODUCT_WORDS = ("hongge", "红格")


def normalised(password: str) -> str:
    """Return a password in the form in which it is compared and hashed (NFKC).

    Examples
    --------
    >>> normalised("ａ１")
    'a1'
    >>> normalised("")
    ''
    """
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, context: Iterable[str] = ()) -> Message | None:
    """Return why a password can't be taken, or ``None`` where it can.

    Parameters
    ----------
    password
        As typed.
    context
        Words that everyone would try here: the account's name, the city.

    Notes
    -----
    How guessable it is is zxcvbn's estimate (Wheeler, USENIX Security 2016), with its lists of
    common passwords and words; below 10⁸ guesses it is refused.

    Examples
    --------
    >>> weakness("tern under lamp 8 rivers") is None
    True
    >>> str(weakness(""))
    'The password is too short: it needs at least 15 characters.'
    """
    wanted = normalised(password)
    if len(wanted) < SHORTEST:
        return msg(
            "The password is too short: it needs at least %(count)s characters.", count=SHORTEST
        )
    if len(wanted) > LONGEST:
        return msg(
            "The password is too long: it may have at most %(count)s characters.", count=LONGEST
        )
    words = [word for one in (*context, *PRODUCT_WORDS) if (word := normalised(one).casefold())]
    held = next((one for one in words if _telling(one) and one in wanted.casefold()), None)
    if held is not None:
        return msg(
            "The password contains “%(word)s”, which everyone would try here first.", word=held
        )
    if _guessable(wanted, words):
        return msg(
            "The password is easy to guess: it is a common one, or repeats or continues a simple"
            " pattern. Several words that have nothing to do with each other are better."
        )
    return None


def _telling(word: str) -> bool:
    """Tell whether a word says enough to be refused: two Chinese characters, else three letters."""
    return len(word) >= (3 if word.isascii() else 2)


def _guessable(password: str, words: list[str]) -> bool:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists take a while to read

    found = zxcvbn(password[:READ_BY_ESTIMATE], user_inputs=words)
    score: int = found["score"]
    return score < SURE_SCORE
