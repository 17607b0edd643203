"""Stylesheets, scripts and pictures, under addresses that change with their contents."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.types import Scope

STATIC_FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
VERSION_MARK = "v-"
PACKED_SUFFIXES = frozenset({".css", ".js", ".json", ".svg"})
LEVEL = 9
KEPT_FILES = 200


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
        return _packed(response, Headers(scope=scope))


def takes_gzip(headers: Headers) -> bool:
    """Tell whether a browser reads what is packed by gzip (RFC 9110, section 12.5.3).

    Examples
    --------
    >>> takes_gzip(Headers({"accept-encoding": "br, gzip"})), takes_gzip(Headers({}))
    (True, False)
    """
    accepted = headers.get("accept-encoding", "").lower().replace(" ", "").split(",")
    return any(one == "gzip" or (one.startswith("gzip;q=") and one[7:] > "0") for one in accepted)


def _packed(response: Response, headers: Headers) -> Response:
    """Return a file of text packed, where the browser reads that; it is packed once."""
    if not isinstance(response, FileResponse):
        return response
    path = Path(response.path)
    if path.suffix not in PACKED_SUFFIXES:
        return response
    response.headers["Vary"] = "Accept-Encoding"
    if "range" in headers or not takes_gzip(headers):
        return response
    # A weak tag: the same contents, not the same bytes (RFC 9110, section 8.8.1).
    kept = {name: response.headers[name] for name in ("cache-control", "last-modified", "vary")}
    kept |= {"etag": f"W/{response.headers['etag']}", "content-encoding": "gzip"}
    return Response(
        _gzip(path, path.stat().st_mtime_ns), media_type=response.media_type, headers=kept
    )


@lru_cache(maxsize=KEPT_FILES)
def _gzip(path: Path, _changed_ns: int) -> bytes:
    return gzip.compress(path.read_bytes(), LEVEL)
