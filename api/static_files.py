"""Stylesheets, scripts and pictures, under addresses that change with their contents."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

STATIC_FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
VERSION_MARK = "v-"


@lru_cache(maxsize=1)
def static_version() -> str:
    """Return a name for the state of all static files, which is a part of their addresses.

    Modules import each other by relative addresses, so one version stands for them all.
    """
    total = hashlib.sha256()
    for path in sorted(STATIC_FOLDER.rglob("*")):
        if path.is_file():
            total.update(str(path.relative_to(STATIC_FOLDER)).encode() + b"\0")
            total.update(path.read_bytes())
    return f"{VERSION_MARK}{total.hexdigest()[:10]}"


def static_url(path: str) -> str:
    """Return the address of a static file.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    """
    if not (STATIC_FOLDER / path).is_file():
        raise FileNotFoundError(STATIC_FOLDER / path)
    return f"/static/{static_version()}/{path}"


class VersionedStaticFiles(StaticFiles):
    """Static files that browsers keep for ever, since their address holds their version."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC_FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file, whatever version its address names."""
        version, _, rest = path.replace("\\", "/").partition("/")
        versioned = bool(rest) and version.startswith(VERSION_MARK)
        response = await super().get_response(rest if versioned else path, scope)
        current = versioned and version == static_version()
        response.headers["Cache-Control"] = FOR_EVER if current else ASK_AGAIN
        return response
