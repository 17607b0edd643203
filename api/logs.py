"""What the service writes down about itself: one line an event, without anybody's secrets.

For programs a line is a JSON object, for people at a terminal a sentence. Errors are named by
their kind and place in the code; their texts may hold what people sent, and are left out unless
the operator asks for them.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from geo.errors import HonggeError

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
ACCESS = "hongge.access"
FIELDS = ("account_id", "method", "route", "status", "ms")
"""What the line of a request tells, besides its number."""

OWN = ("hongge", "api", "geo", "maps", "uvicorn", "uvicorn.error", "uvicorn.access")
"""Loggers that are written as the operator asks."""

HIDDEN = "[hidden]"
SECRETS = re.compile(
    r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)"  # a mobile phone's number
    r"|(?<!\d)\d{17}[\dXx](?!\d)"  # an identity card's number (GB 11643)
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # a name and password in an address
    r"|(?i:(?<=bearer )|(?<=basic )|(?<=authorization: )|(?<=cookie: ))\S+"
    r"|(?i:(?<=password=)|(?<=token=)|(?<=secret=)|(?<=phone=)|(?<=code=)|(?<=state=))[^&\s\"']+"
)


def hide(text: str) -> str:
    """Return a text without what looks like somebody's number, password or token.

    Examples
    --------
    >>> hide("GET /?phone=x from 13800000000"), hide("")
    ('GET /?phone=[hidden] from [hidden]', '')
    """
    return SECRETS.sub(HIDDEN, text)


class LineFormatter(logging.Formatter):
    """A record as one line.

    Parameters
    ----------
    texts_of_errors
        Whether to write what errors say, which may hold what people sent.
    """

    def __init__(self, *, texts_of_errors: bool = False) -> None:
        super().__init__()
        self.texts_of_errors = texts_of_errors


class JsonFormatter(LineFormatter):
    """A line of JSON for a program to read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": hide(record.getMessage()),
            **_of_request(record),
        }
        if record.exc_info and record.exc_info[1]:
            entry["error"] = list(error_lines(record.exc_info[1], texts=self.texts_of_errors))
        return orjson.dumps(entry, default=str).decode()


class PlainFormatter(LineFormatter):
    """A line for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the places of an error below it."""
        at = datetime.fromtimestamp(record.created).astimezone()
        told = " ".join(f"{name}={value}" for name, value in _of_request(record).items())
        message = hide(record.getMessage())
        lines = [f"{at:%H:%M:%S} {record.levelname:<7} {record.name}: {message} {told}".rstrip()]
        if record.exc_info and record.exc_info[1]:
            lines += error_lines(record.exc_info[1], texts=self.texts_of_errors)
        return "\n    ".join(lines)


def error_lines(error: BaseException, *, texts: bool) -> Iterator[str]:
    """Yield the kind of an error, where in the code it arose, and what led to it.

    Parameters
    ----------
    error
        What was raised.
    texts
        Whether to tell what it says; our own errors always do.
    """
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    said = f": {hide(str(error))}" if texts or isinstance(error, HonggeError) else ""
    state = getattr(error, "sqlstate", None)
    yield f"{kind}{f' ({state})' if state else ''}{said}"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"
    if error.__cause__ is not None:
        yield from error_lines(error.__cause__, texts=texts)


class AlreadyTold(logging.Filter):
    """Leaves out the server's report of an error that the application has written down."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is news."""
        return "Exception in ASGI application" not in str(record.msg)


class Numbered(logging.Filter):
    """Gives every record the number of the request that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the number, and let the record pass."""
        if not hasattr(record, "request_id"):
            record.request_id = REQUEST_ID.get()
        return True


def plain_lines(form: str) -> bool:
    """Tell whether lines are sentences: ``plain``, or ``auto`` on a terminal."""
    return form == "plain" or (form == "auto" and sys.stderr.isatty())


def log_settings(form: str, level: str, *, texts_of_errors: bool = False) -> dict[str, Any]:
    """Return the configuration of all loggers, the server's included.

    Parameters
    ----------
    form
        ``json``, ``plain`` or ``auto``; see :func:`plain_lines`.
    level
        The least important level that is written; of other people's libraries, which write down
        statements and addresses with all that is in them, never less than warnings.
    texts_of_errors
        Whether to write what errors say.
    """
    kind = PlainFormatter if plain_lines(form) else JsonFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"numbered": {"()": Numbered}, "already told": {"()": AlreadyTold}},
        "formatters": {"ours": {"()": kind, "texts_of_errors": texts_of_errors}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": "ours",
                "filters": ["numbered", "already told"],
            }
        },
        "root": {"handlers": ["stderr"], "level": "ERROR" if level == "error" else "WARNING"},
        "loggers": {
            name: {"handlers": [], "level": level.upper(), "propagate": True} for name in OWN
        },
    }


def _of_request(record: logging.LogRecord) -> dict[str, Any]:
    names = ("request_id", *FIELDS)
    told = {name: getattr(record, name, None) for name in names}
    return {name: value for name, value in told.items() if value is not None}
