"""The audit trail (审计记录): following its chain, and taking it out of the database."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from geo.core.chain import verify
from geo.files.trail import trail_lines
from geo.store import audit
from geo.store.engine import owner_session

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from geo.core.chain import Head, Verdict


def verify_trail(url: str | None = None, expected: Head | None = None) -> Verdict:
    """Follow the whole chain, and say which entry is the first that is wrong.

    Parameters
    ----------
    url
        The owner's address of the database; by default ours.
    expected
        Where the trail ended at an earlier time, as somebody noted it outside: without that, a
        trail that was rewritten from some entry to its end can't be told from a true one.
    """
    with audit.reading(url) as source, closing(audit.links(source)) as links:
        return verify(links, audit.head(source), audit.last_cut(source), expected)


def export_trail(
    file: Path,
    form: str,
    since: datetime | None = None,
    until: datetime | None = None,
    url: str | None = None,
) -> int:
    """Write the entries of a time to a file, note that, and return how many there were.

    The file appears under its name only when it is complete.

    Parameters
    ----------
    file
        Where to.
    form
        One of :data:`geo.files.trail.FORMATS`.
    since, until
        Noted at or after, and before; an unbroken part of the chain is written.
    url
        The owner's address of the database; by default ours.
    """
    unfinished = file.with_name(f".{file.name}.unfinished")
    count = 0
    try:
        with (
            audit.reading(url) as source,
            unfinished.open("w", encoding="utf-8", newline="") as out,
        ):
            ends = audit.stretch(source, since, until)
            count = ends[1] - ends[0] + 1 if ends else 0
            rows = audit.rows_between(source, *ends) if ends else ()
            out.writelines(trail_lines(rows, form))
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    with owner_session(url) as opened:
        audit.note(opened, "export", audit.Row("audit_entry"), {"rows": count, "format": form})
    return count
