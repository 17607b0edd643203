"""Pages of the documentation that are made from the code: their tables, and writing them down."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def table_row(*cells: str) -> str:
    r"""Return a line of a table (Markdown).

    Examples
    --------
    >>> table_row("state", "")
    '| state |  |\n'
    """
    return f"| {' | '.join(cells)} |\n"


def table_head(*names: str) -> str:
    """Return the first two lines of a table: what its columns are called."""
    return table_row(*names) + table_row(*["---"] * len(names))


def put_out(pages: dict[Path, str]) -> None:
    """Write pages where they belong; with ``-`` on the command line print the first instead."""
    if sys.argv[1:] == ["-"]:
        sys.stdout.write(next(iter(pages.values())))
        return
    for place, text in pages.items():
        place.write_text(text, encoding="utf-8")
