"""The ground of a jurisdiction, kept in memory for as long as nothing about it changes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from geo.store.plan_ground import ground_version, leave_to_weigh, read_ground, read_open_issues

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from geo.core.ground import Ground
    from geo.store.plan_ground import Leave

KEPT = 6
"""Grounds that a process keeps: one is some ten megabytes for a town of 25,000 households."""

_Key = tuple[str, int, str, "Leave"]

_kept: OrderedDict[_Key, Ground] = OrderedDict()
_shelf = Lock()


def ground_of(session: Session, jurisdiction_id: int) -> Ground:
    """Return the ground of a jurisdiction, as whoever asks may see it.

    What doesn't change is read once a process; open issues are read every time.

    Parameters
    ----------
    session
        A transaction.
    jurisdiction_id
        Key.

    Raises
    ------
    sqlalchemy.exc.NoResultFound
        When there is no such jurisdiction.
    """
    leave = leave_to_weigh(session, jurisdiction_id)
    key = (str(session.get_bind().engine.url), jurisdiction_id, ground_version(session), leave)
    with _shelf:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
    if found is None:
        found = read_ground(session, jurisdiction_id)
        _keep(key, found)
        return found
    issues = read_open_issues(session, jurisdiction_id, found.buildings)
    return replace(found, open_issues=issues)


def _keep(key: _Key, ground: Ground) -> None:
    """Keep a ground without what only this asker may read, and drop what was used longest ago."""
    nothing = replace(
        ground.open_issues,
        keys=(),
        numbers=(),
        states=(),
        sites=ground.open_issues.sites[:0],
        buildings=ground.open_issues.buildings[:0],
        grids=(),
    )
    with _shelf:
        for known in [one for one in _kept if one[:2] == key[:2] and one[2] != key[2]]:
            del _kept[known]
        _kept[key] = replace(ground, open_issues=nothing)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)


__all__ = ["ground_of"]
