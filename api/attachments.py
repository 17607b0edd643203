"""Headers of answers that are files: they are shown or saved, and never run."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import quote

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
NOT_IN_NAMES = re.compile(r'[/\\:*?"<>|%;]')
LONGEST_NAME = 120


def file_headers(
    name: str, disposition: Literal["inline", "attachment"] = "inline"
) -> dict[str, str]:
    """Return the headers of a file that only the asker may have.

    Parameters
    ----------
    name
        The name to save it under; made safe first.
    disposition
        Whether a browser shows it or saves it.

    Examples
    --------
    >>> file_headers("2026-000001-1.jpeg")["Content-Disposition"]
    'inline; filename="2026-000001-1.jpeg"'
    """
    return {
        "Content-Disposition": content_disposition(name, disposition),
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }


def content_disposition(name: str, disposition: str = "attachment") -> str:
    """Return the header's value for a file of any name (RFC 6266, RFC 8187).

    Examples
    --------
    >>> print(content_disposition("网格.csv"))
    attachment; filename="__.csv"; filename*=UTF-8''%E7%BD%91%E6%A0%BC.csv
    >>> content_disposition("")
    'attachment; filename="file"'
    """
    safe = safe_name(name)
    plain = "".join(one if one.isascii() else "_" for one in safe)
    extended = "" if plain == safe else f"; filename*=UTF-8''{quote(safe, safe='')}"
    return f'{disposition}; filename="{plain}"{extended}'


def safe_name(name: str) -> str:
    """Return a file's name without folders, control characters and marks of direction.

    Examples
    --------
    >>> safe_name("../../etc/passwd")
    'etc_passwd'
    >>> safe_name("..")
    'file'
    """
    seen = CONTROLS.sub("", name).encode("utf-8", "ignore").decode()
    cleaned = NOT_IN_NAMES.sub("_", seen).strip("._ ")
    return cleaned[-LONGEST_NAME:].strip("._ ") or "file"
