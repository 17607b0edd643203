"""Writing the audit trail to a file, so that anybody can follow its chain without this program."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

COLUMNS = (
    *("id", "at", "account_id", "actor", "jurisdiction_id", "action", "table_name", "row_key"),
    *("detail", "request_id", "previous_sha256", "sha256"),
)
"""The ten that a digest covers, in its order, then both digests in hexadecimal."""

NULL = "\\N"
"""What stands for null in CSV, which knows none; as in PostgreSQL's own COPY."""

FORMATS = ("csv", "jsonl")


def trail_lines(rows: Iterable[Mapping[str, str | None]], form: str) -> Iterator[str]:
    r"""Yield the lines of a file of entries; every value is a text or null.

    Parameters
    ----------
    rows
        Entries by :data:`COLUMNS`.
    form
        ``csv`` with a line of names and ``\N`` for null, or ``jsonl`` with an object a line.

    Examples
    --------
    >>> list(trail_lines([], "jsonl"))
    []
    >>> list(trail_lines([], "csv"))[0].startswith("id,at,account_id")
    True
    """
    return (_csv if form == "csv" else _jsonl)(rows)


def _jsonl(rows: Iterable[Mapping[str, str | None]]) -> Iterator[str]:
    for row in rows:
        yield json.dumps({name: row[name] for name in COLUMNS}, ensure_ascii=False) + "\n"


def _csv(rows: Iterable[Mapping[str, str | None]]) -> Iterator[str]:
    lines: list[str] = []
    write = csv.writer(_Kept(lines.append)).writerow
    write(COLUMNS)
    yield lines.pop()
    for row in rows:
        write([NULL if row[name] is None else row[name] for name in COLUMNS])
        yield lines.pop()


class _Kept(io.TextIOBase):
    """A file that hands on what is written to it."""

    def __init__(self, keep: Callable[[str], None]) -> None:
        self._keep = keep

    def write(self, text: str, /) -> int:
        self._keep(text)
        return len(text)
