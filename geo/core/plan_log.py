"""What of a draft's log can be taken back, and what of that can be done again.

Taking back is an entry of its own, which names the one it takes back; doing again takes back the
taking back. So nothing of a log is ever lost, and both go as far as the log does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Line(NamedTuple):
    """An entry of a log without what it changes.

    Parameters
    ----------
    seq
        Its number.
    account_id
        Who wrote it.
    undoes
        The number of the entry that it takes back.
    """

    seq: int
    account_id: int | None
    undoes: int | None = None


def undone(log: Sequence[Line]) -> dict[int, int]:
    """Return the entries that are taken back, each with the entry that does it.

    Parameters
    ----------
    log
        The oldest first.

    Examples
    --------
    >>> edit, undo, redo = Line(1, 7), Line(2, 7, 1), Line(3, 7, 2)
    >>> undone([edit, undo]), undone([edit, undo, redo]), undone([])
    ({1: 2}, {2: 3}, {})
    """
    found: dict[int, int] = {}
    for line in reversed(log):
        if line.undoes is not None and line.seq not in found:
            found[line.undoes] = line.seq
    return dict(sorted(found.items()))


def next_undo(log: Sequence[Line], account_id: int | None) -> int | None:
    """Return the number of somebody's own last edit that stands; ``None`` when there is none.

    Examples
    --------
    >>> next_undo([Line(1, 7), Line(2, 8)], 7), next_undo([Line(1, 7), Line(2, 7, 1)], 7)
    (1, None)
    """
    gone = undone(log)
    own = (
        line.seq
        for line in reversed(log)
        if line.account_id == account_id and line.undoes is None and line.seq not in gone
    )
    return next(own, None)


def next_redo(log: Sequence[Line], account_id: int | None) -> int | None:
    """Return the number of the entry by which somebody last took back something that can come back.

    What was taken back before one's own last edit stays so, unless it is named.

    Examples
    --------
    >>> log = [Line(1, 7), Line(2, 7), Line(3, 7, 2), Line(4, 7, 1)]
    >>> next_redo(log, 7), next_redo([*log, Line(5, 7)], 7), next_redo([], 7)
    (4, None, None)
    """
    gone = undone(log)
    edits = {line.seq for line in log if line.undoes is None}
    for line in reversed(log):
        if line.account_id != account_id:
            continue
        if line.undoes is None:
            return None
        if line.undoes in edits and line.seq not in gone:
            return line.seq
    return None
