"""Looking a password up in a file of breached ones.

The file is the one that “Have I Been Pwned” gives out for download: a line ``SHA-1:count`` for each
password, sorted by digest. It has tens of gigabytes, so it is searched where it lies.
"""

from __future__ import annotations

import os
from hashlib import sha1
from typing import TYPE_CHECKING

from geo.errors import FileRefusedError
from geo.messages import msg

if TYPE_CHECKING:
    from pathlib import Path

DIGITS = 40
LONGEST_LINE = 128


def breached(password: str, file: Path) -> bool:
    """Tell whether a password is in a file of breached ones.

    Parameters
    ----------
    password
        As it was typed; in UTF-8, as the file's digests are.
    file
        Lines of upper-case hexadecimal SHA-1 digests, sorted; ``:count`` may follow.

    Raises
    ------
    FileRefusedError
        When the file can't be read, or holds something else.

    Examples
    --------
    >>> from pathlib import Path
    >>> breached("", Path(os.devnull))
    False
    """
    wanted = sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    try:
        return _holds(file, wanted)
    except OSError as error:
        raise FileRefusedError(file=str(file), reason=error.strerror or str(error)) from error


def _holds(file: Path, wanted: bytes) -> bool:
    """Search by halves for the first line that is not less than the wanted one."""
    with file.open("rb") as opened:
        low, high = 0, opened.seek(0, os.SEEK_END)
        while low < high:
            middle = (low + high) // 2
            opened.seek(max(middle - 1, 0))
            if middle:
                opened.readline(LONGEST_LINE)
            line = opened.readline(LONGEST_LINE)
            if line and _digest(file, line) < wanted:
                low = middle + 1
            else:
                high = middle
        opened.seek(max(low - 1, 0))
        if low:
            opened.readline(LONGEST_LINE)
        line = opened.readline(LONGEST_LINE)
        return bool(line) and _digest(file, line) == wanted


def _digest(file: Path, line: bytes) -> bytes:
    digest = line[:DIGITS].upper()
    if len(digest) < DIGITS or digest.strip(b"0123456789ABCDEF"):
        raise FileRefusedError(
            file=str(file), reason=msg("this is not a sorted list of SHA-1 digests")
        )
    return digest
